"""Uptime Kuma: what the fixtures cannot say, above all the faults of other receivers of its notifications."""

import json
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from alertmap import Alert, DecodeError, Reason, Request, Severity, ShapeError, State, detect, parse
from alertmap.intake.recorded import read_recorded
from alertmap.model import ProblemCode

FIXTURES = Path(__file__).parents[2] / "fixtures" / "uptime_kuma"


def body(name: str) -> Any:
    """Return a captured body."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def recorded(name: str) -> Request:
    """Return a captured request."""
    return read_recorded((FIXTURES / f"{name}.request.json").read_bytes()).request


def one(document: object) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse("uptime_kuma", json.dumps(document))
    return alert


def message(text: str) -> dict[str, Any]:
    """Return the body of a notification that is about no heartbeat."""
    return {"heartbeat": None, "monitor": None, "msg": text}


def vendor(request: Request | str) -> str | None:
    """Return the vendor that a request is recognised as."""
    found = detect(request)
    return found.vendor if found else None


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("Keep, keephq/keep#5655", "each webhook of a monitor that is down raises: it has no ping")
def test_a_failure_without_a_ping_fires() -> None:
    """Kuma leaves the ping out where the request failed."""
    down = body("down")
    assert "ping" not in down["heartbeat"]
    alert = one(down)
    assert (alert.state, alert.values, alert.problems) == (State.FIRING, {}, ())


@pytest.mark.fault_elsewhere("Keep", "null for heartbeat and monitor raises: test buttons and expiries are errors")
def test_nulls_are_a_test_or_an_expiry() -> None:
    """The test button is no alert, a certificate that expires is one."""
    assert parse("uptime_kuma", json.dumps(message("receiver Testing"))).reason is Reason.TEST
    expiring = one(
        message("[shop][https://shop.example.org] server certificate shop.example.org will expire in 7 days")
    )
    assert (expiring.state, expiring.severity, expiring.values) == (State.FIRING, Severity.LOW, {"days": 7})


@pytest.mark.fault_elsewhere("Keep", "a monitor under maintenance, or one that is tried once more, fires")
@pytest.mark.parametrize("status", [2, 3, "2", "3"])
def test_maintenance_and_retries_do_not_fire(status: int | str) -> None:
    """Status 3 mutes, and status 2 changes nothing."""
    down = body("down")
    down["heartbeat"]["status"] = status
    found = [alert.state for alert in parse("uptime_kuma", json.dumps(down))]
    assert found == ([State.SUPPRESSED] if str(status) == "3" else [])


@pytest.mark.fault_elsewhere(
    "PagerDuty, as Uptime Kuma's own notification type writes to it",
    "the expiries of all monitors have the one dedup key `Uptime Kuma/undefined`",
)
def test_each_expiry_has_its_own_key() -> None:
    """Two certificates are two alerts; fewer days, and the words of another version, are the same alert."""
    shop = "[shop][https://shop.example.org] server certificate shop.example.org"
    texts = [f"{shop} will be expired in 14 days", f"{shop} will expire in 7 days"]
    texts += [f"{shop.replace('shop', 'mail')} will expire in 7 days", "Domain name example.org will expire in 7 days"]
    keys = [one(message(text)).dedup_key for text in texts]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


@pytest.mark.fault_elsewhere(
    "PagerDuty, as Uptime Kuma's own notification type writes to it", "the test button is a critical incident"
)
@pytest.mark.parametrize("name", ["receiver", "", "[shop]", "Testing"])
def test_the_test_button_pages_nobody(name: str) -> None:
    """Whatever the notification is called, and by which method it is sent."""
    text = f"{name} Testing"
    for request in (
        Request(json.dumps(message(text))),
        Request(json.dumps({"event_type": "create", "title": text, "heartbeat": None, "monitor": None})),  # PagerTree
        Request(method="GET", path="/uptime_kuma", query={"msg": text, "token": "t"}),
    ):
        batch = parse("uptime_kuma", request)
        assert (batch.alerts, batch.reason) == ((), Reason.TEST)


@pytest.mark.fault_elsewhere(
    "Opsgenie, as Uptime Kuma's own notification type writes to it",
    "the alias is the name: after a monitor was renamed its recovery closes nothing, and two of one name are one",
)
def test_a_name_is_no_key() -> None:
    """The key is the id: it stays when the name changes, and differs where the name is the same."""
    down, up, other = body("down"), body("up"), body("down")
    up["monitor"]["name"] = up["monitor"]["pathName"] = "renamed"
    other["monitor"]["id"] = other["heartbeat"]["monitorID"] = 2
    assert one(up).dedup_key == one(down).dedup_key != one(other).dedup_key


@pytest.mark.fault_elsewhere(
    "SIGNL4, as Uptime Kuma's own notification type writes to it",
    "the external id of every monitor is `UptimeKuma-undefined`",
)
def test_what_is_written_for_signl4_has_the_key_of_the_webhook() -> None:
    """Its body has the objects of the webhook, and their ids count."""
    down = body("down")
    signl4 = down | {"X-S4-SourceSystem": "UptimeKuma", "X-S4-ExternalID": "UptimeKuma-undefined", "title": "Down"}
    assert one(signl4).dedup_key == one(down).dedup_key


@pytest.mark.fault_elsewhere(
    "AlertNow, as Uptime Kuma's own notification type writes to it", "the event id is the date of the notification"
)
def test_the_date_is_not_in_the_key() -> None:
    """A recovery on the next day ends what began the day before."""
    up = body("up")
    up["heartbeat"]["time"] = "2026-11-22 00:01:00.000"
    assert one(up).dedup_key == one(body("down")).dedup_key


# --- Forms of one notification ----------------------------------------------------------------------------------------


def test_every_form_is_the_same_alert() -> None:
    """JSON, multipart/form-data and a query say the same."""
    expected = evolve(one(body("down")), raw=None)
    for request in (recorded("form_down"), recorded("get_down")):
        [alert] = parse("uptime_kuma", request)
        assert evolve(alert, raw=None) == expected
        assert vendor(request) == "uptime_kuma"


@pytest.mark.parametrize("name", ["down", "resent", "up", "group_down", "certificate", "test", "pagertree"])
def test_bodies_are_recognised_without_their_headers(name: str) -> None:
    """The objects, or the nulls in their places, tell the vendor."""
    assert vendor(json.dumps(body(name))) == "uptime_kuma"


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ({"title": "Uptime Kuma - shop", "status": "🔴 Down", "beat": 0}, ShapeError),
        ({"message": "shop is DOWN", "heartbeat": {"monitorID": 1, "status": 0}, "source": "uptime-kuma"}, ShapeError),
        ({"heartbeat": {"status": 0, "msg": "x"}, "monitor": {}}, ShapeError),
        ('{"title":"shop "A"","status":0}', DecodeError),
        ('{"title":"","status":,"msg":"custom Testing"}', DecodeError),
    ],
    ids=["custom body", "Squadcast", "neither id nor name", "quotes in a custom body", "test button of a custom body"],
)
def test_other_bodies_are_refused(document: object, error: type[Exception]) -> None:
    """Custom bodies and those of other notification types have no heartbeat, no monitor, or no JSON."""
    with pytest.raises(error):
        parse("uptime_kuma", document if isinstance(document, str) else json.dumps(document))


# --- Fields -----------------------------------------------------------------------------------------------------------


def test_the_page_that_failed_is_not_copied() -> None:
    """`response` is a part of the page that was checked, which may hold secrets."""
    down = body("down")
    down["heartbeat"]["response"] = "the-page-that-failed"
    assert "the-page-that-failed" not in str(evolve(one(down), raw=None))


@pytest.mark.parametrize(
    ("fields", "resource", "link"),
    [
        ({"type": "http", "url": "https://shop.example.org/pay"}, "https://shop.example.org/pay", True),
        ({"type": "websocket-upgrade", "url": "wss://shop.example.org"}, "wss://shop.example.org", False),
        ({"type": "port", "url": "https://", "hostname": "db", "port": 5432}, "db:5432", False),
        ({"type": "ping", "url": "https://before.example.org", "hostname": "gw"}, "gw", False),
        (
            {"type": "mqtt", "url": "https://", "hostname": "mqtt.example.org", "port": 1883},
            "mqtt.example.org:1883",
            False,
        ),
        ({"type": "push", "url": "https://"}, "job", False),
        ({"type": "group", "url": None}, "job", False),
    ],
)
def test_addresses(fields: dict[str, Any], resource: str, *, link: bool) -> None:
    """The resource is the address that is checked, not the filler of the form, nor that of a former type."""
    alert = one({"heartbeat": {"status": 0}, "monitor": {"id": 1, "name": "job"} | fields, "msg": ""})
    assert alert.resource == resource
    assert dict(alert.links) == ({"url": resource} if link else {})


@pytest.mark.parametrize(
    ("tags", "level", "severity"),
    [
        ([], "down", Severity.HIGH),
        ([("env", "prod")], "down", Severity.HIGH),
        ([("Severity", "Critical")], "Critical", Severity.CRITICAL),
        ([("priority", "P3")], "P3", Severity.MEDIUM),
        ([("severity", "")], "down", Severity.HIGH),
        ([("severity", "gold")], "gold", Severity.MEDIUM),
    ],
)
def test_a_tag_may_be_the_level(tags: list[tuple[str, str]], level: str, severity: Severity) -> None:
    """A tag `severity` or `priority` in any case is the level, of the recovery as well; an unknown one is a problem."""
    for name in ("down", "up"):
        document = body(name)
        document["monitor"]["tags"] = [{"name": name, "value": value} for name, value in tags]
        alert = one(document)
        assert alert.level == level
        assert {problem.code for problem in alert.problems} == (
            {ProblemCode.LEVEL_UNKNOWN} if level == "gold" else set()
        )
        assert alert.severity is severity


def test_a_bad_tag_costs_no_other() -> None:
    """Of several tags the one that cannot be read is left out with a problem."""
    document = body("down")
    document["monitor"]["tags"] = [{"value": "x"}, {"name": "env", "value": "prod"}, 7]
    alert = one(document)
    assert alert.labels["env"] == "prod"
    assert {problem.code for problem in alert.problems} == {ProblemCode.BAD_FIELD}


@pytest.mark.parametrize("offset", ["+03:00", "", None])
def test_local_times(offset: str | None) -> None:
    """The local time counts where there is no other, but not without its offset."""
    document = body("down")
    del document["heartbeat"]["time"]
    document["heartbeat"]["timezoneOffset"] = offset
    alert = one(document)
    if offset:
        assert alert.occurred_at is not None
        assert alert.occurred_at.isoformat() == "2026-11-21T07:40:28+00:00"
    else:
        assert alert.occurred_at is None
        assert {problem.code for problem in alert.problems} == {ProblemCode.TIME_MISSING}


def test_a_password_in_the_address_does_not_come_out() -> None:
    """A monitor may check an address with user and password."""
    document = {
        "heartbeat": {"status": 0, "time": "2026-01-01 12:00:00"},
        "monitor": {"id": 7, "name": "shop", "type": "http", "url": "https://ann:hunter2@shop.example.org/"},
    }
    alert = one(document)
    assert alert.resource == alert.links["url"] == "https://shop.example.org/"

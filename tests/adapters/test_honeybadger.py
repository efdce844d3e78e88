"""Honeybadger: what the fixtures cannot say."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from alertmap import Accepted, Alert, Auth, IncidentBook, Rejected, Request, Source, State, detect, parse, receive
from alertmap.intake.redact import redact
from alertmap.model import Reason

FIXTURES = Path(__file__).parents[2] / "fixtures" / "honeybadger"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def document(name: str) -> Any:
    """Return the body of a fixture, decoded."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def one(body: Any, received_at: datetime | None = None) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse("honeybadger", json.dumps(body), received_at=received_at)
    return alert


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("PagerTree", "the key is the link of a check-in, which leads to all of the project's")
def test_two_check_ins_of_a_project_are_two_alerts() -> None:
    """A check-in that reports again closes no other one of its project."""
    body = document("check_in_reporting")
    body["check_in"]["id"] = "another"
    assert body["check_in"]["details_url"] == document("check_in_missing")["check_in"]["details_url"]
    assert one(body).dedup_key != one(document("check_in_missing")).dedup_key


@pytest.mark.fault_elsewhere("iLert and PagerTree", "alarms, and an error whose rate is exceeded, are ignored")
@pytest.mark.parametrize("name", ["alarm_alert", "rate_exceeded", "volume_spike"])
def test_alarms_and_rates_fire(name: str) -> None:
    """Each event that reports a problem fires."""
    assert one(document(name)).state is State.FIRING


# --- States -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["missing", "reporting", "paused"])
def test_the_event_decides_and_not_the_state_of_a_check_in(word: str) -> None:
    """A check-in's own state may be an older one."""
    missing, reporting = document("check_in_missing"), document("check_in_reporting")
    missing["check_in"]["state"] = reporting["check_in"]["state"] = word
    assert one(missing).state is State.FIRING
    assert one(reporting).state is State.RESOLVED


def test_the_event_decides_and_not_the_outage() -> None:
    """The vendor's samples have a site that is down with an outage that is over, and with the state up."""
    body = document("down")
    body["outage"]["up_at"] = "2026-03-04T10:05:16.771903Z"
    body["site"]["state"] = "up"
    alert = one(body)
    assert (alert.state, alert.occurred_at) == (State.FIRING, datetime(2026, 3, 4, 10, 0, 4, 153649, tzinfo=UTC))


@pytest.mark.parametrize("event", ["assigned", "commented"])
@pytest.mark.parametrize("is_resolved", [True, False])
def test_what_people_write_changes_no_alert(event: str, *, is_resolved: bool) -> None:
    """An assignment and a comment neither open an error nor end it."""
    body = document("resolved") | {"event": event}
    body["fault"]["resolved"] = is_resolved
    assert parse("honeybadger", json.dumps(body)).reason is Reason.NO_ALERT


def test_a_deployment_is_no_alert() -> None:
    """It has no error, no site and no check-in."""
    deploy = {"environment": "production", "revision": "bf84aaf1", "local_username": "ann"}
    body = json.dumps({"event": "deployed", "message": "[shop/production] ann deployed shop", "deploy": deploy})
    assert parse("honeybadger", body).reason is Reason.NO_ALERT
    found = detect(body)
    assert found is not None
    assert found.vendor == "honeybadger"


def test_a_real_error_is_no_test() -> None:
    """An error of the class of the test notification fires, if somebody raises it: it was created at some time."""
    body = document("test_error")
    body["fault"]["created_at"] = "2026-03-04T09:00:00.000000Z"
    assert one(body).state is State.FIRING


# --- Keys and order ---------------------------------------------------------------------------------------------------


def test_a_certificate_is_not_closed_by_its_site() -> None:
    """The site may be up while its certificate expires."""
    assert one(document("cert_will_expire")).dedup_key != one(document("up")).dedup_key


def test_ids_of_version_3_are_those_of_version_2() -> None:
    """Version 3 writes ids as text; an error that was opened by version 2 is closed by version 3."""
    body = document("resolved") | {"payload_version": "v3", "project": {"id": "71001", "name": "shop"}}
    body["fault"]["id"] = str(body["fault"]["id"])
    assert one(body).dedup_key == one(document("occurred")).dedup_key


def test_an_alarm_without_an_id_is_known_by_its_name() -> None:
    """Version 2 may have null as the id of an alarm, in both of its events."""
    keys = set()
    for name in ("alarm_alert", "alarm_ok"):
        body = document(name)
        body["alarm"]["id"] = None
        keys.add(one(body).dedup_key)
    assert keys == {"honeybadger:alarm_name=Checkout errors"}


def test_a_check_in_that_reports_again_is_not_older_than_its_absence() -> None:
    """`expected_at` of a missing check-in lies ahead, behind `reported_at` of its end: neither is the order."""
    incidents = IncidentBook()
    incidents.apply([one(document("check_in_missing"), NOON)])
    assert incidents.open
    incidents.apply([one(document("check_in_reporting"), NOON + timedelta(seconds=1))])
    assert not incidents.open


def test_an_outage_ends_its_own_episode() -> None:
    """Two outages of a site are two incidents, each from its start to its end."""
    incidents = IncidentBook()
    for hours, name in enumerate(("down", "up", "down", "up")):
        body = document(name)
        day = 4 + hours // 2
        body["outage"] = json.loads(json.dumps(body["outage"]).replace("2026-03-04", f"2026-03-0{day}"))
        incidents.apply([one(body, NOON + timedelta(hours=hours * 12))])
        assert bool(incidents.open) is (name == "down")


# --- Secrets ----------------------------------------------------------------------------------------------------------


def test_the_token_of_the_project_stays_inside() -> None:
    """A body holds the key with which programs report to the project: no alert has it, and redaction finds it."""
    body = document("occurred")
    body["project"]["token"] = "made-up-4f2a"  # noqa: S105
    assert "made-up-4f2a" not in str(evolve(one(body), raw=None))
    assert "made-up-4f2a" not in str(redact(Request(json.dumps(body))).body)


@pytest.mark.parametrize(("token", "outcome"), [("made-up-token", Accepted), ("another", Rejected)])
@pytest.mark.parametrize(("header", "prefix"), [("Honeybadger-Token", ""), ("Authorization", "Bearer ")])
def test_the_token_is_in_a_header(header: str, prefix: str, token: str, outcome: type) -> None:
    """Honeybadger's own header proves a request, and so does the bearer token of the webhook."""
    source = Source("errors", vendor="honeybadger", auth=Auth(tokens="made-up-token"))
    request = Request(json.dumps(document("occurred")), headers={header: f"{prefix}{token}"})
    assert isinstance(receive(request, source, NOON), outcome)


@pytest.mark.parametrize(
    ("begin", "end", "thing"),
    [
        ("down", "up", "site"),
        ("check_in_missing", "check_in_reporting", "check_in"),
        ("alarm_alert", "alarm_ok", "alarm"),
    ],
)
def test_without_an_id_the_name_is_the_key(begin: str, end: str, thing: str) -> None:
    """An alarm may have no id; neither that nor the id of a site or a check-in loses a page."""
    alerts = []
    for name in (begin, end):
        body = document(name)
        body[thing]["id"] = None
        alerts.append(one(body))
    assert [alert.state for alert in alerts] == [State.FIRING, State.RESOLVED]
    assert alerts[0].dedup_key == alerts[1].dedup_key
    assert all("key_fallback" in {problem.code for problem in alert.problems} for alert in alerts)


def test_a_spike_of_a_project_without_its_id_fires() -> None:
    """The name of the project is the key then."""
    body = document("volume_spike")
    del body["project"]["id"]
    assert one(body).state is State.FIRING

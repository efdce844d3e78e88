"""UptimeRobot: what the fixtures cannot say, above all payloads that users write themselves."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Severity, State, parse, parse_document
from alertmap.adapters import uptimerobot
from alertmap.errors import PayloadError
from alertmap.model import ProblemCode, Reason

VENDOR = "uptimerobot"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR


def body(name: str, **changes: Any) -> dict[str, Any]:
    """Return the document of a fixture, with changes."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return document | changes


def one(document: dict[str, Any]) -> Alert:
    """Return the only alert of a document."""
    [alert] = parse_document(VENDOR, document)
    return alert


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("Zulip", "the receiver fails at each type besides Up and Down")
@pytest.mark.parametrize("word", ["SSL expiry", "Domain expiry", "Paused", "Degraded", "", None, 7, ["Down"]])
@pytest.mark.parametrize("number", ["3", "4", "7", "x", "", None])
def test_every_type_is_read(number: object, word: object) -> None:
    """A type that nobody knows fires, and none ends anything."""
    alert = one(body("down", alertType=number, alertTypeFriendlyName=word))
    assert alert.state is (State.SUPPRESSED if word == "Paused" and number is None else State.FIRING)


@pytest.mark.fault_elsewhere("receivers that key on the monitor", "an Up ends the alert that a certificate ends soon")
def test_what_is_up_says_nothing_about_its_certificate() -> None:
    """Monitor, certificate and domain are three alerts; the latter two never end."""
    names = ("down", "ssl_expiry", "domain_expiry")
    assert len({one(body(name)).dedup_key for name in names}) == len(names)
    assert [one(body(name)).resolvable for name in names] == [True, False, False]
    up = one(body("down", alertType="2"))
    assert (up.state, up.dedup_key) == (State.RESOLVED, one(body("down")).dedup_key)


@pytest.mark.fault_elsewhere("receivers that look for `200` in the details", "a keyword that is missing is over")
@pytest.mark.parametrize("details", ["HTTP 200 - OK", "Up", "2", "resolved"])
def test_details_decide_no_state(details: str) -> None:
    """A page that answers with 200 may be down, for it lacks a keyword."""
    assert one(body("down", alertDetails=details)).state is State.FIRING


@pytest.mark.fault_elsewhere("receivers of JSON only", "a quote in the details breaks the JSON, so nobody is paged")
@pytest.mark.parametrize("details", ['no "welcome"', '"', "a\\b", 'no "a", "alertType": "2"'])
def test_quotes_in_the_details_cost_no_page(details: str) -> None:
    """UptimeRobot escapes nothing, and what stands behind the quote decides nothing."""
    text = json.dumps(body("down")).replace("HTTP 503 - Service Unavailable", details)
    [alert] = parse(VENDOR, text)
    assert (alert.state, alert.dedup_key) == (State.FIRING, "uptimerobot:monitor=78901")


@pytest.mark.fault_elsewhere("Grafana OnCall's guide", "its payload lost the asterisks, so all monitors are one alert")
def test_numbers_without_quotes_cost_no_page() -> None:
    """Nor does a variable without a value, or the details before the type."""
    for text in (
        '{"monitorID": 78901, "alertType": 2, "alertDuration": , "alertDetails": "the word "down""}',
        '{"alertDetails": "line\nbreak", "monitorID": "78901", "alertType": "2"}',
    ):
        [alert] = parse(VENDOR, text)
        assert (alert.state, alert.dedup_key) == (State.RESOLVED, "uptimerobot:monitor=78901")


def test_a_payload_without_asterisks_fires() -> None:
    """Nothing in it is filled in, which is a problem to be seen, and no recovery."""
    names = ("monitorURL", "monitorFriendlyName", "alertType", "alertTypeFriendlyName", "alertDetails")
    alert = one({name: name for name in names})
    assert alert.state is State.FIRING
    assert {problem.code for problem in alert.problems} >= {ProblemCode.STATE_UNKNOWN}


@pytest.mark.fault_elsewhere("receivers that keep the payload as labels", "addresses and secret URLs of the contacts")
def test_contacts_stay_inside() -> None:
    """The variable `*monitorAlertContacts*` holds the URLs of other webhooks, with their tokens."""
    contacts = "457;5;https://hooks.example/T0/hunter2-78901 ann@shop.example"
    alert = one(body("down", monitorAlertContacts=contacts))
    shown = [alert.title, alert.message, alert.resource, alert.dedup_key, *alert.labels.values(), *alert.links.values()]
    assert not [text for text in shown if "hunter2" in text or "ann@" in text]
    assert alert.labels == one(body("down")).labels


def test_the_password_of_a_monitor_stays_inside() -> None:
    """A user and a password in the URL are no part of key, title or link."""
    alert = one({"monitorURL": "https://ann:hunter2@shop.example/", "alertType": "1"})
    assert alert.dedup_key == "uptimerobot:url=https://shop.example/"
    assert (alert.title, alert.resource, alert.links["url"]) == ("https://shop.example/",) * 3


# --- Variables and times ----------------------------------------------------------------------------------------------


def test_the_payload_of_the_guide_is_a_fixture() -> None:
    """The fixture fills in all variables that users copy."""
    assert uptimerobot.__doc__
    text = uptimerobot.__doc__.partition("```json\n")[2].partition("```")[0]
    document: dict[str, str] = json.loads(text)
    assert document == {name: f"*{name}*" for name in body("down")}
    assert list(document)[-1] == "alertDetails"


@pytest.mark.parametrize("key", ["monitorID", "monitorURL", "monitorFriendlyName"])
@pytest.mark.parametrize("mark", ["*{}*", "${}"])
def test_a_variable_that_was_not_filled_in_is_no_key(key: str, mark: str) -> None:
    """It would be the same for all monitors."""
    alert = one(body("down", **{key: mark.format(key)}))
    assert key not in alert.dedup_key + alert.title
    assert ProblemCode.UNRENDERED in {problem.code for problem in alert.problems}


@pytest.mark.parametrize(
    ("left", "severity"),
    [("30", "low"), (8, "low"), ("7", "medium"), (0, "medium"), (-3, "medium"), ("", "medium"), ("soon", "medium")],
)
def test_the_days_that_are_left_are_the_level(left: object, severity: str) -> None:
    """Where they are not known, it may be soon."""
    assert one(body("ssl_expiry", sslExpiryDaysLeft=left)).severity is Severity(severity)


@pytest.mark.parametrize("seconds", ["317", 317])
def test_a_recovery_names_the_start(seconds: object) -> None:
    """The duration counts back from the end; one that is no number of seconds gives no start."""
    up = one(body("down", alertType=2, alertDateTime=1772618717, alertDuration=seconds))
    assert up.started_at == datetime(2026, 3, 4, 10, tzinfo=UTC)
    for odd in ("5 minutes", "-1", "9" * 40, "1e9", "nan", None):
        assert one(body("down", alertType=2, alertDuration=odd)).started_at is None


def test_a_monitor_that_starts_changes_no_alert() -> None:
    """It says neither up nor down."""
    batch = parse_document(VENDOR, body("paused", alertTypeFriendlyName="Started"))
    assert (batch.alerts, batch.reason) == ((), Reason.NO_ALERT)


def test_a_payload_without_a_type_is_refused() -> None:
    """Its recoveries would be taken for outages."""
    document = body("down")
    del document["alertType"], document["alertTypeFriendlyName"]
    with pytest.raises(PayloadError):
        parse_document(VENDOR, document)

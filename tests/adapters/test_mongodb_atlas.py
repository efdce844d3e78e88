"""MongoDB Atlas: what the fixtures cannot say."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Batch, IncidentBook, Request, Severity, State, detect, parse
from alertmap.errors import AuthError
from alertmap.intake.auth import Auth
from alertmap.intake.source import Source
from alertmap.intake.verify import verify
from alertmap.model import ProblemCode

VENDOR = "mongodb_atlas"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR


def body(**more: Any) -> dict[str, Any]:
    """Return an open alert, with other keys."""
    document: dict[str, Any] = json.loads((FIXTURES / "without_header.json").read_text(encoding="utf-8"))
    del document["severity"]
    return document | more


def batch(document: dict[str, Any], event: str = "") -> Batch:
    """Parse a document with the event of the header."""
    return parse(VENDOR, Request(json.dumps(document), headers={"X-MMS-Event": event} if event else {}))


def one(document: dict[str, Any], event: str = "") -> Alert:
    """Return the only alert of a document."""
    [alert] = batch(document, event)
    return alert


def codes(alert: Alert) -> set[ProblemCode]:
    """Return the codes of an alert's problems."""
    return {problem.code for problem in alert.problems}


@pytest.mark.fault_elsewhere("receivers that go by the body", "an acknowledged alert is opened again")
@pytest.mark.parametrize(
    ("event", "state"),
    [
        ("alert.open", State.FIRING),
        ("alert.update", State.FIRING),
        ("alert.inform", State.FIRING),
        ("alert.acknowledge", State.ACKNOWLEDGED),
        ("alert.close", State.RESOLVED),
        ("Alert.Closed", State.RESOLVED),
        ("alert.cancel", State.RESOLVED),
    ],
)
def test_the_header_counts(event: str, state: State) -> None:
    """Whatever the body says, which may be older."""
    alert = one(body(), event)
    assert (alert.state, alert.problems) == (state, ())


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("OPEN", State.FIRING),
        ("INFORMATIONAL", State.FIRING),
        ("CLOSED", State.RESOLVED),
        ("CANCELLED", State.RESOLVED),
    ],
)
@pytest.mark.parametrize("event", ["", "alert.tomorrow"])
def test_the_status_counts_where_the_header_says_nothing(event: str, status: str, state: State) -> None:
    """A header that is not known is a problem; it decides nothing."""
    alert = one(body(status=status), event)
    assert alert.state is state
    assert codes(alert) == ({ProblemCode.STATE_UNKNOWN} if event else set())


def test_what_is_not_yet_an_alert() -> None:
    """A condition that is tracked has not held for long enough; what is opened is one, whatever the body says."""
    assert not batch(body(status="TRACKING")).alerts
    assert one(body(status="TRACKING"), "alert.open").state is State.FIRING


def test_an_acknowledgement_that_is_over_is_none() -> None:
    """Without the header the alert is acknowledged only if that lasts longer than the last update."""
    over = body(acknowledgedUntil="2026-05-02T09:00:00Z")
    assert one(over).state is State.FIRING
    assert one(body(acknowledgedUntil="2126-05-02T09:00:00Z")).state is State.ACKNOWLEDGED
    assert one(body(status="CLOSED", acknowledgedUntil="2126-05-02T09:00:00Z")).state is State.RESOLVED


@pytest.mark.fault_elsewhere(
    "receivers that key on the configuration", "one host that is well again ends the alerts of all others"
)
def test_the_configuration_is_no_alert() -> None:
    """Neither with an id nor without one."""
    assert one(body()).dedup_key != one(body(id="other")).dedup_key
    hosts = [one(body(id=None, hostnameAndPort=host)) for host in ("a:27017", "b:27017")]
    assert hosts[0].dedup_key != hosts[1].dedup_key
    assert codes(hosts[0]) == {ProblemCode.KEY_FALLBACK}


@pytest.mark.parametrize("more", [{"currentValue": None}, {"links": []}, {"clusterName": None}, {"metricName": None}])
def test_the_key_is_the_id_alone(more: dict[str, Any]) -> None:
    """Other facts may be missing in some notifications."""
    assert one(body(**more)).dedup_key == one(body()).dedup_key


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("HOST_DOWN", Severity.CRITICAL),
        ("MONITORING_AGENT_DOWN", Severity.CRITICAL),
        ("NO_PRIMARY", Severity.CRITICAL),
        ("CLUSTER_MONGOS_IS_MISSING", Severity.CRITICAL),
        ("HOST_RECOVERING", Severity.MEDIUM),
        ("OUTSIDE_METRIC_THRESHOLD", Severity.MEDIUM),
        ("EVENT_OF_TOMORROW", Severity.MEDIUM),
    ],
)
def test_the_event_decides_how_bad_it_is(name: str, severity: Severity) -> None:
    """Unless the alert has a severity of its own."""
    assert one(body(eventTypeName=name)).severity is severity
    assert one(body(eventTypeName=name, severity="INFO")).severity is Severity.INFO


def test_an_alert_is_over_although_it_was_updated_late() -> None:
    """A late repetition does not open a closed alert again."""
    book = IncidentBook()
    closed = body(status="CLOSED", resolved="2026-05-02T11:00:00Z", updated="2026-05-02T11:00:00Z")
    book.apply([one(body(), "alert.open"), one(closed, "alert.close")])
    book.apply([one(body(updated="2026-05-02T10:55:00Z"), "alert.update")])
    assert not list(book.open)


def test_the_header_recognises_a_template() -> None:
    """A body of a user's own has what the user kept."""
    found = detect(Request(json.dumps({"id": "1", "status": "OPEN"}), headers={"X-MMS-Event": "alert.open"}))
    assert found
    assert found.vendor == VENDOR
    other = detect(Request(json.dumps({"id": "1", "status": "OPEN"}), headers={"X-MMS-Event": "meeting.created"}))
    assert not other or other.vendor != VENDOR


@pytest.mark.parametrize("vector", ["71N3QP+rgIHu6VYAXJg3+WEArLM=", "ef537740ffab8081eee956005c9837f96100acb3"])
def test_a_signature(vector: str) -> None:
    """HMAC-SHA1 of the body, in base64 or in hex; computed without this library."""
    content = '{"status":"firing","title":"Disk 92% on db-01 — écrit"}'.encode()
    source = Source("atlas", vendor=VENDOR, auth=Auth(secrets="alertmap-test-secret"))
    now = datetime(2026, 5, 2, 10, tzinfo=UTC)
    assert verify(Request(content, headers={"X-MMS-Signature": vector}), source, now)
    with pytest.raises(AuthError):
        verify(Request(content + b" ", headers={"X-MMS-Signature": vector}), source, now)


@pytest.mark.parametrize(
    ("event", "state"),
    [
        ("alert.open", State.FIRING),
        ("alert.acknowledge", State.ACKNOWLEDGED),
        ("alert.close", State.RESOLVED),
        ("alert.unheard_of", State.FIRING),
    ],
)
def test_the_header_suffices(event: str, state: State) -> None:
    """A template may leave the status out; an unknown header then fires."""
    document = body()
    del document["status"]
    alert = one(document, event)
    assert (alert.state, alert.dedup_key) == (state, one(body()).dedup_key)


@pytest.mark.parametrize(("status", "event"), [("Informational", ""), ("OPEN", "alert.inform")])
def test_an_informational_alert_never_ends(status: str, event: str) -> None:
    """In any spelling, and by the header alone: so it must expire."""
    alert = one(body(status=status), event)
    assert (alert.state, alert.severity, alert.resolvable) == (State.FIRING, Severity.INFO, False)

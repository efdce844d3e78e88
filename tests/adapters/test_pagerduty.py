"""PagerDuty beyond the goldens: answers, keys, the order of events, and all that real tools posted."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alertmap import IncidentBook, Severity, Source, State, parse
from alertmap.adapters import pagerduty
from alertmap.codec import to_dict
from alertmap.errors import PayloadError
from alertmap.model import Alert, Batch, ProblemCode, Reply, Request
from captures import SHARED, Captured, requests

SECRET = "0123456789abcdef-keep-me-secret"  # noqa: S105 - the test is that it goes nowhere

EVENT: dict[str, Any] = {
    "routing_key": SECRET,
    "event_action": "trigger",
    "dedup_key": "edge7/http",
    "payload": {"summary": "HTTP down", "source": "edge7", "severity": "error"},
}
V1: dict[str, Any] = {
    "service_key": SECRET,
    "event_type": "trigger",
    "incident_key": "edge7/http",
    "description": "HTTP down",
}
INCIDENT: dict[str, Any] = {
    "id": "PX7K2QD",
    "type": "incident",
    "status": "triggered",
    "title": "HTTP down",
    "service": {"id": "PS4", "summary": "API"},
    "urgency": "high",
    "created_at": "2026-03-04T10:00:00Z",
}
NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


def webhook(kind: str, minute: int, **incident: Any) -> dict[str, Any]:
    """Return a webhook of version 3."""
    at = f"2026-03-04T10:{minute:02}:00Z"
    data = INCIDENT | incident
    return {
        "event": {"id": "01D", "event_type": kind, "resource_type": "incident", "occurred_at": at, "data": data},
    }


def read(document: Any, minute: int = 0) -> Batch:
    return parse("pagerduty", json.dumps(document), received_at=NOW + timedelta(minutes=minute))


def one(document: Any, minute: int = 0) -> Alert:
    (alert,) = read(document, minute)
    return alert


def answer(document: Any) -> Reply:
    return pagerduty.adapter.answer(read(document))  # type: ignore[operator]


@pytest.mark.parametrize("document", [EVENT, V1, EVENT | {"dedup_key": ""}, V1 | {"incident_key": ""}])
def test_the_key_of_the_tool_goes_nowhere(document: dict[str, Any]) -> None:
    """A routing key appears only in the raw document: in no alert, answer or repr."""
    batch = read(document)
    assert SECRET not in repr(batch)
    assert SECRET not in answer(document).body
    for alert in batch:
        assert SECRET not in json.dumps(to_dict(alert) | {"raw": None})


def test_the_password_in_the_address_of_a_source_goes_nowhere() -> None:
    """The source is often the address that was checked."""
    alert = one(EVENT | {"payload": EVENT["payload"] | {"source": "https://ann:secret@edge7.example/"}})
    assert alert.resource == "https://edge7.example/"


@pytest.mark.parametrize("document", [EVENT | {"event_action": "resolve", "dedup_key": " "}, {"routing_key": SECRET}])
def test_the_key_of_the_tool_is_in_no_error(document: dict[str, Any]) -> None:
    """A refusal does not show it either."""
    with pytest.raises(PayloadError) as caught:
        read(document)
    assert SECRET not in str(caught.value)


def test_the_answer_has_the_key_that_was_sent() -> None:
    """Clients of version 2 fail without `dedup_key`; version 1 has another name and status."""
    for action in ("trigger", "acknowledge", "resolve"):
        reply = answer(EVENT | {"event_action": action})
        assert (reply.status, json.loads(reply.body)) == (
            202,
            {"status": "success", "message": "Event processed", "dedup_key": "edge7/http"},
        )
        reply = answer(V1 | {"event_type": action})
        assert (reply.status, json.loads(reply.body)["incident_key"]) == (200, "edge7/http")


def test_the_answer_to_a_change_and_to_what_cannot_be_read() -> None:
    """Neither has a key; both are accepted, so that nobody sends them again."""
    reply = answer({"routing_key": SECRET, "payload": {"summary": "deployed"}})
    assert (reply.status, json.loads(reply.body)) == (202, {"status": "success", "message": "Change event processed"})
    unread = Batch(vendor="pagerduty", source="x")
    assert pagerduty.adapter.answer(unread).status == 202  # type: ignore[operator]


def test_a_key_that_the_answer_gave_ends_the_alert() -> None:
    """A tool without keys of its own resolves with the key of the answer (Gatus); a retry is no second alert."""
    trigger = EVENT | {"dedup_key": ""}
    given = json.loads(answer(trigger).body)["dedup_key"]
    assert json.loads(answer(trigger).body)["dedup_key"] == given
    other = trigger | {"payload": EVENT["payload"] | {"summary": "disk full"}}
    assert json.loads(answer(other).body)["dedup_key"] != given
    first, again = one(trigger), one(trigger, minute=1)
    assert [problem.code for problem in first.problems] == [ProblemCode.KEY_FALLBACK]
    book = IncidentBook()
    book.apply([first, again, one({"event_action": "resolve", "dedup_key": given}, minute=2)])
    assert not book.open


def test_events_count_in_order_of_arrival() -> None:
    """A trigger whose time lies behind the arrival of a resolve without a time is news, as for PagerDuty."""
    late = EVENT | {"payload": EVENT["payload"] | {"timestamp": "2026-03-04T10:01:00Z"}}
    book = IncidentBook()
    book.apply([one(EVENT), one({"event_action": "resolve", "dedup_key": "edge7/http"}, minute=5), one(late, minute=6)])
    assert [incident.dedup_key for incident in book.open] == ["pagerduty:dedup_key=edge7/http"]


def test_a_severity_of_ours_makes_the_round_trip() -> None:
    """Four severities cannot say five: the details may hold the word, and a foreign word there does not count."""
    for severity in Severity:
        details = {"custom_details": {"alertmap_severity": severity.value}}
        alert = one(EVENT | {"payload": EVENT["payload"] | details})
        assert alert.severity is severity
        assert "alertmap_severity" not in alert.labels
    odd = one(EVENT | {"payload": EVENT["payload"] | {"custom_details": {"alertmap_severity": "odd"}}})
    assert odd.severity is Severity.HIGH


@pytest.mark.fault_elsewhere("Keep", "an acknowledged incident has no state")
def test_an_acknowledged_incident_is_acknowledged() -> None:
    """Also when it is reassigned, escalated or gets another priority: the status counts, not the event's name."""
    for kind in ("incident.acknowledged", "incident.reassigned", "incident.escalated", "incident.priority_updated"):
        assert one(webhook(kind, 1, status="acknowledged")).state is State.ACKNOWLEDGED


@pytest.mark.fault_elsewhere("Keep", "a webhook of version 3 is read as one of version 2, for both have an `event`")
def test_versions_are_distinguished() -> None:
    """Version 3 has an object `event`, version 2 a word of this name inside each message."""
    old = {"messages": [{"event": "incident.resolve", "incident": INCIDENT | {"status": "resolved"}}]}
    assert one(webhook("incident.resolved", 2, status="resolved")).state is State.RESOLVED
    assert one(old).state is State.RESOLVED
    assert one(old).dedup_key == one(webhook("incident.triggered", 0)).dedup_key


def test_a_reopened_incident_fires() -> None:
    """It has its id, and opens again."""
    book = IncidentBook()
    book.apply(
        [
            one(webhook("incident.triggered", 0)),
            one(webhook("incident.resolved", 5, status="resolved"), 5),
            one(webhook("incident.reopened", 9), 9),
        ]
    )
    assert len(book.open) == 1


def test_messages_of_two_incidents_are_two_alerts() -> None:
    """One incident is one alert, however many messages speak of it; an unreadable message costs itself only."""
    messages = [
        {"event": "incident.trigger", "incident": INCIDENT},
        {"event": "incident.acknowledge", "incident": INCIDENT | {"status": "acknowledged"}},
        {"event": "incident.trigger", "incident": INCIDENT | {"id": "PQ1"}},
        {"event": "incident.trigger"},
    ]
    batch = read({"messages": messages})
    assert [(alert.identity["id"], alert.state) for alert in batch] == [
        ("PX7K2QD", State.ACKNOWLEDGED),
        ("PQ1", State.FIRING),
    ]
    assert [problem.code for problem in batch.problems] == [ProblemCode.BAD_ELEMENT]


# --- All that real tools posted --------------------------------------------------------------------------------------

STATES = {"trigger": State.FIRING, "acknowledge": State.ACKNOWLEDGED, "resolve": State.RESOLVED}
SEVERITIES = {
    "critical": Severity.CRITICAL,
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "info": Severity.INFO,
    None: Severity.HIGH,
}


def captured() -> Iterator[tuple[Captured, dict[str, Any]]]:
    """Yield all captured events, of whatever tool, with their bodies."""
    if not (SHARED / "captures").is_dir():
        pytest.skip("the captures are not on this machine")
    for folder in sorted(path.name for path in (SHARED / "captures").iterdir() if path.is_dir()):
        for found in requests(folder):
            try:
                body = json.loads(found.request.body)
            except ValueError:
                continue
            if isinstance(body, dict) and ({"event_action", "routing_key"} <= body.keys() or "service_key" in body):
                yield found, body


def test_all_captured_events_are_read() -> None:
    """State, key, severity and title are those of the body, and the answer has the key."""
    seen = 0
    for found, body in captured():
        seen += 1
        batch = parse("pagerduty", found.request, received_at=found.received_at)
        (alert,) = batch
        payload = body.get("payload") or {}
        state = STATES[body.get("event_action") or body["event_type"]]
        key = body.get("dedup_key") or body.get("incident_key")
        assert alert.state is state, found.name
        assert alert.severity is (SEVERITIES[payload.get("severity")] if state is State.FIRING else None), found.name
        assert alert.identity["dedup_key"] == str(key) if key else alert.problems, found.name
        reply = json.loads(pagerduty.adapter.answer(batch).body)  # type: ignore[operator]
        assert reply.get("dedup_key", reply.get("incident_key")) == alert.identity["dedup_key"]
        if "summary" in payload:
            assert payload["summary"].split()[0] in alert.title, found.name
        assert {problem.code for problem in alert.problems} <= {ProblemCode.KEY_FALLBACK, ProblemCode.TITLE_FALLBACK}
    assert seen > 60


def test_all_captured_streams_end_as_for_pagerduty() -> None:
    """An alert is open if it was triggered and not resolved after that."""
    streams: dict[str, list[tuple[Captured, dict[str, Any]]]] = {}
    for found, body in captured():
        if found.received_at is not None and (body.get("dedup_key") or body.get("incident_key")):
            product = f"{found.facts.get('product')} {found.facts.get('version')} {found.scenario}"
            streams.setdefault(product, []).append((found, body))
    several = [stream for stream in streams.values() if len(stream) > 1]
    assert len(several) > 8
    for stream in several:
        book = IncidentBook()
        still_open: set[str] = set()
        for found, body in sorted(stream, key=lambda pair: pair[0].number):
            book.apply(parse("pagerduty", found.request, received_at=found.received_at, source=Source("s")))
            key = str(body.get("dedup_key") or body["incident_key"])
            ends = "resolve" in (body.get("event_action"), body.get("event_type"))
            (still_open.discard if ends else still_open.add)(f"pagerduty:dedup_key={key}")
        assert {incident.dedup_key for incident in book.open} == still_open, stream[0][0].name


def test_a_request_with_the_key_in_a_header_is_read() -> None:
    """Newer documentation puts the routing key into a header."""
    body = json.dumps({name: value for name, value in EVENT.items() if name != "routing_key"})
    (alert,) = parse("pagerduty", Request(body, headers={"X-Routing-Key": SECRET}))
    assert alert.dedup_key == "pagerduty:dedup_key=edge7/http"

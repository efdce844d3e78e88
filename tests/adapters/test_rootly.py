"""Rootly: what the fixtures cannot say."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Auth, AuthError, IncidentBook, Request, Source, State, parse_document, verify
from alertmap.model import Reason

VENDOR = "rootly"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR


def body(name: str, event: str = "", **data: Any) -> dict[str, Any]:
    """Return the document of a fixture, with another event and other data."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    document["data"] |= data
    if event:
        document["event"]["type"] = event
    return document


def one(document: dict[str, Any]) -> Alert:
    """Return the only alert of a document."""
    [alert] = parse_document(VENDOR, document)
    return alert


@pytest.mark.fault_elsewhere("receivers that know only open and closed", "a mitigated incident is closed")
def test_people_do_not_end_what_is_not_over() -> None:
    """An incident that is mitigated and an alert that is acknowledged are open until they are resolved."""
    for names in (("incident_created", "incident_mitigated"), ("alert_created", "alert_acknowledged")):
        book = IncidentBook()
        book.apply([one(body(name)) for name in names])
        [still] = book.open
        assert still.state is State.ACKNOWLEDGED
    book.apply([one(body("alert_ended"))])
    assert not book.open


@pytest.mark.fault_elsewhere("receivers that key on `event.id`", "the recovery is another alert")
def test_the_id_of_an_event_is_that_of_the_delivery() -> None:
    """A retry has it again; the next event of the same alert does not."""
    first, last = parse_document(VENDOR, body("alert_created")), parse_document(VENDOR, body("alert_ended"))
    assert first.delivery_id != last.delivery_id
    assert first.alerts[0].dedup_key == last.alerts[0].dedup_key


@pytest.mark.parametrize("event", ["alert.created", "alert.updated"])
@pytest.mark.parametrize(
    ("status", "ended_at", "state"),
    [
        (None, None, State.FIRING),
        (None, "2026-05-02T10:20:00Z", State.RESOLVED),
        (None, "soon", State.FIRING),
        ("open", None, State.FIRING),
        ("acknowledged", None, State.ACKNOWLEDGED),
        ("resolved", None, State.RESOLVED),
        ("open", "2026-05-02T10:20:00Z", State.FIRING),
        ("melted", "2026-05-02T10:20:00Z", State.FIRING),
    ],
)
def test_the_status_of_an_alert_comes_before_its_end(
    event: str, status: str | None, ended_at: str | None, state: State
) -> None:
    """Older bodies have no status."""
    assert one(body("alert_created", event, status=status, ended_at=ended_at)).state is state


@pytest.mark.parametrize(
    ("event", "status", "state"),
    [
        ("incident.updated", "in_triage", State.FIRING),
        ("incident.updated", "detected", State.FIRING),
        ("incident.updated", "acknowledged", State.ACKNOWLEDGED),
        ("incident.updated", "mitigated", State.ACKNOWLEDGED),
        ("incident.updated", "closed", State.RESOLVED),
        ("incident.cancelled", "started", State.RESOLVED),
        ("incident.deleted", "started", State.RESOLVED),
        ("incident.escalated", "resolved", State.FIRING),
        ("incident.updated", None, State.FIRING),
    ],
)
def test_the_event_decides_and_then_the_status(event: str, status: str | None, state: State) -> None:
    """An update names no state of its own; an event that is not known fires."""
    assert one(body("incident_created", event, status=status)).state is state


@pytest.mark.fault_elsewhere("receivers that test for the prefix `incident`", "a post-mortem opens an incident")
@pytest.mark.parametrize(
    "event",
    [
        "incident_post_mortem.created",
        "incident_event.updated",
        "incident_status_page_event.created",
        "incident.scheduled.in_progress",
        "genius_workflow_run.failed",
        "shift.started",
        "audit_log.created",
    ],
)
def test_other_families_change_nothing(event: str) -> None:
    """Their names begin alike, and their data has an id and a status, too."""
    batch = parse_document(VENDOR, body("incident_created", event))
    assert (batch.alerts, batch.problems, batch.reason) == ((), (), Reason.NO_ALERT)


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        (None, "unset"),
        ({"name": "SEV0"}, "SEV0"),
        ({"name": "Fire", "severity": "critical"}, "critical"),
        ("low", "low"),
        ({}, "unset"),
    ],
)
def test_the_level_of_an_incident(severity: object, level: str) -> None:
    """One of four words, or else a name of the account's own."""
    assert one(body("incident_created", severity=severity)).level == level


@pytest.mark.fault_elsewhere("receivers that put a dot between time and body", "each signature is refused")
@pytest.mark.parametrize("between", [",", ", ", ",\n"])
def test_the_signature_has_nothing_between_time_and_body(between: str) -> None:
    """A blank or a line break after the comma of the header, as in the vendor's guide, is no matter."""
    recorded = json.loads((FIXTURES / "signed.request.json").read_text(encoding="utf-8"))
    source = Source("here", vendor=VENDOR, auth=Auth(secrets="fake-rootly-secret"))
    header = recorded["headers"]["X-Rootly-Signature"].replace(",", between)
    now = datetime(2026, 5, 2, 10, 0, 3, tzinfo=UTC)
    assert verify(Request(recorded["body"], headers={"X-Rootly-Signature": header}), source, now) is not None
    with pytest.raises(AuthError):
        verify(Request(recorded["body"] + " ", headers={"X-Rootly-Signature": header}), source, now)

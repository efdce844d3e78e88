"""Squadcast: what the fixtures cannot say."""

import json
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, IncidentBook, State, parse_document
from alertmap.errors import PayloadError
from alertmap.model import Reason

VENDOR = "squadcast"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR


def body(name: str, **incident: Any) -> dict[str, Any]:
    """Return the document of a fixture, with other fields of its incident."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    target = document["data"]["resource_data"] if "data" in document else document
    target |= incident
    return document


def one(document: dict[str, Any]) -> Alert:
    """Return the only alert of a document."""
    [alert] = parse_document(VENDOR, document)
    return alert


@pytest.mark.fault_elsewhere("receivers that know only open and closed", "who acknowledges an incident closes it")
def test_somebody_who_acknowledges_ends_nothing() -> None:
    """Nor does who assigns it to somebody else."""
    book = IncidentBook()
    book.apply([one(body(name)) for name in ("v1_triggered", "v1_reassigned", "v1_acknowledged")])
    [still] = book.open
    assert still.state is State.ACKNOWLEDGED
    book.apply([one(body("v1_resolved"))])
    assert not book.open


@pytest.mark.fault_elsewhere("receivers that read `event_type`", "who reassigns an acknowledged incident pages again")
@pytest.mark.parametrize(("status", "state"), [("acknowledged", State.ACKNOWLEDGED), ("resolved", State.RESOLVED)])
def test_the_status_decides_and_not_the_event(status: str, state: State) -> None:
    """An incident is reassigned in any state."""
    assert one(body("v1_reassigned", status=status)).state is state
    assert one(body("v2_tags_updated", status=status)).state is state


def test_both_versions_have_one_key() -> None:
    """A webhook may be moved to version 2 while an incident is open."""
    number = body("v1_triggered")["id"]
    assert one(body("v2_resolved", id=number)).dedup_key == one(body("v1_triggered")).dedup_key


@pytest.mark.fault_elsewhere("receivers that read `resource_data`", "a note or a task opens an incident of its own")
@pytest.mark.parametrize("status", [None, "completed", "resolved", "triggered"])
def test_what_is_not_an_incident_changes_none(status: str | None) -> None:
    """A task has a status, too, and its incident stands beside it."""
    batch = parse_document(VENDOR, body("v2_note", status=status))
    assert (batch.alerts, batch.problems, batch.reason) == ((), (), Reason.NO_ALERT)


def test_an_incident_without_its_status_is_refused() -> None:
    """It does not pass for an event that changes nothing."""
    document = body("v2_triggered")
    del document["data"]["resource_data"]["status"]
    with pytest.raises(PayloadError):
        parse_document(VENDOR, document)


@pytest.mark.parametrize("tags", [None, {}, {"": {"value": "", "color": "#0C93E3"}}, {"": "x"}, []])
def test_tags_may_be_missing_or_have_no_name(tags: object) -> None:
    """Squadcast itself sends null, and a tag without name and value."""
    alert = one(body("v2_triggered", tags=tags))
    assert set(alert.labels) == {"alert_source", "service"}


@pytest.mark.parametrize(
    ("tags", "priority", "level"),
    [
        ({"severity": {"value": "low", "color": "#FFF"}}, "P1", "low"),
        ({"priority": "P2"}, "P1", "P2"),
        ({"env": "prod"}, "P1", "P1"),
        ({"severity": {"value": " ", "color": "#FFF"}}, "P5", "P5"),
        (None, "", "unset"),
    ],
)
def test_a_tag_is_the_level_before_the_priority(tags: object, priority: str, level: str) -> None:
    """A tag is what a rule or a person gave this incident."""
    assert one(body("v2_triggered", tags=tags, priority=priority)).level == level


@pytest.mark.fault_elsewhere("receivers that key on the title", "RESOLVED: stands in the title, and nothing is closed")
def test_an_event_of_a_tool_is_closed_by_its_event_id() -> None:
    """Gatus writes the state into the title."""
    book = IncidentBook()
    book.apply([one(body("incoming")), one(body("incoming_resolved"))])
    assert not book.open


@pytest.mark.parametrize("fields", [{}, {"event_id": None}, {"tags": None}, {"priority": "P1", "team": "db"}])
def test_an_event_of_a_tool_without_a_status_is_a_trigger(fields: dict[str, Any]) -> None:
    """Only its message and its description are mandatory."""
    document = {"message": "disk full", "description": "98 %", "event_id": "6"} | fields
    alert = one(document)
    assert (alert.state, alert.title, alert.message) == (State.FIRING, "disk full", "98 %")
    end = one({"status": "resolve", "event_id": "6"})
    assert (end.dedup_key == alert.dedup_key) is alert.resolvable

"""Grafana OnCall: what the fixtures cannot say."""

import json
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, IncidentBook, State, parse_document

VENDOR = "grafana_oncall"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR


def body(name: str, event: str | None = None, **group: Any) -> dict[str, Any]:
    """Return the document of a fixture, with another event and other facts of its group."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    document["alert_group"] |= group
    if event is not None:
        document["event"] = {"type": event}
    return document


def one(document: dict[str, Any]) -> Alert:
    """Return the only alert of a document."""
    [alert] = parse_document(VENDOR, document)
    return alert


def open_after(*documents: dict[str, Any]) -> list[State]:
    """Return the states of what is open after these requests."""
    book = IncidentBook()
    book.apply([one(document) for document in documents])
    return [incident.state for incident in book.open]


@pytest.mark.fault_elsewhere(
    "receivers of Alertmanager", "a resolve opens: `alert_payload` still has the status firing"
)
def test_the_first_alert_decides_no_state() -> None:
    """It is the body with which the group began, and stays as it was."""
    document = body("resolved")
    assert document["alert_payload"]["status"] == "firing"
    assert one(document).state is State.RESOLVED


@pytest.mark.parametrize("state", ["firing", "acknowledged", "resolved", "silenced", None])
def test_the_event_decides_where_the_group_has_changed_again(state: str | None) -> None:
    """The state of the group is that at the time of sending."""
    assert one(body("acknowledged", state=state)).state is State.ACKNOWLEDGED
    assert one(body("resolved", state=state)).state is State.RESOLVED


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("firing", State.FIRING),
        ("acknowledged", State.ACKNOWLEDGED),
        ("silenced", State.SUPPRESSED),
        ("resolved", State.RESOLVED),
        ("frozen", State.FIRING),
        (None, State.FIRING),
    ],
)
def test_an_escalation_states_the_state_of_its_group(state: str | None, expected: State) -> None:
    """Somebody may trigger it by hand on the page of a group that is acknowledged or over."""
    assert one(body("created", "escalation", state=state)).state is expected


@pytest.mark.fault_elsewhere("receivers that know only open and closed", "who silences or acknowledges a group ends it")
def test_people_do_not_end_a_group_before_it_is_resolved() -> None:
    """And a group that was ended too early is open again, although that has no time."""
    created, resolved = body("created"), body("resolved")
    assert open_after(created, body("acknowledged")) == [State.ACKNOWLEDGED]
    assert open_after(created, body("silenced")) == [State.SUPPRESSED]
    assert open_after(created, body("silenced"), body("created", "unsilence")) == [State.FIRING]
    assert open_after(created, body("silenced"), resolved) == []
    assert open_after(created, resolved, body("created", "unresolve")) == [State.FIRING]


def test_no_address_of_a_person_is_copied() -> None:
    """The body has the mail addresses of who acknowledged and of who is on call."""
    document = body("acknowledged")
    assert "ann@shop.example" in json.dumps(document)
    alert = one(document)
    assert "ann@" not in repr([alert.labels, alert.links, alert.message, alert.title])


def test_labels_are_read_in_both_forms() -> None:
    """An object of texts, or a list of objects with names."""
    listed = one(body("created"))
    pairs = {"severity": "critical", "service": "web"}
    assert one(body("created", labels=pairs)).labels == listed.labels

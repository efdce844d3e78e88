"""BugSnag: what the fixtures cannot say."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, IncidentBook, State, detect, parse

FIXTURES = Path(__file__).parents[2] / "fixtures" / "bugsnag"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def document(name: str) -> Any:
    """Return the body of a fixture, decoded."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def one(body: Any, received_at: datetime | None = None) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse("bugsnag", json.dumps(body), received_at=received_at)
    return alert


def changed(change: str, status: str | None = None) -> Alert:
    """Return the alert of a change by hand."""
    body = document("fixed")
    body["trigger"]["stateChange"] = change
    body["error"]["status"] = status
    return one(body)


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ("fixed", State.RESOLVED),
        ("snoozed", State.SUPPRESSED),
        ("ignored", State.SUPPRESSED),
        ("discarded", State.SUPPRESSED),
        ("reopened", State.FIRING),
        ("snoozeCancelled", State.FIRING),
        ("snooze_cancelled", State.FIRING),
        ("unignored", State.FIRING),
    ],
)
def test_only_fixed_resolves(change: str, state: State) -> None:
    """Each change of the vendor's page has its state, however its word is spelt; snoozed and ignored are not over."""
    assert changed(change).state is state
    assert changed(change, "open").state is state


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("open", State.FIRING),
        ("for_review", State.FIRING),
        ("in progress", State.ACKNOWLEDGED),
        ("snoozed", State.SUPPRESSED),
        ("ignored", State.SUPPRESSED),
        ("fixed", State.RESOLVED),
        ("escalated", State.FIRING),
        (None, State.FIRING),
    ],
)
@pytest.mark.parametrize("change", ["", "linked"])
def test_another_change_is_in_the_status(change: str, status: str | None, state: State) -> None:
    """Where the change is not known, the status of the error decides; without it the alert fires."""
    assert changed(change, status).state is state


@pytest.mark.parametrize("status", ["fixed", "ignored", "snoozed", "in_progress"])
def test_the_status_resolves_no_event(status: str) -> None:
    """A trigger about an event fires: only a change by hand is read from the status."""
    body = document("power_ten")
    body["error"]["status"] = status
    assert one(body).state is State.FIRING


def test_the_events_of_an_error_are_one_alert() -> None:
    """`error.id` is another one for each event, in the state change as well."""
    body = document("fixed")
    body["error"]["id"] = "another"
    assert one(body).dedup_key == one(document("first_exception")).dedup_key


def test_a_spike_is_its_project_s_alone() -> None:
    """An event that comes with a spike, as its example, is not what fires; its fix does not end the spike."""
    body = document("project_spiking")
    with_example = body | {"error": document("first_exception")["error"]}
    assert one(with_example).dedup_key == one(body).dedup_key
    assert not one(with_example).resolvable
    assert one(body | {"project": {"id": "another"}}).dedup_key != one(body).dedup_key


def test_a_fix_ends_the_error_and_an_older_event_does_not_reopen_it() -> None:
    """A change by hand has no time: it counts when it is received, and events that are older come too late."""
    incidents = IncidentBook()
    for hours, name in enumerate(("first_exception", "fixed", "power_ten")):
        incidents.apply([one(document(name), NOON + timedelta(hours=hours))])
    assert not incidents.open
    incidents.apply([one(document("reopened"), NOON + timedelta(hours=21))])
    assert len(incidents.open) == 1


def test_an_installation_of_one_s_own_is_recognised() -> None:
    """The host of the addresses does not matter."""
    text = json.dumps(document("first_exception")).replace("app.bugsnag.com", "errors.example")
    found = detect(text)
    assert found is not None
    assert found.vendor == "bugsnag"


def test_without_its_id_an_error_has_the_key_of_its_address() -> None:
    """The query of the address names the event; trigger and end have the same key, and two errors have two."""
    alerts = []
    for name, number in (("first_exception", 9), ("fixed", 9), ("first_exception", 8)):
        body = document(name)
        body["error"] |= {"errorId": None, "url": f"https://app.bugsnag.com/acme/shop/errors/{number}?event_id={name}"}
        alerts.append(one(body))
    fired, over, other = alerts
    assert (over.state, over.dedup_key) == (State.RESOLVED, fired.dedup_key)
    assert other.dedup_key != fired.dedup_key

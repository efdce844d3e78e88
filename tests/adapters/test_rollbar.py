"""Rollbar: what the fixtures cannot say."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from alertmap import Alert, IncidentBook, Request, State, parse
from alertmap.intake.redact import redact

FIXTURES = Path(__file__).parents[2] / "fixtures" / "rollbar"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def document(name: str) -> Any:
    """Return the body of a fixture, decoded."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def one(body: Any, received_at: datetime | None = None) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse("rollbar", json.dumps(body), received_at=received_at)
    return alert


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("Keep", "the hash is the key, which an item of another environment or project has as well")
@pytest.mark.parametrize(("name", "value"), [("id", 611204888), ("project_id", 40419)])
def test_items_of_one_hash_are_two_alerts(name: str, value: int) -> None:
    """Each environment has an item of its own for the same error; the resolve of one leaves the other open."""
    body = document("resolved_item")
    body["data"]["item"][name] = value
    assert one(body).dedup_key != one(document("new_item")).dedup_key


@pytest.mark.fault_elsewhere("Keep", "an event without data.occurrence and its message raises an error")
@pytest.mark.parametrize("name", ["new_item", "exp_repeat_item", "item_velocity", "resolved_item", "reopened_item"])
def test_no_event_needs_an_occurrence(name: str) -> None:
    """The item is all that an alert needs."""
    body = document(name)
    body["data"]["item"].pop("last_occurrence", None)
    alert = one(body)
    assert (alert.title, alert.level) == ("ValueError: bad cart", str(body["data"]["item"]["level"]))
    assert not alert.problems


@pytest.mark.fault_elsewhere("ITOC360", "the level debug is not mapped, and info is taken for it")
@pytest.mark.parametrize("level", [10, 20])
def test_debug_and_info_have_a_severity(level: int) -> None:
    """Both are known, and lower than a warning."""
    body = document("new_item")
    body["data"]["item"]["level"] = level
    assert one(body).severity == "info"


# --- Order ------------------------------------------------------------------------------------------------------------


def book(*names: str) -> IncidentBook:
    """Apply fixtures that arrive at noon, an hour later, and then each a day later."""
    incidents = IncidentBook()
    for name, hours in zip(names, (0, 1, 24, 48), strict=False):
        incidents.apply([one(document(name), NOON + timedelta(hours=hours))])
    return incidents


def test_a_late_retry_of_the_trigger_opens_nothing() -> None:
    """Rollbar tries for days: a trigger that arrives after the resolve is older than it."""
    assert book("new_item").open
    assert not book("new_item", "resolved_item", "new_item").open


def test_a_late_retry_of_the_resolve_closes_no_later_episode() -> None:
    """The resolve names the time of activation that it ends; the item is active again since another one."""
    assert len(book("new_item", "resolved_item", "reactivated_item").open) == 1
    assert len(book("new_item", "resolved_item", "reactivated_item", "resolved_item").open) == 1


# --- States -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "state"),
    [(1, State.FIRING), (2, State.RESOLVED), (3, State.SUPPRESSED), (9, State.FIRING), (None, State.FIRING)],
)
@pytest.mark.parametrize("name", ["occurrence", "exp_repeat_item", "item_velocity"])
def test_an_update_has_the_state_of_its_item(name: str, status: int | None, state: State) -> None:
    """An occurrence of an item that is muted or resolved reopens nothing."""
    body = document(name)
    body["data"]["item"]["status"] = status
    assert one(body).state is state


@pytest.mark.parametrize("name", ["new_item", "reactivated_item", "reopened_item"])
def test_an_event_of_its_own_decides_alone(name: str) -> None:
    """The item of a retry may have been muted meanwhile; what was announced is that it is active."""
    body = document(name)
    body["data"]["item"]["status"] = 3
    assert one(body).state is State.FIRING


def test_the_token_of_the_occurrence_stays_inside() -> None:
    """An occurrence holds the project's access token: no alert has it, and redaction finds it."""
    body = document("new_item")
    body["data"]["item"]["last_occurrence"]["metadata"]["access_token"] = "made-up-4f2a"  # noqa: S105
    assert "made-up-4f2a" not in str(evolve(one(body), raw=None))
    assert "made-up-4f2a" not in str(redact(Request(json.dumps(body))).body)


def test_without_its_id_an_item_has_the_key_of_its_number() -> None:
    """The number counts in its project."""
    alerts = []
    for name in ("new_item", "resolved_item"):
        body = document(name)
        body["data"]["item"] |= {"id": None, "counter": 7}
        alerts.append(one(body))
    assert [alert.state for alert in alerts] == [State.FIRING, State.RESOLVED]
    assert alerts[0].dedup_key == alerts[1].dedup_key


def test_the_spelling_of_an_event_does_not_count() -> None:
    """Neither for its state nor for the times: a resolve has none."""
    body = document("resolved_item") | {"event_name": "Resolved-Item"}
    assert (one(body).state, one(body).occurred_at) == (State.RESOLVED, None)

"""Graylog: what the fixtures cannot say, and the faults of other receivers that must not happen here."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Request, Severity, State, detect, parse, parse_document
from alertmap.adapters import graylog

FIXTURES = Path(__file__).parents[2] / "fixtures" / "graylog"


def body(name: str) -> dict[str, Any]:
    """Return a fixture's body."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return document


def one(document: Any) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse_document("graylog", document)
    return alert


def with_event(**fields: Any) -> Alert:
    """Return the alert of the first fixture with other fields of its event."""
    document = body("aggregation")
    return one({**document, "event": {**document["event"], **fields}})


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("Keep", "the id of the event is the fingerprint: each run of a definition is a new alert")
def test_each_run_of_a_definition_is_the_same_alert() -> None:
    """Two events of one definition and key have one key."""
    first, again = body("aggregation"), body("aggregation_again")
    assert first["event"]["id"] != again["event"]["id"]
    assert one(first).dedup_key == one(again).dedup_key


@pytest.mark.fault_elsewhere("Keep", "priority 4 raises an IndexError, so the alert is lost; 0 is high")
@pytest.mark.parametrize(
    ("priority", "severity"),
    [
        (0, Severity.INFO),
        (1, Severity.LOW),
        (2, Severity.MEDIUM),
        (3, Severity.HIGH),
        (4, Severity.CRITICAL),
        (5, Severity.MEDIUM),
        (None, Severity.MEDIUM),
    ],
)
def test_no_priority_costs_the_page(priority: int | None, severity: Severity) -> None:
    """Each priority has its severity, and an unknown one fires at the fallback."""
    alert = with_event(priority=priority)
    assert (alert.state, alert.severity) == (State.FIRING, severity)


@pytest.mark.fault_elsewhere("Keep", "the time of the event is taken as UTC whatever its zone is")
def test_a_zone_of_a_custom_notification_is_read() -> None:
    """A custom notification may write times in a zone of its own."""
    alert = with_event(timestamp_processing="2026-02-03T10:11:20.123+03:00")
    assert alert.occurred_at == datetime(2026, 2, 3, 7, 11, 20, 123_000, UTC)


@pytest.mark.fault_elsewhere("Alerta", "only the alarm callback is read: notifications from 3.1 on raise a KeyError")
def test_notifications_and_callbacks_are_read() -> None:
    """Both ages of Graylog are read and recognised."""
    for name in ("aggregation", "callback"):
        found = detect(json.dumps(body(name)))
        assert found is not None
        assert found.vendor == "graylog"
        assert one(body(name)).state is State.FIRING


@pytest.mark.fault_elsewhere("ilert", "an event with `alert: false` resolves the alert")
def test_an_event_that_is_no_alert_resolves_nothing() -> None:
    """A definition that makes no alerts does not tell that one is over."""
    assert with_event(alert=False).state is State.FIRING
    assert with_event(alert="false").state is State.FIRING


# --- Identity ---------------------------------------------------------------------------------------------------------


def test_groups_without_a_key_are_different_alerts() -> None:
    """Without an event key, two values that the definition groups by are two alerts."""
    keys = {with_event(key="", key_tuple=[], group_by_fields={"host": host}).dedup_key for host in ("a", "b")}
    assert len(keys) == 2


def test_the_key_counts_before_the_groups() -> None:
    """Graylog's grace period goes by the key: what it groups by besides makes no difference."""
    assert len({with_event(group_by_fields={"host": host}).dedup_key for host in ("a", "b")}) == 1


def test_deleted_definitions_stay_apart() -> None:
    """The word for a definition that was deleted is in no key."""
    document = body("definition_deleted")
    other = {**document, "event": {**document["event"], "event_definition_id": "671a28a03696bb3801a7a9f1"}}
    assert one(document).dedup_key != one(other).dedup_key
    assert "unknown" not in one(document).dedup_key


def test_a_form_has_the_key_of_json() -> None:
    """Both content types give one alert."""
    form = Request((FIXTURES / "form.form").read_bytes(), headers={"Content-Type": "application/x-www-form-urlencoded"})
    [alert] = parse("graylog", form)
    assert alert.dedup_key == one(body("aggregation")).dedup_key


def test_the_template_of_the_page_is_the_fixture() -> None:
    """The body template in the docstring has the keys of the fixture, which is filled in."""
    found = re.search(r"```json\n(.*?)```", graylog.__doc__ or "", re.DOTALL)
    assert found
    template, fixture = json.loads(found[1]), body("recovery")
    assert template.keys() == fixture.keys()
    assert template["event"].keys() == fixture["event"].keys()
    assert template["state"] == fixture["state"]

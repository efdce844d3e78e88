"""Kapacitor beyond the goldens."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alertmap import Alert, ConfigurationError, IncidentBook, Source, Times, parse, parse_document

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TEXT = {"template": r"(?P<level>\w+) (?P<id>\w+)"}


def _event(level: str, seconds: int) -> dict[str, Any]:
    time = (START + timedelta(seconds=seconds)).isoformat()
    return {"id": "disk", "level": level, "time": time, "message": "disk", "details": "", "duration": 0, "data": {}}


def _alert(body: Any, **options: Any) -> Alert:
    (alert,) = parse_document("kapacitor", body, source=Source("plant", options=options))
    return alert


def test_order() -> None:
    """Events count in the order of arrival, or with the option `order` at their own time; both keep that time."""
    event = _event("CRITICAL", 10)
    alerts = [_alert(event), _alert(event, order="arrival"), _alert(event, order="time")]
    assert [alert.times for alert in alerts] == [Times.ARRIVAL, Times.ARRIVAL, Times.STATED]
    assert {alert.occurred_at for alert in alerts} == {START + timedelta(seconds=10)}
    assert _alert("CRITICAL disk", **TEXT, order="time").times is Times.NONE


def test_an_unknown_order() -> None:
    """An order that is not one of the two is an error of the configuration."""
    with pytest.raises(ConfigurationError, match="order"):
        _alert(_event("OK", 0), order="sent")


def test_a_late_point_behind_a_queue() -> None:
    """By their own times a recovery of a point older than the last critical one is old news."""
    book, source = IncidentBook(), Source("plant", options={"order": "time"})
    for number, (level, seconds) in enumerate((("CRITICAL", 10), ("CRITICAL", 30), ("OK", 20))):
        received_at = START + timedelta(minutes=1, seconds=number)
        book.apply(parse("kapacitor", json.dumps(_event(level, seconds)), source=source, received_at=received_at))
    assert [incident.opened_at for incident in book.open] == [START + timedelta(seconds=30)]

"""The rules of Moira's captured requests."""

import json
from datetime import UTC, datetime
from typing import Any

from alertmap import Alert, Severity, State
from captures import Captured
from corpus.rules import Kind, Rules, raw

SEVERITIES = {
    "ERROR": Severity.CRITICAL,
    "EXCEPTION": Severity.HIGH,
    "NODATA": Severity.HIGH,
    "WARN": Severity.MEDIUM,
}


def kind(one: Captured) -> Kind:
    """Test notifications are no alert."""
    return Kind.NO_ALERT if '"state":"TEST"' in str(one.request.body) else Kind.ALERTS


def elements(one: Captured) -> list[Any]:
    """Return the events."""
    return list(json.loads(one.request.body)["events"])


def check(one: Captured, alert: Alert, event: Any) -> None:
    """Only OK resolves, at the severity of the state before; the key is the trigger and its metric."""
    is_over = event["state"] == "OK"
    assert alert.state is (State.RESOLVED if is_over else State.FIRING)
    assert alert.severity is SEVERITIES[event["old_state"] if is_over else event["state"]]
    assert alert.no_data == (event["state"] == "NODATA")
    trigger = json.loads(one.request.body)["trigger"]
    metric = {} if event["trigger_event"] else {"metric": event["metric"]}
    assert alert.identity == {"trigger": trigger["id"], **metric}
    assert alert.title == ": ".join([trigger["name"], *metric.values()])
    assert alert.labels == {"tags": ", ".join(trigger["tags"]), **metric}
    assert alert.message == trigger["description"]
    assert alert.values == (event["values"] or {})
    assert alert.occurred_at == time(alert)
    assert not alert.problems


def time(alert: Alert) -> datetime:
    """Return the time of the event."""
    return datetime.fromtimestamp(raw(alert)["timestamp"], UTC)


RULES = Rules("moira", kind, check, time, elements)

"""The rules of Sensu Go's captured requests: events as a pipe handler posted them, unchanged."""

from collections.abc import Hashable
from datetime import UTC, datetime
from typing import Any

from alertmap import Alert, Severity, State
from captures import Captured
from corpus.rules import Kind, Rules, raw

SEVERITIES = {1: Severity.MEDIUM, 2: Severity.CRITICAL}


def kind(one: Captured) -> Kind:
    """An event of metrics has no check; all others are alerts, the passing ones as well."""
    return Kind.NO_ALERT if one.scenario.endswith("metrics-only") else Kind.ALERTS


def check(_: Captured, alert: Alert, body: Any) -> None:
    """State and severity are those of the exit status, the key is entity and check in their namespace."""
    result, entity = body["check"], body["entity"]["metadata"]
    if result["status"] == 0:
        assert alert.state is State.RESOLVED
        before = [one["status"] for one in result["history"]][-2:-1]
        assert alert.severity == (SEVERITIES.get(before[0], Severity.MEDIUM) if before and before[0] else None)
    else:
        assert alert.state is (State.SUPPRESSED if result["is_silenced"] else State.FIRING)
        assert alert.severity is SEVERITIES.get(result["status"], Severity.MEDIUM)
    assert alert.identity == {
        "namespace": entity["namespace"],
        "entity": entity["name"],
        "check": result["metadata"]["name"],
    }
    assert alert.occurred_at == datetime.fromtimestamp(body["timestamp"], UTC)
    assert alert.started_at is None or alert.started_at <= alert.occurred_at
    assert alert.message == result["output"].strip()
    assert alert.labels.items() >= {**entity.get("labels", {}), **result["metadata"].get("labels", {})}.items()
    assert not alert.problems


def time(alert: Alert) -> datetime:
    """Return the event's own time."""
    return datetime.fromtimestamp(raw(alert)["timestamp"], UTC)


def fingerprint(body: Any) -> Hashable:
    """Return the names under which Sensu stores the event."""
    return (
        body["entity"]["metadata"]["namespace"],
        body["entity"]["metadata"]["name"],
        body["check"]["metadata"]["name"],
    )


RULES = Rules("sensu", kind, check, time, fingerprint=fingerprint)

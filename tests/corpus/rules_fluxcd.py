"""The rules of Flux' captured requests: its own events, and what it sends to other systems."""

import json
from collections.abc import Hashable
from datetime import datetime
from typing import Any

from alertmap import Alert, Severity, State
from captures import Captured
from corpus.rules import Kind, Rules, raw

OWN = ("generic", "generic-hmac")
ON_THE_WAY = ("Progressing", "DependencyNotReady", "RollbackSucceeded")
"""Reasons of info events about objects that are not well."""


def kind(one: Captured) -> Kind:
    """Other providers write for other systems; trace events and events on the way change nothing."""
    if one.scenario.rpartition("_")[2] not in OWN:
        return Kind.FOREIGN
    event = json.loads(one.request.body)
    changes_nothing = event["severity"] == "trace" or event["reason"] in ON_THE_WAY
    return Kind.NO_ALERT if changes_nothing else Kind.ALERTS


def check(_: Captured, alert: Alert, event: Any) -> None:
    """An error fires and an info resolves; the object is the key, and neither reason nor revision is."""
    involved = event["involvedObject"]
    is_over = event["severity"] == "info"
    assert alert.state is (State.RESOLVED if is_over else State.FIRING)
    assert alert.severity is (None if is_over else Severity.HIGH)
    assert alert.identity == {"uid": involved["uid"]}
    assert alert.title == f"{involved['kind']} {involved['namespace']}/{involved['name']}: {event['reason']}"
    assert alert.message == event["message"]
    assert alert.labels.items() >= event["metadata"].items()
    assert alert.occurred_at == time(alert)
    assert not alert.problems


def time(alert: Alert) -> datetime:
    """Return the time of the event."""
    return datetime.fromisoformat(raw(alert)["timestamp"])


def fingerprint(event: Any) -> Hashable:
    """Return the uid, which is Flux' own key towards PagerDuty and incident.io."""
    return str(event["involvedObject"]["uid"])


RULES = Rules("fluxcd", kind, check, time, fingerprint=fingerprint, mostly_alerts=False)

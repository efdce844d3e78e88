"""The rules of Kapacitor's captured requests."""

from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Any

from dateutil.parser import isoparse

from alertmap import Alert, Severity, State
from captures import Captured
from corpus.rules import Kind, Rules

LEVELS = {"CRITICAL": Severity.CRITICAL, "WARNING": Severity.MEDIUM, "INFO": Severity.INFO}


def kind(one: Captured) -> Kind:
    """Other handlers and templates of the same daemon are foreign; rows, tests and GETs are no alert."""
    scenario = one.scenario
    if "httppost-node" in scenario or "service-test" in scenario or one.request.method == "GET":
        return Kind.NO_ALERT
    others = ("_handler-", "alert-template", "row-template", "flux-http-endpoint")
    if scenario.endswith("flux-http-post"):
        return Kind.ALERTS  # a task of a user's own that writes an event's id, level and time
    return Kind.FOREIGN if any(word in scenario for word in others) else Kind.ALERTS


def check(_: Captured, alert: Alert, body: Any) -> None:
    """State and severity are those of the level, the key is the id, the times are the event's in UTC."""
    level = body["level"]
    assert alert.state is (State.RESOLVED if level == "OK" else State.FIRING)
    # From 1.4 on a recovery carries the level of what ended; before, it has no severity.
    assert alert.severity is LEVELS.get(body.get("previousLevel", "") if level == "OK" else level)
    assert alert.identity == {"id": body["id"]} if body["id"] else "name" in alert.identity
    assert ("key_fallback" in {problem.code.value for problem in alert.problems}) == (not body["id"])
    assert alert.occurred_at == isoparse(body["time"])
    span = timedelta(microseconds=max(0, body.get("duration", 0)) // 1000)
    assert alert.started_at == (alert.occurred_at - span if "duration" in body else None)
    assert alert.resolvable == body.get("recoverable", True)


def time(alert: Alert) -> datetime:
    """Return the time of receipt: Kapacitor posts in order, and its own times may go back."""
    assert alert.received_at
    return alert.received_at


def fingerprint(body: Any) -> Hashable:
    """Return the id, the key of Kapacitor's own topics."""
    return str(body["id"]) or None


RULES = Rules(
    "kapacitor",
    kind,
    check,
    time,
    fingerprint=fingerprint,
    is_recognised=lambda one: "flux-http" not in one.scenario,
)

"""The rules of Healthchecks' captured requests."""

import json
from collections.abc import Hashable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from alertmap import Alert, Severity, State
from captures import Captured
from corpus.rules import Kind, Rules, raw

OWN_TEXTS = ("get-query", "odd-name-get", "odd-name-headers", "text-no-content-type")
"""Queries with names of the user's own, and texts."""


def kind(one: Captured) -> Kind:
    """Built-in integrations and texts are foreign; the test button is no alert."""
    if one.name.startswith("channels/") or any(one.scenario.endswith(word) for word in OWN_TEXTS):
        return Kind.FOREIGN
    is_test = "test-notification" in one.scenario or one.name.endswith("up-only_01")
    return Kind.NO_ALERT if is_test else Kind.ALERTS


def elements(one: Captured) -> list[Any]:
    """Return the body, of a form as an object."""
    body = one.request.body
    text = body if isinstance(body, str) else body.decode()
    return [dict(parse_qsl(text)) if one.scenario.endswith("form") else json.loads(text)]


def check(one: Captured, alert: Alert, body: Any) -> None:
    """The state is `$STATUS`, the severity that of the tag, and the UUID the only part of the key."""
    found = body.get("check", body)
    assert alert.state is {"down": State.FIRING, "up": State.RESOLVED}[body["status"]]
    assert alert.level == ("high" if "severity:high" in found["tags"].split() else "down")
    assert alert.severity is Severity.HIGH
    assert alert.labels.get("tags", "") == found["tags"]
    assert (found["name"] or found["uuid"]) in alert.title
    assert body.get("body", "").strip() in alert.message
    assert alert.values == ({"exit status": int(body["exit"])} if body.get("exit", "-1") != "-1" else {})
    assert alert.occurred_at == (datetime.fromisoformat(body["now"]) if "now" in body else None)
    assert bool(alert.problems) == one.scenario.endswith("form")


def time(alert: Alert) -> datetime:
    """Return the time of the change; `$JSON` alone has only the time of receipt."""
    now = raw(alert).get("now")
    assert alert.received_at is not None
    return datetime.fromisoformat(now) if now else alert.received_at


def fingerprint(body: Any) -> Hashable:
    """Return the UUID of the check; a form has only its name."""
    found = body.get("check", body)
    return str(found.get("uuid") or found.get("code") or found["name"])


RULES = Rules(
    "healthchecks",
    kind,
    check,
    time,
    elements,
    fingerprint,
    is_recognised=lambda one: not one.scenario.endswith(("form", "hand-made-json")),
    mostly_alerts=False,
)

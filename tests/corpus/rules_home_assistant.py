"""The rules of Home Assistant's captured requests: one folder per channel of one lab."""

import json
from collections.abc import Hashable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from alertmap import Alert, State
from captures import Captured
from corpus.rules import Kind, Rules, raw

OWN_NAMES = ("rest_command_get", "notify_rest_renamed")
"""Channels with names of parameters of the user's own."""
STATES = {
    "alert.leak": {"on": State.FIRING, "off": State.ACKNOWLEDGED, "idle": State.RESOLVED},
    "binary_sensor.leak": {"on": State.FIRING, "off": State.RESOLVED},
}
CHANGES = ("alert-acknowledged", "alert-acknowledged-then-off", "alert-unavailable")


def kind(one: Captured) -> Kind:
    """Requests with names of the user's own are foreign."""
    return Kind.FOREIGN if one.name.startswith(OWN_NAMES) else Kind.ALERTS


def elements(one: Captured) -> list[Any]:
    """Return the parameters of a GET, the fields of a form, or the body."""
    if one.request.method == "GET":
        return [dict(one.request.query)]
    body = one.request.body
    text = body if isinstance(body, str) else body.decode()
    return [dict(parse_qsl(text)) if one.name.startswith("notify_rest_post_form") else json.loads(text)]


def check(_: Captured, alert: Alert, body: Any) -> None:
    """The state is that of the entity; a message without one fires, and cannot be resolved."""
    word = body.get("state")
    assert alert.state is STATES.get(body.get("entity_id"), {}).get(word, State.FIRING)
    assert alert.resolvable == (word is not None)
    assert alert.no_data == (word == "unavailable")
    assert alert.level == body.get("severity", "default")
    assert alert.severity is not None
    assert alert.severity.value == body.get("severity", "medium")
    assert alert.identity.get("entity_id") == body.get("entity_id")
    assert alert.message == body.get("message", "")
    assert alert.title != "Home Assistant"
    at = body.get("last_changed")
    assert alert.occurred_at == (datetime.fromisoformat(at) if at else None)


def time(alert: Alert) -> datetime:
    """Return the time of the change; a message has only the time of receipt."""
    at = raw(alert).get("last_changed")
    assert alert.received_at is not None
    return datetime.fromisoformat(at) if at else alert.received_at


def fingerprint(body: Any) -> Hashable:
    """Return the entity, or title and message: those of the lab hold no number that moves."""
    return body.get("entity_id") or (body.get("title"), body["message"])


RULES = Rules(
    "home_assistant",
    kind,
    check,
    time,
    elements,
    fingerprint,
    options={f"rest_command_json/{name}": {"problem_when": {"binary_sensor.leak": "on"}} for name in CHANGES},
)

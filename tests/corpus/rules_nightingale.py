"""The rules of Nightingale's captured requests: webhooks, callbacks and media."""

import json
from datetime import UTC, datetime
from typing import Any

from alertmap import Alert, Severity, State
from captures import Captured
from corpus.rules import Kind, Rules, raw

SEVERITIES = {1: Severity.CRITICAL, 2: Severity.MEDIUM, 3: Severity.LOW}


def kind(one: Captured) -> Kind:
    """Chat messages and a body of one's own are foreign; the test buttons change no alert."""
    if "channel-chat" in one.name or "own-template" in one.name:
        return Kind.FOREIGN
    return Kind.NO_ALERT if "test-buttons" in one.name else Kind.ALERTS


def elements(one: Captured) -> list[Any]:
    """Return the event, or the events of a list."""
    document = json.loads(one.request.body)
    return document if isinstance(document, list) else [document]


def moment(seconds: int) -> datetime:
    """Return a time of Nightingale's."""
    return datetime.fromtimestamp(seconds, UTC)


def check(_: Captured, alert: Alert, element: Any) -> None:
    """State, key, severity, times and the exact value are the event's."""
    assert not alert.problems
    assert alert.state is (State.RESOLVED if element["is_recovered"] else State.FIRING)
    assert alert.severity is SEVERITIES[element["severity"]]
    assert alert.identity == {"hash": element["hash"]}
    assert alert.title == f"{element['target_ident']}: {element['rule_name']}"
    assert alert.resource == element["target_ident"]
    assert alert.labels.items() >= dict(tag.split("=", 1) for tag in element["tags"]).items()
    assert alert.values == {"value": element["trigger_values_json"]["values_with_unit"]["v"]["stat"]}
    assert alert.started_at == moment(element["first_trigger_time"])
    assert alert.occurred_at == time(alert)
    assert alert.resolvable is (element["notify_recovered"] == 1)


def time(alert: Alert) -> datetime:
    """Return the time of the notification, on a recovery that of the last evaluation."""
    element = raw(alert)
    return moment(element["last_eval_time" if element["is_recovered"] else "trigger_time"])


def fingerprint(element: Any) -> Any:
    """Return Nightingale's own hash."""
    return element["hash"]


RULES = Rules(
    "nightingale", kind, check, time, elements, fingerprint, is_recognised=lambda one: kind(one) is not Kind.FOREIGN
)

"""The rules of Grafana's captured requests: the unified webhook, and legacy dashboard alerting."""

import json
from collections.abc import Hashable
from datetime import UTC, datetime
from typing import Any

from alertmap import Alert, State
from captures import Captured
from corpus.rules import Kind, Rules, name, raw

OTHER_SYSTEMS = (
    "discord",
    "googlechat",
    "jira",
    "kafka",
    "opsgenie",
    "pagerduty",
    "slack",
    "teams",
    "victorops",
    "webex",
    "payload-text",
    "payload-vars",
    "custom-payload",
)
"""Contact points for other systems, and payloads of one's own."""
PUSHES = ("alertmanager", "v0mimir1")
"""Contact points and payloads in Alertmanager's form."""


def is_legacy(one: Captured) -> bool:
    """Return whether the request comes from legacy dashboard alerting."""
    return name(one).startswith("legacy")


def is_push(one: Captured) -> bool:
    """Return whether the request is in Alertmanager's form."""
    return any(word in one.name for word in PUSHES)


def kind(one: Captured) -> Kind:
    """Contact points for other systems are foreign; test buttons are no alert."""
    if is_push(one) or any(word in one.name for word in OTHER_SYSTEMS):
        return Kind.FOREIGN
    is_test = "test-button" in one.name or one.scenario.endswith("_test")
    return Kind.NO_ALERT if is_test else Kind.ALERTS


def elements(one: Captured) -> list[Any]:
    """Return the alerts of a unified body; a legacy body is one element."""
    body = json.loads(one.request.body)
    return [body] if "alerts" not in body else list(body["alerts"])


def check(one: Captured, alert: Alert, element: Any) -> None:
    """Each element has its own status, times, labels, values and severity label."""
    if is_legacy(one):
        assert (alert.state is State.RESOLVED) == (element["state"] == "ok")
        assert alert.no_data == (element["state"] == "no_data")
        assert alert.occurred_at is None
        return
    over = element["status"] == "resolved"
    starts, ends = _moment(element["startsAt"]), element["endsAt"]
    assert alert.state is (State.RESOLVED if over else State.FIRING)
    assert alert.occurred_at == (_moment(ends) if over else starts)
    assert alert.values == (element["values"] or {})
    assert alert.level == element["labels"].get("severity")
    assert {key: text for key, text in element["labels"].items() if text}.items() <= alert.labels.items()
    assert alert.expires_at is None
    if over and ends == element["startsAt"]:
        assert (alert.started_at, alert.episode) == (None, None)
    else:
        assert (alert.started_at, alert.episode) == (starts, element["startsAt"])
    assert "" not in alert.links.values()
    assert alert.links["silence"] == element["silenceURL"]


def time(alert: Alert) -> datetime:
    """Return the start of a firing alert and the end of a resolved one; a legacy alert has only the time of receipt."""
    text = raw(alert).get("endsAt" if alert.state is State.RESOLVED else "startsAt")
    assert alert.received_at is not None
    return _moment(text) if text else alert.received_at


def fingerprint(element: Any) -> Hashable:
    """Return Grafana's own fingerprint; of a legacy body, organisation and rule."""
    return element["fingerprint"] if "fingerprint" in element else (element["orgId"], element["ruleId"])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


RULES = Rules("grafana", kind, check, time, elements, fingerprint)

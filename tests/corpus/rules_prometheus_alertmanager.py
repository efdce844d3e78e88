"""The rules of the captured requests of Alertmanager, Prometheus, vmalert and Loki."""

import json
from collections.abc import Hashable
from datetime import UTC, datetime
from typing import Any

from alertmap import Alert, State
from captures import Captured
from corpus.rules import Kind, Rules, raw

OTHERS = ("payload-", "event-recorder", "pagerduty", "opsgenie", "victorops")
"""Receivers for other systems, payloads of one's own, and the event recorder."""


def kind(one: Captured) -> Kind:
    """Of the vendor receivers only incident.io's is the webhook; a GET is a probe."""
    folder, _, name = one.name.rpartition("/")
    if one.request.method == "GET":
        return Kind.NO_ALERT
    is_receiver = folder == "alertmanager_receivers" and "incidentio" not in name
    return Kind.FOREIGN if is_receiver or any(word in name for word in OTHERS) else Kind.ALERTS


def elements(one: Captured) -> list[Any]:
    """Return the alerts of a webhook or a push."""
    document = json.loads(one.request.body)
    return document if isinstance(document, list) else list(document["alerts"])


def check(one: Captured, alert: Alert, element: Any) -> None:
    """Each element has its own status, times, labels and severity label."""
    labels = {name: value for name, value in element["labels"].items() if value}
    starts, ends = _moment(element["startsAt"]), element["endsAt"]
    over = element.get("status") == "resolved" or (
        "status" not in element and one.received_at is not None and _moment(ends) <= one.received_at
    )
    assert raw(alert)["labels"] == element["labels"]
    assert alert.state is (State.RESOLVED if over else State.FIRING)
    assert alert.occurred_at == (_moment(ends) if over else starts)
    assert alert.started_at == starts
    assert alert.episode == element["startsAt"]
    if all(len(value) <= 1000 and value.isprintable() for value in labels.values()):
        assert alert.identity == {f"label.{name}": value for name, value in labels.items()}
    assert alert.level == labels.get("severity")
    assert alert.expires_at == (None if over or "status" in element else _moment(ends))
    assert alert.title.strip()


def time(alert: Alert) -> datetime:
    """Return the start of a firing alert and the end of a resolved one."""
    return _moment(raw(alert)["endsAt" if alert.state is State.RESOLVED else "startsAt"])


def fingerprint(element: Any) -> Hashable:
    """Return Alertmanager's own fingerprint; a push and old versions have none."""
    found: str | None = element.get("fingerprint")
    return found


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


RULES = Rules("prometheus_alertmanager", kind, check, time, elements, fingerprint)

"""The rules of Falcosidekick's captured requests: its plain event, and what it writes for other systems."""

import json
from collections.abc import Hashable
from datetime import UTC, datetime
from typing import Any

from alertmap import Alert, Severity, State
from captures import Captured
from corpus.rules import Kind, Rules, raw

PLAIN = ("falco-webhook", "falco-webhook-put", "falco-n8n", "falco-cloudevents", "falco-elasticsearch")
"""The outputs that post the event as it stands."""

SEVERITIES = {
    "Critical": Severity.CRITICAL,
    "Warning": Severity.MEDIUM,
    "Notice": Severity.LOW,
    "Debug": Severity.INFO,
}

SUBJECTS = ("container.id", "proc.name", "ka.target.namespace", "ka.target.name")


def kind(one: Captured) -> Kind:
    """The output decides; the fifth event is Falcosidekick's own test."""
    if one.facts["scenario"] not in PLAIN:
        return Kind.FOREIGN
    return Kind.NO_ALERT if one.number == 5 else Kind.ALERTS


def check(_: Captured, alert: Alert, event: Any) -> None:
    """Every event fires, with its own priority, time and fields, and nothing ever ends it."""
    assert (alert.state, alert.resolvable) == (State.FIRING, False)
    assert alert.severity is SEVERITIES[event["priority"]]
    assert (alert.title, alert.message) == (event["rule"], event["output"])
    nanoseconds = event["output_fields"].get("evt.time")
    if nanoseconds is not None:
        assert alert.labels["evt.time"] == str(nanoseconds), "it is larger than a float can hold"
    assert alert.labels["source"] == event["source"]
    assert None not in alert.labels.values()
    assert alert.occurred_at == time(alert)
    assert event.get("uuid") not in alert.identity.values()


def time(alert: Alert) -> datetime:
    """Return the time of the event."""
    return datetime.fromisoformat(raw(alert)["time"]).astimezone(UTC)


def fingerprint(event: Any) -> Hashable:
    """Return the rule, and the fields that name what broke it."""
    return event["rule"], *(event["output_fields"].get(name) for name in SUBJECTS)


RULES = Rules(
    "falco",
    kind,
    check,
    time,
    lambda one: [json.loads(one.request.body)],
    fingerprint,
    folder="falco_crowdsec",
    mostly_alerts=False,
)

"""BigPanda, its Alerts API.

Set up: under Integrations create one of type Alerts REST API, and give its app key and the organisation's token.

Critical and high are both critical there, and there is nothing below a warning: the severity stands in a field of its
own, too.

Fields: https://docs.bigpanda.io/reference/alerts
"""

from datetime import datetime
from typing import Any

from attrs import field

from alertmap import wire
from alertmap.escaping import label_name, plain, short_key
from alertmap.target import Message, Outgoing, Severity, Skipped, State, Target, json_request

STATUSES = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "warning",
    Severity.LOW: "warning",
    Severity.INFO: "warning",
}


@wire.model(closed=True)
class Config:
    app_key: wire.NonBlank = field(repr=False)
    token: wire.NonBlank = field(repr=False)
    url: wire.NonBlank = "https://api.bigpanda.io/data/v2/alerts"


def write(message: Message, config: Config, _now: datetime) -> Outgoing | Skipped:
    if message.state is State.SUPPRESSED:
        return Skipped("BigPanda has no status for an alert that is muted")
    status = {State.RESOLVED: "ok", State.ACKNOWLEDGED: "acknowledged"}.get(message.state)
    event: dict[str, Any] = {
        **{f"label_{label_name(name)}": text for name, text in message.labels.items()},
        "app_key": config.app_key,
        "status": status or STATUSES[message.severity or Severity.MEDIUM],
        "host": plain(message.resource, 255, lines=False) or message.source,
        # Host and check are the alert's identity there.
        "check": short_key(message.key, 255),
        "incident_identifier": short_key(message.key, 255),
        "title": plain(message.title, 1_024, lines=False),
        "description": plain(message.message or message.title, 2_048),
        "alertmap_severity": message.severity or "",
        "primary_property": "check",
        "secondary_property": "host",
    }
    if message.time:
        event["timestamp"] = int(message.time.timestamp())
    if message.link:
        event["link"] = message.link
    return json_request(config.url, event, {"Authorization": f"Bearer {config.token}"})


target = Target(
    name="bigpanda",
    title="BigPanda",
    config=Config,
    write=write,
    keeps={
        "state": "all but a mute",
        "severity": "as a field",
        "key": "yes",
        "title": "yes",
        "message": "2,048 characters",
        "times": "of the statement",
        "links": "the first",
        "labels": "as fields",
    },
    key_at="$.incident_identifier",
    longest_key=255,
    example={"app_key": "0123456789abcdef", "token": "BPU0123456789abcdef"},
)

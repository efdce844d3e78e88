"""Splunk On-Call (VictorOps), its REST endpoint.

Set up: under Integrations enable REST, and give the URL that it names, with your routing key at its end.

An INFO is only listed there, and opens no incident. High is critical, low a warning: the severity stands in a field of
its own, too.

Fields: https://help.splunk.com/en/splunk-observability-cloud/splunk-on-call/rest-endpoint-integration-guide
"""

from datetime import datetime
from typing import Any

from attrs import field

from alertmap import wire
from alertmap.escaping import plain, short_key
from alertmap.target import Message, Outgoing, Severity, Skipped, State, Target, json_request

TYPES = {
    Severity.CRITICAL: "CRITICAL",
    Severity.HIGH: "CRITICAL",
    Severity.MEDIUM: "WARNING",
    Severity.LOW: "WARNING",
    Severity.INFO: "INFO",
}


@wire.model(closed=True)
class Config:
    url: wire.NonBlank = field(repr=False)


def write(message: Message, config: Config, _now: datetime) -> Outgoing | Skipped:
    if message.state is State.SUPPRESSED:
        return Skipped("Splunk On-Call has no state for an alert that is muted")
    kinds = {State.ACKNOWLEDGED: "ACKNOWLEDGEMENT", State.RESOLVED: "RECOVERY"}
    facts = message.facts()
    # Its own names win; a nested object would become text.
    details = {**message.labels, **{name: value for name, value in facts.items() if isinstance(value, str)}}
    details.pop("message", None)
    event: dict[str, Any] = {
        **details,
        "message_type": kinds.get(message.state) or TYPES[message.severity or Severity.MEDIUM],
        "entity_id": short_key(message.key, 512),
        "entity_display_name": plain(message.title, 1_024, lines=False),
        "state_message": plain(message.message or message.title, 20_480),
        "monitoring_tool": message.vendor,
    }
    if message.started_at:
        event["state_start_time"] = int(message.started_at.timestamp())
    return json_request(config.url, event)


target = Target(
    name="splunk_on_call",
    title="Splunk On-Call",
    config=Config,
    write=write,
    keeps={
        "state": "all but a mute",
        "severity": "as a field",
        "key": "yes",
        "title": "yes",
        "message": "yes",
        "times": "start",
        "labels": "as fields",
    },
    key_at="$.entity_id",
    longest_key=512,
    example={"url": "https://alert.victorops.example/integrations/generic/20131114/alert/0123456789abcdef/ops"},
    reads_back="splunk",
)

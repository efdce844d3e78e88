"""PagerDuty, Events API v2.

Set up: in PagerDuty add an integration "Events API v2" to a service, and give its integration key as `routing_key`.

Low and medium are both a warning there, so the severity stands in `custom_details` as well. A mute is not sent:
PagerDuty has no state for it.

Fields and limits: https://developer.pagerduty.com/docs/send-alert-event
"""

from datetime import datetime
from typing import Any

from attrs import field

from alertmap import wire
from alertmap.escaping import plain, short_key
from alertmap.target import Message, Outgoing, Severity, Skipped, State, Target, fitted, json_request, time_text

ACTIONS = {State.FIRING: "trigger", State.ACKNOWLEDGED: "acknowledge", State.RESOLVED: "resolve"}

SEVERITIES = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "warning",
    Severity.INFO: "info",
}

MOST = 512 * 1024  # bytes of a request
LONGEST_KEY = 255
LONGEST_SUMMARY = 1_024


@wire.model(closed=True)
class Config:
    routing_key: wire.NonBlank = field(repr=False)
    url: wire.NonBlank = "https://events.pagerduty.com/v2/enqueue"


def write(message: Message, config: Config, _now: datetime) -> Outgoing | Skipped:
    action = ACTIONS.get(message.state)
    if action is None:
        return Skipped("PagerDuty has no state for an alert that is muted")
    event: dict[str, Any] = {
        "routing_key": config.routing_key,
        "event_action": action,
        "dedup_key": short_key(message.key, LONGEST_KEY),
    }
    if message.state is State.FIRING:
        details = {**message.labels, **message.facts()}
        details.pop("labels", None)
        event |= {
            "payload": payload(message, details),
            "links": [{"href": url, "text": plain(name, 255, lines=False)} for name, url in message.links.items()],
            "client": message.vendor,
            "client_url": message.link,
        }
        if not message.link:
            del event["client_url"]
        fitted(event, MOST, [(details, name) for name in ("problems", "values", "links", *message.labels)])
    return json_request(config.url, event, limit=MOST)


def payload(message: Message, details: dict[str, Any]) -> dict[str, Any]:
    found = {
        "summary": plain(message.title, LONGEST_SUMMARY, lines=False),
        "source": plain(message.resource, 255, lines=False) or message.source,
        "severity": SEVERITIES.get(message.severity or Severity.MEDIUM),
        "timestamp": time_text(message.time) if message.time else "",
        "component": message.labels.get("component") or message.labels.get("service", ""),
        "group": message.labels.get("group") or message.labels.get("cluster", ""),
        "class": message.labels.get("class") or message.labels.get("alertname", ""),
        "custom_details": details,
    }
    return {name: value for name, value in found.items() if value}


target = Target(
    name="pagerduty",
    title="PagerDuty",
    config=Config,
    write=write,
    keeps={
        "state": "all but a mute",
        "severity": "yes",
        "key": "yes",
        "title": "yes",
        "message": "as a detail",
        "times": "of the statement",
        "links": "yes",
        "labels": "yes",
        "values": "as details",
    },
    key_at="$.dedup_key",
    longest_key=LONGEST_KEY,
    most_bytes=MOST,
    example={"routing_key": "R0123456789ABCDEF0123456789ABCDE"},
    reads_back="pagerduty",
)

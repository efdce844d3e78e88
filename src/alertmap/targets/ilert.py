"""ilert, its event API.

Set up: in ilert create an alert source "API", and give its integration key.

ilert ignores case in keys: a key with capitals gets a hash, so that two keys never become one. Its priority is only
high or low; the severity from 1 to 5 stands beside it.

Fields: https://api.ilert.com/api-docs/#tag/events
"""

from datetime import datetime
from typing import Any

from attrs import field

from alertmap import wire
from alertmap.escaping import folded_key, markdown, plain
from alertmap.target import Message, Outgoing, Skipped, State, Target, json_request

TYPES = {State.FIRING: "ALERT", State.ACKNOWLEDGED: "ACCEPT", State.RESOLVED: "RESOLVE"}


@wire.model(closed=True)
class Config:
    integration_key: wire.NonBlank = field(repr=False)
    url: wire.NonBlank = "https://api.ilert.com/api/events"


def write(message: Message, config: Config, _now: datetime) -> Outgoing | Skipped:
    kind = TYPES.get(message.state)
    if kind is None:
        return Skipped("ilert has no event for an alert that is muted")
    event: dict[str, Any] = {
        "integrationKey": config.integration_key,
        "eventType": kind,
        "summary": plain(message.title, 255, lines=False),
        "alertKey": folded_key(message.key, 255),
    }
    if message.state is State.FIRING:
        event |= {
            "details": markdown(message.message, 5_000),
            "priority": "HIGH" if message.rank <= 2 else "LOW",  # noqa: PLR2004 - critical and high
            "severity": message.rank,
            "labels": dict(message.labels),
            "links": [{"href": url, "text": plain(name, 255, lines=False)} for name, url in message.links.items()],
            "customDetails": message.facts(),
        }
    return json_request(config.url, event)


target = Target(
    name="ilert",
    title="ilert",
    config=Config,
    write=write,
    keeps={
        "state": "all but a mute",
        "severity": "yes",
        "key": "yes",
        "title": "255 characters",
        "message": "5,000 characters",
        "times": "as details",
        "links": "yes",
        "labels": "yes",
        "values": "as details",
    },
    key_at="$.alertKey",
    longest_key=255,
    ignores_case=True,
    example={"integration_key": "il1api0123456789abcdef"},
    reads_back="ilert",
)

"""incident.io, an HTTP alert source.

Set up: under Alerts, Sources create one of type HTTP, and give its URL and its token.

There is no acknowledgement: the alert goes on.

Fields: https://api-docs.incident.io/tag/Alert-Events-V2
"""

from datetime import datetime
from typing import Any

from attrs import field

from alertmap import wire
from alertmap.escaping import markdown, plain, short_key
from alertmap.target import Message, Outgoing, Skipped, State, Target, json_request


@wire.model(closed=True)
class Config:
    url: wire.NonBlank
    token: wire.NonBlank = field(repr=False)


def write(message: Message, config: Config, _now: datetime) -> Outgoing | Skipped:
    event: dict[str, Any] = {
        "title": plain(message.title, 500, lines=False),
        "description": markdown(message.message, 10_000),
        "deduplication_key": short_key(message.key, 255),
        "status": "resolved" if message.state is State.RESOLVED else "firing",
        "metadata": {**message.facts(), "state": message.state},
    }
    if message.link:
        event["source_url"] = message.link
    return json_request(config.url, event, {"Authorization": f"Bearer {config.token}"})


target = Target(
    name="incident_io",
    title="incident.io",
    config=Config,
    write=write,
    keeps={
        "state": "firing and over; all as metadata",
        "severity": "as metadata",
        "key": "yes",
        "title": "500 characters",
        "message": "10,000 characters",
        "times": "as metadata",
        "links": "the first; all as metadata",
        "labels": "as metadata",
        "values": "as metadata",
    },
    key_at="$.deduplication_key",
    longest_key=255,
    example={
        "url": "https://api.incident.io/v2/alert_events/http/01HZX0EXAMPLE",
        "token": "0123456789abcdef0123456789abcdef",
    },
)

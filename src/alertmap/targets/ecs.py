"""Elastic Common Schema: a document of `event.kind: alert`.

Set up: `url` is that of an index or data stream, such as `https://elastic:9200/alerts/_doc`. `event.severity` is 1 for
critical to 5 for info.

Fields: https://www.elastic.co/docs/reference/ecs
"""

from datetime import datetime
from typing import Any

from alertmap.escaping import digest
from alertmap.target import Endpoint, Message, Outgoing, Skipped, State, Target, json_request, time_text


def write(message: Message, config: Endpoint, now: datetime) -> Outgoing | Skipped:
    event: dict[str, Any] = {
        "kind": "alert",
        "action": message.state,
        "severity": message.severity and message.rank,
        "hash": digest(message.key),
        "provider": message.source,
        "module": message.vendor,
        "start": text_of(message.started_at),
        "end": text_of(message.occurred_at) if message.state is State.RESOLVED else None,
        "created": text_of(message.received_at),
        "url": message.link,
    }
    own: dict[str, Any] = {
        "state": message.state,
        "severity": message.severity,
        "key": message.key,
        "dedup_key": message.dedup_key,
        "level": message.level,
        "title": message.title,
        "resource": message.resource,
        "incident": message.incident,
        "values": dict(message.values),
        "links": dict(message.links),
    }
    document = {
        "@timestamp": time_text(message.time or now),
        "ecs": {"version": "9.2.0"},
        "event": {name: value for name, value in event.items() if value},
        "message": "\n".join(filter(None, (message.title, message.message))),
        # ECS wants names without dots.
        "labels": {name.replace(".", "_"): text for name, text in message.labels.items()},
        "alertmap": {name: value for name, value in own.items() if value},
    }
    return json_request(config.url, document, config.all_headers())


def text_of(time: datetime | None) -> str | None:
    return None if time is None else time_text(time)


target = Target(
    name="ecs",
    title="Elastic Common Schema",
    config=Endpoint,
    write=write,
    keeps=("state", "severity", "key", "title", "message", "times", "links", "labels", "values"),
    key_at="$.alertmap.key",
    example={"url": "https://elastic.example:9200/alerts/_doc", "token": "0123456789abcdef"},
)

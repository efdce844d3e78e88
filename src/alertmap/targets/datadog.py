"""Datadog, its Events API v2, category `alert`.

Set up: create an API key, and give it as `api_key`; `site` is that of your account, such as `datadoghq.eu`.

An `@` in a text would notify somebody, so mentions are taken apart. Key and texts of a sender are cut to the limits. An
acknowledgement is not sent: there is no status for it.

Fields and limits: https://docs.datadoghq.com/api/latest/events/#post-an-event
"""

from datetime import datetime
from typing import Any

from attrs import field

from alertmap import wire
from alertmap.escaping import inert, markdown, plain, short_key
from alertmap.target import Message, Outgoing, Skipped, State, Target, json_request, time_text

LONGEST_KEY = 100
MOST_TAGS = 100
LONGEST_TAG = 200


@wire.model(closed=True)
class Config:
    api_key: wire.NonBlank = field(repr=False)
    site: wire.NonBlank = "datadoghq.com"


def write(message: Message, config: Config, _now: datetime) -> Outgoing | Skipped:
    if message.state in (State.ACKNOWLEDGED, State.SUPPRESSED):
        return Skipped("Datadog has no status for an acknowledgement or a mute")
    alert: dict[str, Any] = {
        "status": "ok" if message.state is State.RESOLVED else "error" if message.rank <= 2 else "warn",  # noqa: PLR2004 - critical and high
        "priority": str(message.rank),
        "custom": message.facts(),
        "links": [
            {"category": "resource", "title": plain(name, 200, lines=False), "url": url}
            for name, url in list(message.links.items())[:20]
        ],
    }
    attributes: dict[str, Any] = {
        "category": "alert",
        "title": inert(message.title, 400, lines=False),
        "message": markdown(message.message or message.title, 4_000),
        "aggregation_key": short_key(message.key, LONGEST_KEY),
        "tags": tags(message),
        "attributes": alert,
    }
    if message.resource:
        attributes["host"] = plain(message.resource, 255, lines=False)
    if message.time:
        attributes["timestamp"] = time_text(message.time, timespec="milliseconds")
    document = {"data": {"type": "event", "attributes": attributes}}
    url = f"https://event-management-intake.{config.site}/api/v2/events"
    return json_request(url, document, {"DD-API-KEY": config.api_key})


def tags(message: Message) -> list[str]:
    pairs = {**message.labels, "source": message.source, "vendor": message.vendor}
    return [plain(f"{name}:{text}", LONGEST_TAG, lines=False) for name, text in pairs.items()][-MOST_TAGS:]


target = Target(
    name="datadog",
    title="Datadog",
    config=Config,
    write=write,
    keeps={
        "state": "firing and over",
        "severity": "yes",
        "key": "100 characters",
        "title": "400 characters",
        "message": "4,000 characters",
        "times": "of the statement",
        "links": "twenty",
        "labels": "as tags",
        "values": "as attributes",
    },
    key_at="$.data.attributes.aggregation_key",
    longest_key=LONGEST_KEY,
    example={"api_key": "0123456789abcdef0123456789abcdef"},
)

"""Discord, a webhook of a channel.

Set up: in the channel's settings under Integrations add a webhook, and give its URL.

Nobody is mentioned (`allowed_mentions`), and mark-up and URLs of a sender are escaped. The only links are those of the
alert.

Fields and limits: https://discord.com/developers/docs/resources/message#embed-object-embed-limits
"""

from datetime import datetime
from typing import Any

from attrs import field

from alertmap import wire
from alertmap.escaping import markdown
from alertmap.target import Message, Outgoing, Skipped, Target, json_request, time_text

MOST_FIELDS = 12  # of 25: all texts of an embed together have 6,000 characters


@wire.model(closed=True)
class Config:
    url: wire.NonBlank = field(repr=False)


def write(message: Message, config: Config, _now: datetime) -> Outgoing | Skipped:
    embed: dict[str, Any] = {
        "title": markdown(message.title, 256),
        "description": markdown(message.message, 2_000),
        "color": message.colour,
        "fields": [*facts(message), *links(message)][:MOST_FIELDS],
        "footer": {"text": markdown(message.source, 100)},
    }
    if message.time:
        embed["timestamp"] = time_text(message.time, timespec="milliseconds")
    return json_request(config.url, {"embeds": [embed], "allowed_mentions": {"parse": []}})


def facts(message: Message) -> list[dict[str, Any]]:
    pairs = {"State": message.state, "Severity": message.severity or "", "Resource": message.resource, **message.labels}
    return [
        {"name": markdown(name, 200) or "-", "value": markdown(text, 200), "inline": True}
        for name, text in pairs.items()
        if text.strip()
    ]


def links(message: Message) -> list[dict[str, Any]]:
    return [
        {"name": markdown(name, 200) or "Link", "value": f"<{url}>", "inline": False}
        for name, url in list(message.links.items())[:3]
        if len(url) <= 1_000  # noqa: PLR2004 - a value has 1,024 characters
    ]


target = Target(
    name="discord",
    title="Discord",
    config=Config,
    write=write,
    keeps={
        "state": "as text",
        "severity": "as text",
        "title": "256 characters",
        "message": "2,000 characters",
        "times": "of the statement",
        "links": "three",
        "labels": "as text",
    },
    example={"url": "https://discord.example/api/webhooks/0/0123456789abcdef"},
)

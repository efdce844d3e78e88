"""Microsoft Teams, a workflow "Post to a channel when a webhook request is received".

Set up: add that workflow to the channel, and give the URL that it prints.

Texts stand in rich text blocks of an adaptive card, where Teams reads no mark-up. Mentions need an entity of the card,
which no text can make. The only links are buttons with the links of the alert.

Cards: https://adaptivecards.microsoft.com/?topic=RichTextBlock, 28 KB for a message
"""

from datetime import datetime
from typing import Any

from attrs import field

from alertmap import wire
from alertmap.escaping import inert, plain
from alertmap.target import Message, Outgoing, Severity, Skipped, State, Target, json_request

COLOURS = {
    Severity.CRITICAL: "attention",
    Severity.HIGH: "attention",
    Severity.MEDIUM: "warning",
    Severity.LOW: "accent",
    Severity.INFO: "default",
}

MOST = 28 * 1024  # bytes of a message


@wire.model(closed=True)
class Config:
    url: wire.NonBlank = field(repr=False)


def write(message: Message, config: Config, _now: datetime) -> Outgoing | Skipped:
    colour = "good" if message.state is State.RESOLVED else COLOURS[message.severity or Severity.MEDIUM]
    heading = " · ".join(filter(None, (message.severity, message.state, message.resource, message.source)))
    pairs = "\n".join(f"{name}: {text}" for name, text in message.labels.items())
    blocks = [
        block(inert(message.title, 300, lines=False), weight="bolder", size="medium", color=colour),
        block(inert(heading, 600, lines=False)),
        block(inert(message.message, 2_000)),
        block(inert(pairs, 2_000), isSubtle=True),
    ]
    card = {
        "$schema": "https://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [found for found in blocks if found["inlines"][0]["text"]],
        "actions": [
            {"type": "Action.OpenUrl", "title": plain(name, 60, lines=False) or "Open", "url": url}
            for name, url in list(message.links.items())[:4]
        ],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return json_request(config.url, {"type": "message", "attachments": [attachment]}, limit=MOST)


def block(text: str, **style: Any) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}


target = Target(
    name="teams",
    title="Microsoft Teams",
    config=Config,
    write=write,
    keeps={
        "state": "as text",
        "severity": "as text",
        "title": "300 characters",
        "message": "2,000 characters",
        "links": "four",
        "labels": "as text",
    },
    most_bytes=MOST,
    example={"url": "https://workflows.example/invoke?sig=0123456789abcdef"},
)

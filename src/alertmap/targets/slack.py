"""Slack, an incoming webhook.

Set up: in your Slack app activate Incoming Webhooks, add one to a channel, and give its URL.

Texts stand in rich text blocks, where Slack reads no mark-up, so a sender's text mentions nobody and links nowhere. The
only links are those of the alert.

Blocks and limits: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from datetime import datetime
from typing import Any

from attrs import field

from alertmap import wire
from alertmap.escaping import inert, plain
from alertmap.target import Message, Outgoing, Skipped, Target, json_request

ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@wire.model(closed=True)
class Config:
    url: wire.NonBlank = field(repr=False)


def write(message: Message, config: Config, _now: datetime) -> Outgoing | Skipped:
    title = plain(message.title, 300, lines=False)
    heading = f"{(message.severity or message.state).upper()} · {message.state}"
    # Slack uses this one in notifications, and reads mark-up in it.
    summary = inert(f"{heading}: {title}", 1_000, lines=False).translate(ENTITIES)
    blocks = [section([span(title, bold=True), span(f"\n{heading}{about(message)}")])]
    if message.message:
        blocks.append(section([span(plain(message.message, 2_500))]))
    if message.labels:
        pairs = ", ".join(f"{name}={text}" for name, text in message.labels.items())
        blocks.append(section([span(plain(pairs, 1_500, lines=False))]))
    if message.links:
        blocks.append(section(links(message)))
    document = {
        "text": summary,
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "attachments": [{"color": f"#{message.colour:06x}", "blocks": [{"type": "rich_text", "elements": blocks}]}],
    }
    return json_request(config.url, document)


def about(message: Message) -> str:
    parts = [plain(part, 200, lines=False) for part in (message.resource, message.source) if part]
    return "".join(f" · {part}" for part in parts)


def section(elements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": elements}


def span(text: str, *, bold: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "text", "text": text}
    return {**found, "style": {"bold": True}} if bold else found


def links(message: Message) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name, url in list(message.links.items())[:8]:
        gap = [span("  ")] if found else []
        found += [*gap, {"type": "link", "url": url, "text": plain(name, 80, lines=False) or "link"}]
    return found


target = Target(
    name="slack",
    title="Slack",
    config=Config,
    write=write,
    keeps={
        "state": "as text",
        "severity": "as text",
        "title": "300 characters",
        "message": "2,500 characters",
        "links": "yes",
        "labels": "as text",
    },
    example={"url": "https://hooks.slack.example/services/T0/B0/0123456789abcdef"},
    checked_by="the SDK of Slack",
)

"""Chat messages and probes, which the same URL receives beside alerts."""

from collections.abc import Iterator

from attrs import Factory

from alertmap import wire
from alertmap.adapter import Notice, Problem, ProblemCode, Reason, Shape


@wire.model(closed=True)
class ChatMessage:
    """Message that a contact's "Slack Webhook" receives beside the callback of the same alert: only Slack's keys."""

    text: str = ""
    blocks: list[wire.Json] = Factory(list)
    attachments: list[wire.Json] = Factory(list)
    channel: str = ""
    username: str = ""
    icon_emoji: str = ""
    icon_url: str = ""
    mrkdwn: bool = True


@wire.model(closed=True)
class Probe:
    token: wire.Discarded


def read_chat(message: ChatMessage) -> Iterator[Problem | Notice]:
    if message.text or message.blocks or message.attachments:
        yield Problem(ProblemCode.MISSING, "$", "a chat message holds no alert: enter the URL as Alert Callback")
        yield Notice(reason=Reason.NO_ALERT)
    else:
        yield Problem(ProblemCode.BAD_ELEMENT, "$", "it holds neither an alert nor a chat message")


SHAPES = [Shape(ChatMessage, read_chat, rank=None), Shape(Probe, Notice(reason=Reason.PROBE), rank=None)]

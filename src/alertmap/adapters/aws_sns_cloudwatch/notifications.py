"""Notifications of SNS whose message is read with its subject: texts, and JSON that has no table here.

All other notifications are left to the core, which takes the envelope off.
"""

import re
from typing import Annotated, Any, Literal

from attrs import Factory, evolve

from alertmap import wire
from alertmap.adapter import Notice, Problem, ProblemCode, Rank, Reading, Request, Shape, State, Times
from alertmap.adapters.aws_sns_cloudwatch import alarms, events, findings, health, messages

INNER = (*alarms.SHAPES, *health.SHAPES, *findings.SHAPES, *events.SHAPES, *messages.SHAPES)

BUDGET = "Budget Name:"
ACCOUNT = re.compile(r"^AWS Account:? (\S{1,32})", re.MULTILINE)
PREFIX = re.compile(r"(?:ALARM|OK|INSUFFICIENT_DATA): ")


def inner_json(text: Any) -> Any:
    """Return the JSON in a text, also where it was quoted once more; other values as they stand."""
    inner = wire.json_or_text(text) if type(text) is str else text
    return wire.json_or_text(inner) if type(inner) is str else inner


def is_read_inside(message: Any) -> bool:
    """Return whether a message is read without its envelope."""
    inner = inner_json(message)
    return any(wire.fits(shape.model, inner) for shape in INNER)


def own_message(node: wire.Node) -> str:
    if type(node.value) is not str or is_read_inside(node.value):
        raise wire.mismatch("text that no other shape reads", node)
    return node.value


OwnMessage = Annotated[
    str, wire.Encoding("text that no other shape reads", own_message, ("AWS Budget Notification", "", "x"))
]


@wire.model
class Attribute:
    Value: wire.Text = ""


@wire.model
class Notification:
    Type: Literal["Notification"]
    TopicArn: wire.AnyText
    Message: OwnMessage
    MessageId: wire.AnyText = ""
    Subject: wire.Text = ""
    Timestamp: wire.Rfc3339 = None
    MessageAttributes: dict[str, Attribute] = Factory(dict)


def read(event: Notification) -> list[Reading | Notice]:
    attributes = {name: one.Value for name, one in event.MessageAttributes.items()}
    if BUDGET in event.Message:
        reading = evolve(budget(event.Message), occurred_at=event.Timestamp, times=Times.STATED)
        reading = evolve(reading, title=event.Subject or reading.title)
    elif "AWS Backup" in event.Subject and attributes.get("EventType"):
        reading = backup(event, attributes)
    else:
        reading = other(event, attributes)
    return [reading, Notice(delivery_id=event.MessageId)]


def budget(text: str) -> Reading:
    facts: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        facts.setdefault(name.strip(), value.strip())
    account = ACCOUNT.search(text)
    name, kind = facts.get("Budget Name", ""), facts.get("Alert Type", "")
    threshold = facts.get("Alert Threshold", "")
    parts = {"account": account[1] if account else "", "budget": name}
    return Reading(
        state=State.FIRING,
        level=kind,
        # Each type and threshold is an alert of its own at AWS.
        identity=[parts | {"alert": kind, "threshold": threshold}, parts],
        title=f"Budget {name}: {kind} {threshold}",
        message=text,
        resource=name,
        labels={"account": parts["account"], "type": facts.get("Budget Type", "")},
        values={"amount": facts.get(f"{kind} Amount", ""), "budgeted": facts.get("Budgeted Amount", "")},
        times=Times.NONE,
        resolvable=False,
    )


def backup(event: Notification, attributes: dict[str, str]) -> Reading:
    kind, state = attributes["EventType"], attributes.get("State", "")
    return Reading(
        state=State.FIRING,
        level=state,
        identity=[
            {"account": attributes.get("AccountId", ""), "event": kind, "id": attributes.get("Id", "")},
            {"topic": event.TopicArn, "event": kind},
        ],
        title=f"{kind} {state}".strip(),
        message=event.Message,
        labels=wire.without_secrets(attributes),
        occurred_at=event.Timestamp,
        resolvable=False,
    )


def other(event: Notification, attributes: dict[str, str]) -> Reading:
    subject = PREFIX.sub("", event.Subject, count=1).strip()
    return Reading(
        state=None,
        level="message",
        identity=[{"topic": event.TopicArn, "subject": subject}, {"topic": event.TopicArn, "message": event.MessageId}],
        title=event.Subject.strip() or event.Message.strip().partition("\n")[0],
        message=event.Message,
        labels={**attributes, "topic": event.TopicArn},
        occurred_at=event.Timestamp,
        resolvable=False,
    )


def read_text(text: str) -> Reading | Problem:
    if BUDGET in text:
        return budget(text)
    message = "a text without its envelope has no subject: leave raw message delivery off"
    return Problem(ProblemCode.BAD_ELEMENT, "$", message)


def marks(document: Any, _request: Request) -> Rank | bool:
    # JSON may be another vendor's: then only what stands inside says whose.
    message = document["Message"]
    return Rank.WEAK if type(message) is str and type(inner_json(message)) is str else False


SHAPES = [
    Shape(Notification, read, marks=marks, times=Times.STATED),
    Shape(str, read_text, rank=None),
]

"""The forms of an event: structured, in headers, of version 0.1, and in the schema of Azure Event Grid."""

from binascii import a2b_base64
from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import unquote

from alertmap import wire
from alertmap.adapter import Notice, Rank, Result, Shape, Times
from alertmap.adapters.cloudevents.content import Content, readings

BATCH = "application/cloudevents-batch"

LIFE_CYCLE = {"Microsoft.EventGrid.SubscriptionDeletedEvent"}


def base64_json(node: wire.Node) -> Any:
    if node.value is None:
        return None
    if type(node.value) is not str:
        raise wire.mismatch("Base64 text", node)
    try:
        text = a2b_base64(node.value, strict_mode=True).decode()
    except ValueError:
        raise wire.mismatch("Base64 of UTF-8 text", node) from None
    return wire.json_or_text(text, node)


def header_text(value: str | None) -> str:
    # https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#3132
    text = (value or "").strip()
    if len(text) > 1 and text.startswith('"') and text.endswith('"'):
        text = text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return unquote(text)


Base64Json = Annotated[
    object, wire.Encoding("Base64 of text or JSON", base64_json, ("eyJhIjoxfQ==", "eA==", "%", None))
]


@wire.model
class CloudEvent:
    """Structured event of version 0.2 and later; the version itself is not compared."""

    specversion: wire.AnyText
    type: wire.AnyText
    source: wire.AnyText = ""
    id: wire.AnyText = ""
    subject: wire.AnyText = ""
    time: wire.Rfc3339 = None
    severitytext: wire.Text = ""
    severitynumber: wire.Text = ""
    data: wire.JsonText = None
    data_base64: Base64Json = None
    content_type: Annotated[str | None, wire.Header("Content-Type")] = None


@wire.model
class OldEvent:
    """Structured event of version 0.1, which OCI still sends."""

    cloudEventsVersion: wire.AnyText
    eventType: wire.AnyText
    source: wire.AnyText = ""
    eventID: wire.AnyText = ""
    eventTime: wire.Rfc3339 = None
    data: wire.JsonText = None
    content_type: Annotated[str | None, wire.Header("Content-Type")] = None


@wire.model
class GridData:
    validationCode: None = None  # a handshake, which the core answers
    fields: wire.Rest


@wire.model
class GridEvent:
    eventType: wire.AnyText
    subject: wire.AnyText
    topic: wire.AnyText = ""
    id: wire.AnyText = ""
    eventTime: wire.Rfc3339 = None
    data: GridData


@wire.model
class BinaryEvent:
    """Data whose attributes are headers."""

    data: wire.Rest
    type: Annotated[str | None, wire.Header("ce-type")] = None
    source: Annotated[str | None, wire.Header("ce-source")] = None
    id: Annotated[str | None, wire.Header("ce-id")] = None
    subject: Annotated[str | None, wire.Header("ce-subject")] = None
    time: Annotated[str | None, wire.Header("ce-time")] = None
    severitytext: Annotated[str | None, wire.Header("ce-severitytext")] = None
    severitynumber: Annotated[str | None, wire.Header("ce-severitynumber")] = None


def read(event: CloudEvent) -> Iterator[Result]:
    is_base64 = event.data is None and event.data_base64 is not None
    yield from readings(
        Content(
            event.type,
            event.source,
            event.subject,
            event.id,
            event.time,
            event.severitytext,
            event.severitynumber,
            event.data_base64 if is_base64 else event.data,
            "data_base64" if is_base64 else "data",
        )
    )
    yield from delivery(event.source, event.id, event.content_type)


def read_old(event: OldEvent) -> Iterator[Result]:
    yield from readings(
        Content(event.eventType, event.source, "", event.eventID, event.eventTime, "", "", event.data, "data")
    )
    yield from delivery(event.source, event.eventID, event.content_type)


def read_grid(event: GridEvent) -> Iterator[Result]:
    if event.eventType not in LIFE_CYCLE:
        yield from readings(
            Content(
                event.eventType,
                event.topic,
                event.subject,
                event.id,
                event.eventTime,
                "",
                "",
                event.data.fields,
                "data",
            )
        )


def read_binary(event: BinaryEvent) -> Iterator[Result]:
    source, event_id = header_text(event.source), header_text(event.id)
    yield from readings(
        Content(
            header_text(event.type),
            source,
            header_text(event.subject),
            event_id,
            wire.rfc3339(header_text(event.time)),
            header_text(event.severitytext),
            header_text(event.severitynumber),
            event.data,
            "",
        )
    )
    yield from delivery(source, event_id, None)


def delivery(source: str, event_id: str, content_type: str | None) -> Iterator[Notice]:
    # The ids of a batch are those of its events: none of them is the request's.
    if source and event_id and not (content_type or "").lower().startswith(BATCH):
        yield Notice(delivery_id=f"{source} {event_id}")


# Whoever's body stands inside has better marks.
SHAPES = [
    Shape(CloudEvent, read, marks={"source", "id"}, rank=Rank.WEAK, times=Times.STATED),
    Shape(OldEvent, read_old, marks={"source", "eventID"}, rank=Rank.WEAK, times=Times.STATED),
    Shape(GridEvent, read_grid, marks={"topic", "eventTime"}, rank=Rank.WEAK, times=Times.STATED),
    Shape(BinaryEvent, read_binary, headers={"ce-specversion": ""}, rank=Rank.WEAK, times=Times.STATED),
]

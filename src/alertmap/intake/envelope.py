"""Envelopes that a payload may travel in, taken off in one place, one at a time.

An envelope is only opened where the adapter does not read the document as it stands, so a vendor that *is* an
envelope's sender is not robbed of its own fields. Each is known by its own marks. Handshakes of a carrier become data:
the reply to give, and the URL that the caller, never this library, may visit.
"""

import json
import re
from binascii import a2b_base64
from typing import Any, NamedTuple

from attrs import evolve

from alertmap.errors import DecodeError
from alertmap.model import Notice, Problem, ProblemCode, Reason, Reply
from alertmap.strict_json import Limits, decode_json

MOST = 4
"""Envelopes inside each other at the most."""


class Unwrapped(NamedTuple):
    """Contents of an envelope."""

    name: str
    """Of the envelope: `sns`, `pubsub`, `eventbridge`, `cloudevents`, `eventgrid`, `lambda`, `sqs`, `list`."""
    document: Any = None
    delivery_id: str = ""
    handshake: Notice | None = None
    """The carrier's own question, instead of a document."""
    problems: tuple[Problem, ...] = ()
    """Warnings about the text in the envelope."""


def unwrap(document: Any, limits: Limits) -> Unwrapped | None:
    """Take one envelope off a decoded document; None where there is none.

    Raises:
        LimitError: what was in it is deeper or larger than `limits` allow.
    """
    if type(document) is list and len(document) == 1:
        return _event_grid(document[0]) or Unwrapped("list", document[0])
    if type(document) is not dict:
        return None
    return (
        _sns(document, limits)
        or _pubsub(document, limits)
        or _eventbridge(document)
        or _cloudevents(document, limits)
        or _record(document, limits)
    )


def _sns(document: dict[str, Any], limits: Limits) -> Unwrapped | None:
    # https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
    kind, topic, message_id = document.get("Type"), document.get("TopicArn"), document.get("MessageId")
    delivery_id = _id(message_id)
    is_topic = type(topic) is str and topic.startswith("arn:")
    # Two of the three marks are enough: a damaged one must not cost the page. Another type is no damage.
    is_notification = (kind == "Notification") + is_topic + bool(message_id and type(message_id) is str) > 1
    is_other = type(kind) is str and kind not in {"", "Notification"}
    if is_notification and not is_other and type(document.get("Message")) is str:
        return _opened("sns", document["Message"], limits, delivery_id)
    if type(topic) is not str or type(message_id) is not str or not message_id:
        return None
    if kind == "SubscriptionConfirmation":
        url = _confirm_url(document.get("SubscribeURL"), topic)
        return Unwrapped("sns", None, delivery_id, Notice(reason=Reason.HANDSHAKE, confirm_url=url))
    if kind == "UnsubscribeConfirmation":
        # Its SubscribeURL would subscribe again: never offered.
        return Unwrapped("sns", None, delivery_id, Notice(reason=Reason.HANDSHAKE))
    return None


_LONGEST_URL = 2_048


def is_plain_url(url: str) -> bool:
    """Return whether a URL that a caller may visit is plain: `urlsplit` drops line ends before anything looks at it."""
    return len(url) <= _LONGEST_URL and url.isascii() and url.isprintable() and " " not in url


# A looser pattern also admits buckets called `sns` under an old storage host.
SNS_HOST = r"sns\.([a-z]{2,4}(?:-[a-z]{2,10}){1,2}-[0-9]{1,2})\.amazonaws\.com(?:\.cn)?"
"""Host of SNS in a region; its group is the region."""


def _confirm_url(url: Any, topic: str) -> str | None:
    """The URL that confirms a subscription, if it can be nothing else: the body is not proved to be the carrier's."""
    if type(url) is not str or not is_plain_url(url):
        return None
    # An SNS topic is confirmed once; the import is dear to everybody.
    from urllib.parse import parse_qs, urlsplit  # noqa: PLC0415

    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    host = re.fullmatch(SNS_HOST, parts.netloc)
    query = parse_qs(parts.query)
    fits = (
        parts.scheme == "https"
        and host is not None
        and parts.path == "/"
        and not parts.fragment
        and query.get("Action") == ["ConfirmSubscription"]
        and query.get("TopicArn") == [topic]
        and topic.split(":")[3:4] == [host[1]]
    )
    return url if fits else None


def _pubsub(document: dict[str, Any], limits: Limits) -> Unwrapped | None:
    # https://cloud.google.com/pubsub/docs/push
    message = document.get("message")
    if (
        type(message) is not dict
        or type(document.get("subscription")) is not str
        or type(message.get("data")) is not str
    ):
        return None
    try:
        text = a2b_base64(message["data"], strict_mode=True).decode()
    except ValueError:
        return None
    return _opened("pubsub", text, limits, _id(message.get("messageId")))


def _eventbridge(document: dict[str, Any]) -> Unwrapped | None:
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
    if type(document.get("detail")) is not dict or not document.keys() >= {
        "detail-type",
        "source",
        "account",
        "region",
    }:
        return None
    return Unwrapped("eventbridge", document["detail"], _id(document.get("id")))


def _cloudevents(document: dict[str, Any], limits: Limits) -> Unwrapped | None:
    # https://github.com/cloudevents/spec/blob/main/cloudevents/formats/json-format.md
    if type(document.get("specversion")) is not str or not document.keys() >= {"id", "source", "type"}:
        return None
    delivery_id = _id(document["source"], document["id"])
    if "data" in document:
        return _opened("cloudevents", document["data"], limits, delivery_id)
    if type(document.get("data_base64")) is str:
        try:
            text = a2b_base64(document["data_base64"], strict_mode=True).decode()
        except ValueError:
            return None
        return _opened("cloudevents", text, limits, delivery_id)
    return None


def _record(document: dict[str, Any], limits: Limits) -> Unwrapped | None:
    # https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html, https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    records = document.get("Records")
    if type(records) is not list or len(records) != 1 or type(records[0]) is not dict:
        return None
    record = records[0]
    if type(record.get("Sns")) is dict:
        return Unwrapped("lambda", record["Sns"])
    if record.get("eventSource") == "aws:sqs" and type(record.get("body")) is str:
        return _opened("sqs", record["body"], limits, _id(record.get("messageId")))
    return None


def _event_grid(event: Any) -> Unwrapped | None:
    # https://learn.microsoft.com/azure/event-grid/event-schema
    if type(event) is not dict or not event.keys() >= {"eventType", "data", "topic", "subject"}:
        return None
    delivery_id = _id(event.get("id"))
    if event["eventType"] != "Microsoft.EventGrid.SubscriptionValidationEvent":
        return Unwrapped("eventgrid", event["data"], delivery_id)
    code = event["data"].get("validationCode") if type(event["data"]) is dict else None
    reply = None
    if type(code) is str and re.fullmatch(r"[A-Za-z0-9-]{1,128}", code):
        reply = Reply(body=json.dumps({"validationResponse": code}))
    return Unwrapped("eventgrid", None, delivery_id, Notice(reason=Reason.HANDSHAKE, reply=reply))


_LONGEST_ID = 1_024


def _id(*parts: Any) -> str:
    """The id of a request in its parts; "" where one is no text, or has more than an id can have."""
    if not all(type(part) is str for part in parts) or sum(map(len, parts)) > _LONGEST_ID:
        return ""
    text = " ".join(parts)
    return text if text.isprintable() else ""


def _opened(name: str, content: Any, limits: Limits, delivery_id: str) -> Unwrapped:
    """Decode the content of an envelope if it is the text of JSON; else take it as it is. The depth is shared."""
    if type(content) is not str:
        return Unwrapped(name, content, delivery_id)
    doubts: list[str] = []
    try:
        document = decode_json(content, evolve(limits, max_depth=max(1, limits.max_depth - 1)), doubts)
    except DecodeError:
        return Unwrapped(name, content, delivery_id)
    problems = tuple(Problem(ProblemCode.DUPLICATE_FIELD, "$", doubt) for doubt in doubts)
    return Unwrapped(name, document, delivery_id, problems=problems)

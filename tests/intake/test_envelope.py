"""Envelopes are removed one at a time, and only where the adapter does not read the outer document."""

import json
from base64 import b64encode
from typing import Any

import pytest

from alertmap import LimitError, Limits, Reason, ShapeError, State, detect, parse, parse_document
from alertmap.intake.envelope import MOST, unwrap

EVENT = {
    "id": "cpu:host=a",
    "message": "cpu:host=a is CRITICAL",
    "details": "",
    "time": "2026-03-02T08:00:00Z",
    "duration": 0,
    "level": "CRITICAL",
    "data": {"series": None},
}
TOPIC = "arn:aws:sns:eu-west-1:111122223333:alerts"
CONFIRM = f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=abc"


def sns(message: Any, kind: str = "Notification", **more: Any) -> dict[str, Any]:
    return {"Type": kind, "MessageId": "m-1", "TopicArn": TOPIC, "Message": message, **more}


def pubsub(text: str) -> dict[str, Any]:
    data = b64encode(text.encode()).decode()
    return {"message": {"data": data, "messageId": "p-1"}, "subscription": "projects/p/subscriptions/s"}


def eventbridge(detail: Any) -> dict[str, Any]:
    return {"id": "e-1", "detail-type": "x", "source": "y", "account": "1", "region": "eu-west-1", "detail": detail}


def cloudevent(**data: Any) -> dict[str, Any]:
    return {"specversion": "1.0", "id": "c-1", "source": "/s", "type": "t", **data}


def event_grid(data: Any, kind: str = "my.alert") -> list[dict[str, Any]]:
    return [{"id": "g-1", "eventType": kind, "topic": "/t", "subject": "s", "data": data}]


def records(*found: Any) -> dict[str, Any]:
    return {"Records": list(found)}


def queued(body: str, source: str = "aws:sqs") -> dict[str, Any]:
    return {"messageId": "q-1", "eventSource": source, "body": body}


@pytest.mark.parametrize(
    ("document", "envelopes", "delivery_id"),
    [
        (EVENT, (), ""),
        ([EVENT], ("list",), ""),
        (sns(json.dumps(EVENT)), ("sns",), "m-1"),
        (pubsub(json.dumps(EVENT)), ("pubsub",), "p-1"),
        (eventbridge(EVENT), ("eventbridge",), "e-1"),
        (cloudevent(data=EVENT), ("cloudevents",), "/s c-1"),
        (cloudevent(data=json.dumps(EVENT)), ("cloudevents",), "/s c-1"),
        (cloudevent(data_base64=b64encode(json.dumps(EVENT).encode()).decode()), ("cloudevents",), "/s c-1"),
        (event_grid(EVENT), ("eventgrid",), "g-1"),
        (sns(json.dumps(eventbridge(EVENT))), ("sns", "eventbridge"), "e-1"),
        ([sns(json.dumps([EVENT]))], ("list", "sns", "list"), "m-1"),
        (records({"EventSource": "aws:sns", "Sns": sns(json.dumps(EVENT))}), ("lambda", "sns"), "m-1"),
        (records(queued(json.dumps(EVENT))), ("sqs",), "q-1"),
        (records(queued(json.dumps(sns(json.dumps(EVENT))))), ("sqs", "sns"), "m-1"),
    ],
)
def test_the_inner_document_is_read(document: Any, envelopes: tuple[str, ...], delivery_id: str) -> None:
    """The event gives the same alert in any envelope, and its own element is the raw part."""
    batch = parse_document("kapacitor", document)
    assert batch.envelopes == envelopes
    assert batch.delivery_id == delivery_id
    assert batch.raw == EVENT
    (alert,) = batch
    assert alert.raw == EVENT
    assert (alert.state, alert.dedup_key) == (State.FIRING, "kapacitor:id=cpu:host=a")


def test_detection_sees_inside() -> None:
    """Detection finds the inner vendor, and its reason names the envelope."""
    found = detect(json.dumps(sns(json.dumps(cloudevent(data=EVENT)))))
    assert found is not None
    assert found.vendor == "kapacitor"
    assert found.reason.startswith("inside sns: inside cloudevents: ")


def test_text_in_an_envelope_stays_text() -> None:
    """Inner text that is not JSON is read as text."""
    found = unwrap(sns("disk is full"), Limits())
    assert found is not None
    assert found.document == "disk is full"


def test_at_most_four_envelopes() -> None:
    """More than four nested envelopes are refused."""
    document: Any = EVENT
    for _ in range(MOST):
        document = [document]
    assert len(parse_document("kapacitor", document)) == 1
    with pytest.raises(ShapeError):
        parse_document("kapacitor", [document])


def test_limits_apply_inside() -> None:
    """The limits of a document apply inside an envelope as well."""
    deep = "[" * 64 + "]" * 64
    with pytest.raises(LimitError):
        parse_document("kapacitor", sns(deep))
    assert detect(json.dumps(sns(deep))) is None


@pytest.mark.parametrize(
    ("document", "url"),
    [
        (sns("x", "SubscriptionConfirmation", SubscribeURL=CONFIRM), CONFIRM),
        (sns("x", "UnsubscribeConfirmation", SubscribeURL=CONFIRM), None),  # it would subscribe again
        (sns("x", "SubscriptionConfirmation"), None),
        (sns("x", "SubscriptionConfirmation", SubscribeURL=CONFIRM.replace("https", "http")), None),
        (sns("x", "SubscriptionConfirmation", SubscribeURL=CONFIRM.replace("sns.eu", "sns.s3-eu")), None),
        (sns("x", "SubscriptionConfirmation", SubscribeURL=CONFIRM.replace(".com/", ".com.evil.example/")), None),
        (sns("x", "SubscriptionConfirmation", SubscribeURL=CONFIRM.replace("https://", "https://u@")), None),
        (sns("x", "SubscriptionConfirmation", SubscribeURL=CONFIRM.replace(".com/", ".com:8443/")), None),
        (sns("x", "SubscriptionConfirmation", SubscribeURL=CONFIRM.replace("eu-west-1.", "us-east-1.")), None),
        (sns("x", "SubscriptionConfirmation", SubscribeURL=CONFIRM.replace("/?", "/x?")), None),
        (sns("x", "SubscriptionConfirmation", SubscribeURL=CONFIRM + "#x"), None),
        (sns("x", "SubscriptionConfirmation", SubscribeURL=CONFIRM.replace("ConfirmSub", "DeleteSub")), None),
        (sns("x", "SubscriptionConfirmation", SubscribeURL=CONFIRM.replace(":alerts", ":other")), None),
        (sns("x", "SubscriptionConfirmation", SubscribeURL="https://[::1"), None),
    ],
)
def test_only_a_carriers_own_url_is_offered(document: Any, url: str | None) -> None:
    """The URL of a subscription confirmation is passed on only if it belongs to the carrier."""
    batch = parse_document("kapacitor", document)
    assert batch.reason is Reason.HANDSHAKE
    assert batch.confirm_url == url
    assert batch.delivery_id == "m-1"
    assert len(batch) == 0


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("512d38b6-c7b8-40c8", '{"validationResponse": "512d38b6-c7b8-40c8"}'),
        ("<script>", None),
        ("x" * 129, None),
        (7, None),
    ],
)
def test_event_grid_validation(code: Any, body: str | None) -> None:
    """A valid validation code is echoed as JSON; nothing else is echoed."""
    document = event_grid({"validationCode": code}, "Microsoft.EventGrid.SubscriptionValidationEvent")
    batch = parse("kapacitor", json.dumps(document))
    assert batch.reason is Reason.HANDSHAKE
    assert (batch.reply.body if batch.reply else None) == body


@pytest.mark.parametrize(
    "document",
    [
        [],
        7,
        {"Type": "Notification"},
        sns("x", "Other"),
        {**pubsub("x"), "message": {"data": "%%%"}},
        {**pubsub("x"), "message": {"data": b64encode(b"\xff").decode()}},
        cloudevent(),
        cloudevent(data_base64="%"),
        cloudevent(data_base64=b64encode(b"\xff").decode()),
        eventbridge("text"),
        [{"eventType": "x"}, {"eventType": "y"}],
        records(),
        records(queued(json.dumps(EVENT)), queued(json.dumps(EVENT))),  # each would need an answer of its own
        records(queued(json.dumps(EVENT), "aws:kinesis")),
    ],
)
def test_documents_that_are_no_envelope(document: Any) -> None:
    """A document without a carrier's keys, or with invalid ones, is unchanged."""
    assert unwrap(document, Limits()) is None
    with pytest.raises(ShapeError):
        parse_document("kapacitor", document)


def test_ids_that_are_no_text_are_left_out() -> None:
    """A carrier's id is text or missing."""
    assert parse_document("kapacitor", {**eventbridge(EVENT), "id": 7}).delivery_id == ""
    assert parse_document("kapacitor", [{**event_grid(EVENT)[0], "id": 7}]).delivery_id == ""
    message = {**pubsub(json.dumps(EVENT))["message"], "messageId": 7}
    assert parse_document("kapacitor", {"message": message, "subscription": "s"}).delivery_id == ""

"""A receiver of your own: the alert as JSON, signed after Standard Webhooks.

Set up: `url` is the receiver's; with `secret` (`whsec_` and Base64) each request is signed. The id of a request stays
the same when it is rendered again, so that the receiver recognises a repeat.

Form: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import hmac
from base64 import b64decode, b64encode
from binascii import Error
from datetime import datetime

from attrs import evolve, field

from alertmap import wire
from alertmap.errors import ConfigurationError
from alertmap.escaping import digest
from alertmap.target import Endpoint, Message, Outgoing, Skipped, Target, json_request, time_text


@wire.model(closed=True)
class Config(Endpoint):
    secret: wire.Text = field(default="", repr=False)


def write(message: Message, config: Config, now: datetime) -> Outgoing | Skipped:
    document = {
        "type": f"alert.{message.state}",
        "timestamp": time_text(message.time) if message.time else None,
        "key": message.key,
        "is_new": message.is_new,
        "incident": message.incident,
        "data": message.document,
    }
    request = json_request(config.url, document, config.all_headers())
    if isinstance(request, Skipped):
        return request
    stamp = str(int(now.timestamp()))
    name = f"msg_{digest(request.body.decode())[:32]}"
    headers = {"webhook-id": name, "webhook-timestamp": stamp}
    if config.secret:
        signed = f"{name}.{stamp}.".encode() + request.body
        signature = b64encode(hmac.digest(key_of(config.secret), signed, "sha256")).decode()
        headers["webhook-signature"] = f"v1,{signature}"
    return evolve(request, headers={**request.headers, **headers})


def key_of(secret: str) -> bytes:
    try:
        return b64decode(secret.removeprefix("whsec_"), validate=True)
    except Error:
        raise ConfigurationError("secret must be whsec_ and Base64") from None


target = Target(
    name="webhook",
    title="Webhook of your own",
    config=Config,
    write=write,
    keeps=("state", "severity", "key", "title", "message", "times", "links", "labels", "values"),
    key_at="$.key",
    example={"url": "https://receiver.example/alerts", "secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="},
    reads_back="",
)

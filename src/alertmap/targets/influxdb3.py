"""InfluxDB 3, its Notifier plugin: one text through Slack, Discord, HTTP, SMS and WhatsApp, several at once.

Set up: install the plugin with an HTTP trigger. `url` is the address of that trigger, such as
`http://localhost:8181/api/v3/engine/notify`, and `token` a token of InfluxDB. Name the channels by what they need, as
in the plugin's own settings: `slack_webhook_url`, `discord_webhook_url`, `http_webhook_url`, each with `…_headers` as a
table where it needs any, and `twilio_sid`, `twilio_token`, `twilio_from_number` with `sms_to` or `whatsapp_to`.

All channels get the same text, so none of them can make links or mentions of it. With `as_json = true` it is a JSON
object with state, severity, key and times, for a receiver that reads it.

Fields: https://github.com/influxdata/influxdb3_plugins/tree/main/influxdata/notifier
"""

import json
from base64 import b64encode
from datetime import datetime
from typing import Any

from attrs import field

from alertmap import wire
from alertmap.escaping import inert
from alertmap.target import Message, Outgoing, Skipped, Target, json_request, to_json

HTTP = ("slack", "discord", "http")
LONGEST = 1_600  # of an SMS; Discord takes 2,000
ANGLES = str.maketrans("<>", "\u2039\u203a")  # `<!channel>` mentions everybody in Slack


@wire.model(closed=True)
class Config:
    url: wire.NonBlank
    token: wire.NonBlank = field(repr=False)
    slack_webhook_url: wire.Text = field(default="", repr=False)
    slack_headers: dict[str, wire.Text] = field(factory=dict, repr=False)
    discord_webhook_url: wire.Text = field(default="", repr=False)
    discord_headers: dict[str, wire.Text] = field(factory=dict, repr=False)
    http_webhook_url: wire.Text = field(default="", repr=False)
    http_headers: dict[str, wire.Text] = field(factory=dict, repr=False)
    twilio_sid: wire.Text = field(default="", repr=False)
    twilio_token: wire.Text = field(default="", repr=False)
    twilio_from_number: wire.Text = ""
    sms_to: wire.Text = ""
    whatsapp_to: wire.Text = ""
    as_json: bool = False


def write(message: Message, config: Config, _now: datetime) -> Outgoing | Skipped:
    senders = channels(config)
    if not senders:
        return Skipped("no channel is configured")
    document = {"notification_text": as_json(message) if config.as_json else text(message), "senders_config": senders}
    return json_request(config.url, document, {"Authorization": f"Bearer {config.token}"})


def channels(config: Config) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name in HTTP:
        url: str = getattr(config, f"{name}_webhook_url")
        headers: dict[str, str] = getattr(config, f"{name}_headers")
        if url:
            found[name] = {f"{name}_webhook_url": url}
        if url and headers:
            found[name][f"{name}_headers"] = b64encode(json.dumps(headers).encode()).decode()
    twilio = {
        "twilio_sid": config.twilio_sid,
        "twilio_token": config.twilio_token,
        "twilio_from_number": config.twilio_from_number,
    }
    for name, number in (("sms", config.sms_to), ("whatsapp", config.whatsapp_to)):
        if number:
            found[name] = {**twilio, "twilio_to_number": number}
    return found


def text(message: Message) -> str:
    """Return a text that is safe in all channels: none of them makes a link or a mention of it."""
    head = f"[{(message.severity or message.state).upper()}] {message.title} ({message.state})"
    lines = [head, message.resource, message.message]
    return inert("\n".join(filter(None, lines)).translate(ANGLES), LONGEST)


def as_json(message: Message) -> str:
    found: dict[str, Any] = {
        "dedup_key": message.key,
        "state": message.state,
        "severity": message.severity,
        "title": message.title,
        **message.facts(),
    }
    found.pop("alertmap_severity", None)
    return to_json({name: value for name, value in found.items() if value}).decode()


target = Target(
    name="influxdb3",
    title="InfluxDB 3 Notifier",
    config=Config,
    write=write,
    keeps={
        "state": "yes",
        "severity": "yes",
        "key": "as JSON",
        "title": "yes",
        "message": "yes",
        "times": "as JSON",
        "links": "as JSON",
        "labels": "as JSON",
        "values": "as JSON",
    },
    example={
        "url": "http://influxdb.example:8181/api/v3/engine/notify",
        "token": "apiv3_0123456789abcdef",
        "http_webhook_url": "https://receiver.example/influxdb3?token=0123456789abcdef",
        "as_json": True,
    },
    reads_back="influxdb3",
)

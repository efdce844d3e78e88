"""Twilio: SMS and WhatsApp.

Set up: give the account's `sid` and `token`, the numbers `from_number` and `to` with their country (`+43…`), and
`channel = "whatsapp"` for WhatsApp.

Telephones make links of anything that looks like one, so URLs and names of hosts in a text are taken apart. An
acknowledgement is not sent.

Fields: https://www.twilio.com/docs/messaging/api/message-resource
"""

from datetime import datetime
from typing import Literal
from urllib.parse import quote, urlencode

from attrs import field

from alertmap import wire
from alertmap.escaping import inert
from alertmap.target import Message, Outgoing, Skipped, State, Target, basic

LONGEST = 1_600


@wire.model(closed=True)
class Config:
    sid: wire.NonBlank = field(repr=False)
    token: wire.NonBlank = field(repr=False)
    from_number: wire.NonBlank
    to: wire.NonBlank
    channel: Literal["sms", "whatsapp"] = "sms"
    url: wire.NonBlank = "https://api.twilio.com/2010-04-01"


def write(message: Message, config: Config, _now: datetime) -> Outgoing | Skipped:
    if message.state in (State.ACKNOWLEDGED, State.SUPPRESSED):
        return Skipped("no text is sent for an acknowledgement or a mute")
    prefix = "whatsapp:" if config.channel == "whatsapp" else ""
    form = {"To": f"{prefix}{config.to}", "From": f"{prefix}{config.from_number}", "Body": text(message)}
    return Outgoing(
        url=f"{config.url.rstrip('/')}/Accounts/{quote(config.sid, safe='')}/Messages.json",
        headers={"Content-Type": "application/x-www-form-urlencoded", "Authorization": basic(config.sid, config.token)},
        body=urlencode(form, errors="replace").encode(),
    )


def text(message: Message) -> str:
    head = f"{(message.severity or message.state).upper()} {message.state}: {message.title}"
    lines = filter(None, (head, message.resource, message.message))
    return inert("\n".join(lines), LONGEST)


target = Target(
    name="twilio",
    title="Twilio",
    config=Config,
    write=write,
    keeps={"state": "as text", "severity": "as text", "title": "as text", "message": "1,600 characters in all"},
    example={
        "sid": "AC0123456789abcdef0123456789abcdef",
        "token": "0123456789abcdef0123456789abcdef",
        "from_number": "+15005550006",
        "to": "+15005550009",
    },
)

"""ITOC360, its event API.

Set up: in ITOC360 create a source "Webhook", and give its token.

The body has the five keys of that source: id, title, status, severity and message. There is no acknowledgement, and
`info` is `low`.

Fields: https://docs.itoc360.com/integrations/inbound-integrations
"""

from datetime import datetime

from attrs import field

from alertmap import wire
from alertmap.escaping import plain, short_key
from alertmap.target import Message, Outgoing, Severity, Skipped, State, Target, json_request

STATUSES = {State.FIRING: "trigger", State.RESOLVED: "resolve"}


@wire.model(closed=True)
class Config:
    token: wire.NonBlank = field(repr=False)
    url: wire.NonBlank = "https://api.itoc360.app/functions/v1/events"


def write(message: Message, config: Config, _now: datetime) -> Outgoing | Skipped:
    status = STATUSES.get(message.state)
    if status is None:
        return Skipped("ITOC360 has no event for an acknowledgement or a mute")
    severity = Severity.LOW if message.severity is Severity.INFO else message.severity
    event = {
        "id": short_key(message.key, 255),
        "title": plain(message.title, 255, lines=False),
        "status": status,
        "severity": severity or Severity.MEDIUM,
        "message": plain(message.message, 10_000),
    }
    return json_request(config.url, event, {"Authorization": f"Bearer {config.token}"})


target = Target(
    name="itoc360",
    title="ITOC360",
    config=Config,
    write=write,
    keeps={
        "state": "firing and over",
        "severity": "4 of 5",
        "key": "yes",
        "title": "255 characters",
        "message": "10,000 characters",
    },
    key_at="$.id",
    longest_key=255,
    example={"token": "itoc-0123456789abcdef"},
    reads_back="zapier",
)

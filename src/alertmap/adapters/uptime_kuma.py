"""Uptime Kuma, its notification "Webhook" of the versions 1 and 2.

Set up:

1. Settings, Notifications, Setup Notification: type Webhook, method POST, Request Body "Preset - application/json", and
   the Post URL

   ```text
   https://receiver.example/uptime_kuma?token=…
   ```

2. Tick "Default enabled" and "Apply on all existing monitors", save, and press Test. Any answer with status 200 will
   do.

The preset
multipart/form-data (with the extra `forms`) and the method GET are read, too. Kuma's types PagerTree, SIGNL4 and Keep
send the same objects; what it writes for other systems is not read, and a custom body is a case for `generic`.

Each notification is sent once. So set "Resend Notification if Down X times consecutively" on the monitors, and let
incidents of this source expire after a few times that long: a repeat keeps an incident open, and a recovery that was
lost does not leave it open for ever.

Kuma has no levels: what is down has the level `down`, unless the monitor has a tag `severity` (or `priority`) with a
value such as `critical`. A certificate or domain that expires has the level `expires`.

Limits: a monitor that is deleted while it is down, or gets well during a maintenance, is never announced as up; one
that is paused is, once it runs again. No end of an expiry is announced. A monitor of type Group goes down with its
children, which send their own notifications. There is no link to Kuma itself.
"""

import re
from datetime import datetime
from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Notice, Reading, Reason, Severity, Shape, State, Times

# Kuma sends no notification of the last two: isImportantForNotification in server/model/monitor.js.
STATES = {"0": State.FIRING, "1": State.RESOLVED, "2": None, "3": State.SUPPRESSED}

WORDS = {State.FIRING: "is down", State.RESOLVED: "is up", State.SUPPRESSED: "is under maintenance"}

LEVELS = conventions.LEVELS | {
    "down": Severity.HIGH,  # ours
    "expires": Severity.LOW,  # ours
    "silent": Severity.INFO,  # PagerTree's urgency
}

BY_HOST = {"ping", "dns", "port", "gamedig", "steam"}
FILLERS = {"", "http://", "https://"}

# 1.x writes "will be expired in".
EXPIRES = re.compile(r"(?P<subject>.+) will (?:be expired|expire) in (?P<days>-?[0-9]{1,9}) days", re.DOTALL)


@wire.model
class Heartbeat:
    status: Annotated[State | None, wire.state(STATES)]
    monitorID: wire.AnyText = ""
    time: wire.UtcTime = None
    localDateTime: wire.Text = ""
    timezoneOffset: wire.Text = ""
    lastDownTime: wire.UtcTime = None  # on a recovery, from 2.1 on; in 2.1.0 of the last beat that was down
    important: bool = False  # not so where Kuma sends it again
    msg: wire.Text = ""
    ping: wire.Number | None = None  # milliseconds


@wire.model
class Tag:
    name: wire.Text
    value: wire.Text = ""


@wire.model
class Monitor:
    id: wire.AnyText = ""
    name: wire.Text = ""
    pathName: wire.Text = ""  # with the names of the groups around it
    description: wire.Text = ""
    type: wire.Text = ""
    url: wire.Text = ""
    hostname: wire.Text = ""
    port: wire.Text = ""
    tags: list[Tag] = Factory(list)


@wire.model
class Webhook:
    heartbeat: wire.JsonIn[Heartbeat]
    monitor: wire.JsonIn[Monitor]
    urgency: wire.Text = ""  # PagerTree


@wire.model
class Message:
    """About no heartbeat: the test button, a certificate or a domain that expires."""

    heartbeat: None
    monitor: None
    msg: Annotated[wire.NonBlank, wire.also("title")]  # PagerTree


@wire.model(closed=True)
class QueryMessage:
    """A message by GET, which leaves nulls out."""

    msg: wire.NonBlank


@wire.model
class Form:
    data: wire.JsonIn[Webhook | Message]


def read(event: Webhook) -> Reading | None:
    beat, monitor = event.heartbeat, event.monitor
    if beat.status is None:
        return None
    tags = tags_of(monitor)
    address = conventions.address(address_of(monitor))
    occurred_at = beat.time or local_time(beat)
    path = "" if monitor.pathName == monitor.name else monitor.pathName
    facts = {"type": monitor.type, "path": path, "description": monitor.description}
    return Reading(
        state=beat.status,
        level=conventions.level(tags) or event.urgency or "down",
        identity=[{"monitor": monitor.id or beat.monitorID}, {"name": monitor.name}],
        title=f"{monitor.name} {WORDS[beat.status]}" if monitor.name.strip() else "",
        message=beat.msg,
        resource=address or monitor.name,
        labels=facts | {name: text or "true" for name, text in tags.items()},
        links={"url": conventions.link(address)},
        values={} if beat.ping is None else {"ping": beat.ping},
        started_at=start_of(beat, occurred_at),
        occurred_at=occurred_at,
    )


def read_message(event: Message | QueryMessage) -> Reading | Notice:
    if event.msg.endswith(" Testing"):  # behind the name of the notification
        return Notice(reason=Reason.TEST)
    expiry = EXPIRES.fullmatch(event.msg)
    return Reading(
        state=State.FIRING,
        level="expires" if expiry else None,
        identity=[{"expiring": expiry["subject"] if expiry else ""}, {"message": event.msg}],
        title=event.msg,
        values={"days": int(expiry["days"])} if expiry else {},
        resolvable=False,
        times=Times.NONE,
    )


def read_form(form: Form) -> Reading | Notice | None:
    return read(form.data) if isinstance(form.data, Webhook) else read_message(form.data)


def tags_of(monitor: Monitor) -> dict[str, str]:
    """The tags of a monitor: a name may stand several times, and a value may be blank."""
    found: dict[str, list[str]] = {}
    for tag in monitor.tags:
        found.setdefault(tag.name, []).append(tag.value)
    return {name: ", ".join(values) for name, values in found.items()}


def address_of(monitor: Monitor) -> str:
    """The address that is checked, as Kuma finds it: a monitor keeps the fields of the type that it had before."""
    if monitor.type not in BY_HOST and monitor.url not in FILLERS:
        return monitor.url
    return f"{monitor.hostname}:{monitor.port}" if monitor.hostname and monitor.port else monitor.hostname


def start_of(beat: Heartbeat, occurred_at: datetime | None) -> datetime | None:
    """The start of the outage: a beat that is sent again does not name it, nor does a recovery of 1.x."""
    if beat.status is State.RESOLVED:
        return beat.lastDownTime
    return occurred_at if beat.status is State.FIRING and beat.important else None


def local_time(beat: Heartbeat) -> datetime | None:
    return wire.rfc3339(beat.localDateTime + beat.timezoneOffset) if beat.timezoneOffset else None


adapter = Adapter(
    name="uptime_kuma",
    title="Uptime Kuma",
    shapes=[
        Shape(Webhook, read),
        Shape(Message, read_message),
        Shape(QueryMessage, read_message, headers={"User-Agent": "Uptime-Kuma/"}),
        Shape(Form, read_form),
    ],
    levels=LEVELS,
    open_levels=True,
    formats={"json", "multipart", "query"},
    times=Times.STATED,
    repeats={State.FIRING},
    retries=False,
    identity_parts={"expiring", "message", "monitor", "name"},
)

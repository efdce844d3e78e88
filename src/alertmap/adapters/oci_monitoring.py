"""Oracle Cloud (OCI) Monitoring: the messages of alarms, through Notifications.

Set up:

1. Under Developer Services, Application Integration, Notifications create a topic, and in it a subscription: protocol
   HTTPS (Custom URL), URL `https://receiver.example/oci?token=…`.
2. Notifications posts a confirmation at once. Its URL comes back as `confirm_url`, if it is one of Notifications: visit
   it within three days. Until then the subscription is pending, and nothing is sent.
3. In each alarm choose the topic, and as message format "Send raw messages" or "Send pretty JSON messages". Under
   Message grouping, "Split notifications per metric stream" gives each resource an alert of its own; grouped, an alarm
   is one alert for all its resources. "Repeat notification" is read, too.

Answer 200. There is a signature, but what it signs is not documented: the token in the URL is the proof.

The key is the `dedupeKey`, which is the alarm's, or that of one stream where notifications are split. The alarm ends
with `FIRING_TO_OK`, and with `RESET`: then its metric is not seen any more, or somebody changed the alarm. While the
alarm's status is `SUSPENDED`, it is suppressed.

Events of OCI (created, deleted, …) are CloudEvents of version 0.1: use `cloudevents` for them, with a topic of their
own.

Limits: an alarm that is deleted or disabled while it fires is not announced as over: let incidents of this source
expire, with repeated notifications on. Formatted messages and texts that people publish to the topic are not read.
"""

import re
from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Confirmation, InHeader, Notice, Reading, Reason, Shape, State, Times

# RESEND is not on the vendor's page "Alarm Message Format", but receivers have seen it.
STATES = conventions.states(firing="OK_TO_FIRING, REPEAT, RESEND", resolved="FIRING_TO_OK, RESET")

LEVELS = conventions.levels(critical="CRITICAL", high="ERROR", medium="WARNING", info="INFO")

NAMES = ("resourceDisplayName", "resourceName", "resourceId", "resourceID")

# Only the hosts of Notifications: in others below oraclecloud.com, such as those of buckets, anybody may have a page.
HOSTS = r"(?:[a-z0-9-]{1,63}\.)?notification\.[a-z0-9-]{1,63}\.(?:oci\.)?oraclecloud\.com"
CONFIRMATION = re.compile(rf"https://{HOSTS}/[^#\\\s]*")


@wire.model
class Alarm:
    id: wire.AnyText = ""
    status: wire.Text = ""
    namespace: wire.Text = ""
    query: wire.Text = ""
    alarmUrl: wire.Text = ""
    alarmSummary: wire.Text = ""
    dimensions: list[dict[str, wire.AnyText]] = Factory(list)  # none in the end of a grouped alarm
    metricValues: list[dict[str, wire.Text]] = Factory(list)  # of each stream: {query: value}


@wire.model
class Message:
    type: Annotated[State, wire.state(STATES)]
    word: Annotated[wire.Text, wire.named("type")] = ""
    alarmMetaData: list[Alarm]
    dedupeKey: Annotated[wire.AnyText, wire.also("dedupekey")] = ""  # the second on the vendor's page
    title: wire.Text = ""
    body: wire.Text = ""
    severity: wire.Text = ""
    notificationType: wire.Text = ""
    timestamp: wire.Rfc3339 = None
    timestampEpochMillis: wire.EpochMillis = None


@wire.model
class Subscription:
    """Confirmation in a body; mostly it is a header."""

    ConfirmationURL: wire.AnyText


def read(event: Message) -> Reading:
    alarms = event.alarmMetaData
    first = alarms[0] if alarms else Alarm()
    streams = [stream for alarm in alarms for stream in alarm.dimensions]
    names = [name for stream in streams if (name := conventions.first(stream, NAMES))]
    state = event.type
    is_suspended = bool(alarms) and all(wire.loosen(alarm.status) == "suspended" for alarm in alarms)
    if is_suspended and state is State.FIRING and event.word in STATES:
        state = State.SUPPRESSED
    return Reading(
        state=state,
        level=event.severity,  # in the end, that of what ended
        identity=[{"dedupeKey": event.dedupeKey}, {"alarm": first.id, "stream": stream(event, streams)}],
        title=event.title,
        message=conventions.join(event.body, *(alarm.alarmSummary for alarm in alarms), by="\n"),
        resource=names[0] if len(names) == 1 else "",
        labels={
            **shared(streams),
            "namespace": first.namespace,
            "query": first.query,
            "type": event.word,
            "resources": ", ".join(names) if len(names) > 1 else "",
        },
        links={"alarm": first.alarmUrl},
        values=values(alarms),
        occurred_at=event.timestampEpochMillis or event.timestamp,
    )


def stream(event: Message, streams: list[dict[str, str]]) -> str | None:
    """Return the stream of a message that is split by streams: the end of another must not close its alert."""
    if not event.notificationType.lower().startswith("split"):
        return None
    return ", ".join(f"{name}={text}" for one in streams for name, text in sorted(wire.hide_secrets(one).items()))


def shared(streams: list[dict[str, str]]) -> dict[str, str]:
    """Return the dimensions that all streams share."""
    pairs = [set(stream.items()) for stream in streams]
    return dict(sorted(set.intersection(*pairs))) if pairs else {}


def values(alarms: list[Alarm]) -> dict[str, float | str]:
    """Return the value of each stream, by the name of its resource where there are several."""
    found: dict[str, float | str] = {}
    for alarm in alarms:
        for place, sent in enumerate(alarm.metricValues):
            stream = alarm.dimensions[place] if len(alarm.metricValues) == len(alarm.dimensions) > 1 else {}
            for query, text in wire.without_secrets(sent).items():
                found[conventions.first(stream, NAMES) or query] = wire.number_in(text)
    return found


def read_subscription(event: Subscription) -> Notice:
    is_right = CONFIRMATION.fullmatch(event.ConfirmationURL)
    return Notice(reason=Reason.HANDSHAKE, confirm_url=event.ConfirmationURL if is_right else None)


adapter = Adapter(
    name="oci_monitoring",
    title="Oracle Cloud Monitoring",
    shapes=[
        Shape(Message, read, marks={"$.alarmMetaData[0].id": "ocid1.alarm."}),
        Shape(Subscription, read_subscription, headers={"X-OCI-NS-MessageType": ""}),
    ],
    levels=LEVELS,
    formats={"json", "empty"},
    times=Times.STATED,
    repeats={State.FIRING},
    delivery_header="X-OCI-NS-MessageId",
    identity_parts={"dedupeKey", "alarm", "stream"},
    confirmation=Confirmation(place=InHeader("X-OCI-NS-ConfirmationURL"), hosts=HOSTS),
)

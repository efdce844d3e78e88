"""Graylog: its HTTP notifications from version 3.1 on, and the alarm callback of older ones.

Set up:

1. System, Configurations, URL Allowlist (once "Whitelist"): add the receiver.
2. Alerts, Notifications, Create: type "HTTP Notification", or "Custom HTTP Notification" with method POST, content type
   JSON or Form Data, and the body template empty. The URL is

   ```text
   https://receiver.example/graylog?token=…
   ```

3. Press "Execute Test Notification", then attach the notification to your event definitions.
4. In each event definition add Fields and choose some of them as Event Key. Definition and key together are the alert,
   as for Graylog's own grace period.
5. Graylog has no recoveries. If a second definition can tell that all is well, give it the same key and a custom
   notification of its own, with this body template:

   ```json
   {"event_definition_id": "ID OF THE FIRST", "state": "resolved",
    "event_definition_title": "${event_definition_title}",
    "event": {"key": "${event.key}", "timestamp_processing": "${event.timestamp_processing}"}}
   ```

   The id stands in the address of the page on which the first definition is edited. Graylog does not escape the key: a
   quote in it breaks this JSON.

Answer 200 at once: after a status that is not 2xx, and where no answer comes, Graylog notes an error and does not post
that event again.

Without a key an alert is the definition with the values that it groups by; content type Form Data leaves these out, so
that all groups are one alert there. The same event definition posts again each time that it matches. Priority Low,
Normal, High and Critical are low, medium, high and critical. An event that is no alert (`"alert": false`) has the level
`event`, which is info.

Limits: nothing else ever closes an alert, so let incidents of this source expire after a few runs of the definition.
An event's own source is the Graylog server; the host of the log is read from a field `host` or `source`. There are no
links. The alarm callback has no severity; its alerts have the level `alarm`.
"""

from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Identity, Notice, Reading, Reason, Severity, Shape, State, Times

STATES = {"firing": State.FIRING, "resolved": State.RESOLVED}  # of the body template above
TRIGGERED = {"true": State.FIRING, "false": State.RESOLVED}

LEVELS = {
    "4": Severity.CRITICAL,  # from 6.2 on; 0 since 2026
    "3": Severity.HIGH,
    "2": Severity.MEDIUM,
    "1": Severity.LOW,
    "0": Severity.INFO,
    "event": Severity.INFO,  # ours: an event that is no alert
    "alarm": Severity.MEDIUM,  # ours: the alarm callback has no priority
}

TEST = "test-dummy-v1"
UNKNOWN = "<unknown>"  # in each key beside `event`, where the definition was deleted


@wire.model
class Event:
    event_definition_id: wire.AnyText = ""
    timestamp: wire.Rfc3339 = None  # of the messages, which may be hours older than the event
    timestamp_processing: wire.Rfc3339 = None
    message: wire.Text = ""
    key: wire.AnyText = ""
    key_tuple: list[wire.AnyText] = Factory(list)
    priority: wire.Text = ""
    alert: bool = True
    fields: dict[str, wire.AnyText] = Factory(dict)
    group_by_fields: dict[str, wire.AnyText] = Factory(dict)  # not sent by older versions
    aggregation_conditions: dict[str, wire.Number] = Factory(dict)


@wire.model
class Definition:
    """Fields that both forms of the notification have."""

    event_definition_id: wire.AnyText = ""
    event_definition_type: wire.Text = ""
    event_definition_title: wire.Text = ""
    event_definition_description: wire.Text = ""
    remediation_steps: wire.Text = ""
    state: Annotated[State | None, wire.state(STATES)] = None


@wire.model
class Notification(Definition):
    event: Event


@wire.model
class Form(Definition):
    """The event is flat; lists and maps are as Java prints them."""

    event_timestamp: wire.Rfc3339 = None
    event_timestamp_processing: wire.Rfc3339 = None
    event_message: wire.Text = ""
    event_key: wire.AnyText = ""
    event_priority: wire.Text = ""
    event_fields: wire.JavaMap = Factory(dict)


@wire.model
class Condition:
    id: wire.AnyText = ""
    type: wire.Text = ""  # in capitals before 2.2
    title: wire.Text = ""


@wire.model
class CheckResult:
    triggered: Annotated[State | None, wire.state(TRIGGERED)] = None
    triggered_condition: Condition = Condition()
    triggered_at: wire.Rfc3339 = None
    result_description: wire.Text = ""


@wire.model
class Stream:
    id: wire.AnyText = ""
    title: wire.Text = ""


@wire.model
class AlarmCallback:
    check_result: CheckResult
    stream: Stream = Stream()


def read(notification: Notification) -> Reading | Notice:
    return reading(notification, notification.event)


def read_form(form: Form) -> Reading | Notice:
    event = Event(
        timestamp=form.event_timestamp,
        timestamp_processing=form.event_timestamp_processing,
        message=form.event_message,
        key=form.event_key,
        priority=form.event_priority,
        fields=dict(form.event_fields),
    )
    return reading(form, event)


def reading(definition: Definition, event: Event) -> Reading | Notice:
    if definition.event_definition_type == TEST:
        return Notice(reason=Reason.TEST)
    is_over = definition.state is State.RESOLVED
    labels = {**event.group_by_fields, **event.fields}
    texts = (definition.event_definition_description, definition.remediation_steps)
    return Reading(
        state=definition.state or State.FIRING,
        level=None if is_over else event.priority if event.alert else "event",
        identity=identity(event.event_definition_id or known(definition.event_definition_id), event),
        title=event.message or known(definition.event_definition_title),
        message="\n\n".join(filter(None, map(known, texts))),
        resource=conventions.first(labels, (*conventions.HOSTS, "source")),
        labels=labels,
        values=event.aggregation_conditions,
        started_at=None if is_over else event.timestamp,
        occurred_at=event.timestamp_processing or event.timestamp,
        resolvable=False,
    )


def known(text: str) -> str:
    return "" if text == UNKNOWN else text


def identity(definition: str, event: Event) -> Identity:
    if key := event.key or "|".join(event.key_tuple):  # as Graylog joins it
        return {"definition": definition, "key": key}
    return {"definition": definition} | {f"group.{name}": text for name, text in event.group_by_fields.items()}


def read_callback(callback: AlarmCallback) -> Reading | Notice:
    result, condition, stream = callback.check_result, callback.check_result.triggered_condition, callback.stream
    if condition.type.casefold() == "dummy":
        return Notice(reason=Reason.TEST)
    return Reading(
        state=result.triggered,
        level=None if result.triggered is State.RESOLVED else "alarm",
        identity=[{"stream": stream.id, "condition": condition.id}, {"condition": condition.id}],
        title=condition.title or stream.title,
        message=result.result_description,
        labels={"stream": stream.title, "type": condition.type},
        occurred_at=result.triggered_at,
        resolvable=False,
    )


adapter = Adapter(
    name="graylog",
    title="Graylog",
    shapes=[
        Shape(Notification, read, marks={"event_definition_id"}),
        Shape(AlarmCallback, read_callback, marks={"stream"}),
        Shape(Form, read_form, marks={"event_origin_context", "event_key_tuple"}),
    ],
    levels=LEVELS,
    formats={"json", "form"},
    times=Times.STATED,
    repeats={State.FIRING},
    retries=False,
)

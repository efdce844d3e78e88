"""Bodies that scripts post: the macros by their names, and what other receivers ask for."""

from typing import Annotated, Any

from alertmap import wire
from alertmap.adapter import Notice, Reading, Reason, Request, Shape, State
from alertmap.adapters.zabbix.event import LEVEL_KEYS, NAME_KEYS, STATE_KEYS, STATES, Event, Options, read

UNSPECIFIED = "unspecified"  # a word of ours: the body for Grafana OnCall has no severity


@wire.model
class TestButton:
    """Body of the Test button of the media type: its macros are not filled in, which counts as not sent."""

    name: Annotated[None, NAME_KEYS]
    state: Annotated[None, STATE_KEYS]
    id: Annotated[None, wire.named("EVENT.ID", "event_id", "alert_uid", "id")] = None


@wire.model
class Macros(Event):
    """Parameters that are called like their macros, as for iLert."""

    id: Annotated[wire.AnyText, wire.named("EVENT.ID")]


@wire.model
class Parameters(Event):
    """Parameters as most official media types name them."""

    id: Annotated[wire.AnyText, wire.named("event_id")]  # a number in that for Event-Driven Ansible


@wire.model
class Keep(Event):
    """Parameters of Keep's media type."""

    id: wire.AnyText
    triggerId: wire.AnyText


@wire.model
class OnCall(Event):
    """Body of the media type for Grafana OnCall."""

    id: Annotated[wire.AnyText, wire.named("alert_uid")]
    level: Annotated[wire.Text, LEVEL_KEYS] = UNSPECIFIED


@wire.model
class Zulip(Event):
    """Body of Zulip's script, whose link alone names the event."""

    link: Annotated[wire.Text, wire.named("link")]


@wire.model
class NestedEvent:
    id: wire.AnyText
    state: Annotated[State, wire.state(STATES), wire.named("status")]
    status: wire.AnyText = ""
    name: wire.AnyText = ""
    severity: wire.Text = ""
    date: wire.Text = ""
    time: wire.Text = ""


@wire.model
class Nested:
    """Body of SpaceONE's script."""

    event: NestedEvent
    trigger: Annotated[str, wire.inside("id")] = ""
    host: Annotated[str, wire.inside("name")] = ""
    visible_name: Annotated[str, wire.named("host"), wire.inside("visible_name")] = ""
    address: Annotated[str, wire.named("host"), wire.inside("connection_info")] = ""
    item: Annotated[str, wire.inside("value")] = ""
    message: wire.Text = ""


def read_nested(body: Nested, options: Options) -> Reading | None:
    event = body.event
    return read(
        Event(
            id=event.id,
            state=event.state,
            word=event.status,
            level=event.severity,
            name=event.name,
            message=body.message,
            trigger=body.trigger,
            host=body.visible_name or body.host,
            technical_name=body.host,
            ip=body.address,
            value=body.item,
            start_date=event.date,
            start_time=event.time,
        ),
        options,
    )


def has_event_link(document: Any, _request: Request) -> bool:
    link = document.get("link_to_upstream_details", document.get("link"))
    return type(link) is str and "/tr_events.php?" in link


def has_parameters(document: Any, _request: Request) -> bool:
    return not document.keys().isdisjoint({"event_value", "event_nseverity", "event_update_status"})


SHAPES = [
    Shape(TestButton, Notice(reason=Reason.TEST), rank=None),
    Shape(Macros, read, marks={"EVENT.ID"}),
    Shape(Parameters, read, marks=has_parameters),
    Shape(OnCall, read, marks=has_event_link),
    Shape(Keep, read, marks={"lastReceived"}),
    Shape(Zulip, read, marks=has_event_link),
    Shape(Nested, read_nested, marks={"trigger", "host", "$.event.status", "$.trigger.id"}),
]

"""Events that monitors post to Event Management.

Sources: the vendor's page "Event field format"; what LogicMonitor posts.
"""

from collections.abc import Iterator
from typing import Annotated, Any

from attrs import Factory, evolve

from alertmap import conventions, wire
from alertmap.adapter import Reading, Request, Result, Shape, State, Times
from alertmap.paths import JsonPath

SEVERITIES = conventions.states(firing="1, Critical, 2, Major, 3, Minor, 4, Warning, 5, OK, Info", resolved="0, Clear")
RESOLUTIONS = conventions.states(firing="New", resolved="Closing")


@wire.model
class Event:
    severity: Annotated[State, wire.state(SEVERITIES)]
    level: Annotated[wire.Text, wire.named("severity")] = ""
    resolution_state: Annotated[State | None, wire.state(RESOLUTIONS)] = None
    message_key: wire.AnyText = ""
    source: wire.AnyText = ""
    node: wire.AnyText = ""
    type: wire.AnyText = ""
    resource: wire.AnyText = ""
    metric_name: wire.AnyText = ""
    event_class: wire.Text = ""
    description: wire.Text = ""
    additional_info: wire.JsonIn[wire.Texts] = Factory(dict)
    time_of_event: wire.UtcTime = None
    sys_id: None = None  # it is no record
    number: None = None
    short_description: None = None


@wire.model
class Events:
    records: wire.Items[Event]


def read_event(event: Event) -> Reading:
    is_over = State.RESOLVED in (event.severity, event.resolution_state)
    return Reading(
        state=State.RESOLVED if is_over else event.severity,
        level=None if event.severity is State.RESOLVED else event.level,
        identity=[
            {"message_key": event.message_key.strip()},
            {
                "source": event.source,
                "node": event.node,
                "type": event.type or None,
                "resource": event.resource or None,
                "metric": event.metric_name or None,
            },
        ],
        title=event.description.strip().partition("\n")[0] or conventions.join(event.node, event.metric_name),
        message=event.description,
        resource=event.node,
        labels={
            **event.additional_info,
            **wire.pick(event, "source", "type", "metric_name", "event_class"),
            "component": event.resource,
        },
        occurred_at=event.time_of_event,
        times=Times.STATED if event.time_of_event else Times.NONE,
    )


def read_events(event: Events) -> Iterator[Result]:
    return conventions.group(event.records, read_one, is_test=lambda _: False, path="$.records")


def read_one(where: JsonPath, event: Event) -> Reading:
    return evolve(read_event(event), path=where)


def is_event(document: Any, _request: Request) -> bool:
    keys = set(document)
    return keys >= {"source", "node"} and not keys.isdisjoint({"message_key", "metric_name", "event_class"})


def is_events(document: Any, _request: Request) -> bool:
    records = document["records"]
    return bool(records) and type(records) is list and type(records[0]) is dict and is_event(records[0], _request)


SHAPES = [Shape(Events, read_events, marks=is_events), Shape(Event, read_event, marks=is_event)]

"""Watches of Elasticsearch, by the action `webhook`, whose body each user writes."""

from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Reading, Shape, State, Times

WITHOUT_LEVEL = "watch"


@wire.model
class Watch:
    watch_id: wire.AnyText
    key: wire.AnyText = ""  # of an element, where the action has `foreach`
    state: Annotated[State | None, wire.state(conventions.STATES)] = None
    execution_time: wire.AnyTime = None
    severity: wire.Text = ""
    title: wire.Text = ""
    message: wire.Text = ""
    hits: wire.Text = ""
    metadata: wire.Texts = Factory(dict)


def read(event: Watch) -> Reading:
    is_over = event.state is State.RESOLVED
    return Reading(
        state=event.state or State.FIRING,  # a watch only acts where its condition is met
        level=None if is_over else event.severity or conventions.level(event.metadata) or WITHOUT_LEVEL,
        identity={"watch": event.watch_id, "key": event.key or None},
        title=event.title or event.metadata.get("name", "") or event.watch_id,
        message=event.message,
        resource=conventions.host(event.metadata),
        labels=event.metadata,
        values={"hits": wire.number_in(event.hits)},
        occurred_at=event.execution_time,
        times=Times.STATED if event.execution_time else Times.NONE,
        resolvable=False,
    )


SHAPES = [Shape(Watch, read, marks={"execution_time"})]

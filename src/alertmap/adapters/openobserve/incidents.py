"""Incident events, as a workflow sends them."""

from datetime import datetime
from typing import Annotated

from attrs import Factory

from alertmap import wire
from alertmap.adapter import ProblemCode, Reading, Shape, State, Times

STATES = {"open": State.FIRING, "acknowledged": State.ACKNOWLEDGED, "resolved": State.RESOLVED}
FIRST_YEAR = 2000


def read_micros(node: wire.Node) -> datetime | None:
    moment = wire.epoch(node.value, 1_000_000) if type(node.value) is int else None
    if moment is None or moment.year < FIRST_YEAR:
        node.warn(ProblemCode.BAD_TIME, "the time is no count of microseconds since 1970 and was left out")
        return None
    return moment


EpochMicros = Annotated[
    datetime | None,
    wire.Encoding("microseconds since 1970, int", read_micros, (1_767_268_830_123_456, 0, -1, 10**30, "x")),
]


@wire.model
class Meta:
    incident_id: wire.NonBlank
    status: Annotated[State, wire.state(STATES)]
    org_id: wire.AnyText = ""
    event_type: wire.Text = ""
    title: wire.Text = ""
    severity: wire.Text = ""
    alert_names: list[wire.AnyText] = Factory(list)
    timestamp: Annotated[EpochMicros, wire.named("_timestamp")] = None
    created_at: EpochMicros = None


@wire.model
class IncidentEvent:
    meta: Meta


def read(event: IncidentEvent) -> Reading:
    # Comments and the like state the incident's status once more.
    meta = event.meta
    return Reading(
        state=meta.status,
        level=meta.severity,
        identity={"org": meta.org_id, "incident": meta.incident_id},
        title=meta.title,
        resource=", ".join(meta.alert_names),
        labels={"event_type": meta.event_type, "alert_names": ", ".join(meta.alert_names)},
        started_at=meta.created_at,
        occurred_at=meta.timestamp,
        times=Times.STATED if meta.timestamp else Times.NONE,
    )


SHAPES = [Shape(IncidentEvent, read, marks={"data", "$.meta.event_type"})]

"""Alerts of 1.6 and before: one in each request."""

from typing import Annotated

from attrs import Factory

from alertmap import wire
from alertmap.adapter import Notice, Reading, Reason, State, Times
from alertmap.adapters.hertzbeat.groups import TEST
from alertmap.adapters.hertzbeat.options import Options, without_zone

STATES = {
    "0": State.FIRING,
    "1": None,  # below the number of times that the threshold asks for
    "2": State.RESOLVED,
    "3": State.ACKNOWLEDGED,
}


@wire.model
class Legacy:
    status: Annotated[State | None, wire.state(STATES)]
    target: wire.AnyText
    priority: wire.Text = ""
    thresholdId: wire.AnyText = ""
    content: wire.Text = ""
    triggerTime: wire.LocalTime = None  # when it fired last
    restoreTime: wire.LocalTime = None
    tags: dict[str, wire.AnyText] = Factory(dict)


def read_legacy(event: Legacy, options: Options) -> Reading | Notice | None:
    if event.content.startswith(TEST):
        return Notice(reason=Reason.TEST)
    if event.status is None:
        return None
    is_over = event.status is State.RESOLVED
    moment = event.restoreTime if is_over else event.triggerTime
    problems = without_zone(options, moment)
    # A monitor has one alert of its availability, whose recovery after a restart names no threshold.
    threshold = None if event.target == "availability" else event.thresholdId or event.tags.get("thresholdId", "")
    parts = {"monitor": event.tags.get("monitorId", ""), "threshold": threshold, "target": event.target}
    name = event.tags.get("monitorName", "")
    return Reading(
        state=event.status,
        level=None if is_over else event.priority,  # each recovery has the priority of a warning
        identity=[parts, {"target": event.target} | {f"tag.{tag}": text for tag, text in event.tags.items()}],
        title=f"{name}: {event.target}" if name else event.target,
        message=event.content,
        resource=event.tags.get("monitorHost", "") or name,
        labels=event.tags,
        occurred_at=moment and moment.at(options.utc_offset),
        times=Times.NONE if problems else Times.STATED,
        problems=problems,
    )

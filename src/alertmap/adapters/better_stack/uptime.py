"""Outgoing webhooks of Uptime.

Sources: the vendor's pages "Outgoing webhooks" and "List existing incidents", whose object the webhook has.
"""

from datetime import datetime
from typing import Annotated, Literal

from alertmap import conventions, wire
from alertmap.adapter import Problem, ProblemCode, Rank, Reading, Shape, State

# Of the event, and of the status, which has two words more: not yet confirmed, and up but still watched.
STATES = conventions.states(firing="started, Unconfirmed, Validating", acknowledged="acknowledged", resolved="resolved")

GUESSED = "neither event nor status is there; the times decided"


@wire.model
class Attributes:
    name: wire.AnyText = ""
    url: wire.Text = ""  # null for a heartbeat
    cause: wire.Text = ""
    status: Annotated[State | None, wire.state(STATES)] = None
    started_at: wire.Rfc3339 = None
    acknowledged_at: wire.Rfc3339 = None
    acknowledged_by: wire.Text = ""
    resolved_at: wire.Rfc3339 = None
    resolved_by: wire.Text = ""
    team_name: wire.Text = ""
    regions: wire.ScalarText = ""
    screenshot_url: wire.Text = ""


@wire.model
class Data:
    type: Literal["incident"]
    id: wire.AnyText = ""
    attributes: Attributes = Attributes()
    monitor: Annotated[str, wire.inside("monitor", "data", "id"), wire.named("relationships")] = ""
    heartbeat: Annotated[str, wire.inside("heartbeat", "data", "id"), wire.named("relationships")] = ""


@wire.model
class Incident:
    event: Annotated[State | None, wire.state(STATES)] = None
    data: Data


@wire.model
class OtherData:
    type: Literal["monitor", "heartbeat", "on_call_calendar", "release"]


@wire.model
class Other:
    """About no incident."""

    data: OtherData


def read(event: Incident) -> Reading:
    data, facts = event.data, event.data.attributes
    sent = event.event or facts.status
    state = sent or by_times(facts)
    url = conventions.address(facts.url)
    return Reading(
        state=state,
        level="incident",
        identity=[{"incident": data.id.strip()}, {"monitor": data.monitor.strip()}, {"name": facts.name.strip()}],
        title=facts.name,
        message=facts.cause,
        resource=url,
        labels={
            **wire.pick(facts, "team_name", "regions", "acknowledged_by", "resolved_by"),
            "monitor": data.monitor,
            "heartbeat": data.heartbeat,
        },
        links={"url": conventions.link(url), "screenshot": facts.screenshot_url},
        started_at=facts.started_at,
        occurred_at=time_of(facts, state),
        problems=() if sent else (Problem(ProblemCode.STATE_GUESSED, "$.event", GUESSED),),
    )


def by_times(facts: Attributes) -> State:
    if facts.resolved_at:
        return State.RESOLVED
    return State.ACKNOWLEDGED if facts.acknowledged_at else State.FIRING


def time_of(facts: Attributes, state: State) -> datetime | None:
    at = {State.RESOLVED: facts.resolved_at, State.ACKNOWLEDGED: facts.acknowledged_at}.get(state, facts.started_at)
    # In the vendor's own example somebody acknowledged before the start.
    return max(at, facts.started_at) if at and facts.started_at else at


SHAPES = [
    Shape(Incident, read, marks={"$.data.attributes.cause", "$.data.attributes.started_at"}),
    Shape(Other, None, marks={"$.data.attributes"}, rank=Rank.WEAK),
]

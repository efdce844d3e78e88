"""System events of CloudMonitor, by the URL callback of event rules."""

from typing import Annotated

from attrs import Factory

from alertmap import wire
from alertmap.adapter import Reading, Shape, State
from alertmap.adapters.alibaba_cloudmonitor.options import Options, account

STATES = {
    "SCHEDULED": State.FIRING,
    "INQUIRING": State.FIRING,
    "EXECUTING": State.FIRING,
    "FAILED": State.FIRING,
    "NORMAL": State.FIRING,  # it happened: nothing ends it
    "EXECUTED": State.RESOLVED,
    "AVOIDED": State.RESOLVED,
    "CANCELED": State.RESOLVED,
}


@wire.model
class SystemEvent:
    product: wire.AnyText
    name: wire.AnyText
    state: Annotated[State | None, wire.state(STATES), wire.named("status")] = None
    status: wire.Text = ""
    level: wire.Text = ""
    eventTime: wire.BasicTime = None
    eventType: wire.Text = ""
    resourceId: wire.Text = ""
    instanceName: wire.Text = ""
    regionId: wire.Text = ""
    userId: wire.Text = ""
    ruleName: wire.Text = ""
    content: wire.JsonIn[wire.Texts] = Factory(dict)  # documented as an object, relayed as text


def read(event: SystemEvent, options: Options) -> Reading:
    kind, ending = without_status(event)
    resource = event.instanceName or event.resourceId.rpartition("/")[2]
    parts = account(event.userId, options) | {"product": event.product, "event": kind}
    return Reading(
        state=event.state or STATES.get(ending),
        level=event.level,
        identity=[parts | {"resource": event.resourceId}, parts | {"instance": event.instanceName}],
        title=f"{kind} on {resource}" if resource else kind,
        message=", ".join(word for word in (event.eventType, event.status) if word),
        resource=resource,
        labels={
            "product": event.product,
            "region": event.regionId,
            "account": event.userId,
            "rule": event.ruleName,
            "resource_id": event.resourceId,
        }
        | {f"content.{name}": text for name, text in event.content.items()},
        occurred_at=event.eventTime,
        resolvable="NORMAL" not in (event.status.strip().upper(), ending),
    )


def without_status(event: SystemEvent) -> tuple[str, str]:
    """The event's name without its ending, `:Executing`, and that ending in upper case: it is the status again."""
    head, _, tail = event.name.rpartition(":")
    ending = tail.strip().upper()
    if head and (ending in STATES or ending == event.status.strip().upper()):
        return head, ending
    return event.name, ""


SHAPES = [Shape(SystemEvent, read, marks={"level", "eventTime", "regionId"})]

"""Pushes of an event subscription: system events, and threshold events in the same envelope."""

from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Reading, Shape, State

STATES = conventions.states(firing="TRIGGERED", resolved="RESOLVED")

# Statuses of a system event with several steps; each step is an event of its own, and triggered.
STEPS = conventions.states(firing="SCHEDULED, INQUIRING, EXECUTING, FAILED", resolved="EXECUTED, AVOIDED, CANCELED")


@wire.model
class SystemEvent:
    status: wire.Text = ""
    level: wire.Text = ""
    resourceId: wire.AnyText = ""
    instanceName: wire.AnyText = ""
    regionId: wire.Text = ""


@wire.model
class Meta:
    sysEventMeta: SystemEvent = SystemEvent()


@wire.model
class Alert:
    alertStatus: Annotated[State | None, wire.state(STATES)] = None
    product: wire.AnyText = ""
    eventName: wire.AnyText = ""
    arn: wire.AnyText = ""
    dedupId: wire.AnyText = ""  # of a system event it is the id of the single event
    source: wire.Text = ""
    severity: wire.Text = ""
    eventType: wire.Text = ""
    groupName: wire.Text = ""
    timestamp: wire.AnyTime = None
    eventContentMap: wire.JsonIn[wire.Texts] = Factory(dict)
    meta: Meta = Meta()


@wire.model
class Push:
    alert: wire.JsonIn[Alert]  # text in a form
    severity: wire.Text = ""
    strategyName: wire.Text = ""
    userId: wire.Text = ""
    time: wire.AnyTime = None
    autoResolveTime: wire.Text = ""  # 0 where the policy resolves nothing (a body in public code; on no page)


@wire.model
class InParameter:
    """Query of a GET with the data format JSON."""

    data: wire.JsonIn[Push]


def read(event: Push) -> Reading:
    alert, details = event.alert, event.alert.meta.sysEventMeta
    name, step = without_step(alert.eventName, details.status) if is_system(alert) else (alert.eventName, "")
    is_last = STEPS.get(step) is State.RESOLVED
    resource = details.instanceName or (alert.arn or details.resourceId).rpartition("/")[2]
    return Reading(
        state=State.RESOLVED if is_last else alert.alertStatus,
        level=None if is_last else level(event),  # a last step has a level of its own, not that of what ended
        identity=identities(alert, name),
        title=f"{name} on {resource}" if name and resource else name,
        message=conventions.join(alert.eventType, details.status, by=", "),
        resource=resource,
        labels={
            "product": alert.product,
            "region": details.regionId,
            "account": event.userId,
            "group": alert.groupName,
            "subscription": event.strategyName,
            "resource_id": alert.arn or details.resourceId,
        }
        | {f"content.{key}": text for key, text in alert.eventContentMap.items()},
        occurred_at=event.time or alert.timestamp,
        resolvable=step != "NORMAL" or event.autoResolveTime.strip() not in ("", "0"),
    )


def is_system(alert: Alert) -> bool:
    """Return whether an event is a system event; the name of any other one is that of a rule, as its user wrote it."""
    source, details = alert.source.strip().upper(), alert.meta.sysEventMeta
    return source == "SYS_EVENT" or (not source and bool(details.status or details.resourceId))


def without_step(name: str, status: str) -> tuple[str, str]:
    """Return the name of an event without its ending, `:Executing`, and the status in upper case.

    The ending repeats the status, and is in its place where there is none.
    """
    head, _, tail = name.rpartition(":")
    status, ending = status.strip().upper(), tail.strip().upper()
    if head and (ending in STEPS or ending == status):
        return head, status or ending
    return name, status


def identities(alert: Alert, name: str) -> list[dict[str, str | None]]:
    parts: dict[str, str | None] = {"product": alert.product, "event": name}
    details = alert.meta.sysEventMeta
    places = [
        parts | {"resource": alert.arn or details.resourceId},
        parts | {"instance": details.instanceName},
    ]
    single: dict[str, str | None] = {"dedup": alert.dedupId}
    return [*places, single] if is_system(alert) else [single, *places]


def level(event: Push) -> str:
    return event.alert.severity or event.severity or event.alert.meta.sysEventMeta.level


def read_parameter(event: InParameter) -> Reading:
    return read(event.data)


SHAPES = [
    Shape(Push, read, marks={"strategyName", "subscription"}),
    Shape(InParameter, read_parameter, rank=None),
]

"""Events of the activity log, which both schemas hold: Service Health, Resource Health, and all other operations."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, NamedTuple

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Notice, Problem, ProblemCode, Reading, Reason, State, Times
from alertmap.adapters.azure_monitor import arm

# https://learn.microsoft.com/azure/service-health/service-health-notifications-properties
STAGES = conventions.states(
    firing="Active, Planned, InProgress, Rescheduled",
    resolved="Resolved, Complete, Completed, Canceled, Cancelled, RCA",  # the last is the analysis after the end
)
HEALTH = conventions.states(firing="Unavailable, Degraded, Unknown", resolved="Available")

# Status of an event of Service Health without a stage, and of Resource Health without the health of the resource.
STATUSES = {"resolved": State.RESOLVED, "active": State.FIRING, "inprogress": State.FIRING, "updated": State.FIRING}

# The common schema holds the numbers of .NET's EventLevel for Service Health.
NUMBERS = {"1": "Critical", "2": "Error", "3": "Warning", "4": "Informational", "5": "Verbose"}


@wire.model
class Event:
    operationName: wire.AnyText
    level: wire.AnyText = ""
    status: wire.Text = ""
    eventTimestamp: wire.Rfc3339 = None
    caller: wire.Text = ""
    # The rest stands here in the schema of the activity log only.
    eventDataId: wire.AnyText = ""
    resourceId: wire.AnyText = ""
    subscriptionId: wire.AnyText = ""
    description: wire.Text = ""


@wire.model
class ServiceFacts:
    trackingId: wire.AnyText
    stage: Annotated[State | None, wire.state(STAGES)] = None
    title: wire.Text = ""
    communication: wire.Text = ""
    service: wire.Text = ""
    region: wire.Text = ""
    incidentType: wire.Text = ""
    impactStartTime: wire.Rfc3339 = None
    isSynthetic: Annotated[wire.AnyText, wire.also("IsSynthetic")] = ""


@wire.model
class ServiceEvent(Event):
    properties: ServiceFacts


@wire.model
class ResourceFacts:
    currentHealthStatus: Annotated[State, wire.state(HEALTH)]
    word: Annotated[wire.Text, wire.named("currentHealthStatus")] = ""
    previousHealthStatus: wire.Text = ""
    title: wire.Text = ""
    details: wire.Text = ""
    cause: wire.Text = ""


@wire.model
class ResourceEvent(Event):
    properties: ResourceFacts


@wire.model
class OperationFacts:
    severity: wire.Text = ""  # of alerts of Defender, whose events are all informational
    recommendationType: wire.AnyText = ""
    recommendationName: wire.Text = ""


@wire.model
class OperationEvent(Event):
    operationId: wire.AnyText = ""
    facts: Annotated[OperationFacts, wire.named("properties")] = OperationFacts()
    properties: wire.Texts = Factory(dict)


class Sent(NamedTuple):
    """Facts of an alert that the two schemas hold in different places."""

    id: str
    """Id of this one notification."""
    rule: str
    """Name of the alert rule; "" where the schema has none."""
    severity: str
    target: str
    """ARM id of the resource, or of the subscription."""
    subscription: str
    description: str
    at: datetime | None
    labels: Mapping[str, str]
    links: Mapping[str, str]


SYNTHETIC = Problem(ProblemCode.MISSING, "$", "a synthetic event of Service Health is no alert")


def reading(
    event: ServiceEvent | ResourceEvent | OperationEvent, sent: Sent, state: State | None
) -> Reading | list[Notice | Problem]:
    """Read an event; `state` is that of the alert, which only counts where the event has none of its own."""
    if isinstance(event, ServiceEvent):
        return of_service(event, sent)
    if isinstance(event, ResourceEvent):
        # The status does not count: that of a restart by a user is "Active", with a resource that is available.
        return of_resource(event, event.properties, event.properties.currentHealthStatus, sent)
    if arm.same(event.operationName).startswith("microsoft.resourcehealth/"):
        facts = ResourceFacts(currentHealthStatus=State.FIRING, title=event.properties.get("title", ""))
        return of_resource(event, facts, STATUSES.get(wire.state_word(event.status)), sent)
    return of_operation(event, sent, state)


def of_service(event: ServiceEvent, sent: Sent) -> Reading | list[Notice | Problem]:
    facts = event.properties
    if wire.loosen(facts.isSynthetic) == "true":
        return [Notice(reason=Reason.TEST), SYNTHETIC]
    # Each update is an alert of its own, with its own id and the condition "Fired", and only the stage ends it.
    state = STATUSES.get(wire.state_word(event.status)) if facts.stage is None else facts.stage
    return Reading(
        state=state,
        level=level(event) or sent.severity,
        identity=[
            {"tracking": facts.trackingId, "subscription": sent.subscription},
            {"tracking": facts.trackingId},
            {"notification": sent.id},
        ],
        title=facts.title or sent.rule,
        message=facts.communication or sent.description,
        resource=facts.service,
        labels={
            **sent.labels,
            **wire.pick(facts, "service", "region", "incidentType", "trackingId"),
            "status": event.status,
        },
        links=sent.links,
        # A maintenance and an advice lie ahead.
        started_at=facts.impactStartTime if wire.loosen(facts.incidentType) == "incident" else None,
        occurred_at=event.eventTimestamp or sent.at,
        times=Times.STATED,
    )


def of_resource(event: Event, facts: ResourceFacts, state: State | None, sent: Sent) -> Reading:
    return Reading(
        state=state,
        # A recovery is informational, whatever it ends.
        level=None if state is State.RESOLVED else level(event) or sent.severity,
        identity=[{"health": arm.same(sent.target)}, {"notification": sent.id}],
        title=facts.title or sent.rule,
        message=facts.details or sent.description,
        resource=arm.name(sent.target),
        labels={
            **sent.labels,
            "health": facts.word,
            "previousHealth": facts.previousHealthStatus,
            "cause": facts.cause,
            "status": event.status,
        },
        links=sent.links,
        occurred_at=event.eventTimestamp or sent.at,
        times=Times.STATED,
    )


def of_operation(event: OperationEvent, sent: Sent, state: State | None) -> Reading:
    operation, facts = event.operationName, event.facts
    is_security = operation.lower().startswith("microsoft.security/")
    # Steps of an operation (started, succeeded) are one alert. Two findings about one resource are two.
    finding = event.operationId if is_security else facts.recommendationType
    own = {f"properties.{name}": text for name, text in event.properties.items()}
    return Reading(
        state=state,
        level=(facts.severity if is_security else "") or level(event) or sent.severity,
        identity=[
            {"operation": arm.same(operation), "resource": arm.same(sent.target), "finding": finding or None},
            {"notification": sent.id},
        ],
        title=sent.rule or facts.recommendationName or f"{operation} {event.status}".strip(),
        message=sent.description or event.properties.get("description", ""),
        resource=arm.name(sent.target),
        labels={**own, **sent.labels, "operation": operation, "status": event.status, "caller": event.caller},
        links=sent.links,
        occurred_at=event.eventTimestamp or sent.at,
        times=Times.STATED,
        resolvable=False,
    )


def level(event: Event) -> str:
    return NUMBERS.get(event.level, event.level)

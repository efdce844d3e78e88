"""Webhooks: incidents and alerts.

Sources: the vendor's pages "Webhooks" and "API reference, Webhooks", and the list of events in its OpenAPI document.
"""

from typing import Annotated, Any

from alertmap import conventions, wire
from alertmap.adapter import Notice, Problem, ProblemCode, Reading, Reason, Request, Shape, State, Times
from alertmap.adapters.incident_io.alert_source import STATES

# Categories of its status, whose name is the account's own; `live` in older versions.
CATEGORIES = conventions.states(
    firing="triage, active, live", suppressed="paused", resolved="learning, closed, canceled, declined, merged"
)

# Beginnings of events that change no alert, and of those that should.
OTHERS = (
    *("public_incident.follow_up_", "public_incident.action_", "public_incident.postmortem_", "public_escalation."),
    *("private_", "schedule.", "status_page_incident."),
)
PRIVATE = ("private_incident.incident_", "private_alert.")

IS_PRIVATE = Problem(ProblemCode.MISSING, "$.event_type", "it is private: only its id is sent, so its state is unknown")

IS_LATER = Problem(ProblemCode.MISSING, "$.event_type", "the incident was recorded after the fact: it is no alert")

IS_UNKNOWN = Problem(
    ProblemCode.STATE_UNKNOWN, "$.event_type", "the event is unknown, or its object is missing; no alert changes"
)


@wire.model
class Status:
    category: Annotated[State, wire.state(CATEGORIES)]
    name: wire.Text = ""


@wire.model
class Incident:
    id: wire.NonBlank
    incident_status: Status
    reference: wire.Text = ""
    name: wire.Text = ""
    summary: wire.Text = ""
    permalink: wire.Text = ""
    severity: Annotated[str, wire.inside("name")] = ""  # null until somebody sets it
    type: Annotated[str, wire.inside("name"), wire.named("incident_type")] = ""
    mode: wire.Text = ""
    created_at: wire.Rfc3339 = None
    updated_at: wire.Rfc3339 = None


@wire.model
class IncidentChanged:
    incident: Annotated[
        Incident, wire.named("public_incident.incident_created_v2", "public_incident.incident_updated_v2")
    ]


@wire.model
class Update:
    incident: Incident
    message: wire.Text = ""


@wire.model
class StatusChanged:
    update: Annotated[Update, wire.named("public_incident.incident_status_updated_v2")]


@wire.model
class Attribute:
    name: Annotated[str, wire.inside("name"), wire.named("attribute")] = ""
    label: Annotated[str, wire.inside("label"), wire.named("value")] = ""
    literal: Annotated[str, wire.inside("literal"), wire.named("value")] = ""


@wire.model
class Alert:
    id: wire.NonBlank
    status: Annotated[State, wire.state(STATES)]
    title: wire.Text = ""
    description: wire.Text = ""
    deduplication_key: wire.Text = ""
    alert_source_id: wire.Text = ""
    source_url: wire.Text = ""
    attributes: wire.Items[Attribute] = wire.Items()
    created_at: wire.Rfc3339 = None
    resolved_at: wire.Rfc3339 = None


@wire.model
class AlertChanged:
    alert: Annotated[Alert, wire.named("public_alert.alert_created_v1", "public_alert.alert_resolved_v1")]


@wire.model
class Other:
    event_type: wire.NonBlank


def read_incident(event: IncidentChanged) -> Reading | Notice | Problem:
    return of_incident(event.incident, event.incident.summary)


def read_status(event: StatusChanged) -> Reading | Notice | Problem:
    return of_incident(event.update.incident, event.update.message or event.update.incident.summary)


def of_incident(incident: Incident, message: str) -> Reading | Notice | Problem:
    if incident.mode in ("test", "tutorial"):
        return Notice(reason=Reason.TEST)
    if incident.mode == "retrospective":
        return IS_LATER
    return Reading(
        state=incident.incident_status.category,
        level=incident.severity or "unset",
        identity={"incident": incident.id.strip()},
        title=conventions.join(incident.reference, incident.name),
        message=message,
        labels={**wire.pick(incident, "reference", "severity", "type"), "status": incident.incident_status.name},
        links={"source": incident.permalink},
        started_at=incident.created_at,
        occurred_at=incident.updated_at,
    )


def read_alert(event: AlertChanged) -> Reading:
    alert = event.alert
    labels = {one.name: one.label or one.literal for _, one in alert.attributes if one.name}
    return Reading(
        state=alert.status,
        level=conventions.level(labels) or "unset",
        identity={"alert": alert.id.strip()},
        title=alert.title,
        message=alert.description,
        labels={**wire.pick(alert, "deduplication_key", "alert_source_id"), **labels},
        links={"source": alert.source_url},
        started_at=alert.created_at,
        occurred_at=alert.resolved_at if alert.status is State.RESOLVED else alert.created_at,
    )


def read_other(event: Other) -> Problem | None:
    if event.event_type.startswith(PRIVATE):
        return IS_PRIVATE
    # A new kind of event is no reason to refuse: failures of five days turn the endpoint off.
    return None if event.event_type.startswith(OTHERS) else IS_UNKNOWN


def is_other(document: Any, _request: Request) -> bool:
    event_type = document["event_type"]
    return type(event_type) is str and event_type.startswith(OTHERS) and event_type in document


SHAPES = [
    Shape(IncidentChanged, read_incident, marks={"event_type"}),
    Shape(StatusChanged, read_status, marks={"event_type"}),
    Shape(AlertChanged, read_alert, marks={"event_type"}, times=Times.SINCE),
    Shape(Other, read_other, marks=is_other),
]

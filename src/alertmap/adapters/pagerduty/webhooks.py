"""Webhooks, versions 3, 2 and 1.

Sources: PagerDuty/developer-docs, docs/webhooks 01-Overview, 02-Behavior, 09-V2-Overview, 10-V1-Overview.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

from attrs import evolve

from alertmap import wire
from alertmap.adapter import Notice, Problem, ProblemCode, Reading, Reason, Request, Shape, State, Times
from alertmap.adapters.pagerduty.levels import is_level

STATUSES = {"triggered": State.FIRING, "acknowledged": State.ACKNOWLEDGED, "resolved": State.RESOLVED}

EVENTS = {
    "incident.trigger": State.FIRING,
    "incident.unacknowledge": State.FIRING,
    "incident.escalate": State.FIRING,
    "incident.assign": State.FIRING,
    "incident.delegate": State.FIRING,
    "incident.acknowledge": State.ACKNOWLEDGED,
    "incident.resolve": State.RESOLVED,
    "incident.annotate": None,
}
"""Events of versions 1 and 2; the status of the incident says more where it is sent."""


@wire.model
class Reference:
    id: wire.Text = ""
    summary: wire.Text = ""
    name: wire.Text = ""


@wire.model
class Incident:
    """Fields that all versions have."""

    id: wire.NonBlank
    incident_key: wire.AnyText = ""  # of the event that opened it; later incidents may have it, too
    title: wire.Text = ""
    number: Annotated[wire.Text, wire.also("incident_number")] = ""
    html_url: wire.Text = ""
    created_at: Annotated[wire.Rfc3339, wire.also("created_on")] = None
    service: Reference = Reference()
    priority: Reference = Reference()  # null where the account has no priorities
    urgency: wire.Text = ""


@wire.model
class IncidentV3(Incident):
    status: Annotated[State, wire.state(STATUSES)]


@wire.model
class EventV3:
    data: IncidentV3
    event_type: wire.Text = ""
    resource_type: wire.Text = ""
    occurred_at: wire.Rfc3339 = None


@wire.model
class WebhookV3:
    event: EventV3


@wire.model
class OtherData:
    """Notes, responders and the like, and services: they change no alert."""

    type: Literal[
        "incident_note",
        "incident_responder",
        "incident_status_update",
        "incident_task",
        "incident_role",
        "incident_role_assignment",
        "incident_conference_bridge",
        "incident_field_values",
        "incident_custom_field_values",
        "incident_workflow_instance",
        "action_invocation",
        "service",
        "service_custom_field_values",
    ]


@wire.model
class OtherEvent:
    data: OtherData
    event_type: wire.Text


@wire.model
class OtherWebhook:
    event: OtherEvent


@wire.model
class Ping:
    event_type: Literal["pagey.ping"]


@wire.model
class PingWebhook:
    """Test button of a webhook."""

    event: Ping


@wire.model
class Summary:
    subject: wire.Text = ""  # of incidents that were opened by hand or by mail
    description: wire.Text = ""  # of incidents that were opened by an event


@wire.model
class OldIncident(Incident):
    status: Annotated[State | None, wire.state(STATUSES)] = None
    last_status_change_at: Annotated[wire.Rfc3339, wire.also("last_status_change_on")] = None
    description: wire.Text = ""
    trigger_summary_data: Summary = Summary()


@wire.model
class MessageV2:
    event: Annotated[State | None, wire.state(EVENTS)]
    incident: OldIncident
    created_on: wire.Rfc3339 = None


@wire.model
class Data:
    incident: OldIncident


@wire.model
class MessageV1:
    type: Annotated[State | None, wire.state(EVENTS)]
    data: Data
    created_on: wire.Rfc3339 = None


@wire.model
class OldWebhook:
    messages: wire.Items[MessageV2 | MessageV1]


def read(webhook: WebhookV3) -> Reading:
    event = webhook.event
    return reading(event.data, event.data.status, event.data.title, event.occurred_at, Times.STATED)


def read_other(_webhook: OtherWebhook) -> None:
    return None


def read_ping(_webhook: PingWebhook) -> Notice:
    return Notice(reason=Reason.TEST)


def read_old(webhook: OldWebhook) -> Iterable[Reading | Problem]:
    if not webhook.messages:
        return [Problem(ProblemCode.MISSING, "$.messages", "the webhook holds no messages")]
    # An acknowledgement by somebody who was not assigned is an assignment, too: two messages with one snapshot.
    last: dict[str, Reading] = {}
    for where, message in webhook.messages:
        event, incident = (
            (message.event, message.incident)
            if isinstance(message, MessageV2)
            else (message.type, message.data.incident)
        )
        if event is None:
            continue
        cause = incident.trigger_summary_data
        title = incident.title or cause.subject or cause.description or incident.description
        if not title and incident.number:
            title = f"incident #{incident.number}"
        changed = incident.last_status_change_at or message.created_on
        # An acknowledged incident is assigned and escalated, too.
        last[incident.id] = evolve(reading(incident, incident.status or event, title, changed, Times.SINCE), path=where)
    return last.values()


def reading(incident: Incident, state: State, title: str, occurred_at: datetime | None, times: Times) -> Reading:
    priority = incident.priority.summary or incident.priority.name
    level = priority if is_level(priority) else incident.urgency or priority
    return Reading(
        state=state,
        level=level or ("unset" if state is State.FIRING else None),
        identity={"id": incident.id.strip()},
        title=title,
        resource=incident.service.summary or incident.service.name,
        labels={
            "incident_key": incident.incident_key,
            "number": incident.number,
            "priority": priority,
            "urgency": incident.urgency,
            "service": incident.service.summary or incident.service.name,
            "service_id": incident.service.id,
        },
        links={"source": incident.html_url},
        started_at=incident.created_at,
        occurred_at=occurred_at,
        times=times,
    )


def old_marks(document: Any, _request: Request) -> bool:
    messages = document["messages"] if type(document["messages"]) is list else []
    first = messages[0] if messages and type(messages[0]) is dict else {}
    return any(first.get(name) in EVENTS for name in ("event", "type") if type(first.get(name)) is str)


SHAPES = [
    Shape(PingWebhook, read_ping),
    Shape(OtherWebhook, read_other, marks={"$.event.resource_type"}),
    Shape(WebhookV3, read, marks={"$.event.resource_type"}),
    Shape(OldWebhook, read_old, marks=old_marks),
]

"""incident.io: its webhooks, and what tools post to its HTTP alert source.

Set up:

1. Settings, Webhooks, add an endpoint with the URL `https://receiver.example/incident_io`.
2. Subscribe it to `public_incident.incident_created_v2`, `public_incident.incident_updated_v2`,
   `public_alert.alert_created_v1` and `public_alert.alert_resolved_v1`; or to one of the two kinds, where each alert
   becomes an incident.
3. Copy the signing secret, `whsec_…`, into the source: `Auth(secrets="whsec_…")`.
4. In incident.io's place: give a tool that asks for the URL of an HTTP alert source
   `https://receiver.example/incident_io`, and the source's own token as its bearer token.

Answer webhooks with any status from 200 to 299; they are sent again for a day, with the same `webhook-id`, and after
five days of failures the endpoint is turned off. Answer an event of a tool with `adapter.answer`: status 202 and its
`deduplication_key`, with which some tools (Gatus) resolve.

An incident is an alert, with its id as the key. Each change of it is sent, with its state: triage and active fire,
paused is muted; learning, closed, canceled, declined and merged are over. The level is the name of its severity:
critical, major is high, minor is medium; names of your own are overrides of the source. Tests and tutorials are no
alerts, and what is recorded after the fact is a problem. An alert of incident.io is keyed by its id, too, and has the
key of its sender as the label `deduplication_key`; its level is the attribute `severity` or `priority`.

An event of a tool is keyed by its `deduplication_key`; its level is `severity` or `priority` of its metadata. It has no
time, so the order of arrival counts.

Limits: of a private incident or alert only the id is sent: that is a problem, and no alert. Who acknowledges an
escalation is not read; nor are follow-ups, actions, post-mortems, schedules and status pages. A test that the page of
the endpoint sends looks like an incident. An event of a tool without a key is keyed by its title, and nothing ends it.
Flux resolves here with every event that is no error, also where an object still waits: `fluxcd` reads more of it. What
Alertmanager sends to incident.io is a case for `prometheus_alertmanager`.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import (
    STANDARD_WEBHOOKS,
    Adapter,
    Batch,
    Notice,
    Problem,
    ProblemCode,
    Rank,
    Reading,
    Reason,
    Reply,
    Severity,
    Shape,
    State,
    Times,
)

# Categories of its status, whose name is the account's own; `live` in older versions.
CATEGORIES = conventions.states(
    firing="triage, active, live", suppressed="paused", resolved="learning, closed, canceled, declined, merged"
)

STATES = conventions.states(firing="firing", resolved="resolved")

LEVELS = conventions.LEVELS | {"unset": Severity.MEDIUM}  # `unset` is ours

PRIVATE = Problem(ProblemCode.MISSING, "$.event_type", "it is private: only its id is sent, so its state is unknown")

LATER = Problem(ProblemCode.MISSING, "$.event_type", "the incident was recorded after the fact: no alert was sent")


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
class Private:
    event_type: Literal[
        "private_incident.incident_created_v2",
        "private_incident.incident_updated_v2",
        "private_incident.incident_status_updated_v2",
        "private_alert.alert_created_v1",
        "private_alert.alert_resolved_v1",
    ]


@wire.model
class Other:
    event_type: Literal[
        "public_incident.follow_up_created_v1",
        "public_incident.follow_up_created_v2",
        "public_incident.follow_up_updated_v1",
        "public_incident.follow_up_updated_v2",
        "public_incident.action_created_v1",
        "public_incident.action_updated_v1",
        "public_incident.postmortem_document_status_updated_v1",
        "public_escalation.escalation_created_v1",
        "public_escalation.escalation_status_updated_v1",
        "private_incident.follow_up_created_v1",
        "private_incident.follow_up_created_v2",
        "private_incident.follow_up_updated_v1",
        "private_incident.follow_up_updated_v2",
        "private_incident.action_created_v1",
        "private_incident.action_updated_v1",
        "private_incident.membership_granted_v1",
        "private_incident.membership_revoked_v1",
        "private_incident.postmortem_document_status_updated_v1",
        "private_escalation.escalation_created_v1",
        "private_escalation.escalation_status_updated_v1",
        "schedule.shift_change_v1",
        "schedule.created_v1",
        "schedule.updated_v1",
        "schedule.deleted_v1",
        "status_page_incident.update_shared_v1",
    ]


@wire.model
class ToolEvent:
    """Event of a tool, at the HTTP alert source."""

    title: wire.AnyText
    status: Annotated[State, wire.state(STATES)]
    deduplication_key: wire.AnyText = ""
    description: wire.Text = ""
    source_url: wire.Text = ""
    metadata: wire.Texts = Factory(dict)


def read_incident(event: IncidentChanged) -> Reading | Notice | Problem:
    return of_incident(event.incident, event.incident.summary)


def read_status(event: StatusChanged) -> Reading | Notice | Problem:
    return of_incident(event.update.incident, event.update.message or event.update.incident.summary)


def of_incident(incident: Incident, message: str) -> Reading | Notice | Problem:
    if incident.mode in ("test", "tutorial"):
        return Notice(reason=Reason.TEST)
    if incident.mode == "retrospective":
        return LATER
    return Reading(
        state=incident.incident_status.category,
        level=incident.severity or "unset",
        identity={"incident": incident.id.strip()},
        title=conventions.join(incident.reference, incident.name),
        message=message,
        labels={
            **wire.pick(incident, "reference", "severity", "type"),
            "status": incident.incident_status.name,
        },
        links={"source": incident.permalink},
        started_at=incident.created_at,
        occurred_at=incident.updated_at,
    )


def read_alert(event: AlertChanged) -> Reading:
    alert = event.alert
    labels = {one.name: one.label or one.literal for _, one in alert.attributes if one.name}
    return Reading(
        state=alert.status,
        level=level(labels) or "unset",
        identity={"alert": alert.id.strip()},
        title=alert.title,
        message=alert.description,
        labels={**labels, **wire.pick(alert, "deduplication_key", "alert_source_id")},
        links={"source": alert.source_url},
        started_at=alert.created_at,
        occurred_at=ended(alert),
    )


def ended(alert: Alert) -> datetime | None:
    return alert.resolved_at if alert.status is State.RESOLVED else alert.created_at


def read_tool_event(event: ToolEvent) -> Reading:
    key = event.deduplication_key.strip()
    is_over = event.status is State.RESOLVED
    return Reading(
        state=event.status,
        level=None if is_over else level(event.metadata) or "unset",  # Flux sends the level of the recovery
        identity=[{"deduplication_key": key}, {"title": event.title.strip()}],
        title=event.title,
        message=event.description,
        resource=conventions.host(event.metadata),
        labels=event.metadata,
        links={"source": event.source_url},
        resolvable=bool(key),
    )


def level(labels: Mapping[str, str]) -> str | None:
    return conventions.level({name.lower(): text for name, text in labels.items()})


def answer(batch: Batch) -> Reply:
    """Return the answer of the HTTP alert source to an event of a tool; webhooks are content with any status 2xx."""
    keys = [alert.identity["deduplication_key"] for alert in batch if "deduplication_key" in alert.identity]
    if not keys:
        return Reply()
    return Reply(
        status=202,
        body=json.dumps({"status": "success", "message": "Event accepted", "deduplication_key": keys[0]}),
    )


adapter = Adapter(
    name="incident_io",
    title="incident.io",
    shapes=[
        Shape(IncidentChanged, read_incident, marks={"event_type"}),
        Shape(StatusChanged, read_status, marks={"event_type"}),
        Shape(AlertChanged, read_alert, marks={"event_type"}, times=Times.SINCE),
        Shape(Private, lambda _private: PRIVATE),
        Shape(Other, None),
        Shape(ToolEvent, read_tool_event, marks={"deduplication_key"}, rank=Rank.WEAK, times=Times.NONE),
    ],
    levels=LEVELS,
    open_levels=True,
    times=Times.STATED,
    repeats={State.FIRING, State.RESOLVED},  # learning, then closed
    reads_also={"checkly"},  # its channel for incident.io
    answer=answer,
    retries=True,
    delivery_header="webhook-id",
    signatures=STANDARD_WEBHOOKS,
    identity_parts={"incident", "alert", "deduplication_key", "title"},
)

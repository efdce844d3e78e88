"""Rootly: the alerts and incidents of its outgoing webhooks.

Set up:

1. Settings, Webhooks, New Webhook, with the URL `https://receiver.example/rootly`.
2. Choose all events `alert.*` and `incident.*`, or one of the two where each alert becomes an incident. An empty list
   sends all there are; those below Limits are passed over.
3. Copy the secret into the source: `Auth(secrets="…")`. It signs time and body in the header `X-Rootly-Signature`.

Answer with any status from 200 to 299.

An alert is keyed by its source and the id that it has there, or else by Rootly's own id. The event decides: `resolved`
and `deleted` end it, and who acknowledges it ends nothing; for `created` and `updated` its status counts, and without
one the time of its end. Its level is the label `severity`, `priority` or `urgency`, or else `severity` of the data that
its source sent.

An incident is keyed by its id. One that is mitigated is not over: somebody has it in hand, so it is acknowledged.
Resolved, closed, cancelled and deleted end it. Its level is its severity; names of your own are overrides of the
source. Without a level an alert or incident has the level `unset`, which is medium. A test or an example is no alert.

Limits: a webhook that lists `alert.created` alone never sends a recovery: let alerts of such a source expire. Of the
data that a source sent with an alert only `severity` and `host` are read. Scheduled maintenance, post-mortems, pulses,
shifts and workflow runs change no alert.
"""

from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, InHeader, Notice, Reading, Reason, Severity, Shape, Signature, State, Times

OTHERS = (
    "incident.scheduled.created, incident.scheduled.updated, incident.scheduled.in_progress,"
    "incident.scheduled.completed, incident.scheduled.deleted, incident_event.created, incident_event.updated,"
    "incident_event.deleted, incident_post_mortem.created, incident_post_mortem.updated,"
    "incident_post_mortem.published, incident_post_mortem.deleted, incident_status_page_event.created,"
    "incident_status_page_event.updated, incident_status_page_event.deleted, genius_workflow_run.queued,"
    "genius_workflow_run.started, genius_workflow_run.completed, genius_workflow_run.failed,"
    "genius_workflow_run.canceled, pulse.created, shift.started, audit_log.created"
)

EVENTS = conventions.states(
    firing="incident.in_triage",
    acknowledged="alert.acknowledged, incident.mitigated",
    resolved="alert.resolved, alert.deleted, incident.resolved, incident.cancelled, incident.deleted",
    no_state=f"alert.created, alert.updated, incident.created, incident.updated, {OTHERS}",
)

OF_DATA = {"alert.created", "alert.updated", "incident.created", "incident.updated"}  # the data have the state

STATES = conventions.states(
    firing="open, triggered, in_triage, started, detected",
    acknowledged="acknowledged, mitigated",
    resolved="resolved, closed, cancelled",
)

LEVELS = conventions.LEVELS | {"unset": Severity.MEDIUM}  # `unset` is ours

TESTS = {"test", "test_sub", "example", "example_sub"}  # kinds of an incident


@wire.model
class Pair:
    key: wire.AnyText = ""
    value: wire.AnyText = ""


@wire.model
class Grade:
    severity: wire.Text = ""  # of four words
    name: wire.Text = ""  # the account's own


@wire.model
class Named:
    name: wire.Text = ""


@wire.model
class Data:
    """Fields of alerts and of incidents."""

    id: wire.NonBlank
    status: Annotated[State | None, wire.state(STATES)] = None
    word: Annotated[wire.AnyText, wire.named("status")] = ""
    summary: wire.Text = ""
    url: wire.Text = ""
    started_at: wire.Rfc3339 = None
    services: wire.Items[Named] = wire.Items()
    environments: wire.Items[Named] = wire.Items()
    # of an alert
    source: wire.AnyText = ""
    external_id: wire.AnyText = ""  # null where somebody made the alert by hand
    external_url: wire.Text = ""
    labels: dict[str, wire.AnyText] | list[Pair] = Factory(dict)  # an object in the examples of edge connectors
    host: Annotated[str, wire.inside("host"), wire.named("data")] = ""
    sent_severity: Annotated[str, wire.inside("severity"), wire.named("data")] = ""
    ended_at: wire.Rfc3339 = None
    # of an incident
    title: wire.Text = ""
    sequential_id: wire.Text = ""
    kind: wire.Text = ""
    severity: Grade | wire.Text = ""


@wire.model
class Event:
    type: Annotated[State | None, wire.state(EVENTS)]
    word: Annotated[wire.AnyText, wire.named("type")] = ""
    issued_at: wire.Rfc3339 = None


@wire.model
class Webhook:
    event: Event
    data: Data


def read(webhook: Webhook) -> Reading | Notice | None:
    event, data = webhook.event, webhook.data
    word = wire.state_word(event.word)
    if event.type is None and word not in OF_DATA:
        return None
    if word.startswith("alert."):
        return of_alert(event, data)
    return Notice(reason=Reason.TEST) if data.kind in TESTS else of_incident(event, data)


def of_alert(event: Event, alert: Data) -> Reading:
    labels = alert.labels if isinstance(alert.labels, dict) else {one.key: one.value for one in alert.labels if one.key}
    number, service = alert.id.strip(), names(alert.services)
    by_source = {"source": alert.source.strip(), "external_id": alert.external_id.strip()}
    by_id = [{"alert": number}]
    return Reading(
        state=event.type or alert.status or (State.RESOLVED if alert.ended_at else State.FIRING),
        level=conventions.level(labels) or labels.get("urgency") or alert.sent_severity or "unset",
        identity=[by_source, *by_id] if by_source["external_id"] else by_id,
        title=alert.summary,
        resource=conventions.host(labels) or alert.host or service,
        labels={
            "source": alert.source,
            "alert_id": number,
            "service": service,
            "environment": names(alert.environments),
            **labels,
        },
        links={"source": alert.external_url, "rootly": alert.url},
        started_at=alert.started_at,
        occurred_at=event.issued_at,
    )


def of_incident(event: Event, incident: Data) -> Reading:
    grade, service = incident.severity, names(incident.services)
    return Reading(
        state=event.type or incident.status,
        level=(grade if isinstance(grade, str) else grade.severity or grade.name) or "unset",
        identity={"incident": incident.id.strip()},
        title=incident.title,
        message=incident.summary,
        resource=service,
        labels={
            "number": incident.sequential_id,
            "status": incident.word,
            "service": service,
            "environment": names(incident.environments),
        },
        links={"source": incident.url},
        started_at=incident.started_at,
        occurred_at=event.issued_at,
    )


def names(items: wire.Items[Named]) -> str:
    return ", ".join(one.name for _, one in items if one.name)


adapter = Adapter(
    name="rootly",
    title="Rootly",
    shapes=[
        Shape(Webhook, read, marks={"$.event.issued_at"}, headers={"X-Rootly-Signature": ""}),
    ],
    levels=LEVELS,
    open_levels=True,
    times=Times.STATED,
    repeats={State.FIRING},
    delivery_field="$.event.id",
    signatures=[
        Signature(
            place=InHeader("X-Rootly-Signature", "v1=", ","),
            content="{timestamp}{body}",
            timestamp=InHeader("X-Rootly-Signature", "t=", ","),
        )
    ],
    identity_parts={"source", "external_id", "alert", "incident"},
)

"""Squadcast (SolarWinds Incident Response): its outgoing webhooks, and what tools post to its Incident Webhook.

Set up:

1. Settings, Webhooks, Add Webhook. Version: v2. Method: POST. The URL:

   ```text
   https://receiver.example/squadcast?token=…
   ```

2. Triggers: incident triggered, reassigned, acknowledged, resolved, and tags updated. Keep the payload as it is.
3. In Squadcast's place: give a tool that asks for Squadcast's URL the same URL.

Answer with any status from 200 to 299; Squadcast tries three times more. Nothing is signed: the token in the URL is the
proof.

An incident is an alert, with its id as the key; versions v1 and v2 of the webhook have the same. Its status decides:
triggered fires, suppressed is muted, and who acknowledges it ends nothing. A triggered incident is sent again when it
is assigned to somebody else. The level is the tag `severity` or `priority`, or else the incident's priority; without
both it is `unset`, which is medium.

An event of a tool is keyed by its `event_id`, with which it is resolved; without a status it is a trigger. It has no
time, so the order of arrival counts.

Limits: an event without `event_id` is keyed by its message, and nothing ends it: let incidents of such a source expire.
Of the event that opened an incident only `event_id` is read. Notes, tasks, communication channels and service levels
change no alert; the updates of a status page are refused. A payload with a template of its own is a case for `generic`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Rank, Reading, Severity, Shape, State, Times

STATES = conventions.states(
    firing="triggered, trigger", acknowledged="acknowledged", suppressed="suppressed", resolved="resolved, resolve"
)

LEVELS = conventions.LEVELS | {"unset": Severity.MEDIUM}  # Squadcast's word for no priority


@wire.model
class Tag:
    value: wire.AnyText


@wire.model
class Incident:
    id: wire.NonBlank
    status: Annotated[State, wire.state(STATES)]
    message: wire.Text = ""
    description: wire.Text = ""
    url: wire.Text = ""  # in v2
    created_at: wire.Rfc3339 = None
    service: Annotated[str, wire.inside("name")] = ""
    alert_source: Annotated[str, wire.inside("type")] = ""
    tags: dict[str, Tag | wire.AnyText] = Factory(dict)
    priority: wire.Text = ""
    event_id: Annotated[str, wire.inside("event_id"), wire.named("event_payload")] = ""
    event_count: wire.Number | None = None


@wire.model
class Step:
    time: wire.Rfc3339 = None


@wire.model
class WebhookV1(Incident):
    event_type: wire.Text
    timeline: wire.Items[Step] = wire.Items()


@wire.model
class Event:
    timestamp: wire.Rfc3339 = None


@wire.model
class Data:
    resource_data: Incident


@wire.model
class WebhookV2:
    version: Literal["v2"]
    event: Event = Event()
    data: Data


@wire.model
class OtherData:
    incident: dict[str, wire.Json]  # beside a note, a task or the like


@wire.model
class OtherV2:
    version: Literal["v2"]
    data: OtherData


@wire.model
class Incoming:
    message: wire.AnyText = ""
    description: wire.Text = ""
    tags: dict[str, Tag | wire.AnyText] = Factory(dict)
    event_id: wire.AnyText = ""
    priority: wire.Text = ""


@wire.model
class Stated(Incoming):
    status: Annotated[State, wire.state(STATES)]


@wire.model
class Trigger(Incoming):
    """Event without a status: by the page "Payload format" a trigger needs these two fields alone."""

    message: wire.NonBlank
    description: wire.Text


def read_v1(webhook: WebhookV1) -> Reading:
    times = [step.time for _, step in webhook.timeline if step.time]
    return reading(webhook, max(times, default=None))


def read_v2(webhook: WebhookV2) -> Reading:
    return reading(webhook.data.resource_data, webhook.event.timestamp)


def reading(incident: Incident, at: datetime | None) -> Reading:
    labels = texts(incident.tags)
    return Reading(
        state=incident.status,
        level=conventions.level(labels) or incident.priority or "unset",
        identity={"id": incident.id.strip()},
        title=incident.message,
        message=incident.description,
        resource=incident.service,
        labels={
            "service": incident.service,
            "alert_source": incident.alert_source,
            "event_id": incident.event_id,
            **labels,
        },
        links={"source": incident.url},
        values={} if incident.event_count is None else {"events": incident.event_count},
        started_at=incident.created_at,
        occurred_at=at,
        times=None if at else Times.NONE,
    )


def read_incoming(event: Stated | Trigger) -> Reading:
    labels = texts(event.tags)
    return Reading(
        state=event.status if isinstance(event, Stated) else State.FIRING,
        level=conventions.level(labels) or event.priority or "unset",
        identity=[{"event_id": event.event_id.strip()}, {"message": event.message.strip()}],
        title=event.message,
        message=event.description,
        resource=conventions.host(labels),
        labels=labels,
        resolvable=bool(event.event_id.strip()),
    )


def texts(tags: Mapping[str, Tag | str]) -> dict[str, str]:
    """Return the texts of tags; a tag without a name has none."""
    return {name: tag.value if isinstance(tag, Tag) else tag for name, tag in tags.items() if name}


adapter = Adapter(
    name="squadcast",
    title="Squadcast",
    shapes=[
        Shape(OtherV2, None, marks={"$.event.resource", "$.data.resource_data"}),
        Shape(WebhookV2, read_v2, marks={"$.event.resource", "$.data.resource_data"}),
        Shape(WebhookV1, read_v1, marks={"$.alert_source.short_name"}),
        Shape(Stated, read_incoming, marks={"event_id", "message", "tags"}, rank=Rank.WEAK, times=Times.NONE),
        Shape(Trigger, read_incoming, marks={"event_id", "tags"}, rank=Rank.WEAK, times=Times.NONE),
    ],
    levels=LEVELS,
    open_levels=True,
    times=Times.STATED,
    repeats={State.FIRING},
    retries=True,
    delivery_field="$.event.id",
    identity_parts={"id", "event_id", "message"},
)

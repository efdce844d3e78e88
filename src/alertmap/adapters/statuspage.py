"""Statuspage of Atlassian: what a status page posts to the webhooks that subscribed to it.

Set up:

1. On the status page of the provider, "Subscribe to updates", choose the tab for webhooks (`<>`), enter the URL and
   your mail address, to which the page writes if the webhook fails:

   ```text
   https://receiver.example/statuspage?token=…
   ```

   A page has this tab where its owner allows it.
2. Choose the components that concern you, if the page offers the choice.

Answer 200. There is no signature: the token in the URL is the proof.

An incident of a page is an alert: it fires while it is `investigating`, `identified` or `monitoring`, and `resolved` or
`postmortem` ends it. Its impact is the level: critical, major (high), minor (medium), none (low). A scheduled
maintenance is suppressed from `in_progress` to `completed`. A component is an alert of its own, by its status:
`major_outage` is critical, `partial_outage` high, `degraded_performance` medium; `under_maintenance` is suppressed,
and `operational` ends it. An outage is thus mostly several alerts: one of the incident, one of each component.

Every body has the link that ends the subscription, in `meta.unsubscribe`. No alert holds it, and recorded requests are
without it.

Limits: an incident that is deleted, and a component that is removed while it is down, is not announced as over: let
incidents of this source expire. An incident that somebody enters afterwards (`backfilled`) is read as any other. There
is no test message.
"""

from itertools import islice
from typing import Annotated, Any

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Reading, Request, Shape, State, Times

STATES = conventions.states(
    firing="investigating, identified, monitoring",
    suppressed="in_progress, verifying",
    resolved="resolved, postmortem, completed",
    no_state="scheduled",
)

STATUSES = conventions.states(
    firing="degraded_performance, partial_outage, major_outage", suppressed="under_maintenance", resolved="operational"
)

# Pages name no impact for some real outages: `none` is more than an info.
LEVELS = conventions.levels(
    critical="critical, major_outage",
    high="major, partial_outage",
    medium="minor, degraded_performance",
    low="none",
    info="maintenance, under_maintenance",
)

MOST_NAMES = 20  # components of an incident in a label


@wire.model
class Meta:
    generated_at: wire.Rfc3339 = None


@wire.model
class Named:
    name: wire.Text = ""


@wire.model
class Update:
    body: wire.Text = ""
    affected_components: wire.Items[Named] = wire.Items()


@wire.model
class Incident:
    status: Annotated[State | None, wire.state(STATES)]
    word: Annotated[wire.Text, wire.named("status")] = ""
    id: wire.AnyText = ""
    name: wire.Text = ""
    impact: wire.Text = ""
    shortlink: wire.AnyText = ""
    created_at: wire.Rfc3339 = None
    updated_at: wire.Rfc3339 = None
    incident_updates: wire.Items[Update] = wire.Items()  # the newest comes first
    components: wire.Items[Named] = wire.Items()


@wire.model
class Change:
    new_status: Annotated[State, wire.state(STATUSES)]
    word: Annotated[wire.Text, wire.named("new_status")] = ""
    old_status: wire.Text = ""
    component_id: wire.AnyText = ""
    created_at: wire.Rfc3339 = None


@wire.model
class Event:
    meta: Meta = Meta()
    page_id: Annotated[str, wire.inside("id"), wire.named("page")] = ""


@wire.model
class IncidentEvent(Event):
    incident: Incident


@wire.model
class ComponentEvent(Event):
    id: Annotated[str, wire.inside("id"), wire.named("component")] = ""
    name: Annotated[str, wire.inside("name"), wire.named("component")] = ""
    component_update: Change


def read(event: IncidentEvent) -> Reading | None:
    incident = event.incident
    if incident.status is None:
        return None
    update = next((each for _, each in incident.incident_updates), Update())
    names = (each.name for _, each in incident.components or update.affected_components)
    page, number = event.page_id.strip(), incident.id.strip()
    return Reading(
        state=incident.status,
        level=incident.impact,
        # A page alone would be all its incidents.
        identity=[
            {"page": page if number else "", "incident": number},
            {"incident": number},
            {"shortlink": incident.shortlink.strip()},
            {"page": page, "incident_name": incident.name.strip()},
        ],
        title=incident.name,
        message=update.body,
        labels={"status": incident.word, "components": ", ".join(filter(None, islice(names, MOST_NAMES)))},
        links={"incident": incident.shortlink},
        started_at=incident.created_at,
        # Not `resolved_at`: an incident may be opened again, and its state is that of its last update.
        occurred_at=incident.updated_at or event.meta.generated_at,
    )


def read_component(event: ComponentEvent) -> Reading:
    change = event.component_update
    is_over = change.new_status is State.RESOLVED
    was_over = STATUSES.get(change.old_status.strip().lower()) in (State.RESOLVED, None)
    page, number = event.page_id.strip(), event.id.strip() or change.component_id.strip()
    return Reading(
        state=change.new_status,
        level=change.word if not is_over else None if was_over else change.old_status,
        identity=[
            {"page": page if number else "", "component": number},
            {"component": number},
            {"page": page, "component_name": event.name.strip()},
        ],
        title=conventions.join(event.name, change.word),
        resource=event.name,
        labels={"status": change.word, "old_status": change.old_status},
        occurred_at=change.created_at or event.meta.generated_at,
    )


def is_statuspage(document: Any, _request: Request) -> bool:
    # Instatus writes these words in upper case, and Better Stack's pages name the type of the event.
    meta, page = document.get("meta"), document.get("page")
    if type(meta) is not dict or type(page) is not dict or "event_type" in document:
        return False
    return "unsubscribe" in meta and page.get("status_indicator") in INDICATORS


INDICATORS = ("none", "minor", "major", "critical", "maintenance")

adapter = Adapter(
    name="statuspage",
    title="Statuspage",
    shapes=[
        Shape(IncidentEvent, read, marks=is_statuspage),
        Shape(ComponentEvent, read_component, marks=is_statuspage),
    ],
    levels=LEVELS,
    times=Times.STATED,
    identity_parts={"page", "incident", "shortlink", "component", "incident_name", "component_name"},
)

"""Updates of a status page, for its subscribers.

Source: the vendor's page "Get updates via webhook". Atlassian's Statuspage sends much the same, without `event_type`.
"""

from typing import Annotated, Literal

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Reading, Shape, State, Times

STATES = conventions.states(firing="downtime, degraded", resolved="operational", suppressed="maintenance")


@wire.model
class Page:
    state: Annotated[State, wire.state(STATES), wire.named("status_indicator")]
    word: Annotated[wire.Text, wire.named("status_indicator")] = ""
    id: wire.AnyText = ""
    status_description: wire.Text = ""


@wire.model
class Update:
    body: wire.Text = ""


@wire.model
class Incident:
    name: wire.Text = ""
    shortlink: wire.Text = ""
    updated_at: wire.Rfc3339 = None
    incident_updates: list[Update] = Factory(list)  # the latest first


@wire.model
class PageUpdate:
    event_type: Literal["incident"]
    page: Page
    incident: Incident = Incident()


@wire.model
class Component:
    state: Annotated[State, wire.state(STATES), wire.named("status")]
    word: Annotated[wire.Text, wire.named("status")] = ""
    id: wire.AnyText = ""
    name: wire.Text = ""
    updated_at: wire.Rfc3339 = None


@wire.model
class ComponentUpdate:
    event_type: Literal["component_update"]
    component: Component
    page: Annotated[str, wire.inside("id")] = ""


@wire.model
class Maintenance:
    event_type: Literal["maintenance"]


def read_page(event: PageUpdate) -> Reading:
    page, incident = event.page, event.incident
    latest = incident.incident_updates[0].body if incident.incident_updates else ""
    return Reading(
        state=page.state,
        level=level(page.state, page.word),
        identity={"page": page.id.strip()},
        title=incident.name or page.status_description,
        message=latest or page.status_description,
        labels={"page": page.id, "status": page.status_description},
        links={"incident": incident.shortlink},
        occurred_at=incident.updated_at,
    )


def read_component(event: ComponentUpdate) -> Reading:
    component, page = event.component, event.page.strip()
    return Reading(
        state=component.state,
        level=level(component.state, component.word),
        identity=[
            {"component": component.id.strip(), "page": page},
            {"component_name": component.name.strip(), "page": page},
        ],
        title=component.name,
        resource=component.name,
        labels={"page": page},
        occurred_at=component.updated_at,
    )


def level(state: State, word: str) -> str | None:
    return word if state is State.FIRING else None


HEADERS = {"X-BetterUptime-Event": "", "User-Agent": "BetterStack-StatusPage/"}

SHAPES = [
    Shape(PageUpdate, read_page, marks={"$.incident.shortlink"}, headers=HEADERS, times=Times.STATED),
    Shape(ComponentUpdate, read_component, marks={"$.component.updated_at"}, headers=HEADERS, times=Times.STATED),
    Shape(Maintenance, None, marks={"$.page.status_indicator"}, headers=HEADERS),
]

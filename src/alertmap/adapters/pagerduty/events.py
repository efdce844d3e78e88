"""Events API, versions 2 and 1, and change events."""

import json
from collections.abc import Iterable
from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Batch, Identity, Reading, Reply, Shape, State, Times
from alertmap.adapters.pagerduty.levels import is_level

STATES = {"trigger": State.FIRING, "acknowledge": State.ACKNOWLEDGED, "resolve": State.RESOLVED}


@wire.model
class Link:
    href: wire.Text = ""
    src: wire.Text = ""  # of an image
    text: Annotated[wire.Text, wire.also("alt")] = ""


@wire.model
class Payload:
    summary: wire.Text = ""
    source: wire.Text = ""
    severity: wire.Text = ""
    timestamp: wire.Rfc3339 = None
    component: wire.Text = ""
    group: wire.Text = ""
    kind: Annotated[wire.Text, wire.named("class")] = ""
    custom_details: wire.JsonText = None  # an object; in the wild a text, too


@wire.model
class Event:
    """Event of version 2. Only a trigger needs a payload."""

    event_action: Annotated[State, wire.state(STATES)]
    dedup_key: wire.AnyText = ""
    payload: Payload = Payload()
    links: list[Link] = Factory(list)
    images: list[Link] = Factory(list)
    client_url: wire.Text = ""
    client: wire.Text = ""
    routing_key: wire.Discarded = None


@wire.model
class EventV1:
    service_key: wire.Discarded  # many others have an `event_type`
    event_type: Annotated[State, wire.state(STATES)]
    incident_key: wire.AnyText = ""  # Alertmanager 0.5 sends an integer
    description: wire.Text = ""
    details: wire.JsonText = None
    client: wire.Text = ""
    client_url: wire.Text = ""
    contexts: list[Link] = Factory(list)


@wire.model(closed=True)
class ChangedThing:
    summary: wire.Text
    source: wire.Text = ""
    timestamp: wire.Rfc3339 = None
    custom_details: wire.Json = None


@wire.model(closed=True)
class ChangeEvent:
    """Change of a system, such as a deployment: no alert. A trigger differs from it by its severity."""

    routing_key: wire.Discarded
    payload: ChangedThing
    links: wire.Json = None
    images: wire.Json = None


def read(event: Event) -> Reading:
    payload = event.payload
    labels, message = read_details(payload.custom_details)
    native = labels.pop("alertmap_severity", "")
    level = native if is_level(native) else payload.severity
    texts = (payload.source, payload.component, payload.group, payload.kind, payload.summary)
    return Reading(
        state=event.event_action,
        # PagerDuty ignores the payload of other events; tools write that of the recovery, or a constant.
        level=level if event.event_action is State.FIRING else None,
        identity=identity(event.event_action, event.dedup_key, texts),
        title=payload.summary,
        message=message,
        resource=conventions.address(payload.source),
        labels={
            **labels,
            "component": payload.component,
            "group": payload.group,
            "class": payload.kind,
            "client": event.client,
        },
        links=links([*event.links, *event.images], event.client_url),
        occurred_at=payload.timestamp,
        # A trigger with a time and a resolve without cannot be compared: PagerDuty takes events as they come, too.
        times=Times.ARRIVAL if payload.timestamp else Times.NONE,
    )


def read_v1(event: EventV1) -> Reading:
    labels, message = read_details(event.details)
    return Reading(
        state=event.event_type,
        level="unset" if event.event_type is State.FIRING else None,
        identity=identity(event.event_type, event.incident_key, (event.description,)),
        title=event.description,
        message=message,
        resource=conventions.host(labels),
        labels={**labels, "client": event.client},
        links=links(event.contexts, event.client_url),
        times=Times.NONE,
    )


def read_change(_event: ChangeEvent) -> None:
    return None


def identity(state: State, key: str, texts: tuple[str, ...]) -> list[Identity]:
    """Return the key that the tool gave, or for a trigger the one that `answer` gives to it.

    Version 1 calls it `incident_key`; a tool that changes to version 2 keeps it.
    """
    given: list[Identity] = [{"dedup_key": key}]
    if state is not State.FIRING or not "".join(texts).strip():
        return given
    return [*given, {"dedup_key": made_key(texts)}]


def made_key(texts: Iterable[str]) -> str:
    """Return the same key for a retry, so that it is no second alert."""
    from hashlib import sha256  # noqa: PLC0415 - loads OpenSSL, and most tools send a key

    return sha256(json.dumps([*texts]).encode()).hexdigest()[:32]


def read_details(details: object) -> tuple[dict[str, str], str]:
    """Return the scalars of custom details as labels, and their texts of several lines as the message."""
    if not isinstance(details, dict):
        return {}, details.strip() if isinstance(details, str) else ""
    scalars = {name: wire.scalar_text(value) or "" for name, value in wire.without_secrets(details).items()}
    long = {name: text for name, text in scalars.items() if "\n" in text}
    message = "\n\n".join(text.strip() for text in long.values())
    return {name: text for name, text in scalars.items() if name not in long}, message


def links(sent: Iterable[Link], client_url: str) -> dict[str, str]:
    found = {"client": client_url}
    for place, link in enumerate(sent, 1):
        name = link.text.strip() or "link"
        found[f"{name} {place}" if name in found else name] = link.href or link.src
    return found


def answer(batch: Batch) -> Reply:
    """Return the answer that clients of the Events API expect; webhooks are content with any 2xx.

    The key is the one that was sent, or else the one that the alert got: a client may resolve with it.
    """
    event = batch.raw if isinstance(batch.raw, dict) else {}
    keys = [alert.identity["dedup_key"] for alert in batch if "dedup_key" in alert.identity]
    is_v1 = "service_key" in event
    answer = {"status": "success", "message": "Event processed"}
    if keys:
        answer["incident_key" if is_v1 else "dedup_key"] = keys[0]
    elif "routing_key" in event and "event_action" not in event:
        answer["message"] = "Change event processed"
    return Reply(status=200 if is_v1 else 202, body=json.dumps(answer))


SHAPES = [
    Shape(Event, read, marks={"routing_key"}, times=Times.NONE),
    Shape(EventV1, read_v1, times=Times.NONE),
    Shape(ChangeEvent, read_change, rank=None),
]

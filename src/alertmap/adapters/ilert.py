"""ilert: what tools post to its event API, and what its alert actions post.

Set up: in ilert's place, point a tool that was made for its event API (`/api/events`) at the receiver, with the
source's own token as integration key, and answer 202.

Behind ilert:

1. In the alert source under Alert actions create one of type Webhook.
2. Tick at least created, acknowledged, resolved and auto-resolved: what is not ticked is never sent.
3. Enter the URL; there is no signature.

   ```text
   https://user:password@receiver.example/ilert
   ```

4. Leave the custom body off; a body of your own is a case for `generic`.

The level is `severity`, from 1 (the worst) to 5, or else `priority`; `HIGH` means only that ilert escalates. The
default priority of an alert source is not sent: an event with neither counts as medium.

Limits: events without an `alertKey` are never closed: let incidents of this source expire. The event API has no times,
and the webhook only those of the creation and, perhaps, of the end.
"""

import re
from typing import Annotated, Any

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, InBody, Reading, Reply, Request, Shape, State, Times

STATES = {"ALERT": State.FIRING, "ACCEPT": State.ACKNOWLEDGED, "RESOLVE": State.RESOLVED, "COMMENT": None}

STATUSES = {"PENDING": State.FIRING, "ACCEPTED": State.ACKNOWLEDGED, "RESOLVED": State.RESOLVED}

LEVELS = conventions.levels(critical="1", high="2, HIGH", medium="3", low="4, LOW", info="5")

TYPE = re.compile(r"(?:v-)?(?:alert|incident)-([a-z-]{1,64})")  # older actions say `incident-`


@wire.model
class Link:
    href: wire.Text = ""
    text: wire.Text = ""


@wire.model
class Posted:
    """Fields that both ways have."""

    summary: wire.Text = ""
    details: wire.Text = ""
    priority: wire.Text = ""
    severity: wire.Text = ""
    alertKey: wire.AnyText = ""
    labels: dict[str, wire.Text] = Factory(dict)
    links: list[Link] = Factory(list)


@wire.model
class Event(Posted):
    """Event that a tool posts to the event API."""

    eventType: Annotated[State | None, wire.state(STATES)]
    incidentKey: wire.AnyText = ""  # alertKey's name until October 2021
    integrationKey: wire.Discarded = None
    apiKey: wire.Discarded = None  # older libraries, the agents for MQTT and Kafka


@wire.model
class AlertSource:
    id: wire.Text = ""
    name: wire.Text = ""


@wire.model
class Person:
    username: wire.Text = ""


@wire.model
class Webhook(Posted):
    """Webhook of an alert action."""

    id: wire.NonBlank  # text in the webhook, a number in the API
    # A late comment has the status of its alert: the type of the event says less.
    status: Annotated[State, wire.state(STATUSES)]
    eventType: wire.Text = ""
    alertSource: AlertSource = AlertSource()
    reportTime: wire.Rfc3339 = None
    resolvedOn: wire.Rfc3339 = None
    assignedTo: Person = Person()


def read(event: Event) -> Reading | None:
    if event.eventType is None:
        return None
    # ilert compares keys without regard to case and blanks.
    key = (event.alertKey.strip() or event.incidentKey.strip()).casefold()
    # Without a key ilert accepts and resolves nothing, and opens an alert for each event.
    weaker = [{"summary": event.summary}] if event.eventType is State.FIRING else []
    return Reading(
        state=event.eventType,
        # A recovery's priority is that of the recovery: LibreNMS says LOW.
        level=None if event.eventType is State.RESOLVED else level(event),
        identity=[{"alertKey": key}, *weaker],
        title=event.summary,
        message=event.details,
        resource=conventions.host(event.labels),
        labels=event.labels,
        links=links(event),
        resolvable=bool(key),
    )


def read_webhook(event: Webhook) -> Reading:
    match = TYPE.fullmatch(event.eventType.strip().lower())
    begins = match is not None and match[1] == "created"
    # Only the first event, and perhaps the last, has a time of its own.
    times = {State.RESOLVED: event.resolvedOn, State.FIRING: event.reportTime if begins else None}
    stated = times.get(event.status)
    facts = {
        "alertKey": event.alertKey,
        "source": event.alertSource.name,
        "source_id": event.alertSource.id,
        "assignee": event.assignedTo.username,
    }
    return Reading(
        state=event.status,
        level=level(event),
        identity={"id": event.id.strip()},  # ilert gives an alertKey again to later alerts, and it may be absent
        title=event.summary,
        message=event.details,
        resource=conventions.host(event.labels),
        labels=facts | event.labels,
        links=links(event),
        started_at=event.reportTime,
        occurred_at=stated,
        times=None if stated else Times.NONE,
        episode=event.id.strip(),  # a resolved alert is never opened again (ilert, "Concepts")
    )


def level(event: Posted) -> str:
    return event.severity.strip() or event.priority.strip()


def links(event: Posted) -> dict[str, str]:
    found: dict[str, str] = {}
    for place, link in enumerate(event.links, 1):
        name = link.text.strip() or "link"
        found[f"{name} {place}" if name in found else name] = link.href
    return found


def event_marks(document: Any, _request: Request) -> bool:
    # An array has the marks of its first event.
    event = document[0] if type(document) is list else document
    return event["eventType"] in STATES and not event.keys().isdisjoint({"integrationKey", "apiKey"})


def webhook_marks(document: Any, _request: Request) -> bool:
    event = document[0] if type(document) is list else document
    kind = event.get("eventType")
    is_typed = type(kind) is str and TYPE.fullmatch(kind) is not None
    return is_typed and type(event.get("alertSource")) is dict and event["status"] in STATUSES


adapter = Adapter(
    name="ilert",
    title="ilert",
    shapes=[
        Shape(Webhook, read_webhook, marks=webhook_marks, times=Times.STATED),
        Shape(Event, read, marks=event_marks, times=Times.NONE),
    ],
    levels=LEVELS,
    many=True,
    repeats={State.FIRING},  # the reminder `v-alert-not-resolved`, and tools that post an event at each check
    answer=Reply(status=202),
    retries=True,
    token_in=[InBody("$.apiKey"), InBody("$.integrationKey")],
)

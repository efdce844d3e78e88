"""ilert: what tools post to its event API, and what its alert actions post.

In ilert's place: point a tool that was made for its event API (`/api/events`) at the receiver, with the source's own
token as integration key, and answer 202. Events without an `alertKey` are never closed: let incidents expire.

Behind ilert: in the alert source under Alert actions create one of type Webhook, tick at least created, acknowledged,
resolved and auto-resolved, and enter `https://user:password@receiver.example/ilert`; there is no signature. What is not
ticked is never sent, recoveries among them. Leave the custom body off; a body of your own is a case for `generic`.

JsonPath `severity` is sent, 1 (the worst) to 5, it decides, else `priority`; `HIGH` means only that ilert escalates.
The default priority of an alert source is not on the wire: an event with neither counts as medium.
"""

import re
from collections.abc import Iterator
from typing import Any

from alertmap import wire
from alertmap.adapter import Adapter, Mark, Said, first_event
from alertmap.conventions import labels
from alertmap.model import Notice, Problem, ProblemCode, Reading, Reason, Request, Severity, State


@wire.model
class Link:
    href: wire.Text = ""
    text: wire.Text = ""


@wire.model
class Posted:
    """What both ways have in common."""

    eventType: wire.NonBlank
    summary: wire.Text = ""
    details: wire.Text = ""
    priority: wire.Text = ""
    severity: wire.Text = ""
    alertKey: wire.Text = ""
    labels: dict[str, wire.Text] | None = None
    links: list[Link] | None = None


@wire.model
class Event(Posted):
    """What a tool posts to the event API."""

    integrationKey: wire.Discarded
    incidentKey: wire.Text = ""  # alertKey's name until October 2021


@wire.model
class OldEvent(Posted):
    """The same from older libraries and the agents for MQTT and Kafka."""

    apiKey: wire.Discarded
    incidentKey: wire.Text = ""


@wire.model
class AlertSource:
    id: wire.Text = ""
    name: wire.Text = ""


@wire.model
class Person:
    username: wire.Text = ""


@wire.model
class Webhook(Posted):
    """What an alert action posts."""

    id: wire.NonBlank  # text in the webhook, a number in the API
    status: wire.Text
    alertSource: AlertSource
    reportTime: wire.Rfc3339 = None
    resolvedOn: wire.Rfc3339 = None
    assignedTo: Person | None = None


LEVELS = {
    "1": Severity.CRITICAL,
    "2": Severity.HIGH,
    "3": Severity.MEDIUM,
    "4": Severity.LOW,
    "5": Severity.INFO,
    "HIGH": Severity.HIGH,
    "LOW": Severity.LOW,
}

STATES = {"ALERT": State.FIRING, "ACCEPT": State.ACKNOWLEDGED, "RESOLVE": State.RESOLVED}

STATUSES = {"PENDING": State.FIRING, "ACCEPTED": State.ACKNOWLEDGED, "RESOLVED": State.RESOLVED}

# Older actions say `incident-`; what is not in here happens to an alert without changing its state.
TYPES = {"acknowledged": State.ACKNOWLEDGED, "resolved": State.RESOLVED, "auto-resolved": State.RESOLVED}

_TYPE = re.compile(r"(?:v-)?(?:alert|incident)-(.+)")


def identity(event: Event | OldEvent | Webhook) -> dict[str, str]:
    if isinstance(event, Webhook):
        return {"id": event.id.strip()}  # ilert gives an alertKey again to later alerts, and it may be absent
    key = _key(event)
    # ilert compares keys without regard to case and blanks.
    return {"alertKey": key.casefold()} if key else {"summary": event.summary}


def read(event: Event | OldEvent | Webhook) -> Iterator[Said]:
    if isinstance(event, Webhook):
        yield _webhook(event)
    elif _word(event.eventType) == "COMMENT":
        yield Notice(reason=Reason.NO_ALERT)
    else:
        yield _event(event)


def _event(event: Event | OldEvent) -> Reading | Problem:
    said, key = _word(event.eventType), _key(event)
    state = STATES.get(said, State.FIRING)
    if state is not State.FIRING and not key:
        return Problem(ProblemCode.BAD_ELEMENT, "$.alertKey", "without a key nothing can be accepted or resolved")
    if state is State.FIRING and not event.summary.strip():
        return Problem(ProblemCode.BAD_ELEMENT, "$.summary", "expected text that is not blank: an alert has a summary")
    problems = []
    if said not in STATES:
        problems.append(Problem(ProblemCode.STATE_UNKNOWN, "$.eventType", "the type is none that is known; it fires"))
    if not key:
        problems.append(Problem(ProblemCode.KEY_FALLBACK, "$.alertKey", "the key is missing; the summary counts"))
    if not event.summary.strip():
        problems.append(Problem(ProblemCode.TITLE_FALLBACK, "$.summary", "there is no summary; the key stands for it"))
    return Reading(
        state=state,
        # A recovery's priority is that of the recovery: LibreNMS says LOW.
        level=None if state is State.RESOLVED else _level(event),
        identity=identity(event),
        title=event.summary if event.summary.strip() else key,
        message=event.details,
        resource=labels.host(event.labels or {}),
        labels=event.labels or {},
        links=_links(event),
        resolvable=bool(key),
        problems=tuple(problems),
    )


def _webhook(event: Webhook) -> Reading:
    match = _TYPE.fullmatch(event.eventType.strip().lower())
    said = match[1] if match else ""
    state, problems = STATUSES.get(_word(event.status)), []
    if state is None:
        # A late comment has the status of its alert, so the status comes first.
        state = TYPES.get(said, State.FIRING)
        code = ProblemCode.STATE_UNKNOWN if event.status.strip() else ProblemCode.STATE_GUESSED
        problems.append(Problem(code, "$.status", "the status is none that is known; the type tells the state"))
    if not event.summary.strip():
        problems.append(Problem(ProblemCode.TITLE_FALLBACK, "$.summary", "there is no summary; the alert's id counts"))
    facts = {
        "alertKey": event.alertKey,
        "source": event.alertSource.name,
        "source_id": event.alertSource.id,
        "assignee": event.assignedTo.username if event.assignedTo else "",
    }
    # Only the first event has the time of its own state.
    since = {State.RESOLVED: event.resolvedOn, State.FIRING: event.reportTime if said == "created" else None}
    return Reading(
        state=state,
        level=_level(event),
        identity=identity(event),
        title=event.summary if event.summary.strip() else f"Alert {event.id.strip()}",
        message=event.details,
        resource=labels.host(event.labels or {}),
        labels={name: text for name, text in facts.items() if text} | (event.labels or {}),
        links=_links(event),
        started_at=event.reportTime,
        occurred_at=since.get(state),
        problems=tuple(problems),
    )


def _key(event: Event | OldEvent) -> str:
    return event.alertKey.strip() or event.incidentKey.strip()


def _level(event: Posted) -> str | None:
    return event.severity.strip() or event.priority.strip() or None


def _links(event: Posted) -> dict[str, str]:
    links: dict[str, str] = {}
    for place, link in enumerate(event.links or (), 1):
        name = link.text.strip() or "link"
        links[f"{name} {place}" if name in links else name] = link.href
    return links


def _word(text: str) -> str:
    return text.strip().upper()


def recognise(document: Any, _: Request) -> Mark | None:
    event = first_event(document)
    if type(event) is not dict:
        return None
    said, status = event.get("eventType"), event.get("status")
    if said in ("ALERT", "ACCEPT", "RESOLVE", "COMMENT") and ("integrationKey" in event or "apiKey" in event):
        return Mark("it has eventType and the key of ilert's event API")
    if type(said) is str and _TYPE.fullmatch(said) and type(event.get("alertSource")) is dict:
        return Mark("it has eventType and alertSource of an ilert alert") if status in tuple(STATUSES) else None
    return None


adapter = Adapter(
    name="ilert",
    title="ilert",
    wire=Event | OldEvent | Webhook,
    read=read,
    levels=LEVELS,
    marks=recognise,
    many=True,
    timed=False,  # neither way tells since when a state holds, but for the first
)

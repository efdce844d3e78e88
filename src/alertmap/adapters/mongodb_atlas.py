"""MongoDB Atlas, Cloud Manager and Ops Manager: alerts, by webhook.

Set up:

1. In the project, Integrations, Webhook Settings (Ops Manager: Project Settings, Integrations): the URL
   `https://receiver.example/mongodb_atlas`, and a secret. It signs each body: the source gets it as
   `Auth(secrets="…")`. Leave the templates for headers and body empty.
2. In each alert configuration, Add Notifier: Webhook. The first notification has no delay. "Resend" states an open
   alert again.

Answer 200.

An alert is one with an id, from its opening to its end; the next one of the same configuration has an id of its own.
The header `X-MMS-Event` tells the state, and where it is missing or not known the field `status`. Opened and updated
fire, acknowledged is acknowledged, closed and cancelled resolve. An informational alert, such as an elected primary,
fires once and never ends.

Where an alert has a `severity`, that is its level. Else what is down, or without a primary, is critical (`down`), an
informational alert is info (`informational`), and all else is medium (`alert`). A body of a template of yours is read
if it keeps `id`, `eventTypeName` and `alertConfigId`, and the header or `status`.

Limits: the button "Post Test Message" sends an alert like any other one. The only link leads to the API, which asks
for a login. An open alert is not stated again while it is acknowledged.
"""

import re
from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, InHeader, Problem, ProblemCode, Reading, Shape, Signature, State, Times

# Of the header. The page on templates has another spelling of two of them.
EVENTS = conventions.states(
    firing="alert.open, alert.opened, alert.update, alert.inform",
    acknowledged="alert.acknowledge",
    resolved="alert.close, alert.closed, alert.cancel",
)

STATUSES = conventions.states(firing="OPEN, INFORMATIONAL", resolved="CLOSED, CANCELLED", no_state="TRACKING")

LEVELS = conventions.levels(
    critical="CRITICAL, down", high="ERROR", medium="WARNING, alert", info="INFO, informational"
)

DOWN = re.compile(r"_DOWN$|^NO_PRIMARY$|_IS_MISSING$")


@wire.model
class Value:
    number: wire.Number | None = None
    units: wire.Text = ""


@wire.model
class Link:
    href: wire.Text = ""


@wire.model
class Alert:
    """Alert without its status, which a template may leave out: then the header tells the state."""

    event: Annotated[str | None, wire.Header("X-MMS-Event")] = None
    id: wire.AnyText = ""
    groupId: wire.AnyText = ""  # the project
    alertConfigId: wire.AnyText = ""
    eventTypeName: wire.AnyText = ""
    severity: wire.Text = ""
    clusterName: wire.AnyText = ""
    replicaSetName: wire.AnyText = ""
    hostnameAndPort: wire.AnyText = ""
    metricName: wire.Text = ""
    currentValue: Value = Value()
    humanReadable: wire.Text = ""
    acknowledgedUntil: wire.Rfc3339 = None
    acknowledgingUsername: wire.Text = ""
    acknowledgementComment: wire.Text = ""
    created: wire.Rfc3339 = None
    updated: wire.Rfc3339 = None
    resolved: wire.Rfc3339 = None
    links: list[Link] = Factory(list)


@wire.model
class Stated(Alert):
    status: Annotated[State | None, wire.state(STATUSES)]
    word: Annotated[wire.Text, wire.named("status")] = ""


def read(alert: Stated) -> Reading | None:
    is_tracked = alert.status is None and event_of(alert) not in EVENTS
    return None if is_tracked else reading(alert, alert.status, alert.word)


def read_headed(alert: Alert) -> Reading:
    return reading(alert, None, "")


def event_of(alert: Alert) -> str:
    return (alert.event or "").strip().lower()


def reading(alert: Alert, status: State | None, word: str) -> Reading:
    event = event_of(alert)
    state = EVENTS.get(event, status)
    is_acknowledged = alert.acknowledgedUntil and alert.updated and alert.acknowledgedUntil > alert.updated
    if event not in EVENTS and state is State.FIRING and is_acknowledged:
        state = State.ACKNOWLEDGED
    is_informational = event == "alert.inform" or wire.state_word(word) == "informational"
    kind = "informational" if is_informational else "down" if DOWN.search(alert.eventTypeName) else "alert"
    cluster = alert.clusterName or alert.replicaSetName
    name = alert.eventTypeName.replace("_", " ").capitalize()
    value = alert.currentValue
    found = "" if value.number is None else f"{wire.number_text(value.number)} {value.units}"
    return Reading(
        state=state,
        level=alert.severity or kind,
        identity=[
            {"id": alert.id},
            {
                "project": alert.groupId or None,
                "config": alert.alertConfigId,
                "host": alert.hostnameAndPort or None,
                "cluster": cluster or None,
            },
        ],
        title=conventions.join(name, alert.clusterName or alert.hostnameAndPort or cluster),
        message=alert.humanReadable or conventions.join(alert.metricName, found),
        resource=alert.hostnameAndPort or cluster,
        labels={
            "event": alert.eventTypeName,
            "project": alert.groupId,
            "config": alert.alertConfigId,
            "cluster": alert.clusterName,
            "replica_set": alert.replicaSetName,
            "metric": alert.metricName,
            "acknowledged_by": alert.acknowledgingUsername,
            "comment": alert.acknowledgementComment,
        },
        links={"alert": next((link.href for link in alert.links), "")},
        values={} if value.number is None else {alert.metricName or "value": value.number},
        started_at=alert.created,
        occurred_at=(alert.resolved if state is State.RESOLVED else None) or alert.updated or alert.created,
        resolvable=not is_informational,
        problems=(UNKNOWN_EVENT,) if event and event not in EVENTS else (),
    )


UNKNOWN_EVENT = Problem(ProblemCode.STATE_UNKNOWN, "state", "unknown header X-MMS-Event; the status counts")

adapter = Adapter(
    name="mongodb_atlas",
    title="MongoDB Atlas",
    shapes=[
        Shape(Stated, read, marks={"eventTypeName", "alertConfigId"}, headers={"X-MMS-Event": "alert."}),
        Shape(Alert, read_headed, headers={"X-MMS-Event": "alert."}),
    ],
    levels=LEVELS,
    times=Times.STATED,
    repeats={State.FIRING},
    delivery_header="X-MMS-Request-Id",
    identity_parts={"id", "project", "config", "host", "cluster"},
    signatures=[
        Signature(name="base64", place=InHeader("X-MMS-Signature"), algorithm="hmac-sha1", encoding="base64"),
        # Older pages of the documentation have it so.
        Signature(name="hex", place=InHeader("X-MMS-Signature"), algorithm="hmac-sha1"),
    ],
)

"""CrowdStrike Falcon: the action "Call webhook" of Fusion SOAR workflows.

Set up:

1. CrowdStrike Store, Webhook, Configure: a name, the URL

   ```text
   https://receiver.example/crowdstrike?token=…
   ```

   and an HMAC secret key of at least 32 characters. Leave the name of the signature header as it is, and give the key
   to the source: `Auth(secrets="…")`. The signature covers body and time. Receivers disagree on how it is made, so
   several ways are accepted; `Proof.form` names the one that matched, and `Auth(secrets="…", form="…")` admits no
   other.
2. Fusion SOAR, Workflows: one with the trigger "New detection" or "New incident", and the action Call webhook with
   custom JSON. Put the variables of the trigger where the dots are:

   ```json
   {"incident_id": "…", "title": "…", "status": "…", "severity": "…", "description": "…", "host": "…", "link": "…",
    "timestamp": "…"}
   ```

3. A workflow, or a branch, for a status that changes, with the same action. Without it nothing ever ends.

Answer 200.

An alert is a detection or an incident, by its id: `new` and `reopened` fire, `in_progress` and `true_positive` are
acknowledged, for the case is still open; `closed`, `false_positive` and `ignored` end it. The severities critical,
high, medium, low and informational are severities; a number is read on Falcon's scale up to 100, but one of 5 or less
may be of another scale, so its severity is unknown.

The fields that the action sends without custom JSON (`data` and `meta`) are read, too: choose the id of the detection
or incident, its severity, the host, and its status. Without a status such an alert fires and nothing ends it: let
incidents of this source expire. So is PagerTree's template, with `event_type`, `id`, `title` and `urgency`.

Limits: nothing tells a trial run from an alert. Detections and incidents are different objects with different keys.
Without an id the link to the event is the key, else title and host; the id of a workflow's run never is.
"""

import re
from collections.abc import Mapping
from typing import Annotated

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Identity, InHeader, Reading, Shape, Signature, State

STATES = conventions.states(
    firing="new, reopened", acknowledged="in_progress, true_positive", resolved="closed, false_positive, ignored"
)
EVENT_TYPES = conventions.states(firing="create", acknowledged="acknowledge", resolved="resolve")

LEVELS = conventions.levels(critical="Critical", high="High", medium="Medium", low="Low", info="Informational")
BANDS = ((80, "Critical"), (60, "High"), (40, "Medium"), (20, "Low"), (6, "Informational"))  # least of the scale to 100

STATUS = wire.named("status", "detections.status", "detection.status", "incidents.status", "incident.status")

UNRENDERED = re.compile(r"\$\{[^{}]*\}")


@wire.model(loose_keys=True)
class Incident:
    """Custom JSON of the action, as ITOC360 publishes it."""

    incident_id: wire.NonBlank
    status: Annotated[State | None, wire.state(STATES)] = None
    title: wire.Text = ""
    severity: wire.AnyText = ""
    description: wire.Text = ""
    host: wire.Text = ""
    link: wire.Text = ""
    timestamp: wire.AnyTime = None


@wire.model(loose_keys=True)
class Ticket:
    event_type: Annotated[State, wire.state(EVENT_TYPES)]
    id: wire.NonBlank
    title: wire.Text = ""
    urgency: wire.AnyText = ""
    description: wire.Text = ""


@wire.model(loose_keys=True)
class Meta:
    workflow_name: wire.Text = ""
    trigger_name: wire.Text = ""
    event_reference_url: wire.AnyText = ""
    timestamp: wire.AnyTime = None


@wire.model(loose_keys=True)
class Custom:
    """Template of PagerTree, inside the envelope of the action."""

    data: Ticket
    meta: Meta | None = None


@wire.model(loose_keys=True)
class Chosen:
    status: Annotated[State | None, wire.state(STATES), STATUS] = None


@wire.model(loose_keys=True)
class Fields:
    """Fields that were chosen in the workflow, under names such as `devices.hostname`."""

    data: wire.Texts
    meta: Meta = Meta()
    chosen: Annotated[Chosen, wire.named("data")] = Chosen()


def read(incident: Incident) -> Reading:
    return Reading(
        state=incident.status,
        level=level(incident.severity),
        identity={"incident": incident.incident_id.strip()},
        title=incident.title,
        message=incident.description,
        resource=incident.host,
        links={"falcon": incident.link},
        occurred_at=incident.timestamp,
    )


def read_custom(event: Custom) -> Reading:
    ticket, meta = event.data, event.meta
    return Reading(
        state=ticket.event_type,
        level=level(ticket.urgency),
        identity={"id": ticket.id.strip()},
        title=ticket.title,
        message=ticket.description,
        labels=wire.pick(meta, "workflow_name", "trigger_name") if meta else {},
        links={"falcon": meta.event_reference_url} if meta else {},
        occurred_at=meta.timestamp if meta else None,
    )


def read_fields(event: Fields) -> Reading:
    data, meta, state = event.data, event.meta, event.chosen.status
    ids: list[Identity] = [
        {"detection": ending(data, "detectid", "detectionid", "compositeid")},
        {"incident": ending(data, "incidentid")},
    ]
    url = meta.event_reference_url.strip()
    title = ending(data, "patternname", "detectionname", "title") or meta.workflow_name or meta.trigger_name
    host = ending(data, "hostname")
    weaker: list[Identity] = [{"id": ""}, {"url": conventions.address(url)}, {"title": title, "host": host or None}]
    return Reading(
        state=state or State.FIRING,  # the trigger "New detection" has no status
        level=level(ending(data, "severityname", "severity")),
        identity=[each for each in ids if any(each.values())] or weaker,
        title=title,
        message=ending(data, "description"),
        resource=host,
        labels={**data, **wire.pick(meta, "workflow_name", "trigger_name")},
        links={"falcon": url},
        occurred_at=meta.timestamp,
        resolvable=state is not None,
    )


def ending(data: Mapping[str, str], *ends: str) -> str:
    """Return the first text under a name that ends so, whatever its case."""
    return next((text.strip() for end in ends for name, text in data.items() if wire.loosen(name).endswith(end)), "")


def level(severity: str) -> str:
    number = wire.number_in(severity.strip())
    return severity if isinstance(number, str) else next((word for least, word in BANDS if number >= least), severity)


SIGNATURES = [
    Signature(
        name=f"{name}, {encoding}",
        place=InHeader("X-CS-Primary-Signature"),
        content=content,
        encoding=encoding,
        timestamp=InHeader("X-CS-Delivery-Timestamp"),
        unit="iso",
    )
    for name, content in (("body then time", "{body}{timestamp}"), ("time then body", "{timestamp}{body}"))
    for encoding in ("base64", "hex")
]

HEADERS = {"X-CS-Primary-Signature": "", "X-CS-Signature-Algorithm": ""}

adapter = Adapter(
    name="crowdstrike",
    title="CrowdStrike Falcon",
    shapes=[
        Shape(Incident, read, marks={"link": "https://falcon."}, headers=HEADERS),
        Shape(Custom, read_custom, marks={"$.data.urgency", "$.meta.workflow_id"}, headers=HEADERS),
        Shape(Fields, read_fields, marks={"$.meta.event_reference_url"}, headers=HEADERS),
    ],
    levels=LEVELS,
    templates=UNRENDERED,
    placeholders=UNRENDERED,
    signatures=SIGNATURES,
    identity_parts={"incident", "detection", "id", "url", "title", "host"},
)

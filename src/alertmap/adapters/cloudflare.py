"""Cloudflare: the notifications of an account, by webhook.

Set up:

1. Notifications, Destinations, Webhooks, Create: a name, the URL `https://receiver.example/cloudflare`, and a secret.
   Cloudflare sends the secret as it is, in the header `cf-webhook-auth`, and signs nothing: the source gets it as
   `Auth(tokens="…")`.
2. Press "Save and Test": the request is recognised as a test.
3. Notifications, All Notifications, Add: choose a type and the webhook. Of health checks, tunnels and pools choose the
   healthy states, too, or nothing recovers.

Answer 200. The URL must be a public one on port 80 or 443. Webhooks need a plan above Free.

What has a status of its own (health checks, tunnels, pools and their origins, incidents of Cloudflare itself) is one
alert by its id: unhealthy, degraded and down fire, healthy and up resolve. All else is one alert by its
`alert_correlation_id`, from an `alert_event` that ends in `_START` to one that ends in `_END`.

Cloudflare sends no level that could be trusted: attacks, outages and errors of an origin are high, what is degraded is
medium, certificates, bills and maintenance are low, the rest is medium. An incident of Cloudflare has its impact, and
`severity` counts where it is not `INFO`, which is sent for anything. To decide by the type, map the values of the field
`alert_type` in the source's priorities.

Limits: a notification without `alert_event` and without a status is sent once and never ends: let incidents of this
source expire. Nothing is sent for a policy that is changed or deleted while it fires. Destinations that Cloudflare
takes for Slack, Discord or the like, by their URL, get other bodies.
"""

import re
from typing import Annotated, Any

from attrs import Factory, evolve

from alertmap import conventions, wire
from alertmap.adapter import (
    Adapter,
    Identity,
    InHeader,
    Notice,
    Reading,
    Reason,
    Request,
    Severity,
    Shape,
    State,
    Times,
)

# Of both only the last word counts: `ALERT_STATE_EVENT_START`, `WORKERS_ANOMALY_DETECTED_START`.
EVENTS = conventions.states(firing="START", resolved="END")
# `Unhealthy`, `TUNNEL_STATUS_TYPE_DOWN`, `MAGIC_TUNNEL_STATUS_UP`, `INCIDENT_STATUS_MONITORING`.
STATUSES = conventions.states(
    firing="Unhealthy, Degraded, Critical, Down, Inactive, Investigating, Identified, Monitoring",
    resolved="Healthy, Up, Resolved, Postmortem",
)

LEVELS = conventions.levels(
    critical="critical", high="attack, outage, high, major", medium="degraded, medium, minor", low="notice, low, none"
) | {"other": Severity.MEDIUM}  # attack, outage, degraded, notice and other are ours

KINDS = re.compile(
    "(?P<attack>dos_attack|dosd|hijack|volumetric)|(?P<outage>health|origin|edge_error|tunnel)"
    "|(?P<notice>ssl|certificate|billing|maintenance|expir)",
    re.IGNORECASE,
)

NAMES = (
    *("zone_name", "target_hostname", "health_check_name", "tunnel_name", "origin_name", "pool_name", "target_ip"),
    *("incident_name", "hostnames", "name"),
)

TEST = "Hello World! This is a test message sent from"


def last(word: str) -> str:
    return word.strip().partition(" ")[0].rpartition("_")[2]


def by_last_word(table: dict[str, State | None]) -> wire.Encoding:
    encoding = wire.state(table)

    def decode(node: wire.Node) -> Any:
        word = last(node.value) if type(node.value) is str else node.value
        return encoding.decode(wire.Node(word, node.where, node.context))

    return evolve(encoding, decode=decode, fast_path=None)


@wire.model(closed=True)
class Message:
    """The test, and what was sent before notifications had data."""

    text: wire.AnyText


NEW = wire.named("new_status", "new_health_status", "new_health", "incident_status")
OLD = wire.named("status")


@wire.model
class Changed:
    state: Annotated[State, by_last_word(STATUSES), NEW]
    word: Annotated[wire.AnyText, NEW] = ""
    id: Annotated[wire.AnyText, wire.named("health_check_id", "tunnel_id", "incident_id", "pool_id")] = ""
    event_source: wire.AnyText = ""  # of a pool: the pool itself, or one of its origins
    origin_name: wire.AnyText = ""
    incident_impact: wire.Text = ""


@wire.model
class Checked(Changed):
    """Health check of older notifications."""

    state: Annotated[State, by_last_word(STATUSES), OLD]
    word: Annotated[wire.AnyText, OLD] = ""
    id: Annotated[wire.AnyText, wire.named("health_check_id")]


@wire.model
class Envelope:
    name: wire.AnyText = ""
    text: wire.Text = ""
    ts: wire.AnyTime = None
    account_id: wire.AnyText = ""
    policy_name: wire.Text = ""
    alert_type: wire.AnyText = ""
    alert_correlation_id: wire.AnyText = ""
    facts: Annotated[wire.Texts, wire.named("data")] = Factory(dict)


@wire.model
class Change(Envelope):
    data: Changed


@wire.model
class Check(Envelope):
    data: Checked


@wire.model
class Event(Envelope):
    kind_or_text: Annotated[wire.Json, wire.named("alert_type", "alert_event", "text")]  # one of these is needed
    alert_event: Annotated[State | None, by_last_word(EVENTS)] = None


def read_message(event: Message) -> Reading | Notice:
    if event.text.startswith(TEST):
        return Notice(reason=Reason.TEST)
    return Reading(state=State.FIRING, level="other", identity={"text": event.text}, title=event.text, resolvable=False)


def read_change(event: Change | Check) -> Reading:
    changed = event.data
    is_origin = "origin" in changed.event_source.casefold()
    origin = changed.origin_name or ("" if is_origin else None)
    outage = "degraded" if last(changed.word).casefold() == "degraded" else "outage"
    return reading(
        event,
        changed.state,
        # Not the correlation first: that of the recovery may be another one.
        [{"id": changed.id, "origin": origin}, *identity(event)],
        last(changed.incident_impact) or ("" if changed.state is State.RESOLVED else outage),
    )


def read_event(event: Event) -> Reading:
    kind = KINDS.search(event.alert_type)
    return reading(event, event.alert_event, identity(event), (kind and kind.lastgroup) or "other")


def reading(event: Envelope, state: State | None, parts: list[Identity], level: str) -> Reading:
    facts = event.facts
    severity = "" if state is State.RESOLVED else facts.get("severity", "")
    resource = conventions.first(facts, NAMES)
    is_once = state is None
    return Reading(
        state=State.FIRING if is_once else state,
        level=level if wire.loosen(severity) in ("", "info") else severity,
        identity=parts,
        title=conventions.join(event.policy_name or event.name or event.alert_type, resource),
        message=event.text,
        resource=resource,
        labels={
            **{name: text for name, text in facts.items() if "." not in name},
            "alert_type": event.alert_type,
            "account_id": event.account_id,
        },
        links={"dashboard": facts.get("dashboard_link", "")},
        occurred_at=event.ts,
        resolvable=not is_once,
    )


def identity(event: Envelope) -> list[Identity]:
    about = conventions.first(event.facts, ("attack_id", "zone_tag", "zone_name"))
    return [
        {"correlation": event.alert_correlation_id},
        {"account": event.account_id or None, "type": event.alert_type, "about": about},
        {"type": event.alert_type or None, "name": event.name},
        {"text": event.text},
    ]


def is_notification(document: Any, _request: Request) -> bool:
    ours = ("account_id", "policy_id", "alert_correlation_id", "alert_event")
    return ("alert_type" in document and any(key in document for key in ours)) or (
        document.keys() >= {"name", "text", "data", "ts"}
    )


adapter = Adapter(
    name="cloudflare",
    title="Cloudflare",
    shapes=[
        Shape(Message, read_message, marks={"text": TEST}),
        Shape(Change, read_change, marks=is_notification),
        Shape(Check, read_change, marks=is_notification),
        Shape(Event, read_event, marks=is_notification),
    ],
    levels=LEVELS,
    times=Times.STATED,
    identity_parts={"id", "origin", "correlation", "account", "type", "about", "name", "text"},
    token_in=InHeader("cf-webhook-auth"),
)

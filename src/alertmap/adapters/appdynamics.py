"""AppDynamics (Splunk AppDynamics): its HTTP request actions.

Set up:

1. Alert & Respond, HTTP Request Templates, New: method POST and this raw URL:

   ```text
   https://receiver.example/appdynamics?token=…
   ```

2. Payload: MIME type `application/json`, encoding UTF-8, and this text:

   ```text
   {
   "event_type": "${latestEvent.eventType}",
   "incident_id": "${latestEvent.incident.id}",
   "app_name": "${latestEvent.application.name}",
   "tier_name": "${latestEvent.tier.name}",
   "node_name": "${latestEvent.node.name}",
   "severity": "${latestEvent.severity}",
   "event_time": "${latestEvent.eventTime}",
   "event_deep_link": "${latestEvent.deepLink}",
   "event_guid": "${latestEvent.guid}",
   "policy": "${policy.name}",
   "health_rule_name": "${latestEvent.healthRule.name}",
   "event_name": "${latestEvent.displayName}",
   "summary": "${latestEvent.summaryMessage}",
   "event_message": "${latestEvent.eventMessage}"
   }
   ```

3. Under Response Handling Criteria add the success criterion 200, and tick "One Request Per Event": otherwise only the
   newest of several events is sent.
4. Actions: create an HTTP request action with the template. Policies: add it, and tick all health rule violation
   events: started, continues, upgraded, downgraded, ended and canceled.

Answer 200 within 15 seconds. An alert is an incident of an application: a violation of a health rule from its start to
its end. "Continues" states it again. Its level is `CRITICAL` or `WARNING`, also in its end, else the severity of the
event. Other events, such as a crash or a deployment, are stated once and never end: let incidents of this source
expire.

The templates of FlashDuty, Cloudforet, Grafana OnCall, PagerDuty (`client` is `AppDynamics`), Splunk On-Call and Keep
are read as well, and your own with the same names; case and `_` do not count. A template without the id of the incident
makes the key of application, health rule, tier and node, so that two business transactions of a tier are one alert;
that of PagerDuty has one alert for all rules of a node; Keep's has no state, so each of its events is an alert of its
own. Line breaks in values, and commas that `#if` leaves, break the JSON and are mended; of a body that a quote breaks,
the texts before that are read.

Limits: a variable without a value, such as that of the node, is sent as it is and counts as not sent. The time is read
where the controller is in UTC. A test of the template looks like an alert.
"""

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Annotated, Any

from attrs import evolve

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Identity, Problem, Reading, Request, Shape, State, Times

PREFIXES = ("", "POLICY_", "HEALTH_RULE_", "ANOMALY_")  # of an event, in the policies API, of an anomaly
VIOLATIONS = conventions.states(
    firing="OPEN, OPEN_WARNING, OPEN_CRITICAL, CONTINUES, CONTINUES_WARNING, CONTINUES_CRITICAL, UPGRADED, DOWNGRADED",
    resolved="CLOSE, CLOSE_WARNING, CLOSE_CRITICAL, CANCELED, CANCELED_WARNING, CANCELED_CRITICAL",
)
ONCE = conventions.states(
    firing="ERROR, APPLICATION_ERROR, SLOW, VERY_SLOW, STALL, DEADLOCK, RESOURCE_POOL_LIMIT, MEMORY_LEAK, DISK_SPACE,"
    "APPLICATION_CRASH, CLR_CRASH, APP_SERVER_RESTART, APPLICATION_DEPLOYMENT, APPLICATION_CONFIG_CHANGE, CUSTOM"
)
STATES = (
    {prefix + word: state for prefix in PREFIXES for word, state in VIOLATIONS.items()}
    | ONCE
    | conventions.states(firing="trigger", resolved="resolve")  # PagerDuty's template, an action for each
)
ONCE_WORDS = {wire.state_word(word) for word in ONCE}
WORDS = {wire.state_word(word) for word in STATES}

# CRITICAL and WARNING are of the type of a violation, the others severities of events.
LEVELS = conventions.levels(critical="CRITICAL, ERROR", medium="WARNING, WARN", info="INFO")

VARIABLE = re.compile(r"\$!?\{[A-Za-z][\w.()]{0,100}\}")
filled = partial(conventions.filled, VARIABLE)
ABSENT = r"\$\{latestEvent\.(?:node|tier|healthRule|incident)\.\w{1,20}\}"  # some events have none
PLACEHOLDERS = re.compile(rf"(?P<absent>{ABSENT})|{VARIABLE.pattern}")

BREAK = re.compile(r"<br ?/?>", re.IGNORECASE)
TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")

CONTROLS = dict.fromkeys((9, 10, 13), " ")
COMMA = re.compile(r",(\s{0,99}[}\]])")
WRAPPER = re.compile(r'\A\s*\{\s*"event"\s*:\s*(?=\{)')

KIND = wire.named("event_type", "ad_event_type")
LINKS = ("event_deep_link", "deep_link", "link", "alert_url", "url")


@wire.model(loose_keys=True)
class Fields:
    """Variables under the names that templates give them."""

    kind: Annotated[wire.AnyText, KIND] = ""
    application: Annotated[wire.AnyText, wire.also("app_name", "application_name")] = ""
    tier: Annotated[wire.AnyText, wire.also("tier_name")] = ""
    node: Annotated[wire.AnyText, wire.also("node_name")] = ""
    rule: Annotated[wire.AnyText, wire.named("health_rule_name", "health_rule")] = ""
    rule_id: Annotated[wire.AnyText, wire.named("health_rule_id")] = ""
    incident: Annotated[wire.AnyText, wire.named("incident_id", "entity_id")] = ""
    severity: wire.Text = ""
    name: Annotated[wire.Text, wire.named("event_name", "display_name", "name")] = ""
    summary: Annotated[wire.HtmlText, wire.also("summary_message", "description")] = ""
    message: Annotated[wire.HtmlText, wire.also("event_message", "state_message")] = ""
    policy: Annotated[wire.Text, wire.also("policy_name")] = ""
    link: Annotated[wire.Text, wire.named(*LINKS)] = ""
    time: Annotated[wire.LooseTime, wire.named("event_time", "last_received")] = None


@wire.model(loose_keys=True)
class Event(Fields):
    """Template of the guide, of Cloudforet, and most others."""

    state: Annotated[State, wire.state(STATES), KIND]


@wire.model(loose_keys=True)
class Nested(Event):
    application: Annotated[str, wire.inside("name")] = ""
    tier: Annotated[str, wire.inside("name")] = ""
    node: Annotated[str, wire.inside("name")] = ""
    rule: Annotated[str, wire.inside("name"), wire.named("health_rule")] = ""
    rule_id: Annotated[str, wire.inside("id"), wire.named("health_rule")] = ""
    incident: Annotated[str, wire.inside("id")] = ""


@wire.model
class Wrapped:
    """Template of Grafana OnCall."""

    event: Nested


@wire.model(loose_keys=True)
class Detailed(Fields):
    """Template of FlashDuty."""

    details: Event


@wire.model(loose_keys=True)
class Paged(Event):
    """Template of PagerDuty."""

    incident_key: wire.AnyText
    details: Fields = Fields()


@wire.model(loose_keys=True)
class Kept(Fields):
    """Template of Keep, without the type of the event."""

    event_id: wire.AnyText
    last_received: wire.AnyText


def read(event: Event) -> Reading:
    return reading(event, event.state, identity(event))


def read_wrapped(event: Wrapped) -> Reading:
    return read(event.event)


def read_detailed(event: Detailed) -> Reading:
    fields = merged(event, event.details)
    return reading(fields, event.details.state, identity(fields))


def read_paged(event: Paged) -> Reading:
    fields = merged(event, event.details, kind=event.details.kind)
    return reading(fields, event.state, identity(fields, event.incident_key))


def read_kept(event: Kept) -> Reading:
    return reading(event, None, [{"event": filled(event.event_id)}], resolvable=False)


def merged(outer: Fields, inner: Fields, **more: str) -> Fields:
    names = [field.name for field in wire.fields(Fields)]
    return Fields(**{name: getattr(outer, name) or getattr(inner, name) for name in names} | more)


def reading(fields: Fields, state: State | None, parts: list[Identity], *, resolvable: bool = True) -> Reading:
    what, where = fields.rule or fields.name or fields.summary, fields.node or fields.tier
    texts = (TAG.sub("", BREAK.sub("\n", text)).strip() for text in (fields.summary, fields.message))
    return Reading(
        state=state,
        level=level(fields, state),
        identity=parts,
        title=f"{what} on {where}" if what and where not in what else what,
        message=conventions.join(*dict.fromkeys(texts), by="\n"),
        resource=where or fields.application,
        labels=wire.pick(fields, "application", "tier", "node", "policy", "incident")
        | {"health_rule": fields.rule, "event_type": fields.kind},
        links={"event": fields.link},
        occurred_at=fields.time,
        resolvable=resolvable and wire.state_word(fields.kind) not in ONCE_WORDS,
    )


def level(fields: Fields, state: State | None) -> str | None:
    """Return the level of the violation, which its end has as well, else the severity; an end has INFO there."""
    kind = wire.state_word(fields.kind)
    if kind.endswith(("critical", "upgraded")):
        return "CRITICAL"
    if kind.endswith(("warning", "downgraded")):
        return "WARNING"
    return None if state is State.RESOLVED else fields.severity


def identity(fields: Fields, key: str = "") -> list[Identity]:
    application, incident = filled(fields.application), filled(fields.incident)
    place = {"application": application, "tier": filled(fields.tier) or None, "node": filled(fields.node) or None}
    kind, event = wire.state_word(fields.kind), {"event": fields.kind, **place}
    if kind in ONCE_WORDS:
        return [event, {"event": fields.kind, "incident_key": filled(key)}]
    return [
        # Each event has an id of its own; that of the incident is the same from the start to the end.
        {"application": application, "incident": incident},
        {"incident": incident},
        {"health_rule": filled(fields.rule_id) or filled(fields.rule), **place},
        {"incident_key": filled(key)},
        event if kind and kind not in WORDS else place,  # a kind that is not known is not another one
        {"summary": filled(fields.summary or fields.name)},
    ]


def read_text(text: str) -> Reading | Iterable[Problem]:
    """Read a body that is not quite JSON: mended, or the texts before the value that broke it."""
    document = wire.json_or_text(COMMA.sub(r"\1", text.translate(CONTROLS)))
    how = "line breaks in values, or commas without a value, broke the JSON; they were mended"
    if type(document) is not dict:
        document = wire.leading_pairs(WRAPPER.sub("", text)).pairs
        how = "a value broke the JSON; what stands before it was read"
    problems: Iterable[Problem] = ()
    for model, read_one in READERS:
        event, problems = wire.read_mended(document, model, how, PLACEHOLDERS)
        if event is not None:
            return evolve(read_one(event), problems=tuple(problems))
    return problems


READERS: list[tuple[type, Callable[[Any], Reading]]] = [
    (Paged, read_paged),
    (Event, read),
    (Detailed, read_detailed),
    (Wrapped, read_wrapped),
    (Kept, read_kept),
]


VIOLATION = re.compile("|".join(f"(?:POLICY|HEALTH_RULE)_{word}" for word in VIOLATIONS), re.IGNORECASE)


def is_appdynamics(document: Any, _request: Request) -> bool:
    objects = (document, document.get("event"), document.get("details"))
    sent = {loose: one[key] for one in objects if type(one) is dict for loose, key in wire.loose_keys(one).items()}
    texts = {key: value[:200] for key, value in sent.items() if type(value) is str}
    return (
        sent.keys() >= {"eventguid", "eventdeeplink"}
        or VIOLATION.match(texts.get("eventtype") or texts.get("adeventtype", "")) is not None
        or "AppDynamics" in (texts.get("client"), texts.get("monitoringtool"))
        or any(".appdynamics.com/" in texts.get(wire.loosen(key), "") for key in LINKS)
    )


adapter = Adapter(
    name="appdynamics",
    title="AppDynamics",
    shapes=[
        *(Shape(model, read_one, marks=is_appdynamics) for model, read_one in READERS),
        Shape(str, read_text, marks={"event_type", "event_deep_link"}),
    ],
    levels=LEVELS,
    formats={"json", "form", "text"},
    times=Times.STATED,
    repeats={State.FIRING},
    templates=VARIABLE,
    placeholders=PLACEHOLDERS,
    answer_within=15,
    identity_parts={"application", "incident", "health_rule", "tier", "node", "incident_key", "event", "summary"},
)

"""Alibaba Cloud CloudMonitor: threshold rules, system events, and the alerts of CloudMonitor 2.0.

Threshold rules: Alerts, Alert Rules, create or modify one, Advanced Settings, Alert Callback: the receiver's URL with a
`?token=…`, for CloudMonitor signs nothing that can be verified. Its Test button sends a GET without anything: answer
200. What is not answered within five seconds comes up to three times more. Many rules at once get the callback by
`CreateMetricRuleTemplate` or `PutGroupMetricRule`. A contact's field "Slack Webhook" sends a chat message of the same
alert: leave it empty, the callback is enough, and such messages are passed over.

System events: Event Center, Event Subscription: a push channel (webhook, POST, JSON) and a policy that uses it.
CloudMonitor 2.0: in the workspace under Alert Center a notification object of kind "custom webhook" (POST, JSON), bound
in the rule, with recovery notices on. What a function relays of a queue that a rule writes to is read, too.

Rules made by API may have the same id in two accounts. If one source serves several accounts, set its option
`by_account`. CloudMonitor's own levels are `CRITICAL`, `WARN` and `INFO`; `NODATA` is an alert for want of data that
does not say how bad it was before. The JSON callback of 2018 has no level: overrides know it as `callback-2018`.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias

from attrs import Factory

from alertmap import wire
from alertmap.adapter import Adapter, Mark, Said, first_event
from alertmap.model import Notice, Problem, ProblemCode, Reading, Reason, Request, Severity, State


@wire.model
class Condition:
    """Its `level` is how many channels were told, not how bad it is."""

    expression: wire.NullText = ""


@wire.model
class Event:
    """The alert callback: a form, so all is text."""

    alertName: wire.NullText
    metricProject: wire.NullText
    alertState: wire.NullText = ""
    triggerLevel: wire.NullText = ""
    preTriggerLevel: wire.NullText = ""
    ruleId: wire.NullText = ""
    dimensions: wire.JavaMap = Factory(dict)
    userId: wire.NullText = ""
    metricName: wire.NullText = ""
    expression: wire.NullText = ""
    curValue: wire.NullText = ""
    instanceName: wire.NullText = ""
    timestamp: wire.EpochAny = None
    rawMetricName: wire.NullText = ""  # this and all below from 2023 on
    unit: wire.NullText = ""
    productGroupName: wire.NullText = ""
    regionId: wire.NullText = ""
    lastTime: wire.Minutes = None  # for how long it has been firing
    transId: wire.NullText = ""


@wire.model(closed=True)
class Callback2018:
    """The callback as it was documented in 2018: JSON, without levels and rule."""

    alertName: wire.NullText
    metricProject: wire.NullText
    alertState: wire.NonBlank
    dimensions: wire.JavaMap
    userId: wire.NullText = ""
    metricName: wire.NullText = ""
    expression: str | list[Condition] = ""
    curValue: wire.NullText = ""
    Curvalue: wire.NullText = ""  # so one language's page
    timestamp: wire.EpochAny = None


@wire.model
class Escalation:
    statistics: wire.Text = ""
    comparisonOperator: wire.Text = ""
    threshold: wire.Text = ""


@wire.model
class QueueAlert:
    """What a rule writes to a queue."""

    ruleId: wire.NonBlank
    curLevel: wire.NonBlank
    preLevel: wire.Text
    resources: wire.JavaMap = Factory(dict)
    ruleName: wire.Text = ""
    metricName: wire.Text = ""
    namespace: wire.Text = ""
    escalation: Escalation = Escalation()
    metricData: dict[str, wire.Json] = Factory(dict)
    productGroupName: wire.Text = ""
    userId: wire.Text = ""
    time: wire.EpochAny = None


@wire.model
class SystemEvent:
    product: wire.NonBlank
    name: wire.NonBlank
    level: wire.NullText
    eventTime: wire.BasicTime
    status: wire.NullText = ""
    eventType: wire.NullText = ""
    resourceId: wire.NullText = ""
    instanceName: wire.NullText = ""
    regionId: wire.NullText = ""
    userId: wire.NullText = ""
    ruleName: wire.NullText = ""
    content: wire.JsonText = None  # documented as an object, relayed as text


@wire.model
class Entity:
    entity_id: wire.Text = ""
    entityId: wire.Text = ""
    prop: dict[str, wire.Json] = Factory(dict)


@wire.model
class Resource:
    entity: Entity = Entity()


@wire.model
class Alert2:
    """An alert of CloudMonitor 2.0."""

    subject: wire.Text
    subtype: wire.Text
    status: wire.Text = ""
    severity: wire.NullText = ""
    timestamp: wire.EpochAny = None
    time: wire.Rfc3339 = None
    dedupId: wire.Text = ""
    userId: wire.Text = ""
    ruleId: wire.Text = ""
    workspace: wire.Text = ""
    alertEntityId: wire.Text = ""
    resource: Resource = Resource()
    labels: dict[str, wire.Json] = Factory(dict)
    alertMessage: wire.Text = ""
    data: dict[str, wire.Json] = Factory(dict)
    alertHistoryUrl: wire.Text = ""
    alertRuleUrl: wire.Text = ""
    entityUrl: wire.Text = ""
    ruleUrl: wire.Text = ""


@wire.model(closed=True)
class Recovery2:
    """All that some recoveries of CloudMonitor 2.0 say."""

    subject: wire.NonBlank
    status: Literal["RESOLVED", "RECOVERED"]
    timestamp: wire.EpochAny


@wire.model(closed=True)
class ChatMessage:
    """What a contact's "Slack Webhook" gets, beside the callback of the same alert."""

    text: str = ""
    blocks: list[wire.Json] = Factory(list)
    attachments: list[wire.Json] = Factory(list)
    channel: str = ""
    username: str = ""
    icon_emoji: str = ""
    icon_url: str = ""
    mrkdwn: bool = True


@wire.model(closed=True)
class Probe:
    token: wire.Discarded


@wire.model(closed=True)
class Options:
    by_account: bool = False


WITHOUT_LEVEL = "callback-2018"

LEVELS = {
    "CRITICAL": Severity.CRITICAL,
    "EMERGENCY": Severity.CRITICAL,  # 2.0
    "ERROR": Severity.HIGH,  # 2.0
    "WARN": Severity.MEDIUM,
    "WARNING": Severity.MEDIUM,  # 2.0
    "INFO": Severity.LOW,  # as in ITOC360
    "INFORMATIONAL": Severity.LOW,  # 2.0
    "NODATA": Severity.LOW,
    WITHOUT_LEVEL: Severity.MEDIUM,
}

STATES = {
    "OK": State.RESOLVED,
    "ALERT": State.FIRING,
    "ALARM": State.FIRING,  # 2018
    "INSUFFICIENT_DATA": State.FIRING,
}

EVENT_STATES = {
    "SCHEDULED": State.FIRING,
    "INQUIRING": State.FIRING,
    "EXECUTING": State.FIRING,
    "FAILED": State.FIRING,
    "NORMAL": State.FIRING,  # it happened: nothing ends it
    "EXECUTED": State.RESOLVED,
    "AVOIDED": State.RESOLVED,
    "CANCELED": State.RESOLVED,
}

STATES2 = {
    "OCCURRED": State.FIRING,
    "PERSISTENT": State.FIRING,
    "NORMAL_TRIGGER": State.FIRING,
    "RESOLVED": State.RESOLVED,
    "RECOVERED": State.RESOLVED,
    "NORMAL_RESOLVE": State.RESOLVED,
}

_SITE = re.compile("taskName=(.+?)\uff0caddress=.*")  # a site check's instance, with a comma of full width
_THRESHOLD = re.compile(r"\$\w+\s*(?:>=|<=|==|!=|>|<)\s*(-?[0-9]+(?:\.[0-9]+)?)")


def identity(event: Event | SystemEvent | Alert2, options: Options) -> dict[str, str]:
    parts = {"account": event.userId} if options.by_account else {}
    if isinstance(event, SystemEvent):
        where = {"resource": event.resourceId} if event.resourceId else {"instance": event.instanceName}
        parts |= {"product": event.product, "event": _kind(event)} | where
    elif isinstance(event, Alert2):
        parts |= _identity2(event)
    else:
        # The names are in the account's language and can be changed, so the rule's id comes first.
        parts |= {"rule": event.ruleId} if event.ruleId else {"alert": event.alertName, "metric": _metric(event)}
        parts |= {f"dim.{name}" if name else "dimensions": text for name, text in _dimensions(event).items()}
    return _told(parts)


def _identity2(event: Alert2) -> dict[str, str]:
    if event.dedupId:
        return {"dedup": event.dedupId}
    entity = _entity(event)
    # Whatever copies the level to a label: it moves between trigger and recovery.
    named = {f"label.{name}": text for name, text in _texts(event.labels).items() if "severity" not in name.lower()}
    rule = {"account": event.userId, "rule": event.ruleId} if event.ruleId else {"subject": event.subject}
    return rule | ({"entity": entity} if entity else named)


Sent: TypeAlias = Callback2018 | Event | QueueAlert | SystemEvent | Alert2 | Recovery2 | ChatMessage | Probe


def read(event: Sent, options: Options) -> Iterator[Said]:
    if isinstance(event, Probe):
        yield Notice(reason=Reason.PROBE)
    elif isinstance(event, ChatMessage):
        yield from _chat(event)
    elif isinstance(event, SystemEvent):
        yield _system(event, options)
    elif isinstance(event, Alert2):
        yield _alert2(event, options)
    elif isinstance(event, Recovery2):
        yield _recovery2(event)
    elif isinstance(event, Event):
        yield _threshold(event, options)
    elif isinstance(event, QueueAlert):
        yield _threshold(_of_queue(event), options)
    else:
        yield _threshold(_of_2018(event), options)


def _chat(event: ChatMessage) -> Iterator[Said]:
    if event.text or event.blocks or event.attachments:
        yield Problem(ProblemCode.MISSING, "$", "a chat message holds no alert: enter the URL as Alert Callback")
        yield Notice(reason=Reason.NO_ALERT)
    else:
        yield Problem(ProblemCode.BAD_ELEMENT, "$", "there is neither an alert in it nor a chat message")


# --- Threshold rules -------------------------------------------------------------------------------------------------


def _of_2018(event: Callback2018) -> Event:
    stated = event.expression
    conditions = wire.json_in(stated, list[Condition]) if isinstance(stated, str) else stated
    return Event(
        alertName=event.alertName,
        metricProject=event.metricProject,
        alertState=event.alertState,
        triggerLevel=WITHOUT_LEVEL,
        dimensions=event.dimensions,
        userId=event.userId,
        metricName=event.metricName,
        expression=str(stated) if conditions is None else ", ".join(filter(None, (c.expression for c in conditions))),
        curValue=event.curValue or event.Curvalue,
        timestamp=event.timestamp,
    )


def _of_queue(event: QueueAlert) -> Event:
    condition = event.escalation
    return Event(
        alertName=event.ruleName,
        metricProject=event.namespace,
        # `eventName` says AlertOk beside a level of WARN in the vendor's own sample.
        alertState="OK" if _word(event.curLevel) == "OK" else "ALERT",
        triggerLevel=event.curLevel,
        preTriggerLevel=event.preLevel,
        ruleId=event.ruleId,
        dimensions=event.resources,
        userId=event.userId,
        metricName=event.metricName.partition("#")[0],  # `cpu_total#60`, with its period
        expression=f"{condition.statistics} {condition.comparisonOperator} {condition.threshold}".strip(),
        curValue=_texts(event.metricData).get(condition.statistics, ""),
        productGroupName=event.productGroupName,
        timestamp=event.time,
    )


def _threshold(event: Event, options: Options) -> Reading | Problem:
    trigger, previous = _word(event.triggerLevel), _word(event.preTriggerLevel)
    said = _word(event.alertState) or {"": "", "OK": "OK"}.get(trigger, "ALERT")
    if not said:
        return Problem(ProblemCode.BAD_ELEMENT, "$.alertState", "neither alertState nor triggerLevel tells the state")
    if not event.ruleId and not event.dimensions:
        return Problem(ProblemCode.BAD_ELEMENT, "$", "neither the rule nor what it watches is told")
    state = STATES.get(said, State.FIRING)
    firing = state is State.FIRING
    no_data = said == "INSUFFICIENT_DATA" or (firing and trigger == "NODATA")
    levels = (event.triggerLevel, event.preTriggerLevel)
    level = _level(levels if firing else levels[::-1], no_data=no_data)
    dimensions, metric = _dimensions(event), _metric(event)
    site = _SITE.fullmatch(event.instanceName)
    names = [site[1] if site else event.instanceName, dimensions.get("instanceId", ""), *dimensions.values()]
    name = next(filter(None, names), "")
    told = f"{metric} {event.expression}".strip()
    threshold = _THRESHOLD.fullmatch(event.expression)
    facts = {
        "product": event.metricProject,
        "metric": metric,
        "instance": event.instanceName,
        "region": event.regionId or dimensions.get("region", ""),
        "group": event.productGroupName,
        "account": event.userId,
    }
    values = {"value": event.curValue, "threshold": threshold[1] if threshold else ""}
    return Reading(
        state=state,
        level=level,
        identity=identity(event, options),
        title=f"{event.alertName} on {name}" if event.alertName and name else event.alertName,
        message=f"{told}, current {event.curValue}{event.unit}" if event.curValue else told,
        resource=name,
        labels=_told(facts | {f"dim.{name}": text for name, text in event.dimensions.items() if name}),
        values={name: wire.number_in(text) for name, text in _told(values).items()},
        started_at=_began(event, first=firing and previous in ("", "OK")),
        occurred_at=event.timestamp,
        episode=event.transId or None,
        no_data=no_data,
        problems=tuple(_doubts(event, said, level)),
    )


def _level(levels: tuple[str, ...], *, no_data: bool) -> str | None:
    """The first that is one. An alert for want of data keeps what was before: it must not hide a CRITICAL."""
    known = [level for level in levels if _word(level) not in ("", "OK", "NODATA")]
    if known:
        return known[0]
    return "NODATA" if no_data or any(_word(level) == "NODATA" for level in levels) else None


def _began(event: Event, *, first: bool) -> datetime | None:
    began = wire.uuid1_time(event.transId)  # the id is made when the episode begins
    if began is None and event.lastTime is not None:
        began = wire.before(event.timestamp, event.lastTime)
    elif began is None and first:
        began = event.timestamp
    return began if began is None or event.timestamp is None else min(began, event.timestamp)


def _doubts(event: Event, said: str, level: str | None) -> Iterator[Problem]:
    if said not in STATES:
        yield Problem(ProblemCode.STATE_UNKNOWN, "$.alertState", "the state is none that is known; it fires")
    if not event.alertState:
        yield Problem(ProblemCode.STATE_GUESSED, "$.alertState", "the state is missing; the level tells it")
    if level and said not in ("OK", "INSUFFICIENT_DATA") and _word(event.triggerLevel) in ("", "OK"):
        yield Problem(ProblemCode.LEVEL_MISSING, "$.triggerLevel", "the level is missing; the one before it counts")
    if not event.ruleId and event.triggerLevel != WITHOUT_LEVEL:
        yield Problem(ProblemCode.KEY_FALLBACK, "$.ruleId", "the rule is missing; the key is made of names")
    if not event.dimensions:
        yield Problem(ProblemCode.KEY_FALLBACK, "$", "no dimensions are told: all that the rule watches is one key")


def _metric(event: Event) -> str:
    return event.rawMetricName or event.metricName


def _dimensions(event: Event) -> dict[str, str]:
    """What tells the resources of a rule apart; the account stands beside them, too."""
    return {name: text for name, text in event.dimensions.items() if name != "userId" or text != event.userId}


# --- System events ---------------------------------------------------------------------------------------------------


def _system(event: SystemEvent, options: Options) -> Reading:
    status = _word(event.status) or _word(event.name.rpartition(":")[2])
    state = EVENT_STATES.get(status)
    problems = []
    if state is None and event.status:
        problems.append(Problem(ProblemCode.STATE_UNKNOWN, "$.status", "the status is none that is known; it fires"))
    elif state is None:
        problems.append(Problem(ProblemCode.STATE_GUESSED, "$.status", "the status is missing; it fires"))
    if not event.resourceId:
        problems.append(Problem(ProblemCode.KEY_FALLBACK, "$.resourceId", "the resource is missing; its name counts"))
    resource = event.instanceName or event.resourceId.rpartition("/")[2]
    content = _texts(event.content) if isinstance(event.content, dict) else {}
    return Reading(
        state=state or State.FIRING,
        level=event.level,
        identity=identity(event, options),
        title=f"{_kind(event)} on {resource}" if resource else _kind(event),
        message=", ".join(word for word in (event.eventType, event.status) if word),
        resource=resource,
        labels=_told(
            {
                "product": event.product,
                "region": event.regionId,
                "account": event.userId,
                "rule": event.ruleName,
                "resource_id": event.resourceId,
            }
        )
        | {f"content.{name}": text for name, text in content.items()},
        occurred_at=event.eventTime,
        resolvable=status != "NORMAL",
        problems=tuple(problems),
    )


def _kind(event: SystemEvent) -> str:
    """The event's name without its end, `:Executing`: that is its status."""
    head, _, tail = event.name.rpartition(":")
    return head if head and (_word(tail) in EVENT_STATES or _word(tail) == _word(event.status)) else event.name


# --- CloudMonitor 2.0 ------------------------------------------------------------------------------------------------


def _alert2(event: Alert2, options: Options) -> Reading | Problem:
    status, subtype = _word(event.status), _word(event.subtype)
    state = State.RESOLVED if subtype == "NORMAL_RESOLVE" else STATES2.get(status or subtype)
    if state is None and not status:
        return Problem(ProblemCode.BAD_ELEMENT, "$.status", "neither status nor subtype tells the state")
    entity = _entity(event)
    problems = []
    if state is None:
        problems.append(Problem(ProblemCode.STATE_UNKNOWN, "$.status", "the status is none that is known; it fires"))
    if not event.dedupId and not event.ruleId:
        problems.append(Problem(ProblemCode.KEY_FALLBACK, "$.ruleId", "the rule is missing; the subject counts"))
    elif not event.dedupId and not entity and not event.labels:
        problems.append(Problem(ProblemCode.KEY_FALLBACK, "$.alertEntityId", "nothing tells the rule's entities apart"))
    prop = _texts(event.resource.entity.prop)
    values = _texts({name: event.data.get(name) for name in ("value", "threshold")})
    links = {
        "history": event.alertHistoryUrl,
        "rule": event.alertRuleUrl or event.ruleUrl,
        "entity": event.entityUrl,
    }
    return Reading(
        state=state or State.FIRING,
        level=event.severity or None,
        identity=identity(event, options),
        title=event.subject,
        message=event.alertMessage,
        resource=prop.get("instanceName") or entity,
        labels=_texts(event.labels) | _told({"workspace": event.workspace, "account": event.userId}),
        links=_told(links),
        values={name: wire.number_in(text) for name, text in values.items()},
        occurred_at=event.timestamp or event.time,
        problems=tuple(problems),
    )


def _recovery2(event: Recovery2) -> Reading:
    fallback = Problem(ProblemCode.KEY_FALLBACK, "$", "neither rule nor entity is told; the subject counts")
    return Reading(
        state=State.RESOLVED,
        identity={"subject": event.subject},
        title=event.subject,
        occurred_at=event.timestamp,
        problems=(fallback,),
    )


def _entity(event: Alert2) -> str:
    entity = event.resource.entity
    return event.alertEntityId or entity.entity_id or entity.entityId


# --- For all ---------------------------------------------------------------------------------------------------------


def _word(text: str) -> str:
    return text.strip().upper()


def _told(texts: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if text}


def _texts(values: Mapping[str, object]) -> dict[str, str]:
    """The texts and numbers of an object, as text."""
    return {
        name: value if isinstance(value, str) else wire.number_text(value)
        for name, value in values.items()
        if isinstance(value, str | int | float) and value != "" and not isinstance(value, bool)
    }


def recognise(document: Any, _: Request) -> Mark | None:
    event = first_event(document)
    if type(event) is not dict:
        return None
    keys = event.keys()
    states = keys & {"alertState", "triggerLevel"}
    if states and (keys & {"preTriggerLevel", "metricProject"} or keys >= {"ruleId", "dimensions"}):
        return Mark(f"it has {min(states)} and the keys of a threshold rule")
    if keys >= {"curLevel", "preLevel", "ruleId"}:
        return Mark("it has curLevel, preLevel and ruleId")
    if keys >= {"product", "name", "level", "eventTime"} and (
        "regionId" in keys or str(event.get("resourceId")).startswith("acs:")
    ):
        return Mark("it has product, name, level and eventTime of a system event")
    normal = str(event.get("subtype")).startswith("NORMAL_")
    if normal and "workspace" in keys:
        return Mark("it has subtype and workspace of CloudMonitor 2.0")
    if (normal or keys >= {"workspace", "ruleId"}) and str(event.get("status")) in STATES2:
        return Mark("it has a status and the keys of CloudMonitor 2.0")
    return None


adapter = Adapter(
    name="alibaba_cloudmonitor",
    title="Alibaba Cloud CloudMonitor",
    wire=Sent,
    read=read,
    levels=LEVELS,
    fallback=Severity.LOW,  # a level that nobody knows yet is none of the worse ones
    marks=recognise,
    formats=frozenset({"json", "form", "empty"}),
    many=True,
    options=Options,
)

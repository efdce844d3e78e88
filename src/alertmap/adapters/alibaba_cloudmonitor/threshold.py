"""Threshold rules of CloudMonitor: the alert callback of all ages, and what a rule writes to a queue."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from attrs import Factory, evolve

from alertmap import conventions, wire
from alertmap.adapter import Problem, ProblemCode, Reading, Shape, State
from alertmap.adapters.alibaba_cloudmonitor.options import Options, account

STATES = conventions.states(firing="ALERT, ALARM, INSUFFICIENT_DATA", resolved="OK")  # ALARM: 2018

QUEUE_STATES = conventions.states(firing="CRITICAL, WARN, INFO, NODATA", resolved="OK")

WITHOUT_LEVEL = "callback-2018"

SITE = re.compile("taskName=(.+?)\uff0caddress=.*")  # a site check's instance, with a comma of full width
THRESHOLD = re.compile(r"\$\w+\s*(?:>=|<=|==|!=|>|<)\s*(-?[0-9]+(?:\.[0-9]+)?)")


@wire.model
class Callback:
    """The alert callback: a form, so all is text, and what is absent is the word `null`."""

    metricProject: wire.AnyText
    state: Annotated[State | None, wire.state(STATES), wire.named("alertState")] = None
    alertState: wire.Text = ""
    triggerLevel: wire.NullText = ""  # OK on a recovery
    preTriggerLevel: wire.NullText = ""
    ruleId: wire.NullText = ""
    dimensions: wire.JavaMap = Factory(dict)
    userId: wire.NullText = ""
    alertName: wire.NullText = ""
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


@wire.model
class Condition:
    """Its `level` is how many channels were notified, not how bad it is."""

    expression: wire.NullText = ""


@wire.model(closed=True)
class Callback2018:
    """The callback as it was documented in 2018: JSON, without levels and rule."""

    metricProject: wire.AnyText
    state: Annotated[State, wire.state(STATES), wire.named("alertState")]
    alertState: wire.Text = ""
    alertName: wire.NullText = ""
    dimensions: wire.JavaMap = Factory(dict)
    userId: wire.NullText = ""
    metricName: wire.NullText = ""
    expression: wire.JsonIn[list[Condition]] = Factory(list)
    curValue: Annotated[wire.NullText, wire.also("Curvalue")] = ""  # so on one language's page
    timestamp: wire.EpochAny = None


@wire.model
class Escalation:
    statistics: wire.Text = ""
    comparisonOperator: wire.Text = ""
    threshold: wire.Text = ""


@wire.model
class QueueAlert:
    """Message that a rule writes to a queue."""

    ruleId: wire.AnyText
    # `eventName` says AlertOk beside a level of WARN in the vendor's own sample.
    state: Annotated[State, wire.state(QUEUE_STATES), wire.named("curLevel")]
    curLevel: wire.Text = ""
    preLevel: wire.Text = ""
    resources: wire.JavaMap = Factory(dict)
    ruleName: wire.Text = ""
    metricName: wire.Text = ""
    namespace: wire.Text = ""
    escalation: Escalation = Escalation()
    metricData: wire.Texts = Factory(dict)
    productGroupName: wire.Text = ""
    userId: wire.Text = ""
    time: wire.EpochAny = None


def read(event: Callback, options: Options) -> Reading | Problem:
    if event.state is not None:
        return reading(event, event.state, options)
    if not event.triggerLevel:
        return Problem(ProblemCode.BAD_ELEMENT, "$.alertState", "neither alertState nor triggerLevel names the state")
    state = State.RESOLVED if word(event.triggerLevel) == "OK" else State.FIRING
    guessed = Problem(ProblemCode.STATE_GUESSED, "$.alertState", "the state is missing; the level names it")
    found = reading(event, state, options)
    return evolve(found, problems=(guessed, *found.problems))


def read_2018(event: Callback2018, options: Options) -> Reading:
    same = Callback(
        metricProject=event.metricProject,
        state=event.state,
        alertState=event.alertState,
        triggerLevel=WITHOUT_LEVEL if event.state is State.FIRING else "",
        dimensions=event.dimensions,
        userId=event.userId,
        alertName=event.alertName,
        metricName=event.metricName,
        expression=", ".join(one.expression for one in event.expression if one.expression),
        curValue=event.curValue,
        timestamp=event.timestamp,
    )
    return evolve(reading(same, event.state, options), identity=by_name(same, options))


def read_queue(alert: QueueAlert, options: Options) -> Reading:
    condition = alert.escalation
    event = Callback(
        metricProject=alert.namespace,
        state=alert.state,
        triggerLevel=alert.curLevel,
        preTriggerLevel=alert.preLevel,
        ruleId=alert.ruleId,
        dimensions=alert.resources,
        userId=alert.userId,
        alertName=alert.ruleName,
        metricName=alert.metricName.partition("#")[0],  # `cpu_total#60`, with its period
        expression=f"{condition.statistics} {condition.comparisonOperator} {condition.threshold}".strip(),
        curValue=alert.metricData.get(condition.statistics, ""),
        productGroupName=alert.productGroupName,
        timestamp=alert.time,
    )
    return reading(event, alert.state, options)


def reading(event: Callback, state: State, options: Options) -> Reading:
    is_firing = state is State.FIRING
    is_insufficient = word(event.alertState) == "INSUFFICIENT_DATA"
    no_data = is_insufficient or (is_firing and word(event.triggerLevel) == "NODATA")
    level = level_of(event, is_firing=is_firing, no_data=no_data)
    is_old = is_firing and level and not is_insufficient and word(event.triggerLevel) in ("", "OK")
    old = Problem(ProblemCode.LEVEL_MISSING, "$.triggerLevel", "the level is missing; the one before it counts")
    name = next(filter(None, names(event)), "")
    condition = f"{metric(event)} {event.expression}".strip()
    threshold = THRESHOLD.fullmatch(event.expression)
    return Reading(
        state=state,
        level=level,
        identity=[account(event.userId, options) | {"rule": event.ruleId} | where(event), by_name(event, options)],
        title=f"{event.alertName} on {name}" if event.alertName and name else event.alertName,
        message=f"{condition}, current {event.curValue}{event.unit}" if event.curValue else condition,
        resource=name,
        labels={
            "product": event.metricProject,
            "metric": metric(event),
            "instance": event.instanceName,
            "region": event.regionId or event.dimensions.get("region", ""),
            "group": event.productGroupName,
            "account": event.userId,
        }
        | {f"dim.{name}": text for name, text in event.dimensions.items() if name},
        values={
            "value": wire.number_in(event.curValue),
            "threshold": wire.number_in(threshold[1]) if threshold else "",
        },
        started_at=began(event, is_first=is_firing and word(event.preTriggerLevel) in ("", "OK")),
        occurred_at=event.timestamp,
        episode=event.transId or None,
        no_data=no_data,
        problems=(old,) if is_old else (),
    )


def by_name(event: Callback, options: Options) -> dict[str, str | None]:
    """Names are in the account's language and can be changed, so the rule's id is better."""
    return account(event.userId, options) | {"alert": event.alertName, "metric": metric(event)} | where(event)


def where(event: Callback) -> dict[str, str | None]:
    """Return what distinguishes the resources of a rule; without it, all of them share one key."""
    if not event.dimensions:
        return {"dimensions": ""}
    return {f"dim.{name}" if name else "dimensions": text for name, text in own_dimensions(event).items()}


def own_dimensions(event: Callback) -> dict[str, str]:
    """The dimensions without the account, which is repeated there."""
    return {name: text for name, text in event.dimensions.items() if name != "userId" or event.userId not in ("", text)}


def names(event: Callback) -> Iterator[str]:
    """Return candidate names of the resource, best first."""
    site = SITE.fullmatch(event.instanceName)
    dimensions = own_dimensions(event)
    yield site[1] if site else event.instanceName
    yield dimensions.get("instanceId", "")
    yield from dimensions.values()


def metric(event: Callback) -> str:
    return event.rawMetricName or event.metricName


def level_of(event: Callback, *, is_firing: bool, no_data: bool) -> str | None:
    """The level of now, on a recovery that before it. Want of data keeps what was before: it must not hide it."""
    now, before = event.triggerLevel, event.preTriggerLevel
    levels = [level for level in ((now, before) if is_firing else (before, now)) if word(level) not in ("", "OK")]
    real = [level for level in levels if word(level) != "NODATA"]
    return real[0] if real else "NODATA" if levels or no_data else None


def began(event: Callback, *, is_first: bool) -> datetime | None:
    start = wire.uuid1_time(event.transId)  # the id is made when the episode begins
    if start is None and event.lastTime is not None:
        start = wire.before(event.timestamp, event.lastTime)
    elif start is None and is_first:
        start = event.timestamp
    return start if start is None or event.timestamp is None else min(start, event.timestamp)


def word(text: str) -> str:
    return text.strip().upper()


SHAPES = [
    Shape(Callback2018, read_2018, marks={"alertName", "dimensions"}),
    Shape(Callback, read, marks={"preTriggerLevel"}),
    Shape(QueueAlert, read_queue, marks={"preLevel"}),
]

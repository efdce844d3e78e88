"""The schemas of before the common one: metrics, activity log, log search, classic alerts and autoscale."""

import re
from datetime import UTC, datetime
from typing import Annotated, Literal

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Notice, Problem, Reading, Reason, Shape, State, Times
from alertmap.adapters.azure_monitor import arm, events, rules

STATUSES = conventions.states(firing="Activated", resolved="Deactivated, Resolved")

US_TIME = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}) ([0-9]{1,2}):([0-9]{2}):([0-9]{2}) ([AP])M")
NOON = 12


def search_time(node: wire.Node) -> datetime | None:
    """Read the end of a search: RFC 3339 without its zone, or `3/22/2019 1:51:31 PM`; its name says UTC."""
    if node.value is None or node.value == "":
        return None
    if type(node.value) is not str:
        raise wire.mismatch("text", node)
    moment = wire.rfc3339(node.value)
    found = US_TIME.fullmatch(node.value)
    if found:
        month, day, year, hour, minute, second = map(int, found.groups()[:6])
        try:
            moment = datetime(year, month, day, hour % NOON + NOON * (found[7] == "P"), minute, second, tzinfo=UTC)
        except ValueError:
            moment = None
    if moment is None:
        raise wire.mismatch("RFC 3339 text, or month/day/year and a time of day", node)
    return moment


SearchTime = Annotated[
    datetime | None,
    wire.Encoding("UTC: RFC 3339 text, or `3/22/2019 1:51:31 PM`", search_time, ("3/22/2019 1:51:31 PM", "", None)),
]


@wire.model
class Rule:
    id: wire.AnyText = ""
    name: wire.Text = ""
    description: wire.Text = ""
    timestamp: wire.Rfc3339 = None
    resourceId: wire.AnyText = ""
    resourceName: wire.Text = ""
    subscriptionId: wire.AnyText = ""
    resourceGroupName: wire.Text = ""
    portalLink: wire.Text = ""


@wire.model
class MetricRule(Rule):
    severity: wire.Text = ""  # absent in 2018
    condition: rules.Condition = rules.Condition()


@wire.model
class MetricData:
    status: Annotated[State, wire.state(STATUSES)]
    context: MetricRule = MetricRule()
    properties: wire.Texts = Factory(dict)  # the user's own, also one with the name `severity`


@wire.model
class MetricAlert:
    schemaId: Literal["AzureMonitorMetricAlert"]
    data: MetricData


@wire.model
class EventContext:
    activityLog: events.ServiceEvent | events.ResourceEvent | events.OperationEvent


@wire.model
class EventData:
    context: EventContext
    status: Annotated[State | None, wire.state(STATUSES)] = None
    properties: wire.Texts = Factory(dict)


@wire.model
class EventAlert:
    schemaId: Literal["Microsoft.Insights/activityLogs"]
    data: EventData


@wire.model
class LogSearch(rules.LogResult):
    """Result of a log search; rules on a workspace send it without the object around it."""

    AlertRuleName: wire.AnyText
    SubscriptionId: wire.AnyText = ""
    ApplicationId: wire.AnyText = ""
    WorkspaceId: wire.AnyText = ""
    Description: wire.Text = ""
    ended: Annotated[SearchTime, wire.named("SearchIntervalEndtimeUtc")] = None


@wire.model
class LogAlert:
    schemaId: Literal["Microsoft.Insights/LogAlert"]
    data: LogSearch


@wire.model
class ClassicCondition:
    metricName: wire.Text = ""
    metricValue: wire.Text = ""
    threshold: wire.Text = ""


@wire.model
class ClassicRule(Rule):
    id: wire.AnyText
    conditionType: wire.Text = ""
    condition: ClassicCondition = ClassicCondition()


@wire.model
class Classic:
    """Alert of a classic rule: on a metric, a web test, or an event."""

    status: Annotated[State, wire.state(STATUSES)]
    context: ClassicRule
    properties: wire.Texts = Factory(dict)


@wire.model
class ScaledRule(Rule):
    details: wire.Text = ""
    oldCapacity: wire.Text = ""
    newCapacity: wire.Text = ""


@wire.model
class Autoscale:
    operation: wire.AnyText  # Scale In, Scale Out
    context: ScaledRule
    version: wire.Text
    properties: wire.Texts = Factory(dict)


def read_metric(alert: MetricAlert) -> Reading | Notice:
    rule = alert.data.context
    if arm.is_test(rule.subscriptionId):
        return Notice(reason=Reason.TEST)
    criteria = rule.condition.allOf
    dimensions = rules.dimensions_of(criteria)
    first = criteria[0] if criteria else rules.Criterion()
    return reading(
        rule,
        state=alert.data.status,
        level=rules.level(rule.severity),
        properties={**alert.data.properties, **rules.labels_of(dimensions)},
        dimensions=rules.identity_of(dimensions),
        metric=first.metricName,
        value=first.metricValue,
        threshold=first.threshold,
    )


def read_classic(alert: Classic) -> Reading | Notice:
    rule = alert.context
    if arm.is_test(rule.subscriptionId):
        return Notice(reason=Reason.TEST)
    return reading(
        rule,
        state=alert.status,
        level="classic",
        properties=alert.properties,
        metric=rule.condition.metricName,
        value=rule.condition.metricValue,
        threshold=rule.condition.threshold,
        resolvable=wire.loosen(rule.conditionType) != "event",
    )


def reading(
    rule: Rule,
    *,
    state: State,
    level: str,
    properties: wire.Texts,
    metric: str,
    value: str,
    threshold: str,
    dimensions: dict[str, str] | None = None,
    resolvable: bool = True,
) -> Reading:
    parts = {"rule": arm.same(rule.id), "resource": arm.same(rule.resourceId)}
    return Reading(
        state=state,
        level=level,
        # A rule may watch many resources.
        identity=[parts | (dimensions or {}), parts, {"rule": arm.same(rule.id)}],
        title=rule.name or arm.name(rule.id),
        message=rule.description,
        resource=rule.resourceName or arm.name(rule.resourceId),
        labels={
            **properties,
            "subscription": rule.subscriptionId,
            "resourceGroup": rule.resourceGroupName,
            "metric": metric,
        },
        links={"resource": rule.portalLink},
        values={"value": wire.number_in(value), "threshold": wire.number_in(threshold)},
        occurred_at=rule.timestamp,
        resolvable=resolvable,
    )


def read_event(alert: EventAlert) -> Reading | Notice | list[Notice | Problem]:
    event, properties = alert.data.context.activityLog, alert.data.properties
    if arm.is_test(event.subscriptionId):
        return Notice(reason=Reason.TEST)
    subscription = arm.same(event.subscriptionId) or arm.subscription(event.resourceId)
    sent = events.Sent(
        id=event.eventDataId,
        rule=properties.get("alertName", ""),
        severity="",
        target=event.resourceId,
        subscription=subscription,
        description=event.description,
        at=None,
        labels={**properties, "subscription": subscription},
        links={},
    )
    return events.reading(event, sent, alert.data.status)


def read_log(alert: LogAlert) -> Reading | Notice:
    return searched(alert.data, {"subscription": arm.same(alert.data.SubscriptionId)})


def read_search(search: LogSearch) -> Reading | Notice:
    return searched(search, {})  # those of a workspace have no subscription


def searched(search: LogSearch, parts: dict[str, str]) -> Reading | Notice:
    if arm.is_test(search.SubscriptionId):
        return Notice(reason=Reason.TEST)
    parts = {
        **parts,
        "source": arm.same(search.ApplicationId or search.WorkspaceId),
        "rule": arm.same(search.AlertRuleName),
    }
    return Reading(
        state=State.FIRING,
        level=rules.level(search.Severity),
        identity=[parts | rules.identity_of(search.Dimensions), parts, {"rule": parts["rule"]}],
        title=search.AlertRuleName,
        message=search.Description,
        resource=next((one.value for one in search.Dimensions if one.value), ""),
        labels={**rules.labels_of(search.Dimensions), "subscription": search.SubscriptionId, "source": parts["source"]},
        links={"results": rules.results_of(search)},
        values={"value": wire.number_in(search.ResultCount), "threshold": wire.number_in(search.Threshold)},
        occurred_at=search.ended,
        resolvable=False,
    )


def read_autoscale(alert: Autoscale) -> Reading:
    rule = alert.context
    return Reading(
        state=State.FIRING,
        level="autoscale",
        identity=[
            {"rule": arm.same(rule.id), "resource": arm.same(rule.resourceId), "operation": alert.operation},
            {"rule": arm.same(rule.id)},
        ],
        title=f"{rule.name}: {alert.operation}",
        message=rule.details,
        resource=rule.resourceName or arm.name(rule.resourceId),
        labels={**alert.properties, "subscription": rule.subscriptionId, "operation": alert.operation},
        links={"resource": rule.portalLink},
        values={"old": wire.number_in(rule.oldCapacity), "new": wire.number_in(rule.newCapacity)},
        occurred_at=rule.timestamp,
        resolvable=False,
    )


SHAPES = [
    Shape(MetricAlert, read_metric),
    Shape(EventAlert, read_event),
    Shape(LogAlert, read_log, times=Times.STATED),
    Shape(LogSearch, read_search, marks={"SearchQuery", "SearchIntervalStartTimeUtc"}, times=Times.STATED),
    Shape(Autoscale, read_autoscale, marks={"$.context.resourceId": "/subscriptions/"}, times=Times.STATED),
    Shape(Classic, read_classic, marks={"$.context.resourceId": "/subscriptions/"}),
]

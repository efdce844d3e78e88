"""The common alert schema, of every kind of alert."""

from typing import Annotated, Literal

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Notice, Problem, Reading, Reason, Shape, State, Times
from alertmap.adapters.azure_monitor import arm, budgets, events, rules

CONDITIONS = {"Fired": State.FIRING, "Resolved": State.RESOLVED}


@wire.model
class Essentials:
    alertId: wire.AnyText = ""
    alertRule: wire.Text = ""
    severity: wire.Text = ""
    signalType: wire.Text = ""
    monitoringService: wire.Text = ""
    alertTargetIDs: list[wire.AnyText] = Factory(list)
    configurationItems: list[wire.AnyText] = Factory(list)
    firedDateTime: wire.Rfc3339 = None
    description: wire.Text = ""
    investigationLink: wire.Text = ""


@wire.model
class Stateful(Essentials):
    monitorCondition: Annotated[State | None, wire.state(CONDITIONS)] = None
    resolvedDateTime: wire.Rfc3339 = None  # of metrics only


@wire.model
class PrometheusNotes:
    summary: wire.Text = ""
    description: wire.Text = ""


@wire.model
class Context(rules.LogResult):
    """Context of an alert on metrics, logs, Prometheus or Smart detection; each has keys of its own."""

    condition: rules.Condition = rules.Condition()
    properties: wire.Texts = Factory(dict)
    labels: wire.Texts = Factory(dict)
    annotations: PrometheusNotes = PrometheusNotes()
    expressionValue: wire.Text = ""
    DetectionSummary: wire.Text = ""
    DetectedValue: wire.Text = ""


@wire.model
class ServiceData:
    essentials: Essentials
    alertContext: events.ServiceEvent
    customProperties: wire.Texts = Factory(dict)


@wire.model
class ServiceAlert:
    schemaId: Literal["azureMonitorCommonAlertSchema"]
    data: ServiceData


@wire.model
class ResourceData:
    essentials: Essentials
    alertContext: events.ResourceEvent
    customProperties: wire.Texts = Factory(dict)


@wire.model
class ResourceAlert:
    schemaId: Literal["azureMonitorCommonAlertSchema"]
    data: ResourceData


@wire.model
class OperationData:
    essentials: Stateful
    alertContext: events.OperationEvent
    customProperties: wire.Texts = Factory(dict)


@wire.model
class OperationAlert:
    schemaId: Literal["azureMonitorCommonAlertSchema"]
    data: OperationData


@wire.model
class CostContext:
    AlertData: budgets.CostData


@wire.model
class CostAlertData:
    essentials: Stateful
    alertContext: CostContext


@wire.model
class CostAlert:
    schemaId: Literal["azureMonitorCommonAlertSchema"]
    data: CostAlertData


@wire.model
class RuleData:
    essentials: Stateful
    alertContext: Context = Context()
    customProperties: wire.Texts = Factory(dict)


@wire.model
class RuleAlert:
    schemaId: Literal["azureMonitorCommonAlertSchema"]
    data: RuleData


def read_service(alert: ServiceAlert) -> Reading | Notice | list[Notice | Problem]:
    sent = of_event(alert.data)
    if arm.is_test(sent.subscription):
        return Notice(reason=Reason.TEST)
    return events.of_service(alert.data.alertContext, sent)


def read_resource(alert: ResourceAlert) -> Reading | Notice:
    sent = of_event(alert.data)
    return Notice(reason=Reason.TEST) if is_test(sent) else events.of_resource(alert.data.alertContext, sent)


def read_operation(alert: OperationAlert) -> Reading | Notice:
    sent, state = of_event(alert.data), alert.data.essentials.monitorCondition
    return Notice(reason=Reason.TEST) if is_test(sent) else events.of_operation(alert.data.alertContext, sent, state)


def is_test(sent: events.Sent) -> bool:
    return arm.is_test(sent.subscription)


def of_event(data: ServiceData | ResourceData | OperationData) -> events.Sent:
    facts = data.essentials
    subscription = subscription_of(facts)
    return events.Sent(
        id=arm.same(facts.alertId),
        rule=facts.alertRule,
        severity=facts.severity,
        target=target_of(facts),
        subscription=subscription,
        description=facts.description,
        at=facts.firedDateTime,
        labels={**data.customProperties, **labels_of(facts), "subscription": subscription},
        links=links_of(facts),
    )


def read_cost(alert: CostAlert) -> Reading | Notice:
    facts, cost = alert.data.essentials, alert.data.alertContext.AlertData
    subscription = arm.subscription(facts.alertId, cost.Scope, cost.BudgetId)
    if arm.is_test(subscription):
        return Notice(reason=Reason.TEST)
    return budgets.of_cost(
        cost,
        state=facts.monitorCondition,
        notification=arm.same(facts.alertId),
        message=facts.description,
        subscription=subscription,
        at=facts.firedDateTime,
    )


def read_rule(alert: RuleAlert) -> Reading | Notice:
    facts, context = alert.data.essentials, alert.data.alertContext
    subscription, target = subscription_of(facts), target_of(facts)
    if arm.is_test(subscription):
        return Notice(reason=Reason.TEST)
    criteria = context.condition.allOf
    dimensions = rules.dimensions_of(criteria)
    first = criteria[0] if criteria else rules.Criterion()
    notes = context.annotations
    is_over = facts.monitorCondition is State.RESOLVED
    results = first.linkToFilteredSearchResultsUI or first.linkToSearchResultsUI or rules.results_of(context)
    value = first.metricValue or context.ResultCount or context.expressionValue or context.DetectedValue
    return Reading(
        state=facts.monitorCondition,
        level=facts.severity or context.Severity,
        identity=[
            {"alertId": arm.same(facts.alertId)},
            {"rule": arm.same(facts.alertRule), "resource": arm.same(target), **rules.identity_of(dimensions)},
        ],
        title=facts.alertRule,
        message=conventions.join(
            facts.description, context.DetectionSummary, notes.summary, notes.description, by="\n"
        ),
        resource=arm.name(next(filter(None, facts.configurationItems), "") or target),
        labels={
            **alert.data.customProperties,
            **context.properties,
            **context.labels,
            **rules.labels_of(dimensions),
            **rules.labels_of(context.Dimensions),
            **labels_of(facts),
            "subscription": subscription,
            "metric": first.metricName,
        },
        links={**links_of(facts), "results": results},
        values={
            "value": wire.number_in(value),
            "threshold": wire.number_in(first.threshold or context.Threshold),
        },
        started_at=facts.firedDateTime,
        occurred_at=facts.resolvedDateTime if is_over else facts.firedDateTime,
        # The end of an alert on logs has no time.
        times=Times.NONE if is_over and facts.resolvedDateTime is None else None,
        resolvable=wire.loosen(facts.monitoringService) != "simplelogalert",
    )


def target_of(facts: Essentials) -> str:
    return next(filter(None, facts.alertTargetIDs), "")


def subscription_of(facts: Essentials) -> str:
    return arm.subscription(facts.alertId, *facts.alertTargetIDs)


def labels_of(facts: Essentials) -> dict[str, str]:
    return wire.pick(facts, "signalType", "monitoringService", "alertRule")


def links_of(facts: Essentials) -> dict[str, str]:
    return {"alert": arm.alert_page(facts.alertId), "investigation": facts.investigationLink}


SHAPES = [
    Shape(ServiceAlert, read_service, times=Times.STATED),
    Shape(ResourceAlert, read_resource, times=Times.STATED),
    Shape(OperationAlert, read_operation, times=Times.STATED),
    Shape(CostAlert, read_cost, times=Times.STATED),
    Shape(RuleAlert, read_rule),
]

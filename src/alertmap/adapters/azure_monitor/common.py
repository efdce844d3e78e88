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
    monitorCondition: Annotated[State | None, wire.state(CONDITIONS)] = None
    signalType: wire.Text = ""
    monitoringService: wire.Text = ""
    alertTargetIDs: list[wire.AnyText] = Factory(list)
    configurationItems: list[wire.AnyText] = Factory(list)
    firedDateTime: wire.Rfc3339 = None
    resolvedDateTime: wire.Rfc3339 = None  # of metrics only
    description: wire.Text = ""
    investigationLink: wire.Text = ""


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
class CostContext:
    AlertData: budgets.CostData


@wire.model
class Data:
    essentials: Essentials
    # The service that watches says which, but in several spellings.
    alertContext: events.ServiceEvent | events.ResourceEvent | events.OperationEvent | CostContext | Context = Context()
    customProperties: wire.Texts = Factory(dict)


@wire.model
class CommonAlert:
    schemaId: Literal["azureMonitorCommonAlertSchema"]
    data: Data


def read(alert: CommonAlert) -> Reading | Notice | list[Notice | Problem]:
    facts, context, properties = alert.data.essentials, alert.data.alertContext, alert.data.customProperties
    if isinstance(context, CostContext):
        return read_cost(facts, context.AlertData)
    target = next(filter(None, facts.alertTargetIDs), "")
    subscription = arm.subscription(facts.alertId, *facts.alertTargetIDs)
    sent = events.Sent(
        id=arm.same(facts.alertId),
        rule=facts.alertRule,
        severity=facts.severity,
        target=target,
        subscription=subscription,
        description=facts.description,
        at=facts.firedDateTime,
        labels={
            **properties,
            **wire.pick(facts, "signalType", "monitoringService", "alertRule"),
            "subscription": subscription,
        },
        links={"alert": arm.alert_page(facts.alertId), "investigation": facts.investigationLink},
    )
    if arm.is_test(subscription):
        return Notice(reason=Reason.TEST)
    if isinstance(context, Context):
        return read_rule(facts, context, sent)
    return events.reading(context, sent, facts.monitorCondition)


def read_cost(facts: Essentials, cost: budgets.CostData) -> Reading | Notice:
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


def read_rule(facts: Essentials, context: Context, sent: events.Sent) -> Reading:
    criteria = context.condition.allOf
    dimensions = rules.dimensions_of(criteria)
    first = criteria[0] if criteria else rules.Criterion()
    notes = context.annotations
    is_over = facts.monitorCondition is State.RESOLVED
    results = first.linkToFilteredSearchResultsUI or first.linkToSearchResultsUI or rules.results_of(context)
    value = first.metricValue or context.ResultCount or context.expressionValue or context.DetectedValue
    return Reading(
        state=facts.monitorCondition,
        level=rules.level(facts.severity or context.Severity),
        identity=[
            {"alertId": sent.id},
            {"rule": arm.same(facts.alertRule), "resource": arm.same(sent.target), **rules.identity_of(dimensions)},
        ],
        title=facts.alertRule,
        message=conventions.join(
            facts.description, context.DetectionSummary, notes.summary, notes.description, by="\n"
        ),
        resource=arm.name(next(filter(None, facts.configurationItems), "") or sent.target),
        labels={
            **sent.labels,
            **context.properties,
            **context.labels,
            **rules.labels_of(dimensions),
            **rules.labels_of(context.Dimensions),
            "metric": first.metricName,
        },
        links={**sent.links, "results": results},
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


SHAPES = [Shape(CommonAlert, read)]

"""Cisco ThousandEyes: its classic webhooks, and custom webhooks with the preset "Generic".

Set up, with a classic webhook:

1. Under Alerts, Alert Rules open a rule, then Notifications, Webhooks, Configure Webhooks, Add New Webhook. Enter the
   URL `https://receiver.example/thousandeyes`, and as Auth Type "Token" with the source's token. Press Test.
2. Choose this webhook in each rule, and turn on its notification on clear, too. In Agent Settings, Notifications do the
   same for the agents: they have rules of their own.

Or, for all kinds of alerts, with a custom webhook: under Integrations add one of type Custom Webhook, choose the preset
"Generic" and leave its body as it is; the header `Authorization: Bearer …` has the token. Then choose it in each rule.

Answer 200: after anything else the request comes again every five minutes for an hour. Redirects are not followed.

A classic alert is a rule and its test, or for notifications of agents a rule and its agent; `alertId` is the episode.
The agents of a test have no alerts of their own. The preset has the ids of neither account nor test: there the alert is
its own id, a new one each time that it fires. New rules are `Info`: set a severity in each rule.

Limits: each change is sent once; a clear is sent, too, where a rule is deleted or taken from a test. No acknowledgement
and no suppression is sent. Keys that a user adds to a classic webhook are not read.
"""

from typing import Annotated, Any, Literal

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Identity, Notice, Reading, Reason, Request, Shape, State, Times

STATES = conventions.states(
    firing="ALERT_NOTIFICATION_TRIGGER, AGENT_ALERT_NOTIFICATION_TRIGGER",
    resolved="ALERT_NOTIFICATION_CLEAR, AGENT_ALERT_NOTIFICATION_CLEAR",
)

TYPES = conventions.states(firing="2, Trigger", resolved="1, Clear")

LEVELS = conventions.levels(critical="Critical", high="Major", medium="Minor", info="Info")


@wire.model
class Agent:
    agentName: wire.AnyText = ""
    metricsAtStart: wire.Text = ""
    metricsAtEnd: wire.Text = ""


@wire.model
class Label:
    name: wire.AnyText = ""


@wire.model
class Alert(Agent):
    """Alert of a rule; that of an agent's rule is itself the agent."""

    alertId: Annotated[wire.AnyText, wire.also("agentNotificationId")] = ""
    ruleId: Annotated[wire.AnyText, wire.also("agentRuleId")] = ""
    ruleName: wire.Text = ""
    ruleExpression: wire.Text = ""
    ruleAid: wire.Text = ""
    testId: wire.AnyText = ""
    agentId: wire.AnyText = ""
    testName: wire.Text = ""
    testLabels: list[Label] = Factory(list)
    testTargetsDescription: list[wire.AnyText] = Factory(list)
    hostname: wire.Text = ""
    ipAddress: wire.Text = ""
    type: wire.Text = ""
    severity: wire.Text = ""
    violationCount: wire.Number | None = None
    agents: list[Agent] = Factory(list)
    dateStart: wire.LocalTime = None  # UTC without a zone; in older notifications of agents a count of seconds
    dateEnd: wire.LocalTime = None
    permalink: wire.Text = ""


@wire.model
class Event:
    eventType: Annotated[State, wire.state(STATES)]
    # A notification of an agent has both, which are equal, or in older versions the second.
    alert: Annotated[Alert, wire.named("alert", "agentAlert")]


@wire.model
class Test:
    eventType: Literal["WEBHOOK_TEST"]


@wire.model
class Detail:
    source: Annotated[str, wire.inside("name")] = ""
    metricsAtStart: wire.Text = ""
    metricsAtEnd: wire.Text = ""


@wire.model
class GenericTest:
    name: wire.Text = ""
    labels: list[wire.AnyText] = Factory(list)


@wire.model
class GenericAlert:
    id: wire.AnyText
    type: wire.Text = ""
    severity: wire.Text = ""
    test: GenericTest = GenericTest()
    targets: list[wire.AnyText] = Factory(list)
    rule: Annotated[str, wire.inside("id")] = ""
    ruleName: Annotated[str, wire.inside("name"), wire.named("rule")] = ""
    expression: Annotated[str, wire.inside("expression"), wire.named("rule")] = ""
    notes: Annotated[str, wire.inside("notes"), wire.named("rule")] = ""
    triggered: wire.AnyTime = None
    cleared: wire.AnyTime = None
    details: list[Detail] = Factory(list)


@wire.model
class Generic:
    """Body of the preset "Generic"."""

    type: Annotated[State, wire.state(TYPES)]
    alert: GenericAlert


def read(event: Event) -> Reading:
    alert, is_over = event.alert, event.eventType is State.RESOLVED
    agents = alert.agents or [alert]
    metrics = (
        conventions.join(agent.agentName, (is_over and agent.metricsAtEnd) or agent.metricsAtStart)
        for agent in agents
        if agent.metricsAtStart or agent.metricsAtEnd
    )
    start, end = (moment and moment.moment for moment in (alert.dateStart, alert.dateEnd))
    return Reading(
        state=event.eventType,
        level=alert.severity,
        identity=[identity(alert), {"alert": alert.alertId}],
        title=conventions.join(alert.ruleName, alert.testName or alert.agentName) or alert.ruleExpression,
        message=conventions.join(alert.ruleExpression, *metrics, by="\n"),
        resource=conventions.address(next(iter(alert.testTargetsDescription), "") or alert.hostname),
        labels={
            **wire.pick(alert, "type", "hostname", "ipAddress"),
            "account": alert.ruleAid,
            "agents": "; ".join(agent.agentName for agent in agents),
            "labels": ", ".join(label.name for label in alert.testLabels),
        },
        links={"alert": alert.permalink},
        values={} if alert.violationCount is None else {"violations": alert.violationCount},
        started_at=start,
        occurred_at=end if is_over else start,
        episode=alert.alertId or None,
    )


def identity(alert: Alert) -> Identity:
    """Return the rule and what it watches; ids of rules are unique across accounts."""
    if alert.agentId.strip() and not alert.testId.strip():
        return {"rule": alert.ruleId, "agent": alert.agentId}
    return {"rule": alert.ruleId, "test": alert.testId}


def read_generic(event: Generic) -> Reading:
    alert, is_over = event.alert, event.type is State.RESOLVED
    metrics = (
        conventions.join(detail.source, (is_over and detail.metricsAtEnd) or detail.metricsAtStart)
        for detail in alert.details
    )
    return Reading(
        state=event.type,
        level=alert.severity,
        identity={"alert": alert.id},
        title=conventions.join(alert.ruleName, alert.test.name) or alert.expression,
        message=conventions.join(alert.expression, *metrics, alert.notes, by="\n"),
        resource=conventions.address(next(iter(alert.targets), "")),
        labels={"type": alert.type, "rule": alert.rule, "labels": ", ".join(alert.test.labels)},
        started_at=alert.triggered,
        occurred_at=alert.cleared if is_over else alert.triggered,
    )


def is_event(document: Any, _request: Request) -> bool:
    return str(document.get("eventType")).startswith(("ALERT_NOTIFICATION_", "AGENT_ALERT_NOTIFICATION_"))


adapter = Adapter(
    name="thousandeyes",
    title="Cisco ThousandEyes",
    shapes=[
        Shape(Test, Notice(reason=Reason.TEST), marks={"eventId"}),
        Shape(Event, read, marks=is_event),
        Shape(Generic, read_generic, marks={"$.alert.rule.expression", "$.alert.triggered", "$.alert.details"}),
    ],
    levels=LEVELS,
    # Each change is sent once: a start that comes after the end is a retry, up to an hour old.
    times=Times.STATED,
    delivery_field="$.eventId",
    retries=True,
    identity_parts={"rule", "test", "agent", "alert"},
)

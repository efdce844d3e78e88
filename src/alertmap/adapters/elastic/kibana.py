"""Rules of Kibana, by the connector Webhook, whose body each user writes."""

import re
from typing import Annotated, Any, Literal

from alertmap import conventions, wire
from alertmap.adapter import Notice, Problem, ProblemCode, Rank, Reading, Reason, Request, Severity, Shape, State, Times

# All action groups of the rule types of Kibana 8; APM's `threshold_met` is the same word.
FIRING = (
    *("default", "query matched", "threshold met", "Tracked entity contained", "transform_issue"),
    *("anomaly_score_match", "anomaly_detection_realtime_issue", "logs.threshold.fired"),
    *("slo.burnRate.alert", "slo.burnRate.high", "slo.burnRate.medium", "slo.burnRate.low"),
    *("metrics.threshold.fired", "metrics.threshold.warning", "metrics.threshold.nodata"),
    *("metrics.inventory_threshold.fired", "metrics.inventory_threshold.warning"),
    *("custom_threshold.fired", "custom_threshold.nodata", "No Data"),
    *(f"xpack.synthetics.alerts.actionGroups.{name}" for name in ("monitorStatus", "tls")),
    *(
        f"xpack.uptime.alerts.actionGroups.{name}"
        for name in ("monitorStatus", "tls", "tlsCertificate", "durationAnomaly")
    ),
)
STATES = (
    conventions.STATES
    | dict.fromkeys(FIRING, State.FIRING)
    | dict.fromkeys(("notGeoContained", "No longer contained"), State.RESOLVED)  # the recovery of `.geo-containment`
    | {"untracked": State.SUPPRESSED}  # its rule was disabled or deleted: nobody knows how it is
)

LEVELS = {
    "slo.burnRate.alert": Severity.CRITICAL,  # called Critical there
    "slo.burnRate.high": Severity.HIGH,
    "slo.burnRate.medium": Severity.MEDIUM,
    "slo.burnRate.low": Severity.LOW,
    "metrics.threshold.warning": Severity.MEDIUM,
    "metrics.inventory_threshold.warning": Severity.MEDIUM,
    "Warning": Severity.MEDIUM,
}
GROUPS = {wire.loosen(group) for group in LEVELS}
WITHOUT_LEVEL = "fired"

RULE = re.compile(r"/app/management/insightsAndAlerting/triggersActions/rule/([\w-]{1,64})")


@wire.model
class Template:
    """The body of the set-up guide."""

    state: Annotated[State, wire.state(STATES), wire.named("action_group")]
    action_group: wire.Text = ""
    rule_id: wire.AnyText = ""
    rule_name: wire.AnyText = ""
    space: Annotated[wire.Text, wire.also("space_id")] = ""
    alert_id: wire.AnyText = ""
    alert_uuid: wire.Text = ""
    severity: wire.Text = ""
    date: wire.AnyTime = None
    message: wire.Text = ""
    reason: wire.Text = ""
    value: wire.Text = ""
    group: wire.Text = ""
    url: Annotated[wire.Text, wire.also("rule_url")] = ""
    details: wire.Text = ""
    tags: wire.ScalarText = ""


@wire.model
class Unfilled:
    """That body from the connector's Test tab, which fills in no variables."""

    rule_id: Literal["{{rule.id}}"]


@wire.model
class Rule:
    id: wire.AnyText = ""
    name: wire.AnyText = ""
    spaceId: wire.Text = ""
    url: wire.Text = ""
    tags: wire.ScalarText = ""


@wire.model
class NestedAlert:
    state: Annotated[State, wire.state(STATES), wire.named("actionGroup", "status", "actionGroupName")]
    action_group: Annotated[wire.Text, wire.named("actionGroup", "status", "actionGroupName")] = ""
    id: wire.AnyText = ""
    uuid: wire.Text = ""
    severity: wire.Text = ""
    reason: wire.Text = ""


@wire.model
class Context:
    message: wire.Text = ""
    reason: wire.Text = ""
    value: wire.Text = ""
    group: wire.Text = ""
    alertDetailsUrl: wire.Text = ""


@wire.model
class Nested:
    """Kibana's variables as objects."""

    rule: Rule
    alert: NestedAlert
    context: Context = Context()
    severity: wire.Text = ""
    date: wire.AnyTime = None


@wire.model
class Own:
    """Body of other receivers' guides."""

    state: Annotated[State, wire.state(STATES), wire.named("status")]
    status: wire.Text = ""
    name: wire.AnyText = ""
    message: wire.Text = ""
    severity: wire.Text = ""
    kibana: Annotated[wire.AnyText, wire.named("kibanaUrl", "kibana_url", "kibanaBaseUrl", "kibana_base_url")] = ""
    url: wire.AnyText = ""


def read(event: Template) -> Reading:
    group = event.action_group if wire.loosen(event.action_group) in GROUPS else WITHOUT_LEVEL
    rule, name, alert = {"rule": event.rule_id}, {"name": event.rule_name}, {"alert": event.alert_id}
    return Reading(
        state=event.state,
        # The action for Recovered is one for all levels.
        level=None if event.state is State.RESOLVED else event.severity or group,
        identity=[rule | alert, rule, name | alert, name],
        title=event.rule_name,
        message=event.message or event.reason,
        resource=event.group,
        labels={
            "alert_id": event.alert_id,
            "action_group": event.action_group,
            "space": event.space,
            "tags": event.tags,
        },
        links={"rule": event.url, "alert": event.details},
        values={"value": wire.number_in(event.value)},
        occurred_at=event.date,
        times=Times.STATED if event.date else Times.NONE,
        episode=event.alert_uuid or None,
        no_data=wire.state_word(event.action_group).endswith("nodata"),
    )


def read_nested(event: Nested) -> Reading:
    return read(
        Template(
            state=event.alert.state,
            action_group=event.alert.action_group,
            rule_id=event.rule.id,
            rule_name=event.rule.name,
            space=event.rule.spaceId,
            alert_id=event.alert.id,
            alert_uuid=event.alert.uuid,
            severity=event.severity or event.alert.severity,
            date=event.date,
            message=event.context.message,
            reason=event.context.reason or event.alert.reason,
            value=event.context.value,
            group=event.context.group,
            url=event.rule.url,
            details=event.context.alertDetailsUrl,
            tags=event.rule.tags,
        )
    )


def read_own(event: Own) -> Reading | Problem:
    rule = RULE.search(event.kibana) or RULE.search(event.url)
    if rule is None and not event.kibana:
        return Problem(ProblemCode.BAD_ELEMENT, "$", "expected a status with the address of a rule of Kibana")
    return Reading(
        state=event.state,
        level=None if event.state is State.RESOLVED else event.severity or WITHOUT_LEVEL,
        identity=[{"rule": rule[1] if rule else ""}, {"name": event.name}],
        title=event.name,
        message=event.message,
        links={"rule": event.kibana or event.url},
        times=Times.NONE,
    )


def own_marks(document: Any, _request: Request) -> bool:
    event = document[0] if type(document) is list else document
    is_named = not wire.loose_keys(event).keys().isdisjoint(("kibanaurl", "kibanabaseurl"))
    return is_named or RULE.search(str(event.get("url"))) is not None


SHAPES = [
    Shape(Unfilled, Notice(reason=Reason.TEST), marks={"alert_id"}),
    Shape(Template, read, marks={"rule_id", "alert_id"}),
    Shape(Nested, read_nested, marks={"$.rule.id", "$.alert.actionGroup"}),
]
OWN = [Shape(Own, read_own, marks=own_marks, rank=Rank.WEAK)]

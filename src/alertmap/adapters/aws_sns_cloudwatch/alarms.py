"""Alarms of CloudWatch: as a message of SNS, as an event of EventBridge, and as the event of a Lambda action."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from attrs import Factory

from alertmap import wire
from alertmap.adapter import Reading, Shape, State
from alertmap.adapters.aws_sns_cloudwatch.eventbridge import Event

STATES = {"ALARM": State.FIRING, "OK": State.RESOLVED, "INSUFFICIENT_DATA": State.FIRING}

DATAPOINT = re.compile(r"\[(-?[0-9.]{1,32}(?:E-?[0-9]{1,3})?) \(")  # `[93.1 (04/03/26 10:06:00)]`, the newest first
ARN = re.compile(r"arn:(aws[a-z-]*):cloudwatch:([a-z0-9-]+):([^:]*):alarm:(.+)", re.DOTALL)
PLAIN = re.compile(r"[\w.-]+", re.ASCII)


@wire.model
class Dimension:
    name: wire.Text = ""
    value: wire.Text = ""


@wire.model
class SentMetric:
    MetricName: wire.Text = ""
    Namespace: wire.Text = ""
    Dimensions: list[Dimension] = Factory(list)


@wire.model
class SentStat:
    Metric: SentMetric = SentMetric()


@wire.model
class Query:
    """Part of an alarm on an expression or a band of anomalies."""

    MetricStat: SentStat = SentStat()


@wire.model
class SentTrigger(SentMetric):
    Threshold: wire.Number | None = None  # none where the limit is a band
    Metrics: list[Query] = Factory(list)


@wire.model
class Child:
    Arn: wire.Text = ""


@wire.model
class Message:
    """Message that an alarm publishes to a topic; messages of before 2020 have no ARN."""

    AlarmName: wire.AnyText
    NewStateValue: Annotated[State, wire.state(STATES)]
    word: Annotated[wire.Text, wire.named("NewStateValue")] = ""
    AlarmArn: wire.AnyText = ""
    AWSAccountId: wire.AnyText = ""
    Region: wire.AnyText = ""  # its name, `EU (Frankfurt)`
    AlarmContributorId: wire.AnyText = ""  # of an alarm on many series: the one series
    AlarmContributorAttributes: dict[str, wire.Text] = Factory(dict)
    AlarmDescription: wire.Text = ""
    NewStateReason: wire.Text = ""
    StateChangeTime: wire.Rfc3339 = None
    Trigger: SentTrigger = SentTrigger()
    TriggeringChildren: list[Child] = Factory(list)


@wire.model
class Reason:
    threshold: wire.Number | None = None


@wire.model
class Status:
    value: Annotated[State, wire.state(STATES)]
    word: Annotated[wire.Text, wire.named("value")] = ""
    reason: wire.Text = ""
    reasonData: wire.JsonIn[Reason] = Reason()
    timestamp: wire.Rfc3339 = None
    actionsSuppressedBy: wire.Text = ""


@wire.model
class MetricOf:
    name: wire.Text = ""
    namespace: wire.Text = ""
    dimensions: dict[str, wire.Text] = Factory(dict)


@wire.model
class StatOf:
    metric: MetricOf = MetricOf()


@wire.model
class QueryOf:
    metricStat: StatOf = StatOf()


@wire.model
class Settings:
    description: wire.Text = ""
    metrics: list[QueryOf] = Factory(list)


@wire.model
class Contributor:
    id: wire.AnyText = ""
    attributes: dict[str, wire.Text] = Factory(dict)


@wire.model
class Detail:
    alarmName: wire.AnyText
    state: Status
    before: Annotated[str, wire.inside("value"), wire.named("previousState")] = ""
    configuration: Settings = Settings()
    alarmContributor: Contributor = Contributor()
    muted_by: Annotated[str, wire.inside("mutedByArn"), wire.named("muteDetail")] = ""


@wire.model
class StateChange(Event):
    kind: Annotated[
        Literal["CloudWatch Alarm State Change", "CloudWatch Alarm Contributor State Change"],
        wire.named("detail-type"),
    ]
    detail: Detail


@wire.model
class LambdaAction:
    alarmArn: wire.AnyText
    alarmData: Detail
    accountId: wire.AnyText = ""
    region: wire.AnyText = ""
    time: wire.Rfc3339 = None


@wire.model
class Operation:
    alarmName: wire.AnyText = ""
    operation: Literal["create", "update", "delete"]


@wire.model
class ConfigurationChange(Event):
    """Its `detail.state` is the state at that moment, not a change of it."""

    kind: Annotated[Literal["CloudWatch Alarm Configuration Change"], wire.named("detail-type")]
    detail: Operation


def read_message(event: Message) -> Reading:
    trigger = event.Trigger
    metrics = [trigger, *(query.MetricStat.Metric for query in trigger.Metrics)]
    metric = next((one for one in metrics if one.MetricName), trigger)
    return reading(
        event.NewStateValue,
        event.word,
        name=event.AlarmName,
        arn=event.AlarmArn,
        account=event.AWSAccountId,
        region=event.Region,
        contributor=event.AlarmContributorId,
        dimensions={one.name: one.value for one in metric.Dimensions} | event.AlarmContributorAttributes,
        labels={
            "namespace": metric.Namespace,
            "metric": metric.MetricName,
            "children": ", ".join(child.Arn.rpartition(":")[2] for child in event.TriggeringChildren),
        },
        reason=event.NewStateReason,
        description=event.AlarmDescription,
        threshold=trigger.Threshold,
        changed_at=event.StateChangeTime,
    )


def read_change(event: StateChange) -> Reading:
    return of_detail(event.detail, event.resource, event.account, event.region, event.time)


def read_action(event: LambdaAction) -> Reading:
    return of_detail(event.alarmData, event.alarmArn, event.accountId, event.region, event.time)


def read_configuration(event: ConfigurationChange) -> Reading | None:
    if event.detail.operation != "delete":
        return None
    return reading(
        State.RESOLVED,
        "",
        name=event.detail.alarmName,
        arn=event.resource,
        account=event.account,
        region=event.region,
        reason="The alarm was deleted.",
        changed_at=event.time,
    )


def of_detail(detail: Detail, arn: str, account: str, region: str, sent_at: datetime | None) -> Reading:
    status, contributor = detail.state, detail.alarmContributor
    state = status.value
    suppressed_by = status.actionsSuppressedBy or detail.muted_by
    if suppressed_by and state is State.FIRING and status.word in STATES:
        state = State.SUPPRESSED
    changed_at = status.timestamp or sent_at
    if sent_at and changed_at and detail.before == status.word:
        # Only its suppression began or ended: the alarm may have had this state for long.
        changed_at = max(changed_at, sent_at)
    metrics = [query.metricStat.metric for query in detail.configuration.metrics]
    metric = next((one for one in metrics if one.name), MetricOf())
    return reading(
        state,
        status.word,
        name=detail.alarmName,
        arn=arn,
        account=account,
        region=region,
        contributor=contributor.id,
        dimensions=metric.dimensions | contributor.attributes,
        labels={
            "namespace": metric.namespace,
            "metric": metric.name,
            "suppressed_by": suppressed_by,
        },
        reason=status.reason,
        description=detail.configuration.description,
        threshold=status.reasonData.threshold,
        changed_at=changed_at,
    )


def reading(
    state: State,
    word: str,
    *,
    name: str,
    arn: str,
    account: str,
    region: str,
    contributor: str = "",
    dimensions: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    reason: str = "",
    description: str = "",
    threshold: float | None = None,
    changed_at: datetime | None = None,
) -> Reading:
    """Read an alarm, whatever it was sent in: the same alarm has the same key in each."""
    found = ARN.fullmatch(arn)
    partition, code, owner = (found[1], found[2], found[3]) if found else ("", "", "")
    datapoint = DATAPOINT.search(reason)
    one_of = {"contributor": contributor or None}
    own = wire.without_secrets(dimensions or {})
    return Reading(
        state=state,
        level=None if state is State.RESOLVED else word,
        identity=[{"arn": arn, **one_of}, {"account": account, "region": region, "alarm": name, **one_of}],
        title=name,
        message="\n".join(filter(None, (reason, description))),
        resource=next(filter(None, own.values()), ""),
        labels={**own, **(labels or {}), "account": account or owner, "region": code or region},
        links={"alarm": console(code, name) if partition == "aws" else ""},
        values={
            "value": wire.number_in(datapoint[1]) if datapoint else "",
            "threshold": "" if threshold is None else threshold,
        },
        occurred_at=changed_at,
        no_data=wire.state_word(word) == wire.state_word("INSUFFICIENT_DATA"),
    )


def console(region: str, name: str) -> str:
    """Return the page of an alarm; "" for a name whose escaped form is not known."""
    if not PLAIN.fullmatch(name):
        return ""
    return f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#alarmsV2:alarm/{name}"


SHAPES = [
    Shape(Message, read_message, marks={"NewStateReason"}),
    Shape(StateChange, read_change),
    Shape(LambdaAction, read_action),
    Shape(ConfigurationChange, read_configuration),
]

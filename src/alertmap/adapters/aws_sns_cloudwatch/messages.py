"""Messages that other services of AWS publish to a topic as JSON."""

from typing import Annotated, Literal

from attrs import Factory

from alertmap import wire
from alertmap.adapter import Notice, Reading, Reason, Shape, State, Times


@wire.model
class TestMessage:
    """Message that a service sends when a topic is entered there."""

    Event: Literal["autoscaling:TEST_NOTIFICATION", "s3:TestEvent"]


@wire.model
class AutoScaling:
    Event: wire.AnyText
    AutoScalingGroupARN: wire.AnyText
    AutoScalingGroupName: wire.Text = ""
    Description: wire.Text = ""
    Cause: wire.Text = ""
    EC2InstanceId: wire.Text = ""
    AccountId: wire.Text = ""
    Time: wire.Rfc3339 = None


@wire.model
class Database:
    """Event of RDS or of DMS."""

    source: Annotated[wire.AnyText, wire.named("Event Source")]
    event: Annotated[wire.AnyText, wire.named("Event ID")] = ""  # the page of the event; its code is the fragment
    id: Annotated[wire.AnyText, wire.named("Source ID", "SourceId")] = ""
    message: Annotated[wire.Text, wire.named("Event Message")]
    time: Annotated[wire.UtcTime, wire.named("Event Time")] = None
    link: Annotated[wire.Text, wire.named("Identifier Link")] = ""


@wire.model
class RootCause:
    service: wire.Text = ""


@wire.model
class CostAnomaly:
    anomalyId: wire.AnyText
    impact: Annotated[str, wire.inside("totalImpact")]
    accountId: wire.Text = ""
    accountName: wire.Text = ""
    monitorName: wire.Text = ""
    dimensionalValue: wire.Text = ""
    rootCauses: list[RootCause] = Factory(list)
    anomalyDetailsLink: wire.Text = ""


@wire.model
class FindingType:
    findingType: wire.Text = ""
    findingDescription: wire.Text = ""


@wire.model
class Announcement:
    """GuardDuty's news of its own features, from a topic of AWS."""

    type: wire.AnyText
    findingDetails: list[FindingType]


def read_scaling(event: AutoScaling) -> Reading:
    kind = event.Event.removeprefix("autoscaling:")
    return Reading(
        state=State.FIRING,
        level="scaling_error" if kind.endswith("_ERROR") else "note",
        identity={"group": event.AutoScalingGroupARN, "event": event.Event},
        title=f"{event.AutoScalingGroupName or event.AutoScalingGroupARN}: {kind}",
        message="\n".join(filter(None, (event.Description, event.Cause))),
        resource=event.AutoScalingGroupName,
        labels={"account": event.AccountId, "instance": event.EC2InstanceId},
        occurred_at=event.Time,
        resolvable=False,
    )


def read_database(event: Database) -> Reading:
    code = event.event.strip().rpartition("#")[2]
    return Reading(
        state=State.FIRING,
        level="event",
        identity={"source": event.source, "id": event.id, "event": code},
        title=f"{event.id}: {event.message}".strip(),
        resource=event.id,
        labels={"source": event.source, "event": code},
        links={"resource": event.link},
        occurred_at=event.time,
        resolvable=False,
    )


def read_anomaly(event: CostAnomaly) -> Reading:
    services = ", ".join(dict.fromkeys(cause.service for cause in event.rootCauses if cause.service))
    return Reading(
        state=State.FIRING,
        level="anomaly",
        identity={"anomaly": event.anomalyId},
        title=f"Cost anomaly: {services or event.dimensionalValue or event.monitorName}",
        resource=event.accountName or event.accountId,
        labels={"account": event.accountId, "monitor": event.monitorName},
        links={"anomaly": event.anomalyDetailsLink},
        values={"impact": wire.number_in(event.impact)},
        times=Times.NONE,
        resolvable=False,
    )


def read_announcement(event: Announcement) -> Reading:
    return Reading(
        state=State.FIRING,
        level="note",
        identity={"announcement": event.type, "findings": ", ".join(one.findingType for one in event.findingDetails)},
        title=f"GuardDuty announces {event.type}",
        message="\n".join(one.findingDescription for one in event.findingDetails if one.findingDescription),
        times=Times.NONE,
        resolvable=False,
    )


SHAPES = [
    Shape(TestMessage, Notice(reason=Reason.TEST)),
    Shape(AutoScaling, read_scaling, times=Times.STATED),
    Shape(Database, read_database, times=Times.STATED),
    Shape(CostAnomaly, read_anomaly, marks={"anomalyDetailsLink"}),
    Shape(Announcement, read_announcement, marks={"version"}),
]

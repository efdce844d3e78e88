"""Findings of GuardDuty and Security Hub, through EventBridge."""

from collections.abc import Iterator
from typing import Annotated, Literal

from attrs import Factory

from alertmap import wire
from alertmap.adapter import Problem, ProblemCode, Reading, Result, Shape, State, Times
from alertmap.adapters.aws_sns_cloudwatch.eventbridge import Event

WORKFLOW = {
    "NEW": State.FIRING,
    "NOTIFIED": State.ACKNOWLEDGED,  # its owner was notified
    "RESOLVED": State.RESOLVED,
    "SUPPRESSED": State.SUPPRESSED,
}

RECORDS = {"ACTIVE": State.FIRING, "ARCHIVED": State.RESOLVED}

SCANS = {
    "THREATS_FOUND": State.FIRING,
    "NO_THREATS_FOUND": None,
    "UNSUPPORTED": State.FIRING,
    "ACCESS_DENIED": State.FIRING,
    "FAILED": State.FIRING,
}

NOT_SCANNED = {wire.state_word(word) for word in ("UNSUPPORTED", "ACCESS_DENIED", "FAILED")}

# https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html
BANDS = ((9, "CRITICAL"), (7, "HIGH"), (4, "MEDIUM"))


@wire.model
class Service:
    count: wire.Text = ""
    eventLastSeen: wire.Rfc3339 = None


@wire.model
class Threat:
    id: wire.AnyText = ""
    type: wire.AnyText = ""
    severity: wire.Text = ""
    title: wire.Text = ""
    description: wire.Text = ""
    accountId: wire.Text = ""
    region: wire.Text = ""
    updatedAt: wire.Rfc3339 = None
    service: Service = Service()


@wire.model
class GuardDuty(Event):
    kind: Annotated[Literal["GuardDuty Finding"], wire.named("detail-type")]
    detail: Threat


@wire.model
class ScanResult:
    scanResultStatus: Annotated[State | None, wire.state(SCANS)]
    word: Annotated[wire.Text, wire.named("scanResultStatus")] = ""


@wire.model
class ScannedObject:
    bucketName: wire.AnyText = ""
    objectKey: wire.AnyText = ""


@wire.model
class Scan:
    scanResultDetails: ScanResult
    s3ObjectDetails: ScannedObject = ScannedObject()


@wire.model
class MalwareScan(Event):
    kind: Annotated[Literal["GuardDuty Malware Protection Object Scan Result"], wire.named("detail-type")]
    detail: Scan


@wire.model
class Progress:
    Status: Annotated[State | None, wire.state(WORKFLOW)] = None


@wire.model
class Resource:
    Id: wire.Text = ""


@wire.model
class Finding:
    Id: wire.AnyText
    AwsAccountId: wire.AnyText = ""
    Title: wire.Text = ""
    Description: wire.Text = ""
    level: Annotated[str, wire.inside("Label"), wire.named("Severity")] = ""
    Workflow: Progress = Progress()
    RecordState: Annotated[State | None, wire.state(RECORDS)] = None
    Resources: list[Resource] = Factory(list)
    Region: wire.Text = ""
    ProductName: wire.Text = ""
    GeneratorId: wire.Text = ""
    UpdatedAt: wire.Rfc3339 = None
    FirstObservedAt: wire.Rfc3339 = None
    SourceUrl: wire.Text = ""


@wire.model
class Findings:
    findings: wire.Items[Finding]


@wire.model
class SecurityHub(Event):
    kind: Annotated[
        Literal["Security Hub Findings - Imported", "Security Hub Findings - Custom Action"], wire.named("detail-type")
    ]
    detail: Findings


@wire.model
class InsightResults:
    insightArn: wire.AnyText = ""
    insightName: wire.Text = ""


@wire.model
class Insight(Event):
    kind: Annotated[Literal["Security Hub Insight Results"], wire.named("detail-type")]
    detail: InsightResults


def read_threat(event: GuardDuty) -> Reading:
    threat = event.detail
    account, region = threat.accountId or event.account, threat.region or event.region
    severity = wire.number_in(threat.severity)
    return Reading(
        state=State.FIRING,
        level=band(severity),
        identity=[{"finding": threat.id}, {"account": account, "region": region, "type": threat.type}],
        title=threat.title or threat.type,
        message=threat.description,
        labels={"account": account, "region": region, "type": threat.type, "count": threat.service.count},
        values={"severity": severity},
        occurred_at=threat.service.eventLastSeen or threat.updatedAt or event.time,
        resolvable=False,
    )


def band(severity: float | str) -> str:
    if isinstance(severity, str):
        return severity
    return next((word for least, word in BANDS if severity >= least), "LOW")


def read_scan(event: MalwareScan) -> Reading | None:
    result, scanned = event.detail.scanResultDetails, event.detail.s3ObjectDetails
    if result.scanResultStatus is None:
        return None
    return Reading(
        state=result.scanResultStatus,
        level="note" if wire.state_word(result.word) in NOT_SCANNED else result.word,
        identity=[{"bucket": scanned.bucketName, "object": scanned.objectKey}, {"id": event.id}],
        title=f"{result.word}: {scanned.bucketName}/{scanned.objectKey}",
        resource=scanned.bucketName,
        labels={"account": event.account, "region": event.region},
        occurred_at=event.time,
        resolvable=False,
    )


def read_findings(event: SecurityHub) -> Iterator[Result]:
    if not event.detail.findings:
        yield Problem(ProblemCode.MISSING, "$.detail.findings", "the event has no finding")
    for path, finding in event.detail.findings:
        state = finding.RecordState
        if state is not State.RESOLVED and finding.Workflow.Status is not None:
            state = finding.Workflow.Status
        resources = [one.Id for one in finding.Resources if one.Id]
        yield Reading(
            state=state,
            # What passed has the label INFORMATIONAL, whatever it was before.
            level=None if state is State.RESOLVED else finding.level,
            identity={"finding": finding.Id, "account": finding.AwsAccountId},
            title=finding.Title,
            message=finding.Description,
            resource=resources[0] if resources else "",
            labels={
                "account": finding.AwsAccountId,
                "region": finding.Region or event.region,
                "product": finding.ProductName,
                "rule": finding.GeneratorId,
            },
            links={"source": finding.SourceUrl},
            started_at=finding.FirstObservedAt,
            occurred_at=finding.UpdatedAt or event.time,
            path=path,
        )


def read_insight(event: Insight) -> Reading:
    insight = event.detail
    return Reading(
        state=State.FIRING,
        level="note",
        identity={"insight": insight.insightArn},
        title=insight.insightName or "Security Hub insight",
        labels={"account": event.account, "region": event.region},
        occurred_at=event.time,
        resolvable=False,
    )


SHAPES = [
    Shape(GuardDuty, read_threat, times=Times.STATED),
    Shape(SecurityHub, read_findings, times=Times.STATED),
    Shape(MalwareScan, read_scan, times=Times.STATED),
    Shape(Insight, read_insight, times=Times.STATED),
]

"""Events of AWS Health, through EventBridge."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Literal

from attrs import Factory

from alertmap import wire
from alertmap.adapter import ProblemCode, Reading, Shape, State, Times
from alertmap.adapters.aws_sns_cloudwatch.eventbridge import Event

STATUSES = {"open": State.FIRING, "upcoming": State.FIRING, "closed": State.RESOLVED}

ABUSE = "AWS Health Abuse Event"


def rfc1123(node: wire.Node) -> datetime | None:
    if node.value is None or node.value == "":
        return None
    if type(node.value) is not str:
        raise wire.mismatch("RFC 1123 text", node)
    try:
        moment = parsedate_to_datetime(node.value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        node.warn(ProblemCode.BAD_TIME, "the time is not RFC 1123 text and was left out")
        return None


Rfc1123 = Annotated[
    datetime | None,
    wire.Encoding("RFC 1123 text", rfc1123, ("Sat, 04 Jun 2026 05:01:10 GMT", "", "soon", None)),
]


@wire.model
class Description:
    latestDescription: wire.Text = ""


@wire.model
class Entity:
    entityValue: wire.Text = ""


@wire.model
class Detail:
    statusCode: Annotated[State | None, wire.state(STATUSES)] = None  # none before 2023, and of abuse
    word: Annotated[wire.Text, wire.named("statusCode")] = ""
    eventArn: wire.AnyText = ""
    affectedAccount: wire.AnyText = ""  # where an organisation's events come together in one account
    service: wire.AnyText = ""
    eventTypeCode: wire.AnyText = ""
    eventTypeCategory: wire.Text = ""
    eventScopeCode: wire.Text = ""
    eventRegion: wire.Text = ""
    startTime: Rfc1123 = None
    lastUpdatedTime: Rfc1123 = None
    eventDescription: list[Description] = Factory(list)
    affectedEntities: list[Entity] = Factory(list)


@wire.model
class HealthEvent(Event):
    kind: Annotated[Literal["AWS Health Event", "AWS Health Abuse Event"], wire.named("detail-type")]
    detail: Detail


def read(event: HealthEvent) -> Reading:
    detail = event.detail
    account = detail.affectedAccount or event.account
    entities = [one.entityValue for one in detail.affectedEntities if one.entityValue]
    stated_at = detail.lastUpdatedTime or event.time  # the end may be set long after it
    is_ahead = wire.state_word(detail.word) == "upcoming"
    return Reading(
        state=State.FIRING if event.kind == ABUSE and detail.statusCode is None else detail.statusCode,
        level=detail.eventTypeCategory,
        identity=[
            {"event": detail.eventArn, "account": account},
            {"service": detail.service, "code": detail.eventTypeCode, "account": account},
        ],
        title=detail.eventTypeCode,
        message="\n".join(one.latestDescription for one in detail.eventDescription if one.latestDescription),
        resource=entities[0] if entities else detail.eventRegion or event.region,
        labels={
            "account": account,
            "region": detail.eventRegion or event.region,
            "service": detail.service,
            "category": detail.eventTypeCategory,
            "scope": detail.eventScopeCode,
            "status": detail.word,
            "entities": ", ".join(entities),
        },
        started_at=None if is_ahead else detail.startTime,
        occurred_at=stated_at,
        resolvable=detail.statusCode is not None,
    )


SHAPES = [Shape(HealthEvent, read, times=Times.STATED)]

"""Other events of EventBridge: canaries, pipelines, instances, and what has no table here."""

from typing import Annotated, Any, Literal

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Reading, Request, Shape, State, Times
from alertmap.adapters.aws_sns_cloudwatch.eventbridge import Event

CANARIES = {"Synthetics Canary TestRun Failure": State.FIRING, "Synthetics Canary TestRun Successful": State.RESOLVED}

EXECUTIONS = {
    "FAILED": State.FIRING,
    "SUCCEEDED": State.RESOLVED,
    "STARTED": None,
    "RESUMED": None,
    "CANCELED": None,
    "STOPPED": None,
    "STOPPING": None,
    "SUPERSEDED": None,
    "ABANDONED": None,
}


@wire.model
class CanaryRun:
    name: Annotated[wire.AnyText, wire.named("canary-name")] = ""
    message: wire.Text = ""


@wire.model
class Canary(Event):
    kind: Annotated[
        Literal["Synthetics Canary TestRun Failure", "Synthetics Canary TestRun Successful"],
        wire.named("detail-type"),
    ]
    state: Annotated[State, wire.state(CANARIES), wire.named("detail-type")]
    detail: CanaryRun


@wire.model
class Execution:
    pipeline: wire.AnyText
    state: Annotated[State | None, wire.state(EXECUTIONS)]
    word: Annotated[wire.Text, wire.named("state")] = ""
    stage: wire.AnyText = ""
    action: wire.AnyText = ""


@wire.model
class Pipeline(Event):
    kind: Annotated[
        Literal[
            "CodePipeline Pipeline Execution State Change",
            "CodePipeline Stage Execution State Change",
            "CodePipeline Action Execution State Change",
        ],
        wire.named("detail-type"),
    ]
    detail: Execution


@wire.model
class InstanceState:
    id: Annotated[wire.AnyText, wire.named("instance-id")] = ""  # may have blanks around it
    state: wire.Text = ""


@wire.model
class Instance(Event):
    kind: Annotated[Literal["EC2 Instance State-change Notification"], wire.named("detail-type")]
    detail: InstanceState


@wire.model
class OtherEvent(Event):
    kind: Annotated[wire.AnyText, wire.named("detail-type")]
    detail: wire.Texts = Factory(dict)
    source: wire.AnyText = ""


def read_canary(event: Canary) -> Reading:
    return Reading(
        state=event.state,
        level="canary",
        identity={"account": event.account, "region": event.region, "canary": event.detail.name},
        title=f"Canary {event.detail.name}",
        message=event.detail.message,
        resource=event.detail.name,
        labels={"account": event.account, "region": event.region},
        occurred_at=event.time,
    )


def read_pipeline(event: Pipeline) -> Reading | None:
    run = event.detail
    if run.state is None:
        return None
    place = {"pipeline": run.pipeline, "stage": run.stage or None, "action": run.action or None}
    return Reading(
        state=run.state,
        level="pipeline",
        identity={"account": event.account, "region": event.region, **place},
        title=f"{'/'.join(filter(None, place.values()))}: {run.word}",
        resource=run.pipeline,
        labels={"account": event.account, "region": event.region},
        occurred_at=event.time,
    )


def read_instance(event: Instance) -> Reading:
    instance = event.detail.id.strip()
    return Reading(
        state=State.FIRING,
        level="note",
        identity={"account": event.account, "region": event.region, "instance": instance},
        title=f"{instance} is {event.detail.state}",
        resource=instance,
        labels={"account": event.account, "region": event.region},
        occurred_at=event.time,
        resolvable=False,
    )


def read_other(event: OtherEvent) -> Reading:
    parts = {"account": event.account, "region": event.region, "event": event.kind}
    return Reading(
        state=None,
        level="event",
        identity=[parts | {"resource": event.resource}, parts | {"id": event.detail.get("id", "")}, {"id": event.id}],
        title=conventions.join(event.kind, event.resource),
        resource=event.resource,
        labels={f"detail.{name}": text for name, text in event.detail.items()}
        | {"account": event.account, "region": event.region, "source": event.source},
        occurred_at=event.time,
        resolvable=False,
    )


def is_of_aws(document: Any, _request: Request) -> bool:
    # A partner's event, `aws.partner/…`, holds a body of the partner.
    source = document.get("source")
    return type(source) is str and source.startswith("aws.") and not source.startswith("aws.partner/")


SHAPES = [
    Shape(Canary, read_canary, times=Times.STATED),
    Shape(Pipeline, read_pipeline, times=Times.STATED),
    Shape(Instance, read_instance, times=Times.STATED),
    Shape(OtherEvent, read_other, marks=is_of_aws, times=Times.STATED),
]

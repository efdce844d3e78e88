"""Sensu Go: the event of a check, bare or as `sensuctl` wraps it, and the event that holds metrics only."""

from itertools import takewhile
from typing import Annotated, Literal

from attrs import Factory, evolve

from alertmap import conventions, wire
from alertmap.adapter import Reading, Shape, State
from alertmap.adapters.sensu import results


@wire.model
class Metadata:
    name: wire.AnyText = ""
    namespace: wire.AnyText = ""
    labels: dict[str, wire.Text] = Factory(dict)
    annotations: dict[str, wire.Text] = Factory(dict)


@wire.model
class CheckMetadata(Metadata):
    name: wire.NonBlank


@wire.model
class Entity:
    metadata: Metadata = Metadata()


@wire.model
class Result:
    status: wire.AnyText = ""
    executed: wire.EpochSeconds = None  # zero in events that were posted to the API


@wire.model
class Check:
    metadata: CheckMetadata
    # `state` says less: a check that flaps passes and fails.
    status: Annotated[State, wire.state(results.STATES)]
    code: Annotated[wire.AnyText, wire.named("status")] = ""
    output: wire.Text = ""
    history: list[Result] = Factory(list)  # the last 21 results, this one included
    is_silenced: bool = False
    silenced: list[wire.AnyText] = Factory(list)


@wire.model
class Event:
    """Event of a check. Its `id` is no id of the request: the failure of a TTL has that of the event before it."""

    entity: Entity
    check: Check
    timestamp: wire.EpochSeconds = None
    sequence: int = 0


@wire.model
class Metrics:
    """Event of metrics only. Beside a check, metrics are a part of its event."""

    entity: dict[str, wire.Json]
    metrics: dict[str, wire.Json]
    check: None = None


@wire.model
class Wrapped:
    type: Literal["Event"]
    spec: Event


@wire.model
class WrappedMetrics:
    type: Literal["Event"]
    spec: Metrics


def read(event: Event) -> Reading:
    entity, check = event.entity.metadata, event.check
    name, is_over = check.metadata.name, check.status is State.RESOLVED
    earlier, failures = outage(check)
    ended = results.level(failures[0].status) if failures else None
    annotations = {**entity.annotations, **check.metadata.annotations}
    # A status that is unknown fires, silenced or not.
    is_muted = not is_over and check.code in results.STATES and (check.is_silenced or bool(check.silenced))
    return Reading(
        state=State.SUPPRESSED if is_muted else check.status,
        level=ended if is_over else results.level(check.code),
        identity={"namespace": entity.namespace, "entity": entity.name, "check": name},
        title=conventions.join(entity.name, name, by="/"),
        message=check.output.strip(),
        resource=entity.name,
        labels={"namespace": entity.namespace, **entity.labels, **check.metadata.labels},
        links={
            "runbook": conventions.first(annotations, ("runbook_url", "runbook")),
            "dashboard": conventions.first(annotations, ("dashboard_url", "dashboard")),
        },
        # A history of failures only does not reach back to the first one.
        started_at=failures[-1].executed if 0 < len(failures) < len(earlier) else None,
        occurred_at=event.timestamp,
        sequence=event.sequence or None,  # none in events that were posted to the API
        no_data=not is_over and results.is_silence(check.output),
        resolvable=name not in results.WITHOUT_RECOVERY,
    )


def outage(check: Check) -> tuple[list[Result], list[Result]]:
    """Return the results up to now, or up to a recovery, and the failures among the newest; the newest first."""
    newest_first = check.history[::-1]
    if check.status is State.RESOLVED:
        newest_first = newest_first[1:]
    return newest_first, list(takewhile(lambda result: result.status != "0", newest_first))


def read_wrapped(event: Wrapped) -> Reading:
    return evolve(read(event.spec), path=("spec",))


SHAPES = [
    Shape(Event, read, marks={"$.entity.entity_class"}),
    Shape(Metrics, None, marks={"$.entity.entity_class"}),
    Shape(Wrapped, read_wrapped, marks={"api_version", "$.spec.entity.entity_class"}),
    Shape(WrappedMetrics, None, marks={"api_version", "$.spec.entity.entity_class"}),
]

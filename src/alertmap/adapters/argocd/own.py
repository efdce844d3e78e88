"""JSON of the user's own, with Argo CD's words: the phase of the last operation, the health, or both."""

from collections.abc import Iterator
from typing import Annotated

from alertmap import wire
from alertmap.adapter import Reading, State
from alertmap.adapters.argocd.statements import COMPARISONS, HEALTHS, PHASES, Subject, by_name, host_of, statement


@wire.model
class Own:
    app: wire.NonBlank
    namespace: wire.AnyText = ""
    status: wire.Text = ""
    message: wire.Text = ""
    revision: wire.Text = ""
    severity: wire.Text = ""
    url: wire.Text = ""


@wire.model
class OwnOperation(Own):
    phase: Annotated[State | None, wire.state(PHASES)]
    phase_word: Annotated[wire.Text, wire.named("phase")] = ""


@wire.model
class OwnHealth(Own):
    health: Annotated[State | None, wire.state(HEALTHS)]
    health_word: Annotated[wire.Text, wire.named("health")] = ""


@wire.model
class OwnBoth(OwnOperation):
    health: Annotated[State | None, wire.state(HEALTHS)]
    health_word: Annotated[wire.Text, wire.named("health")] = ""


def read(event: Own) -> Iterator[Reading]:
    if isinstance(event, OwnOperation):
        yield from readings(event, "sync", "phase", event.phase, event.phase_word)
    if isinstance(event, OwnHealth | OwnBoth):
        yield from readings(event, "health", "health", event.health, event.health_word)
    # `status` is a common name: with another word it is something else.
    yield from readings(event, "comparison", "status", COMPARISONS.get(event.status), event.status)


def readings(event: Own, aspect: str, key: str, state: State | None, word: str) -> Iterator[Reading]:
    if state:
        yield statement(subject_of(event), aspect, state, word, (key,), message=event.message)


def subject_of(event: Own) -> Subject:
    return Subject(
        event.app,
        [by_name(host_of(event.url), event.app, event.namespace)],
        level=event.severity,
        labels={"revision": event.revision, "namespace": event.namespace},
        url=event.url,
    )

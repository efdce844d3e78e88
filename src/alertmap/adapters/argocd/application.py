"""Bodies that hold the Application itself, or the parts of it that the set-up guide picks."""

from collections.abc import Iterator
from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Problem, ProblemCode, Reading, Result, State
from alertmap.adapters.argocd.statements import COMPARISONS, HEALTHS, PHASES, Subject, by_name, host_of, statement


@wire.model
class Metadata:
    name: wire.AnyText = ""
    namespace: wire.AnyText = ""
    uid: wire.AnyText = ""
    labels: dict[str, wire.Text] = Factory(dict)
    deletionTimestamp: wire.Rfc3339 = None


@wire.model
class Source:
    repoURL: wire.Text = ""


@wire.model
class Spec:
    project: wire.Text = ""
    server: Annotated[str, wire.named("destination"), wire.inside("server")] = ""
    cluster: Annotated[str, wire.named("destination"), wire.inside("name")] = ""
    namespace: Annotated[str, wire.named("destination"), wire.inside("namespace")] = ""
    source: Annotated[str, wire.inside("repoURL")] = ""
    sources: list[Source] = Factory(list)  # instead of the one


@wire.model
class Operation:
    phase: Annotated[State | None, wire.state(PHASES)]
    word: Annotated[wire.Text, wire.named("phase")] = ""
    message: wire.Text = ""
    startedAt: wire.Rfc3339 = None
    finishedAt: wire.Rfc3339 = None


@wire.model
class Health:
    status: Annotated[State | None, wire.state(HEALTHS)]
    word: Annotated[wire.Text, wire.named("status")] = ""
    message: wire.Text = ""
    lastTransitionTime: wire.Rfc3339 = None


@wire.model
class Sync:
    status: Annotated[State, wire.state(COMPARISONS)]
    word: Annotated[wire.Text, wire.named("status")] = ""
    revision: wire.Text = ""
    revisions: list[wire.Text] = Factory(list)  # one of each source


@wire.model
class Condition:
    type: wire.Text = ""
    message: wire.Text = ""


@wire.model
class Status:
    operationState: Operation | None = None  # none before the first operation
    health: Health | None = None
    sync: Sync | None = None
    conditions: list[Condition] = Factory(list)


@wire.model
class Application:
    metadata: Metadata
    status: Status
    spec: Spec = Spec()


@wire.model
class Notification:
    app: Application
    url: wire.Text = ""


def read_application(body: Notification) -> Iterator[Result]:
    subject, status, deleted_at = subject_of(body), body.app.status, body.app.metadata.deletionTimestamp
    if deleted_at:
        for aspect in ("sync", "health", "comparison"):
            yield statement(subject, aspect, State.RESOLVED, "deleted", occurred_at=deleted_at)
        return
    found = [
        *operation(subject, status.operationState),
        *health(subject, status.health, status.operationState),
        *comparison(subject, status.sync, status.conditions),
    ]
    yield from found
    if not found and (status.operationState is None or status.health is None):
        yield Problem(ProblemCode.MISSING, "$.app.status", "the application has no operation, or no health")


def subject_of(body: Notification) -> Subject:
    spec, status, metadata = body.app.spec, body.app.status, body.app.metadata
    sources = [spec.source, *(source.repoURL for source in spec.sources)]
    revisions = [status.sync.revision, *status.sync.revisions] if status.sync else []
    return Subject(
        metadata.name,
        [{"uid": metadata.uid}, by_name(host_of(body.url), metadata.name, metadata.namespace)],
        level=conventions.level(metadata.labels) or "",
        resource=conventions.join(spec.cluster or spec.server, spec.namespace, by="/"),
        labels=metadata.labels
        | {
            "project": spec.project,
            "repo": conventions.join(*sources, by=", "),
            "revision": conventions.join(*revisions, by=", "),
        },
        url=body.url,
    )


def operation(subject: Subject, found: Operation | None) -> Iterator[Reading]:
    if found and found.phase:
        yield statement(
            subject,
            "sync",
            found.phase,
            found.word,
            (*STATUS, "operationState"),
            message=found.message,
            started_at=found.startedAt,
            occurred_at=found.finishedAt,
        )


STATUS = ("app", "status")


def health(subject: Subject, found: Health | None, last: Operation | None) -> Iterator[Reading]:
    # What was never deployed, or is being deployed, is missing as it must be.
    is_deployed = last is not None and last.phase is not None
    if found and found.status and (is_deployed or wire.state_word(found.word) != "missing"):
        where = (*STATUS, "health")
        since = found.lastTransitionTime
        yield statement(subject, "health", found.status, found.word, where, message=found.message, occurred_at=since)


def comparison(subject: Subject, found: Sync | None, conditions: list[Condition]) -> Iterator[Reading]:
    if found:
        errors = [one.message for one in conditions if one.type.endswith("Error")]
        yield statement(subject, "comparison", found.status, found.word, (*STATUS, "sync"), message="\n".join(errors))

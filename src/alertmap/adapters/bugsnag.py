"""BugSnag (for a time Insight Hub): the webhook of a project.

Set up:

1. In the project's settings, under Integrations and email, choose Webhook and enter the URL
   `https://receiver.example/bugsnag?token=…`. There is no signature: the token is the proof.
2. Choose when it notifies: "A new error occurs", "An error is automatically reopened", "A collaborator changes the
   state of an error", and, as you like, the triggers for frequent errors and for a spike of the project. Without the
   third of these nothing ends.
3. Set the filters of all of them alike: an error that a filter hides is not announced as fixed either.

Answer 200.

An alert is an error, that is a group of events. It ends when somebody marks it as fixed; ignored, snoozed or discarded
it is suppressed, and while its status is "in progress" it is acknowledged. Each trigger about an event states it again.
The severity error is high, warning medium, info low; a handled and an unhandled error differ by a label. A spike of the
project is an alert of its own, high; its end is not announced, so let incidents of this source expire.

Limits: a change of state has no time; the time of receipt counts. Comments, releases and sampling change no alert.
"""

from typing import Annotated

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Reading, Shape, State, Times

MANUAL, SPIKE = "errorStateManualChange", "projectSpiking"

# Of a change by hand, `stateChange` and the status of the error have the state.
TYPES = conventions.states(
    firing="firstException, exception, powerTen, errorEventFrequency, reopened, stabilityTargetStatusChange, "
    f"{SPIKE}, {MANUAL}",
    no_state="comment, release, projectSamplingStarted, projectApproachingRateLimit",
)

# Changes by people. Any other one, such as of a linked issue, is in the status of the error.
CHANGES = {
    wire.state_word(word): state
    for word, state in conventions.states(
        firing="reopened, snoozeCancelled, unignored, undiscarded",
        suppressed="snoozed, ignored, discarded",
        resolved="fixed",
    ).items()
}

STATUSES = conventions.states(
    firing="open, new, for_review, reopened",
    acknowledged="in_progress",
    suppressed="snoozed, ignored, discarded",
    resolved="fixed",
)

# `project` is ours, for triggers without an error.
LEVELS = conventions.levels(high="error, project", medium="warning", low="info")


@wire.model
class Trigger:
    type: Annotated[State | None, wire.state(TYPES)]
    word: Annotated[wire.AnyText, wire.named("type")] = ""
    message: wire.Text = ""
    stateChange: wire.AnyText = ""
    rate: wire.Number | None = None  # events while the project spikes


@wire.model
class Project:
    id: wire.AnyText = ""
    name: wire.Text = ""
    url: wire.Text = ""


@wire.model
class Error:
    """Event, and the error that it belongs to: `id` is the event's."""

    errorId: wire.AnyText = ""
    status: Annotated[State | None, wire.state(STATUSES)] = None
    exceptionClass: wire.Text = ""
    message: wire.Text = ""
    context: wire.Text = ""
    severity: wire.Text = ""
    unhandled: wire.AnyText = ""
    releaseStage: wire.Text = ""
    appVersion: Annotated[str, wire.named("app"), wire.inside("version")] = ""
    hostname: Annotated[str, wire.named("device"), wire.inside("hostname")] = ""
    occurrences: wire.Number | None = None
    receivedAt: wire.Rfc3339 = None
    url: wire.Text = ""


@wire.model
class Event:
    trigger: Trigger
    project: Project = Project()
    error: Error = Error()


def read(event: Event) -> Reading | None:
    trigger, project, error = event.trigger, event.project, event.error
    if trigger.type is None:
        return None
    word = wire.state_word(trigger.word)
    is_manual = word == wire.state_word(MANUAL)
    state = CHANGES.get(wire.state_word(trigger.stateChange), error.status) if is_manual else trigger.type
    # A spike may have an event as its example.
    if word == wire.state_word(SPIKE) or not (error.errorId or error.exceptionClass or error.message):
        return of_project(state, trigger, project)
    return Reading(
        state=state,
        level=error.severity,
        identity=[
            {"project": project.id.strip(), "error": error.errorId.strip()},
            {"url": conventions.address(error.url.strip()).partition("?")[0]},  # the query names the event
            {"project": project.id.strip(), "trigger": trigger.word.strip()},
        ],
        title=conventions.join(error.exceptionClass, error.message),
        message=conventions.join(trigger.message, error.context, by="\n"),
        resource=error.hostname or project.name,
        labels=wire.pick(error, "releaseStage", "appVersion", "unhandled")
        | {"project": project.name, "trigger": trigger.word},
        links={"error": error.url},
        values={} if error.occurrences is None else {"occurrences": error.occurrences},
        # Nothing says when a state was changed: the event is older.
        occurred_at=None if is_manual else error.receivedAt,
        times=Times.NONE if is_manual else None,
    )


def of_project(state: State | None, trigger: Trigger, project: Project) -> Reading:
    return Reading(
        state=state,
        level="project",
        identity={"project": project.id.strip(), "trigger": trigger.word.strip()},
        title=conventions.join(project.name, trigger.message),
        resource=project.name,
        labels={"trigger": trigger.word},
        links={"project": project.url},
        values={} if trigger.rate is None else {"rate": trigger.rate},
        times=Times.NONE,
        resolvable=False,
    )


adapter = Adapter(
    name="bugsnag",
    title="BugSnag",
    shapes=[Shape(Event, read, marks={"account", "$.project.id", "$.trigger.message"})],
    levels=LEVELS,
    times=Times.STATED,
    repeats={State.FIRING},
    identity_parts={"project", "error", "url", "trigger"},
)

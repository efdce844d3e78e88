"""GoAlert, its outgoing webhook.

Set up:

1. As administrator enable webhooks under Admin, Config; where the list of allowed URLs is not empty, add the
   receiver's; and turn "Disable Message Bundles" on.
2. Add an action of type webhook to the first step of the escalation policy, with the URL

   ```text
   https://receiver.example/goalert?token=…
   ```

Set up, with a user's profile in the place of the second step, which is the only way before 0.31:

1. Add a contact method of type webhook with the same URL to the profile. GoAlert then posts a code, `Code` in the
   batch's raw document, which the user must enter.
2. Before 0.31 the user must also enable status updates, and gets none of the changes that are the user's own.

Nothing is signed. The answer is not read, and what is not answered within three seconds is not sent again.

An alert is its number: give each GoAlert server a source of its own. The level is what the alert's metadata has under
`severity`, `priority` or `level`; an alert without it has the level `unset`. GoAlert states an alert again at each
escalation, and to each of several targets.

Limits: with bundles on, several new alerts of a service come as one request that names none of them, and their ends are
not sent: let incidents of this source expire. An acknowledgement is skipped where the end follows within a minute.
From 0.33 on the end of an alert that has not changed for seven days may never be sent. No request has a time. Up to
0.34.1 a change has the alert's number only, without its title and its level.
"""

from collections.abc import Iterator
from typing import Literal

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Notice, Problem, ProblemCode, Reading, Reason, Severity, Shape, State, Times

STATES = conventions.states(firing="escalated", acknowledged="acknowledged", resolved="closed")
"""First words of `LogEntry`, which is English for people: `Closed by Ann (Web)`. GoAlert sends no others."""

UNKNOWN = Problem(ProblemCode.STATE_UNKNOWN, "$.LogEntry", "unknown state; treated as firing")

LEVELS = conventions.LEVELS | {"unset": Severity.MEDIUM}  # `unset` is ours


@wire.model
class Posted:
    """Fields of an alert. A change has them in releases after 0.34.1; up to that, only the number."""

    AlertID: wire.NonBlank
    Summary: wire.Text = ""
    Details: wire.Text = ""
    ServiceID: wire.Text = ""
    ServiceName: wire.Text = ""
    Meta: dict[str, wire.Text] = Factory(dict)
    GoAlertURL: wire.Text = ""


@wire.model
class Alert(Posted):
    Type: Literal["Alert"]


@wire.model
class AlertStatus(Posted):
    Type: Literal["AlertStatus"]
    LogEntry: wire.Text


@wire.model
class AlertBundle:
    Type: Literal["AlertBundle"]
    ServiceID: wire.NonBlank
    ServiceName: wire.Text = ""
    Count: int = 0
    GoAlertURL: wire.Text = ""


@wire.model
class Test:
    Type: Literal["Test"]


@wire.model
class Verification:
    Type: Literal["Verification"]
    Code: wire.Discarded = None


@wire.model
class ScheduleOnCallUsers:
    Type: Literal["ScheduleOnCallUsers"]


def read(event: Alert) -> Reading:
    return reading(event, State.FIRING, event.Details, conventions.level(event.Meta) or "unset")


def read_status(event: AlertStatus) -> Reading:
    word = next(iter(event.LogEntry.split()), "")
    state = STATES.get(wire.state_word(word))
    problems: tuple[Problem, ...] = ()
    if word and state is None:
        state, problems = State.FIRING, (UNKNOWN,)
    return reading(event, state, event.LogEntry, conventions.level(event.Meta), problems)


def reading(
    event: Posted, state: State | None, message: str, level: str | None, problems: tuple[Problem, ...] = ()
) -> Reading:
    return Reading(
        state=state,
        level=level,
        identity={"id": event.AlertID},
        title=event.Summary,
        message=message,
        resource=conventions.host(event.Meta) or event.ServiceName,
        labels={"service": event.ServiceName, "service_id": event.ServiceID, **event.Meta},
        links={"source": event.GoAlertURL},
        problems=problems,
    )


def read_bundle(event: AlertBundle) -> Iterator[Reading | Problem | Notice]:
    count = max(event.Count, 0)
    yield Reading(
        state=State.FIRING,
        level="unset",
        identity={"bundle": event.ServiceID},
        title=f"{count or 'Several'} alerts of {event.ServiceName or event.ServiceID}",
        resource=event.ServiceName,
        labels={"service": event.ServiceName, "service_id": event.ServiceID},
        links={"source": event.GoAlertURL},
        values={"count": count},
        resolvable=False,
    )
    yield Problem(ProblemCode.TRUNCATED, "$.Count", "the sender left alerts out of this request")
    yield Notice(truncated=count)


adapter = Adapter(
    name="goalert",
    title="GoAlert",
    shapes=[
        Shape(Alert, read, marks={"AppName"}),
        Shape(AlertStatus, read_status, marks={"AppName"}),
        Shape(AlertBundle, read_bundle, marks={"AppName"}),
        Shape(Verification, Notice(reason=Reason.HANDSHAKE), marks={"AppName"}),
        Shape(ScheduleOnCallUsers, None, marks={"AppName"}),
        Shape(Test, Notice(reason=Reason.TEST), marks={"AppName"}),
    ],
    levels=LEVELS,
    open_levels=True,
    times=Times.NONE,
    repeats={State.FIRING},
    retries=False,
    answer_within=3,
    identity_parts={"bundle", "id"},
)

"""Reports to M/Monit, in XML: in each cycle, and with an event at the end as soon as something changes."""

from typing import Annotated

from alertmap import conventions, wire
from alertmap.adapter import Problem, ProblemCode, Reading, Shape, State
from alertmap.adapters.monit import texts

# Of State_Type in src/monit.h: `not changed` is 3 in older versions, 4 in newer ones.
REPORTED = conventions.states(firing="1, 2", resolved="0, 3, 4")
CHANGE = "2"
INSTANCE, ACTION = "65536", "131072"  # ids of events: Monit was started or stopped, a person did something


@wire.model
class Server:
    localhostname: wire.AnyText = ""


@wire.model
class Event:
    service: wire.AnyText
    id: wire.AnyText  # a bit for each kind of test
    state: Annotated[State, wire.state(REPORTED)]
    word: Annotated[wire.Text, wire.named("state")] = ""
    message: wire.Text = ""
    collected_sec: wire.EpochAny = None


@wire.model
class EventReport:
    event: Event
    server: Server = Server()


@wire.model
class WithEvent:
    monit: EventReport


@wire.model
class StatusReport:
    server: Server
    services: wire.Json
    others: wire.Rest


@wire.model
class WithoutEvent:
    monit: StatusReport


def read_report(report: WithEvent) -> Reading | None:
    event, server = report.monit.event, report.monit.server
    if event.id in (INSTANCE, ACTION):
        return None
    return Reading(
        state=event.state,
        level=None if event.state is State.RESOLVED else "failed",
        identity={
            "host": server.localhostname,
            "service": event.service,
            "id": event.id,
            "test": texts.subject(event.message),
        },
        title=f"{event.service}: {event.message}".partition("\n")[0],
        message=event.message,
        resource=server.localhostname,
        labels={"service": event.service},
        occurred_at=event.collected_sec,
        resolvable=event.word.strip() != CHANGE,
        path=("monit", "event"),
    )


def read_status(report: WithoutEvent) -> Problem | None:
    if "event" in report.monit.others:
        return Problem(ProblemCode.BAD_ELEMENT, "$.monit.event", "the event of the report cannot be read")
    return None


REPORT = {"$.monit.server.localhostname", "$.monit.services"}
SENDER = {"User-Agent": "Monit/"}

SHAPES = [
    Shape(WithEvent, read_report, marks=REPORT, headers=SENDER),
    Shape(WithoutEvent, read_status, marks=REPORT, headers=SENDER),
]

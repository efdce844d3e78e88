"""Environment of the program that Monit executes, as the program posts it."""

from typing import Annotated, Any

from alertmap import wire
from alertmap.adapter import Reading, Request, Shape, State, Times
from alertmap.adapters.monit import texts


@wire.model(loose_keys=True)
class Variables:
    event: Annotated[State | None, wire.state(texts.STATES), wire.named("MONIT_EVENT", "event")]
    service: Annotated[wire.AnyText, wire.named("MONIT_SERVICE", "service")]
    word: Annotated[wire.AnyText, wire.named("MONIT_EVENT", "event")] = ""
    host: Annotated[wire.AnyText, wire.named("MONIT_HOST", "host")] = ""
    description: Annotated[wire.Text, wire.named("MONIT_DESCRIPTION", "description")] = ""
    program_status: Annotated[wire.Text, wire.named("MONIT_PROGRAM_STATUS", "program_status")] = ""
    memory: Annotated[wire.Text, wire.named("MONIT_PROCESS_MEMORY", "process_memory", "memory")] = ""
    cpu_percent: Annotated[wire.Text, wire.named("MONIT_PROCESS_CPU_PERCENT", "process_cpu_percent", "cpu_percent")] = (
        ""
    )
    severity: wire.Text = ""
    time: wire.EpochAny = None


def read(event: Variables) -> Reading | None:
    if event.event is None:
        return None
    return Reading(
        state=event.event,
        level=event.severity or (None if event.event is State.RESOLVED else "failed"),
        identity={
            "host": event.host,
            "service": event.service,
            "event": texts.kind(event.word),
            "test": texts.subject(event.description),
        },
        title=f"{event.service}: {event.word}",
        message=event.description,
        resource=event.host,
        labels={"service": event.service},
        values={
            "program_status": wire.number_in(event.program_status),
            "memory_kb": wire.number_in(event.memory),
            "cpu_percent": wire.number_in(event.cpu_percent),
        },
        occurred_at=event.time,
        times=Times.STATED if event.time else Times.NONE,
        resolvable=not texts.is_momentary(event.word),
    )


def is_posted(document: Any, _request: Request) -> bool:
    sent = wire.loose_keys(document)
    source = document.get(sent.get("source"))
    return sent.keys() >= {"monitevent", "monitservice"} or (type(source) is str and source.casefold() == "monit")


SHAPES = [Shape(Variables, read, marks=is_posted)]

"""Events that tools post to the REST endpoint of On-Call, formerly VictorOps.

Sources: the vendor's pages "REST Endpoint integration" and "Incident fields glossary"; captured from Alertmanager,
Grafana, Healthchecks and Kapacitor.
"""

from typing import Annotated, Any

from alertmap import conventions, wire
from alertmap.adapter import Identity, Reading, Request, Shape, State, Times

STATES = conventions.states(
    firing="CRITICAL, WARNING", acknowledged="ACKNOWLEDGEMENT, ACK", resolved="RECOVERY, OK, UP", no_state="INFO"
)


@wire.model
class Event:
    message_type: Annotated[State | None, wire.state(STATES)]
    word: Annotated[wire.AnyText, wire.named("message_type")] = ""
    entity_id: wire.AnyText = ""  # of Alertmanager 0.5 an integer
    entity_display_name: wire.Text = ""
    state_message: wire.Text = ""
    state_start_time: wire.AnyTime = None
    timestamp: wire.AnyTime = None
    hostname: Annotated[wire.Text, wire.also("host_name")] = ""
    alert_url: wire.Text = ""
    rest: wire.Rest


def read(event: Event) -> Reading | None:
    if event.message_type is None:
        return None
    is_firing = event.message_type is State.FIRING
    weaker: list[Identity] = [
        {"name": event.entity_display_name},
        {"message": event.state_message},
        {"host": event.hostname},
    ]
    moment = event.state_start_time or event.timestamp
    others = wire.flatten(event.rest)
    labels = {".".join(names): text for names, text in others}
    return Reading(
        state=event.message_type,
        level=event.word if is_firing else None,
        # On-Call gives an id to an event without one, and no recovery has it.
        identity=[{"entity_id": event.entity_id.strip()}, *(weaker if is_firing else [])],
        title=event.entity_display_name or event.state_message or event.entity_id,
        message=event.state_message,
        resource=event.hostname,
        labels=labels,
        links={"alert": event.alert_url},
        started_at=event.state_start_time if is_firing else None,
        occurred_at=moment,
        times=times(event),
        resolvable=bool(event.entity_id.strip()),
        problems=others.problems,
    )


def times(event: Event) -> Times:
    """Return what the time means: since when the state holds, or when the event was made."""
    if event.state_start_time:
        return Times.SINCE
    return Times.STATED if event.timestamp else Times.NONE


def marks(document: Any, _request: Request) -> bool:
    word = document["message_type"]
    is_known = type(word) is str and wire.state_word(word) in WORDS
    return is_known and not document.keys().isdisjoint({"entity_id", "state_message"})


WORDS = {wire.state_word(word) for word in STATES}

SHAPES = [Shape(Event, read, marks=marks)]

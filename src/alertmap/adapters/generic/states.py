"""The state of a document: in so many words, or guessed; and the state that stands in a title."""

import re
from datetime import datetime

from alertmap import conventions, wire
from alertmap.adapter import Problem, ProblemCode, State, normalise
from alertmap.adapters.generic.fields import FLAGS, Fields
from alertmap.paths import MISSING, resolve

STATES = {word: state.value for word, state in conventions.STATES.items()} | {
    "nodata": "no_data",
    "no data": "no_data",
    "no_data": "no_data",
    "insufficient_data": "no_data",
    "unknown": "no_data",
    "stale": "no_data",
    "test": "test",
    "ping": "test",
    "verification": "test",
}

BEFORE = re.compile(rf"\[({'|'.join(STATES)})(?::[0-9]+)?\]\s*|({'|'.join(conventions.STATES)}):\s+", re.IGNORECASE)
# `incident.resolved`, `alert-created`; but `follow_up` and `not_resolved` end nothing.
EVENT = re.compile(r"(?:alert|alarm|incident|issue|problem|monitor|check|trigger|status|event)[._:/-]([a-z]+)")
MOST_STATES = 8  # of a title
LONGEST_TAIL = 64  # characters at the end of a title, where a state may stand
PLANNED = {"endsat", "endat", "ends"}  # may lie ahead: Alertmanager's deadline


def find_state(fields: Fields, received_at: datetime | None) -> tuple[str, list[Problem]]:
    """Find the state, and what is doubtful about it.

    Raises:
        Mismatch: there is none where the option `state` says, or a word that they do not list.
    """
    place = fields.options.state
    word = fields.text("state")
    if place is not None and resolve(fields.document, place.where) is MISSING:
        raise wire.Mismatch((place.where, "expected a state, as the option `state` says, found nothing"))
    if not word.strip():
        state, name = ("firing", "state") if place is not None else guess_state(fields, received_at)
        return state, [fields.problem(ProblemCode.STATE_GUESSED, name, f"no state was found; treated as {state}")]
    contract = fields.options.states
    known = {normalise(one): state for one, state in contract.items()} if contract else STATES
    if normalise(word) in known:
        return known[normalise(word)], []
    if contract:
        where = (*fields.at, *fields.place("state"))
        raise wire.Mismatch((where, f"expected {' or '.join(contract)}, got another word"))
    if wire.loosen(word) in conventions.LEVELS:
        message = "the state is a severity; treated as firing"
        return "firing", [fields.problem(ProblemCode.STATE_GUESSED, "state", message)]
    event = EVENT.fullmatch(normalise(word))
    if event is not None and event[1] in conventions.STATES:
        state = conventions.STATES[event[1]].value
        message = f"the state is the name of an event; treated as {state}"
        return state, [fields.problem(ProblemCode.STATE_GUESSED, "state", message)]
    return "firing", [fields.problem(ProblemCode.STATE_UNKNOWN, "state", "unknown state; treated as firing")]


def guess_state(fields: Fields, received_at: datetime | None) -> tuple[str, str]:
    """Guess the state from other fields; give the name of the field that decided, "" if none did."""
    for name, other in (("firing", "resolved"), ("resolved", "firing")):
        if name in fields.guesses:
            return name if FLAGS[normalise(fields.text(name))] else other, name
    if "ending" in fields.guesses:
        return "resolved", "ending"
    words, _ = split_title(fields.text("title"))
    states = {conventions.STATES.get(word, State.FIRING) for word in words}
    if len(states) == 1:
        return states.pop().value, "title"
    end = wire.structure(wire.plain(fields.value("end")), wire.AnyTime)
    if end is not None:
        is_planned = wire.loosen(str(fields.place("end")[0])) in PLANNED
        if not is_planned or (received_at is not None and end <= received_at):
            return "resolved", "end"
    return "firing", ""


def split_title(title: str) -> tuple[list[str], str]:
    """The states that stand before and behind a title, and the title without them: `[FIRING] disk`, `disk: OK`."""
    words = []
    text = title.strip()
    tail = text[-LONGEST_TAIL:].rpartition(":")[2]
    if normalise(tail) in STATES:
        words.append(normalise(tail))
        text = text[: -len(tail)].removesuffix(":").rstrip()
    start = 0
    while len(words) < MOST_STATES and (before := BEFORE.match(text, start)):
        words.append(normalise(before[1] or before[2]))
        start = before.end()
    return words, text[start:] or title

"""The alert in an event: its state, level and key, from the type of the event and from its data."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from alertmap import conventions, wire
from alertmap.adapter import Problem, ProblemCode, Reading, Result, State, Times
from alertmap.paths import JsonPath, format_path, resolve

TYPES = {
    word: state
    for state, words in {
        State.FIRING: "firing triggered alerting open opened created raised detected failed failure error",
        State.ACKNOWLEDGED: "acknowledged",
        State.SUPPRESSED: "suppressed",
        State.RESOLVED: "resolved close closed cleared recovered fixed succeeded success passed",
    }.items()
    for word in words.split()
}
"""Last words of an event's type that name a state."""

ENDED = {"finished", "completed"}
"""Last words of a type whose state is the outcome in the data."""

PROGRESS = {
    beginning: frozenset(words.split())
    for beginning, words in {
        # https://github.com/cdevents/spec: what happens to the subjects of a delivery
        "dev.cdevents.": "created modified updated deleted merged reviewed closed abandoned published signed packaged"
        " downloaded deployed upgraded rolledback removed started queued skipped",
        # https://github.com/keptn/spec: the steps of a task
        "sh.keptn.event.": "triggered started invalidated",
    }.items()
}
"""Last words that change no alert, by the beginning of the type."""

WORDS = conventions.STATES | {
    "pass": State.RESOLVED,
    "passed": State.RESOLVED,
    "succeeded": State.RESOLVED,
    "available": State.RESOLVED,
    "errored": State.FIRING,
    "unavailable": State.FIRING,
    "degraded": State.FIRING,
}
"""State words in data."""

PLACES = (
    ("result",),
    ("outcome",),
    ("subject", "content", "outcome"),  # CDEvents
    ("resourceInfo", "properties", "availabilityState"),  # Azure's Resource Health
    ("state",),
    ("status",),
)
"""Places of the state in data."""

RUNS = {
    "dev.cdevents.pipelinerun": ("subject", "content", "pipelineName"),
    "dev.cdevents.taskrun": ("subject", "content", "taskName"),
}
"""Places of the name that the runs of one thing share; the subject is another one for each run."""

VERSION = re.compile(r"(?:\.v?[0-9]{1,9})+$")

NUMBERS = ((21, "critical"), (17, "high"), (13, "medium"), (1, "info"))
"""Lowest severity number of OpenTelemetry for each level; 1 to 12 are traces and information."""


class Content(NamedTuple):
    """Attributes of an event, and its data."""

    type: str
    source: str
    subject: str
    id: str
    time: datetime | None
    severity_text: str
    severity_number: str
    data: object
    where: str
    """Key of the data in the document; "" where the document is the data."""


def readings(event: Content) -> Iterator[Result]:
    kind = VERSION.sub("", event.type.strip())
    stem, _, word = kind.rpartition(".")
    word = word.casefold()
    if any(kind.startswith(beginning) and word in words for beginning, words in PROGRESS.items()):
        return
    state, problem = TYPES.get(word), None
    if state is None:
        state, problem = state_of(event, is_end=word in ENDED)
    stem = stem if word in TYPES or word in ENDED else kind
    parts: dict[str, str | None] = {"source": event.source, "type": stem}
    subjects = [event.subject or None]
    if stem in RUNS:
        subjects.insert(0, text_at(event.data, RUNS[stem]))
    subject = next(filter(None, subjects), "")
    texts = {".".join(names): text for names, text in wire.flatten(event.data)}
    texts.pop("", None)
    title = conventions.first(texts, ("title", "summary", "alertname", "name"))
    yield Reading(
        state=state,
        level=event.severity_text or of_number(event.severity_number) or conventions.level(texts),
        identity=[
            *(parts | {"subject": one} for one in subjects),
            {"type": stem, "subject": event.subject},
            {"type": stem, "id": event.id},
        ],
        title=title or f"{kind} {subject or event.source}".strip(),
        message=conventions.first(texts, ("message", "description", "reason")) or text_at(event.data, ()),
        resource=subject,
        labels={**texts, "type": event.type, "source": event.source, "subject": event.subject},
        links={"link": conventions.first(texts, ("url", "link"))},
        occurred_at=event.time,
        times=None if event.time else Times.NONE,
        resolvable=state is not None,
        problems=() if problem is None else (problem,),
    )


def state_of(event: Content, *, is_end: bool) -> tuple[State | None, Problem | None]:
    """Return the state in the data of an event, and what is doubtful about it; None if it names none.

    The outcome of what has ended is its state; of anything else `result: ok` may be that of a call or of a check.
    """
    words = {place: word for place in PLACES if (word := text_at(event.data, place).strip().casefold())}
    for place, word in words.items():
        path = format_path((event.where, *place) if event.where else place)
        if word not in WORDS:
            return State.FIRING, Problem(ProblemCode.STATE_UNKNOWN, path, "unknown state; treated as firing")
        if WORDS[word] is State.RESOLVED and not is_end and State.FIRING in map(WORDS.get, words.values()):
            return State.FIRING, Problem(ProblemCode.STATE_GUESSED, path, "another state is firing; treated as firing")
        return WORDS[word], None
    return None, None


def text_at(data: object, place: JsonPath) -> str:
    """Return the text at a place of the data; "" for another value."""
    found = resolve(data, place)
    return found if type(found) is str else ""


def of_number(number: str) -> str:
    value = wire.number_in(number.strip())
    if isinstance(value, str):
        return ""
    return next((level for least, level in NUMBERS if value >= least), "")

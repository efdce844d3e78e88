"""Any sender that posts JSON or a form of its own.

Set up:

1. Point the sender at

   ```text
   https://receiver.example/generic?token=…
   ```

2. Name in the source's options where things stand in what it sends:

   ```text
   options = { state = "$.alert.status", states = { Alarm = "firing", Fine = "resolved" }, key = "$.alert.rule",
               title = "$.alert.text", severity = "$.alert.prio", levels = { 1 = "critical", 2 = "high" } }
   ```

A place is a key, or a path that begins with `$`: `$.items[0]['a.b']`. A request without the named `state` is refused;
without the named `key` the title is the identity, with a problem. Words in `states` mean `firing`, `acknowledged`,
`suppressed`, `resolved`, `no_data` or `test`; where they are given, all other words are refused, else the usual words
count and an unknown one fires. There are also `message`, `resource`, `labels`, `link` and `occurred`, the time since
when the state holds.

What is not named is looked for under its usual spellings (`status`, `severity`, `alert_id`, `title`, `host`, …), and
each guess is a problem of the alert: use them to write the options.

Limits: a number as severity means nothing until `levels` has it. Without a state the alert fires, unless a flag, a
severity such as `Recovery`, a title such as `[OK] Disk` or a time of its end is there. Without a key the title and the
resource are the identity: a title with a measured value in it is never closed.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from alertmap import conventions, wire
from alertmap.adapter import (
    Adapter,
    Identity,
    Notice,
    Problem,
    ProblemCode,
    Reading,
    Reason,
    Shape,
    State,
    Times,
    normalise,
)
from alertmap.adapters.generic.fields import Event, Fields, Options, find_fields, is_known, is_level
from alertmap.adapters.generic.states import find_state, split_title
from alertmap.paths import format_path

TEMPLATE = r"\{\{[^{}]*\}\}|\$\{[^{}]*\}"
ABSENT = rf"null|none|n/a|{TEMPLATE}|\$[a-z_][\w.]*|##\w+##|\*\w+\*|%\w+%|\{{[\w.]+\}}"


def read(event: Event, options: Options) -> Reading | Notice | Iterable[Problem]:
    fields = find_fields(event.document, options)
    try:
        state, problems = find_state(fields, event.received_at)
        return Notice(reason=Reason.TEST) if state == "test" else reading(fields, state, problems)
    except wire.Mismatch as error:
        return error.problems()


def reading(fields: Fields, state: str, problems: list[Problem]) -> Reading:
    is_over = state == "resolved"
    if not is_over:
        fields = fields._replace(guesses={name: at for name, at in fields.guesses.items() if name != "end"})
    labels, cut = labels_of(fields)
    title, resource = fields.text("title"), fields.text("resource")
    host = resource or conventions.host(labels)
    times, started, occurred, doubts = times_of(fields, is_over=is_over)
    return Reading(
        state=State.FIRING if state == "no_data" else State(state),
        level=level_of(fields),
        # A title that stands among the labels is that of a rule: it has a host there, too.
        identity=identity(fields, title, host if len(fields.place("title")) > 1 else resource),
        title=title,
        message=fields.text("message"),
        resource=host,
        labels=labels,
        links={"link": fields.text("link")},
        started_at=started,
        occurred_at=occurred,
        no_data=state == "no_data",
        problems=(*problems, *guesses(fields), *missing(fields), *doubts, *cut),
        times=times,
    )


def identity(fields: Fields, title: str, resource: str) -> list[Identity]:
    named = fields.options.key_places()
    key = {place.text: wire.scalar_text(place.find(fields.document)) or "" for place in named}
    _, stateless = split_title(title)
    by_title: list[Identity] = [{"title": stateless, "resource": resource or None}] if stateless else []
    return [key or {"key": fields.text("key")}, *by_title]


def level_of(fields: Fields) -> str | None:
    own = {normalise(word): severity.value for word, severity in fields.options.levels.items()}
    text = fields.text("severity")
    if is_level(text, fields.options):
        return own.get(normalise(text), text)
    # Some have one word for both: Critical, Warning, Ok. But `alert` is rather a state.
    word = fields.text("state")
    is_both = is_known(word, fields.options) and normalise(word) != "alert"
    return own.get(normalise(word), word) if is_both else None


def times_of(fields: Fields, *, is_over: bool) -> tuple[Times, datetime | None, datetime | None, list[Problem]]:
    """Return the meaning of the time, the start, the time, and the problems found in them."""
    problems: list[Problem] = []

    def moment(name: str) -> datetime | None:
        node = wire.plain(fields.value(name))
        found: datetime | None = wire.structure(node, wire.LooseTime)
        problems.extend(fields.problem(code, name, message) for _, code, message in node.context.warnings)
        return found

    if fields.options.occurred:
        since = moment("occurred")
        return Times.SINCE if since else Times.NONE, None, since, problems
    started, sent = moment("start"), moment("time")
    # A recovery holds since its end, never since the start of what it ends.
    since = moment("end") if is_over else started
    times = Times.SINCE if started or since else Times.STATED if sent else Times.NONE
    if problems and not (since or sent):
        times = Times.NONE  # a time that cannot be read is problem enough
    return times, started, since or sent, problems


def guesses(fields: Fields) -> Iterator[Problem]:
    """A problem for each field that no option names."""
    for name in fields.guesses:
        if name not in FOR_STATE:
            yield fields.problem(ProblemCode.SYNONYM, name, f"taken as `{name}`, which no option names")
    for key in fields.maps:
        path = format_path((*fields.at, key))
        yield Problem(ProblemCode.SYNONYM, path, "taken as `labels`, which no option names")


FOR_STATE = {"firing", "resolved", "ending"}  # the guess of the state is the problem


def missing(fields: Fields) -> Iterator[Problem]:
    """A problem for each field that is not where the options say, and is not the state."""
    options = fields.options
    named = [("key", place) for place in options.key_places()]
    named += [(name, place) for name in MAY_BE_MISSING if (place := getattr(options, name))]
    for name, place in named:
        value = place.find(fields.document)
        if value is None or (name not in ("occurred", "labels") and not wire.scalar_text(value)):
            path = format_path(place.where)
            yield Problem(ProblemCode.MISSING, path, f"the option `{name}` names this place, and nothing is there")


MAY_BE_MISSING = ("title", "message", "resource", "occurred", "labels", "link")


def labels_of(fields: Fields) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """Return the labels, and the problem that some were left out."""
    place = fields.options.labels
    if place:
        return flat([(str(*place.where[-1:]), place.find(fields.document))])
    named = [(key, fields.document[key]) for key in fields.maps]
    if not fields.options.name_any():
        taken = {*fields.maps, *(str(where[0]) for where in fields.guesses.values())}
        named.append(("", {key: value for key, value in fields.document.items() if key not in taken}))
    return flat(named)


def flat(named: Iterable[tuple[str, Any]]) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """Return the texts of several values, by their names below these, and the problem that some were left out.

    The first of a name counts.
    """
    own = {str(place): pair for place, pair in enumerate(named)}
    below = wire.flatten({place: value for place, (_, value) in own.items()})
    found: dict[str, str] = {}
    for (place, *names), text in below:
        found.setdefault(".".join(names) or own[place][0], text)
    found.pop("", None)
    return found, below.problems


def read_text(text: str) -> Reading | Problem:
    """Read a text such as `firing Disk is full`: Alertmanager's custom payload may be one."""
    word, _, title = text.strip().partition(" ")
    state = conventions.STATES.get(normalise(word.strip("[]:")))
    if state is None or not title.strip():
        return Problem(ProblemCode.BAD_ELEMENT, "$", "expected an object, or a text that begins with its state")
    guessed = Problem(
        ProblemCode.STATE_GUESSED, "$", f"the text has no fields; its first word was taken as {state.value}"
    )
    return Reading(
        state=state, identity=[{"key": ""}, {"title": title.strip()}], title=text, problems=(guessed,), times=Times.NONE
    )


adapter = Adapter(
    name="generic",
    title="Generic JSON or form",
    shapes=[Shape(Event, read, rank=None), Shape(str, read_text, rank=None)],
    levels=conventions.LEVELS,
    open_levels=True,
    formats={"json", "form", "multipart"},
    many=True,
    prepare=wire.unwrap_payload_field,
    options=Options,
    templates=re.compile(TEMPLATE),
    placeholders=re.compile(rf"\s*+(?:{ABSENT})?\s*+", re.IGNORECASE),
    reads_also={"*"},
)

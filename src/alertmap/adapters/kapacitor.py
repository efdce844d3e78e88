"""Kapacitor, its HTTP POST handler.

In the TICKscript: `|alert()….post('https://receiver.example/kapacitor')`, with recoveries on and an id that names the
task, e.g. `.id('{{ .TaskName }}/{{ .Group }}')`. Of a topic: a handler of kind `post`, without a `level()` match, for
that never delivers a recovery. In Chronograf: the handler "post" of a rule. `.tcp()`, `.exec()` and `.log()` write the
same event.

A post endpoint with an `alert-template` sends what the template says. For text that is not JSON give the source the
option `template`, a regular expression for the whole text with the groups `id` and `level` and, if you like, `message`
and `previousLevel`. Ids that two tasks share are told apart by the option `dedup_on`: `id+task` or `id+tags`.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal

from alertmap import wire
from alertmap.adapter import Adapter, Said
from alertmap.conventions import labels
from alertmap.model import Notice, Problem, ProblemCode, Reading, Reason, Severity, State


@wire.model
class Row:
    name: str = ""
    tags: dict[str, str] | None = None
    columns: list[str] | None = None
    values: list[list[wire.Json]] | None = None


@wire.model
class Data:
    series: list[Row] | None


@wire.model
class Data12:
    Series: list[Row] | None  # 1.2.x only: Go's own spelling


@wire.model
class Event:
    id: wire.Text  # may be blank: see identity
    message: str
    details: wire.HtmlText
    time: wire.Rfc3339
    duration: wire.Nanoseconds  # negative after late points
    level: str
    data: Data | Data12
    previousLevel: str | None = None  # from 1.4 on
    recoverable: bool = True  # from 1.5 on; false of `.noRecoveries()` and of aggregates


@wire.model(closed=True)
class Rows:
    """What an `httpPost` node sends: data, not an alert."""

    series: list[Row]


@wire.model(closed=True)
class Options:
    template: Annotated[re.Pattern[str] | None, wire.regex("id", "level")] = None
    dedup_on: Literal["id", "id+task", "id+tags"] = "id"


@wire.model
class Details:
    """The default details: the template's context as JSON."""

    TaskName: str
    Group: str = ""


LEVELS = {
    "CRITICAL": Severity.CRITICAL,
    "WARNING": Severity.MEDIUM,  # Kapacitor's own Opsgenie handler sends P3
    "INFO": Severity.INFO,
}


def identity(event: Event, task: str, options: Options) -> dict[str, str]:
    if event.id.strip() and options.dedup_on == "id":
        return {"id": event.id}
    rows = _rows(event)
    tags = {f"tag.{name}": value for name, value in _tags(rows).items()}
    if event.id.strip():
        return {"id": event.id} | (tags if options.dedup_on == "id+tags" else {"task": task} if task else {})
    # A template over a missing tag renders a blank id, and so does an aggregate without one.
    names = {"name": rows[0].name} if rows and rows[0].name else {}
    return names | tags if len(rows) == 1 else names


def read(event: Event | Rows | str, options: Options) -> Iterator[Said]:
    if isinstance(event, Rows):
        yield Notice(reason=Reason.NO_ALERT)
    elif isinstance(event, str):
        yield _templated(event, options)
    elif not event.id and event.time is None and not _rows(event) and _is_ok(event.level):
        yield Notice(reason=Reason.TEST)  # the test button sends Go's zero values
    else:
        yield _reading(event, options)


def _reading(event: Event, options: Options) -> Reading:
    rows = _rows(event)
    tags = _tags(rows)
    details = event.details.strip()
    default = wire.json_in(details, Details)
    task = default.TaskName if default else ""
    facts = {"measurement": rows[0].name if rows else "", "task": task, "group": default.Group if default else ""}
    name = event.id.strip() or facts["measurement"]
    fallback = Problem(ProblemCode.KEY_FALLBACK, "$.id", "the id is blank; the key is made of the series")
    return Reading(
        state=State.RESOLVED if _is_ok(event.level) else State.FIRING,
        level=_ended(event.previousLevel) if _is_ok(event.level) else event.level,
        identity=identity(event, task, options),
        # The default message of a blank id is " is CRITICAL".
        title=f"{name}{event.message}"
        if event.message.startswith(" ")
        else event.message or f"{name} is {event.level}",
        message="" if default else details,
        resource=labels.host(tags),
        labels={name: text for name, text in facts.items() if text} | tags,
        values=_values(rows, event.time),
        started_at=wire.before(event.time, event.duration),
        occurred_at=event.time,
        resolvable=event.recoverable,
        problems=() if event.id.strip() else (fallback,),
    )


def _templated(text: str, options: Options) -> Reading | Problem:
    match = options.template.fullmatch(text.strip()) if options.template else None
    if match is None:
        return Problem(ProblemCode.BAD_ELEMENT, "$", "the text is not what the source's option `template` describes")
    said = match.groupdict(default="")
    ok = _is_ok(said["level"])
    return Reading(
        state=State.RESOLVED if ok else State.FIRING,
        level=_ended(said.get("previousLevel")) if ok else said["level"],
        identity={"id": said["id"]},
        title=said.get("message") or f"{said['id']} is {said['level']}",
    )


def _is_ok(level: str) -> bool:
    return level.strip().upper() == "OK"


def _ended(level: str | None) -> str | None:
    # Groups that share an id send an OK after an OK: then it is not told what ended.
    return None if level is None or _is_ok(level) else level


def _rows(event: Event) -> list[Row]:
    return (event.data.series if isinstance(event.data, Data) else event.data.Series) or []


def _tags(rows: list[Row]) -> dict[str, str]:
    """The tags that all series share: an aggregate holds one series per event."""
    tags = [(row.tags or {}).items() for row in rows]
    return dict(sorted(set(tags[0]).intersection(*tags[1:]))) if tags else {}


def _values(rows: list[Row], moment: datetime | None) -> dict[str, int | float | str]:
    if len(rows) != 1 or not rows[0].columns or not rows[0].values:
        return {}
    # A batch holds a whole window: the row that has the event's time decided.
    at = [row for row in rows[0].values if row and type(row[0]) is str and wire.rfc3339(row[0]) == moment]
    cells = zip(rows[0].columns[1:], (at or rows[0].values)[-1][1:], strict=False)
    return {name: wire.number_or_text(cell) for name, cell in cells if isinstance(cell, str | int | float)}


adapter = Adapter(
    name="kapacitor",
    title="Kapacitor",
    wire=Event | Rows | str,
    read=read,
    levels=LEVELS,
    marks=frozenset({"id", "level", "time", "details", "duration", "data"}),
    formats=frozenset({"json", "text"}),
    options=Options,
    unrendered=re.compile("<no value>"),
)

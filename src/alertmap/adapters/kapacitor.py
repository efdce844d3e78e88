"""Kapacitor, its HTTP POST handler.

Set up:

1. In the TICKscript give the alert a handler, and an id that names the task. Leave recoveries on.

   ```text
   |alert()
       .id('{{ .TaskName }}/{{ .Group }}')
       .crit(lambda: "usage" > 90)
       .post('https://receiver.example/kapacitor?token=…')
   ```

   Of a topic: a handler of kind `post`, without a `level()` match, for that never delivers a recovery. In Chronograf:
   the handler "post" of a rule. `.tcp()`, `.exec()` and `.log()` write the same event.
2. Try it: `kapacitor service-tests httppost`.

A post endpoint with an `alert-template` sends what the template says. For text that is not JSON give the source the
option `template`, a regular expression for the full text, of at most 8,192 characters, with the groups `id` and `level`
and, if you like, `message` and `previousLevel`. Ids that two tasks share are distinguished by the option `dedup_on`:
`id+task` or `id+tags`.

Kapacitor posts the events of a handler one after another and never sends a request twice, so they count in the order of
arrival: their own times go back after late points. Where a queue stands between, or two handlers post the same ids to
one source, set the option `order` to `time`: then each event counts at its own time, and late points are old news.

Limits: an alert with `.noRecoveries()`, and an aggregate, is never announced as over: let incidents of this source
expire.
"""

import re
from datetime import datetime
from typing import Annotated, Literal

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Notice, Problem, ProblemCode, Reading, Reason, Severity, Shape, State, Times

STATES = conventions.states(firing="INFO, WARNING, CRITICAL", resolved="OK")

LEVELS = {
    "CRITICAL": Severity.CRITICAL,
    "WARNING": Severity.MEDIUM,  # Kapacitor's own Opsgenie handler sends P3
    "INFO": Severity.INFO,
}


LONGEST_TEXT = 8_192  # the pattern is the user's, and may take the square of a text


@wire.model
class Row:
    name: wire.Text = ""
    tags: dict[str, wire.AnyText] = Factory(dict)
    columns: list[wire.AnyText] = Factory(list)
    values: list[list[wire.Json]] = Factory(list)


@wire.model
class Data:
    series: list[Row] = Factory(list)
    Series: list[Row] = Factory(list)  # 1.2.x only: Go's own spelling


@wire.model
class Event:
    id: wire.Text  # blank where its template renders nothing
    state: Annotated[State, wire.state(STATES), wire.named("level")]
    level: Annotated[wire.Text, wire.named("level")] = ""
    message: wire.Text = ""
    details: wire.HtmlText = ""
    time: wire.Rfc3339 = None
    duration: wire.Nanoseconds | None = None  # negative after late points
    data: Data = Data()
    previousLevel: wire.Text = ""  # from 1.4 on
    recoverable: bool = True  # from 1.5 on; false of `.noRecoveries()` and of aggregates


@wire.model(closed=True)
class Rows:
    """Body of an `httpPost` node: data, not an alert."""

    series: list[Row]


@wire.model(closed=True)
class Options:
    template: Annotated[re.Pattern[str] | None, wire.regex("id", "level")] = None
    dedup_on: Literal["id", "id+task", "id+tags"] = "id"
    order: Literal["arrival", "time"] = "arrival"


@wire.model
class Details:
    """The default details: the template's context as JSON."""

    TaskName: str
    Group: str = ""


def read(event: Event, options: Options) -> Reading | Notice:
    rows = event.data.series or event.data.Series
    if (event.id, event.state, event.time, rows) == ("", State.RESOLVED, None, []) and event.duration is not None:
        return Notice(reason=Reason.TEST)  # the test button sends Go's zero values
    tags = shared_tags(rows)
    measurement = rows[0].name if rows else ""
    details = event.details.strip()
    default = wire.json_in(details, Details)
    task = default.TaskName if default else ""
    name = event.id.strip() or measurement
    parts: dict[str, str | None] = {f"tag.{name}": value for name, value in tags.items()}
    more: dict[str, dict[str, str | None]] = {"id": {}, "id+task": {"task": task or None}, "id+tags": parts}
    # The default message of a blank id is " is CRITICAL".
    message = f"{name}{event.message}" if event.message.startswith(" ") else event.message
    return Reading(
        state=event.state,
        level=ended(event.previousLevel) if event.state is State.RESOLVED else event.level,
        # An aggregate has one series per event: the tags of the first tell nothing.
        identity=[
            {"id": event.id} | more[options.dedup_on],
            # An aggregate holds one series for each event: what they share names none of them.
            {"name": measurement or None} | (parts if len(rows) == 1 else {}),
        ],
        title=message or f"{name} is {event.level}",
        message="" if default else details,
        resource=conventions.host(tags),
        labels={"measurement": measurement, "task": task, "group": default.Group if default else ""} | tags,
        values=measured(rows, event.time),
        started_at=wire.before(event.time, event.duration),
        occurred_at=event.time,
        resolvable=event.recoverable,
        times=Times.STATED if options.order == "time" else None,
    )


def read_text(text: str, options: Options) -> Reading | Problem:
    text = text.strip()
    if options.template is not None and len(text) > LONGEST_TEXT:
        message = f"the text has more than the {LONGEST_TEXT:,} characters that the option `template` is tried on"
        return Problem(ProblemCode.BAD_ELEMENT, "$", message)
    if options.template is None:
        message = "the body is text, not JSON: give the source's option `template` if its handler has a template"
        return Problem(ProblemCode.BAD_ELEMENT, "$", message)
    match = options.template.fullmatch(text)
    if match is None:
        return Problem(ProblemCode.BAD_ELEMENT, "$", "the text does not match the source's option `template`")
    found = match.groupdict(default="")
    is_over = found["level"].strip().upper() == "OK"
    return Reading(
        state=State.RESOLVED if is_over else State.FIRING,
        level=ended(found.get("previousLevel", "")) if is_over else found["level"],
        identity={"id": found["id"]},
        title=found.get("message") or f"{found['id']} is {found['level']}",
        times=Times.NONE,
    )


def ended(level: str) -> str | None:
    # Groups that share an id send an OK after an OK: then nothing names what ended.
    return None if level.strip().upper() in ("", "OK") else level


def shared_tags(rows: list[Row]) -> dict[str, str]:
    """The tags that all series share: an aggregate holds one series per event."""
    tags = [set(row.tags.items()) for row in rows]
    return dict(sorted(set.intersection(*tags))) if tags else {}


def measured(rows: list[Row], moment: datetime | None) -> dict[str, int | float | str]:
    if len(rows) != 1 or not rows[0].columns or not rows[0].values:
        return {}
    # A batch holds all rows of a window: the row that has the event's time decided.
    at = [row for row in rows[0].values if row and type(row[0]) is str and wire.rfc3339(row[0]) == moment]
    cells = zip(rows[0].columns[1:], (at or rows[0].values)[-1][1:], strict=False)
    return {name: wire.number_or_text(cell) for name, cell in cells if isinstance(cell, str | int | float)}


adapter = Adapter(
    name="kapacitor",
    title="Kapacitor",
    shapes=[
        Shape(Event, read, marks={"time", "details", "duration", "data"}),
        Shape(Rows, None, rank=None),
        Shape(str, read_text, rank=None),
    ],
    levels=LEVELS,
    formats={"json", "text"},
    times=Times.ARRIVAL,  # one queue for each handler, and no retries
    repeats={State.FIRING},  # unless the task has `.stateChangesOnly()`
    options=Options,
    templates=re.compile("<no value>"),
    retries=False,
    answer_within=30,
)

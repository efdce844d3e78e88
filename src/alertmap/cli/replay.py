"""`alertmap replay`: parse requests, apply them to a book, and list the incidents at the end."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich.text import Text

from alertmap.cli import tables
from alertmap.cli.files import Refused
from alertmap.cli.outcomes import Parsed, outcome
from alertmap.cli.shared import (
    Jsonl,
    Paths,
    SourceName,
    SourcesFile,
    Vendor,
    Wide,
    check_names,
    end,
    inputs,
    say,
    sources_option,
    time_option,
    write,
)
from alertmap.codec import to_dict
from alertmap.errors import AlertmapError
from alertmap.incidents.book import IncidentBook
from alertmap.incidents.model import Incident, Transition

INCIDENTS = ("state", "severity", "worst", "key", "title", "opened", "resolved", "count")
TRANSITIONS = ("file", "at", "transition", "cause", "severity", "key")


def replay(
    paths: Paths,
    vendor: Vendor = None,
    source: SourceName = None,
    sources: SourcesFile = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Time at the end of the replay: overdue incidents expire."),
    ] = None,
    *,
    transitions: Annotated[
        bool, typer.Option("--transitions", help="List each transition, not the incidents.")
    ] = False,
    wide: Wide = False,
    jsonl: Jsonl = False,
) -> None:
    """Replay requests and list the incidents."""
    errors = tables.console(stderr=True)
    check_names(errors, vendor, source)
    known = sources_option(errors, sources, source)
    last = time_option(errors, "--until", until)
    book, lines, failed = IncidentBook(), list[tables.Row](), False

    def emit(name: str, steps: Iterable[Transition]) -> None:
        for step in steps if transitions else ():
            if jsonl:
                write(_record(name, step))
            else:
                lines.append(_transition_row(name, step))

    with inputs(errors, paths, jsonl=jsonl) as given:
        for one in given:
            done = outcome(one, vendor=vendor, source=source, sources=known)
            if isinstance(done, Refused):
                problem = "" if done.expected else done.line
            else:
                steps, problem = _applied(book, done)
                emit(done.name, steps)
            if problem:
                failed = True
                say(errors, problem)
    if last is not None:
        emit("", book.tick(last))
    if not transitions:
        _show(book.incidents, jsonl=jsonl, wide=wide)
    elif not jsonl:
        tables.show(tables.console(wide=wide), TRANSITIONS, lines)
    end(failed=failed)


def _applied(book: IncidentBook, done: Parsed) -> tuple[tuple[Transition, ...], str]:
    """Apply a batch; return the transitions, and the error where the book refuses it."""
    try:
        return book.apply(done.batch), ""
    except AlertmapError as error:
        return (), f"{done.name}: {error}"


def _show(incidents: tuple[Incident, ...], *, jsonl: bool, wide: bool) -> None:
    if jsonl:
        for incident in incidents:
            write({"type": "incident", "dedup_key": incident.dedup_key, **to_dict(incident)})
        return
    out = tables.console(wide=wide)
    tables.show(out, INCIDENTS, [_incident_row(incident) for incident in incidents])
    still = sum(incident.open for incident in incidents)
    count = tables.counted(len(incidents), "incident")
    out.print(Text(f"{count}: {still} open, {len(incidents) - still} closed", style="bold"))


def _incident_row(incident: Incident) -> tables.Row:
    cells = (
        "expired" if incident.expired else incident.state.value,
        incident.severity.value if incident.severity else "",
        incident.max_severity.value if incident.max_severity else "",
        incident.dedup_key,
        incident.title,
        tables.moment(incident.opened_at),
        tables.moment(incident.resolved_at),
        str(incident.count),
    )
    return tables.Row("", tuple(map(tables.plain, cells)))


def _transition_row(name: str, step: Transition) -> tables.Row:
    severity = step.incident.severity.value if step.incident and step.incident.severity else ""
    return tables.row(name or "-", tables.moment(step.at), step.kind.value, step.cause.value, severity, _key(step))


def _record(name: str, step: Transition) -> dict[str, Any]:
    fields = {name: value for name, value in to_dict(step).items() if name != "alert"}
    return {"type": "transition", "dedup_key": _key(step), "file": name, **fields}


def _key(step: Transition) -> str:
    one = step.incident or step.alert
    return one.dedup_key if one else ""

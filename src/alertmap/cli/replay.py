"""`alertmap replay`: recorded requests through parse and reduce, to the incidents that they end in."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from alertmap.cli import tables
from alertmap.cli.files import Refused
from alertmap.cli.outcomes import Parsed, outcome
from alertmap.cli.shared import Jsonl, Paths, SourceName, Vendor, end, inputs, known, moment, say, write
from alertmap.errors import AlertmapError
from alertmap.incidents.book import IncidentBook
from alertmap.incidents.model import Incident, Transition

INCIDENTS = ("state", "severity", "worst", "key", "title", "opened", "resolved", "count")
TRANSITIONS = ("file", "at", "told", "cause", "severity", "key")


def replay(
    paths: Paths,
    vendor: Vendor = None,
    source: SourceName = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="What time it is in the end: what is overdue then expires."),
    ] = None,
    *,
    transitions: Annotated[bool, typer.Option("--transitions", help="Tell each step instead of the end.")] = False,
    jsonl: Jsonl = False,
) -> None:
    """Turn a stream of requests into incidents."""
    errors = tables.console(stderr=True)
    known(errors, vendor, source)
    last = moment(errors, until)
    book, steps, failed = IncidentBook(), list[tables.Row](), False

    def tell(name: str, told: Iterable[Transition]) -> None:
        for one in told if transitions else ():
            if jsonl:
                write(_step(name, one))
            else:
                steps.append(_row(name, one))

    with inputs(errors, paths, jsonl=jsonl) as given:
        for one in given:
            name, told, wrong = _applied(book, outcome(one, vendor=vendor, source=source))
            tell(name, told)
            if wrong:
                failed = True
                say(errors, wrong)
    if last is not None:
        tell("", book.tick(last))
    if not transitions:
        _show(book.incidents, jsonl=jsonl)
    elif not jsonl:
        tables.show(tables.console(), TRANSITIONS, steps)
    end(failed=failed)


def _applied(book: IncidentBook, done: Parsed | Refused) -> tuple[str, tuple[Transition, ...], str]:
    """The name of a request, what became of the incidents, and what went wrong."""
    if isinstance(done, Refused):
        return done.name, (), "" if done.expected else done.line
    try:
        return done.name, book.apply(done.batch), ""
    except AlertmapError as error:
        return done.name, (), f"{done.name}: {error}"


def _show(incidents: tuple[Incident, ...], *, jsonl: bool) -> None:
    if jsonl:
        for incident in incidents:
            write(incident.to_dict())
        return
    out = tables.console()
    tables.show(out, INCIDENTS, [_incident(incident) for incident in incidents])
    still = sum(incident.open for incident in incidents)
    count = f"{len(incidents)} incident{'' if len(incidents) == 1 else 's'}"
    out.print(Text(f"{count}: {still} open, {len(incidents) - still} closed", style="bold"))


def _incident(incident: Incident) -> tables.Row:
    cells = (
        "expired" if incident.expired else incident.state.value,
        incident.severity.value if incident.severity else "",
        incident.max_severity.value if incident.max_severity else "",
        incident.dedup_key,
        incident.title,
        _time(incident.opened_at),
        _time(incident.resolved_at),
        str(incident.count),
    )
    return tables.Row("", tuple(tables.plain(cell) for cell in cells))


def _row(name: str, told: Transition) -> tables.Row:
    incident = told.incident
    key = incident.dedup_key if incident else told.alert.dedup_key if told.alert else ""
    severity = incident.severity.value if incident and incident.severity else ""
    return tables.row(name or "-", _time(told.at), told.kind.value, told.cause.value, severity, key)


def _step(name: str, told: Transition) -> dict[str, Any]:
    was = told.was
    return {
        "file": name,
        "at": told.at.isoformat(),
        "kind": told.kind.value,
        "cause": told.cause.value,
        "was": was if was is None or isinstance(was, str) else was.value,
        "incident": told.incident.to_dict() if told.incident else None,
    }


def _time(time: datetime | None) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}" if time else ""

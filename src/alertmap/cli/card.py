"""The card of a request: all that is known of its alerts, for people."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from alertmap.cli import tables
from alertmap.cli.outcomes import Parsed
from alertmap.model import Alert, Batch, Problem

MOST_ALERTS = 5
"""Alerts of a request that has a card; a request with more of them is a table."""


def fits(done: Parsed) -> bool:
    """Return True where the outcome of a request is small enough for a card."""
    return len(done.batch) <= MOST_ALERTS


def show(out: Console, done: Parsed) -> None:
    """Print the card of a request: a block for each alert, then what concerns the request."""
    batch = done.batch
    source = f", source {batch.source}" if batch.source != batch.vendor else ""
    head = Text(f"{tables.plain(done.name)}: {batch.vendor}{tables.plain(source)}", style="dim")
    out.print(head, soft_wrap=True)
    for alert in batch:
        out.print()
        out.print(_heading(alert), soft_wrap=True)
        _block(out, _alert(alert))
    if rows := list(_request(batch)):
        out.print()
        _block(out, rows)
    out.print()


def _heading(alert: Alert) -> Text:
    words = [alert.state.value, alert.severity.value if alert.severity else ""]
    line = Text()
    for word in filter(None, words):
        line.append(word, tables.STYLES[word])
        line.append("  ")
    return line.append(tables.plain(alert.title), "bold")


def _alert(alert: Alert) -> Iterator[tuple[str, str]]:
    yield "key", alert.dedup_key
    yield "level", alert.level or ""
    yield "resource", alert.resource
    yield "message", alert.message
    yield "started", _time(alert.started_at)
    yield "occurred", f"{_time(alert.occurred_at)} ({alert.times.value})" if alert.occurred_at else ""
    yield "received", _time(alert.received_at)
    yield "expires", _time(alert.expires_at)
    yield "episode", alert.episode or ""
    yield "recovery", "" if alert.resolvable else "the sender never announces it"
    yield "no data", "yes" if alert.no_data else ""
    yield from _named("label", alert.labels.items())
    yield from _named("value", alert.values.items())
    yield from _named("link", alert.links.items())
    yield from _problems(alert.problems)


def _request(batch: Batch) -> Iterator[tuple[str, str]]:
    if batch.reason is not None:
        yield "no alerts", f"{batch.reason.value}: {tables.REASONS[batch.reason]}"
    if batch.envelopes:
        yield "envelopes", ", ".join(batch.envelopes)
    if batch.truncated:
        yield "left out", f"{tables.counted(batch.truncated, 'alert')}, by the sender"
    yield from _problems(batch.problems)


def _named(kind: str, pairs: Iterable[tuple[str, object]]) -> Iterator[tuple[str, str]]:
    for name, value in pairs:
        yield kind, f"{name} = {value}"


def _problems(problems: Iterable[Problem]) -> Iterator[tuple[str, str]]:
    for problem in problems:
        yield "problem", f"{problem.code.value} @ {problem.path}: {problem.message}"


def _time(time: datetime | None) -> str:
    return time.isoformat().replace("+00:00", "Z") if time else ""


def _block(out: Console, rows: Iterable[tuple[str, str]]) -> None:
    """Print names and values as two columns; a name that repeats stands once."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    last = ""
    for name, value in rows:
        if value:
            lines = "\n".join(map(tables.plain, value.split("\n")))
            grid.add_row("" if name == last else f"  {name}", Text(lines.strip("\n")))
            last = name
    out.print(grid)

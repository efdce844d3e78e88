"""Tables for people. Payload texts never reach the terminal as markup or with a control character."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import PurePath
from typing import NamedTuple

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alertmap.cli.files import Refused
from alertmap.cli.outcomes import Parsed
from alertmap.model import Problem, Reason, Severity, State

STYLES = {
    State.FIRING.value: "bold",
    State.ACKNOWLEDGED.value: "magenta",
    State.SUPPRESSED.value: "dim",
    State.RESOLVED.value: "green",
    Severity.CRITICAL.value: "bold white on red",
    Severity.HIGH.value: "bold red",
    Severity.MEDIUM.value: "yellow",
    Severity.LOW.value: "cyan",
    Severity.INFO.value: "blue",
    "refused": "bold red",
}
"""Styles by the word in the cell."""

REASONS = {
    Reason.TEST: "the sender's test button",
    Reason.PROBE: "only a check that the receiver answers",
    Reason.NO_ALERT: "an event that changes no alert",
    Reason.HANDSHAKE: "the sender wants an answer before it sends alerts",
    Reason.UNREADABLE: "the request cannot be read",
}

STYLED = ("state", "severity")
COLUMNS = ("file", "state", "severity", "key", "title", "problems")
WEIGHTS = {"state": 9, "severity": 9, "key": 1.5, "title": 1.5}
"""In a narrow table a column of twice the weight stays twice as wide; the others have the weight 1."""

WIDE = 160
"""Columns where there is no terminal."""


def plain(text: str) -> str:
    r"""Return a text in which everything that is not printable is an escape: `\x1b`, `\n`, `\u202e`."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def console(*, stderr: bool = False) -> Console:
    """Return a console that prints texts as they are."""
    made = Console(stderr=stderr, markup=False, emoji=False, highlight=False)
    if not (made.is_terminal or "COLUMNS" in os.environ):
        made.width = WIDE
    return made


class Row(NamedTuple):
    """A line of a table. The folder stands once, above the lines of its files."""

    folder: str
    cells: tuple[str, ...]
    style: str = ""
    """Style of the line."""


def row(name: str, *cells: str, style: str = "") -> Row:
    """Return the line of a file."""
    path = PurePath(name)
    folder = str(path.parent) if path.parent.name else ""
    return Row(folder, tuple(map(plain, (path.name, *cells))), style)


# --- Alerts ----------------------------------------------------------------------------------------------------------


def rows(done: Parsed | Refused) -> Iterable[Row]:
    """Yield the lines of one outcome in the table of alerts."""
    if isinstance(done, Refused):
        note, style = ("as expected", "dim") if done.expected else ("", "")
        yield row(done.name, "refused", "", "", done.message, note, style=style)
        return
    batch = done.batch
    for alert in batch:
        severity = alert.severity.value if alert.severity else ""
        yield row(done.name, alert.state.value, severity, alert.dedup_key, alert.title, _codes(alert.problems))
    if batch.reason is not None:
        yield row(done.name, batch.reason.value, "", "", REASONS[batch.reason], "", style="dim")
    for problem in batch.problems:
        yield row(done.name, "", "", "", f"{problem.message} @ {problem.path}", problem.code.value, style="dim")
    if batch.truncated:
        yield row(done.name, "", "", "", f"the sender left out {batch.truncated} alerts", "truncated", style="dim")


def _codes(problems: Iterable[Problem]) -> str:
    return ", ".join(dict.fromkeys(problem.code.value for problem in problems))


class Tally:
    """Counter of outcomes, for the last line."""

    def __init__(self) -> None:
        self.requests = 0
        self.problems = 0
        self.expected = 0
        self.refused = 0
        self.states: Counter[State] = Counter()
        self.reasons: Counter[Reason] = Counter()

    def add(self, done: Parsed | Refused) -> None:
        """Count one outcome."""
        self.requests += 1
        if isinstance(done, Refused):
            self.expected += done.expected
            self.refused += not done.expected
            return
        self.problems += len(done.batch.problems) + sum(len(alert.problems) for alert in done.batch)
        self.states.update(alert.state for alert in done.batch)
        if done.batch.reason is not None:
            self.reasons[done.batch.reason] += 1

    def line(self) -> str:
        """Return all counts in one line: `3 requests: 2 alerts (1 firing, 1 resolved), 1 test`."""
        states = ", ".join(f"{self.states[state]} {state.value}" for state in State if self.states[state])
        parts = [
            counted(self.states.total(), "alert") + (f" ({states})" if states else ""),
            *(f"{self.reasons[reason]} {reason.value.replace('_', ' ')}" for reason in Reason if self.reasons[reason]),
            f"{self.expected} refused as expected" if self.expected else "",
            f"{self.refused} refused" if self.refused else "",
            counted(self.problems, "problem") if self.problems else "",
        ]
        return f"{counted(self.requests, 'request')}: {', '.join(filter(None, parts))}"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 alert`, `2 alerts`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


# --- Any table -------------------------------------------------------------------------------------------------------


def show(out: Console, headers: Sequence[str], lines: Sequence[Row]) -> None:
    """Print one table for each folder, all with the same columns."""
    widths = _widths(headers, [line.cells for line in lines], out.width - 2 * (len(headers) - 1))
    for folder, group in groupby(lines, key=lambda line: line.folder):
        if folder:
            out.print(Text(plain(folder), style="bold underline"), soft_wrap=True)
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
        for header, width in zip(headers, widths, strict=True):
            table.add_column(header, width=width, no_wrap=True)
        for line in group:
            table.add_row(*map(_cell, headers, line.cells, widths), style=line.style)
        out.print(table)
        out.print()


def _cell(header: str, text: str, width: int) -> Text:
    return Text(_fit(text, width), style=STYLES.get(text, "") if header in STYLED else "")


def _fit(text: str, width: int) -> str:
    """Cut a text in the middle, which rich cannot: the end of a key matters as much as its beginning."""
    if cell_len(text) <= width:
        return text
    back = (width - 1) // 2
    begins = set_cell_size(text, width - 1 - back)
    ends = text[len(text) - back :]
    while cell_len(f"{begins}…{ends}") > width:  # some characters are two wide
        ends = ends[1:]
    return f"{begins}…{ends}"


def _widths(headers: Sequence[str], texts: Sequence[Sequence[str]], most: int) -> list[int]:
    """Return the widths that the columns need; in a narrow table the widest column by weight shrinks first.

    rich would do this for each table alone, so that the columns of two folders would not line up.
    """
    widths = [max(map(cell_len, column)) for column in zip(headers, *texts, strict=True)]
    weights = [WEIGHTS.get(header, 1) for header in headers]
    while sum(widths) > max(most, len(widths)):
        place = max(range(len(widths)), key=lambda place: widths[place] / weights[place] * (widths[place] > 1))
        widths[place] -= 1
    return widths

"""Tables for people. Payload texts never reach the terminal as markup or with a control character."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import PurePath
from typing import NamedTuple

from attrs import frozen
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
COLUMNS = ("file", "time", "state", "severity", "key", "title", "problems")

LEAST = {"file": 12, "key": 16, "title": 14, "reason": 20, "name": 12, "bodies": 10, "options": 12, "problems": 12}
"""Columns that wrap in a narrow table, with the widths that they keep. All others keep their full width."""
LEFT_OUT = ("count", "worst", "time", "problems", "resolved", "cause", "options", "bodies", "file")
"""Columns that a table leaves out where even wrapped ones do not fit, in this order."""
MOST_LINES = 4
"""Lines of a cell in a narrow table; a longer text is cut in the middle. A key is never cut."""

WIDE = 100_000
"""Columns where there is no terminal, or with --wide: nothing is wrapped or cut."""


def plain(text: str) -> str:
    r"""Return a text in which everything that is not printable is an escape: `\x1b`, `\n`, `\u202e`."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def console(*, stderr: bool = False, wide: bool = False) -> Console:
    """Return a console that prints texts as they are."""
    made = Console(stderr=stderr, markup=False, emoji=False, highlight=False)
    if wide or not (made.is_terminal or "COLUMNS" in os.environ):
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
        yield row(done.name, "", "refused", "", "", done.message, note, style=style)
        return
    batch = done.batch
    for alert in batch:
        severity = alert.severity.value if alert.severity else ""
        cells = (moment(alert.occurred_at), alert.state.value, severity, alert.dedup_key, alert.title)
        yield row(done.name, *cells, _codes(alert.problems))
    if batch.reason is not None:
        yield row(done.name, "", batch.reason.value, "", "", REASONS[batch.reason], "", style="dim")
    for problem in batch.problems:
        yield row(done.name, "", "", "", "", f"{problem.message} @ {problem.path}", problem.code.value, style="dim")
    if batch.truncated:
        yield row(done.name, "", "", "", "", f"the sender left out {batch.truncated} alerts", "truncated", style="dim")


def moment(time: datetime | None) -> str:
    """Return a time of a table, in UTC and to the second."""
    return f"{time:%Y-%m-%d %H:%M:%S}" if time else ""


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
    """Print one table for each folder, all with the same columns, and name the columns that are left out."""
    layout = Layout.fitting(headers, [line.cells for line in lines], out.width)
    for folder, group in groupby(lines, key=lambda line: line.folder):
        if folder:
            out.print(Text(plain(folder), style="bold underline"), soft_wrap=True)
        layout.show(out, group)
        out.print()
    if layout.left_out:
        out.print(Text(f"columns left out: {', '.join(layout.left_out)}; --wide has them all", style="dim"))


@frozen
class Layout:
    """Columns of one or more tables of the same headers.

    rich would choose widths for each table alone, so that the columns of two folders would not line up.
    """

    headers: tuple[str, ...]
    widths: Mapping[str, int]
    """Widths of the columns that are printed, by their headers."""
    left_out: tuple[str, ...] = ()
    """Columns that are not printed, although they have texts: the terminal is too narrow."""

    @classmethod
    def fitting(cls, headers: Sequence[str], texts: Sequence[Sequence[str]], width: int) -> "Layout":
        """Return the layout for some texts: columns wrap, then are left out. A column without any text is no loss."""
        natural = {
            header: max(map(cell_len, (header, *column)))
            for header, *column in zip(headers, *texts, strict=True)
            if any(column) or not texts
        }
        left_out = []
        for header in LEFT_OUT:
            if sum(min(LEAST.get(name, size), size) + GAP for name, size in natural.items()) - GAP <= width:
                break
            if natural.pop(header, None):
                left_out.append(header)
        return cls(tuple(headers), _shrunk(natural, width - GAP * (len(natural) - 1)), tuple(left_out))

    def show(self, out: Console, lines: Iterable[Row], *, header: bool = True) -> None:
        """Print lines as one table."""
        table = Table(
            box=box.SIMPLE_HEAD if header else None,
            show_header=header,
            show_edge=False,
            pad_edge=False,
            padding=(0, 1 if header else GAP, 0, 0),
            header_style="dim",
        )
        for name, width in self.widths.items():
            table.add_column(name, width=width, overflow="fold")
        for line in lines:
            cells = zip(self.headers, line.cells, strict=True)
            table.add_row(
                *(_cell(name, text, self.widths[name]) for name, text in cells if name in self.widths), style=line.style
            )
        out.print(table)


GAP = 2
"""Blanks between two columns."""


def _shrunk(natural: Mapping[str, int], most: int) -> dict[str, int]:
    """Return widths that add up to at most `most`: the widest column that wraps gives first, then any."""
    widths = dict(natural)
    while sum(widths.values()) > max(most, len(widths)):
        wraps = [name for name in widths if widths[name] > LEAST.get(name, widths[name])] or list(widths)
        widths[max(wraps, key=widths.__getitem__)] -= 1
    return widths


def _cell(header: str, text: str, width: int) -> Text:
    shown = text if header == "key" else _fit(text, width * MOST_LINES)
    return Text(shown, style=STYLES.get(text, "") if header in STYLED else "")


def _fit(text: str, width: int) -> str:
    """Cut a text in the middle, which rich cannot: its end matters as much as its beginning."""
    if cell_len(text) <= width:
        return text
    back = (width - 1) // 2
    begins = set_cell_size(text, width - 1 - back)
    ends = text[len(text) - back :]
    while cell_len(f"{begins}…{ends}") > width:  # some characters are two wide
        ends = ends[1:]
    return f"{begins}…{ends}"

"""What the commands share: reading their paths under a progress bar, and writing what people and programs read."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from alertmap.cli import tables
from alertmap.cli.files import Found, Input, Refused, WrongUsage, find, read
from alertmap.errors import AlertmapError
from alertmap.intake import registry
from alertmap.intake.source import Source
from alertmap.wire import rfc3339

MANY = 50
"""From so many files on there is a progress bar."""

Paths = Annotated[
    list[str],
    typer.Argument(metavar="PATH", help="Files, folders, or - for standard input.", show_default=False),
]
Vendor = Annotated[str | None, typer.Option(help="Whose requests these are.", show_default="found out")]
SourceName = Annotated[
    str | None, typer.Option("--source", help="What they came through.", show_default="the vendor's name")
]
Jsonl = Annotated[bool, typer.Option("--jsonl", help="One JSON object a line instead of a table.")]


@contextmanager
def inputs(errors: Console, paths: list[str], *, jsonl: bool) -> Iterator[Iterator[Input | Refused]]:
    """All inputs of the paths, one after the other, under a progress bar where that is of use."""
    try:
        found = find(paths)
        # Objects that run over the same terminal are progress enough.
        if len(found) < MANY or not errors.is_terminal or (jsonl and sys.stdout.isatty()):
            yield _read(found)
            return
        with Progress(
            TextColumn("reading"),
            BarColumn(),
            MofNCompleteColumn(),
            console=errors,
            transient=True,
            redirect_stdout=False,  # it may be a file
            redirect_stderr=False,
        ) as progress:
            yield _read(progress.track(found))
    except WrongUsage as error:
        wrong(errors, str(error))


def _read(found: Iterable[Found | Refused]) -> Iterator[Input | Refused]:
    for file in found:
        yield from read(file)


def known(errors: Console, vendor: str | None, source: str | None) -> None:
    """End the command where a vendor is none, or a source's name cannot be one."""
    try:
        if vendor is not None:
            registry.find(vendor)
        if source is not None:
            Source(source)
    except AlertmapError as error:
        wrong(errors, str(error))


def moment(errors: Console, text: str | None) -> datetime | None:
    """The time that an option gives; None where it was not given."""
    found = rfc3339(text) if text is not None else None
    if text is not None and found is None:
        wrong(errors, "a time is written like 2026-01-31T12:00:00Z")
    return found


def write(record: Mapping[str, Any]) -> None:
    """One object of JSON Lines."""
    # ASCII alone: no control character reaches a terminal, and every encoding can write it.
    sys.stdout.write(f"{json.dumps(record)}\n")


def say(errors: Console, line: str) -> None:
    """One line on standard error."""
    errors.print(Text(f"alertmap: {tables.plain(line)}"), soft_wrap=True)


def end(*, failed: bool) -> NoReturn:
    """End the command: exit code 1 where something was refused, else 0."""
    sys.stdout.flush()  # while a reader that has gone away is still noticed
    raise typer.Exit(1 if failed else 0)


def wrong(errors: Console, line: str) -> NoReturn:
    """End the command for wrong usage: exit code 2."""
    say(errors, line)
    raise typer.Exit(2)

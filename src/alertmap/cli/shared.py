"""Common parts of the commands: their options, reading under a progress bar, writing for people and for programs."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from alertmap.cli import tables
from alertmap.cli.files import Input, Refused, WrongUsage, find, not_installed, read
from alertmap.errors import AlertmapError, UnknownVendor
from alertmap.intake import registry
from alertmap.intake.source import Source
from alertmap.wire import rfc3339

PROGRESS_FROM = 50
"""Number of files from which there is a progress bar."""

Paths = Annotated[
    list[str],
    typer.Argument(metavar="PATH", help="Files, folders, or - for standard input.", show_default=False),
]
Vendor = Annotated[str | None, typer.Option(help="The vendor that sent the requests.", show_default="detected")]
SourceName = Annotated[str | None, typer.Option("--source", help="Source name.", show_default="the vendor's name")]
Secret = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Another secret field, header or parameter; may be given several times."),
]
Jsonl = Annotated[bool, typer.Option("--jsonl", help="Write JSON Lines instead of a table.")]


@contextmanager
def inputs(errors: Console, paths: list[str], *, jsonl: bool) -> Iterator[Iterator[Input | Refused]]:
    """Read the inputs of some paths one by one, under a progress bar where they are many."""
    try:
        found = find(paths)
        # JSON Lines on the same terminal already show the progress.
        if len(found) < PROGRESS_FROM or not errors.is_terminal or (jsonl and sys.stdout.isatty()):
            yield (one for file in found for one in read(file))
            return
        with Progress(
            TextColumn("reading"),
            BarColumn(),
            MofNCompleteColumn(),
            console=errors,
            transient=True,
            redirect_stdout=False,  # stdout may be a file
            redirect_stderr=False,
        ) as progress:
            yield (one for file in progress.track(found) for one in read(file))
    except WrongUsage as error:
        wrong(errors, str(error))


def check_names(errors: Console, vendor: str | None, source: str | None = None) -> None:
    """End the command where there is no such vendor, or a source cannot have this name."""
    try:
        if vendor is not None:
            registry.find(vendor)
        if source is not None:
            Source(source)
    except UnknownVendor as error:
        wrong(errors, not_installed(Path(), vendor) or str(error))
    except AlertmapError as error:
        wrong(errors, str(error))


def time_option(errors: Console, text: str | None) -> datetime | None:
    """Return the time of an option, or None where the option was not given; end the command where it is no time."""
    time = rfc3339(text) if text is not None else None
    if text is not None and time is None:
        wrong(errors, "expected a time like 2026-01-31T12:00:00Z")
    return time


def write(record: Mapping[str, Any]) -> None:
    """Write one object of JSON Lines, in ASCII: any encoding can write it, and no control character gets through."""
    sys.stdout.write(f"{json.dumps(record)}\n")


def say(errors: Console, line: str) -> None:
    """Write one line to standard error."""
    errors.print(Text(f"alertmap: {tables.plain(line)}"), soft_wrap=True)


def end(*, failed: bool) -> NoReturn:
    """End the command with exit code 1 where something was refused, else 0."""
    sys.stdout.flush()  # a reader that has gone away must be noticed here, not at exit
    raise typer.Exit(1 if failed else 0)


def wrong(errors: Console, line: str) -> NoReturn:
    """End the command for wrong usage, with exit code 2."""
    say(errors, line)
    raise typer.Exit(2)

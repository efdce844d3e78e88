"""Common parts of the commands: their options, reading under a progress bar, writing for people and for programs."""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from alertmap.cli import tables
from alertmap.cli.files import STDIN, Found, Input, Refused, WrongUsage, find, not_installed, printable, read
from alertmap.errors import AlertmapError, UnknownVendor, did_you_mean
from alertmap.intake import registry
from alertmap.intake.source import Source
from alertmap.intake.source_file import InvalidSources, load_sources
from alertmap.wire import rfc3339

PROGRESS_FROM = 50
"""Number of files from which there is a progress bar."""
PROGRESS_BYTES = 2 * 1024 * 1024
"""Bytes of the files from which there is a progress bar."""

Paths = Annotated[
    list[str],
    typer.Argument(metavar="PATH", help="Files, folders, or - for standard input.", show_default=False),
]
Vendor = Annotated[str | None, typer.Option(help="The vendor that sent the requests.", show_default="detected")]
SourceName = Annotated[str | None, typer.Option("--source", help="Source name.", show_default="the vendor's name")]
SourcesFile = Annotated[
    Path | None,
    typer.Option("--sources", metavar="FILE", help="A TOML file of sources; --source chooses one of them by its name."),
]
Secret = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Another secret field, header or parameter; may be given several times."),
]
Jsonl = Annotated[bool, typer.Option("--jsonl", help="Write JSON Lines instead of a table.")]
Wide = Annotated[bool, typer.Option("--wide", help="Print all columns in full, however narrow the terminal is.")]


@contextmanager
def inputs(errors: Console, paths: list[str], *, jsonl: bool) -> Iterator[Iterator[Input | Refused]]:
    """Read the inputs of some paths one by one, under a progress bar where they are many."""
    try:
        found = find(paths)
        total = sum(_size(file) for file in found)
        is_long = len(found) >= PROGRESS_FROM or total >= PROGRESS_BYTES
        # JSON Lines on the same terminal already show the progress, and the end of standard input is not known.
        is_live = (jsonl and sys.stdout.isatty()) or STDIN in paths
        if is_live or not (is_long and errors.is_terminal):
            yield (one for file in found for one in read(file))
            return
        with Progress(
            TextColumn("reading"),
            BarColumn(),
            TextColumn("{task.percentage:.0f} %, {task.fields[requests]} requests"),
            console=errors,
            transient=True,
            redirect_stdout=False,  # stdout may be a file
            redirect_stderr=False,
        ) as progress:
            yield _tracked(progress, total, found)
    except WrongUsage as error:
        wrong(errors, str(error))


def _size(file: Found | Refused) -> int:
    with suppress(OSError):
        return file.path.stat().st_size if isinstance(file, Found) and file.path else 0
    return 0  # it is gone; reading it reports so


def _tracked(progress: Progress, total: int, found: list[Found | Refused]) -> Iterator[Input | Refused]:
    task = progress.add_task("", total=total, requests=0)
    for number, one in enumerate((one for file in found for one in read(file)), 1):
        progress.update(task, advance=one.size, requests=number)
        yield one


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


def read_sources(errors: Console, file: Path) -> dict[str, Source]:
    """Return the sources of a file, also of one for `serve`; end the command where it has faults, a line for each."""
    try:
        return sources_in(file)
    except OSError as error:
        wrong(errors, f"{printable(file)}: it cannot be read: {error.strerror or type(error).__name__}")
    except UnicodeDecodeError:
        wrong(errors, f"{printable(file)}: it is not TOML in utf-8")
    except InvalidSources as error:
        for fault in error.faults:
            say(errors, f"{printable(file)}:{fault}".replace(":line ", ":", 1))
        raise typer.Exit(2) from None


def sources_in(file: Path) -> dict[str, Source]:
    """Return the sources of a file.

    Raises:
        InvalidSources, OSError, UnicodeDecodeError: it has faults, or cannot be read.
    """
    from alertmap.cli.serving import is_of_receiver, read_config  # noqa: PLC0415 - loads all targets

    text = file.read_text(encoding="utf-8")
    if is_of_receiver(text):
        return {name: receiving.source for name, receiving in read_config(file).sources.items()}
    return load_sources(text)


def sources_option(errors: Console, file: Path | None, name: str | None) -> dict[str, Source]:
    """Return the sources of an option; end the command where `name` is none of them."""
    sources = read_sources(errors, file) if file is not None else {}
    if sources and name is not None and name not in sources:
        wrong(errors, f"no source is called {name}{did_you_mean(name, sources)}")
    return sources


def time_option(errors: Console, name: str, text: str | None) -> datetime | None:
    """Return the time of an option, or None where the option was not given; end the command where it is no time."""
    if text is None:
        return None
    time = rfc3339(text)
    if time is None or not re.search(r"(?:[Zz]|[+-]\d\d:?\d\d)$", text):
        wrong(
            errors, f"{name}: expected a time with its offset, like 2026-01-31T12:00:00Z or 2026-01-31T13:00:00+01:00"
        )
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

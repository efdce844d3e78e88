"""The command `render`: the requests that would tell targets of the alerts of some requests."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import attrs
import typer
from rich.console import Console

from alertmap.cli import tables
from alertmap.cli.files import Refused, printable
from alertmap.cli.outcomes import outcome
from alertmap.cli.shared import (
    Jsonl,
    Paths,
    SourceName,
    SourcesFile,
    Vendor,
    check_names,
    end,
    inputs,
    say,
    sources_option,
    time_option,
    write,
    wrong,
)
from alertmap.errors import AlertmapError
from alertmap.intake.source import read_options
from alertmap.model import Alert
from alertmap.output.registry import target_names, target_of
from alertmap.output.render import render as render_one
from alertmap.target import Skipped, Target

HIDDEN = "[hidden]"


def render(  # noqa: PLR0917 - options
    paths: Paths,
    target: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A target; may be given several times.", show_default="all"),
    ] = None,
    vendor: Vendor = None,
    source: SourceName = None,
    sources: SourcesFile = None,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A TOML file with a table for each target; credentials are not printed."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Time of rendering, such as 2026-01-31T12:00:00Z.", show_default="now"),
    ] = None,
    *,
    jsonl: Jsonl = False,
) -> None:
    """Render what would be sent to each target for the alerts of requests. Nothing is sent.

    Without a table of its own in the file, a target has a configuration with made-up credentials.
    """
    errors = tables.console(stderr=True)
    check_names(errors, vendor, source)
    known = sources_option(errors, sources, source)
    now = time_option(errors, "--at", at) or datetime.now(UTC)
    chosen = configured(errors, target, config)
    failed = False
    with inputs(errors, paths, jsonl=jsonl) as given:
        for one in given:
            done = outcome(one, vendor=vendor, source=source, sources=known, received_at=now)
            if isinstance(done, Refused):
                failed = failed or not done.expected
                say(errors, done.line)
                continue
            for alert in done.batch:
                for each, settings in chosen:
                    tell(each, settings, alert, now, jsonl=jsonl)
    end(failed=failed)


def configured(errors: Console, names: list[str] | None, file: Path | None) -> list[tuple[Target, Any]]:
    """Return the targets with their settings; end the command where one is not known or not configured rightly."""
    written = tables_of(errors, file) if file else {}
    try:
        targets = [target_of(name) for name in names or list(written) or target_names()]
        return [(it, read_options(written.get(it.name, it.example), it.config, it.name)) for it in targets]
    except AlertmapError as error:
        wrong(errors, str(error))


def tables_of(errors: Console, file: Path) -> dict[str, Any]:
    """Return the tables of a file, by target; end the command where it cannot be read."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        wrong(errors, f"{printable(file)}: it cannot be read: {error.strerror or type(error).__name__}")
    except ValueError:
        wrong(errors, f"{printable(file)}: it is not TOML in utf-8")


def tell(target: Target, settings: Any, alert: Alert, now: datetime, *, jsonl: bool) -> None:
    """Print the request that would go to one target for an alert."""
    made = render_one(target, alert, settings, now)
    record: dict[str, Any] = {"type": "request", "target": target.name, "dedup_key": alert.dedup_key}
    if isinstance(made, Skipped):
        record |= {"type": "skipped", "reason": made.reason}
    else:
        secrets = sorted(secrets_of(settings), key=len, reverse=True)
        record |= {
            "method": made.method,
            "url": without(made.url, secrets),
            "headers": {name: without(text, secrets) for name, text in made.headers.items()},
            "body": without(made.body.decode(), secrets),
        }
    if jsonl:
        write(record)
    else:
        typer.echo("\n".join(map(tables.plain, lines(record))) + "\n")


def lines(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield a record as lines for people."""
    yield f"{record['target']}: {record['dedup_key']}"
    if "reason" in record:
        yield f"  skipped: {record['reason']}"
        return
    yield f"  {record['method']} {record['url']}"
    for name, text in record["headers"].items():
        yield f"  {name}: {text}"
    try:
        body = json.dumps(json.loads(record["body"]), indent=2, ensure_ascii=False)
    except ValueError:
        body = record["body"]
    for line in body.splitlines():
        yield f"  {line}"


def secrets_of(settings: Any) -> Iterator[str]:
    """Yield the texts that the repr of a configuration leaves out."""
    for field in attrs.fields(type(settings)):
        value = getattr(settings, field.name)
        if not field.repr:
            yield from value.values() if isinstance(value, Mapping) else (str(value),)


def without(text: str, secrets: list[str]) -> str:
    """Return a text without secrets, and without what is made of them: a login, a signature."""
    if text.startswith(("Basic ", "v1,")):
        return HIDDEN
    for secret in secrets:
        if secret:
            text = text.replace(secret, HIDDEN)
    return text

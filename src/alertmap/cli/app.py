"""The commands. Exit code 0: success; 1: some requests were refused, the others were processed; 2: wrong usage."""

from typing import Annotated

import typer
from rich.text import Text

from alertmap import wire
from alertmap.cli import tables
from alertmap.cli.capture import capture
from alertmap.cli.files import Refused
from alertmap.cli.outcomes import outcome, recognised, records
from alertmap.cli.replay import replay
from alertmap.cli.scaffold.command import new_adapter
from alertmap.cli.shared import Jsonl, Paths, SourceName, Vendor, check_names, end, inputs, say, time_option, write
from alertmap.cli.signing import sign
from alertmap.errors import AlertmapError
from alertmap.intake import registry

app = typer.Typer(
    help="Turn the webhooks of any monitor into alerts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they show values
)
app.command()(replay)
app.command()(capture)
app.command("new-adapter")(new_adapter)
app.command()(sign)


@app.command()
def parse(
    paths: Paths,
    vendor: Vendor = None,
    source: SourceName = None,
    received_at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Time of receipt, such as 2026-01-31T12:00:00Z.", show_default="as recorded"),
    ] = None,
    *,
    jsonl: Jsonl = False,
) -> None:
    """Parse requests into alerts."""
    errors = tables.console(stderr=True)
    check_names(errors, vendor, source)
    time = time_option(errors, received_at)
    tally, lines = tables.Tally(), list[tables.Row]()
    with inputs(errors, paths, jsonl=jsonl) as given:
        for one in given:
            done = outcome(one, vendor=vendor, source=source, received_at=time)
            tally.add(done)
            if isinstance(done, Refused) and not done.expected:
                say(errors, done.line)
            if jsonl:
                for record in records(done):
                    write(record)
            else:
                lines.extend(tables.rows(done))
    if not jsonl:
        out = tables.console()
        tables.show(out, tables.COLUMNS, lines)
        out.print(Text(tally.line(), style="bold"), soft_wrap=True)
    end(failed=tally.refused > 0)


@app.command()
def detect(paths: Paths, *, jsonl: Jsonl = False) -> None:
    """Detect the vendors of requests, with the reason."""
    errors = tables.console(stderr=True)
    lines: list[tables.Row] = []
    failed = False
    with inputs(errors, paths, jsonl=jsonl) as given:
        for one in given:
            found = recognised(one)
            failed = failed or not found.expected
            if isinstance(found, Refused):
                say(errors, found.line)
            reason = found.message if isinstance(found, Refused) else found.reason or "not recognised"
            if jsonl:
                write(found.record())
            else:
                lines.append(tables.row(found.name, found.vendor or "", reason))
    if not jsonl:
        tables.show(tables.console(), ("file", "vendor", "reason"), lines)
    end(failed=failed)


@app.command()
def vendors(*, jsonl: Jsonl = False) -> None:
    """List the vendors that have an adapter."""
    errors = tables.console(stderr=True)
    lines: list[tables.Row] = []
    failed = False
    for name in registry.vendors():
        try:
            adapter = registry.find(name)
        except AlertmapError as error:
            failed = True
            say(errors, str(error))
            continue
        bodies = sorted(adapter.formats)
        options = [field.key for field in wire.fields(adapter.options)] if adapter.options else []
        if jsonl:
            write(
                {
                    "vendor": name,
                    "title": adapter.title,
                    "bodies": bodies,
                    "levels": {level: severity.value for level, severity in adapter.levels.items()},
                    "fallback": adapter.fallback.value,
                    "options": options,
                }
            )
        else:
            lines.append(tables.row(name, adapter.title, ", ".join(bodies), ", ".join(options)))
    if not jsonl:
        tables.show(tables.console(), ("vendor", "name", "bodies", "options"), lines)
    end(failed=failed)

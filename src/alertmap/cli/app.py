"""The commands. Exit code 0: success; 1: some requests were refused, the others were processed; 2: wrong usage."""

from importlib.metadata import version as installed
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from alertmap import wire
from alertmap.cli import card, tables
from alertmap.cli.capture import capture
from alertmap.cli.files import STDIN, Refused, printable
from alertmap.cli.outcomes import Parsed, outcome, recognised, records
from alertmap.cli.rendering import render
from alertmap.cli.replay import replay
from alertmap.cli.scaffold.command import new_adapter
from alertmap.cli.serving import serve
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
    read_sources,
    say,
    sources_option,
    time_option,
    write,
)
from alertmap.cli.signing import sign
from alertmap.errors import AlertmapError
from alertmap.intake import registry


def _examples(*lines: str) -> str:
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))


app = typer.Typer(
    help="Turn the webhooks of any monitor into alerts.",
    epilog=_examples(
        "alertmap parse hook.json              the alert of one request, on a card",
        "alertmap parse captures               the alerts of a folder, as a table",
        "tail -F hooks.jsonl | alertmap parse -",
        "alertmap replay hooks.jsonl.gz        the incidents that these requests make",
        "alertmap capture                      record what a monitor posts to this machine",
        "",
        "Exit codes: 0 success, 1 some requests were refused, 2 wrong usage.",
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,  # they show values
)


def _version(value: bool) -> None:  # noqa: FBT001 - typer's callback
    if value:
        typer.echo(f"alertmap {installed('alertmap')}")
        raise typer.Exit


@app.callback()
def _main(
    *,
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Turn the webhooks of any monitor into alerts."""


@app.command(
    epilog=_examples(
        "alertmap parse hook.json",
        "alertmap parse --vendor kapacitor --jsonl captures | jq -r 'select(.type == \"alert\").dedup_key'",
        "curl -s https://example.org/hook.json | alertmap parse -",
        "tail -F hooks.jsonl | alertmap parse -",
        "alertmap parse --sources sources.toml --source metrics-eu captures",
    )
)
def parse(
    paths: Paths,
    vendor: Vendor = None,
    source: SourceName = None,
    sources: SourcesFile = None,
    received_at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Time of receipt, such as 2026-01-31T12:00:00Z.", show_default="as recorded"),
    ] = None,
    *,
    wide: Wide = False,
    jsonl: Jsonl = False,
) -> None:
    """Parse requests into alerts: one request as a card, several as a table."""
    errors = tables.console(stderr=True)
    check_names(errors, vendor, source)
    known = sources_option(errors, sources, source)
    time = time_option(errors, "--received-at", received_at)
    tally, report = tables.Tally(), Report(wide=wide, live=STDIN in paths)
    with inputs(errors, paths, jsonl=jsonl) as given:
        for one in given:
            done = outcome(one, vendor=vendor, source=source, sources=known, received_at=time)
            tally.add(done)
            if jsonl:
                for record in records(done):
                    write(record)
                if isinstance(done, Refused) and not done.expected:
                    say(errors, done.line)
            else:
                report.add(done)
    if not jsonl:
        report.close()
        report.out.print(Text(tally.line(), style="bold"), soft_wrap=True)
    end(failed=tally.refused > 0)


class Report:
    """Output for people: the card of a single request, else a table, and the refusals after it.

    A live report prints each request as it comes: the first on a card, the others in a table.
    """

    def __init__(self, *, wide: bool, live: bool) -> None:
        self.out = tables.console(wide=wide)
        self.errors = tables.console(stderr=True)
        self.live = live
        self.requests = 0
        self.first: Parsed | Refused | None = None
        self.lines: list[tables.Row] = []
        self.refused: list[str] = []

    def add(self, done: Parsed | Refused) -> None:
        """Take the outcome of the next request."""
        self.requests += 1
        if isinstance(done, Refused) and not done.expected:
            self.refused.append(done.line)
        elif self.requests == 1:
            self.first = done
        else:
            self.lines.extend(tables.rows(done))
        if self.live:
            self._print_live()

    def close(self) -> None:
        """Print what is not yet printed."""
        if not self.live:
            if self.requests > 1 and self.first is not None:
                self.lines[:0] = tables.rows(self.first)
                self.first = None
            self._print_first()
            if self.lines:
                tables.show(self.out, tables.COLUMNS, self.lines)
            self._print_refused()

    def _print_live(self) -> None:
        self._print_first()
        if self.lines:
            layout = tables.Layout.fitting(tables.COLUMNS, [LIVE], min(self.out.width, LIVE_WIDTH))
            layout.show(self.out, self.lines, header=self.requests == SECOND)
            self.lines.clear()
        self._print_refused()

    def _print_first(self) -> None:
        if isinstance(self.first, Parsed) and card.fits(self.first):
            card.show(self.out, self.first)
        elif self.first is not None:
            self.lines[:0] = tables.rows(self.first)
        self.first = None

    def _print_refused(self) -> None:
        self.out.file.flush()  # the refusals follow what stands before them
        for line in self.refused:
            say(self.errors, line)
        self.refused.clear()


SECOND = 2
LIVE = ("-:100000", "2026-01-31 12:00:00", "acknowledged", "critical", "k" * 60, "t" * 60, "p" * 20)
"""Texts that a live table leaves space for: it does not know what will come."""
LIVE_WIDTH = 200


@app.command(epilog=_examples("alertmap detect captures"))
def detect(paths: Paths, *, wide: Wide = False, jsonl: Jsonl = False) -> None:
    """Detect the vendors of requests, with the reason."""
    errors = tables.console(stderr=True)
    lines: list[tables.Row] = []
    refused: list[str] = []
    failed = False
    with inputs(errors, paths, jsonl=jsonl) as given:
        for one in given:
            found = recognised(one)
            failed = failed or not found.expected
            if isinstance(found, Refused):
                refused.append(found.line)
            if jsonl:
                write(found.record())
            elif not isinstance(found, Refused):
                lines.append(tables.row(found.name, found.vendor or "", found.reason or "not recognised"))
    if lines:
        tables.show(tables.console(wide=wide), ("file", "vendor", "reason"), lines)
    for line in refused:
        say(errors, line)
    end(failed=failed)


app.command(
    epilog=_examples(
        "alertmap replay hooks.jsonl",
        "alertmap replay --transitions --until 2026-01-31T12:00:00Z captures",
    )
)(replay)


@app.command(epilog=_examples("alertmap check sources.toml"))
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="TOML files of sources.", show_default=False)],
    *,
    jsonl: Jsonl = False,
) -> None:
    """Check files of sources: vendors, options, levels, templates. Print all faults with their lines."""
    errors = tables.console(stderr=True)
    lines: list[tables.Row] = []
    failed = False
    for file in files:
        try:
            sources = read_sources(errors, file)
        except typer.Exit:
            failed = True
            continue
        for source in sources.values():
            if jsonl:
                write({"type": "source", "source": source.name, "vendor": source.vendor, "file": printable(file)})
            else:
                lines.append(tables.row(printable(file), source.name, source.vendor or ""))
    if lines:
        tables.show(tables.console(), ("file", "source", "vendor"), lines)
    end(failed=failed)


@app.command()
def vendors(*, wide: Wide = False, jsonl: Jsonl = False) -> None:
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
                    "type": "vendor",
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
        tables.show(tables.console(wide=wide), ("vendor", "name", "bodies", "options"), lines)
    end(failed=failed)


app.command(
    epilog=_examples(
        "alertmap render --target pagerduty hook.json",
        "alertmap render --config targets.toml captures",
        "alertmap render --jsonl captures | jq -r 'select(.target == \"slack\").body'",
    )
)(render)
app.command(epilog=_examples("alertmap capture --port 8008 --out captures"))(capture)
app.command("new-adapter", epilog=_examples("alertmap new-adapter acme --title Acme --from captures"))(new_adapter)
app.command(epilog=_examples("alertmap serve --config alertmap.toml"))(serve)
app.command(epilog=_examples("alertmap sign hook.json --vendor grafana --secret …"))(sign)

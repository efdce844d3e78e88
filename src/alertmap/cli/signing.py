"""The command `sign`: a request with the credentials of its vendor, for trying a receiver."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from alertmap.cli import tables
from alertmap.cli.files import Refused
from alertmap.cli.shared import check_names, end, inputs, say, time_option, wrong
from alertmap.errors import AlertmapError
from alertmap.intake.auth import Auth
from alertmap.intake.recorded import write_recorded
from alertmap.intake.source import Source
from alertmap.testing.signing import signed


def sign(
    path: Annotated[str, typer.Argument(metavar="PATH", help="File with a request, or - for standard input.")],
    vendor: Annotated[str, typer.Option(help="The vendor whose signature is made.")],
    secret: Annotated[
        str,
        typer.Option(
            help="Secret of the signature; better from the environment than from the command line.",
            envvar="ALERTMAP_SECRET",
            prompt=True,
            hide_input=True,
            show_default=False,
        ),
    ],
    *,
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Time that is signed, such as 2026-01-31T12:00:00Z.", show_default="now"),
    ] = None,
    form: Annotated[str, typer.Option(help="Name of the signature, where the vendor has several.")] = "",
    timestamp_header: Annotated[
        str, typer.Option(metavar="NAME", help="Header of the time, where users of the vendor choose it.")
    ] = "",
) -> None:
    """Sign a request as its vendor would, and write it as a recorded request."""
    errors = tables.console(stderr=True)
    check_names(errors, vendor)
    now = time_option(errors, "--at", at) or datetime.now(UTC)
    try:
        source = Source(vendor, vendor=vendor, auth=Auth(secrets=secret, form=form, timestamp_header=timestamp_header))
    except AlertmapError as error:
        wrong(errors, str(error))
    failed = False
    with inputs(errors, [path], jsonl=True) as given:
        for one in given:
            if isinstance(one, Refused):
                failed = True
                say(errors, one.line)
                continue
            try:
                request = signed(one.recorded.request, source, now)
            except AlertmapError as error:
                wrong(errors, str(error))
            sys.stdout.write(write_recorded(request, now))
    end(failed=failed)

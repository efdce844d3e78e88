"""`alertmap serve`: the receiver of `alertmap.server`, run by uvicorn."""

import logging
import os
import signal
import sys
import tomllib
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from alertmap.cli import tables
from alertmap.cli.shared import say, wrong
from alertmap.errors import AlertmapError
from alertmap.intake.source_file import InvalidSources

if TYPE_CHECKING:
    from alertmap.server.config import Config

LogFormat = Literal["text", "json"]


def serve(
    config: Annotated[Path, typer.Option("--config", metavar="FILE", help="TOML file of the receiver.")],
    *,
    host: Annotated[str, typer.Option(help="Address to listen on, instead of that of the file.")] = "",
    port: Annotated[int, typer.Option(help="Port to listen on, instead of that of the file.", max=65535)] = -1,
    log_format: Annotated[LogFormat, typer.Option(help="Form of the log lines.")] = "text",
) -> None:
    """Receive webhooks, keep incidents, page targets, and show a page.

    SIGHUP reads the file again; no request is lost. The database, the address and the port stay as they are.
    """
    errors = tables.console(stderr=True)
    try:
        import uvicorn  # noqa: PLC0415 - an extra

        from alertmap.server.app import create_app  # noqa: PLC0415 - an extra
        from alertmap.server.databases import StoreError  # noqa: PLC0415 - an extra
    except ImportError as error:
        wrong(errors, f"this needs the extra `server`: pip install 'alertmap[server]' ({error.name} is missing)")
    try:
        found = read_config(config)
    except InvalidSources as error:
        for fault in error.faults:
            say(errors, f"{config}:{fault}".replace(":line ", ":", 1))
        raise typer.Exit(2) from None
    except (AlertmapError, OSError, ValueError) as error:
        wrong(errors, f"{config}: {error}")
    _log_as(log_format)
    app = create_app(found, load=lambda: read_config(config))
    try:
        store = app.state.service.open_store()
        store.migrate()
        store.close()
    except (AlertmapError, StoreError) as error:
        wrong(errors, f"the database cannot be used: {error}")
    log = logging.getLogger("alertmap.server")

    def reload(_signal: int, _frame: FrameType | None) -> None:
        try:
            app.state.service.reload(read_config(config))
        except (AlertmapError, OSError, ValueError) as error:
            log.error("the configuration was not reloaded: %s", error)  # noqa: TRY400 - the message says all

    signal.signal(signal.SIGHUP, reload)

    class Server(uvicorn.Server):
        """Ends the streams of the page first: it would wait for their end."""

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            app.state.service.end_streams()
            super().handle_exit(sig, frame)

    settings = uvicorn.Config(
        app,
        host=host or found.host,
        port=found.port if port < 0 else port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=30,
        # The receiver's own limit says when to try again; that of uvicorn counts each connection, also idle ones.
        limit_concurrency=2 * found.waiting + 1,
    )
    Server(settings).run()


def is_of_receiver(text: str) -> bool:
    """Return whether a TOML text has the tables of a receiver."""
    try:
        return bool(tomllib.loads(text).keys() & {"server", "targets"})
    except (ValueError, RecursionError):
        return False


def read_config(file: Path) -> "Config":
    """Read the file of a receiver, with the secrets that it names.

    Raises:
        InvalidSources: it is not TOML, or has faults.
        OSError, ValueError: it cannot be read.
    """
    from alertmap.server.config import load_config  # noqa: PLC0415 - loads all targets

    return load_config(
        file.read_text(encoding="utf-8"),
        environment=os.environ.__getitem__,
        read_file=lambda name: Path(name).read_text(encoding="utf-8"),
    )


def _log_as(form: LogFormat) -> None:
    handler = logging.StreamHandler(sys.stderr)
    if form == "json":
        from pythonjsonlogger.json import JsonFormatter  # noqa: PLC0415 - an extra

        handler.setFormatter(JsonFormatter("{asctime}{levelname}{name}{message}", style="{"))
    else:
        handler.setFormatter(logging.Formatter("{asctime} {levelname} {message}", style="{"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)

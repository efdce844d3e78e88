"""The command line `alertmap`. It needs the extra `cli` (typer and rich)."""

import sys
from io import TextIOWrapper


def main() -> None:
    """Run the command line, or name the extra to install where its libraries are missing."""
    try:
        from alertmap.cli.app import app  # noqa: PLC0415 - the extra may not be installed

        if isinstance(sys.stdout, TextIOWrapper):
            # A terminal that is not UTF-8 must not end the run.
            sys.stdout.reconfigure(errors="backslashreplace")
        app(prog_name="alertmap")
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in ("rich", "typer"):
            raise
        sys.stderr.write("alertmap: the command line needs an extra: pip install 'alertmap[cli]'\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)

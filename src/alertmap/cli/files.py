"""Reads what the command line is given: files, folders and standard input, as requests in a fixed order.

`find` looks round and opens no request; `read` reads one file after the other, so memory holds one at a time.
"""

import os
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from attrs import Factory, evolve, frozen

from alertmap.errors import AlertmapError, PayloadError
from alertmap.intake import registry
from alertmap.intake.recorded import Recorded, from_document
from alertmap.model import Request
from alertmap.strict_json import Limits, decode_json

STDIN = "-"
ABOUT = "about.toml"
GOLDEN = ".alerts.json"
RECORDED = ".request.json"
JOURNALS = (".jsonl", ".ndjson")
KINDS = {
    ".json": "application/json",
    ".form": "application/x-www-form-urlencoded",
    ".txt": "text/plain",
    ".xml": "application/xml",
}
"""The bodies that a folder may hold, and the content type that their names stand for."""

MAX_FILE = 48 * 1024 * 1024
"""Bytes of a file or of a journal's line: the largest body that there can be, as base64."""


class WrongUsage(Exception):
    """The command line's arguments cannot mean anything; the message says why."""


@frozen(kw_only=True)
class Case:
    """What a fixture folder says of one of its requests."""

    options: Any = Factory(dict)
    """Options of the source."""
    detect: bool = True
    """False where nothing in the request tells the vendor."""
    error: str | None = None
    """The kind of error that must come of it."""


@frozen(kw_only=True)
class Input:
    """One request to work on."""

    name: str
    """The file as it was given, `file:line` in a journal, `-` for standard input."""
    recorded: Recorded
    vendor: str | None = None
    """The vendor's name that its folder bears."""
    case: Case = Case()


@frozen(kw_only=True)
class Refused:
    """A file that could not be read, or a request that became nothing."""

    name: str
    kind: str
    """The error's class."""
    message: str
    vendor: str | None = None
    expected: bool = False
    """Its golden file says so."""

    @property
    def line(self) -> str:
        """All of it in one line."""
        return ": ".join(part for part in (self.name, self.vendor, self.message) if part)

    def record(self) -> dict[str, Any]:
        """All of it as JSON types."""
        return {
            "file": self.name,
            "vendor": self.vendor,
            "error": self.kind,
            "message": self.message,
            "expected": self.expected,
        }


@frozen(kw_only=True)
class Found:
    """A file that will be read."""

    name: str
    path: Path | None = None
    """None for standard input."""
    vendor: str | None = None
    fixture: bool = False
    """It lies in a fixture folder: its name tells whether it is a recorded request or a bare body."""
    said: Mapping[str, Any] | None = None
    """What `about.toml` says of it."""


# --- Looking round ---------------------------------------------------------------------------------------------------


def find(paths: Iterable[str]) -> list[Found | Refused]:
    """List the files of some paths: as given, and inside a folder by name with numbers in their order.

    Raises:
        WrongUsage: a path is not there, or a folder holds no request.
    """
    found: list[Found | Refused] = []
    for given in paths:
        path = Path(given)
        if given == STDIN:
            found.append(Found(name=STDIN))
        elif os.path.isdir(path):  # noqa: PTH112 - never raises
            below = list(_walk(path, None))
            if not below:
                raise WrongUsage(f"{shown(path)}: there is no request in this folder")
            found.extend(below)
        elif os.path.exists(path):  # noqa: PTH110 - never raises
            found.extend(_in(path.parent, [path], _vendor_named(path.parent)))
        else:
            raise WrongUsage(f"{shown(path)}: there is no such file or folder")
    return found


def shown(path: Path) -> str:
    """A path as text that any encoding of Unicode can write."""
    return os.fsencode(path).decode(errors="backslashreplace")


def _walk(folder: Path, vendor: str | None) -> Iterator[Found | Refused]:
    vendor = _vendor_named(folder) or vendor
    try:
        entries = sorted((entry for entry in folder.iterdir() if not entry.name.startswith(".")), key=_order)
    except OSError as error:
        yield _unreadable(shown(folder), error)
        return
    yield from _in(folder, [entry for entry in entries if _is_request(entry)], vendor)
    for entry in entries:
        if os.path.isdir(entry) and not os.path.islink(entry):  # noqa: PTH112, PTH114 - never raise
            yield from _walk(entry, vendor)


def _order(path: Path) -> list[tuple[int, str]]:
    """By name, numbers as numbers: `late_9.json` stands before `late_10.json`."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path.name)]


def _is_request(path: Path) -> bool:
    name = path.name.lower()
    if name.endswith(GOLDEN) or name.startswith("readme"):
        return False
    return name.endswith((*KINDS, *JOURNALS)) and os.path.isfile(path)  # noqa: PTH113 - never raises


def _is_journal(path: Path) -> bool:
    return path.suffix.lower() in JOURNALS


def _vendor_named(folder: Path) -> str | None:
    # `.` and `..` have a name only as absolute paths.
    name = Path(os.path.normpath(folder.absolute())).name
    return name if name in registry.vendors() else None


def _in(folder: Path, files: Iterable[Path], vendor: str | None) -> Iterator[Found | Refused]:
    about: dict[str, Any] | None = None
    try:
        about = tomllib.loads((folder / ABOUT).read_text(encoding="utf-8"))
    except FileNotFoundError:
        pass
    except OSError as error:
        yield _unreadable(shown(folder / ABOUT), error)
    except ValueError:
        yield Refused(name=shown(folder / ABOUT), kind="DecodeError", message="it is not TOML in utf-8")
    for file in files:
        said = (about or {}).get(_case_name(file))
        yield Found(
            name=shown(file),
            path=file,
            vendor=vendor,
            fixture=about is not None and not _is_journal(file),
            said=said if isinstance(said, dict) else None,
        )


def _case_name(path: Path) -> str:
    return path.name.removesuffix(RECORDED).removesuffix(path.suffix)


# --- Reading ---------------------------------------------------------------------------------------------------------


def read(found: Found | Refused) -> Iterator[Input | Refused]:
    """Read the request of a file, or all requests of a journal.

    Raises:
        WrongUsage: nothing came on standard input.
    """
    if isinstance(found, Refused):
        yield found
        return
    try:
        if found.path is None:
            data = _bounded(sys.stdin.buffer)
            if not data:
                raise WrongUsage("nothing came on standard input")
            yield _input(found, found.name, data)
        elif _is_journal(found.path):
            with found.path.open("rb") as journal:
                yield from _lines(found, journal)
        else:
            with found.path.open("rb") as file:
                data = _bounded(file)
            yield _input(found, found.name, data)
    except OSError as error:
        yield _unreadable(found.name, error)


def _bounded(file: BinaryIO) -> bytes:
    return file.read(MAX_FILE + 1)


def _lines(found: Found, journal: BinaryIO) -> Iterator[Input | Refused]:
    number = 0
    while line := journal.readline(MAX_FILE + 1):
        number += 1
        if line.strip():
            yield _input(found, f"{found.name}:{number}", line)
        if len(line) > MAX_FILE:
            return  # where the next line begins cannot be known


def _unreadable(name: str, error: OSError) -> Refused:
    return Refused(name=name, kind="OSError", message=f"it cannot be read: {error.strerror or type(error).__name__}")


def _input(found: Found, name: str, data: bytes) -> Input | Refused:
    if len(data) > MAX_FILE:
        return Refused(name=name, kind="LimitError", message=f"it is longer than {MAX_FILE} bytes")
    try:
        recorded = _recorded(found, data)
    except PayloadError as error:
        return Refused(name=name, kind=type(error).__name__, message=str(error))
    if found.path is None or found.said is None:
        return Input(name=name, recorded=recorded, vendor=found.vendor)
    recorded = evolve(recorded, received_at=found.said.get("received_at") or recorded.received_at)
    return Input(name=name, recorded=recorded, vendor=found.vendor, case=_case(found.path, found.said))


def _recorded(found: Found, data: bytes) -> Recorded:
    """Read a recorded request, or else a bare body. In a fixture folder the file's name tells which it is."""
    if not found.fixture or found.name.endswith(RECORDED):
        document = None
        with suppress(UnicodeDecodeError, PayloadError):
            document = decode_json(data.decode("utf-8-sig"), Limits(max_string=MAX_FILE))
        if type(document) is dict and document.keys() >= {"method", "path"} and document.keys() & {"body", "body_raw"}:
            return from_document(document)
    kind = KINDS.get(found.path.suffix.lower()) if found.path else None
    return Recorded(Request(data, headers={"Content-Type": kind} if kind else {}))


def _case(path: Path, said: Mapping[str, Any]) -> Case:
    golden: Any = None
    with suppress(OSError, UnicodeDecodeError, AlertmapError):
        text = path.with_name(f"{_case_name(path)}{GOLDEN}").read_text(encoding="utf-8")
        golden = decode_json(text, Limits())
    return Case(
        options=said.get("options", {}),
        detect=said.get("detect") is not False,
        error=golden.get("error") if isinstance(golden, dict) else None,
    )

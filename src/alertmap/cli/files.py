"""Read the requests that the command line is given: files, folders and standard input, in a fixed order.

`find` lists the files and opens no request; `read` opens one file at a time, so memory holds one at a time.
"""

import gzip
import os
import re
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from attrs import Factory, evolve, frozen

from alertmap.errors import AlertmapError, PayloadError
from alertmap.intake import registry
from alertmap.intake.recorded import Recorded, from_document
from alertmap.strict_json import Limits, decode_json
from alertmap.testing.fixtures import CONTENT_TYPES, GOLDEN, case_name, read_about, read_request

STDIN = "-"
JSON_LINES = (".jsonl", ".ndjson")
GZIP = ".gz"
ABOUT = "about.toml"
STREAMS = "streams"
ADAPTERS = Path("src", "alertmap", "adapters")
"""The folder of the adapters in a checkout."""

MAX_FILE = 48 * 1024 * 1024
"""Most bytes of a file, or of a line of JSON Lines: enough for the largest body as base64."""


class WrongUsage(Exception):
    """The arguments of the command line cannot be used; the message is for the user."""


@frozen(kw_only=True)
class Input:
    """One request to process."""

    name: str
    """The file as it was given, `file:line` in JSON Lines, `-` for standard input."""
    recorded: Recorded
    vendor: str | None = None
    """The vendor that its folder is named after."""
    options: Any = Factory(dict)
    """Options of the source, from `about.toml`."""
    detect: bool = True
    """False where nothing in the request tells the vendor, by `about.toml`."""
    error: str | None = None
    """The class of the error that its golden file expects."""
    hint: str = ""
    """The advice where the vendor is not recognised."""
    size: int = 0
    """Bytes that were read for it."""


@frozen(kw_only=True)
class Refused:
    """A file that could not be read, or a request that could not be parsed."""

    name: str
    kind: str
    """The error's class."""
    message: str
    vendor: str | None = None
    expected: bool = False
    """Its golden file expects this error."""
    size: int = 0
    """Bytes that were read for it."""

    @property
    def line(self) -> str:
        """The refusal in one line."""
        return ": ".join(part for part in (self.name, self.vendor, self.message) if part)

    def record(self) -> dict[str, Any]:
        """Return the refusal as JSON types."""
        return {
            "type": "refused",
            "vendor": self.vendor,
            "error": self.kind,
            "message": self.message,
            "expected": self.expected,
            "file": self.name,
        }


@frozen(kw_only=True)
class Found:
    """A file to read."""

    name: str
    path: Path | None = None
    """None for standard input."""
    vendor: str | None = None
    is_case: bool = False
    """It lies in a fixture folder: its name decides whether it is a recorded request or a bare body."""
    about: Mapping[str, Any] | None = None
    """Its table in `about.toml`."""
    hint: str = ""
    """The advice where its vendor is not recognised."""


# --- Finding ---------------------------------------------------------------------------------------------------------


def find(paths: Iterable[str]) -> list[Found | Refused]:
    """List the files of some paths in the given order; those of a folder are sorted by name, with numbers as numbers.

    Raises:
        WrongUsage: a path does not exist, or a folder holds no request.
    """
    found: list[Found | Refused] = []
    for given in paths:
        path = Path(given)
        if given == STDIN:
            found.append(Found(name=STDIN))
        elif os.path.isdir(path):  # noqa: PTH112 - never raises
            below = list(_walk(path, None))
            if not below:
                raise WrongUsage(f"{printable(path)}: there is no request in this folder")
            found.extend(below)
        elif os.path.exists(path):  # noqa: PTH110 - never raises
            found.extend(_in(path.parent, [path], _vendor_of(path.parent)))
        else:
            raise WrongUsage(f"{printable(path)}: there is no such file or folder")
    return found


def printable(path: Path) -> str:
    """Return a path as text that any encoding of Unicode can write."""
    return os.fsencode(path).decode(errors="backslashreplace")


def not_installed(folder: Path, vendor: str | None = None) -> str:
    """Return the advice where the checkout round a folder has an adapter of this vendor that is not installed.

    Without a vendor, the names of the folders below the checkout count. "" where there is no such adapter.
    """
    folder = _normal(folder)
    for checkout in (folder, *folder.parents):
        for name in (vendor,) if vendor else folder.relative_to(checkout).parts:
            module = checkout / ADAPTERS / name
            exists = os.path.isdir(module) or os.path.isfile(f"{module}.py")  # noqa: PTH112, PTH113 - never raise
            if exists and name.isidentifier() and name not in registry.vendors():
                where = printable(checkout)
                return f"adapter {name} found in this checkout but not installed: pip install -e {where}"
    return ""


def _normal(folder: Path) -> Path:
    return Path(os.path.normpath(folder.absolute()))  # `.` and `..` have a name only as absolute paths


def _walk(folder: Path, vendor: str | None) -> Iterator[Found | Refused]:
    vendor = _vendor_of(folder) or vendor
    try:
        entries = sorted((entry for entry in folder.iterdir() if not entry.name.startswith(".")), key=_order)
    except OSError as error:
        yield _unreadable(printable(folder), error)
        return
    yield from _in(folder, [entry for entry in entries if _is_request(entry)], vendor)
    is_fixtures = any(entry.name == ABOUT for entry in entries)
    for entry in entries:
        if is_fixtures and entry.name == STREAMS:
            continue  # the streams of a fixture folder are no cases: they are read where they are named
        if os.path.isdir(entry) and not os.path.islink(entry):  # noqa: PTH112, PTH114 - never raise
            yield from _walk(entry, vendor)


def _order(path: Path) -> list[tuple[int, str]]:
    """Sort numbers as numbers: `late_9.json` before `late_10.json`."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path.name)]


def _unpacked(path: Path) -> Path:
    """Return a path without the suffix `.gz`."""
    return path.with_suffix("") if path.suffix.lower() == GZIP else path


def _is_request(path: Path) -> bool:
    name = _unpacked(path).name.lower()
    is_other = name.endswith(GOLDEN) or name.startswith("readme")
    is_kind = name.endswith((*CONTENT_TYPES, *JSON_LINES))
    return is_kind and not is_other and os.path.isfile(path)  # noqa: PTH113 - never raises


def _vendor_of(folder: Path) -> str | None:
    name = _normal(folder).name
    return name if name in registry.vendors() else None


def _in(folder: Path, files: Iterable[Path], vendor: str | None) -> Iterator[Found | Refused]:
    about: dict[str, Any] | None = None
    try:
        about = read_about(folder)
    except FileNotFoundError:
        pass
    except OSError as error:
        yield _unreadable(printable(folder / ABOUT), error)
    except ValueError:
        yield Refused(name=printable(folder / ABOUT), kind="DecodeError", message="it is not TOML in utf-8")
    hint = "" if vendor else not_installed(folder)
    for file in files:
        table = (about or {}).get(case_name(file))
        yield Found(
            name=printable(file),
            path=file,
            vendor=vendor,
            is_case=about is not None and _unpacked(file).suffix.lower() not in JSON_LINES,
            about=table if isinstance(table, dict) else None,
            hint=hint,
        )


# --- Reading ---------------------------------------------------------------------------------------------------------


def read(found: Found | Refused) -> Iterator[Input | Refused]:
    """Read the request of a file, or all requests of a JSON Lines file.

    Raises:
        WrongUsage: standard input is empty.
    """
    if isinstance(found, Refused):
        yield found
        return
    try:
        if found.path is None:
            yield from _requests(found, sys.stdin.buffer)
            return
        with found.path.open("rb") as file:
            if found.path.suffix.lower() == GZIP:
                with gzip.open(file) as packed:
                    yield from _requests(found, packed)
            else:
                yield from _requests(found, file)
    except gzip.BadGzipFile:
        yield Refused(name=found.name, kind="OSError", message="it cannot be read: not a gzip file")
    except (EOFError, zlib.error):
        yield Refused(name=found.name, kind="OSError", message="it cannot be read: the gzip file is cut off or damaged")
    except OSError as error:
        yield _unreadable(found.name, error)


def _requests(found: Found, file: BinaryIO | gzip.GzipFile) -> Iterator[Input | Refused]:
    """Yield the requests of a file, those of JSON Lines as they come. Without a known suffix the content decides."""
    suffix = _unpacked(found.path).suffix.lower() if found.path else ""
    if suffix in CONTENT_TYPES:
        yield _input(found, found.name, file.read(MAX_FILE + 1))
        return
    first = file.readline(MAX_FILE + 1)
    if found.path is None and not first:
        raise WrongUsage("standard input is empty")
    if suffix in JSON_LINES or _is_line_of_json(first):
        yield from _lines(found, first, file)
    else:
        yield _input(found, found.name, first + file.read(max(MAX_FILE + 1 - len(first), 0)))


def _is_line_of_json(line: bytes) -> bool:
    """Return True for an object or a list on one line: the file is JSON Lines."""
    if not (line.endswith(b"\n") and line.lstrip(b"\xef\xbb\xbf \t")[:1] in (b"{", b"[")):
        return False
    try:
        decode_json(line.decode("utf-8-sig"), Limits(max_string=MAX_FILE))
    except (UnicodeDecodeError, PayloadError):
        return False
    return True


def _lines(found: Found, line: bytes, file: BinaryIO | gzip.GzipFile) -> Iterator[Input | Refused]:
    number = 0
    while line:
        number += 1
        if line.strip():
            yield _input(found, f"{found.name}:{number}", line)
        if len(line) > MAX_FILE:
            return  # the beginning of the next line is unknown
        line = file.readline(MAX_FILE + 1)


def _unreadable(name: str, error: OSError) -> Refused:
    return Refused(name=name, kind="OSError", message=f"it cannot be read: {error.strerror or type(error).__name__}")


def _input(found: Found, name: str, data: bytes) -> Input | Refused:
    size = len(data)
    if size > MAX_FILE:
        return Refused(name=name, kind="LimitError", message=f"it is longer than {MAX_FILE >> 20} MiB", size=size)
    path = _unpacked(found.path) if found.path else Path()
    try:
        recorded = (None if found.is_case else _recorded(data)) or read_request(path, data)
    except PayloadError as error:
        return Refused(name=name, kind=type(error).__name__, message=str(error), size=size)
    made = Input(name=name, recorded=recorded, vendor=found.vendor, hint=found.hint, size=size)
    if found.about is None:
        return made
    return evolve(
        made,
        recorded=evolve(recorded, received_at=found.about.get("received_at") or recorded.received_at),
        options=found.about.get("options", {}),
        detect=found.about.get("detect") is not False,
        error=_expected_error(path),
    )


def _recorded(data: bytes) -> Recorded | None:
    """Read a recorded request; return None where it is a bare body."""
    document = None
    with suppress(UnicodeDecodeError, PayloadError):
        document = decode_json(data.decode("utf-8-sig"), Limits(max_string=MAX_FILE))
    if type(document) is dict and document.keys() >= {"method", "path"} and document.keys() & {"body", "body_raw"}:
        return from_document(document)
    return None


def _expected_error(path: Path) -> str | None:
    with suppress(OSError, UnicodeDecodeError, AlertmapError):
        golden = decode_json(path.with_name(f"{case_name(path)}{GOLDEN}").read_text(encoding="utf-8"), Limits())
        return golden.get("error") if isinstance(golden, dict) else None
    return None

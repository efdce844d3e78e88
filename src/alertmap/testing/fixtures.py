"""Fixture folders: real or written payloads, the alerts that they become, and where they came from.

fixtures/acme/
  about.toml             per case: origin, product, summary, expect, closes, repeats, received_at, options, detect,
                         levels_identify
  critical.json          the body, byte for byte (.form, .txt, .xml for other kinds)
  probe.request.json     or a recorded request, where method, path, query or headers matter
  critical.alerts.json   what it must become: only what differs from the defaults
  streams/               requests that belong together: `stream_fixtures`
"""

import json
import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from attrs import Factory, frozen

from alertmap import wire
from alertmap.adapter import Adapter
from alertmap.codec import to_dict
from alertmap.errors import DecodeError, PayloadError
from alertmap.intake.decode import decode
from alertmap.intake.parse import parse
from alertmap.intake.recorded import Recorded, read_recorded
from alertmap.intake.source import Source
from alertmap.model import Batch, Request
from alertmap.strict_json import Limits
from alertmap.testing.expect import batch_lines, parse_expect, refusal_lines

GOLDEN = ".alerts.json"
RECORDED = ".request.json"
CONTENT_TYPES = {
    ".json": "application/json",
    ".form": "application/x-www-form-urlencoded",
    ".txt": "text/plain",
    ".xml": "application/xml",
}
"""The content type of a bare body, by the suffix of its file."""


@wire.model(closed=True)
class About:
    """The entry of a case in `about.toml`."""

    origin: Literal["captured", "documented", "constructed"]
    """`captured`: real software sent it. `documented`: ours, after the vendor's documentation. `constructed`: ours."""
    summary: str
    """The lesson of the case, in a sentence."""
    expect: str | list[str]
    """The outcome that its request must have, written by hand; see `alertmap.testing.expect`."""
    product: str | None = None
    """Of a captured one: the software and its version."""
    closes: str | Literal[False] | None = None
    """The case whose alert this one resolves; False where it resolves one that no case opens."""
    repeats: str | None = None
    """The case that this one states again, later: same key, same state."""
    levels_identify: bool = False
    """The level is part of its key: the sender has a condition of its own for each level, and names no other limit."""
    received_at: Any = None
    """When it came in: a TOML date-time with an offset."""
    options: Mapping[str, Any] = Factory(dict)
    """Options of the source."""
    detect: bool = True
    """False where nothing in it tells the vendor."""


@frozen(eq=False)
class Case:
    """One fixture: a request, its entry in `about.toml`, and where its golden file is."""

    name: str
    folder: Path
    file: Path
    request: Request
    about: About
    recorded_at: datetime | None = None

    @property
    def received_at(self) -> datetime | None:
        """The time in `about.toml`, or else that of the recorded request."""
        moment = self.about.received_at
        return moment if isinstance(moment, datetime) else self.recorded_at

    @property
    def golden(self) -> Path:
        """The file with the outcome of the case."""
        return self.folder / f"{self.name}{GOLDEN}"

    def parse(self, adapter: Adapter, priorities: Mapping[str, Any] | None = None) -> Batch:
        """Parse the request as its source would be set up."""
        source = Source(adapter.name, options=dict(self.about.options), priorities=dict(priorities or {}))
        return parse(adapter, self.request, source=source, received_at=self.received_at)

    def outcome(self, adapter: Adapter) -> dict[str, Any]:
        """Return the outcome as golden files have it: a batch without defaults and raw parts, or an error."""
        try:
            batch = self.parse(adapter)
        except PayloadError as error:
            # Not its hint: that changes with every vendor that is added.
            return {"error": type(error).__name__, "message": error.args[0]}
        return written(batch)

    @property
    def expected(self) -> tuple[str, ...]:
        """The lines of `expect`, one per alert or batch problem."""
        return parse_expect(self.about.expect)

    def actual(self, adapter: Adapter) -> tuple[str, ...]:
        """Return the outcome in the lines of an `expect`."""
        try:
            return batch_lines(self.parse(adapter))
        except PayloadError as error:
            return refusal_lines(error)


def written(batch: Batch) -> dict[str, Any]:
    """A batch as golden files have it: without defaults, raw parts, and what every alert repeats."""
    alerts = [to_dict(alert, omit_defaults=True) for alert in batch]
    for alert in alerts:
        for name in ("raw", "vendor", "source", "received_at"):
            alert.pop(name, None)
    outcome = {
        "alerts": alerts,
        "problems": [to_dict(problem) for problem in batch.problems],
        "reason": batch.reason.value if batch.reason else None,
        "reply": batch.reply.body if batch.reply else None,
        "confirm_url": batch.confirm_url,
        "truncated": batch.truncated,
        "group_key": batch.group_key,
        "delivery_id": batch.delivery_id,
    }
    return {name: value for name, value in outcome.items() if value}


def load(folder: Path | str) -> tuple[Case, ...]:
    """All cases of a fixture folder, by name.

    Raises:
        AssertionError: `about.toml` and the files do not agree; the message names what to add.
    """
    folder = Path(folder)
    try:
        about = read_about(folder)
    except (OSError, ValueError) as error:
        raise AssertionError(f"{folder / 'about.toml'}: {error}") from None
    files = {case_name(file): file for file in sorted(folder.iterdir()) if _is_case(file)}
    for name in about.keys() - files.keys():
        raise AssertionError(f"{folder}: about.toml names {name}, but there is no {name}.json")
    for name in files.keys() - about.keys():
        raise AssertionError(f"{folder}: add to about.toml: [{name}] with origin, summary and expect")
    return tuple(_case(folder, name, file, about[name]) for name, file in files.items())


def read_about(folder: Path) -> dict[str, Any]:
    """Return the tables of a folder's `about.toml` by case, unchecked.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is not TOML in UTF-8.
    """
    return tomllib.loads((folder / "about.toml").read_text(encoding="utf-8"))


def _is_case(file: Path) -> bool:
    return file.suffix in CONTENT_TYPES and not file.name.endswith(GOLDEN)


def case_name(file: Path) -> str:
    """Return the name of a case from the file of its request."""
    return file.name.removesuffix(RECORDED).removesuffix(file.suffix)


def read_request(file: Path, data: bytes) -> Recorded:
    """Read the request of a case: its file's name decides whether `data` is a recorded request or a bare body.

    Raises:
        PayloadError: a recorded request cannot be read.
    """
    if file.name.endswith(RECORDED):
        return read_recorded(data)
    kind = CONTENT_TYPES.get(file.suffix.lower())
    return Recorded(Request(data, headers={"Content-Type": kind} if kind else {}))


def _case(folder: Path, name: str, file: Path, entry: object) -> Case:
    try:
        about: About = wire.structure(wire.plain(entry), About)
    except wire.Mismatch as error:
        raise AssertionError(f"{folder}: about.toml, [{name}]: {error}") from None
    try:
        parse_expect(about.expect)
    except ValueError as error:
        raise AssertionError(f"{folder}: about.toml, [{name}]: expect: {error}") from None
    assert about.origin != "captured" or about.product, f"{folder}: about.toml, [{name}]: add the product that sent it"
    recorded = read_request(file, file.read_bytes())
    return Case(name, folder, file, recorded.request, about, recorded.received_at)


def document(case: Case, formats: frozenset[str]) -> Any:
    """A fixture decoded; None where it cannot be, or has no body."""
    try:
        decoded = decode(case.request, formats, Limits())
    except DecodeError:
        return None
    return None if decoded is None else decoded.value


def dump(outcome: Mapping[str, Any]) -> str:
    """The text of a golden file."""
    return json.dumps(outcome, indent=2, ensure_ascii=False, sort_keys=True) + "\n"

"""Fixture folders: real or written payloads, the alerts that they become, and where they came from.

fixtures/acme/
  about.toml             per case: origin, product, shows, closes, received_at, options, detect
  critical.json          the body, byte for byte (.form, .txt, .xml for other kinds)
  probe.request.json     or a recorded request, where method, path, query or headers matter
  critical.alerts.json   what it must become: only what differs from the defaults
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
from alertmap.intake.recorded import read_recorded
from alertmap.intake.source import Source
from alertmap.model import Batch, Request
from alertmap.strict_json import Limits

GOLDEN = ".alerts.json"
RECORDED = ".request.json"
BODIES = (".json", ".form", ".txt", ".xml")


@wire.model(closed=True)
class About:
    """What `about.toml` says of a case."""

    origin: Literal["captured", "documented", "constructed"]
    """`captured`: real software sent it. `documented`: ours, after the vendor's documentation. `constructed`: ours."""
    shows: str
    """What there is to learn from it, in a sentence."""
    product: str | None = None
    """Of a captured one: the software and its version."""
    closes: str | None = None
    """The case whose alert this one's resolves."""
    received_at: Any = None
    """When it came in: a TOML date-time with an offset."""
    options: Mapping[str, Any] = Factory(dict)
    """Options of the source."""
    detect: bool = True
    """False where nothing in it tells the vendor."""


@frozen
class Case:
    """One fixture: a request, what is said of it, and where its golden file is."""

    name: str
    folder: Path
    file: Path
    request: Request
    about: About
    recorded_at: datetime | None = None

    @property
    def received_at(self) -> datetime | None:
        """What `about.toml` says, or else the recorded request."""
        moment = self.about.received_at
        return moment if isinstance(moment, datetime) else self.recorded_at

    @property
    def golden(self) -> Path:
        """The file that says what the case must become."""
        return self.folder / f"{self.name}{GOLDEN}"

    def parse(self, adapter: Adapter, priorities: Mapping[str, Any] | None = None) -> Batch:
        """Parse the request as its source would be set up."""
        source = Source(adapter.name, options=dict(self.about.options), priorities=dict(priorities or {}))
        return parse(adapter, self.request, source=source, received_at=self.received_at)

    def outcome(self, adapter: Adapter) -> dict[str, Any]:
        """What the request becomes, as golden files have it: a batch without defaults and raw parts, or an error."""
        try:
            batch = self.parse(adapter)
        except PayloadError as error:
            # Not its hint: that changes with every vendor that is added.
            return {"error": type(error).__name__, "message": error.args[0]}
        return written(batch)


def written(batch: Batch) -> dict[str, Any]:
    """A batch as golden files have it: without defaults, raw parts, and what every alert repeats."""
    alerts = [to_dict(alert, omit_defaults=True) for alert in batch]
    for alert in alerts:
        for name in ("raw", "vendor", "source", "received_at"):
            alert.pop(name, None)
    whole = {
        "alerts": alerts,
        "problems": [{"code": p.code.value, "path": p.path, "message": p.message} for p in batch.problems],
        "reason": batch.reason.value if batch.reason else None,
        "reply": batch.reply.body if batch.reply else None,
        "confirm_url": batch.confirm_url,
        "truncated": batch.truncated,
        "group_key": batch.group_key,
        "delivery_id": batch.delivery_id,
    }
    return {name: value for name, value in whole.items() if value}


def load(folder: Path | str) -> tuple[Case, ...]:
    """All cases of a fixture folder, by name.

    Raises:
        AssertionError: `about.toml` and the files do not agree; the message names what to add.
    """
    folder = Path(folder)
    about = tomllib.loads((folder / "about.toml").read_text(encoding="utf-8"))
    files = {_name(file): file for file in sorted(folder.iterdir()) if _is_case(file)}
    for name in about.keys() - files.keys():
        raise AssertionError(f"{folder}: about.toml tells of {name}, but there is no {name}.json")
    for name in files.keys() - about.keys():
        raise AssertionError(f"{folder}: add to about.toml: [{name}] with origin and shows")
    return tuple(_case(folder, name, file, about[name]) for name, file in files.items())


def _is_case(file: Path) -> bool:
    return file.suffix in BODIES and not file.name.endswith(GOLDEN)


def _name(file: Path) -> str:
    return file.name.removesuffix(RECORDED).removesuffix(file.suffix)


def _case(folder: Path, name: str, file: Path, about: object) -> Case:
    try:
        said: About = wire.structure(wire.plain(about), About)
    except wire.Mismatch as error:
        raise AssertionError(f"{folder}: about.toml, [{name}]: {error}") from None
    assert said.origin != "captured" or said.product, f"{folder}: about.toml, [{name}]: add the product that sent it"
    data = file.read_bytes()
    if file.name.endswith(RECORDED):
        recorded = read_recorded(data)
        return Case(name, folder, file, recorded.request, said, recorded.received_at)
    kinds = {".form": "application/x-www-form-urlencoded", ".txt": "text/plain", ".xml": "application/xml"}
    headers = {"Content-Type": kinds.get(file.suffix, "application/json")}
    return Case(name, folder, file, Request(data, headers=headers), said)


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

"""The captured requests beside the project on a developer's machine and in CI; the sdist does not contain them."""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from alertmap.intake.recorded import read_recorded
from alertmap.model import Request

SHARED = Path(os.environ.get("ALERTMAP_SHARED", Path(__file__).parents[2] / "shared"))


class Captured(NamedTuple):
    """One captured request; `scenario` is a stream, `number` its place in it (0 where the scenario is one request)."""

    name: str
    scenario: str
    number: int
    request: Request
    received_at: datetime | None
    facts: dict[str, object]


def requests(vendor: str) -> list[Captured]:
    """Return all captured requests of a folder in order of arrival; skip the calling module if it is missing."""
    folder = SHARED / "captures" / vendor
    if not folder.is_dir():
        pytest.skip(f"the captures of {vendor} are not on this machine", allow_module_level=True)
    return [_captured(file, str(file.relative_to(folder).with_suffix(""))) for file in sorted(folder.rglob("*.json"))]


def streams(vendor: str) -> dict[str, list[Captured]]:
    """Return the captured requests of a folder by scenario, each in order of arrival."""
    found: dict[str, list[Captured]] = {}
    for one in requests(vendor):
        found.setdefault(one.scenario, []).append(one)
    return {scenario: sorted(stream, key=lambda one: one.number) for scenario, stream in found.items()}


def _captured(file: Path, name: str) -> Captured:
    data = file.read_bytes()
    recorded = read_recorded(data)
    stem, _, number = name.rpartition("_")
    scenario, place = (stem, int(number)) if stem and number.isdecimal() else (name, 0)
    facts = {key: value for key, value in json.loads(data).items() if key not in ("headers", "body", "body_raw")}
    return Captured(name, scenario, place, recorded.request, recorded.received_at, facts)

"""Alerts of all fixtures, for the tests of targets."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from alertmap import Alert, AlertmapError, parse, vendors
from alertmap.testing.fixtures import load

FIXTURES = Path(__file__).parents[1] / "fixtures"
NOW = datetime(2026, 12, 31, tzinfo=UTC)


@cache
def alerts() -> tuple[Alert, ...]:
    """Return the alerts of all fixtures."""
    found: list[Alert] = []
    for vendor in vendors():
        for case in load(FIXTURES / vendor) if (FIXTURES / vendor).is_dir() else []:
            try:
                found += parse(vendor, case.request, received_at=NOW)
            except AlertmapError:
                continue
    return tuple(found)

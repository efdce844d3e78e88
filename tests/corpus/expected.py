"""The incidents that the captured streams of a vendor end in: `<vendor>.toml`, one table for each stream.

`by` (of the file or of a stream) lists the paths in an alert's raw element that name a thing; `things` names the thing
of each request instead. A table has:

- `incidents`: of each `thing` (or each of `things`; "*": each thing of the stream; without: the stream is about one
  thing) the numbers of the requests that `opened` and `resolved` it, or whose deadline `expired`; `opened = 0` is the
  first request that names the thing, `resolved = -1` the last. `severity` is the last one, `max_severity` the worst if
  it differs; a missing severity is not compared. `received = true`: the start is implausibly far ahead of the receipt,
  so the receipt is the start.
- `quiet`: things without an incident.
- `without_deadlines`: the incidents without the senders' deadlines, if they differ.
- `fixture`: the stream of that name in `fixtures/<vendor>/streams` has the incidents.
- `requests`, `received_at`: a stream composed of these requests, and their times of receipt.
- `options`, `vendor`: of the source, where they differ.
- `expected_failure`: the missing rule; the stream must fail until it exists.

A stream whose requests are all foreign or no alert, by the vendor's rules, needs no table: it opens no incident.
"""

import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from attrs import Factory

from alertmap import wire

HERE = Path(__file__).parent
Word = Literal["info", "low", "medium", "high", "critical"]


@wire.model(closed=True)
class ExpectedIncident:
    """One expected incident."""

    opened: int
    thing: str | None = None
    things: tuple[str, ...] = ()
    resolved: int | None = None
    expired: int | None = None
    severity: Word | None = None
    max_severity: Word | None = None
    received: bool = False


@wire.model(closed=True)
class ExpectedStream:
    """The table of a stream."""

    incidents: tuple[ExpectedIncident, ...] = ()
    quiet: tuple[str, ...] = ()
    without_deadlines: tuple[ExpectedIncident, ...] | None = None
    by: tuple[str, ...] | None = None
    things: tuple[str, ...] = ()
    fixture: str | None = None
    requests: tuple[str, ...] = ()
    received_at: tuple[str, ...] = ()
    options: Mapping[str, Any] = Factory(dict)
    vendor: str | None = None
    expected_failure: str | None = None

    def moment(self, place: int) -> datetime:
        """Return the time of receipt of the request at an index of the stream."""
        return datetime.fromisoformat(self.received_at[place])


@wire.model(closed=True)
class ExpectedFile:
    """The tables of a vendor."""

    by: tuple[str, ...]
    stream: dict[str, ExpectedStream]


def load(vendor: str) -> ExpectedFile:
    """Read the tables of a vendor."""
    document = tomllib.loads((HERE / f"{vendor}.toml").read_text(encoding="utf-8"))
    try:
        found: ExpectedFile = wire.structure(wire.plain(document), ExpectedFile)
    except wire.Mismatch as error:
        raise AssertionError(f"{vendor}.toml: {error}") from None
    return found

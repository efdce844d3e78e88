"""Every captured stream ends in its expected incidents, in any order of delivery."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import captures
from alertmap import Alert
from alertmap.testing import load_streams
from captures import Captured
from corpus.expected import ExpectedIncident, ExpectedStream, load
from corpus.replays import (
    Delivery,
    PayloadReader,
    Replay,
    check,
    check_orders,
    check_repeats,
    deadline,
    read,
    without_expiry,
)
from corpus.rules import Kind, raw
from corpus.vendors import VENDORS

FIXTURES = Path(__file__).parents[2] / "fixtures"
RULES = {rules.vendor: rules for rules in VENDORS}
FILES = {vendor: load(vendor) for vendor in RULES}
CAPTURED = {vendor: captures.streams(rules.folder) for vendor, rules in RULES.items()}
BY_NAME = {vendor: {one.name: one for one in captures.requests(rules.folder)} for vendor, rules in RULES.items()}


class Stream(NamedTuple):
    """One stream with its expected incidents."""

    vendor: str
    scenario: str
    expected: ExpectedStream

    def __str__(self) -> str:
        return f"{self.vendor}-{self.scenario}"

    @property
    def requests(self) -> list[Captured]:
        """Return the requests in order of arrival."""
        if self.expected.requests:
            named = [BY_NAME[self.vendor][name] for name in self.expected.requests]
            found = [one._replace(number=place) for place, one in enumerate(named, 1)]
        else:
            found = [one._replace(number=one.number or 1) for one in CAPTURED[self.vendor][self.scenario]]
        if self.expected.received_at:
            found = [one._replace(received_at=self.expected.moment(place)) for place, one in enumerate(found)]
        return found

    @property
    def deliveries(self) -> list[Delivery]:
        """Return the parsed requests; those that fail for a missing rule are left out."""
        rules = RULES[self.vendor]
        stream = [one for one in self.requests if not rules.waits(one)]
        return read(
            self.expected.vendor or self.vendor, stream, self.expected.options or rules.options.get(self.scenario)
        )

    @property
    def reader(self) -> PayloadReader:
        """Return the functions that read the thing and the time of a payload."""
        by = self.expected.by or FILES[self.vendor].by
        numbers = [one.number for one in self.requests]

        def thing(number: int, alert: Alert) -> str:
            if self.expected.things:
                return self.expected.things[numbers.index(number)]
            if (
                not self.expected.by
                and not self.expected.quiet
                and all(one.thing is None for one in self.expected.incidents)
            ):
                return "it"
            return " ".join(_text(raw(alert), path) for path in by)

        rules = RULES.get(self.expected.vendor or self.vendor)
        return PayloadReader(thing, rules.time if rules else _time)

    def end(self, deliveries: Sequence[Delivery]) -> datetime | None:
        """Return the last deadline of a stream that ends by a deadline."""
        if not any(one.expired for one in self.expected.incidents):
            return None
        return max(deadline(alert) for one in deliveries for alert in one.alerts)


def _time(alert: Alert) -> datetime:
    """Return the time of an alert of a vendor without rules."""
    time = alert.occurred_at or alert.received_at
    assert time is not None
    return time


def _text(element: Mapping[str, Any], path: str) -> str:
    folder, _, name = path.rpartition(".")
    found = element.get(folder, {}) if folder else element
    return str(found.get(name, ""))


WITH_TABLE = [
    Stream(vendor, scenario, expected) for vendor, file in FILES.items() for scenario, expected in file.stream.items()
]
"""All streams with a table."""
WITHOUT_TABLE = [
    Stream(vendor, scenario, ExpectedStream())
    for vendor, streams in CAPTURED.items()
    for scenario, stream in streams.items()
    if scenario not in FILES[vendor].stream
    and all(RULES[vendor].kind(one) in (Kind.NO_ALERT, Kind.FOREIGN) for one in stream)
]
"""Streams that need no table: foreign requests, tests, probes, rows."""


def _parameter(stream: Stream) -> Any:
    """Return a stream as a test parameter, as an expected failure if it needs a missing rule."""
    reason = stream.expected.expected_failure
    marks = [pytest.mark.xfail(reason=reason, raises=AssertionError, strict=True)] if reason else []
    return pytest.param(stream, id=str(stream), marks=marks)


CAPTURED_ONLY = [one for one in WITH_TABLE if not one.expected.fixture]


@pytest.mark.parametrize("vendor", RULES)
def test_every_stream_has_a_table(vendor: str) -> None:
    """Each captured stream has a table or opens nothing, and each table has a captured stream."""
    covered = {one.scenario for one in (*WITH_TABLE, *WITHOUT_TABLE) if one.vendor == vendor}
    parts = [BY_NAME[vendor][name].scenario for expected in FILES[vendor].stream.values() for name in expected.requests]
    missing = CAPTURED[vendor].keys() - covered - set(parts)
    assert not missing, (
        f"add to tests/corpus/{vendor}.toml, after the README beside the captures: "
        + ", ".join(f'[stream."{scenario}"]' for scenario in sorted(missing))
        + " with `incidents`, or extend `kind` in the vendor's rules if it is no alert of this vendor"
    )
    unknown = {scenario for scenario, expected in FILES[vendor].stream.items() if not expected.requests}
    assert unknown <= CAPTURED[vendor].keys(), "a table without a capture"


@pytest.mark.parametrize("stream", [one for one in WITH_TABLE if one.expected.fixture], ids=str)
def test_fixture_streams_are_the_captured_ones(stream: Stream) -> None:
    """A fixture stream has the bodies of the captured one in order, apart from redacted ones."""
    found = {one.name: one for one in load_streams(FIXTURES / stream.vendor)}
    assert stream.expected.fixture in found, "there is no such stream in the fixtures"
    copied = found[stream.expected.fixture]
    for one, original in zip(copied.requests, stream.requests, strict=True):
        assert one.request.body == original.request.body or "REDACTED" in str(one.request.body)


@pytest.mark.parametrize("stream", [_parameter(one) for one in CAPTURED_ONLY])
def test_end(stream: Stream) -> None:
    """The incidents at the end are the expected ones."""
    deliveries = stream.deliveries
    replay = Replay(deliveries)
    if end := stream.end(deliveries):
        replay.tick(end)
    check(replay, deliveries, stream.expected.incidents, stream.expected.quiet, stream.reader)


@pytest.mark.parametrize("stream", CAPTURED_ONLY, ids=str)
def test_end_without_deadlines(stream: Stream) -> None:
    """Without the senders' deadlines, streams end in the incidents expected for that."""
    deliveries = without_expiry(stream.deliveries)
    others: Sequence[ExpectedIncident] | None = stream.expected.without_deadlines
    incidents = stream.expected.incidents if others is None else others
    check(Replay(deliveries), deliveries, incidents, stream.expected.quiet, stream.reader)


@pytest.mark.parametrize("stream", WITHOUT_TABLE, ids=str)
def test_nothing_opens(stream: Stream) -> None:
    """Requests that are foreign or no alert open nothing."""
    rules = RULES[stream.vendor]
    replay = Replay(read(stream.vendor, [one for one in stream.requests if rules.kind(one) is Kind.NO_ALERT]))
    assert (replay.book.incidents, replay.ledger, len(replay.book)) == ((), {}, 0)


@pytest.mark.parametrize(
    "stream", [one for one in WITH_TABLE if one.expected.incidents or one.expected.fixture], ids=str
)
def test_repeats(stream: Stream) -> None:
    """Requests repeated in a row and once more at the end change nothing."""
    deliveries = stream.deliveries
    check_repeats(deliveries, stream.end(deliveries))


@pytest.mark.parametrize(
    "stream", [one for one in WITH_TABLE if one.expected.incidents or one.expected.fixture], ids=str
)
def test_orders(stream: Stream) -> None:
    """Requests in any order, also repeated, end in the same incidents; deadlines are left out."""
    assert check_orders(stream.scenario, stream.deliveries) >= 7

"""Streams as fixtures: recorded requests in order of arrival, and the incidents that they must end in.

fixtures/acme/streams/restart/
  01.request.json, 02.request.json, …   recorded requests, numbered from 1 in order of arrival
  incidents.toml                        where they came from, and the incidents at the end

Requests are named by their numbers. An incident opens and ends at the sender's time in the alert of its key in that
request, or, where the alert has none or the order of arrival counts, when the request was received.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise, permutations
from pathlib import Path
from random import Random
from typing import Any, Literal, NamedTuple

import pytest
from attrs import Factory, fields_dict, frozen

from alertmap import wire
from alertmap.adapter import Adapter
from alertmap.incidents.book import IncidentBook
from alertmap.incidents.model import Incident, Policy, Transition, TransitionKind
from alertmap.intake.parse import parse
from alertmap.intake.recorded import Recorded, read_recorded
from alertmap.intake.redact import secrets_in
from alertmap.intake.source import Source
from alertmap.model import Alert, State, Times
from alertmap.testing.fixtures import RECORDED

STREAMS = "streams"
"""The folder of the streams in a fixture folder."""


@wire.model(closed=True)
class TrueIncident:
    """One incident as it was, in `incidents.toml`."""

    opened: int
    """The request that opened it."""
    severity: Literal["info", "low", "medium", "high", "critical"] | None = None
    """The last severity; None: it is not compared."""
    max_severity: Literal["info", "low", "medium", "high", "critical"] | None = None
    """The worst severity, where that is another one."""
    dedup_key: str | None = None
    """None, in a stream that must fail: the key, whatever it will be, of the only alert of the request `opened`."""
    resolved: int | None = None
    """The request that resolved it."""
    expired: int | None = None
    """The request whose deadline passed: its alert's `expires_at`, or `expire_after` of the policy from its receipt."""
    superseded: int | None = None
    """The request that opened a new episode of the same key although nothing ended this one."""

    @property
    def end(self) -> int | None:
        """The request that ended it; None: it is open."""
        return self.resolved or self.expired or self.superseded


@wire.model(closed=True)
class AboutStream:
    """The tables of `incidents.toml`."""

    summary: str
    """The lesson of the stream, in one sentence."""
    origin: Literal["captured", "documented", "constructed"]
    product: str | None = None
    """Of a captured stream: the software and its version."""
    options: Mapping[str, Any] = Factory(dict)
    """Options of the source."""
    policy: Mapping[str, Any] = Factory(dict)
    """Fields of `Policy` that differ from the default; durations in seconds."""
    expected_failure: str | None = None
    """The rule that the incidents wait for; the stream must fail until then."""
    incident: tuple[TrueIncident, ...] = ()


@frozen
class Stream:
    """A stream: its requests, and the incidents that they must end in."""

    name: str
    folder: Path
    requests: tuple[Recorded, ...]
    about: AboutStream

    def deliveries(self, adapter: Adapter) -> list["Delivery"]:
        """Parse the requests as their source would be set up."""
        source = Source(adapter.name, options=dict(self.about.options))
        return [
            Delivery(number, parse(adapter, one.request, source=source, received_at=one.received_at).alerts)
            for number, one in enumerate(self.requests, 1)
        ]

    def policy(self, **more: Any) -> Policy:
        """The policy of the stream."""
        known = fields_dict(Policy)
        given: dict[str, Any] = {}
        for name, value in self.about.policy.items():
            assert name in known, f"{self.folder}: incidents.toml: Policy has no field {name}"
            given[name] = value if name.startswith("max_") and name != "max_ahead" else timedelta(seconds=value)
        return Policy(**{**given, **more})


class Delivery(NamedTuple):
    """The alerts of one request."""

    number: int
    alerts: tuple[Alert, ...]


# --- Loading ---------------------------------------------------------------------------------------------------------


def load_streams(folder: Path | str) -> tuple[Stream, ...]:
    """All streams of a fixture folder, by name; none where it has no folder `streams`.

    Raises:
        AssertionError: a stream is incomplete; the message names what to add.
    """
    below = Path(folder) / STREAMS
    return tuple(_stream(one) for one in sorted(below.iterdir())) if below.is_dir() else ()


def _stream(folder: Path) -> Stream:
    truth = folder / "incidents.toml"
    assert truth.is_file(), f"{folder}: add incidents.toml with summary, origin and the incidents"
    try:
        about: AboutStream = wire.structure(wire.plain(tomllib.loads(truth.read_text(encoding="utf-8"))), AboutStream)
    except wire.Mismatch as error:
        raise AssertionError(f"{folder}: incidents.toml: {error}") from None
    assert about.origin != "captured" or about.product, f"{folder}: incidents.toml: add the product that sent it"
    files = [file for file in sorted(folder.iterdir()) if file != truth]
    requests: list[Recorded] = []
    for number, file in enumerate(files, 1):
        name = f"{number:02}{RECORDED}"
        assert file.name == name, f"{folder}: {file.name} should be {name}: requests are numbered from 01"
        requests.append(read_recorded(file.read_bytes()))
        assert requests[-1].received_at, f"{folder}: {file.name}: add received_at"
    for one in about.incident:
        numbers = {one.opened, one.end or one.opened}
        assert numbers <= set(range(1, len(files) + 1)), f"{folder}: incidents.toml: there is no request {numbers}"
        assert one.dedup_key or about.expected_failure, f"{folder}: incidents.toml: add the dedup_key"
    return Stream(folder.name, folder, tuple(requests), about)


# --- Checks ----------------------------------------------------------------------------------------------------------


def as_it_came(adapter: Adapter, stream: Stream) -> None:
    """The requests in order of arrival end in the incidents of `incidents.toml`; none holds a credential."""
    for file in stream.folder.glob(f"*{RECORDED}"):
        assert not secrets_in(file.read_text(encoding="utf-8")), f"{stream.folder}: scrub {file.name}"
    deliveries = stream.deliveries(adapter)
    _check(stream, deliveries, _run(deliveries, stream, stream.policy())[0])


def doubled(adapter: Adapter, stream: Stream) -> None:
    """Each request delivered twice ends in the same incidents, and the second delivery opens and closes nothing."""
    deliveries = stream.deliveries(adapter)
    twice = [one for one in deliveries for _ in range(2)]
    found, transitions = _run(twice, stream, stream.policy())
    for one, again in zip(twice[1::2], transitions[1::2], strict=True):
        kinds = {transition.kind for transition in again} - {TransitionKind.IGNORED, TransitionKind.DEDUPLICATED}
        assert not kinds, f"request {one.number}, delivered again: {kinds}"
    _check(stream, deliveries, found)


def shuffled(adapter: Adapter, stream: Stream) -> None:
    """The requests in other orders end in the same incidents: in any, or, if times are starts, late by up to `settle`.

    Skips streams whose end depends on the order of arrival: with equal times and sequences of one key, or with
    deadlines.
    """
    deliveries = stream.deliveries(adapter)
    if stream.about.expected_failure:
        pytest.skip("the incidents of this stream wait for a rule")
    if not _are_ordered(deliveries):
        pytest.skip("two alerts of one key have the same time and sequence: the order of arrival may decide")
    if any(alert.expires_at for one in deliveries for alert in one.alerts) or "expire_after" in stream.about.policy:
        pytest.skip("deadlines depend on the order of arrival")
    count = sum(len(one.alerts) for one in deliveries)
    policy = stream.policy(reorder_window=timedelta(days=3650), max_recent=count + 1)
    starts = any(alert.times is Times.SINCE for one in deliveries for alert in one.alerts)
    settle = policy.settle if starts else None
    for order in _orders(stream.name, deliveries) if settle is None else _late(stream, deliveries, settle):
        try:
            _check(stream, deliveries, _run(order, stream, policy)[0])
        except AssertionError as error:
            raise AssertionError(f"in the order {[one.number for one in order]}: {error}") from None


def stream_tests(adapter: Adapter, folder: Path | str) -> dict[str, Callable[..., None]]:
    """The tests of the streams of a fixture folder, for a test class; none where it has no streams."""
    streams = load_streams(folder)
    if not streams:
        return {}
    waits = [
        pytest.param(
            one,
            id=one.name,
            marks=[pytest.mark.xfail(reason=one.about.expected_failure, raises=AssertionError, strict=True)]
            if one.about.expected_failure
            else [],
        )
        for one in streams
    ]

    class Streams:
        @pytest.mark.parametrize("stream", waits)
        def test_stream(self, stream: Stream) -> None:
            as_it_came(adapter, stream)

        @pytest.mark.parametrize("stream", waits)
        def test_stream_doubled(self, stream: Stream) -> None:
            doubled(adapter, stream)

        @pytest.mark.parametrize("stream", streams, ids=[one.name for one in streams])
        def test_stream_shuffled(self, stream: Stream) -> None:
            shuffled(adapter, stream)

    return {name: test for name, test in vars(Streams).items() if name.startswith("test_")}


def _run(
    deliveries: Iterable[Delivery], stream: Stream, policy: Policy
) -> tuple[list[Incident], list[tuple[Transition, ...]]]:
    """The incidents that the transitions leave behind, and the transitions of each delivery."""
    book = IncidentBook(default=policy)
    transitions = []
    alerts: list[Alert] = []
    for one in deliveries:
        transitions.append(book.apply(one.alerts))
        alerts += one.alerts
    every = [one for some in transitions for one in some]
    if any(one.expired for one in stream.about.incident):
        every += book.tick(max(_deadline(one, policy) for one in alerts))
    return list({one.incident.id: one.incident for one in every if one.incident}.values()), transitions


def _check(stream: Stream, deliveries: Sequence[Delivery], found: Iterable[Incident]) -> None:
    by_key: dict[str, list[Incident]] = {}
    for incident in sorted(found, key=lambda one: one.opened_at):
        by_key.setdefault(incident.dedup_key, []).append(incident)
    expected: dict[str, list[TrueIncident]] = {}
    for true in stream.about.incident:
        expected.setdefault(_key(true, deliveries), []).append(true)
    keys = {alert.dedup_key for one in deliveries for alert in one.alerts}
    assert expected.keys() <= keys, f"no alert has the key {sorted(expected.keys() - keys)}; keys: {sorted(keys)}"
    assert by_key.keys() == expected.keys(), f"incidents of {sorted(by_key)}; expected of {sorted(expected)}"
    for key, incidents in by_key.items():
        assert len(incidents) == len(expected[key]), f"{key}: {len(incidents)} incidents, not {len(expected[key])}"
        for incident, true in zip(incidents, expected[key], strict=True):
            facts = _facts(incident)
            for name, value in _truth(true, stream, deliveries).items():
                assert facts[name] == value, f"{key}, opened by {true.opened}: {name} is {facts[name]}, not {value}"
        assert all(later.previous == earlier.id for earlier, later in pairwise(incidents)), key


def _facts(one: Incident) -> dict[str, Any]:
    return {
        "opened_at": one.opened_at,
        "resolved_at": one.resolved_at,
        "expired": one.expired,
        "severity": one.severity and one.severity.value,
        "max_severity": one.max_severity and one.max_severity.value,
    }


def _truth(one: TrueIncident, stream: Stream, deliveries: Sequence[Delivery]) -> dict[str, Any]:
    def alert(number: int, state: State) -> Alert:
        return _alert(deliveries[number - 1], _key(one, deliveries), state)

    resolved_at: datetime | None = None
    if one.expired:
        resolved_at = _deadline(alert(one.expired, State.FIRING), stream.policy())
    elif one.end:
        resolved_at = _time(alert(one.end, State.RESOLVED if one.resolved else State.FIRING))
    severities = {"severity": one.severity, "max_severity": one.max_severity or one.severity}
    return {
        "opened_at": _time(alert(one.opened, State.FIRING)),
        "resolved_at": resolved_at,
        "expired": bool(one.expired or one.superseded),
        **{name: severity for name, severity in severities.items() if severity},
    }


def _key(one: TrueIncident, deliveries: Sequence[Delivery]) -> str:
    if one.dedup_key is not None:
        return one.dedup_key
    (alert,) = deliveries[one.opened - 1].alerts
    return alert.dedup_key


def _alert(delivery: Delivery, dedup_key: str, state: State) -> Alert:
    for alert in delivery.alerts:
        if alert.dedup_key == dedup_key and alert.state is state:
            return alert
    raise AssertionError(f"request {delivery.number} has no alert of {dedup_key} that is {state.value}")


def _time(alert: Alert) -> datetime | None:
    return alert.received_at if alert.times is Times.ARRIVAL else alert.occurred_at or alert.received_at


def _deadline(alert: Alert, policy: Policy) -> datetime:
    received = alert.received_at
    assert received
    after = received + policy.expire_after if policy.expire_after else None
    return max((time for time in (after, alert.expires_at) if time), default=received)


def _are_ordered(deliveries: Iterable[Delivery]) -> bool:
    orders = [(alert.dedup_key, _time(alert), alert.sequence) for one in deliveries for alert in one.alerts]
    return len(set(orders)) == len(orders)


def _late(stream: Stream, deliveries: Sequence[Delivery], settle: timedelta) -> Iterable[Sequence[Delivery]]:
    """Twelve orders that are the same in each run, in which each request is late by less than `settle`."""
    random = Random(stream.name)  # noqa: S311 - the same orders in each run
    for _ in range(12):
        times = [one.received_at + settle * random.random() for one in stream.requests if one.received_at]
        yield [one for _, one in sorted(zip(times, deliveries, strict=True), key=lambda pair: pair[0])]


def _orders(name: str, deliveries: Sequence[Delivery]) -> Iterable[Sequence[Delivery]]:
    """All orders of up to four requests, or the reversed one and twelve that are the same in each run."""
    if len(deliveries) < 5:  # noqa: PLR2004 - 24 orders at most
        return permutations(deliveries)
    random = Random(name)  # noqa: S311 - the same orders in each run
    return [deliveries[::-1], *(random.sample(deliveries, len(deliveries)) for _ in range(12))]

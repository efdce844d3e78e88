"""Replays of captured streams: deliver the requests in any order and compare the incidents with the expected ones.

An expected incident names the requests that opened and ended it. Its times are those of the payloads of these requests,
read by the vendor's rules and not by the adapter.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise, permutations
from random import Random
from typing import NamedTuple

from attrs import evolve

from alertmap import Alert, Source, parse
from alertmap.incidents.book import IncidentBook
from alertmap.incidents.model import Cause, Incident, Policy, Transition, TransitionKind
from alertmap.model import Times
from captures import Captured
from corpus.expected import ExpectedIncident
from histories import NaiveIncident, Pager, without_ids

START = datetime(2027, 1, 1, tzinfo=UTC)
"""The time of receipt of streams without one: later than any time in a payload."""

SETTLE = Policy().settle or timedelta()
_NEVER = datetime.max.replace(tzinfo=UTC)


class Delivery(NamedTuple):
    """One request as received."""

    number: int
    alerts: tuple[Alert, ...]


class PayloadReader(NamedTuple):
    """Functions that read the thing and the time of a payload."""

    thing: Callable[[int, Alert], str]
    time: Callable[[Alert], datetime]


def by_number(number: int) -> datetime:
    """Return a time of receipt for a request without one: its number in seconds, later than its payload's times."""
    return START + timedelta(seconds=number)


def read(
    vendor: str,
    stream: Iterable[Captured],
    options: Mapping[str, object] | None = None,
) -> list[Delivery]:
    """Parse the requests of a stream with their captured times of receipt, or else by number."""
    source = Source("replayed", vendor=vendor, options=options or {})
    return [
        Delivery(
            one.number,
            parse(vendor, one.request, source=source, received_at=one.received_at or by_number(one.number)).alerts,
        )
        for one in stream
    ]


class Replay:
    """An incident book, with a pager and a ledger that see only its transitions."""

    def __init__(self, deliveries: Iterable[Delivery] = (), policy: Policy | None = None) -> None:
        self.book = IncidentBook(default=policy)
        self.ledger: dict[str, Incident] = {}
        self._pager = Pager()
        for one in deliveries:
            self.deliver(one)

    def deliver(self, one: Delivery) -> tuple[Transition, ...]:
        """Apply a request."""
        return self._record(self.book.apply(one.alerts))

    def tick(self, now: datetime) -> tuple[Transition, ...]:
        """Advance the clock of the book."""
        return self._record(self.book.tick(now))

    def _record(self, transitions: tuple[Transition, ...]) -> tuple[Transition, ...]:
        """Pass the transitions to the pager and the ledger."""
        self._pager.follow(transitions)
        assert self._pager.agrees(self.book.open)
        self.ledger |= {one.incident.id: one.incident for one in transitions if one.incident}
        return transitions

    def by_key(self) -> dict[str, list[Incident]]:
        """Return all incidents of the ledger by key, oldest first, each linked to the one before it."""
        found: dict[str, list[Incident]] = {}
        for one in sorted(self.ledger.values(), key=lambda one: (one.opened_at, one.resolved_at or _NEVER)):
            found.setdefault(one.dedup_key, []).append(one)
        for incidents in found.values():
            assert incidents[0].previous is None
            assert all(later.previous == earlier.id for earlier, later in pairwise(incidents))
        return found

    def bare(self) -> dict[str, list[NaiveIncident]]:
        """Return the incidents by key without what depends on ids."""
        return {key: [without_ids(one) for one in incidents] for key, incidents in self.by_key().items()}


def without_expiry(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """Return the same deliveries without the senders' deadlines."""
    return [Delivery(one.number, tuple(evolve(alert, expires_at=None) for alert in one.alerts)) for one in deliveries]


# --- Expected incidents -----------------------------------------------------------------------------------------------


def check(
    replay: Replay,
    deliveries: Sequence[Delivery],
    expected: Iterable[ExpectedIncident],
    quiet: Iterable[str],
    reader: PayloadReader,
) -> None:
    """Compare the incidents with the expected ones of each thing, also of things without any."""
    alerts_by_request = {
        (reader.thing(one.number, alert), one.number): alert for one in deliveries for alert in one.alerts
    }
    keys = {(thing, alert.dedup_key) for (thing, _), alert in alerts_by_request.items()}
    assert len(keys) == len({thing for thing, _ in keys}) == len({key for _, key in keys}), f"a key for a thing: {keys}"
    by_thing: dict[str, list[ExpectedIncident]] = {thing: [] for thing, _ in keys}
    for one in expected:
        for thing in (
            by_thing if one.thing == "*" else one.things or (_single(by_thing) if one.thing is None else one.thing,)
        ):
            by_thing[thing].append(_numbered(one, [number for other, number in alerts_by_request if other == thing]))
    quiet_things = {thing for thing, incidents in by_thing.items() if not incidents}
    assert quiet_things == set(quiet) or (quiet_things == set(by_thing) and len(quiet_things) == 1)
    found = replay.by_key()
    for thing, key in keys:
        incidents = found.get(key, [])
        assert [(one.opened_at, one.resolved_at, one.open, one.expired) for one in incidents] == [
            (_start(one, thing, alerts_by_request, reader), *_end(one, thing, alerts_by_request, reader))
            for one in by_thing[thing]
        ], thing
        for incident, one in zip(incidents, by_thing[thing], strict=True):
            worst = one.max_severity or one.severity
            assert one.severity in (None, incident.severity and incident.severity.value), thing
            assert worst in (None, incident.max_severity and incident.max_severity.value), thing
    assert set(replay.book.incidents) == set(replay.ledger.values())


def _single(things: Iterable[str]) -> str:
    (thing,) = things
    return thing


def _numbered(one: ExpectedIncident, numbers: Sequence[int]) -> ExpectedIncident:
    """Return the expected incident with the numbers of the first and last request that name its thing filled in."""
    return ExpectedIncident(
        opened=one.opened or min(numbers),
        resolved=max(numbers) if one.resolved == -1 else one.resolved,
        expired=one.expired,
        severity=one.severity,
        max_severity=one.max_severity,
        received=one.received,
    )


def _start(
    one: ExpectedIncident, thing: str, alerts_by_request: Mapping[tuple[str, int], Alert], reader: PayloadReader
) -> datetime | None:
    alert = alerts_by_request[thing, one.opened]
    return alert.received_at if one.received else reader.time(alert)


def _end(
    one: ExpectedIncident, thing: str, alerts_by_request: Mapping[tuple[str, int], Alert], reader: PayloadReader
) -> tuple[datetime | None, bool, bool]:
    """Return when it ended, whether it is open, and whether it expired."""
    if one.expired is not None:
        return deadline(alerts_by_request[thing, one.expired]), False, True
    return (
        (None, True, False)
        if one.resolved is None
        else (reader.time(alerts_by_request[thing, one.resolved]), False, False)
    )


def deadline(alert: Alert) -> datetime:
    """Return the sender's deadline, read from the raw element."""
    assert alert.raw
    return datetime.fromisoformat(alert.raw["endsAt"])


# --- Other ways to deliver the same -----------------------------------------------------------------------------------

_DUPLICATE = {Cause.DUPLICATE, Cause.LATE}


def check_repeats(deliveries: Sequence[Delivery], end: datetime | None = None) -> None:
    """Deliver each request twice in a row, and all once more at the end: the incidents must not change."""
    once, often = Replay(deliveries), Replay()
    for one in deliveries:
        often.deliver(one)
        _assert_ignored(often.deliver(one))
    for one in deliveries:
        _assert_ignored(often.deliver(one))
    if end:
        once.tick(end)
        often.tick(end)
    assert often.book.snapshot() == once.book.snapshot()
    assert often.ledger == once.ledger


def _assert_ignored(transitions: Iterable[Transition]) -> None:
    """Check that every transition ignores a duplicate."""
    for one in transitions:
        assert one.kind is TransitionKind.IGNORED
        assert one.cause in _DUPLICATE


def check_orders(name: str, deliveries: Sequence[Delivery]) -> int:
    """Deliver the requests in other orders, also repeated: the incidents must not change. Return the number of orders.

    Any order does where arrival is never trusted; each is tried with a window that holds everything, and with one as
    wide as the displacement. Where it is trusted, requests change places with those received within `settle`.
    """
    deliveries = without_expiry(deliveries)
    statements = 3 * sum(len(one.alerts) for one in deliveries) + 1
    wide = Policy(reorder_window=timedelta(days=365), max_recent=statements, settle=None)
    straight = Replay(deliveries, wide).bare()
    count = 0
    for order in _orders(name, deliveries):
        count += 1
        assert Replay(order, wide).bare() == straight
        tight = Policy(reorder_window=displacement(order), max_recent=statements, settle=None)
        assert Replay(order, tight).bare() == straight
    trusting = Policy(reorder_window=timedelta(days=365), max_recent=statements)
    straight = Replay(deliveries, trusting).bare()
    for order in _orders_within_settle(name, deliveries):
        count += 1
        assert Replay(order, trusting).bare() == straight
    return count


def _orders_within_settle(name: str, deliveries: Sequence[Delivery]) -> Iterator[Sequence[Delivery]]:
    """Yield six orders in which each request is late by less than the default `settle`."""
    random = Random(name)  # noqa: S311 - the same orders in each run
    for _ in range(6):
        lags = [random.uniform(0, SETTLE.total_seconds()) for _ in deliveries]
        received = [one.alerts[0].received_at.timestamp() if one.alerts else 0.0 for one in deliveries]  # type: ignore[union-attr]
        places = sorted(range(len(deliveries)), key=lambda place: received[place] + lags[place])
        yield [deliveries[place] for place in places]


def _orders(name: str, deliveries: Sequence[Delivery]) -> Iterator[Sequence[Delivery]]:
    random = Random(name)  # noqa: S311 - the same orders in each run
    if len(deliveries) <= 4:
        yield from permutations(deliveries)
    else:
        yield deliveries[::-1]
        for _ in range(12):
            yield random.sample(deliveries, len(deliveries))
    often = [*deliveries] * 3
    for _ in range(6):
        yield random.sample(often, len(often))


def displacement(deliveries: Iterable[Delivery]) -> timedelta:
    """Return the largest lag of an alert behind the newest earlier alert of its key."""
    newest: dict[str, datetime] = {}
    most = timedelta()
    for one in deliveries:
        for alert in one.alerts:
            time = alert.received_at if alert.times is Times.ARRIVAL else alert.occurred_at or alert.received_at
            assert time
            last = newest.setdefault(alert.dedup_key, time)
            newest[alert.dedup_key] = max(last, time)
            most = max(most, last - time)
    return most

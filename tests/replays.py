"""What the tests that replay captured streams share: deliveries in any order, and incidents as they really were.

A test tells of each stream which request opened an incident and which one ended it. The times are then those of the
payloads of these two requests, read by the test and not by the adapter.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise, permutations
from random import Random
from typing import NamedTuple

from attrs import evolve

from alertmap import Alert, Severity, Source, parse
from alertmap.incidents.book import IncidentBook
from alertmap.incidents.model import Cause, Incident, Policy, Transition, TransitionKind
from captures import Captured
from histories import Naive, Pager, bare

START = datetime(2027, 1, 1, tzinfo=UTC)
"""Later than any time in a payload: when streams without a time of receipt are taken to have come."""

_NEVER = datetime.max.replace(tzinfo=UTC)


class Was(NamedTuple):
    """One incident as it really was; requests are told by their numbers."""

    opened: int
    closed: int | None = None
    """None: nothing that came ended it."""
    severity: Severity | None = None
    """None: it is not told."""
    worst: Severity | None = None
    """None: it is the severity."""
    expires: int | None = None
    """The request whose deadline passed; nothing else ended it."""


class Delivery(NamedTuple):
    """One request as it was received."""

    number: int
    alerts: tuple[Alert, ...]


class Teller(NamedTuple):
    """How a test reads a payload: the thing that an alert is about, and the time that it tells."""

    thing: Callable[[int, Alert], str]
    time: Callable[[Alert], datetime]


def by_number(number: int) -> datetime:
    """A time of receipt for a request that has none: its number in seconds, later than what it tells of."""
    return START + timedelta(seconds=number)


def read(
    vendor: str,
    stream: Iterable[Captured],
    received: Callable[[Captured], datetime] | None = None,
    options: Mapping[str, object] | None = None,
) -> list[Delivery]:
    """Parse the requests of a stream, each received as captured, or as `received` says, or by its number."""
    source = Source("replayed", vendor=vendor, options=options or {})
    return [
        Delivery(
            one.number,
            parse(
                vendor,
                one.request,
                source=source,
                received_at=received(one) if received else one.received_at or by_number(one.number),
            ).alerts,
        )
        for one in stream
    ]


class Replay:
    """A book, with a pager and a ledger that know of it by its transitions only."""

    def __init__(self, deliveries: Iterable[Delivery] = (), policy: Policy | None = None) -> None:
        self.book = IncidentBook(default=policy)
        self.ledger: dict[str, Incident] = {}
        self._pager = Pager()
        for one in deliveries:
            self.deliver(one)

    def deliver(self, one: Delivery) -> tuple[Transition, ...]:
        """Apply a request."""
        return self._hear(self.book.apply(one.alerts))

    def tick(self, now: datetime) -> tuple[Transition, ...]:
        """Tell the time."""
        return self._hear(self.book.tick(now))

    def _hear(self, told: tuple[Transition, ...]) -> tuple[Transition, ...]:
        self._pager.hear(told)
        assert self._pager.agrees(self.book.open)
        self.ledger |= {one.incident.id: one.incident for one in told if one.incident}
        return told

    def by_key(self) -> dict[str, list[Incident]]:
        """All incidents that were told of, by key, oldest first, each with the one before it as its previous."""
        found: dict[str, list[Incident]] = {}
        for one in sorted(self.ledger.values(), key=lambda one: (one.opened_at, one.resolved_at or _NEVER)):
            found.setdefault(one.dedup_key, []).append(one)
        for incidents in found.values():
            assert incidents[0].previous is None
            assert all(later.previous == earlier.id for earlier, later in pairwise(incidents))
        return found

    def bare(self) -> dict[str, list[Naive]]:
        """The same without what depends on ids."""
        return {key: [bare(one) for one in incidents] for key, incidents in self.by_key().items()}


def without_expiry(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """The same requests with the senders' deadlines taken off."""
    return [Delivery(one.number, tuple(evolve(alert, expires_at=None) for alert in one.alerts)) for one in deliveries]


# --- What really happened ---------------------------------------------------------------------------------------------


def check(replay: Replay, deliveries: Sequence[Delivery], was: Mapping[str, Sequence[Was]], tell: Teller) -> None:
    """Hold the incidents against what happened to each thing; things that nothing happened to are told as well."""
    said = {(tell.thing(one.number, alert), one.number): alert for one in deliveries for alert in one.alerts}
    keys = {(thing, alert.dedup_key) for (thing, _), alert in said.items()}
    assert len(keys) == len({thing for thing, _ in keys}) == len({key for _, key in keys}), "a key for a thing"
    assert {thing for thing, _ in keys} == was.keys()
    found = replay.by_key()
    for thing, key in keys:
        incidents = found.get(key, [])
        assert [(one.opened_at, one.resolved_at, one.open, one.expired) for one in incidents] == [
            (tell.time(said[thing, one.opened]), *_end(one, thing, said, tell)) for one in was[thing]
        ], thing
        for incident, one in zip(incidents, was[thing], strict=True):
            worst = one.worst or one.severity
            assert one.severity in (None, incident.severity), thing
            assert worst in (None, incident.max_severity), thing
    assert set(replay.book.incidents) == set(replay.ledger.values())


def _end(
    one: Was, thing: str, said: Mapping[tuple[str, int], Alert], tell: Teller
) -> tuple[datetime | None, bool, bool]:
    """When it ended, whether it is open, and whether it expired."""
    if one.expires is not None:
        raw = said[thing, one.expires].raw
        assert raw
        return datetime.fromisoformat(raw["endsAt"]), False, True
    return (None, True, False) if one.closed is None else (tell.time(said[thing, one.closed]), False, False)


# --- Other ways to deliver the same -----------------------------------------------------------------------------------

_DUPLICATE = {Cause.DUPLICATE, Cause.LATE}


def check_repeats(deliveries: Sequence[Delivery], end: datetime | None = None) -> None:
    """Deliver each request twice in a row, and all once more at the end: the same incidents, and nothing told twice."""
    once, often = Replay(deliveries), Replay()
    for one in deliveries:
        often.deliver(one)
        _nothing_new(often.deliver(one))
    for one in deliveries:
        _nothing_new(often.deliver(one))
    if end:
        once.tick(end)
        often.tick(end)
    assert often.book.snapshot() == once.book.snapshot()
    assert often.ledger == once.ledger


def _nothing_new(told: Iterable[Transition]) -> None:
    for one in told:
        assert one.kind is TransitionKind.IGNORED
        assert one.cause in _DUPLICATE


def check_orders(name: str, deliveries: Sequence[Delivery]) -> int:
    """Deliver the requests in other orders, also repeated: the same incidents. Tells how many orders there were.

    In each order once with a window that holds all, and once with one that is as wide as the displacement, no more.
    """
    deliveries = without_expiry(deliveries)
    statements = 3 * sum(len(one.alerts) for one in deliveries) + 1
    wide = Policy(reorder_window=timedelta(days=1), max_recent=statements)
    straight = Replay(deliveries, wide).bare()
    count = 0
    for order in _orders(name, deliveries):
        count += 1
        assert Replay(order, wide).bare() == straight
        tight = Policy(reorder_window=displacement(order), max_recent=statements)
        assert Replay(order, tight).bare() == straight
    return count


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
    """How much older than the newest of its key before it an alert is, at most."""
    newest: dict[str, datetime] = {}
    most = timedelta()
    for one in deliveries:
        for alert in one.alerts:
            time = alert.occurred_at or alert.received_at
            assert time
            last = newest.setdefault(alert.dedup_key, time)
            newest[alert.dedup_key] = max(last, time)
            most = max(most, last - time)
    return most

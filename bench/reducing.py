"""Alerts to incidents, beside a floor: a dict of slotted objects that only looks up and counts.

Book and floor take equal batches of 100 alerts of random keys, each its own, made just before it is timed: both are the
first to touch an alert and to hash its key.
"""

import random
import time
import tracemalloc
from collections.abc import Callable, Iterator
from statistics import median

from alertmap import Alert, IncidentBook, Policy, Request, parse
from bench.cases import START, again, batch, decoder, flapping, new, opening
from bench.rounds import Seconds, interleaved, ratio
from bench.row import Row

POLICY = Policy(max_open_per_source=10_000_000)
BATCH = 100
KEYS = 2000  # at the most, of one round

Stream = Callable[[list[int], int], list[Alert]]

STREAMS: dict[str, Stream] = {
    "the same delivery again": opening,
    "the same statement again": again,
    "alerts in order": new,
    "flapping": flapping,
}
IN_ORDER = "alerts in order"
TARGETS = {1_000: (0.15, 0.33), 100_000: (0.25, 0.31), 1_000_000: (0.45, 0.62)}


class Count:
    """What the floor keeps of a key."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 1


class Floor:
    """Looks up and counts."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], Count] = {}

    def apply(self, alerts: list[Alert]) -> None:
        """Count some alerts."""
        counts = self.counts
        for alert in alerts:
            name = (alert.source, alert.dedup_key)
            found = counts.get(name)
            if found is None:
                counts[name] = Count()
            else:
                found.count += 1


def rows(rounds: int, *, quick: bool) -> Iterator[Row]:
    """The whole way, the book alone at all sizes, and what it holds."""
    yield whole_way(rounds)
    small, medium, large = TARGETS
    for size in (small,) if quick else (small, medium, large):
        yield _row(IN_ORDER, size, rounds, *TARGETS[size])
    for name in (name for name in STREAMS if name != IN_ORDER):
        yield from (_row(name, size, rounds) for size in ((small,) if quick else (small, medium)))
    yield from memory(5_000 if quick else 50_000)


def _row(name: str, size: int, rounds: int, target: float | None = None, stretch: float | None = None) -> Row:
    seconds = stream(STREAMS[name], size, rounds)
    return Row(
        what=f"reduce: {name}, {size:,} incidents",
        measured=ratio(seconds, "floor", "book"),
        unit="x the floor's speed",
        target=target,
        stretch=stretch,
        at_least=True,
        note=f"{median(seconds['book']) * 1e6:.2f} µs an alert",
        seconds=seconds,
    )


def stream(kind: Stream, size: int, rounds: int) -> Seconds:
    """CPU time per alert of book and floor, with so many incidents open."""
    book, floor = IncidentBook(default=POLICY), Floor()
    for place in range(0, size, BATCH):
        alerts = opening(list(range(place, place + BATCH)))
        book.apply(alerts)
        floor.apply(alerts)
    chance = random.Random(size)  # noqa: S311 - which keys, the same each time
    seconds: Seconds = {"book": [], "floor": []}
    for number in range(1, rounds + 1):
        keys = chance.sample(range(size), min(size, KEYS))
        seconds["book"].append(_seconds(book.apply, kind(keys, number * 60)))
        seconds["floor"].append(_seconds(floor.apply, kind(keys, number * 60)))
    return seconds


def _seconds(apply: Callable[[list[Alert]], object], alerts: list[Alert]) -> float:
    batches = [alerts[place : place + BATCH] for place in range(0, len(alerts), BATCH)]
    start = time.process_time()
    for some in batches:
        apply(some)
    return (time.process_time() - start) / len(alerts)


def whole_way(rounds: int) -> Row:
    """From the bytes of an Alertmanager request with 100 alerts to 100 open incidents, each time in a new book."""
    vendor = "prometheus_alertmanager"
    body = batch(vendor, BATCH)
    request, loads = Request(body), decoder("orjson.loads")
    seconds = interleaved(
        {
            "parse and reduce": lambda: IncidentBook().apply(parse(vendor, request, received_at=START)),
            "orjson.loads": lambda: loads(body),
        },
        rounds,
    )
    return Row(
        what=f"parse and reduce: alertmanager, {BATCH}",
        measured=ratio(seconds, "parse and reduce", "orjson.loads"),
        unit="x orjson.loads",
        target=2.9,
        stretch=1.9,
        note=f"{median(seconds['parse and reduce']) * 1e6:,.1f} µs, a new book each time",
        seconds=seconds,
    )


def memory(size: int) -> Iterator[Row]:
    """Bytes that the book holds per open incident, without and with the texts and times that came with the alerts."""
    alerts = opening(list(range(size)))
    tracemalloc.start()
    book = IncidentBook(default=POLICY)
    for place in range(0, size, BATCH):
        book.apply(alerts[place : place + BATCH])
    own, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    yield Row("memory: an open incident", own / size, "bytes", 700, 340, note="without what came with the alert")
    del alerts, book
    tracemalloc.start()
    book = IncidentBook(default=POLICY)
    for place in range(0, size, BATCH):
        book.apply(opening(list(range(place, place + BATCH))))
    whole, _ = tracemalloc.get_traced_memory()
    yield Row("memory: an open incident, all of it", whole / size, "bytes", note="with its texts and times")
    for clock in range(60, 3600, 60):
        book.apply(new(list(range(BATCH)), clock))
    full = tracemalloc.get_traced_memory()[0] - whole
    tracemalloc.stop()
    yield Row("memory: more after an hour", full / BATCH, "bytes", note="of an incident with a new statement a minute")

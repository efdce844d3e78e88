"""Reduction of alerts to incidents, beside a baseline: a dict of slotted objects that only looks up and counts.

Book and baseline take equal batches of 100 alerts with random keys. Each gets alerts of its own, made just before the
measurement, so each is the first to touch an alert and to hash its key.
"""

import json
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
KEYS = 2000  # at most, in one round

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
    """Entry of the baseline for one key."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 1


class Baseline:
    """Minimal reducer: looks up a key and counts."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], Count] = {}

    def apply(self, alerts: list[Alert]) -> None:
        """Count alerts."""
        counts = self.counts
        for alert in alerts:
            name = (alert.source, alert.dedup_key)
            found = counts.get(name)
            if found is None:
                counts[name] = Count()
            else:
                found.count += 1


def rows(rounds: int, *, quick: bool) -> Iterator[Row]:
    """Measure parsing with reducing, the book alone at all sizes, and its memory."""
    yield parse_and_reduce(rounds)
    small, medium, large = TARGETS
    for size in (small,) if quick else (small, medium, large):
        yield _row(IN_ORDER, size, rounds, *TARGETS[size])
    for name in (name for name in STREAMS if name != IN_ORDER):
        yield from (_row(name, size, rounds) for size in ((small,) if quick else (small, medium)))
    yield from storing(1_000 if quick else 10_000, rounds)
    yield from memory(5_000 if quick else 50_000)


def _row(name: str, size: int, rounds: int, target: float | None = None, stretch: float | None = None) -> Row:
    seconds = stream(STREAMS[name], size, rounds)
    return Row(
        what=f"reduce: {name}, {size:,} incidents",
        measured=ratio(seconds, "baseline", "book"),
        unit="x the baseline's speed",
        target=target,
        stretch=stretch,
        at_least=True,
        note=f"{median(seconds['book']) * 1e6:.2f} µs an alert",
        seconds=seconds,
    )


def stream(kind: Stream, size: int, rounds: int) -> Seconds:
    """Measure CPU time per alert of book and baseline, with `size` open incidents."""
    book, baseline = IncidentBook(default=POLICY), Baseline()
    for place in range(0, size, BATCH):
        alerts = opening(list(range(place, place + BATCH)))
        book.apply(alerts)
        baseline.apply(alerts)
    chance = random.Random(size)  # noqa: S311 - the same random keys in each run
    seconds: Seconds = {"book": [], "baseline": []}
    for number in range(1, rounds + 1):
        keys = chance.sample(range(size), min(size, KEYS))
        seconds["book"].append(_seconds(book.apply, kind(keys, number * 60)))
        seconds["baseline"].append(_seconds(baseline.apply, kind(keys, number * 60)))
    return seconds


def _seconds(apply: Callable[[list[Alert]], object], alerts: list[Alert]) -> float:
    batches = [alerts[place : place + BATCH] for place in range(0, len(alerts), BATCH)]
    start = time.process_time()
    for some in batches:
        apply(some)
    return (time.process_time() - start) / len(alerts)


def parse_and_reduce(rounds: int) -> Row:
    """Measure an Alertmanager request with 100 alerts, from bytes to 100 open incidents in a new book."""
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


def storing(size: int, rounds: int) -> Iterator[Row]:
    """Measure what it takes to write a book as JSON after one alert: the key that changed, and all of it."""
    book = IncidentBook(default=POLICY)
    book.apply(opening(list(range(size))))
    book.changed()
    texts: dict[str, str] = {}
    seconds: Seconds = {"changed": [], "snapshot": []}
    for number in range(1, rounds + 1):
        book.apply(new([number % size], number * 60))
        start = time.process_time()
        texts["changed"] = "".join(json.dumps(state) for state in book.changed().values())
        seconds["changed"].append(time.process_time() - start)
        start = time.process_time()
        texts["snapshot"] = json.dumps(book.snapshot())
        seconds["snapshot"].append(time.process_time() - start)
    for name, times in seconds.items():
        note = f"{median(times) * 1e3:,.2f} ms after one alert, {size:,} keys"
        yield Row(f"store: {name}", len(texts[name]), "bytes", note=note, seconds={name: times})


def memory(size: int) -> Iterator[Row]:
    """Measure the memory of a book per open incident, without and with the texts and times of the alerts."""
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
    total, _ = tracemalloc.get_traced_memory()
    yield Row("memory: an open incident, all of it", total / size, "bytes", note="with its texts and times")
    for clock in range(60, 3600, 60):
        book.apply(new(list(range(BATCH)), clock))
    full = tracemalloc.get_traced_memory()[0] - total
    tracemalloc.stop()
    yield Row("memory: more after an hour", full / BATCH, "bytes", note="of an incident with a new statement a minute")

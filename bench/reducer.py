"""Prints what the reducer costs, as ratios to a floor: a dict of slotted objects that only looks up and counts.

Book and floor take the same batches of 100 alerts of random keys, in interleaved rounds of CPU time in one process; the
median of the rounds counts. The alerts of a round are made before it is timed. Gates nothing: machines are noisy.
"""

import argparse
import random
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median

import orjson

from alertmap import Alert, IncidentBook, Policy, Request, Severity, State, parse
from bench import interleaved

START = datetime(2024, 1, 1, tzinfo=UTC)
POLICY = Policy(max_open_per_source=10_000_000)
BATCH = 100


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


def alert(number: int, state: State, occurred: int, received: int) -> Alert:
    """An alert as `parse` makes it: texts and times of its own."""
    return Alert(
        vendor="acme",
        source="bench",
        dedup_key=f"{number:032x}",
        identity={},
        state=state,
        severity=Severity.HIGH,
        title=f"Disk of host {number} is nearly full",
        started_at=START,
        occurred_at=START + timedelta(seconds=occurred),
        received_at=START + timedelta(seconds=received),
    )


# --- What arrives -----------------------------------------------------------------------------------------------------


def opening(keys: list[int], _: int) -> list[Alert]:
    """The first firing of each key."""
    return [alert(key, State.FIRING, 0, 0) for key in keys]


def delivered(keys: list[int], _: int) -> list[Alert]:
    """The very alert that opened each incident, delivered once more."""
    return opening(keys, 0)


def again(keys: list[int], clock: int) -> list[Alert]:
    """The statement that opened each incident, made and received once more."""
    return [alert(key, State.FIRING, 0, clock) for key in keys]


def new(keys: list[int], clock: int) -> list[Alert]:
    """A new statement of each incident."""
    return [alert(key, State.FIRING, clock, clock) for key in keys]


def flapping(keys: list[int], clock: int) -> list[Alert]:
    """Each incident is resolved, and all open again a second later."""
    states = ((State.RESOLVED, clock), (State.FIRING, clock + 1))
    return [alert(key, state, when, when) for state, when in states for key in keys]


STREAMS: list[tuple[str, Callable[[list[int], int], list[Alert]]]] = [
    ("same delivery again", delivered),
    ("same statement again", again),
    ("new statement in order", new),
    ("flapping", flapping),
]


# --- Measuring --------------------------------------------------------------------------------------------------------


def seconds(apply: Callable[[list[Alert]], object], alerts: list[Alert]) -> float:
    """CPU time per alert, in batches."""
    batches = [alerts[place : place + BATCH] for place in range(0, len(alerts), BATCH)]
    start = time.process_time()
    for batch in batches:
        apply(batch)
    return (time.process_time() - start) / len(alerts)


def stream(size: int, rounds: int) -> None:
    """All streams, with so many incidents open."""
    for name, kind in STREAMS:
        book, floor = IncidentBook(default=POLICY), Floor()
        for place in range(0, size, BATCH):
            alerts = opening(list(range(place, place + BATCH)), 0)
            book.apply(alerts)
            floor.apply(alerts)
        chance = random.Random(size)  # noqa: S311 - which keys, the same each time
        taken: list[tuple[float, float]] = []
        for number in range(1, rounds + 1):
            keys = chance.sample(range(size), min(size, 2000))
            alerts = kind(keys, number * 60)
            taken.append((seconds(book.apply, alerts), seconds(floor.apply, alerts)))
        mine, least = (median(column) for column in zip(*taken, strict=True))
        print(f"{size:>9} {name:24} {mine * 1e6:7.2f} {least * 1e6:7.2f} {1 / mine:11,.0f} {least / mine:7.3f}")


def memory(size: int) -> None:
    """Bytes that the book holds per open incident, without and with the texts and times that came with the alerts."""
    alerts = opening(list(range(size)), 0)
    tracemalloc.start()
    book = IncidentBook(default=POLICY)
    for place in range(0, size, BATCH):
        book.apply(alerts[place : place + BATCH])
    own, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del alerts, book
    tracemalloc.start()
    book = IncidentBook(default=POLICY)
    for place in range(0, size, BATCH):
        book.apply(opening(list(range(place, place + BATCH)), 0))
    whole, _ = tracemalloc.get_traced_memory()
    for clock in range(60, 3600, 60):
        book.apply(new(list(range(BATCH)), clock))
    full = tracemalloc.get_traced_memory()[0] - whole
    tracemalloc.stop()
    print(f"bytes per open incident: {own / size:.0f}, with its texts and times {whole / size:.0f}")
    print(f"bytes more after an hour of a statement a minute, texts and times included: {full / BATCH:.0f}")


def whole_way() -> None:
    """From the bytes of an Alertmanager request with 100 alerts to transitions, each time in a new book."""
    items = [
        {
            "status": "firing",
            "labels": {"alertname": "DiskFull", "instance": f"host-{n}:9100", "job": "node", "severity": "critical"},
            "annotations": {"summary": f"Disk of host {n} is nearly full"},
            "startsAt": "2024-01-01T00:00:00.123Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus.example/graph?g0.expr=up",
            "fingerprint": f"{n:016x}",
        }
        for n in range(BATCH)
    ]
    group = {"groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://am.example"}
    rest = {"version": "4", "groupKey": "{}", "truncatedAlerts": 0, "status": "firing", "receiver": "r"}
    body = orjson.dumps(rest | group | {"alerts": items})
    request = Request(body)
    alerts = parse("prometheus_alertmanager", request, received_at=START).alerts
    values = interleaved(
        {
            "orjson.loads": lambda: orjson.loads(body),
            "parse": lambda: parse("prometheus_alertmanager", request, received_at=START),
            "reduce": lambda: IncidentBook().apply(alerts),
            "parse + reduce": lambda: IncidentBook().apply(
                parse("prometheus_alertmanager", request, received_at=START)
            ),
        },
        11,
    )
    loads = median(values["orjson.loads"])
    for name, rounds in values.items():
        each = median(rounds)
        print(f"{name:24} {each / len(alerts) * 1e6:7.2f} us per alert, {each / loads:6.1f} x orjson.loads")


def main() -> None:
    """Measure all, and print it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="small sizes, few rounds: does it run?")
    arguments.add_argument("--rounds", type=int, default=41)
    chosen = arguments.parse_args()
    rounds = 3 if chosen.quick else chosen.rounds
    print(f"{'incidents':>9} {'stream':24} {'us':>7} {'floor':>7} {'per second':>11} {'ratio':>7}")
    for size in (1_000, 10_000) if chosen.quick else (1_000, 100_000, 1_000_000):
        stream(size, rounds)
    memory(50_000)
    whole_way()


if __name__ == "__main__":
    main()

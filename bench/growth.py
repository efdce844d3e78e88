"""Growth of the cost with the alerts of a body, and with the open incidents."""

from collections.abc import Iterator
from functools import partial
from statistics import median

from attrs import frozen

from alertmap import Request, parse
from bench.cases import LARGE, batch, decoder, new
from bench.reducing import stream
from bench.rounds import interleaved

ALERTS = (1, 10, 100, 1_000, 5_000)
INCIDENTS = (1_000, 10_000, 100_000, 1_000_000)


@frozen
class Growth:
    """CPU time per alert at growing sizes, for several lines."""

    name: str
    across: str
    """Unit of the sizes."""
    sizes: tuple[int, ...]
    micros: dict[str, list[float]]
    """Microseconds per alert, by line and size."""


def growths(rounds: int, *, quick: bool) -> Iterator[Growth]:
    """Measure both growths."""
    yield bodies(ALERTS[:3] if quick else ALERTS, rounds)
    yield incidents(INCIDENTS[:2] if quick else INCIDENTS, rounds)


def bodies(sizes: tuple[int, ...], rounds: int) -> Growth:
    """Measure parsing and decoding of bodies with more and more alerts."""
    loads = decoder("orjson.loads")
    micros: dict[str, list[float]] = {}
    for vendor, name in (("prometheus_alertmanager", "Alertmanager"), ("grafana", "Grafana")):
        for size in sizes:
            body = batch(vendor, size)
            request = Request(body)
            seconds = interleaved(
                {
                    f"parse, {name}": partial(parse, vendor, request, limits=LARGE),
                    f"orjson.loads, {name}": partial(loads, body),
                },
                rounds,
            )
            for line, values in seconds.items():
                micros.setdefault(line, []).append(median(values) / size * 1e6)
    return Growth("bodies", "alerts in a body", sizes, micros)


def incidents(sizes: tuple[int, ...], rounds: int) -> Growth:
    """Measure the book and its baseline with more and more open incidents, alerts in order."""
    micros: dict[str, list[float]] = {"book": [], "baseline": []}
    for size in sizes:
        for line, values in stream(new, size, rounds).items():
            micros[line].append(median(values) * 1e6)
    return Growth("incidents", "open incidents", sizes, micros)

"""Where the time of a batch goes: each stage of `parse` alone, beside decoding the same bytes."""

from collections.abc import Callable, Iterator
from statistics import median

from alertmap import Request, Source, parse, wire
from alertmap.intake import registry
from alertmap.intake.decode import decode
from alertmap.intake.source import resolve_options
from alertmap.strict_json import DEFAULTS
from bench.cases import batch, decoder
from bench.rounds import Seconds, interleaved
from bench.row import Row

COUNT = 100


def rows(rounds: int) -> Iterator[Row]:
    """The stages of Alertmanager's and Grafana's batch; the last one is what the others leave of the whole."""
    for vendor, name in (("prometheus_alertmanager", "alertmanager"), ("grafana", "grafana")):
        seconds = timed(vendor, rounds)
        taken = {stage: median(values) for stage, values in seconds.items()}
        whole, least = taken.pop("parse"), taken.pop("orjson.loads")
        taken["decode"] -= least
        taken["finish"] = whole - least - sum(taken.values())
        for stage, what in STAGES.items():
            note = f"{taken[stage] / COUNT * 1e6:.2f} µs an alert"
            yield Row(f"{what}: {name}, {COUNT}", taken[stage] / least, "x orjson.loads", note=note)


STAGES = {
    "decode": "limits and exact numbers",
    "structure": "the wire model",
    "read": "the adapter's read",
    "finish": "texts, key, severity, Alert",
}


def timed(vendor: str, rounds: int) -> Seconds:
    """Each stage on what the one before it makes."""
    adapter, body = registry.find(vendor), batch(vendor, COUNT)
    request, options = Request(body), resolve_options(Source(vendor), adapter)
    loads, structure = decoder("orjson.loads"), wire.reader(adapter.wire)
    document = loads(body)
    event = structure(document, (), wire.ParseContext(request, None))
    functions: dict[str, Callable[[], object]] = {
        "orjson.loads": lambda: loads(body),
        "decode": lambda: decode(request, adapter.formats, DEFAULTS),
        "structure": lambda: structure(document, (), wire.ParseContext(request, None)),
        "read": lambda: list(adapter.read(event, options)),
        "parse": lambda: parse(vendor, request),
    }
    return interleaved(functions, rounds)

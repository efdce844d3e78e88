"""Stages of `parse` for a batch, each measured alone, beside decoding of the same bytes."""

from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from typing import Any

from alertmap import Request, Source, parse, wire
from alertmap.adapter import Reading
from alertmap.intake import registry
from alertmap.intake.decode import decode
from alertmap.intake.dedup import dedup_key
from alertmap.intake.detect import is_marked
from alertmap.intake.scrub import scrub
from alertmap.strict_json import DEFAULTS
from bench.cases import batch, decoder
from bench.rounds import Seconds, interleaved
from bench.row import Row

COUNT = 100
VENDORS = {"prometheus_alertmanager": "alertmanager", "grafana": "grafana"}
STAGES = {
    "decode": "limits and exact numbers",
    "model": "the wire model",
    "guard": "the marks",
    "read": "the adapter's read",
    "scrub": "texts and links",
    "key": "the dedup key",
    "finish": "identity, severity, Alert",
}


def rows(rounds: int) -> Iterator[Row]:
    """Measure the stages of Alertmanager's and Grafana's batch; the last one is the rest of the total."""
    for vendor, name in VENDORS.items():
        seconds = timed(vendor, rounds)
        taken = {stage: median(values) for stage, values in seconds.items()}
        total, least = taken.pop("parse"), taken.pop("orjson.loads")
        taken["decode"] -= least
        taken["finish"] = total - least - sum(taken.values())
        for stage, what in STAGES.items():
            note = f"{taken[stage] / COUNT * 1e6:.2f} µs an alert"
            yield Row(f"{what}: {name}, {COUNT}", taken[stage] / least, "x orjson.loads", note=note)


def timed(vendor: str, rounds: int) -> Seconds:
    """Measure each stage with the result of the one before it."""
    adapter, body = registry.find(vendor), batch(vendor, COUNT)
    request, options = Request(body), Source(vendor).options_for(adapter)
    loads = decoder("orjson.loads")
    document = loads(body)
    shape = next(shape for shape in adapter.shapes if wire.fits(shape.model, document))
    structure = wire.reader(shape.model)
    event = structure(document, (), wire.ParseContext(request, None))
    read: Callable[..., Any] = partial(shape.read, options=options) if shape.takes_options else shape.read
    readings = [result for result in read(event) if isinstance(result, Reading)]
    identities = [alert.identity for alert in parse(vendor, request).alerts]

    def texts() -> None:
        for reading, identity in zip(readings, identities, strict=True):
            scrub(reading, identity, adapter.templates, adapter.title)

    functions: dict[str, Callable[[], object]] = {
        "orjson.loads": lambda: loads(body),
        "decode": lambda: decode(request, adapter.formats, DEFAULTS),
        "model": lambda: wire.fits(shape.model, document) and structure(document, (), wire.ParseContext(request, None)),
        "guard": lambda: is_marked(adapter, shape, document, request),
        "read": lambda: [*read(event)],
        "scrub": texts,
        "key": lambda: [dedup_key(vendor, identity) for identity in identities],
        "parse": lambda: parse(vendor, request),
    }
    return interleaved(functions, rounds)

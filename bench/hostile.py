"""The cost of hostile bodies, beside decoding of the same bytes. The exit status is 1 if one costs more than its aim.

A body may cost 20 times the time of decoding it, limits included. At its peak it may need 3 times the memory of its
decoded document, which is a part of that. Where it holds elements that may become alerts, each of them, up to the limit
of alerts, may cost in addition what one ordinary request of the vendor costs. What costs less than a millisecond, or
512 KiB, is never too much.
"""

import argparse
import gc
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from itertools import groupby
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from attrs import evolve, frozen

from alertmap import AdapterError, AlertmapError, Request, Source, detect, parse, strict_json, vendors
from alertmap.intake import registry
from alertmap.intake.decode import decode
from alertmap.intake.envelope import MOST, unwrap
from alertmap.strict_json import DEFAULTS
from alertmap.testing.fixtures import load
from bench.cases import FIXTURES
from bench.hostile_bodies import HOSTS, Hostile, as_they_are, in_fields
from bench.row import Row

TIME = 20
MEMORY = 3
SMALL, LARGE = 64 * 1024, 1024 * 1024
DETECT = "detect"
_FREE_SECONDS = 0.001
_FREE_BYTES = 512 * 1024
_FORMATS = frozenset({"json", "form", "multipart", "xml", "text", "query", "empty"})


@frozen
class Cost:
    """The cost of one body with one adapter."""

    name: str
    vendor: str
    size: int
    seconds: float
    decoding: float
    """Seconds of decoding, and of the envelopes."""
    alerts: int
    """Elements that may become alerts."""
    peak: int = 0
    document: int = 0
    """Bytes of the decoded document, or of the body where that is more."""

    @property
    def time(self) -> float:
        """How many times its decoding it costs, beyond what its alerts may cost."""
        allowed = self.decoding + self.alerts * ordinary(self.vendor)[0] / TIME
        return 0 if self.seconds < _FREE_SECONDS else self.seconds / allowed

    @property
    def memory(self) -> float:
        """How many times the memory of its document it needs, beyond what its alerts may need."""
        allowed = max(self.document, 1) + self.alerts * ordinary(self.vendor)[1] / MEMORY
        return 0 if self.peak < _FREE_BYTES else self.peak / allowed

    @property
    def is_reached(self) -> bool:
        """True if it costs no more than its aims."""
        return self.time <= TIME and self.memory <= MEMORY


@cache
def ordinary(vendor: str) -> tuple[float, int]:
    """Return seconds and bytes of one ordinary request of a vendor, which holds one alert."""
    if vendor == DETECT:
        return 0, 0
    listed = HOSTS.get(vendor, ())
    request = next(
        case.request
        for case in load(FIXTURES / vendor)
        if (case.name in listed[:1] if listed else case.expected[0].startswith("firing"))
    )
    call = partial(parse, vendor, request)
    call()
    return min(_seconds(call, 20) for _ in range(5)) / 20, traced(call)[1]


@cache
def kinds() -> tuple[str, ...]:
    """Return one adapter for each set of formats and each way to prepare a body, and `detect`."""
    found: dict[Any, str] = {}
    for vendor in vendors():
        it = registry.find(vendor)
        found.setdefault((it.formats, it.many, it.prepare is None, it.placeholders is None), vendor)
    return (*found.values(), DETECT)


def costs(bodies: Iterable[Hostile], size: int, tried_on: Iterable[str], *, memory: bool) -> Iterator[Cost]:
    """Measure bodies of one size with their adapters, those that name none with all of the given ones."""
    everyone = tuple(tried_on)
    for body in bodies:
        request = body.make(size)
        decoding = cache(partial(_decoding, request, memory=memory))
        for vendor in body.vendors or everyone:
            yield _cost(body, vendor, request, size, decoding, memory=memory)


def _decoding(request: Request, formats: frozenset[str], *, memory: bool) -> tuple[float, int]:
    """Return the seconds of decoding a request as one of these formats, and the bytes of the document."""
    call = partial(_decoded, request, formats)
    seconds = min(_seconds(call) for _ in range(3))
    return seconds, max(len(request.body), traced(call)[0]) if memory else 0


Decoding = Callable[[frozenset[str]], tuple[float, int]]


def _cost(body: Hostile, vendor: str, request: Request, size: int, decoding: Decoding, *, memory: bool) -> Cost:
    least, document = decoding(_FORMATS if vendor == DETECT else registry.find(vendor).formats)
    source = Source(vendor, options=body.options)
    call = partial(detect, request) if vendor == DETECT else partial(parse, vendor, request, source=source)
    reading = partial(_refused, call)
    alerts = min(size // body.each, DEFAULTS.max_alerts + 1) if body.each and vendor != DETECT else 0
    found = Cost(body.name, vendor, size, _seconds(reading), least, alerts)
    for _ in range(4):  # a busy machine is no fault of the body
        if found.time <= TIME:
            break
        found = evolve(found, seconds=min(found.seconds, _seconds(reading)))
    # What takes less than its decoding in addition makes no more objects than that.
    if memory and found.seconds > 2 * least:
        found = evolve(found, peak=traced_behind_decoding(reading), document=document * body.widens)
    return found


def _refused(call: Callable[[], object]) -> object:
    """Call, and return the error of a body that is refused."""
    try:
        return call()
    except AdapterError:
        raise
    except AlertmapError as error:
        return error


def _decoded(request: Request, formats: frozenset[str]) -> list[Any]:
    """Decode a body, and what is in its envelopes."""
    found: list[Any] = []
    try:
        document = decode(request, formats, DEFAULTS)
        if document is not None:
            found.append(document.value)
            while len(found) <= MOST and (inner := unwrap(found[-1], DEFAULTS)) is not None and not inner.handshake:
                found.append(inner.document)
    except AlertmapError:
        pass
    return found


def _seconds(call: Callable[[], object], times: int = 1) -> float:
    start = time.process_time()
    for _ in range(times):
        call()
    return time.process_time() - start


def traced(call: Callable[[], object]) -> tuple[int, int]:
    """Return the bytes of the result of a call, and those at its peak."""
    gc.collect()
    tracemalloc.start()
    try:
        result = call()
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    del result
    return held, peak


def traced_behind_decoding(call: Callable[[], object]) -> int:
    """Return the bytes at the peak of a call, decoded documents among them, but not what a decoder needs meanwhile."""
    peaks = [0]

    def decode_body(*arguments: Any) -> Any:
        try:
            return decode(*arguments)
        finally:
            del peaks[1:]
            tracemalloc.reset_peak()

    def loads(text: bytes) -> Any:
        assert orjson is not None
        peaks.append(tracemalloc.get_traced_memory()[1])
        try:
            return orjson.loads(text)
        finally:
            tracemalloc.reset_peak()

    def dumps(value: Any) -> bytes:
        assert orjson is not None
        peaks.append(tracemalloc.get_traced_memory()[1])
        try:
            return bytes(bytearray(orjson.dumps(value)))  # without its spare bytes
        finally:
            tracemalloc.reset_peak()

    orjson = strict_json._orjson  # noqa: SLF001 - its buffers are many times the text, and mostly never touched
    inner = orjson and SimpleNamespace(loads=loads, dumps=dumps)
    with (
        patch("alertmap.intake.parse.decode", decode_body),
        patch("alertmap.intake.detect.decode", decode_body),
        patch("alertmap.strict_json._orjson", inner),
    ):
        peaks.append(traced(call)[1])
    return max(peaks)


def rows(*, quick: bool) -> Iterator[Row]:
    """Yield the rows of the bench: the bodies that cost most, by time and by memory."""
    measured = list(costs(as_they_are(), SMALL // 16 if quick else SMALL, kinds(), memory=True))
    slow, large = max(measured, key=lambda cost: cost.time), max(measured, key=lambda cost: cost.memory)
    yield Row("hostile: the slowest body", slow.time, "x decoding", TIME, note=f"{slow.name}, {slow.vendor}")
    yield Row("hostile: the largest body", large.memory, "x the document", MEMORY, note=f"{large.name}, {large.vendor}")


def line(cost: Cost) -> str:
    """Return a line of the table."""
    mark = "" if cost.is_reached else "over the aim"
    times = f"{cost.time:7.1f} {cost.seconds / max(cost.decoding, 1e-9):7.1f} {cost.seconds * 1e3:9.2f}"
    return f"{times} {cost.memory:7.1f} {cost.peak / 1e6:8.2f}  {cost.size // 1024:5} {cost.name}, {cost.vendor} {mark}"


HEAD = f"{'x aim':>7} {'x dec.':>7} {'ms':>9} {'x doc.':>7} {'MB':>8}  {'KiB':>5} body, adapter"


def main() -> int:
    """Print the table; return 1 if a body costs more than its aim."""
    parser = argparse.ArgumentParser(prog="python -m bench.hostile", description=__doc__)
    parser.add_argument("vendors", nargs="*", help="only these adapters; all by default")
    parser.add_argument("--small", action="store_true", help="only bodies of 64 KiB")
    parser.add_argument("--all", action="store_true", help="print every body with every adapter")
    chosen = parser.parse_args()
    over = 0
    print(HEAD)
    everyone = (*vendors(), DETECT)
    parts: list[Iterator[Cost]] = [
        costs(as_they_are(), SMALL, chosen.vendors or everyone, memory=True),
        costs(in_fields(chosen.vendors or vendors()), SMALL, (), memory=False),
    ]
    # Bodies of another size cost another time only where something is not linear, which adapters of a kind share.
    parts += [] if chosen.small else [costs(as_they_are(), LARGE, chosen.vendors or kinds(), memory=False)]
    for part in parts:
        for _, measured in groupby(part, lambda cost: cost.name):
            of_body = [cost for cost in measured if not chosen.vendors or cost.vendor in chosen.vendors]
            worst = max(of_body, key=lambda cost: max(cost.time / TIME, cost.memory / MEMORY), default=None)
            late = [cost for cost in of_body if not cost.is_reached]
            over += len(late)
            is_dull = worst is not None and " in " in worst.name and worst.time < TIME / 2
            for cost in of_body if chosen.all else late or ([worst] if worst is not None and not is_dull else []):
                print(line(cost), flush=True)
    print(f"{over} over the aim")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())

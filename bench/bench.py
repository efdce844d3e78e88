"""Prints what parsing costs beside decoding the same bytes, target and measured. Gates nothing: machines are noisy.

All functions of a payload run in one process, in interleaved rounds of CPU time; the median of the rounds counts.
Import, first use and memory are of processes of their own. The figures are kept as a pyperf suite with `--output
FILE`, so that `pyperf compare_to` can tell two of them apart.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from unittest import mock
from urllib.parse import parse_qsl

import orjson
import pyperf
from attrs import frozen

from alertmap import Request, parse
from alertmap.testing.fixtures import load

FIXTURES = Path(__file__).parents[1] / "fixtures"
ROUND = 0.02  # seconds of CPU time of one function in one round
PROCESSES = 11  # at the most, for what a process does once


@frozen
class Case:
    """A body, what it is held against, and how many times as long parsing it may take."""

    name: str
    vendor: str
    body: bytes
    against: str
    target: float | None = None
    only_json: bool = False
    """As where orjson is not installed."""


def fixture(vendor: str, name: str) -> bytes:
    """The body of a fixture."""
    body = next(case for case in load(FIXTURES / vendor) if case.name == name).request.body
    assert isinstance(body, bytes)
    return body


def batch(vendor: str, count: int, padding: str = "") -> bytes:
    """The fixture `single` of Alertmanager or Grafana with so many alerts, each of another instance."""
    document = orjson.loads(fixture(vendor, "single"))
    [alert] = document["alerts"]
    document["alerts"] = [
        alert
        | {"labels": alert["labels"] | {"instance": f"web-{number}:9100"}}
        | {"annotations": alert["annotations"] | {"description": f"The load of web-{number} is over 80 %.{padding}"}}
        for number in range(count)
    ]
    return orjson.dumps(document)


def cases() -> Iterator[Case]:
    """The table, with the targets that are set."""
    for vendor in ("prometheus_alertmanager", "grafana"):
        for count in (100, 1):
            yield Case(f"{vendor}, {count}", vendor, batch(vendor, count), "orjson", 2.5)
    yield Case("kapacitor", "kapacitor", fixture("kapacitor", "critical"), "orjson", 3.5)
    yield Case("kapacitor, aggregate", "kapacitor", fixture("kapacitor", "aggregate"), "orjson")
    yield Case("influxdb2, row", "influxdb2", fixture("influxdb2", "critical"), "orjson", 4.5)
    yield Case("influxdb3, text", "influxdb3", fixture("influxdb3", "threshold_warn"), "orjson")
    yield Case("influxdb3, object", "influxdb3", fixture("influxdb3", "json_firing"), "orjson")
    yield Case("zapier, five keys", "zapier", fixture("zapier", "trigger"), "orjson", 7)
    yield Case("cloudmonitor, form", "alibaba_cloudmonitor", fixture("alibaba_cloudmonitor", "alarm"), "parse_qsl", 0.9)
    alerts = batch("prometheus_alertmanager", 100)
    yield Case("alertmanager, 100, no orjson", "prometheus_alertmanager", alerts, "json", 1.6, only_json=True)


DECODERS: dict[str, Callable[[bytes], object]] = {
    "json": json.loads,
    "orjson": orjson.loads,
    "parse_qsl": lambda body: dict(parse_qsl(body.decode())),
}


def timed(case: Case, rounds: int) -> dict[str, list[float]]:
    """Seconds of CPU time per call, by function and round."""
    request = Request(case.body)
    decode = DECODERS[case.against]
    functions: dict[str, Callable[[], object]] = {
        "parse": lambda: parse(case.vendor, request),
        case.against: lambda: decode(case.body),
    }
    if not case.only_json:
        return interleaved(functions, rounds)
    with mock.patch("alertmap.decode._orjson", None):
        return interleaved(functions, rounds)


def interleaved(functions: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of CPU time per call, by function and round."""
    loops = {name: _loops(function) for name, function in functions.items()}
    values: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            values[name].append(_time(function, loops[name]) / loops[name])
    return values


def _time(function: Callable[[], object], loops: int) -> float:
    start = time.process_time()
    for _ in range(loops):
        function()
    return time.process_time() - start


def _loops(function: Callable[[], object]) -> int:
    loops = 1
    while (seconds := _time(function, loops)) < ROUND / 4:
        loops *= 2
    return max(1, round(loops * ROUND / seconds))


_IMPORT = "import time; start = time.process_time(); import {}; print(time.process_time() - start)"
_FIRST = """
import sys, time, alertmap
body = sys.stdin.buffer.read()
start = time.process_time()
alertmap.parse("prometheus_alertmanager", body)
print(time.process_time() - start)
"""
_PEAK = """
import re, sys, alertmap
from pathlib import Path
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
limits = alertmap.Limits(max_body=16 * 1024 * 1024, max_nodes=1_000_000)
body = sys.stdin.buffer.read()
before = peak()
batch = alertmap.parse("prometheus_alertmanager", body, limits=limits)
print((peak() - before) / len(body))
"""


def _in_process(program: str, body: bytes = b"") -> float:
    done = subprocess.run([sys.executable, "-c", program], input=body, capture_output=True, check=True)  # noqa: S603
    return float(done.stdout)


def once(rounds: int) -> Iterator[tuple[str, list[float], float, str]]:
    """What a process does once: its name, the figures, the target, and the unit."""
    rounds = min(rounds, PROCESSES)
    pairs = [[_in_process(_IMPORT.format(names)) for names in ("alertmap", "attrs, cattrs")] for _ in range(rounds)]
    yield "import alertmap", [ours / theirs for ours, theirs in pairs], 1.3, "x import attrs, cattrs"
    one = batch("prometheus_alertmanager", 1)
    yield "first use of one adapter", [_in_process(_FIRST, one) * 1e3 for _ in range(rounds)], 5, "ms"
    if Path("/proc/self/status").exists():
        large = batch("prometheus_alertmanager", 5000, "x" * 1320)
        yield f"peak of a body of {len(large) / 1e6:.1f} MB", [_in_process(_PEAK, large)], 3.5, "x the body"


def main() -> None:
    """Run all payloads and print a table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=21)
    arguments.add_argument("--output", type=Path)
    chosen = arguments.parse_args()
    benchmarks = []
    print(f"{'':32} {'bytes':>8} {'parse us':>9} {'measured':>9} {'target':>7}")
    for case in cases():
        values = timed(case, chosen.rounds)
        parsed, decoded = (median(each) for each in values.values())
        figures = f"{len(case.body):8} {parsed * 1e6:9.1f} {parsed / decoded:9.2f} {case.target or '-':>7}"
        print(f"{case.name:32} {figures} x {case.against}", flush=True)
        for key, seconds in values.items():
            metadata = {"name": f"{case.name}/{key}", "unit": "second"}
            benchmarks.append(pyperf.Benchmark([pyperf.Run(seconds, metadata=metadata, collect_metadata=False)]))
    for name, measured, target, unit in once(chosen.rounds):
        print(f"{name:32} {'':8} {'':9} {median(measured):9.2f} {target:>7} {unit}", flush=True)
    if chosen.output:
        pyperf.BenchmarkSuite(benchmarks).dump(str(chosen.output), replace=True)


if __name__ == "__main__":
    main()

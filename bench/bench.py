"""Prints microseconds per call, and ratios to decoding the same bytes. Gates nothing: machines are noisy.

All functions of a payload run in one process, in interleaved rounds of CPU time; the median of the rounds counts. The
figures are kept as a pyperf suite with `--output FILE`, so that `pyperf compare_to` can tell two of them apart.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import orjson
import pyperf

from alertmap import Request, parse
from alertmap.testing.fixtures import load

FIXTURES = Path(__file__).parents[1] / "fixtures"
ROUND = 0.02  # seconds of CPU time of one function in one round
CASES = [
    ("kapacitor", "critical"),
    ("kapacitor", "aggregate"),
    ("influxdb3", "threshold_warn"),
    ("influxdb3", "json_firing"),
]


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


def main() -> None:
    """Run all payloads and print a table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=21)
    arguments.add_argument("--output", type=Path)
    chosen = arguments.parse_args()
    benchmarks = []
    print(f"{'payload':32} {'bytes':>7} {'parse us':>9} {'x json':>7} {'x orjson':>9}")
    for vendor, name in CASES:
        case = next(case for case in load(FIXTURES / vendor) if case.name == name)
        body = case.request.body
        assert isinstance(body, bytes)
        request = Request(body)
        values = interleaved(
            {
                "parse": lambda vendor=vendor, request=request: parse(vendor, request),  # type: ignore[misc]
                "json": lambda body=body: json.loads(body),  # type: ignore[misc]
                "orjson": lambda body=body: orjson.loads(body),  # type: ignore[misc]
            },
            chosen.rounds,
        )
        whole, plain, fast = (median(values[key]) for key in ("parse", "json", "orjson"))
        label = f"{vendor}/{name}"
        print(f"{label:32} {len(body):7} {whole * 1e6:9.1f} {whole / plain:7.1f} {whole / fast:9.1f}")
        for key, seconds in values.items():
            run = pyperf.Run(seconds, metadata={"name": f"{label}/{key}", "unit": "second"}, collect_metadata=False)
            benchmarks.append(pyperf.Benchmark([run]))
    if chosen.output:
        pyperf.BenchmarkSuite(benchmarks).dump(str(chosen.output), replace=True)


if __name__ == "__main__":
    main()

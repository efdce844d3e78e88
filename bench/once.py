"""One-time costs, each measured in a new process: import, first use, peak memory of a large body."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench.cases import batch, large
from bench.rounds import Seconds, in_process, ratio
from bench.row import Row

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


def rows(rounds: int, *, quick: bool) -> Iterator[Row]:
    """Measure import, first use and peak memory."""
    rounds = 1 if quick else rounds
    names = ("alertmap", "attrs, cattrs", "attrs")
    imports: Seconds = {name: [] for name in names}
    for round_ in range(rounds + 1):
        for name in names:
            seconds = float(in_process(_IMPORT.format(name)))
            if round_:  # the first round compiles
                imports[name].append(seconds)
    note = f"{median(imports['alertmap']) * 1e3:.0f} ms"
    both = ratio(imports, "alertmap", "attrs, cattrs")
    yield Row("import alertmap", both, "x import attrs, cattrs", 1.3, note=note, seconds=imports)
    yield Row("import alertmap, beside attrs alone", ratio(imports, "alertmap", "attrs"), "x import attrs", stretch=1.3)
    one = batch("prometheus_alertmanager", 1)
    first = [float(in_process(_FIRST, one)) for _ in range(rounds + 1)][1:]
    yield Row("first use of an adapter", median(first) * 1e3, "ms", 5, 2, seconds={"first": first})
    if Path("/proc/self/status").exists():  # Linux only
        body = large()
        peaks = [float(in_process(_PEAK, body)) for _ in range(1 if quick else 3)]
        yield Row(f"memory: peak of a body of {len(body) / 1e6:.1f} MB", median(peaks), "x the body", 3.5, 3)

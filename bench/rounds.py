"""Measurement: interleaved rounds of CPU time, so that a slow moment of the machine affects all functions alike."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

ROUND = 0.02  # seconds of CPU time of one function in one round

Seconds = dict[str, list[float]]
"""Seconds of CPU time per call, by function and round."""


def interleaved(functions: Mapping[str, Callable[[], object]], rounds: int) -> Seconds:
    """Run all functions in turn, for a number of rounds."""
    loops = {name: _loops(function) for name, function in functions.items()}
    values: Seconds = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            values[name].append(_time(function, loops[name]) / loops[name])
    return values


def ratio(seconds: Seconds, over: str, under: str) -> float:
    """Return the ratio of the medians of two functions."""
    return median(seconds[over]) / median(seconds[under])


def spread(seconds: Seconds, over: str, under: str) -> float:
    """Return how far the ratio of two functions varies: the middle half of its rounds, as a part of their median."""
    ratios = [mine / other for mine, other in zip(seconds[over], seconds[under], strict=True)]
    if len(ratios) < 2:  # noqa: PLR2004 - one round does not vary
        return 0.0
    low, middle, high = quantiles(ratios)
    return (high - low) / middle


def in_process(program: str, body: bytes = b"") -> str:
    """Run a program in a new process, with all modules compiled before, and return its output."""
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = _compiled().name
    command = [sys.executable, "-c", program]
    root = Path(__file__).parents[1]
    done = subprocess.run(command, input=body, capture_output=True, check=True, cwd=root, env=environment)  # noqa: S603
    return done.stdout.decode()


@cache
def _compiled() -> "TemporaryDirectory[str]":
    return TemporaryDirectory()


def _time(function: Callable[[], object], loops: int) -> float:
    start = time.process_time()
    for _ in range(loops):
        function()
    return time.process_time() - start


def _loops(function: Callable[[], object]) -> int:
    function()  # one-time work of a first call does not count
    loops = 1
    while (seconds := _time(function, loops)) < ROUND / 4:
        loops *= 2
    return max(1, round(loops * ROUND / seconds))

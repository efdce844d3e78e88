"""Parsing of bytes to alerts, beside decoding of the same bytes."""

import json
from collections.abc import Iterator
from functools import partial
from statistics import median

from alertmap import Request, parse
from bench import byhand
from bench.cases import Case, batch, cases, decoder, without_orjson
from bench.rounds import Seconds, in_process, interleaved, ratio, spread
from bench.row import Row

_WITHOUT_ORJSON = """
import json, sys
sys.modules["orjson"] = None  # makes `import orjson` fail
from bench import cases, parsing
print(json.dumps(parsing.timed(cases.without_orjson(), {rounds})))
"""


def rows(rounds: int) -> Iterator[Row]:
    """Measure every body."""
    for case in cases():
        yield _row(case, timed(case, rounds))
    yield from by_hand(rounds)
    yield _row(without_orjson(), json.loads(in_process(_WITHOUT_ORJSON.format(rounds=rounds))))


def by_hand(rounds: int) -> Iterator[Row]:
    """Measure the hand-written function of `bench.byhand`."""
    for count in (100, 1):
        body = batch(byhand.VENDOR, count)
        loads = decoder("orjson.loads")
        seconds = interleaved({"by hand": partial(byhand.alerts, body, loads), "loads": partial(loads, body)}, rounds)
        yield Row(
            f"by hand: alertmanager, {count}",
            ratio(seconds, "by hand", "loads"),
            "x orjson.loads",
            spread=spread(seconds, "by hand", "loads"),
            seconds=seconds,
        )


def timed(case: Case, rounds: int) -> Seconds:
    """Measure parsing and decoding of a body."""
    request = Request(case.body)
    decode = decoder(case.against)
    return interleaved(
        {"parse": lambda: parse(case.vendor, request), case.against: lambda: decode(case.body)},
        rounds,
    )


def _row(case: Case, seconds: Seconds) -> Row:
    return Row(
        what=f"parse: {case.name}",
        measured=ratio(seconds, "parse", case.against),
        unit=f"x {case.against}",
        target=case.target,
        stretch=case.stretch,
        note=f"{median(seconds['parse']) * 1e6:,.1f} µs, {len(case.body):,} bytes",
        spread=spread(seconds, "parse", case.against),
        seconds=seconds,
    )

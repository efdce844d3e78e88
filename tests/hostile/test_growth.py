"""Work in proportion to the input: a hostile body of twice the size runs at most two and a half times the lines.

Lines are counted, no clock is read. What a line does in C is not seen here: patterns have a test of their own, and
`nox -s hostile` measures all of it by time and memory.
"""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType
from typing import Any

import pytest

from alertmap import AdapterError, Batch, PayloadError, Request, Source, detect, parse, vendors, wire
from alertmap.intake.dedup import MAX_KEY
from alertmap.intake.scrub import MAX_MESSAGE, MAX_TITLE, MAX_VALUE
from alertmap.model import Problem
from bench.hostile import DETECT, kinds
from bench.hostile_bodies import Hostile, as_they_are, in_fields

SIZE = 2_000
SIZE_OF_FIELD = 9_000
"""Beyond the sizes from which on long texts are read in another way."""
GROWTH = 2.5
LEAST = 1_000
"""Lines that any request may run."""
ELEMENTS = 100
OF_FIELDS = 3
"""Bodies of fields of one vendor: all of them take minutes."""
LONGEST = 4_000
"""Characters of a message, or of a path."""

BODIES = tuple(as_they_are())


def lines(call: Callable[[], object]) -> int:
    """Count the lines that a call runs, in all modules; each turn of a comprehension is one."""
    count = 0

    def trace(_frame: FrameType, _event: str, _argument: Any) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def outcome(request: Request, vendor: str, body: Hostile) -> Batch | PayloadError | None:
    """Read a body with one adapter, or detect it; a refusal is an outcome like any other."""
    try:
        if vendor == DETECT:
            detect(request)
            return None
        return parse(vendor, request, source=Source("s", options=body.options))
    except AdapterError:
        raise
    except PayloadError as error:
        return error


def assert_linear(body: Hostile, vendor: str, most: int = SIZE) -> None:
    """Assert that twice the body runs at most 2.5 times the lines."""
    size = min(most, body.each * ELEMENTS) if body.each else most
    counts = []
    for request in (body.make(size), body.make(2 * size)):
        call = partial(outcome, request, vendor, body)
        call()  # what is made on first use does not count
        counts.append(lines(call))
    assert counts[1] <= GROWTH * max(counts[0], LEAST), (body.name, vendor, counts)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.name)
def test_lines_grow_with_the_body(body: Hostile) -> None:
    """Each body, with its adapters, or one of each kind, and in detection."""
    for vendor in body.vendors or kinds():
        assert_linear(body, vendor)


@pytest.mark.parametrize("vendor", vendors())
def test_lines_grow_with_a_field(vendor: str) -> None:
    """A sample of the bodies that have a text, a list or an object in one field."""
    bodies = list(in_fields([vendor]))
    assert {body.name.partition(" of ")[0] for body in bodies} <= {"a text", "a list", "an object"}
    assert len(bodies) >= OF_FIELDS
    for body in bodies[:: -(-len(bodies) // OF_FIELDS)]:
        assert_linear(body, vendor, SIZE_OF_FIELD)


@pytest.mark.parametrize("vendor", vendors())
def test_every_outcome_is_bounded(vendor: str) -> None:
    """Every body, with every adapter: only errors of payloads, and no text of any length in what comes out."""
    for body in BODIES:
        if not body.vendors or vendor in body.vendors:
            found = outcome(body.make(SIZE_OF_FIELD), vendor, body)
            assert max(map(len, texts(found)), default=0) <= LONGEST, (body.name, vendor)
            for alert in found.alerts if isinstance(found, Batch) else ():
                assert len(alert.dedup_key) <= MAX_KEY
                assert (len(alert.title) <= MAX_TITLE, len(alert.message) <= MAX_MESSAGE) == (True, True)
                assert max(map(len, (*alert.labels, *alert.labels.values())), default=0) <= MAX_VALUE


def texts(found: Batch | PayloadError | None) -> Iterator[str]:
    """Yield messages and paths."""
    problems: tuple[Problem, ...] = () if found is None else found.problems
    if isinstance(found, Batch):
        problems += tuple(problem for alert in found for problem in alert.problems)
    elif found is not None:
        yield str(found)
    for problem in problems:
        yield problem.path
        yield problem.message


@wire.model
class Old:
    """One form of an element."""

    event: str
    incident: wire.Json


@wire.model
class Older:
    """Another form of it."""

    type: str
    data: wire.Json


def test_elements_that_fit_none_of_two_models_cost_at_most_three_times_those_of_one() -> None:
    """Only the first of very many are described; all others are counted, whatever the type of an element."""

    def cost(hint: Any) -> int:
        def refused() -> None:
            with pytest.raises(wire.Mismatch):
                wire.structure(wire.plain([{}] * 10_000), hint)

        refused()
        return lines(refused)

    assert cost(wire.Items[Old | Older]) <= 3 * cost(wire.Items[Old])


def test_the_count_sees_a_loop_in_a_loop() -> None:
    """Work that grows with the square of its input does not pass."""

    def squared(size: int) -> int:
        return sum(1 for _ in range(size) for _ in range(size))

    counts = [lines(partial(squared, size)) for size in (100, 200)]
    assert counts[1] > GROWTH * counts[0]


def test_a_body_of_every_name_is_another() -> None:
    """Names tell bodies apart: a failing one is found by its name."""
    assert len({body.name for body in BODIES}) == len(BODIES)

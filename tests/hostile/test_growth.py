"""Work in proportion to the input: a hostile body of twice the size runs at most two and a half times the lines.

Lines are counted, no clock is read. What a line does in C is not seen here: patterns have a test of their own, and
`nox -s hostile` measures all of it by time and memory.
"""

import sys
from collections.abc import Callable, Iterable
from functools import partial
from types import FrameType
from typing import Any

import pytest

from alertmap import AdapterError, AlertmapError, Limits, Request, Source, detect, parse, vendors
from bench.hostile import DETECT
from bench.hostile_bodies import Hostile, as_they_are, in_fields

SIZE = 2_000
SIZE_OF_FIELD = 9_000
"""Beyond the sizes from which on long texts are read in another way."""
GROWTH = 2.5
LEAST = 1_000
"""Lines that any request may run."""
ELEMENTS = 100
EVERY = 89
"""The step through the bodies of fields: all of them take minutes."""

AS_THEY_ARE = tuple(as_they_are())
FIELDS = tuple(in_fields())[::EVERY]


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


def tried(request: Request, vendor: str, body: Hostile) -> None:
    """Read a body with one adapter, or detect it; a refusal is an outcome like any other."""
    try:
        if vendor == DETECT:
            detect(request)
        else:
            parse(vendor, request, source=Source("s", options=body.options))
    except AdapterError:
        raise
    except AlertmapError:
        pass


def assert_linear(body: Hostile, tried_on: Iterable[str], most: int = SIZE) -> None:
    """Assert that twice the body runs at most 2.5 times the lines, with each of these adapters."""
    size = min(most, body.each * ELEMENTS) if body.each else most
    short, long = body.make(size), body.make(2 * size)
    for vendor in tried_on:
        counts = []
        for request in (short, long):
            call = partial(tried, request, vendor, body)
            call()  # what is made on first use does not count
            counts.append(lines(call))
        assert counts[1] <= GROWTH * max(counts[0], LEAST), (body.name, vendor, counts)


@pytest.mark.parametrize("body", AS_THEY_ARE, ids=lambda body: body.name)
def test_lines_grow_with_the_body(body: Hostile) -> None:
    """Each body, with each of its adapters, and in detection."""
    assert_linear(body, body.vendors or (*vendors(), DETECT))


@pytest.mark.parametrize("body", FIELDS, ids=lambda body: body.name)
def test_lines_grow_with_a_field(body: Hostile) -> None:
    """A sample of the bodies that have a text, a list or an object in one field."""
    assert_linear(body, body.vendors, SIZE_OF_FIELD)


def test_every_vendor_has_fields_in_the_sample() -> None:
    """The sample holds each vendor, and each kind of value."""
    assert {vendor for body in FIELDS for vendor in body.vendors} == set(vendors())
    kinds = {body.name.partition(" of ")[0] for body in FIELDS}
    assert kinds == {"a text", "a list", "an object"}


def test_the_count_sees_a_loop_in_a_loop() -> None:
    """Work that grows with the square of its input does not pass."""

    def squared(size: int) -> int:
        return sum(1 for _ in range(size) for _ in range(size))

    counts = [lines(partial(squared, size)) for size in (100, 200)]
    assert counts[1] > GROWTH * counts[0]


def test_a_body_of_every_name_is_another() -> None:
    """Names tell bodies apart, and each grows with the size that is asked for, unless its size lies elsewhere."""
    assert len({body.name for body in AS_THEY_ARE}) == len(AS_THEY_ARE)
    assert all(len(body.make(SIZE).body) < 3 * Limits().max_body for body in AS_THEY_ARE)

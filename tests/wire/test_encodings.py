"""Rules that every named wire type keeps."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertmap import wire
from alertmap.testing.damage import EDGE_VALUES
from structuring import read

ENCODINGS = {
    name: hint for name in wire.__all__ if (hint := getattr(wire, name)) is not None and wire.encoding(hint) is not None
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_wire_types_accept_their_examples(name: str) -> None:
    """A wire type accepts its own examples, from which documents are generated."""
    noted = wire.encoding(ENCODINGS[name])
    assert noted is not None
    assert noted.examples
    for value in noted.examples:
        read(value, ENCODINGS[name])


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("name", ENCODINGS)
@given(st.sampled_from(EDGE_VALUES) | _JSON | st.from_regex(r"[{]?[0-9TZ:.,+=a -]{0,25}[}]?", fullmatch=True))
@settings(max_examples=60)
def test_wire_types_are_total(name: str, value: Any) -> None:
    """A wire type reads any JSON value the same way twice, or raises `Mismatch`."""
    ends = []
    for _ in range(2):
        try:
            ends.append(read(value, ENCODINGS[name]))
        except wire.Mismatch as error:
            ends.append(str(error))
    assert repr(ends[0]) == repr(ends[1])

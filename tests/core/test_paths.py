"""JSON paths: parsed from text, and resolved in a document without an exception."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertmap import ConfigurationError
from alertmap.paths import MISSING, format_path, parse_path, resolve
from alertmap.testing.strategies import anything


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("severity", ("severity",)),
        ("a.b", ("a.b",)),  # a plain key may hold anything
        ("$", ()),
        ("$.a", ("a",)),
        ("$.a.b[0].c", ("a", "b", 0, "c")),
        ("$['a b'][\"c.d\"]", ("a b", "c.d")),
        ("$.übung-1", ("übung-1",)),
    ],
)
def test_parse_path(text: str, where: tuple[str | int, ...]) -> None:
    """A path begins with `$`; any other text is one key."""
    assert parse_path(text) == where


@pytest.mark.parametrize("text", ["", " ", "$a", "$.", "$.a[", "$.a[-1]", "$.a[x]", "$['a]", "$..a", None, 3])
def test_invalid_paths(text: Any) -> None:
    """An invalid path is refused when it is parsed, not when it is resolved."""
    with pytest.raises(ConfigurationError):
        parse_path(text)


def test_resolve() -> None:
    """Objects are indexed by name and lists by number; a missing value is not null."""
    document = {"a": [{"b": None}], "0": 1}
    assert resolve(document, ("a", 0, "b")) is None
    assert resolve(document, ()) is document
    for where in (("a", 1), ("a", "0"), (0,), ("0", "x"), ("b",)):
        assert resolve(document, where) is MISSING


@given(anything, st.lists(st.text(max_size=3) | st.integers(0, 9), max_size=4).map(tuple))
def test_resolve_is_total(document: Any, where: tuple[str | int, ...]) -> None:
    """Any path in any document resolves to a value or to `MISSING`."""
    resolve(document, where)


@given(st.lists(st.from_regex(r"[a-z_]+", fullmatch=True) | st.integers(0, 99), max_size=4).map(tuple))
def test_paths_read_back(where: tuple[str | int, ...]) -> None:
    """A formatted path parses back to the same path."""
    assert parse_path(format_path(where)) == where

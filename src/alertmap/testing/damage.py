"""The damage matrix: every place of a document dropped, or replaced by each of the edge values. Deterministic."""

from collections.abc import Iterator
from typing import Any

from alertmap.paths import JsonPath

EDGE_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.9,
    2**63,
    10**30,
    1e300,
    "",
    " ",
    "null",
    "false",
    "0",
    "nan",
    "abc",
    "\x00\x1b[31m\u202e",
    "{{ unrendered }}",
    "x" * 5000,
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-14:00",
    "javascript:alert(1)",
    [],
    ["abc"],
    [None],
    {},
    {"": None},
    {"a": {"b": ["c"]}},
)
"""What stands in for the real value: null, wrong types, blanks, what looks like something else, what is too large."""


def damaged(document: Any, seen: set[tuple[Any, ...]] | None = None) -> Iterator[tuple[JsonPath, Any]]:
    """Yield `(where, document)` for every damage of a document; the original is never changed.

    Of a list's elements the first that has a place stands for all. `seen` keeps places that were damaged in an earlier
    document of the same shape from being damaged again.
    """
    shape = tuple(sorted(document)) if isinstance(document, dict) else ()
    seen = set() if seen is None else seen
    for where in places(document, ()):
        kind = (shape, *("*" if isinstance(step, int) else step for step in where))
        if kind in seen:
            continue
        seen.add(kind)
        if where:
            yield where, _without(document, where)
        for value in EDGE_VALUES:
            yield where, replaced(document, where, value)


def places(value: Any, where: JsonPath = ()) -> Iterator[JsonPath]:
    """All places of a document, the document itself first."""
    yield where
    if isinstance(value, dict):
        for key, below in value.items():
            yield from places(below, (*where, key))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from places(below, (*where, index))


def replaced(document: Any, where: JsonPath, value: Any) -> Any:
    """A document with another value at a place; what is not on the way there is shared, not copied."""
    if not where:
        return value
    copy: Any = document.copy()
    copy[where[0]] = replaced(document[where[0]], where[1:], value)
    return copy


def _without(document: Any, where: JsonPath) -> Any:
    copy: Any = document.copy()
    if len(where) == 1:
        del copy[where[0]]
    else:
        copy[where[0]] = _without(document[where[0]], where[1:])
    return copy

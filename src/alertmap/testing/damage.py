"""The damage matrix: every place of a document dropped, or replaced by each of the edge values. Deterministic."""

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

from alertmap.paths import MISSING, JsonPath, format_path, resolve

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
"""Values in place of the real one: null, wrong types, blanks, texts that look like other values, too large ones."""


KINDS: tuple[Any, ...] = (None, True, 7, 1.5, "x", [], {})
"""One value of each JSON type, in place of the real one."""


def damaged(
    document: Any,
    seen: set[tuple[Any, ...]] | None = None,
    values: Sequence[Any] = EDGE_VALUES,
    shape: Hashable | None = None,
) -> Iterator[tuple[JsonPath, Any]]:
    """Yield `(where, document)` for every damage of a document; the original is never changed.

    Each place is removed, and replaced by each of `values`.

    Of a list's elements the first that has a place stands for all. `seen` keeps places that were damaged in an earlier
    document of the same shape from being damaged again; None as shape stands for the keys of the document.
    """
    if shape is None:
        shape = tuple(sorted(document)) if isinstance(document, dict) else ()
    seen = set() if seen is None else seen
    for where in places(document, ()):
        kind = (shape, *("*" if isinstance(step, int) else step for step in where))
        if kind in seen:
            continue
        seen.add(kind)
        if where:
            yield where, without(document, where)
        for value in values:
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


def without(document: Any, where: JsonPath) -> Any:
    """A document without the value at a place."""
    copy: Any = document.copy()
    if len(where) == 1:
        del copy[where[0]]
    else:
        copy[where[0]] = without(document[where[0]], where[1:])
    return copy


def described(where: JsonPath, broken: Any = None) -> str:
    """A place in words; with the damaged document also what stands there now."""
    if broken is None:
        return format_path(where)
    value = resolve(broken, where)
    return f"{format_path(where)} {'removed' if value is MISSING else f'replaced by {value!r}'}"

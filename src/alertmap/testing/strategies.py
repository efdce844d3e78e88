"""Hypothesis strategies: documents that a wire model admits, and damaged ones."""

from typing import Any, get_args

from hypothesis import strategies as st

from alertmap import wire
from alertmap.testing.damage import EDGE_VALUES

texts = st.sampled_from(["", " ", "x", "web-1", "a=b,c~d%", "é\u202e\n\x00", "{{ x }}", "OK", "ok", "0"]) | st.text(
    max_size=20
)
"""Texts, the edges first."""

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
"""JSON's scalars."""

anything = st.recursive(scalars, lambda below: st.lists(below, max_size=3) | st.dictionaries(texts, below, max_size=3))
"""Any JSON value."""


def documents(hint: Any) -> st.SearchStrategy[Any]:
    """JSON documents that fit a wire type or model; every optional key there or not, unknown keys beside them."""
    noted = wire.encoding(hint)
    if noted is not None and noted.examples:
        return st.sampled_from(noted.examples)
    if wire.is_model(hint):
        return st.deferred(lambda: _models(hint))
    arguments = get_args(hint)
    match wire.kind_of(hint):
        case "annotated":
            return documents(arguments[0])
        case "union":
            return st.one_of(*(documents(one) for one in arguments))
        case "literal":
            return st.sampled_from(arguments)
        case "list" | "items":
            return st.lists(documents(arguments[0]), max_size=3)
        case "object":
            return st.dictionaries(texts, documents(arguments[1]), max_size=3)
    return {
        str: texts,
        int: st.integers(),
        float: st.floats(allow_nan=False, allow_infinity=False),
        bool: st.booleans(),
        type(None): st.none(),
    }.get(hint, anything)


def _models(cls: type) -> st.SearchStrategy[dict[str, Any]]:
    known = [field for field in wire.fields(cls) if field.fact is None]
    exact = st.fixed_dictionaries(
        {field.key: documents(field.type) for field in known if field.required},
        optional={field.key: documents(field.type) for field in known if not field.required},
    )
    if wire.is_closed(cls):
        return exact
    more = st.dictionaries(texts, anything, max_size=2)
    return st.builds(lambda extra, own: {**extra, **own}, more, exact)


@st.composite
def mutations(draw: st.DrawFn, document: Any) -> Any:
    """A document with up to three places dropped, doubled, replaced by an edge value or by junk."""
    for _ in range(draw(st.integers(1, 3))):
        document = _mutated(draw, document)
    return document


def _mutated(draw: st.DrawFn, document: Any) -> Any:
    here = not isinstance(document, dict | list) or not document or draw(st.integers(0, 3)) == 0
    if here:
        return draw(st.sampled_from(EDGE_VALUES) | anything)
    copy = document.copy()
    place = draw(st.sampled_from(sorted(copy) if isinstance(copy, dict) else range(len(copy))))
    match draw(st.sampled_from(["below", "below", "drop", "double"])):
        case "drop":
            del copy[place]
        case "double" if isinstance(copy, list):
            copy.append(copy[place])
        case _:
            copy[place] = _mutated(draw, copy[place])
    return copy

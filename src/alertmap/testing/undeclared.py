"""Documents without what no wire model of an adapter declares.

Payloads such as Gitea's have a thousand values of which twenty are read. A damage to one of the others cannot show
anything that a damage to all of them at once does not: so the kit damages those together, and the declared ones, each
alone, in a small document.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, get_args

from alertmap import wire
from alertmap.adapter import Adapter
from alertmap.paths import JsonPath, parse_path
from alertmap.testing.damage import KINDS
from alertmap.testing.fixtures import Case
from alertmap.testing.fixtures import document as document_of
from alertmap.testing.outcomes import outcome_of, visible


@lru_cache(maxsize=4096)
def declared_document(adapter: Adapter, case: Case) -> Any:
    """Return the document of a fixture without what no model declares; the document itself where that changes it."""
    document = document_of(case, adapter.formats)
    small = _only(document, _kept(adapter, document), ())
    is_same = visible(outcome_of(adapter, case, small)) == visible(outcome_of(adapter, case, document))
    return small if is_same else document


def undeclared_damages(adapter: Adapter, case: Case) -> Iterator[Any]:
    """Yield the document of a fixture with a value of each JSON type in the place of all that no model declares."""
    document, small = document_of(case, adapter.formats), declared_document(adapter, case)
    if document != small:
        yield from (_filled(document, small, value) for value in KINDS)


def _kept(adapter: Adapter, document: Any) -> set[JsonPath]:
    """Return the places of a document that a shape declares, whichever of them reads it."""
    events = list(enumerate(document)) if adapter.many and isinstance(document, list) else None
    kept = set[JsonPath]()
    for shape in (shape for shape in adapter.shapes if wire.is_model(shape.model)):
        marks = [] if callable(shape.marks) else [parse_path(mark) for mark in shape.marks]
        for where, event in [((), document)] if events is None else [((at,), event) for at, event in events]:
            kept.update(_declared(shape.model, event, where))
            kept.update((*where, *mark) for mark in marks)
    return kept


def _declared(hint: Any, value: Any, where: JsonPath) -> Iterator[JsonPath]:
    """Yield the places below `where` that stay as they are."""
    kind = wire.kind_of(hint)
    if kind == "union":
        for member in get_args(hint):
            yield from _declared(member, value, where)
    elif kind == "annotated" and wire.encoding(hint) is None:
        yield from _declared(get_args(hint)[0], value, where)
    elif wire.is_model(hint):
        if isinstance(value, dict):
            yield from _fields(hint, value, where)
    elif isinstance(value, list) and kind in ("list", "items"):
        for at, one in enumerate(value):
            yield from _declared(get_args(hint)[-1], one, (*where, at))
    else:
        yield where


def _fields(model: type, value: dict[str, Any], where: JsonPath) -> Iterator[JsonPath]:
    yield (*where, _ITSELF)
    for field in wire.fields(model):
        if field.type is wire.Rest:
            yield where
        for key, below in value.items():
            if key not in field.keys and wire.loosen(key) not in field.loose_keys:
                continue
            if below and isinstance(below, dict | list):
                yield from _declared(field.type, below, (*where, key))
            else:
                yield (*where, key)


_ITSELF = -1  # in the place of a key: the object stays, though nothing in it may be declared


def _only(value: Any, kept: set[JsonPath], where: JsonPath) -> Any:
    """Return a value with what is kept, and what that stands in."""
    if where in kept:
        return value
    if isinstance(value, list):
        return [_only(one, kept, (*where, at)) for at, one in enumerate(value)]
    if not isinstance(value, dict):
        return value
    around = {path[len(where)] for path in kept if len(path) > len(where) and path[: len(where)] == where}
    return {key: _only(one, kept, (*where, key)) for key, one in value.items() if key in around}


def _filled(value: Any, small: Any, other: Any) -> Any:
    """Return a value with another one for each part that `small` lacks."""
    if isinstance(value, dict) and isinstance(small, dict):
        return {key: _filled(one, small[key], other) if key in small else other for key, one in value.items()}
    if isinstance(value, list) and isinstance(small, list):
        return [_filled(one, below, other) for one, below in zip(value, small, strict=True)]
    return value

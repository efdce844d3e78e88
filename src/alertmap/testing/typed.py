"""Places of a document with the wire types that stand there."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, get_args

from alertmap import wire
from alertmap.paths import JsonPath, resolve
from alertmap.wire.models import find_key, loose_index


def typed_places(hint: Any, value: Any, where: JsonPath = ()) -> Iterator[tuple[JsonPath, Any]]:
    """Yield each place of a document that a wire type describes, with the type; two types where two fields share a key.

    Of a union of models the first that fits counts. A document that is an array of events has the type of an event.
    """
    yield where, hint
    kind = wire.kind_of(hint)
    if wire.is_model(hint) and isinstance(value, dict):
        yield from _fields(hint, value, where)
    elif kind == "annotated" and wire.encoding(hint) is None:
        yield from _without_itself(get_args(hint)[0], value, where)
    elif kind == "union" and not _is_array(members := get_args(hint), value):
        fitting = [one for one in members if wire.is_model(one) and wire.fits(one, value)][:1]
        for one in fitting or members:
            yield from _without_itself(one, value, where)
    elif kind != "annotated":
        of = get_args(hint)[-1] if kind in ("object", "list", "items") else hint
        for step, one in _below(kind, value):
            yield from typed_places(of, one, (*where, step))


def _fields(model: type, value: dict[str, Any], where: JsonPath) -> Iterator[tuple[JsonPath, Any]]:
    index = loose_index(model, value)
    for field in wire.fields(model):
        key = find_key(field, value, index) if field.fact is None else None
        if key is not None:
            yield from typed_places(field.type, value[key], (*where, key))


def _is_array(members: Sequence[Any], value: Any) -> bool:
    """Return whether a value is a list, and the members of a union are the types of its elements."""
    return isinstance(value, list) and not any(wire.kind_of(one) in ("list", "items", "annotated") for one in members)


def _below(kind: str, value: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, list):
        return enumerate(value)
    return value.items() if kind == "object" and isinstance(value, dict) else ()


def _without_itself(hint: Any, value: Any, where: JsonPath) -> Iterator[tuple[JsonPath, Any]]:
    return (found for found in typed_places(hint, value, where) if found[0] != where or wire.kind_of(hint) == "object")


def open_objects(hint: Any, value: Any) -> dict[JsonPath, Any]:
    """Return the places of objects with any keys, `dict[str, X]`, each with its type X."""
    return {where: get_args(one)[-1] for where, one in typed_places(hint, value) if wire.kind_of(one) == "object"}


def undeclared_places(hint: Any, value: Any) -> set[JsonPath]:
    """Return the places of values that no field declares, in objects whose model has a field of type `wire.Rest`."""
    typed = dict(typed_places(hint, value))
    models = [(where, resolve(value, where)) for where, one in typed.items() if _keeps_rest(one)]
    return {(*where, key) for where, one in models if isinstance(one, dict) for key in one} - typed.keys()


def _keeps_rest(hint: Any) -> bool:
    members = (hint,) if wire.is_model(hint) else get_args(hint)
    return any(field.type is wire.Rest for one in members if wire.is_model(one) for field in wire.fields(one))

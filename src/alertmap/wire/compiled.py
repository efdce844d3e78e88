"""Wire models compiled, on first use, to straight-line code: what the converter does, for a tenth of its cost.

The converter stays the reference, and it alone explains what does not fit: code that is compiled here raises a
`Mismatch` that says nothing on whatever it does not know, and `structure` asks the converter for the value or the
error. Both are made of the same `fields`; a property test holds that nobody can tell them apart.
"""

from collections.abc import Callable, Iterable
from functools import cache
from types import NoneType
from typing import Any, TypeAlias, get_args, get_origin

import attrs
from attrs import NOTHING

from alertmap.decode import DEFAULTS, decode_json
from alertmap.errors import PayloadError
from alertmap.model import Where
from alertmap.wire.converter import kind_of, reference
from alertmap.wire.declare import Undeclared, among, encoding, fields, fits, is_closed, is_model
from alertmap.wire.node import Facts, Mismatch, Node, plain
from alertmap.wire.types import JSON_TYPES, Items, items

Read: TypeAlias = Callable[[Any, Where, Facts], Any]
"""Reads a value that stands somewhere in a document."""


def structure(node: Node, hint: Any) -> Any:
    """Check a decoded value against a type and build it.

    Raises:
        Mismatch: it does not fit; all that does not fit in one object is named at once.
    """
    doubts = node.facts.doubts
    known = len(doubts)
    try:
        for cls in (hint,) if isinstance(hint, type) else _members(hint):
            if not is_model(cls):
                break
            if cls is hint or fits(cls, node.value):
                return _model(cls)(node.value, node.where, node.facts)
    except Mismatch:
        del doubts[known:]
    return reference(node, hint)


def json_in(text: str, hint: Any) -> Any:
    """Read JSON that stands in a text as a wire type; None where it is no such thing."""
    if not text:
        return None
    try:
        return structure(plain(decode_json(text, DEFAULTS)), hint)
    except (PayloadError, Mismatch):
        return None


def builder(cls: type) -> Callable[..., Any]:
    """A function that builds an instance of a class of attrs from the values of all its fields.

    A frozen class sets each of its own fields past its own guard. It is cheaper to fill an instance of a subclass that
    has the same layout and no guard, and to make it one of the class at the end. Where a class does more than to set
    its fields, or the interpreter allows no such thing, the constructor is called.
    """
    names = [attribute.name for attribute in attrs.fields(cls)]
    twin = _twin(cls)
    if twin is None:
        lines = [f"return __cls__({', '.join(f'{it.alias}={it.name}' for it in attrs.fields(cls))})"]
    else:
        filled = [f"__made__.{name} = {name}" for name in names]
        lines = ["__made__ = __new__(__twin__)", *filled, "__made__.__class__ = __cls__", "return __made__"]
    # The arguments are named like the fields: no other name may look like one.
    others = {"__cls__": cls, "__twin__": twin, "__new__": object.__new__}
    build: Callable[..., Any] = _function(f"def build({', '.join(names)}):", lines, others)
    return build


def _twin(cls: type) -> type | None:
    does_more = hasattr(cls, "__attrs_post_init__") or hasattr(cls, "__attrs_pre_init__")
    if does_more or any(not it.init or it.converter or it.validator for it in attrs.fields(cls)):
        return None
    guards = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    try:
        twin = type(cls.__name__, (cls,), {"__slots__": (), **guards})
        made: Any = object.__new__(twin)
        made.__class__ = cls
    except TypeError:
        return None
    return twin


def _function(head: str, lines: Iterable[str], names: dict[str, Any]) -> Any:
    """A function of these lines, which hold no word of any payload: names of fields and keys come from our models."""
    exec("\n    ".join([head, *lines]), names)  # noqa: S102
    return names[head.removeprefix("def ").partition("(")[0]]


@cache
def _model(cls: Any) -> Read:
    if any(isinstance(it.default, _FACTORY) and it.default.takes_self for it in attrs.fields(cls)):
        return _by_reference(cls)
    names: dict[str, Any] = {"MISSING": object(), "Mismatch": Mismatch, "build": builder(cls)}
    lines = ["if type(value) is not dict:", "    raise Mismatch"]
    if is_closed(cls):
        names["declared"] = frozenset(f.key for f in fields(cls) if f.fact is None)
        lines += ["if not value.keys() <= declared:", "    raise Mismatch"]
    for place, (f, attribute) in enumerate(zip(fields(cls), attrs.fields(cls), strict=True)):
        it = f"it{place}"
        if isinstance(f.fact, Undeclared):
            names["declared"] = frozenset(f.key for f in fields(cls) if f.fact is None)
            lines.append(f"{it} = {{key: it for key, it in value.items() if key not in declared}}")
        elif f.fact is not None:
            names[f"fact{place}"] = f.fact
            lines.append(f"{it} = facts.find(fact{place})")
        else:
            names[f"types{place}"], names[f"read{place}"] = _reader(f.type)
            names[f"default{place}"] = attribute.default
            lines += [
                f"{it} = value.get({f.key!r}, MISSING)",
                f"if {it} is MISSING:",
                f"    {_absent(place, attribute.default)}",
                f"elif type({it}) not in types{place}:",
                f"    {it} = read{place}({it}, (*where, {f.key!r}), facts)",
            ]
    lines.append(f"return build({', '.join(f'it{place}' for place in range(len(fields(cls))))})")
    read: Read = _function("def read(value, where, facts):", lines, names)
    return read


_FACTORY: Any = attrs.Factory  # a class, whatever its type stub says


def _absent(place: int, default: Any) -> str:
    if default is NOTHING:
        return "raise Mismatch"
    return f"it{place} = default{place}" + (".factory()" if isinstance(default, _FACTORY) else "")


def _reader(hint: Any) -> tuple[frozenset[type], Read]:
    """The types of values that stay as they are, and what reads all other values."""
    noted = encoding(hint)
    if noted is not None:
        decode = noted.decode
        return noted.unchanged, lambda value, where, facts: decode(Node(value, where, facts))
    if hint in _EXACT:
        return frozenset({hint}), _refuse
    if hint is Any:
        return JSON_TYPES, _by_reference(hint)
    match kind_of(hint):
        case "annotated":
            return _reader(get_args(hint)[0])
        case "union":
            return _union(hint)
        case "literal":
            return frozenset(), _literal(get_args(hint))
        case "list":
            return frozenset(), _list(*_reader(get_args(hint)[0]), list if get_origin(hint) is list else tuple)
        case "object":
            return frozenset(), _object(*_reader(get_args(hint)[1]))
        case "items":
            return frozenset(), _items(get_args(hint)[0])
    return frozenset(), _below(hint) if is_model(hint) else _by_reference(hint)


_EXACT = (str, int, bool, NoneType)


def _refuse(_value: Any, _where: Where, _facts: Facts) -> Any:
    raise Mismatch


def _below(cls: Any) -> Read:
    def read(value: Any, where: Where, facts: Facts) -> Any:
        return _model(cls)(value, where, facts)  # compiled only now: a model may hold itself

    return read


def _by_reference(hint: Any) -> Read:
    return lambda value, where, facts: reference(Node(value, where, facts), hint)


def _members(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if kind_of(hint) == "union" else ()


def _union(hint: Any) -> tuple[frozenset[type], Read]:
    types = {NoneType} & set(get_args(hint))
    members = [member for member in get_args(hint) if member is not NoneType]
    for member in members:
        types |= _reader(member)[0]
        if member not in _EXACT:
            break  # it may take, and change, what a later member would leave as it is
    if len(members) == 1:
        return frozenset(types), _reader(members[0])[1]
    if not all(map(is_model, members)):
        return frozenset(types), _by_reference(hint)

    def read(value: Any, where: Where, facts: Facts) -> Any:
        for member in members:
            if fits(member, value):
                return _model(member)(value, where, facts)
        raise Mismatch

    return frozenset(types), read


def _literal(words: tuple[Any, ...]) -> Read:
    def read(value: Any, _where: Where, _facts: Facts) -> Any:
        if not among(value, words):
            raise Mismatch
        return value

    return read


def _list(types: frozenset[type], one: Read, build: Callable[[list[Any]], Any]) -> Read:
    def read(value: Any, where: Where, facts: Facts) -> Any:
        if type(value) is not list:
            raise Mismatch
        return build([it if type(it) in types else one(it, (*where, at), facts) for at, it in enumerate(value)])

    return read


def _object(types: frozenset[type], one: Read) -> Read:
    def read(value: Any, where: Where, facts: Facts) -> Any:
        if type(value) is not dict:
            raise Mismatch
        made = {}
        for key, it in value.items():
            if type(key) is not str:
                raise Mismatch
            made[key] = it if type(it) in types else one(it, (*where, key), facts)
        return made

    return read


def _items(one: Any) -> Read:
    def read(value: Any, where: Where, facts: Facts) -> Items[Any]:
        return items(Node(value, where, facts), lambda element: structure(element, one))

    return read

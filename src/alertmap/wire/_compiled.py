"""Wire models compiled, on first use, to straight-line code: what the converter does, for a tenth of its cost.

The converter stays the reference, and it alone explains what does not fit: code that is compiled here raises a
`Mismatch` that says nothing on whatever it does not know, and the converter is asked for the value or the error. Both
are made of the same `fields`; a property test holds that nobody can tell them apart. Objects and lists whose values
stay as they are are not copied.
"""

from collections.abc import Callable
from functools import cache, reduce
from operator import or_
from types import NoneType, UnionType
from typing import Any, NamedTuple, TypeAlias, get_args, get_origin

import attrs
from attrs import NOTHING

from alertmap._records import FACTORY, function, twin_of
from alertmap.errors import PayloadError
from alertmap.paths import JsonPath
from alertmap.strict_json import DEFAULTS, decode_json
from alertmap.wire.models import FALLBACK, Undeclared, among, encoding, fields, fits, is_closed, is_model, kind_of
from alertmap.wire.nodes import Mismatch, Node, ParseContext, ReceivedAt, plain
from alertmap.wire.scalars import JSON_TYPES, items

Read: TypeAlias = Callable[[Any, JsonPath, ParseContext], Any]
"""Reads a value that stands somewhere in a document."""


def structure(node: Node, hint: Any) -> Any:
    """Check a decoded value against a type and build it.

    Raises:
        Mismatch: it does not fit; all that does not fit in one object is named at once.
    """
    return reader(hint)(node.value, node.where, node.context)


def structure_slow(node: Node, hint: Any) -> Any:
    """Structure by cattrs: the reference, asked for errors, for what does not fit, and for unusual types."""
    from alertmap.wire._strict import converter  # noqa: PLC0415 - imports cattrs, which most requests never need

    return converter.structure(node, hint)


def reader(hint: Any) -> Read:
    """What checks values against a type and builds them: `structure` for many values of one type."""
    if isinstance(hint, type):
        return _sure((hint,))
    return _sure(hint.__args__) if isinstance(hint, UnionType) else _slow(hint)


def json_in(text: str, hint: Any) -> Any:
    """Read JSON that stands in a text as a wire type, an object or a list; None where it is no such thing."""
    if not text.lstrip().startswith("[" if kind_of(hint) == "list" else "{"):
        return None
    try:
        return structure(plain(decode_json(text, DEFAULTS)), hint)
    except (PayloadError, Mismatch):
        return None


@cache
def _sure(members: tuple[Any, ...]) -> Read:
    """Compiled code for models, the first that fits, and the converter where that gives up."""
    # Unions are kept by their members: `A | B` equals `B | A`.
    hint = reduce(or_, members)
    if not all(is_model(member) or member in _EXACT for member in members):
        return _slow(hint)
    compiled = _first(members)

    def read(value: Any, where: JsonPath, context: ParseContext) -> Any:
        warnings = context.warnings
        known = len(warnings)
        try:
            return compiled(value, where, context)
        except Mismatch:
            del warnings[known:]
        return structure_slow(Node(value, where, context), hint)

    return read


class _Compiled(NamedTuple):
    """A type, compiled."""

    read: Read
    passthrough: frozenset[type] = frozenset()
    """Values of these types stay as they are: `read` need not be asked."""
    of: frozenset[type] = frozenset()
    """The same for lists or objects (`made`) that hold nothing but values of these types."""
    made: type = NoneType
    fast_path: Callable[[Any], Any] | None = None
    """Reads the usual values; `FALLBACK` for all others."""


@cache
def _model(cls: Any) -> Read:
    if any(isinstance(it.default, FACTORY) and it.default.takes_self for it in attrs.fields(cls)):
        return _slow(cls)
    twin = twin_of(cls)
    names: dict[str, Any] = {"MISSING": object(), "FALLBACK": FALLBACK, "Mismatch": Mismatch, "TEXT": _TEXT, "cls": cls}
    names |= {"new": object.__new__, "twin": twin}
    lines = ["if type(value) is not dict:", "    raise Mismatch"]
    if is_closed(cls):
        lines += ["if not value.keys() <= declared:", "    raise Mismatch"]
    names["declared"] = frozenset(f.key for f in fields(cls) if f.fact is None)
    lines += [] if twin is None else ["made = new(twin)"]
    for place, (f, attribute) in enumerate(zip(fields(cls), attrs.fields(cls), strict=True)):
        it = f"it{place}"
        if isinstance(f.fact, Undeclared):
            lines.append(f"{it} = {{key: it for key, it in value.items() if key not in declared}}")
        elif isinstance(f.fact, ReceivedAt):
            lines.append(f"{it} = context.received_at")
        elif f.fact is not None:
            names[f"fact{place}"] = f.fact
            lines.append(f"{it} = context.find(fact{place})")
        else:
            names[f"default{place}"] = attribute.default
            lines += [f"{it} = value.get({f.key!r}, MISSING)", f"if {it} is MISSING:"]
            lines += [f"    {_absent(place, attribute.default)}", *_read_of(_compiled(f.type), f.key, place, names)]
        lines += [] if twin is None else [f"made.{f.name} = {it}"]
    if twin is None:
        passed = [f"{attribute.alias}=it{place}" for place, attribute in enumerate(attrs.fields(cls))]
        lines.append(f"return cls({', '.join(passed)})")
    else:
        lines += ["made.__class__ = cls", "return made"]
    read: Read = function("def read(value, where, context):", lines, names)
    return read


def _absent(place: int, default: Any) -> str:
    if default is NOTHING:
        return "raise Mismatch"
    return f"it{place} = default{place}" + (".factory()" if isinstance(default, FACTORY) else "")


def _read_of(known: _Compiled, key: str, place: int, names: dict[str, Any]) -> list[str]:
    """Lines that read a value that is there."""
    it = f"it{place}"
    names |= {f"read{place}": known.read, f"types{place}": known.passthrough, f"of{place}": known.of}
    ask = f"{it} = read{place}({it}, (*where, {key!r}), context)"
    match list(known.passthrough):
        case []:
            lines = []
        case [one]:
            names[f"type{place}"] = one
            lines = [f"elif type({it}) is type{place}:", "    pass"]
        case _:
            lines = [f"elif type({it}) in types{place}:", "    pass"]
    if known.made is dict:
        keys = f"(context.decoded or TEXT >= set(map(type, {it})))"
        lines += [f"elif type({it}) is dict and of{place} >= set(map(type, {it}.values())) and {keys}:", "    pass"]
    elif known.made is list:
        lines += [f"elif type({it}) is list and of{place} >= set(map(type, {it})):", "    pass"]
    if known.fast_path is None:
        return [*lines, "else:", f"    {ask}"]
    names[f"usual{place}"] = known.fast_path
    return [*lines, f"elif (usual := usual{place}({it})) is not FALLBACK:", f"    {it} = usual", "else:", f"    {ask}"]


_TEXT = frozenset((str,))
_EXACT = (str, int, bool, NoneType)


def _compiled(hint: Any) -> _Compiled:
    noted = encoding(hint)
    if noted is not None:
        decode = noted.decode
        read = lambda value, where, context: decode(Node(value, where, context))  # noqa: E731
        return _Compiled(read, noted.passthrough, fast_path=noted.fast_path)
    if hint in _EXACT:
        return _Compiled(_refuse, frozenset({hint}))
    if hint is Any:
        return _Compiled(_slow(hint), JSON_TYPES)
    match kind_of(hint):
        case "annotated":
            return _compiled(get_args(hint)[0])
        case "union":
            return _union(hint)
        case "literal":
            return _Compiled(_literal(get_args(hint)))
        case "list":
            one = _compiled(get_args(hint)[0])
            is_list = get_origin(hint) is list
            return _Compiled(
                _list(one, list if is_list else tuple),
                of=one.passthrough if is_list else frozenset(),
                made=list if is_list else NoneType,
            )
        case "object":
            one = _compiled(get_args(hint)[1])
            return _Compiled(_object(one), of=one.passthrough, made=dict)
        case "items":
            return _Compiled(_items(get_args(hint)[0]))
    return _Compiled(_below(hint) if is_model(hint) else _slow(hint))


def _refuse(_value: Any, _where: JsonPath, _facts: ParseContext) -> Any:
    raise Mismatch


def _below(cls: Any) -> Read:
    def read(value: Any, where: JsonPath, context: ParseContext) -> Any:
        return _model(cls)(value, where, context)  # compiled only now: a model may hold itself

    return read


def _slow(hint: Any) -> Read:
    return lambda value, where, context: structure_slow(Node(value, where, context), hint)


def _union(hint: Any) -> _Compiled:
    types = {NoneType} & set(get_args(hint))
    members = [member for member in get_args(hint) if member is not NoneType]
    if len(members) == 1:
        one = _compiled(members[0])
        return one._replace(passthrough=one.passthrough | types)
    for member in members:
        types |= _compiled(member).passthrough
        if member not in _EXACT:
            break  # it may take, and change, what a later member would leave as it is
    are_known = all(is_model(member) or member in _EXACT for member in members)
    return _Compiled(_first(tuple(members)) if are_known else _slow(hint), frozenset(types))


def _first(members: tuple[Any, ...]) -> Read:
    """Reads the first model that fits; a member that is no model leaves its own values as they are."""
    if len(members) == 1 and is_model(members[0]):
        return _model(members[0])
    exact = frozenset(members).intersection(_EXACT)
    models = [member for member in members if member not in exact]

    def read(value: Any, where: JsonPath, context: ParseContext) -> Any:
        if type(value) in exact:
            return value
        for model in models:
            if fits(model, value):
                return _model(model)(value, where, context)
        raise Mismatch

    return read


def _literal(words: tuple[Any, ...]) -> Read:
    def read(value: Any, _where: JsonPath, _facts: ParseContext) -> Any:
        if not among(value, words):
            raise Mismatch
        return value

    return read


def _list(one: _Compiled, build: Callable[[list[Any]], Any]) -> Read:
    types, read_one = one.passthrough, one.read

    def read(value: Any, where: JsonPath, context: ParseContext) -> Any:
        if type(value) is not list:
            raise Mismatch
        return build([it if type(it) in types else read_one(it, (*where, at), context) for at, it in enumerate(value)])

    return read


def _object(one: _Compiled) -> Read:
    types, read_one = one.passthrough, one.read

    def read(value: Any, where: JsonPath, context: ParseContext) -> Any:
        if type(value) is not dict:
            raise Mismatch
        made = {}
        for key, it in value.items():
            if type(key) is not str:
                raise Mismatch
            made[key] = it if type(it) in types else read_one(it, (*where, key), context)
        return made

    return read


def _items(one: Any) -> Read:
    return lambda value, where, context: items(value, where, context, reader(one))

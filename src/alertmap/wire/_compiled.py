"""Fast path of the converter: wire models compiled, on first use, to straight-line code.

The converter of cattrs (`_strict.py`) is the reference: it defines which values fit, and it alone explains a misfit.
This module produces the same values in less time (bench rows `the wire model: ...`). It compiles each model to one
function that looks up the keys of the model, checks the types of their values and fills the object, without a call for
a field whose value is used as it stands.

Rules:

- The compiled code may give up at any point: it raises a bare `Mismatch`. Then the problems that it has added are
  removed, and the converter reads the value again, from the start: a field alone where it does not decide, else the
  object. So the compiled code needs no error messages and no rare cases, and every error text comes from the
  converter.
- It may give up on a value that fits. It must never accept a value that the converter refuses, nor produce another
  value or another problem.
- Both sides read the same `fields`, `Encoding`s and `fits`; only the way through them differs.
- `passthrough` holds the types whose values are used as they stand. Objects and lists with such values only are not
  copied: an alert may share them with the decoded document.
- An `Encoding` may have a `fast_path` for the values that most senders write; it returns `FALLBACK` for all others.
- A union of models takes the first model that fits. A union with any other member than models and exact types is left
  to the converter; so are rare models (`_is_rare`).
- The generated code holds keys and names of our models, never text of a payload.

`tests/property/test_compiled_equals_reference.py` holds both equal, value for value and problem for problem, over
fixtures, damaged fixtures and generated documents.
"""

from collections.abc import Callable, Sequence
from functools import cache, reduce
from operator import or_
from types import NoneType, UnionType
from typing import Any, NamedTuple, TypeAlias, get_args, get_origin

import attrs
from attrs import NOTHING

from alertmap._records import FACTORY, compile_function, twin_of
from alertmap.errors import PayloadError
from alertmap.paths import JsonPath
from alertmap.strict_json import DEFAULTS, decode_json
from alertmap.wire.models import (
    FALLBACK,
    Undeclared,
    among,
    encoding,
    fields,
    find_key,
    fits,
    in_text,
    inside_text,
    is_closed,
    is_loose,
    is_model,
    json_or_text,
    kind_of,
    may_fit_any,
)
from alertmap.wire.nodes import Mismatch, Node, ParseContext, ReceivedAt, plain
from alertmap.wire.scalars import JSON_TYPES, items

Read: TypeAlias = Callable[[Any, JsonPath, ParseContext], Any]
"""Function that reads a value at a path of a document."""


def structure(node: Node, hint: Any) -> Any:
    """Check a decoded value against a type and build it.

    Raises:
        Mismatch: the value does not fit; the faults of one object are reported together.
    """
    return reader(hint)(node.value, node.where, node.context)


def structure_slow(node: Node, hint: Any) -> Any:
    """Structure by cattrs, the reference: for errors and for types that are not compiled."""
    from alertmap.wire._strict import converter  # noqa: PLC0415 - imports cattrs, which few requests need

    return converter.structure(node, hint)


def misfit(value: Any, where: JsonPath, models: Sequence[Any]) -> Mismatch:
    """Return the error of a value that fits none of these models; it names the needs of each."""
    try:
        structure_slow(Node(value, where, plain(None).context), reduce(or_, models))
    except Mismatch as error:
        return error
    raise AssertionError("a value that fits no model was structured")


def reader(hint: Any) -> Read:
    """Return the function that checks and builds values of a type: `structure` for many values."""
    if isinstance(hint, type):
        return _with_fallback((hint,))
    noted = None if in_text(hint) else encoding(hint)
    if noted is not None:
        decode = noted.decode
        return lambda value, where, context: decode(Node(value, where, context))
    return _with_fallback(hint.__args__) if isinstance(hint, UnionType) else _by_cattrs(hint)


def json_in(text: str, hint: Any) -> Any:
    """Read the JSON of an object or a list in a text as a wire type; None where the text is something else."""
    if not text.lstrip().startswith("[" if kind_of(hint) == "list" else "{"):
        return None
    try:
        return structure(plain(decode_json(text, DEFAULTS)), hint)
    except (PayloadError, Mismatch):
        return None


@cache
def _with_fallback(members: tuple[Any, ...]) -> Read:
    """Return a reader: the compiled code of the first model that fits, then the converter where that gives up."""
    # The cache key is the tuple of members: as types `A | B` equals `B | A`, but the order counts.
    hint = reduce(or_, members)
    if not all(is_model(member) or member in _EXACT for member in members):
        return _by_cattrs(hint)
    compiled = _first_fit(members)

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
    """A compiled type."""

    read: Read
    passthrough: frozenset[type] = frozenset()
    """Types whose values are used as they stand, without a call of `read`."""
    elements: frozenset[type] = frozenset()
    """Types of entries that are used as they stand: a `container` with such entries only is not copied."""
    container: type = NoneType
    """`list` or `dict`, where `elements` applies."""
    fast_path: Callable[[Any], Any] | None = None
    """Reader of the values that most senders write; returns `FALLBACK` for all others."""


@cache
def _model(cls: Any) -> Read:
    if _is_rare(cls):
        return _by_cattrs(cls)
    twin = twin_of(cls)
    names: dict[str, Any] = {"MISSING": object(), "FALLBACK": FALLBACK, "Mismatch": Mismatch, "TEXT": _TEXT, "cls": cls}
    names |= {"new": object.__new__, "twin": twin}
    lines = ["if type(value) is not dict:", "    raise Mismatch"]
    if is_closed(cls):
        lines += ["if not value.keys() <= declared:", "    raise Mismatch"]
    names["declared"] = frozenset(key for f in fields(cls) if f.fact is None for key in f.keys)
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
            if len(f.keys) == 1:
                key = repr(f.key)
                lines.append(f"{it} = value.get({key}, MISSING)")
            else:
                key = f"key{place}"
                names[f"field{place}"], names["find_key"] = f, find_key
                lines += [f"{key} = find_key(field{place}, value, None)", f"{it} = value.get({key}, MISSING)"]
            null = "" if f.required else f" or ({it} is None and not context.strict)"
            lines.append(f"if {it} is MISSING{null}:")
            if not f.decides:
                names[f"again{place}"] = _again(cls, place, attribute.default)
            read_field = _lines_of(_compiled(f.type), key, place, names, decides=f.decides)
            lines += [f"    {_absent(place, attribute.default)}", *read_field]
        lines += [] if twin is None else [f"made.{f.name} = {it}"]
    if twin is None:
        passed = [f"{attribute.alias}=it{place}" for place, attribute in enumerate(attrs.fields(cls))]
        lines.append(f"return cls({', '.join(passed)})")
    else:
        lines += ["made.__class__ = cls", "return made"]
    read: Read = compile_function("def read(value, where, context):", lines, names)
    return read


def _is_rare(cls: Any) -> bool:
    """Return whether a model is left to the converter."""
    has_rest = any(isinstance(f.fact, Undeclared) for f in fields(cls))
    several = [f for f in fields(cls) if len(f.keys) > 1]
    takes_self = any(isinstance(it.default, FACTORY) and it.default.takes_self for it in attrs.fields(cls))
    return is_loose(cls) or takes_self or any(has_rest or f.own_key_only for f in several)


def _absent(place: int, default: Any) -> str:
    if default is NOTHING:
        return "raise Mismatch"
    return f"it{place} = default{place}" + (".factory()" if isinstance(default, FACTORY) else "")


def _again(cls: Any, place: int, default: Any) -> Callable[[Any, JsonPath, ParseContext, int], Any]:
    """Return the function that reads one field by the converter, where the compiled code gives up."""

    def read(value: Any, where: JsonPath, context: ParseContext, known: int) -> Any:
        from alertmap.wire._strict import DEFAULT, field_reader  # noqa: PLC0415 - imports cattrs

        del context.warnings[known:]
        found = field_reader(cls, place)(Node(value, where, context), None)
        if found is not DEFAULT:
            return found
        return default.factory() if isinstance(default, FACTORY) else default

    return read


def _lines_of(known: _Compiled, key: str, place: int, names: dict[str, Any], *, decides: bool) -> list[str]:
    """Return the lines of code that read a value that was sent."""
    it = f"it{place}"
    names |= {f"read{place}": known.read, f"types{place}": known.passthrough, f"elements{place}": known.elements}
    ask = [f"    {it} = read{place}({it}, (*where, {key}), context)"]
    if not decides:
        ask = [
            "    known = len(context.warnings)",
            "    try:",
            f"    {ask[0]}",
            "    except Mismatch:",
            f"        {it} = again{place}(value, where, context, known)",
        ]
    match list(known.passthrough):
        case []:
            lines = []
        case [one]:
            names[f"type{place}"] = one
            lines = [f"elif type({it}) is type{place}:", "    pass"]
        case _:
            lines = [f"elif type({it}) in types{place}:", "    pass"]
    if known.container is dict:
        keys = f"(context.decoded or TEXT >= set(map(type, {it})))"
        lines += [
            f"elif type({it}) is dict and elements{place} >= set(map(type, {it}.values())) and {keys}:",
            "    pass",
        ]
    elif known.container is list:
        lines += [f"elif type({it}) is list and elements{place} >= set(map(type, {it})):", "    pass"]
    if known.fast_path is None:
        return [*lines, "else:", *ask]
    names[f"fast{place}"] = known.fast_path
    return [*lines, f"elif (quick := fast{place}({it})) is not FALLBACK:", f"    {it} = quick", "else:", *ask]


_TEXT = frozenset((str,))
_EXACT = (str, int, bool, NoneType)


def _compiled(hint: Any) -> _Compiled:  # noqa: C901 - a case for each kind of type
    noted = encoding(hint)
    if in_text(hint):
        return _Compiled(_json_in(inside_text(hint)))
    if noted is not None:
        decode = noted.decode
        read = lambda value, where, context: decode(Node(value, where, context))  # noqa: E731
        return _Compiled(read, noted.passthrough, fast_path=noted.fast_path)
    if hint in _EXACT:
        return _Compiled(_refuse, frozenset({hint}))
    if hint is Any:
        return _Compiled(_by_cattrs(hint), JSON_TYPES)
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
                elements=one.passthrough if is_list else frozenset(),
                container=list if is_list else NoneType,
            )
        case "object":
            one = _compiled(get_args(hint)[1])
            return _Compiled(_object(one), elements=one.passthrough - {NoneType}, container=dict)
        case "items":
            return _Compiled(_items(get_args(hint)[0]))
    return _Compiled(_deferred(hint) if is_model(hint) else _by_cattrs(hint))


def _refuse(_value: Any, _where: JsonPath, _context: ParseContext) -> Any:
    raise Mismatch


def _deferred(cls: Any) -> Read:
    def read(value: Any, where: JsonPath, context: ParseContext) -> Any:
        return _model(cls)(value, where, context)  # compiled on first use: a model may contain itself

    return read


def _by_cattrs(hint: Any) -> Read:
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
            break  # it may accept, and change, a value that a later member would use as it stands
    are_known = all(is_model(member) or member in _EXACT for member in members)
    return _Compiled(_first_fit(tuple(members)) if are_known else _by_cattrs(hint), frozenset(types))


def _first_fit(members: tuple[Any, ...]) -> Read:
    """Return a reader of the first model that fits; values of exact types are used as they stand."""
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
    def read(value: Any, _where: JsonPath, _context: ParseContext) -> Any:
        if not among(value, words):
            raise Mismatch
        return value

    return read


def _list(one: _Compiled, build: Callable[[list[Any]], Any]) -> Read:
    types, read_one = one.passthrough, one.read

    def read(value: Any, where: JsonPath, context: ParseContext) -> Any:
        if type(value) is not list:
            raise Mismatch
        before = context.enter(where)
        try:
            return build(
                [it if type(it) in types else read_one(it, (*where, at), context) for at, it in enumerate(value)]
            )
        finally:
            context.leave(before)

    return read


def _object(one: _Compiled) -> Read:
    types, read_one = one.passthrough, one.read

    def read(value: Any, where: JsonPath, context: ParseContext) -> Any:
        if type(value) is not dict:
            raise Mismatch
        made = {}
        before = context.enter(where)
        try:
            for key, it in value.items():
                if type(key) is not str:
                    raise Mismatch
                if it is None and not context.strict:
                    continue
                made[key] = it if type(it) in types else read_one(it, (*where, key), context)
        finally:
            context.leave(before)
        return made

    return read


def _json_in(one: Any) -> Read:
    read_one = _compiled(one).read

    def read(value: Any, where: JsonPath, context: ParseContext) -> Any:
        inner = json_or_text(value, Node(value, where, context)) if type(value) is str else value
        return read_one(inner, where, context)

    return read


def _items(one: Any) -> Read:
    may_fit = may_fit_any(get_args(one) if kind_of(one) == "union" else (one,))
    return lambda value, where, context: items(value, where, context, reader(one), may_fit)

"""Strict converter of cattrs: checks a decoded document against a type and builds it. The reference for `_compiled`.

Every primitive accepts only itself: null is not `"None"`, `"false"` is not True, 1.9 is not 1, `"abc"` is not a list.
An optional value that does not fit is left out, with the problem `bad_field`; options and files are read strictly, so
there it is an error. All hooks take a `Node`, which knows its path and the request, instead of a bare value.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import Enum, StrEnum
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin

from cattrs import Converter

from alertmap.model import ProblemCode
from alertmap.paths import JsonPath
from alertmap.wire.models import (
    Field,
    Items,
    Undeclared,
    among,
    encoding,
    fields,
    find_key,
    fits,
    has_unknown_keys,
    in_text,
    inside_text,
    is_closed,
    is_model,
    json_or_text,
    kind_of,
    loose_index,
    may_fit_any,
    undeclared,
)
from alertmap.wire.nodes import Mismatch, Node, kind, kind_name, mismatch
from alertmap.wire.scalars import items
from alertmap.wire.times import rfc3339


def _has_kind(name: str) -> Callable[[Any], bool]:
    return lambda hint: kind_of(hint) == name


converter = Converter()
"""Converter whose hooks take a `Node`, not a bare value: use `structure_slow`."""


def _exactly(expected: type) -> Callable[[Node, Any], Any]:
    name = kind_name(expected)

    def check(node: Node, _: Any) -> Any:
        if type(node.value) is not expected:
            raise mismatch(name, node)
        return node.value

    return check


def _float(node: Node, _: Any) -> float:
    if type(node.value) is float:
        return node.value
    if type(node.value) is int:
        # JSON has one type of number: many senders write 85.0 as `85`.
        try:
            return float(node.value)
        except OverflowError:
            raise mismatch("float", node) from None
    raise mismatch("float", node)


def _moment(node: Node, _: Any) -> datetime:
    moment = rfc3339(node.value) if type(node.value) is str else None
    if moment is None:
        raise mismatch("RFC 3339 text", node)
    return moment


for _type in (str, int, bool, NoneType):
    converter.register_structure_hook(_type, _exactly(_type))
converter.register_structure_hook(float, _float)
converter.register_structure_hook(datetime, _moment)
converter.register_structure_hook_func(lambda hint: hint is Any, lambda node, _: node.value)


class _Collector:
    """Collector of the entries of a list or object: bad ones are left out with a problem, or refused if strict."""

    def __init__(self, node: Node, hint: Any) -> None:
        self.node = node
        self.hint = hint
        self.hook = converter.get_structure_hook(hint)
        self.faults: list[tuple[JsonPath, str]] = []
        self.left_out = 0
        self.before = node.context.enter(node.where)

    def structure(self, entries: Iterable[tuple[str | int, Any]]) -> Iterator[tuple[Any, Any]]:
        """Yield the entries that fit, with their places; those behind too many that do not are left out unread."""
        entries = iter(entries)
        for step, value in entries:
            entry = self._structure(step, value)
            if entry is not _BAD:
                yield step, entry
            elif self.left_out == _MOST_LEFT_OUT:
                break
        self.left_out += sum(1 for _ in entries)

    def _structure(self, step: str | int, value: Any) -> Any:
        node = self.node.at(step, value)
        known = len(node.context.warnings)
        try:
            return self.hook(node, self.hint)
        except Mismatch as error:
            if node.context.strict:
                self.faults.extend(error.faults)
                return _BAD
            del node.context.warnings[known:]
            self.left_out += 1
            if self.left_out <= _NAMED:
                _leave_out(node, error)
            return _BAD

    def finish(self) -> None:
        """Refuse bad entries, if strict; else report how many were left out beyond the reported ones."""
        self.node.context.leave(self.before)
        if self.faults:
            raise Mismatch(*self.faults)
        if self.left_out > _NAMED:
            why = "do not fit" if self.left_out <= _MOST_LEFT_OUT else f"follow {_MOST_LEFT_OUT:,} that do not fit"
            more = f"{self.left_out - _NAMED} more entries {why}; they were left out"
            self.node.warn(ProblemCode.BAD_FIELD, more)


_BAD = object()
_TEXT = frozenset((str,))
_NAMED = 8  # bad entries of a list or object that are reported one by one
_MOST_LEFT_OUT = 2_000  # bad entries of a list or object, behind which no more are read


def _leave_out(node: Node, error: Mismatch) -> None:
    where, message = error.faults[0]
    node.context.warn(where, ProblemCode.BAD_FIELD, f"{message}; it was left out")


@converter.register_structure_hook_factory(_has_kind("list"))
def _list_hook(hint: Any) -> Callable[[Node, Any], Any]:
    build: Any = list if get_origin(hint) is list else tuple

    def check(node: Node, hint: Any) -> Any:
        if type(node.value) is not list:
            raise mismatch("list", node)
        entries = _Collector(node, get_args(hint)[0])
        found = [entry for _, entry in entries.structure(enumerate(node.value))]
        entries.finish()
        return build(found)

    return check


@converter.register_structure_hook_factory(_has_kind("items"))
def _items_hook(_: Any) -> Callable[[Node, Any], Any]:
    def check(node: Node, hint: Any) -> Items[Any]:
        one = get_args(hint)[0]
        hook = converter.get_structure_hook(one)
        may_fit = may_fit_any(get_args(one) if kind_of(one) == "union" else (one,))
        return items(node.value, node.where, node.context, lambda *element: hook(Node(*element), one), may_fit)

    return check


@converter.register_structure_hook_factory(_has_kind("object"))
def _dict_hook(_: Any) -> Callable[[Node, Any], Any]:
    def check(node: Node, hint: Any) -> dict[str, Any]:
        if type(node.value) is not dict:
            raise mismatch("object", node)
        if not _TEXT.issuperset(map(type, node.value)):
            key = next(key for key in node.value if type(key) is not str)
            raise Mismatch((node.where, f"expected text as every key, got {kind(key)}"))
        entries = _Collector(node, get_args(hint)[1])
        strict = node.context.strict
        good = dict(entries.structure(pair for pair in node.value.items() if strict or pair[1] is not None))
        entries.finish()
        return good

    return check


@converter.register_structure_hook_factory(_has_kind("literal"))
def _literal_hook(hint: Any) -> Callable[[Node, Any], Any]:
    words = get_args(hint)
    expected = " or ".join(repr(word) for word in words)

    def check(node: Node, _: Any) -> Any:
        if among(node.value, words):
            return node.value
        raise _not_one_of(expected, node, words)

    return check


def _not_one_of(expected: str, node: Node, words: Iterable[Any]) -> Mismatch:
    """Return the error of a value that is not one of these words."""
    same = "another " if any(type(node.value) is type(word) for word in words) else ""
    return Mismatch((node.where, f"expected {expected}, got {same}{kind(node.value)}"))


def _enum_hook(hint: Any) -> Callable[[Node, Any], Any]:
    words = {member.value: member for member in hint}

    def check(node: Node, _: Any) -> Any:
        if type(node.value) is str and node.value in words:
            return words[node.value]
        raise _not_one_of(f"one of {', '.join(words)}", node, words)

    return check


converter.register_structure_hook_factory(lambda hint: isinstance(hint, type) and issubclass(hint, Enum), _enum_hook)
_cached_enum_hook = cache(_enum_hook)
# cattrs looks for the hook of a base class before it asks the factories: this one would have that of str.
converter.register_structure_hook(StrEnum, lambda node, hint: _cached_enum_hook(hint)(node, hint))


@converter.register_structure_hook_factory(_has_kind("union"))
def _union_hook(_: Any) -> Callable[[Node, Any], Any]:
    # cattrs caches hooks by type, and `A | B` equals `B | A`: the order is that of the hint of each call.
    def check(node: Node, hint: Any) -> Any:
        members = [member for member in get_args(hint) if member is not NoneType]
        if node.value is None and NoneType in get_args(hint):
            return None
        known = len(node.context.warnings)
        # First look for a member that takes the value in full, then for one that leaves out a part.
        for strict in (True,) if node.context.strict else (True, False):
            for member in members:
                if is_model(member):
                    if fits(member, node.value):
                        return converter.structure(node, member)
                    continue
                try:
                    with _strictness(node, strict=strict):
                        return converter.structure(node, member)
                except Mismatch:
                    del node.context.warnings[known:]
        models = [member for member in members if is_model(member)]
        if len(members) == 1 or (len(models) == 1 and type(node.value) is dict):
            return converter.structure(node, (models or members)[0])  # its error is more exact
        raise mismatch(_describe(hint), node)

    return check


@contextmanager
def _strictness(node: Node, *, strict: bool) -> Iterator[None]:
    before = node.context.strict
    node.context.strict = strict
    try:
        yield
    finally:
        node.context.strict = before


def _requirements(cls: type) -> str:
    keys = ", ".join(f.key for f in fields(cls) if f.required) or "none"
    return f"{cls.__name__} (needs {keys})"


def _describe(hint: Any) -> str:
    """Describe the values of a type, in words of JSON."""
    noted = encoding(hint)
    if noted is not None:
        return noted.name
    arguments = get_args(hint)
    match kind_of(hint):
        case "annotated":
            return _describe(arguments[0])
        case "union":
            several = sum(map(is_model, arguments)) > 1
            return " or ".join(_requirements(one) if several and is_model(one) else _describe(one) for one in arguments)
        case "literal":
            return " or ".join(repr(word) for word in arguments)
        case "list" | "items":
            return "list"
        case "object":
            return "object"
    return "object" if is_model(hint) else kind_name(hint)


@converter.register_structure_hook_factory(is_model)
def _model_hook(cls: Any) -> Callable[[Node, Any], Any]:
    known = [(f, field_reader(cls, place)) for place, f in enumerate(fields(cls))]
    declared = sorted({key for f, _ in known if f.fact is None for key in f.keys})

    def check(node: Node, _: Any) -> Any:
        value = node.value
        if type(value) is not dict:
            raise mismatch("object", node)
        before = len(node.context.warnings)
        index = loose_index(cls, value)
        good: dict[str, Any] = {}
        faults: list[tuple[JsonPath, str]] = []
        for f, read in known:
            try:
                found = read(node, index)
            except Mismatch as error:
                faults.extend(error.faults)
            else:
                if found is not DEFAULT:
                    good[f.name] = found
        if is_closed(cls) and has_unknown_keys(cls, value):
            faults.append((node.where, f"expected no other keys than {', '.join(declared)}"))
        if faults:
            # Drop the problems of an object that is not built.
            del node.context.warnings[before:]
            raise Mismatch(*faults)
        return cls(**good)

    return check


DEFAULT = object()
"""Result of a `field_reader` where the default of the field applies."""


@cache
def field_reader(cls: Any, place: int) -> Callable[[Node, Mapping[str, str] | None], Any]:
    """Return the function that reads one field of an object; it takes the object and its `loose_index`."""
    f = fields(cls)[place]
    fact = f.fact
    if isinstance(fact, Undeclared):
        return lambda node, index: undeclared(cls, node.value, index)
    if fact is not None:
        return lambda node, _: node.context.find(fact)

    def read(node: Node, index: Mapping[str, str] | None) -> Any:
        key = find_key(f, node.value, index)
        if key is None:
            if f.required:
                raise Mismatch(((*node.where, f.key), expected()))
            return DEFAULT
        below = node.at(key, node.value[key])
        if below.value is None and not f.required and not node.context.strict:
            return DEFAULT
        if f.own_key_only and key != f.key:
            below.warn(ProblemCode.SYNONYM, f"taken as {f.key}")
        return _sent(f, below, hook())

    # Both on first use: a model may contain itself, and few fields are missing.
    hook = cache(lambda: converter.get_structure_hook(f.type))
    expected = cache(lambda: f"expected {_describe(f.type)}, found nothing")
    return read


def _sent(f: Field, node: Node, hook: Callable[[Node, Any], Any]) -> Any:
    """Return the value of a field that was sent; `DEFAULT` where it does not fit and does not decide."""
    known = len(node.context.warnings)
    try:
        return hook(node, f.type)
    except Mismatch as error:
        if f.decides or node.context.strict:
            raise
        del node.context.warnings[known:]
        _leave_out(node, error)
        return DEFAULT


@converter.register_structure_hook_factory(lambda hint: encoding(hint) is not None)
def _encoding_hook(hint: Any) -> Callable[[Node, Any], Any]:
    noted = encoding(hint)
    assert noted is not None
    decode = noted.decode
    return lambda node, _: decode(node)


@converter.register_structure_hook_factory(
    in_text
)  # registered after the hook of encodings: cattrs takes the last one that matches
def _in_text_hook(hint: Any) -> Callable[[Node, Any], Any]:
    inner = inside_text(hint)

    def check(node: Node, _: Any) -> Any:
        if type(node.value) is str:
            value = json_or_text(node.value, node)
            if type(value) is str and encoding(inner) is None:
                raise mismatch(f"{_describe(inner)}, or its JSON in a text", node)
            node = Node(value, node.where, node.context)
        return converter.structure(node, inner)

    return check

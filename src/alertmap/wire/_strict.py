"""The one strict converter: a decoded document checked against a type and built.

Every primitive accepts only itself: null is not `"None"`, `"false"` is not True, 1.9 is not 1, `"abc"` is not a list.
All hooks take a `Node` instead of a bare value, which knows its path and the request.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from enum import Enum
from types import NoneType
from typing import Any, get_args, get_origin

from cattrs import Converter

from alertmap.paths import JsonPath
from alertmap.wire.models import Items, Undeclared, among, encoding, fields, fits, is_closed, is_model, kind_of
from alertmap.wire.nodes import Mismatch, Node, kind, kind_name, mismatch
from alertmap.wire.scalars import items
from alertmap.wire.times import rfc3339


def _made_with(name: str) -> Callable[[Any], bool]:
    return lambda hint: kind_of(hint) == name


converter = Converter()
"""Its hooks take a `Node`, not a bare value: use `reference`."""


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
        # JSON has one kind of number: `85` is how many senders write 85.0.
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


@converter.register_structure_hook_factory(_made_with("list"))
def _list_hook(hint: Any) -> Callable[[Node, Any], Any]:
    build: Any = list if get_origin(hint) is list else tuple

    def check(node: Node, hint: Any) -> Any:
        if type(node.value) is not list:
            raise mismatch("list", node)
        return build(_all((node.at(index, value) for index, value in enumerate(node.value)), get_args(hint)[0]))

    def _all(nodes: Iterator[Node], one: Any) -> list[Any]:
        good: list[Any] = []
        faults: list[tuple[JsonPath, str]] = []
        for node in nodes:
            try:
                good.append(converter.structure(node, one))
            except Mismatch as error:
                faults.extend(error.faults)
        if faults:
            raise Mismatch(*faults)
        return good

    return check


@converter.register_structure_hook_factory(_made_with("items"))
def _items_hook(_: Any) -> Callable[[Node, Any], Any]:
    def check(node: Node, hint: Any) -> Items[Any]:
        one = get_args(hint)[0]
        return items(node.value, node.where, node.context, lambda *element: converter.structure(Node(*element), one))

    return check


@converter.register_structure_hook_factory(_made_with("object"))
def _dict_hook(_: Any) -> Callable[[Node, Any], Any]:
    def check(node: Node, hint: Any) -> dict[str, Any]:
        if type(node.value) is not dict:
            raise mismatch("object", node)
        one = get_args(hint)[1]
        good: dict[str, Any] = {}
        faults: list[tuple[JsonPath, str]] = []
        for key, value in node.value.items():
            if type(key) is not str:
                raise Mismatch((node.where, f"expected text as every key, got {kind(key)}"))
            try:
                good[key] = converter.structure(node.at(key, value), one)
            except Mismatch as error:
                faults.extend(error.faults)
        if faults:
            raise Mismatch(*faults)
        return good

    return check


@converter.register_structure_hook_factory(_made_with("literal"))
def _literal_hook(hint: Any) -> Callable[[Node, Any], Any]:
    words = get_args(hint)
    expected = " or ".join(repr(word) for word in words)

    def check(node: Node, _: Any) -> Any:
        if among(node.value, words):
            return node.value
        raise _another(expected, node, words)

    return check


def _another(expected: str, node: Node, words: Iterable[Any]) -> Mismatch:
    """The error that a value is none of these words."""
    same = "another " if any(type(node.value) is type(word) for word in words) else ""
    return Mismatch((node.where, f"expected {expected}, got {same}{kind(node.value)}"))


@converter.register_structure_hook_factory(lambda hint: isinstance(hint, type) and issubclass(hint, Enum))
def _enum_hook(hint: Any) -> Callable[[Node, Any], Any]:
    words = {member.value: member for member in hint}

    def check(node: Node, _: Any) -> Any:
        if type(node.value) is str and node.value in words:
            return words[node.value]
        raise _another(f"one of {', '.join(words)}", node, words)

    return check


@converter.register_structure_hook_factory(_made_with("union"))
def _union_hook(_: Any) -> Callable[[Node, Any], Any]:
    # Hooks are kept by type, and `A | B` equals `B | A`: the order is in the type that is asked for.
    def check(node: Node, hint: Any) -> Any:
        members = [member for member in get_args(hint) if member is not NoneType]
        if node.value is None and NoneType in get_args(hint):
            return None
        warnings = len(node.context.warnings)
        for member in members:
            if is_model(member):
                if fits(member, node.value):
                    return converter.structure(node, member)
                continue
            try:
                return converter.structure(node, member)
            except Mismatch:
                del node.context.warnings[warnings:]
        models = [member for member in members if is_model(member)]
        if len(members) == 1 or (len(models) == 1 and type(node.value) is dict):
            return converter.structure(node, (models or members)[0])  # its own words are more exact
        raise mismatch(_name(hint), node)

    return check


def _wants(cls: type) -> str:
    keys = ", ".join(f.key for f in fields(cls) if f.required) or "none"
    return f"{cls.__name__} (needs {keys})"


def _name(hint: Any) -> str:
    """What a type wants, in words of JSON."""
    noted = encoding(hint)
    if noted is not None:
        return noted.name
    arguments = get_args(hint)
    match kind_of(hint):
        case "annotated":
            return _name(arguments[0])
        case "union":
            several = sum(map(is_model, arguments)) > 1
            return " or ".join(_wants(one) if several and is_model(one) else _name(one) for one in arguments)
        case "literal":
            return " or ".join(repr(word) for word in arguments)
        case "list" | "items":
            return "list"
        case "object":
            return "object"
    return "object" if is_model(hint) else kind_name(hint)


@converter.register_structure_hook_factory(is_model)
def _model_hook(cls: Any) -> Callable[[Node, Any], Any]:  # noqa: C901 - a case for each kind of field
    known = fields(cls)
    declared = {f.key for f in known if f.fact is None}
    closed = is_closed(cls)

    def check(node: Node, _: Any) -> Any:
        value = node.value
        if type(value) is not dict:
            raise mismatch("object", node)
        good: dict[str, Any] = {}
        faults: list[tuple[JsonPath, str]] = []
        for f in known:
            if isinstance(f.fact, Undeclared):
                good[f.name] = {key: it for key, it in value.items() if key not in declared}
            elif f.fact is not None:
                good[f.name] = node.context.find(f.fact)
            elif f.key in value:
                try:
                    good[f.name] = converter.structure(node.at(f.key, value[f.key]), f.type)
                except Mismatch as error:
                    faults.extend(error.faults)
            elif f.required:
                faults.append(((*node.where, f.key), f"expected {_name(f.type)}, found nothing"))
        if closed and value.keys() - declared:
            faults.append((node.where, f"expected no other keys than {', '.join(sorted(declared))}"))
        if faults:
            raise Mismatch(*faults)
        return cls(**good)

    return check


@converter.register_structure_hook_factory(lambda hint: encoding(hint) is not None)
def _encoding_hook(hint: Any) -> Callable[[Node, Any], Any]:
    noted = encoding(hint)
    assert noted is not None
    decode = noted.decode
    return lambda node, _: decode(node)

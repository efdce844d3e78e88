"""How a wire model is declared: a frozen class, and what a field's type can say in `Annotated[...]`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from types import UnionType
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

import attrs
from attrs import NOTHING, frozen

from alertmap._records import give_methods, record
from alertmap.paths import JsonPath
from alertmap.wire.nodes import Fact, Header, Node, Query, ReceivedAt

T = TypeVar("T")


def _keep_names(_cls: type, fields: "list[attrs.Attribute[Any]]") -> "list[attrs.Attribute[Any]]":
    # attrs strips a leading underscore from constructor names, type checkers do not.
    return [field.evolve(alias=field.name) if field.name.startswith("_") else field for field in fields]


@dataclass_transform(kw_only_default=True, frozen_default=True)
def model(cls: type[T] | None = None, /, *, closed: bool = False) -> Any:
    """Declare a wire model: a frozen class with keyword-only fields, named as the vendor names them.

    With `closed=True` keys that are not declared are an error: for a shape that is known by one common key only.
    """

    def declare(cls: type[T]) -> type[T]:
        made = attrs.frozen(cls, kw_only=True, eq=False, repr=False, field_transformer=_keep_names)
        give_methods(made, vars(cls).keys())
        made.__wire_closed__ = closed  # type: ignore[attr-defined]
        return made

    return declare if cls is None else declare(cls)


@frozen(eq=False)
class Encoding:
    """How a value is written on the wire; stands in `Annotated[...]`."""

    name: str
    """For the docs: `RFC 3339 text`."""
    decode: Callable[["Node"], Any]
    examples: tuple[Any, ...] = ()
    """JSON values that it accepts, the odd ones among them: property tests draw from here."""
    passthrough: frozenset[type] = frozenset()
    """Types of values that `decode` gives back as they stand, so that it need not be asked for them."""
    fast_path: Callable[[Any], Any] | None = None
    """What `decode` makes of the values that most senders write, at little cost; `FALLBACK` for all others."""


FALLBACK: Any = object()
"""What `Encoding.fast_path` gives where only `decode` knows."""


@record
class Undeclared:
    """The field holds the keys of its object that the model does not declare."""


@record
class Field:
    """One field of a wire model, as the converter and the docs see it."""

    name: str
    key: str
    type: Any
    required: bool
    fact: Fact | Undeclared | None


@cache
def fields(cls: type) -> tuple[Field, ...]:
    """The fields of a wire model: the key of each on the wire, its type, and whether it must be there."""
    hints = get_type_hints(cls, include_extras=True)
    found = []
    for attribute in attrs.fields(cls):
        notes = get_args(hints[attribute.name])[1:] if get_origin(hints[attribute.name]) is Annotated else ()
        key = next((n.rename for n in notes if isinstance(getattr(n, "rename", None), str)), attribute.name)
        fact = next((n for n in notes if isinstance(n, (Header, Query, ReceivedAt, Undeclared))), None)
        required = attribute.default is NOTHING and fact is None
        found.append(Field(attribute.name, key, hints[attribute.name], required, fact))
    return tuple(found)


def encoding(hint: Any) -> Encoding | None:
    """The `Encoding` that stands in a type, if one does."""
    if get_origin(hint) is not Annotated:
        return None
    return next((note for note in hint.__metadata__ if isinstance(note, Encoding)), None)


def is_closed(cls: type) -> bool:
    """Whether a model refuses keys that it does not declare."""
    return bool(getattr(cls, "__wire_closed__", False))


def is_model(hint: Any) -> bool:
    """Whether a type is a wire model, or another class of attrs."""
    return isinstance(hint, type) and attrs.has(hint)


def _bare(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


@cache
def _marks(cls: type) -> tuple[frozenset[str], frozenset[str] | None, list[tuple[str, tuple[Any, ...]]]]:
    """The keys that a model requires, those that it allows if it is closed, and its `Literal` values."""
    known = fields(cls)
    return (
        frozenset(f.key for f in known if f.required),
        frozenset(f.key for f in known if f.fact is None) if is_closed(cls) else None,
        [(f.key, get_args(_bare(f.type))) for f in known if get_origin(_bare(f.type)) is Literal],
    )


def fits(cls: type, value: Any) -> bool:
    """Whether an object has the keys that a model requires, its `Literal` values, and, if it is closed, no others."""
    required, allowed, literals = _marks(cls)
    if type(value) is not dict or not value.keys() >= required or not (allowed is None or value.keys() <= allowed):
        return False
    return not literals or all(key not in value or among(value[key], words) for key, words in literals)


def among(value: Any, words: tuple[Any, ...]) -> bool:
    """Whether a value is one of these words: of the same type, for `True == 1`."""
    return any(type(value) is type(word) and value == word for word in words)


class Items(Generic[T]):
    """A list of which one bad element costs only itself: iterates over `(where, element)` of the good ones.

    The bad ones become problems of the batch. A list that holds nothing but bad ones does not fit.
    """

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Sequence[tuple[JsonPath, T]] = ()) -> None:
        self._pairs = tuple(pairs)

    def __iter__(self) -> Iterator[tuple[JsonPath, T]]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Items) and self._pairs == other._pairs

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Items({list(self._pairs)!r})"


def kind_of(hint: Any) -> str:
    """What a type is made with: `annotated`, `union`, `literal`, `list`, `items`, `object`; "" for a plain type."""
    return _MADE_WITH.get(get_origin(hint), "")


_MADE_WITH: dict[Any, str] = {
    Annotated: "annotated",
    Union: "union",
    UnionType: "union",
    Literal: "literal",
    list: "list",
    tuple: "list",
    Sequence: "list",
    dict: "object",
    Mapping: "object",
    Items: "items",
}

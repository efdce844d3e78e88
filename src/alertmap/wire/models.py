"""Declaration of wire models: the class decorator, and the notes of a field's type in `Annotated[...]`."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from types import MappingProxyType, NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    NamedTuple,
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
from alertmap.errors import ConfigurationError, PayloadError
from alertmap.model import ProblemCode
from alertmap.paths import JsonPath
from alertmap.strict_json import DEFAULTS, decode_json
from alertmap.wire.nodes import Fact, Header, Node, Query, ReceivedAt, RequestMethod, RequestPath

T = TypeVar("T")


def _keep_names(_cls: type, fields: "list[attrs.Attribute[Any]]") -> "list[attrs.Attribute[Any]]":
    # attrs strips a leading underscore from constructor names, type checkers do not.
    return [field.evolve(alias=field.name) if field.name.startswith("_") else field for field in fields]


@dataclass_transform(kw_only_default=True, frozen_default=True)
def model(cls: type[T] | None = None, /, *, closed: bool = False, loose_keys: bool = False) -> Any:
    """Declare a wire model: a frozen class with keyword-only fields, named as the vendor names them.

    A field without a default decides: where it is absent, null (unless its type takes null) or of another type, the
    model does not fit. A `Literal` and a field typed `None` decide too, with or without a default. Any other field with
    a default never refuses: a value that does not fit is left out, with the problem `bad_field`; null is the default.

    Args:
        cls: the class.
        closed: refuse keys that are not declared: for a shape that has only common keys.
        loose_keys: ignore case, `_`, `-` and blanks in keys: for templates that users write.
    """

    def declare(cls: type[T]) -> type[T]:
        made: Any = attrs.frozen(cls, kw_only=True, eq=False, repr=False, field_transformer=_keep_names)
        give_methods(made, vars(cls).keys())
        made.__wire_closed__ = closed
        made.__wire_loose__ = loose_keys
        declared: type[T] = made
        return declared

    return declare if cls is None else declare(cls)


@record
class Spellings:
    """Keys of a field on the wire, instead of its own name."""

    keys: tuple[str, ...]


@record
class OtherSpellings:
    """Keys of a field on the wire, besides its own name."""

    keys: tuple[str, ...]
    are_synonyms: bool = False


def named(*keys: str) -> Spellings:
    """Name the key of a field that is no identifier, `named("class")`; of several the first that is sent counts."""
    return Spellings(keys)


def also(*keys: str) -> OtherSpellings:
    """Add keys to a field; its own name comes first."""
    return OtherSpellings(keys)


def synonyms(*keys: str) -> OtherSpellings:
    """Add keys that people write instead of a field's own: like `also`, with the problem `synonym` if one is used.

    In a model with loose keys another form of the field's own key is a synonym, too.
    """
    return OtherSpellings(keys, are_synonyms=True)


def json_or_text(text: str, node: Node | None = None) -> Any:
    """Return the JSON value in a text; a text that is not JSON is returned as it stands.

    `node` is where the text stands: a key that is repeated becomes a problem there.
    """
    doubts: list[str] | None = None if node is None else []
    try:
        value = decode_json(text, DEFAULTS, doubts)
    except PayloadError:
        return text
    if node is not None and doubts:
        node.warn(ProblemCode.DUPLICATE_FIELD, doubts[0])
    return value


@record
class InText:
    """Note that the value may be sent as a text of JSON."""


JsonIn = Annotated[T, InText()]
"""Value of this type, or its JSON in a text: `JsonIn[Check]`, `JsonIn[dict[str, Text]]`."""


@frozen(eq=False)
class Encoding:
    """Encoding of a value on the wire; a note in `Annotated[...]`."""

    name: str
    """Description for the docs and for errors: `RFC 3339 text`."""
    decode: Callable[["Node"], Any]
    """Pure function of a node to the value; raises `Mismatch`."""
    examples: tuple[Any, ...] = ()
    """Accepted JSON values, odd ones included; property tests draw from them."""
    passthrough: frozenset[type] = frozenset()
    """Types whose values `decode` returns as they stand, so that no call is needed."""
    fast_path: Callable[[Any], Any] | None = None
    """Fast equivalent of `decode` for the values that most senders write; returns `FALLBACK` for all others."""
    is_total: bool = False
    """True if every JSON value fits."""
    states: Mapping[str, Any] | None = None
    """Table of state words, for `wire.state`."""

    @property
    def takes_null(self) -> bool:
        """True if null is a value: a field without a default may be null."""
        return any(example is None for example in self.examples)


FALLBACK: Any = object()
"""Result of `Encoding.fast_path` for values that need `decode`."""


@record
class Undeclared:
    """Note that the field holds the keys of its object that the model does not declare."""


@record(kw_only=True)
class Field:
    """Field of a wire model, for the converter and the docs."""

    name: str
    keys: tuple[str, ...]
    """Keys on the wire; the first that is sent counts."""
    type: Any
    required: bool
    """The field has no default, so it decides."""
    decides: bool
    """The model does not fit where the value does not."""
    fact: Fact | Undeclared | None = None
    """Source of the value, where that is not a key of the document."""
    own_key_only: bool = False
    """Any key but the exact first one brings a problem."""
    loose_keys: tuple[str, ...] = ()
    """The loose form of each of `keys`, for models with loose keys."""

    @property
    def key(self) -> str:
        """First key on the wire."""
        return self.keys[0]


@cache
def fields(cls: type) -> tuple[Field, ...]:
    """Return the fields of a wire model.

    Raises:
        ConfigurationError: the default of a state field is a state, or its table maps a word to None and the field has
            a default.
    """
    hints = get_type_hints(cls, include_extras=True)
    found = []
    for attribute in attrs.fields(cls):
        hint = hints[attribute.name]
        notes = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        for note in notes:
            if not isinstance(note, _NOTES):
                shown = f"a {type(note).__name__} is no note of a wire type; a field above has the name of the note"
                raise ConfigurationError(f"{cls.__name__}.{attribute.name}: {shown}, so rename one of them")
        own = next((note.keys for note in notes if isinstance(note, Spellings)), (attribute.name,))
        more = next((note for note in notes if isinstance(note, OtherSpellings)), OtherSpellings(()))
        fact = next((note for note in notes if isinstance(note, _FACTS)), None)
        required = attribute.default is NOTHING and fact is None
        decides = required or get_origin(_bare(hint)) is Literal or _is_null(hint)
        noted = encoding(hint)
        if noted is not None and noted.states is not None and not required:
            if attribute.default is not None:
                raise ConfigurationError(f"{cls.__name__}.{attribute.name}: the default of a state is None or nothing")
            if None in noted.states.values():
                message = "a word means no state, so an absent state must not: give the field no default"
                raise ConfigurationError(f"{cls.__name__}.{attribute.name}: {message}")
        keys = (*own, *more.keys)
        found.append(
            Field(
                name=attribute.name,
                keys=keys,
                type=hint,
                required=required,
                decides=decides,
                fact=fact,
                own_key_only=more.are_synonyms,
                loose_keys=tuple(map(loosen, keys)) if is_loose(cls) else (),
            )
        )
    return tuple(found)


_FACTS = (Header, Query, ReceivedAt, RequestPath, RequestMethod, Undeclared)
_NOTES = (Spellings, OtherSpellings, InText, Encoding, *_FACTS)


def find_key(field: Field, value: Mapping[str, Any], index: Mapping[str, str] | None) -> str | None:
    """Return the key under which a field was sent: the first that is not null, else the first; None if absent.

    `index` is the `loose_index` of the object.
    """
    absent = None
    for place, key in enumerate(field.keys):
        if value.get(key) is not None:
            return key
        sent: str | None = key
        if index is not None:  # the key as it stands comes before another form of it
            sent = index.get(field.loose_keys[place])
            if sent is not None and value[sent] is not None:
                return sent
        if absent is None and sent in value:
            absent = sent
    return absent


def loosen(key: str) -> str:
    """Return the form of a key or word in which case, `_`, `-` and blanks do not count; the sign of `-1` does.

    No model and no table knows a key of over 128 characters; it is returned as it stands.
    """
    return key if len(key) > _LONGEST_KEY else _remembered(key)


def _loosened(key: str) -> str:
    if not key.isalnum():
        if _NEGATIVE.match(key):
            return f"-{_loosened(key.lstrip()[1:])}"
        key = key.translate(_ASCII_LOOSE) if key.isascii() else _LOOSE.sub("", key)
    return key.casefold()


_remembered = lru_cache(maxsize=8_192)(_loosened)  # each vendor with loose keys asks for all keys of a document
_LONGEST_KEY = 128
_NEGATIVE = re.compile(r"\s*-[0-9]")
_LOOSE = re.compile(r"[\s_-]+")
_ASCII_LOOSE = dict.fromkeys(map(ord, filter(_LOOSE.match, map(chr, range(128)))))


def loose_keys(value: Mapping[str, Any]) -> Mapping[str, str]:
    """Map the `loosen` form of each key of an object to the key, where several share one to the first that is not null.

    All vendors with loose keys ask for those of a document, so the last two large ones are remembered.
    """
    keys = tuple(value)
    index, repeated = (_remembered_index if _FEW < len(keys) <= _MANY else _index)(keys)
    if repeated:
        found = dict(index)
        for key in repeated:
            loose = loosen(key)
            if value[found[loose]] is None and value[key] is not None:
                found[loose] = key
        return found
    return index


def _index(keys: tuple[str, ...]) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Map the loose form of each key to the first key that has it, and return those keys that are not the first."""
    index: dict[str, str] = {}
    repeated = tuple(key for key in keys if index.setdefault(loosen(key), key) != key)
    return MappingProxyType(index), repeated


_remembered_index = lru_cache(maxsize=2)(_index)
_FEW, _MANY = 32, 150_000


def loose_index(cls: type, value: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Return the `loose_keys` of an object, for a model with loose keys."""
    return loose_keys(value) if is_loose(cls) else None


def encoding(hint: Any) -> Encoding | None:
    """Return the `Encoding` of a type; None where it has none."""
    if get_origin(hint) is not Annotated:
        return None
    return next((note for note in hint.__metadata__ if isinstance(note, Encoding)), None)


def is_closed(cls: type) -> bool:
    """Return whether a model refuses keys that it does not declare."""
    return bool(getattr(cls, "__wire_closed__", False))


def is_loose(cls: type) -> bool:
    """Return whether a model ignores case, `_`, `-` and blanks in keys."""
    return bool(getattr(cls, "__wire_loose__", False))


def is_model(hint: Any) -> bool:
    """Return whether a type is a wire model or another attrs class."""
    return isinstance(hint, type) and attrs.has(hint)


def _bare(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _is_null(hint: Any) -> bool:
    """Return whether null is the only value of a type. Not so for `Discarded`, whose results alone are None."""
    return _bare(hint) in (None, NoneType) and encoding(hint) is None


def takes_null(hint: Any) -> bool:
    """Return whether null is a value of a type."""
    noted = encoding(hint)
    if noted is not None:
        return noted.takes_null
    if hint in (None, NoneType, Any):
        return True
    match kind_of(hint):
        case "annotated":
            return takes_null(get_args(hint)[0])
        case "union":
            return any(takes_null(one) for one in get_args(hint))
        case "literal":
            return None in get_args(hint)
    return False


class _Decisive(NamedTuple):
    """Deciding field, prepared for `fits`."""

    field: Field
    takes_null: bool
    words: tuple[Any, ...] | None
    """Values of a `Literal`; (None,) for a field typed `None`."""
    models: tuple[Any, ...]
    """Models of a required field, one of which must fit in turn."""
    is_text: bool
    """The value may be sent as a text of JSON."""


@cache
def _decisive(cls: type) -> tuple[tuple[str, ...], frozenset[str] | None, tuple[_Decisive, ...]]:
    """Return the keys that must be present and not null, the keys of a closed model, and the other deciding fields."""
    simple, special = [], []
    for field in fields(cls):
        if not field.decides:
            continue
        bare = _bare(field.type)
        words = get_args(bare) if get_origin(bare) is Literal else (None,) if _is_null(field.type) else None
        members = get_args(bare) if kind_of(bare) == "union" else (bare,)
        models = tuple(one for one in members if is_model(one)) if field.required else ()
        if len(models) < len([one for one in members if one is not NoneType]):
            models = ()
        null = takes_null(field.type)
        if words is None and not models and not null and len(field.keys) == 1:
            simple.append(field.key)
        else:
            special.append(_Decisive(field, null, words, models, in_text(field.type)))
    allowed = frozenset(key for f in fields(cls) if f.fact is None for key in f.keys) if is_closed(cls) else None
    return tuple(simple), allowed, tuple(special)


def in_text(hint: Any) -> bool:
    """Return whether a value of a type may be sent as a text of JSON."""
    return get_origin(hint) is Annotated and any(isinstance(note, InText) for note in hint.__metadata__)


def inside_text(hint: Any) -> Any:
    """Return the type inside a `JsonIn`; `Annotated` has flattened `JsonIn[Texts]`."""
    noted = encoding(hint)
    bare = get_args(hint)[0]
    return bare if noted is None else Annotated[bare, noted]


def undeclared(cls: type, value: Mapping[str, Any], index: Mapping[str, str] | None) -> dict[str, Any]:
    """Return the keys of an object that no field of a model takes, with their values.

    `index` is the `loose_index` of the object.
    """
    taken = {find_key(field, value, index) for field in fields(cls) if field.fact is None}
    return {key: it for key, it in value.items() if key not in taken}


def has_unknown_keys(cls: type, value: Mapping[str, Any]) -> bool:
    """Return whether an object has keys that a model does not declare in any spelling."""
    declared = {key for field in fields(cls) if field.fact is None for key in field.keys}
    if not is_loose(cls):
        return not value.keys() <= declared
    return not loose_keys(value).keys() <= set(map(loosen, declared))


def fits(cls: type, value: Any) -> bool:
    """Return whether a value has all that decides whether a model fits.

    That is: it is an object; the required keys are present, in any spelling, and not null unless their type takes null;
    models under these keys fit in turn; `Literal` values match; and a closed model has no other keys.
    """
    if type(value) is not dict:
        return False
    simple, allowed, special = _decisive(cls)
    index = None
    if is_loose(cls) and (allowed is not None or not _has_own_keys(simple, special, value)):
        index = loose_index(cls, value)
    if index is None:
        for key in simple:
            if value.get(key) is None:
                return False
        if allowed is not None and not value.keys() <= allowed:
            return False
    else:
        if any(value.get(index.get(loosen(key), key)) is None for key in simple):
            return False
        if allowed is not None and not index.keys() <= set(map(loosen, allowed)):
            return False
    return all(_has(one, value, index) for one in special)


def _has_own_keys(simple: Sequence[str], special: Sequence[_Decisive], value: Mapping[str, Any]) -> bool:
    """Return whether all that decides stands under its own exact key, so that no other form counts."""
    return all(value.get(key) is not None for key in (*simple, *(one.field.key for one in special)))


def may_fit_any(hints: Sequence[Any]) -> Callable[[Any], bool]:
    """Return the check whether a value may fit one of these types: exact for models, which are most of them."""
    if not all(is_model(hint) or hint is str for hint in hints):
        return lambda _: True
    models = [(hint, next(iter(certain_keys(hint)), None)) for hint in hints if hint is not str]
    takes_text = len(models) < len(hints)

    def may_fit(value: Any) -> bool:
        if type(value) is not dict:
            return takes_text and type(value) is str
        for model, key in models:  # noqa: SIM110 - thousands of elements ask, and a generator takes twice the time
            if (key is None or key in value) and fits(model, value):
                return True
        return False

    return may_fit


def _has(one: _Decisive, value: Mapping[str, Any], index: Mapping[str, str] | None) -> bool:
    key = find_key(one.field, value, index)
    if key is None:
        return not one.field.required
    it = value[key]
    if it is None:
        return one.takes_null or not one.field.required
    if one.words is not None:
        return among(it, one.words)
    if one.is_text and type(it) is str:
        it = json_or_text(it)
    return not one.models or any(fits(model, it) for model in one.models)


def decides(cls: type) -> bool:
    """Return whether a model refuses any object: it has a deciding field, or is closed."""
    return is_closed(cls) or any(field.decides for field in fields(cls))


def certain_keys(cls: type) -> tuple[str, ...]:
    """Return the keys that every object of a model has: required ones with one exact spelling."""
    if is_loose(cls):
        return ()
    return tuple(field.key for field in fields(cls) if field.required and len(field.keys) == 1)


def key_choices(cls: type) -> tuple[frozenset[str], ...]:
    """Return the loose keys of each required field that may have several: one of each set must be there."""
    certain = certain_keys(cls)
    required = (field for field in fields(cls) if field.required and field.fact is None)
    return tuple(frozenset(map(loosen, field.keys)) for field in required if field.key not in certain)


def required_keys(cls: Any) -> tuple[str, ...]:
    """Return the required keys of a model, each in its first spelling; () for any other type."""
    return tuple(field.key for field in fields(cls) if field.required) if is_model(cls) else ()


def shadows(first: type, later: type) -> bool:
    """Return whether every value that fits `later` also fits `first`, so that `later` is never reached behind it."""
    if is_closed(first) or is_loose(first) or is_loose(later):
        return False
    deciding = {field.keys: field for field in fields(later) if field.decides}
    return all(
        field.keys in deciding and len(field.keys) == 1 and _implies(deciding[field.keys], field)
        for field in fields(first)
        if field.decides
    )


def _implies(its: Field, mine: Field) -> bool:
    """Return whether every value that fits one deciding field also fits another."""
    if mine.required and not its.required:
        return False
    theirs, ours = _bare(its.type), _bare(mine.type)
    if get_origin(ours) is Literal:
        return get_origin(theirs) is Literal and set(get_args(theirs)) <= set(get_args(ours))
    if _is_null(mine.type):
        return _is_null(its.type)
    if takes_null(its.type) and not takes_null(mine.type):
        return False
    if is_model(ours):
        return is_model(theirs) and shadows(ours, theirs)
    return kind_of(ours) != "union"


def among(value: Any, words: tuple[Any, ...]) -> bool:
    """Return whether a value is one of these words, of the same type: `True == 1` in Python."""
    return any(type(value) is type(word) and value == word for word in words)


class Items(Generic[T]):
    """List in which a bad element does not affect the others: iterates over `(path, element)` of the good ones.

    The bad ones become problems of the batch. A list that holds only bad ones does not fit.
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
    """Return the kind of a type: `annotated`, `union`, `literal`, `list`, `items`, `object`; "" for a plain type."""
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

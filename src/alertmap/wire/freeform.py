"""Types for values that people fill in: fields with any kind of scalar, and documents without a fixed shape."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple

from alertmap.credentials import is_secret
from alertmap.errors import ConfigurationError
from alertmap.model import Problem, ProblemCode
from alertmap.paths import MISSING, JsonPath, parse_path, resolve
from alertmap.wire.models import Encoding, json_or_text
from alertmap.wire.nodes import Mismatch, Node, kind, mismatch
from alertmap.wire.scalars import LEFT_OUT, number_text


def scalar_text(value: object) -> str | None:
    """Return the text of a scalar: 42.0 is `42`, true is `true`, null is ""; None for an object or a list."""
    if type(value) is bool:
        return str(value).lower()
    if type(value) is int or type(value) is float:
        return number_text(value)
    if value is None:
        return ""
    return value if type(value) is str else None


class Flat:
    """Texts of a document, each with the names that lead to it; iterate once, then ask `is_cut`."""

    __slots__ = ("_left", "_texts", "has_credentials", "is_cut")

    def __init__(self, value: Any) -> None:
        self.is_cut = False
        """Texts were left out, because the names that lead to them are too long."""
        self.has_credentials = False
        """Texts were left out, because they have the names of credentials."""
        self._left = _MOST_NAMES
        self._texts = self._walk(value, (), 0)

    def __iter__(self) -> Iterator[tuple[tuple[str, ...], str]]:
        return self._texts

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems that texts were left out, for the alert that has the others as its labels."""
        cut = [Problem(ProblemCode.TRUNCATED, "$", _CUT)] if self.is_cut else []
        return (*cut, Problem(ProblemCode.CREDENTIAL, "$", LEFT_OUT)) if self.has_credentials else tuple(cut)

    def _walk(self, value: Any, names: tuple[str, ...], length: int) -> Iterator[tuple[tuple[str, ...], str]]:
        text = _text_of(value)
        if text is not None:
            if self._takes(text, length):
                yield names, text
            return
        if length > _LONGEST_NAMES:
            self.is_cut = True
            return
        has_names = type(value) is dict
        below = value.items() if has_names else ((str(index), one) for index, one in enumerate(value))
        for name, one in below:
            if has_names and is_secret(name, one):
                self.has_credentials = self.has_credentials or one not in (None, "")
                continue
            longer = length + len(name) + 1
            text = _text_of(one)
            if text is None:
                yield from self._walk(one, (*names, name), longer)
            elif self._takes(text, longer):
                yield (*names, name), text

    def _takes(self, text: str, length: int) -> bool:
        """Return whether a text is one of the result; `length` is that of its names."""
        if not text or text.isspace():
            return False
        self._left -= length
        self.is_cut = self.is_cut or self._left < 0
        return self._left >= 0


def flatten(value: Any) -> Flat:
    """Return all texts of a document with their paths; a list of scalars is one text.

    Blank texts and credentials are left out. So are texts below names of over 512 characters, and those behind 65,536
    characters of names: the joined names of a long key with many children take many times the memory of the document.
    """
    return Flat(value)


_CUT = "the names of nested values are too long; some values were left out"
_LONGEST_NAMES = 512
_MOST_NAMES = 65_536


def only_key(document: Any) -> str | None:
    """Return the key of an object that has only one, besides nulls and credentials; None for any other document."""
    if type(document) is not dict:
        return None
    sent = (key for key, value in document.items() if value is not None and not is_secret(key, value))
    key = next(sent, None)
    return key if next(sent, None) is None else None


def pick(event: Any, *names: str) -> dict[str, str]:
    """Return text fields of a model by their names, for labels of the same names."""
    return {name: getattr(event, name) for name in names}


def unwrap_payload_field(document: Any) -> Any:
    """Return the JSON in the only field, `payload`, of a form; any other document as it stands.

    Raises:
        Mismatch: the field holds other text.
    """
    name = only_key(document)
    if name is None or name.strip().casefold() != "payload" or type(document[name]) is not str:
        return document
    inner = json_or_text(document[name])
    if type(inner) not in (dict, list):
        raise Mismatch(((name,), "expected JSON of an object or a list in the form field, got other text"))
    return inner


def _text_of(value: object) -> str | None:
    """Return the text of a scalar or of a list of scalars; None for any other value."""
    return _joined(value) if type(value) is list else scalar_text(value)


def _joined(values: list[Any]) -> str | None:
    types = set(map(type, values))
    if types == {int}:
        return ", ".join(map(str, values))
    if dict in types or list in types:
        return None
    return ", ".join(text for value in values if (text := scalar_text(value)))


_LINE = "text, number, boolean, null or a list of such"
_SAME = "text, number, boolean, null or a list of equal ones"
_PATH = "path such as $.alert.status, or a key"


def _line(node: Node) -> str:
    text = _text_of(node.value)
    if text is None:
        raise mismatch(_LINE, node)
    return text


def _same(node: Node) -> str:
    texts = [scalar_text(value) for value in (node.value if type(node.value) is list else [node.value])]
    if None in texts or not texts:
        raise mismatch(_SAME, node)
    if len(set(texts)) > 1:
        raise Mismatch((node.where, "expected one value, got a list of several"))
    return texts[0] or ""


_SCALARS = ("x", "", " ", " x ", 42, 42.0, 1e300, 2**64, True, None)

ScalarText = Annotated[str, Encoding(_LINE, _line, (*_SCALARS, ["x", 1], []), passthrough=frozenset((str,)))]
"""Text of any scalar; the items of a list are joined by commas."""

SingleText = Annotated[str, Encoding(_SAME, _same, (*_SCALARS, ["x", "x"]), passthrough=frozenset((str,)))]
"""Text of any scalar that must be one value: a list may only repeat it."""


class PathOption(NamedTuple):
    """Path in a document, as its user wrote it and parsed."""

    text: str
    where: JsonPath

    def find(self, document: Any) -> Any:
        """Return the value at the path; None where there is none."""
        found = resolve(document, self.where)
        return None if found is MISSING else found


def _path(node: Node) -> PathOption:
    if type(node.value) is not str:
        raise mismatch(_PATH, node)
    try:
        return PathOption(node.value, parse_path(node.value))
    except ConfigurationError as error:
        raise Mismatch((node.where, str(error))) from None


Path = Annotated[PathOption, Encoding(_PATH, _path, ("a", "$.a.b", "$.a[0]['b.c']"))]
"""Path in a document, for options: text that begins with `$`, or a single key."""


def _texts(node: Node) -> dict[str, str]:
    if node.value is None:
        return {}
    if type(node.value) is not dict:
        node.warn(ProblemCode.BAD_FIELD, f"expected object, got {kind(node.value)}; it was left out")
        return {}
    flat = flatten(node.value)
    texts = {".".join(names): text for names, text in flat}
    if flat.is_cut:
        node.warn(ProblemCode.TRUNCATED, _CUT)
    return texts


Texts = Annotated[
    Mapping[str, str],
    Encoding(
        "object of any values, as texts",
        _texts,
        ({"a": "b", "c": {"d": 1, "e": [1, 2]}, "f": None, "g": True}, {}, None, "x", 7, []),
        is_total=True,
    ),
]
"""Texts of any object: nested names are joined by dots; credentials and blank texts are left out.

For objects that users fill as they like: `custom_details`, `content`, `metadata`.
"""

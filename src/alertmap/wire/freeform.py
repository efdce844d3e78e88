"""Types for values that people fill in: fields with any kind of scalar, and documents without a fixed shape."""

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple, TypeVar

from alertmap.credentials import hidden, is_secret
from alertmap.errors import ConfigurationError
from alertmap.model import ProblemCode
from alertmap.paths import MISSING, JsonPath, parse_path, resolve
from alertmap.wire.models import Encoding, json_or_text
from alertmap.wire.nodes import Mismatch, Node, kind, mismatch
from alertmap.wire.scalars import number_text

T = TypeVar("T")


def scalar_text(value: object) -> str | None:
    """Return the text of a scalar: 42.0 is `42`, true is `true`, null is ""; None for an object or a list."""
    if type(value) is bool:
        return str(value).lower()
    if type(value) is int or type(value) is float:
        return number_text(value)
    if value is None:
        return ""
    return value if type(value) is str else None


class Flat(NamedTuple):
    """Texts of a document, each with the names that lead to it."""

    texts: tuple[tuple[tuple[str, ...], str], ...]
    is_cut: bool
    """Texts were left out, because the names that lead to them are too long."""


def flatten(value: Any) -> Flat:
    """Return all texts of a document with their paths; a list of scalars is one text.

    Blank texts and credentials are left out. So are texts below names of over 512 characters, and those behind 65,536
    characters of names: the joined names of a long key with many children take many times the memory of the document.
    """
    texts: list[tuple[tuple[str, ...], str]] = []
    left = _MOST_NAMES
    is_cut = False

    def walk(value: Any, names: tuple[str, ...], length: int) -> None:
        nonlocal left, is_cut
        text = _joined(value) if type(value) is list else scalar_text(value)
        if text is None and length > _LONGEST_NAMES:
            is_cut = True
        elif text is None:
            below = value.items() if type(value) is dict else ((str(index), one) for index, one in enumerate(value))
            for name, one in below:
                if not is_secret(name, one):
                    walk(one, (*names, name), length + len(name) + 1)
        elif text and not text.isspace():
            left -= length
            if left >= 0:
                texts.append((names, text))
            else:
                is_cut = True

    walk(value, (), 0)
    return Flat(tuple(texts), is_cut)


_LONGEST_NAMES = 512
_MOST_NAMES = 65_536


def pick(event: Any, *names: str) -> dict[str, str]:
    """Return text fields of a model by their names, for labels of the same names."""
    return {name: getattr(event, name) for name in names}


def without_secrets(pairs: Mapping[str, T]) -> dict[str, T]:
    """Return the pairs whose names are not those of credentials: for labels and values that users name."""
    return {name: value for name, value in pairs.items() if not is_secret(name, value)}


def hide_secrets(identity: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return an identity with a hash for each value whose name is that of a credential, so that keys stay distinct."""
    return {name: hidden(value) if value and is_secret(name, value) else value for name, value in identity.items()}


def informative_keys(document: Mapping[str, Any]) -> list[str]:
    """Return the keys of a document that are not null and hold no credential."""
    return [key for key, value in document.items() if value is not None and not is_secret(key, value)]


def unwrap_payload_field(document: Any) -> Any:
    """Return the JSON in the only field, `payload`, of a form; any other document as it stands.

    Raises:
        Mismatch: the field holds other text.
    """
    names = informative_keys(document) if type(document) is dict else []
    if len(names) != 1 or names[0].strip().casefold() != "payload" or type(document[names[0]]) is not str:
        return document
    inner = json_or_text(document[names[0]])
    if type(inner) not in (dict, list):
        raise Mismatch(((names[0],), "expected JSON of an object or a list in the form field, got other text"))
    return inner


def _joined(values: list[Any]) -> str | None:
    texts = [scalar_text(value) for value in values]
    return None if None in texts else ", ".join(text for text in texts if text)


_LINE = "text, number, boolean, null or a list of such"
_SAME = "text, number, boolean, null or a list of equal ones"
_PATH = "path such as $.alert.status, or a key"


def _line(node: Node) -> str:
    text = _joined(node.value) if type(node.value) is list else scalar_text(node.value)
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
    if flat.is_cut:
        node.warn(ProblemCode.TRUNCATED, "the names of nested values are too long; some values were left out")
    return {".".join(names): text for names, text in flat.texts}


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

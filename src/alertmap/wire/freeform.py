"""What people fill in by hand: fields whose values come as any kind of scalar, and documents without a fixed shape."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, NamedTuple, TypeVar

from alertmap.credentials import CREDENTIALS
from alertmap.errors import ConfigurationError
from alertmap.model import ProblemCode
from alertmap.paths import MISSING, JsonPath, parse_path, resolve
from alertmap.wire.models import FALLBACK, Encoding
from alertmap.wire.nodes import Mismatch, Node, mismatch
from alertmap.wire.scalars import json_or_text, number_text

T = TypeVar("T")


def scalar_text(value: object) -> str | None:
    """The text of a scalar: 42.0 is `42`, true is `true`, null is the empty text; None of an object or a list."""
    if type(value) is bool:
        return str(value).lower()
    if type(value) is int or type(value) is float:
        return number_text(value)
    if value is None:
        return ""
    return value if type(value) is str else None


def flatten(value: Any, *before: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """All texts of a document with the names on the way to them; a list of scalars is one text.

    What is blank and what is a credential is left out.
    """
    if type(value) is dict:
        for name, below in value.items():
            if name.strip().casefold() not in CREDENTIALS:
                yield from flatten(below, *before, name)
    elif type(value) is list and _joined(value) is None:
        for index, below in enumerate(value):
            yield from flatten(below, *before, str(index))
    else:
        text = _joined(value) if type(value) is list else scalar_text(value)
        if text and text.strip():
            yield before, text


def informative_keys(document: Mapping[str, Any]) -> list[str]:
    """The keys of a document that say something of the alert: no credential, not null."""
    return [key for key, value in document.items() if value is not None and key.strip().casefold() not in CREDENTIALS]


def unwrap_payload_field(document: Any) -> Any:
    """The JSON in a form whose one field `payload` holds it; any other document as it stands.

    Raises:
        Mismatch: the field holds something else.
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
"""One line of text, whatever kind of scalar it was; the items of a list are joined by commas."""

SingleText = Annotated[str, Encoding(_SAME, _same, (*_SCALARS, ["x", "x"]), passthrough=frozenset((str,)))]
"""The same for what must be one value: a list may only repeat it."""


def enum_word(known: Mapping[str, T], contract: Sequence[str]) -> Encoding:
    """A word of a contract, in any case and with a full stop behind it; `known` also has words that are tolerated.

    A tolerated word is a problem of the alert, any other does not fit.
    """
    expected = " or ".join(contract)

    def decode(node: Node) -> T:
        word = _same(node).strip().casefold().rstrip(".!,;: ")
        if word not in known:
            raise Mismatch((node.where, f"expected {expected}, got {'another word' if word else 'nothing'}"))
        if word not in contract:
            node.warn(ProblemCode.SYNONYM, f"a word that the contract does not name; it names {expected}")
        return known[word]

    def usual(value: Any) -> Any:
        return known[value] if type(value) is str and value in contract and value in known else FALLBACK

    return Encoding(expected, decode, tuple(known), fast_path=usual)


class PathOption(NamedTuple):
    """A place in documents of one kind, as its user wrote it and as steps."""

    text: str
    where: JsonPath

    def find(self, document: Any) -> Any:
        """What stands there; None where nothing does."""
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
"""Where something stands in a document, for options: a path that begins with `$`, or a key as it stands."""

"""The named types of the wire. A new oddity is a new name here, with its own test; never an `if` inside a `read`."""

import html
import math
import re
from collections.abc import Callable, Iterable, Mapping
from types import NoneType
from typing import Annotated, Any, TypeVar

from alertmap.errors import PayloadError
from alertmap.model import ProblemCode
from alertmap.paths import JsonPath
from alertmap.strict_json import DEFAULTS, decode_json
from alertmap.wire.models import FALLBACK, Encoding, Items, Undeclared
from alertmap.wire.nodes import Mismatch, Node, ParseContext, mismatch

T = TypeVar("T")


def _text(node: Node) -> str:
    value = node.value
    if type(value) is str:
        return value
    if value is None:
        return ""
    if type(value) is int or type(value) is float:
        return number_text(value)
    raise mismatch("text, number or null", node)


def number_text(value: int | float) -> str:
    """Write a number in one way only: 42, 42.0 and 4.2e1 are all `42`."""
    if type(value) is float and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)


def _key(node: Node) -> str:
    text = _text(node)
    if not text.strip():
        raise Mismatch((node.where, "expected text or number that is not blank"))
    return text


def _usual_key(value: Any) -> Any:
    return value if type(value) is str and value and not value.isspace() else FALLBACK


def _number(node: Node) -> int | float:
    value = node.value
    if type(value) is int or type(value) is float:
        return value
    raise mismatch("number", node)


def _json(node: Node) -> Any:
    return node.value


JSON_TYPES: frozenset[type] = frozenset((dict, list, str, int, float, bool, NoneType))
"""What a decoded document is made of."""

Text = Annotated[
    str,
    Encoding("text, number or null", _text, ("x", "", " ", 42, 4.5, 1e300, 2**64, None), passthrough=frozenset((str,))),
]
"""Text; a number becomes its shortest decimal text, null the empty text."""

NonBlank = Annotated[
    str, Encoding("text or number, not blank", _key, ("x", " x ", 42, 42.0, 2**64), fast_path=_usual_key)
]
"""Text or number that must not be blank; kept as it is, blanks at the ends too."""

Number = Annotated[
    int | float, Encoding("number", _number, (0, -1, 4.5, 2**64, 1e300), passthrough=frozenset((int, float)))
]
"""A number; integers stay exact."""

Json = Annotated[
    object, Encoding("any JSON value", _json, (None, 0, "x", [1], {"a": {"b": 1}}), passthrough=JSON_TYPES)
]
"""Whatever stands there."""

Rest = Annotated[Mapping[str, object], Undeclared()]
"""The keys of the object that the model does not declare, with their values as they stand."""


def _null_text(node: Node) -> str:
    text = _text(node)
    return "" if text == "null" else text


def _usual_null_text(value: Any) -> Any:
    return value if type(value) is str and value != "null" else FALLBACK


def _html_text(node: Node) -> str:
    if type(node.value) is not str:
        raise mismatch("text", node)
    text: str = node.value
    # What Go's templates write, all but `&`: `unescape` makes a call for each entity that it finds.
    for entity, char in (("&#34;", '"'), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">")):
        text = text.replace(entity, char)
    return html.unescape(text)


def _secret(node: Node) -> None:
    _text(node)


def json_or_text(text: str) -> Any:
    """The JSON value that a text holds; a text that is no JSON as it stands."""
    try:
        return decode_json(text, DEFAULTS)
    except PayloadError:
        return text


def _json_text(node: Node) -> Any:
    return json_or_text(node.value) if type(node.value) is str else node.value


_JAVA_PAIR = r",\s*(?=[A-Za-z_][\w.-]*=)"  # a comma within a value is followed by no name


def _java_map(node: Node) -> dict[str, str]:
    value = node.value
    if value is None:
        return {}
    # An equals sign stands only in texts of JSON: without quotes it is none, which costs much to find out otherwise.
    may_be_json = type(value) is str and ('"' in value or "=" not in value)
    found = _names_in(json_or_text(value) if may_be_json else value)
    if found is not None:
        return found
    if type(value) is not str:
        raise mismatch("object of texts, list of such, or text", node)
    text = value.strip()
    if text.startswith("{") and not text.endswith("}"):
        node.warn(ProblemCode.TRUNCATED, "the map has no end; it was not taken apart")
    inner = text[1:-1] if text.startswith("{") and text.endswith("}") else ""
    pairs = [pair.partition("=") for pair in re.split(_JAVA_PAIR, inner)] if "=" in inner else [("", "", text)]
    return _numbered((name.strip(), text.strip()) if equals else ("", name + text) for name, equals, text in pairs)


def _names_in(value: Any) -> dict[str, str] | None:
    objects = value if type(value) is list else [value]
    if not all(type(one) is dict for one in objects):
        return None
    pairs = [(name, _scalar_text(text)) for one in objects for name, text in one.items()]
    return None if any(text is None for _, text in pairs) else _numbered((name, text or "") for name, text in pairs)


def _scalar_text(value: Any) -> str | None:
    if isinstance(value, str | int | float):
        return value if isinstance(value, str) else str(number_or_text(value))
    return "" if value is None else None


def _numbered(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The pairs that say something; a name that comes again is numbered, so that none hides another."""
    named: dict[str, str] = {}
    for name, text in pairs:
        if text not in ("", "null"):
            named[f"{name}[{len(named)}]" if name in named else name] = text
    return named


NullText = Annotated[
    str,
    Encoding(
        "text, number, null, or the word null",
        _null_text,
        ("x", "", "null", 4.5, None),
        fast_path=_usual_null_text,
    ),
]
"""`Text` of a sender that writes what is absent as the word `null`: that is the empty text too."""

HtmlText = Annotated[
    str, Encoding("text with HTML entities", _html_text, ("x", "", "&#34;a&#34; &lt; b &amp;amp; &not; &"))
]
"""Text that was escaped for HTML; here it is not."""

Discarded = Annotated[None, Encoding("text, number or null that is not kept", _secret, ("x", 42, None))]
"""What gives a shape away but is nobody's business: it stays in the document and goes no further."""

JsonText = Annotated[object, Encoding("any JSON value, or JSON in a text", _json_text, (None, "x", "[1]", {"a": "b"}))]
"""Whatever stands there; a text that holds JSON is read."""

JavaMap = Annotated[
    Mapping[str, str],
    Encoding(
        "names and texts: {k=v, k2=v2}, an object, a list of objects, or JSON of these in a text",
        _java_map,
        ("{a=b, c=d,e}", "{}", "", "x", '[{"a":"b"}]', {"a": "b", "c": 1.5}, [{"a": "b"}, {"a": True}, {"d": None}]),
    ),
]
"""Names and texts as Java prints a map, or as JSON; what is blank or `null` is left out. Other text has the name ""."""


def regex(*groups: str) -> Encoding:
    """A regular expression, compiled, that has these named groups: for options."""

    def decode(node: Node) -> re.Pattern[str]:
        if isinstance(node.value, re.Pattern):
            pattern: re.Pattern[str] = node.value
        elif type(node.value) is str:
            try:
                pattern = re.compile(node.value, re.DOTALL)
            except (re.error, RecursionError, OverflowError):
                raise Mismatch((node.where, "expected a regular expression, got other text")) from None
        else:
            raise mismatch("a regular expression", node)
        missing = [group for group in groups if group not in pattern.groupindex]
        if missing:
            raise Mismatch((node.where, f"expected a regular expression with the groups {', '.join(groups)}"))
        return pattern

    return Encoding("regular expression", decode)


def number_in(text: str) -> int | float | str:
    """The number that a text is, exact where it is an integer; any other text as it stands, `nan` and `True` too."""
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _REAL.fullmatch(text) and math.isfinite(float(text)) else text


_INTEGER = re.compile(r"-?[0-9]{1,64}")
_REAL = re.compile(r"-?[0-9]{1,64}(\.[0-9]{1,64})?([eE][+-]?[0-9]{1,4})?")


def number_or_text(value: str | int | float) -> int | float | str:
    """A measured value as alerts carry it: numbers and text as they are, `true` and `false` as text."""
    return str(value).lower() if isinstance(value, bool) else value


def items(
    value: Any, where: JsonPath, context: ParseContext, read_one: Callable[[Any, JsonPath, ParseContext], T]
) -> Items[T]:
    """Structure a list element by element; see `Items`."""
    if type(value) is not list:
        raise mismatch("list", Node(value, where, context))
    good: list[tuple[JsonPath, T]] = []
    faults: list[tuple[JsonPath, str]] = []
    for index, element in enumerate(value):
        at = (*where, index)
        try:
            good.append((at, read_one(element, at, context)))
        except Mismatch as error:
            faults.extend(error.faults)
    if faults:
        if not good:
            raise Mismatch(*faults)
        context.warnings.extend((at, ProblemCode.BAD_ELEMENT, told) for at, told in faults)
    return Items(good)

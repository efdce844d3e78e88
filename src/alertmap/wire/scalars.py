"""Named types of scalars. A new oddity gets a new type here, with its own test, never an `if` inside a `read`."""

import html
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from types import NoneType
from typing import Annotated, Any, TypeVar

from alertmap.credentials import without_inner_secrets
from alertmap.model import ProblemCode
from alertmap.paths import JsonPath
from alertmap.wire.models import FALLBACK, Encoding, Items, Undeclared, json_or_text
from alertmap.wire.nodes import Mismatch, Node, ParseContext, kind, mismatch

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
    """Format a number in its one canonical way: 42, 42.0 and 4.2e1 are all `42`."""
    if type(value) is float and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)


def _key(node: Node) -> str:
    text = _text(node)
    if not text.strip():
        raise Mismatch((node.where, "expected text or number that is not blank"))
    return text


def _fast_key(value: Any) -> Any:
    return value if type(value) is str and value and not value.isspace() else FALLBACK


def _number(node: Node) -> int | float:
    value = node.value
    if type(value) is int or type(value) is float:
        return value
    raise mismatch("number", node)


def _any_text(node: Node) -> str:
    value = node.value
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is dict or type(value) is list:
        node.warn(ProblemCode.BAD_FIELD, f"expected text, got {kind(value)}; its JSON was taken")
        return json.dumps(_json_without_secrets(node), ensure_ascii=False, separators=(",", ":"))
    return _text(node)


def _json(node: Node) -> Any:
    return node.value


LEFT_OUT = "values with the names of credentials were left out"


def _json_without_secrets(node: Node) -> Any:
    kept = without_inner_secrets(node.value)
    if kept is not node.value:
        node.warn(ProblemCode.CREDENTIAL, LEFT_OUT)
    return kept


JSON_TYPES: frozenset[type] = frozenset((dict, list, str, int, float, bool, NoneType))
"""Types of the values of a decoded document."""

Text = Annotated[
    str,
    Encoding("text, number or null", _text, ("x", "", " ", 42, 4.5, 1e300, 2**64, None), passthrough=frozenset((str,))),
]
"""Text; a number becomes its shortest decimal text, null the empty text."""

AnyText = Annotated[
    str,
    Encoding(
        "any JSON value, as text",
        _any_text,
        ("x", "", " ", 42, 4.5, True, None, ["x"], {"a": 1}),
        passthrough=frozenset((str,)),
        is_total=True,
    ),
]
"""`Text` that every value fits, for parts of the identity and for lists whose positions count.

A boolean becomes `true` or `false`; an object or a list becomes its JSON, without credentials, with the problem
`bad_field`.
"""


def inside(*path: str) -> Encoding:
    """Make the encoding of an object of which one text is read: `Annotated[str, wire.inside("metadata", "name")]`.

    The path is that of the text below the field; the text is read as `AnyText`, and is "" where it is absent. Several
    fields may read one object, each with `wire.named` for its key.
    """

    def decode(node: Node) -> str:
        if type(node.value) is not dict:
            raise mismatch("object", node)
        for step in path:
            if type(node.value) is not dict:
                node.warn(ProblemCode.BAD_FIELD, f"expected object, got {kind(node.value)}; it was left out")
                return ""
            value = node.value.get(step)
            if value is None:
                return ""
            node = node.at(step, value)
        return _any_text(node)

    def example(value: Any) -> Any:
        for step in reversed(path):
            value = {step: value}
        return value

    values = ("x", "", 42, None, {"a": 1})
    return Encoding(f"object, of which `{'.'.join(path)}` is read as text", decode, (*map(example, values), {}))


NonBlank = Annotated[
    str, Encoding("text or number, not blank", _key, ("x", " x ", 42, 42.0, 2**64), fast_path=_fast_key)
]
"""Text or number that must not be blank; kept as it is, with blanks at the ends."""

Number = Annotated[
    int | float, Encoding("number", _number, (0, -1, 4.5, 2**64, 1e300), passthrough=frozenset((int, float)))
]
"""Number; integers stay exact."""

Json = Annotated[
    object, Encoding("any JSON value", _json, (None, 0, "x", [1], {"a": {"b": 1}}), passthrough=JSON_TYPES)
]
"""Any JSON value, as it stands."""

JsonWithoutSecrets = Annotated[
    object,
    Encoding(
        "any JSON value, without what has the name of a credential",
        _json_without_secrets,
        (None, 0, "x", [1], {"a": {"b": 1}}),
        passthrough=JSON_TYPES - {dict, list},
    ),
]
"""Any JSON value that becomes a text of the alert: pairs with the names of credentials are left out, with a problem."""

Rest = Annotated[Mapping[str, object], Undeclared()]
"""Keys of the object that the model does not declare, with their values as they stand."""


def _null_text(node: Node) -> str:
    text = _text(node)
    return "" if text == "null" else text


def _fast_null_text(value: Any) -> Any:
    return value if type(value) is str and value != "null" else FALLBACK


_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});?")
_MOST_ENTITIES = 256
_LONGEST_HTML = 16_384  # characters in which entities are looked for


def _html_text(node: Node) -> str:
    if type(node.value) is not str:
        raise mismatch("text", node)
    text: str = node.value
    # Go's templates write these entities, and `&amp;`: no function is called for any of them.
    for entity, char in (("&#34;", '"'), ("&#39;", "'"), ("&#43;", "+"), ("&lt;", "<"), ("&gt;", ">")):
        text = text.replace(entity, char)
    if text.count("&") == text.count("&amp;"):
        return text.replace("&amp;", "&")
    head, tail = text[:_LONGEST_HTML], text[_LONGEST_HTML:]
    head, found = _ENTITY.subn(lambda match: html.unescape(match[0]), head, _MOST_ENTITIES)
    if found == _MOST_ENTITIES or "&" in tail:
        node.warn(ProblemCode.TRUNCATED, "the text has too many HTML entities; the last ones were not read")
    return head + tail


def _secret(node: Node) -> None:
    _text(node)


def _json_text(node: Node) -> Any:
    return json_or_text(node.value, node) if type(node.value) is str else node.value


_JAVA_PAIR = r",\s*(?=[A-Za-z_][\w.-]*=)"  # no name follows a comma inside a value
_MOST_PAIRS = 1_000
_LONGEST_MAP = 16_384


def _java_map(node: Node) -> dict[str, str]:
    value = node.value
    if value is None:
        return {}
    # A text with `=` but no quotes cannot be JSON; skip the expensive attempt.
    may_be_json = type(value) is str and ('"' in value or "=" not in value)
    found = _names_in(json_or_text(value, node) if may_be_json else value)
    if found is not None:
        return found
    if type(value) is not str:
        raise mismatch("object of texts, list of such, or text", node)
    text = value.strip()
    if text.startswith("{") and not text.endswith("}"):
        node.warn(ProblemCode.TRUNCATED, "the map has no end; it was not taken apart")
    inner = text[1:-1] if text.startswith("{") and text.endswith("}") else ""
    is_long = len(inner) > _LONGEST_MAP
    split = re.split(_JAVA_PAIR, inner, maxsplit=_MOST_PAIRS) if "=" in inner and not is_long else []
    if is_long or len(split) > _MOST_PAIRS:
        node.warn(ProblemCode.TRUNCATED, "the map is too long; it was not taken apart")
        split = []
    pairs = [pair.partition("=") for pair in split] or [("", "", text)]
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
    """Return the pairs with a text, as a dict; a repeated name gets a number, so that no pair is lost."""
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
        fast_path=_fast_null_text,
    ),
]
"""`Text` of a sender that writes the word `null` for absent values; it becomes the empty text too."""

HtmlText = Annotated[
    str, Encoding("text with HTML entities", _html_text, ("x", "", "&#34;a&#34; &lt; b &amp;amp; &not; &"))
]
"""Text that the sender escaped for HTML, unescaped."""

Discarded = Annotated[None, Encoding("text, number or null that is not kept", _secret, ("x", 42, None))]
"""Value that identifies a shape but is private or secret; the result is None, only `raw` keeps the value."""

JsonText = Annotated[object, Encoding("any JSON value, or JSON in a text", _json_text, (None, "x", "[1]", {"a": "b"}))]
"""Any JSON value; a text that holds JSON becomes its value."""

JavaMap = Annotated[
    Mapping[str, str],
    Encoding(
        "names and texts: {k=v, k2=v2}, an object, a list of objects, or JSON of these in a text",
        _java_map,
        ("{a=b, c=d,e}", "{}", "", "x", '[{"a":"b"}]', {"a": "b", "c": 1.5}, [{"a": "b"}, {"a": True}, {"d": None}]),
    ),
]
"""Names and texts as Java prints a map, or as JSON; blank texts and `null` are left out. Other text is named ""."""


def regex(*groups: str) -> Encoding:
    """Make the encoding of a regular expression with these named groups, for options."""

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
    """Return the number in a text, exact for integers; any other text as it stands, also `nan` and `True`."""
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _REAL.fullmatch(text) and math.isfinite(float(text)) else text


_INTEGER = re.compile(r"-?[0-9]{1,64}")
_REAL = re.compile(r"-?[0-9]{1,64}(\.[0-9]{1,64})?([eE][+-]?[0-9]{1,4})?")


def number_or_text(value: str | int | float) -> int | float | str:
    """Return a measured value as alerts hold it: numbers and text as they are, `true` and `false` as text."""
    return str(value).lower() if isinstance(value, bool) else value


def items(
    value: Any,
    where: JsonPath,
    context: ParseContext,
    read_one: Callable[[Any, JsonPath, ParseContext], T],
    may_fit: Callable[[Any], bool],
) -> Items[T]:
    """Structure a list element by element; see `Items`. Of very many bad elements the last ones are only counted.

    `may_fit` recognises most elements that do not fit, for less than `read_one`, which says why.
    """
    if type(value) is not list:
        raise mismatch("list", Node(value, where, context))
    good: list[tuple[JsonPath, T]] = []
    faults: list[tuple[JsonPath, str]] = []
    others = 0
    for index, element in enumerate(value):
        if len(faults) >= _MOST_FAULTS and not may_fit(element):
            others += 1
            continue
        at = (*where, index)
        known = len(context.warnings)
        try:
            good.append((at, read_one(element, at, context)))
        except Mismatch as error:
            del context.warnings[known:]
            if len(faults) < _MOST_FAULTS:
                faults.extend(error.faults)
            else:
                others += 1
    if others:
        faults.append((where, f"{others} more elements do not fit"))
    if faults:
        if not good:
            raise Mismatch(*faults)
        context.warnings.extend((at, ProblemCode.BAD_ELEMENT, message) for at, message in faults)
    return Items(good)


_MOST_FAULTS = 512  # faults of bad elements that are listed

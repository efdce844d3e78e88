"""From bytes to a document, inside limits.

The body decides what it is; a content type only advises. The reference for JSON is the standard library's decoder, made
strict: no NaN or Infinity, no number beyond the range of a float, no lone surrogate, integers exact. orjson is used
where it is installed, for what both read alike; the rest is left to the reference, so the outcome is the same.
"""

import codecs
import json
import re
import zlib
from functools import lru_cache
from itertools import chain
from types import NoneType
from typing import Any, NamedTuple, NoReturn

from attrs import field, frozen

from alertmap.errors import ConfigurationError, DecodeError, LimitError, PayloadError
from alertmap.model import Problem, ProblemCode, Request
from alertmap.value import Value

try:
    import orjson
except ImportError:
    _orjson = None
else:
    # Before 3.11.6 deep documents could crash the process (CVE-2025-67221).
    _orjson = orjson if tuple(int(n) for n in re.findall(r"\d+", orjson.__version__)[:3]) >= (3, 11, 6) else None

_CEILINGS = {
    "max_body": 32 * 1024 * 1024,
    "max_depth": 256,  # far below where any decoder of JSON gives up
    "max_digits": 640,  # Python may refuse to read more than that
}


def _positive(_instance: object, attribute: Any, value: object) -> None:
    if type(value) is not int or value < 1:
        raise ConfigurationError(f"the limit {attribute.name} must be a positive int")
    ceiling = _CEILINGS.get(attribute.name, value)
    if value > ceiling:
        raise ConfigurationError(f"the limit {attribute.name} must be {ceiling} or less")


@frozen(kw_only=True, eq=False, repr=False)
class Limits(Value):
    """How much of a request is read at all; what is larger ends in `LimitError`.

    Raises:
        ConfigurationError: a limit is not a positive int, or over its ceiling: `max_body` 32 MiB, `max_depth` 256,
            `max_digits` 640.
    """

    max_body: int = field(default=1024 * 1024, validator=_positive)
    """Bytes of a body, and of what it inflates to."""
    max_inflate_ratio: int = field(default=100, validator=_positive)
    """Times that a compressed body may grow."""
    max_depth: int = field(default=64, validator=_positive)
    """Objects and lists inside each other."""
    max_nodes: int = field(default=100_000, validator=_positive)
    """Values in a document."""
    max_string: int = field(default=256 * 1024, validator=_positive)
    """Characters of one text."""
    max_digits: int = field(default=64, validator=_positive)
    """Digits of an integer."""
    max_fields: int = field(default=1_000, validator=_positive)
    """Fields of a form."""
    max_query: int = field(default=100, validator=_positive)
    """Parameters of a query."""
    max_headers: int = field(default=100, validator=_positive)
    """Headers of a request."""
    max_alerts: int = field(default=5_000, validator=_positive)
    """Alerts of one request."""


DEFAULTS = Limits()
"""Where nobody says otherwise."""


def as_limits(limits: object) -> Limits:
    """The limits of a call: None means the defaults.

    Raises:
        ConfigurationError: they are no `Limits`.
    """
    if limits is None:
        return DEFAULTS
    if not isinstance(limits, Limits):
        raise ConfigurationError(f"limits must be Limits, not a {type(limits).__name__}")
    return limits


def exceeded(limit: str, allowed: int, what: str) -> LimitError:
    """The error that there is more of something than a limit allows."""
    return LimitError(f"{what} (limit {limit} = {allowed})")


class Document(NamedTuple):
    """A decoded body."""

    value: Any
    problems: tuple[Problem, ...] = ()


def decode(request: Request, formats: frozenset[str], limits: Limits) -> Document | None:
    """Decode a request's body as one of `formats`; None where there is none to decode and nothing wrong with that.

    Raises:
        DecodeError: the body is not what its format asks for.
        LimitError: it is larger, deeper or longer than `limits` allow.
    """
    if len(request.body) > limits.max_body:
        raise exceeded("max_body", limits.max_body, "the body is too long")
    if len(request.headers) > limits.max_headers:
        raise exceeded("max_headers", limits.max_headers, "too many headers")
    if len(request.query) > limits.max_query:
        raise exceeded("max_query", limits.max_query, "too many parameters in the query")
    body = _inflated(request.body, request, limits) if "content-encoding" in request.headers else request.body
    if type(body) is bytes and body[:1] in _OPENS and "json" in formats and _charset(request) == "utf-8":
        value = _fast(body, limits)
        if value is not _UNREAD:
            _check_size(value, body, limits)
            return Document(value)
    text, problems = _text(body, request, limits)
    if not text.strip():
        query = {name: text for name, text in request.query.items() if name.strip().casefold() not in CREDENTIALS}
        if "query" in formats and query:
            check(query, limits)
            return Document(query, problems)
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return None
        if "empty" in formats:
            return None
        raise DecodeError("the body is empty")
    value, more = _decoded(text, formats, limits)
    return Document(value, problems + more)


_TOKENS = ("token", "access_token", "auth_token", "x-itoc360-token", "api_key", "apikey", "api-key")
CREDENTIALS = frozenset((*_TOKENS, "secret", "password", "passwd", "authorization"))
"""Keys, in lower case, whose values are nobody's business: a query that stands for a body is read without them."""


_OPENS = (b"{", b"[")


# --- Bytes to text ---------------------------------------------------------------------------------------------------


def _inflated(body: bytes | str, request: Request, limits: Limits) -> bytes | str:
    encoding = request.headers["content-encoding"].strip().lower()
    if encoding in ("", "identity") or not body or isinstance(body, str):
        return body
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise DecodeError("the content encoding is neither gzip nor deflate")
    allowed = min(limits.max_body, len(body) * limits.max_inflate_ratio)
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, by the first bytes
    try:
        inflated = inflater.decompress(body, allowed + 1)
    except zlib.error:
        raise DecodeError("the body is not what its content encoding says") from None
    if len(inflated) > allowed:
        raise exceeded("max_body, max_inflate_ratio", allowed, "the body inflates to too many bytes")
    if not inflater.eof or inflater.unused_data:
        raise DecodeError("the compressed body is cut off or has something behind its end")
    return inflated


_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)
_CHARSETS = {"iso-8859-1": "latin-1", "latin1": "latin-1", "utf-16": "utf-16"}


def _charset(request: Request) -> str:
    content_type = request.headers.get("content-type", "")
    declared = _CHARSET.search(content_type) if "=" in content_type else None
    return _CHARSETS.get(declared[1].lower(), "utf-8") if declared else "utf-8"


def _text(body: bytes | str, request: Request, limits: Limits) -> tuple[str, tuple[Problem, ...]]:
    if isinstance(body, str):
        try:
            length = len(body.encode())
        except UnicodeEncodeError:
            raise DecodeError("the body holds a lone surrogate") from None
        if length > limits.max_body:
            raise exceeded("max_body", limits.max_body, "the body is too long")
        text = body
    else:
        charset = _charset(request)
        if charset == "utf-16" and not body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise DecodeError("the body is utf-16 without a byte order mark")
        try:
            text = body.decode(charset)
        except UnicodeDecodeError:
            raise DecodeError(f"the body is not {charset}") from None
        if charset != "utf-8":
            return text, (Problem(ProblemCode.ENCODING, "$", f"the body is {charset}, not utf-8"),)
    if text.startswith("\ufeff"):
        return text[1:], (Problem(ProblemCode.ENCODING, "$", "the body begins with a byte order mark"),)
    return text, ()


# --- Text to document ------------------------------------------------------------------------------------------------


def _decoded(text: str, formats: frozenset[str], limits: Limits) -> tuple[Any, tuple[Problem, ...]]:
    first = text.lstrip()[:1]
    if first not in '{["<' and "form" in formats and "=" in text:
        return decode_form(text, limits)
    decoder = decode_xml if first == "<" and "xml" in formats else decode_json if "json" in formats else None
    if decoder is not None:
        try:
            return decoder(text, limits), ()
        except DecodeError:
            if "text" not in formats:
                raise
    if "text" in formats:
        check(text, limits)
        return text, ()
    raise DecodeError(f"the body is not {' or '.join(sorted(formats - {'query', 'empty'})) or 'empty'}")


def decode_json(text: str, limits: Limits) -> Any:
    """Decode one JSON document.

    Raises:
        DecodeError: it is not strict JSON, or holds a number or text that cannot be kept exactly.
        LimitError: it is deeper or larger than `limits` allow.
    """
    try:
        body = text.encode()
    except UnicodeEncodeError:
        raise DecodeError("the text holds a lone surrogate") from None
    value = _fast(body, limits)
    if value is _UNREAD:
        value = _reference(text, limits)
    _check_size(value, body, limits)
    return value


_UNREAD = object()
_DIGITS = bytes.maketrans(b"123456789-", b"0000000000")
_LONG = 20  # characters of 18446744073709551616 and of -9223372036854775809


def _fast(body: bytes, limits: Limits) -> Any:
    if _orjson is None:
        return _UNREAD
    # orjson makes floats of integers that need more than 64 bits: nothing that might be one is left to it.
    # So many digits in a row show in every fourth byte, too.
    most = min(_LONG, limits.max_digits + 1)
    if b"0" * (most // 4) in body[::4].translate(_DIGITS) and b"0" * most in body.translate(_DIGITS):
        return _UNREAD
    try:
        return _orjson.loads(body)
    except ValueError:
        return _UNREAD


def _reference(text: str, limits: Limits) -> Any:
    try:
        value = _strict_decoder(limits.max_digits).decode(text)
    except RecursionError:
        raise exceeded("max_depth", limits.max_depth, "the document is too deep") from None
    except json.JSONDecodeError as error:
        raise DecodeError(f"the body is not JSON: {error.msg} at character {error.pos}") from None
    if "\\ud" in text or "\\uD" in text:  # a surrogate, alone or in a pair
        check(value, limits)
    return value


@lru_cache(maxsize=8)
def _strict_decoder(max_digits: int) -> json.JSONDecoder:
    def integer(digits: str) -> int:
        if len(digits) - (digits[0] == "-") > max_digits:
            raise exceeded("max_digits", max_digits, "a number has too many digits")
        return int(digits)

    def real(digits: str) -> float:
        number = float(digits)
        if number in (_INFINITY, -_INFINITY):
            raise DecodeError("a number is beyond the range of a float")
        return number

    def constant(_name: str) -> NoReturn:
        raise DecodeError("NaN and Infinity are not JSON")

    return json.JSONDecoder(parse_int=integer, parse_float=real, parse_constant=constant)


_INFINITY = float("inf")


def check(value: Any, limits: Limits) -> None:
    """Walk a document that somebody else decoded, without recursion.

    Raises:
        DecodeError: it holds something that JSON cannot: another type, a number that is not finite, a lone surrogate.
        LimitError: it is deeper, larger or longer than `limits` allow.
    """
    try:
        _check(value, limits)
    except PayloadError:
        raise
    except Exception as error:
        # A foreign type may be such that not even its hash can be asked for.
        raise DecodeError("a document cannot hold what is no JSON") from error


def _check(value: Any, limits: Limits) -> None:
    keys, values = list[Any](), [value]
    _walk(value, limits, keys, values)
    if not _TEXT.issuperset(map(type, keys)):
        raise DecodeError("a key of an object is not text")
    texts = keys + [it for it in values if type(it) is str]
    _check_lengths(texts, limits)
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        raise DecodeError("a text holds a lone surrogate") from None
    for kind in sorted(set(map(type, values)) - _HARMLESS, key=lambda kind: kind.__name__):
        if kind is float:
            if any(it - it != 0 for it in values if type(it) is float):
                raise DecodeError("a number is not finite")
        elif kind is not int:
            raise DecodeError(f"a document cannot hold a {kind.__name__}")
        elif any(abs(it) >= 10**limits.max_digits for it in values if type(it) is int):
            raise exceeded("max_digits", limits.max_digits, "a number has too many digits")


def _check_size(value: Any, body: bytes, limits: Limits) -> None:
    """`check` of a document that a strict decoder made of a body: only what is too deep, too large or too long."""
    if len(body) > limits.max_string:
        texts = [value]
        _walk(value, limits, texts, texts)
        _check_lengths([it for it in texts if type(it) is str], limits)
    # No walk where no more brackets open than there may be levels, and there are no more bytes than two for each value.
    # A split stops when it has found enough; a count would go on to the end.
    elif (
        len(body) >= 2 * limits.max_nodes
        or len(body.replace(b"[", b"{").split(b"{", limits.max_depth + 1)) > limits.max_depth + 1
    ):
        _walk(value, limits)


def _walk(value: Any, limits: Limits, keys: list[Any] | None = None, values: list[Any] | None = None) -> None:
    """Refuse what is too deep or too large, level by level; add all keys and values to these lists."""
    nodes = 1
    depth = 0
    level: list[Any] = [value]
    while not _CONTAINERS.isdisjoint(map(type, level)):
        level = [it for it in level if type(it) in _CONTAINERS]
        depth += 1
        nodes += sum(map(len, level))
        if nodes > limits.max_nodes:
            raise exceeded("max_nodes", limits.max_nodes, "the document has too many values")
        if depth > limits.max_depth:
            raise exceeded("max_depth", limits.max_depth, "the document is too deep")
        if keys is not None:
            keys += chain.from_iterable([one for one in level if type(one) is dict])
        level = list(chain.from_iterable([one.values() if type(one) is dict else one for one in level]))
        if values is not None:
            values += level


def _check_lengths(texts: list[str], limits: Limits) -> None:
    if max(map(len, texts), default=0) > limits.max_string:
        raise exceeded("max_string", limits.max_string, "a text is too long")


_TEXT = frozenset((str,))
_HARMLESS = frozenset((dict, list, str, bool, NoneType))
_CONTAINERS = frozenset((dict, list))


def decode_form(text: str, limits: Limits) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """Decode `application/x-www-form-urlencoded` text; of a field that stands twice the last one counts.

    Raises:
        DecodeError: a field is not UTF-8.
        LimitError: there are more fields than `limits` allow.
    """
    text = text.strip().replace("+", " ")
    fields = text.count("&") + 1
    if fields > limits.max_fields:
        raise exceeded("max_fields", limits.max_fields, "the form has too many fields")
    form: dict[str, str] = {}
    problems: list[Problem] = []
    for pair in text.split("&"):
        if not pair:
            continue
        # Split first, decode once: values hold escaped `&` and `=`.
        name, _, value = pair.partition("=")
        if "%" in pair:
            name = _unquoted(name) if "%" in name else name
            value = _unquoted(value) if "%" in value else value
        if name in form:
            problems.append(Problem(ProblemCode.DUPLICATE_FIELD, "$", "a form field stands twice; the last one counts"))
        form[name] = value
    if len(text) > limits.max_string or fields >= limits.max_nodes:
        check(form, limits)
    return form, tuple(problems)


def _unquoted(text: str) -> str:
    from urllib.parse import unquote_to_bytes  # noqa: PLC0415 - few bodies are forms

    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise DecodeError("a form field is not utf-8") from None


# --- XML -------------------------------------------------------------------------------------------------------------

_JUNK = 9  # expat's code for what stands behind the root element
_DECLARATION = r"\A<\?xml\s[^>]*>"


def decode_xml(text: str, limits: Limits) -> dict[str, Any]:
    """Decode XML to an object of its top-level elements: of the root, or of elements side by side that have none.

    An element with others inside becomes an object, one without its text, several of one name a list. Text beside
    elements stands under `#text`. Attributes, comments and the prefixes of namespaces are left out.

    Raises:
        DecodeError: it is not well-formed, has a document type, or the extra `xml` is not installed.
        LimitError: it is deeper or larger than `limits` allow.
    """
    text = text.lstrip()
    try:
        value = _elements(text, limits)
        if value is None:
            # Zapier writes the fields of an alert side by side.
            wrapped = _elements(f"<_>{re.sub(_DECLARATION, '', text)}</_>", limits) or {}
            value = wrapped.get("_")
    except ImportError:
        raise DecodeError("XML can only be read with the extra `xml`: pip install alertmap[xml]") from None
    if type(value) is not dict or "#text" in value:
        raise DecodeError("the body is not XML: there is text outside of its elements")
    check(value, limits)
    return value


def _elements(text: str, limits: Limits) -> dict[str, Any] | None:
    """The root element, by its name; None where more stands behind it."""
    from defusedxml import DefusedXmlException, ElementTree  # noqa: PLC0415 - an extra, and slow to import

    tree = _Tree(limits)
    parser = ElementTree.XMLParser(target=tree, forbid_dtd=True)
    try:
        parser.feed(text)
        parser.close()
    except ElementTree.ParseError as error:
        if error.code == _JUNK:
            return None
        raise DecodeError(f"the body is not XML: it is not well-formed in line {error.position[0]}") from None
    except UnicodeEncodeError:
        raise DecodeError("the body holds a lone surrogate") from None
    except DefusedXmlException:
        raise DecodeError("the body is XML with a document type, which is not read") from None
    return tree.document


class _Tree:
    """Builds the document element by element, and stops where it grows beyond the limits."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.count = 0
        self.document: dict[str, Any] = {}
        self.open: list[tuple[dict[str, Any], list[str]]] = [(self.document, [])]

    def start(self, _tag: str, _attributes: object) -> None:
        self.count += 1
        if self.count > self.limits.max_nodes:
            raise exceeded("max_nodes", self.limits.max_nodes, "the document has too many values")
        if len(self.open) > self.limits.max_depth + 1:
            raise exceeded("max_depth", self.limits.max_depth, "the document is too deep")
        self.open.append(({}, []))

    def data(self, text: str) -> None:
        self.open[-1][1].append(text)

    def end(self, tag: str) -> None:
        below, pieces = self.open.pop()
        text = "".join(pieces)
        if below and text.strip():
            below["#text"] = text.strip()
        siblings = self.open[-1][0]
        name = tag.rpartition("}")[2]
        value = below or text
        if name not in siblings:
            siblings[name] = value
        elif type(siblings[name]) is list:
            siblings[name].append(value)
        else:
            siblings[name] = [siblings[name], value]

"""From bytes to a document, inside limits.

The body decides what it is; a content type only advises. The reference for JSON is the standard library's decoder, made
strict: no NaN or Infinity, no number beyond the range of a float, no lone surrogate, integers exact. orjson is used
where it is installed, for what both read alike; the rest is left to the reference, so the outcome is the same.
"""

import json
import re
import zlib
from functools import lru_cache
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

from attrs import field, frozen

from alertmap.errors import ConfigurationError, DecodeError, LimitError
from alertmap.model import Problem, ProblemCode, Request

try:
    import orjson
except ImportError:
    _orjson = None
else:
    # Before 3.11.6 deep documents could crash the process (CVE-2025-67221).
    _orjson = orjson if tuple(int(n) for n in re.findall(r"\d+", orjson.__version__)[:3]) >= (3, 11, 6) else None

_CEILING = 32 * 1024 * 1024


def _positive(_instance: object, attribute: Any, value: object) -> None:
    if type(value) is not int or value < 1:
        raise ConfigurationError(f"the limit {attribute.name} must be a positive int")


@frozen(kw_only=True)
class Limits:
    """How much of a request is read at all; what is larger ends in `LimitError`.

    Raises:
        ConfigurationError: a limit is not a positive int, or `max_body` is over 32 MiB.
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

    def __attrs_post_init__(self) -> None:
        if self.max_body > _CEILING:
            raise ConfigurationError(f"the limit max_body must be {_CEILING} or less")


def exceeded(limit: str, allowed: int, what: str) -> LimitError:
    """The error that there is more of something than a limit allows."""
    return LimitError(f"{what} (limit {limit} = {allowed})")


@frozen
class Document:
    """A decoded body."""

    value: Any
    problems: tuple[Problem, ...] = ()


def decode(request: Request, formats: frozenset[str], limits: Limits) -> Document | None:
    """Decode a request's body as one of `formats`; None where there is none to decode and nothing wrong with that.

    Raises:
        DecodeError: the body is not what its format asks for.
        LimitError: it is larger, deeper or longer than `limits` allow.
    """
    _check_request(request, limits)
    text, problems = _text(_inflated(request, limits), request)
    if not text.strip():
        if "query" in formats and request.query:
            return Document(dict(request.query), problems)
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return None
        if "empty" in formats:
            return None
        raise DecodeError("the body is empty")
    value, more = _decoded(text, formats, limits)
    return Document(value, problems + more)


def _check_request(request: Request, limits: Limits) -> None:
    if len(request.body) > limits.max_body:
        raise exceeded("max_body", limits.max_body, "the body is too long")
    if len(request.headers) > limits.max_headers:
        raise exceeded("max_headers", limits.max_headers, "too many headers")
    if len(request.query) > limits.max_query:
        raise exceeded("max_query", limits.max_query, "too many parameters in the query")


# --- Bytes to text ---------------------------------------------------------------------------------------------------


def _inflated(request: Request, limits: Limits) -> bytes | str:
    encoding = (request.header("content-encoding") or "").strip().lower()
    body = request.body
    if isinstance(body, str) or encoding in ("", "identity") or not body:
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


def _text(body: bytes | str, request: Request) -> tuple[str, tuple[Problem, ...]]:
    if isinstance(body, str):
        try:
            body.encode()
        except UnicodeEncodeError:
            raise DecodeError("the body holds a lone surrogate") from None
        text = body
    else:
        declared = _CHARSET.search(request.header("content-type") or "")
        charset = _CHARSETS.get(declared[1].lower(), "utf-8") if declared else "utf-8"
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
    if "json" in formats:
        try:
            return decode_json(text, limits), ()
        except DecodeError:
            if "text" not in formats:
                raise
    if "text" in formats:
        check(text, limits)
        return text, ()
    raise DecodeError(f"the body is not {' or '.join(sorted(formats - {'query', 'empty'}))}")


def decode_json(text: str, limits: Limits) -> Any:
    """Decode one JSON document.

    Raises:
        DecodeError: it is not strict JSON, or holds a number or text that cannot be kept exactly.
        LimitError: it is deeper or larger than `limits` allow.
    """
    value = _fast(text) if _orjson is not None else _UNREAD
    if value is _UNREAD:
        value = _reference(text, limits)
    # As long as there are no more brackets than levels, and no more bytes than two for each value, no walk is needed.
    if (
        text.count("{") + text.count("[") > limits.max_depth
        or len(text) >= 2 * limits.max_nodes
        or len(text) > limits.max_string
    ):
        check(value, limits)
    return value


_UNREAD = object()
_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_LONG_INTEGER = b"0" * 19  # 18446744073709551616 has twenty digits, 9223372036854775808 nineteen


def _fast(text: str) -> Any:
    data = text.encode()
    # orjson makes floats of integers that need more than 64 bits: nothing that might be one is left to it.
    if _LONG_INTEGER in data.translate(_DIGITS):
        return _UNREAD
    try:
        return _orjson.loads(data)  # type: ignore[union-attr]
    except ValueError:
        return _UNREAD


def _reference(text: str, limits: Limits) -> Any:
    try:
        value = _strict_decoder(limits.max_digits).decode(text)
    except RecursionError:
        raise exceeded("max_depth", limits.max_depth, "the document is too deep") from None
    except json.JSONDecodeError as error:
        raise DecodeError(f"the body is not JSON: {error.msg} at character {error.pos}") from None
    if _SURROGATE_ESCAPE.search(text):
        check(value, limits)
    return value


_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


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
    """Walk a document without recursion.

    Raises:
        DecodeError: it holds something that JSON cannot: another type, a number that is not finite, a lone surrogate.
        LimitError: it is deeper, larger or longer than `limits` allow.
    """
    nodes = depth = 0
    level: list[Any] = [value]
    while level:
        nodes += len(level)
        if nodes > limits.max_nodes:
            raise exceeded("max_nodes", limits.max_nodes, "the document has too many values")
        below: list[Any] = []
        deeper = False
        for one in level:
            if type(one) is dict:
                deeper = True
                for key in one:
                    if type(key) is not str:
                        raise DecodeError("a key of an object is not text")
                    _check_scalar(key, limits)
                below.extend(one.values())
            elif type(one) is list:
                deeper = True
                below.extend(one)
            else:
                _check_scalar(one, limits)
        depth += deeper
        if depth > limits.max_depth:
            raise exceeded("max_depth", limits.max_depth, "the document is too deep")
        level = below


def _check_scalar(one: Any, limits: Limits) -> None:
    if type(one) is str:
        if len(one) > limits.max_string:
            raise exceeded("max_string", limits.max_string, "a text is too long")
        try:
            one.encode()
        except UnicodeEncodeError:
            raise DecodeError("a text holds a lone surrogate") from None
    elif type(one) is float:
        if one - one != 0:
            raise DecodeError("a number is not finite")
    elif type(one) is int:
        if abs(one) >= 10**limits.max_digits:
            raise exceeded("max_digits", limits.max_digits, "a number has too many digits")
    elif type(one) is not bool and one is not None:
        raise DecodeError(f"a document cannot hold a {type(one).__name__}")


def decode_form(text: str, limits: Limits) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """Decode `application/x-www-form-urlencoded` text; of a field that stands twice the last one counts.

    Raises:
        DecodeError: a field is not UTF-8.
        LimitError: there are more fields than `limits` allow.
    """
    pairs = text.strip().split("&")
    if len(pairs) > limits.max_fields:
        raise exceeded("max_fields", limits.max_fields, "the form has too many fields")
    form: dict[str, str] = {}
    problems: list[Problem] = []
    for pair in pairs:
        if not pair:
            continue
        # Split first, decode once: values hold escaped `&` and `=`.
        name, _, value = (_unquoted(half) for half in pair.partition("="))
        if name in form:
            problems.append(Problem(ProblemCode.DUPLICATE_FIELD, "$", "a form field stands twice; the last one counts"))
        form[name] = value
    check(form, limits)
    return form, tuple(problems)


def _unquoted(text: str) -> str:
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode()
    except UnicodeDecodeError:
        raise DecodeError("a form field is not utf-8") from None

"""Strict JSON inside limits: what both the way in and the wire types decode texts with.

The reference is the standard library's decoder, made strict: no NaN or Infinity, no number beyond the range of a float,
no lone surrogate, integers exact. orjson is used where it is installed, for what both read alike; the rest is left to
the reference, so the outcome is the same.
"""

import json
import re
from functools import lru_cache
from itertools import chain
from types import NoneType
from typing import Any, NoReturn

from attrs import field

from alertmap._records import record
from alertmap.errors import ConfigurationError, DecodeError, LimitError, PayloadError

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


@record(kw_only=True)
class Limits:
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


def resolve_limits(limits: object) -> Limits:
    """The limits of a call: None means the defaults.

    Raises:
        ConfigurationError: they are no `Limits`.
    """
    if limits is None:
        return DEFAULTS
    if not isinstance(limits, Limits):
        raise ConfigurationError(f"limits must be Limits, not a {type(limits).__name__}")
    return limits


def limit_error(limit: str, allowed: int, what: str) -> LimitError:
    """The error that there is more of something than a limit allows."""
    return LimitError(f"{what} (limit {limit} = {allowed})")


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
    value = decode_plain_json(body, limits)
    if value is UNREAD:
        value = _reference(text, limits)
    check_size(value, body, limits)
    return value


UNREAD = object()
"""What `decode_plain_json` gives where only the reference can tell."""

_DIGITS = bytes.maketrans(b"123456789-", b"0000000000")
_LONG = 20  # characters of 18446744073709551616 and of -9223372036854775809


def decode_plain_json(body: bytes, limits: Limits) -> Any:
    """Decode what orjson reads as the reference does; `UNREAD` for all else. Its size is not checked."""
    if _orjson is None:
        return UNREAD
    # orjson makes floats of integers that need more than 64 bits: nothing that might be one is left to it.
    # So many digits in a row show in every fourth byte, too.
    most = min(_LONG, limits.max_digits + 1)
    if b"0" * (most // 4) in body[::4].translate(_DIGITS) and b"0" * most in body.translate(_DIGITS):
        return UNREAD
    try:
        return _orjson.loads(body)
    except ValueError:
        return UNREAD


def _reference(text: str, limits: Limits) -> Any:
    try:
        value = _strict_decoder(limits.max_digits).decode(text)
    except RecursionError:
        raise limit_error("max_depth", limits.max_depth, "the document is too deep") from None
    except json.JSONDecodeError as error:
        raise DecodeError(f"the body is not JSON: {error.msg} at character {error.pos}") from None
    if "\\ud" in text or "\\uD" in text:  # a surrogate, alone or in a pair
        check(value, limits)
    return value


@lru_cache(maxsize=8)
def _strict_decoder(max_digits: int) -> json.JSONDecoder:
    def integer(digits: str) -> int:
        if len(digits) - (digits[0] == "-") > max_digits:
            raise limit_error("max_digits", max_digits, "a number has too many digits")
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
            raise limit_error("max_digits", limits.max_digits, "a number has too many digits")


def check_size(value: Any, body: bytes, limits: Limits) -> None:
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
            raise limit_error("max_nodes", limits.max_nodes, "the document has too many values")
        if depth > limits.max_depth:
            raise limit_error("max_depth", limits.max_depth, "the document is too deep")
        if keys is not None:
            keys += chain.from_iterable([one for one in level if type(one) is dict])
        level = list(chain.from_iterable([one.values() if type(one) is dict else one for one in level]))
        if values is not None:
            values += level


def _check_lengths(texts: list[str], limits: Limits) -> None:
    if max(map(len, texts), default=0) > limits.max_string:
        raise limit_error("max_string", limits.max_string, "a text is too long")


_TEXT = frozenset((str,))
_HARMLESS = frozenset((dict, list, str, bool, NoneType))
_CONTAINERS = frozenset((dict, list))

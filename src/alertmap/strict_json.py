"""Strict JSON inside limits, for bodies and for texts in wire types.

The reference is the standard library's decoder, made strict: no NaN or Infinity, no number beyond the range of a float,
exact integers. U+FFFD replaces lone surrogates, which UTF-8 cannot encode. orjson is used where it is installed, for
documents that both decoders read alike; all others go to the reference, so the result is the same.
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
    "max_depth": 256,  # far below the depth at which JSON decoders give up
    "max_digits": 640,  # Python may be configured to refuse longer integers
}


def _positive(_instance: object, attribute: Any, value: object) -> None:
    if type(value) is not int or value < 1:
        raise ConfigurationError(f"the limit {attribute.name} must be a positive int")
    ceiling = _CEILINGS.get(attribute.name, value)
    if value > ceiling:
        raise ConfigurationError(f"the limit {attribute.name} must be {ceiling} or less")


@record(kw_only=True)
class Limits:
    """Limits of the size of a request; a larger one raises `LimitError`.

    Raises:
        ConfigurationError: a limit is not a positive int, or over its ceiling: `max_body` 32 MiB, `max_depth` 256,
            `max_digits` 640.
    """

    max_body: int = field(default=8 * 1024 * 1024, validator=_positive)
    """Bytes of a body, before and after decompression."""
    max_inflate_ratio: int = field(default=500, validator=_positive)
    """Ratio of the inflated size to the compressed size. Thousands of similar alerts compress to less than a 100th."""
    max_depth: int = field(default=64, validator=_positive)
    """Levels of nested objects and lists."""
    max_nodes: int = field(default=500_000, validator=_positive)
    """Values in a document."""
    max_string: int = field(default=2 * 1024 * 1024, validator=_positive)
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
"""Limits of calls that pass none."""


def resolve_limits(limits: object) -> Limits:
    """Return the limits of a call; None means the defaults.

    Raises:
        ConfigurationError: the argument is not a `Limits`.
    """
    if limits is None:
        return DEFAULTS
    if not isinstance(limits, Limits):
        raise ConfigurationError(f"limits: expected Limits, got {type(limits).__name__}")
    return limits


def limit_error(limit: str, allowed: int, what: str) -> LimitError:
    """Return the error of a request that exceeds a limit."""
    return LimitError(f"{what} (limit {limit} = {allowed})")


REPEATED = "a key of an object stands twice; the last one counts"


def decode_json(text: str, limits: Limits, doubts: list[str] | None = None) -> Any:
    """Decode one JSON document; U+FFFD replaces lone surrogates. A repeated key adds `REPEATED` to the given doubts.

    Raises:
        DecodeError: the text is not strict JSON, or holds a number beyond the range of a float.
        LimitError: the document exceeds `limits`.
    """
    text = replace_surrogates(text)
    body = text.encode()
    value = decode_plain_json(body, limits)
    if value is UNREAD:
        value = _reference(replace_escaped_surrogates(text), limits, doubts)
        check_size(value, body, limits)
        return value
    check_size(value, body, limits)
    if doubts is not None and has_repeated_keys(value, body, limits):
        doubts.append(REPEATED)
    return value


_PAIR = re.compile(r"[\ud800-\udbff][\udc00-\udfff]")
_LONE = re.compile(r"[\ud800-\udfff]")


def replace_surrogates(text: str) -> str:
    """Replace lone surrogates with U+FFFD, and join surrogate pairs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _LONE.sub("\ufffd", _PAIR.sub(_joined, text))
    return text


def _joined(pair: re.Match[str]) -> str:
    high, low = map(ord, pair[0])
    return chr(0x10000 + (high - 0xD800 << 10) + low - 0xDC00)


_ESCAPED = re.compile(
    # After an odd number of backslashes the last one begins an escape. Each run is matched once, from its start.
    r"(?<!\\)((?:\\\\)*+)\\"
    r"(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2}))"
)


def replace_escaped_surrogates(text: str) -> str:
    """Replace escaped lone surrogates in the text of a JSON document with an escaped U+FFFD."""
    if "\\ud" not in text and "\\uD" not in text:
        return text
    return _ESCAPED.sub(lambda found: f"{found[1]}\\ufffd" if found[2] else found[0], text)


UNREAD = object()
"""Result of `decode_plain_json` for documents that only the reference decodes."""

_DIGITS = bytes.maketrans(b"123456789-", b"0000000000")
_LONG = 20  # characters of 2**64 and of -(2**63) - 1, the first integers that orjson does not keep


def decode_plain_json(body: bytes, limits: Limits) -> Any:
    """Decode a document with orjson, or return `UNREAD` where the reference may differ. Sizes are not checked."""
    if _orjson is None:
        return UNREAD
    # orjson turns integers over 64 bits into floats, so bodies with 20 or more consecutive digits (or more digits than
    # the limit allows) go to the reference. Every fourth byte of such a run is a digit: that sample is tested first.
    most = min(_LONG, limits.max_digits + 1)
    if b"0" * (most // 4) in body[::4].translate(_DIGITS) and b"0" * most in body.translate(_DIGITS):
        return UNREAD
    try:
        return _orjson.loads(body)
    except ValueError:
        return UNREAD


def has_repeated_keys(value: Any, body: bytes, limits: Limits) -> bool:
    """Return whether an object in a body has a key twice; `value` is what `decode_plain_json` made of the body.

    What was dropped is not in the value. So a body that is the compact form of its value is answered by one comparison,
    any other by its colons: there is one for each key that was sent, and those in texts are in the value, too.
    """
    assert _orjson is not None
    try:
        again: bytes = _orjson.dumps(value)
    except TypeError:  # deeper than orjson writes
        return _has_repeated_keys(body, limits)
    if again == body:
        return False
    if b"\\u003a" in body or b"\\u003A" in body:  # colons that are escaped
        return _has_repeated_keys(body, limits)
    return body.count(b":") > again.count(b":")


def _has_repeated_keys(body: bytes, limits: Limits) -> bool:
    try:
        _strict_decoder(limits.max_digits, refuses_repeated=True).decode(body.decode())
    except _RepeatedKey:
        return True
    return False


class _RepeatedKey(Exception):
    """An object has a key twice."""


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _RepeatedKey
    return found


def _reference(text: str, limits: Limits, doubts: list[str] | None) -> Any:
    try:
        if doubts is None:
            return _strict_decoder(limits.max_digits).decode(text)
        if _orjson is not None:
            # It refused the text, so mostly this does, too: without the list of pairs that the check for keys needs.
            _strict_decoder(limits.max_digits).decode(text)
        try:
            return _strict_decoder(limits.max_digits, refuses_repeated=True).decode(text)
        except _RepeatedKey:
            doubts.append(REPEATED)
            return _strict_decoder(limits.max_digits).decode(text)
    except RecursionError:
        raise limit_error("max_depth", limits.max_depth, "the document is too deep") from None
    except json.JSONDecodeError as error:
        raise DecodeError(f"the body is not JSON: {error.msg} at character {error.pos}") from None


@lru_cache(maxsize=8)
def _strict_decoder(max_digits: int, *, refuses_repeated: bool = False) -> json.JSONDecoder:
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

    return json.JSONDecoder(
        parse_int=integer,
        parse_float=real,
        parse_constant=constant,
        object_pairs_hook=_unrepeated if refuses_repeated else None,
    )


_INFINITY = float("inf")


def check(value: Any, limits: Limits) -> None:
    """Check a document that the caller decoded, without recursion.

    Raises:
        DecodeError: the document holds something that JSON cannot: another type, a number that is not finite, a lone
            surrogate.
        LimitError: the document exceeds `limits`.
    """
    try:
        _check(value, limits)
    except PayloadError:
        raise
    except Exception as error:
        # The type of a value may refuse even to be hashed.
        raise DecodeError("a document cannot hold a type that is not JSON") from error


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
    """Check only depth, number of values and lengths of texts: the document comes from a strict decoder."""
    if len(body) > limits.max_string:
        texts = [value]
        _walk(value, limits, texts, texts)
        _check_lengths([it for it in texts if type(it) is str], limits)
    # A body needs a bracket for each level and two bytes for each value: a body with few enough of both is not walked.
    # `split` stops after the given number of brackets; `count` would read on to the end.
    elif (
        len(body) >= 2 * limits.max_nodes
        or len(body.replace(b"[", b"{").split(b"{", limits.max_depth + 1)) > limits.max_depth + 1
    ):
        _walk(value, limits)


def _walk(value: Any, limits: Limits, keys: list[Any] | None = None, values: list[Any] | None = None) -> None:
    """Check depth and number of values, level by level; add all keys and values to the given lists."""
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

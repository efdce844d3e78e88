"""The dedup key: an injective, readable, bounded text of an identity's named parts."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from alertmap.errors import ConfigurationError, quoted

MAX_KEY = 255
"""Characters of a key at the most. PagerDuty takes 255, Opsgenie 512."""

_HASHED_PREFIX = MAX_KEY - 1 - 64  # "~" and the 64 hexadecimal digits of SHA-256 fill the rest

# `%` introduces an escape, `,` ends a part, `~` starts a hash; controls and line ends would break a log line.
_IN_VALUE = re.compile("[%,~\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_IN_NAME = re.compile("[%,~=\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

# `alertmap.credentials.hidden` writes such a value; no hash of a long key is that short.
_HIDDEN = re.compile("~[0-9a-f]{12}")


def _value(text: str) -> str:
    return text if _HIDDEN.fullmatch(text) else _IN_VALUE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "surrogatepass"))


def dedup_key(vendor: str, identity: Mapping[str, str]) -> str:
    """Write an identity as `vendor:name=value,name=value`, names sorted.

    Distinct identities have distinct keys: what separates parts is escaped as `%XX` of its UTF-8 bytes. A key of more
    than 255 characters is cut to 190 and ends in `~` and the SHA-256 of the full key. A value of `~` and 12 hexadecimal
    digits stands for a credential.
    """
    text = ",".join([f"{name}={identity[name]}" for name in sorted(identity)])
    commas, equals = text.count(","), text.count("=")
    # What must be escaped is not printable, or changes the counts; so does an `=` in a value, which stays.
    is_plain = text.isprintable() and commas == len(identity) - 1 and equals == len(identity)
    is_plain = is_plain and "%" not in text and "~" not in text
    if len(text) > _LONG:
        return _long_key(vendor, _slices(text) if is_plain else _pieces(identity))
    if not is_plain:
        parts = [f"{_IN_NAME.sub(_escape, name)}={_value(identity[name])}" for name in sorted(identity)]
        text = ",".join(parts)
    key = f"{vendor}:{text}"
    return key if len(key) <= MAX_KEY else _long_key(vendor, [text])


_LONG = 4_096
_PIECE = 16_384
"""Characters of a text whose parts are escaped at once, and of a piece of a longer one."""


def _long_key(vendor: str, pieces: Iterable[str]) -> str:
    """Write a key that is too long: its beginning, and its hash. It is made piece by piece, never as one text."""
    from hashlib import sha256  # noqa: PLC0415 - loads OpenSSL

    beginning = f"{vendor}:"
    digest = sha256(beginning.encode())
    for piece in pieces:
        digest.update(piece.encode())
        if len(beginning) < _HASHED_PREFIX:
            beginning += piece[:_HASHED_PREFIX]
    return f"{beginning[:_HASHED_PREFIX]}~{digest.hexdigest()}"


def _slices(text: str) -> Iterator[str]:
    return (text[at : at + _PIECE] for at in range(0, len(text), _PIECE))


def _pieces(identity: Mapping[str, str]) -> Iterator[str]:
    mark = ""
    for name in sorted(identity):
        value = identity[name]
        if len(name) + len(value) <= _PIECE:
            yield f"{mark}{_escaped(name, in_name=True)}={_escaped(value)}"
        else:
            yield mark
            yield from (_escaped(piece, in_name=True) for piece in _slices(name))
            yield "="
            yield from map(_escaped, _slices(value))
        mark = ","


def _escaped(text: str, *, in_name: bool = False) -> str:
    """Escape character by character: a call for each place costs too much where every place is one."""
    if "%" in text:
        text = text.replace("%", "%25")
    if in_name and "=" in text:
        text = text.replace("=", "%3D")
    text = text.replace(",", "%2C").replace("~", "%7E")
    if text.isprintable():
        return text
    for char in _unprintable().intersection(text):
        text = text.replace(char, "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass")))
    return text


@cache
def _unprintable() -> frozenset[str]:
    """The characters that are escaped in names and values because they cannot be printed."""
    return frozenset(map(chr, (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0xD800, 0xE000))))


def fingerprint(algorithm: str, *parts: str, sep: str = "::") -> str:
    """Hash parts of an identity as other platforms do, for parity with keys that they already store.

    ITOC360 keeps `fingerprint("md5", id)` for its own contract and `fingerprint("md5", device, sensor, sensorid)` for
    PRTG. `algorithm` is a name that `hashlib` knows; the text is UTF-8, the result lower-case hexadecimal.

    Raises:
        ConfigurationError: there is no such algorithm, or a part is not text.
    """
    if not all(isinstance(text, str) for text in (sep, *parts)):
        raise ConfigurationError("the parts of a fingerprint must be str")
    import hashlib  # noqa: PLC0415 - as above

    try:
        digest = hashlib.new(algorithm, sep.join(parts).encode("utf-8", "surrogatepass"), usedforsecurity=False)
        return digest.hexdigest()
    except (ValueError, TypeError):
        raise ConfigurationError(f"no hash algorithm with a fixed length is called {quoted(algorithm)}") from None

"""The dedup key: an injective, readable, bounded text of an identity's named parts."""

import re
from collections.abc import Mapping

from alertmap.errors import ConfigurationError

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
    if not is_plain or "%" in text or "~" in text:
        parts = [f"{_IN_NAME.sub(_escape, name)}={_value(identity[name])}" for name in sorted(identity)]
        text = ",".join(parts)
    key = f"{vendor}:{text}"
    if len(key) <= MAX_KEY:
        return key
    from hashlib import sha256  # noqa: PLC0415 - loads OpenSSL

    return f"{key[:_HASHED_PREFIX]}~{sha256(key.encode()).hexdigest()}"


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
        raise ConfigurationError(f"no hash algorithm with a fixed length is called {algorithm!r}") from None

"""Names of credentials, in two lists: secret everywhere, and secret only as a parameter of the receiver's URL.

The decoder, the redactor and the labels of adapters use the same lists. `key` or `code` in a query is often a
credential of the receiver; in a payload it is data, such as an id or an HTTP status.

Case and the separators in a name do not count. A longer name is secret if it ends in a listed one: `db_password`,
`X-Auth-Token`, `slackWebhookUrl`, `user[password]`.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")

_KINDS_OF_KEYS = (
    *("access", "account", "admin", "api", "app", "application", "auth", "client", "consumer", "deploy", "encryption"),
    *("ingest", "ingestion", "insert", "integration", "license", "master", "private", "routing", "secret", "service"),
    *("session", "shared", "signing", "ssh", "storage", "subscription", "user", "webhook", "write"),
)

_SECRETS = (
    *("token", "secret", "password", "credential", "cookie", "webhookurl"),
    *(f"{kind}key" for kind in _KINDS_OF_KEYS),
)
_ENDS = (
    *_SECRETS,
    *(f"{name}s" for name in _SECRETS),
    *("passwd", "passphrase", "passcode", "pwd", "passwordhash", "authorization", "jwt"),
)
# Whoever has the link `unsubscribe` of a status page ends the notifications; it asks for nothing else.
_EXACT = frozenset(("bearer", "csrf", "xsrf", "otp", "totp", "unsubscribe"))
_PASS = ("_pass", "-pass", " pass", ".pass")  # not `compass`, nor the number of checks that `pass`

_AMBIGUOUS_ENDS = ("auth", "hmac", "signature")
_AMBIGUOUS = frozenset(("pass", "pin", "sig"))
"""Names that are as often harmless: a `pin` of a board, the `signature` of an attack. Their value decides."""

# Tencent Cloud calls the episode of an alarm its `sessionId`.
_PARAMETERS = frozenset(("assertion", "code", "key", "pw", "sas", "session", "sessionid", "sid", "ticket"))
"""Names that are secret in the query of a request, besides those that are secret everywhere."""

# No other name is looked at: a document may have thousands.
_TAILS = frozenset(name[-3:] for name in (*_ENDS, *_EXACT, *_PASS, *_AMBIGUOUS_ENDS, *_AMBIGUOUS))
_LONGEST = 64  # characters at the end of a name that are compared
_SEPARATORS = str.maketrans("", "", "_-. \t\r\n[]'\"$@:")

HARMLESS, AMBIGUOUS, SECRET = 0, 1, 2
"""Kinds of names: no value under it is secret; only one that looks generated is; every value is."""


def kind_of_name(name: str) -> int:
    """Return the kind of a name wherever it stands: as a label, a field, a word of a text."""
    return _kind(name[-_LONGEST:])


@lru_cache(maxsize=8192)
def _kind(name: str) -> int:
    loose = _loosened(name)
    if loose[-3:] not in _TAILS:
        return HARMLESS
    if loose.endswith(_ENDS) or loose in _EXACT:
        return SECRET
    name = name.rstrip(" ]'\"")
    if name.casefold().endswith(_PASS) or (name.endswith("Pass") and name[-5:-4].islower()):
        return SECRET
    return AMBIGUOUS if loose in _AMBIGUOUS or loose.endswith(_AMBIGUOUS_ENDS) else HARMLESS


def _loosened(name: str) -> str:
    return name.casefold().translate(_SEPARATORS)


def is_secret(name: str, value: object) -> bool:
    """Return whether the value under a name is secret wherever it stands."""
    kind = _kind(name[-_LONGEST:])
    if kind == HARMLESS:
        return False
    if kind == AMBIGUOUS:
        return isinstance(value, str) and looks_generated(value)
    # `max_tokens` is a number of words.
    return not (_is_number(value) and _loosened(name[-_LONGEST:]).endswith("tokens"))


def is_secret_parameter(name: str) -> bool:
    """Return whether the value of a parameter in the query of a request is secret: also `key`, `code`, `sig`, `sid`."""
    name = name[-_LONGEST:]
    return _kind(name) != HARMLESS or _loosened(name) in _PARAMETERS


def _is_number(value: object) -> bool:
    return value.isdecimal() if isinstance(value, str) else isinstance(value, int | float)


def looks_generated(text: str) -> bool:
    """Return whether a text looks like a key that a machine made: twelve letters and digits or more without a break."""
    return any(
        not run.isalpha() and not run.isdecimal() and any(map(str.isalpha, run))
        for run in re.findall(r"[A-Za-z0-9+/=]{12,}", text)
    )


def hidden(text: str) -> str:
    """Return what stands for a secret in a key: `~` and 12 hexadecimal digits of its SHA-256."""
    from hashlib import sha256  # noqa: PLC0415 - loads OpenSSL

    return f"~{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def without_secrets(pairs: Mapping[str, T]) -> Mapping[str, T]:
    """Return the pairs whose names are not those of credentials."""
    if not _may_hold_secrets(pairs):
        return pairs
    return {name: value for name, value in pairs.items() if not is_secret(name, value)}


def hide_secrets(identity: Mapping[str, str]) -> Mapping[str, str]:
    """Return an identity with a hash for each value whose name is that of a credential, so that keys stay distinct."""
    if not _may_hold_secrets(identity):
        return identity
    return {name: hidden(value) if is_secret(name, value) else value for name, value in identity.items()}


def _may_hold_secrets(names: Mapping[str, object]) -> bool:
    """Return whether one of the names may be that of a credential: mostly none is, which spares a copy."""
    joined = "\n".join(names)
    return _is_one_secret(joined) if len(joined) <= _LONGEST_NAMES else any(map(kind_of_name, names))


_LONGEST_NAMES = 1_024  # characters of names that are remembered together


@lru_cache(maxsize=512)  # the alerts of a sender have mostly the same names
def _is_one_secret(names: str) -> bool:
    return any(map(kind_of_name, names.split("\n")))

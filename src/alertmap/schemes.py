"""Proofs that a sender adds to its requests, as data: where each part stands, and how a signature is made.

An adapter declares the schemes of its vendor, and `alertmap.intake.verify` checks them. A scheme follows the source,
never the header: `X-Hub-Signature` is SHA-1 with one vendor and SHA-256 with another.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

from attrs import field

from alertmap._records import record
from alertmap.errors import ConfigurationError, quoted
from alertmap.paths import parse_path

__all__ = [
    "SMN",
    "SNS",
    "STANDARD_WEBHOOKS",
    "Challenge",
    "Confirmation",
    "InBody",
    "InHeader",
    "InQuery",
    "Jws",
    "Place",
    "Scheme",
    "Signature",
    "TopicSignature",
    "standard_webhooks",
]


def _check_text(_instance: object, attribute: Any, value: Any) -> None:
    if not isinstance(value, str):
        raise ConfigurationError(f"{attribute.name} must be text, not {quoted(value)}")


def _check_name(instance: object, attribute: Any, value: Any) -> None:
    _check_text(instance, attribute, value)
    if not value.strip():
        raise ConfigurationError(f"{attribute.name} must not be blank")


@record
class InHeader:
    """A header, or the entries of a header.

    With a `separator` the value is a list of entries; those that begin with `prefix` count, and the prefix is cut off.
    `InHeader("Acme-Signature", "v1=", ",")` reads `ab` and `cd` in `t=1750000000, v1=ab, v1=cd`.
    """

    name: str = field(validator=_check_text)
    """Blank: the source names the header."""
    prefix: str = field(default="", validator=_check_text)
    separator: str = field(default="", validator=_check_text)


@record
class InQuery:
    """A parameter of the URL."""

    name: str = field(validator=_check_name)


def _check_path(_instance: object, _attribute: object, path: Any) -> None:
    parse_path(path)


@record
class InBody:
    """A text or an integer in the decoded body: a path such as `$.signature.token`, or the name of a field."""

    path: str = field(validator=_check_path)


Place: TypeAlias = InHeader | InQuery | InBody
"""Where a part stands in a request."""

_PARTS = frozenset({"body", "timestamp", "id", "url", "form", "payload", "token"})
_PART = re.compile(r"\{(\w+)\}")


def parts_of(template: str) -> tuple[str, ...]:
    """Return a template's texts and the names of its parts, in turn: `v0:{timestamp}` is `("v0:", "timestamp", "")`."""
    return tuple(_PART.split(template))


@record(kw_only=True)
class Signature:
    """A signature of parts of the request, made with a shared secret (HMAC) or a private key.

    Raises:
        ConfigurationError: a template has an unknown part, or one whose place is not declared; or a timestamp is
            declared that is not signed: it would prove nothing.
    """

    place: Place
    """Where the signature stands. Several entries of a header are alternatives, as senders rotate their secrets."""
    name: str = "signature"
    """Tells the alternatives of a vendor apart: `Proof.form` has the one that matched, `Auth.form` selects one."""
    content: str = "{body}"
    """Template of the bytes that are signed. Parts: `{body}` (bytes as sent), `{timestamp}` and `{id}` (texts as sent),
    `{url}` (as the vendor was given it), `{form}` (names and values of the form's fields, sorted by name), `{payload}`
    (the form field of this name), `{token}` (the text at `token`)."""
    algorithm: Literal[
        "hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512", "ed25519", "ecdsa-sha256"
    ] = "hmac-sha256"
    encoding: Literal["hex", "base64", "base64url"] = "hex"
    """Encoding of the signature; `hex` is in lower case, `base64url` without padding."""
    timestamp: Place | None = None
    """Where the time of the request stands. Only times near `now` are accepted."""
    unit: Literal["s", "ms", "iso"] = "s"
    """Unit of the timestamp: seconds or milliseconds since 1970, or ISO 8601 with an offset."""
    id: Place | None = None
    """Where the id of the request stands, if it is signed."""
    token: Place | None = None
    """Where the text of the part `{token}` stands."""
    key: Literal["text", "base64", "hex"] = "text"
    """How the secret is written: it is the key itself, or encodes the bytes of the key."""
    key_prefix: str = ""
    """Text before the secret that is no part of it, such as `whsec_`; it may be missing."""
    key_content: str = "{secret}"
    """Template of the key: `{secret}`, and `{timestamp}` where it is a part of the key."""

    def __attrs_post_init__(self) -> None:
        used = {*parts_of(self.content)[1::2], *parts_of(self.key_content)[1::2]}
        unknown = used - _PARTS - {"secret"}
        if unknown:
            raise ConfigurationError(f"{self.name}: unknown part {{{min(unknown)}}} in a template")
        for part in ("timestamp", "id", "token"):
            if part in used and getattr(self, part) is None:
                raise ConfigurationError(f"{self.name}: {{{part}}} is used, but its place is not declared")
        for part in ("timestamp", "id"):
            place = getattr(self, part)
            if place is not None and part not in used and not (isinstance(place, InBody) and "body" in used):
                raise ConfigurationError(f"{self.name}: the {part} is declared, but not signed: it proves nothing")


@record(kw_only=True)
class Jws:
    """A JSON Web Token in compact form: signed with the shared secret (HS256), or by an issuer (RS256)."""

    place: Place
    name: str = "jws"
    algorithm: Literal["HS256", "RS256"] = "HS256"
    claims: Mapping[str, str] = field(factory=dict)
    """Claims that the token must have, with their values. The value `{sha256}` is the SHA-256 of the body in hex.
    `Auth.claims` adds those of the source, such as its audience."""
    keys_url: str = ""
    """For RS256 the address of the issuer's keys (a JSON Web Key Set), for the caller's `fetch`."""


@record(kw_only=True)
class TopicSignature:
    """An RSA signature in the body, by the certificate of a cloud's topic service: AWS SNS or Huawei SMN."""

    name: Literal["sns", "smn"]
    """The service."""
    versions: tuple[str, ...] = ("1", "2", "v1")
    """Signature versions that are accepted. Of SNS `1` is SHA-1 and `2` SHA-256; of SMN there is `v1`."""


Scheme: TypeAlias = Signature | Jws | TopicSignature
"""A way in which a vendor signs its requests."""


def standard_webhooks(headers: str = "webhook") -> tuple[Signature, Signature]:
    """Return the schemes of Standard Webhooks, with a shared secret (`v1`) and with a key pair (`v1a`).

    `headers` is the beginning of the names of the headers: `webhook`, or `svix` for older senders.
    """
    parts: dict[str, Any] = {
        "content": "{id}.{timestamp}.{body}",
        "encoding": "base64",
        "timestamp": InHeader(f"{headers}-timestamp"),
        "id": InHeader(f"{headers}-id"),
        "key": "base64",
    }
    name = f"{headers}-signature"
    return (
        Signature(place=InHeader(name, "v1,", " "), name="v1", key_prefix="whsec_", **parts),
        Signature(place=InHeader(name, "v1a,", " "), name="v1a", algorithm="ed25519", key_prefix="whpk_", **parts),
    )


def as_places(places: object) -> tuple[Place, ...]:
    """Return one place, or several, as a tuple: the converter of a field `token_in`."""
    return _several(places, (InHeader, InQuery, InBody), "token_in must be places: InHeader, InQuery or InBody")


def as_schemes(schemes: object, name: str) -> tuple[Scheme, ...]:
    """Return one scheme, or several, as a tuple: the converter of a field, whose `name` the error has."""
    return _several(schemes, (Signature, Jws, TopicSignature), f"{name} must be Signature, Jws or TopicSignature")


def _several(values: object, kinds: tuple[type, ...], message: str) -> tuple[Any, ...]:
    found = (values,) if isinstance(values, kinds) else values
    if isinstance(found, str) or not isinstance(found, Iterable):
        raise ConfigurationError(f"{message}, got {quoted(values)}")
    found = tuple(found)
    if not all(isinstance(value, kinds) for value in found):
        raise ConfigurationError(message)
    return found


STANDARD_WEBHOOKS = standard_webhooks()[:1]
"""The scheme of senders that follow Standard Webhooks with a shared secret."""

SNS = TopicSignature(name="sns")
"""The scheme of AWS SNS."""

SMN = TopicSignature(name="smn")
"""The scheme of Huawei SMN."""


@record(kw_only=True)
class Challenge:
    """A GET request with a random text, which the receiver must sign to prove that it has the secret."""

    parameter: str
    """Parameter of the query with the text."""
    field: str
    """Key of the JSON answer."""
    prefix: str = ""
    """Text before the signature."""
    encoding: Literal["hex", "base64"] = "base64"
    """Encoding of the HMAC-SHA256."""


@record(kw_only=True)
class Confirmation:
    """A URL that the receiver is asked to visit once, before anything else is sent."""

    place: Place
    hosts: str
    """Regular expression for the full name of its host; any other host is refused."""
    only: tuple[Place, str] | None = None
    """A place and its text, without which the URL must not be visited: one that unsubscribes may look the same."""

"""Check that a request proves what its source demands: tokens, basic authentication, signatures.

Rules:

- Signatures are made of the bytes as they were sent, and compared as text, exactly and in constant time: an upper-case
  hex digit or another padding is another signature.
- Timestamps are signed as the text that was sent. One that is not signed proves nothing and is not read.
- Several entries of a signature header are alternatives: a sender that rotates its secret signs twice.
- Of several schemes, those in the first place where something was sent count. A second header cannot weaken the first.
- Any header may hold anything: only `AuthError` is raised, and no message holds a value.
"""

import hmac
import re
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum, unique
from hashlib import sha256
from typing import Any, TypeAlias

from attrs import evolve, field

from alertmap._records import record
from alertmap.adapter import Adapter
from alertmap.credentials import is_secret_parameter
from alertmap.errors import AuthError, ConfigurationError, DecodeError, Refusal
from alertmap.intake.auth import Auth
from alertmap.intake.decode import decode, inflate
from alertmap.intake.source import Source, vendor_of
from alertmap.model import Request
from alertmap.paths import MISSING, parse_path, resolve
from alertmap.schemes import InBody, InHeader, InQuery, Jws, Place, Scheme, Signature, TopicSignature, parts_of
from alertmap.strict_json import Limits, decode_json, resolve_limits
from alertmap.times import to_utc

Fetch: TypeAlias = Callable[[str], bytes]
"""Function of the caller that gets a certificate or a set of keys: without redirects, in seconds, and cached."""

_LONGEST_CREDENTIAL = 4_096  # characters of one header, parameter or field
_MOST_ENTRIES = 16  # signatures in one header


@unique
class Replay(StrEnum):
    """Protection against a request that somebody has recorded and sends again."""

    NONE = "none"  # there is none
    WINDOW = "window"  # the time is signed: it works for `Auth.tolerance` only
    ID = "id"  # the id is signed, and a store knows which were seen


@record(kw_only=True)
class Proof:
    """Result of a check: how a request has proved where it comes from."""

    by: tuple[str, ...]
    """Kinds of credentials: `token`, `basic`, `signature`."""
    form: str = ""
    """Name of the signature scheme that matched."""
    replay: Replay = Replay.NONE
    """Protection against repetition. Only `receive` returns `ID`, where it is given a store of ids."""
    signed_id: str = field(default="", repr=False)
    """The id of the request, if it is signed."""
    signed_document: Mapping[str, str] | None = field(default=None, repr=False)
    """Of a topic's message its signed parts: anybody can add others, which must not be read."""


def verify(
    request: Request,
    source: Source,
    now: datetime,
    *,
    vendor: str | Adapter | None = None,
    fetch: Fetch | None = None,
    limits: Limits | None = None,
) -> Proof | None:
    """Check a request against the credentials of its source. `receive` does this, and all else.

    Args:
        request: the request as it came, with the bytes of its body.
        source: its source, with the vendor and what must be proved (`auth`).
        now: the time of receipt (aware).
        vendor: the vendor, where the source names none.
        fetch: function that gets a certificate or a set of keys from a URL that was checked.
        limits: limits of the size of the request; None for the defaults.

    Returns:
        The proof; None where the source demands none.

    Raises:
        AuthError: the request does not prove what is demanded; `refusal` has the reason.
        LimitError: its body exceeds `limits`, so that it cannot be checked.
        ConfigurationError: the credentials do not fit the vendor, or need an extra that is not installed.
        UnknownVendor: no adapter has this name.
    """
    adapter = vendor_of(source, vendor)
    if source.auth is None:
        return None
    return check_proof(Sent(request, adapter, resolve_limits(limits)), source.auth, to_utc(now, "now"), fetch)


def check_proof(sent: "Sent", auth: Auth, now: datetime, fetch: Fetch | None = None) -> Proof:
    """Check the parts of a request against credentials; `now` is in UTC.

    Raises:
        AuthError: they do not prove what is demanded.
        LimitError: the body exceeds the limits.
        ConfigurationError: the credentials do not fit the vendor, or need an extra that is not installed.
    """
    by: list[str] = []
    if auth.tokens:
        _check_token(sent, auth)
        by.append("token")
    if auth.basic:
        _check_basic(sent, auth)
        by.append("basic")
    if not auth.is_signed:
        return Proof(by=tuple(by))
    schemes = auth.used_schemes(sent.adapter)
    proof = _check_signature(sent, schemes, auth, now, fetch)
    return evolve(proof, by=(*by, "signature"))


# --- Parts of a request ----------------------------------------------------------------------------------------------


class Sent:
    """Parts of a request, as they were sent; its body is decoded when a part of it is needed."""

    def __init__(self, request: Request, adapter: Adapter, limits: Limits) -> None:
        request = as_request(request)
        self.request, self.adapter, self.limits = request, adapter, limits
        self._document: Any = None
        self._bodies: tuple[bytes, ...] = ()

    @property
    def bodies(self) -> tuple[bytes, ...]:
        """The body, as it came and without compression: senders sign one of them."""
        if not self._bodies:
            body = as_bytes(self.request.body)
            try:
                plain = as_bytes(inflate(self.request, self.limits)[0])
            except DecodeError:
                plain = body
            self._bodies = (body,) if plain == body else (plain, body)
        return self._bodies

    @property
    def document(self) -> Any:
        """The decoded body; `MISSING` where it cannot be decoded."""
        if self._document is None:
            try:
                found = decode(self.request, self.adapter.formats | {"json"}, self.limits)
            except DecodeError:
                found = None
            self._document = MISSING if found is None else found.value
        return self._document

    def values(self, place: Place) -> list[str]:
        """Return the texts at a place; none where nothing was sent.

        Raises:
            AuthError: there is more than a credential can be.
        """
        if isinstance(place, InBody):
            value = resolve(self.document, parse_path(place.path))
            found = value if isinstance(value, str) else str(value) if type(value) is int else ""
        elif isinstance(place, InQuery):
            found = self.request.query.get(place.name, "")
        else:
            found = self.request.header(place.name) or ""
        if len(found) > _LONGEST_CREDENTIAL:
            raise AuthError("a credential is longer than any can be", Refusal.UNSUPPORTED)
        if not isinstance(place, InHeader):
            return [found] if found else []
        entries = found.split(place.separator) if place.separator else [found]
        if len(entries) > _MOST_ENTRIES:
            raise AuthError("there are more signatures than any sender makes", Refusal.UNSUPPORTED)
        prefix = place.prefix
        found_entries = [entry.strip(" \t\r\n") for entry in entries]
        return [
            entry[len(prefix) :] for entry in found_entries if entry.startswith(prefix) and len(entry) > len(prefix)
        ]

    def value(self, place: Place | None) -> str | None:
        """Return the only text at a place; None where there is none, or several."""
        found = self.values(place) if place is not None else []
        return found[0] if len(found) == 1 else None


def as_request(request: object) -> Request:
    """Return a request as it is.

    Raises:
        ConfigurationError: it is something else.
    """
    if not isinstance(request, Request):
        raise ConfigurationError(f"request must be a Request, not a {type(request).__name__}")
    return request


def as_bytes(text: bytes | str) -> bytes:
    """Return a text as its bytes; half a character stays what it is."""
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")


def is_equal(one: str, other: str) -> bool:
    """Compare two texts in constant time; they may hold any character."""
    return hmac.compare_digest(as_bytes(one), as_bytes(other))


# --- Tokens ----------------------------------------------------------------------------------------------------------


def _check_token(sent: Sent, auth: Auth) -> None:
    is_given = False
    # The body is decoded only where no other place has the token.
    for place in sorted(auth.places(sent.adapter), key=lambda place: isinstance(place, InBody)):
        for text in tokens_at(sent, place):
            is_given = True
            if any([is_equal(text, token) for token in auth.tokens]):  # noqa: C419 - all are compared
                return
    if is_given:
        raise AuthError("the token is not one of the source", Refusal.WRONG)
    raise AuthError("the request has no token", Refusal.MISSING)


def tokens_at(sent: Sent, place: Place) -> list[str]:
    """Return the texts at the place of a token. The word before it in `Authorization` is in upper or lower case."""
    if not isinstance(place, InHeader) or place.name.lower() != "authorization" or not place.prefix:
        return sent.values(place)
    value = (sent.request.header(place.name) or "")[: _LONGEST_CREDENTIAL + 1]
    head, rest = value[: len(place.prefix)], value[len(place.prefix) :].strip()
    return [rest] if head.lower() == place.prefix.lower() and rest else []


def login_of(sent: Sent) -> tuple[str, str]:
    """Return user and password of a request.

    Raises:
        AuthError: it has none, or they are not readable.
    """
    given = tokens_at(sent, InHeader("Authorization", "Basic "))
    if not given:
        raise AuthError("the request has no basic authentication", Refusal.MISSING)
    try:
        login = b64decode(given[0], validate=True).decode()
    except ValueError:
        raise AuthError("the basic authentication is not base64 of user and password", Refusal.WRONG) from None
    user, _, password = login.partition(":")
    return user, password


def _check_basic(sent: Sent, auth: Auth) -> None:
    user, password = login_of(sent)
    # Both are compared, whatever the first comparison gives.
    matches = [is_equal(user, one) & is_equal(password, two) for one, two in auth.basic]
    if not any(matches):
        raise AuthError("user or password is wrong", Refusal.WRONG)


# --- Signatures ------------------------------------------------------------------------------------------------------


def _check_signature(sent: Sent, schemes: tuple[Scheme, ...], auth: Auth, now: datetime, fetch: Fetch | None) -> Proof:
    faults: list[AuthError] = []
    place: Place | None = None
    for scheme in schemes:
        if isinstance(scheme, TopicSignature):
            from alertmap.intake.topics import check_topic, message_id  # noqa: PLC0415 - few sources are topics

            signed = check_topic(sent, scheme, auth, now, fetch)
            return Proof(by=(), form=scheme.name, signed_id=message_id(signed), signed_document=signed)
        if place is not None and scheme.place != place:
            continue
        given = sent.values(scheme.place)
        if not given:
            continue
        place = scheme.place
        try:
            if isinstance(scheme, Jws):
                return _check_jws(sent, scheme, given, auth, now=now, fetch=fetch)
            return _check_scheme(sent, scheme, given, auth, now)
        except AuthError as error:
            faults.append(error)
    if not faults:
        raise AuthError("the request has no signature", Refusal.MISSING)
    # The alternative that came furthest says most.
    raise max(faults, key=lambda fault: _FURTHEST.get(fault.refusal, 0))


_FURTHEST = {Refusal.WRONG: 1, Refusal.STALE: 2, Refusal.UNAVAILABLE: 3}


def _check_scheme(sent: Sent, scheme: Signature, given: list[str], auth: Auth, now: datetime) -> Proof:
    timestamp, identifier, token = (sent.value(place) for place in (scheme.timestamp, scheme.id, scheme.token))
    if scheme.timestamp is not None and timestamp is None:
        raise AuthError("the request has no time, which its signature needs", Refusal.MISSING)
    if scheme.id is not None and identifier is None:
        raise AuthError("the request has no id, which its signature needs", Refusal.MISSING)
    texts = {"timestamp": timestamp or "", "id": identifier or "", "url": auth.public_url, "token": token or ""}
    matches = [
        _matches(scheme, key_of(scheme, secret, timestamp or ""), content, given)
        for body in sent.bodies
        if (content := content_of(scheme, body, texts, sent)) is not None
        for secret in auth.secrets
    ]
    if not any(matches):
        raise AuthError("the signature is wrong", Refusal.WRONG)
    if timestamp is not None:
        check_time(time_of(timestamp, scheme.unit), now, auth.tolerance)
    replay = Replay.NONE if timestamp is None else Replay.WINDOW
    return Proof(by=(), form=scheme.name, replay=replay, signed_id=identifier or "")


def content_of(scheme: Signature, body: bytes, texts: dict[str, str], sent: Sent) -> bytes | None:
    """Return the bytes that are signed; None where the body has not the part that is signed."""
    pieces: list[bytes] = []
    for place, part in enumerate(parts_of(scheme.content)):
        if place % 2 == 0:
            pieces.append(part.encode())
        elif part == "body":
            # Without a body the query is read, which nothing signs.
            if not body and "query" in sent.adapter.formats:
                return None
            pieces.append(body)
        elif part in ("form", "payload"):
            fields = _form(body, sent)
            if fields is None or (part == "payload" and not _is_only_payload(fields, is_query=not body)):
                return None
            if part == "payload":
                pieces.append(as_bytes(fields["payload"][0]))
            else:
                pieces += [as_bytes(name + value) for name in sorted(fields) for value in sorted({*fields[name]})]
        else:
            pieces.append(as_bytes(texts[part]))
    return b"".join(pieces)


def _form(body: bytes, sent: Sent) -> dict[str, list[str]] | None:
    """Return the fields of a form; those of the query where there is no body. None where it is no form."""
    if not body:
        return {name: [value] for name, value in sent.request.query.items()}
    from urllib.parse import parse_qs  # noqa: PLC0415 - few schemes sign a form

    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=sent.limits.max_fields, errors="strict")
    except ValueError:
        return None


def _is_only_payload(fields: dict[str, list[str]], *, is_query: bool) -> bool:
    """Return whether nothing is read but the field `payload`: no signature covers the other fields."""
    others = [name for name in fields if name != "payload" and not (is_query and is_secret_parameter(name))]
    return len(fields.get("payload", [])) == 1 and not others


def key_of(scheme: Signature, secret: str, timestamp: str) -> bytes:
    """Return the key that a secret stands for.

    Raises:
        ConfigurationError: the secret is not written as the scheme demands.
    """
    text = secret.removeprefix(scheme.key_prefix)
    try:
        if scheme.key == "text":
            key = text.encode()
        elif scheme.key == "hex":
            key = bytes.fromhex(text)
        else:
            key = b64decode(text, validate=True)
    except ValueError:
        raise ConfigurationError(f"a secret is not {scheme.key}, as the signature {scheme.name} demands") from None
    if not key:
        raise ConfigurationError(f"a secret for the signature {scheme.name} is empty")
    parts = {"secret": key, "timestamp": as_bytes(timestamp)}
    return b"".join(
        parts[part] if place % 2 else part.encode() for place, part in enumerate(parts_of(scheme.key_content))
    )


def encoded(digest: bytes, encoding: str) -> str:
    """Return a digest in the encoding of a scheme."""
    if encoding == "hex":
        return digest.hex()
    if encoding == "base64":
        return b64encode(digest).decode()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def _matches(scheme: Signature, key: bytes, content: bytes, given: list[str]) -> bool:
    if scheme.algorithm.startswith("hmac-"):
        expected = encoded(hmac.digest(key, content, scheme.algorithm.removeprefix("hmac-")), scheme.encoding)
        return any([is_equal(expected, one) for one in given])  # noqa: C419 - all are compared
    from alertmap.intake.public_keys import is_signed_by  # noqa: PLC0415 - needs cryptography

    decoded = [signature for one in given if (signature := _decoded(one, scheme.encoding)) is not None]
    return any([is_signed_by(scheme.algorithm, key, content, signature) for signature in decoded])  # noqa: C419


def _decoded(text: str, encoding: str) -> bytes | None:
    """Decode a signature; None unless it is the only way to write these bytes."""
    try:
        if encoding == "hex":
            found = bytes.fromhex(text)
        elif encoding == "base64":
            found = b64decode(text, validate=True)
        else:
            found = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    return found if encoded(found, encoding) == text else None


_TIMES = {
    "s": re.compile(r"[0-9]{1,12}"),
    "ms": re.compile(r"[0-9]{1,15}"),
    "iso": re.compile(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
    ),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def time_of(text: str, unit: str) -> datetime:
    """Return the time of a timestamp.

    Raises:
        AuthError: it is none.
    """
    try:
        if _TIMES[unit].fullmatch(text):
            if unit == "iso":
                return datetime.fromisoformat(text)
            return _EPOCH + timedelta(**{"seconds" if unit == "s" else "milliseconds": int(text)})
    except (ValueError, OverflowError):
        pass
    raise AuthError("the time of the request is not written as its signature demands", Refusal.UNSUPPORTED)


def check_time(time: datetime, now: datetime, tolerance: timedelta) -> None:
    """Check that a signed time is near now.

    Raises:
        AuthError: it is further away than the tolerance.
    """
    if abs(now - time) > tolerance:
        raise AuthError("the time of the request is too far from the time of receipt", Refusal.STALE)


# --- JSON Web Tokens -------------------------------------------------------------------------------------------------


def _check_jws(sent: Sent, scheme: Jws, given: list[str], auth: Auth, *, now: datetime, fetch: Fetch | None) -> Proof:
    if len(given) != 1:
        raise AuthError("the request has several tokens", Refusal.UNSUPPORTED)
    claims = _claims(sent, scheme, given[0], auth, fetch)
    _check_claims(sent, scheme, claims, auth, now)
    return Proof(by=(), form=scheme.name)


def _claims(sent: Sent, scheme: Jws, token: str, auth: Auth, fetch: Fetch | None) -> dict[str, Any]:
    """Return the claims of a token whose signature is right."""
    signed, _, signature = token.rpartition(".")
    header, _, payload = signed.partition(".")
    if not signature or not header or not payload or "." in payload:
        raise AuthError("the token is not a JSON Web Token", Refusal.WRONG)
    if scheme.algorithm == "HS256":
        digests = [hmac.digest(as_bytes(one), as_bytes(signed), "sha256") for one in auth.secrets]
        expected = [encoded(digest, "base64url") for digest in digests]
        is_right = any([is_equal(one, signature) for one in expected])  # noqa: C419 - all are compared
        head = _json_part(header, sent.limits) if is_right else {}
    else:
        from alertmap.intake.public_keys import is_signed_by, key_from_set  # noqa: PLC0415 - needs cryptography

        head = _json_part(header, sent.limits)
        decoded = _decoded(signature, "base64url")
        key = key_from_set(fetched(fetch, scheme.keys_url), head.get("kid"), sent.limits)
        is_right = decoded is not None and is_signed_by("rsa-sha256", key, as_bytes(signed), decoded)
    if not is_right:
        raise AuthError("the signature is wrong", Refusal.WRONG)
    # Never the algorithm that the token names, but it must be ours.
    if head.get("alg") != scheme.algorithm:
        raise AuthError("the token names another algorithm than the vendor's", Refusal.UNSUPPORTED)
    return _json_part(payload, sent.limits)


def _json_part(text: str, limits: Limits) -> dict[str, Any]:
    decoded = _decoded(text, "base64url")
    try:
        found = decode_json((decoded or b"").decode(), limits)
    except (ValueError, DecodeError):
        found = None
    if not isinstance(found, dict):
        raise AuthError("the token is not a JSON Web Token", Refusal.WRONG)
    return found


def _check_claims(sent: Sent, scheme: Jws, claims: dict[str, Any], auth: Auth, now: datetime) -> None:
    digests = {sha256(body).hexdigest() for body in sent.bodies}
    demanded = {**scheme.claims, **(auth.claims if scheme.algorithm == "RS256" else {})}
    for name, value in demanded.items():
        found = claims.get(name)
        given = [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, str)]
        wanted = digests if value == "{sha256}" else {value}
        if not any([is_equal(one, other) for one in given for other in wanted]):  # noqa: C419 - all are compared
            raise AuthError("a claim of the token is missing or wrong", Refusal.WRONG)
    for name, sign in (("exp", 1), ("nbf", -1)):
        moment = claims.get(name)
        if moment is None and not (name == "exp" and scheme.algorithm == "RS256"):
            continue
        is_time = isinstance(moment, int | float) and not isinstance(moment, bool)
        if not is_time or sign * (now.timestamp() - float(moment or 0)) > auth.tolerance.total_seconds():
            raise AuthError("the token is not valid at the time of receipt", Refusal.STALE)


def fetched(fetch: Fetch | None, url: str) -> bytes:
    """Return what the caller's function gets from a URL that was checked.

    Raises:
        ConfigurationError: there is no such function.
        AuthError: it fails, or gets more than a certificate or a set of keys can be.
    """
    if fetch is None:
        raise ConfigurationError("the signature is checked with a certificate or key from its issuer: pass fetch")
    try:
        found = bytes(fetch(url))
    except Exception as error:
        raise AuthError("the certificate or key of the signature cannot be fetched", Refusal.UNAVAILABLE) from error
    if len(found) > _LONGEST_FETCH:
        raise AuthError("the certificate or key of the signature cannot be read", Refusal.UNAVAILABLE)
    return found


_LONGEST_FETCH = 256 * 1024

"""Requests with the credentials that a source demands, for trying a receiver."""

import hmac
import json
from datetime import datetime
from typing import Any

from attrs import evolve

from alertmap.adapter import Adapter
from alertmap.errors import ConfigurationError
from alertmap.intake.auth import Auth
from alertmap.intake.source import Source, vendor_of
from alertmap.intake.verify import Sent, as_bytes, content_of, encoded, key_of
from alertmap.model import Request
from alertmap.paths import parse_path
from alertmap.schemes import InBody, InHeader, InQuery, Jws, Place, Signature
from alertmap.strict_json import Limits
from alertmap.times import time_text, to_utc


def signed(
    request: Request,
    source: Source,
    now: datetime,
    *,
    vendor: str | Adapter | None = None,
    request_id: str = "sample-1",
) -> Request:
    """Return the request with the token, the login and the signature that its source demands.

    The first token, login and secret are used, and the first scheme that the source accepts.

    Args:
        request: the request; its body is not changed, unless the vendor has its credentials there.
        source: the source, with its vendor and `auth`.
        now: the time that is signed (aware).
        vendor: the vendor, where the source names none.
        request_id: the id of the request, where it is signed.

    Raises:
        ConfigurationError: the source demands nothing, or a signature that only the vendor can make.
        UnknownVendor: no adapter has this name.
    """
    adapter, auth = vendor_of(source, vendor), source.auth
    if auth is None:
        raise ConfigurationError("the source demands no credential: Source(…, auth=Auth(…))")
    if auth.tokens:
        request = _with(request, auth.places(adapter)[0], auth.tokens[0])
    if auth.basic:
        login = encoded(":".join(auth.basic[0]).encode(), "base64")
        request = _with(request, InHeader("Authorization", "Basic "), login)
    if not auth.is_signed:
        return request
    scheme = auth.used_schemes(adapter)[0]
    if isinstance(scheme, Jws) and scheme.algorithm == "HS256":
        return _with(request, scheme.place, _token(request, scheme, auth.secrets[0]))
    if isinstance(scheme, Signature) and scheme.algorithm.startswith("hmac-"):
        return _signed(request, scheme, adapter, auth, now=now, request_id=request_id)
    raise ConfigurationError(f"the signature {scheme.name} needs the private key of the sender")


def _signed(
    request: Request, scheme: Signature, adapter: Adapter, auth: Auth, *, now: datetime, request_id: str
) -> Request:
    sent = Sent(request, adapter, Limits())
    texts = {"url": auth.public_url}
    wanted = {"timestamp": _timestamp(scheme, now), "id": request_id, "token": "sample-token"}
    for name, place in (("timestamp", scheme.timestamp), ("id", scheme.id), ("token", scheme.token)):
        if place is None:
            texts[name] = ""
            continue
        found = sent.value(place)
        if isinstance(place, InBody) and found is None and "{body}" in scheme.content:
            raise ConfigurationError(f"the body has no {name}, which its signature needs")
        texts[name] = wanted[name] if found is None else found
        request = request if found is not None else _with(request, place, texts[name])
    content = content_of(scheme, as_bytes(request.body), texts, sent)
    if content is None:
        raise ConfigurationError("the body has not the part that is signed")
    key = key_of(scheme, auth.secrets[0], texts["timestamp"])
    digest = hmac.digest(key, content, scheme.algorithm.removeprefix("hmac-"))
    return _with(request, scheme.place, encoded(digest, scheme.encoding))


def _timestamp(scheme: Signature, now: datetime) -> str:
    if scheme.unit == "iso":
        return time_text(now, "now", timespec="seconds")
    return str(int(to_utc(now, "now").timestamp()) * (1000 if scheme.unit == "ms" else 1))


def _token(request: Request, scheme: Jws, secret: str) -> str:
    from hashlib import sha256  # noqa: PLC0415 - few schemes are tokens

    digest = sha256(as_bytes(request.body)).hexdigest()
    claims = {name: digest if value == "{sha256}" else value for name, value in scheme.claims.items()}
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    text = ".".join(encoded(part, "base64url") for part in parts)
    return f"{text}.{encoded(hmac.digest(secret.encode(), text.encode(), 'sha256'), 'base64url')}"


def _with(request: Request, place: Place, text: str) -> Request:
    """Return the request with a text at a place."""
    if isinstance(place, InQuery):
        return evolve(request, query={**request.query, place.name: text})
    if isinstance(place, InHeader):
        before = request.header(place.name)
        entry = f"{place.prefix}{text}"
        value = f"{before}{place.separator}{entry}" if before and place.separator else entry
        return evolve(request, headers={**request.headers, place.name: value})
    path = parse_path(place.path)
    try:
        document: Any = json.loads(request.body)
        holder = document
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = text
    except (ValueError, KeyError, IndexError, TypeError):
        raise ConfigurationError("the body is not JSON with a place for the credential") from None
    return evolve(request, body=json.dumps(document))

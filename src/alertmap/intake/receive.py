"""One HTTP request in, one outcome out, with the answer that the sender expects. No socket, no clock, no store.

Order: questions that need no proof (probes, a challenge), the proof, questions of a sender that has proved itself, the
alerts, and last the memory of ids. After the proof nothing is refused but what exceeds its limits: senders that are
answered 4xx drop the request, or stop to send at all.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TypeAlias

from attrs import evolve, field

from alertmap._records import record
from alertmap.adapter import Adapter
from alertmap.errors import (
    AdapterError,
    AuthError,
    ConfigurationError,
    LimitError,
    PayloadError,
    Refusal,
    quoted,
)
from alertmap.intake import handshake
from alertmap.intake.parse import parse_received
from alertmap.intake.seen import SeenStore
from alertmap.intake.source import Source, vendor_of
from alertmap.intake.verify import Fetch, Proof, Replay, Sent, as_bytes, as_request, check_proof
from alertmap.model import Batch, Problem, ProblemCode, Reason, Reply, Request
from alertmap.paths import parse_path
from alertmap.schemes import InBody
from alertmap.strict_json import Limits, resolve_limits
from alertmap.times import to_utc


@record(kw_only=True)
class Accepted:
    """The request is authentic: process its alerts, and answer once they are stored."""

    answer: Reply
    """The answer to the sender."""
    batch: Batch
    """The alerts. A request that cannot be read has none, and one problem `unreadable`: keep the request."""
    proof: Proof | None = None
    """The proof of where it comes from; None where the source demands none."""
    marks: Mapping[str, str] = field(factory=dict, repr=False)
    """Marks for `SeenStore.put`, in the transaction that stores the alerts."""


@record(kw_only=True)
class Handshake:
    """The sender asks for something before it sends alerts."""

    answer: Reply
    """The answer to the sender."""
    confirm_url: str | None = None
    """URL that the caller may visit to confirm, without redirects; it was checked to be one of the vendor."""
    batch: Batch | None = None
    """The request, where it was read: `raw` may hold a code that a person must enter at the sender."""


@record(kw_only=True)
class Probe:
    """The request only looks whether the URL answers."""

    answer: Reply
    """The answer to the sender."""
    batch: Batch | None = None
    """The request, where it has a query that was not read: its problem says so. Otherwise it has proved nothing."""


@record(kw_only=True)
class Duplicate:
    """The request was received before: give the same answer, and do nothing."""

    answer: Reply
    """The answer to the sender."""
    batch: Batch
    """The alerts of the request, once more."""


@record(kw_only=True)
class Rejected:
    """The request is not accepted."""

    answer: Reply
    """The answer to the sender."""
    reason: Refusal
    message: str = ""
    """The reason in a sentence, for a log. It holds no value of the request."""


Outcome: TypeAlias = Accepted | Handshake | Probe | Duplicate | Rejected
"""Result of `receive`. Each has an `answer`."""


def receive(
    request: Request,
    source: Source,
    now: datetime,
    *,
    vendor: str | Adapter | None = None,
    seen: SeenStore | None = None,
    fetch: Fetch | None = None,
    limits: Limits | None = None,
) -> Outcome:
    """Check one request, parse it, and say what to answer.

    Args:
        request: the request as it came, with the bytes of its body.
        source: its source, with the vendor and what must be proved (`auth`).
        now: the time of receipt (aware).
        vendor: the vendor, where the source names none.
        seen: memory of ids; without it no request is a `Duplicate`.
        fetch: function that gets a certificate or a set of keys from a URL that was checked, for SNS, SMN and tokens
            of an issuer. It should follow no redirects, give up after some seconds, and cache.
        limits: limits of the size of the request; None for the defaults.

    Returns:
        The outcome, each with an `answer`.

    Raises:
        ConfigurationError: the arguments or the credentials of the source mean nothing, or an extra is missing.
        UnknownVendor: no adapter has this name.
    """
    adapter = vendor_of(source, vendor)
    received = _Received(as_request(request), source, adapter, to_utc(now, "now"), resolve_limits(limits))
    try:
        return _receive(received, seen, fetch)
    except AuthError as error:
        return _rejected(source, adapter, error.refusal, str(error))
    except LimitError as error:
        return _rejected(source, adapter, Refusal.TOO_LARGE, str(error))


def refuse(
    source: Source, reason: Refusal, *, vendor: str | Adapter | None = None, retry_after: timedelta | None = None
) -> Rejected:
    """Return the outcome for a request that the caller cannot take: its store is down, or the sender is too fast.

    Args:
        source: the source of the request.
        reason: `UNAVAILABLE`, `TOO_MANY` or `RETIRED`.
        vendor: the vendor, where the source names none.
        retry_after: when the sender should try again.

    Raises:
        ConfigurationError: the source names no vendor, or `retry_after` is negative.
        UnknownVendor: no adapter has this name.
    """
    pause: object = retry_after
    if pause is not None and (not isinstance(pause, timedelta) or pause < timedelta()):
        raise ConfigurationError("retry_after must be a timedelta that is not negative")
    try:
        refusal = Refusal(reason)
    except Exception:  # noqa: BLE001 - an object that cannot even be compared
        raise ConfigurationError(f"reason must be a Refusal, not {quoted(reason)}") from None
    return _rejected(source, vendor_of(source, vendor), refusal, "", retry_after)


@record
class _Received:
    """A request, and what it is received with."""

    request: Request
    source: Source
    adapter: Adapter
    now: datetime
    limits: Limits


def _receive(it: _Received, seen: SeenStore | None, fetch: Fetch | None) -> Outcome:
    request, adapter, auth = it.request, it.adapter, it.source.auth
    answer = handshake.challenge(request, adapter, auth)
    if answer is not None:
        return Handshake(answer=answer)
    if handshake.asks_for_consent(request):
        return _consent(it)
    answer = handshake.probe(request)
    if answer is not None:
        return Probe(answer=answer)
    sent = Sent(request, adapter, it.limits)
    proof = None if auth is None else check_proof(sent, auth, it.now, fetch)
    if adapter.confirmation is not None:
        is_asked, url = handshake.confirm_url(sent, adapter.confirmation)
        if is_asked:
            return Handshake(answer=_answer(adapter, _no_alerts(it, Reason.HANDSHAKE)), confirm_url=url)
    batch = _batch(it, proof)
    if batch.reason is Reason.HANDSHAKE:
        return Handshake(answer=batch.reply or _answer(adapter, batch), confirm_url=batch.confirm_url, batch=batch)
    if batch.reason is Reason.PROBE:
        return Probe(answer=_answer(adapter, batch), batch=batch)
    return _remembered(it, seen, batch, proof)


def _consent(it: _Received) -> Outcome:
    """Consent to the origin that asks, if it has the token: a request without a body cannot be signed."""
    auth = it.source.auth
    if auth is not None and (auth.tokens or auth.basic):
        unsigned = evolve(auth, secrets=(), topics=(), claims={})
        check_proof(Sent(it.request, it.adapter, it.limits), unsigned, it.now)
    answer = handshake.consent(it.request)
    if answer is None:
        raise AuthError("the request for consent names no origin", Refusal.UNSUPPORTED)
    return Handshake(answer=answer)


def _batch(it: _Received, proof: Proof | None) -> Batch:
    paths = tuple(parse_path(place.path) for place in _token_places(it) if isinstance(place, InBody))
    only = None if proof is None else proof.signed_document
    change = None if only is None and not paths else lambda document: handshake.hide(document, paths, only)
    try:
        return parse_received(
            it.adapter, it.request, source=it.source, received_at=it.now, limits=it.limits, change=change
        )
    except LimitError:
        raise
    except (PayloadError, AdapterError) as error:
        problem = Problem(ProblemCode.UNREADABLE, "$", f"the request cannot be read: {error.args[0]}")
        return evolve(_no_alerts(it, Reason.UNREADABLE), problems=(problem,))


def _token_places(it: _Received) -> tuple[object, ...]:
    auth = it.source.auth
    return (*it.adapter.token_in, *(auth.token_in if auth is not None else ()))


def _no_alerts(it: _Received, reason: Reason) -> Batch:
    return Batch(vendor=it.adapter.name, source=it.source.name, reason=reason)


def _answer(adapter: Adapter, batch: Batch) -> Reply:
    if isinstance(adapter.answer, Reply):
        return adapter.answer
    try:
        return adapter.answer(batch)
    except Exception:  # noqa: BLE001 - the alerts count, not the words of the answer
        return Reply()


# --- Memory ----------------------------------------------------------------------------------------------------------


def _remembered(it: _Received, seen: SeenStore | None, batch: Batch, proof: Proof | None) -> Accepted | Duplicate:
    answer = _answer(it.adapter, batch)
    delivery_id = (proof.signed_id if proof is not None else "") or batch.delivery_id
    marks = {f"id:{delivery_id}": "seen"} if delivery_id else {}
    if it.source.skip_repeated_bodies:
        # The mark of a key is that of its last body: a body that comes again after another one is news.
        digest = _digest(it.request)
        marks |= {f"key:{alert.dedup_key}": digest for alert in batch}
    if proof is not None and proof.signed_id and seen is not None:
        proof = evolve(proof, replay=Replay.ID)
    if seen is not None and _is_repeated(it, seen, marks, delivery_id):
        return Duplicate(answer=answer, batch=batch)
    return Accepted(answer=answer, batch=batch, proof=proof, marks=marks)


def _is_repeated(it: _Received, seen: SeenStore, marks: Mapping[str, str], delivery_id: str) -> bool:
    try:
        found = {name: seen.get(it.source.name, name, it.now) for name in marks}
    except Exception as error:
        raise AuthError("the memory of ids is down", Refusal.UNAVAILABLE) from error
    if delivery_id and found[f"id:{delivery_id}"] is not None:
        return True
    keys = [name for name in marks if name.startswith("key:")]
    return bool(keys) and all(found[name] == marks[name] for name in keys)


def _digest(request: Request) -> str:
    """Return a hash of all that is read of a request but its headers."""
    parts = [request.method, request.path, *(f"{name}={value}" for name, value in sorted(request.query.items()))]
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass") + b"\0" + as_bytes(request.body)).hexdigest()


# --- Refusals --------------------------------------------------------------------------------------------------------

_STATUSES = {
    Refusal.TOO_LARGE: 413,
    Refusal.TOO_MANY: 429,
    Refusal.RETIRED: 410,
}
"""Statuses of the refusals; of all others 401."""


def _rejected(
    source: Source, adapter: Adapter, reason: Refusal, message: str, retry_after: timedelta | None = None
) -> Rejected:
    status, headers = _STATUSES.get(reason, 401), dict(Reply().headers)
    if reason is Refusal.UNAVAILABLE:
        status = adapter.busy
    if reason in (Refusal.UNAVAILABLE, Refusal.TOO_MANY):
        headers["Retry-After"] = str(int((retry_after or timedelta(seconds=60)).total_seconds()))
    if status == 401 and source.auth is not None and (source.auth.basic or source.auth.tokens):  # noqa: PLR2004
        # SNS and others send user and password only when they are asked.
        headers["WWW-Authenticate"] = 'Basic realm="alerts"' if source.auth.basic else "Bearer"
    return Rejected(answer=Reply(status=status, headers=headers), reason=reason, message=message)

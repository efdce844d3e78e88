"""Values of the library: requests, readings, alerts, batches.

All classes are frozen. Times are aware datetimes in UTC, cut to microseconds. A `Reading` is the result of an adapter,
in the vendor's terms; an `Alert` is the result for the user: the reading plus severity and dedup key, which the core
decides.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Any, TypeAlias

from attrs import Factory, field

from alertmap._records import record
from alertmap.errors import ConfigurationError, DecodeError, LimitError
from alertmap.paths import JsonPath


@unique
class State(StrEnum):
    """State of a problem, as the monitor reports it."""

    FIRING = "firing"  # a problem is there
    ACKNOWLEDGED = "acknowledged"  # somebody works on it
    SUPPRESSED = "suppressed"  # downtime, mute, maintenance
    RESOLVED = "resolved"  # the problem is over


@unique
class Severity(StrEnum):
    """Severity of a problem, often written P1 to P5. Ordered: `Severity.CRITICAL > Severity.HIGH`.

    `==` and hash are those of the text. `<`, `<=`, `>` and `>=` take severities only: with any other text they raise
    TypeError, because the order of the letters means nothing.
    """

    CRITICAL = "critical"  # P1
    HIGH = "high"  # P2
    MEDIUM = "medium"  # P3
    LOW = "low"  # P4
    INFO = "info"  # P5

    # The parameter is narrower than that of str, so that type checkers refuse a comparison with text.
    def __lt__(self, other: "Severity") -> bool:  # type: ignore[override]
        return _rank(self) < _rank(other)

    def __le__(self, other: "Severity") -> bool:  # type: ignore[override]
        return _rank(self) <= _rank(other)

    def __gt__(self, other: "Severity") -> bool:  # type: ignore[override]
        return _rank(self) > _rank(other)

    def __ge__(self, other: "Severity") -> bool:  # type: ignore[override]
        return _rank(self) >= _rank(other)


_RANK = {severity: -rank for rank, severity in enumerate(Severity)}


def _rank(severity: object) -> int:
    # NotImplemented would not do: Python would then ask str, which compares the letters.
    if not isinstance(severity, Severity):
        raise TypeError(f"a Severity compares with a Severity only, not with {type(severity).__name__}")
    return _RANK[severity]


@unique
class ProblemCode(StrEnum):
    """Warning codes for payloads that were parsed with assumptions. Closed set."""

    BAD_ELEMENT = "bad_element"  # an element of a batch cannot be read; the others are not affected
    BAD_FIELD = "bad_field"  # an optional field has another type; it was left out
    BAD_LINK = "bad_link"  # a link is not absolute http(s), is too long or holds a user name; dropped
    BAD_TIME = "bad_time"  # a time cannot be read or lies outside the accepted window
    CREDENTIAL = "credential"  # labels, values or links have the names of credentials; they were left out
    DUPLICATE_FIELD = "duplicate_field"  # a form field or a key of JSON occurs more than once; the last one counts
    ENCODING = "encoding"  # the body is not UTF-8, holds half a character, or is not compressed as declared
    KEY_FALLBACK = "key_fallback"  # the preferred identity is missing; the key is made of a weaker one
    LEVEL_MISSING = "level_missing"  # the level of this shape is missing; the fallback severity counts
    LEVEL_UNKNOWN = "level_unknown"  # the adapter does not know the level; the fallback severity counts
    LOOKS_LIKE = "looks_like"  # the body has the marks of another vendor, whose adapter would read it better
    MALFORMED = "malformed"  # a text should be JSON and is not quite; the readable part was taken
    MISSING = "missing"  # a part of the payload is missing
    STATE_GUESSED = "state_guessed"  # the payload does not name the state; it was inferred
    STATE_UNKNOWN = "state_unknown"  # the adapter does not know the state word; treated as firing
    SYNONYM = "synonym"  # a word or a spelling outside the contract was accepted
    TIME_MISSING = "time_missing"  # the payload does not name the time of the state
    TITLE_FALLBACK = "title_fallback"  # the payload has no title; one was made
    TRUNCATED = "truncated"  # text was cut, there were too many parts or problems, or the sender left out alerts
    UNREADABLE = "unreadable"  # the request is authentic, but cannot be read; keep it
    UNRENDERED = "unrendered"  # a template of the sender was not filled in


@record
class Problem:
    """Warning about a part of a payload that was defaulted, cut, inferred or unreadable.

    `path` is a path in the document (`$.alerts[3].labels.severity`) or a field of the alert, `message` a sentence.
    Neither holds a value of the payload.
    """

    code: ProblemCode
    path: str
    message: str


@unique
class Times(StrEnum):
    """Meaning of `occurred_at`: how the reducer distinguishes a repeat from an old statement."""

    SINCE = "since"  # since when the state holds: a repeat has the same time
    STATED = "stated"  # the time of the statement: each statement has its own
    ARRIVAL = "arrival"  # the sender posts in order and never retries: the order of arrival counts
    NONE = "none"  # the payload has no time


Identity: TypeAlias = Mapping[str, str | None]
"""Named parts. A part that is None is optional and was not sent; a blank part is missing."""


@record(kw_only=True)
class _AlertFields:
    """Fields that readings and alerts share."""

    level: str | None = None
    """The vendor's word that decides the severity; on a recovery the word of what ended, None if it is not sent."""
    title: str = ""
    message: str = ""
    resource: str = ""
    """Affected host, instance or service."""
    labels: Mapping[str, str] = Factory(dict)
    links: Mapping[str, str] = Factory(dict)
    """Absolute http(s) URLs by name."""
    values: Mapping[str, int | float | str] = Factory(dict)
    """Measured values by name."""
    started_at: datetime | None = None
    """Start of the current outage (UTC)."""
    occurred_at: datetime | None = None
    """Time since which the state holds, or time of the statement (UTC): see `times`. On a recovery the end."""
    sequence: int | None = None
    """The vendor's own tie-break where `occurred_at` is equal."""
    episode: str | None = None
    """One firing-to-resolve cycle, as sent: only where the vendor keeps it stable."""
    expires_at: datetime | None = None
    """Time at which a firing alert expires (UTC), unless it is repeated."""
    no_data: bool = False
    """The alert fires because there is no data."""
    resolvable: bool = True
    """False where the sender never announces a recovery."""
    problems: tuple[Problem, ...] = ()
    """Warnings. Their paths start at the alert's own element in a reading, at the root of the document in an alert."""
    path: JsonPath = ()
    """Path of the alert's own element in the document; empty for the document itself."""


@record(kw_only=True)
class Reading(_AlertFields):
    """One alert as an adapter reads it, in the vendor's terms: no severity and no key, the core decides those.

    Blank labels, links, values and levels are dropped by the core.
    """

    state: State | None
    """None where the payload does not name it: the alert fires, with the problem `state_guessed`."""
    identity: Identity | Sequence[Identity]
    """Named parts that stay the same from trigger to recovery, or several such mappings, best first.

    No level, state, text, time or notification rule. The first mapping without a blank part makes the key; any other
    brings the problem `key_fallback`.
    """
    times: Times | None = None
    """Meaning of `occurred_at`, where it differs from the shape's or the adapter's."""


@record(kw_only=True)
class Alert(_AlertFields):
    """One alert of one source, in terms that all vendors share."""

    vendor: str
    source: str
    """Name of the source that received the alert; the vendor's name where the caller gave none."""
    state: State
    severity: Severity | None
    """None only for a recovery, acknowledgement or mute whose payload does not name the level."""
    identity: Mapping[str, str]
    """Named parts of which the key is made."""
    dedup_key: str
    """Key that a trigger shares with its recovery, unique per problem within a source, at most 255 characters."""
    times: Times = Times.SINCE
    """Meaning of `occurred_at`."""
    received_at: datetime | None = None
    raw: Any = field(default=None, repr=False)
    """The alert's own element of the decoded document. Not a copy: do not change it; `labels` may be a part."""


@unique
class Reason(StrEnum):
    """Reason why a batch has no alerts."""

    TEST = "test"  # the sender's test button
    PROBE = "probe"  # a request that only checks that the URL answers
    NO_ALERT = "no_alert"  # an event that changes no alert
    HANDSHAKE = "handshake"  # the sender wants an answer before it sends alerts
    UNREADABLE = "unreadable"  # the request cannot be read; only `receive` returns such a batch


def _json_headers() -> dict[str, str]:
    return {"Content-Type": "application/json"}


@record(kw_only=True)
class Reply:
    """Answer to a request."""

    status: int = 200
    headers: Mapping[str, str] = field(factory=_json_headers)
    body: str = ""


@record(kw_only=True)
class Notice:
    """Statement of an adapter about the request, not about one alert; its fields are those of `Batch`."""

    reason: Reason | None = None
    reply: Reply | None = None
    confirm_url: str | None = None
    truncated: int = 0
    group_key: str = ""
    delivery_id: str = ""


@record(kw_only=True)
class Batch:
    """Result of one request. Iterates over its alerts."""

    vendor: str
    source: str
    alerts: tuple[Alert, ...] = ()
    problems: tuple[Problem, ...] = ()
    """Warnings that concern no single alert: unreadable elements, the encoding of the body."""
    raw: Any = field(default=None, repr=False)
    """The decoded document without its envelopes, to which all paths refer. Not a copy, so do not change it."""
    envelopes: tuple[str, ...] = ()
    """Removed envelopes, outermost first: `sns`, `pubsub`, `eventbridge`, `cloudevents`, `eventgrid`, `lambda`, `sqs`,
    `list`."""
    truncated: int = 0
    """Number of alerts that the sender left out of this request."""
    group_key: str = ""
    """The sender's grouping key; not the identity of an alert."""
    delivery_id: str = ""
    """The sender's id of this request, equal on a retry."""
    reason: Reason | None = None
    """Reason why there are no alerts; None where there are."""
    reply: Reply | None = None
    """Answer to a handshake."""
    confirm_url: str | None = None
    """URL that confirms a handshake. This library never visits it."""
    detected: str = ""
    """Why this vendor was taken, where `parse` detected it; else empty."""

    def __iter__(self) -> Iterator[Alert]:
        return iter(self.alerts)

    def __len__(self) -> int:
        return len(self.alerts)

    def __getitem__(self, place: int) -> Alert:
        return self.alerts[place]


_NO_PAIRS: Mapping[str, str] = MappingProxyType({})


def _body(body: object) -> bytes | str:
    if isinstance(body, (bytearray, memoryview)):
        return bytes(body)
    if isinstance(body, (bytes, str)):
        return body
    hint = ": parse_document takes a decoded document" if isinstance(body, (dict, list)) else ""
    raise ConfigurationError(f"a request's body must be bytes or str, got {type(body).__name__}{hint}")


def _text(text: object) -> str:
    if isinstance(text, str):
        return text
    raise ConfigurationError(f"a request's method and path must be str, got {type(text).__name__}")


def _method(method: object) -> str:
    return _text(method).upper()


def _names(mapping: object) -> dict[str, str]:
    pairs: dict[Any, Any] = dict(mapping) if isinstance(mapping, Mapping) else {None: None}
    if not all(isinstance(text, str) for pair in pairs.items() for text in pair):
        raise ConfigurationError("a request's headers and query must map str to str")
    return pairs


def _lower_names(headers: object) -> dict[str, str]:
    return {name.lower(): value for name, value in _names(headers).items()}


DEFAULT_MAX_BODY = 8 * 1024 * 1024
"""Bytes of a body that are read where the caller names no limit: those of `Limits`."""


def _too_long(max_body: int) -> LimitError:
    return LimitError(f"the body is longer than {max_body:,} bytes")


def _query(text: str | None) -> dict[str, str]:
    from urllib.parse import parse_qsl  # noqa: PLC0415 - few requests have a query

    return dict(parse_qsl(text, keep_blank_values=True)) if text else {}


def _expect_parts(found: object, names: tuple[str, ...], max_body: object) -> None:
    """Check that a framework's request has these parts, and that the limit is a number."""
    if not isinstance(found, Mapping) or not all(name in found for name in names):
        raise ConfigurationError(f"expected a mapping with {', '.join(names)}, got {type(found).__name__}")
    if type(max_body) is not int:
        raise ConfigurationError(f"max_body must be an int, got {type(max_body).__name__}")


@record
class Request:
    """HTTP request as it arrived, not decoded. Its repr leaves out path, headers, query and body.

    Names of `headers` are kept in lower case, and looked up in any case. A query inside `path` is moved to `query`
    unless that is given; of a repeated name, or of headers that differ in case only, the last value counts.

    Raises:
        ConfigurationError: an argument has another type than declared.
    """

    body: bytes | str = field(default=b"", repr=False, converter=_body)
    method: str = field(default="POST", converter=_method)
    path: str = field(default="/", repr=False, converter=_text)
    headers: Mapping[str, str] = field(factory=dict, repr=False, converter=_lower_names)
    query: Mapping[str, str] = field(factory=dict, repr=False, converter=_names)

    def __attrs_post_init__(self) -> None:
        path, mark, query = self.path.partition("?")
        if mark and not self.query:
            object.__setattr__(self, "path", path)
            object.__setattr__(self, "query", _query(query))

    def __reduce__(self) -> tuple[Any, ...]:
        return Request, (self.body, self.method, self.path, dict(self.headers), dict(self.query))

    @classmethod
    def of_body(cls, body: bytes | str) -> "Request":
        """Return a request with this body and no headers; faster than the constructor.

        Raises:
            ConfigurationError: the body is neither bytes nor str.
        """
        if type(body) is not bytes and type(body) is not str:
            return cls(body)
        made = object.__new__(cls)
        for name, value in (
            ("body", body),
            ("method", "POST"),
            ("path", "/"),
            ("headers", _NO_PAIRS),
            ("query", _NO_PAIRS),
        ):
            object.__setattr__(made, name, value)
        return made

    @classmethod
    def from_wsgi(cls, environ: Mapping[str, Any], *, max_body: int = DEFAULT_MAX_BODY) -> "Request":
        """Read a request of a WSGI application: `request.environ` of Flask, `request.META` of Django.

        The body is read from `wsgi.input`, which nobody may have read before: at most `max_body` bytes.

        Raises:
            LimitError: the body is longer.
            ConfigurationError: `environ` is not that of a WSGI application, or `max_body` is not a number.
        """
        _expect_parts(environ, ("wsgi.input",), max_body)
        length = str(environ.get("CONTENT_LENGTH") or "")
        declared = int(length) if length.isascii() and length.isdecimal() else None
        if declared is None and environ.get("wsgi.input_terminated"):
            declared = max_body + 1  # a body without a length, which ends by itself
        left = min(declared or 0, max_body + 1)
        if declared is not None and declared > max_body and length:
            raise _too_long(max_body)
        body = bytearray()
        while left > 0 and (chunk := environ["wsgi.input"].read(left)):
            body += chunk
            left -= len(chunk)
        if len(body) > max_body:
            raise _too_long(max_body)
        headers = {name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
        headers |= {"content-type": environ.get("CONTENT_TYPE") or ""} if environ.get("CONTENT_TYPE") else {}
        path = f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}"
        path = path.encode("latin-1", "replace").decode("utf-8", "replace")  # WSGI has bytes as latin-1
        return cls(
            bytes(body), environ.get("REQUEST_METHOD", "POST"), path, headers, _query(environ.get("QUERY_STRING"))
        )

    @classmethod
    async def from_asgi(
        cls,
        scope: Mapping[str, Any],
        receive: Callable[[], Awaitable[Mapping[str, Any]]],
        *,
        max_body: int = DEFAULT_MAX_BODY,
    ) -> "Request":
        """Read a request of an ASGI application: `request.scope` and `request.receive` of FastAPI and Starlette.

        The body is read here, at most `max_body` bytes; nobody may have read it before.

        Raises:
            LimitError: the body is longer.
            DecodeError: the sender disconnected before the end of the body.
            ConfigurationError: `scope` is not that of a request in an ASGI application, or `max_body` is not a number.
        """
        _expect_parts(scope, ("method", "path", "headers"), max_body)
        headers = {bytes(name).decode("latin-1"): bytes(value).decode("latin-1") for name, value in scope["headers"]}
        length = headers.get("content-length", "")
        if length.isascii() and length.isdecimal() and int(length) > max_body:
            raise _too_long(max_body)
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise DecodeError("the sender disconnected before the end of the body")
            body += message.get("body", b"")
            if len(body) > max_body:
                raise _too_long(max_body)
            more = message.get("more_body", False)
        query = _query(bytes(scope.get("query_string", b"")).decode("latin-1"))
        return cls(bytes(body), scope["method"], scope["path"], headers, query)

    def header(self, name: str) -> str | None:
        """Return the value of a header by its name in any case; None where it was not sent."""
        wanted: object = name
        return self.headers.get(wanted.lower()) if isinstance(wanted, str) else None

"""What the library speaks of: requests, readings, alerts, batches.

All classes are frozen. Times are aware datetimes in UTC, cut to microseconds. A `Reading` is what an adapter says, in
the vendor's own terms; an `Alert` is what the user gets: the reading plus its severity and key, which the core decides.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import Enum, unique
from functools import total_ordering
from typing import Any

from attrs import Factory, field

from alertmap._records import record
from alertmap.errors import ConfigurationError
from alertmap.paths import JsonPath


@unique
class State(Enum):
    """What the monitor says of the thing that it watches."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SUPPRESSED = "suppressed"  # downtime, mute, maintenance
    RESOLVED = "resolved"


@unique
@total_ordering
class Severity(Enum):
    """How bad it is, P1 to P5 in the trade. Ordered: `Severity.CRITICAL > Severity.HIGH`."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Severity):
            return NotImplemented
        return _RANK[self] < _RANK[other]


_RANK = {severity: -place for place, severity in enumerate(Severity)}


@unique
class ProblemCode(Enum):
    """All that can be said of a payload that was read, but not without doubt. The list is closed."""

    BAD_ELEMENT = "bad_element"  # an element of a batch could not be read; the others were
    BAD_LINK = "bad_link"  # a link is not absolute http(s), too long or holds a user name; dropped
    BAD_TIME = "bad_time"  # a time cannot be read or lies outside the accepted window
    DUPLICATE_FIELD = "duplicate_field"  # a form field stands more than once; the last one counts
    ENCODING = "encoding"  # the body began with a byte order mark, or is in another character set than UTF-8
    KEY_FALLBACK = "key_fallback"  # the usual identity is missing; the key is made of something weaker
    LEVEL_MISSING = "level_missing"  # the level that this shape should carry is not there; the fallback severity counts
    LEVEL_UNKNOWN = "level_unknown"  # the level is none that the adapter knows; the fallback severity counts
    MALFORMED = "malformed"  # a text that should be JSON is not quite; what could be read was
    MISSING = "missing"  # something that should be there is not
    STATE_GUESSED = "state_guessed"  # the state is not said in so many words
    STATE_UNKNOWN = "state_unknown"  # the state word is none that the adapter knows; it fires
    SYNONYM = "synonym"  # a word or a spelling that the contract does not name was understood
    TIME_MISSING = "time_missing"  # the payload should say since when the state holds, and does not
    TITLE_FALLBACK = "title_fallback"  # the payload has no title; one was made
    TRUNCATED = "truncated"  # text was cut, or the sender left alerts out
    UNRENDERED = "unrendered"  # a template of the sender was not filled in


@record
class Problem:
    """Something of a payload that was defaulted, cut, doubted or could not be read.

    `path` is the place in the document (`$.alerts[3].labels.severity`), `message` a sentence. Neither holds a value of
    the payload.
    """

    code: ProblemCode
    path: str
    message: str


@record(kw_only=True)
class Reading:
    """One alert as an adapter reads it, in the vendor's terms: no severity and no key, the core makes those."""

    state: State
    identity: Mapping[str, str]
    """Named parts that stay the same from trigger to recovery. No level, state, text, time or notification rule."""
    level: str | None = None
    """The vendor's word that decides the severity; on a recovery the word of what ended, None where it is not told."""
    title: str = ""
    message: str = ""
    resource: str = ""
    """What is affected: a host, an instance, a service."""
    labels: Mapping[str, str] = Factory(dict)
    links: Mapping[str, str] = Factory(dict)
    """Name to absolute http(s) URL."""
    values: Mapping[str, int | float | str] = Factory(dict)
    """What was measured, by name."""
    started_at: datetime | None = None
    """When the present streak of not being well began (UTC)."""
    occurred_at: datetime | None = None
    """Since when this state holds (UTC): a re-send repeats it; a recovery has its own end here."""
    sequence: int | None = None
    """The vendor's own tie-break where `occurred_at` is equal."""
    episode: str | None = None
    """One firing-to-resolve cycle, as sent: only where the vendor keeps it stable."""
    expires_at: datetime | None = None
    """A firing is good only until then (UTC), if it is not said again."""
    no_data: bool = False
    """It fires because nothing was measured."""
    resolvable: bool = True
    """False where the sender never announces a recovery."""
    problems: tuple[Problem, ...] = ()
    """Paths in here start at the alert's own element."""
    at: JsonPath = ()
    """Where in the document the alert's own element stands; empty for the whole document."""


@record(kw_only=True)
class Alert(Reading):
    """One alert of one source, in terms that all vendors share."""

    vendor: str
    source: str
    """The name of the source that it came through; the vendor's name where the caller gave none."""
    severity: Severity | None
    """None only where nothing fires: on a recovery, acknowledgement or mute whose payload does not say of what."""
    dedup_key: str
    """The same for a trigger and its recovery, unique per problem within a source, at most 255 characters."""
    received_at: datetime | None = None
    raw: Any = field(default=None, repr=False)
    """The alert's own element of the decoded document: not a copy, so treat it as read-only. `labels` may be a part."""


@unique
class Reason(Enum):
    """Why a batch has no alerts."""

    TEST = "test"  # the sender's test button
    PROBE = "probe"  # a request that only asks whether somebody is there
    NO_ALERT = "no_alert"  # an event that changes no alert
    HANDSHAKE = "handshake"  # the sender wants an answer before it sends alerts


@record(kw_only=True)
class Reply:
    """What to answer to a handshake."""

    status: int = 200
    content_type: str = "application/json"
    body: str = ""


@record(kw_only=True)
class Notice:
    """What an adapter says of a request as a whole; its fields are those of `Batch`."""

    reason: Reason | None = None
    reply: Reply | None = None
    confirm_url: str | None = None
    truncated: int = 0
    group_key: str = ""
    delivery_id: str = ""


@record(kw_only=True)
class Batch:
    """All that one request says. Iterates over its alerts."""

    vendor: str
    source: str
    alerts: tuple[Alert, ...] = ()
    problems: tuple[Problem, ...] = ()
    """What concerns no single alert: elements that could not be read, the encoding of the body."""
    raw: Any = field(default=None, repr=False)
    """The decoded document without its envelopes: not a copy, so treat it as read-only. Paths are places in it."""
    envelopes: tuple[str, ...] = ()
    """What it travelled in, the outermost first: `sns`, `pubsub`, `eventbridge`, `cloudevents`, `eventgrid`, `list`."""
    truncated: int = 0
    """How many alerts the sender left out of this request."""
    group_key: str = ""
    """The sender's own grouping: not an identity of any alert."""
    delivery_id: str = ""
    """The sender's identity of this request: equal on a retry."""
    reason: Reason | None = None
    """Why there are no alerts; None where there are."""
    reply: Reply | None = None
    """On a handshake: what to answer."""
    confirm_url: str | None = None
    """On a handshake: what the caller may visit to confirm. It is never visited by this library."""

    def __iter__(self) -> Iterator[Alert]:
        return iter(self.alerts)

    def __len__(self) -> int:
        return len(self.alerts)


def _body(body: object) -> bytes | str:
    if isinstance(body, (bytearray, memoryview)):
        return bytes(body)
    if isinstance(body, (bytes, str)):
        return body
    raise ConfigurationError(f"a request's body must be bytes or str, got {type(body).__name__}")


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


@record
class Request:
    """An HTTP request as it arrived: bytes, not yet decoded. Its repr shows neither path, headers, query nor body.

    `headers` are looked up in any case and kept in lower case. A query inside `path` is moved to `query` when that is
    not given; of a name that stands there twice the last value counts.

    Raises:
        ConfigurationError: an argument is of another type than declared.
    """

    body: bytes | str = field(default=b"", repr=False, converter=_body)
    method: str = field(default="POST", converter=_method)
    path: str = field(default="/", repr=False, converter=_text)
    headers: Mapping[str, str] = field(factory=dict, repr=False, converter=_lower_names)
    query: Mapping[str, str] = field(factory=dict, repr=False, converter=_names)

    def __attrs_post_init__(self) -> None:
        path, mark, query = self.path.partition("?")
        if mark and not self.query:
            from urllib.parse import parse_qsl  # noqa: PLC0415 - few requests have a query

            object.__setattr__(self, "path", path)
            object.__setattr__(self, "query", dict(parse_qsl(query, keep_blank_values=True)))

    def header(self, name: str) -> str | None:
        """The value of a header, whatever the case of its name; None where it was not sent."""
        return self.headers.get(name.lower())

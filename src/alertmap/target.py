"""Declaration of a target, for those who write one: its configuration, and one pure function that writes a request."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from attrs import field, frozen

from alertmap import wire
from alertmap._records import record
from alertmap.errors import ConfigurationError, quoted
from alertmap.model import Alert, Severity, State
from alertmap.times import nanoseconds, time_text

__all__ = [
    "Endpoint",
    "Message",
    "Outgoing",
    "Severity",
    "Skipped",
    "State",
    "Target",
    "basic",
    "fitted",
    "json_request",
    "nanoseconds",
    "time_text",
    "to_json",
]


@record(kw_only=True)
class Outgoing:
    """One HTTP request to send. Its repr leaves out URL, headers and body, which hold credentials."""

    method: str = "POST"
    url: str = field(repr=False)
    """Absolute URL, with its query."""
    headers: Mapping[str, str] = field(repr=False)
    """Headers by name; what else HTTP wants, such as the length, is the client's."""
    body: bytes = field(repr=False)


@record
class Skipped:
    """There is nothing to send to the target."""

    reason: str
    """A sentence for a log; it holds no value of the payload."""


@record(kw_only=True)
class Message(Alert):
    """An alert as a target tells it; for a transition its incident in the form of an alert.

    Its state is what to tell: for a transition `RESOLVED` only if the incident was open before, and ended. The title is
    never blank, and `raw` is not there.
    """

    key: str
    """Key of the problem over all sources: the dedup key, behind the name of its source where that has one."""
    is_new: bool = True
    """False where the incident was open already, and only changed."""
    incident: str = ""
    """Id of the incident; empty for an alert alone."""
    count: int = 1
    """Statements of the incident so far."""
    document: Mapping[str, Any] = field(factory=dict, repr=False)
    """The alert as `to_dict` writes it, without its raw document; for a transition without an alert, the incident."""

    @property
    def time(self) -> datetime | None:
        """Best known time: of the statement, else of the start, else of the receipt."""
        return self.occurred_at or self.started_at or self.received_at

    @property
    def rank(self) -> int:
        """Rank of the severity, from 1 for critical to 5 for info; 3 where it is not known."""
        return 3 if self.severity is None else 5 - sorted(Severity).index(self.severity)

    @property
    def colour(self) -> int:
        """Colour as 0xRRGGBB: that of the severity, or green at the end."""
        return _OVER if self.state is State.RESOLVED else _COLOURS[self.rank - 1]

    @property
    def link(self) -> str:
        """The first link, or empty text."""
        return next(iter(self.links.values()), "")

    def facts(self) -> dict[str, Any]:
        """Return what few targets have a field for, in the words of `to_dict`; what is empty is left out."""
        found = {
            "vendor": self.vendor,
            "source": self.source,
            "alertmap_severity": self.severity,
            "level": self.level,
            "message": self.message,
            "resource": self.resource,
            "labels": dict(self.labels),
            "values": dict(self.values),
            "links": dict(self.links),
            "started_at": self.started_at and time_text(self.started_at),
            "occurred_at": self.occurred_at and time_text(self.occurred_at),
            "episode": self.episode,
            "incident": self.incident,
            "no_data": self.no_data,
            "problems": [f"{it.code} {it.path}" for it in self.problems],
        }
        return {name: value for name, value in found.items() if value}


_COLOURS = (0xB00020, 0xE65100, 0xF9A825, 0x1565C0, 0x607D8B)
_OVER = 0x2E7D32

FACTS = ("state", "severity", "key", "title", "message", "times", "links", "labels", "values")
"""Facts of the table of targets, in its order."""

Write: TypeAlias = Callable[[Message, Any, datetime], Outgoing | Skipped]


def _as_keeps(keeps: object) -> dict[str, str]:
    try:
        found = dict(keeps) if isinstance(keeps, Mapping) else dict.fromkeys(keeps, "yes")  # type: ignore[call-overload]
    except Exception as error:
        raise ConfigurationError(f"keeps must be names of facts, got {type(keeps).__name__}") from error
    for fact in found:
        if fact not in FACTS:
            raise ConfigurationError(f"keeps names no fact of an alert: {quoted(fact)}; there are {', '.join(FACTS)}")
    return {fact: found[fact] for fact in FACTS if fact in found}


@frozen(kw_only=True)
class Target:
    """A receiver of requests."""

    name: str
    """Name for `render`, such as `pagerduty`: lower case, with `_`."""
    title: str
    """Name for people."""
    config: type
    """Wire model (closed) of what a user sets; credentials are fields with `repr=False`."""
    write: Write
    """`write(message, config, now)`: pure; takes every message."""
    keeps: Mapping[str, str] = field(converter=_as_keeps)
    """Facts that a reader of the target can get back, each with `yes` or how: `severity: 4 of 5`."""
    example: Mapping[str, Any] = field(factory=dict)
    """A configuration with made-up credentials, for pages and tests."""
    key_at: str = ""
    """Path of the key in the body, such as `$.dedup_key`; empty where the target knows none."""
    longest_key: int = 0
    """Characters that the target takes; 0 where it names no limit."""
    ignores_case: bool = False
    """The target takes keys for equal that differ in case only."""
    has_sources: bool = False
    """The source stands beside the key, so the key is that of the alert alone."""
    most_bytes: int = 0
    """Bytes of a body that the target takes; 0 where it names no limit."""
    reads_back: str = ""
    """Vendor whose adapter reads what this target is sent."""
    checked_by: str = "our table of its fields"
    """Package that validates the requests in our tests."""


@wire.model(closed=True)
class Endpoint:
    """Configuration of a target that takes a document at a URL of the user's."""

    url: wire.NonBlank = field(repr=False)
    token: wire.Text = field(default="", repr=False)
    """For `Authorization: Bearer`."""
    user: wire.Text = ""
    """For `Authorization: Basic`."""
    password: wire.Text = field(default="", repr=False)
    headers: dict[str, wire.Text] = field(factory=dict, repr=False)
    """More headers, by name; they win."""

    def all_headers(self) -> dict[str, str]:
        """Return the headers of a request, with its credentials."""
        found = {}
        if self.token:
            found["Authorization"] = f"Bearer {self.token}"
        elif self.user:
            found["Authorization"] = basic(self.user, self.password)
        return found | self.headers


def basic(user: str, password: str) -> str:
    """Return the value of `Authorization` for a user with a password."""
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


def to_json(document: Any) -> bytes:
    """Write a document as compact JSON in UTF-8. Keys keep their order."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def json_request(
    url: str, document: Any, headers: Mapping[str, str] | None = None, *, method: str = "POST", limit: int = 0
) -> Outgoing | Skipped:
    """Return a request with a document as its body; skipped where that has more bytes than the target takes."""
    body = to_json(document)
    if limit and len(body) > limit:
        return Skipped(f"the request has {len(body):,} bytes, the target takes {limit:,}")
    return Outgoing(method=method, url=url, headers={"Content-Type": "application/json", **(headers or {})}, body=body)


def fitted(document: dict[str, Any], limit: int, places: Iterable[tuple[dict[str, Any], str]]) -> dict[str, Any]:
    """Take optional parts out of a document, one after the other, until it has at most so many bytes as JSON.

    Each part is a key of an object inside of the document. Where parts were taken out, the object of the last of them
    gets the key `truncated`, with their names.
    """
    left_out: list[str] = []
    for parent, key in places:
        if len(to_json(document)) <= limit:
            break
        if parent.pop(key, None) is not None:
            left_out.append(key)
            parent["truncated"] = ", ".join(left_out)
    return document

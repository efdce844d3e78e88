"""What becomes of incidents: the transition table, the policy of a source, and what is told.

`NEXT` is the whole life of an incident. It is read once for each *statement* of a dedup key, in the order of the
sender's own time; `timeline.py` puts the statements in that order, `book.py` keeps many keys.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum, StrEnum, unique
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from attrs import Attribute, field, fields_dict, frozen

from alertmap.errors import ConfigurationError
from alertmap.model import Alert, Severity, State


@unique
class TransitionKind(Enum):
    """What became of an incident."""

    OPENED = "opened"  # it is new and open
    DEDUPLICATED = "deduplicated"  # said again: count, title or times may have moved
    SEVERITY_CHANGED = "severity_changed"  # `was` is the severity before
    ACKNOWLEDGED = "acknowledged"
    SUPPRESSED = "suppressed"  # downtime, mute, maintenance
    RESOLVED = "resolved"  # closed, or a closed one was corrected
    REOPENED = "reopened"  # closed or suppressed before, firing again
    EXPIRED = "expired"  # closed because nothing was heard of it any longer
    IGNORED = "ignored"  # nothing became of the alert


@unique
class Cause(StrEnum):
    """Why: the empty text where the kind of the transition says it all."""

    NONE = ""
    LATE = "late"  # the alert came after newer ones
    REVIVED = "revived"  # reopened: it had expired, and was heard of again
    UNSUPPRESSED = "unsuppressed"  # reopened: the suppression ended
    UNANNOUNCED = "unannounced"  # resolved: opened and closed in the past, nobody was told of it before
    CORRECTED = "corrected"  # a closed incident had other times, or another content
    MERGED = "merged"  # resolved: it turned out to be part of the incident with the id `was`
    NOTHING_OPEN = "nothing_open"  # ignored: there was nothing to acknowledge, suppress or resolve
    DUPLICATE = "duplicate"  # ignored: all of it was known
    STALE_EPISODE = "stale_episode"  # ignored: it has no time of its own, and speaks of another episode


Event = State | Literal["expiry"]
"""What the table reads: the state that a statement tells, or the expiry that `tick` puts."""

STATES = tuple(State)
FIRING, ACKNOWLEDGED, SUPPRESSED, RESOLVED = STATES
EXPIRY: Literal["expiry"] = "expiry"

NEXT: Mapping[tuple[State | None, Event], tuple[State | None, TransitionKind]] = {
    # (the incident is, it is said) -> (the incident becomes, what is told); None: there is none, or it is closed
    (None, FIRING): (FIRING, TransitionKind.OPENED),
    (None, ACKNOWLEDGED): (None, TransitionKind.IGNORED),
    (None, SUPPRESSED): (None, TransitionKind.IGNORED),
    (None, RESOLVED): (None, TransitionKind.IGNORED),
    (None, EXPIRY): (None, TransitionKind.IGNORED),
    (FIRING, FIRING): (FIRING, TransitionKind.DEDUPLICATED),
    (FIRING, ACKNOWLEDGED): (ACKNOWLEDGED, TransitionKind.ACKNOWLEDGED),
    (FIRING, SUPPRESSED): (SUPPRESSED, TransitionKind.SUPPRESSED),
    (FIRING, RESOLVED): (None, TransitionKind.RESOLVED),
    (FIRING, EXPIRY): (None, TransitionKind.EXPIRED),
    (ACKNOWLEDGED, FIRING): (ACKNOWLEDGED, TransitionKind.DEDUPLICATED),
    (ACKNOWLEDGED, ACKNOWLEDGED): (ACKNOWLEDGED, TransitionKind.DEDUPLICATED),
    (ACKNOWLEDGED, SUPPRESSED): (SUPPRESSED, TransitionKind.SUPPRESSED),
    (ACKNOWLEDGED, RESOLVED): (None, TransitionKind.RESOLVED),
    (ACKNOWLEDGED, EXPIRY): (None, TransitionKind.EXPIRED),
    (SUPPRESSED, FIRING): (FIRING, TransitionKind.REOPENED),
    (SUPPRESSED, ACKNOWLEDGED): (ACKNOWLEDGED, TransitionKind.ACKNOWLEDGED),
    (SUPPRESSED, SUPPRESSED): (SUPPRESSED, TransitionKind.DEDUPLICATED),
    (SUPPRESSED, RESOLVED): (None, TransitionKind.RESOLVED),
    (SUPPRESSED, EXPIRY): (None, TransitionKind.EXPIRED),
}

_ZERO = timedelta()


# --- Policy -----------------------------------------------------------------------------------------------------------


def _duration(_: object, attribute: "Attribute[Any]", value: object) -> None:
    if not isinstance(value, timedelta) or value < _ZERO:
        raise ConfigurationError(f"policy: {attribute.name} must be a timedelta of zero or more, got {value!r}")


def _duration_or_none(_: object, attribute: "Attribute[Any]", value: object) -> None:
    if value is not None and (not isinstance(value, timedelta) or value <= _ZERO):
        raise ConfigurationError(f"policy: {attribute.name} must be None or a timedelta above zero, got {value!r}")


def _at_least_one(_: object, attribute: "Attribute[Any]", value: object) -> None:
    if type(value) is not int or value < 1:
        raise ConfigurationError(f"policy: {attribute.name} must be a whole number of one or more, got {value!r}")


@frozen(kw_only=True)
class Policy:
    """How the alerts of one source become incidents. All durations are timedeltas.

    Raises:
        ConfigurationError: a value is of another type, negative, or zero where that cannot mean anything.
    """

    reorder_window: timedelta = field(default=timedelta(hours=1), validator=_duration)
    """How much older than the newest statement of its key, by the sender's time, an alert still counts."""
    max_recent: int = field(default=32, validator=_at_least_one)
    """How many statements of one key are kept one by one, to find the place of late ones."""
    max_ahead: timedelta = field(default=timedelta(minutes=5), validator=_duration)
    """How far the sender's clock may be ahead of `received_at` before its time is not believed."""
    retention: timedelta = field(default=timedelta(days=7), validator=_duration)
    """How long a key with nothing open is remembered after it was last heard of."""
    reopen_window: timedelta = field(default=timedelta(), validator=_duration)
    """A firing that comes less than this after the resolve reopens the incident; zero: it is always a new one."""
    expire_after: timedelta | None = field(default=None, validator=_duration_or_none)
    """Close what was not heard of for so long; None: never. For sources that repeat what fires, or never recover."""
    max_open_per_source: int = field(default=100_000, validator=_at_least_one)
    """How many incidents of one source may be open at once."""


# --- What is told -----------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Incident:
    """One problem from its first firing to its end. All times are aware datetimes in UTC."""

    id: str
    """32 hexadecimal digits; the same wherever the same alerts are reduced."""
    source: str
    vendor: str
    dedup_key: str
    state: State
    severity: Severity | None
    """As last told; after the recovery that of what ended. None only where no alert of it had one."""
    max_severity: Severity | None
    """The worst that was told."""
    title: str
    opened_at: datetime
    """The sender's time of the first firing."""
    last_seen: datetime
    """When it was last heard that it is not over, by the receiver's clock; by the sender's where that is unknown."""
    resolved_at: datetime | None = None
    """The sender's time of the resolve, or the deadline that passed; None while it is open."""
    expires_at: datetime | None = None
    """The latest deadline that the sender gave."""
    expired: bool = False
    """It was closed because nothing was heard of it any longer, not by a resolve."""
    count: int = 1
    """How many statements, recoveries left out: a repeated delivery of one counts once."""
    previous: str | None = None
    """The id of the incident of the same key before it."""
    no_data: bool = False
    """It is open because, or while, nothing is measured."""
    episode: str | None = None
    """The sender's name of this firing-to-resolve cycle, as last told."""

    @property
    def open(self) -> bool:
        """Whether it still goes on."""
        return self.state is not State.RESOLVED

    def to_dict(self) -> dict[str, Any]:
        """All fields as JSON can hold them: enums by value, times as ISO 8601."""
        return {name: _plain(getattr(self, name)) for name in fields_dict(type(self))}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


# --- What it is made of -----------------------------------------------------------------------------------------------

Key = tuple[datetime, int, datetime, int, bool, str]
"""The place of a statement in the order of its key: time, sequence, start, rank of the event, no_data, episode."""


class Facts(NamedTuple):
    """An incident as the fold knows it; `Incident` is made of it when it is told."""

    first: Key
    """The statement that opens it."""
    mark: Key | None
    """The statement that its id is made of; None until it was told."""
    previous: Key | None
    """That of the incident before it."""
    state: int
    resolved_at: datetime | None
    expired: bool
    severity: Severity | None
    max_severity: Severity | None
    title: str
    last_seen: datetime
    expires_at: datetime | None
    said: int
    no_data: bool
    episode: str

    @property
    def identity(self) -> Key:
        """The statement that its id is, or will be, made of."""
        return self.mark or self.first


Short = tuple[Any, ...]
"""`Facts` without the names of its fields, which is cheaper to make, or what `quick.py` makes of it."""


def incident_id(source: str, dedup_key: str, opening: Key) -> str:
    """The id of the incident that a statement opens."""
    time, sequence, started, _, no_data, episode = opening[:6]  # `quick.py` has the whole statement there
    # ascii, not repr: what counts as printable differs between versions of Python.
    text = ascii((source, dedup_key, time.isoformat(), hex(sequence), started.isoformat(), no_data, episode))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def incident_of(name: tuple[str, str], vendor: str, told: Short) -> Incident:
    """What is told of an incident; its name is source and dedup key."""
    source, dedup_key = name
    facts = Facts._make(told)
    return Incident(
        id=incident_id(source, dedup_key, facts.identity),
        source=source,
        vendor=vendor,
        dedup_key=dedup_key,
        state=STATES[facts.state],
        severity=facts.severity and Severity(facts.severity),
        max_severity=facts.max_severity and Severity(facts.max_severity),
        title=facts.title,
        opened_at=facts.first[0],
        last_seen=facts.last_seen,
        resolved_at=facts.resolved_at,
        expires_at=facts.expires_at,
        expired=facts.expired,
        count=facts.said,
        previous=None if facts.previous is None else incident_id(source, dedup_key, facts.previous),
        no_data=facts.no_data,
        episode=facts.episode or None,
    )


# --- Transitions ------------------------------------------------------------------------------------------------------


class _Kept:
    """What the incident of a transition is made of, when somebody asks for it. All of it is immutable."""

    __slots__ = ("__weakref__", "_facts", "_name", "_vendor")

    alert: Alert | None
    _name: tuple[str, str] | None
    _vendor: str
    _facts: Short

    if not TYPE_CHECKING:  # pragma: no branch - else any name would pass for a field

        def __getattr__(self, name: str) -> Any:
            """Called for what is not there yet."""
            if name != "incident":
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            source, dedup_key = self._name or (self.alert.source, self.alert.dedup_key)
            incident = incident_of((source, dedup_key), self._vendor, self._facts)
            object.__setattr__(self, "incident", incident)
            return incident


@frozen(kw_only=True)
class Transition(_Kept):
    """One thing that became of one incident: enough to page, update or close elsewhere."""

    kind: TransitionKind
    incident: Incident | None
    """The whole incident as it is after the step; None on `IGNORED` only."""
    alert: Alert | None
    """What caused it; None on what `tick` tells."""
    at: datetime
    """The time of the alert in order; where an incident was closed, its `resolved_at`."""
    cause: Cause = Cause.NONE
    was: Severity | str | None = None
    """The severity before, on `SEVERITY_CHANGED`; the id of the incident that it became part of, on cause `MERGED`."""


class _Draft(_Kept):
    """A transition that can still be written to: the same slots, so that it can become one."""

    __slots__ = ("alert", "at", "cause", "incident", "kind", "was")


def transition(  # noqa: PLR0917 - in the order of the fields; names would cost more than the rest
    kind: TransitionKind,
    alert: Alert | None,
    at: datetime,
    cause: Cause,
    was: Severity | str | None,
    name: tuple[str, str] | None,
    vendor: str,
    facts: Short | None,
) -> Transition:
    """A transition whose incident is made of these facts when it is asked for; with None there is no incident.

    `name` is source and dedup key; None: those of the alert.
    """
    draft: Any = _Draft()
    draft.kind = kind
    draft.alert = alert
    draft.at = at
    draft.cause = cause
    draft.was = was
    if facts is None:
        draft.incident = None
    else:
        draft._name = name  # noqa: SLF001
        draft._vendor = vendor  # noqa: SLF001
        draft._facts = facts  # noqa: SLF001
    draft.__class__ = Transition
    made: Transition = draft
    return made

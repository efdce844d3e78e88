"""Incident model: transition table, policy of a source, incidents and transitions.

`TRANSITIONS` is the life cycle of an incident. The reducer looks up one cell for each *statement* about a dedup key, in
order. `timeline.py` sorts the statements of one key; `book.py` keeps many keys. Each rule exists for one fault that
receivers of alerts have:

- Order by the sender's time: retries and parallel requests arrive out of order. A resolve that overtakes its firing
  must not leave an incident open for ever.
- Late statements are inserted and the incidents recomputed: a firing delivered twice, the second time after the
  resolve, must not page anybody.
- Still firing: a sender that resolved an alert which never ended (a time-out, a restart, one of two replicas) repeats
  the firing with the start that it always had. By its time alone it is old news for ever; so from a sender whose times
  are starts (`Times.SINCE`), a firing received more than `settle` after the resolve reopens the incident. Within
  `settle` it is taken for an echo. The same resolve received again closes the incident again.
- Superseded: a lost recovery must not hide the next problem. A firing that names another episode, and started when
  nothing had been received for longer than `settle`, ends the old incident as expired and opens a new one.
- Expiry: some senders announce no recovery. The deadline of the sender or `expire_after` ends the incident; a resolve
  that arrives after that corrects the end.
- Memory: a key that flaps for years must not grow. Old statements are folded into one base incident.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum, unique
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from attrs import Attribute, field, frozen

from alertmap._records import twin_of
from alertmap.errors import ConfigurationError, shown
from alertmap.model import Alert, Severity, State


@unique
class TransitionKind(StrEnum):
    """Kind of change of an incident."""

    OPENED = "opened"  # a new incident, and it is open
    DEDUPLICATED = "deduplicated"  # repeated statement: count, title or times may have changed
    SEVERITY_CHANGED = "severity_changed"  # `was` is the severity before
    ACKNOWLEDGED = "acknowledged"  # somebody works on it
    SUPPRESSED = "suppressed"  # downtime, mute, maintenance
    RESOLVED = "resolved"  # closed, or a closed incident was corrected
    REOPENED = "reopened"  # was closed or suppressed, and fires
    EXPIRED = "expired"  # closed because no further alert arrived before the deadline
    IGNORED = "ignored"  # the alert changed no incident


@unique
class Cause(StrEnum):
    """Reason for a transition; empty where its kind needs no reason."""

    NONE = ""  # the kind needs no reason
    LATE = "late"  # the alert arrived after newer ones
    STILL_FIRING = "still_firing"  # reopened or opened: repeated after the resolve, with the start that it always had
    SUPERSEDED = "superseded"  # expired: its recovery was lost, the sender began another episode
    REVIVED = "revived"  # reopened: it had expired, then another alert arrived
    UNSUPPRESSED = "unsuppressed"  # reopened: the suppression ended
    UNANNOUNCED = "unannounced"  # resolved: opened and closed in the past, without an earlier transition
    CORRECTED = "corrected"  # the times or the content of a closed incident changed
    MERGED = "merged"  # resolved: it became part of the incident with the id `was`
    NOTHING_OPEN = "nothing_open"  # ignored: no open incident to acknowledge, suppress or resolve
    DUPLICATE = "duplicate"  # ignored: it added nothing new
    STALE_EPISODE = "stale_episode"  # ignored: it has no time of its own and names another episode


Event = State | Literal["still_firing", "expiry"]
"""Input of the transition table: the state in a statement, or one of the two marks of the reducer."""

STATES = tuple(State)
FIRING, ACKNOWLEDGED, SUPPRESSED, RESOLVED = STATES
STILL_FIRING: Literal["still_firing"] = "still_firing"
"""Mark of a repeated firing that contradicts the newest resolve or mute."""
EXPIRY: Literal["expiry"] = "expiry"
"""Mark of a passed deadline."""

TRANSITIONS: Mapping[tuple[State | None, Event], tuple[State | None, TransitionKind]] = {
    # (state of the incident, event) -> (next state, kind of transition); None: no incident, or a closed one
    (None, FIRING): (FIRING, TransitionKind.OPENED),
    (None, ACKNOWLEDGED): (None, TransitionKind.IGNORED),
    (None, SUPPRESSED): (None, TransitionKind.IGNORED),
    (None, RESOLVED): (None, TransitionKind.IGNORED),
    (None, STILL_FIRING): (FIRING, TransitionKind.REOPENED),
    (None, EXPIRY): (None, TransitionKind.IGNORED),
    (FIRING, FIRING): (FIRING, TransitionKind.DEDUPLICATED),
    (FIRING, ACKNOWLEDGED): (ACKNOWLEDGED, TransitionKind.ACKNOWLEDGED),
    (FIRING, SUPPRESSED): (SUPPRESSED, TransitionKind.SUPPRESSED),
    (FIRING, RESOLVED): (None, TransitionKind.RESOLVED),
    (FIRING, STILL_FIRING): (FIRING, TransitionKind.DEDUPLICATED),
    (FIRING, EXPIRY): (None, TransitionKind.EXPIRED),
    (ACKNOWLEDGED, FIRING): (ACKNOWLEDGED, TransitionKind.DEDUPLICATED),
    (ACKNOWLEDGED, ACKNOWLEDGED): (ACKNOWLEDGED, TransitionKind.DEDUPLICATED),
    (ACKNOWLEDGED, SUPPRESSED): (SUPPRESSED, TransitionKind.SUPPRESSED),
    (ACKNOWLEDGED, RESOLVED): (None, TransitionKind.RESOLVED),
    (ACKNOWLEDGED, STILL_FIRING): (ACKNOWLEDGED, TransitionKind.DEDUPLICATED),
    (ACKNOWLEDGED, EXPIRY): (None, TransitionKind.EXPIRED),
    (SUPPRESSED, FIRING): (FIRING, TransitionKind.REOPENED),
    (SUPPRESSED, ACKNOWLEDGED): (ACKNOWLEDGED, TransitionKind.ACKNOWLEDGED),
    (SUPPRESSED, SUPPRESSED): (SUPPRESSED, TransitionKind.DEDUPLICATED),
    (SUPPRESSED, RESOLVED): (None, TransitionKind.RESOLVED),
    (SUPPRESSED, STILL_FIRING): (FIRING, TransitionKind.REOPENED),
    (SUPPRESSED, EXPIRY): (None, TransitionKind.EXPIRED),
}

_ZERO = timedelta()


# --- Policy -----------------------------------------------------------------------------------------------------------


def _duration(_: object, attribute: "Attribute[Any]", value: object) -> None:
    if not isinstance(value, timedelta) or value < _ZERO:
        raise ConfigurationError(f"policy: {attribute.name} must be a timedelta of zero or more, got {shown(value)}")


def _settle(_: object, attribute: "Attribute[Any]", value: object) -> None:
    if value is not None:
        _duration(_, attribute, value)


def _duration_or_none(_: object, attribute: "Attribute[Any]", value: object) -> None:
    if value is not None and (not isinstance(value, timedelta) or value <= _ZERO):
        raise ConfigurationError(f"policy: {attribute.name} must be None or a timedelta above zero, got {shown(value)}")


_MOST = 2**63 - 1


def _at_least_one(_: object, attribute: "Attribute[Any]", value: object) -> None:
    if type(value) is not int or not 1 <= value <= _MOST:
        raise ConfigurationError(f"policy: {attribute.name} must be an integer of one or more, got {shown(value)}")


@frozen(kw_only=True)
class Policy:
    """Rules for turning the alerts of one source into incidents. All durations are timedeltas.

    Raises:
        ConfigurationError: a value has the wrong type, is negative, or is zero where zero has no meaning.
    """

    reorder_window: timedelta = field(default=timedelta(hours=1), validator=_duration)
    """How much older than the newest statement of its key an alert may be and still count, by the sender's time."""
    max_recent: int = field(default=32, validator=_at_least_one)
    """Number of statements kept per key, so that a late one can be inserted in order."""
    max_ahead: timedelta = field(default=timedelta(minutes=5), validator=_duration)
    """Tolerance for a fast sender clock; a time further ahead of `received_at` is replaced by `received_at`."""
    retention: timedelta = field(default=timedelta(days=7), validator=_duration)
    """How long a key without an open incident is remembered after its last alert."""
    settle: timedelta | None = field(default=timedelta(minutes=1), validator=_settle)
    """How long after a resolve a repeated firing of the same start is taken for an echo; after it, for still firing.

    Longer than replicas of the sender lag, shorter than the interval between its notifications. None: the order of
    arrival is never trusted, for a source behind a queue. Both times are times of receipt."""
    expire_after: timedelta | None = field(default=None, validator=_duration_or_none)
    """Close an incident after this long without an alert; None: never. For sources that repeat, or never recover."""
    max_open_per_source: int = field(default=100_000, validator=_at_least_one)
    """Maximum number of open incidents of one source."""
    max_keys_per_source: int = field(default=1_000_000, validator=_at_least_one)
    """Maximum number of remembered keys of one source. Beyond it, keys without an open incident are forgotten early,
    those without alerts for the longest time first; keys with an open incident never are."""


# --- Incidents --------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Incident:
    """One problem from its first firing to its end. All times are aware datetimes in UTC."""

    id: str
    """32 hexadecimal digits; equal on every machine that reduces the same alerts."""
    source: str
    vendor: str
    dedup_key: str
    state: State
    severity: Severity | None
    """Latest known severity, kept after the recovery. None only if no alert had one."""
    max_severity: Severity | None
    """Worst severity so far."""
    title: str
    opened_at: datetime
    """The sender's time of the first firing."""
    last_seen: datetime
    """When the latest alert that kept it open was received; the sender's time where the reception is unknown."""
    resolved_at: datetime | None = None
    """The sender's time of the resolve, or the deadline that passed; None while it is open."""
    expires_at: datetime | None = None
    """The latest deadline from the sender."""
    expired: bool = False
    """True if it was closed by a passed deadline instead of a resolve."""
    count: int = 1
    """Number of statements without the recoveries; repeated deliveries of one statement count once."""
    previous: str | None = None
    """The id of the incident before it, of the same key."""
    no_data: bool = False
    """True while the monitor has no data; the incident may have opened for that reason."""
    episode: str | None = None
    """The sender's latest name of this firing-to-resolve cycle."""
    resource: str = ""
    """Affected host, instance or service. This and the next three are those of the newest alert that kept it open."""
    message: str = ""
    """Cut to 1,000 characters."""
    labels: Mapping[str, str] = field(factory=dict, hash=False)
    """Those that fit in 4,096 characters together, in the order of the alert; none is cut."""
    links: Mapping[str, str] = field(factory=dict, hash=False)
    """Absolute http(s) URLs by name, those that fit in 4,096 characters together."""

    @property
    def open(self) -> bool:
        """True until it is resolved or expired."""
        return self.state is not State.RESOLVED


# --- Internal form of an incident -------------------------------------------------------------------------------------

OrderKey = tuple[datetime, int, datetime, int, bool, str]
"""Sort key and identity of a statement: time, sequence, start, rank of the event, no_data, episode."""


Details = tuple[str, str, tuple[str, ...], tuple[str, ...]]
"""Resource, message, labels and links of an alert, within limits; names and texts of the two tables alternate."""

_MAX_MESSAGE = 1_000
_MAX_TABLE = 4_096


def details_of(alert: Alert) -> Details | None:
    """Return what an incident keeps of an alert beside its title; None where there is nothing."""
    resource, message, labels, links = alert.resource, alert.message, alert.labels, alert.links
    if not (message or labels or links or resource):
        return None
    found = (resource[:_MAX_MESSAGE], message[:_MAX_MESSAGE], _within(labels), _within(links))
    return found if any(found) else None


def _within(table: Mapping[str, str]) -> tuple[str, ...]:
    flat = tuple(chain.from_iterable(table.items()))
    try:
        if len("".join(flat)) <= _MAX_TABLE:
            return flat
    except TypeError:  # an alert that `parse` did not make
        pass
    kept: list[str] = []
    left = _MAX_TABLE
    pairs: Iterable[tuple[object, object]] = table.items()
    for name, text in pairs:
        if isinstance(name, str) and isinstance(text, str) and len(name) + len(text) <= left:
            kept += (name, text)
            left -= len(name) + len(text)
    return tuple(kept)


def table_of(flat: tuple[str, ...]) -> dict[str, str]:
    """Return a table of `Details` as a mapping."""
    return dict(zip(flat[::2], flat[1::2], strict=True))


class IncidentState(NamedTuple):
    """Internal form of an incident. `incident_of` makes the public `Incident` from it on demand."""

    opening: OrderKey
    """The statement that opens it."""
    announced_as: OrderKey | None
    """The statement that its id is made from: the opening one of its first transition. None before that."""
    previous: OrderKey | None
    """`identity` of the incident before it."""
    state: int
    """Rank of the state, see `timeline.RANK`."""
    resolved_at: datetime | None
    expired: bool
    severity: Severity | None
    max_severity: Severity | None
    title: str
    last_seen: datetime
    expires_at: datetime | None
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody needs here
    no_data: bool
    episode: str
    details: Details | None
    ended: datetime | None
    """When a resolve or mute of it was last received. A mark `STILL_FIRING` counts only if received after that."""

    @property
    def identity(self) -> OrderKey:
        """The statement that its id is made from, now or at its first transition."""
        return self.announced_as or self.opening


def incident_id(source: str, dedup_key: str, opening: OrderKey) -> str:
    """Return the id of the incident that a statement opens."""
    time, sequence, started, _, no_data, episode = opening
    # ascii, not repr: which characters count as printable differs between versions of Python.
    text = ascii((source, dedup_key, time.isoformat(), hex(sequence), started.isoformat(), no_data, episode))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def incident_of(name: tuple[str, str], vendor: str, it: IncidentState) -> Incident:
    """Return the public form of an incident; `name` is source and dedup key."""
    source, dedup_key = name
    resource, message, labels, links = it.details or ("", "", (), ())
    return Incident(
        id=incident_id(source, dedup_key, it.identity),
        source=source,
        vendor=vendor,
        dedup_key=dedup_key,
        state=STATES[it.state],
        severity=it.severity,
        max_severity=it.max_severity,
        title=it.title,
        opened_at=it.opening[0],
        last_seen=it.last_seen,
        resolved_at=it.resolved_at,
        expires_at=it.expires_at,
        expired=it.expired,
        count=it.count,
        previous=None if it.previous is None else incident_id(source, dedup_key, it.previous),
        no_data=it.no_data,
        episode=it.episode or None,
        resource=resource,
        message=message,
        labels=table_of(labels),
        links=table_of(links),
    )


# --- Transitions ------------------------------------------------------------------------------------------------------


class _LazyIncident:
    """Base class of `Transition`: builds its incident on first access. All parts that it keeps are immutable."""

    __slots__ = ("__weakref__", "_name", "_state", "_vendor")

    alert: Alert | None
    _name: tuple[str, str]
    _vendor: str
    _state: IncidentState

    if not TYPE_CHECKING:  # pragma: no branch - a type checker would accept any name as a field

        def __getattr__(self, name: str) -> Any:
            """Build the incident; called only for attributes that are not set."""
            if name != "incident":
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            incident = incident_of(self._name, self._vendor, self._state)
            object.__setattr__(self, "incident", incident)
            return incident


@frozen(kw_only=True)
class Transition(_LazyIncident):
    """One change of one incident, with all that is needed to page, update or close elsewhere."""

    kind: TransitionKind
    incident: Incident | None
    """The incident after the step; None on `IGNORED` only."""
    alert: Alert | None
    """The alert that caused it; None if `tick` did."""
    at: datetime
    """The time of the alert in order; where an incident was closed, its `resolved_at`."""
    cause: Cause = Cause.NONE
    was: Severity | str | None = None
    """On `SEVERITY_CHANGED` the severity before; on cause `MERGED` the id of the incident that it became part of."""
    was_open: bool = False
    """True if the incident was open before."""

    @property
    def opens(self) -> Incident | None:
        """The incident, if it is open now and was not before: page somebody. None for every other transition.

        Of each incident, `opens` and `closes` alternate, whatever arrives late or is merged or corrected.
        """
        return self.incident if self.kind in _OPENINGS and not self.was_open else None

    @property
    def closes(self) -> Incident | None:
        """The incident, if it was open before and is over now, resolved or expired: close its page."""
        return self.incident if self.kind in CLOSINGS and self.was_open else None


_OPENINGS = frozenset({TransitionKind.OPENED, TransitionKind.REOPENED})
CLOSINGS = frozenset({TransitionKind.RESOLVED, TransitionKind.EXPIRED})
"""Kinds after which an incident is closed."""

# Filling an unfrozen subclass and setting `__class__` is faster than the frozen constructor, see `_records`.
_UnfrozenTransition: Any = twin_of(Transition)
_new = object.__new__


def transition(  # noqa: PLR0917 - in the order of the fields; keywords would cost more than all the rest
    kind: TransitionKind,
    alert: Alert | None,
    at: datetime,
    cause: Cause,
    was: Severity | str | None,
    name: tuple[str, str],
    vendor: str,
    state: IncidentState | None,
    was_open: bool,  # noqa: FBT001
) -> Transition:
    """Return a transition that builds its incident from `state` on first access; without a state it has no incident.

    `name` is source and dedup key of the incident.
    """
    made: Any = _new(_UnfrozenTransition)
    made.kind = kind
    made.alert = alert
    made.at = at
    made.cause = cause
    made.was = was
    made.was_open = was_open
    if state is None:
        made.incident = None
    else:
        made._name = name  # noqa: SLF001
        made._vendor = vendor  # noqa: SLF001
        made._state = state  # noqa: SLF001
    made.__class__ = Transition
    result: Transition = made
    return result

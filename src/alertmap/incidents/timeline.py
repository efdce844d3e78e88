"""Reducer for one dedup key: `step` and `tick` turn its statements into incidents, by the table `TRANSITIONS`.

A source may send the alerts of a key late, twice or out of order. They are sorted by the sender's own time, and the
table is applied to them in that order. The rules:

- Time. `occurred_at` counts. If it is absent, or later than `received_at` plus `max_ahead`, `received_at` replaces it
  and the alert is *untimed*. Without both, the alert is placed just after the newest statement of its key.
- Order. By time, then the sender's sequence, then the earlier start, then firing before acknowledged before suppressed
  before resolved before expiry, then `no_data` and episode. Alerts that agree in all of these are deliveries of one
  *statement*, even if their severities or titles differ.
- Table. `TRANSITIONS` gives the next state of the incident for each statement. A resolve with `no_data` closes nothing;
  an untimed alert that names another episode is skipped. Statements without effect are kept too: a late one before them
  may give them one.
- Memory. A key keeps its newest statements and folds older ones into one base incident: those beyond `max_recent`, and
  those more than `reorder_window` older than the newest. A statement at or below this horizon arrives too late: it
  changes nothing that is open.
- Late statements. Insert in order, recompute the incidents, emit the differences as transitions.
- Identity. The id of an incident is made from source, key and the statement that opened it at its first transition. It
  stays with that statement: it does not change if the opening moves back, and after a split the part with that
  statement keeps it.
- Expiry. With `expire_after`, or a deadline from the sender (`expires_at`), `tick` closes an incident that received no
  further alert in time. The expiry is placed straight after the newest statement, and removed if a later deadline
  becomes known.

This module reads no clock: `now` is an argument, and an alert has its `received_at`.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from attrs import evolve, frozen

from alertmap.errors import ConfigurationError
from alertmap.incidents.model import (
    EXPIRY,
    STATES,
    TRANSITIONS,
    Cause,
    Event,
    Incident,
    IncidentState,
    OrderKey,
    Policy,
    Transition,
    TransitionKind,
    incident_id,
    incident_of,
    transition,
)
from alertmap.model import Alert, Severity, State

EVENTS: tuple[Event, ...] = (*STATES, EXPIRY)
"""All events, in the order in which they count at one instant."""

# Internally, states and events are their rank in `EVENTS`; a closed incident, or none at all, has the rank of RESOLVED.
RANK: Mapping[Event, int] = {event: rank for rank, event in enumerate(EVENTS)}
_FIRING, _ACKNOWLEDGED, _SUPPRESSED, CLOSED, _EXPIRY = range(5)
NEXT_STATE = tuple(
    tuple(RANK[TRANSITIONS[None if state is State.RESOLVED else state, event][0] or State.RESOLVED] for event in EVENTS)
    for state in STATES
)
"""`TRANSITIONS` as ranks: `NEXT_STATE[state][event]`."""

_SEVERITY_RANK = {severity: rank for rank, severity in enumerate(sorted(Severity))}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)
_JUST_AFTER = timedelta(microseconds=1)


class Statement(NamedTuple):
    """One statement of the sender about a key: all its deliveries, merged."""

    key: OrderKey
    severity: Severity | None
    title: str
    received_at: datetime
    """The latest `received_at`; the statement's own time where none was given."""
    expires_at: datetime | None
    untimed: bool
    announced: bool
    """True if the id of an incident is made from it: the incident opened with it at its first transition."""


_key_of = attrgetter("key")


@frozen(kw_only=True)
class Timeline:
    """Memory of one (source, dedup key). An unknown key has `Timeline()`, which is false.

    Immutable: keep it in a dict, a table or the keyed state of a stream engine, and pass it to `step` and `tick`.
    """

    source: str = ""
    vendor: str = ""
    dedup_key: str = ""
    base: IncidentState | None = None
    """The newest incident up to the horizon."""
    horizon: OrderKey | None = None
    """The newest statement that was folded into the base."""
    recent: tuple[Statement, ...] = ()
    """The statements above the horizon, in order. They always include the newest of the key."""
    now: IncidentState | None = None
    """The newest incident of all."""
    total: int = 0
    """Number of incidents that began up to the horizon."""
    last_received_at: datetime = _EPOCH
    """When the latest alert of the key was received."""

    def __bool__(self) -> bool:
        return bool(self.recent)

    @property
    def is_open(self) -> bool:
        """True if an incident is open. A key never has two."""
        return self.now is not None and self.now.state != CLOSED

    @property
    def open(self) -> Incident | None:
        """The open incident, if there is one."""
        return _incident(self, self.now) if self.now is not None and self.now.state != CLOSED else None


def incidents(timeline: Timeline, policy: Policy) -> tuple[Incident, ...]:
    """Return the incidents that can still be corrected and the newest one before them, oldest first."""
    return tuple(_incident(timeline, state) for state in _fold(timeline.base, timeline.recent, policy))


def _incident(timeline: Timeline, state: IncidentState) -> Incident:
    return incident_of((timeline.source, timeline.dedup_key), timeline.vendor, state)


def recompute(timeline: Timeline, policy: Policy) -> Timeline:
    """Return the timeline with `now` computed from its statements."""
    found = _fold(timeline.base, timeline.recent, policy)
    return evolve(timeline, now=found[-1] if found else None)


# --- The fold: statements in order to incidents -----------------------------------------------------------------------


def apply_statement(
    incident: IncidentState | None, statement: Statement, policy: Policy
) -> tuple[IncidentState | None, Cause]:
    """Return the newest incident after one more statement, and the cause if the statement was skipped."""
    time, _, _, event, no_data, episode = statement.key
    state = NEXT_STATE[CLOSED if incident is None else incident.state][event]
    if incident is None or incident.state == CLOSED:
        if state == CLOSED:
            return incident, Cause.NOTHING_OPEN
        if incident is None or incident.resolved_at is None or incident.expired:
            return _opened(statement, incident), Cause.NONE
        if statement.untimed and episode and episode == incident.episode:
            return incident, Cause.STALE_EPISODE
        if time - incident.resolved_at >= policy.reopen_window:
            return _opened(statement, incident), Cause.NONE
        return _updated(incident, statement, state), Cause.NONE
    if event == _EXPIRY:
        end = max(deadline(incident, policy) or incident.last_seen, incident.opening[0])
        return incident._replace(state=state, resolved_at=end, expired=True), Cause.NONE
    if event == CLOSED:
        if no_data:
            return incident._replace(no_data=True), Cause.DUPLICATE
        if statement.untimed and episode and incident.episode and episode != incident.episode:
            return incident, Cause.STALE_EPISODE
        return incident._replace(state=state, resolved_at=time), Cause.NONE
    return _updated(incident, statement, state), Cause.NONE


def _opened(statement: Statement, previous: IncidentState | None) -> IncidentState:
    """Return the incident that a statement opens."""
    return IncidentState(
        opening=statement.key,
        announced_as=statement.key if statement.announced else None,
        previous=None if previous is None else previous.identity,
        state=_FIRING,
        resolved_at=None,
        expired=False,
        severity=statement.severity,
        max_severity=statement.severity,
        title=statement.title,
        last_seen=statement.received_at,
        expires_at=statement.expires_at,
        count=1,
        no_data=statement.key[4],
        episode=statement.key[5],
    )


def _updated(incident: IncidentState, statement: Statement, state: int) -> IncidentState:
    """Return the incident after a statement that opens it again or leaves it open."""
    _, _, _, event, no_data, episode = statement.key
    return IncidentState(
        opening=incident.opening,
        announced_as=incident.announced_as or (statement.key if statement.announced else None),
        previous=incident.previous,
        state=state,
        resolved_at=None,
        expired=False,
        # Missing data is no reason to lower the severity.
        severity=worse(incident.severity, statement.severity) if no_data else statement.severity or incident.severity,
        max_severity=worse(incident.max_severity, statement.severity),
        title=statement.title or incident.title,
        last_seen=max(incident.last_seen, statement.received_at),
        expires_at=latest(incident.expires_at, statement.expires_at),
        count=incident.count + 1,
        no_data=no_data or (incident.no_data and event != _FIRING),
        episode=episode or incident.episode,
    )


def _fold(base: IncidentState | None, statements: Iterable[Statement], policy: Policy) -> list[IncidentState]:
    """Return all incidents from the base on, oldest first."""
    found = [] if base is None else [base]
    for statement in statements:
        before = found[-1] if found else None
        after, _ = apply_statement(before, statement, policy)
        if after is None:
            continue
        if before is None or after.opening != before.opening:
            found.append(after)
        else:
            found[-1] = after
    return found


def worse(one: Severity | None, other: Severity | None) -> Severity | None:
    """Return the worse of two severities, or the only one that is known."""
    if one is None or other is None or one is other:
        return one or other
    return one if _SEVERITY_RANK[one] > _SEVERITY_RANK[other] else other


def latest(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the later of two times, or the only one that is known."""
    return max(one, other) if one is not None and other is not None else one or other


def plus(time: datetime, duration: timedelta) -> datetime:
    """Return the sum of a time and a duration, at most the last time that a datetime can hold."""
    try:
        return time + duration
    except OverflowError:
        return NEVER


def deadline(incident: IncidentState, policy: Policy) -> datetime | None:
    """Return when the open incident expires if no further alert arrives; None: never."""
    if policy.expire_after is None:
        return incident.expires_at
    return latest(plus(incident.last_seen, policy.expire_after), incident.expires_at)


# --- Step and tick ----------------------------------------------------------------------------------------------------


def step(timeline: Timeline, alert: Alert, policy: Policy) -> tuple[Timeline, tuple[Transition, ...]]:
    """Apply one alert to the timeline of its key, and return the new timeline and the transitions.

    The `received_at` of the alert first counts as the present time, as in `tick`. Transitions are sorted by incident,
    oldest first. At least one has the alert; it is `IGNORED` if the alert changed nothing.

    Raises:
        ConfigurationError: the alert has another key than the timeline, or an argument has the wrong type.
    """
    _expect(timeline, Timeline)
    _expect(policy, Policy)
    check_alert(alert)
    if timeline and (alert.source, alert.dedup_key) != (timeline.source, timeline.dedup_key):
        raise ConfigurationError("the alert has another source or dedup key than the timeline")
    timeline, transitions = advance(timeline, alert, policy)
    return timeline, tuple(transitions)


def advance(timeline: Timeline, alert: Alert, policy: Policy) -> tuple[Timeline, list[Transition]]:
    """`step` without argument checks."""
    statement, received_at = statement_of(alert, timeline, policy)
    transitions: list[Transition] = []
    if received_at is not None:
        timeline, transitions = _tick(timeline, received_at, policy)
    if not timeline:
        timeline = Timeline(
            source=alert.source,
            vendor=alert.vendor,
            dedup_key=alert.dedup_key,
            last_received_at=statement.received_at,
        )
    elif statement.received_at > timeline.last_received_at:
        timeline = evolve(timeline, last_received_at=statement.received_at)
    if timeline.horizon is not None and statement.key <= timeline.horizon:
        timeline, more = _too_late(timeline, statement, alert)
    elif not timeline.recent or statement.key > timeline.recent[-1].key:
        timeline, more = _append(timeline, statement, alert, policy)
    else:
        timeline, more = _insert(timeline, statement, alert, policy)
    return timeline, transitions + more


def tick(timeline: Timeline, now: datetime, policy: Policy) -> tuple[Timeline, tuple[Transition, ...]]:
    """Apply the present time of the receiver's clock: an incident past its deadline expires.

    A key without an open incident and without an alert for `retention` is forgotten: the result is `Timeline()`.

    Raises:
        ConfigurationError: `now` is not an aware datetime, or an argument has the wrong type.
    """
    _expect(timeline, Timeline)
    _expect(policy, Policy)
    timeline, transitions = _tick(timeline, to_utc(now, "now"), policy)
    return timeline, tuple(transitions)


def _tick(timeline: Timeline, now: datetime, policy: Policy) -> tuple[Timeline, list[Transition]]:
    transitions: list[Transition] = []
    if not timeline:
        return timeline, transitions
    incident = timeline.now
    if incident is not None and incident.state != CLOSED:
        due = deadline(incident, policy)
        if due is None or now < due:
            return timeline, transitions
        time, sequence, started, *_ = timeline.recent[-1].key
        expiry = Statement(
            key=(time, sequence, started, _EXPIRY, False, ""),
            severity=None,
            title="",
            received_at=due,
            expires_at=None,
            untimed=False,
            announced=False,
        )
        after, _ = apply_statement(incident, expiry, policy)
        timeline = evolve(timeline, recent=(*timeline.recent, expiry), now=after)
        transitions = _differences(timeline, [incident], [after] if after else [], alert=None, at=due, cause=Cause.NONE)
    if now >= plus(timeline.last_received_at, policy.retention):
        timeline = Timeline()
    return timeline, transitions


def statement_of(alert: Alert, timeline: Timeline, policy: Policy) -> tuple[Statement, datetime | None]:
    """Return the statement in an alert, and when the alert was received."""
    received_at = None if alert.received_at is None else to_utc(alert.received_at, "received_at")
    time = None if alert.occurred_at is None else to_utc(alert.occurred_at, "occurred_at")
    untimed = False
    if time is None or (received_at is not None and time > plus(received_at, policy.max_ahead)):
        untimed = True
        time = received_at or (plus(timeline.recent[-1].key[0], _JUST_AFTER) if timeline else _EPOCH)
    started = time if alert.started_at is None else min(to_utc(alert.started_at, "started_at"), time)
    sequence = -1 if alert.sequence is None else alert.sequence
    statement = Statement(
        key=(time, sequence, started, RANK[alert.state], alert.no_data, alert.episode or ""),
        severity=alert.severity,
        title=alert.title,
        received_at=time if received_at is None else received_at,
        expires_at=None if alert.expires_at is None else to_utc(alert.expires_at, "expires_at"),
        untimed=untimed,
        announced=False,
    )
    return statement, received_at


def _too_late(timeline: Timeline, statement: Statement, alert: Alert) -> tuple[Timeline, list[Transition]]:
    """Apply a statement at or below the horizon: a firing of the open incident may move `last_seen`, no more."""
    base, now = timeline.base, timeline.now
    if (
        base is not None
        and now is not None
        and base.state != CLOSED != now.state
        and base.opening == now.opening <= statement.key
        and statement.key[3] == _FIRING
        and statement.received_at > now.last_seen
    ):
        after = now._replace(last_seen=statement.received_at)
        timeline = evolve(timeline, base=base._replace(last_seen=statement.received_at), now=after)
        at = statement.key[0]
        return timeline, _differences(timeline, [now], [after], alert=alert, at=at, cause=Cause.LATE)
    return timeline, [_ignored(alert, statement, Cause.LATE)]


def _append(
    timeline: Timeline, statement: Statement, alert: Alert, policy: Policy
) -> tuple[Timeline, list[Transition]]:
    """Apply a statement newer than all others. It changes the newest incident only."""
    before = [] if timeline.now is None else [timeline.now]
    after = _fold(timeline.now, (statement,), policy)
    transitions = _differences(timeline, before, after, alert=alert, at=statement.key[0], cause=Cause.NONE)
    if not transitions:
        transitions = [_ignored(alert, statement, apply_statement(timeline.now, statement, policy)[1])]
    return _remember(timeline, (*timeline.recent, statement), after, policy), transitions


def _insert(
    timeline: Timeline, statement: Statement, alert: Alert, policy: Policy
) -> tuple[Timeline, list[Transition]]:
    """Apply a statement older than the newest, or a known one: recompute the incidents and emit the differences."""
    key, received_at, recent = statement.key, statement.received_at, timeline.recent
    place = bisect_left(recent, key, key=_key_of)
    known = recent[place].key == key
    if known:
        statement = _merged(recent[place], statement)
        if statement == recent[place]:
            return timeline, [_ignored(alert, statement, Cause.DUPLICATE)]
    cause = Cause.NONE if known and place == len(recent) - 1 else Cause.LATE
    before = _fold(timeline.base, recent, policy)
    recent = (*recent[:place], statement, *recent[place + known :])
    after = _fold(timeline.base, recent, policy)
    if after and after[-1].expired and after[-1:] != before[-1:]:
        due = deadline(after[-1], policy)
        if due is not None and due > received_at:
            cause = Cause.REVIVED
            recent = tuple(one for one in recent if one.key[3] != _EXPIRY or one.key < after[-1].opening)
            after = _fold(timeline.base, recent, policy)
    transitions = _differences(timeline, before, after, alert=alert, at=key[0], cause=cause)
    if not transitions:
        earlier = _fold(timeline.base, recent[:place], policy)
        _, skipped = apply_statement(earlier[-1] if earlier else None, statement, policy)
        transitions = [_ignored(alert, statement, skipped or Cause.DUPLICATE)]
    return _remember(timeline, recent, after, policy), transitions


def _merged(one: Statement, other: Statement) -> Statement:
    """Merge two deliveries of one statement. The order of arrival makes no difference."""
    return Statement(
        key=one.key,
        severity=worse(one.severity, other.severity),
        title=max(one.title, other.title),
        received_at=max(one.received_at, other.received_at),
        expires_at=latest(one.expires_at, other.expires_at),
        untimed=one.untimed and other.untimed,
        announced=one.announced,
    )


def _remember(
    timeline: Timeline, recent: tuple[Statement, ...], after: list[IncidentState], policy: Policy
) -> Timeline:
    """Return the timeline with these statements: new incidents are marked as announced, old statements are folded."""
    base, horizon, total = timeline.base, timeline.horizon, timeline.total
    new = {incident.opening for incident in after if incident.announced_as is None}
    if new:
        recent = tuple(one._replace(announced=True) if one.key in new else one for one in recent)
        if base is not None and base.opening in new:
            base = base._replace(announced_as=base.opening)
    now = after[-1]._replace(announced_as=after[-1].identity) if after else None
    last = recent[-1].key[0]
    folded = 0
    while len(recent) - folded > policy.max_recent or last - recent[folded].key[0] > policy.reorder_window:
        horizon = recent[folded].key
        base, _ = apply_statement(base, recent[folded], policy)
        total += base is not None and base.opening == horizon
        folded += 1
    return evolve(timeline, base=base, horizon=horizon, recent=recent[folded:], now=now, total=total)


# --- Differences as transitions ---------------------------------------------------------------------------------------

Change = tuple[TransitionKind, Cause, Severity | None]
"""One difference of one incident: kind, cause, and the severity before."""

ENTERED = (TransitionKind.REOPENED, TransitionKind.ACKNOWLEDGED, TransitionKind.SUPPRESSED)
"""Kind of the transition when an incident enters an open state, by the rank of the state."""

_CLOSINGS = frozenset({TransitionKind.RESOLVED, TransitionKind.EXPIRED})


def _changes(old: IncidentState | None, new: IncidentState, cause: Cause) -> list[Change]:
    """Return the changes from `old` to `new` of one incident; with None as `old` it is new."""
    if old == new:
        return []
    if new.state == CLOSED:
        if old is None:
            # If it was announced before, it has been part of another incident since then.
            return [(TransitionKind.RESOLVED, Cause.CORRECTED if new.announced_as else Cause.UNANNOUNCED, None)]
        if old.state != CLOSED:
            return [(TransitionKind.EXPIRED if new.expired else TransitionKind.RESOLVED, cause, None)]
        same = (old.opening[0], old.resolved_at, old.expired) == (new.opening[0], new.resolved_at, new.expired)
        return [(TransitionKind.DEDUPLICATED if same else TransitionKind.RESOLVED, Cause.CORRECTED, None)]
    if old is None or old.state == CLOSED:
        kind = TransitionKind.REOPENED if old or new.announced_as else TransitionKind.OPENED
        changes: list[Change] = [(kind, cause, None)]
        if new.state != _FIRING:
            changes.append((ENTERED[new.state], cause, None))
        return changes
    changes = []
    if old.state != new.state:
        changes.append((ENTERED[new.state], Cause.UNSUPPRESSED if new.state == _FIRING else cause, None))
    if old.severity is not new.severity:
        changes.append((TransitionKind.SEVERITY_CHANGED, cause, old.severity))
    return changes or [(TransitionKind.DEDUPLICATED, cause, None)]


def _differences(
    timeline: Timeline,
    before: list[IncidentState],
    after: list[IncidentState],
    *,
    alert: Alert | None,
    at: datetime,
    cause: Cause,
) -> list[Transition]:
    """Return the transitions between two lists of incidents, oldest first, so that closings precede openings."""
    transitions = []
    name, vendor = (timeline.source, timeline.dedup_key), timeline.vendor
    old_of = {old.identity: old for old in before}
    gone = old_of.keys() - {new.identity for new in after}
    for old in before:
        if old.identity in gone:
            target = [new for new in after if new.opening <= old.identity][-1]
            end = old.resolved_at or old.opening[0]
            closed = old._replace(state=CLOSED, resolved_at=end)
            was = incident_id(*name, target.identity)
            transitions.append(transition(TransitionKind.RESOLVED, alert, end, Cause.MERGED, was, name, vendor, closed))
    for new in after:
        for kind, why, severity in _changes(old_of.get(new.identity), new, cause):
            time = new.resolved_at if kind in _CLOSINGS else None
            transitions.append(transition(kind, alert, time or at, why, severity, name, vendor, new))
    return transitions


def _ignored(alert: Alert, statement: Statement, cause: Cause) -> Transition:
    return Transition(kind=TransitionKind.IGNORED, incident=None, alert=alert, at=statement.key[0], cause=cause)


# --- Arguments --------------------------------------------------------------------------------------------------------

_FIELDS: Mapping[str, tuple[type, ...]] = {
    "source": (str,),
    "vendor": (str,),
    "dedup_key": (str,),
    "state": (State,),
    "severity": (Severity, type(None)),
    "title": (str,),
    "sequence": (int, type(None)),
    "episode": (str, type(None)),
    "no_data": (bool,),
}


def check_alert(alert: object) -> None:
    """Check that an argument is an `Alert` and that the fields which the reducer reads have their declared types.

    Raises:
        ConfigurationError: it is not an `Alert`, a field has another type, or a datetime is naive.
    """
    if not isinstance(alert, Alert):
        raise ConfigurationError(f"expected Alert, got {type(alert).__name__}")
    for name, types in _FIELDS.items():
        value = getattr(alert, name)
        if not isinstance(value, types):
            raise ConfigurationError(f"alert: {name} must be {types[0].__name__}, got {type(value).__name__}")
    for name in ("occurred_at", "started_at", "received_at", "expires_at"):
        value = getattr(alert, name)
        if value is not None:
            to_utc(value, f"alert: {name}")


_AWARE = "must be an aware datetime such as datetime.now(UTC)"


def to_utc(time: object, name: str) -> datetime:
    """Convert a datetime to UTC.

    Raises:
        ConfigurationError: it is not a datetime, is naive, or lies outside the years 1 to 9999 in UTC.
    """
    if not isinstance(time, datetime):
        raise ConfigurationError(f"{name} {_AWARE}, got {type(time).__name__}")
    if time.tzinfo is UTC:
        return time
    if time.utcoffset() is None:
        raise ConfigurationError(f"{name} {_AWARE}, got a naive datetime")
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ConfigurationError(f"{name} lies outside the years 1 to 9999 in UTC") from None


def _expect(value: object, kind: type) -> None:
    if not isinstance(value, kind):
        raise ConfigurationError(f"expected {kind.__name__}, got {type(value).__name__}")

"""Statements of one dedup key in order: `step` and `tick` make incidents of them, by the table `NEXT`.

What a source says of one key, late, twice or out of order, is put in the order of the sender's own time; the incidents
are what the table makes of it in that order. The rules:

- Time. What counts is `occurred_at`. Where it is absent, or later than `received_at` plus `max_ahead`, `received_at`
  stands in for it and the alert is *untimed*. With neither it comes just after all that is known of its key.
- Order. Time, then the sender's sequence, then what started earlier, then firing before acknowledged before suppressed
  before resolved before expiry, then `no_data` and episode. Alerts that agree in all of these are one *statement*,
  however often and with whatever severity or title they are delivered.
- Table. `NEXT` says what becomes of an incident when the next statement is read. A resolve with `no_data` closes
  nothing; an untimed alert that names another episode is passed over. Every statement is kept, also one that changed
  nothing: a late one before it may give it a meaning.
- Memory. A key remembers its newest statements and folds the older ones into one base incident: those beyond
  `max_recent`, and those more than `reorder_window` older than the newest. What comes after that is late for good and
  changes nothing of what is open.
- Telling. A late statement is put where it belongs, the incidents are made anew, and the difference is told.
- Identity. The id of an incident is made of source, key and the statement that opened it when it was first told. It
  stays with that statement: if the opening moves back the id stays, and if the incident falls in two, the part with
  that statement keeps it.
- Expiry. With `expire_after`, or a deadline of the sender (`expires_at`), `tick` closes what was not heard of any
  longer. The expiry stands straight after the newest statement, and goes when it turns out that there was more to hear.

Nothing in here reads a clock: `now` is an argument, and an alert brings its `received_at`.
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
    NEXT,
    STATES,
    Cause,
    Event,
    Facts,
    Incident,
    Key,
    Policy,
    Transition,
    TransitionKind,
    incident_id,
    incident_of,
    transition,
)
from alertmap.model import Alert, Severity, State

EVENTS: tuple[Event, ...] = (*STATES, EXPIRY)
"""In the order that they have at one instant."""

# Inside, states and events are their rank in this order; a closed incident has that of RESOLVED, as has none at all.
RANK: Mapping[Event, int] = {event: rank for rank, event in enumerate(EVENTS)}
_FIRING, _ACKNOWLEDGED, _SUPPRESSED, CLOSED, _EXPIRY = range(5)
AFTER = tuple(
    tuple(RANK[NEXT[None if state is State.RESOLVED else state, event][0] or State.RESOLVED] for event in EVENTS)
    for state in STATES
)

_BADNESS = {severity: rank for rank, severity in enumerate(sorted(Severity))}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)
_JUST_AFTER = timedelta(microseconds=1)


class Record(NamedTuple):
    """One statement."""

    key: Key
    severity: Severity | None
    title: str
    heard: datetime
    """The latest `received_at`; the statement's own time where none was given."""
    expires_at: datetime | None
    untimed: bool
    marked: bool
    """It opened an incident when that was first told: the incident's id is made of it."""


_key_of = attrgetter("key")


@frozen(kw_only=True)
class Timeline:
    """All that is remembered of one (source, dedup key). `Timeline()` is that of a key never heard of, and is false.

    Immutable: keep it in a dict, a table or the keyed state of a stream engine, and give it back to `step` and `tick`.
    """

    source: str = ""
    vendor: str = ""
    dedup_key: str = ""
    base: Facts | None = None
    """The newest incident up to the horizon."""
    horizon: Key | None = None
    """The newest statement that was folded into the base."""
    recent: tuple[Record, ...] = ()
    """The statements above the horizon, in order. The newest of a key is always among them."""
    now: Facts | None = None
    """The newest incident of all."""
    total: int = 0
    """How many incidents began up to the horizon."""
    heard: datetime = _EPOCH
    """When the key was last heard of."""

    def __bool__(self) -> bool:
        return bool(self.recent)

    @property
    def is_open(self) -> bool:
        """Whether an incident is open: a key never has two."""
        return self.now is not None and self.now.state != CLOSED

    @property
    def open(self) -> Incident | None:
        """The open incident, if there is one."""
        return _incident(self, self.now) if self.now is not None and self.now.state != CLOSED else None


def incidents(timeline: Timeline, policy: Policy) -> tuple[Incident, ...]:
    """The incidents that the timeline still knows, oldest first: what can be corrected, and the newest before that."""
    return tuple(_incident(timeline, facts) for facts in _fold(timeline.base, timeline.recent, policy))


def _incident(timeline: Timeline, facts: Facts) -> Incident:
    return incident_of((timeline.source, timeline.dedup_key), timeline.vendor, facts)


def newest(timeline: Timeline, policy: Policy) -> Timeline:
    """The same timeline with `now` made anew by the fold."""
    found = _fold(timeline.base, timeline.recent, policy)
    return evolve(timeline, now=found[-1] if found else None)


# --- The fold: statements in order to incidents -----------------------------------------------------------------------


def read_one(facts: Facts | None, record: Record, policy: Policy) -> tuple[Facts | None, Cause]:
    """The newest incident after one more statement, and why the statement was passed over, if it was."""
    time, _, _, event, no_data, episode = record.key
    state = AFTER[CLOSED if facts is None else facts.state][event]
    if facts is None or facts.state == CLOSED:
        if state == CLOSED:
            return facts, Cause.NOTHING_OPEN
        if facts is None or facts.resolved_at is None or facts.expired:
            return _opened(record, facts), Cause.NONE
        if record.untimed and episode and episode == facts.episode:
            return facts, Cause.STALE_EPISODE
        if time - facts.resolved_at >= policy.reopen_window:
            return _opened(record, facts), Cause.NONE
        return _said(facts, record, state), Cause.NONE
    if event == _EXPIRY:
        end = max(deadline(facts, policy) or facts.last_seen, facts.first[0])
        return facts._replace(state=state, resolved_at=end, expired=True), Cause.NONE
    if event == CLOSED:
        if no_data:
            return facts._replace(no_data=True), Cause.DUPLICATE
        if record.untimed and episode and facts.episode and episode != facts.episode:
            return facts, Cause.STALE_EPISODE
        return facts._replace(state=state, resolved_at=time), Cause.NONE
    return _said(facts, record, state), Cause.NONE


def _opened(record: Record, previous: Facts | None) -> Facts:
    return Facts(
        first=record.key,
        mark=record.key if record.marked else None,
        previous=None if previous is None else previous.identity,
        state=_FIRING,
        resolved_at=None,
        expired=False,
        severity=record.severity,
        max_severity=record.severity,
        title=record.title,
        last_seen=record.heard,
        expires_at=record.expires_at,
        said=1,
        no_data=record.key[4],
        episode=record.key[5],
    )


def _said(facts: Facts, record: Record, state: int) -> Facts:
    """The open incident after a statement that it is not over."""
    _, _, _, event, no_data, episode = record.key
    return Facts(
        first=facts.first,
        mark=facts.mark or (record.key if record.marked else None),
        previous=facts.previous,
        state=state,
        resolved_at=None,
        expired=False,
        # That nothing is measured does not make it any better.
        severity=worse(facts.severity, record.severity) if no_data else record.severity or facts.severity,
        max_severity=worse(facts.max_severity, record.severity),
        title=record.title or facts.title,
        last_seen=max(facts.last_seen, record.heard),
        expires_at=latest(facts.expires_at, record.expires_at),
        said=facts.said + 1,
        no_data=no_data or (facts.no_data and event != _FIRING),
        episode=episode or facts.episode,
    )


def _fold(base: Facts | None, records: Iterable[Record], policy: Policy) -> list[Facts]:
    """All incidents from the base on, oldest first."""
    found = [] if base is None else [base]
    for record in records:
        before = found[-1] if found else None
        after, _ = read_one(before, record, policy)
        if after is None:
            continue
        if before is None or after.first != before.first:
            found.append(after)
        else:
            found[-1] = after
    return found


def worse(one: Severity | None, other: Severity | None) -> Severity | None:
    """The worse of two severities; the one that is known, if only one is."""
    if one is None or other is None or one is other:
        return one or other
    return one if _BADNESS[one] > _BADNESS[other] else other


def latest(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two times; the one that is known, if only one is."""
    return max(one, other) if one is not None and other is not None else one or other


def later(time: datetime, by: timedelta) -> datetime:
    """A time and a duration, and never more than there are years."""
    try:
        return time + by
    except OverflowError:
        return NEVER


def deadline(facts: Facts, policy: Policy) -> datetime | None:
    """When the open incident expires unless it is heard of again; None: never."""
    if policy.expire_after is None:
        return facts.expires_at
    return latest(later(facts.last_seen, policy.expire_after), facts.expires_at)


# --- Step and tick ----------------------------------------------------------------------------------------------------


def step(timeline: Timeline, alert: Alert, policy: Policy) -> tuple[Timeline, tuple[Transition, ...]]:
    """Take one alert into the timeline of its key, and tell what became of the incidents.

    First the time of the alert's reception is told to the timeline, as by `tick`. Transitions come oldest incident
    first; there is always at least one with the alert, if only `IGNORED`.

    Raises:
        ConfigurationError: the alert is of another key than the timeline, or it is not an alert with aware datetimes.
    """
    _expect(isinstance(timeline, Timeline), "timeline must be a Timeline", timeline)
    _expect(isinstance(policy, Policy), "policy must be a Policy", policy)
    check(alert)
    if timeline and (alert.source, alert.dedup_key) != (timeline.source, timeline.dedup_key):
        raise ConfigurationError("the alert is of another source or dedup key than the timeline")
    timeline, told = advance(timeline, alert, policy)
    return timeline, tuple(told)


def advance(timeline: Timeline, alert: Alert, policy: Policy) -> tuple[Timeline, list[Transition]]:
    """`step` for who has checked the alert, and knows that it is of this timeline."""
    record, received = read(alert, timeline, policy)
    told: list[Transition] = []
    if received is not None:
        timeline, told = _tick(timeline, received, policy)
    if not timeline:
        timeline = Timeline(source=alert.source, vendor=alert.vendor, dedup_key=alert.dedup_key, heard=record.heard)
    elif record.heard > timeline.heard:
        timeline = evolve(timeline, heard=record.heard)
    if timeline.horizon is not None and record.key <= timeline.horizon:
        timeline, more = _too_late(timeline, record, alert)
    elif not timeline.recent or record.key > timeline.recent[-1].key:
        timeline, more = _append(timeline, record, alert, policy)
    else:
        timeline, more = _insert(timeline, record, alert, policy)
    return timeline, told + more


def tick(timeline: Timeline, now: datetime, policy: Policy) -> tuple[Timeline, tuple[Transition, ...]]:
    """Tell the timeline what time it is, by the receiver's clock: what passed its deadline expires.

    A key with nothing open that was not heard of for `retention` is forgotten: the result is `Timeline()`.

    Raises:
        ConfigurationError: `now` is not an aware datetime.
    """
    _expect(isinstance(timeline, Timeline), "timeline must be a Timeline", timeline)
    _expect(isinstance(policy, Policy), "policy must be a Policy", policy)
    timeline, told = _tick(timeline, utc(now, "now"), policy)
    return timeline, tuple(told)


def _tick(timeline: Timeline, now: datetime, policy: Policy) -> tuple[Timeline, list[Transition]]:
    told: list[Transition] = []
    if not timeline:
        return timeline, told
    facts = timeline.now
    if facts is not None and facts.state != CLOSED:
        due = deadline(facts, policy)
        if due is None or now < due:
            return timeline, told
        time, sequence, started, *_ = timeline.recent[-1].key
        expiry = Record(
            key=(time, sequence, started, _EXPIRY, False, ""),
            severity=None,
            title="",
            heard=due,
            expires_at=None,
            untimed=False,
            marked=False,
        )
        after, _ = read_one(facts, expiry, policy)
        timeline = evolve(timeline, recent=(*timeline.recent, expiry), now=after)
        told = _told(timeline, [facts], [after] if after else [], alert=None, at=due, cause=Cause.NONE)
    if now >= later(timeline.heard, policy.retention):
        timeline = Timeline()
    return timeline, told


def read(alert: Alert, timeline: Timeline, policy: Policy) -> tuple[Record, datetime | None]:
    """The statement that an alert makes, and when it was received."""
    received = None if alert.received_at is None else utc(alert.received_at, "received_at")
    time = None if alert.occurred_at is None else utc(alert.occurred_at, "occurred_at")
    untimed = False
    if time is None or (received is not None and time > later(received, policy.max_ahead)):
        untimed = True
        time = received or (later(timeline.recent[-1].key[0], _JUST_AFTER) if timeline else _EPOCH)
    started = time if alert.started_at is None else min(utc(alert.started_at, "started_at"), time)
    sequence = -1 if alert.sequence is None else alert.sequence
    record = Record(
        key=(time, sequence, started, RANK[alert.state], alert.no_data, alert.episode or ""),
        severity=alert.severity,
        title=alert.title,
        heard=time if received is None else received,
        expires_at=None if alert.expires_at is None else utc(alert.expires_at, "expires_at"),
        untimed=untimed,
        marked=False,
    )
    return record, received


def _too_late(timeline: Timeline, record: Record, alert: Alert) -> tuple[Timeline, list[Transition]]:
    """A statement at or below the horizon: it may show that the open incident is still heard of, and no more."""
    base, now = timeline.base, timeline.now
    if (
        base is not None
        and now is not None
        and base.state != CLOSED != now.state
        and base.first == now.first <= record.key
        and record.key[3] == _FIRING
        and record.heard > now.last_seen
    ):
        after = now._replace(last_seen=record.heard)
        timeline = evolve(timeline, base=base._replace(last_seen=record.heard), now=after)
        return timeline, _told(timeline, [now], [after], alert=alert, at=record.key[0], cause=Cause.LATE)
    return timeline, [_ignored(alert, record, Cause.LATE)]


def _append(timeline: Timeline, record: Record, alert: Alert, policy: Policy) -> tuple[Timeline, list[Transition]]:
    """A statement newer than all others: the table decides, and the past stays as it is."""
    before = [] if timeline.now is None else [timeline.now]
    after = _fold(timeline.now, (record,), policy)
    told = _told(timeline, before, after, alert=alert, at=record.key[0], cause=Cause.NONE)
    if not told:
        told = [_ignored(alert, record, read_one(timeline.now, record, policy)[1])]
    return _remember(timeline, (*timeline.recent, record), after, policy), told


def _insert(timeline: Timeline, record: Record, alert: Alert, policy: Policy) -> tuple[Timeline, list[Transition]]:
    """A statement among others: the incidents are made anew with it, and the difference is told."""
    key, clock, recent = record.key, record.heard, timeline.recent
    place = bisect_left(recent, key, key=_key_of)
    known = recent[place].key == key
    if known:
        record = _merged(recent[place], record)
        if record == recent[place]:
            return timeline, [_ignored(alert, record, Cause.DUPLICATE)]
    cause = Cause.NONE if known and place == len(recent) - 1 else Cause.LATE
    before = _fold(timeline.base, recent, policy)
    recent = (*recent[:place], record, *recent[place + known :])
    after = _fold(timeline.base, recent, policy)
    if after and after[-1].expired and after[-1:] != before[-1:]:
        due = deadline(after[-1], policy)
        if due is not None and due > clock:
            cause = Cause.REVIVED
            recent = tuple(r for r in recent if r.key[3] != _EXPIRY or r.key < after[-1].first)
            after = _fold(timeline.base, recent, policy)
    told = _told(timeline, before, after, alert=alert, at=key[0], cause=cause)
    if not told:
        earlier = _fold(timeline.base, recent[:place], policy)
        _, why = read_one(earlier[-1] if earlier else None, record, policy)
        told = [_ignored(alert, record, why or Cause.DUPLICATE)]
    return _remember(timeline, recent, after, policy), told


def _merged(one: Record, other: Record) -> Record:
    """What two deliveries of one statement say together, in whatever order they came."""
    return Record(
        key=one.key,
        severity=worse(one.severity, other.severity),
        title=max(one.title, other.title),
        heard=max(one.heard, other.heard),
        expires_at=latest(one.expires_at, other.expires_at),
        untimed=one.untimed and other.untimed,
        marked=one.marked,
    )


def _remember(timeline: Timeline, recent: tuple[Record, ...], after: list[Facts], policy: Policy) -> Timeline:
    """The timeline with these statements: new incidents marked as told, and what is too old or too much folded."""
    base, horizon, total = timeline.base, timeline.horizon, timeline.total
    new = {facts.first for facts in after if facts.mark is None}
    if new:
        recent = tuple(record._replace(marked=True) if record.key in new else record for record in recent)
        if base is not None and base.first in new:
            base = base._replace(mark=base.first)
    now = after[-1]._replace(mark=after[-1].identity) if after else None
    last = recent[-1].key[0]
    folded = 0
    while len(recent) - folded > policy.max_recent or last - recent[folded].key[0] > policy.reorder_window:
        horizon = recent[folded].key
        base, _ = read_one(base, recent[folded], policy)
        total += base is not None and base.first == horizon
        folded += 1
    return evolve(timeline, base=base, horizon=horizon, recent=recent[folded:], now=now, total=total)


# --- Telling the difference -------------------------------------------------------------------------------------------

Change = tuple[TransitionKind, Cause, Severity | None]
"""What is told of one incident: kind, cause, and the severity before."""

ENTERED = (TransitionKind.REOPENED, TransitionKind.ACKNOWLEDGED, TransitionKind.SUPPRESSED)
_CLOSINGS = frozenset({TransitionKind.RESOLVED, TransitionKind.EXPIRED})


def _changes(old: Facts | None, new: Facts, cause: Cause) -> list[Change]:
    """What is to be told of an incident that was `old` (None: it was not there) and is `new`."""
    if old == new:
        return []
    if new.state == CLOSED:
        if old is None:
            # A mark shows that it was told once, and has been part of another since.
            return [(TransitionKind.RESOLVED, Cause.CORRECTED if new.mark else Cause.UNANNOUNCED, None)]
        if old.state != CLOSED:
            return [(TransitionKind.EXPIRED if new.expired else TransitionKind.RESOLVED, cause, None)]
        same = (old.first[0], old.resolved_at, old.expired) == (new.first[0], new.resolved_at, new.expired)
        return [(TransitionKind.DEDUPLICATED if same else TransitionKind.RESOLVED, Cause.CORRECTED, None)]
    if old is None or old.state == CLOSED:
        kind = TransitionKind.REOPENED if old or new.mark else TransitionKind.OPENED
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


def _told(
    timeline: Timeline, before: list[Facts], after: list[Facts], *, alert: Alert | None, at: datetime, cause: Cause
) -> list[Transition]:
    """What became of the incidents, oldest first, so that closings precede openings. Nothing if they are the same."""
    told = []
    name, vendor = (timeline.source, timeline.dedup_key), timeline.vendor
    old_of = {old.identity: old for old in before}
    left = old_of.keys() - {new.identity for new in after}
    for old in before:
        if old.identity in left:
            whole = [new for new in after if new.first <= old.identity][-1]
            end = old.resolved_at or old.first[0]
            part = old._replace(state=CLOSED, resolved_at=end)
            was = incident_id(*name, whole.identity)
            told.append(transition(TransitionKind.RESOLVED, alert, end, Cause.MERGED, was, name, vendor, part))
    for new in after:
        for kind, why, severity in _changes(old_of.get(new.identity), new, cause):
            time = new.resolved_at if kind in _CLOSINGS else None
            told.append(transition(kind, alert, time or at, why, severity, name, vendor, new))
    return told


def _ignored(alert: Alert, record: Record, cause: Cause) -> Transition:
    return Transition(kind=TransitionKind.IGNORED, incident=None, alert=alert, at=record.key[0], cause=cause)


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


def check(alert: object) -> None:
    """Insist on an `Alert` with the types that it declares, as far as the reducer reads it.

    Raises:
        ConfigurationError: it is something else, a field has another type, or a datetime is naive.
    """
    if not isinstance(alert, Alert):
        raise ConfigurationError(f"an Alert is wanted, got {type(alert).__name__}")
    for name, types in _FIELDS.items():
        value = getattr(alert, name)
        if not isinstance(value, types):
            raise ConfigurationError(f"alert: {name} must be {types[0].__name__}, got {type(value).__name__}")
    for name in ("occurred_at", "started_at", "received_at", "expires_at"):
        value = getattr(alert, name)
        if value is not None:
            utc(value, f"alert: {name}")


def utc(time: object, name: str) -> datetime:
    """The same instant in UTC.

    Raises:
        ConfigurationError: it is not a datetime, is naive, or lies outside the years 1 to 9999 in UTC.
    """
    if not isinstance(time, datetime):
        raise ConfigurationError(f"{name} must be an aware datetime, got {type(time).__name__}")
    if time.tzinfo is UTC:
        return time
    if time.utcoffset() is None:
        raise ConfigurationError(f"{name} must be an aware datetime, got a naive one")
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ConfigurationError(f"{name} lies outside the years 1 to 9999 in UTC") from None


def _expect(holds: bool, sentence: str, value: object) -> None:  # noqa: FBT001
    if not holds:
        raise ConfigurationError(f"{sentence}, got {type(value).__name__}")

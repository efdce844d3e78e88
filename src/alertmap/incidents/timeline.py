"""Reducer for one dedup key: `step` and `tick` turn its statements into incidents, by the table `TRANSITIONS`.

A source may send the alerts of a key late, twice or out of order. They are sorted by the sender's own time, and the
table is applied to them in that order. The rules, whose reasons `model.py` has:

- Time. `occurred_at` counts. If it is absent, or later than `received_at` plus `max_ahead`, `received_at` replaces it
  and the alert is *untimed*; so it is for a sender whose order is that of arrival (`Times.ARRIVAL`, `Times.NONE`).
  Without both, the alert is placed just after the newest statement of its key.
- Order. By time, then the sender's sequence, then the earlier start, then firing before acknowledged before suppressed
  before resolved before the marks, then `no_data` and episode. Alerts that agree in all of these are deliveries of one
  *statement*, even if their severities or titles differ.
- Table. `TRANSITIONS` gives the next state of the incident for each statement. A resolve with `no_data` closes nothing;
  an untimed alert that names another episode is skipped. Statements without effect are kept too: a late one before them
  may give them one.
- Memory. A key keeps its newest statements and folds older ones into one base incident: those beyond `max_recent`, and
  those more than `reorder_window` older than the newest. A statement at or below this horizon arrives too late: it
  changes nothing that is open.
- Late statements. Insert in order, recompute the incidents, emit the differences as transitions.
- Still firing. A firing of a sender with `Times.SINCE`, not newer than the newest statement, but received more than
  `settle` after its first delivery, puts the mark `STILL_FIRING` straight after the newest statement, and after all
  others of its instant. In order, the mark makes the newest incident fire if it was received later than the newest
  resolve or mute. So the same resolve received again takes it back, and the next repeat puts it back.
- Superseded. A firing of another episode than that of the open incident, which started more than `settle` after the
  last alert that kept this open, ends it as expired and opens a new one.
- Expiry. With `expire_after`, or a deadline from the sender (`expires_at`), `tick` closes an incident that received no
  further alert in time. The mark `EXPIRY` is placed straight after the newest statement, and removed if a later
  deadline becomes known. A resolve after it corrects the end.
- Identity. The id of an incident is made from source, key and the statement that opened it at its first transition. It
  stays with that statement: it does not change if the opening moves back, and after a split the part with that
  statement keeps it.

This module reads no clock: `now` is an argument, and an alert has its `received_at`.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from attrs import evolve

from alertmap._records import record
from alertmap.errors import ConfigurationError
from alertmap.incidents.model import (
    CLOSINGS,
    EXPIRY,
    STATES,
    STILL_FIRING,
    TRANSITIONS,
    Cause,
    Details,
    Event,
    Incident,
    IncidentState,
    OrderKey,
    Policy,
    Transition,
    TransitionKind,
    details_of,
    incident_id,
    incident_of,
    transition,
)
from alertmap.model import Alert, ProblemCode, Severity, State, Times
from alertmap.times import to_utc

EVENTS: tuple[Event, ...] = (*STATES, STILL_FIRING, EXPIRY)
"""All events, in the order in which they count at one instant."""

# Internally, states and events are their rank in `EVENTS`; a closed incident, or none at all, has the rank of RESOLVED.
RANK: Mapping[Event, int] = {event: rank for rank, event in enumerate(EVENTS)}
_FIRING, _ACKNOWLEDGED, _SUPPRESSED, CLOSED, _STILL_FIRING, _EXPIRY = range(6)
_NEXT_STATE = tuple(
    tuple(RANK[TRANSITIONS[None if state is State.RESOLVED else state, event][0] or State.RESOLVED] for event in EVENTS)
    for state in STATES
)
"""`TRANSITIONS` as ranks: `_NEXT_STATE[state][event]`."""

_SEVERITY_RANK = {severity: rank for rank, severity in enumerate(sorted(Severity))}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)
_JUST_AFTER = timedelta(microseconds=1)
_ZERO = timedelta()


class Statement(NamedTuple):
    """One statement of the sender about a key, all its deliveries merged; or a mark of the reducer."""

    key: OrderKey
    severity: Severity | None
    title: str
    received_at: datetime
    """The latest `received_at`; the statement's own time where none was given."""
    expires_at: datetime | None
    untimed: bool
    announced: bool
    """True if the id of an incident is made from it: the incident opened with it at its first transition."""
    details: Details | None = None
    """Those of the delivery that was received last."""
    guessed: bool = False
    """True if the alert has a severity without a known level: it counts only where the incident has none."""


_key_of = attrgetter("key")


@record(kw_only=True)
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
    """The statements above the horizon, in order. They always include the newest of the key; marks stand after it."""
    now: IncidentState | None = None
    """The newest incident of all."""
    total: int = 0
    """Number of incidents that began up to the horizon."""
    first_received_at: datetime = _EPOCH
    """When the newest statement was first received."""
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
    found, _ = _fold(timeline.base, timeline.recent, policy)
    return tuple(_incident(timeline, state) for state in found)


def _incident(timeline: Timeline, state: IncidentState) -> Incident:
    return incident_of((timeline.source, timeline.dedup_key), timeline.vendor, state)


def recompute(timeline: Timeline, policy: Policy) -> Timeline:
    """Return the timeline with `now` computed from its statements."""
    found, _ = _fold(timeline.base, timeline.recent, policy)
    return evolve(timeline, now=found[-1] if found else None)


# --- The fold: statements in order to incidents -----------------------------------------------------------------------


def apply_statement(
    incident: IncidentState | None, statement: Statement, policy: Policy
) -> tuple[IncidentState | None, Cause]:
    """Return the newest incident after one more statement, and the cause if the statement was skipped."""
    time, _, _, event, no_data, _ = statement.key
    state = _NEXT_STATE[CLOSED if incident is None else incident.state][event]
    if event == _STILL_FIRING:
        return _still_firing(incident, statement, state), Cause.NONE
    if incident is None or incident.state == CLOSED:
        return _applied_to_closed(incident, statement)
    if event == _EXPIRY:
        end = max(deadline(incident, policy) or incident.last_seen, incident.opening[0])
        return incident._replace(state=state, resolved_at=end, expired=True), Cause.NONE
    if event == CLOSED:
        if no_data:
            return incident._replace(no_data=True), Cause.DUPLICATE
        if _is_of_another_episode(incident, statement):
            return incident, Cause.STALE_EPISODE
        return _ended(incident, statement)._replace(state=state, resolved_at=time), Cause.NONE
    if event == _FIRING and _is_superseded(incident, statement, policy):
        return opened(statement, incident), Cause.NONE
    return _updated(incident, statement, state), Cause.NONE


def _applied_to_closed(incident: IncidentState | None, statement: Statement) -> tuple[IncidentState | None, Cause]:
    """`apply_statement` where nothing is open."""
    time, _, _, event, _, episode = statement.key
    if event == _FIRING:
        if incident and statement.untimed and episode and episode == incident.episode and not incident.expired:
            return incident, Cause.STALE_EPISODE
        return opened(statement, incident), Cause.NONE
    if incident is not None:
        corrected = event == CLOSED and _corrects_the_end(incident, statement)
        incident = _ended(incident, statement)
        if corrected:
            incident = incident._replace(resolved_at=time, expired=False)
    return incident, Cause.NOTHING_OPEN


def _still_firing(incident: IncidentState | None, mark: Statement, state: int) -> IncidentState | None:
    """Return the newest incident after the mark: it fires if the mark was received after the newest resolve or mute."""
    if incident is None or (incident.ended is not None and incident.ended >= mark.received_at):
        return incident
    return incident._replace(
        state=state,
        resolved_at=None,
        expired=False,
        last_seen=max(incident.last_seen, mark.received_at),
        expires_at=latest(incident.expires_at, mark.expires_at),
    )


def _ended(incident: IncidentState, statement: Statement) -> IncidentState:
    """Return the incident with the latest reception of a resolve or mute; whether it had an effect does not matter."""
    _, _, _, event, no_data, _ = statement.key
    if event != _SUPPRESSED and (event != CLOSED or no_data):
        return incident
    received_at = statement.received_at
    if incident.ended is not None and incident.ended >= received_at:
        return incident
    return incident._replace(ended=received_at)


def _is_of_another_episode(incident: IncidentState, statement: Statement) -> bool:
    """Return True if an untimed statement names another episode than the incident."""
    episode = statement.key[5]
    return bool(statement.untimed and episode and incident.episode) and episode != incident.episode


def _corrects_the_end(incident: IncidentState, resolve: Statement) -> bool:
    """Return True if a resolve is that of an incident which expired: its start, if given, is not after the deadline."""
    time, _, started, _, no_data, _ = resolve.key
    if not incident.expired or incident.resolved_at is None or no_data or _is_of_another_episode(incident, resolve):
        return False
    return started == time or started <= incident.resolved_at  # equal where no start was given


def _is_superseded(incident: IncidentState, statement: Statement, policy: Policy) -> bool:
    """Return True if a firing is of another episode, and started when the open incident was long silent."""
    episode, started = statement.key[5], statement.key[2]
    if policy.settle is None or not episode or not incident.episode or episode == incident.episode:
        return False
    return started > plus(max(incident.last_seen, incident.opening[0]), policy.settle)


def opened(statement: Statement, previous: IncidentState | None) -> IncidentState:
    """Return the incident that a statement opens."""
    key, severity, title, received_at, expires_at, _, announced, details, _ = statement
    announced_as = key if announced else None
    before = None if previous is None else previous.identity
    # By place, in the order of the fields: each incident is made here.
    first = (key, announced_as, before, _FIRING, None, False, severity, severity, title)
    return tuple.__new__(IncidentState, (*first, received_at, expires_at, 1, key[4], key[5], details, None))


def _updated(incident: IncidentState, statement: Statement, state: int) -> IncidentState:
    """Return the open incident after a statement that leaves it open."""
    _, _, _, event, no_data, episode = statement.key
    severity, max_severity = incident.severity, incident.max_severity
    stated = None if statement.guessed and severity is not None else statement.severity
    if severity is not stated:
        # Missing data is no reason to lower the severity.
        severity = worse(severity, stated) if no_data else stated or severity
        max_severity = worse(max_severity, stated)
    received_at, ended = statement.received_at, incident.ended
    if event == _SUPPRESSED:
        ended = received_at if ended is None else max(ended, received_at)
    return IncidentState(
        opening=incident.opening,
        announced_as=incident.announced_as or (statement.key if statement.announced else None),
        previous=incident.previous,
        state=state,
        resolved_at=None,
        expired=False,
        severity=severity,
        max_severity=max_severity,
        title=statement.title or incident.title,
        last_seen=max(incident.last_seen, received_at),
        expires_at=latest(incident.expires_at, statement.expires_at),
        count=incident.count + 1,
        no_data=no_data or (incident.no_data and event != _FIRING),
        episode=episode or incident.episode,
        details=statement.details or incident.details,
        ended=ended,
    )


def _fold(
    base: IncidentState | None, statements: Iterable[Statement], policy: Policy
) -> tuple[list[IncidentState], Cause]:
    """Return all incidents from the base on, oldest first, and the cause if the last statement was skipped."""
    found = [] if base is None else [base]
    skipped = Cause.NONE
    for statement in statements:
        before = found[-1] if found else None
        after, skipped = apply_statement(before, statement, policy)
        if after is None or after is before:
            continue
        if before is None or after.opening is not before.opening:
            if before is not None and before.state != CLOSED:
                found[-1] = before._replace(state=CLOSED, resolved_at=statement.key[2], expired=True)  # superseded
            found.append(after)
        else:
            found[-1] = after
    return found, skipped


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


def due(timeline: Timeline, policy: Policy) -> datetime:
    """Return when a known key changes by time alone: its incident expires, or it is forgotten; `NEVER` if not."""
    incident = timeline.now
    if incident is not None and incident.state != CLOSED:
        return deadline(incident, policy) or NEVER
    return plus(timeline.last_received_at, policy.retention)


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


def tick(timeline: Timeline, now: datetime, policy: Policy) -> tuple[Timeline, tuple[Transition, ...]]:
    """Apply the present time of the receiver's clock: an incident past its deadline expires.

    A key without an open incident and without an alert for `retention` is forgotten: the result is `Timeline()`.

    Raises:
        ConfigurationError: `now` is not an aware datetime, or an argument has the wrong type.
    """
    _expect(timeline, Timeline)
    _expect(policy, Policy)
    timeline, transitions = expire(timeline, to_utc(now, "now"), policy)
    return timeline, tuple(transitions)


def expire(timeline: Timeline, now: datetime, policy: Policy) -> tuple[Timeline, list[Transition]]:
    """`tick` without argument checks."""
    transitions: list[Transition] = []
    if not timeline.recent or now < due(timeline, policy):
        return timeline, transitions
    incident = timeline.now
    if incident is not None and incident.state != CLOSED:
        time = deadline(incident, policy)
        if time is None:
            return timeline, transitions
        expiry = _mark(timeline.recent[-1], _EXPIRY, time, None)
        after, _ = apply_statement(incident, expiry, policy)
        timeline = evolve(timeline, recent=(*timeline.recent, expiry), now=after)
        transitions = _differences(
            timeline, [incident], [after] if after else [], alert=None, at=time, cause=Cause.NONE
        )
    if now >= plus(timeline.last_received_at, policy.retention):
        timeline = Timeline()
    return timeline, transitions


def _mark(newest: Statement, event: int, received_at: datetime, expires_at: datetime | None) -> Statement:
    """Return a mark that stands straight after the newest statement."""
    time, sequence, started, *_ = newest.key
    return Statement((time, sequence, started, event, False, ""), None, "", received_at, expires_at, False, False)  # noqa: FBT003


def statement_of(alert: Alert, timeline: Timeline, policy: Policy) -> Statement:
    """Return the statement in an alert."""
    received_at = None if alert.received_at is None else to_utc(alert.received_at, "received_at")
    time = None if alert.occurred_at is None else to_utc(alert.occurred_at, "occurred_at")
    untimed = (
        time is None
        or alert.times is Times.ARRIVAL
        or alert.times is Times.NONE
        or (received_at is not None and time > received_at and time > plus(received_at, policy.max_ahead))
    )
    if untimed:
        if received_at is not None:
            time = received_at
        elif timeline.recent:
            time = max(time or _EPOCH, plus(timeline.recent[-1].key[0], _JUST_AFTER))
    time = time or _EPOCH
    started = time if alert.started_at is None else min(to_utc(alert.started_at, "started_at"), time)
    state = alert.state
    event = _FIRING if state is State.FIRING else CLOSED if state is State.RESOLVED else RANK[state]
    sequence = -1 if alert.sequence is None else alert.sequence
    return Statement(
        (time, sequence, started, event, alert.no_data, alert.episode or ""),
        alert.severity,
        "" if _has_made_title(alert, event) else alert.title,
        time if received_at is None else received_at,
        None if alert.expires_at is None else to_utc(alert.expires_at, "expires_at"),
        untimed,
        False,  # noqa: FBT003
        details_of(alert),
        is_guess(alert),
    )


def is_guess(alert: Alert) -> bool:
    """Return True if the severity of an alert stands for a level that is missing or unknown."""
    if not alert.problems or alert.severity is None:
        return False
    return any(problem.code in _GUESSES for problem in alert.problems)


_GUESSES = (ProblemCode.LEVEL_MISSING, ProblemCode.LEVEL_UNKNOWN)


def _has_made_title(alert: Alert, event: int) -> bool:
    """Return True if an acknowledgement or mute has no title of its own: then that of the incident stays."""
    is_update = event not in (_FIRING, CLOSED)
    return is_update and any(problem.code is ProblemCode.TITLE_FALLBACK for problem in alert.problems)


def advance(timeline: Timeline, alert: Alert, policy: Policy) -> tuple[Timeline, list[Transition]]:
    """`step` without argument checks."""
    statement = statement_of(alert, timeline, policy)
    transitions: list[Transition] = []
    if alert.received_at is not None and timeline.recent:
        timeline, transitions = expire(timeline, statement.received_at, policy)
    if not timeline.recent:
        timeline = Timeline(
            source=alert.source,
            vendor=alert.vendor,
            dedup_key=alert.dedup_key,
            first_received_at=statement.received_at,
            last_received_at=statement.received_at,
        )
    timeline, more = _put(timeline, statement, alert, policy)
    return timeline, transitions + more if transitions else more


class _Change(NamedTuple):
    """A timeline with one more statement at its place, before old statements are folded."""

    origin: IncidentState | None
    """The incident that the fold starts from, ahead of the statement at the index `folded`."""
    folded: int
    statements: tuple[Statement, ...]
    before: list[IncidentState]
    after: list[IncidentState]
    cause: Cause
    skipped: Cause
    first_received_at: datetime


def _put(timeline: Timeline, statement: Statement, alert: Alert, policy: Policy) -> tuple[Timeline, list[Transition]]:
    """Put a statement at its place, recompute the incidents, and return the differences as transitions."""
    recent, key = timeline.recent, statement.key
    repeats = (
        policy.settle is not None
        and alert.state is State.FIRING
        and alert.times is Times.SINCE
        and alert.received_at is not None
    )
    if not recent or key > recent[-1].key:
        change = _as_newest(timeline, statement, policy)
        repeats = repeats and change.skipped is Cause.STALE_EPISODE
    elif (timeline.horizon is not None and key <= timeline.horizon) or (
        not repeats and recent[-1].key[0] - key[0] > policy.reorder_window
    ):
        change = _as_too_late(timeline, statement, policy)
    else:
        change = _inserted(timeline, statement, policy, repeats=repeats)
        repeats = repeats and (change.statements is not recent)  # the same delivery once more is no repeat
    if repeats:
        change = _repeated(timeline, statement, change, policy)
    transitions = _differences(timeline, change.before, change.after, alert=alert, at=key[0], cause=change.cause)
    if not transitions:
        transitions = [_ignored(alert, key[0], change.skipped or Cause.DUPLICATE)]
    return _remember(timeline, change, statement.received_at, policy), transitions


def _as_newest(timeline: Timeline, statement: Statement, policy: Policy) -> _Change:
    """Append a statement that is newer than all others: only the newest incident can change."""
    now = timeline.now
    after, skipped = _fold(now, (statement,), policy)
    return _Change(
        origin=now,
        folded=len(timeline.recent),
        statements=(*timeline.recent, statement),
        before=[] if now is None else [now],
        after=after,
        cause=Cause.NONE,
        skipped=skipped,
        # A repeat that was skipped is no news, so the next repeat is not measured from it.
        first_received_at=timeline.first_received_at if skipped is Cause.STALE_EPISODE else statement.received_at,
    )


def _as_too_late(timeline: Timeline, statement: Statement, policy: Policy) -> _Change:
    """Leave a statement out that is too old: a firing of the open incident moves `last_seen`, no more."""
    base, now, recent = timeline.base, timeline.now, timeline.recent
    before, _ = _fold(base, recent, policy)
    after = before
    if (
        base is not None
        and now is not None
        and base.state != CLOSED != now.state
        and base.opening == now.opening <= statement.key
        and statement.key[3] == _FIRING
        and statement.received_at > now.last_seen
    ):
        base = base._replace(last_seen=statement.received_at)
        after, _ = _fold(base, recent, policy)
    return _Change(base, 0, recent, before, after, Cause.LATE, Cause.LATE, timeline.first_received_at)


def _inserted(timeline: Timeline, statement: Statement, policy: Policy, *, repeats: bool) -> _Change:
    """Insert a statement that is older than the newest, or merge another delivery of a known one."""
    base, recent, key, received_at = timeline.base, timeline.recent, statement.key, statement.received_at
    before, _ = _fold(base, recent, policy)
    place = bisect_left(recent, key, key=_key_of)
    known = recent[place].key == key
    is_newest = known and place == _end(recent) - 1
    first_received_at = timeline.first_received_at
    if (is_newest and received_at < first_received_at) or (not known and place == _end(recent)):
        first_received_at = received_at
    if known:
        statement = _merged(recent[place], statement)
        if statement == recent[place]:
            return _Change(base, 0, recent, before, before, Cause.NONE, Cause.DUPLICATE, first_received_at)
    cause = Cause.NONE if is_newest or (known and repeats) else Cause.LATE
    statements = (*recent[:place], statement, *recent[place + known :])
    earlier, _ = _fold(base, recent[:place], policy)
    _, skipped = apply_statement(earlier[-1] if earlier else None, statement, policy)
    after, _ = _fold(base, statements, policy)
    # An incident that expired goes on if its deadline turns out to be later.
    if after and after[-1].expired and after[-1:] != before[-1:] and _is_alive(after[-1], received_at, policy):
        cause, opening = Cause.REVIVED, after[-1].opening
        statements = tuple(one for one in statements if one.key[3] != _EXPIRY or one.key < opening)
        after, _ = _fold(base, statements, policy)
    return _Change(base, 0, statements, before, after, cause, skipped, first_received_at)


def _repeated(timeline: Timeline, firing: Statement, change: _Change, policy: Policy) -> _Change:
    """Return the change with the mark that a repeated firing puts or renews, if the newest incident fires by it."""
    statements, end = change.statements, _end(change.statements)
    if statements[-1].key[3] == _EXPIRY and firing.received_at < statements[-1].received_at:
        return change  # received before the expiry, which already counted it
    newest = change.after[-1] if change.after else None
    is_open = newest is not None and newest.state not in (CLOSED, _SUPPRESSED)
    is_renewed = end < len(statements) and statements[end].key[3] == _STILL_FIRING
    if is_renewed:
        mark = _merged(statements[end], firing._replace(severity=None, title=""))
    elif is_open or firing.received_at <= plus(timeline.first_received_at, policy.settle or _ZERO):
        return change
    else:
        mark = _mark(statements[end - 1], _STILL_FIRING, firing.received_at, firing.expires_at)
    marked = (*statements[:end], mark)
    # Where no incident is known, the firing is below the horizon: an incident is made of it.
    origin = change.origin if change.after else opened(firing, None)
    after, _ = _fold(origin, marked[change.folded :], policy)
    fires = after[-1].state not in (CLOSED, _SUPPRESSED)
    is_news = fires or (is_renewed and mark != statements[end])
    if not is_news or (fires and not _is_alive(after[-1], firing.received_at, policy)):
        return change
    cause = change.cause if is_open or not fires else Cause.STILL_FIRING
    return change._replace(origin=origin, statements=marked, after=after, cause=cause)


def _is_alive(incident: IncidentState, now: datetime, policy: Policy) -> bool:
    """Return True if the deadline of an incident has not passed."""
    time = deadline(incident, policy)
    return time is None or time > now


def _end(statements: tuple[Statement, ...]) -> int:
    """Return the place after the newest statement, where marks may stand."""
    end = len(statements)
    while end and statements[end - 1].key[3] > CLOSED:
        end -= 1
    return end


def _merged(one: Statement, other: Statement) -> Statement:
    """Merge two deliveries of one statement. The order of arrival makes no difference."""
    first, last = (one.received_at, one.details or _NO_DETAILS), (other.received_at, other.details or _NO_DETAILS)
    stated = [each.severity for each in (one, other) if not each.guessed and each.severity is not None]
    return Statement(
        key=one.key,
        severity=max(stated) if stated else worse(one.severity, other.severity),
        title=max(one.title, other.title),
        received_at=max(one.received_at, other.received_at),
        expires_at=latest(one.expires_at, other.expires_at),
        untimed=one.untimed and other.untimed,
        announced=one.announced,
        details=one.details if first >= last else other.details,
        guessed=not stated and (one.guessed or other.guessed),
    )


_NO_DETAILS: Details = ("", "", (), ())


def _remember(timeline: Timeline, change: _Change, received_at: datetime, policy: Policy) -> Timeline:
    """Return the timeline after a change: new incidents are marked as announced, old statements are folded."""
    base = timeline.base if change.folded else change.origin
    statements, now = change.statements, None
    for incident in change.after:
        now = incident
        if incident.announced_as is None:
            now = incident._replace(announced_as=incident.opening)
            if base is not None and base.opening == incident.opening:
                base = base._replace(announced_as=base.opening)
            statements = _announced(statements, incident.opening)
    total = timeline.total + (timeline.base is None and base is not None)
    base, horizon, total, statements = fold_old(base, timeline.horizon, total, statements, policy)
    return Timeline(
        source=timeline.source,
        vendor=timeline.vendor,
        dedup_key=timeline.dedup_key,
        base=base,
        horizon=horizon,
        recent=statements,
        now=now,
        total=total,
        first_received_at=change.first_received_at,
        last_received_at=max(timeline.last_received_at, received_at),
    )


def fold_old(
    base: IncidentState | None, horizon: OrderKey | None, total: int, statements: tuple[Statement, ...], policy: Policy
) -> tuple[IncidentState | None, OrderKey | None, int, tuple[Statement, ...]]:
    """Fold old statements into the base: those beyond `max_recent`, and those before `reorder_window`."""
    limit = policy.max_recent + len(statements) - _end(statements)  # the newest is never folded without its marks
    last, folded = statements[-1].key[0], 0
    while len(statements) - folded > limit or last - statements[folded].key[0] > policy.reorder_window:
        horizon = statements[folded].key
        base, _ = apply_statement(base, statements[folded], policy)
        total += base is not None and base.opening == horizon
        folded += 1
    return base, horizon, total, statements[folded:] if folded else statements


def _announced(statements: tuple[Statement, ...], opening: OrderKey) -> tuple[Statement, ...]:
    """Return the statements with one more whose incident was announced."""
    return tuple(one._replace(announced=True) if one.key == opening else one for one in statements)


# --- Differences as transitions ---------------------------------------------------------------------------------------

Change = tuple[TransitionKind, Cause, Severity | None]
"""One difference of one incident: kind, cause, and the severity before."""

ENTERED = (TransitionKind.REOPENED, TransitionKind.ACKNOWLEDGED, TransitionKind.SUPPRESSED)
"""Kind of the transition when an incident enters an open state, by the rank of the state."""


def _changes(old: IncidentState | None, new: IncidentState, cause: Cause) -> list[Change]:
    """Return the changes from `old` to `new` of one incident; with None as `old` it is new."""
    if old is new or (old is not None and old[:-1] == new[:-1]):  # `ended` is of no interest outside
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
    transitions: list[Transition] = []
    name, vendor = (timeline.source, timeline.dedup_key), timeline.vendor
    if len(before) == len(after) == 1 and before[0].identity == after[0].identity:
        pairs: Iterable[tuple[IncidentState | None, IncidentState]] = ((before[0], after[0]),)
    else:
        old_of = {old.identity: old for old in before}
        gone = old_of.keys() - {new.identity for new in after}
        for old in before:
            if old.identity in gone:
                target = [new for new in after if new.opening <= old.identity][-1]
                end = old.resolved_at or old.opening[0]
                closed = old._replace(state=CLOSED, resolved_at=end)
                was = incident_id(*name, target.identity)
                transitions.append(
                    transition(
                        TransitionKind.RESOLVED,
                        alert,
                        end,
                        Cause.MERGED,
                        was,
                        name,
                        vendor,
                        closed,
                        old.state != CLOSED,
                    )
                )
        pairs = [(old_of.get(new.identity), new) for new in after]
    for old_or_none, new in pairs:
        was_open = old_or_none is not None and old_or_none.state != CLOSED
        for kind, why, severity in _changes(old_or_none, new, cause):
            time = new.resolved_at if kind in CLOSINGS else None
            if kind is TransitionKind.EXPIRED and alert is not None:
                why = Cause.SUPERSEDED  # noqa: PLW2901 - within a step only another episode ends an incident as expired
            transitions.append(transition(kind, alert, time or at, why, severity, name, vendor, new, was_open))
            was_open = new.state != CLOSED
    return transitions


def _ignored(alert: Alert, at: datetime, cause: Cause) -> Transition:
    name = (alert.source, alert.dedup_key)
    return transition(TransitionKind.IGNORED, alert, at, cause, None, name, "", None, False)  # noqa: FBT003


# --- Arguments --------------------------------------------------------------------------------------------------------

_FIELDS: Mapping[str, tuple[type, ...]] = {
    "source": (str,),
    "vendor": (str,),
    "dedup_key": (str,),
    "state": (State,),
    "severity": (Severity, type(None)),
    "times": (Times,),
    "title": (str,),
    "resource": (str,),
    "message": (str,),
    "labels": (Mapping,),
    "links": (Mapping,),
    "sequence": (int, type(None)),
    "episode": (str, type(None)),
    "no_data": (bool,),
}


def check_alert(alert: object) -> bool:
    """Check that an argument is an `Alert` and that the fields which the reducer reads have their declared types.

    Returns:
        True if they have exactly the types that `parse` gives them, with times in UTC.

    Raises:
        ConfigurationError: it is not an `Alert`, a field has another type, or a datetime is naive.
    """
    if type(alert) is Alert and _is_plain(alert):
        return True
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
    return False


def _is_plain(alert: Any) -> bool:
    """Return True if the fields have just the types that `parse` gives them: a fast check, which names no field."""
    severity, sequence, episode = alert.severity, alert.sequence, alert.episode
    time, received_at, started, expires_at = (
        alert.occurred_at,
        alert.received_at,
        alert.started_at,
        alert.expires_at,
    )
    return (
        type(alert.source) is str
        and type(alert.dedup_key) is str
        and type(alert.vendor) is str
        and type(alert.title) is str
        and type(alert.resource) is str
        and type(alert.message) is str
        and type(alert.labels) is dict
        and type(alert.links) is dict
        and type(alert.state) is State
        and type(alert.times) is Times
        and type(alert.no_data) is bool
        and (severity is None or type(severity) is Severity)
        and (sequence is None or type(sequence) is int)
        and (episode is None or type(episode) is str)
        and (time is None or (type(time) is datetime and time.tzinfo is UTC))
        and (received_at is None or (type(received_at) is datetime and received_at.tzinfo is UTC))
        and (started is None or (type(started) is datetime and started.tzinfo is UTC))
        and (expires_at is None or (type(expires_at) is datetime and expires_at.tzinfo is UTC))
    )


def _expect(value: object, kind: type) -> None:
    if not isinstance(value, kind):
        raise ConfigurationError(f"expected {kind.__name__}, got {type(value).__name__}")

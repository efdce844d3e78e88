"""The two common cases of `step`, without its general rules: `quick` is many times faster than `advance`.

What it does. Most alerts are the newest statement of their key delivered again, or a firing or resolve newer than all
others. Then only the newest incident changes, and by one transition, so nothing is sorted, folded again or compared.

By which rules. Those of `timeline.py`. `quick` returns None, without side effects, for every alert that needs more:
acknowledged and suppressed states and what leaves them, alerts without a time or a time of receipt, `no_data`, late and
merged statements, repeats after a resolve, deadlines that have passed, and other episodes.

What holds it equal to them. tests/incidents/test_book_equals_step.py compares books with `step` and `tick` on random
histories, and every law in tests/incidents runs on the book as well, which uses this module.
"""

from datetime import datetime
from typing import Any

from alertmap._records import twin_of
from alertmap.incidents.model import (
    Cause,
    IncidentState,
    OrderKey,
    Policy,
    Transition,
    TransitionKind,
    details_of,
    transition,
)
from alertmap.incidents.timeline import (
    CLOSED,
    RANK,
    Statement,
    Timeline,
    deadline,
    fold_old,
    is_guess,
    latest,
    opened,
    plus,
    worse,
)
from alertmap.model import Alert, State, Times

_FIRING, _ACKNOWLEDGED = RANK[State.FIRING], RANK[State.ACKNOWLEDGED]
# Module names, because looking up a member of an enum costs as much as making a tuple.
_IS_FIRING, _IS_RESOLVED, _ARRIVAL, _NONE = State.FIRING, State.RESOLVED, Times.ARRIVAL, Times.NONE
_NO_CAUSE, _DUPLICATE, _NOTHING_OPEN = Cause.NONE, Cause.DUPLICATE, Cause.NOTHING_OPEN
_OPENED, _AGAIN, _IGNORED = TransitionKind.OPENED, TransitionKind.DEDUPLICATED, TransitionKind.IGNORED
_RESOLVED, _SEVERITY_CHANGED = TransitionKind.RESOLVED, TransitionKind.SEVERITY_CHANGED
_WAS_OPEN, _WAS_CLOSED = True, False
_new = tuple.__new__
_UnfrozenTimeline: Any = twin_of(Timeline)


def quick(timeline: Timeline, alert: Alert, policy: Policy) -> tuple[Timeline, Transition] | None:
    """Return what `step` does for an alert as `parse` makes it; None if that needs the general rules."""
    time, received_at, state, started = alert.occurred_at, alert.received_at, alert.state, alert.started_at
    if (
        time is None
        or received_at is None
        or time > received_at
        or (state is not _IS_FIRING and state is not _IS_RESOLVED)
        or alert.no_data
        or alert.times is _ARRIVAL
        or alert.times is _NONE
    ):
        return None
    key: OrderKey = (
        time,
        -1 if alert.sequence is None else alert.sequence,
        time if started is None or started > time else started,
        _FIRING if state is _IS_FIRING else CLOSED,
        False,
        alert.episode or "",
    )
    recent, now = timeline.recent, timeline.now
    if now is not None and now.announced_as is None:
        return None  # from a damaged snapshot
    if recent:
        newest = recent[-1].key
        if _has_passed(timeline, now, received_at, policy) or key < newest:
            return None
        if key == newest:
            is_full = len(recent) > policy.max_recent or time - recent[0].key[0] > policy.reorder_window
            return None if is_full else _again(timeline, alert, received_at)
    if now is None or now.state == CLOSED:
        return _while_closed(timeline, now, key, alert, policy)
    return _while_open(timeline, now, key, alert, policy)


def _has_passed(timeline: Timeline, now: IncidentState | None, received_at: datetime, policy: Policy) -> bool:
    """Return True if time alone changes the key before the alert does."""
    if now is None or now.state == CLOSED:
        return received_at >= plus(timeline.last_received_at, policy.retention)
    if now.expires_at is None and policy.expire_after is None:
        return False
    due = deadline(now, policy)
    return due is not None and received_at >= due


def _again(timeline: Timeline, alert: Alert, received_at: datetime) -> tuple[Timeline, Transition] | None:
    """Apply another delivery of the newest statement, if it adds nothing but its time of receipt."""
    *older, newest = timeline.recent
    key, severity, title, received_before, expires_at, untimed, announced, details, guessed = newest
    now = timeline.now
    if (
        now is None
        or now.state > _ACKNOWLEDGED
        or key[3] != _FIRING
        or severity is not alert.severity
        or title != alert.title
        or expires_at != alert.expires_at
        or untimed
        or received_at < timeline.first_received_at
        or details_of(alert) != details
        or is_guess(alert) is not guessed
    ):
        return None
    name = (timeline.source, timeline.dedup_key)
    if received_at <= received_before:
        return timeline, transition(_IGNORED, alert, key[0], _DUPLICATE, None, name, timeline.vendor, None, _WAS_CLOSED)
    if received_at <= now.last_seen:
        return None
    statement = _new(Statement, (key, severity, title, received_at, expires_at, untimed, announced, details, guessed))
    incident = _new(IncidentState, (*now[:9], received_at, *now[10:]))
    received = (timeline.first_received_at, max(received_at, timeline.last_received_at))
    folded = (timeline.base, timeline.horizon, timeline.total)
    after = timeline_of(name, timeline.vendor, folded, (*older, statement), incident, received)
    return after, transition(_AGAIN, alert, key[0], _NO_CAUSE, None, name, timeline.vendor, incident, _WAS_OPEN)


def _while_closed(
    timeline: Timeline, now: IncidentState | None, key: OrderKey, alert: Alert, policy: Policy
) -> tuple[Timeline, Transition] | None:
    """Apply a statement newer than all others while nothing is open."""
    received_at: Any = alert.received_at
    opens = key[3] == _FIRING
    severity, title, expires_at = alert.severity, alert.title, alert.expires_at
    details = details_of(alert)
    if now is not None and details == now.details:
        details = now.details  # keep one of two equal objects
    guessed = is_guess(alert)
    statement = _new(Statement, (key, severity, title, received_at, expires_at, False, opens, details, guessed))
    if opens:
        incident: IncidentState | None = opened(statement, now)
    elif now is None:
        incident = None
    elif now.expired or (now.ended is not None and now.ended >= received_at):
        return None
    else:
        incident = _new(IncidentState, (*now[:15], received_at))
    after = _with(timeline, statement, incident, alert, policy)
    name = (alert.source, alert.dedup_key)
    if opens:
        return after, transition(_OPENED, alert, key[0], _NO_CAUSE, None, name, after.vendor, incident, _WAS_CLOSED)
    return after, transition(_IGNORED, alert, key[0], _NOTHING_OPEN, None, name, after.vendor, None, _WAS_CLOSED)


def _while_open(
    timeline: Timeline, now: IncidentState, key: OrderKey, alert: Alert, policy: Policy
) -> tuple[Timeline, Transition] | None:
    """Apply a statement newer than all others while an incident is open."""
    received_at: Any = alert.received_at
    severity, title, expires_at, episode = alert.severity, alert.title, alert.expires_at, key[5]
    details = details_of(alert)
    if details == now.details:
        details = now.details
    guessed = is_guess(alert)
    statement = _new(Statement, (key, severity, title, received_at, expires_at, False, False, details, guessed))
    (
        opening,
        announced_as,
        previous,
        state,
        _,
        _,
        old_severity,
        max_severity,
        old_title,
        last_seen,
        deadline_before,
        count,
        _,
        old_episode,
        old_details,
        ended,
    ) = now
    name, vendor = (alert.source, alert.dedup_key), timeline.vendor
    if key[3] == CLOSED:
        ended = received_at if ended is None or ended < received_at else ended
        incident = _new(IncidentState, (*now[:3], CLOSED, key[0], *now[5:15], ended))
        after = _with(timeline, statement, incident, alert, policy)
        return after, transition(_RESOLVED, alert, key[0], _NO_CAUSE, None, name, vendor, incident, _WAS_OPEN)
    if state > _ACKNOWLEDGED or (episode and old_episode and episode != old_episode):
        return None
    if guessed and old_severity is not None:
        severity = None
    new_severity = severity or old_severity
    if severity is not old_severity:
        max_severity = worse(max_severity, severity)
    incident = _new(
        IncidentState,
        (
            opening,
            announced_as,
            previous,
            state,
            None,
            False,
            new_severity,
            max_severity,
            title or old_title,
            max(received_at, last_seen),
            deadline_before if expires_at is None else latest(deadline_before, expires_at),
            count + 1,
            False,  # a firing that has data ends `no_data`
            episode or old_episode,
            details or old_details,
            ended,
        ),
    )
    after = _with(timeline, statement, incident, alert, policy)
    if new_severity is not old_severity:
        return after, transition(
            _SEVERITY_CHANGED, alert, key[0], _NO_CAUSE, old_severity, name, vendor, incident, _WAS_OPEN
        )
    return after, transition(_AGAIN, alert, key[0], _NO_CAUSE, None, name, vendor, incident, _WAS_OPEN)


def _with(
    timeline: Timeline, statement: Statement, incident: IncidentState | None, alert: Alert, policy: Policy
) -> Timeline:
    """Return the timeline with one more statement, which is newer than all others."""
    received_at, recent, last = statement.received_at, timeline.recent, timeline.last_received_at
    name = (alert.source, alert.dedup_key)
    if not recent:
        return timeline_of(name, alert.vendor, _NOTHING, (statement,), incident, (received_at, received_at))
    folded: _Folded = (timeline.base, timeline.horizon, timeline.total)
    statements = (*recent, statement)
    if len(recent) >= policy.max_recent or statement.key[0] - recent[0].key[0] > policy.reorder_window:
        *folded, statements = fold_old(*folded, statements, policy)  # type: ignore[assignment]
    received = (received_at, max(received_at, last))
    return timeline_of(name, timeline.vendor, folded, statements, incident, received)


_Folded = tuple[IncidentState | None, OrderKey | None, int]
_NOTHING: _Folded = (None, None, 0)


def timeline_of(  # noqa: PLR0917 - keywords would cost more than the rest
    name: tuple[str, str],
    vendor: str,
    folded: _Folded,
    recent: tuple[Statement, ...],
    now: IncidentState | None,
    received: tuple[datetime, datetime],
) -> Timeline:
    """Return a timeline from its parts: base, horizon and total are `folded`, first and last reception `received`."""
    made = object.__new__(_UnfrozenTimeline)
    made.source, made.dedup_key = name
    made.vendor = vendor
    made.base, made.horizon, made.total = folded
    made.recent = recent
    made.now = now
    made.first_received_at, made.last_received_at = received
    made.__class__ = Timeline
    result: Timeline = made
    return result

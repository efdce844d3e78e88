"""Fast path of `IncidentBook`: alerts in order update a mutable entry instead of rebuilding an immutable `Timeline`.

What it does. An `Entry` holds the same information as the `Timeline` of its key, and the two convert into each other.
Most alerts are a statement newer than all others of their key, or the newest statement delivered again. For these,
`Entry.apply` does what `step` does, many times faster.

By which rules. `Entry.apply` returns False, without side effects, for the cases that need the full rules of
`timeline.py`; the book then calls `advance`:

- the statement is late, adds something to the newest statement, or repeats a resolve;
- an incident expires, or the key is forgotten, before the alert counts;
- a firing may belong to the incident just closed: it is within the reopen window, or untimed and of the same episode;
- a resolve may close nothing: it has `no_data`, or is untimed and names an episode;
- the incident has not been announced by any transition (only after a damaged snapshot);
- the alert would open more incidents than the policy of the source allows.

`statements_of` also leaves alerts to `advance` that are not exactly as `parse` makes them (subclasses, other time
zones), or that have no time at all.

What holds it equal to the slow path. tests/incidents/test_book_equals_step.py compares books with `step` and `tick` on
random histories, and every law in tests/incidents/test_laws.py runs on the book as well.

How it stores things. Statements and incidents are plain tuples (`StatementTuple` and `IncidentTuple` in `model.py`)
with words instead of enum members: the garbage collector does not track tuples that hold only texts, numbers and times.
Each statement is stored together with the newest incident after it, so old statements can be folded without computing
their incident again. They are folded in batches of `_COMPACT_EVERY`, and before any read. Both limits of the memory are
monotonic, so the result is the same as folding after each alert.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

from alertmap.incidents.model import (
    FIRING,
    RESOLVED,
    Cause,
    Incident,
    IncidentState,
    IncidentTuple,
    OrderKey,
    Policy,
    StatementTuple,
    Transition,
    TransitionKind,
    incident_of,
    transition,
)
from alertmap.incidents.timeline import (
    CLOSED,
    ENTERED,
    NEVER,
    NEXT_STATE,
    RANK,
    Statement,
    Timeline,
    apply_statement,
    check_alert,
    deadline,
    latest,
    plus,
    worse,
)
from alertmap.model import Alert, Severity, State

FoldedState = tuple[IncidentTuple | None, OrderKey | StatementTuple | None, int]
"""Base, horizon and total of a timeline."""

# Places in a `StatementTuple`.
_EVENT: Final = 3

# Places in an `IncidentTuple`, where its declaration lists all 14. A new field is added to that declaration and to
# `IncidentState`, set in `Entry._when_closed`, and carried on in `Entry._update`.
_ANNOUNCED_AS: Final = 1
_STATE: Final = 3
_RESOLVED_AT: Final = 4
_EXPIRED: Final = 5
_SEVERITY: Final = 6
_MAX_SEVERITY: Final = 7
_LAST_SEEN: Final = 9
_EPISODE: Final = 13

_FIRES, _RESOLVES = RANK[FIRING], RANK[RESOLVED]
# Module names, because looking up a member of an enum costs as much as making a tuple.
_OPENED, _DEDUPLICATED, _SEVERITY_CHANGED, _RESOLVED, _IGNORED = (
    TransitionKind.OPENED,
    TransitionKind.DEDUPLICATED,
    TransitionKind.SEVERITY_CHANGED,
    TransitionKind.RESOLVED,
    TransitionKind.IGNORED,
)
_NONE, _UNSUPPRESSED, _NOTHING_OPEN, _DUPLICATE = (
    Cause.NONE,
    Cause.UNSUPPRESSED,
    Cause.NOTHING_OPEN,
    Cause.DUPLICATE,
)
_SEVERITIES: dict[str | None, Severity | None] = {None: None} | {severity.value: severity for severity in Severity}
_NOTHING: FoldedState = (None, None, 0)
_AT_ONCE = datetime.min.replace(tzinfo=UTC)
_STRIDE = 4  # places per statement in `Entry.older`
_COMPACT_EVERY = 4  # fold old statements after this many additions


class SourceState:
    """The part of a book that belongs to one source."""

    __slots__ = ("due", "entries", "name", "open", "policy")

    def __init__(self, name: str, policy: Policy) -> None:
        self.name = name
        self.policy = policy
        self.entries: dict[str, Entry] = {}  # by dedup key
        self.open = 0  # number of open incidents
        self.due = NEVER  # no key of the source changes by time alone before this


class Entry:
    """Memory of one key, like a `Timeline` that changes in place."""

    __slots__ = (
        "announced",
        "dedup_key",
        "due",
        "folded",
        "incident",
        "last_received_at",
        "newest",
        "number",
        "older",
        "received_at",
        "source",
        "uncompacted",
        "vendor",
    )

    def __init__(self, number: int, source: SourceState, dedup_key: str, vendor: str) -> None:
        self.number = number  # keys are sorted by it: the order in which the book first received them
        self.source = source
        self.dedup_key = dedup_key
        self.vendor = vendor
        self.folded = _NOTHING
        # Recent statements but the newest, `_STRIDE` places each: the statement, its received_at, announced, and the
        # newest incident after it.
        self.older: list[Any] | None = None
        # The same four for the newest statement, which is None until the first alert.
        self.newest: StatementTuple | None = None
        self.received_at = NEVER
        self.announced = False
        self.incident: IncidentTuple | None = None
        self.last_received_at = NEVER  # of all alerts of the key
        self.due = NEVER  # the key does not change by time alone before this
        self.uncompacted = 0  # statements added since old ones were folded

    @classmethod
    def from_timeline(cls, number: int, timeline: Timeline, source: SourceState) -> "Entry":
        """Return the entry with the content of a timeline that has at least one statement."""
        entry = cls(number, source, timeline.dedup_key, timeline.vendor)
        incident, older = timeline.base, list[Any]()
        for statement in timeline.recent:
            incident, _ = apply_statement(incident, statement, source.policy)
            older += (
                _statement_tuple(statement),
                statement.received_at,
                statement.announced,
                _incident_tuple(incident),
            )
        *older, entry.newest, entry.received_at, entry.announced, entry.incident = older
        entry.older = older or None
        entry.folded = (_incident_tuple(timeline.base), timeline.horizon, timeline.total)
        entry.last_received_at = timeline.last_received_at
        entry.due = entry._next_due()
        return entry

    def to_timeline(self) -> Timeline:
        """Return the timeline with the content of this entry."""
        if self.newest is None:
            return Timeline()
        if self.uncompacted:
            self._compact(self.newest[0])
        base, horizon, total = self.folded
        older = self.older or []
        return Timeline(
            source=self.source.name,
            vendor=self.vendor,
            dedup_key=self.dedup_key,
            base=_incident_state(base),
            horizon=horizon and _order_key(horizon),
            recent=(
                *map(_statement, older[::_STRIDE], older[1::_STRIDE], older[2::_STRIDE]),
                _statement(self.newest, self.received_at, self.announced),
            ),
            now=_incident_state(self.incident),
            total=total,
            last_received_at=self.last_received_at,
        )

    @property
    def open(self) -> Incident | None:
        """The open incident, if there is one."""
        if self.incident is None or self.incident[_STATE] == CLOSED:
            return None
        return incident_of((self.source.name, self.dedup_key), self.vendor, self.incident)

    def _next_due(self) -> datetime:
        """Return when the key changes by time alone: the open incident expires, or the key is forgotten."""
        incident = self.incident
        if incident is not None and incident[_ANNOUNCED_AS] is None:
            return _AT_ONCE  # makes `apply` leave the next alert to the slow path
        if incident is None or incident[_STATE] == CLOSED:
            return plus(self.last_received_at, self.source.policy.retention)
        return deadline(IncidentState._make(incident), self.source.policy) or NEVER

    def apply(
        self, alert: Alert, statement: StatementTuple, received_at: datetime, transitions: list[Transition]
    ) -> bool:
        """Apply an alert of this key and add its transitions; return False if it needs the slow path."""
        # With many keys most of the time is spent on memory access: fetch nothing before it is needed.
        newest = self.newest
        if newest is None:
            return self._when_closed(None, alert, statement, received_at, transitions)
        if received_at >= self.due:
            return False
        if statement[0] <= newest[0]:
            if statement == newest:
                return self._duplicate(alert, statement, received_at, transitions)
            if _order_key(statement) <= _order_key(newest):
                return False
        incident = self.incident
        if incident is None or incident[_STATE] == CLOSED:
            return self._when_closed(incident, alert, statement, received_at, transitions)
        if statement[_EVENT] == _RESOLVES:
            return self._close(incident, alert, statement, received_at, transitions)
        self._update(incident, alert, statement, received_at, transitions)
        return True

    def _when_closed(
        self,
        incident: IncidentTuple | None,
        alert: Alert,
        statement: StatementTuple,
        received_at: datetime,
        transitions: list[Transition],
    ) -> bool:
        """Apply a statement newer than all others while nothing is open."""
        time, _, _, event, no_data, episode, severity, title, expires_at, untimed = statement
        source, previous = self.source, None
        if event != _FIRES:
            self._add(statement, received_at, incident)
            self._schedule()
            transitions.append(transition(_IGNORED, alert, time, _NOTHING_OPEN, None, None, self.vendor, None))
            return True
        policy = source.policy
        if source.open >= policy.max_open_per_source:
            return False
        if incident is not None:
            previous, resolved_at = incident[_ANNOUNCED_AS], incident[_RESOLVED_AT]
            if not incident[_EXPIRED] and resolved_at is not None:
                stale = untimed and episode and episode == incident[_EPISODE]
                if stale or time - resolved_at < policy.reopen_window:
                    return False
        after = (
            statement,
            statement,
            previous,
            _FIRES,
            None,
            False,
            severity,
            severity,
            title,
            received_at,
            expires_at,
            1,
            no_data,
            episode,
        )
        source.open += 1
        self._add(statement, received_at, after)
        self.announced = True
        self._schedule()
        transitions.append(transition(_OPENED, alert, time, _NONE, None, None, self.vendor, after))
        return True

    def _close(
        self,
        incident: IncidentTuple,
        alert: Alert,
        statement: StatementTuple,
        received_at: datetime,
        transitions: list[Transition],
    ) -> bool:
        """Apply a resolve newer than all other statements while an incident is open."""
        time, _, _, _, no_data, episode, _, _, _, untimed = statement
        if no_data or (untimed and episode):
            return False
        changed: list[Any] = [*incident]
        changed[_STATE] = CLOSED
        changed[_RESOLVED_AT] = time
        after: Any = tuple(changed)
        self.source.open -= 1
        self._add(statement, received_at, after)
        self._schedule()
        transitions.append(transition(_RESOLVED, alert, time, _NONE, None, None, self.vendor, after))
        return True

    def _update(
        self,
        incident: IncidentTuple,
        alert: Alert,
        statement: StatementTuple,
        received_at: datetime,
        transitions: list[Transition],
    ) -> None:
        """Apply any other statement newer than all others while an incident is open."""
        time, _, _, event, new_no_data, new_episode, new_severity, new_title, new_expires_at, _ = statement
        (
            opening,
            announced_as,
            previous,
            old_state,
            resolved_at,
            expired,
            old_severity,
            max_severity,
            title,
            last_seen,
            expires_at,
            count,
            no_data,
            episode,
        ) = incident
        state, severity = NEXT_STATE[old_state][event], old_severity
        if new_severity is not old_severity:
            severity = _worse(old_severity, new_severity) if new_no_data else new_severity or old_severity
            max_severity = _worse(max_severity, new_severity)
        if received_at > last_seen:  # noqa: PLR1730 - max and min are slow
            last_seen = received_at
        if new_expires_at is not None:
            expires_at = latest(expires_at, new_expires_at)
        after = (
            opening,
            announced_as,
            previous,
            state,
            resolved_at,
            expired,
            severity,
            max_severity,
            new_title or title,
            last_seen,
            expires_at,
            count + 1,
            new_no_data or (no_data and event != _FIRES),
            new_episode or episode,
        )
        self._add(statement, received_at, after)
        if expires_at is not None or self.source.policy.expire_after is not None:
            self._schedule()
        if state != old_state:
            cause = _UNSUPPRESSED if state == _FIRES else _NONE
            transitions.append(transition(ENTERED[state], alert, time, cause, None, None, self.vendor, after))
        if severity is not old_severity:
            was = _SEVERITIES[old_severity]
            transitions.append(transition(_SEVERITY_CHANGED, alert, time, _NONE, was, None, self.vendor, after))
        elif state == old_state:
            transitions.append(transition(_DEDUPLICATED, alert, time, _NONE, None, None, self.vendor, after))

    def _duplicate(
        self, alert: Alert, statement: StatementTuple, received_at: datetime, transitions: list[Transition]
    ) -> bool:
        """Apply the newest statement again."""
        if received_at <= self.received_at:
            transitions.append(transition(_IGNORED, alert, statement[0], _DUPLICATE, None, None, self.vendor, None))
            return True
        incident = self.incident
        if incident is None or incident[_STATE] == CLOSED or statement[_EVENT] == _RESOLVES:
            return False
        self.received_at = received_at
        self.uncompacted += 1
        if received_at > self.last_received_at:  # noqa: PLR1730 - max and min are slow
            self.last_received_at = received_at
        if received_at <= incident[_LAST_SEEN]:
            transitions.append(transition(_IGNORED, alert, statement[0], _DUPLICATE, None, None, self.vendor, None))
            return True
        changed: list[Any] = [*incident]
        changed[_LAST_SEEN] = received_at
        after: Any = tuple(changed)
        self.incident = after
        transitions.append(transition(_DEDUPLICATED, alert, statement[0], _NONE, None, None, self.vendor, after))
        return True

    def _add(self, statement: StatementTuple, received_at: datetime, incident: IncidentTuple | None) -> None:
        """Remember a statement that is newer than all others, and the newest incident after it."""
        if self.newest is None:
            self.last_received_at = received_at
        else:
            if received_at > self.last_received_at:  # noqa: PLR1730 - max and min are slow
                self.last_received_at = received_at
            if self.older is None:
                self.older = [self.newest, self.received_at, self.announced, self.incident]
            else:
                self.older += (self.newest, self.received_at, self.announced, self.incident)
            self.uncompacted += 1
            if self.uncompacted >= _COMPACT_EVERY:
                self._compact(statement[0])
        self.newest, self.received_at, self.announced, self.incident = statement, received_at, False, incident

    def _schedule(self) -> None:
        """Note when the key next changes by time alone."""
        source = self.source
        self.due = due = self._next_due()
        if due < source.due:  # noqa: PLR1730 - max and min are slow
            source.due = due

    def _compact(self, time: datetime) -> None:
        """Fold the statements that are too old at the time of the newest one, or too many, as `step` does each time."""
        self.uncompacted = 0
        older, policy = self.older, self.source.policy
        if older is None:
            return
        total = self.folded[2]
        place, surplus = 0, len(older) - _STRIDE * policy.max_recent
        while place < len(older) and (place <= surplus or time - older[place][0] > policy.reorder_window):
            statement, incident = older[place], older[place + _STRIDE - 1]
            # Count the statements that opened an incident. Their time alone rules most others out.
            total += (
                incident is not None
                and incident[0][0] == statement[0]
                and _order_key(incident[0]) == _order_key(statement)
            )
            place += _STRIDE
        if place:
            self.folded = (older[place - 1], older[place - _STRIDE], total)
            del older[:place]
            if not older:
                self.older = None


# --- Conversion to and from the form of `timeline.py` -----------------------------------------------------------------


def _worse(one: str | None, other: str | None) -> str | None:
    severity = worse(_SEVERITIES[one], _SEVERITIES[other])
    return severity and severity.value


def _order_key(statement: OrderKey | StatementTuple) -> OrderKey:
    return statement[:6]


def _statement(statement: StatementTuple, received_at: datetime, announced: bool) -> Statement:  # noqa: FBT001
    *_, severity, title, expires_at, untimed = statement
    return Statement(_order_key(statement), _SEVERITIES[severity], title, received_at, expires_at, untimed, announced)


def _statement_tuple(statement: Statement) -> StatementTuple:
    severity = statement.severity
    return (*statement.key, severity and severity.value, statement.title, statement.expires_at, statement.untimed)


def _incident_state(incident: IncidentTuple | None) -> IncidentState | None:
    if incident is None:
        return None
    state = IncidentState._make(incident)
    return state._replace(
        opening=_order_key(state.opening),
        announced_as=state.announced_as and _order_key(state.announced_as),
        previous=state.previous and _order_key(state.previous),
        severity=_SEVERITIES[incident[_SEVERITY]],
        max_severity=_SEVERITIES[incident[_MAX_SEVERITY]],
    )


def _incident_tuple(state: IncidentState | None) -> IncidentTuple | None:
    if state is None:
        return None
    severity, max_severity = state.severity, state.max_severity
    words = (severity and severity.value, max_severity and max_severity.value)
    fields: Any = (*state[:_SEVERITY], *words, *state[_MAX_SEVERITY + 1 :])
    incident: IncidentTuple = fields
    return incident


def statements_of(
    alerts: Iterable[Any], policy_of: Callable[[str], Policy]
) -> tuple[list[StatementTuple | None], list[datetime]]:
    """Return the statement of each alert and when the alert was received; None for alerts that need the slow path.

    It takes alerts as `parse` makes them: exactly the declared types, times in UTC, and at least one time.

    Raises:
        ConfigurationError: as `check_alert`.
    """
    statements, times = list[StatementTuple | None](), list[datetime]()
    for alert in alerts:
        kind: type = type(alert)
        if kind is Alert:
            time, received_at = alert.occurred_at, alert.received_at
            started, expires_at = alert.started_at, alert.expires_at
            state, no_data, severity, title = alert.state, alert.no_data, alert.severity, alert.title
            sequence, episode, untimed = alert.sequence, alert.episode, False
            if (
                type(alert.source) is str
                and type(alert.dedup_key) is str
                and type(alert.vendor) is str
                and type(title) is str
                and type(state) is State
                and (no_data is False or no_data is True)
                and (severity is None or type(severity) is Severity)
                and (sequence is None or type(sequence) is int)
                and (episode is None or type(episode) is str)
                and (time is None or (type(time) is datetime and time.tzinfo is UTC))
                and (received_at is None or (type(received_at) is datetime and received_at.tzinfo is UTC))
                and (started is None or (type(started) is datetime and started.tzinfo is UTC))
                and (expires_at is None or (type(expires_at) is datetime and expires_at.tzinfo is UTC))
            ):
                if received_at is None:
                    received_at = time
                elif time is None or (
                    time > received_at and time > plus(received_at, policy_of(alert.source).max_ahead)
                ):
                    time, untimed = received_at, True
                if time is not None and received_at is not None:
                    sequence = -1 if sequence is None else sequence
                    started = time if started is None or started > time else started
                    event = _FIRES if state is FIRING else _RESOLVES if state is RESOLVED else RANK[state]
                    word = None if severity is None else severity._value_
                    statement = (
                        time,
                        sequence,
                        started,
                        event,
                        no_data,
                        episode or "",
                        word,
                        title,
                        expires_at,
                        untimed,
                    )
                    statements.append(statement)
                    times.append(received_at)
                    continue
        check_alert(alert)
        statements.append(None)
        times.append(NEVER)
    return statements, times

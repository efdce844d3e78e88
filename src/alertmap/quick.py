"""The book's way for what comes in order: an entry that changes in place, instead of a timeline made anew.

An `Entry` says the same as a `Timeline`, and becomes one when somebody asks. Its `take` does what `step` does, for what
most alerts are: a statement newer than all others of its key, or the newest one delivered again. It refuses, having
changed nothing, where more has to be thought of:

- what is late, and what says something new of the newest statement or repeats a resolve;
- an incident that expires, or a key that is forgotten, before the alert counts;
- episodes of untimed alerts, the reopen window, a resolve with `no_data`, an incident nobody was told of;
- one open incident too many, no time at all.

The book gives these to `advance`, which has all the rules, as it does with a batch in which not all alerts are such as
`parse` makes. That nobody can tell the two ways apart is held by tests/property/test_book_equals_step.py.

Inside, statements and incidents are plain tuples: the fields of `Record` and `Facts` in their order. Each statement
stands with the newest incident after it, so that what is older can be dropped without reading it again. That is done
for a few at once, and before anybody looks: both limits only ever move on, so it comes to the same.
"""

from datetime import UTC, datetime
from typing import Any, Final

from alertmap.incident import (
    FIRING,
    RESOLVED,
    Cause,
    Facts,
    FactsTuple,
    Incident,
    Key,
    Policy,
    Transition,
    TransitionKind,
    incident_of,
    transition,
)
from alertmap.model import Alert, Severity, State
from alertmap.timeline import (
    AFTER,
    CLOSED,
    ENTERED,
    NEVER,
    RANK,
    Record,
    Timeline,
    deadline,
    later,
    latest,
    read_one,
    worse,
)

Said = tuple[Key, datetime, bool]
"""Of an alert: its place in the order, when it was heard, and whether it is untimed."""

Point = tuple[Key, Severity | None, str, datetime, datetime | None, bool, bool, FactsTuple | None]
"""The fields of a `Record`, and the newest incident after it."""

Folded = tuple[FactsTuple | None, Key | None, int]
"""Base, horizon and total of a timeline."""

# Places in these tuples.
_EVENT: Final = 3
_EPISODE: Final = 5
_INCIDENT: Final = 7
_MARK: Final = 1
_STATE: Final = 3
_LAST_SEEN: Final = 9
_EXPIRES_AT: Final = 10

_FIRES, _RESOLVES = RANK[FIRING], RANK[RESOLVED]
# Under names of the module: to look one up in its enum takes as long as to make a tuple.
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
_NOTHING: Folded = (None, None, 0)
_LOOSE = 4  # statements that are added before it is looked for what is too old


class Tally:
    """What a book knows of one source."""

    __slots__ = ("due", "open", "policy")

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.open = 0  # incidents
        self.due = NEVER  # no key of the source changes by time alone before that


class Entry:
    """What is remembered of one key. It is made of its first alert, or of a timeline."""

    __slots__ = ("folded", "heard", "last", "loose", "name", "older", "tally", "vendor")

    def __init__(self, name: tuple[str, str], vendor: str, tally: Tally) -> None:
        self.name = name
        self.vendor = vendor
        self.tally = tally
        self.folded = _NOTHING
        self.older: list[Point] | None = None  # what is recent, the newest left out
        self.last: Point | None = None  # the newest; None until there is one
        self.heard = NEVER
        self.loose = 0  # how many were added since it was looked for what is too old

    @classmethod
    def of(cls, timeline: Timeline, tally: Tally) -> "Entry":
        """The entry that says the same as a timeline of which something is remembered."""
        entry = cls((timeline.source, timeline.dedup_key), timeline.vendor, tally)
        facts, points = timeline.base, list[Point]()
        for record in timeline.recent:
            facts, _ = read_one(facts, record, tally.policy)
            points.append((*record, facts))
        entry.folded = (timeline.base, timeline.horizon, timeline.total)
        entry.last = points.pop()
        entry.older = points or None
        entry.heard = timeline.heard
        return entry

    def timeline(self) -> Timeline:
        """The timeline that says the same."""
        if self.last is None:
            return Timeline()
        self._drop()
        base, horizon, total = self.folded
        return Timeline(
            source=self.name[0],
            vendor=self.vendor,
            dedup_key=self.name[1],
            base=None if base is None else Facts._make(base),
            horizon=horizon,
            recent=tuple(Record._make(point[:_INCIDENT]) for point in (*(self.older or ()), self.last)),
            now=self._now(),
            total=total,
            heard=self.heard,
        )

    def _now(self) -> Facts | None:
        facts = None if self.last is None else self.last[_INCIDENT]
        return None if facts is None else Facts._make(facts)

    @property
    def open(self) -> Incident | None:
        """The open incident, if there is one."""
        now = self._now()
        return None if now is None or now.state == CLOSED else incident_of(self.name, self.vendor, now)

    def due(self) -> datetime:
        """When time alone changes it: the open incident expires, or the key is forgotten."""
        now = None if self.last is None else self.last[_INCIDENT]
        if now is None or now[_STATE] == CLOSED:
            return later(self.heard, self.tally.policy.retention)
        return deadline(Facts._make(now), self.tally.policy) or NEVER

    def take(self, alert: Alert, told: list[Transition]) -> bool:
        """Take a plain alert of this key, and add what became of it; False: this is not the way for it."""
        policy, last = self.tally.policy, self.last
        said = _read(alert, policy)
        if said is None:
            return False
        if last is None:
            return self._while_closed(None, alert, said, told)
        now, received = last[_INCIDENT], alert.received_at
        if now is None or now[_STATE] == CLOSED:
            if received is not None and received >= later(self.heard, policy.retention):
                return False
            if said[0] > last[0]:
                return self._while_closed(now, alert, said, told)
        else:
            expires = now[_EXPIRES_AT] is not None or policy.expire_after is not None
            if expires and received is not None and received >= self.due():
                return False
            if said[0] > last[0]:
                way = self._close if said[0][_EVENT] == _RESOLVES else self._goes_on
                return way(now, alert, said, told)
        return said[0] == last[0] and self._again(last, alert, said, told)

    def _while_closed(self, now: FactsTuple | None, alert: Alert, said: Said, told: list[Transition]) -> bool:
        """A statement newer than all others, and nothing is open."""
        key, heard, untimed = said
        time, _, _, event, no_data, episode = key
        tally, severity, title, expires_at = self.tally, alert.severity, alert.title, alert.expires_at
        previous = None
        if now is not None:
            _, previous, _, _, resolved_at, expired, *_, episode_before = now
            if previous is None:
                return False
        if event != _FIRES:
            self._add((key, severity, title, heard, expires_at, untimed, False, now))
            told.append(transition(_IGNORED, alert, time, _NOTHING_OPEN, None, self.name, self.vendor, None))
            return True
        if tally.open >= tally.policy.max_open_per_source:
            return False
        if now is not None and not expired and resolved_at is not None:
            stale = untimed and episode and episode == episode_before
            if stale or time - resolved_at < tally.policy.reopen_window:
                return False
        after = (
            key,
            key,
            previous,
            _FIRES,
            None,
            False,
            severity,
            severity,
            title,
            heard,
            expires_at,
            1,
            no_data,
            episode,
        )
        tally.open += 1
        self._add((key, severity, title, heard, expires_at, untimed, True, after))
        told.append(transition(_OPENED, alert, time, _NONE, None, self.name, self.vendor, after))
        return True

    def _close(self, now: FactsTuple, alert: Alert, said: Said, told: list[Transition]) -> bool:
        """A resolve newer than all others, and an incident is open."""
        key, heard, untimed = said
        if now[_MARK] is None or alert.no_data or (untimed and key[_EPISODE]):
            return False
        after = (*now[:3], CLOSED, key[0], *now[5:])  # state, resolved_at
        self.tally.open -= 1
        self._add((key, alert.severity, alert.title, heard, alert.expires_at, untimed, False, after))
        told.append(transition(_RESOLVED, alert, key[0], _NONE, None, self.name, self.vendor, after))
        return True

    def _goes_on(self, now: FactsTuple, alert: Alert, said: Said, told: list[Transition]) -> bool:
        """Any other statement newer than all others, and an incident is open."""
        key, heard, untimed = said
        time, _, _, event, said_no_data, said_episode = key
        said_severity, said_title, said_expires_at = alert.severity, alert.title, alert.expires_at
        (
            first,
            mark,
            previous,
            was_state,
            resolved_at,
            expired,
            severity,
            max_severity,
            title,
            last_seen,
            expires_at,
            count,
            no_data,
            episode,
        ) = now
        if mark is None:
            return False
        state, was = AFTER[was_state][event], severity
        if said_severity is not severity:
            severity = worse(severity, said_severity) if said_no_data else said_severity or severity
            max_severity = worse(max_severity, said_severity)
        if said_title == title:
            said_title = title  # one text instead of many
        title = said_title or title
        if heard > last_seen:  # noqa: PLR1730 - max is slow
            last_seen = heard
        if said_expires_at is not None:
            expires_at = latest(expires_at, said_expires_at)
        count += 1
        no_data = said_no_data or (no_data and event != _FIRES)
        episode = said_episode or episode
        after = (
            first,
            mark,
            previous,
            state,
            resolved_at,
            expired,
            severity,
            max_severity,
            title,
            last_seen,
            expires_at,
            count,
            no_data,
            episode,
        )
        self._add((key, said_severity, said_title, heard, said_expires_at, untimed, False, after))
        name, vendor = self.name, self.vendor
        if state != was_state:
            cause = _UNSUPPRESSED if state == _FIRES else _NONE
            told.append(transition(ENTERED[state], alert, time, cause, None, name, vendor, after))
        if severity is not was:
            told.append(transition(_SEVERITY_CHANGED, alert, time, _NONE, was, name, vendor, after))
        elif state == was_state:
            told.append(transition(_DEDUPLICATED, alert, time, _NONE, None, name, vendor, after))
        return True

    def _again(self, last: Point, alert: Alert, said: Said, told: list[Transition]) -> bool:
        """The newest statement again."""
        key, severity, title, heard_before, expires_at, untimed_before, marked, now = last
        _, heard, untimed = said
        if (
            alert.severity is not severity
            or alert.title != title
            or alert.expires_at != expires_at
            or untimed is not untimed_before
        ):
            return False
        kind, cause, after = _IGNORED, _DUPLICATE, None
        if heard > heard_before:
            if now is None or now[_STATE] == CLOSED or now[_MARK] is None or key[_EVENT] == _RESOLVES:
                return False
            if heard > now[_LAST_SEEN]:
                kind, cause, now = _DEDUPLICATED, _NONE, (*now[:9], heard, *now[10:])  # last_seen
                after = now
            self.last = (key, severity, title, heard, expires_at, untimed, marked, now)
            self.heard = max(self.heard, heard)
            self.loose += 1
        told.append(transition(kind, alert, key[0], cause, None, self.name, self.vendor, after))
        return True

    def _add(self, point: Point) -> None:
        """Remember one more statement, the newest."""
        heard, last, now, tally = point[3], self.last, point[_INCIDENT], self.tally
        self.last = point
        if last is None or heard > self.heard:
            self.heard = heard
        if last is not None:
            if self.older is None:
                self.older = [last]
            else:
                self.older.append(last)
            self.loose += 1
            if self.loose >= _LOOSE:
                self._drop()
        if (
            now is None
            or now[_STATE] == CLOSED
            or now[_EXPIRES_AT] is not None
            or tally.policy.expire_after is not None
        ):
            due = self.due()
            if due < tally.due:  # noqa: PLR1730 - as above
                tally.due = due

    def _drop(self) -> None:
        """Fold what is too old, or too much, as `step` does after each statement."""
        if not self.loose or self.older is None or self.last is None:
            return
        self.loose = 0
        policy, older, time = self.tally.policy, self.older, self.last[0][0]
        base, horizon, total = self.folded
        count = 0
        while count < len(older) and (
            len(older) - count >= policy.max_recent or time - older[count][0][0] > policy.reorder_window
        ):
            horizon, base = older[count][0], older[count][_INCIDENT]
            total += base is not None and base[0] == horizon
            count += 1
        if count:
            self.folded = (base, horizon, total)
            self.older = older[count:] or None


def is_plain(alert: Any) -> bool:
    """Whether this is an alert as `parse` makes it: the very types that it declares, and times in UTC.

    Nothing is wrong with another, if `check` says so; `take` is not made for it.
    """
    kind: type = alert.__class__
    return (
        kind is Alert
        and alert.source.__class__ is str
        and alert.dedup_key.__class__ is str
        and alert.vendor.__class__ is str
        and alert.title.__class__ is str
        and alert.state.__class__ is State
        and alert.no_data.__class__ is bool
        and (alert.severity is None or alert.severity.__class__ is Severity)
        and (alert.sequence is None or alert.sequence.__class__ is int)
        and (alert.episode is None or alert.episode.__class__ is str)
        and ((time := alert.occurred_at) is None or (time.__class__ is datetime and time.tzinfo is UTC))
        and ((time := alert.received_at) is None or (time.__class__ is datetime and time.tzinfo is UTC))
        and ((time := alert.started_at) is None or (time.__class__ is datetime and time.tzinfo is UTC))
        and ((time := alert.expires_at) is None or (time.__class__ is datetime and time.tzinfo is UTC))
    )


def _read(alert: Alert, policy: Policy) -> Said | None:
    """What `read` makes of an alert; None where it has no time at all."""
    time, heard, started, state, sequence = (
        alert.occurred_at,
        alert.received_at,
        alert.started_at,
        alert.state,
        alert.sequence,
    )
    untimed = False
    if heard is None:
        if time is None:
            return None
        heard = time
    elif time is None or (time > heard and time > later(heard, policy.max_ahead)):
        time, untimed = heard, True
    if started is None or started > time:
        started = time
    event = _FIRES if state is FIRING else _RESOLVES if state is RESOLVED else RANK[state]
    key = (time, -1 if sequence is None else sequence, started, event, alert.no_data, alert.episode or "")
    return key, heard, untimed

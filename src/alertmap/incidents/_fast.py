"""The book's way for what comes in order: an entry that changes in place, instead of a timeline made anew.

An `Entry` says the same as a `Timeline`, and becomes one when somebody asks. Its `take` does what `step` does, for what
most alerts are: a statement newer than all others of its key, or the newest one delivered again. It refuses, having
changed nothing, where more has to be thought of:

- what is late, and what says something new of the newest statement or repeats a resolve;
- an incident that expires, or a key that is forgotten, before the alert counts;
- episodes of untimed alerts, the reopen window, a resolve with `no_data`, an incident nobody was told of;
- one open incident too many.

The book gives these to `advance`, which has all the rules, as it does with an alert that is not such as `parse` makes,
or has no time at all. That nobody can tell the two ways apart is held by tests/property/test_book_equals_step.py.

Inside, statements and incidents are plain tuples, `Said` and `Now`. They hold words for severities: what holds nothing
but texts, numbers and times is of no concern to the garbage collector. Each statement stands with the newest incident
after it, so that what is older can be dropped without reading it again. That is done for a few at once, and before
anybody looks: both limits only ever move on, so it comes to the same.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

from alertmap.incidents.model import (
    FIRING,
    RESOLVED,
    Cause,
    Facts,
    Incident,
    Key,
    Policy,
    Transition,
    TransitionKind,
    incident_of,
    transition,
)
from alertmap.incidents.timeline import (
    AFTER,
    CLOSED,
    ENTERED,
    NEVER,
    RANK,
    Record,
    Timeline,
    check,
    deadline,
    later,
    latest,
    read_one,
    worse,
)
from alertmap.model import Alert, Severity, State

Said = tuple[datetime, int, datetime, int, bool, str, str | None, str, datetime | None, bool]
"""A statement: its key, then severity, title, expires_at, untimed."""

Now = tuple[
    Key | Said,
    Key | Said | None,
    Key | Said | None,
    int,
    datetime | None,
    bool,
    str | None,
    str | None,
    str,
    datetime,
    datetime | None,
    int,
    bool,
    str,
]
"""The fields of `Facts`, with the word of a severity, and a whole statement for its key."""

Folded = tuple[Now | None, Key | Said | None, int]
"""Base, horizon and total of a timeline."""

# Places in these tuples.
_EVENT: Final = 3
_MARK: Final = 1
_STATE: Final = 3
_RESOLVED_AT: Final = 4
_EXPIRED: Final = 5
_EPISODE: Final = -1

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
_SEVERITIES: dict[str | None, Severity | None] = {None: None} | {severity.value: severity for severity in Severity}
_NOTHING: Folded = (None, None, 0)
_ALWAYS = datetime.min.replace(tzinfo=UTC)
_EACH = 4  # places that an older statement takes in its list
_LOOSE = 4  # statements that are added before it is looked for what is too old


class Tally:
    """What a book knows of one source."""

    __slots__ = ("due", "entries", "open", "policy", "source")

    def __init__(self, source: str, policy: Policy) -> None:
        self.source = source
        self.policy = policy
        self.entries: dict[str, Entry] = {}  # by dedup key
        self.open = 0  # incidents
        self.due = NEVER  # no key of the source changes by time alone before that


class Entry:
    """What is remembered of one key. It is made of its first alert, or of a timeline."""

    __slots__ = (
        "dedup_key",
        "due",
        "folded",
        "heard",
        "last",
        "last_heard",
        "loose",
        "marked",
        "now",
        "number",
        "older",
        "tally",
        "vendor",
    )

    def __init__(self, number: int, tally: Tally, dedup_key: str, vendor: str) -> None:
        self.number = number  # the place of the key in the order in which the book first heard of them
        self.tally = tally
        self.dedup_key = dedup_key
        self.vendor = vendor
        self.folded = _NOTHING
        # What is recent but the newest, four places each: statement, when it was heard, marked, the incident after it.
        self.older: list[Any] | None = None
        self.last: Said | None = None  # the newest statement; None until there is one
        self.last_heard = NEVER
        self.marked = False  # it opened an incident when that was first told
        self.now: Now | None = None  # the newest incident after it
        self.heard = NEVER
        self.due = NEVER  # nothing changes by time alone before that
        self.loose = 0  # how many statements were added since it was looked for what is too old

    @classmethod
    def of(cls, number: int, timeline: Timeline, tally: Tally) -> "Entry":
        """The entry that says the same as a timeline of which something is remembered."""
        entry = cls(number, tally, timeline.dedup_key, timeline.vendor)
        facts, older = timeline.base, list[Any]()
        for record in timeline.recent:
            facts, _ = read_one(facts, record, tally.policy)
            older += (_said(record), record.heard, record.marked, _now(facts))
        *older, entry.last, entry.last_heard, entry.marked, entry.now = older
        entry.older = older or None
        entry.folded = (_now(timeline.base), timeline.horizon, timeline.total)
        entry.heard = timeline.heard
        entry.due = entry._due()
        return entry

    def timeline(self) -> Timeline:
        """The timeline that says the same."""
        if self.last is None:
            return Timeline()
        if self.loose:
            self._drop(self.last[0])
        base, horizon, total = self.folded
        older = self.older or []
        return Timeline(
            source=self.tally.source,
            vendor=self.vendor,
            dedup_key=self.dedup_key,
            base=_facts(base),
            horizon=horizon and _key(horizon),
            recent=(
                *map(_record, older[::_EACH], older[1::_EACH], older[2::_EACH]),
                _record(self.last, self.last_heard, self.marked),
            ),
            now=_facts(self.now),
            total=total,
            heard=self.heard,
        )

    @property
    def open(self) -> Incident | None:
        """The open incident, if there is one."""
        if self.now is None or self.now[_STATE] == CLOSED:
            return None
        return incident_of((self.tally.source, self.dedup_key), self.vendor, self.now)

    def _due(self) -> datetime:
        """When time alone changes it: the open incident expires, or the key is forgotten."""
        now = self.now
        if now is not None and now[_MARK] is None:
            return _ALWAYS  # nobody was told of it
        if now is None or now[_STATE] == CLOSED:
            return later(self.heard, self.tally.policy.retention)
        return deadline(Facts._make(now), self.tally.policy) or NEVER

    def take(self, alert: Alert, said: Said, heard: datetime, told: list[Transition]) -> bool:
        """Take an alert of this key, and add what became of it; False: this is not the way for it."""
        # What is not looked at is not fetched: with many keys, that is what most of the time goes into.
        last = self.last
        if last is None:
            return self._while_closed(None, alert, said, heard, told)
        if heard >= self.due:
            return False
        if said[0] <= last[0]:
            if said == last:
                return self._again(alert, said, heard, told)
            if _key(said) <= _key(last):
                return False
        now = self.now
        if now is None or now[_STATE] == CLOSED:
            return self._while_closed(now, alert, said, heard, told)
        if said[_EVENT] == _RESOLVES:
            return self._close(now, alert, said, heard, told)
        self._goes_on(now, alert, said, heard, told)
        return True

    def _while_closed(self, now: Now | None, alert: Alert, said: Said, heard: datetime, told: list[Transition]) -> bool:
        """A statement newer than all others, and nothing is open."""
        time, _, _, event, no_data, episode, severity, title, until, untimed = said
        tally, before = self.tally, None
        if event != _FIRES:
            self._add(said, heard, now)
            self._wait()
            told.append(transition(_IGNORED, alert, time, _NOTHING_OPEN, None, None, self.vendor, None))
            return True
        policy = tally.policy
        if tally.open >= policy.max_open_per_source:
            return False
        if now is not None:
            before, resolved_at = now[_MARK], now[_RESOLVED_AT]
            if not now[_EXPIRED] and resolved_at is not None:
                stale = untimed and episode and episode == now[_EPISODE]
                if stale or time - resolved_at < policy.reopen_window:
                    return False
        after = (said, said, before, _FIRES, None, False, severity, severity, title, heard, until, 1, no_data, episode)
        tally.open += 1
        self._add(said, heard, after)
        self.marked = True
        self._wait()
        told.append(transition(_OPENED, alert, time, _NONE, None, None, self.vendor, after))
        return True

    def _close(self, now: Now, alert: Alert, said: Said, heard: datetime, told: list[Transition]) -> bool:
        """A resolve newer than all others, and an incident is open."""
        time, _, _, _, said_no_data, said_episode, _, _, _, untimed = said
        if said_no_data or (untimed and said_episode):
            return False
        first, mark, before, _, _, gone, severity, worst, title, seen, until, count, no_data, episode = now
        after = (first, mark, before, CLOSED, time, gone, severity, worst, title, seen, until, count, no_data, episode)
        self.tally.open -= 1
        self._add(said, heard, after)
        self._wait()
        told.append(transition(_RESOLVED, alert, time, _NONE, None, None, self.vendor, after))
        return True

    def _goes_on(self, now: Now, alert: Alert, said: Said, heard: datetime, told: list[Transition]) -> None:
        """Any other statement newer than all others, and an incident is open."""
        time, _, _, event, said_no_data, said_episode, said_severity, said_title, said_until, _ = said
        first, mark, before, was_state, end, gone, was, worst, title, seen, until, count, no_data, episode = now
        state, severity = AFTER[was_state][event], was
        if said_severity is not was:
            severity = _worse(was, said_severity) if said_no_data else said_severity or was
            worst = _worse(worst, said_severity)
        title = said_title or title
        if heard > seen:  # noqa: PLR1730 - max and min are slow
            seen = heard
        if said_until is not None:
            until = latest(until, said_until)
        count += 1
        no_data = said_no_data or (no_data and event != _FIRES)
        episode = said_episode or episode
        after = (first, mark, before, state, end, gone, severity, worst, title, seen, until, count, no_data, episode)
        self._add(said, heard, after)
        if until is not None or self.tally.policy.expire_after is not None:
            self._wait()
        if state != was_state:
            cause = _UNSUPPRESSED if state == _FIRES else _NONE
            told.append(transition(ENTERED[state], alert, time, cause, None, None, self.vendor, after))
        if severity is not was:
            told.append(transition(_SEVERITY_CHANGED, alert, time, _NONE, _SEVERITIES[was], None, self.vendor, after))
        elif state == was_state:
            told.append(transition(_DEDUPLICATED, alert, time, _NONE, None, None, self.vendor, after))

    def _again(self, alert: Alert, said: Said, heard: datetime, told: list[Transition]) -> bool:
        """The newest statement again."""
        if heard <= self.last_heard:
            told.append(transition(_IGNORED, alert, said[0], _DUPLICATE, None, None, self.vendor, None))
            return True
        now = self.now
        if now is None or now[_STATE] == CLOSED or said[_EVENT] == _RESOLVES:
            return False
        first, mark, before, state, end, gone, severity, worst, title, seen, until, count, no_data, episode = now
        self.last_heard = heard
        self.loose += 1
        if heard > self.heard:  # noqa: PLR1730 - max and min are slow
            self.heard = heard
        if heard <= seen:
            told.append(transition(_IGNORED, alert, said[0], _DUPLICATE, None, None, self.vendor, None))
            return True
        after = (first, mark, before, state, end, gone, severity, worst, title, heard, until, count, no_data, episode)
        self.now = after
        told.append(transition(_DEDUPLICATED, alert, said[0], _NONE, None, None, self.vendor, after))
        return True

    def _add(self, said: Said, heard: datetime, now: Now | None) -> None:
        """Remember one more statement, the newest."""
        if self.last is None:
            self.heard = heard
        else:
            if heard > self.heard:  # noqa: PLR1730 - as above
                self.heard = heard
            if self.older is None:
                self.older = [self.last, self.last_heard, self.marked, self.now]
            else:
                self.older += (self.last, self.last_heard, self.marked, self.now)
            self.loose += 1
            if self.loose >= _LOOSE:
                self._drop(said[0])
        self.last, self.last_heard, self.marked, self.now = said, heard, False, now

    def _wait(self) -> None:
        """Note when time alone changes it."""
        tally = self.tally
        self.due = due = self._due()
        if due < tally.due:  # noqa: PLR1730 - as above
            tally.due = due

    def _drop(self, time: datetime) -> None:
        """Fold what is too old at the time of the newest statement, or too much, as `step` does after each."""
        self.loose = 0
        older, policy = self.older, self.tally.policy
        if older is None:
            return
        total = self.folded[2]
        place, surplus = 0, len(older) - _EACH * policy.max_recent
        while place < len(older) and (place <= surplus or time - older[place][0] > policy.reorder_window):
            said, now = older[place], older[place + _EACH - 1]
            # Hardly ever is it the one that opened the incident: to compare the times is enough, most of the time.
            total += now is not None and now[0][0] == said[0] and _key(now[0]) == _key(said)
            place += _EACH
        if place:
            self.folded = (older[place - 1], older[place - _EACH], total)
            del older[:place]
            if not older:
                self.older = None


def _worse(one: str | None, other: str | None) -> str | None:
    severity = worse(_SEVERITIES[one], _SEVERITIES[other])
    return severity and severity.value


def _key(said: Key | Said) -> Key:
    return said[:6]


def _record(said: Said, heard: datetime, marked: bool) -> Record:  # noqa: FBT001
    *_, word, title, until, untimed = said
    return Record(_key(said), _SEVERITIES[word], title, heard, until, untimed, marked)


def _said(record: Record) -> Said:
    severity = record.severity
    return (*record.key, severity and severity.value, record.title, record.expires_at, record.untimed)


def _facts(now: Now | None) -> Facts | None:
    if now is None:
        return None
    facts = Facts._make(now)
    return facts._replace(
        first=_key(facts.first),
        mark=facts.mark and _key(facts.mark),
        previous=facts.previous and _key(facts.previous),
        severity=_SEVERITIES[now[6]],
        max_severity=_SEVERITIES[now[7]],
    )


def _now(facts: Facts | None) -> Now | None:
    if facts is None:
        return None
    severity, worst = facts.severity, facts.max_severity
    short: Any = (*facts[:6], severity and severity.value, worst and worst.value, *facts[8:])
    now: Now = short
    return now


def read_all(alerts: Iterable[Any], policy: Callable[[str], Policy]) -> tuple[list[Said | None], list[datetime]]:
    """What `read` makes of alerts, and when each was heard; None for those that are not for `take`.

    It is for an alert as `parse` makes it: the very types that it declares, and times in UTC, at least one.

    Raises:
        ConfigurationError: as `check`.
    """
    found, times = list[Said | None](), list[datetime]()
    for alert in alerts:
        kind: type = type(alert)
        if kind is Alert:
            time, heard, started, until = alert.occurred_at, alert.received_at, alert.started_at, alert.expires_at
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
                and (heard is None or (type(heard) is datetime and heard.tzinfo is UTC))
                and (started is None or (type(started) is datetime and started.tzinfo is UTC))
                and (until is None or (type(until) is datetime and until.tzinfo is UTC))
            ):
                if heard is None:
                    heard = time
                elif time is None or (time > heard and time > later(heard, policy(alert.source).max_ahead)):
                    time, untimed = heard, True
                if time is not None and heard is not None:
                    sequence = -1 if sequence is None else sequence
                    started = time if started is None or started > time else started
                    event = _FIRES if state is FIRING else _RESOLVES if state is RESOLVED else RANK[state]
                    word = None if severity is None else severity._value_
                    said = (time, sequence, started, event, no_data, episode or "", word, title, until, untimed)
                    found.append(said)
                    times.append(heard)
                    continue
        check(alert)
        found.append(None)
        times.append(NEVER)
    return found, times

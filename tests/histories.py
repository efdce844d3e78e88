"""Shared helpers of the reducer's tests: short alerts, random histories, a naive model and a pager."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

from attrs import evolve, fields_dict, frozen
from hypothesis import strategies as st

from alertmap.incidents.book import IncidentBook
from alertmap.incidents.model import Incident, Policy, Transition, TransitionKind
from alertmap.incidents.timeline import Timeline, statement_of, step, tick
from alertmap.model import Alert, Problem, ProblemCode, Severity, State, Times

T0 = datetime(2024, 2, 29, 23, 59, 50, tzinfo=UTC)
FIRING, ACKNOWLEDGED, SUPPRESSED, RESOLVED = State
WIDE = Policy(max_ahead=timedelta(days=1), retention=timedelta(days=999), settle=None)
"""Policy that keeps every statement of these tests in memory, accepts all their times, and never trusts arrival."""


def at(seconds: float) -> datetime:
    """Return the time this many seconds after `T0`."""
    return T0 + timedelta(seconds=seconds)


def sec(seconds: float) -> timedelta:
    """Return a duration in seconds."""
    return timedelta(seconds=seconds)


GUESS = Problem(ProblemCode.LEVEL_MISSING, "level", "no level was sent")
"""Problem of an alert whose severity stands for a level that is missing."""


def alert(state: State, t: float | None = None, **given: Any) -> Alert:
    """Return an alert of key `k` that occurred at `t` and was received at `received`, by default at `t`."""
    seconds = {"occurred_at": t, "received_at": given.pop("received", t)}
    seconds |= {name: given.pop(name, None) for name in ("started_at", "expires_at")}
    times: dict[str, Any] = {name: None if s is None else at(s) for name, s in seconds.items()}
    fields: dict[str, Any] = {"vendor": "acme", "source": "s", "dedup_key": "k"}
    fields |= {"severity": Severity.HIGH, "title": "it burns"}
    return Alert(state=state, identity={}, **times, **{**fields, **given})


# --- Reducers ---------------------------------------------------------------------------------------------------------

Reduced = tuple[Timeline, tuple[Transition, ...]]


@frozen
class Reducer:
    """A pair of functions that act like `step` and `tick`."""

    step: Callable[[Timeline, Alert, Policy], Reduced]
    tick: Callable[[Timeline, datetime, Policy], Reduced]

    def apply(self, timeline: Timeline, event: Alert | datetime, policy: Policy) -> Reduced:
        """Do one step or tick."""
        return self.step(timeline, event, policy) if isinstance(event, Alert) else self.tick(timeline, event, policy)

    def fold(self, alerts: Iterable[Alert], policy: Policy = WIDE, timeline: Timeline | None = None) -> Timeline:
        """Return the timeline after some alerts."""
        return reduce(lambda line, each: self.step(line, each, policy)[0], alerts, timeline or Timeline())

    def run(self, events: Iterable[Alert | datetime], policy: Policy = WIDE) -> tuple[Timeline, list[Transition]]:
        """Return the timeline after some alerts and ticks, and all transitions."""
        timeline = Timeline()
        transitions: list[Transition] = []
        for event in events:
            timeline, more = self.apply(timeline, event, policy)
            transitions += more
        return timeline, transitions


def _book_with(timeline: Timeline, policy: Policy) -> IncidentBook:
    """Return a book that contains one timeline."""
    book = IncidentBook(default=policy)
    if timeline:
        name = (timeline.source, timeline.dedup_key)
        book._put(name, book._source(timeline.source), Timeline(), timeline)
    return book


def _book_step(timeline: Timeline, sent: Alert, policy: Policy) -> Reduced:
    book = _book_with(timeline, policy)
    transitions = book.apply(sent)
    return book.timeline(sent.source, sent.dedup_key), transitions


def _book_tick(timeline: Timeline, now: datetime, policy: Policy) -> Reduced:
    book = _book_with(timeline, policy)
    transitions = book.tick(now)
    return book.timeline(timeline.source, timeline.dedup_key), transitions


STEP = Reducer(step, tick)
BOOK = Reducer(_book_step, _book_tick)


# --- Strategies -------------------------------------------------------------------------------------------------------

_few = st.integers(0, 6)
TIMED = [Times.SINCE, Times.STATED]


def _seconds(low: int, high: int) -> st.SearchStrategy[timedelta]:
    return st.integers(low, high).map(sec)


@st.composite
def policies(draw: st.DrawFn, *, expiry: bool = True, retention: int | None = None, settle: bool = True) -> Policy:
    """Draw policies: some with limits so small that histories exceed them, some wide; `settle`: most trust arrival."""
    return Policy(
        reorder_window=draw(st.sampled_from([sec(0), sec(1), sec(3), timedelta(hours=1)])),
        max_recent=draw(st.sampled_from([1, 2, 3, 32])),
        max_ahead=draw(st.sampled_from([sec(0), sec(2), timedelta(minutes=5)])),
        retention=sec(retention) if retention is not None else timedelta(days=999),
        settle=draw(st.sampled_from([None, sec(0), sec(1), sec(3), timedelta(minutes=1)])) if settle else None,
        expire_after=draw(st.sampled_from([None, sec(1), sec(3)])) if expiry else None,
    )


@st.composite
def unreceived_alerts(draw: st.DrawFn, *, timed: bool, expiry: bool) -> Alert:
    """Draw an alert of key `k` without `received_at`."""
    state = draw(st.sampled_from([FIRING, FIRING, FIRING, RESOLVED, RESOLVED, ACKNOWLEDGED, SUPPRESSED]))
    t = draw(_few if timed else st.one_of(_few, st.none(), st.just(20)))
    severity = draw(st.sampled_from([Severity.CRITICAL, Severity.LOW, None]))
    return alert(
        state,
        t,
        received=None,
        severity=severity,
        title=draw(st.sampled_from(["a", "b", ""])),
        message=draw(st.sampled_from(["", "m", "n"])),
        started_at=draw(st.one_of(st.none(), _few)),
        sequence=draw(st.sampled_from([None, None, 0, 1])),
        episode=draw(st.sampled_from([None, None, "x", "y"])),
        no_data=draw(st.sampled_from([False, False, False, True])),
        expires_at=draw(st.one_of(st.none(), st.integers(0, 12))) if expiry else None,
        problems=draw(st.sampled_from([(), (), (), (GUESS,)])),
        times=draw(st.sampled_from(TIMED if timed else [*TIMED, *TIMED, Times.ARRIVAL, Times.NONE])),
    )


@st.composite
def histories(
    draw: st.DrawFn,
    *,
    timed: bool = False,
    expiry: bool = True,
    forward: bool = True,
    unreceived: bool = False,
    max_size: int = 9,
) -> list[Alert]:
    """Draw alerts of key `k` in order of arrival.

    `timed`: all have a time that a wide policy accepts. `expiry`: some have a deadline from the sender.
    `forward`: `received_at` never goes back. `unreceived`: some have no `received_at`.
    """
    one = st.tuples(unreceived_alerts(timed=timed, expiry=expiry), st.sampled_from([0, 0, 1, 2, 5]), st.integers(0, 12))
    history: list[Alert] = []
    clock = 0
    for sent, pause, anywhere in draw(st.lists(one, min_size=1, max_size=max_size)):
        clock = clock + pause if forward else anywhere
        received = None if unreceived and draw(st.booleans()) else at(clock)
        history.append(evolve(sent, received_at=received))
    return history


@st.composite
def histories_with_ticks(draw: st.DrawFn, /, **given: Any) -> list[Alert | datetime]:
    """Draw histories with ticks between the alerts; a tick lies between the `received_at` of its neighbours."""
    events: list[Alert | datetime] = []
    history = draw(histories(**given))
    for place, sent in enumerate(history):
        events.append(sent)
        following = (*history, alert(FIRING, 60))[place + 1].received_at
        if sent.received_at and following and following >= sent.received_at and draw(st.booleans()):
            events.append(draw(st.sampled_from([sent.received_at, following])))
    return events


# --- A naive model of senders that repeat -----------------------------------------------------------------------------


def order_of(sent: Alert) -> tuple[object, ...]:
    """Return the place of an alert in the order of its key."""
    return statement_of(sent, Timeline(), WIDE).key


def received_of(sent: Alert) -> datetime:
    """Return the time of receipt, which is given."""
    assert sent.received_at
    return sent.received_at


class NaiveSender:
    """All deliveries of one key, and for each instant that repeats contradicted when the last of these came.

    It says the rules a second time, without timelines, folding or transitions: it computes everything anew.
    """

    def __init__(self, settle: timedelta | None) -> None:
        self.settle = settle
        self.deliveries: list[Alert] = []
        self.contradicted: dict[tuple[object, ...], datetime] = {}

    def hear(self, sent: Alert) -> None:
        """Take one delivery."""
        self.deliveries.append(sent)
        newest = max(map(order_of, self.deliveries))
        if (
            self.settle is None
            or sent.state is not FIRING
            or (order_of(sent) == newest and self._times_of(newest) == [received_of(sent)])
        ):
            return
        now = received_of(sent)
        settled = now - min(self._times_of(newest)) > self.settle
        state = self.incidents()[-1][2]
        instant = newest[:3]
        if instant in self.contradicted or (settled and state in (RESOLVED, SUPPRESSED)):
            before = self.contradicted.get(instant)
            self.contradicted[instant] = max(before or now, now)
            if before is None and self.incidents()[-1][2] not in (FIRING, ACKNOWLEDGED):
                del self.contradicted[instant]  # the resolve was received later: firing is not the last word

    def _times_of(self, order: tuple[object, ...]) -> list[datetime]:
        return [received_of(one) for one in self.deliveries if order_of(one) == order]

    def incidents(self) -> list[tuple[datetime, datetime | None, State]]:
        """Return the start, the end and the state of each incident."""
        found: list[tuple[datetime, datetime | None, State]] = []
        ended: datetime | None = None
        statements = sorted({order_of(one): one for one in self.deliveries}.items())
        last_of = {order[:3]: order for order, _ in statements}
        for order, sent in statements:
            t = sent.occurred_at
            assert t is not None
            last = max(self._times_of(order))
            is_open = bool(found) and found[-1][2] is not RESOLVED
            if sent.state is FIRING and not is_open:
                found.append((t, None, FIRING))
                ended = None
            elif found and (sent.state is SUPPRESSED or (sent.state is RESOLVED and not sent.no_data)):
                ended = max(ended or last, last)
            if is_open:
                start, _, state = found[-1]
                if sent.state is RESOLVED:
                    found[-1] = found[-1] if sent.no_data else (start, t, RESOLVED)
                elif sent.state is SUPPRESSED or sent.state is ACKNOWLEDGED:
                    found[-1] = (start, None, sent.state)
                elif state is SUPPRESSED:
                    found[-1] = (start, None, FIRING)
            mark = self.contradicted.get(order[:3]) if last_of[order[:3]] == order else None
            if found and mark and (ended is None or mark > ended) and found[-1][2] in (RESOLVED, SUPPRESSED):
                found[-1] = (found[-1][0], None, FIRING)
        return found


# --- A naive model: sort everything, fold -----------------------------------------------------------------------------


@frozen
class NaiveIncident:
    """An incident without the fields that depend on ids."""

    opened_at: datetime
    resolved_at: datetime | None
    state: State
    severity: Severity | None
    max_severity: Severity | None
    title: str
    message: str
    last_seen: datetime
    count: int
    no_data: bool
    episode: str | None


def without_ids(incident: Incident) -> NaiveIncident:
    """Return an incident without the fields that depend on ids."""
    return NaiveIncident(*(getattr(incident, name) for name in fields_dict(NaiveIncident)))


def _is_guess(alert: Alert) -> bool:
    return {"level_missing", "level_unknown"} & {str(problem.code) for problem in alert.problems} != set()


def naive_incidents(alerts: Sequence[Alert]) -> list[NaiveIncident]:
    """Return the incidents of a set of timed alerts of one key: full memory, no expiry, arrival never trusted."""
    grouped: dict[tuple[Any, ...], list[Alert]] = {}
    for each in alerts:
        t = each.occurred_at
        assert t is not None
        start = min(each.started_at or t, t)
        sequence = -1 if each.sequence is None else each.sequence
        order = (t, sequence, start, list(State).index(each.state), each.no_data, each.episode or "")
        grouped.setdefault(order, []).append(each)
    found: list[dict[str, Any]] = []
    for order, deliveries in sorted(grouped.items()):
        t, sent = order[0], deliveries[0]
        stated = [each for each in deliveries if each.severity and not _is_guess(each)]
        severity = max((each.severity for each in stated or deliveries if each.severity), default=None)
        is_open = bool(found) and found[-1]["state"] is not RESOLVED
        if not is_open and sent.state is not FIRING:
            continue
        if sent.state is RESOLVED:
            found[-1].update({"no_data": True} if sent.no_data else {"state": RESOLVED, "resolved_at": t})
            continue
        if not is_open:
            empty = dict.fromkeys(fields_dict(NaiveIncident))
            found.append(empty | {"opened_at": t, "state": FIRING, "title": "", "message": "", "count": 0})
        now = found[-1]
        if sent.state is not FIRING or now["state"] is SUPPRESSED:
            now["state"] = sent.state
        if not stated and now["severity"]:  # a guess is no reason to change what is known
            severity = None
        known = [one for one in (now["severity"], severity) if one]
        now["severity"] = (max(known) if sent.no_data else known[-1]) if known else None
        now["max_severity"] = max((one for one in (now["max_severity"], severity) if one), default=None)
        now["title"] = max(each.title for each in deliveries) or now["title"]
        received = [each.received_at or t for each in deliveries]
        now["message"] = max((each.received_at or t, each.message) for each in deliveries)[1] or now["message"]
        now["last_seen"] = max([*received, now["last_seen"] or received[0]])
        now["count"] += 1
        now["no_data"] = sent.no_data or (bool(now["no_data"]) and sent.state is not FIRING)
        now["episode"] = sent.episode or now["episode"]
    return [NaiveIncident(**fields) for fields in found]


# --- A pager ----------------------------------------------------------------------------------------------------------


class Pager:
    """A pager that knows incidents from transitions only."""

    def __init__(self) -> None:
        self.open: dict[str, tuple[State, Severity | None]] = {}
        self.opened: set[str] = set()
        self.pages: set[str] = set()
        """Ids by `opens` and `closes` alone."""

    def follow(self, transitions: Iterable[Transition]) -> None:
        """Apply transitions, and assert that each is possible."""
        for one in transitions:
            if opening := one.opens:
                assert opening.id not in self.pages, "opens what is open"
                self.pages.add(opening.id)
            if closing := one.closes:
                self.pages.remove(closing.id)
            if one.kind is TransitionKind.IGNORED:
                assert one.incident is None
                continue
            incident = one.incident
            assert incident is not None
            if one.kind is TransitionKind.OPENED:
                assert incident.id not in self.opened, "opened twice"
                self.opened.add(incident.id)
            if one.kind in (TransitionKind.OPENED, TransitionKind.REOPENED):
                assert incident.open, "opened, but not open"
                self.open[incident.id] = (incident.state, incident.severity)
            elif one.kind in (TransitionKind.RESOLVED, TransitionKind.EXPIRED):
                assert not incident.open, "closed, but open"
                self.open.pop(incident.id, None)
            elif incident.open:
                assert incident.id in self.open, "update of an incident that never opened"
                self.open[incident.id] = (incident.state, incident.severity)

    def agrees(self, incidents: Iterable[Incident]) -> bool:
        """Return True if these are the incidents that it knows as open."""
        expected = {one.id: (one.state, one.severity) for one in incidents}
        return self.open == expected and self.pages == expected.keys()

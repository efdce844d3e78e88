"""What the tests of the reducer share: alerts in short, histories that reach the edges, a naive model and a pager."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

from attrs import evolve, fields_dict, frozen
from hypothesis import strategies as st

from alertmap.incidents.model import Incident, Policy, Transition, TransitionKind
from alertmap.incidents.timeline import Timeline, step, tick
from alertmap.model import Alert, Severity, State

T0 = datetime(2024, 2, 29, 23, 59, 50, tzinfo=UTC)
FIRING, ACKNOWLEDGED, SUPPRESSED, RESOLVED = State
WIDE = Policy(max_ahead=timedelta(days=1), retention=timedelta(days=999))
"""A policy under which the histories of these tests are wholly remembered, and all their times believed."""


def at(seconds: float) -> datetime:
    """A time of the tests, in seconds."""
    return T0 + timedelta(seconds=seconds)


def sec(seconds: float) -> timedelta:
    """A duration of the tests."""
    return timedelta(seconds=seconds)


def alert(state: State, t: float | None = None, **given: Any) -> Alert:
    """An alert of key `k` that occurred at `t` and was received at `received`, which is `t` unless it is given."""
    seconds = {"occurred_at": t, "received_at": given.pop("received", t)}
    seconds |= {name: given.pop(name, None) for name in ("started_at", "expires_at")}
    times: dict[str, Any] = {name: None if s is None else at(s) for name, s in seconds.items()}
    fields: dict[str, Any] = {"vendor": "acme", "source": "s", "dedup_key": "k"}
    fields |= {"severity": Severity.HIGH, "title": "it burns"}
    return Alert(state=state, identity={}, **times, **{**fields, **given})


def fold(alerts: Iterable[Alert], policy: Policy = WIDE, timeline: Timeline | None = None) -> Timeline:
    """The timeline after these alerts."""
    return reduce(lambda line, one: step(line, one, policy)[0], alerts, timeline or Timeline())


def story(alerts: Iterable[Alert | datetime], policy: Policy = WIDE) -> tuple[Timeline, list[Transition]]:
    """The timeline after these alerts and ticks, and all that was told."""
    timeline = Timeline()
    told: list[Transition] = []
    for one in alerts:
        timeline, more = act(timeline, one, policy)
        told += more
    return timeline, told


def act(timeline: Timeline, one: Alert | datetime, policy: Policy) -> tuple[Timeline, tuple[Transition, ...]]:
    """One step or tick."""
    return step(timeline, one, policy) if isinstance(one, Alert) else tick(timeline, one, policy)


# --- Strategies -------------------------------------------------------------------------------------------------------

_few = st.integers(0, 6)


def _seconds(low: int, high: int) -> st.SearchStrategy[timedelta]:
    return st.integers(low, high).map(sec)


@st.composite
def policies(draw: st.DrawFn, *, expiry: bool = True, retention: int | None = None) -> Policy:
    """Policies with windows and caps so small that histories reach beyond them, and wide ones."""
    return Policy(
        reorder_window=draw(st.sampled_from([sec(0), sec(1), sec(3), timedelta(hours=1)])),
        max_recent=draw(st.sampled_from([1, 2, 3, 32])),
        max_ahead=draw(st.sampled_from([sec(0), sec(2), timedelta(minutes=5)])),
        retention=sec(retention) if retention is not None else timedelta(days=999),
        reopen_window=draw(st.sampled_from([sec(0), sec(0), sec(2), sec(100)])),
        expire_after=draw(st.sampled_from([None, sec(1), sec(3)])) if expiry else None,
    )


@st.composite
def statements(draw: st.DrawFn, *, timed: bool, expiry: bool) -> Alert:
    """One alert of key `k`, not yet received."""
    state = draw(st.sampled_from([FIRING, FIRING, FIRING, RESOLVED, RESOLVED, ACKNOWLEDGED, SUPPRESSED]))
    t = draw(_few if timed else st.one_of(_few, st.none(), st.just(20)))
    severity = draw(st.sampled_from([Severity.CRITICAL, Severity.LOW, None]))
    return alert(
        state,
        t,
        received=None,
        severity=severity,
        title=draw(st.sampled_from(["a", "b", ""])),
        started_at=draw(st.one_of(st.none(), _few)),
        sequence=draw(st.sampled_from([None, None, 0, 1])),
        episode=draw(st.sampled_from([None, None, "x", "y"])),
        no_data=draw(st.sampled_from([False, False, False, True])),
        expires_at=draw(st.one_of(st.none(), st.integers(0, 12))) if expiry else None,
    )


@st.composite
def histories(
    draw: st.DrawFn,
    *,
    timed: bool = False,
    expiry: bool = True,
    forward: bool = True,
    unheard: bool = False,
    max_size: int = 9,
) -> list[Alert]:
    """Alerts of key `k` in order of arrival.

    `timed`: all have a time that is believed under a wide policy. `expiry`: some have a deadline of the sender.
    `forward`: nothing is received before what was received earlier. `unheard`: some have no time of reception.
    """
    one = st.tuples(statements(timed=timed, expiry=expiry), st.sampled_from([0, 0, 1, 2, 5]), st.integers(0, 12))
    history: list[Alert] = []
    clock = 0
    for said, pause, anywhere in draw(st.lists(one, min_size=1, max_size=max_size)):
        clock = clock + pause if forward else anywhere
        received = None if unheard and draw(st.booleans()) else at(clock)
        history.append(evolve(said, received_at=received))
    return history


@st.composite
def journals(draw: st.DrawFn, /, **given: Any) -> list[Alert | datetime]:
    """Histories with ticks between them, at or after what was received last where the history goes forward."""
    journal: list[Alert | datetime] = []
    history = draw(histories(**given))
    for place, said in enumerate(history):
        journal.append(said)
        following = (*history, alert(FIRING, 60))[place + 1].received_at
        if said.received_at and following and following >= said.received_at and draw(st.booleans()):
            journal.append(draw(st.sampled_from([said.received_at, following])))
    return journal


# --- A naive model: sort everything, fold -----------------------------------------------------------------------------


@frozen
class Naive:
    """An incident without ids, as the naive model and the tests compare it."""

    opened_at: datetime
    resolved_at: datetime | None
    state: State
    severity: Severity | None
    max_severity: Severity | None
    title: str
    last_seen: datetime
    count: int
    no_data: bool
    episode: str | None


def bare(incident: Incident) -> Naive:
    """An incident without what depends on ids."""
    return Naive(*(getattr(incident, name) for name in fields_dict(Naive)))


def naive(alerts: Sequence[Alert]) -> list[Naive]:
    """What a set of timed alerts of one key comes to, with nothing folded, no expiry and no reopen window."""
    grouped: dict[tuple[Any, ...], list[Alert]] = {}
    for one in alerts:
        t = one.occurred_at
        assert t is not None
        start = min(one.started_at or t, t)
        sequence = -1 if one.sequence is None else one.sequence
        order = (t, sequence, start, list(State).index(one.state), one.no_data, one.episode or "")
        grouped.setdefault(order, []).append(one)
    found: list[dict[str, Any]] = []
    for order, same in sorted(grouped.items()):
        t, said = order[0], same[0]
        severity = max((one.severity for one in same if one.severity), default=None)
        is_open = bool(found) and found[-1]["state"] is not RESOLVED
        if not is_open and said.state is not FIRING:
            continue
        if said.state is RESOLVED:
            found[-1].update({"no_data": True} if said.no_data else {"state": RESOLVED, "resolved_at": t})
            continue
        if not is_open:
            found.append(dict.fromkeys(fields_dict(Naive)) | {"opened_at": t, "state": FIRING, "title": "", "count": 0})
        now = found[-1]
        if said.state is not FIRING or now["state"] is SUPPRESSED:
            now["state"] = said.state
        known = [one for one in (now["severity"], severity) if one]
        now["severity"] = (max(known) if said.no_data else known[-1]) if known else None
        now["max_severity"] = max((one for one in (now["max_severity"], severity) if one), default=None)
        now["title"] = max(one.title for one in same) or now["title"]
        heard = [one.received_at or t for one in same]
        now["last_seen"] = max([*heard, now["last_seen"] or heard[0]])
        now["count"] += 1
        now["no_data"] = said.no_data or (bool(now["no_data"]) and said.state is not FIRING)
        now["episode"] = said.episode or now["episode"]
    return [Naive(**one) for one in found]


# --- A pager ----------------------------------------------------------------------------------------------------------


class Pager:
    """What pages people: it knows incidents from transitions only."""

    def __init__(self) -> None:
        self.open: dict[str, tuple[State, Severity | None]] = {}
        self.opened: set[str] = set()

    def hear(self, told: Iterable[Transition]) -> None:
        """Take over what was told, and insist that it makes sense."""
        for one in told:
            if one.kind is TransitionKind.IGNORED:
                assert one.incident is None
                continue
            incident = one.incident
            assert incident is not None
            if one.kind is TransitionKind.OPENED:
                assert incident.id not in self.opened, "opened twice"
                self.opened.add(incident.id)
            if one.kind in (TransitionKind.OPENED, TransitionKind.REOPENED):
                assert incident.open, "opened, and not open"
                self.open[incident.id] = (incident.state, incident.severity)
            elif one.kind in (TransitionKind.RESOLVED, TransitionKind.EXPIRED):
                assert not incident.open, "closed, and open"
                self.open.pop(incident.id, None)
            elif incident.open:
                assert incident.id in self.open, "an update of something never opened"
                self.open[incident.id] = (incident.state, incident.severity)

    def agrees(self, incidents: Iterable[Incident]) -> bool:
        """Whether these open incidents are what it knows."""
        return self.open == {one.id: (one.state, one.severity) for one in incidents}

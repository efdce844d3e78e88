"""Laws of senders that repeat: their times are starts, and a repeat after `settle` is news.

`NaiveSender` is a second statement of the rules, without timelines, folding or transitions: it keeps all deliveries and
computes everything anew from them.
"""

from datetime import datetime, timedelta

from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from alertmap.incidents.model import Policy, TransitionKind
from alertmap.incidents.timeline import Timeline, incidents, statement_of
from alertmap.model import Alert, State, Times
from histories import (
    ACKNOWLEDGED,
    FIRING,
    RESOLVED,
    SUPPRESSED,
    WIDE,
    Reducer,
    at,
    histories,
    naive_incidents,
    sec,
    without_ids,
)

SETTLES = st.sampled_from([0, 1, 3, 6])


@st.composite
def since_histories(draw: st.DrawFn, max_size: int = 9) -> list[Alert]:
    """Draw alerts of one key whose times are starts, in order of reception, without deadlines and episodes."""
    drawn = draw(histories(timed=True, expiry=False, max_size=max_size))
    return [evolve(one, times=Times.SINCE, episode=None) for one in drawn]


def _order(sent: Alert) -> tuple[object, ...]:
    return statement_of(sent, Timeline(), WIDE).key


def _received(sent: Alert) -> datetime:
    assert sent.received_at
    return sent.received_at


# --- The naive model --------------------------------------------------------------------------------------------------


class NaiveSender:
    """All deliveries of one key, and for each instant that repeats contradicted when the last of these came."""

    def __init__(self, settle: timedelta) -> None:
        self.settle = settle
        self.deliveries: list[Alert] = []
        self.contradicted: dict[tuple[object, ...], datetime] = {}

    def hear(self, sent: Alert) -> None:
        """Take one delivery."""
        self.deliveries.append(sent)
        newest = max(map(_order, self.deliveries))
        if sent.state is not FIRING or (_order(sent) == newest and self._times_of(newest) == [_received(sent)]):
            return
        now = _received(sent)
        settled = now - min(self._times_of(newest)) > self.settle
        state = self.incidents()[-1][2]
        instant = newest[:3]
        if instant in self.contradicted or (settled and state in (RESOLVED, SUPPRESSED)):
            before = self.contradicted.get(instant)
            self.contradicted[instant] = max(before or now, now)
            if before is None and self.incidents()[-1][2] not in (FIRING, ACKNOWLEDGED):
                del self.contradicted[instant]  # the resolve was received later: firing is not the last word

    def _times_of(self, order: tuple[object, ...]) -> list[datetime]:
        return [_received(one) for one in self.deliveries if _order(one) == order]

    def incidents(self) -> list[tuple[datetime, datetime | None, State]]:
        """Return the start, the end and the state of each incident."""
        found: list[tuple[datetime, datetime | None, State]] = []
        ended: datetime | None = None
        statements = sorted({_order(one): one for one in self.deliveries}.items())
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


@given(since_histories(), SETTLES)
def test_the_naive_model_agrees(reducer: Reducer, history: list[Alert], settle: int) -> None:
    """After each delivery the incidents are those of the naive model."""
    policy, model, timeline = evolve(WIDE, settle=sec(settle)), NaiveSender(sec(settle)), Timeline()
    for sent in history:
        timeline, _ = reducer.step(timeline, sent, policy)
        model.hear(sent)
        found = [(one.opened_at, one.resolved_at, one.state) for one in incidents(timeline, policy)]
        assert found == model.incidents()


# --- Laws -------------------------------------------------------------------------------------------------------------


@st.composite
def histories_that_end_in(draw: st.DrawFn, state: State) -> list[Alert]:
    """Draw histories whose last delivery has the state, and is received after all others.

    It is a repeat or new; a resolve is not older than any firing.
    """
    history = draw(since_histories())
    repeats = [one for one in history if one.state is state and not one.no_data]
    new = evolve(draw(st.sampled_from(history)), state=state, no_data=False)
    if state is RESOLVED:
        firings = [_order(one) for one in history if one.state is FIRING]
        repeats = [one for one in repeats if all(_order(one) > order for order in firings)]
        new = evolve(new, occurred_at=at(7))
    last = draw(st.sampled_from([*repeats, new]))
    return [*history, evolve(last, received_at=_received(history[-1]) + sec(draw(st.integers(1, 8))))]


@given(histories_that_end_in(FIRING), SETTLES)
def test_no_page_is_lost(reducer: Reducer, history: list[Alert], settle: int) -> None:
    """A firing received last is open if it is newer than the newest resolve, or came after `settle`."""
    policy = evolve(WIDE, settle=sec(settle))
    last = history[-1]
    resolves = [_order(one) for one in history if one.state is RESOLVED and not one.no_data]
    newest = max(map(_order, history))
    first = min(_received(one) for one in history if _order(one) == newest)
    is_newer = not resolves or _order(last) > max(resolves)
    assume(is_newer or _received(last) - first > sec(settle))

    assert reducer.fold(history, policy).is_open


@given(histories_that_end_in(RESOLVED), SETTLES)
def test_no_page_is_stuck(reducer: Reducer, history: list[Alert], settle: int) -> None:
    """After a resolve received last nothing is open if no firing is newer in order."""
    assert not reducer.fold(history, evolve(WIDE, settle=sec(settle))).is_open


@given(since_histories(), st.data())
def test_within_settle_the_order_of_arrival_makes_no_difference(
    reducer: Reducer, history: list[Alert], data: st.DataObject
) -> None:
    """With new times of receipt and any repeats, all within `settle`, the incidents are those of the sorted alerts."""
    policy = evolve(WIDE, settle=sec(20))
    repeated = history + data.draw(st.lists(st.sampled_from(history), max_size=4))
    places = data.draw(st.lists(st.integers(0, 20), min_size=len(repeated), max_size=len(repeated)))
    shuffled = data.draw(st.permutations(repeated))
    arrived = [evolve(one, received_at=at(t)) for one, t in zip(shuffled, sorted(places), strict=True)]

    found = [without_ids(one) for one in incidents(reducer.fold(arrived, policy), policy)]

    assert found == naive_incidents(arrived)


@given(since_histories(), st.data())
def test_within_settle_the_order_of_processing_makes_no_difference(
    reducer: Reducer, history: list[Alert], data: st.DataObject
) -> None:
    """Alerts received within `settle` of each other, processed in any order, end in the same incidents."""
    policy = evolve(WIDE, settle=max(map(_received, history)) - min(map(_received, history)))
    shuffled = data.draw(st.permutations(history))

    in_order, in_any = (reducer.fold(alerts, policy) for alerts in (history, shuffled))

    assert [without_ids(one) for one in incidents(in_order, policy)] == [
        without_ids(one) for one in incidents(in_any, policy)
    ]


@given(since_histories(), SETTLES)
def test_ticks_change_nothing(reducer: Reducer, history: list[Alert], settle: int) -> None:
    """Ticks between the alerts lead to the same timeline, and no tick opens anything."""
    policy = evolve(WIDE, settle=sec(settle))
    events = [event for one in history for event in (_received(one), one, _received(one))]

    ticked, transitions = reducer.run(events, policy)

    assert ticked == reducer.fold(history, policy)
    assert all(one.alert for one in transitions if one.kind in (TransitionKind.OPENED, TransitionKind.REOPENED))


@given(histories(timed=True), SETTLES)
def test_stated_times_never_trust_arrival(reducer: Reducer, history: list[Alert], settle: int) -> None:
    """For senders whose statements have times of their own, and no episodes, `settle` makes no difference."""
    stated = [evolve(one, times=Times.STATED, episode=None) for one in history]

    assert reducer.fold(stated, evolve(WIDE, settle=sec(settle))) == reducer.fold(stated, WIDE)


@given(since_histories(), SETTLES)
def test_transitions_alone_tell_what_is_open(reducer: Reducer, history: list[Alert], settle: int) -> None:
    """Each incident that is open at the end is open in its last transition, and no other is."""
    policy = evolve(WIDE, settle=sec(settle))
    timeline, transitions = reducer.run(history, policy)
    last: dict[str, bool] = {}
    for one in transitions:
        if one.incident:
            last[one.incident.id] = one.incident.open
    known = {name for name, is_open in last.items() if is_open}
    assert known == {one.id for one in incidents(timeline, policy) if one.open}


def test_settle_is_a_policy_of_the_source() -> None:
    """The default is a minute, and None is what a source behind a queue needs."""
    assert Policy().settle == timedelta(minutes=1)
    assert Policy(settle=None).settle is None

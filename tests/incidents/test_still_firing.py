"""Laws of senders that repeat: their times are starts, and a repeat after `settle` is news."""

from datetime import timedelta

from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from alertmap.incidents.model import Policy, TransitionKind
from alertmap.incidents.timeline import Timeline, incidents
from alertmap.model import Alert, State, Times
from histories import (
    FIRING,
    RESOLVED,
    WIDE,
    NaiveSender,
    Reducer,
    at,
    histories,
    naive_incidents,
    order_of,
    received_of,
    sec,
    without_ids,
)

SETTLES = st.sampled_from([0, 1, 3, 6])


@st.composite
def since_histories(draw: st.DrawFn, max_size: int = 9) -> list[Alert]:
    """Draw alerts of one key whose times are starts, in order of reception, without deadlines and episodes."""
    drawn = draw(histories(timed=True, expiry=False, max_size=max_size))
    return [evolve(one, times=Times.SINCE, episode=None) for one in drawn]


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
        firings = [order_of(one) for one in history if one.state is FIRING]
        repeats = [one for one in repeats if all(order_of(one) > order for order in firings)]
        new = evolve(new, occurred_at=at(7))
    last = draw(st.sampled_from([*repeats, new]))
    return [*history, evolve(last, received_at=received_of(history[-1]) + sec(draw(st.integers(1, 8))))]


@given(histories_that_end_in(FIRING), SETTLES)
def test_no_page_is_lost(reducer: Reducer, history: list[Alert], settle: int) -> None:
    """A firing received last is open if it is newer than the newest resolve, or came after `settle`."""
    policy = evolve(WIDE, settle=sec(settle))
    last = history[-1]
    resolves = [order_of(one) for one in history if one.state is RESOLVED and not one.no_data]
    newest = max(map(order_of, history))
    first = min(received_of(one) for one in history if order_of(one) == newest)
    is_newer = not resolves or order_of(last) > max(resolves)
    assume(is_newer or received_of(last) - first > sec(settle))

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
    policy = evolve(WIDE, settle=max(map(received_of, history)) - min(map(received_of, history)))
    shuffled = data.draw(st.permutations(history))

    in_order, in_any = (reducer.fold(alerts, policy) for alerts in (history, shuffled))

    assert [without_ids(one) for one in incidents(in_order, policy)] == [
        without_ids(one) for one in incidents(in_any, policy)
    ]


@given(since_histories(), SETTLES)
def test_ticks_change_nothing(reducer: Reducer, history: list[Alert], settle: int) -> None:
    """Ticks between the alerts lead to the same timeline, and no tick opens anything."""
    policy = evolve(WIDE, settle=sec(settle))
    events = [event for one in history for event in (received_of(one), one, received_of(one))]

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

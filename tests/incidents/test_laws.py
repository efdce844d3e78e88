"""Laws of the reducer: they hold for all alerts, in any order, with any repeats.

Tests that take `reducer` run twice: with `step` and `tick`, and with a book.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from alertmap.incidents.book import IncidentBook
from alertmap.incidents.model import Cause, Incident, Policy, Transition, TransitionKind, incident_of
from alertmap.incidents.snapshot import dump_timeline, load_timeline
from alertmap.incidents.timeline import RANK, Timeline, _fold, incidents, recompute, statement_of
from alertmap.intake.dedup import dedup_key
from alertmap.model import Alert, Severity, State, Times
from histories import (
    FIRING,
    RESOLVED,
    SUPPRESSED,
    T0,
    TIMED,
    WIDE,
    Pager,
    Reducer,
    alert,
    at,
    histories,
    histories_with_ticks,
    naive_incidents,
    policies,
    sec,
    without_ids,
)

LATER = T0 + timedelta(days=1)


def _last_received(history: list[Alert]) -> datetime:
    return max(one.received_at for one in history if one.received_at)


def _order(sent: Alert, policy: Policy = WIDE) -> tuple[Any, ...]:
    """Return the order key of an alert with `occurred_at` or `received_at`."""
    return statement_of(sent, Timeline(), policy).key


# --- 1: idempotence ---------------------------------------------------------------------------------------------------


def test_a_late_repeat_keeps_the_mark_of_an_expiry(reducer: Reducer) -> None:
    """A firing that was received before the mark it would renew leaves all marks as they are."""
    policy = evolve(WIDE, reorder_window=sec(0), max_recent=1, settle=sec(0))
    first, end = alert(FIRING, None, received=0), alert(RESOLVED, 20, received=0)
    again = [alert(FIRING, 0, received=0), alert(FIRING, 0, received=1), alert(FIRING, None, received=1, expires_at=0)]
    before = reducer.fold([first, first, end, *again, evolve(end, received_at=at(1))], policy)

    assert [one.key[3] for one in before.recent] == [RANK[RESOLVED], 4, 5], "the marks of a repeat and of an expiry"
    assert reducer.step(before, first, policy)[0] == before


@given(histories(), policies(), st.data())
def test_a_repeat_changes_nothing(reducer: Reducer, history: list[Alert], policy: Policy, data: st.DataObject) -> None:
    """A repeated alert leaves the timeline unchanged and is ignored."""
    again = data.draw(st.sampled_from(history))
    assert again.received_at
    before = reducer.tick(reducer.fold(history, policy), again.received_at, policy)[0]

    after, transitions = reducer.step(before, again, policy)

    assert before == after
    assert [one.kind for one in transitions] == [TransitionKind.IGNORED]
    assert transitions[0].cause in (Cause.DUPLICATE, Cause.LATE)


@given(histories(), policies(), st.data())
def test_repeats_in_between_change_nothing(
    reducer: Reducer, history: list[Alert], policy: Policy, data: st.DataObject
) -> None:
    """Repeats in any number, each anywhere after its first delivery, lead to the same timeline."""
    repeated = list(history)
    for sent in data.draw(st.lists(st.sampled_from(history), max_size=4)):
        repeated.insert(data.draw(st.integers(repeated.index(sent) + 1, len(repeated))), sent)

    assert (
        reducer.tick(reducer.fold(history, policy), LATER, policy)[0]
        == reducer.tick(reducer.fold(repeated, policy), LATER, policy)[0]
    )


@given(histories(), policies(), st.integers(0, 9), st.data())
def test_a_repeat_received_later_opens_no_new_incident(
    reducer: Reducer, history: list[Alert], policy: Policy, pause: int, data: st.DataObject
) -> None:
    """A timed alert delivered again later changes times, or reopens the newest incident: it opens no new one.

    It reopens what expired, and, with starts as times and after `settle`, what was resolved or muted.
    """
    sent = data.draw(st.sampled_from(history))
    now = _last_received(history) + sec(pause)
    assume(sent.occurred_at and sent.received_at and sent.occurred_at <= sent.received_at + policy.max_ahead)
    assume(sent.times in TIMED)
    before = reducer.tick(reducer.fold(history, policy), now, policy)[0]

    _, transitions = reducer.step(before, evolve(sent, received_at=now), policy)

    kinds = {one.kind for one in transitions}
    assert TransitionKind.OPENED not in kinds
    assert TransitionKind.SEVERITY_CHANGED not in kinds or policy.settle is not None
    for one in transitions:
        if one.kind is TransitionKind.REOPENED and one.cause is not Cause.NONE:
            assert before.now
            assert before.now.expired or (
                policy.settle is not None
                and sent.times is Times.SINCE
                and sent.state is FIRING
                and now - before.first_received_at > policy.settle
            )


# --- 2: order ---------------------------------------------------------------------------------------------------------


@given(histories(timed=True, expiry=False, forward=False, unreceived=True), st.data())
def test_any_order_of_arrival_gives_the_same_incidents(
    reducer: Reducer, history: list[Alert], data: st.DataObject
) -> None:
    """Inside the window the order of arrival makes no difference: the result is that of the sorted alerts."""
    shuffled = data.draw(st.permutations(history))

    found = [without_ids(one) for one in incidents(reducer.fold(shuffled), WIDE)]

    assert naive_incidents(history) == found


@given(histories(timed=True, expiry=False, forward=False), st.sampled_from([1, 2, 4]), st.data())
def test_delays_up_to_the_window_do_no_harm(
    reducer: Reducer, history: list[Alert], window: int, data: st.DataObject
) -> None:
    """Alerts displaced by at most the window end in the same timeline, except for ids, even after folding."""
    policy = evolve(WIDE, reorder_window=sec(window))
    delays = data.draw(st.lists(st.integers(0, window), min_size=len(history), max_size=len(history)))
    arrivals = [(_order(history[place])[0] + sec(delay), place) for place, delay in enumerate(delays)]
    late = [history[place] for _, place in sorted(arrivals)]

    in_order, delayed = (reducer.fold(alerts, policy) for alerts in (sorted(history, key=_order), late))

    assert [without_ids(one) for one in incidents(in_order, policy)] == [
        without_ids(one) for one in incidents(delayed, policy)
    ]
    assert (in_order.total, in_order.horizon) == (delayed.total, delayed.horizon)
    assert naive_incidents(history)[-1:] == [without_ids(one) for one in incidents(delayed, policy)][-1:]


@given(histories(timed=True, expiry=False, forward=False), policies(expiry=False, settle=False), st.data())
def test_the_newest_alert_alone_decides_if_an_incident_is_open(
    reducer: Reducer, history: list[Alert], policy: Policy, data: st.DataObject
) -> None:
    """For any window and displacement, a newest firing is open and a newest resolve is not."""
    policy = evolve(policy, max_ahead=WIDE.max_ahead)
    last = max(history, key=_order)
    assume(last.state is FIRING or (last.state is RESOLVED and not last.no_data))

    timeline = reducer.fold(data.draw(st.permutations(history)), policy)

    assert (last.state is FIRING) is timeline.is_open


# --- 3 and 10: replay and ticks ---------------------------------------------------------------------------------------


@given(histories_with_ticks(), policies(), st.sampled_from([0, 3, 99999]))
def test_a_log_without_its_ticks_gives_the_same_timeline(
    reducer: Reducer, events: list[Alert | datetime], policy: Policy, retention: int
) -> None:
    """Ticks between alerts, many or none, make no difference after one last tick."""
    policy = evolve(policy, retention=sec(retention))
    live, _ = reducer.run(events, policy)
    replayed = reducer.fold([one for one in events if isinstance(one, Alert)], policy)

    assert reducer.tick(live, LATER, policy)[0] == reducer.tick(replayed, LATER, policy)[0]
    last = max(one if isinstance(one, datetime) else one.received_at or T0 for one in events)
    assert reducer.tick(live, last, policy)[0] == reducer.tick(replayed, last, policy)[0]


@given(histories(unreceived=True, forward=False), policies(), st.integers(0, 30), st.integers(0, 30))
def test_ticks_compose(reducer: Reducer, history: list[Alert], policy: Policy, one: int, other: int) -> None:
    """A tick twice equals a tick once, an earlier tick before a later one has no effect, and no tick opens anything."""
    early, late = sorted([T0 + sec(one), T0 + sec(other)])
    timeline = reducer.fold(history, policy)

    first, transitions = reducer.tick(timeline, early, policy)

    again, more = reducer.tick(first, early, policy)
    assert first == again
    assert not more
    assert reducer.tick(timeline, late, policy)[0] == reducer.tick(first, late, policy)[0]
    assert {one.kind for one in transitions} <= {TransitionKind.EXPIRED}


@given(histories_with_ticks(), policies(settle=False))
def test_no_expiry_before_its_time(reducer: Reducer, events: list[Alert | datetime], policy: Policy) -> None:
    """Nothing expires before `last_seen + expire_after`, before the sender's deadline, or before it opened."""
    for one in reducer.run(events, policy)[1]:
        if one.incident is not None and one.incident.expired:
            incident = one.incident
            assert incident.resolved_at
            assert incident.resolved_at >= incident.opened_at
            assert incident.resolved_at >= (incident.expires_at or T0)
            assert policy.expire_after is None or incident.resolved_at >= incident.last_seen + policy.expire_after


@given(histories(), policies(), st.sampled_from([None, 1, 50]), st.booleans())
def test_a_firing_after_the_expiry_opens_again(
    reducer: Reducer,
    history: list[Alert],
    policy: Policy,
    deadline: int | None,
    repeated: bool,  # noqa: FBT001
) -> None:
    """A firing after the expiry opens a new incident; the expired statement again reopens the old one."""
    policy = evolve(policy, expire_after=policy.expire_after or sec(2))
    sent = alert(FIRING, 7, expires_at=None, title="a")
    timeline, transitions = reducer.tick(
        reducer.fold([*history, sent], evolve(policy, max_ahead=WIDE.max_ahead)), LATER, policy
    )
    assume(transitions and timeline.now and timeline.recent[-2].key == _order(sent))
    assert transitions[-1].kind is TransitionKind.EXPIRED
    assert transitions[-1].incident

    following = evolve(
        sent,
        occurred_at=sent.occurred_at if repeated else at(8),
        received_at=LATER,
        expires_at=None if deadline is None else LATER + sec(deadline),
    )
    timeline, more = reducer.step(timeline, following, policy)

    assert timeline.open
    if repeated:
        assert (more[0].kind, more[0].cause) == (TransitionKind.REOPENED, Cause.REVIVED)
        assert transitions[-1].incident.id == timeline.open.id
    else:
        assert [one.kind for one in more] == [TransitionKind.OPENED]
        assert transitions[-1].incident.id == timeline.open.previous


# --- 4: snapshots -----------------------------------------------------------------------------------------------------


@given(histories(unreceived=True, forward=False), policies(), histories(unreceived=True, forward=False, max_size=2))
def test_a_snapshot_loads_as_the_same_timeline(
    reducer: Reducer, history: list[Alert], policy: Policy, more: list[Alert]
) -> None:
    """A loaded timeline equals the dumped one, and gives equal results for the next alerts."""
    timeline = reducer.fold(history, policy)

    loaded = load_timeline(dump_timeline(timeline), policy)

    assert timeline == loaded
    assert reducer.fold(more, policy, timeline) == reducer.fold(more, policy, loaded)


# --- 5: isolation -----------------------------------------------------------------------------------------------------

_NAMES = [("s", "k"), ("s", "l"), ("r", "k")]


@given(histories(unreceived=True), st.data(), policies(), policies())
def test_keys_are_independent(history: list[Alert], data: st.DataObject, one: Policy, other: Policy) -> None:
    """A book gives a key the transitions that it has alone; equal keys of two sources are separate."""
    named = []
    for sent in history:
        source, key = data.draw(st.sampled_from(_NAMES))
        named.append(evolve(sent, source=source, dedup_key=key))
    book = IncidentBook({"s": one}, default=other)
    transitions = book.apply(named)

    for source, key in _NAMES:
        mine = [sent for sent in named if (sent.source, sent.dedup_key) == (source, key)]
        alone = IncidentBook({"s": one}, default=other)
        assert [one for one in transitions if _key_of(one) == (source, key)] == list(alone.apply(mine))
        assert alone.timeline(source, key) == book.timeline(source, key)


def _key_of(transition: Transition) -> tuple[str, str]:
    about = transition.alert or transition.incident
    assert about
    return about.source, about.dedup_key


# --- 6 and 7: monotonicity, one open incident -------------------------------------------------------------------------


@given(histories(unreceived=True, forward=False), policies())
def test_incidents_of_a_key_do_not_overlap(reducer: Reducer, history: list[Alert], policy: Policy) -> None:
    """At most one is open, it is the newest, none ends before it opens, and none opens before the last one ended."""
    timeline = Timeline()
    for sent in history:
        timeline = reducer.step(timeline, sent, policy)[0]
        found = incidents(timeline, policy)
        assert all(not one.open for one in found[:-1])
        assert ([timeline.open] if timeline.open else []) == [one for one in found if one.open]
        assert len({one.id for one in found}) == len(found)
        for one, other in pairwise(found):
            assert other.previous == one.id
            # An expiry has the receiver's time, which is not comparable with the sender's.
            assert one.expired or (one.resolved_at is not None and one.resolved_at <= other.opened_at)
        assert all(one.resolved_at is None or one.opened_at <= one.resolved_at for one in found)


@given(histories(timed=True, forward=False), policies(settle=False))
def test_newer_alerts_never_lower_severity_count_or_last_seen(
    reducer: Reducer, history: list[Alert], policy: Policy
) -> None:
    """Alerts newer than all before never lower the worst severity, the count or `last_seen` of an incident."""
    policy = evolve(policy, max_ahead=WIDE.max_ahead)
    timeline, known = Timeline(), dict[str, Incident]()
    for sent in sorted(history, key=_order):
        timeline = reducer.step(timeline, sent, policy)[0]
        for one in incidents(timeline, policy):
            old = known.get(one.id, one)
            assert (old.max_severity or Severity.INFO) <= (one.max_severity or Severity.INFO)
            assert old.count <= one.count
            assert old.last_seen <= one.last_seen
            known[one.id] = one


@given(histories(timed=True, forward=False), policies(settle=False))
def test_incidents_are_never_lost(reducer: Reducer, history: list[Alert], policy: Policy) -> None:
    """The number of incidents of a key never falls, and those below the horizon stay, but for an expiry's true end."""
    policy = evolve(policy, max_ahead=WIDE.max_ahead)
    timeline, seen, closed = Timeline(), 0, dict[str, Incident]()
    for sent in history:
        timeline = reducer.step(timeline, sent, policy)[0]
        found = incidents(timeline, policy)
        now = timeline.total + len(found) - (timeline.base is not None)
        assert seen <= now
        seen = now
        for one in found:
            old = closed.get(one.id, one)
            assert old == one or old.expired
        if timeline.base is not None and timeline.base.resolved_at:
            closed[found[0].id] = incident_of(("s", "k"), "acme", timeline.base)


@given(histories(timed=True, forward=False), policies(settle=False))
def test_an_announced_id_stays(reducer: Reducer, history: list[Alert], policy: Policy) -> None:
    """No timed alert removes an id: each one is listed, or below the horizon."""
    policy = evolve(policy, max_ahead=WIDE.max_ahead)
    timeline, transitions = Timeline(), list[Transition]()
    for sent in history:
        timeline, more = reducer.step(timeline, sent, policy)
        transitions += more
    ids = {one.incident.id for one in transitions if one.incident}

    assert not [one for one in transitions if one.cause is Cause.MERGED]
    assert len(ids) == timeline.total + len(incidents(timeline, policy)) - (timeline.base is not None)


@given(histories(unreceived=True, forward=False), policies())
def test_every_incident_knows_how_it_was_announced(reducer: Reducer, history: list[Alert], policy: Policy) -> None:
    """Each incident holds the statement that its id is made from, and no two share one."""
    timeline = reducer.fold(history, policy)
    announced = [incident.announced_as for incident in _fold(timeline.base, timeline.recent, policy)[0]]

    assert None not in announced
    assert len(set(announced)) == len(announced)
    assert timeline == recompute(timeline, policy)


# --- 8: no page is lost or stuck --------------------------------------------------------------------------------------


@given(histories(forward=False), policies(settle=False))
def test_the_newest_statement_decides(reducer: Reducer, history: list[Alert], policy: Policy) -> None:
    """After a newest firing the incident is open unless it expired; after a newest resolve nothing is open."""
    policy = evolve(policy, retention=timedelta(days=999))
    timeline = reducer.fold(history, policy)
    last = max(history, key=lambda sent: _order(sent, policy))
    untimed = statement_of(last, Timeline(), policy).untimed
    assume(not (untimed and last.episode) and not (last.state is RESOLVED and last.no_data))

    if last.state is FIRING:
        assert timeline.now
        assert timeline.is_open or timeline.now.expired
    if last.state is RESOLVED:
        assert not timeline.is_open


@given(histories(expiry=False, forward=False), policies(expiry=False))
def test_a_suppression_opens_and_closes_nothing(reducer: Reducer, history: list[Alert], policy: Policy) -> None:
    """A newest suppression leaves an open incident open, and a closed one closed."""
    before = reducer.fold(history, policy)
    sent = alert(SUPPRESSED, 900, received=900)

    assert before.is_open is reducer.step(before, sent, policy)[0].is_open


# --- 9: the seed rule -------------------------------------------------------------------------------------------------


@given(st.permutations([0, 1, 2]), st.lists(st.integers(0, 3000), min_size=3, max_size=3, unique=True))
def test_a_firing_after_the_resolve_is_a_new_incident(reducer: Reducer, order: list[int], times: list[int]) -> None:
    """Firing, resolved, firing gives two incidents, the second open and linked to the first, in any order."""
    times.sort()
    sent = [alert(FIRING, times[0]), alert(RESOLVED, times[1]), alert(FIRING, times[2])]

    first, second = incidents(reducer.fold([sent[place] for place in order]), WIDE)

    assert (first.state, first.opened_at, first.resolved_at) == (RESOLVED, at(times[0]), at(times[1]))
    assert (second.state, second.opened_at, second.previous) == (FIRING, at(times[2]), first.id)


# --- 11: batches ------------------------------------------------------------------------------------------------------


@given(histories(unreceived=True, forward=False), policies())
def test_a_batch_equals_its_alerts_one_by_one(history: list[Alert], policy: Policy) -> None:
    """A batch gives the same transitions and the same book as its alerts applied one by one."""
    batched, single = IncidentBook(default=policy), IncidentBook(default=policy)

    assert batched.apply(history) == tuple(one for sent in history for one in single.apply(sent))
    assert batched.snapshot() == single.snapshot()


# --- 12 and 13: independence ------------------------------------------------------------------------------------------


def _shifted(thing: Any, by: timedelta) -> Any:
    times = ("started_at", "occurred_at", "expires_at", "received_at", "opened_at", "last_seen", "resolved_at")
    moved = {name: getattr(thing, name, None) for name in times}
    return evolve(thing, **{name: time + by for name, time in moved.items() if time is not None})


@given(histories(forward=False), policies(), st.sampled_from([-86400, 1, 0.000001, 10**8]))
def test_only_differences_between_times_matter(
    reducer: Reducer, history: list[Alert], policy: Policy, seconds: float
) -> None:
    """Shifting all times shifts the incidents, and changes nothing else but their ids."""
    by = sec(seconds)
    here, there = (reducer.fold(alerts, policy) for alerts in (history, [_shifted(sent, by) for sent in history]))

    def anonymous(incident: Incident) -> Incident:
        return evolve(incident, id="", previous=None)

    assert [anonymous(_shifted(one, by)) for one in incidents(here, policy)] == [
        anonymous(one) for one in incidents(there, policy)
    ]


@given(histories(unreceived=True, forward=False), policies(), st.permutations(list(Severity)))
def test_severities_affect_severities_only(
    reducer: Reducer, history: list[Alert], policy: Policy, others: list[Severity]
) -> None:
    """Another severity mapping changes the severities of the incidents, but no ids and no counts."""
    mapped = dict(zip(Severity, others, strict=True))
    remapped = [evolve(sent, severity=mapped[sent.severity] if sent.severity else None) for sent in history]

    def without_severities(alerts: list[Alert]) -> list[Incident]:
        return [
            evolve(one, severity=None, max_severity=None) for one in incidents(reducer.fold(alerts, policy), policy)
        ]

    assert without_severities(history) == without_severities(remapped)


# --- 14: keys ---------------------------------------------------------------------------------------------------------

_awkward = st.text(st.sampled_from(list("ab=,:%~\x00é\n")), max_size=4)
_identities = st.dictionaries(_awkward, _awkward, max_size=3)


@given(_identities, _identities)
def test_distinct_identities_have_distinct_keys(one: dict[str, str], other: dict[str, str]) -> None:
    """Two identities have equal keys only if they are equal, even with separators in their values."""
    assert (one == other) is (dedup_key("acme", one) == dedup_key("acme", other))


# --- 15: memory -------------------------------------------------------------------------------------------------------


@given(histories_with_ticks(unreceived=True, forward=False), policies())
def test_the_memory_of_a_key_is_limited(reducer: Reducer, events: list[Alert | datetime], policy: Policy) -> None:
    """A key has at most `max_recent` statements and two marks, all inside the window."""
    timeline = Timeline()
    for one in events:
        timeline = reducer.apply(timeline, one, policy)[0]
        times = [statement.key[0] for statement in timeline.recent]
        assert len(times) <= policy.max_recent + 2
        assert not times or times[-1] - times[0] <= policy.reorder_window


@pytest.mark.parametrize("window", [timedelta(), timedelta(hours=1)])
def test_a_flapping_key_stays_small(window: timedelta) -> None:
    """Thousands of openings and closings of one key are counted, but not kept."""
    policy = evolve(WIDE, reorder_window=window, max_recent=4)
    book = IncidentBook(default=policy)
    for t in range(0, 4000, 2):
        book.apply([alert(FIRING, t), alert(RESOLVED, t + 1)])

    timeline = book.timeline("s", "k")

    assert len(timeline.recent) <= 4
    assert timeline.total + len(book.incidents) - 1 == 2000
    assert len(str(book.snapshot())) < 4000


# --- 16: the pager ----------------------------------------------------------------------------------------------------


@given(histories_with_ticks(unreceived=True, forward=False), policies())
def test_a_pager_knows_what_is_open(reducer: Reducer, events: list[Alert | datetime], policy: Policy) -> None:
    """A pager that follows transitions knows after each event what is open, its state and its severity."""
    timeline, pager, known = Timeline(), Pager(), defaultdict[str, set[State]](set)
    for one in events:
        timeline, transitions = reducer.apply(timeline, one, policy)
        pager.follow(transitions)
        assert pager.agrees([timeline.open] if timeline.open else [])
        for each in transitions:
            if each.incident:
                known[each.incident.id].add(each.incident.state)
    assert {one.id for one in incidents(timeline, policy)} <= set(known), "an incident without a transition"


@given(histories_with_ticks(), policies())
def test_incidents_stored_from_transitions_are_complete(
    reducer: Reducer, events: list[Alert | datetime], policy: Policy
) -> None:
    """The last incident in the transitions of an id equals the incident of the reducer."""
    stored: dict[str, Incident] = {}
    timeline = Timeline()
    for one in events:
        timeline, transitions = reducer.apply(timeline, one, policy)
        stored.update({each.incident.id: each.incident for each in transitions if each.incident})
        for incident in incidents(timeline, policy):
            assert stored[incident.id] == incident

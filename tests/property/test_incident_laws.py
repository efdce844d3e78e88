"""The laws that the reducer keeps, whatever arrives, in whatever order, however often."""

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from alertmap.incidents.book import IncidentBook
from alertmap.incidents.model import Cause, Incident, Policy, Transition, TransitionKind
from alertmap.incidents.snapshot import dump_timeline, load_timeline
from alertmap.incidents.timeline import Timeline, _fold, incidents, newest, read, step, tick
from alertmap.intake.dedup import dedup_key
from alertmap.model import Alert, Severity, State
from histories import (
    FIRING,
    RESOLVED,
    SUPPRESSED,
    T0,
    WIDE,
    Pager,
    act,
    alert,
    at,
    bare,
    fold,
    histories,
    journals,
    naive,
    policies,
    sec,
    story,
)

LATER = T0 + timedelta(days=1)


def _clock(history: list[Alert]) -> datetime:
    return max(one.received_at for one in history if one.received_at)


def _order(said: Alert, policy: Policy = WIDE) -> tuple[Any, ...]:
    """The place of an alert that has a time, or a time of reception."""
    return read(said, Timeline(), policy)[0].key


# --- 1: idempotence ---------------------------------------------------------------------------------------------------


@given(histories(), policies(), st.data())
def test_a_repeat_changes_nothing(history: list[Alert], policy: Policy, data: st.DataObject) -> None:
    """What was taken once changes no timeline when it comes again, and is told as ignored."""
    again = data.draw(st.sampled_from(history))
    assert again.received_at
    before = tick(fold(history, policy), again.received_at, policy)[0]

    after, told = step(before, again, policy)

    assert before == after
    assert [one.kind for one in told] == [TransitionKind.IGNORED]
    assert told[0].cause in (Cause.DUPLICATE, Cause.LATE)


@given(histories(), policies(), st.data())
def test_repeats_in_between_change_nothing(history: list[Alert], policy: Policy, data: st.DataObject) -> None:
    """Any multiset of repeats, each anywhere after its first delivery, leads to the same timeline."""
    repeated = list(history)
    for said in data.draw(st.lists(st.sampled_from(history), max_size=4)):
        repeated.insert(data.draw(st.integers(repeated.index(said) + 1, len(repeated))), said)

    assert tick(fold(history, policy), LATER, policy)[0] == tick(fold(repeated, policy), LATER, policy)[0]


@given(histories(), policies(), st.integers(0, 9), st.data())
def test_a_repeat_received_later_may_say_still_so(
    history: list[Alert], policy: Policy, pause: int, data: st.DataObject
) -> None:
    """A timed alert that is delivered again later moves times at the most, or lifts an expiry: it opens nothing new."""
    said = data.draw(st.sampled_from(history))
    now = _clock(history) + sec(pause)
    assume(said.occurred_at and said.received_at and said.occurred_at <= said.received_at + policy.max_ahead)
    before = tick(fold(history, policy), now, policy)[0]

    _, told = step(before, evolve(said, received_at=now), policy)

    assert not {one.kind for one in told} & {TransitionKind.OPENED, TransitionKind.SEVERITY_CHANGED}
    if any(one.kind is TransitionKind.REOPENED for one in told):
        assert before.now
        assert before.now.expired


# --- 2: order ---------------------------------------------------------------------------------------------------------


@given(histories(timed=True, expiry=False, forward=False, unheard=True), st.data())
def test_any_order_of_arrival_gives_the_same_incidents(history: list[Alert], data: st.DataObject) -> None:
    """Inside the window the order of arrival does not matter: it is as if all were sorted first."""
    shuffled = data.draw(st.permutations(history))

    found = [bare(one) for one in incidents(fold(shuffled), WIDE)]

    assert naive(history) == found


@given(histories(timed=True, expiry=False, forward=False), st.sampled_from([1, 2, 4]), st.data())
def test_delays_up_to_the_window_do_no_harm(history: list[Alert], window: int, data: st.DataObject) -> None:
    """What is displaced by no more than the window ends in the same timeline, ids apart, also where much was folded."""
    policy = evolve(WIDE, reorder_window=sec(window))
    delays = data.draw(st.lists(st.integers(0, window), min_size=len(history), max_size=len(history)))
    arrivals = [(_order(history[place])[0] + sec(delay), place) for place, delay in enumerate(delays)]
    late = [history[place] for _, place in sorted(arrivals)]

    in_order, delayed = (fold(alerts, policy) for alerts in (sorted(history, key=_order), late))

    assert [bare(one) for one in incidents(in_order, policy)] == [bare(one) for one in incidents(delayed, policy)]
    assert (in_order.total, in_order.horizon) == (delayed.total, delayed.horizon)
    assert naive(history)[-1:] == [bare(one) for one in incidents(delayed, policy)][-1:]


@given(histories(timed=True, expiry=False, forward=False), policies(expiry=False), st.data())
def test_what_is_open_depends_on_the_newest_alone(history: list[Alert], policy: Policy, data: st.DataObject) -> None:
    """Whatever the window and the displacement, a newest firing is open and a newest resolve is not."""
    policy = evolve(policy, max_ahead=WIDE.max_ahead)
    last = max(history, key=_order)
    assume(last.state is FIRING or (last.state is RESOLVED and not last.no_data))

    timeline = fold(data.draw(st.permutations(history)), policy)

    assert (last.state is FIRING) is timeline.is_open


# --- 3 and 10: replay and ticks ---------------------------------------------------------------------------------------


@given(journals(), policies(), st.sampled_from([0, 3, 99999]))
def test_a_log_without_its_ticks_gives_the_same_timeline(
    journal: list[Alert | datetime], policy: Policy, retention: int
) -> None:
    """Ticks between alerts, many or none, make no difference after one last tick."""
    policy = evolve(policy, retention=sec(retention))
    live, _ = story(journal, policy)
    replayed = fold([one for one in journal if isinstance(one, Alert)], policy)

    assert tick(live, LATER, policy)[0] == tick(replayed, LATER, policy)[0]
    last = max(one if isinstance(one, datetime) else one.received_at or T0 for one in journal)
    assert tick(live, last, policy)[0] == tick(replayed, last, policy)[0]


@given(histories(unheard=True, forward=False), policies(), st.integers(0, 30), st.integers(0, 30))
def test_ticks_compose(history: list[Alert], policy: Policy, one: int, other: int) -> None:
    """A tick twice is a tick once, an earlier tick before a later one makes no difference, and a tick opens nothing."""
    early, late = sorted([T0 + sec(one), T0 + sec(other)])
    timeline = fold(history, policy)

    first, told = tick(timeline, early, policy)

    again, more = tick(first, early, policy)
    assert first == again
    assert not more
    assert tick(timeline, late, policy)[0] == tick(first, late, policy)[0]
    assert {one.kind for one in told} <= {TransitionKind.EXPIRED}


@given(journals(), policies())
def test_no_expiry_before_its_time(journal: list[Alert | datetime], policy: Policy) -> None:
    """Nothing expires before `last_seen + expire_after`, nor before the sender's deadline, nor before it opened."""
    for one in story(journal, policy)[1]:
        if one.incident is not None and one.incident.expired:
            incident = one.incident
            assert incident.resolved_at
            assert incident.resolved_at >= incident.opened_at
            assert incident.resolved_at >= (incident.expires_at or T0)
            assert policy.expire_after is None or incident.resolved_at >= incident.last_seen + policy.expire_after


@given(histories(), policies(), st.sampled_from([None, 1, 50]), st.booleans())
def test_a_firing_after_the_expiry_opens_again(
    history: list[Alert],
    policy: Policy,
    deadline: int | None,
    repeated: bool,  # noqa: FBT001
) -> None:
    """A firing heard after the expiry opens a new incident, or reopens the old one if it is the same statement."""
    policy = evolve(policy, expire_after=policy.expire_after or sec(2))
    said = alert(FIRING, 7, expires_at=None, title="a")
    timeline, told = tick(fold([*history, said], evolve(policy, max_ahead=WIDE.max_ahead)), LATER, policy)
    assume(told and timeline.now and timeline.recent[-2].key == _order(said))
    assert told[-1].kind is TransitionKind.EXPIRED
    assert told[-1].incident

    following = evolve(
        said,
        occurred_at=said.occurred_at if repeated else at(8),
        received_at=LATER,
        expires_at=None if deadline is None else LATER + sec(deadline),
    )
    timeline, more = step(timeline, following, policy)

    assert timeline.open
    if repeated:
        assert (more[0].kind, more[0].cause) == (TransitionKind.REOPENED, Cause.REVIVED)
        assert told[-1].incident.id == timeline.open.id
    else:
        assert [one.kind for one in more] == [TransitionKind.OPENED]
        assert told[-1].incident.id == timeline.open.previous


# --- 4: snapshots -----------------------------------------------------------------------------------------------------


@given(histories(unheard=True, forward=False), policies(), histories(unheard=True, forward=False, max_size=2))
def test_a_snapshot_is_the_timeline(history: list[Alert], policy: Policy, more: list[Alert]) -> None:
    """What was written and read back is equal, and goes on equally."""
    timeline = fold(history, policy)

    loaded = load_timeline(dump_timeline(timeline), lambda _: policy)

    assert timeline == loaded
    assert fold(more, policy, timeline) == fold(more, policy, loaded)


# --- 5: isolation -----------------------------------------------------------------------------------------------------

_NAMES = [("s", "k"), ("s", "l"), ("r", "k")]


@given(histories(unheard=True), st.data(), policies(), policies())
def test_keys_do_not_touch_each_other(history: list[Alert], data: st.DataObject, one: Policy, other: Policy) -> None:
    """What a book says of a key is what it says when it hears of that key alone; sources with equal keys are apart."""
    named = []
    for said in history:
        source, key = data.draw(st.sampled_from(_NAMES))
        named.append(evolve(said, source=source, dedup_key=key))
    book = IncidentBook({"s": one}, default=other)
    told = book.apply(named)

    for source, key in _NAMES:
        mine = [said for said in named if (said.source, said.dedup_key) == (source, key)]
        alone = IncidentBook({"s": one}, default=other)
        assert [t for t in told if (t.alert or t.incident) and _of(t) == (source, key)] == list(alone.apply(mine))
        assert alone.timeline(source, key) == book.timeline(source, key)


def _of(told: Any) -> tuple[str, str]:
    what = told.alert or told.incident
    return what.source, what.dedup_key


# --- 6 and 7: monotonicity, one open incident -------------------------------------------------------------------------


@given(histories(unheard=True, forward=False), policies())
def test_incidents_of_a_key_are_one_after_the_other(history: list[Alert], policy: Policy) -> None:
    """Never two open, the open one is the newest, none ends before it opened, and none opens before the last ended."""
    timeline = Timeline()
    for said in history:
        timeline = step(timeline, said, policy)[0]
        found = incidents(timeline, policy)
        assert all(not one.open for one in found[:-1])
        assert ([timeline.open] if timeline.open else []) == [one for one in found if one.open]
        assert len({one.id for one in found}) == len(found)
        for one, other in pairwise(found):
            assert other.previous == one.id
            # An expiry is by the receiver's clock, which is not compared with the sender's.
            assert one.expired or (one.resolved_at is not None and one.resolved_at <= other.opened_at)
        assert all(one.resolved_at is None or one.opened_at <= one.resolved_at for one in found)


@given(histories(timed=True, forward=False), policies())
def test_news_never_lowers_what_is_known(history: list[Alert], policy: Policy) -> None:
    """Under alerts newer than all before, an incident's worst severity, count and last sighting never fall."""
    policy = evolve(policy, max_ahead=WIDE.max_ahead)
    timeline, known = Timeline(), dict[str, Incident]()
    for said in sorted(history, key=_order):
        timeline = step(timeline, said, policy)[0]
        for one in incidents(timeline, policy):
            old = known.get(one.id, one)
            assert (old.max_severity or Severity.INFO) <= (one.max_severity or Severity.INFO)
            assert old.count <= one.count
            assert old.last_seen <= one.last_seen
            known[one.id] = one


@given(histories(timed=True, forward=False), policies())
def test_incidents_are_never_lost(history: list[Alert], policy: Policy) -> None:
    """The number of incidents that a key has seen never falls, and what lies below the horizon never changes."""
    policy = evolve(policy, max_ahead=WIDE.max_ahead, reopen_window=sec(0))
    timeline, seen, closed = Timeline(), 0, dict[str, Incident]()
    for said in history:
        timeline = step(timeline, said, policy)[0]
        found = incidents(timeline, policy)
        now = timeline.total + len(found) - (timeline.base is not None)
        assert seen <= now
        seen = now
        for one in found:
            assert closed.get(one.id, one) == one
        if timeline.base is not None and found[0].resolved_at and timeline.base.resolved_at:
            closed[found[0].id] = found[0]


@given(histories(timed=True, forward=False), policies())
def test_an_id_once_told_stays(history: list[Alert], policy: Policy) -> None:
    """Without a reopen window no timed alert takes back an id: all that was told is listed, or below the horizon."""
    policy = evolve(policy, max_ahead=WIDE.max_ahead, reopen_window=sec(0))
    timeline, transitions = Timeline(), list[Transition]()
    for said in history:
        timeline, told = step(timeline, said, policy)
        transitions += told
    ids = {one.incident.id for one in transitions if one.incident}

    assert not [one for one in transitions if one.cause is Cause.MERGED]
    assert len(ids) == timeline.total + len(incidents(timeline, policy)) - (timeline.base is not None)


@given(histories(unheard=True, forward=False), policies())
def test_every_incident_bears_the_mark_of_its_telling(history: list[Alert], policy: Policy) -> None:
    """Each incident holds the statement that its id is made of, and no two the same."""
    timeline = fold(history, policy)
    marks = [facts.mark for facts in _fold(timeline.base, timeline.recent, policy)]

    assert None not in marks
    assert len(set(marks)) == len(marks)
    assert timeline == newest(timeline, policy)


# --- 8: no page is lost, none is stuck --------------------------------------------------------------------------------


@given(histories(forward=False), policies())
def test_the_newest_statement_decides(history: list[Alert], policy: Policy) -> None:
    """If the newest is a firing the incident is open unless it expired, if a resolve nothing is open."""
    policy = evolve(policy, retention=timedelta(days=999))
    timeline = fold(history, policy)
    last = max(history, key=lambda said: _order(said, policy))
    untimed = read(last, Timeline(), policy)[0].untimed
    assume(not (untimed and last.episode) and not (last.state is RESOLVED and last.no_data))

    if last.state is FIRING:
        assert timeline.now
        assert timeline.is_open or timeline.now.expired
    if last.state is RESOLVED:
        assert not timeline.is_open


@given(histories(expiry=False, forward=False), policies(expiry=False))
def test_acknowledged_and_suppressed_leave_it_open_or_closed(history: list[Alert], policy: Policy) -> None:
    """A newest acknowledgement or suppression opens nothing and closes nothing."""
    before = fold(history, policy)
    said = alert(SUPPRESSED, 900, received=900)

    assert before.is_open is step(before, said, policy)[0].is_open


# --- 9: the seed rule -------------------------------------------------------------------------------------------------


@given(st.permutations([0, 1, 2]), st.lists(st.integers(0, 3000), min_size=3, max_size=3, unique=True))
def test_a_firing_after_the_resolve_is_a_new_incident(order: list[int], times: list[int]) -> None:
    """Firing, resolved, firing are two incidents, the second open and linked to the first, in any order of arrival."""
    times.sort()
    said = [alert(FIRING, times[0]), alert(RESOLVED, times[1]), alert(FIRING, times[2])]

    first, second = incidents(fold([said[place] for place in order]), WIDE)

    assert (first.state, first.opened_at, first.resolved_at) == (RESOLVED, at(times[0]), at(times[1]))
    assert (second.state, second.opened_at, second.previous) == (FIRING, at(times[2]), first.id)


# --- 11: batches ------------------------------------------------------------------------------------------------------


@given(histories(unheard=True, forward=False), policies())
def test_a_batch_is_its_alerts_one_by_one(history: list[Alert], policy: Policy) -> None:
    """A batch comes to the same as its alerts, each applied alone: transitions, timelines and all."""
    whole, single = IncidentBook(default=policy), IncidentBook(default=policy)

    assert whole.apply(history) == tuple(told for said in history for told in single.apply(said))
    assert whole.snapshot() == single.snapshot()


# --- 12 and 13: what does not matter ----------------------------------------------------------------------------------


def _shifted(thing: Any, by: timedelta) -> Any:
    times = ("started_at", "occurred_at", "expires_at", "received_at", "opened_at", "last_seen", "resolved_at")
    moved = {name: getattr(thing, name, None) for name in times}
    return evolve(thing, **{name: time + by for name, time in moved.items() if time is not None})


@given(histories(forward=False), policies(), st.sampled_from([-86400, 1, 0.000001, 10**8]))
def test_only_differences_of_times_matter(history: list[Alert], policy: Policy, seconds: float) -> None:
    """If all times are shifted, so are the incidents, and nothing else changes but the ids."""
    by = sec(seconds)
    here, there = (fold(alerts, policy) for alerts in (history, [_shifted(said, by) for said in history]))

    def anonymous(incident: Incident) -> Incident:
        return evolve(incident, id="", previous=None)

    assert [anonymous(_shifted(one, by)) for one in incidents(here, policy)] == [
        anonymous(one) for one in incidents(there, policy)
    ]


@given(histories(unheard=True, forward=False), policies(), st.permutations(list(Severity)))
def test_severities_change_severities_only(history: list[Alert], policy: Policy, others: list[Severity]) -> None:
    """With another severity map the incidents are the same but for their severities: ids and counts, too."""
    mapped = dict(zip(Severity, others, strict=True))
    remapped = [evolve(said, severity=mapped[said.severity] if said.severity else None) for said in history]

    def pale(alerts: list[Alert]) -> list[Incident]:
        return [evolve(one, severity=None, max_severity=None) for one in incidents(fold(alerts, policy), policy)]

    assert pale(history) == pale(remapped)


# --- 14: keys ---------------------------------------------------------------------------------------------------------

_awkward = st.text(st.sampled_from(list("ab=,:%~\x00é\n")), max_size=4)
_identities = st.dictionaries(_awkward, _awkward, max_size=3)


@given(_identities, _identities)
def test_distinct_identities_have_distinct_keys(one: dict[str, str], other: dict[str, str]) -> None:
    """Two identities share a key only if they are equal, whatever separators stand in them."""
    assert (one == other) is (dedup_key("acme", one) == dedup_key("acme", other))


# --- 15: memory -------------------------------------------------------------------------------------------------------


@given(journals(unheard=True, forward=False), policies())
def test_a_key_remembers_so_much_and_no_more(journal: list[Alert | datetime], policy: Policy) -> None:
    """A key has at most `max_recent` statements and one expiry, all inside the window."""
    timeline = Timeline()
    for one in journal:
        timeline = act(timeline, one, policy)[0]
        times = [record.key[0] for record in timeline.recent]
        assert len(times) <= policy.max_recent + 1
        assert not times or times[-1] - times[0] <= policy.reorder_window


@pytest.mark.parametrize("window", [timedelta(), timedelta(hours=1)])
def test_a_key_that_flaps_stays_flat(window: timedelta) -> None:
    """Thousands of openings and closings of one key are counted, and not kept."""
    policy = evolve(WIDE, reorder_window=window, max_recent=4)
    book = IncidentBook(default=policy)
    for t in range(0, 4000, 2):
        book.apply([alert(FIRING, t), alert(RESOLVED, t + 1)])

    timeline = book.timeline("s", "k")

    assert len(timeline.recent) <= 4
    assert timeline.total + len(book.incidents) - 1 == 2000
    assert len(str(book.snapshot())) < 4000


# --- 16: the pager ----------------------------------------------------------------------------------------------------


@given(journals(unheard=True, forward=False), policies())
def test_a_pager_knows_what_the_book_knows(journal: list[Alert | datetime], policy: Policy) -> None:
    """Who hears transitions only knows after each step and tick what is open, in which state and how bad."""
    timeline, pager, known = Timeline(), Pager(), defaultdict[str, set[State]](set)
    for one in journal:
        timeline, told = act(timeline, one, policy)
        pager.hear(told)
        assert pager.agrees([timeline.open] if timeline.open else [])
        for each in told:
            if each.incident:
                known[each.incident.id].add(each.incident.state)
    assert {one.id for one in incidents(timeline, policy)} <= set(known), "an incident that nobody was told of"


@given(journals(), policies())
def test_who_keeps_incidents_from_transitions_has_them_all(journal: list[Alert | datetime], policy: Policy) -> None:
    """The last incident told under an id is the incident: whoever stores what is told has what the book has."""
    stored: dict[str, Incident] = {}
    timeline = Timeline()
    for one in journal:
        timeline, told = act(timeline, one, policy)
        stored.update({each.incident.id: each.incident for each in told if each.incident})
        for incident in incidents(timeline, policy):
            assert stored[incident.id] == incident

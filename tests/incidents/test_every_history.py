"""All short histories instead of random samples.

`ALERTMAP_HISTORY_LENGTH` is the maximum length of the histories: over 2 keys, 3 states and 3 times; and of one sender
that repeats, over 3 states, 2 times and 2 pauses.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from itertools import product

import pytest
from attrs import evolve

from alertmap.incidents.model import Policy, Transition
from alertmap.incidents.timeline import Timeline, incidents, step
from alertmap.model import Alert, Times
from histories import (
    ACKNOWLEDGED,
    FIRING,
    RESOLVED,
    SUPPRESSED,
    WIDE,
    NaiveSender,
    Pager,
    alert,
    naive_incidents,
    sec,
    without_ids,
)

LENGTH = int(os.environ.get("ALERTMAP_HISTORY_LENGTH", "3"))

ALERTS = [
    alert(state, t, received=0, dedup_key=key)
    for key, state, t in product("kl", (FIRING, ACKNOWLEDGED, RESOLVED), range(3))
]
TIGHT = Policy(reorder_window=sec(1), max_recent=2, settle=None, retention=timedelta(days=999))

Timelines = dict[str, Timeline]


def _walk(
    length: int, policy: Policy, timelines: Timelines, history: tuple[Alert, ...]
) -> Iterator[tuple[tuple[Alert, ...], Timelines, tuple[Transition, ...], Timelines]]:
    """Yield each longer history with the timelines before its last alert, the transitions, and the timelines after it.

    Histories with the same beginning share the work for it.
    """
    for sent in ALERTS:
        after, transitions = step(timelines.get(sent.dedup_key, Timeline()), sent, policy)
        following = {**timelines, sent.dedup_key: after}
        longer = (*history, sent)
        yield longer, timelines, transitions, following
        if len(longer) < length:
            yield from _walk(length, policy, following, longer)


@pytest.mark.parametrize("first", range(len(ALERTS)))
def test_every_history_equals_the_naive_model(first: int) -> None:
    """With full memory each history ends in the incidents of the sorted alerts, and a repeat changes nothing."""
    known: dict[tuple[str, frozenset[int]], list[object]] = {}
    start = {ALERTS[first].dedup_key: step(Timeline(), ALERTS[first], WIDE)[0]}
    for history, _, _, after in _walk(LENGTH, WIDE, start, (ALERTS[first],)):
        key = history[-1].dedup_key
        mine = [sent for sent in history if sent.dedup_key == key]
        which = (key, frozenset(map(id, mine)))
        if which not in known:
            known[which] = list(naive_incidents(mine))
        assert known[which] == [without_ids(one) for one in incidents(after[key], WIDE)]
        if len(history) == LENGTH:
            assert all(step(after[key], sent, WIDE)[0] == after[key] for sent in mine)


@pytest.mark.parametrize("policy", [WIDE, TIGHT], ids=["wide", "tight"])
def test_every_history_keeps_the_pager_right(policy: Policy) -> None:
    """After each step a pager that follows transitions knows what is open; the newest statement of a key decides it."""
    pagers = [Pager()]  # one after each beginning of the current history
    for history, before, transitions, after in _walk(LENGTH, policy, {}, ()):
        del pagers[len(history) :]
        pager = Pager()
        pager.open, pager.opened = dict(pagers[-1].open), set(pagers[-1].opened)
        pager.pages = set(pagers[-1].pages)
        pager.follow(transitions)
        pagers.append(pager)
        assert pager.agrees([line.open for line in after.values() if line.open])
        key = history[-1].dedup_key
        newest = after[key].recent[-1].key
        assert all(statement.key <= newest for statement in before.get(key, Timeline()).recent)
        if newest[3] != 1:  # the newest is not an acknowledgement
            assert (newest[3] == 0) is after[key].is_open


DELIVERIES = [(state, t, pause) for state, t, pause in product((FIRING, SUPPRESSED, RESOLVED), range(2), (0, 2))]


@pytest.mark.parametrize("times", [Times.SINCE, Times.STATED])
@pytest.mark.parametrize("first", range(len(DELIVERIES)))
def test_every_history_of_a_repeating_sender(first: int, times: Times) -> None:
    """A repeat after `settle` is news where times are starts, and old news where each statement has its own."""
    policy = evolve(WIDE, settle=sec(1))

    def walk(timeline: Timeline, known: NaiveSender, clock: int, length: int) -> None:
        for place in range(len(DELIVERIES)) if length else [first]:
            state, t, pause = DELIVERIES[place]
            sent = alert(state, t, received=clock + pause, times=times)
            after, _ = step(timeline, sent, policy)
            model = NaiveSender(policy.settle if times is Times.SINCE else None)
            model.deliveries, model.contradicted = [*known.deliveries], {**known.contradicted}
            model.hear(sent)
            assert [
                (one.opened_at, one.resolved_at, one.state) for one in incidents(after, policy)
            ] == model.incidents()
            if length + 1 < LENGTH:
                walk(after, model, clock + pause, length + 1)

    walk(Timeline(), NaiveSender(policy.settle), 0, 0)

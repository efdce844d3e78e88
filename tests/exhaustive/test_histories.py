"""Every short history there is, not a sample of them.

`ALERTMAP_HISTORY_LENGTH` is the length up to which all histories over 2 keys, 3 states and 3 times are tried.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from itertools import product

import pytest

from alertmap.incidents.model import Policy, Transition
from alertmap.incidents.timeline import Timeline, incidents, step
from alertmap.model import Alert
from histories import ACKNOWLEDGED, FIRING, RESOLVED, WIDE, Pager, alert, bare, naive, sec

LENGTH = int(os.environ.get("ALERTMAP_HISTORY_LENGTH", "3"))

ALERTS = [
    alert(state, t, received=0, dedup_key=key)
    for key, state, t in product("kl", (FIRING, ACKNOWLEDGED, RESOLVED), range(3))
]
TIGHT = Policy(reorder_window=sec(1), max_recent=2, reopen_window=sec(2), retention=timedelta(days=999))

Timelines = dict[str, Timeline]


def _walk(
    length: int, policy: Policy, timelines: Timelines, history: tuple[Alert, ...]
) -> Iterator[tuple[tuple[Alert, ...], Timelines, tuple[Transition, ...], Timelines]]:
    """All histories that begin with this one: the history, the timelines before its last alert, what was told, after.

    A history shares the work of its beginning with all that begin like it.
    """
    for said in ALERTS:
        after, told = step(timelines.get(said.dedup_key, Timeline()), said, policy)
        following = {**timelines, said.dedup_key: after}
        longer = (*history, said)
        yield longer, timelines, told, following
        if len(longer) < length:
            yield from _walk(length, policy, following, longer)


@pytest.mark.parametrize("first", range(len(ALERTS)))
def test_every_history_is_the_naive_model(first: int) -> None:
    """With all remembered, each history ends in the incidents of the sorted set, and a repeat changes nothing."""
    known: dict[tuple[str, frozenset[int]], list[object]] = {}
    start = {ALERTS[first].dedup_key: step(Timeline(), ALERTS[first], WIDE)[0]}
    for history, _, _, after in _walk(LENGTH, WIDE, start, (ALERTS[first],)):
        key = history[-1].dedup_key
        mine = [said for said in history if said.dedup_key == key]
        which = (key, frozenset(map(id, mine)))
        if which not in known:
            known[which] = list(naive(mine))
        assert known[which] == [bare(one) for one in incidents(after[key], WIDE)]
        if len(history) == LENGTH:
            assert all(step(after[key], said, WIDE)[0] == after[key] for said in mine)


@pytest.mark.parametrize("policy", [WIDE, TIGHT], ids=["wide", "tight"])
def test_every_history_keeps_the_pager_right(policy: Policy) -> None:
    """After each step of each history a pager that hears transitions only knows what is open, and one per key is."""
    pagers = [Pager()]  # after each beginning of the history at hand
    for history, before, told, after in _walk(LENGTH, policy, {}, ()):
        del pagers[len(history) :]
        pager = Pager()
        pager.open, pager.opened = dict(pagers[-1].open), set(pagers[-1].opened)
        pager.hear(told)
        pagers.append(pager)
        assert pager.agrees([line.open for line in after.values() if line.open])
        key = history[-1].dedup_key
        newest = after[key].recent[-1].key
        assert all(record.key <= newest for record in before.get(key, Timeline()).recent)
        if newest[3] != 1:  # the newest is no acknowledgement
            assert (newest[3] == 0) is after[key].is_open

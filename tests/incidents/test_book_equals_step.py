"""A book is indistinguishable from `step` and `tick` for each key.

All laws of test_laws.py run on the book as well.
"""

import copy
import json
import pickle
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from unittest.mock import patch

import pytest
from attrs import evolve, fields_dict
from hypothesis import given
from hypothesis import strategies as st

from alertmap.incidents.book import IncidentBook, TooManyOpen
from alertmap.incidents.model import Incident, Policy, Transition, TransitionKind
from alertmap.incidents.snapshot import VERSION, written_timeline
from alertmap.incidents.timeline import NEVER, Timeline, due, incidents, step, tick
from alertmap.model import Alert, Severity
from histories import (
    ACKNOWLEDGED,
    FIRING,
    RESOLVED,
    SUPPRESSED,
    WIDE,
    alert,
    at,
    histories_with_ticks,
    policies,
    sec,
    unreceived_alerts,
)

# --- Random books -----------------------------------------------------------------------------------------------------


class ReferenceBook:
    """Slow book: `step` and `tick` for each key, and a limit for each source."""

    def __init__(self, policies: Mapping[str, Policy], default: Policy) -> None:
        self.policies = policies
        self.default = default
        self.timelines: dict[tuple[str, str], Timeline] = {}

    def policy(self, source: str) -> Policy:
        """Return the policy of a source."""
        return self.policies.get(source, self.default)

    def apply(self, alerts: Iterable[Alert]) -> tuple[Transition, ...]:
        """Apply alerts by `step`."""
        transitions: tuple[Transition, ...] = ()
        for sent in alerts:
            name, policy = (sent.source, sent.dedup_key), self.policy(sent.source)
            before = self.timelines.get(name, Timeline())
            after, more = step(before, sent, policy)
            open_now = sum(line.is_open for line in self.timelines.values() if line.source == sent.source)
            if after.is_open and not before.is_open and open_now >= policy.max_open_per_source:
                raise TooManyOpen("", transitions=transitions)
            self.timelines[name] = after
            transitions += more
        return transitions

    def tick(self, now: datetime) -> tuple[Transition, ...]:
        """Apply `tick` to each key."""
        transitions: tuple[Transition, ...] = ()
        for name, before in list(self.timelines.items()):
            after, more = tick(before, now, self.policy(name[0]))
            transitions += more
            if after:
                self.timelines[name] = after
            else:
                del self.timelines[name]
        return transitions

    def next_due(self) -> datetime | None:
        """Return the earliest time at which a key changes by time alone."""
        times = [due(line, self.policy(line.source)) for line in self.timelines.values()]
        return min((time for time in times if time < NEVER), default=None)

    def snapshot(self) -> dict[str, Any]:
        """Return the snapshot in the form of a book."""
        return {"version": VERSION, "timelines": [written_timeline(line) for line in self.timelines.values()]}

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """All incidents, in the order of a book."""
        lines = self.timelines.values()
        return tuple(one for line in lines for one in incidents(line, self.policy(line.source)))

    @property
    def open(self) -> tuple[Incident, ...]:
        """The open incidents, in the order of a book."""
        return tuple(line.open for line in self.timelines.values() if line.open)


def _result(call: Any, *arguments: Any) -> tuple[bool, tuple[Transition, ...]]:
    try:
        return True, call(*arguments)
    except TooManyOpen as error:
        return False, error.transitions


NAMES = st.sampled_from([("s", "k"), ("s", "l"), ("s", "m"), ("r", "k")])
READS = st.sampled_from(["", "", "", "", "", "timeline", "snapshot", "restart"])


@st.composite
def events_and_reads(draw: st.DrawFn) -> list[tuple[datetime | list[Alert], str]]:
    """Draw batches and ticks, mostly in order, each with the read of the book that follows it."""
    found: list[tuple[datetime | list[Alert], str]] = []
    clock = 0
    for _ in range(draw(st.integers(1, 14))):
        clock += draw(st.sampled_from([0, 1, 1, 2, 7]))
        batch = []
        for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2, 4]))):
            source, key = draw(NAMES)
            sent = draw(unreceived_alerts(timed=False, expiry=draw(st.booleans())))
            when = draw(st.sampled_from(["now", "now", "now", "any", "zone", "unreceived"]))
            received = None if when == "unreceived" else at(clock)
            occurred = sent.occurred_at if when in ("any", "unreceived") else received
            if when == "zone" and occurred:
                occurred = occurred.astimezone(timezone(sec(3600)))
            batch.append(
                evolve(sent, source=source, dedup_key=key, vendor=key, occurred_at=occurred, received_at=received)
            )
            if draw(st.integers(0, 3)) == 0:
                batch.append(evolve(batch[-1], received_at=at(clock + draw(st.integers(0, 1)))))
        found.append((batch or at(clock), draw(READS)))
    return found


@given(events_and_reads(), policies(retention=5), policies(), st.sampled_from([1, 2, 99]))
def test_a_book_equals_its_steps(
    events: list[tuple[datetime | list[Alert], str]], default: Policy, other: Policy, most: int
) -> None:
    """Transitions, incidents, snapshots and limits equal those of `step` and `tick`, with any reads in between."""
    given_policies = {"r": other}
    default = evolve(default, max_open_per_source=most)
    book, reference = IncidentBook(given_policies, default), ReferenceBook(given_policies, default)
    kept: list[tuple[Transition, ...]] = []
    expected: list[tuple[Transition, ...]] = []
    for event, read in events:
        results = [
            _result(one.tick, event) if isinstance(event, datetime) else _result(one.apply, event)
            for one in (book, reference)
        ]
        assert [len(transitions) for _, transitions in results] == [len(results[0][1])] * 2
        assert results[0][0] is results[1][0]
        kept.append(results[0][1])
        expected.append(results[1][1])
        if read == "timeline":
            assert {name: book.timeline(*name) for name in reference.timelines} == reference.timelines
        if read == "snapshot":
            assert book.snapshot() == reference.snapshot()
        if read == "restart":
            book = IncidentBook.restore(json.loads(json.dumps(book.snapshot())), given_policies, default)
        assert len(book) == len(reference.timelines)
        assert book.open == reference.open
    assert kept == expected  # compared at the end: an old transition still has its incident as of then
    assert book.incidents == reference.incidents
    assert book.snapshot() == reference.snapshot()
    assert book.next_due() == reference.next_due()


@given(histories_with_ticks(unreceived=True, forward=False, max_size=20), policies())
def test_a_book_without_reads_equals_its_steps(events: list[Alert | datetime], policy: Policy) -> None:
    """Long histories of one key give equal transitions and an equal snapshot."""
    book, reference = IncidentBook(default=policy), ReferenceBook({}, policy)

    transitions = [book.apply(one) if isinstance(one, Alert) else book.tick(one) for one in events]
    expected = [reference.apply([one]) if isinstance(one, Alert) else reference.tick(one) for one in events]

    assert expected == transitions
    assert book.snapshot() == reference.snapshot()
    assert book.next_due() == reference.next_due()


@given(
    st.lists(
        st.tuples(
            st.sampled_from([FIRING, FIRING, RESOLVED, ACKNOWLEDGED, SUPPRESSED]),
            st.sampled_from([0, 1, 1, 1, 5]),
            st.sampled_from([Severity.CRITICAL, Severity.LOW, None]),
            st.booleans(),
        ),
        max_size=60,
    ),
    policies(retention=4),
)
def test_alerts_in_order_equal_their_steps(sent: list[tuple[Any, int, Any, bool]], policy: Policy) -> None:
    """Long histories in order fold old statements many times, with equal results."""
    book, reference = IncidentBook(default=policy), ReferenceBook({}, policy)
    clock = 0
    for state, pause, severity, no_data in sent:
        clock += pause
        one = alert(state, clock, severity=severity, no_data=no_data)
        assert book.apply(one) == reference.apply([one])
    assert book.snapshot() == reference.snapshot()


# --- Rare cases ------------------------------------------------------------------------------------------------------


def test_a_tick_before_any_deadline_reads_no_key() -> None:
    """Ticks every second do not cost a pass over all keys each time."""
    book = IncidentBook({"e": evolve(WIDE, expire_after=sec(10))}, WIDE)
    book.apply([alert(FIRING, 0, dedup_key=str(n)) for n in range(9)])
    book.apply(alert(FIRING, 0, source="e"))

    with patch.object(IncidentBook, "_timeline", side_effect=AssertionError("read a key")):
        assert not book.tick(at(9))

    assert [one.kind for one in book.tick(at(10))] == [TransitionKind.EXPIRED]
    with patch.object(IncidentBook, "_timeline", side_effect=AssertionError("read a key")):
        assert not book.tick(at(10))


def test_keys_of_many_sources_keep_their_order_of_arrival() -> None:
    """This includes a key that was forgotten and came back."""
    book = IncidentBook(default=evolve(WIDE, retention=sec(5)))
    names = [("s", "k"), ("r", "k"), ("s", "l"), ("q", "k"), ("r", "l")]
    book.apply([alert(FIRING, n, source=source, dedup_key=key) for n, (source, key) in enumerate(names)])
    book.apply([alert(RESOLVED, 5, source="r"), alert(FIRING, 2, source="s")])
    assert [(one.source, one.dedup_key) for one in book.incidents] == names

    book.tick(at(10))
    book.apply(alert(FIRING, 11, source="r"))

    assert [(one.source, one.dedup_key) for one in book.open] == [*names[:1], *names[2:], ("r", "k")]


def test_the_incident_of_a_transition_is_built_on_first_access() -> None:
    """It is built once, survives copies and pickles, and other attribute names stay unknown."""
    (transition,) = IncidentBook().apply(alert(FIRING, 1))

    assert set(fields_dict(Transition)) == {"kind", "incident", "alert", "at", "cause", "was", "was_open"}
    assert pickle.loads(pickle.dumps(transition)) == transition  # noqa: S301 - our own
    assert copy.deepcopy(transition) == copy.copy(transition) == transition == evolve(transition)
    assert transition.incident is transition.incident
    assert transition.incident
    assert transition == Transition(
        kind=transition.kind, incident=transition.incident, alert=transition.alert, at=transition.at
    )
    assert repr(transition.incident) in repr(transition)
    with pytest.raises(AttributeError, match="'Transition' object has no attribute 'incidents'"):
        transition.incidents  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize(
    "history",
    [
        [alert(FIRING, 1, received=10), alert(FIRING, 2, received=5), alert(FIRING, 2, received=7)],
        [alert(FIRING, 1, episode="a"), alert(RESOLVED, None, received=2, episode="b")],
        [alert(FIRING, 1), alert(RESOLVED, 2, received=9), alert(FIRING, 3, received=9)],
    ],
    ids=[
        "repeat received before an older statement",
        "untimed resolve of another episode",
        "resolve received after its time",
    ],
)
def test_rare_histories_equal_their_steps(history: list[Alert]) -> None:
    """Histories that random generation rarely finds give equal results."""
    book, reference = IncidentBook(), ReferenceBook({}, Policy())

    assert book.apply(history) == tuple(reference.apply(history))
    assert book.snapshot() == reference.snapshot()


def test_an_incident_that_was_never_announced() -> None:
    """Only a damaged snapshot has one; the book then gives the transitions of `step`."""
    for last in (alert(FIRING, 2), alert(RESOLVED, 2)):
        intact = IncidentBook()
        intact.apply([alert(FIRING, 1), last])
        data = intact.snapshot()
        for statement in data["timelines"][0]["recent"]:
            statement.pop("announced", None)
        for sent in (alert(FIRING, 3), alert(RESOLVED, 3), alert(last.state, 2, received=3)):
            book = IncidentBook.restore(data)
            timeline, expected = step(book.timeline("s", "k"), sent, Policy())
            assert book.apply(sent) == expected
            assert book.timeline("s", "k") == timeline


def test_a_smaller_memory_applies_after_a_restart() -> None:
    """Statements kept under a wider policy are folded at the next statement, and not before."""
    wide, tight = IncidentBook(default=WIDE), evolve(WIDE, max_recent=2, reorder_window=timedelta(seconds=9))
    wide.apply([alert(FIRING, t) for t in range(9)])
    data = wide.snapshot()
    for sent in (alert(FIRING, 8), alert(FIRING, 8, received=9), alert(FIRING, 9), alert(FIRING, 30)):
        book = IncidentBook.restore(data, default=tight)
        assert book.snapshot() == data
        timeline, expected = step(book.timeline("s", "k"), sent, tight)
        assert book.apply(sent) == expected
        assert book.timeline("s", "k") == timeline

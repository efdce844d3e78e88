"""The book takes what comes in order on a way of its own: nobody can tell it from `step` and `tick`.

All laws of test_incident_laws.py run here once more, with each step and tick done by a book.
"""

import copy
import importlib.util
import json
import pickle
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest
from attrs import evolve, fields_dict
from hypothesis import given
from hypothesis import strategies as st

from alertmap.incidents.book import IncidentBook, TooManyOpen
from alertmap.incidents.model import Incident, Policy, Transition, TransitionKind
from alertmap.incidents.snapshot import VERSION, dump_timeline
from alertmap.incidents.timeline import Timeline, incidents, step, tick
from alertmap.model import Alert, Severity
from histories import ACKNOWLEDGED, FIRING, RESOLVED, SUPPRESSED, WIDE, alert, at, journals, policies, sec, statements

TESTS = Path(__file__).parents[1]


# --- The laws, over the book ------------------------------------------------------------------------------------------


def _holding(timeline: Timeline, policy: Policy) -> IncidentBook:
    """A book that remembers just this."""
    book = IncidentBook(default=policy)
    if timeline:
        book._put(book._entry(timeline), Timeline(), timeline)
    return book


def _book_step(timeline: Timeline, said: Alert, policy: Policy) -> tuple[Timeline, tuple[Transition, ...]]:
    book = _holding(timeline, policy)
    told = book.apply(said)
    return book.timeline(said.source, said.dedup_key), told


def _book_tick(timeline: Timeline, now: datetime, policy: Policy) -> tuple[Timeline, tuple[Transition, ...]]:
    book = _holding(timeline, policy)
    told = book.tick(now)
    return book.timeline(timeline.source, timeline.dedup_key), told


def _copy(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _laws() -> dict[str, Any]:
    """The tests of the laws, for which a book is `step` and `tick`."""
    with patch("alertmap.incidents.timeline.step", _book_step), patch("alertmap.incidents.timeline.tick", _book_tick):
        histories = _copy("histories_over_the_book", TESTS / "histories.py")
        with patch.dict(sys.modules, {"histories": histories}):
            laws = _copy("laws_over_the_book", TESTS / "property" / "test_incident_laws.py")
    return {f"{name}_over_the_book": law for name, law in vars(laws).items() if name.startswith("test_")}


globals().update(_laws())


# --- Whole books ------------------------------------------------------------------------------------------------------


class Steps:
    """What a book is: the pure step and tick for each key, and a limit for each source."""

    def __init__(self, policies: Mapping[str, Policy], default: Policy) -> None:
        self.policies = policies
        self.default = default
        self.timelines: dict[tuple[str, str], Timeline] = {}

    def policy(self, source: str) -> Policy:
        """The policy of a source."""
        return self.policies.get(source, self.default)

    def apply(self, alerts: Iterable[Alert]) -> tuple[Transition, ...]:
        """Step by step."""
        told: tuple[Transition, ...] = ()
        for said in alerts:
            name, policy = (said.source, said.dedup_key), self.policy(said.source)
            before = self.timelines.get(name, Timeline())
            after, more = step(before, said, policy)
            open_now = sum(line.is_open for line in self.timelines.values() if line.source == said.source)
            if after.is_open and not before.is_open and open_now >= policy.max_open_per_source:
                raise TooManyOpen("", transitions=told)
            self.timelines[name] = after
            told += more
        return told

    def tick(self, now: datetime) -> tuple[Transition, ...]:
        """Key by key."""
        told: tuple[Transition, ...] = ()
        for name, before in list(self.timelines.items()):
            after, more = tick(before, now, self.policy(name[0]))
            told += more
            if after:
                self.timelines[name] = after
            else:
                del self.timelines[name]
        return told

    def snapshot(self) -> dict[str, Any]:
        """As a book writes it."""
        return {"version": VERSION, "timelines": [dump_timeline(line) for line in self.timelines.values()]}

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """As a book has them."""
        lines = self.timelines.values()
        return tuple(one for line in lines for one in incidents(line, self.policy(line.source)))

    @property
    def open(self) -> tuple[Incident, ...]:
        """As a book has them."""
        return tuple(line.open for line in self.timelines.values() if line.open)


def _result(call: Any, *arguments: Any) -> tuple[bool, tuple[Transition, ...]]:
    try:
        return True, call(*arguments)
    except TooManyOpen as error:
        return False, error.transitions


NAMES = st.sampled_from([("s", "k"), ("s", "l"), ("s", "m"), ("r", "k")])
LOOK = st.sampled_from(["", "", "", "", "", "timeline", "snapshot", "restart"])


@st.composite
def acts(draw: st.DrawFn) -> list[tuple[datetime | list[Alert], str]]:
    """Batches and ticks, mostly in order, and after which of them somebody looks into the book."""
    found: list[tuple[datetime | list[Alert], str]] = []
    clock = 0
    for _ in range(draw(st.integers(1, 14))):
        clock += draw(st.sampled_from([0, 1, 1, 2, 7]))
        batch = []
        for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2, 4]))):
            source, key = draw(NAMES)
            said = draw(statements(timed=False, expiry=draw(st.booleans())))
            when = draw(st.sampled_from(["now", "now", "now", "any", "zone", "unheard"]))
            received = None if when == "unheard" else at(clock)
            occurred = said.occurred_at if when in ("any", "unheard") else received
            if when == "zone" and occurred:
                occurred = occurred.astimezone(timezone(sec(3600)))
            batch.append(
                evolve(said, source=source, dedup_key=key, vendor=key, occurred_at=occurred, received_at=received)
            )
            if draw(st.integers(0, 3)) == 0:
                batch.append(evolve(batch[-1], received_at=at(clock + draw(st.integers(0, 1)))))
        found.append((batch or at(clock), draw(LOOK)))
    return found


@given(acts(), policies(retention=5), policies(), st.sampled_from([1, 2, 99]))
def test_a_book_is_its_steps(
    doings: list[tuple[datetime | list[Alert], str]], default: Policy, other: Policy, most: int
) -> None:
    """Transitions, incidents, snapshots, limits: as by `step` and `tick`, whoever looks in between."""
    given_policies = {"r": other}
    default = evolve(default, max_open_per_source=most)
    book, steps = IncidentBook(given_policies, default), Steps(given_policies, default)
    kept: list[tuple[Transition, ...]] = []
    expected: list[tuple[Transition, ...]] = []
    for doing, look in doings:
        results = [
            _result(one.tick, doing) if isinstance(doing, datetime) else _result(one.apply, doing)
            for one in (book, steps)
        ]
        assert [len(told) for _, told in results] == [len(results[0][1])] * 2
        assert results[0][0] is results[1][0]
        kept.append(results[0][1])
        expected.append(results[1][1])
        if look == "timeline":
            assert {name: book.timeline(*name) for name in steps.timelines} == steps.timelines
        if look == "snapshot":
            assert book.snapshot() == steps.snapshot()
        if look == "restart":
            book = IncidentBook.restore(json.loads(json.dumps(book.snapshot())), given_policies, default)
        assert len(book) == len(steps.timelines)
        assert book.open == steps.open
    assert kept == expected  # only now: what was told long ago still shows its incident as it was then
    assert book.incidents == steps.incidents
    assert book.snapshot() == steps.snapshot()


@given(journals(unheard=True, forward=False, max_size=20), policies())
def test_a_book_that_nobody_looks_into_is_its_steps(journal: list[Alert | datetime], policy: Policy) -> None:
    """Long histories of one key: the same was told at the end, and the same is remembered."""
    book, steps = IncidentBook(default=policy), Steps({}, policy)

    told = [book.apply(one) if isinstance(one, Alert) else book.tick(one) for one in journal]
    expected = [steps.apply([one]) if isinstance(one, Alert) else steps.tick(one) for one in journal]

    assert expected == told
    assert book.snapshot() == steps.snapshot()


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
def test_what_comes_in_order_is_its_steps(said: list[tuple[Any, int, Any, bool]], policy: Policy) -> None:
    """Long histories in order, with what is too old dropped many times."""
    book, steps = IncidentBook(default=policy), Steps({}, policy)
    clock = 0
    for state, pause, severity, no_data in said:
        clock += pause
        one = alert(state, clock, severity=severity, no_data=no_data)
        assert book.apply(one) == steps.apply([one])
    assert book.snapshot() == steps.snapshot()


# --- The way itself ---------------------------------------------------------------------------------------------------


def test_what_comes_in_order_takes_the_quick_way() -> None:
    """No timeline is made for a new key, a statement in order, a re-send, a resolve, a firing after it."""
    book = IncidentBook()
    given = [
        alert(FIRING, 1),
        alert(FIRING, 1),
        alert(FIRING, 1, received=2),
        alert(FIRING, 3),
        alert(ACKNOWLEDGED, 4),
        alert(SUPPRESSED, 5),
        alert(FIRING, 6, severity=Severity.LOW),
        alert(RESOLVED, 7),
        alert(RESOLVED, 8),
        alert(FIRING, 9),
        alert(FIRING, None, received=10),
    ]

    with patch("alertmap.book.advance", side_effect=AssertionError("the long way")):
        told = book.apply(given)

    assert [one.kind.name for one in told] == [
        "OPENED",
        "IGNORED",
        "DEDUPLICATED",
        "DEDUPLICATED",
        "ACKNOWLEDGED",
        "SUPPRESSED",
        "REOPENED",
        "SEVERITY_CHANGED",
        "RESOLVED",
        "IGNORED",
        "OPENED",
        "DEDUPLICATED",
    ]


def test_a_tick_looks_at_nothing_that_is_not_due() -> None:
    """Whoever ticks every second does not pay for all keys each time."""
    book = IncidentBook({"e": evolve(WIDE, expire_after=sec(10))}, WIDE)
    book.apply([alert(FIRING, 0, dedup_key=str(n)) for n in range(9)])
    book.apply(alert(FIRING, 0, source="e"))

    with patch.object(IncidentBook, "_entries", side_effect=AssertionError("looked")):
        assert not book.tick(at(9))

    assert [one.kind for one in book.tick(at(10))] == [TransitionKind.EXPIRED]
    with patch.object(IncidentBook, "_entries", side_effect=AssertionError("looked")):
        assert not book.tick(at(10))


def test_keys_of_many_sources_stand_in_the_order_in_which_they_came() -> None:
    """Also one that was forgotten and came again, and one that went the long way."""
    book = IncidentBook(default=evolve(WIDE, retention=sec(5)))
    names = [("s", "k"), ("r", "k"), ("s", "l"), ("q", "k"), ("r", "l")]
    book.apply([alert(FIRING, n, source=source, dedup_key=key) for n, (source, key) in enumerate(names)])
    book.apply([alert(RESOLVED, 5, source="r"), alert(FIRING, 2, source="s")])
    assert [(one.source, one.dedup_key) for one in book.incidents] == names

    book.tick(at(10))
    book.apply(alert(FIRING, 11, source="r"))

    assert [(one.source, one.dedup_key) for one in book.open] == [*names[:1], *names[2:], ("r", "k")]


def test_the_incident_of_a_transition_is_made_when_it_is_asked_for() -> None:
    """It has the fields of the class, is made once, can be copied and pickled, and other names stay unknown."""
    (told,) = IncidentBook().apply(alert(FIRING, 1))

    assert set(fields_dict(Transition)) == {"kind", "incident", "alert", "at", "cause", "was"}
    assert pickle.loads(pickle.dumps(told)) == told  # noqa: S301 - our own
    assert copy.deepcopy(told) == copy.copy(told) == told == evolve(told)
    assert told.incident is told.incident
    assert told.incident
    assert told == Transition(kind=told.kind, incident=told.incident, alert=told.alert, at=told.at)
    assert repr(told.incident) in repr(told)
    with pytest.raises(AttributeError, match="'Transition' object has no attribute 'incidents'"):
        told.incidents  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize(
    "history",
    [
        [alert(FIRING, 1, received=10), alert(FIRING, 2, received=5), alert(FIRING, 2, received=7)],
        [alert(FIRING, 1, episode="a"), alert(RESOLVED, None, received=2, episode="b")],
    ],
    ids=["again, and others were heard later", "a resolve without a time, of another episode"],
)
def test_rare_histories_are_their_steps(history: list[Alert]) -> None:
    """What hardly any random history holds."""
    book, steps = IncidentBook(), Steps({}, Policy())

    assert book.apply(history) == tuple(steps.apply(history))
    assert book.snapshot() == steps.snapshot()


def test_an_incident_that_nobody_was_told_of_takes_the_long_way() -> None:
    """Only a damaged snapshot has one: what is told of it is what `step` tells."""
    for last in (alert(FIRING, 2), alert(RESOLVED, 2)):
        whole = IncidentBook()
        whole.apply([alert(FIRING, 1), last])
        data = whole.snapshot()
        for record in data["timelines"][0]["recent"]:
            record.pop("marked", None)
        for said in (alert(FIRING, 3), alert(RESOLVED, 3), alert(last.state, 2, received=3)):
            book = IncidentBook.restore(data)
            timeline, expected = step(book.timeline("s", "k"), said, Policy())
            assert book.apply(said) == expected
            assert book.timeline("s", "k") == timeline


def test_a_policy_with_less_memory_is_kept_to_after_a_restart() -> None:
    """What was remembered under a wider policy is dropped when the next statement comes, and not before."""
    wide, tight = IncidentBook(default=WIDE), evolve(WIDE, max_recent=2, reorder_window=timedelta(seconds=9))
    wide.apply([alert(FIRING, t) for t in range(9)])
    data = wide.snapshot()
    for said in (alert(FIRING, 8), alert(FIRING, 8, received=9), alert(FIRING, 9), alert(FIRING, 30)):
        book = IncidentBook.restore(data, default=tight)
        assert book.snapshot() == data
        timeline, expected = step(book.timeline("s", "k"), said, tight)
        assert book.apply(said) == expected
        assert book.timeline("s", "k") == timeline

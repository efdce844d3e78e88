"""Groups of incidents: what stands together, until when, and what is told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from alertmap.errors import ConfigurationError
from alertmap.incidents.book import IncidentBook
from alertmap.incidents.grouping import GroupBook, GroupChange, GroupChangeKind, Grouping, by_key, by_source
from alertmap.incidents.model import Incident, Policy
from alertmap.model import Alert, Severity, State
from histories import ACKNOWLEDGED, FIRING, RESOLVED, T0, WIDE, alert, histories, policies, sec

OPENED, CHANGED, RESOLVED_ALL = GroupChangeKind
BY_SOURCE = Grouping(by=by_source)


def changes(grouping: Grouping, *alerts: Alert) -> list[tuple[GroupChangeKind, str]]:
    """What is told of groups: kinds, and the keys of what is open in them."""
    told = GroupBook(grouping).apply(IncidentBook(default=WIDE).apply(alerts))
    return [(one.kind, "".join(each.dedup_key for each in one.group.incidents)) for one in told]


def said(key: str, state: State, t: float, **given: Any) -> Alert:
    """An alert of a key."""
    return alert(state, t, dedup_key=key, **given)


def test_by_key_every_key_has_its_group() -> None:
    """Without any grouping an incident stands alone, and the next of its key has the same group."""
    book, groups = IncidentBook(default=WIDE), GroupBook()
    told = groups.apply(book.apply([said("a", FIRING, 1), said("b", FIRING, 2), said("a", RESOLVED, 3)]))
    again = groups.apply(book.apply(said("a", FIRING, 4)))

    assert [one.kind for one in told] == [OPENED, OPENED, RESOLVED_ALL]
    assert [(OPENED, told[0].group.id)] == [(one.kind, one.group.id) for one in again]
    assert len({one.id for one in groups.open}) == 2
    assert all(len(one.id) == 32 for one in groups.open)


def test_a_source_is_one_group() -> None:
    """All of a source: opened by the first, changed by the others, resolved with the last."""
    assert changes(
        BY_SOURCE,
        said("a", FIRING, 1),
        said("b", FIRING, 2),
        said("c", FIRING, 2, source="other"),
        said("b", FIRING, 2),
        said("a", RESOLVED, 3),
        said("b", RESOLVED, 4),
    ) == [(OPENED, "a"), (CHANGED, "ab"), (OPENED, "c"), (CHANGED, "b"), (RESOLVED_ALL, "")]


def test_a_window_is_counted_from_1970() -> None:
    """What opened in the same ten seconds of the clock stands together, whatever came first."""
    grouping = Grouping(by=by_source, window=sec(10))  # the tests' time 0 is a multiple of it

    assert changes(grouping, said("a", FIRING, 9), said("b", FIRING, 10), said("c", FIRING, 19)) == [
        (OPENED, "a"),
        (OPENED, "b"),
        (CHANGED, "bc"),
    ]


def test_an_opening_that_moves_back_changes_the_window() -> None:
    """A late firing that moves an incident into an earlier window moves it into that group."""
    grouping = Grouping(by=by_source, window=sec(10))

    assert changes(
        grouping, said("a", FIRING, 3), said("b", FIRING, 12), said("c", FIRING, 13), said("b", FIRING, 9)
    ) == [
        (OPENED, "a"),
        (OPENED, "b"),
        (CHANGED, "bc"),
        (CHANGED, "c"),
        (CHANGED, "ab"),
    ]


def test_until_acknowledged_the_next_begins_another() -> None:
    """Once one of a group is acknowledged it takes no more, but still follows those that it has."""
    alerts = [said("a", FIRING, 1), said("b", FIRING, 2), said("b", ACKNOWLEDGED, 3), said("c", FIRING, 4)]
    alerts += [said("a", ACKNOWLEDGED, 5), said("d", FIRING, 6), said("b", RESOLVED, 7), said("a", RESOLVED, 8)]

    assert changes(Grouping(by=by_source, until=ACKNOWLEDGED), *alerts) == [
        (OPENED, "a"),
        (CHANGED, "ab"),
        (CHANGED, "ab"),
        (OPENED, "c"),
        (CHANGED, "ab"),
        (CHANGED, "cd"),
        (CHANGED, "a"),
        (RESOLVED_ALL, ""),
    ]


def test_until_resolved_the_next_begins_another() -> None:
    """A group takes what opens while one of it is open; after that there is a new group with a new id."""
    book, groups = IncidentBook(default=WIDE), GroupBook(Grouping(by=by_source, until=RESOLVED))
    alerts = [said("a", FIRING, 1), said("b", FIRING, 2), said("a", RESOLVED, 3), said("b", RESOLVED, 4)]

    told = groups.apply(book.apply([*alerts, said("a", FIRING, 5)]))

    assert [one.kind for one in told] == [OPENED, CHANGED, CHANGED, RESOLVED_ALL, OPENED]
    assert [1 + (one.group.id != told[0].group.id) for one in told] == [1, 1, 1, 1, 2]


def test_a_function_says_what_belongs_together() -> None:
    """Any function of an incident names its group; a name that changes moves it."""

    def by_severity(incident: Incident) -> str:
        return str(incident.severity)

    low = {"severity": Severity.LOW}
    assert changes(
        Grouping(by=by_severity), said("a", FIRING, 1), said("b", FIRING, 1, **low), said("a", FIRING, 2, **low)
    ) == [(OPENED, "a"), (OPENED, "b"), (RESOLVED_ALL, ""), (CHANGED, "ba")]


def test_a_group_tells_its_worst() -> None:
    """A group has the severity of its worst open incident, and can be asked for by incident."""
    book, groups = IncidentBook(default=WIDE), GroupBook(BY_SOURCE)
    groups.apply(book.apply([said("a", FIRING, 1, severity=Severity.LOW), said("b", FIRING, 1, severity=None)]))
    assert [one.severity for one in groups.open] == [Severity.LOW]
    groups.apply(book.apply(said("c", FIRING, 1)))

    assert [one.severity for one in groups.open] == [Severity.HIGH]
    assert [groups.group_of(one.id) for one in book.open] == [*groups.open] * 3
    assert groups.group_of("nothing") is None


def test_one_transition_may_come_alone() -> None:
    """`apply` takes a transition as well as many, and passes over what was ignored."""
    book, groups = IncidentBook(default=WIDE), GroupBook()
    (told,) = book.apply(said("a", FIRING, 1))
    (ignored,) = book.apply(said("a", FIRING, 1))

    assert [one.kind for one in groups.apply(told)] == [OPENED]
    assert groups.apply(ignored) == ()
    assert groups.apply(told) == ()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Grouping(by="key"), "by must be a function"),  # type: ignore[arg-type]
        (lambda: Grouping(window=timedelta()), "window must be None or a timedelta above zero"),
        (lambda: Grouping(window=60), "window must be None or a timedelta above zero"),  # type: ignore[arg-type]
        (lambda: Grouping(until=FIRING), "until must be None"),
        (lambda: Grouping(until=RESOLVED, window=sec(1)), "not both"),
        (lambda: GroupBook(5), "a Grouping is wanted, got int"),  # type: ignore[arg-type]
        (lambda: GroupBook().apply(["x"]), "a Transition is wanted, got str"),  # type: ignore[list-item]
        (lambda: GroupBook().apply(5), "a Transition or an iterable of them is wanted, got int"),  # type: ignore[arg-type]
        (lambda: changes(Grouping(by=lambda _: 5), said("a", FIRING, 1)), "by must give text, got int"),  # type: ignore[arg-type,return-value]
    ],
)
def test_wrong_arguments_say_what_is_wanted(call: Callable[[], object], message: str) -> None:
    """Nothing but this library's errors leaves a public function."""
    with pytest.raises(ConfigurationError, match=message):
        call()


GROUPINGS = st.builds(
    Grouping, by=st.sampled_from([by_key, by_source]), window=st.sampled_from([None, sec(2)])
) | st.builds(Grouping, by=st.sampled_from([by_key, by_source]), until=st.sampled_from([ACKNOWLEDGED, RESOLVED]))


@given(histories(unheard=True, forward=False), st.data(), policies(), GROUPINGS)
def test_groups_hold_what_is_open_and_nothing_else(
    history: list[Alert], data: st.DataObject, policy: Policy, grouping: Grouping
) -> None:
    """After every step each open incident stands in one group as it is, and who hears changes only knows all groups."""
    book, groups = IncidentBook(default=policy), GroupBook(grouping)
    known: dict[str, GroupChange] = {}
    for one in [*history, None]:
        key = data.draw(st.sampled_from("ab"))
        told = book.tick(T0 + timedelta(days=2)) if one is None else book.apply(evolve(one, dedup_key=key))
        for change in groups.apply(told):
            assert (change.kind is OPENED) is (change.group.id not in known)
            known[change.group.id] = change
            if change.kind is RESOLVED_ALL:
                del known[change.group.id]
        standing = [incident for group in groups.open for incident in group.incidents]
        assert sorted(standing, key=lambda incident: incident.id) == sorted(book.open, key=lambda incident: incident.id)
        assert [*groups.open] == [change.group for change in known.values()]


@given(histories(timed=True, expiry=False, forward=False), st.data(), st.sampled_from([None, sec(2), sec(3600)]))
def test_windows_do_not_depend_on_the_order_of_arrival(
    history: list[Alert], data: st.DataObject, window: timedelta | None
) -> None:
    """The same alerts in another order end in the same groups, where neither side looks at what came first."""
    named = [evolve(one, dedup_key=data.draw(st.sampled_from("ab"))) for one in history]

    def groups(alerts: list[Alert]) -> set[tuple[str, frozenset[str]]]:
        book = GroupBook(Grouping(by=by_source, window=window))
        book.apply(IncidentBook(default=WIDE).apply(alerts))
        return {(one.id, frozenset(each.dedup_key for each in one.incidents)) for one in book.open}

    assert groups(named) == groups(data.draw(st.permutations(named)))

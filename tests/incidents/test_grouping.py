"""Grouping of incidents: members, limits and changes of groups."""

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
    """Return the kind of each change, and the keys of the open incidents of its group."""
    found = GroupBook(grouping).apply(IncidentBook(default=WIDE).apply(alerts))
    return [(one.kind, "".join(each.dedup_key for each in one.group.incidents)) for one in found]


def of_key(key: str, state: State, t: float, **given: Any) -> Alert:
    """Return an alert of a key."""
    return alert(state, t, dedup_key=key, **given)


def test_by_default_each_key_has_its_own_group() -> None:
    """Incidents of different keys are separate, and the next incident of a key has the same group."""
    book, groups = IncidentBook(default=WIDE), GroupBook()
    found = groups.apply(book.apply([of_key("a", FIRING, 1), of_key("b", FIRING, 2), of_key("a", RESOLVED, 3)]))
    again = groups.apply(book.apply(of_key("a", FIRING, 4)))

    assert [one.kind for one in found] == [OPENED, OPENED, RESOLVED_ALL]
    assert [(OPENED, found[0].group.id)] == [(one.kind, one.group.id) for one in again]
    assert len({one.id for one in groups.open}) == 2
    assert all(len(one.id) == 32 for one in groups.open)


def test_by_source_all_incidents_share_a_group() -> None:
    """The first incident opens the group, others change it, and the end of the last resolves it."""
    assert changes(
        BY_SOURCE,
        of_key("a", FIRING, 1),
        of_key("b", FIRING, 2),
        of_key("c", FIRING, 2, source="other"),
        of_key("b", FIRING, 2),
        of_key("a", RESOLVED, 3),
        of_key("b", RESOLVED, 4),
    ) == [(OPENED, "a"), (CHANGED, "ab"), (OPENED, "c"), (CHANGED, "b"), (RESOLVED_ALL, "")]


def test_a_window_is_counted_from_1970() -> None:
    """Incidents that open in the same ten seconds of the clock share a group, whichever came first."""
    grouping = Grouping(by=by_source, window=sec(10))  # the tests' time 0 is a multiple of it

    assert changes(grouping, of_key("a", FIRING, 9), of_key("b", FIRING, 10), of_key("c", FIRING, 19)) == [
        (OPENED, "a"),
        (OPENED, "b"),
        (CHANGED, "bc"),
    ]


def test_a_window_from_the_first_incident() -> None:
    """A group accepts what opens less than the window after its first incident, then the next one starts another."""
    grouping = Grouping(by=by_source, window=sec(10), from_first=True)

    assert changes(
        grouping,
        of_key("a", FIRING, 7),
        of_key("b", FIRING, 16),
        of_key("c", FIRING, 17),
        of_key("d", FIRING, 26),
        of_key("b", RESOLVED, 26.5),
        of_key("e", FIRING, 27),
    ) == [(OPENED, "a"), (CHANGED, "ab"), (OPENED, "c"), (CHANGED, "cd"), (CHANGED, "a"), (OPENED, "e")]


def test_the_first_incident_counts_as_it_arrived() -> None:
    """An earlier incident that comes late joins, and neither it nor an opening that moves back moves the window."""
    grouping = Grouping(by=by_source, window=sec(10), from_first=True)

    assert changes(
        grouping,
        of_key("a", FIRING, 20),
        of_key("b", FIRING, 5),
        of_key("a", FIRING, 4),
        of_key("c", FIRING, 29),
        of_key("d", FIRING, 30),
    ) == [(OPENED, "a"), (CHANGED, "ab"), (CHANGED, "ab"), (CHANGED, "abc"), (OPENED, "d")]


def test_a_window_from_the_first_incident_ends_with_its_group() -> None:
    """When a group is resolved, the next incident starts another, which has its own window and id."""
    book, groups = IncidentBook(default=WIDE), GroupBook(Grouping(by=by_source, window=sec(10), from_first=True))
    alerts = [of_key("a", FIRING, 1), of_key("a", RESOLVED, 3), of_key("b", FIRING, 4), of_key("c", FIRING, 13)]

    found = groups.apply(book.apply(alerts))

    assert [one.kind for one in found] == [OPENED, RESOLVED_ALL, OPENED, CHANGED]
    assert found[0].group.id == found[1].group.id != found[2].group.id == found[3].group.id


def test_an_opening_that_moves_back_changes_the_window() -> None:
    """A late firing that moves an incident into an earlier window moves it into that group."""
    grouping = Grouping(by=by_source, window=sec(10))

    assert changes(
        grouping, of_key("a", FIRING, 3), of_key("b", FIRING, 12), of_key("c", FIRING, 13), of_key("b", FIRING, 9)
    ) == [
        (OPENED, "a"),
        (OPENED, "b"),
        (CHANGED, "bc"),
        (CHANGED, "c"),
        (CHANGED, "ab"),
    ]


def test_until_acknowledged() -> None:
    """After an acknowledgement a group accepts no new incident, but still follows its own."""
    alerts = [of_key("a", FIRING, 1), of_key("b", FIRING, 2), of_key("b", ACKNOWLEDGED, 3), of_key("c", FIRING, 4)]
    alerts += [of_key("a", ACKNOWLEDGED, 5), of_key("d", FIRING, 6), of_key("b", RESOLVED, 7), of_key("a", RESOLVED, 8)]

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


def test_until_resolved() -> None:
    """A group accepts incidents while one of its own is open; after that a new group has a new id."""
    book, groups = IncidentBook(default=WIDE), GroupBook(Grouping(by=by_source, until=RESOLVED))
    alerts = [of_key("a", FIRING, 1), of_key("b", FIRING, 2), of_key("a", RESOLVED, 3), of_key("b", RESOLVED, 4)]

    found = groups.apply(book.apply([*alerts, of_key("a", FIRING, 5)]))

    assert [one.kind for one in found] == [OPENED, CHANGED, CHANGED, RESOLVED_ALL, OPENED]
    assert [1 + (one.group.id != found[0].group.id) for one in found] == [1, 1, 1, 1, 2]


def test_grouping_by_any_function() -> None:
    """A function of the incident returns the name of its group; a changed name moves the incident."""

    def by_severity(incident: Incident) -> str:
        return str(incident.severity)

    low = {"severity": Severity.LOW}
    assert changes(
        Grouping(by=by_severity), of_key("a", FIRING, 1), of_key("b", FIRING, 1, **low), of_key("a", FIRING, 2, **low)
    ) == [(OPENED, "a"), (OPENED, "b"), (RESOLVED_ALL, ""), (CHANGED, "ba")]


def test_a_group_has_the_worst_severity() -> None:
    """A group has the severity of its worst open incident, and is found by the id of an incident."""
    book, groups = IncidentBook(default=WIDE), GroupBook(BY_SOURCE)
    groups.apply(book.apply([of_key("a", FIRING, 1, severity=Severity.LOW), of_key("b", FIRING, 1, severity=None)]))
    assert [one.severity for one in groups.open] == [Severity.LOW]
    groups.apply(book.apply(of_key("c", FIRING, 1)))

    assert [one.severity for one in groups.open] == [Severity.HIGH]
    assert [groups.group_of(one.id) for one in book.open] == [*groups.open] * 3
    assert groups.group_of("nothing") is None


def test_one_transition_may_come_alone() -> None:
    """`apply` takes one transition or many, and skips ignored ones."""
    book, groups = IncidentBook(default=WIDE), GroupBook()
    (transition,) = book.apply(of_key("a", FIRING, 1))
    (ignored,) = book.apply(of_key("a", FIRING, 1))

    assert [one.kind for one in groups.apply(transition)] == [OPENED]
    assert groups.apply(ignored) == ()
    assert groups.apply(transition) == ()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Grouping(by="key"), "by must be a function"),
        (lambda: Grouping(window=timedelta()), "window must be None or a timedelta above zero"),
        (lambda: Grouping(window=60), "window must be None or a timedelta above zero"),  # type: ignore[arg-type]
        (lambda: Grouping(window=sec(1), from_first=1), "from_first must be a bool, got 1"),  # type: ignore[arg-type]
        (lambda: Grouping(from_first=True), "from_first needs a window"),
        (lambda: Grouping(until=FIRING), "until must be None"),
        (lambda: Grouping(until=RESOLVED, window=sec(1)), "window and until exclude each other"),
        (lambda: GroupBook(5), "expected Grouping, got int"),  # type: ignore[arg-type]
        (lambda: GroupBook().apply(["x"]), "expected Transition, got str"),  # type: ignore[list-item]
        (lambda: GroupBook().apply(5), "expected Transition or an iterable of them, got int"),  # type: ignore[arg-type]
        (lambda: changes(Grouping(by=lambda _: 5), of_key("a", FIRING, 1)), "by must return text, got int"),  # type: ignore[arg-type,return-value]
    ],
)
def test_wrong_arguments_are_errors(call: Callable[[], object], message: str) -> None:
    """Public functions raise only this library's errors, which name the expected type."""
    with pytest.raises(ConfigurationError, match=message):
        call()


BY = st.sampled_from([by_key, by_source])
GROUPINGS = (
    st.builds(Grouping, by=BY, window=st.sampled_from([None, sec(2)]))
    | st.builds(Grouping, by=BY, window=st.sampled_from([sec(2), timedelta.max]), from_first=st.just(value=True))
    | st.builds(Grouping, by=BY, until=st.sampled_from([ACKNOWLEDGED, RESOLVED]))
)


@given(histories(unreceived=True, forward=False), st.data(), policies(), GROUPINGS)
def test_groups_contain_exactly_the_open_incidents(
    history: list[Alert], data: st.DataObject, policy: Policy, grouping: Grouping
) -> None:
    """After every step each open incident is in exactly one group, and the changes alone describe all groups."""
    book, groups = IncidentBook(default=policy), GroupBook(grouping)
    known: dict[str, GroupChange] = {}
    for one in [*history, None]:
        key = data.draw(st.sampled_from("ab"))
        transitions = book.tick(T0 + timedelta(days=2)) if one is None else book.apply(evolve(one, dedup_key=key))
        for change in groups.apply(transitions):
            assert (change.kind is OPENED) is (change.group.id not in known)
            known[change.group.id] = change
            if change.kind is RESOLVED_ALL:
                del known[change.group.id]
        grouped = [incident for group in groups.open for incident in group.incidents]
        assert sorted(grouped, key=lambda incident: incident.id) == sorted(book.open, key=lambda incident: incident.id)
        assert [*groups.open] == [change.group for change in known.values()]


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abc"), st.booleans()), max_size=20))
def test_windows_from_the_first_incident_against_a_naive_model(sent: list[tuple[int, str, bool]]) -> None:
    """With alerts in order, an incident joins the group that began less than a window before, if that is still open."""
    book, groups = IncidentBook(default=WIDE), GroupBook(Grouping(by=by_source, window=sec(5), from_first=True))
    expected: list[tuple[int, set[str]]] = []
    clock = 0
    for pause, key, fires in sent:
        clock += pause + 1
        groups.apply(book.apply(of_key(key, FIRING if fires else RESOLVED, clock)))
        known = any(key in members for _, members in expected)
        if fires and not known and expected and clock < expected[-1][0] + 5:
            expected[-1][1].add(key)
        elif fires and not known:
            expected.append((clock, {key}))
        for _, members in expected:
            members.difference_update(set() if fires else {key})
        expected = [group for group in expected if group[1]]
        assert [members for _, members in expected] == [{one.dedup_key for one in it.incidents} for it in groups.open]
        assert groups._latest.keys() == groups._ends.keys()
        assert len(groups._ends) <= len(expected)


@given(histories(timed=True, expiry=False, forward=False), st.data(), st.sampled_from([None, sec(2), sec(3600)]))
def test_windows_do_not_depend_on_the_order_of_arrival(
    history: list[Alert], data: st.DataObject, window: timedelta | None
) -> None:
    """Alerts in another order end in the same groups, unless `until` is used."""
    named = [evolve(one, dedup_key=data.draw(st.sampled_from("ab"))) for one in history]

    def groups(alerts: list[Alert]) -> set[tuple[str, frozenset[str]]]:
        book = GroupBook(Grouping(by=by_source, window=window))
        book.apply(IncidentBook(default=WIDE).apply(alerts))
        return {(one.id, frozenset(each.dedup_key for each in one.incidents)) for one in book.open}

    assert groups(named) == groups(data.draw(st.permutations(named)))

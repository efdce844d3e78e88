"""Labels, links, resource and message of an incident; opening and closing; the state of one key."""

import json
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given

from alertmap.errors import ConfigurationError
from alertmap.incidents.book import IncidentBook
from alertmap.incidents.grouping import GroupBook, Grouping
from alertmap.incidents.model import Cause, Policy, Transition, TransitionKind
from alertmap.incidents.snapshot import dump_timeline, load_timeline
from alertmap.incidents.timeline import Timeline, step
from alertmap.model import Alert
from histories import ACKNOWLEDGED, FIRING, RESOLVED, SUPPRESSED, WIDE, alert, at, histories, policies, sec

LINK = {"runbook": "https://x.test/disk"}


def test_an_incident_has_the_details_of_the_newest_alert_that_kept_it_open() -> None:
    """A recovery, and an alert without any, keep those of before; what arrives late does not replace newer ones."""
    book = IncidentBook()
    book.apply(alert(FIRING, 1, message="one", resource="db-1", labels={"team": "db"}, links=LINK))
    book.apply(alert(FIRING, 5, message="five", labels={"team": "web"}))
    book.apply(alert(FIRING, 3, received=6, message="late", labels={"team": "net"}))
    book.apply([alert(ACKNOWLEDGED, 7), alert(RESOLVED, 8, message="it is over", labels={"team": "none"})])
    [incident] = book.incidents
    assert (incident.message, incident.labels, incident.resource, incident.links) == ("five", {"team": "web"}, "", {})
    assert incident.resolved_at == at(8)


def test_of_two_deliveries_of_a_statement_the_last_received_counts() -> None:
    """Whatever arrives first."""
    one, other = alert(FIRING, 1, received=2, message="z"), alert(FIRING, 1, received=9, message="a")
    for order in ([one, other], [other, one]):
        book = IncidentBook()
        book.apply(order)
        assert [incident.message for incident in book.open] == ["a"]


def test_details_are_bounded() -> None:
    """Long texts are cut, labels and links are kept in their order while they fit, and none of them is cut."""
    labels = {"team": "db", "long": "x" * 5_000, **{f"n{n}": "v" * 90 for n in range(100)}}
    book = IncidentBook()
    book.apply(alert(FIRING, 1, message="m" * 40_000, resource="r" * 40_000, labels=labels, links={"a": "h" * 9_000}))
    [incident] = book.open
    assert (len(incident.message), len(incident.resource), incident.links) == (1_000, 1_000, {})
    assert incident.labels.items() <= labels.items()
    assert "team" in incident.labels
    assert 3_900 < sum(len(name) + len(text) for name, text in incident.labels.items()) <= 4_096
    assert hash(incident) == hash(evolve(incident))


def test_details_that_are_no_text_are_left_out() -> None:
    """An alert that `parse` did not make may hold anything as a label; another type of table is an error."""
    book = IncidentBook()
    wrong: dict[Any, Any] = {"team": "db", "n": 5, 6: "x", "list": ["a"]}
    book.apply(alert(FIRING, 1, labels=wrong))
    assert [incident.labels for incident in book.open] == [{"team": "db"}]
    with pytest.raises(ConfigurationError, match="alert: labels must be Mapping, got list"):
        book.apply(alert(FIRING, 2, labels=["team"]))


def test_incidents_are_grouped_by_labels() -> None:
    """Incidents with the same values share a group, over sources and keys; a missing label counts as empty."""
    book, groups = IncidentBook(), GroupBook(Grouping(by=("team", "cluster")))

    def opened(key: str, **labels: str) -> None:
        groups.apply(book.apply(alert(FIRING, 1, source=key, dedup_key=key, labels=labels)))

    opened("a", team="db", cluster="x", host="1")
    opened("b", cluster="x", host="2", team="db")
    opened("c", team="db")
    opened("d", team="db", cluster="")
    opened("e")
    assert [[one.dedup_key for one in group.incidents] for group in groups.open] == [["a", "b"], ["c", "d"], ["e"]]


@pytest.mark.parametrize("by", [(), ("",), (5,), 5, "team", None])
def test_labels_to_group_by_are_checked(by: Any) -> None:
    """One text is a common slip for a tuple of one."""
    with pytest.raises(ConfigurationError, match="by must be a function of an incident or a tuple of label names"):
        Grouping(by=by)


# --- Opening and closing ----------------------------------------------------------------------------------------------


def steps(*alerts: Alert, policy: Policy = WIDE) -> list[tuple[TransitionKind, Cause, bool, bool]]:
    """Return kind, cause, `opens` and `closes` of the transitions of the last alert."""
    book = IncidentBook(default=policy)
    found: tuple[Transition, ...] = ()
    for one in alerts:
        found = book.apply(one)
    return [(one.kind, one.cause, one.opens is not None, one.closes is not None) for one in found]


K = TransitionKind


@pytest.mark.parametrize(
    ("alerts", "expected"),
    [
        ([alert(FIRING, 1)], [(K.OPENED, Cause.NONE, True, False)]),
        ([alert(FIRING, 1), alert(FIRING, 2)], [(K.DEDUPLICATED, Cause.NONE, False, False)]),
        ([alert(FIRING, 1), alert(RESOLVED, 2)], [(K.RESOLVED, Cause.NONE, False, True)]),
        ([alert(RESOLVED, 2)], [(K.IGNORED, Cause.NOTHING_OPEN, False, False)]),
        # it was over before anybody knew of it
        ([alert(RESOLVED, 2), alert(FIRING, 1, received=3)], [(K.RESOLVED, Cause.UNANNOUNCED, False, False)]),
        (
            [alert(FIRING, 1), alert(RESOLVED, 5), alert(RESOLVED, 3, received=6)],
            [(K.RESOLVED, Cause.CORRECTED, False, False)],
        ),
        ([alert(FIRING, 1), alert(SUPPRESSED, 2)], [(K.SUPPRESSED, Cause.NONE, False, False)]),
        (
            [alert(FIRING, 1), alert(SUPPRESSED, 2), alert(FIRING, 3)],
            [(K.REOPENED, Cause.UNSUPPRESSED, False, False)],
        ),
        (
            [alert(FIRING, 1), alert(RESOLVED, 2), alert(FIRING, 1, received=100)],
            [(K.REOPENED, Cause.STILL_FIRING, True, False)],
        ),
        (
            [alert(FIRING, 1, episode="a"), alert(FIRING, 500, started_at=500, episode="b")],
            [(K.EXPIRED, Cause.SUPERSEDED, False, True), (K.OPENED, Cause.NONE, True, False)],
        ),
    ],
)
def test_what_a_pager_must_do(alerts: list[Alert], expected: list[Any]) -> None:
    """Only what begins to be open opens, and only what was open closes."""
    assert steps(*alerts, policy=evolve(WIDE, settle=sec(60))) == expected


def test_an_incident_that_merges_closes_only_if_it_was_open() -> None:
    """A firing that arrives before the opening of two incidents may make one of them."""
    book = IncidentBook()
    book.apply([alert(FIRING, 5), alert(RESOLVED, 6), alert(FIRING, 8)])
    merged = [one for one in book.apply(alert(ACKNOWLEDGED, 6.5, received=9)) if one.cause is Cause.MERGED]
    assert all((one.closes is not None) is one.was_open for one in merged)


def test_an_expiry_closes() -> None:
    """The deadline that passed closes what it ends, with the details that a page needs."""
    book = IncidentBook(default=Policy(expire_after=timedelta(minutes=5)))
    book.apply(alert(FIRING, 1, labels={"team": "db"}))
    [expired] = book.tick(at(1_000))
    assert expired.closes is not None
    assert (expired.alert, expired.closes.labels) == (None, {"team": "db"})


# --- The state of one key ---------------------------------------------------------------------------------------------


def test_only_changed_keys_are_returned() -> None:
    """The first call has all keys, later ones those that changed; a forgotten key has no state."""
    policy = Policy(retention=timedelta(hours=1))
    book = IncidentBook(default=policy)
    book.apply([alert(FIRING, 1, dedup_key="a"), alert(RESOLVED, 1, dedup_key="b"), alert(FIRING, 1, dedup_key="c")])
    assert set(book.changed()) == {("s", "a"), ("s", "b"), ("s", "c")}
    assert book.changed() == {}
    book.apply([alert(RESOLVED, 2, dedup_key="a"), alert(FIRING, 1, dedup_key="c")])
    changed = book.changed()
    assert set(changed) == {("s", "a")}  # the same delivery once more changes nothing
    book.tick(at(7_200))
    assert book.changed() == {("s", "a"): None, ("s", "b"): None}


def test_keys_that_are_forgotten_early_are_changed() -> None:
    """A store must delete them, too."""
    book = IncidentBook(default=Policy(max_keys_per_source=1))
    book.apply(alert(RESOLVED, 1, dedup_key="a"))
    book.changed()
    book.apply(alert(RESOLVED, 2, dedup_key="b"))
    changed = book.changed()
    assert set(changed) == {("s", "a"), ("s", "b")}
    assert changed["s", "a"] is None


@given(histories(unreceived=True, forward=False), policies())
def test_a_store_of_changed_states_is_a_snapshot(history: list[Alert], policy: Policy) -> None:
    """A book that is loaded from a store that took only what changed is the book itself."""
    book, store = IncidentBook(default=policy), dict[tuple[str, str], str]()
    for place, one in enumerate(history):
        book.apply(evolve(one, dedup_key=f"k{place % 2}"))
        for name, state in book.changed().items():
            if state is None:
                del store[name]
            else:
                store[name] = json.dumps(state)
    again = IncidentBook.load(map(json.loads, store.values()), default=policy)
    assert {name: again.timeline(*name) for name in store} == {name: book.timeline(*name) for name in store}
    assert len(again) == len(book) == len(store)
    assert again.changed() == {}


def test_the_state_of_a_key_is_dumped_and_loaded() -> None:
    """For those who keep a timeline in a store of their own."""
    timeline, _ = step(Timeline(), alert(FIRING, 1, labels={"team": "db"}), WIDE)
    state = json.loads(json.dumps(dump_timeline(timeline)))
    assert load_timeline(state, WIDE) == timeline
    damaged: list[Any] = [[], {}, {**state, "version": 99}, {**state, "odd": 1}, {"version": 4}]
    for wrong in damaged:
        with pytest.raises(ConfigurationError):
            load_timeline(wrong, WIDE)
    with pytest.raises(ConfigurationError, match="expected Policy, got function"):
        load_timeline(state, lambda _: WIDE)  # type: ignore[arg-type]
    unknown: list[Any] = [Timeline(), {}]
    for one in unknown:
        with pytest.raises(ConfigurationError, match="expected the Timeline of a known key"):
            dump_timeline(one)
    with pytest.raises(ConfigurationError, match="same source and dedup key"):
        IncidentBook.load([state, state])


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (
            lambda: IncidentBook(Policy()),  # type: ignore[arg-type]
            "got Policy; `default` takes the policy of all",
        ),
        (
            lambda: IncidentBook().apply(b"{}"),  # type: ignore[arg-type]
            "expected Alert or an iterable of them, got bytes: parse it first",
        ),
        (lambda: IncidentBook().apply({}), "expected Alert or an iterable of them, got dict: parse it first"),
        (lambda: IncidentBook.restore("{}"), "got str: decode it first, with json.loads"),
    ],
)
def test_slips_are_named(act: Any, message: str) -> None:
    """The error says what to do."""
    with pytest.raises(ConfigurationError) as caught:
        act()
    assert message in str(caught.value)

"""Quiet: which incidents page people; each rule against a naive model, and all rules together at any schedule."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from alertmap.errors import ConfigurationError
from alertmap.incidents.book import IncidentBook
from alertmap.incidents.model import Incident, Policy, Transition, TransitionKind
from alertmap.incidents.quiet import Page, PageBook, PageKind, Quiet
from alertmap.model import Alert, Severity, State
from histories import ACKNOWLEDGED, FIRING, RESOLVED, SUPPRESSED, T0, WIDE, alert, at, histories, policies, sec

OPEN, REOPEN, UPDATE, CLOSE, FLAPPING, SILENT = PageKind
LATER = 90
"""A second after which no alert of these tests comes and no window is open."""

Event = tuple[int, Alert | None]
"""An alert with the second at which it came, or a tick."""


class Host:
    """A program that pages people: an incident book, a page book, and a pager that knows pages only."""

    def __init__(self, quiet: Quiet | None = None, policy: Policy = WIDE, **rules: Quiet) -> None:
        self.rules = {"rules": rules, "default": quiet}
        self.incidents = IncidentBook(default=policy)
        self.book = PageBook(**self.rules)  # type: ignore[arg-type]
        self.pages: list[Page] = []
        self.pager: dict[str, Page] = {}

    def apply(self, second: float, sent: Alert | None = None) -> list[tuple[PageKind, float]]:
        """Apply the time, and an alert that came; return kind and time of the new pages."""
        now = at(second)
        transitions = self.incidents.tick(now) + self.incidents.apply(() if sent is None else sent)
        found = self.book.apply(transitions, now)
        for page in found:
            self.follow(page)
        self.pages += found
        return [(page.kind, (page.at - T0).total_seconds()) for page in found]

    def follow(self, page: Page) -> None:
        """Apply one page to the pager, and assert that it is possible."""
        known = self.pager.get(page.id)
        if page.kind in (OPEN, REOPEN, SILENT):
            assert known is None, "opened twice"
        elif page.kind is not FLAPPING:
            assert known is not None, f"{page.kind} of a page that is not open"
        self.pager[page.id] = page
        if page.kind is CLOSE:
            del self.pager[page.id]

    def restart(self) -> None:
        """Write the pages to JSON and read them back."""
        self.book = PageBook.restore(json.loads(json.dumps(self.book.snapshot())), **self.rules)  # type: ignore[arg-type]


def steps(quiet: Quiet, *events: Alert | float, policy: Policy = WIDE) -> list[list[tuple[PageKind, float]]]:
    """Return kind and time of the pages of each alert and each tick."""
    host = Host(quiet, policy)
    found = []
    for event in events:
        sent = event if isinstance(event, Alert) else None
        found.append(host.apply(event if not isinstance(event, Alert) else seconds(event), sent))
    return found


def seconds(sent: Alert) -> float:
    """Return the second at which an alert was received."""
    assert sent.received_at
    return (sent.received_at - T0).total_seconds()


F = [alert(FIRING, t) for t in range(100)]
R = [alert(RESOLVED, t) for t in range(100)]
LOW, HIGH, CRITICAL = ({"severity": Severity(word)} for word in ("low", "high", "critical"))

# --- Rule by rule -----------------------------------------------------------------------------------------------------


def test_without_rules_each_firing_incident_has_a_page() -> None:
    """A page opens, is updated on another state or severity, and closes; repeats and corrections do not page."""
    assert steps(
        Quiet(),
        F[0],
        alert(FIRING, 1),
        alert(FIRING, 2, **CRITICAL),
        alert(ACKNOWLEDGED, 3, **CRITICAL),
        alert(FIRING, 4, **CRITICAL),
        R[9],
        alert(RESOLVED, 8, received=10),
        F[20],
        alert(RESOLVED, 7, received=21),
    ) == [[(OPEN, 0)], [], [(UPDATE, 2)], [(UPDATE, 3)], [], [(CLOSE, 9)], [], [(OPEN, 20)], []]


def test_nobody_is_paged_for_the_past() -> None:
    """An incident that was over before its first alert has no page, and is not remembered."""
    host = Host(Quiet(flapping_changes=2))

    assert [host.apply(5, R[5]), host.apply(6, F[4]), host.apply(70)] == [[], [], []]
    assert len(host.book) == 0


def test_a_page_has_its_cause() -> None:
    """A page has the transition that caused it, and none if time did."""
    host = Host(Quiet(hold_down=sec(5)))
    host.apply(0, F[0])
    host.apply(6)
    host.apply(9, R[9])
    held, closed = host.pages

    assert held.transition is None
    assert closed.transition
    assert closed.transition.kind is TransitionKind.RESOLVED
    assert held.id == closed.id == closed.transition.incident.id  # type: ignore[union-attr]
    assert held.source == "s"


def test_hold_down_counts_from_the_opening() -> None:
    """The page comes when the incident has been open for so long by the sender's time, also if it was received late."""
    quiet = Quiet(hold_down=sec(10))

    assert steps(quiet, alert(FIRING, 0, received=4), 9, 12) == [[], [], [(OPEN, 10)]]
    assert steps(quiet, alert(FIRING, 0, received=30)) == [[(OPEN, 30)]]
    assert steps(quiet, F[0], R[9], 30) == [[], [], []]
    assert steps(quiet, F[0], R[10]) == [[], [(OPEN, 10), (CLOSE, 10)]]


def test_an_opening_that_moves_back_ends_hold_down_sooner() -> None:
    """A late firing that moves the opening back counts."""
    assert steps(Quiet(hold_down=sec(10)), F[5], alert(FIRING, 1, received=6), 11) == [[], [], [(OPEN, 11)]]


def test_a_fast_clock_does_not_delay_a_page() -> None:
    """If the incident opens in the future, `hold_down` counts from the first transition."""
    assert steps(Quiet(hold_down=sec(10)), alert(FIRING, 90, received=5), 15) == [[], [(OPEN, 15)]]


def test_hold_down_for_each_severity() -> None:
    """The latest severity counts; those that are not named, and an unknown one, need not wait."""
    quiet = Quiet(hold_down={Severity.LOW: sec(60), Severity.MEDIUM: sec(5)})

    assert steps(quiet, alert(FIRING, 0, **LOW), alert(FIRING, 1, severity=Severity.MEDIUM), 5) == [[], [], [(OPEN, 5)]]
    assert steps(quiet, alert(FIRING, 0, **LOW), alert(FIRING, 1, **HIGH)) == [[], [(OPEN, 1)]]
    assert steps(quiet, alert(FIRING, 0, severity=None)) == [[(OPEN, 0)]]


def test_a_rise_to_critical_ends_hold_down() -> None:
    """An incident that becomes critical is paged at once, or after a suppression; one that opens so waits."""
    quiet = Quiet(hold_down=sec(60))
    low, critical = alert(FIRING, 0, **LOW), alert(FIRING, 1, **CRITICAL)

    assert steps(quiet, low, critical) == [[], [(OPEN, 1)]]
    assert steps(quiet, low, alert(FIRING, 1, **HIGH)) == [[], []]
    assert steps(quiet, critical, 30) == [[], []]
    muted = [alert(SUPPRESSED, 1, **LOW), alert(SUPPRESSED, 2, **CRITICAL), alert(FIRING, 3, **HIGH)]
    assert steps(quiet, low, *muted) == [[], [], [], [(OPEN, 3)]]
    assert steps(quiet, low, alert(SUPPRESSED, 1, **CRITICAL), R[2], alert(FIRING, 3, **LOW), 9) == [[]] * 5


@pytest.mark.parametrize("state", [ACKNOWLEDGED, SUPPRESSED])
def test_an_acknowledged_or_suppressed_incident_gets_no_page(state: State) -> None:
    """While somebody knows of an incident it gets no page, but a page that is open stays open."""
    assert steps(Quiet(hold_down=sec(5)), F[0], alert(state, 1), 60) == [[], [], []]
    assert steps(Quiet(), F[0], alert(state, 1), R[2]) == [[(OPEN, 0)], [(UPDATE, 1)], [(CLOSE, 2)]]


def test_an_incident_that_is_no_longer_suppressed_gets_its_page() -> None:
    """After a suppression the page comes at once, if `hold_down` is over."""
    muted = [F[0], alert(SUPPRESSED, 1)]

    assert steps(Quiet(hold_down=sec(5)), *muted, F[3], 5) == [[], [], [], [(OPEN, 5)]]
    assert steps(Quiet(hold_down=sec(5)), *muted, F[9]) == [[], [], [(OPEN, 9)]]


def test_a_source_can_have_no_pages() -> None:
    """With the longest `hold_down` that there is, no page ever comes, and nothing is due."""
    host = Host(Quiet(hold_down=timedelta.max))
    host.apply(0, F[0])

    assert host.book.next_due() is None
    assert not host.book.apply((), datetime.max.replace(tzinfo=UTC))


def test_an_expiry_counts_at_its_deadline() -> None:
    """However late the tick is: an incident that expired before `hold_down` was over has no page."""
    policy = evolve(WIDE, expire_after=sec(10))

    assert steps(Quiet(hold_down=sec(15)), F[0], 60, policy=policy) == [[], []]
    assert steps(Quiet(hold_down=sec(5)), F[0], 60, policy=policy) == [[], [(OPEN, 5), (CLOSE, 10)]]
    assert steps(Quiet(reopen_window=sec(5)), F[0], F[30], policy=policy) == [[(OPEN, 0)], [(CLOSE, 10), (OPEN, 30)]]
    assert steps(Quiet(), alert(FIRING, 0, received=5, expires_at=3), 60) == [[(OPEN, 5)], [(CLOSE, 5)]]


def test_an_expiry_that_an_alert_caused_counts_when_the_alert_came() -> None:
    """The end is then guessed by the sender's clock; the page closes, and its window begins, by the receiver's."""
    host = Host(Quiet(reopen_window=sec(10)))
    host.apply(0, F[0])
    ended = evolve(host.incidents.open[0], state=RESOLVED, resolved_at=at(50), expired=True)
    expiry = Transition(kind=TransitionKind.EXPIRED, incident=ended, alert=F[50], at=at(50))

    assert [(page.kind, page.at) for page in host.book.apply(expiry, at(90))] == [(CLOSE, at(90))]
    assert host.book.next_due() == at(100)


def hours(hour: int, minute: int, second: int = 0) -> float:
    """Return a time of day in seconds after `T0`."""
    return (datetime(2026, 5, 1, hour, minute, second, tzinfo=UTC) - T0).total_seconds()


def test_a_new_firing_within_the_reopen_window_continues_the_page() -> None:
    """A resolve at 10:20 and a firing at 10:22 are one page with a window of twelve hours, and two without."""
    sent = [
        alert(FIRING, hours(10, 0), received=hours(10, 0, 30), episode="a"),
        alert(RESOLVED, hours(10, 20), received=hours(10, 20, 30), episode="a"),
        alert(FIRING, hours(10, 22), received=hours(10, 22, 30), episode="b"),
    ]
    wide, none = Host(Quiet(reopen_window=timedelta(hours=12))), Host()
    for host in (wide, none):
        for one in sent:
            host.apply(seconds(one), one)

    first, second = wide.incidents.incidents
    assert [(page.kind, page.id) for page in wide.pages] == [(OPEN, first.id), (CLOSE, first.id), (REOPEN, first.id)]
    assert wide.pages[2].incident == second
    assert [(page.kind, page.id) for page in none.pages] == [(OPEN, first.id), (CLOSE, first.id), (OPEN, second.id)]


def reopened(incident: Incident) -> Transition:
    """Return the transition of an incident that is known to fire still."""
    again = evolve(incident, state=FIRING, resolved_at=None)
    return Transition(kind=TransitionKind.REOPENED, incident=again, alert=F[0], at=at(0))


@pytest.mark.parametrize(("window", "kind"), [(timedelta(hours=1), REOPEN), (timedelta(0), OPEN)])
def test_an_incident_that_fires_still_has_its_page_again(window: timedelta, kind: PageKind) -> None:
    """Firing at 0, resolved at 60, and firing since 0 when received at 400: the page is there again, at once."""
    host = Host(Quiet(reopen_window=window, hold_down=sec(30)))
    host.apply(5, alert(FIRING, 0, received=5))
    host.apply(65, alert(RESOLVED, 60, received=65))
    (incident,) = host.incidents.incidents
    host.pages += host.book.apply(reopened(incident), at(400))

    assert brief(host.pages) == [(30, OPEN, incident.id), (65, CLOSE, incident.id), (400, kind, incident.id)]


def test_the_reopen_window_is_that_of_the_opening() -> None:
    """A firing within the window continues the page, also if `hold_down` ends after it."""
    quiet = Quiet(hold_down=sec(10), reopen_window=sec(10))

    assert steps(quiet, F[0], R[20], F[29], 40) == [[], [(OPEN, 10), (CLOSE, 20)], [], [(REOPEN, 39)]]
    for found in (quiet, evolve(quiet, flapping_changes=9)):  # a key that may flap is remembered for longer
        assert steps(found, F[0], R[20], F[30], 40) == [[], [(OPEN, 10), (CLOSE, 20)], [], [(OPEN, 40)]]


FLAPPER = Quiet(flapping_changes=4, flapping_window=sec(10))


def test_a_flapping_key_has_one_page() -> None:
    """The fourth change in ten seconds says so; after ten seconds without one it closes."""
    assert steps(FLAPPER, F[0], R[1], F[2], R[3], F[4], R[5], 14, 15) == [
        [(OPEN, 0)],
        [(CLOSE, 1)],
        [(OPEN, 2)],
        [(FLAPPING, 3)],
        [],
        [],
        [],
        [(CLOSE, 15)],
    ]
    assert steps(FLAPPER, F[0], R[1], F[2], R[10])[-1] == [(CLOSE, 10)]


def test_a_flapping_key_that_stays_open_keeps_its_page() -> None:
    """When it is calm while its incident is open, the page goes on as an ordinary one."""
    assert steps(FLAPPER, F[0], R[1], F[2], R[3], F[4], 14, R[20])[-2:] == [[(UPDATE, 14)], [(CLOSE, 20)]]


def test_a_worse_severity_is_not_hidden_by_flapping() -> None:
    """A flapping key that gets worse than its page says pages again, each severity once."""
    host = Host(FLAPPER)
    flaps = [alert(state, t, severity=Severity.LOW) for t, state in enumerate([FIRING, RESOLVED] * 2)]
    worse = [alert(FIRING, 4, **HIGH), alert(FIRING, 5, **LOW), alert(FIRING, 6, **HIGH), alert(FIRING, 7, **CRITICAL)]
    for sent in [*flaps, *worse]:
        host.apply(seconds(sent), sent)

    found = [page for page in host.pages if page.kind is FLAPPING]
    assert [page.at for page in found] == [at(3), at(4), at(7)]
    assert len({page.id for page in found}) == 1


def test_hold_down_does_not_hide_a_key_that_flaps() -> None:
    """Incidents that are too short for a page count as well."""
    quiet = evolve(FLAPPER, hold_down=sec(60))

    assert steps(quiet, F[0], R[1], F[2], R[3], 13) == [[], [], [], [(FLAPPING, 3)], [(CLOSE, 13)]]


def test_a_silent_source() -> None:
    """The watch begins with the first call; any alert ends the silence, and other sources have none."""
    host = Host(s=Quiet(silent_after=sec(10)))

    assert host.book.next_due() is None
    assert host.apply(5) == []
    assert host.book.next_due() == at(15)
    assert host.apply(20, alert(FIRING, 20, source="r")) == [(OPEN, 20), (SILENT, 15)]
    assert host.apply(30, R[30]) == [(CLOSE, 30)]
    assert host.apply(40) == [(SILENT, 40)]
    assert host.apply(50) == []
    assert host.pages[1].incident is None
    assert host.pages[1].source == "s"


def test_a_source_that_is_watched_no_longer() -> None:
    """A book that is restored without `silent_after` closes the page of the silence and forgets it."""
    host = Host(s=Quiet(silent_after=sec(10)))
    host.apply(0)
    host.apply(10)
    host.rules["rules"] = {}
    host.restart()

    assert host.apply(11) == [(CLOSE, 0)]
    assert len(host.book) == 0


def test_a_source_that_is_watched_from_now_on() -> None:
    """A book that is restored with `silent_after` begins to watch with its next call."""
    host = Host()
    host.apply(0)
    host.rules["rules"] = {"s": Quiet(silent_after=sec(10))}
    host.restart()
    host.apply(20)
    host.restart()

    assert host.book.next_due() == at(30)


def test_a_flapping_key_is_as_large_as_one_that_flapped_a_few_times() -> None:
    """Memory does not grow with the number of openings and closings, and a calm key is forgotten."""
    day = timedelta(days=1)
    host = Host(s=Quiet(hold_down=sec(60), reopen_window=day, flapping_changes=5, silent_after=day))
    sizes = []
    for t in range(0, 2_000, 2):
        host.apply(t, alert(FIRING, t))
        host.apply(t + 1, alert(RESOLVED, t + 1))
        sizes.append(len(json.dumps(host.book.snapshot())) + len(host.book._heap))

    assert max(sizes[100:]) < max(sizes[:100]) + 200
    host.apply(3 * 86400)
    assert len(host.book) == 1, "only the source itself"


# --- Arguments and snapshots ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Quiet(hold_down=sec(-1)), "hold_down must be a timedelta of zero or more"),
        (lambda: Quiet(hold_down=60), "hold_down must be a timedelta of zero or more"),  # type: ignore[arg-type]
        (lambda: Quiet(hold_down={"low": sec(1)}), "or a mapping of severities"),  # type: ignore[dict-item]
        (lambda: Quiet(hold_down={Severity.LOW: 1}), "or a mapping of severities"),  # type: ignore[dict-item]
        (lambda: Quiet(reopen_window=None), "reopen_window must be a timedelta of zero or more"),  # type: ignore[arg-type]
        (lambda: Quiet(flapping_changes=1), "flapping_changes must be an integer of two or more"),
        (lambda: Quiet(flapping_changes=True), "flapping_changes must be an integer of two or more"),
        (lambda: Quiet(flapping_window=sec(0)), "flapping_window must be a timedelta above zero"),
        (lambda: Quiet(silent_after=sec(0)), "silent_after must be a timedelta above zero"),
        (lambda: PageBook(5), "rules: expected a mapping of source names to Quiet, got int"),  # type: ignore[arg-type]
        (lambda: PageBook({"s": 5}), "expected Quiet, got int"),  # type: ignore[dict-item]
        (lambda: PageBook(default=Policy()), "expected Quiet, got Policy"),  # type: ignore[arg-type]
        (lambda: PageBook(default=Quiet(silent_after=sec(1))), "silent_after needs the name of a source"),
        (lambda: PageBook().apply(5, T0), "expected Transition or an iterable of them, got int"),  # type: ignore[arg-type]
        (lambda: PageBook().apply(["x"], T0), "expected Transition, got str"),  # type: ignore[list-item]
        (lambda: PageBook().apply((), "now"), "now must be an aware datetime"),  # type: ignore[arg-type]
        (lambda: PageBook().apply((), datetime(2026, 5, 1)), "got a naive datetime"),  # noqa: DTZ001 - on purpose
    ],
)
def test_wrong_arguments_are_errors(call: Callable[[], object], message: str) -> None:
    """Public functions raise only this library's errors, which name the expected type."""
    with pytest.raises(ConfigurationError, match=message):
        call()


def test_an_error_applies_nothing() -> None:
    """Transitions before the wrong item are not applied."""
    book = PageBook()
    with pytest.raises(ConfigurationError):
        book.apply([*IncidentBook(default=WIDE).apply(F[0]), None], T0)  # type: ignore[list-item]

    assert book.open == ()


def test_rules_are_copied() -> None:
    """A mapping that changes later does not change the rules."""
    durations = {Severity.LOW: sec(5)}
    quiet = Quiet(hold_down=durations)
    durations.clear()

    assert quiet.hold_down_of(Severity.LOW) == sec(5)
    assert quiet == Quiet(hold_down={Severity.LOW: sec(5)})


def full_snapshot() -> dict[str, Any]:
    """Return a snapshot with a held incident, a flapping key and a silent source."""
    held, flapping = Quiet(hold_down=sec(50)), Quiet(flapping_changes=2, flapping_window=sec(50))
    host = Host(w=Quiet(silent_after=sec(1)), h=held, f=flapping)
    for sent in [*(alert(FIRING, 0, source=source) for source in "hf"), alert(RESOLVED, 3, source="f")]:
        host.apply(seconds(sent), sent)
    snapshot: dict[str, Any] = json.loads(json.dumps(host.book.snapshot()))
    assert [page.kind for page in host.book.open] == [SILENT, FLAPPING]
    assert len(snapshot["entries"]) == 3
    return snapshot


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all values in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for key, one in inner for each in paths(one, (*path, key)))]


JUNK: list[Any] = [None, True, -1, 0.5, "", "x", "2026-05-01T10:00:00Z", [], {}, [[]], {"a": 1}, "resolved", "flapping"]


@pytest.mark.parametrize("junk", [*JUNK, "missing"], ids=repr)
def test_a_damaged_snapshot_is_an_error_or_works(junk: Any) -> None:
    """Whatever stands in place of any part: `restore` raises this library's error, or the book works."""
    for path in paths(full_snapshot()):
        damaged: Any = {"": full_snapshot()}
        inner = damaged
        for key in ("", *path)[:-1]:
            inner = inner[key]
        last = ("", *path)[-1]
        inner[last] = junk
        if junk == "missing":
            del inner[last]
        try:
            book = PageBook.restore(damaged.get(""), {"s": FLAPPER})
        except ConfigurationError:
            continue
        book.apply(IncidentBook(default=WIDE).apply([F[1], R[2], F[3]]), at(4))
        book.apply((), at(10_000))
        assert PageBook.restore(book.snapshot()).snapshot() == book.snapshot()


def changed(**fields: Any) -> Callable[[dict[str, Any]], None]:
    """Return a function that changes fields of the flapping entry of a snapshot."""
    return lambda snapshot: snapshot["entries"][2].update(fields)


@pytest.mark.parametrize(
    "damage",
    [
        lambda snapshot: snapshot.update(version=2),
        lambda snapshot: snapshot["entries"].append(snapshot["entries"][1]),
        lambda snapshot: snapshot["entries"][0]["page"].update(kind="open"),
        lambda snapshot: snapshot["entries"][2]["page"].update(kind="silent"),
        lambda snapshot: snapshot["entries"][2]["page"].update(kind="other"),
        lambda snapshot: snapshot["entries"][2]["page"].update(source="x"),
        lambda snapshot: snapshot["entries"][2]["page"].update(incident=None),
        lambda snapshot: snapshot["entries"][2]["page"]["incident"].update(dedup_key="x"),
        lambda snapshot: snapshot["entries"][2]["page"]["incident"].update(resolved_at=None),
        lambda snapshot: snapshot["entries"][1]["incident"].update(resolved_at=T0.isoformat()),
        changed(changes=[]),
        changed(source="x"),
        changed(incident=None),
    ],
)
def test_a_snapshot_that_contradicts_itself_is_an_error(damage: Callable[[dict[str, Any]], None]) -> None:
    """Parts that cannot stand together are refused."""
    snapshot = full_snapshot()
    PageBook.restore(snapshot)
    damage(snapshot)

    with pytest.raises(ConfigurationError, match="snapshot: "):
        PageBook.restore(snapshot)


# --- Strategies -------------------------------------------------------------------------------------------------------


@st.composite
def flaps(draw: st.DrawFn) -> list[Alert]:
    """Draw alerts of key `k` of which most come when they occur, and some late: incidents open and close often."""
    each = st.tuples(
        st.sampled_from([0, 1, 1, 2, 3, 5]),
        st.sampled_from([0, 0, 0, 1, 2, 5]),
        st.sampled_from([FIRING, FIRING, RESOLVED, RESOLVED, ACKNOWLEDGED, SUPPRESSED]),
        st.sampled_from([Severity.CRITICAL, Severity.HIGH, Severity.LOW, None]),
    )
    clock, found = 0, []
    for pause, delay, state, severity in draw(st.lists(each, min_size=1, max_size=12)):
        clock += pause
        found.append(alert(state, clock, received=clock + delay, severity=severity))
    return sorted(found, key=seconds)


Case = tuple[list[Event], Policy]


@st.composite
def cases(draw: st.DrawFn, keys: Sequence[tuple[str, str]] = (("s", "k"),), *, expires: bool = True) -> Case:
    """Draw alerts with the second at which they come, and ticks; and the policy of the incidents.

    The alerts are in order of arrival. A sender's clock is ahead only
    where nothing expires, for an incident never expires before it opened, by the sender's time.
    """
    expiry = expires and draw(st.booleans())
    policy = draw(policies(expiry=expiry))
    found: list[Event] = []
    for sent in draw(flaps() | histories(expiry=expiry)):
        source, key = draw(st.sampled_from(keys))
        second = round(seconds(sent))
        found.append((second, evolve(sent, source=source, dedup_key=key)))
    ticks = draw(st.lists(st.integers(0, LATER), max_size=5))
    stream = sorted([*found, *((tick, None) for tick in ticks)], key=lambda event: event[0])
    return stream, evolve(policy, max_ahead=sec(0)) if expiry else policy


def _holds() -> st.SearchStrategy[Any]:
    durations = st.sampled_from([sec(0), sec(2), sec(5), sec(9)])
    return durations | st.dictionaries(st.sampled_from(Severity), durations) | st.just(timedelta.max)


def quiets(**given: st.SearchStrategy[Any]) -> st.SearchStrategy[Quiet]:
    """Draw rules; those that are given, or all."""
    every: dict[str, st.SearchStrategy[Any]] = {
        "hold_down": _holds(),
        "reopen_window": st.sampled_from([sec(0), sec(3), sec(8)]),
        "flapping_changes": st.sampled_from([None, 2, 3, 4]),
        "flapping_window": st.sampled_from([sec(2), sec(5), sec(9)]),
    }
    return st.builds(Quiet, **(given or every))


# --- Naive models: the open incident, looked at each second -----------------------------------------------------------


@frozen
class Spell:
    """A time in which an incident was known to be open, with what was known of it, second by second."""

    start: int
    seen: list[tuple[int, Incident]]
    ended: list[int]
    """The second at which it closed; empty while it is open."""

    @property
    def id(self) -> str:
        """The id of the incident."""
        return self.seen[0][1].id

    def paged_at(self, quiet: Quiet) -> int | None:
        """Return the first second at which it was firing and had been open for long enough."""
        last = [(end, self.seen[-1][1]) for end in self.ended]
        rose = False
        for (_, before), (second, now) in pairwise([self.seen[0], *self.seen, *last]):
            rose = rose or before.severity is not Severity.CRITICAL is now.severity
            hold: Any = quiet.hold_down
            hold = hold if isinstance(hold, timedelta) else hold.get(now.severity, sec(0))
            if now.state is FIRING and (rose or at(second) - min(at(self.start), now.opened_at) >= hold):
                return second
        return None


def spells(case: Case) -> list[Spell]:
    """Return the spells of the only key of a case, from a book that is ticked each second."""
    arrivals: dict[int, list[Alert | None]] = defaultdict(list)
    for second, sent in case[0]:
        arrivals[second] += [sent, None]
    book = IncidentBook(default=case[1])
    found: list[Spell] = []
    for second in range(LATER + 1):
        for sent in [None, *arrivals[second]]:
            if sent is None:
                book.tick(at(second))
            else:
                book.apply(sent)
            incident = book.open[0] if book.open else None
            current = found[-1] if found and not found[-1].ended else None
            if current and (incident is None or incident.id != current.id):
                current.ended.append(second)
                current = None
            if incident and current is None:
                current = Spell(second, [], [])
                found.append(current)
            if incident and current:
                current.seen.append((second, incident))
    return found


def bursts(case: Case, window: timedelta) -> list[list[tuple[int, bool, Spell]]]:
    """Return the openings and closings of a key in lists: a list ends where none comes for a window."""
    found: list[list[tuple[int, bool, Spell]]] = []
    for spell in spells(case):
        for opens, second in [(True, spell.start), *((False, end) for end in spell.ended)]:
            if not found or sec(second - found[-1][-1][0]) >= window:
                found.append([])
            found[-1].append((second, opens, spell))
    return found


def pages_of(case: Case, quiet: Quiet, **rules: Quiet) -> list[Page]:
    """Return all pages of a case."""
    host = Host(quiet, case[1], **rules)
    for second, sent in case[0]:
        host.apply(second, sent)
    host.apply(LATER)
    return host.pages


Brief = tuple[int, PageKind, str]
"""Time, kind and id of a page."""


def brief(pages: Iterable[Page]) -> list[Brief]:
    """Return the pages that open or close, and a flapping page only when it begins to flap."""
    found: list[Brief] = []
    last: dict[str, PageKind] = {}
    for page in pages:
        if page.kind is not UPDATE and (page.kind, last.get(page.id)) != (FLAPPING, FLAPPING):
            found.append((round((page.at - T0).total_seconds()), page.kind, page.id))
        last[page.id] = page.kind
    return found


def rank(page: Page) -> int:
    """Return a number that is greater for a worse severity."""
    severity = None if page.incident is None else page.incident.severity
    return 0 if severity is None else 1 + sorted(Severity).index(severity)


@given(cases(), quiets(hold_down=_holds()))
def test_hold_down_pages_exactly_what_stays_open(case: Case, quiet: Quiet) -> None:
    """An incident is paged if and when it has been open for `hold_down` while firing, and that page closes with it."""
    expected: list[Brief] = []
    for spell in spells(case):
        second = spell.paged_at(quiet)
        if second is not None:
            expected.append((second, OPEN, spell.id))
            expected += [(end, CLOSE, spell.id) for end in spell.ended]

    assert expected == brief(pages_of(case, quiet))


@given(cases(), quiets(reopen_window=st.sampled_from([sec(1), sec(3), sec(8)]), hold_down=_holds()))
def test_within_the_reopen_window_the_page_is_the_same(case: Case, quiet: Quiet) -> None:
    """An incident that opens within the window after the last page has the id of that page, and no other has."""
    expected: list[Brief] = []
    for spell in spells(case):
        second = spell.paged_at(quiet)
        if second is not None:
            again = bool(expected) and sec(spell.start - expected[-1][0]) < quiet.reopen_window
            name = expected[-1][2] if again else spell.id
            expected.append((second, REOPEN if again else OPEN, name))
            expected += [(end, CLOSE, name) for end in spell.ended]

    assert expected == brief(pages_of(case, quiet))


FLAPS = {"flapping_changes": st.sampled_from([2, 3, 4]), "flapping_window": st.sampled_from([sec(2), sec(5), sec(9)])}


@given(cases(), quiets(**FLAPS))
def test_a_key_that_flaps_has_one_page_until_it_is_calm(case: Case, quiet: Quiet) -> None:
    """From the n-th change in t on a page says so, no other opens or closes, and it ends after t without a change."""
    number, window = quiet.flapping_changes or 0, quiet.flapping_window
    expected: list[Brief] = []
    page = ""
    for burst in bursts(case, window):
        flapping = False
        for place, (second, opens, spell) in enumerate(burst):
            if flapping:
                continue
            if place + 1 >= number and sec(second - burst[place + 1 - number][0]) < window:
                flapping, page = True, page or spell.id
                expected.append((second, FLAPPING, page))
            elif opens and (paged_at := spell.paged_at(quiet)) is not None:
                page = spell.id
                expected.append((paged_at, OPEN, page))
            elif not opens and page:
                expected.append((second, CLOSE, page))
                page = ""
        second, opens, _ = burst[-1]
        if flapping and not opens:
            expected.append((second + round(window.total_seconds()), CLOSE, page))
            page = ""
    found = pages_of(case, quiet)

    assert expected == brief(found)
    for before, after in pairwise(found):
        assert (before.kind, after.kind) != (FLAPPING, FLAPPING) or rank(before) < rank(after)


@given(cases((("s", "k"), ("r", "k"))))
def test_a_silent_source_has_a_page_until_its_next_alert(case: Case) -> None:
    """A source has a page from so long after its latest alert on, until the next; other sources have none."""
    stream = case[0]
    came = [stream[0][0], *(second for second, sent in stream if sent and sent.source == "s")]
    expected: list[tuple[int, PageKind]] = []
    for latest, following in pairwise(came):
        if following - latest >= 6:
            expected += [(latest + 6, SILENT), (following, CLOSE)]
    expected.append((came[-1] + 6, SILENT))
    found = [page for page in pages_of(case, Quiet(), s=Quiet(silent_after=sec(6))) if page.incident is None]

    assert expected == [(second, kind) for second, kind, _ in brief(found)]
    assert {page.source for page in found} == {"s"}


# --- Laws: all rules together -----------------------------------------------------------------------------------------

KEYS = (("s", "k"), ("s", "l"), ("r", "k"))


@frozen
class Rules:
    """Rules of the source `s`, which is watched, and of the other one."""

    watched: Quiet
    other: Quiet

    def host(self, case: Case) -> Host:
        """Return a host that has begun to watch."""
        host = Host(self.other, case[1], s=self.watched)
        host.apply(case[0][0][0])
        return host


def all_rules() -> st.SearchStrategy[Rules]:
    """Draw rules of two sources."""
    return st.builds(Rules, quiets().map(lambda quiet: evolve(quiet, silent_after=sec(7))), quiets())


def by_key(pages: Iterable[Page]) -> dict[tuple[str, str | None], list[Page]]:
    """Return the pages of each key, and those of each source."""
    found: dict[tuple[str, str | None], list[Page]] = defaultdict(list)
    for page in pages:
        found[key_of(page)].append(page)
    return found


def key_of(page: Page) -> tuple[str, str | None]:
    """Return source and dedup key of a page."""
    return page.source, None if page.incident is None else page.incident.dedup_key


@given(cases(KEYS), all_rules(), st.lists(st.integers(0, LATER)))
def test_pages_do_not_depend_on_the_ticks(case: Case, rules: Rules, ticks: list[int]) -> None:
    """With any number of ticks between the alerts each key has the same pages, and a repeated tick adds none."""
    stream = case[0]
    more = [(tick, None) for tick in ticks if tick >= stream[0][0]]
    few, many = rules.host(case), rules.host(case)
    for second, sent in [*stream, (LATER, None)]:
        few.apply(second, sent)
    for second, sent in [*sorted([*stream, *more], key=lambda event: event[0]), (LATER, None)]:
        many.apply(second, sent)
        assert not many.book.apply((), at(second))

    assert by_key(few.pages) == by_key(many.pages)
    assert few.book.snapshot() == many.book.snapshot()


@given(cases(KEYS), all_rules(), st.data())
def test_a_pager_that_knows_only_pages_has_the_right_ones(case: Case, rules: Rules, data: st.DataObject) -> None:
    """Each open page has its reason: an open incident with this state and severity, a key that flaps, or silence."""
    host = rules.host(case)
    for second, sent in case[0]:
        host.apply(second, sent)
        if data.draw(st.booleans()):
            host.restart()
        incidents = {one.id: one for one in host.incidents.open}
        assert [*host.book.open] == [evolve(host.pager[page.id], transition=None) for page in host.book.open]
        assert host.pager.keys() == {page.id for page in host.book.open}
        for page in host.pager.values():
            if page.incident is None:
                assert page.kind is SILENT
            elif page.kind is not FLAPPING:
                incident = incidents[page.incident.id]
                assert (incident.state, incident.severity) == (page.incident.state, page.incident.severity)
        assert len({key_of(page) for page in host.pager.values()}) == len(host.pager)


@given(cases(KEYS), all_rules())
def test_no_page_is_lost(case: Case, rules: Rules) -> None:
    """When all windows are over each firing incident has its page, no page is left over, and no closed key is kept."""
    host = rules.host(case)
    for second, sent in case[0]:
        host.apply(second, sent)
    host.apply(LATER)
    paged = {page.incident.id for page in host.pager.values() if page.incident}
    incidents = {one.id: one for one in host.incidents.open}

    assert paged <= incidents.keys()
    for identity, one in incidents.items():
        if one.state is FIRING and host.book.rules(one.source).hold_down_of(one.severity) < timedelta.max:
            assert identity in paged
    assert FLAPPING not in {page.kind for page in host.pager.values()}
    assert len(host.book) == len(incidents) + 1


@given(cases(KEYS), all_rules(), st.data())
def test_a_restart_changes_nothing(case: Case, rules: Rules, data: st.DataObject) -> None:
    """A book that is written and read at any moment has the pages of one that is not."""
    host, restarted = rules.host(case), rules.host(case)
    for second, sent in [*case[0], (LATER, None)]:
        host.apply(second, sent)
        restarted.apply(second, sent)
        if data.draw(st.booleans()):
            restarted.restart()
        assert host.book.snapshot() == restarted.book.snapshot()
        assert host.book.open == restarted.book.open
        assert host.book.next_due() == restarted.book.next_due()
    assert host.pages == restarted.pages


@given(cases(KEYS, expires=False), all_rules(), st.data())
def test_a_batch_is_its_transitions_one_by_one(case: Case, rules: Rules, data: st.DataObject) -> None:
    """Transitions of alerts that are applied together give each key the same pages as one by one.

    Those of a tick belong in one call: a key that expired before its page was due must not wait for the next call.
    """
    host, single = rules.host(case), rules.host(case)
    batch: list[Transition] = []
    for second, sent in case[0]:
        batch += host.incidents.tick(at(second)) + host.incidents.apply(() if sent is None else sent)
        if data.draw(st.booleans()):
            together = host.book.apply(batch, at(second))
            one_by_one = [page for one in batch for page in single.book.apply(one, at(second))]
            assert by_key(together) == by_key([*one_by_one, *single.book.apply((), at(second))])
            batch = []


@given(cases(KEYS), all_rules(), st.data())
def test_a_clock_that_is_set_back_loses_no_page(case: Case, rules: Rules, data: st.DataObject) -> None:
    """If `now` jumps, the steps of a page still follow each other, and each firing incident ends with its page."""
    host = Host(rules.other, case[1], s=evolve(rules.watched, silent_after=None))
    for second, sent in case[0]:
        transitions = host.incidents.tick(at(second)) + host.incidents.apply(() if sent is None else sent)
        for page in host.book.apply(transitions, at(data.draw(st.integers(0, LATER)))):
            host.follow(page)
        host.restart()
    host.apply(2 * LATER)

    paged = {page.incident.id for page in host.pager.values() if page.incident}
    assert paged <= {one.id for one in host.incidents.open}
    for one in host.incidents.open:
        if one.state is FIRING and host.book.rules(one.source).hold_down_of(one.severity) < timedelta.max:
            assert one.id in paged


@given(cases(KEYS), all_rules())
def test_nothing_happens_before_the_next_due(case: Case, rules: Rules) -> None:
    """A tick before `next_due` changes nothing, and one at that time does; without a due time none does."""
    host = rules.host(case)
    for second, sent in case[0]:
        host.apply(second, sent)
    while (due := host.book.next_due()) is not None:
        before = host.book.snapshot()
        assert not host.book.apply((), due - timedelta(microseconds=1))
        assert before == host.book.snapshot()
        assert {page.at for page in host.book.apply((), due)} <= {due}
        assert before != host.book.snapshot()
    before = host.book.snapshot()

    assert not host.book.apply((), at(10 * LATER))
    assert before == host.book.snapshot()

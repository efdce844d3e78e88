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
from alertmap.incidents.model import Cause, Incident, Policy, Transition, TransitionKind
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


def fired(t: float, **given: Any) -> Alert:
    """Return a firing of a second."""
    return alert(FIRING, t, **given)


def kinds(quiet: Quiet, *events: Alert | float, policy: Policy = WIDE) -> list[list[tuple[PageKind, float]]]:
    """Return the pages of each alert, which comes when it occurred, and of each tick."""
    host = Host(quiet, policy)
    found = []
    for event in events:
        if isinstance(event, Alert):
            assert event.received_at
            found.append(host.apply((event.received_at - T0).total_seconds(), event))
        else:
            found.append(host.apply(event))
    return found


# --- Strategies -------------------------------------------------------------------------------------------------------


@st.composite
def in_order(draw: st.DrawFn) -> list[Alert]:
    """Draw alerts of key `k` that come when they occur: incidents open and close often."""
    steps = st.tuples(
        st.sampled_from([0, 1, 1, 2, 3, 5]),
        st.sampled_from([FIRING, FIRING, RESOLVED, RESOLVED, ACKNOWLEDGED, SUPPRESSED]),
        st.sampled_from([Severity.CRITICAL, Severity.HIGH, Severity.LOW, None]),
    )
    clock, found = 0, []
    for pause, state, severity in draw(st.lists(steps, min_size=1, max_size=14)):
        clock += pause
        found.append(alert(state, clock, severity=severity))
    return found


Case = tuple[list[Event], Policy]


@st.composite
def cases(draw: st.DrawFn, keys: Sequence[tuple[str, str]] = (("s", "k"),)) -> Case:
    """Draw alerts with the second at which they come, and ticks; and the policy of the incidents.

    The alerts are received in order, in the order of the sender's time or in any other. A sender's clock is ahead only
    where nothing expires, for an incident never expires before it opened, by the sender's time.
    """
    expiry = draw(st.booleans())
    policy = draw(policies(expiry=expiry))
    found: list[Event] = []
    for sent in draw(in_order() | histories(expiry=expiry)):
        assert sent.received_at
        source, key = draw(st.sampled_from(keys))
        second = round((sent.received_at - T0).total_seconds())
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


# --- Naive models: look at the open incident each second ---------------------------------------------------------------


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
    severity = page.incident and page.incident.severity
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
    for latest, following in pairwise([*came, None]):
        if following is None or following - latest >= 6:
            expected.append((latest + 6, SILENT))
            expected += [(following, CLOSE)] if following is not None else []
    found = [page for page in pages_of(case, Quiet(), s=Quiet(silent_after=sec(6))) if page.incident is None]

    assert expected == [(second, kind) for second, kind, _ in brief(found)]
    assert {page.source for page in found} == {"s"}


# --- Laws: all rules together -------------------------------------------------------------------------------------------

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
        found[page.source, page.incident and page.incident.dedup_key].append(page)
    return found


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
        assert not many.apply(second)

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
        assert len({(page.source, page.incident and page.incident.dedup_key) for page in host.pager.values()}) == len(
            host.pager
        )


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

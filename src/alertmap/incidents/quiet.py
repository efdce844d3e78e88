"""Quiet: which incidents page people, and when.

A layer on top of the incidents that takes transitions. Without rules each firing incident has a *page* from its opening
to its end; a source and dedup key never has two. The rules of `Quiet`:

- `hold_down`: an incident gets its page when it has been open for so long, counted from `opened_at`; at once if its
  severity rises to critical.
- `reopen_window`: an incident that opens less than this after the page of its key closed continues that page. The page
  keeps its id, which is the id of its first incident.
- `flapping_changes`: from so many openings and closings in `flapping_window` on, one page says that the key flaps, and
  there is no other until it was calm for that time. Openings and closings without a page count, too: `hold_down` does
  not hide a key that flaps. A severity worse than that of the page is not hidden either.
- `silent_after`: a source has a page of its own while no alert came from it for so long.

An acknowledged or suppressed incident gets no page, because somebody knows of it. A page that is open stays open, with
an update. An incident that fires again after a suppression gets its page once `hold_down` is over.

All windows run on the receiver's clock (`now`), except for the start of `hold_down`. If the sender's clock is slow, the
page comes sooner; if it is fast, `hold_down` counts from the first transition. An incident that expired in a tick
counts as closed at its deadline.

It makes no difference how often `apply` is called: a step that was due before has the time at which it was due. So one
call may return that a page opens and closes.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from enum import Enum, StrEnum, unique
from heapq import heapify, heappop, heappush
from types import MappingProxyType
from typing import Any, Literal

from attrs import Attribute, asdict, define, evolve, field, frozen
from attrs.validators import optional

from alertmap import wire
from alertmap.errors import ConfigurationError, shown
from alertmap.incidents.model import Incident, Transition
from alertmap.incidents.timeline import NEVER, plus
from alertmap.model import Severity, State
from alertmap.times import to_utc

_ZERO = timedelta()


# --- Rules ------------------------------------------------------------------------------------------------------------


def _must_be(text: str, valid: Callable[[Any], bool]) -> Callable[[object, "Attribute[Any]", object], None]:
    def check(_: object, attribute: "Attribute[Any]", value: object) -> None:
        if not valid(value):
            raise ConfigurationError(f"quiet: {attribute.name} must be {text}, got {shown(value)}")

    return check


def _is_duration(value: object) -> bool:
    return isinstance(value, timedelta) and value >= _ZERO


def _is_hold_down(value: object) -> bool:
    each = value.items() if isinstance(value, Mapping) else [(Severity.CRITICAL, value)]
    return all(isinstance(severity, Severity) and _is_duration(duration) for severity, duration in each)


def _copied(value: timedelta | Mapping[Severity, timedelta]) -> timedelta | Mapping[Severity, timedelta]:
    return MappingProxyType(dict(value)) if isinstance(value, Mapping) else value


_duration = _must_be("a timedelta of zero or more", _is_duration)
_above_zero = _must_be("a timedelta above zero", lambda it: _is_duration(it) and it > _ZERO)
_two_or_more = _must_be("an integer of two or more", lambda it: type(it) is int and it > 1)
_hold_down = _must_be("a timedelta of zero or more, or a mapping of severities to such", _is_hold_down)


@frozen(kw_only=True)
class Quiet:
    """Rules of a source for paging people. By default each firing incident has a page at once.

    Raises:
        ConfigurationError: a value has the wrong type, is negative, or is zero where zero has no meaning.
    """

    hold_down: timedelta | Mapping[Severity, timedelta] = field(default=_ZERO, converter=_copied, validator=_hold_down)
    """How long an incident must be open to get a page. In a mapping, zero for severities that are not named."""
    reopen_window: timedelta = field(default=_ZERO, validator=_duration)
    """An incident that opens less than this after the page of its key closed continues that page."""
    flapping_changes: int | None = field(default=None, validator=optional(_two_or_more))
    """Number of openings and closings in `flapping_window` that make a key flapping; None: it never is."""
    flapping_window: timedelta = field(default=timedelta(hours=1), validator=_above_zero)
    """The time in which they are counted, and that without one ends the flapping."""
    silent_after: timedelta | None = field(default=None, validator=optional(_above_zero))
    """How long no alert may come from the source before it gets a page; None: for ever."""

    def hold_down_of(self, severity: Severity | None) -> timedelta:
        """Return how long an incident of a severity must be open to get a page."""
        if isinstance(self.hold_down, timedelta):
            return self.hold_down
        return _ZERO if severity is None else self.hold_down.get(severity, _ZERO)


# --- Pages ------------------------------------------------------------------------------------------------------------


@unique
class PageKind(StrEnum):
    """Kind of a step of a page."""

    OPEN = "open"  # page somebody
    REOPEN = "reopen"  # page somebody again: it was closed, and its key fires again
    UPDATE = "update"  # the state or the severity of its incident changed, or its key flaps no longer
    CLOSE = "close"  # its incident is over
    FLAPPING = "flapping"  # page somebody: its key flaps, or flaps with a worse severity than before
    SILENT = "silent"  # page somebody: no alert came from the source


@frozen(kw_only=True)
class Page:
    """One step of a page: it opens, changes or closes."""

    kind: PageKind
    id: str
    """32 hexadecimal digits: the id of the first incident of the page. Each source has one id for its silence."""
    source: str
    incident: Incident | None
    """The newest incident of the key; None if the page is about the silence of the source."""
    at: datetime
    """When the step was due, by the receiver's clock."""
    transition: Transition | None = None
    """The transition that caused it; None if time did."""

    @property
    def open(self) -> bool:
        """True until it is closed."""
        return self.kind is not PageKind.CLOSE


@define(kw_only=True)
class _Entry:
    """State of one source and dedup key, or of the silence of a source."""

    source: str
    incident: Incident | None
    """The newest incident; None for the silence of a source."""
    since: datetime
    """When it opened, by the receiver's clock."""
    touched: datetime
    """When the latest transition of the key came, or the latest alert of the source."""
    rose: bool
    """True if its severity rose to critical."""
    changes: list[datetime]
    """The newest openings and closings, as many as can make the key flapping."""
    page: Page | None
    """The last step of the page, without the transition; None if the next incident gets a new page."""

    @property
    def name(self) -> "_Name":
        """Source and dedup key; for the silence of a source, the source alone."""
        return (self.source,) if self.incident is None else (self.source, self.incident.dedup_key)

    @property
    def is_possible(self) -> bool:
        """True if its parts do not contradict each other."""
        page, silence = self.page, self.incident is None
        incidents = [one for one in (self.incident, page and page.incident) if isinstance(one, Incident)]
        if any(
            (one.source, one.dedup_key) != self.name or one.open is (one.resolved_at is not None) for one in incidents
        ):
            return False
        return page is None or (
            (page.source, page.transition, page.incident is None) == (self.source, None, silence)
            and (page.kind is PageKind.CLOSE or (page.kind is PageKind.SILENT) is silence)
            and (page.kind is not PageKind.FLAPPING or self.changes != [])
        )


@define(kw_only=True)
class _Snapshot:
    version: Literal[1]
    entries: list[_Entry]


_Name = tuple[str, ...]
_Next = tuple[datetime, PageKind | None]
"""When the next step of an entry is due if no transition comes, and its kind; None: the entry is forgotten."""


class PageBook:
    """Pages, computed from the transitions of one `IncidentBook` in their order.

    `rules` maps the name of a source to its `Quiet`; `default` has the rules of all other sources. The book has no
    lock: use it from one thread, or guard it.

    Raises:
        ConfigurationError: an argument has the wrong type, or `default` has `silent_after`.
    """

    def __init__(self, rules: Mapping[str, Quiet] | None = None, default: Quiet | None = None) -> None:
        try:
            self._rules = dict(rules or {})
        except (TypeError, ValueError):
            raise ConfigurationError(
                f"rules: expected a mapping of source names to Quiet, got {type(rules).__name__}"
            ) from None
        self._default = Quiet() if default is None else default
        for quiet in (*self._rules.values(), self._default):
            if not isinstance(quiet, Quiet):
                raise ConfigurationError(f"expected Quiet, got {type(quiet).__name__}")
        if self._default.silent_after is not None:
            raise ConfigurationError("quiet: silent_after needs the name of a source; give it in rules, not in default")
        self._not_begun = [source for source, quiet in self._rules.items() if quiet.silent_after is not None]
        self._entries: dict[_Name, _Entry] = {}
        self._due: dict[_Name, datetime] = {}
        self._heap: list[tuple[datetime, _Name]] = []  # the items of `_due`, and former ones

    def rules(self, source: str) -> Quiet:
        """Return the rules of a source.

        Raises:
            ConfigurationError: the name is not text.
        """
        if not isinstance(source, str):
            raise ConfigurationError(f"source must be text, got {type(source).__name__}")
        return self._rules.get(source, self._default)

    @property
    def open(self) -> tuple[Page, ...]:
        """The last step of each open page, without its transition."""
        return tuple(entry.page for entry in self._entries.values() if entry.page is not None and entry.page.open)

    def __len__(self) -> int:
        """Return the number of remembered keys and of sources that must not be silent."""
        return len(self._entries)

    def next_due(self) -> datetime | None:
        """Return when to call `apply` if no transition comes before; None: there is no need."""
        while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def apply(self, transitions: Transition | Iterable[Transition], now: datetime) -> tuple[Page, ...]:
        """Apply transitions and the present time of the receiver's clock, and return the steps of pages.

        Give those of `IncidentBook.tick(now)` in the same call: after it, all that is due by `now` has happened.

        Raises:
            ConfigurationError: an item is not a `Transition`, or `now` is not an aware datetime; nothing was applied.
        """
        now = to_utc(now, "now")
        if not isinstance(transitions, (Transition, Iterable)):
            raise ConfigurationError(f"expected Transition or an iterable of them, got {type(transitions).__name__}")
        batch = (transitions,) if isinstance(transitions, Transition) else tuple(transitions)
        for transition in batch:
            if not isinstance(transition, Transition):
                raise ConfigurationError(f"expected Transition, got {type(transition).__name__}")
        pages: list[Page] = []
        for source in self._not_begun:
            entry = self._entries[source,] = _entry(source, None, now)
            self._schedule(entry.name, self._next(entry))
        self._not_begun = []
        for transition in batch:
            if transition.alert is not None:
                self._apply_alert(transition.alert.source, transition, now, pages)
            if transition.incident is not None:
                self._apply_incident(transition.incident, transition, now, pages)
        while (due := self.next_due()) is not None and due <= now:
            self._advance(self._heap[0][1], due, None, pages)
        return tuple(pages)

    def _apply_alert(self, source: str, transition: Transition, now: datetime, pages: list[Page]) -> None:
        entry = self._entries.get((source,))
        if entry is not None:
            self._advance(entry.name, now, None, pages)
            entry.touched = now
            self._advance(entry.name, now, transition, pages)

    def _apply_incident(self, incident: Incident, transition: Transition, now: datetime, pages: list[Page]) -> None:
        name = (incident.source, incident.dedup_key)
        entry = self._entries.get(name)
        if entry is not None:
            if transition.alert is None:  # an expiry, perhaps of a late tick; with an alert it is known since `now`
                now = min(now, max(entry.touched, transition.at))
            self._advance(name, now, None, pages)
            entry = self._entries.get(name)
        before = None if entry is None else entry.incident
        was_open = before is not None and before.open
        if not incident.open and (before is None or before.id != incident.id):
            return  # it was over before its first transition, or an older incident was corrected
        if entry is None:
            entry = self._entries[name] = _entry(incident.source, incident, now)
        rules = self.rules(incident.source)
        if incident.open is not was_open:
            if rules.flapping_changes is not None:
                entry.changes = [*entry.changes[1 - rules.flapping_changes :], now]
            if incident.open:
                entry.since, entry.rose = now, False
                if entry.page is not None and not entry.page.open and now - entry.page.at >= rules.reopen_window:
                    entry.page = None
        elif before is not None and before.severity is not Severity.CRITICAL is incident.severity:
            entry.rose = True
        entry.incident, entry.touched = incident, now
        self._advance(name, now, transition, pages)

    def _advance(self, name: _Name, until: datetime, transition: Transition | None, pages: list[Page]) -> None:
        """Take the steps of an entry that are due, and schedule the next."""
        entry = self._entries[name]
        while (step := self._next(entry)) is not None and step[0] <= until:
            at, kind = step
            if kind is None:
                del self._entries[name]
                step = None
                break
            if entry.page is not None and entry.page.kind is PageKind.FLAPPING is not kind:
                entry.changes = []
            entry.page = Page(kind=kind, id=_id(entry), source=entry.source, incident=entry.incident, at=at)
            pages.append(entry.page if transition is None else evolve(entry.page, transition=transition))
        self._schedule(name, step)

    def _schedule(self, name: _Name, step: _Next | None) -> None:
        if step is None or step[0] == NEVER:
            self._due.pop(name, None)
        elif self._due.get(name) != step[0]:
            self._due[name] = step[0]
            heappush(self._heap, (step[0], name))
            if len(self._heap) > 2 * len(self._due) + 64:
                self._heap = [(due, each) for each, due in self._due.items()]
                heapify(self._heap)

    def _next(self, entry: _Entry) -> _Next | None:
        rules = self.rules(entry.source)
        if entry.incident is None:
            return _next_of_source(entry, rules)
        return _next_if_flapping(entry, entry.incident, rules) or _next_of_incident(entry, entry.incident, rules)

    def snapshot(self) -> dict[str, Any]:
        """Return the state of the book as JSON types, without the rules."""
        written = _Snapshot(version=1, entries=list(self._entries.values()))
        return asdict(written, filter=lambda it, _: it.name != "transition", value_serializer=_plain)

    @classmethod
    def restore(
        cls, snapshot: object, rules: Mapping[str, Quiet] | None = None, default: Quiet | None = None
    ) -> "PageBook":
        """Return the book from a snapshot of this or any earlier release.

        Raises:
            ConfigurationError: the snapshot is invalid, damaged, or from a newer release.
        """
        book = cls(rules, default)
        try:
            entries = wire.structure(wire.plain(snapshot), _Snapshot).entries
        except wire.Mismatch as error:
            raise ConfigurationError(f"snapshot: {error}; this release reads version 1") from None
        for entry in entries:
            if entry.name in book._entries or not entry.is_possible:
                raise ConfigurationError("snapshot: an entry contradicts another, or itself")
            book._entries[entry.name] = entry
            book._schedule(entry.name, book._next(entry))
        book._not_begun = [source for source in book._not_begun if (source,) not in book._entries]
        return book


# --- Steps ------------------------------------------------------------------------------------------------------------


def _next_of_source(entry: _Entry, rules: Quiet) -> _Next | None:
    page, latest = entry.page, entry.touched
    if page is not None and page.open:
        return (latest, PageKind.CLOSE) if latest >= page.at or rules.silent_after is None else None
    return (latest, None) if rules.silent_after is None else (plus(latest, rules.silent_after), PageKind.SILENT)


def _next_if_flapping(entry: _Entry, incident: Incident, rules: Quiet) -> _Next | None:
    page, changes, number = entry.page, entry.changes, rules.flapping_changes
    if page is not None and page.kind is PageKind.FLAPPING:
        if page.incident is not None and _is_worse(incident.severity, page.incident.severity):
            return entry.touched, PageKind.FLAPPING
        return plus(changes[-1], rules.flapping_window), PageKind.UPDATE if incident.open else PageKind.CLOSE
    if number is None or len(changes) < number or changes[-1] - changes[-number] >= rules.flapping_window:
        return None
    return entry.touched, PageKind.FLAPPING


def _next_of_incident(entry: _Entry, incident: Incident, rules: Quiet) -> _Next | None:
    page, latest = entry.page, entry.touched
    if page is not None and page.open:
        if not incident.open:
            return latest, PageKind.CLOSE
        return None if _condition(incident) == _condition(page.incident) else (latest, PageKind.UPDATE)
    if not incident.open:
        ends = [plus(change, rules.flapping_window) for change in entry.changes[-1:]]
        if page is not None:
            ends.append(plus(page.at, rules.reopen_window))
        return max([latest, *ends]), None
    if incident.state is not State.FIRING:
        return None
    hold_down = _ZERO if entry.rose else rules.hold_down_of(incident.severity)
    due = plus(min(incident.opened_at, entry.since), hold_down)
    return max(latest, due), PageKind.OPEN if page is None else PageKind.REOPEN


def _is_worse(one: Severity | None, other: Severity | None) -> bool:
    return one is not None and (other is None or one > other)


def _condition(incident: Incident | None) -> tuple[State, Severity | None] | None:
    return None if incident is None else (incident.state, incident.severity)


def _entry(source: str, incident: Incident | None, now: datetime) -> _Entry:
    return _Entry(source=source, incident=incident, since=now, touched=now, rose=False, changes=[], page=None)


def _id(entry: _Entry) -> str:
    """Return the id of the next step of a page."""
    if entry.incident is None:
        return hashlib.blake2b(ascii((entry.source, "silent")).encode(), digest_size=16).hexdigest()
    return entry.incident.id if entry.page is None else entry.page.id


def _plain(_: object, __: object, value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value

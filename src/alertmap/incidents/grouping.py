"""Groups of incidents: one page for what belongs together.

A layer over incidents, fed with transitions; what is open stays the business of the book. A `Grouping` says two things:

- what may stand together: `by` gives each incident a name, and only incidents with one name share a group. `by_key` is
  the default, `by_source` takes all of a source, any function of an incident will do;
- for how long: with `window`, incidents opened in the same stretch of time share a group, and stretches are counted
  from 1970, never from what came first. With `until` acknowledged or resolved a group takes what opens until one of its
  incidents is acknowledged, or none of them is open; then the next begins another. With neither it takes all.

A group is open while one of its incidents is, and forgotten when none is: as many are kept as incidents are open. One
that comes back under the same name and window has the same id.
"""

import hashlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from enum import Enum, unique
from typing import Any

from attrs import evolve, field, frozen

from alertmap.errors import ConfigurationError
from alertmap.incidents.model import Incident, Transition
from alertmap.model import Severity, State

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def by_key(incident: Incident) -> str:
    """Incidents of one source and dedup key."""
    return ascii((incident.source, incident.dedup_key))


def by_source(incident: Incident) -> str:
    """Incidents of one source."""
    return incident.source


def _function(_: object, __: Any, by: object) -> None:
    if not callable(by):
        raise ConfigurationError("grouping: by must be a function of an incident")


def _window(_: object, __: Any, window: Any) -> None:
    if window is not None and (not isinstance(window, timedelta) or window <= timedelta()):
        raise ConfigurationError("grouping: window must be None or a timedelta above zero")


def _until(_: object, __: Any, until: Any) -> None:
    if until not in (None, State.ACKNOWLEDGED, State.RESOLVED):
        raise ConfigurationError("grouping: until must be None, State.ACKNOWLEDGED or State.RESOLVED")


@frozen(kw_only=True)
class Grouping:
    """What belongs together, and for how long.

    Raises:
        ConfigurationError: a value cannot mean anything, or there is both a window and an end.
    """

    by: Callable[[Incident], str] = field(default=by_key, validator=_function)
    """The name that an incident shares with those it may stand with."""
    window: timedelta | None = field(default=None, validator=_window)
    """Incidents opened in the same stretch of this length share a group."""
    until: State | None = field(default=None, validator=_until)
    """A group takes no more once one of it is acknowledged, or all are resolved."""

    def __attrs_post_init__(self) -> None:
        if self.window is not None and self.until is not None:
            raise ConfigurationError("grouping: either a window or an end, not both")


@unique
class GroupChangeKind(Enum):
    """What became of a group."""

    OPENED = "opened"
    CHANGED = "changed"  # another incident, or another state or severity of one
    RESOLVED = "resolved"  # none of its incidents is open any longer


@frozen(kw_only=True)
class Group:
    """Open incidents that stand together; none on the change that resolves it."""

    id: str
    """32 hexadecimal digits."""
    name: str
    """What the grouping's `by` gave."""
    incidents: tuple[Incident, ...]
    """Those that are open, in the order in which they joined."""
    closed: bool = False
    """It takes no more incidents: one was acknowledged."""

    @property
    def severity(self) -> Severity | None:
        """That of the worst incident."""
        return max((one.severity for one in self.incidents if one.severity), default=None)


@frozen(kw_only=True)
class GroupChange:
    """One thing that became of one group, and the transition that caused it."""

    kind: GroupChangeKind
    group: Group
    """The whole group after the change."""
    transition: Transition


class GroupBook:
    """Open groups, from the transitions of one `IncidentBook`, in the order in which it told them."""

    def __init__(self, grouping: Grouping | None = None) -> None:
        self._grouping = Grouping() if grouping is None else grouping
        if not isinstance(self._grouping, Grouping):
            raise ConfigurationError(f"a Grouping is wanted, got {type(grouping).__name__}")
        self._groups: dict[str, Group] = {}
        self._group_of: dict[str, str] = {}  # id of an open incident -> id of its group
        self._latest: dict[str, str] = {}  # name -> id of the group that takes what opens next

    @property
    def open(self) -> tuple[Group, ...]:
        """The open groups, in the order in which they opened."""
        return tuple(self._groups.values())

    def group_of(self, incident_id: str) -> Group | None:
        """The group of an open incident."""
        return self._groups.get(self._group_of.get(incident_id, ""))

    def apply(self, transitions: Transition | Iterable[Transition]) -> tuple[GroupChange, ...]:
        """Take transitions, and tell what became of the groups.

        Raises:
            ConfigurationError: something in there is no `Transition`, or the grouping's `by` gave no text.
        """
        if not isinstance(transitions, (Transition, Iterable)):
            raise ConfigurationError(f"a Transition or an iterable of them is wanted, got {type(transitions).__name__}")
        changes: list[GroupChange] = []
        for told in (transitions,) if isinstance(transitions, Transition) else transitions:
            if not isinstance(told, Transition):
                raise ConfigurationError(f"a Transition is wanted, got {type(told).__name__}")
            if told.incident is not None:
                self._take(told.incident, told, changes)
        return tuple(changes)

    def _take(self, incident: Incident, told: Transition, changes: list[GroupChange]) -> None:
        old = self._group_of.get(incident.id)
        name = self._grouping.by(incident)
        if not isinstance(name, str):
            raise ConfigurationError(f"grouping: by must give text, got {type(name).__name__}")
        new = self._place(incident, name) if incident.open else None
        if old is not None and old != new:
            self._leave(incident, old, told, changes)
        if new is not None:
            self._join(incident, new, name, told, changes)

    def _place(self, incident: Incident, name: str) -> str:
        """The id of the group that an open incident belongs to."""
        if self._grouping.window is not None:
            return _id(name, str((incident.opened_at - _EPOCH) // self._grouping.window))
        if self._grouping.until is None:
            return _id(name, "")
        return self._group_of.get(incident.id) or self._latest.get(name) or _id(name, incident.id)

    def _join(self, incident: Incident, group_id: str, name: str, told: Transition, changes: list[GroupChange]) -> None:
        old = self._groups.get(group_id)
        ends = incident.state is State.ACKNOWLEDGED is self._grouping.until
        group = Group(
            id=group_id,
            name=old.name if old else name,
            incidents=tuple({one.id: one for one in (*(old.incidents if old else ()), incident)}.values()),
            closed=ends or (old is not None and old.closed),
        )
        if group == old:
            return
        if self._grouping.until is not None and not group.closed:
            self._latest[group.name] = group_id
        elif self._latest.get(group.name) == group_id:
            del self._latest[group.name]
        self._groups[group_id] = group
        self._group_of[incident.id] = group_id
        kind = GroupChangeKind.CHANGED if old else GroupChangeKind.OPENED
        changes.append(GroupChange(kind=kind, group=group, transition=told))

    def _leave(self, incident: Incident, group_id: str, told: Transition, changes: list[GroupChange]) -> None:
        group = self._groups[group_id]
        after = evolve(group, incidents=tuple(one for one in group.incidents if one.id != incident.id))
        del self._group_of[incident.id]
        if after.incidents:
            self._groups[group_id] = after
            changes.append(GroupChange(kind=GroupChangeKind.CHANGED, group=after, transition=told))
            return
        del self._groups[group_id]
        if self._latest.get(group.name) == group_id:
            del self._latest[group.name]
        changes.append(GroupChange(kind=GroupChangeKind.RESOLVED, group=after, transition=told))


def _id(name: str, stretch: str) -> str:
    return hashlib.blake2b(ascii((name, stretch)).encode(), digest_size=16).hexdigest()

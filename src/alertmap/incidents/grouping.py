"""Grouping of incidents: one page for several related incidents.

A layer on top of the incidents that takes transitions. A `Grouping` has two parts:

- Which incidents: `by` gives each incident a name, and only incidents with equal names share a group. `by_key` is the
  default, `by_source` takes all incidents of a source, a tuple of label names takes those with the same values, and
  any other function of an incident will do.
- For how long: with `window`, incidents opened in the same interval share a group; intervals are counted from 1970, so
  the order of arrival makes no difference. With `window` and `from_first`, as ilert has it, a group accepts incidents
  that opened less than `window` after its first; the next one starts another group. With `until` acknowledged or
  resolved, a group accepts new incidents until one of its own is acknowledged, or none of them is open; after that the
  next incident starts another group. With neither, a group always accepts.

A group is open while one of its incidents is open, and forgotten after that, so the memory is limited by the number of
open incidents. A later group with the same name and interval has the same id.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum, unique
from typing import Any

from attrs import evolve, field, frozen

from alertmap.errors import ConfigurationError, shown
from alertmap.incidents.model import Incident, Transition
from alertmap.incidents.timeline import NEVER, plus
from alertmap.model import Severity, State

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def by_key(incident: Incident) -> str:
    """Group the incidents of one source and dedup key."""
    return ascii((incident.source, incident.dedup_key))


def by_source(incident: Incident) -> str:
    """Group the incidents of one source."""
    return incident.source


By = Callable[[Incident], str] | tuple[str, ...]


def _as_by(by: Callable[[Incident], str] | Sequence[str]) -> By:
    return tuple(by) if isinstance(by, list) else by  # type: ignore[return-value]  # the validator refuses all else


def _function_or_labels(_: object, __: Any, by: Any) -> None:
    is_labels = isinstance(by, tuple) and by and all(isinstance(name, str) and name for name in by)
    if not callable(by) and not is_labels:
        raise ConfigurationError(
            f"grouping: by must be a function of an incident or a tuple of label names, got {shown(by)}"
        )


def _window(_: object, __: Any, window: Any) -> None:
    if window is not None and (not isinstance(window, timedelta) or window <= timedelta()):
        raise ConfigurationError(f"grouping: window must be None or a timedelta above zero, got {shown(window)}")


def _from_first(_: object, __: Any, from_first: Any) -> None:
    if type(from_first) is not bool:
        raise ConfigurationError(f"grouping: from_first must be a bool, got {shown(from_first)}")


def _until(_: object, __: Any, until: Any) -> None:
    if until is not None and until is not State.ACKNOWLEDGED and until is not State.RESOLVED:
        raise ConfigurationError(
            f"grouping: until must be None, State.ACKNOWLEDGED or State.RESOLVED, got {shown(until)}"
        )


@frozen(kw_only=True)
class Grouping:
    """Rules for grouping incidents.

    Raises:
        ConfigurationError: a value is invalid, or both `window` and `until` are given.
    """

    by: By = field(default=by_key, converter=_as_by, validator=_function_or_labels)
    """Function that gives an incident the name of its group; or names of labels, such as `("team", "cluster")`: those
    with the same values share a group, over all sources. A label that an incident does not have counts as empty."""
    window: timedelta | None = field(default=None, validator=_window)
    """Length of the intervals: incidents opened in the same one share a group."""
    from_first: bool = field(default=False, validator=_from_first)
    """Count `window` from the opening of the group's first incident, not from 1970."""
    until: State | None = field(default=None, validator=_until)
    """A group accepts no new incident once one of its own is acknowledged, or all are resolved."""

    def name_of(self, incident: Incident) -> str:
        """Return the name of the group of an incident.

        Raises:
            ConfigurationError: the function `by` raised, or did not return text.
        """
        if isinstance(self.by, tuple):
            return ascii(tuple(incident.labels.get(name, "") for name in self.by))
        try:
            name = self.by(incident)
        except Exception as error:
            raise ConfigurationError(f"grouping: by raised {type(error).__name__}") from error
        if not isinstance(name, str):
            raise ConfigurationError(f"grouping: by must return text, got {type(name).__name__}")
        return name

    def __attrs_post_init__(self) -> None:
        if self.window is not None and self.until is not None:
            raise ConfigurationError("grouping: window and until exclude each other; give one of them")
        if self.window is None and self.from_first:
            raise ConfigurationError("grouping: from_first needs a window")


@unique
class GroupChangeKind(StrEnum):
    """Kind of change of a group."""

    OPENED = "opened"  # its first incident opened
    CHANGED = "changed"  # an incident joined or left, or its state or severity changed
    RESOLVED = "resolved"  # none of its incidents is open


@frozen(kw_only=True)
class Group:
    """Open incidents that share a page; none of them on the change that resolves the group."""

    id: str
    """32 hexadecimal digits."""
    name: str
    """The name that `Grouping.by` returned."""
    incidents: tuple[Incident, ...]
    """The open ones, in the order in which they joined."""
    closed: bool = False
    """True if it accepts no new incident because one of its own was acknowledged."""

    @property
    def severity(self) -> Severity | None:
        """The worst severity of its incidents."""
        return max((one.severity for one in self.incidents if one.severity), default=None)


@frozen(kw_only=True)
class GroupChange:
    """One change of one group, and the transition that caused it."""

    kind: GroupChangeKind
    group: Group
    """The group after the change."""
    transition: Transition


class GroupBook:
    """Open groups, computed from the transitions of one `IncidentBook` in their order."""

    def __init__(self, grouping: Grouping | None = None) -> None:
        self._grouping = Grouping() if grouping is None else grouping
        if not isinstance(self._grouping, Grouping):
            raise ConfigurationError(f"expected Grouping, got {type(grouping).__name__}")
        self._groups: dict[str, Group] = {}
        self._group_of: dict[str, str] = {}  # id of an open incident -> id of its group
        self._latest: dict[str, str] = {}  # name -> id of the group that accepts the next incident
        self._ends: dict[str, datetime] = {}  # name -> with `from_first`: when that group accepts no more

    @property
    def open(self) -> tuple[Group, ...]:
        """The open groups, in the order in which they opened."""
        return tuple(self._groups.values())

    def group_of(self, incident_id: str) -> Group | None:
        """Return the group of an open incident, or None.

        Raises:
            ConfigurationError: the id is not text.
        """
        if not isinstance(incident_id, str):
            raise ConfigurationError(f"an incident's id must be text, got {type(incident_id).__name__}")
        return self._groups.get(self._group_of.get(incident_id, ""))

    def apply(self, transitions: Transition | Iterable[Transition]) -> tuple[GroupChange, ...]:
        """Apply transitions, and return the changes of the groups.

        Raises:
            ConfigurationError: an item is not a `Transition`, or `Grouping.by` raised, or did not return text.
        """
        if not isinstance(transitions, (Transition, Iterable)):
            raise ConfigurationError(f"expected Transition or an iterable of them, got {type(transitions).__name__}")
        changes: list[GroupChange] = []
        for transition in (transitions,) if isinstance(transitions, Transition) else transitions:
            if not isinstance(transition, Transition):
                raise ConfigurationError(f"expected Transition, got {type(transition).__name__}")
            if transition.incident is not None:
                self._apply(transition.incident, transition, changes)
        return tuple(changes)

    def _apply(self, incident: Incident, transition: Transition, changes: list[GroupChange]) -> None:
        old = self._group_of.get(incident.id)
        name = self._grouping.name_of(incident)
        new = self._place(incident, name) if incident.open else None
        if old is not None and old != new:
            self._leave(incident, old, transition, changes)
        if new is not None:
            self._join(incident, new, name, transition, changes)

    def _place(self, incident: Incident, name: str) -> str:
        """Return the id of the group that an open incident belongs to."""
        window = self._grouping.window
        if window is None and self._grouping.until is None:
            return _id(name, "")
        if window is not None and not self._grouping.from_first:
            return _id(name, str((incident.opened_at - _EPOCH) // window))
        latest = self._latest.get(name) if incident.opened_at < self._ends.get(name, NEVER) else None
        return self._group_of.get(incident.id) or latest or _id(name, incident.id)

    def _join(
        self, incident: Incident, group_id: str, name: str, transition: Transition, changes: list[GroupChange]
    ) -> None:
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
        if group.closed:
            self._accept_no_more(group)
        elif old is None and (self._grouping.until is not None or self._grouping.from_first):
            self._latest[name] = group_id
            if self._grouping.window is not None:
                self._ends[name] = plus(incident.opened_at, self._grouping.window)
        self._groups[group_id] = group
        self._group_of[incident.id] = group_id
        kind = GroupChangeKind.CHANGED if old else GroupChangeKind.OPENED
        changes.append(GroupChange(kind=kind, group=group, transition=transition))

    def _leave(self, incident: Incident, group_id: str, transition: Transition, changes: list[GroupChange]) -> None:
        group = self._groups[group_id]
        after = evolve(group, incidents=tuple(one for one in group.incidents if one.id != incident.id))
        del self._group_of[incident.id]
        if after.incidents:
            self._groups[group_id] = after
            changes.append(GroupChange(kind=GroupChangeKind.CHANGED, group=after, transition=transition))
            return
        del self._groups[group_id]
        self._accept_no_more(group)
        changes.append(GroupChange(kind=GroupChangeKind.RESOLVED, group=after, transition=transition))

    def _accept_no_more(self, group: Group) -> None:
        if self._latest.get(group.name) == group.id:
            del self._latest[group.name]
            self._ends.pop(group.name, None)


def _id(name: str, interval: str) -> str:
    return hashlib.blake2b(ascii((name, interval)).encode(), digest_size=16).hexdigest()

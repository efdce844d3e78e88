"""Reducer for many keys: `IncidentBook` maps each source and dedup key to its memory.

The book is the only mutable part of the reducer. It adds three things to `step` and `tick`: a policy for each source, a
limit on the open incidents of a source, and snapshots as JSON. Alerts in order take the fast path of `_fast.py`, all
others take `timeline.py`; the results are equal.

The book has no lock: use it from one thread, or guard it.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from heapq import merge
from operator import attrgetter
from typing import Any

from alertmap.errors import ConfigurationError, LimitError
from alertmap.incidents._fast import Entry, SourceState, statements_of
from alertmap.incidents.model import Incident, Policy, Transition
from alertmap.incidents.snapshot import VERSION, dump_timeline, load_timeline
from alertmap.incidents.timeline import NEVER, Timeline, advance, incidents, tick, to_utc
from alertmap.model import Alert

_number = attrgetter("number")


class TooManyOpen(LimitError):
    """Error when an alert would open more incidents than the policy of its source allows.

    That alert was not applied. The alerts before it in the same call of `apply` were; `transitions` are theirs.
    """

    def __init__(self, message: str, *, transitions: tuple[Transition, ...]) -> None:
        super().__init__(message)
        self.transitions = transitions


class IncidentBook:
    """Open and closed incidents of many sources and keys.

    `policies` maps the name of a source to its `Policy`; `default` is the policy of all other sources.

    Raises:
        ConfigurationError: an argument has the wrong type.
    """

    def __init__(self, policies: Mapping[str, Policy] | None = None, default: Policy | None = None) -> None:
        try:
            self._policies = dict(policies or {})
        except (TypeError, ValueError):
            raise ConfigurationError(
                f"policies: expected a mapping of source names to Policy, got {type(policies).__name__}"
            ) from None
        self._default = Policy() if default is None else default
        for policy in (*self._policies.values(), self._default):
            if not isinstance(policy, Policy):
                raise ConfigurationError(f"expected Policy, got {type(policy).__name__}")
        self._sources: dict[str, SourceState] = {}
        self._keys_added = 0  # ever, with those that were forgotten

    def policy(self, source: str) -> Policy:
        """Return the policy of a source."""
        return self._policies.get(source, self._default)

    def apply(self, alerts: Alert | Iterable[Alert]) -> tuple[Transition, ...]:
        """Apply alerts in order of arrival, and return the transitions.

        Raises:
            ConfigurationError: an item is not an `Alert` with aware datetimes; no alert was applied.
            TooManyOpen: an alert would open one incident too many; the error has the transitions of those before it.
        """
        batch = (alerts,) if isinstance(alerts, Alert) else _tuple(alerts)
        transitions: list[Transition] = []
        source, name = None, None
        statements, times = statements_of(batch, self.policy)
        for alert, statement, received_at in zip(batch, statements, times, strict=True):
            if source is None or alert.source is not name:
                name = alert.source
                source = self._source(name)
            entry = source.entries.get(alert.dedup_key)
            if entry is None:
                entry = self._entry(alert)
                if statement is not None and entry.apply(alert, statement, received_at, transitions):
                    self._keys_added += 1
                    source.entries[alert.dedup_key] = entry
                    continue
            elif statement is not None and entry.apply(alert, statement, received_at, transitions):
                continue
            transitions += self._step(entry, alert, transitions)
        return tuple(transitions)

    def _step(self, entry: Entry, alert: Alert, transitions: list[Transition]) -> list[Transition]:
        """Apply an alert by the slow path."""
        source, before = entry.source, entry.to_timeline()
        after, more = advance(before, alert, source.policy)
        limit = source.policy.max_open_per_source
        if after.is_open and not before.is_open and source.open >= limit:
            raise TooManyOpen(
                f"source {alert.source!r} already has {source.open} open incidents, limit {limit}; alert not applied: "
                "raise max_open_per_source in its Policy, or use expire_after if it sends no recoveries",
                transitions=tuple(transitions),
            )
        self._put(entry, before, after)
        return more

    def tick(self, now: datetime) -> tuple[Transition, ...]:
        """Apply the present time: incidents past their deadline expire, and keys without recent alerts are forgotten.

        Raises:
            ConfigurationError: `now` is not an aware datetime.
        """
        now = to_utc(now, "now")
        transitions: list[Transition] = []
        if all(now < source.due for source in self._sources.values()):
            return ()
        for source in self._sources.values():
            source.due = NEVER
        for entry in list(self._entries()):
            if now < entry.due:
                entry.source.due = min(entry.source.due, entry.due)
                continue
            before = entry.to_timeline()
            after, more = tick(before, now, entry.source.policy)
            self._put(entry, before, after)
            transitions += more
        return tuple(transitions)

    def _source(self, name: str) -> SourceState:
        source = self._sources.get(name)
        if source is None:
            source = self._sources[name] = SourceState(name, self.policy(name))
        return source

    def _entry(self, key_of: Alert | Timeline) -> Entry:
        """Return an empty entry for the key of an alert or a timeline; it is not yet part of the book."""
        return Entry(self._keys_added, self._source(key_of.source), key_of.dedup_key, key_of.vendor)

    def _put(self, entry: Entry, before: Timeline, after: Timeline) -> None:
        """Replace the entry of a key by the entry of its new timeline, or forget the key."""
        source, dedup_key = entry.source, entry.dedup_key
        source.open += after.is_open - before.is_open
        if after:
            if dedup_key not in source.entries:
                self._keys_added += 1
            entry = source.entries[dedup_key] = Entry.from_timeline(entry.number, after, source)
            source.due = min(source.due, entry.due)
        else:
            del source.entries[dedup_key]

    def _entries(self) -> Iterator[Entry]:
        """Yield the entries of all keys, in the order in which the book first received the keys."""
        return merge(*(source.entries.values() for source in self._sources.values()), key=_number)

    @property
    def open(self) -> tuple[Incident, ...]:
        """The open incidents, in the order in which the book first received their keys."""
        return tuple(incident for entry in self._entries() if (incident := entry.open))

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """All incidents that can still change, and the newest of every remembered key; oldest of a key first.

        Older ones are not kept; their transitions had them.
        """
        return tuple(
            incident for entry in self._entries() for incident in incidents(entry.to_timeline(), entry.source.policy)
        )

    def timeline(self, source: str, dedup_key: str) -> Timeline:
        """Return the timeline of a key; `Timeline()` if the key is unknown."""
        found = self._sources.get(source)
        entry = None if found is None else found.entries.get(dedup_key)
        return Timeline() if entry is None else entry.to_timeline()

    def __len__(self) -> int:
        """Return the number of remembered keys."""
        return sum(len(source.entries) for source in self._sources.values())

    def snapshot(self) -> dict[str, Any]:
        """Return the state of the book as JSON types, without the policies."""
        return {"version": VERSION, "timelines": [dump_timeline(entry.to_timeline()) for entry in self._entries()]}

    @classmethod
    def restore(
        cls, snapshot: object, policies: Mapping[str, Policy] | None = None, default: Policy | None = None
    ) -> "IncidentBook":
        """Return the book from a snapshot of this or any earlier release.

        Raises:
            ConfigurationError: the snapshot is invalid, damaged, or from a newer release.
        """
        if not isinstance(snapshot, Mapping) or not isinstance(snapshot.get("timelines"), list):
            raise ConfigurationError(
                f"snapshot: expected an object with version and timelines, got {type(snapshot).__name__}"
            )
        if snapshot.get("version") != VERSION:
            raise ConfigurationError(
                f"snapshot: version {snapshot.get('version')!r} is unknown; this release reads version {VERSION}"
            )
        book = cls(policies, default)
        for data in snapshot["timelines"]:
            timeline = load_timeline(data, book.policy)
            entry = book._entry(timeline)
            if timeline.dedup_key in entry.source.entries:
                raise ConfigurationError("snapshot: two timelines have the same source and dedup key")
            book._put(entry, Timeline(), timeline)
        return book


def _tuple(alerts: object) -> tuple[Any, ...]:
    if not isinstance(alerts, Iterable):
        raise ConfigurationError(f"expected Alert or an iterable of them, got {type(alerts).__name__}")
    return tuple(alerts)

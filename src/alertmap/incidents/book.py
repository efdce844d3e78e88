"""Reducer for many keys: `IncidentBook` maps each source and dedup key to its timeline.

The book is the only mutable part of the reducer. It adds to `step` and `tick`: a policy for each source, limits on the
open incidents and the keys of a source, the time of the next tick, and snapshots as JSON.

The book has no lock: use it from one thread. For many threads keep a book for each source, or no book at all: `step`
over a store of your own, which locks one key.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from heapq import heapify, heappop, heappush, heapreplace
from typing import Any

from attrs import evolve

from alertmap.errors import ConfigurationError, LimitError, quoted
from alertmap.incidents._fast import quick, timeline_of
from alertmap.incidents.model import Details, Incident, OrderKey, Policy, Transition
from alertmap.incidents.snapshot import (
    VERSION,
    checked_version,
    dump_timeline,
    read_state,
    read_timeline,
    written_timeline,
)
from alertmap.incidents.timeline import (
    CLOSED,
    NEVER,
    Statement,
    Timeline,
    advance,
    check_alert,
    due,
    expire,
    incidents,
    opened,
)
from alertmap.model import Alert, Severity
from alertmap.times import to_utc

Name = tuple[str, str]
"""Source and dedup key."""


class TooManyOpen(LimitError):
    """Error when an alert would open more incidents than the policy of its source allows.

    That alert was not applied. The alerts before it in the same call of `apply` were; `transitions` are theirs.
    """

    def __init__(self, message: str, *, transitions: tuple[Transition, ...]) -> None:
        super().__init__(message)
        self.transitions = transitions

    def __reduce__(self) -> tuple[Any, ...]:
        return _too_many_open, (str(self), self.transitions)


def _too_many_open(message: str, transitions: tuple[Transition, ...]) -> TooManyOpen:
    return TooManyOpen(message, transitions=transitions)


class _Source:
    """The part of a book that belongs to one source."""

    __slots__ = ("agenda", "forgotten", "keys", "name", "open", "policy")

    def __init__(self, name: str, policy: Policy) -> None:
        self.name = name
        self.policy = policy
        self.open = 0  # number of open incidents
        self.keys = 0  # number of remembered keys
        self.forgotten = 0  # number of keys that were forgotten early
        # A heap of (time, dedup key). No key changes by time alone before its earliest entry; later entries of it, and
        # those of forgotten keys, are left behind and skipped when their time comes.
        self.agenda: list[tuple[datetime, str]] = []


class IncidentBook:
    """Open and closed incidents of many sources and keys. For one thread: there is no lock.

    `policies` maps the name of a source to its `Policy`; `default` is the policy of all other sources.

    Raises:
        ConfigurationError: an argument has the wrong type.
    """

    def __init__(self, policies: Mapping[str, Policy] | None = None, default: Policy | None = None) -> None:
        try:
            self._policies = dict(policies or {})
        except (TypeError, ValueError):
            raise ConfigurationError(
                f"policies: expected a mapping of source names to Policy, got {type(policies).__name__}; "
                "`default` takes the policy of all other sources"
            ) from None
        self._default = Policy() if default is None else default
        for policy in (*self._policies.values(), self._default):
            if not isinstance(policy, Policy):
                raise ConfigurationError(f"expected Policy, got {type(policy).__name__}")
        self._sources: dict[str, _Source] = {}
        self._timelines: dict[Name, Timeline | _Packed] = {}  # in the order in which the keys were first received
        self._changed: set[Name] | None = None  # keys to store; None until `changed` or `load` was called

    def policy(self, source: str) -> Policy:
        """Return the policy of a source.

        Raises:
            ConfigurationError: the name is not text.
        """
        _expect_text(source, "source")
        return self._policies.get(source, self._default)

    def apply(self, alerts: Alert | Iterable[Alert], received_at: datetime | None = None) -> tuple[Transition, ...]:
        """Apply alerts in order of arrival, and return the transitions.

        `received_at` is given to the alerts that have none. Without it a repeat after a false resolve looks like old
        news, and nothing expires by `expire_after`.

        Raises:
            ConfigurationError: an item is not an `Alert` with aware datetimes; no alert was applied.
            TooManyOpen: an alert would open one incident too many; the error has the transitions of those before it.
        """
        batch = (alerts,) if isinstance(alerts, Alert) else _tuple(alerts, "Alert or an iterable of them")
        plain = [check_alert(alert) for alert in batch]
        if received_at is not None:
            now = to_utc(received_at, "received_at")
            batch = tuple(evolve(one, received_at=now) if one.received_at is None else one for one in batch)
        transitions: list[Transition] = []
        for alert, is_plain in zip(batch, plain, strict=True):
            self._step(alert, transitions, is_plain=is_plain)
        return tuple(transitions)

    def _step(self, alert: Alert, transitions: list[Transition], *, is_plain: bool) -> None:
        name = (alert.source, alert.dedup_key)
        source = self._sources.get(alert.source) or self._source(alert.source)
        policy = source.policy
        found = self._timelines.get(name)
        before = _UNKNOWN if found is None else found if isinstance(found, Timeline) else _unpacked(name, found)
        result = quick(before, alert, policy) if is_plain else None
        if result is None:
            after, more = advance(before, alert, policy)
        else:
            after, more = result[0], [result[1]]
        opened = after.is_open - before.is_open
        if opened > 0 and source.open >= policy.max_open_per_source:
            raise TooManyOpen(
                f"source {quoted(alert.source)} already has {source.open} open incidents, limit "
                f"{source.policy.max_open_per_source}; alert not applied: "
                "raise max_open_per_source in its Policy, or use expire_after if it sends no recoveries",
                transitions=tuple(transitions),
            )
        self._put(name, source, before, after)
        transitions += more

    def tick(self, now: datetime) -> tuple[Transition, ...]:
        """Apply the present time: incidents past their deadline expire, and keys without recent alerts are forgotten.

        Raises:
            ConfigurationError: `now` is not an aware datetime.
        """
        now = to_utc(now, "now")
        found: dict[Name, _Source] = {}
        for source in self._sources.values():
            while source.agenda and source.agenda[0][0] <= now:
                found[source.name, heappop(source.agenda)[1]] = source
        transitions: list[Transition] = []
        for name in [name for name in self._timelines if name in found] if len(found) > 1 else found:
            before = self._timeline(name)
            if before:
                after, more = expire(before, now, found[name].policy)
                self._put(name, found[name], before, after, was_due=NEVER)
                transitions += more
        return tuple(transitions)

    def next_due(self) -> datetime | None:
        """Return the time of the next change without further alerts: an expiry, or a key that is forgotten; or None.

        A `tick` before that changes nothing. Ask again after `apply` and `tick`.
        """
        times = [time for source in self._sources.values() if (time := self._next_of(source)) is not None]
        return min(times, default=None)

    def _next_of(self, source: _Source) -> datetime | None:
        """Return when a key of a source next changes by time alone, and remove the entries that were left behind."""
        agenda = source.agenda
        while agenda:
            planned, dedup_key = agenda[0]
            timeline = self._timeline((source.name, dedup_key))
            time = due(timeline, source.policy) if timeline else NEVER
            if time <= planned:
                return planned
            if time == NEVER:
                heappop(agenda)
            else:
                heapreplace(agenda, (time, dedup_key))
        return None

    @property
    def forgotten(self) -> dict[str, int]:
        """Number of keys that were forgotten early, by source: those beyond `max_keys_per_source`."""
        return {source.name: source.forgotten for source in self._sources.values() if source.forgotten}

    def _source(self, name: str) -> _Source:
        source = self._sources.get(name)
        if source is None:
            source = self._sources[name] = _Source(name, self._policies.get(name, self._default))
        return source

    def _timeline(self, name: Name) -> Timeline:
        found = self._timelines.get(name)
        if found is None:
            return _UNKNOWN
        return found if isinstance(found, Timeline) else _unpacked(name, found)

    def _put(
        self, name: Name, source: _Source, before: Timeline, after: Timeline, *, was_due: datetime | None = None
    ) -> None:
        """Replace the timeline of a key, or forget the key."""
        if after is before and was_due is None:
            return
        if self._changed is not None:
            self._changed.add(name)
        was_open, is_open = before.is_open, after.is_open
        source.open += is_open - was_open
        if not after.recent:
            if before.recent:
                source.keys -= 1
                del self._timelines[name]
            return
        self._timelines[name] = _packed(after) or after
        if was_due is not None or not before.recent or was_open is not is_open or _may_end_earlier(before, after):
            planned = was_due or (due(before, source.policy) if before.recent else NEVER)
            self._plan(name, source, planned, due(after, source.policy))
        if not before.recent:
            source.keys += 1
            if source.keys > source.policy.max_keys_per_source:
                self._forget_one(source)

    def _plan(self, name: Name, source: _Source, planned: datetime, time: datetime) -> None:
        """Plan the time at which a key changes, unless it is planned for an earlier one."""
        if time < planned:
            heappush(source.agenda, (time, name[1]))
            if len(source.agenda) > 2 * source.keys + 1_000:
                self._plan_all(source)

    def _plan_all(self, source: _Source) -> None:
        """Make the agenda of a source anew, without entries that were left behind."""
        names = [name for name in self._timelines if name[0] == source.name]
        planned = [(due(self._timeline(name), source.policy), name[1]) for name in names]
        source.agenda = [entry for entry in planned if entry[0] < NEVER]
        heapify(source.agenda)

    def _forget_one(self, source: _Source) -> None:
        """Forget the key of a source that would be forgotten next; never one with an open incident."""
        open_ones = []
        while source.agenda:
            entry = heappop(source.agenda)
            name = (source.name, entry[1])
            timeline = self._timeline(name)
            if timeline.is_open:
                open_ones.append(entry)
            elif timeline:
                time = due(timeline, source.policy)
                if time <= entry[0]:
                    source.forgotten += 1
                    source.keys -= 1
                    del self._timelines[name]
                    if self._changed is not None:
                        self._changed.add(name)
                    break
                heappush(source.agenda, (time, entry[1]))
        for entry in open_ones:
            heappush(source.agenda, entry)

    @property
    def open(self) -> tuple[Incident, ...]:
        """The open incidents, in the order in which the book first received their keys."""
        return tuple(incident for name in self._timelines if (incident := self._timeline(name).open))

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """All incidents that can still change, and the newest of every remembered key; oldest of a key first.

        Older ones are not kept; their transitions had them.
        """
        return tuple(
            incident
            for name in self._timelines
            for incident in incidents(self._timeline(name), self._source(name[0]).policy)
        )

    def timeline(self, source: str, dedup_key: str) -> Timeline:
        """Return the timeline of a key; `Timeline()` if the key is unknown.

        Raises:
            ConfigurationError: an argument is not text.
        """
        _expect_text(source, "source")
        _expect_text(dedup_key, "dedup_key")
        return self._timeline((source, dedup_key))

    def __len__(self) -> int:
        """Return the number of remembered keys."""
        return len(self._timelines)

    def snapshot(self) -> dict[str, Any]:
        """Return the state of the book as JSON types, without the policies."""
        return {"version": VERSION, "timelines": [written_timeline(one) for one in self._all()]}

    def _all(self) -> Iterator[Timeline]:
        return (self._timeline(name) for name in self._timelines)

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
                f"{': decode it first, with json.loads' if isinstance(snapshot, (str, bytes)) else ''}"
            )
        version = checked_version(snapshot.get("version"))
        book = cls(policies, default)
        for data in snapshot["timelines"]:
            book._add(read_timeline(data, book.policy, version))
        return book

    def _add(self, timeline: Timeline) -> None:
        name = (timeline.source, timeline.dedup_key)
        if name in self._timelines:
            raise ConfigurationError("snapshot: two timelines have the same source and dedup key")
        self._put(name, self._source(timeline.source), _UNKNOWN, timeline)

    def changed(self) -> dict[Name, dict[str, Any] | None]:
        """Return the state of each key that changed since the last call, by source and dedup key; to be stored.

        A state is JSON types, for `load`; None: the key is forgotten, so delete it. The first call returns all keys,
        but none of those that `load` read. Where storing fails, the book is ahead of the store: load it again.
        """
        names = self._timelines if self._changed is None else self._changed
        states = {name: dump_timeline(line) if (line := self._timeline(name)) else None for name in names}
        self._changed = set()
        return states

    @classmethod
    def load(
        cls, states: Iterable[object], policies: Mapping[str, Policy] | None = None, default: Policy | None = None
    ) -> "IncidentBook":
        """Return the book of the states that `changed` returned, in any order; each may be of an earlier release.

        Raises:
            ConfigurationError: a state is invalid, damaged, or from a newer release, or two have the same key.
        """
        book = cls(policies, default)
        for state in _tuple(states, "an iterable of states"):
            book._add(read_state(state, book.policy))
        book._changed = set()
        return book


_UNKNOWN = Timeline()


def _may_end_earlier(before: Timeline, after: Timeline) -> bool:
    """Return True if the open incident is another than before, or got its first deadline from the sender.

    More alerts of the same incident never bring its end forward.
    """
    one, other = before.now, after.now
    if one is None or other is None or other.state == CLOSED:
        return False
    return one.opening is not other.opening or (one.expires_at is None and other.expires_at is not None)


def _tuple(items: object, expected: str) -> tuple[Any, ...]:
    if not isinstance(items, Iterable) or isinstance(items, (str, bytes, Mapping)):
        hint = ": parse it first" if "Alert" in expected and isinstance(items, (str, bytes, Mapping)) else ""
        raise ConfigurationError(f"expected {expected}, got {type(items).__name__}{hint}")
    return tuple(items)


def _expect_text(value: object, name: str) -> None:
    if not isinstance(value, str):
        raise ConfigurationError(f"{name} must be text, got {type(value).__name__}")


# --- Keys with one statement ------------------------------------------------------------------------------------------

# Most keys of a large book have one statement, which may have been repeated. They are stored as one tuple, a third of
# the memory of a timeline, and the garbage collector does not track it. Severities are words for that reason.
_Packed = tuple[
    str,
    datetime,
    int,
    datetime,
    int,
    bool,
    str,
    str | None,
    str,
    datetime,
    datetime | None,
    bool,
    bool,
    Details | None,
    bool,
    datetime,
]


def _packed(timeline: Timeline) -> _Packed | None:
    """Return a timeline with one statement in the packed form; None for any other."""
    if len(timeline.recent) > 1 or timeline.horizon is not None:
        return None
    statement = timeline.recent[0]
    if (timeline.now is None) is statement.announced:
        return None  # from a damaged snapshot
    if statement.received_at != timeline.last_received_at or type(statement.key[1]) is not int:
        return None
    severity = statement.severity
    return (
        timeline.vendor,
        *statement.key,
        None if severity is None else severity.value,
        statement.title,
        statement.received_at,
        statement.expires_at,
        statement.untimed,
        statement.announced,
        statement.details,
        statement.guessed,
        timeline.first_received_at,
    )


def _unpacked(name: Name, packed: _Packed) -> Timeline:
    (vendor, *parts, word, title, received_at, expires_at, untimed, announced, details, guessed, first_received_at) = (
        packed
    )
    key: OrderKey = tuple(parts)  # type: ignore[assignment]
    severity = None if word is None else _SEVERITIES[word]
    statement = Statement(key, severity, title, received_at, expires_at, untimed, announced, details, guessed)
    now = opened(statement, None) if announced else None
    return timeline_of(name, vendor, (None, None, 0), (statement,), now, (first_received_at, received_at))


_SEVERITIES = {severity.value: severity for severity in Severity}

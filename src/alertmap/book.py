"""Many keys at once: `IncidentBook`, a dict of what is remembered of each.

The book is the one mutable thing of the reducer. It adds three things to `step` and `tick`: each source has its policy,
no source may have more than so many incidents open, and all of it can be written to JSON and read back. What comes in
order takes the quick way (`quick.py`), all else that of `timeline.py`; it comes to the same.

It is not locked: feed it from one thread, or guard it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from alertmap.errors import ConfigurationError, LimitError
from alertmap.incident import Incident, Policy, Transition
from alertmap.model import Alert
from alertmap.quick import Entry, Tally, is_plain
from alertmap.snapshot import VERSION, dump_timeline, load_timeline
from alertmap.timeline import NEVER, Timeline, advance, check, incidents, tick, utc


class TooManyOpen(LimitError):
    """A source has as many open incidents as its policy allows, and an alert would open one more.

    That alert changed nothing. Those before it in the same call of `apply` did: `transitions` is what they told.
    """

    def __init__(self, message: str, *, transitions: tuple[Transition, ...]) -> None:
        super().__init__(message)
        self.transitions = transitions


class IncidentBook:
    """Open and closed incidents of many sources and keys.

    `policies` maps the name of a source to its `Policy`; `default` is that of all others.

    Raises:
        ConfigurationError: an argument is of another type.
    """

    def __init__(self, policies: Mapping[str, Policy] | None = None, default: Policy | None = None) -> None:
        try:
            self._policies = dict(policies or {})
        except (TypeError, ValueError):
            raise ConfigurationError("policies must map the names of sources to policies") from None
        self._default = Policy() if default is None else default
        for policy in (*self._policies.values(), self._default):
            if not isinstance(policy, Policy):
                raise ConfigurationError(f"a Policy is wanted, got {type(policy).__name__}")
        self._entries: dict[tuple[str, str], Entry] = {}
        self._tallies: dict[str, Tally] = {}

    def policy(self, source: str) -> Policy:
        """The policy of a source."""
        return self._policies.get(source, self._default)

    def apply(self, alerts: Alert | Iterable[Alert]) -> tuple[Transition, ...]:
        """Take alerts, in order of arrival, and tell what became of the incidents.

        Raises:
            ConfigurationError: something in there is no `Alert` with aware datetimes; nothing was changed.
            TooManyOpen: an alert would open one incident too many; it carries what was told until then.
        """
        batch = (alerts,) if isinstance(alerts, Alert) else _tuple(alerts)
        plain = True
        for alert in batch:
            if not is_plain(alert):
                check(alert)
                plain = False
        told: list[Transition] = []
        entries = self._entries
        for alert in batch:
            name = (alert.source, alert.dedup_key)
            entry = entries.get(name)
            if entry is None:
                entry = Entry(name, alert.vendor, self._tally(alert.source))
                if plain and entry.take(alert, told):
                    entries[name] = entry
                    continue
            elif plain and entry.take(alert, told):
                continue
            told += self._step(entry, alert, told)
        return tuple(told)

    def _step(self, entry: Entry, alert: Alert, told: list[Transition]) -> list[Transition]:
        """What the entry does not take."""
        tally, before = entry.tally, entry.timeline()
        after, more = advance(before, alert, tally.policy)
        if after.is_open and not before.is_open and tally.open >= tally.policy.max_open_per_source:
            raise TooManyOpen(
                f"source {alert.source!r} has {tally.policy.max_open_per_source} open incidents already",
                transitions=tuple(told),
            )
        self._put(entry.name, before, after, tally)
        return more

    def tick(self, now: datetime) -> tuple[Transition, ...]:
        """Tell the book what time it is: incidents expire, and keys that were quiet for long are forgotten.

        Raises:
            ConfigurationError: `now` is not an aware datetime.
        """
        now = utc(now, "now")
        told: list[Transition] = []
        if all(now < tally.due for tally in self._tallies.values()):
            return ()
        for tally in self._tallies.values():
            tally.due = NEVER
        for name, entry in list(self._entries.items()):
            due = entry.due()
            if now < due:
                entry.tally.due = min(entry.tally.due, due)
                continue
            before = entry.timeline()
            after, more = tick(before, now, entry.tally.policy)
            self._put(name, before, after, entry.tally)
            told += more
        return tuple(told)

    def _tally(self, source: str) -> Tally:
        tally = self._tallies.get(source)
        if tally is None:
            tally = self._tallies[source] = Tally(self.policy(source))
        return tally

    def _put(self, name: tuple[str, str], before: Timeline, after: Timeline, tally: Tally) -> None:
        tally.open += after.is_open - before.is_open
        if after:
            entry = self._entries[name] = Entry.of(after, tally)
            tally.due = min(tally.due, entry.due())
        else:
            del self._entries[name]

    @property
    def open(self) -> tuple[Incident, ...]:
        """The open incidents, by key in the order in which the book first heard of them."""
        return tuple(incident for entry in self._entries.values() if (incident := entry.open))

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """All incidents that can still change, and the newest of every key that is remembered; oldest of a key first.

        Older ones were told in transitions, and are not kept.
        """
        return tuple(
            incident for entry in self._entries.values() for incident in incidents(entry.timeline(), entry.tally.policy)
        )

    def timeline(self, source: str, dedup_key: str) -> Timeline:
        """What is remembered of a key; `Timeline()` if nothing is."""
        entry = self._entries.get((source, dedup_key))
        return Timeline() if entry is None else entry.timeline()

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._entries)

    def snapshot(self) -> dict[str, Any]:
        """All of it as JSON types. Policies are not in there."""
        return {"version": VERSION, "timelines": [dump_timeline(entry.timeline()) for entry in self._entries.values()]}

    @classmethod
    def restore(
        cls, snapshot: object, policies: Mapping[str, Policy] | None = None, default: Policy | None = None
    ) -> "IncidentBook":
        """The book that was written, whatever release wrote it.

        Raises:
            ConfigurationError: it is no snapshot, a damaged one, or of a release newer than this.
        """
        if not isinstance(snapshot, Mapping) or not isinstance(snapshot.get("timelines"), list):
            raise ConfigurationError("snapshot: an object with version and timelines is wanted")
        if snapshot.get("version") != VERSION:
            raise ConfigurationError(f"snapshot: this release reads version {VERSION}, not {snapshot.get('version')!r}")
        book = cls(policies, default)
        for data in snapshot["timelines"]:
            timeline = load_timeline(data, book.policy)
            name = (timeline.source, timeline.dedup_key)
            if name in book._entries:
                raise ConfigurationError("snapshot: two timelines have the same source and dedup key")
            book._put(name, Timeline(), timeline, book._tally(timeline.source))
        return book


def _tuple(alerts: object) -> tuple[Any, ...]:
    if not isinstance(alerts, Iterable):
        raise ConfigurationError(f"an Alert or an iterable of them is wanted, got {type(alerts).__name__}")
    return tuple(alerts)

"""Many keys at once: `IncidentBook`, a dict of what is remembered of each.

The book is the one mutable thing of the reducer. It adds three things to `step` and `tick`: each source has its policy,
no source may have more than so many incidents open, and all of it can be written to JSON and read back. What comes in
order takes the quick way (`quick.py`), all else that of `timeline.py`; it comes to the same.

It is not locked: feed it from one thread, or guard it.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from heapq import merge
from operator import attrgetter
from typing import Any

from alertmap.errors import ConfigurationError, LimitError
from alertmap.incidents._fast import Entry, Tally, read_all
from alertmap.incidents.model import Incident, Policy, Transition
from alertmap.incidents.snapshot import VERSION, dump_timeline, load_timeline
from alertmap.incidents.timeline import NEVER, Timeline, advance, incidents, tick, utc
from alertmap.model import Alert

_number = attrgetter("number")


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
        self._tallies: dict[str, Tally] = {}
        self._count = 0  # of keys that were ever remembered

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
        told: list[Transition] = []
        tally, source = None, None
        statements, times = read_all(batch, self.policy)
        for alert, said, heard in zip(batch, statements, times, strict=True):
            if tally is None or alert.source is not source:
                source = alert.source
                tally = self._tally(source)
            entry = tally.entries.get(alert.dedup_key)
            if entry is None:
                entry = self._entry(alert)
                if said is not None and entry.take(alert, said, heard, told):
                    self._count += 1
                    tally.entries[alert.dedup_key] = entry
                    continue
            elif said is not None and entry.take(alert, said, heard, told):
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
        self._put(entry, before, after)
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
        for entry in list(self._entries()):
            if now < entry.due:
                entry.tally.due = min(entry.tally.due, entry.due)
                continue
            before = entry.timeline()
            after, more = tick(before, now, entry.tally.policy)
            self._put(entry, before, after)
            told += more
        return tuple(told)

    def _tally(self, source: str) -> Tally:
        tally = self._tallies.get(source)
        if tally is None:
            tally = self._tallies[source] = Tally(source, self.policy(source))
        return tally

    def _entry(self, about: Alert | Timeline) -> Entry:
        """An entry that says nothing yet, of a key that is not remembered."""
        return Entry(self._count, self._tally(about.source), about.dedup_key, about.vendor)

    def _put(self, entry: Entry, before: Timeline, after: Timeline) -> None:
        """Remember the timeline of a key in place of that of its entry."""
        tally, dedup_key = entry.tally, entry.dedup_key
        tally.open += after.is_open - before.is_open
        if after:
            if dedup_key not in tally.entries:
                self._count += 1
            entry = tally.entries[dedup_key] = Entry.of(entry.number, after, tally)
            tally.due = min(tally.due, entry.due)
        else:
            del tally.entries[dedup_key]

    def _entries(self) -> Iterator[Entry]:
        """All that is remembered, by key in the order in which the book first heard of them."""
        return merge(*(tally.entries.values() for tally in self._tallies.values()), key=_number)

    @property
    def open(self) -> tuple[Incident, ...]:
        """The open incidents, by key in the order in which the book first heard of them."""
        return tuple(incident for entry in self._entries() if (incident := entry.open))

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """All incidents that can still change, and the newest of every key that is remembered; oldest of a key first.

        Older ones were told in transitions, and are not kept.
        """
        return tuple(
            incident for entry in self._entries() for incident in incidents(entry.timeline(), entry.tally.policy)
        )

    def timeline(self, source: str, dedup_key: str) -> Timeline:
        """What is remembered of a key; `Timeline()` if nothing is."""
        tally = self._tallies.get(source)
        entry = None if tally is None else tally.entries.get(dedup_key)
        return Timeline() if entry is None else entry.timeline()

    def __len__(self) -> int:
        """How many keys are remembered."""
        return sum(len(tally.entries) for tally in self._tallies.values())

    def snapshot(self) -> dict[str, Any]:
        """All of it as JSON types. Policies are not in there."""
        return {"version": VERSION, "timelines": [dump_timeline(entry.timeline()) for entry in self._entries()]}

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
            entry = book._entry(timeline)
            if timeline.dedup_key in entry.tally.entries:
                raise ConfigurationError("snapshot: two timelines have the same source and dedup key")
            book._put(entry, Timeline(), timeline)
        return book


def _tuple(alerts: object) -> tuple[Any, ...]:
    if not isinstance(alerts, Iterable):
        raise ConfigurationError(f"an Alert or an iterable of them is wanted, got {type(alerts).__name__}")
    return tuple(alerts)

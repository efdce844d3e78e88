"""The changes of the store by one request: all of it is kept, or nothing.

The SQL is what SQLite and PostgreSQL have in common; what differs stands in `Database`.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from attrs import frozen

from alertmap.codec import from_dict, to_dict
from alertmap.incidents.model import Incident, Policy, Transition, TransitionKind
from alertmap.incidents.snapshot import dump_timeline, load_timeline
from alertmap.incidents.timeline import NEVER, Timeline, due
from alertmap.model import Request
from alertmap.server.databases import Database, StoreError
from alertmap.server.tables import to_number
from alertmap.target import Message

KEEP_MARKS = timedelta(days=4)  # senders that follow Standard Webhooks try for three days
_LONGEST_MARK = 500
LEASE = timedelta(minutes=1)
"""How long a message is left to the process that took it; longer than it waits for an answer."""
_MICROSECOND = timedelta(microseconds=1)


class Result(NamedTuple):
    """The result of a request."""

    outcome: str
    """`alerts`, `none`, `handshake` or `refused`."""
    reason: str
    """Why there are no alerts; empty where there are some."""
    alerts: int
    problems: int


@frozen(kw_only=True)
class Stored:
    """A request as it was kept."""

    id: int
    received_at: datetime
    source: str
    vendor: str
    request: Request
    result: Result


@frozen(kw_only=True)
class Waiting:
    """A message to a target that was not delivered yet."""

    id: int
    target: str
    document: str
    """The message as JSON; `message` reads it."""
    tries: int

    def message(self) -> Message:
        """Return the message.

        Raises:
            ShapeError: another release wrote it, in a form that this one does not know.
        """
        return from_dict(json.loads(self.document), Message)


class Removed(NamedTuple):
    """Numbers of rows that were too old."""

    requests: int
    undelivered: int
    """Messages that no target took."""


class Transaction:
    """Reads and writes of a request; all of it is kept, or nothing."""

    def __init__(self, database: Database, policy: Callable[[str], Policy]) -> None:
        self._database = database
        self._policy = policy
        self._execute = database.execute

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part that is undone alone where it raises."""
        self._execute("savepoint part")
        try:
            yield
        except StoreError:
            raise
        except BaseException:
            self._execute("rollback to part")
            raise
        finally:
            self._execute("release part")

    # The names and the order of arguments of the next two are those of `alertmap.SeenStore`.

    def get(self, source: str, name: str, now: datetime) -> str | None:
        """Return the text of a mark; None where there is none, or it has expired."""
        oldest = to_number(now - KEEP_MARKS)
        found = self._execute(
            "select value from marks where source = ? and name = ? and at >= ?", (source, _mark(name), oldest)
        )
        return found[0][0] if found else None

    def put(self, source: str, marks: Mapping[str, str], now: datetime) -> None:
        """Write marks; an older text of the same name is replaced."""
        for name, value in marks.items():
            self._execute(
                "insert into marks (source, name, value, at) values (?, ?, ?, ?) "
                "on conflict (source, name) do update set value = excluded.value, at = excluded.at",
                (source, _mark(name), value, to_number(now)),
            )

    def add_request(self, source: str, vendor: str, request: Request, now: datetime, result: Result) -> int:
        """Keep a request, and return its number."""
        body = bytes(request.body) if not isinstance(request.body, str) else request.body.encode()
        query, headers = json.dumps(dict(request.query)), json.dumps(dict(request.headers))
        size = len(body) + len(query) + len(headers) + len(request.path)
        [(number,)] = self._execute(
            "insert into requests (received_at, source, vendor, method, path, query, headers, body, size, outcome, "
            "reason, alerts, problems) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning id",
            (
                *(to_number(now), source, vendor, request.method, request.path, query, headers, body, size),
                *result,
            ),
        )
        return int(number)

    def set_result(self, number: int, result: Result) -> None:
        """Replace what came of a request, after a replay."""
        self._execute(
            "update requests set outcome = ?, reason = ?, alerts = ?, problems = ? where id = ?",
            (*result, number),
        )

    def timeline(self, source: str, key: str) -> Timeline:
        """Return the state of a key; an empty one where it is not known."""
        found = self._execute("select state from timelines where source = ? and key = ?", (source, key))
        return load_timeline(json.loads(found[0][0]), self._policy(source)) if found else Timeline()

    def put_timeline(self, source: str, key: str, timeline: Timeline) -> None:
        """Write the state of a key; an empty one is forgotten."""
        if not timeline:
            self._execute("delete from timelines where source = ? and key = ?", (source, key))
            return
        time = due(timeline, self._policy(source))
        state = json.dumps(dump_timeline(timeline), separators=(",", ":"))
        self._execute(
            "insert into timelines (source, key, state, due, is_open) values (?, ?, ?, ?, ?) on conflict (source, key) "
            "do update set state = excluded.state, due = excluded.due, is_open = excluded.is_open",
            (source, key, state, None if time == NEVER else to_number(time), int(timeline.is_open)),
        )

    def postpone(self, source: str, key: str, time: datetime) -> None:
        """Look at a key again at a time."""
        self._execute("update timelines set due = ? where source = ? and key = ?", (to_number(time), source, key))

    def check_open(self, now: datetime) -> None:
        """Make all keys with an open incident due, because their policies may have changed."""
        number = to_number(now)
        self._execute("update timelines set due = ? where is_open = 1 and (due is null or due > ?)", (number, number))

    def count_open(self, source: str) -> int:
        """Return the number of open incidents of a source."""
        return int(self._execute("select count(*) from timelines where source = ? and is_open = 1", (source,))[0][0])

    def due(self, now: datetime, limit: int) -> list[tuple[str, str]]:
        """Return source and key of those that change by time alone."""
        rows = self._execute(
            "select source, key from timelines where due <= ? order by due limit ?", (to_number(now), limit)
        )
        return [(source, key) for source, key in rows]

    def add_event(self, transition: Transition, now: datetime, request: int | None) -> None:
        """Write a change of an incident, and the incident as it is then; of a repeat only its count and time."""
        incident = transition.incident
        if incident is None:
            return
        self.put_incident(incident, now)
        if transition.kind is TransitionKind.DEDUPLICATED:
            return
        self._execute(
            "insert into events (incident, at, received_at, kind, cause, state, severity, title, request) "
            "values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(incident.id, to_number(transition.at), to_number(now), transition.kind, transition.cause),
                *(incident.state, incident.severity, incident.title, request),
            ),
        )

    def put_incident(self, incident: Incident, now: datetime) -> None:
        """Write an incident as it is."""
        texts = (incident.title, incident.resource, incident.dedup_key, *incident.labels.values())
        self._execute(
            "insert into incidents (id, source, is_open, severity, opened_at, ended_at, changed_at, search, labels, "
            "document) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do update set "
            "is_open = excluded.is_open, severity = excluded.severity, opened_at = excluded.opened_at, "
            "ended_at = excluded.ended_at, changed_at = excluded.changed_at, search = excluded.search, "
            "labels = excluded.labels, "
            "document = excluded.document",
            (
                *(incident.id, incident.source, int(incident.open), incident.severity, to_number(incident.opened_at)),
                None if incident.resolved_at is None else to_number(now),
                to_number(now),
                "\n".join(texts).casefold(),
                label_text(incident.labels),
                json.dumps(to_dict(incident), ensure_ascii=True),
            ),
        )

    def add_message(self, line: str, target: str, message: Message, now: datetime) -> None:
        """Put a message into the outbox; those of one line are delivered in their order."""
        document = json.dumps(to_dict(message, omit_defaults=True), ensure_ascii=True)
        self._execute(
            "insert into outbox (line, target, message, at, tries, due, error) values (?, ?, ?, ?, 0, ?, '')",
            (line, target, document, to_number(now), to_number(now)),
        )

    def take(self, target: str, now: datetime, limit: int) -> list[Waiting]:
        """Return the oldest message of each line of a target, if it is due; nobody else gets it for a minute."""
        due, later = to_number(now), to_number(now + LEASE)
        rows = self._execute(
            "update outbox set due = ? where due <= ? and id in (select id from outbox where target = ? and due <= ? "
            "and id in (select min(id) from outbox group by line) order by due limit ?) "
            "returning id, target, message, tries",
            (later, due, target, due, limit),
        )
        return [
            Waiting(id=number, target=name, document=document, tries=tries) for number, name, document, tries in rows
        ]

    def delivered(self, number: int) -> None:
        """Remove a message that was delivered, or that its target will never take."""
        self._execute("delete from outbox where id = ?", (number,))

    def failed(self, number: int, due: datetime, error: str) -> None:
        """Try a message again, at a time."""
        self._execute(
            "update outbox set tries = tries + 1, due = ?, error = ? where id = ?", (to_number(due), error, number)
        )

    def purge(self, now: datetime, *, requests: timedelta, incidents: timedelta, most_stored: int) -> Removed:
        """Remove what is too old, and the oldest requests beyond a size."""
        oldest = max(to_number(now) - requests // _MICROSECOND, 0)
        removed = self._execute("delete from requests where received_at < ? returning id", (oldest,))
        [(total,)] = self._execute("select coalesce(sum(size), 0) from requests")
        while total > most_stored:
            rows = self._execute(
                "delete from requests where id in (select id from requests order by id limit 100) returning size, id"
            )
            if not rows:
                break
            removed += rows
            total -= sum(size for size, _ in rows)
        undelivered = self._execute("delete from outbox where at < ? returning id", (oldest,))
        before = max(to_number(now) - incidents // _MICROSECOND, 0)
        self._execute("delete from events where received_at < ?", (before,))
        self._execute("delete from incidents where is_open = 0 and ended_at < ?", (before,))
        self._execute("delete from marks where at < ?", (to_number(now - KEEP_MARKS),))
        return Removed(len(removed), len(undelivered))


def _mark(name: str) -> str:
    """Return the name of a mark, or a hash of it where it is longer than an index of PostgreSQL takes."""
    return name if len(name) <= _LONGEST_MARK else f"sha256:{sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()}"


def label_text(labels: Mapping[str, str]) -> str:
    """Return labels as one text in which each, as `name=value`, stands between two unit separators."""
    return "\x1f" + "".join(f"{name}={value}\x1f" for name, value in sorted(labels.items()))

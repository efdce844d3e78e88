"""The store of the receiver: requests, the state of each key, incidents, what happened to them, and what to send.

All that one request causes is written in one transaction. The SQL is what SQLite and PostgreSQL have in common; what
differs stands in `Database`. Times are microseconds since 1970.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from attrs import frozen

from alertmap.codec import to_dict
from alertmap.incidents.model import Incident, Policy, Transition, TransitionKind
from alertmap.incidents.snapshot import dump_timeline, load_timeline
from alertmap.incidents.timeline import NEVER, Timeline, due
from alertmap.model import Request
from alertmap.target import Outgoing

MIGRATIONS = (
    """
    create table requests (
        id {serial}, received_at bigint not null, source text not null, vendor text not null, method text not null,
        path text not null, query text not null, headers text not null, body {blob} not null, size bigint not null,
        outcome text not null, reason text not null, alerts integer not null, problems integer not null
    );
    create index requests_by_source on requests (source, id);
    create table timelines (
        source text not null, key text not null, state text not null, due bigint, is_open integer not null,
        primary key (source, key)
    );
    create index timelines_by_due on timelines (due);
    create index timelines_open on timelines (source) where is_open = 1;
    create table incidents (
        id text primary key, source text not null, is_open integer not null, severity text, opened_at bigint not null,
        ended_at bigint, changed_at bigint not null, search text not null, labels text not null, document text not null
    );
    create index incidents_open on incidents (is_open, opened_at);
    create index incidents_by_end on incidents (ended_at);
    create table events (
        id {serial}, incident text not null, at bigint not null, received_at bigint not null, kind text not null,
        cause text not null, state text not null, severity text, title text not null, request bigint
    );
    create index events_by_incident on events (incident, id);
    create table outbox (
        id {serial}, line text not null, target text not null, method text not null, url text not null,
        headers text not null, body {blob} not null, tries integer not null, due bigint not null, error text not null
    );
    create index outbox_by_line on outbox (line, id);
    create table marks (
        source text not null, name text not null, value text not null, at bigint not null, primary key (source, name)
    );
    create index marks_by_time on marks (at);
    """,
    # The size of a request stands behind its body: without an index, their sum reads all bodies.
    "create index requests_by_time on requests (received_at, size);",
)
"""The statements that lead from each version of the tables to the next."""

KEEP_MARKS = timedelta(days=4)  # senders that follow Standard Webhooks try for three days
_LONGEST_MARK = 500
LEASE = timedelta(minutes=1)
"""How long a request to a target is left to the process that took it; longer than it waits for an answer."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class StoreError(Exception):
    """The database is down, full or damaged; nothing of the transaction was kept."""


def to_number(time: datetime) -> int:
    """Return a time as the store has it."""
    return (time - _EPOCH) // _MICROSECOND


def to_time(number: int) -> datetime:
    """Return a time of the store."""
    return _EPOCH + number * _MICROSECOND


class Database(ABC):
    """One connection to a database; for one thread."""

    serial: str
    """Type of an id that the database counts up."""
    blob: str
    """Type of bytes."""

    @abstractmethod
    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement, with `?` for each value, and return its rows.

        Raises:
            StoreError: the database cannot.
        """

    @abstractmethod
    def begin(self, sources: Iterable[str]) -> None:
        """Begin a transaction that alone changes the keys of these sources."""

    @abstractmethod
    def is_version_known(self) -> bool:
        """Return whether the table `version` exists."""

    @abstractmethod
    def close(self) -> None:
        """Give the connection back."""


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
    """A request to a target that was not delivered yet."""

    id: int
    target: str
    request: Outgoing
    tries: int


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

    def add_request(self, source: str, vendor: str, request: Request, now: datetime, result: "Result") -> int:
        """Keep a request, and return its number."""
        body = bytes(request.body) if not isinstance(request.body, str) else request.body.encode()
        [(number,)] = self._execute(
            "insert into requests (received_at, source, vendor, method, path, query, headers, body, size, outcome, "
            "reason, alerts, problems) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning id",
            (
                *(to_number(now), source, vendor, request.method, request.path, json.dumps(dict(request.query))),
                *(json.dumps(dict(request.headers)), body, len(body), *result),
            ),
        )
        return int(number)

    def set_result(self, number: int, result: "Result") -> None:
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

    def next_due(self) -> datetime | None:
        """Return when the next key changes by time alone."""
        [(number,)] = self._execute("select min(due) from timelines")
        return None if number is None else to_time(number)

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

    def add_outgoing(self, line: str, target: str, request: Outgoing, now: datetime) -> None:
        """Put a request into the outbox; those of one line are delivered in their order."""
        self._execute(
            "insert into outbox (line, target, method, url, headers, body, tries, due, error) "
            "values (?, ?, ?, ?, ?, ?, 0, ?, '')",
            (
                *(line, target, request.method, request.url, json.dumps(dict(request.headers)), request.body),
                to_number(now),
            ),
        )

    def take(self, target: str, now: datetime, limit: int) -> list[Waiting]:
        """Return the oldest request of each line of a target, if it is due; nobody else gets it for a minute."""
        due, later = to_number(now), to_number(now + LEASE)
        rows = self._execute(
            "update outbox set due = ? where due <= ? and id in (select id from outbox where target = ? and due <= ? "
            "and id in (select min(id) from outbox group by line) order by due limit ?) "
            "returning id, target, method, url, headers, body, tries",
            (later, due, target, due, limit),
        )
        return [
            Waiting(
                id=number,
                target=target,
                request=Outgoing(method=method, url=url, headers=json.loads(headers), body=bytes(body)),
                tries=tries,
            )
            for number, target, method, url, headers, body, tries in rows
        ]

    def delivered(self, number: int) -> None:
        """Remove a request that was delivered, or that its target will never take."""
        self._execute("delete from outbox where id = ?", (number,))

    def failed(self, number: int, due: datetime, error: str) -> None:
        """Try a request again, at a time."""
        self._execute(
            "update outbox set tries = tries + 1, due = ?, error = ? where id = ?", (to_number(due), error, number)
        )

    def purge(self, now: datetime, *, requests: timedelta, incidents: timedelta, most_stored: int) -> int:
        """Remove what is too old, and the oldest requests beyond a size; return how many requests."""
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
        before = max(to_number(now) - incidents // _MICROSECOND, 0)
        self._execute(
            "delete from events where incident in (select id from incidents where is_open = 0 and ended_at < ?)",
            (before,),
        )
        self._execute("delete from incidents where is_open = 0 and ended_at < ?", (before,))
        self._execute("delete from marks where at < ?", (to_number(now - KEEP_MARKS),))
        return len(removed)


def _mark(name: str) -> str:
    """Return the name of a mark, or a hash of it where it is longer than an index of PostgreSQL takes."""
    return name if len(name) <= _LONGEST_MARK else f"sha256:{sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()}"


def label_text(labels: Mapping[str, str]) -> str:
    """Return labels as one text in which each, as `name=value`, stands between two unit separators."""
    return "\x1f" + "".join(f"{name}={value}\x1f" for name, value in sorted(labels.items()))


class Store:
    """A database with the tables of the receiver. For one thread; open one for each thread that needs it."""

    def __init__(self, database: Database, policy: Callable[[str], Policy]) -> None:
        self._database = database
        self._policy = policy

    def migrate(self) -> None:
        """Bring the tables to the form of this release.

        Raises:
            StoreError: the database is of a newer release, or cannot be used.
        """
        database = self._database
        database.begin(())
        try:
            if not database.is_version_known():
                database.execute("create table version (number integer not null)")
                database.execute("insert into version values (0)")
            [(version,)] = database.execute("select number from version")
            if version > len(MIGRATIONS):
                known = len(MIGRATIONS)
                raise StoreError(f"the database is of a newer release: version {version}, known are {known}")  # noqa: TRY301
            for script in MIGRATIONS[version:]:
                filled = script.format(serial=database.serial, blob=database.blob)
                for statement in filter(str.strip, filled.split(";")):
                    database.execute(statement)
            database.execute("update version set number = ?", (len(MIGRATIONS),))
        except BaseException:
            database.execute("rollback")
            raise
        database.execute("commit")

    @contextmanager
    def transaction(self, sources: Iterable[str]) -> Iterator[Transaction]:
        """A transaction that alone changes the keys of these sources; what raises in it undoes it.

        Raises:
            StoreError: the database cannot keep it.
        """
        try:
            self._database.begin(sources)
            yield Transaction(self._database, self._policy)
            self._database.execute("commit")
        except BaseException:
            self._undo()
            raise

    def _undo(self) -> None:
        with suppress(StoreError):  # the database has undone it itself, or is gone
            self._database.execute("rollback")

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    # --- Reading ------------------------------------------------------------------------------------------------------

    def incidents(
        self,
        *,
        is_open: bool | None,
        source: str = "",
        severity: str = "",
        labels: Iterable[str] = (),
        text: str = "",
        before: str = "",
        limit: int = 100,
    ) -> list[dict[str, Any]]:
        """Return incidents, the newest first; `labels` are such as `team=db`, `before` the id of the last one seen."""
        where, values = _conditions(
            ("is_open = ?", None if is_open is None else int(is_open)),
            ("source = ?", source or None),
            ("severity = ?", severity or None),
            *((_LIKE.format("labels"), f"%{_escaped(chr(31) + label + chr(31))}%") for label in labels),
            (_LIKE.format("search"), f"%{_escaped(text.casefold())}%" if text else None),
        )
        if before:
            where += " and (opened_at, id) < (select opened_at, id from incidents where id = ?)"
            values.append(before)
        rows = self._database.execute(
            f"select document from incidents where {where} order by opened_at desc, id desc limit ?",  # noqa: S608
            (*values, limit),
        )
        return [json.loads(document) for (document,) in rows]

    def incident(self, name: str) -> dict[str, Any] | None:
        """Return an incident with its events, the oldest first; None where there is none."""
        found = self._database.execute("select document from incidents where id = ?", (name,))
        if not found:
            return None
        rows = self._database.execute(
            "select at, received_at, kind, cause, state, severity, title, request from events where incident = ? "
            "order by id desc limit 1000",
            (name,),
        )
        names = ("at", "received_at", "kind", "cause", "state", "severity", "title", "request")
        events = [dict(zip(names, row, strict=True)) for row in reversed(rows)]
        for event in events:
            event |= {key: to_time(event[key]).isoformat() for key in ("at", "received_at")}
        incident: dict[str, Any] = json.loads(found[0][0])
        return incident | {"events": events}

    def requests(
        self, *, source: str = "", outcome: str = "", before: int | None = None, limit: int = 100
    ) -> list[dict[str, Any]]:
        """Return requests without their bodies, the newest first; `before` is the number of the last one seen."""
        where, values = _conditions(
            ("source = ?", source or None), ("outcome = ?", outcome or None), ("id < ?", before)
        )
        columns = "id, received_at, source, vendor, method, outcome, reason, alerts, problems, size"
        rows = self._database.execute(
            f"select {columns} from requests where {where} order by id desc limit ?",  # noqa: S608
            (*values, limit),
        )
        found = [dict(zip(columns.split(", "), row, strict=True)) for row in rows]
        for one in found:
            one["received_at"] = to_time(one["received_at"]).isoformat()
        return found

    def request(self, number: int) -> Stored | None:
        """Return a request as it was kept; None where there is none."""
        rows = self._database.execute(
            "select received_at, source, vendor, method, path, query, headers, body, outcome, reason, alerts, problems "
            "from requests where id = ?",
            (number,),
        )
        if not rows:
            return None
        [(at, source, vendor, method, path, query, headers, body, outcome, reason, alerts, problems)] = rows
        return Stored(
            id=number,
            received_at=to_time(at),
            source=source,
            vendor=vendor,
            request=Request(bytes(body), method, path, json.loads(headers), json.loads(query)),
            result=Result(outcome, reason, alerts, problems),
        )

    def all_requests(self, after: int = 0) -> Iterator[Stored]:
        """Yield the requests in the order in which they were kept."""
        while True:
            rows = self._database.execute("select id from requests where id > ? order by id limit 500", (after,))
            if not rows:
                return
            for (after,) in rows:  # noqa: PLR1704 - the last one seen
                found = self.request(after)
                if found is not None:
                    yield found

    def targets_due(self, now: datetime) -> list[str]:
        """Return the names of the targets to which something may be sent now."""
        rows = self._database.execute("select distinct target from outbox where due <= ?", (to_number(now),))
        return [target for (target,) in rows]

    def summary(self) -> dict[str, Any]:
        """Return the numbers of the page and of the metrics."""
        execute = self._database.execute
        opened = execute("select source, severity, count(*) from incidents where is_open = 1 group by source, severity")
        waiting = execute("select target, count(*), max(tries), max(error) from outbox group by target")
        # The index alone is read, but for one row of each source: the rows have bodies, and there may be millions.
        last = execute(
            "select source, (select received_at from requests where id = newest), total from "
            "(select source, max(id) as newest, count(*) as total from requests group by source) as counted"
        )
        return {
            "open": [dict(zip(("source", "severity", "count"), row, strict=True)) for row in opened],
            "outbox": [dict(zip(("target", "waiting", "tries", "error"), row, strict=True)) for row in waiting],
            "requests": {source: {"last": to_time(time).isoformat(), "count": count} for source, time, count in last},
        }


_LIKE = "{} like ? escape '!'"


def _escaped(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _conditions(*pairs: tuple[str, Any]) -> tuple[str, list[Any]]:
    """Return a condition of SQL and its values, of those pairs that have a value."""
    used = [(condition, value) for condition, value in pairs if value is not None]
    return " and ".join(condition for condition, _ in used) or "1 = 1", [value for _, value in used]

"""The store of the receiver: requests, the state of each key, incidents, what happened to them, and what to send.

`transaction` is for what changes it; the other methods read it, for the page, the metrics and the outbox.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from alertmap.incidents.model import Policy
from alertmap.model import Request
from alertmap.server.databases import Database, StoreError
from alertmap.server.tables import migrate, to_number, to_time
from alertmap.server.transaction import Result, Stored, Transaction


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
        migrate(self._database)

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
        position = self._database.position
        where, values = _conditions(
            ("is_open = ?", None if is_open is None else int(is_open)),
            ("source = ?", source or None),
            ("severity = ?", severity or None),
            *((f"{position}(labels, ?) > 0", f"\x1f{label}\x1f") for label in labels),
            (f"{position}(search, ?) > 0", text.casefold() or None),
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

    def sources_due(self, now: datetime) -> list[str]:
        """Return the names of the sources some of whose keys change by time alone."""
        rows = self._database.execute("select distinct source from timelines where due <= ?", (to_number(now),))
        return [source for (source,) in rows]

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


def _conditions(*pairs: tuple[str, Any]) -> tuple[str, list[Any]]:
    """Return a condition of SQL and its values, of those pairs that have a value."""
    used = [(condition, value) for condition, value in pairs if value is not None]
    return " and ".join(condition for condition, _ in used) or "1 = 1", [value for _, value in used]

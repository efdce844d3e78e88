"""Sends what `render` makes: an outbox in SQLite that survives a crash, time-outs, and retries with back-off."""

import json
import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import httpx2

from alertmap import Outgoing

TABLE = """
create table if not exists outbox (
    id integer primary key, line text, method text, url text, headers text, body blob, tries integer, due text
)
"""
FIRST, LONGEST = timedelta(seconds=5), timedelta(minutes=10)  # pauses between tries
FINAL = (400, 413, 422)  # the target never takes this request; all else may be mended, such as a wrong key


class Outbox:
    """Requests that were not delivered yet. For one thread."""

    def __init__(self, path: str, client: httpx2.Client, report: Callable[[str], None] = print) -> None:
        self.db = sqlite3.connect(path)
        self.db.execute("pragma journal_mode = wal")
        self.db.execute("pragma synchronous = full")
        self.db.execute(TABLE)
        self.client = client
        self.report = report

    def add(self, requests: Iterable[tuple[str, Outgoing]], now: datetime) -> None:
        """Keep requests, each with its line: those of one line are delivered in their order.

        A line is a target and a key. Call this in the transaction that stores the incidents.
        """
        at = now.isoformat()
        rows = [(line, it.method, it.url, json.dumps(dict(it.headers)), it.body, 0, at) for line, it in requests]
        insert = "insert into outbox (line, method, url, headers, body, tries, due) values (?, ?, ?, ?, ?, ?, ?)"
        with self.db:
            self.db.executemany(insert, rows)

    def send(self, now: datetime) -> None:
        """Send what is due. A request that was sent when the process died is sent again: targets know it by its key."""
        oldest = "select * from outbox where id in (select min(id) from outbox group by line)"
        for number, _, method, url, headers, body, tries, due in self.db.execute(oldest).fetchall():
            if datetime.fromisoformat(due) > now:
                continue
            pause = self._try(method, url, json.loads(headers), body)
            with self.db:
                if pause is None:
                    self.db.execute("delete from outbox where id = ?", (number,))
                else:
                    later = (now + max(pause, min(FIRST * 2 ** min(tries, 10), LONGEST))).isoformat()
                    self.db.execute("update outbox set tries = tries + 1, due = ? where id = ?", (later, number))

    def _try(self, method: str, url: str, headers: dict[str, str], body: bytes) -> timedelta | None:
        """Send one request; None if it is done, else the pause that the target asks for."""
        host = httpx2.URL(url).host  # the rest of a URL may be a credential
        try:
            answer = self.client.request(method, url, headers=headers, content=body)
        except httpx2.HTTPError as error:
            self.report(f"{host}: {type(error).__name__}")
            return timedelta()
        if answer.is_success or answer.status_code in FINAL:
            if not answer.is_success:
                self.report(f"{host}: refused with {answer.status_code}, given up")
            return None
        self.report(f"{host}: answered {answer.status_code}")
        asked = answer.headers.get("Retry-After", "")[:5]
        return timedelta(seconds=int(asked)) if asked.isdecimal() else timedelta()

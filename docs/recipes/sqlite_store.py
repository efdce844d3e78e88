"""A book in an SQLite file: one transaction for each request, with what changed and what is to be paged."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime

from alertmap import Batch, Incident, IncidentBook, Policy, to_dict

TABLES = """
create table if not exists keys (source text, key text, state text, primary key (source, key)) without rowid;
create table if not exists outbox (id integer primary key, page text);
"""


class Store:
    """A book, and the pages that were not sent yet. For one thread."""

    def __init__(self, path: str, policies: Mapping[str, Policy] | None = None) -> None:
        self.db = sqlite3.connect(path)
        self.db.execute("pragma journal_mode = wal")
        self.db.executescript(TABLES)
        states = (json.loads(state) for (state,) in self.db.execute("select state from keys"))
        self.book = IncidentBook.load(states, policies)

    def apply(self, batch: Batch, now: datetime) -> None:
        """Apply a batch. Answer the sender after it: what it says is then on disk, and a repeat changes nothing."""
        steps = self.book.tick(now) + self.book.apply(batch, now)
        pages = [incident for step in steps if (incident := step.opens or step.closes)]
        with self.db:
            for name, state in self.book.changed().items():
                if state is None:
                    self.db.execute("delete from keys where source = ? and key = ?", name)
                else:
                    self.db.execute("insert or replace into keys values (?, ?, ?)", (*name, json.dumps(state)))
            self._add(pages)

    def _add(self, pages: list[Incident]) -> None:
        rows = [(json.dumps(to_dict(incident)),) for incident in pages]
        self.db.executemany("insert into outbox (page) values (?)", rows)

    def unsent(self) -> Iterator[str]:
        """Yield pages, oldest first; each is removed when the next is asked for, so a crash sends one twice."""
        for number, page in self.db.execute("select id, page from outbox order by id").fetchall():
            yield page
            with self.db:
                self.db.execute("delete from outbox where id = ?", (number,))

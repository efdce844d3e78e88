"""Connections to SQLite and PostgreSQL, with what differs between them."""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from alertmap.errors import ConfigurationError

if TYPE_CHECKING:
    import psycopg

PATIENCE = 10.0
"""Seconds that a transaction waits for another one, and a connection for a server that does not answer."""


class StoreError(Exception):
    """The database is down, full or damaged; nothing of the transaction was kept."""


class Database(ABC):
    """One connection to a database; for one thread."""

    serial: str
    """Type of an id that the database counts up."""
    blob: str
    """Type of bytes."""
    position: str
    """Function that returns where a text begins in another one, from 1; 0 where it is not there."""

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


def open_database(address: str) -> Database:
    """Open the database of a path or URL.

    Raises:
        ConfigurationError: a package is not installed.
        StoreError: it cannot be opened.
    """
    if address.startswith(("postgresql://", "postgres://")):
        return Postgres(address)
    return Sqlite(address)


class Sqlite(Database):
    """One file. A commit is on the disk before it returns."""

    serial = "integer primary key autoincrement"
    blob = "blob"
    position = "instr"

    def __init__(self, path: str) -> None:
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=PATIENCE, check_same_thread=False)
        except sqlite3.Error as error:
            raise StoreError(f"the database cannot be opened: {error}") from error
        self.execute("pragma journal_mode = wal")
        self.execute("pragma synchronous = full")

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement."""
        try:
            return self._connection.execute(statement, [*map(_storable, values)]).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"{type(error).__name__}: {error}") from error

    def begin(self, sources: Iterable[str]) -> None:  # noqa: ARG002 - one writer at a time
        """Begin a transaction; no other writes meanwhile."""
        self.execute("begin immediate")

    def is_version_known(self) -> bool:
        """Return whether the table `version` exists."""
        return bool(self.execute("select 1 from sqlite_master where type = 'table' and name = 'version'"))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


class Postgres(Database):
    """A database that several receivers share. A connection that was lost is made again for the next transaction."""

    serial = "bigint generated always as identity primary key"
    blob = "bytea"
    position = "strpos"

    def __init__(self, url: str) -> None:
        try:
            import psycopg  # noqa: PLC0415 - an extra
        except ImportError:
            raise ConfigurationError("a PostgreSQL database needs the extra `postgres`: alertmap[postgres]") from None
        self._psycopg = psycopg
        self._url = url
        self._made: psycopg.Connection[tuple[Any, ...]] | None = None

    def _connection(self) -> "psycopg.Connection[tuple[Any, ...]]":
        if self._made is None or self._made.closed:
            milliseconds = int(PATIENCE * 1_000)
            self._made = self._psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=int(PATIENCE) or 1,
                keepalives_idle=int(PATIENCE) or 1,
                tcp_user_timeout=milliseconds,
            )
            self._made.execute(f"set lock_timeout = {milliseconds}".encode())
        return self._made

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement."""
        try:
            cursor = self._connection().execute(statement.replace("?", "%s"), [*map(_storable, values)])
            return cursor.fetchall() if cursor.description else []
        except self._psycopg.Error as error:
            raise StoreError(f"{type(error).__name__}: {str(error).partition(chr(10))[0]}") from error

    def begin(self, sources: Iterable[str]) -> None:
        """Begin a transaction; another that has one of these sources waits. Locks are taken in one order."""
        self.execute("begin")
        for source in sorted(set(sources)) or [""]:
            self.execute("select pg_advisory_xact_lock(hashtextextended(?, 7))", (source,))

    def is_version_known(self) -> bool:
        """Return whether the table `version` exists."""
        return bool(self.execute("select to_regclass('version')") != [(None,)])

    def close(self) -> None:
        """Close the connection."""
        if self._made is not None:
            self._made.close()


def _storable(value: Any) -> Any:
    """Return a text without what no database keeps: the character of number zero, and half characters."""
    if not isinstance(value, str) or (value.isascii() and "\0" not in value):
        return value
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()

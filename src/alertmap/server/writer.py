"""One thread that writes: requests that wait together are kept by one commit.

Nobody is answered before the commit. Where it fails, all of its requests are answered 503, so that their senders try
again; where one request raises, it alone is undone.
"""

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from datetime import UTC, datetime
from time import monotonic

from attrs import frozen

from alertmap.intake.source import Source
from alertmap.model import Request
from alertmap.server.databases import StoreError
from alertmap.server.receiver import Done, Receiver
from alertmap.server.store import Store
from alertmap.server.transaction import Transaction

log = logging.getLogger("alertmap.server")

_MOST_AT_ONCE = 64  # requests of one commit
_PAUSE = 1.0  # seconds between looks for what changes by time alone
_BETWEEN_PURGES = 600.0  # seconds

Work = Callable[[Receiver, Transaction], Done]


@frozen
class _Item:
    source: Source
    work: Work
    future: "Future[Done]"


class Writer:
    """The only one who writes to a store."""

    def __init__(self, open_store: Callable[[], Store], receiver: Receiver, changed: Callable[[], None]) -> None:
        self._open_store = open_store
        self._receiver = receiver
        self._changed = changed
        self._queue: queue.Queue[_Item | None] = queue.Queue(receiver.config.waiting)
        self._thread = threading.Thread(target=self._run, name="alertmap-writer", daemon=True)
        self._store: Store | None = None
        # Of a clock that nobody sets: one that is set back would stop the expiry for as long.
        self._next_tick = self._next_purge = monotonic()
        self._has_new_rules = True
        self.error = ""
        """Why the store could not be used the last time; empty where it could."""

    def start(self) -> None:
        """Open the store, bring it to the form of this release, and begin.

        Raises:
            StoreError: the store cannot be used.
        """
        store = self._open_store()
        try:
            store.migrate()
        except StoreError:
            store.close()
            raise
        self._store = store
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end."""
        self._queue.put(None)
        self._thread.join()

    def use(self, receiver: Receiver) -> None:
        """Take another configuration, from the next transaction on."""
        self._receiver = receiver
        self._has_new_rules = True

    @property
    def waiting(self) -> int:
        """Number of requests that wait."""
        return self._queue.qsize()

    def submit(self, source: Source, work: Work) -> "Future[Done]":
        """Do some work in the next transaction; without waiting for it.

        Raises:
            StoreError: too much waits already.
        """
        future: Future[Done] = Future()
        try:
            self._queue.put_nowait(_Item(source, work, future))
        except queue.Full:
            raise StoreError("too many requests wait for the store") from None
        return future

    def receive(self, source: Source, request: Request, now: datetime) -> "Future[Done]":
        """Receive a request in the next transaction.

        Raises:
            StoreError: too much waits already.
        """
        return self.submit(source, lambda receiver, transaction: receiver.take(transaction, source, request, now))

    def _run(self) -> None:
        is_over = False
        while not is_over:
            items = self._next_items()
            is_over = None in items
            wanted = [item for item in items if item is not None]
            if wanted:
                self._write(wanted)
            self._let_time_pass()
        if self._store is not None:
            self._store.close()

    def _next_items(self) -> list[_Item | None]:
        try:
            items = [self._queue.get(timeout=_PAUSE)]
        except queue.Empty:
            return []
        with suppress(queue.Empty):
            while len(items) < _MOST_AT_ONCE and items[-1] is not None:
                items.append(self._queue.get_nowait())
        return items

    def _write(self, items: list[_Item]) -> None:
        done: list[Done] = []
        try:
            with self._usable_store().transaction({item.source.name for item in items}) as transaction:
                done = [self._one(transaction, item) for item in items]
        except StoreError as error:
            self._failed(error)
            if len(items) > 1 and self._is_usable():  # one of them is what the store cannot keep
                for item in items:
                    self._write([item])
                return
            done = [self._receiver.unavailable(item.source, "the store is down") for item in items]
        else:
            self.error = ""
        for item, one in zip(items, done, strict=True):
            with suppress(InvalidStateError):  # nobody waits for it any more
                item.future.set_result(one)
        if any(one.changed or one.outcome in ("alerts", "none", "handshake") for one in done):
            self._changed()

    def _is_usable(self) -> bool:
        try:
            with self._usable_store().transaction(()):
                return True
        except StoreError as error:
            self._failed(error)
            return False

    def _one(self, transaction: Transaction, item: _Item) -> Done:
        try:
            with transaction.part():
                return item.work(self._receiver, transaction)
        except StoreError:
            raise
        except Exception as error:
            log.exception("source %s: a request could not be processed", item.source.name)
            return self._receiver.unavailable(item.source, f"{type(error).__name__}")

    def _let_time_pass(self) -> None:
        if monotonic() < self._next_tick:
            return
        has_new_rules, self._has_new_rules = self._has_new_rules, False
        receiver, now, changed = self._receiver, datetime.now(UTC), 0
        config = receiver.config
        try:
            store = self._usable_store()
            if has_new_rules:
                with store.transaction(config.sources) as transaction:
                    transaction.check_open(now)
                has_new_rules = False
            # A source that is not in the file any more has keys, too, and another receiver may know it still.
            with store.transaction({*config.sources, *store.sources_due(now)}) as transaction:
                changed = receiver.tick(transaction, now)
            if monotonic() >= self._next_purge:
                self._next_purge = monotonic() + _BETWEEN_PURGES
                with store.transaction(()) as transaction:
                    removed = transaction.purge(
                        now,
                        requests=config.keep_requests,
                        incidents=config.keep_incidents,
                        most_stored=config.most_stored,
                    )
                if removed.undelivered:
                    log.error("%s messages were too old and not delivered; they are given up", removed.undelivered)
            self.error = ""
        except StoreError as error:
            self._failed(error)
        except Exception:
            log.exception("incidents could not expire")
        self._has_new_rules |= has_new_rules  # they were not applied
        self._next_tick = monotonic() + _PAUSE
        if changed:
            self._changed()

    def _usable_store(self) -> Store:
        if self._store is None:
            self._store = self._open_store()
        return self._store

    def _failed(self, error: StoreError) -> None:
        """Drop the connection: the next transaction makes a new one."""
        self.error = str(error)
        log.error("the store is down: %s", error)
        if self._store is not None:
            with suppress(Exception):
                self._store.close()
        self._store = None

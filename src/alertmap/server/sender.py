"""Delivers the outbox: a thread for each target that is sent something, with time-outs and pauses that grow.

A message becomes a request when it is sent, so it has the settings of now, such as a corrected key. A request that was
sent when the process died is sent again; targets know it by its key.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx2
from attrs import define

from alertmap.errors import AlertmapError
from alertmap.output.render import render
from alertmap.server.config import Sending
from alertmap.server.databases import StoreError
from alertmap.server.store import Store
from alertmap.server.transaction import LEASE, Waiting
from alertmap.target import Outgoing

log = logging.getLogger("alertmap.server")

FIRST, LONGEST = timedelta(seconds=5), timedelta(minutes=10)
"""The pause after the first try that failed, and the longest one."""
LONGEST_ASKED = timedelta(hours=1)
"""The longest pause that a target may ask for."""
_FINAL = frozenset({400, 413, 422})
"""Statuses of a request that its target never takes; all others may be mended, such as a wrong key."""
_LOOK = 1.0  # seconds between looks for what is due
_AT_ONCE = 20


@define
class Counts:
    """Numbers of requests to targets since the start."""

    delivered: int = 0
    failed: int = 0
    given_up: int = 0


class Sender:
    """Sends what is due, the oldest of each line first; no target waits for another."""

    def __init__(
        self, open_store: Callable[[], Store], client: httpx2.Client, targets: Callable[[], Mapping[str, Sending]]
    ) -> None:
        self._open_store = open_store
        self._client = client
        self._targets = targets
        self._wake = threading.Event()
        self._is_over = False
        self._thread = threading.Thread(target=self._run, name="alertmap-sender", daemon=True)
        self._by_target: dict[str, threading.Thread] = {}
        self.counts = Counts()
        self._counting = threading.Lock()
        # Its lines have URLs, and those of targets may hold credentials.
        logging.getLogger("httpx2").setLevel(logging.WARNING)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Look at once: something was put into the outbox."""
        self._wake.set()

    def stop(self) -> None:
        """End after the requests that are being sent; one that takes longer than its lease is left alone."""
        self._is_over = True
        self._wake.set()
        self._thread.join()
        for thread in self._by_target.values():
            thread.join(LEASE.total_seconds())
        self._client.close()

    def _run(self) -> None:
        store: Store | None = None
        while not self._is_over:
            self._wake.wait(_LOOK)
            self._wake.clear()
            try:
                store = store or self._open_store()
                for target in store.targets_due(datetime.now(UTC)):
                    self._begin(target)
            except StoreError as error:
                log.error("the outbox cannot be read: %s", error)  # noqa: TRY400 - the message says all
                _close(store)
                store = None
        _close(store)

    def _begin(self, target: str) -> None:
        """Send what is due to a target, in a thread of its own, unless one does so already."""
        if target in self._by_target and self._by_target[target].is_alive():
            return
        thread = threading.Thread(target=self._send_all, args=(target,), name="alertmap-target", daemon=True)
        self._by_target[target] = thread
        thread.start()

    def _send_all(self, target: str) -> None:
        store: Store | None = None
        try:
            store = self._open_store()
            while self.send(store, target, datetime.now(UTC)):
                pass
        except StoreError as error:
            log.error("target %s: the outbox cannot be read: %s", target, error)  # noqa: TRY400 - the message says all
        finally:
            _close(store)

    def send(self, store: Store, target: str, now: datetime) -> int:
        """Send what is due to a target, at the same time; return how many messages left the outbox."""
        if self._is_over:
            return 0
        with store.transaction(()) as transaction:
            found = transaction.take(target, now, _AT_ONCE)
        if not found:
            return 0
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            tried = [*threads.map(self._try, found)]
        done = 0
        with store.transaction(()) as transaction:
            for one, (outcome, pause) in zip(found, tried, strict=True):
                if outcome in _DONE:
                    transaction.delivered(one.id)
                    done += 1
                else:
                    grown = min(FIRST * 2 ** min(one.tries, 10), LONGEST)
                    transaction.failed(one.id, datetime.now(UTC) + max(pause, grown), outcome)
        if tried[0][0] == _MISSING:
            log.error("target %s is not in the file any more: what it should be sent waits", target)
        self._count([outcome for outcome, _ in tried])
        return done

    def _try(self, one: Waiting) -> tuple[str, timedelta]:
        """Send one message; return the outcome, and the pause that the target asks for."""
        sending = self._targets().get(one.target)
        if sending is None:
            return _MISSING, timedelta()
        try:
            made = render(sending.target, one.message(), sending.settings, datetime.now(UTC))
        except AlertmapError as error:
            # The message is kept: another setting or release may write it.
            log.error("target %s cannot be sent a message: %s", one.target, error)  # noqa: TRY400 - the message says all
            return type(error).__name__, timedelta()
        if not isinstance(made, Outgoing):
            log.info("target %s is not sent a message: %s", one.target, made.reason)
            return _SKIPPED, timedelta()
        return self._post(one, made)

    def _post(self, one: Waiting, request: Outgoing) -> tuple[str, timedelta]:
        # A URL may hold a credential, so only the name of the target is logged.
        try:
            # The body of the answer is not read: it may have no end.
            with self._client.stream(
                request.method, request.url, headers=dict(request.headers), content=request.body
            ) as answer:
                pass
        except Exception as error:  # noqa: BLE001 - such as UnicodeError for a name of a host that is too long
            log.warning("target %s: %s (try %s)", one.target, type(error).__name__, one.tries + 1)
            return type(error).__name__, timedelta()
        if answer.is_success:
            return _DELIVERED, timedelta()
        if answer.status_code in _FINAL:
            log.error("target %s refused a request with %s; it is given up", one.target, answer.status_code)
            return _REFUSED, timedelta()
        log.warning("target %s: status %s (try %s)", one.target, answer.status_code, one.tries + 1)
        asked = answer.headers.get("Retry-After", "")[:5]
        pause = timedelta(seconds=int(asked)) if asked.isdecimal() else timedelta()
        return f"status {answer.status_code}", min(pause, LONGEST_ASKED)

    def _count(self, outcomes: list[str]) -> None:
        with self._counting:
            self.counts.delivered += outcomes.count(_DELIVERED)
            self.counts.given_up += outcomes.count(_REFUSED)
            self.counts.failed += sum(outcome not in _DONE for outcome in outcomes)


_MISSING = "no such target"
_DELIVERED, _REFUSED, _SKIPPED = _DONE = ("delivered", "refused", "skipped")


def _close(store: Store | None) -> None:
    if store is not None:
        with suppress(Exception):
            store.close()

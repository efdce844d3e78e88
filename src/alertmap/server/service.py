"""The parts of a running receiver, and the way of a request through them."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import httpx2
import prometheus_client as prometheus
from attrs import evolve
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest

from alertmap.errors import DecodeError, LimitError, Refusal
from alertmap.incidents.model import Policy
from alertmap.intake.receive import receive, refuse
from alertmap.intake.registry import find
from alertmap.intake.source import Source
from alertmap.intake.sources import Sources
from alertmap.model import Reply, Request
from alertmap.server.certificates import Certificates
from alertmap.server.config import Config, Sending
from alertmap.server.databases import StoreError, open_database
from alertmap.server.receiver import Done, Receiver
from alertmap.server.sender import Sender
from alertmap.server.store import Store
from alertmap.server.writer import Writer

log = logging.getLogger("alertmap.server")

PATIENCE = 10.0
"""Seconds after which a sender is answered 503, where its vendor waits as long; a shorter time of the vendor counts."""


class Service:
    """All parts of a running receiver."""

    def __init__(self, config: Config) -> None:
        self.registry = prometheus.CollectorRegistry()
        self._requests = prometheus.Counter(
            "alertmap_requests", "Requests by source and outcome.", ("source", "outcome"), registry=self.registry
        )
        self._seconds = prometheus.Histogram(
            "alertmap_request_seconds", "Time from the first byte to the answer.", registry=self.registry
        )
        self.set_config(config)
        self._started = datetime.now(UTC)
        self._certificates = Certificates(httpx2.Client(timeout=5, follow_redirects=False))
        self.writer = Writer(self.open_store, self.receiver(), self._store_changed)
        any_number = httpx2.Limits(max_connections=None)  # else slow targets would take those of the others
        client = httpx2.Client(timeout=10, follow_redirects=False, limits=any_number)
        self.sender = Sender(self.open_store, client, self.targets)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reader: Store | None = None
        self._reading = asyncio.Lock()
        self._running = 0
        self.is_over = False
        self.version = 0
        self.changed = asyncio.Condition()

    def set_config(self, config: Config) -> None:
        """Take another configuration.

        Raises:
            ConfigurationError: two sources have a credential in common.
        """
        self.sources = Sources(receiving.source for receiving in config.sources.values())
        self.config = config
        auth = config.page.auth
        self.page_users = None if auth is None else Sources((Source("page", auth=auth),))
        """Who may see the page; None where it asks for no credentials."""
        self._buckets = {
            name: _Bucket(receiving.rate) for name, receiving in config.sources.items() if receiving.rate is not None
        }

    def reload(self, config: Config) -> None:
        """Take another configuration for all requests that come from now on; the database stays the same."""
        self.set_config(evolve(config, database=self.config.database))
        self.writer.use(self.receiver())
        log.info("configuration reloaded: %s sources", len(config.sources))

    def receiver(self) -> Receiver:
        """Return the rules of the configuration as it is now."""
        return Receiver(self.config, self._started, self._certificates.kept)

    def open_store(self) -> Store:
        """Open a connection to the database."""
        return Store(open_database(self.config.database), self.policy)

    def policy(self, source: str) -> Policy:
        """Return the policy of a source, as the configuration has it now."""
        return self.config.policy(source)

    def targets(self) -> Mapping[str, Sending]:
        """Return the targets of the configuration as it is now."""
        return self.config.targets

    def is_newer(self, version: int) -> bool:
        """Return whether something has changed since a version."""
        return self.version != version

    async def start(self) -> None:
        """Open the database, and begin to write and send."""
        self._loop = asyncio.get_running_loop()
        await run_in_threadpool(self.writer.start)
        self.sender.start()
        log.info("started: %s sources", len(self.config.sources))

    def end_streams(self) -> None:
        """End the answers that have no end of their own, so that the process can."""
        self.is_over = True
        self._store_changed()

    async def stop(self) -> None:
        """Write what waits, then end."""
        await run_in_threadpool(self.writer.stop)
        await run_in_threadpool(self.sender.stop)
        if self._reader is not None:
            self._reader.close()
        log.info("stopped")

    def _store_changed(self) -> None:
        self.sender.wake()
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(lambda: asyncio.ensure_future(self._announce()))

    async def _announce(self) -> None:
        async with self.changed:
            self.version += 1
            self.changed.notify_all()

    async def read(self, work: Callable[[Store], Any]) -> Any:
        """Run a query of the page; 503 where the database is down."""
        async with self._reading:
            try:
                return await run_in_threadpool(self._read, work)
            except StoreError as error:
                log.error("the store cannot be read: %s", error)  # noqa: TRY400 - the message says all
                raise HTTPException(503, "the store is down") from None

    def _read(self, work: Callable[[Store], Any]) -> Any:
        self._reader = self._reader or self.open_store()
        try:
            return work(self._reader)
        except StoreError:
            self._reader.close()
            self._reader = None
            raise

    async def receive(self, source: Source, sent: HttpRequest | Request) -> Reply:
        """Receive a request of a source, read or not yet, and return the answer once everything is stored."""
        start, bucket = monotonic(), self._buckets.get(source.name)
        self._running += 1
        try:
            done = await self._receive(source, sent, bucket)
        finally:
            self._running -= 1
        if bucket is not None and done.outcome in ("alerts", "none", "duplicate"):
            bucket.take()  # of what had its proof alone: else anybody could use up the tokens of the sender
        self._requests.labels(source.name, done.outcome).inc()
        self._seconds.observe(monotonic() - start)
        if done.outcome in ("rejected", "unavailable") or done.message:
            log.warning("source %s: request %s: %s", source.name, done.outcome, done.message)
        return done.answer

    async def _receive(self, source: Source, sent: HttpRequest | Request, bucket: "_Bucket | None") -> Done:
        if bucket is not None and not bucket.is_open(monotonic()):
            answer = refuse(source, Refusal.TOO_MANY, retry_after=timedelta(seconds=1)).answer
            return Done(answer=answer, outcome="rejected", message="too many requests")
        config, receiver = self.config, self.receiver()
        if self._running > config.waiting:
            return receiver.unavailable(source, "too many requests at the same time")
        try:
            request = sent if isinstance(sent, Request) else await read_request(sent, config)
        except LimitError:
            answer = refuse(source, Refusal.TOO_LARGE).answer
            return Done(answer=answer, outcome="rejected", message="the body is too large")
        except (DecodeError, TimeoutError) as error:
            return receiver.unavailable(source, f"the body did not arrive: {type(error).__name__}")
        now, adapter = datetime.now(UTC), find(source.vendor or "")
        patience = min((adapter.answer_within or PATIENCE) * 0.8, PATIENCE)
        if source.auth is not None and (source.auth.topics or source.auth.claims):
            # Nothing waits for a certificate but this request: the transaction finds it among those that are kept.
            fetch = self._certificates.fetch
            await run_in_threadpool(receive, request, source, now, fetch=fetch, limits=config.limits)
        try:
            future = self.writer.receive(source, request, now)
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(future)), patience)
        except (StoreError, TimeoutError) as error:
            return receiver.unavailable(source, str(error) or "the store is slow")


class _Bucket:
    """Tokens for requests: `rate` a second, ten times as many at once.

    Requests that run at the same time may take more than there are; the next ones wait the longer.
    """

    def __init__(self, rate: float) -> None:
        self._rate, self._most = rate, max(10 * rate, 1.0)
        self._left, self._at = self._most, 0.0

    def is_open(self, now: float) -> bool:
        """Return whether there is a token."""
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        return self._left >= 1

    def take(self) -> None:
        """Take one token."""
        self._left -= 1


async def read_request(sent: HttpRequest, config: Config) -> Request:
    """Read a request with its body.

    Raises:
        LimitError: the body is longer than the configuration allows.
        DecodeError, TimeoutError: it did not arrive.
    """
    async with asyncio.timeout(config.slowest.total_seconds()):
        return await Request.from_asgi(sent.scope, sent.receive, max_body=config.limits.max_body)


async def read_or_refuse(sent: HttpRequest, config: Config) -> Request:
    """Read a request that belongs to no source yet; the answer of an `HTTPException` where it cannot be read."""
    try:
        return await read_request(sent, config)
    except LimitError:
        raise HTTPException(413, "the body is too large") from None
    except (DecodeError, TimeoutError):
        raise HTTPException(408, "the body did not arrive") from None

"""The ASGI application: a route for each source, the known APIs, the page with its JSON API, metrics and health.

`create_app` can be mounted into another application.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.resources import files
from time import monotonic
from typing import Any

import httpx2
import prometheus_client as prometheus
from attrs import evolve
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from alertmap.errors import AlertmapError, DecodeError, LimitError, PayloadError, Refusal
from alertmap.incidents.model import Policy
from alertmap.intake.decode import inflate
from alertmap.intake.receive import receive, refuse
from alertmap.intake.redact import redact
from alertmap.intake.registry import find
from alertmap.intake.source import Source
from alertmap.intake.sources import Sources
from alertmap.model import Reply, Request
from alertmap.server.certificates import Certificates
from alertmap.server.config import Config
from alertmap.server.databases import open_database
from alertmap.server.receiver import Done, Receiver, summary_of
from alertmap.server.sender import Sender
from alertmap.server.store import Store, Stored, StoreError
from alertmap.server.writer import Writer
from alertmap.strict_json import Limits

log = logging.getLogger("alertmap.server")

KNOWN_APIS: Mapping[str, str] = {
    "/v2/enqueue": "pagerduty",
    "/generic/2010-04-15/create_event.json": "pagerduty",
    "/api/v2/alerts": "prometheus_alertmanager",
    "/api/v1/alerts": "prometheus_alertmanager",
    "/v2/alerts": "opsgenie",
    "/v2/alerts/{rest:path}": "opsgenie",
}
"""Paths at which tools post that were made for another product, with the vendor whose adapter reads them."""

PATIENCE = 10.0
"""Seconds after which a sender is answered 503, where its vendor waits as long; a shorter time of the vendor counts."""

_LONGEST_NUMBER = 18  # digits that fit into 64 bits
_MOST_LABELS, _LONGEST_TEXT = 20, 1_000  # of a filter
_MOST_SHOWN, _CUT = 262_144, 4_096  # bytes of a body
_METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
_PAGE_FILES = {
    "app.js": "text/javascript",
    "elements.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "page.js": "text/javascript",
    "style.css": "text/css",
}
_SAFE = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


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
        self.sender = Sender(self.open_store, httpx2.Client(timeout=10, follow_redirects=False, limits=any_number))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reader: Store | None = None
        self._reading = asyncio.Lock()
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

    async def receive(self, source: Source, scope: HttpRequest) -> Reply:
        """Receive a request of a source, and return the answer once everything is stored."""
        start = monotonic()
        done = await self._receive(source, scope)
        self._requests.labels(source.name, done.outcome).inc()
        self._seconds.observe(monotonic() - start)
        if done.outcome in ("rejected", "unavailable") or done.message:
            log.warning("source %s: request %s: %s", source.name, done.outcome, done.message)
        return done.answer

    async def _receive(self, source: Source, scope: HttpRequest) -> Done:
        bucket = self._buckets.get(source.name)
        if bucket is not None and not bucket.take(monotonic()):
            answer = refuse(source, Refusal.TOO_MANY, retry_after=timedelta(seconds=1)).answer
            return Done(answer=answer, outcome="rejected", message="too many requests")
        config, receiver = self.config, self.receiver()
        try:
            async with asyncio.timeout(config.slowest.total_seconds()):
                request = await Request.from_asgi(scope.scope, scope.receive, max_body=config.limits.max_body)
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
    """Tokens for requests: `rate` a second, ten times as many at once."""

    def __init__(self, rate: float) -> None:
        self._rate, self._most = rate, max(10 * rate, 1.0)
        self._left, self._at = self._most, 0.0

    def take(self, now: float) -> bool:
        """Take one token; False where there is none."""
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def create_app(config: Config, load: Callable[[], Config] | None = None) -> Starlette:
    """Return the application of a configuration.

    Args:
        config: the configuration.
        load: returns the configuration anew, for `POST /-/reload`.
    """
    service = Service(config)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await service.start()
        try:
            yield
        finally:
            await service.stop()

    async def hook(request: HttpRequest) -> Response:
        source = service.sources.by_name(request.path_params["source"])
        if source is None:
            return Response("there is no such source\n", 404)
        return _response(await service.receive(source, request))

    def api(vendor: str) -> Callable[[HttpRequest], Awaitable[Response]]:
        async def known(request: HttpRequest) -> Response:
            body, limits = await _body(request, service.config), service.config.limits
            try:
                source = await run_in_threadpool(service.sources.by_request, body, vendor, limits)
            except LimitError:
                return Response("the request exceeds the limits\n", 413)
            if source is None:
                return Response("no source has this credential\n", 401, {"WWW-Authenticate": "Bearer"})
            again = HttpRequest(request.scope, _once(body.body))
            return _response(await service.receive(source, again))

        return known

    routes = [
        Route("/hooks/{source}", hook, methods=_METHODS),
        Route("/hooks/{source}/{rest:path}", hook, methods=_METHODS),
        *(Route(path, api(vendor), methods=_METHODS) for path, vendor in KNOWN_APIS.items()),
        Route("/-/healthy", _healthy, methods=["GET"]),
        Route("/-/ready", _ready(service), methods=["GET"]),
        Mount("/", routes=_page_routes(service, load)),
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.service = service
    return app


async def _body(request: HttpRequest, config: Config) -> Request:
    try:
        async with asyncio.timeout(config.slowest.total_seconds()):
            return await Request.from_asgi(request.scope, request.receive, max_body=config.limits.max_body)
    except LimitError:
        raise HTTPException(413, "the body is too large") from None
    except (DecodeError, TimeoutError):
        raise HTTPException(408, "the body did not arrive") from None


def _once(body: bytes | str) -> Callable[[], Awaitable[dict[str, Any]]]:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _response(answer: Reply) -> Response:
    return Response(answer.body, answer.status, dict(answer.headers))


async def _healthy(_request: HttpRequest) -> Response:
    return Response("alive\n")


def _ready(service: Service) -> Callable[[HttpRequest], Awaitable[Response]]:
    async def ready(_request: HttpRequest) -> Response:
        try:
            await service.read(Store.summary)
        except HTTPException:
            return Response("the store is down\n", 503)
        if service.writer.error:
            return Response("the store was down\n", 503)
        return Response("ready\n")

    return ready


# --- The page and its API ---------------------------------------------------------------------------------------------


def _page_routes(service: Service, load: Callable[[], Config] | None) -> list[Route]:
    def guarded(handle: Callable[[HttpRequest], Awaitable[Response]]) -> Callable[[HttpRequest], Awaitable[Response]]:
        async def check(request: HttpRequest) -> Response:
            refused = _refused(service.config, request)
            if refused is not None:
                return refused
            try:
                response = await handle(request)
            except HTTPException as error:
                response = Response(f"{error.detail}\n", error.status_code)
            for name, value in _SAFE.items():
                response.headers.setdefault(name, value)
            return response

        return check

    page = _Page(service, load)
    return [
        Route("/", guarded(page.index), methods=["GET"]),
        Route("/static/{name}", guarded(page.static), methods=["GET"]),
        Route("/metrics", guarded(page.metrics), methods=["GET"]),
        Route("/api/incidents", guarded(page.incidents), methods=["GET"]),
        Route("/api/incidents/{name}", guarded(page.incident), methods=["GET"]),
        Route("/api/requests", guarded(page.requests), methods=["GET"]),
        Route("/api/requests/{number}", guarded(page.request), methods=["GET"]),
        Route("/api/requests/{number}/replay", guarded(page.replay), methods=["POST"]),
        Route("/api/preview", guarded(page.preview), methods=["POST"]),
        Route("/api/status", guarded(page.status), methods=["GET"]),
        Route("/api/live", guarded(page.live), methods=["GET"]),
        Route("/-/reload", guarded(page.reload), methods=["POST"]),
    ]


def _refused(config: Config, request: HttpRequest) -> Response | None:
    """Return the answer to somebody who may not see the page."""
    page = config.page
    if page.is_open:
        return None
    if page.trusted_header:
        return None if request.headers.get(page.trusted_header) else Response("not signed in\n", 403)
    if page.auth is None:
        return Response("the page is off: the file has no [server.page]\n", 404)
    asked = Request(b"", request.method, request.url.path, dict(request.headers), dict(request.query_params))
    if Sources((Source("page", auth=page.auth),)).by_request(asked, "generic", config.limits) is not None:
        return None
    return Response("sign in\n", 401, {"WWW-Authenticate": 'Basic realm="alertmap"'})


class _Page:
    """Handlers of the page and its API; who may call them is checked before."""

    def __init__(self, service: Service, load: Callable[[], Config] | None) -> None:
        self._service = service
        self._load = load

    async def index(self, _request: HttpRequest) -> Response:
        return Response(_page_file("index.html"), media_type="text/html")

    async def static(self, request: HttpRequest) -> Response:
        name = request.path_params["name"]
        if name not in _PAGE_FILES:
            return Response("not found\n", 404)
        return Response(_page_file(name), media_type=_PAGE_FILES[name])

    async def metrics(self, _request: HttpRequest) -> Response:
        service = self._service
        found = await service.read(Store.summary)
        text = prometheus.generate_latest(service.registry).decode() + _gauges(service, found)
        return Response(text, media_type=prometheus.CONTENT_TYPE_LATEST)

    async def incidents(self, request: HttpRequest) -> Response:
        query = request.query_params
        limit, state = _limit(query), query.get("state", "open")
        if state not in ("open", "closed", "all"):
            raise HTTPException(400, "state must be open, closed or all")
        labels, text = query.getlist("label"), query.get("q", "")
        if len(labels) > _MOST_LABELS or any(len(one) > _LONGEST_TEXT for one in (*labels, text)):
            raise HTTPException(400, f"a filter has {_MOST_LABELS} labels, and {_LONGEST_TEXT} characters, at most")
        found = await self._service.read(
            lambda store: store.incidents(
                is_open=None if state == "all" else state == "open",
                source=query.get("source", ""),
                severity=query.get("severity", ""),
                labels=labels,
                text=text,
                before=query.get("before", ""),
                limit=limit + 1,
            )
        )
        more = found[limit - 1]["id"] if len(found) > limit else None
        return JSONResponse({"incidents": found[:limit], "next": more, "version": self._service.version})

    async def incident(self, request: HttpRequest) -> Response:
        found = await self._service.read(lambda store: store.incident(request.path_params["name"]))
        if found is None:
            raise HTTPException(404, "there is no such incident")
        return JSONResponse(found)

    async def requests(self, request: HttpRequest) -> Response:
        query = request.query_params
        limit, before = _limit(query), query.get("before", "")
        number = _number(before)
        if before and number is None:
            raise HTTPException(400, "before must be a number")
        found = await self._service.read(
            lambda store: store.requests(
                source=query.get("source", ""),
                outcome=query.get("outcome", ""),
                before=number,
                limit=limit + 1,
            )
        )
        more = found[limit - 1]["id"] if len(found) > limit else None
        return JSONResponse({"requests": found[:limit], "next": more})

    async def request(self, request: HttpRequest) -> Response:
        stored = await self._stored(request)
        shown = await run_in_threadpool(_shown, stored.request)
        source = self._service.sources.by_name(stored.source)
        now = None  # a source that is not in the file any more
        if source is not None:
            read = self._service.receiver().read
            now = summary_of(await run_in_threadpool(read, source, stored.request, stored.received_at))
        return JSONResponse(
            {
                "id": stored.id,
                "received_at": stored.received_at.isoformat(),
                "source": stored.source,
                "vendor": stored.vendor,
                **stored.result._asdict(),
                "method": shown.method,
                "path": shown.path,
                "query": dict(shown.query),
                "headers": dict(shown.headers),
                "body": shown.body,
                "now": now,
            }
        )

    async def replay(self, request: HttpRequest) -> Response:
        _expect_own(request)
        stored = await self._stored(request)
        source = self._service.sources.by_name(stored.source)
        if source is None:
            raise HTTPException(409, "the source of the request is not in the file any more")
        try:
            future = self._service.writer.submit(
                source, lambda receiver, transaction: receiver.replay(transaction, stored, source)
            )
        except StoreError as error:
            raise HTTPException(503, str(error)) from None
        try:
            done = await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(future)), PATIENCE)
        except TimeoutError:
            raise HTTPException(503, "the store is slow; the request is replayed later") from None
        if done.outcome == "unavailable":
            raise HTTPException(503, f"the request was not replayed: {done.message}")
        return JSONResponse({"outcome": done.outcome, "changed": done.changed, "message": done.message})

    async def preview(self, request: HttpRequest) -> Response:
        """Return the alerts of a payload, as the library reads it. Nothing is kept."""
        _expect_own(request)
        body = await _body(request, self._service.config)
        query = dict(request.query_params)
        name, vendor = query.get("source", ""), query.get("vendor", "")
        found = self._service.sources.by_name(name)
        if found is None and (name or not vendor):
            raise HTTPException(400, "there is no such source" if name else "name a source or a vendor")
        posted = Request(body.body, "POST", headers={"content-type": request.headers.get("content-type", "")})
        try:
            source = found if found is not None else Source("preview", vendor=vendor)
            read = self._service.receiver().read
            batch = await run_in_threadpool(read, source, posted, datetime.now(UTC))
        except AlertmapError as error:
            raise HTTPException(400, str(error)) from None
        return JSONResponse(summary_of(batch))

    async def status(self, _request: HttpRequest) -> Response:
        service = self._service
        found = await service.read(Store.summary)
        sources = [
            {"name": name, "vendor": receiving.source.vendor, **found["requests"].get(name, {"last": None, "count": 0})}
            for name, receiving in service.config.sources.items()
        ]
        counts = {"open": found["open"], "outbox": found["outbox"]}
        return JSONResponse({"sources": sources, **counts, "version": service.version})

    async def live(self, request: HttpRequest) -> Response:
        """Events of the kind `changed`, each with a version, as long as somebody listens."""
        return StreamingResponse(self._versions(request), media_type="text/event-stream")

    async def _versions(self, request: HttpRequest) -> AsyncIterator[str]:
        service, known = self._service, -1
        while not service.is_over and not await request.is_disconnected():
            if service.version != known:
                known = service.version
                yield f"event: changed\ndata: {known}\n\n"
            else:
                yield ": still here\n\n"
            async with service.changed:
                try:
                    await asyncio.wait_for(service.changed.wait_for(partial(service.is_newer, known)), 15)
                except TimeoutError:
                    continue

    async def reload(self, request: HttpRequest) -> Response:
        _expect_own(request)
        if self._load is None:
            raise HTTPException(404, "the configuration does not come from a file")
        try:
            config = await run_in_threadpool(self._load)
            self._service.reload(config)
        except (AlertmapError, OSError, ValueError) as error:
            raise HTTPException(400, str(error)) from None
        return JSONResponse({"sources": len(config.sources)})

    async def _stored(self, request: HttpRequest) -> Stored:
        number = _number(request.path_params["number"])
        found = None if number is None else await self._service.read(lambda store: store.request(number))
        if found is None:
            raise HTTPException(404, "there is no such request")
        stored: Stored = found
        return stored


def _shown(request: Request) -> Request:
    """Return a request without credentials; of a long body the beginning, because to redact it takes long."""
    with suppress(PayloadError):
        body, _ = inflate(request, Limits())
        headers = {name: value for name, value in request.headers.items() if name != "content-encoding"}
        request = evolve(request, body=body[: _MOST_SHOWN + _CUT], headers=headers)
    redacted = redact(request)
    text = redacted.body if isinstance(redacted.body, str) else redacted.body.decode("utf-8", "replace")
    if len(request.body) > _MOST_SHOWN:
        # The last characters may be a part of a credential, which is not known by its form.
        text = f"{text[:-_CUT]}\n… (the rest is not shown)"
    return evolve(redacted, body=text)


def _page_file(name: str) -> bytes:
    return files("alertmap.server").joinpath("page", name).read_bytes()


def _number(text: str) -> int | None:
    """Return the number of a request; None where the text is none."""
    return int(text) if text.isdecimal() and len(text) <= _LONGEST_NUMBER else None


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", "100")
    if not text.isdecimal() or not 1 <= int(text[:4]) <= 500:  # noqa: PLR2004
        raise HTTPException(400, "limit must be a number from 1 to 500")
    return int(text[:4])


def _expect_own(request: HttpRequest) -> None:
    """Refuse what another site's form could send with the credentials of somebody who is signed in."""
    if request.headers.get("x-requested-with") != "alertmap":
        raise HTTPException(403, "the header X-Requested-With: alertmap is missing")


def _gauges(service: Service, found: Mapping[str, Any]) -> str:
    """Return the metrics that the store knows."""
    registry = prometheus.CollectorRegistry()
    opened = prometheus.Gauge("alertmap_open_incidents", "Open incidents.", ("source", "severity"), registry=registry)
    for one in found["open"]:
        opened.labels(one["source"], one["severity"] or "none").set(one["count"])
    waiting = prometheus.Gauge("alertmap_outbox", "Requests to targets that wait.", ("target",), registry=registry)
    for name in service.config.targets:
        waiting.labels(name).set(0)
    for one in found["outbox"]:
        waiting.labels(one["target"]).set(one["waiting"])
    sent = prometheus.Gauge("alertmap_sent", "Requests to targets since the start.", ("result",), registry=registry)
    for result in ("delivered", "failed", "given_up"):
        sent.labels(result).set(getattr(service.sender.counts, result))
    queue = prometheus.Gauge("alertmap_waiting_requests", "Requests that wait for the store.", registry=registry)
    queue.set(service.writer.waiting)
    text: str = prometheus.generate_latest(registry).decode()
    return text

"""The page, its JSON API and the metrics."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from typing import Any

import prometheus_client as prometheus
from attrs import evolve
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from alertmap.errors import AlertmapError, PayloadError
from alertmap.intake.decode import inflate
from alertmap.intake.redact import redact
from alertmap.intake.source import Source
from alertmap.model import Request
from alertmap.server.config import Config
from alertmap.server.databases import StoreError
from alertmap.server.receiver import summary_of
from alertmap.server.service import PATIENCE, Service, read_or_refuse
from alertmap.server.store import Store
from alertmap.server.transaction import Stored
from alertmap.strict_json import Limits

_LONGEST_NUMBER = 18  # digits that fit into 64 bits
_MOST_LABELS, _LONGEST_TEXT = 20, 1_000  # of a filter
_MOST_SHOWN, _CUT = 262_144, 4_096  # bytes of a body
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


def page_routes(service: Service, load: Callable[[], Config] | None) -> list[Route]:
    """Return the routes of the page, its API, the metrics and the reload; who may call them is checked here."""

    def guarded(handle: Callable[[HttpRequest], Awaitable[Response]]) -> Callable[[HttpRequest], Awaitable[Response]]:
        async def check(request: HttpRequest) -> Response:
            refused = _refused(service, request)
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


def _refused(service: Service, request: HttpRequest) -> Response | None:
    """Return the answer to somebody who may not see the page."""
    page, limits = service.config.page, service.config.limits
    if page.is_open:
        return None
    if page.trusted_header:
        return None if request.headers.get(page.trusted_header) else Response("not signed in\n", 403)
    if service.page_users is None:
        return Response("the page is off: the file has no [server.page]\n", 404)
    asked = Request(b"", request.method, request.url.path, dict(request.headers), dict(request.query_params))
    if service.page_users.by_request(asked, "generic", limits) is not None:
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
        body = await read_or_refuse(request, self._service.config)
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

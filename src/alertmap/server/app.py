"""The ASGI application: a route for each source, the known APIs, health, and the routes of the page.

`create_app` can be mounted into another application.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Mount, Route

from alertmap.errors import LimitError
from alertmap.model import Reply
from alertmap.server.api import page_routes
from alertmap.server.config import Config
from alertmap.server.service import Service, read_or_refuse
from alertmap.server.store import Store

KNOWN_APIS: Mapping[str, str] = {
    "/v2/enqueue": "pagerduty",
    "/generic/2010-04-15/create_event.json": "pagerduty",
    "/api/v2/alerts": "prometheus_alertmanager",
    "/api/v1/alerts": "prometheus_alertmanager",
    "/v2/alerts": "opsgenie",
    "/v2/alerts/{rest:path}": "opsgenie",
}
"""Paths at which tools post that were made for another product, with the vendor whose adapter reads them."""

_METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]


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
            body, limits = await read_or_refuse(request, service.config), service.config.limits
            try:
                source = await run_in_threadpool(service.sources.by_request, body, vendor, limits)
            except LimitError:
                return Response("the request exceeds the limits\n", 413)
            if source is None:
                return Response("no source has this credential\n", 401, {"WWW-Authenticate": "Bearer"})
            return _response(await service.receive(source, body))

        return known

    routes = [
        Route("/hooks/{source}", hook, methods=_METHODS),
        Route("/hooks/{source}/{rest:path}", hook, methods=_METHODS),
        *(Route(path, api(vendor), methods=_METHODS) for path, vendor in KNOWN_APIS.items()),
        Route("/-/healthy", _healthy, methods=["GET"]),
        Route("/-/ready", _ready(service), methods=["GET"]),
        Mount("/", routes=page_routes(service, load)),
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.service = service
    return app


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

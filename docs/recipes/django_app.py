"""A view of Django; in urls.py: path("hooks/<name>", hook)."""

from datetime import UTC, datetime
from threading import Lock

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from alertmap import IncidentBook, Request, Source, parse

SOURCES = {"eu": Source("eu", vendor="grafana"), "us": Source("us", vendor="kapacitor")}
book, lock = IncidentBook(), Lock()


@csrf_exempt
def hook(request: HttpRequest, name: str) -> HttpResponse:
    """Answer a webhook. `request.body` must not have been read before."""
    if name not in SOURCES:
        return HttpResponse(status=404)
    batch = parse(None, Request.from_wsgi(request.META), source=SOURCES[name], received_at=datetime.now(UTC))
    with lock:
        for step in book.apply(batch):
            if incident := step.opens or step.closes:
                print("PAGE" if incident.open else "OVER", incident.severity, incident.title)
    return HttpResponse()

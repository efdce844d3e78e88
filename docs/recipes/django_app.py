"""A view of Django; in urls.py: path("hooks/<name>", hook)."""

from datetime import UTC, datetime
from threading import Lock

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from alertmap import Accepted, Auth, IncidentBook, Request, Source, receive

SOURCES = {
    "eu": Source("eu", vendor="grafana", auth=Auth(secrets="the secret of the contact point")),
    "us": Source("us", vendor="kapacitor", auth=Auth(tokens="a token of your own")),
}
book, lock = IncidentBook(), Lock()


@csrf_exempt
def hook(request: HttpRequest, name: str) -> HttpResponse:
    """Answer a webhook. `request.body` must not have been read before."""
    if name not in SOURCES:
        return HttpResponse(status=404)
    done = receive(Request.from_wsgi(request.META), SOURCES[name], datetime.now(UTC))
    with lock:
        for step in book.apply(done.batch) if isinstance(done, Accepted) else ():
            if incident := step.opens or step.closes:
                print("PAGE" if incident.open else "OVER", incident.severity, incident.title)
    return HttpResponse(done.answer.body, status=done.answer.status, headers=dict(done.answer.headers))

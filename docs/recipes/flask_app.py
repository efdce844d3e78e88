"""Webhooks of one vendor in, pages out: flask --app flask_app run."""

from datetime import UTC, datetime
from threading import Lock

from flask import Flask, request

from alertmap import AlertmapError, IncidentBook, Request, Source, parse

app, lock, book = Flask(__name__), Lock(), IncidentBook()  # a book has no lock of its own
EU = Source("eu", vendor="prometheus_alertmanager", labels={"team": "db"}, severity="high")
app.register_error_handler(AlertmapError, lambda error: (f"not read: {error}", 200))


@app.post("/hooks/eu")
def hook() -> str:
    with lock:
        steps = book.apply(parse(None, Request.from_wsgi(request.environ), source=EU, received_at=datetime.now(UTC)))
    print(*(incident for step in steps if (incident := step.opens or step.closes)), sep="\n", flush=True)
    return ""

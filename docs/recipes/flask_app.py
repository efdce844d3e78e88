"""Webhooks of one vendor in, pages out: flask --app flask_app run."""

from datetime import UTC, datetime
from threading import Lock

from flask import Flask, Response, request

from alertmap import Accepted, Auth, IncidentBook, Request, Source, receive

app, lock, book = Flask(__name__), Lock(), IncidentBook()  # a book has no lock of its own
EU = Source("eu", vendor="prometheus_alertmanager", labels={"team": "db"}, auth=Auth(tokens="a token of your own"))


@app.post("/hooks/eu")
def hook() -> Response:
    got = receive(Request.from_wsgi(request.environ), EU, datetime.now(UTC))
    with lock:
        steps = book.apply(got.batch if isinstance(got, Accepted) else ())
    print(*filter(None, (step.opens or step.closes for step in steps)), sep="\n", flush=True)
    return Response(got.answer.body, got.answer.status, dict(got.answer.headers))

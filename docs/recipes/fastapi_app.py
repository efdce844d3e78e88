"""Webhooks in, pages out: SOURCES=sources.toml uvicorn fastapi_app:app."""

import json
import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI, Request, Response

import alertmap
from alertmap import Accepted, IncidentBook, LimitError, Refusal, Rejected, Transition, load_sources, receive, refuse

SOURCES = load_sources(Path(os.environ["SOURCES"]).read_text("utf-8"))  # all faults at the start, with lines
DB = sqlite3.connect(os.environ.get("DB", "book.sqlite"), check_same_thread=False)
DB.execute("create table if not exists keys (source text, key text, state text, primary key (source, key))")
BOOK = IncidentBook.load(json.loads(state) for (state,) in DB.execute("select state from keys"))
app = FastAPI()


def follow(steps: tuple[Transition, ...]) -> None:
    with DB:  # one transaction for each request
        for name, state in BOOK.changed().items():
            DB.execute("delete from keys where source = ? and key = ?", name)
            if state is not None:
                DB.execute("insert into keys values (?, ?, ?)", (*name, json.dumps(state)))
    for step in steps:
        if incident := step.opens or step.closes:
            print("PAGE" if incident.open else "OVER", incident.severity, incident.title, incident.labels, flush=True)


@app.api_route("/hooks/{name}", methods=["GET", "HEAD", "OPTIONS", "POST", "PUT"])
async def hook(name: str, request: Request) -> Response:
    if name not in SOURCES:
        return Response(status_code=404)
    now, source = datetime.now(UTC), SOURCES[name]
    try:
        done = receive(await alertmap.Request.from_asgi(request.scope, request.receive), source, now)
    except LimitError:
        done = refuse(source, Refusal.TOO_LARGE)
    if isinstance(done, Rejected):
        print("REJECTED", done.reason, done.message, flush=True)
    if isinstance(done, Accepted):  # what cannot be read has problems, and no alerts
        follow(BOOK.tick(now) + BOOK.apply(done.batch))
    return Response(done.answer.body, done.answer.status, dict(done.answer.headers))

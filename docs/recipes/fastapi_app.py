"""Webhooks in, pages out: SOURCES=sources.toml uvicorn fastapi_app:app."""

import json
import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request

import alertmap
from alertmap import AlertmapError, IncidentBook, LimitError, Transition, load_sources, parse

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


@app.api_route("/hooks/{name}", methods=["GET", "POST", "PUT"])
async def hook(name: str, request: Request) -> None:
    if name not in SOURCES:
        raise HTTPException(404)
    now = datetime.now(UTC)
    try:
        received = await alertmap.Request.from_asgi(request.scope, request.receive)
        follow(BOOK.tick(now) + BOOK.apply(parse(None, received, source=SOURCES[name], received_at=now)))
    except LimitError as error:
        raise HTTPException(413) from error
    except AlertmapError as error:  # many senders switch off an endpoint that answers 4xx: note it, and answer 200
        print("NOT READ", name, error, flush=True)

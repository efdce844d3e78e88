"""No request that was answered is lost, and none counts twice, however the process or its disk fails.

`nox -s crash` kills the receiver 200 times.
"""

import json
import os
import random
import select
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
from starlette.testclient import TestClient

from alertmap.server import service
from alertmap.server.app import create_app
from alertmap.server.config import Config
from alertmap.server.databases import Sqlite
from receiver_process import Running, load, receiver

KILLS = int(os.environ.get("ALERTMAP_KILLS", "3"))
SOURCES = '[sources.any]\nvendor = "generic"\n'


class Sender(threading.Thread):
    """Fires a problem, and ends every second one; each request is sent again until it is answered."""

    def __init__(self, url: str, name: str, over: threading.Event) -> None:
        super().__init__()
        self._url, self._name, self._over = url, name, over
        self.answered: dict[str, str] = {}
        """The last state of each problem that was answered with 200."""

    def run(self) -> None:
        """Send until it is over."""
        with httpx2.Client(timeout=5) as client:
            number = 0
            while not self._over.is_set():
                key = f"{self._name}-{number}"
                for state in ("firing", "resolved")[: 1 + number % 2]:
                    self._send(client, key, state)
                number += 1

    def _send(self, client: httpx2.Client, key: str, state: str) -> None:
        at = "2026-03-01T12:00:00Z" if state == "firing" else "2026-03-01T12:05:00Z"
        body = {"id": key, "title": key, "status": state, "timestamp": at}
        while not self._over.is_set():
            try:
                if client.post(f"{self._url}/hooks/any", json=body).status_code == 200:
                    self.answered[key] = state
                    return
            except httpx2.HTTPError:
                pass
            time.sleep(0.01)


def check(running: Running, answered: dict[str, str]) -> None:
    """Compare the store with what senders were answered."""
    with sqlite3.connect(f"file:{running.database}?mode=ro", uri=True) as store:
        found = {}
        for (document,) in store.execute("select document from incidents"):
            incident = json.loads(document)
            key = incident["title"]
            assert key not in found, f"{key} has two incidents"
            assert incident["count"] == 1, f"{key} counts twice"
            found[key] = incident["state"]
        kinds = store.execute("select incident, kind, count(*) from events group by incident, kind").fetchall()
    assert all(count == 1 for *_, count in kinds)
    # What was not answered may be there, too: it was kept, and its answer was lost.
    wrong = {key: found.get(key) for key, state in answered.items() if found.get(key) not in (state, "resolved")}
    assert not wrong


def test_kill_under_load(tmp_path: Path) -> None:
    """The receiver is killed at random moments, and started again; senders try again what was not answered."""
    chance = random.Random(7)  # noqa: S311 - moments of a test
    over = threading.Event()
    with receiver(tmp_path, SOURCES) as running:
        senders = [Sender(running.url, f"s{number}", over) for number in range(4)]
        for sender in senders:
            sender.start()
        try:
            for _ in range(KILLS):
                time.sleep(chance.uniform(0.05, 0.8))
                running.end(signal.SIGKILL)
                running.start()
            time.sleep(0.3)
        finally:
            over.set()
            for sender in senders:
                sender.join()
        answered = {key: state for sender in senders for key, state in sender.answered.items()}
        assert len(answered) > KILLS
        check(running, answered)


def test_a_torn_log_of_the_database(tmp_path: Path) -> None:
    """Half a page at the end of SQLite's log, as a crash of the machine leaves it, loses nothing that was answered."""
    with receiver(tmp_path, SOURCES) as running:
        for number in range(20):
            body = {"id": str(number), "title": str(number), "status": "firing"}
            assert httpx2.post(f"{running.url}/hooks/any", json=body).status_code == 200
        running.end(signal.SIGKILL)
        with Path(f"{running.database}-wal").open("ab") as log:
            log.write(os.urandom(3_000))
        running.start()
        check(running, {str(number): "firing" for number in range(20)})


def test_a_graceful_end_answers_what_waits(tmp_path: Path) -> None:
    """SIGTERM ends with exit code 0, and no request is left without an answer or unkept."""
    over = threading.Event()
    with receiver(tmp_path, SOURCES) as running:
        sender = Sender(running.url, "s", over)
        sender.start()
        time.sleep(0.5)
        with httpx2.stream("GET", f"{running.url}/api/live", timeout=30) as stream:  # a page is open
            assert next(stream.iter_lines()) == "event: changed"
            code = running.end(signal.SIGTERM)
        over.set()
        sender.join()
        assert code in (0, -signal.SIGTERM)
        assert sender.answered
        running.start()
        check(running, sender.answered)


def test_a_slow_body(tmp_path: Path) -> None:
    """Its sender is answered after the time that the file sets; others do not wait for it."""
    with ExitStack() as stack:
        running = stack.enter_context(receiver(tmp_path, SOURCES, slowest="4s"))
        slow = stack.enter_context(socket.create_connection(("127.0.0.1", running.port)))
        slow.sendall(b"POST /hooks/any HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
        assert httpx2.post(f"{running.url}/hooks/any", json={"title": "x"}).status_code == 200
        assert not select.select([slow], [], [], 0)[0], "it was answered before the other one"
        slow.settimeout(60)
        assert slow.recv(100).startswith(b"HTTP/1.1 503 ")


def test_a_reload_by_signal(tmp_path: Path) -> None:
    """SIGHUP reads the file again; a file with faults is logged, and changes nothing."""
    with receiver(tmp_path, SOURCES) as running:
        file = tmp_path / "alertmap.toml"
        text = file.read_text(encoding="utf-8")
        for more, status in (('[sources.new]\nvendor = "generic"\n', 200), ("[sources", 200)):
            file.write_text(text + more, encoding="utf-8")
            running.send_signal(signal.SIGHUP)
            lines = 1 if status == 200 else 2
            for _ in range(100):
                if running.log.count("reloaded") >= lines:
                    break
                time.sleep(0.02)
            assert httpx2.post(f"{running.url}/hooks/new", json={"title": "x"}).status_code == status


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Return a configuration with an SQLite file."""
    text = f"[server]\ndatabase = {json.dumps(str(tmp_path / 'store.sqlite'))}\n{SOURCES}[server.page]\nopen = true\n"
    return load(text)


@pytest.fixture
def client(config: Config) -> Iterator[TestClient]:
    """Return a client of a running receiver."""
    with TestClient(create_app(config)) as made:
        yield made


def test_a_full_disk(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are answered 503 until there is space again; then the same requests are kept, once."""
    execute = Sqlite.execute
    is_full = [True]

    def limited(self: Sqlite, statement: str, values: object = ()) -> list[tuple[object, ...]]:
        if statement.startswith("begin"):
            (pages,) = execute(self, "pragma page_count")[0]
            execute(self, f"pragma max_page_count = {pages + 1 if is_full[0] else 10**6}")
        return execute(self, statement, values)  # type: ignore[arg-type]

    monkeypatch.setattr(Sqlite, "execute", limited)
    bodies = [{"id": str(number), "title": "x" * 3_000, "status": "firing"} for number in range(20)]
    refused = [body for body in bodies if client.post("/hooks/any", json=body).status_code == 503]
    assert refused
    assert client.get("/-/ready").status_code == 503
    is_full[0] = False
    assert all(client.post("/hooks/any", json=body).status_code == 200 for body in refused)
    assert client.get("/-/ready").status_code == 200
    assert len(client.get("/api/incidents").json()["incidents"]) == 20
    assert len(client.get("/api/requests").json()["requests"]) == 20


def test_a_stalled_disk(config: Config, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits longer than the sender does; what came meanwhile is kept at most once."""
    monkeypatch.setattr(service, "PATIENCE", 0.3)
    body = {"id": "1", "title": "x", "status": "firing", "timestamp": "2026-03-01T12:00:00Z"}
    blocker = sqlite3.connect(config.database, isolation_level=None)
    blocker.execute("begin immediate")
    start = time.monotonic()
    answer = client.post("/hooks/any", json=body)
    assert answer.status_code == 503
    assert "retry-after" in answer.headers
    assert time.monotonic() - start < 3
    assert client.get("/-/healthy").status_code == 200
    blocker.execute("rollback")
    monkeypatch.setattr(service, "PATIENCE", 10)
    assert client.post("/hooks/any", json=body).status_code == 200
    [incident] = client.get("/api/incidents").json()["incidents"]
    assert incident["count"] == 1


@pytest.mark.parametrize(
    ("database", "reason"),
    [
        ("missing/store.sqlite", "unable to open database file"),
        ("alertmap.toml", "file is not a database"),
    ],
)
def test_a_database_that_cannot_be_used(tmp_path: Path, database: str, reason: str) -> None:
    """The command says so in a line, and ends; nobody reads a traceback at night."""
    running = Running(tmp_path, SOURCES, str(tmp_path / database))
    with pytest.raises(AssertionError):
        running.start()
    assert running.log.count("\n") == 1
    assert running.log.startswith("alertmap: the database cannot be used: ")
    assert reason in running.log


def test_too_many_requests_at_the_same_time(tmp_path: Path) -> None:
    """One request whose body is slow takes the only place; the next is asked to try again, and is kept then."""
    running = Running(tmp_path, f"waiting = 1\n{SOURCES}")
    running.start()
    body = {"id": "a", "title": "a", "status": "firing"}
    try:
        with socket.create_connection(("127.0.0.1", running.port)) as slow:
            slow.sendall(b"POST /hooks/any HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{")
            time.sleep(0.5)
            refused = httpx2.post(f"{running.url}/hooks/any", json=body)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "60")
        assert until_taken(running, body) == 200
    finally:
        running.end(signal.SIGKILL)


def until_taken(running: Running, body: object) -> int:
    """Post until the answer is not 503; return it."""
    deadline = time.monotonic() + 10
    while True:
        status = httpx2.post(f"{running.url}/hooks/any", json=body).status_code
        if status != 503 or time.monotonic() > deadline:
            return status
        time.sleep(0.1)


def test_one_request_at_a_time(tmp_path: Path) -> None:
    """The lowest limit of requests that wait lets one in."""
    running = Running(tmp_path, f"waiting = 1\n{SOURCES}")
    running.start()
    try:
        body = {"id": "a", "title": "a", "status": "firing"}
        assert httpx2.post(f"{running.url}/hooks/any", json=body).status_code == 200
    finally:
        running.end(signal.SIGKILL)

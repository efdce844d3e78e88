"""The writer, and what it must not be stopped by: a target's fault, a request that no store keeps, a certificate."""

import json
import logging
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from alertmap import AdapterError, Request
from alertmap.server import receiver as receiver_module
from alertmap.server.certificates import Certificates
from alertmap.server.config import Config
from alertmap.server.databases import open_database
from alertmap.server.receiver import Done, Receiver
from alertmap.server.store import Store, StoreError, Transaction
from alertmap.server.writer import Writer
from receiver_process import load

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Return a configuration with a source that pages a target."""
    database = json.dumps(str(tmp_path / "store.sqlite"))
    return load(
        f'[server]\ndatabase = {database}\n[sources.any]\nvendor = "generic"\ntargets = ["hook"]\n'
        '[targets.hook]\ntarget = "webhook"\nurl = "http://127.0.0.1:9/hook"\n'
    )


def store_of(config: Config) -> Store:
    """Open a connection."""
    return Store(open_database(config.database), config.policy)


@pytest.fixture
def writer(config: Config) -> Writer:
    """Return a writer whose thread is not started yet."""
    first = store_of(config)
    first.migrate()
    first.close()
    return Writer(lambda: store_of(config), Receiver(config), lambda: None)


def post(writer: Writer, config: Config, name: str) -> "Future[Done]":
    """Put a request into the queue."""
    body = json.dumps({"id": name, "title": name, "status": "firing"}).encode()
    return writer.receive(config.sources["any"].source, Request(body), NOW)


def titles(config: Config) -> list[str]:
    """Return the titles of all incidents."""
    reader = store_of(config)
    found = sorted(one["title"] for one in reader.incidents(is_open=None))
    reader.close()
    return found


def test_a_request_that_no_store_keeps_harms_no_other(
    writer: Writer, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of those that wait together it alone is refused; the others are kept, each once."""
    keep = Transaction.add_request

    def add_request(self: Transaction, source: str, vendor: str, request: Request, *rest: Any) -> int:
        if b"poison" in bytes(request.body):  # type: ignore[arg-type]
            raise StoreError("value out of range")
        return keep(self, source, vendor, request, *rest)

    monkeypatch.setattr(Transaction, "add_request", add_request)
    waiting = [post(writer, config, name) for name in ("a", "poison", "b")]
    writer.start()
    assert [one.result(30).answer.status for one in waiting] == [200, 503, 200]
    assert post(writer, config, "c").result(30).answer.status == 200
    writer.stop()
    assert titles(config) == ["a", "b", "c"]


def test_a_target_that_fails_refuses_no_request(
    writer: Writer, config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The incident is kept, and the fault is in the log."""

    def broken(*_: object) -> None:
        raise AdapterError("the target webhook raised KeyError")

    monkeypatch.setattr(receiver_module, "render", broken)
    writer.start()
    with caplog.at_level(logging.ERROR):
        assert post(writer, config, "a").result(30).answer.status == 200
    writer.stop()
    assert titles(config) == ["a"]
    assert "target hook cannot be sent a change: the target webhook raised KeyError" in caplog.text


def test_a_queue_that_is_full(config: Config) -> None:
    """A request beyond the limit is refused at once."""
    full = Writer(lambda: store_of(config), Receiver(config), lambda: None)
    for number in range(config.waiting):
        post(full, config, str(number))
    with pytest.raises(StoreError, match="too many requests wait"):
        post(full, config, "x")


def test_certificates_are_fetched_once() -> None:
    """In a transaction only what was fetched before is there; failures are not kept."""
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        return httpx2.Response(404) if "missing" in str(request.url) else httpx2.Response(200, content=b"pem")

    certificates = Certificates(httpx2.Client(transport=httpx2.MockTransport(answer)))
    with pytest.raises(LookupError):
        certificates.kept("https://a.example/cert")
    assert certificates.fetch("https://a.example/cert") == b"pem"
    assert certificates.fetch("https://a.example/cert") == b"pem"
    assert certificates.kept("https://a.example/cert") == b"pem"
    for _ in range(2):
        with pytest.raises(LookupError):
            certificates.fetch("https://a.example/missing")
    assert asked == ["https://a.example/cert", *["https://a.example/missing"] * 2]
    for number in range(300):
        certificates.fetch(f"https://a.example/{number}")
    with pytest.raises(LookupError):
        certificates.kept("https://a.example/cert")

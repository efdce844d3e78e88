"""The writer, and what it must not be stopped by: a target's fault, a request that no store keeps, a certificate."""

import json
import logging
import time
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from attrs import evolve

from alertmap import Policy, Request
from alertmap.incidents import timeline as timeline_module
from alertmap.incidents.timeline import Timeline
from alertmap.server import receiver as receiver_module
from alertmap.server.certificates import Certificates
from alertmap.server.config import Config
from alertmap.server.databases import StoreError, open_database
from alertmap.server.receiver import Done, Receiver
from alertmap.server.store import Store
from alertmap.server.transaction import Transaction
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


def test_a_queue_that_is_full(config: Config) -> None:
    """A request beyond the limit is refused at once."""
    full = Writer(lambda: store_of(config), Receiver(config), lambda: None)
    for number in range(config.waiting):
        post(full, config, str(number))
    with pytest.raises(StoreError, match="too many requests wait"):
        post(full, config, "x")


def test_a_caller_that_gave_up_stops_nobody(writer: Writer, config: Config) -> None:
    """Its work is done, and that of the others."""
    given_up = post(writer, config, "a")
    assert given_up.cancel()
    writer.start()
    assert post(writer, config, "b").result(30).answer.status == 200
    writer.stop()
    assert titles(config) == ["a", "b"]


def test_a_store_that_works_again_is_ready(writer: Writer, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """No request is needed for that: a proxy sends none to a receiver that is not ready."""

    def fail(*_: object) -> None:
        raise StoreError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "add_request", fail)
        patch.setattr(Transaction, "due", fail)
        writer.start()
        assert post(writer, config, "a").result(30).answer.status == 503
        assert writer.error
    deadline = time.monotonic() + 10
    while writer.error and time.monotonic() < deadline:
        time.sleep(0.05)
    writer.stop()
    assert writer.error == ""


def due_of(config: Config) -> dict[Any, Any]:
    """Return when each key is due."""
    database = open_database(config.database)
    found = dict(database.execute("select key, due from timelines"))
    database.close()
    return found


@pytest.mark.usefixtures("writer")
def test_a_key_that_fails_stops_no_other(
    config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The others expire; it is looked at again later."""
    short = Receiver(with_policy(config, Policy(expire_after=timedelta(hours=1))))
    store = store_of(short.config)
    with store.transaction(()) as transaction:
        for name in ("a", "broken", "c"):
            body = json.dumps({"id": name, "title": name, "status": "firing"}).encode()
            short.take(transaction, short.config.sources["any"].source, Request(body), NOW)
    real = timeline_module.tick

    def tick(timeline: Timeline, now: datetime, policy: Policy) -> Any:
        if timeline.dedup_key.endswith("broken"):
            raise ValueError("odd")
        return real(timeline, now, policy)

    monkeypatch.setattr(receiver_module, "tick", tick)
    later = NOW + timedelta(hours=2)
    with caplog.at_level(logging.ERROR), store.transaction(()) as transaction:
        short.tick(transaction, later)
    assert [one["title"] for one in store.incidents(is_open=True)] == ["broken"]
    assert "an incident could not expire" in caplog.text
    with store.transaction(()) as transaction:
        assert transaction.due(later, 9) == []
    store.close()


def with_policy(config: Config, policy: Policy) -> Config:
    """Return a configuration whose source has a policy."""
    return evolve(config, sources={"any": evolve(config.sources["any"], policy=policy)})


@pytest.mark.usefixtures("writer")
@pytest.mark.parametrize("policy", [Policy(), Policy(expire_after=timedelta.max)])
def test_incidents_that_shall_not_expire_any_more(config: Config, policy: Policy) -> None:
    """They were due by the policy before; after a reload they stay open, and nothing fails."""
    short = Receiver(with_policy(config, Policy(expire_after=timedelta(hours=1))))
    store = store_of(short.config)
    with store.transaction(()) as transaction:
        body = b'{"id": "a", "title": "a", "status": "firing"}'
        short.take(transaction, short.config.sources["any"].source, Request(body), NOW)
    later = NOW + timedelta(hours=2)
    for_ever = Receiver(with_policy(config, policy), started=later)
    store.close()
    store = store_of(for_ever.config)
    with store.transaction(()) as transaction:
        for_ever.tick(transaction, later)
        assert transaction.due(later, 9) == []
    assert [one["title"] for one in store.incidents(is_open=True)] == ["a"]
    store.close()


def test_another_policy_counts_for_what_is_open(writer: Writer, config: Config) -> None:
    """An incident that was to stay open for ever expires by the policy that a reload brought."""
    policies = {"any": config.policy("any")}
    writer._open_store = lambda: Store(open_database(config.database), policies.__getitem__)
    writer.start()
    assert post(writer, config, "a").result(30).answer.status == 200
    assert list(due_of(config).values()) == [None]
    policies["any"] = Policy(expire_after=timedelta(hours=1))
    writer.use(Receiver(with_policy(config, policies["any"])))
    deadline = time.monotonic() + 10
    store = store_of(config)
    while store.incidents(is_open=True) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert store.incidents(is_open=True) == []
    store.close()
    writer.stop()


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

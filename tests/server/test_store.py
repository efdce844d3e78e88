"""The store: versions of its tables, what is removed, and what a replay of all requests gives."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alertmap import Policy, Request, to_dict
from alertmap.incidents.book import IncidentBook
from alertmap.server import databases, tables
from alertmap.server.databases import StoreError, open_database
from alertmap.server.receiver import Receiver
from alertmap.server.store import Store
from alertmap.server.tables import MIGRATIONS
from alertmap.server.transaction import Removed, Result
from receiver_process import load

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONFIG = load(
    '[sources.any]\nvendor = "generic"\npolicy = { expire_after = "2h" }\n'
    '[sources.prom]\nvendor = "prometheus_alertmanager"\npolicy = { expire_after = "2h" }\n'
)
SOURCE = CONFIG.sources["any"].source


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    """Return an empty store."""
    made = Store(open_database(address), CONFIG.policy)
    made.migrate()
    yield made
    made.close()


def take(store: Store, body: object, at: datetime, source: str = "any") -> None:
    """Receive a request."""
    with store.transaction([source]) as transaction:
        Receiver(CONFIG).take(transaction, CONFIG.sources[source].source, Request(json.dumps(body).encode()), at)


def test_a_database_of_a_newer_release(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused, and stays as it is."""
    monkeypatch.setattr(tables, "MIGRATIONS", ())
    with pytest.raises(StoreError, match="of a newer release"):
        store.migrate()
    monkeypatch.undo()
    store.migrate()


def test_a_database_of_an_older_release(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its tables are brought up to date, once; its rows stay."""
    old = Store(open_database(address), CONFIG.policy)
    old.migrate()
    take(old, {"id": "1", "title": "x", "status": "firing"}, NOW)
    old.close()
    monkeypatch.setattr(tables, "MIGRATIONS", (*MIGRATIONS, "alter table incidents add column note text; "))
    new = Store(open_database(address), CONFIG.policy)
    new.migrate()
    new.migrate()
    assert [one["title"] for one in new.incidents(is_open=True)] == ["x"]
    assert new._database.execute("select note from incidents") == [(None,)]
    new.close()


@pytest.mark.parametrize("version", range(len(MIGRATIONS)))
def test_each_older_version(address: str, monkeypatch: pytest.MonkeyPatch, version: int) -> None:
    """Its tables become those of an empty store of now, and can be used."""
    with monkeypatch.context() as patch:
        patch.setattr(tables, "MIGRATIONS", MIGRATIONS[:version])
        old = Store(open_database(address), CONFIG.policy)
        old.migrate()
        old.close()
    new = Store(open_database(address), CONFIG.policy)
    new.migrate()
    take(new, {"id": "1", "title": "x", "status": "firing"}, NOW)
    assert [one["title"] for one in new.incidents(is_open=True)] == ["x"]
    assert new.targets_due(NOW) == []
    new.close()


def test_a_migration_that_fails_changes_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The version stays, so that the next start tries again."""
    monkeypatch.setattr(tables, "MIGRATIONS", (*MIGRATIONS, "create table more (a text); drop table nothing"))
    with pytest.raises(StoreError):
        store.migrate()
    monkeypatch.undo()
    store.migrate()
    assert store._database.execute("select number from version") == [(len(MIGRATIONS),)]


def test_old_rows_are_removed(store: Store) -> None:
    """Requests leave by age and by size, the oldest first; incidents by the time since their end; open ones never."""
    for number in range(5):
        take(store, {"id": str(number), "title": "x" * 100, "status": "firing"}, NOW + timedelta(days=number))
    take(store, {"id": "0", "title": "x", "status": "resolved"}, NOW + timedelta(days=5))

    def purge(days: int, size: int = 10**9) -> Removed:
        with store.transaction(()) as transaction:
            month = timedelta(days=30)
            return transaction.purge(NOW + timedelta(days=days), requests=month, incidents=month, most_stored=size)

    assert purge(5) == (0, 0)
    assert purge(32) == (2, 0)
    assert [one["id"] for one in store.requests()] == [6, 5, 4, 3]
    assert purge(32, 10) == (4, 0)
    assert len(store.incidents(is_open=None)) == 5
    purge(60)
    assert {one["state"] for one in store.incidents(is_open=None)} == {"firing"}


def test_what_no_target_took_is_removed(store: Store) -> None:
    """A message leaves the outbox after as long as a request, and is counted."""
    config = load(
        '[sources.any]\nvendor = "generic"\ntargets = ["hook"]\n'
        '[targets.hook]\ntarget = "webhook"\nurl = "https://a.example"\n'
    )
    body = json.dumps({"id": "1", "title": "x", "status": "firing"}).encode()
    with store.transaction(["any"]) as transaction:
        Receiver(config).take(transaction, config.sources["any"].source, Request(body), NOW)
    month = timedelta(days=30)
    for days, expected in ((29, (0, 0)), (31, (1, 1))):
        with store.transaction(()) as transaction:
            now = NOW + timedelta(days=days)
            assert transaction.purge(now, requests=month, incidents=month, most_stored=10**9) == expected


def test_events_of_an_open_incident_leave_by_age(store: Store) -> None:
    """Events of long ago are removed, the incident itself is not."""
    for hour, severity in ((0, "low"), (1, "critical")):
        body = {"id": "1", "title": "x", "status": "firing", "severity": severity}
        take(store, body, NOW + timedelta(hours=hour))
    month = timedelta(days=30)
    with store.transaction(()) as transaction:
        now = NOW + timedelta(days=30, minutes=30)
        transaction.purge(now, requests=month, incidents=month, most_stored=10**9)
    assert _events(store) == ["severity_changed"]


def test_filters_by_label_and_text(store: Store) -> None:
    """A label is equal, with its case; a text is a part, in any case, and signs of a pattern are no pattern."""
    for name, team in (("1", "DB_x"), ("2", "db_x"), ("3", "dbyx")):
        take(store, {"id": name, "title": f"100% of {team}", "status": "firing", "labels": {"team": team}}, NOW)

    def found(**filters: Any) -> list[str]:
        return sorted(one["labels"]["team"] for one in store.incidents(is_open=True, **filters))

    assert found(labels=["team=db_x"]) == ["db_x"]
    assert found(labels=["team=DB_x"]) == ["DB_x"]
    assert found(labels=["team=db"]) == []
    assert found(text="OF DB_X") == ["DB_x", "db_x"]
    assert found(text="0% o") == ["DB_x", "db_x", "dbyx"]


def test_nobody_waits_for_ever_for_another_transaction(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that never ends stops the others for some seconds, each."""
    monkeypatch.setattr(databases, "PATIENCE", 0.2)
    first, second = (Store(open_database(address), CONFIG.policy) for _ in range(2))
    first.migrate()
    with first.transaction(["any"]):
        start = time.monotonic()
        with pytest.raises(StoreError), second.transaction(["any"]):
            pass
        assert time.monotonic() - start < 5
    with second.transaction(["any"]):
        pass
    first.close()
    second.close()


def test_the_limit_of_open_incidents_within_a_request(store: Store) -> None:
    """An alert that closes one makes place for a later one that opens another."""
    config = load('[sources.any]\nvendor = "generic"\npolicy = { max_open_per_source = 2 }\n')
    states = [("1", "firing"), ("2", "firing"), ("3", "firing"), ("1", "resolved"), ("4", "firing"), ("5", "firing")]
    body = json.dumps([{"id": name, "title": name, "status": state} for name, state in states]).encode()
    with store.transaction(["any"]) as transaction:
        Receiver(config).take(transaction, config.sources["any"].source, Request(body), NOW)
    assert {one["title"] for one in store.incidents(is_open=True)} == {"2", "4"}


def test_a_long_mark(store: Store) -> None:
    """An id that no index takes as it is can be kept, and is known again."""
    name = "id:" + "".join(sha256(str(number).encode()).hexdigest() for number in range(300))
    with store.transaction(["any"]) as transaction:
        transaction.put("any", {name: "seen", f"{name}x": "other"}, NOW)
        assert transaction.get("any", name, NOW) == "seen"
        assert transaction.get("any", f"{name}x", NOW) == "other"
        assert transaction.get("any", f"{name}y", NOW) is None


def test_what_is_kept_for_ever(store: Store) -> None:
    """A time that is longer than the calendar removes nothing, and fails nowhere."""
    take(store, {"id": "1", "title": "x", "status": "firing"}, NOW)
    take(store, {"id": "1", "title": "x", "status": "resolved"}, NOW + timedelta(hours=1))
    for_ever = timedelta(days=999_999_999)
    with store.transaction(()) as transaction:
        assert transaction.purge(NOW, requests=for_ever, incidents=for_ever, most_stored=10**9) == (0, 0)
    assert len(store.requests()) == 2
    assert len(store.incidents(is_open=None)) == 1


def test_texts_that_no_database_keeps(store: Store) -> None:
    """A character of number zero and half an emoji are replaced, and lose nothing else."""
    take(store, {"id": "a\0\ud800", "title": "b\0\ud800c", "status": "firing", "labels": {"x\0": "y\ud800"}}, NOW)
    [found] = store.incidents(is_open=True)
    assert "c" in found["title"]
    with store.transaction(()) as transaction:
        request = Request(b"\0\xff", "POST", "/\0\ud800", {"a": "\0"}, {"\ud800": "\0"})
        number = transaction.add_request("any", "generic", request, NOW, Result("none", "\0", 0, 0))
    kept = store.request(number)
    assert kept is not None
    assert kept.request.body == b"\0\xff"


ALERTS = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from(["firing", "resolved", "acknowledged"]),
        st.integers(0, 9),
        st.sampled_from(["critical", "low"]),
        st.integers(0, 90),
    ),
    max_size=12,
)


def _bodies(alerts: list[tuple[str, str, int, str, int]]) -> Iterator[tuple[dict[str, str], datetime]]:
    at = NOW
    for key, status, minute, severity, pause in alerts:
        at += timedelta(minutes=pause)
        time = (NOW + timedelta(minutes=minute)).isoformat()
        yield {"id": key, "title": key, "status": status, "severity": severity, "timestamp": time}, at


def _outcome(store: Store) -> list[dict[str, object]]:
    return sorted(store.incidents(is_open=None), key=lambda one: str(one["id"]))


@pytest.fixture
def empty(store: Store) -> Callable[[], Store]:
    """Return a function that empties the store."""

    def emptied() -> Store:
        with store.transaction(()) as transaction:
            for table in ("requests", "timelines", "incidents", "events", "outbox", "marks"):
                transaction._execute(f"delete from {table}")  # noqa: S608 - names of ours
        return store

    return emptied


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(ALERTS)
def test_store_and_book_agree(empty: Callable[[], Store], alerts: list[tuple[str, str, int, str, int]]) -> None:
    """Incidents of the store are those of a book that gets the same requests; a replay of the requests changes none."""
    store, receiver = empty(), Receiver(CONFIG)
    book = IncidentBook({"any": CONFIG.policy("any")})
    last: dict[str, dict[str, object]] = {}
    for body, at in _bodies(alerts):
        steps = list(book.tick(at))
        with store.transaction(["any"]) as transaction:
            receiver.tick(transaction, at)
        take(store, body, at)
        batch = receiver.read(SOURCE, Request(json.dumps(body).encode()), at)
        assert batch is not None
        steps += book.apply(batch)
        last |= {step.incident.id: to_dict(step.incident) for step in steps if step.incident is not None}
    assert _outcome(store) == sorted(json.loads(json.dumps([*last.values()])), key=lambda one: str(one["id"]))
    kept = [*store.all_requests()]
    assert len(kept) == len(alerts)
    before = _outcome(store)
    again = empty()
    for one in kept:
        with again.transaction(["any"]) as transaction:
            receiver.tick(transaction, one.received_at)
            receiver.replay(transaction, one, SOURCE)
    assert _outcome(again) == before


def _events(store: Store) -> list[str]:
    [incident] = store.incidents(is_open=None)
    found = store.incident(str(incident["id"]))
    assert found is not None
    return [str(event["kind"]) for event in found["events"]]


def test_silence_counts_from_the_start_of_the_process(store: Store) -> None:
    """Nobody could repeat while the receiver was down, so the time until an incident expires begins anew."""
    body = {"id": "1", "title": "x", "status": "firing"}
    take(store, body, NOW)
    started = NOW + timedelta(hours=5)  # it expires after two hours
    receiver = Receiver(CONFIG, started)

    def tick(at: datetime) -> list[str]:
        with store.transaction(["any"]) as transaction:
            receiver.tick(transaction, at)
        return _events(store)

    assert tick(started) == ["opened"]
    assert tick(started + timedelta(minutes=119)) == ["opened"]
    assert tick(started + timedelta(minutes=121)) == ["opened", "expired"]


def test_an_expiry_that_the_next_alert_takes_back_is_no_event(store: Store) -> None:
    """The sender repeats after a restart of the receiver: the incident was open all the time."""
    alert = {"status": "firing", "labels": {"alertname": "A"}, "startsAt": NOW.isoformat()}
    body = {"version": "4", "status": "firing", "alerts": [alert]}
    take(store, body, NOW, "prom")
    take(store, body, NOW + timedelta(hours=4), "prom")
    assert _events(store) == ["opened"]
    assert len(store.incidents(is_open=True)) == 1


def test_a_policy_of_a_source_that_is_gone(store: Store) -> None:
    """Its open incidents stay readable, under the usual policy."""
    take(store, {"id": "1", "title": "x", "status": "firing"}, NOW)
    with Store(store._database, lambda _: Policy()).transaction(()) as transaction:
        [incident] = store.incidents(is_open=True)
        assert transaction.timeline("any", incident["dedup_key"]).is_open

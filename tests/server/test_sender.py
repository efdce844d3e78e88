"""Delivery to targets: order, pauses, what is given up."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from attrs import evolve

from alertmap import AdapterError, Alert, Policy, State
from alertmap.output.render import message_of
from alertmap.server.config import Sending
from alertmap.server.databases import open_database
from alertmap.server.sender import LONGEST, Sender
from alertmap.server.store import Store
from alertmap.server.tables import to_time
from alertmap.target import Endpoint, Message, Outgoing, Skipped, Target

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Answers:
    """A target that answers as it is asked to, and remembers what it was sent."""

    def __init__(self) -> None:
        self.answers: dict[str, httpx2.Response | Exception] = {}
        self.got: list[str] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request."""
        body = request.content.decode()
        self.got.append(body)
        answer = self.answers.get(body, httpx2.Response(202))
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def target() -> Answers:
    """Return a target that takes everything."""
    return Answers()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return an empty store."""
    made = Store(open_database(str(tmp_path / "store.sqlite")), lambda _: Policy())
    made.migrate()
    yield made
    made.close()


def written(message: Message, config: Endpoint, _now: datetime) -> Outgoing | Skipped:
    """Write a request whose body is the title."""
    if message.title == "nothing":
        return Skipped("there is nothing to tell")
    if message.title == "broken":
        raise KeyError(message.title)
    return Outgoing(method="PUT", url=config.url, headers=config.all_headers(), body=message.title.encode())


PLAIN = Target(name="plain", title="Plain", config=Endpoint, write=written, keeps=())
URL = "https://a.example/s3cret?c=d"
TARGETS = {name: Sending(name=name, target=PLAIN, settings=Endpoint(url=URL)) for name in ("hook", "slow")}


@pytest.fixture
def sender(target: Answers, store: Store) -> Sender:
    """Return a sender that is not started."""
    return sender_to(store, target)


def sender_to(store: Store, target: Callable[[httpx2.Request], httpx2.Response]) -> Sender:
    """Return a sender whose requests go to a function."""
    return Sender(lambda: store, httpx2.Client(transport=httpx2.MockTransport(target)), lambda: TARGETS)


def put(store: Store, *titles: str, line: str = "hook/1", target: str = "hook") -> None:
    """Put messages into the outbox."""
    with store.transaction(()) as transaction:
        for title in titles:
            alert = Alert(
                vendor="generic",
                source="any",
                state=State.FIRING,
                severity=None,
                identity={"id": "1"},
                dedup_key="generic:1",
                title=title,
            )
            message = message_of(alert)
            assert isinstance(message, Message)
            transaction.add_message(line, target, message, NOW)


def waiting(store: Store) -> list[tuple[int, str]]:
    """Return tries and error of what waits."""
    return [(one["tries"], one["error"]) for one in store.summary()["outbox"] for _ in range(one["waiting"])]


def test_requests_of_one_line_keep_their_order(target: Answers, store: Store, sender: Sender) -> None:
    """The second waits until the first is delivered; another line does not wait."""
    put(store, "opened", "closed")
    put(store, "other", line="hook/2")
    target.answers["opened"] = httpx2.Response(500)
    sender.send(store, "hook", NOW)
    assert sorted(target.got) == ["opened", "other"]
    target.answers.clear()
    later = datetime.now(UTC) + timedelta(seconds=6)
    while sender.send(store, "hook", later):
        pass
    assert target.got[2:] == ["opened", "closed"]
    assert waiting(store) == []
    assert (sender.counts.delivered, sender.counts.failed) == (3, 1)


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_request_that_is_never_taken_is_given_up(
    target: Answers, store: Store, sender: Sender, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    """It blocks nothing behind it, and is logged without its URL."""
    put(store, "bad", "good")
    target.answers["bad"] = httpx2.Response(status)
    with caplog.at_level(logging.INFO):
        while sender.send(store, "hook", NOW):
            pass
    assert target.got == ["bad", "good"]
    assert waiting(store) == []
    assert "s3cret" not in caplog.text
    assert f"target hook refused a request with {status}" in caplog.text


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.ConnectError("no"),
        httpx2.ReadTimeout("slow"),
        UnicodeError("label too long"),
        httpx2.Response(302, headers={"Location": "https://b.example/"}),
        httpx2.Response(401),
        httpx2.Response(503),
    ],
)
def test_all_else_is_tried_again(
    target: Answers, store: Store, sender: Sender, answer: httpx2.Response | Exception
) -> None:
    """Pauses grow to ten minutes, and nothing is lost, however long the target is away."""
    put(store, "x")
    target.answers["x"] = answer
    now, pauses = NOW, []
    for _ in range(12):
        assert sender.send(store, "hook", now) == 0
        due = _due(store)
        pauses.append(due - datetime.now(UTC))
        now = due
    assert len(target.got) == 12
    assert timedelta(seconds=3) < pauses[0] < timedelta(seconds=6)
    assert timedelta(seconds=-5) < pauses[-1] - LONGEST < timedelta(seconds=5)
    target.answers.clear()
    assert sender.send(store, "hook", now) == 1
    assert waiting(store) == []


def _due(store: Store) -> datetime:
    [(number,)] = store._database.execute("select due from outbox")
    return to_time(number)


def test_a_request_is_sent_by_one_process_alone(store: Store) -> None:
    """A request that was taken is left to its process for a minute, and so is its line; then it is free again."""
    put(store, "opened", "closed")
    with store.transaction(()) as transaction:
        assert [one.message().title for one in transaction.take("hook", NOW, 9)] == ["opened"]
        assert transaction.take("hook", NOW + timedelta(seconds=59), 9) == []
        assert [one.message().title for one in transaction.take("hook", NOW + timedelta(seconds=61), 9)] == ["opened"]


def test_the_pause_that_a_target_asks_for(target: Answers, store: Store, sender: Sender) -> None:
    """`Retry-After` counts where it is longer."""
    put(store, "x")
    target.answers["x"] = httpx2.Response(429, headers={"Retry-After": "3600"})
    sender.send(store, "hook", NOW)
    assert _due(store) - datetime.now(UTC) > timedelta(minutes=59)


def test_the_pause_that_a_target_may_ask_for_has_an_end(target: Answers, store: Store, sender: Sender) -> None:
    """Nobody is paged a day late because a target asked for it."""
    put(store, "x")
    target.answers["x"] = httpx2.Response(429, headers={"Retry-After": "99999"})
    sender.send(store, "hook", NOW)
    assert _due(store) - datetime.now(UTC) <= timedelta(hours=1)


def test_an_answer_without_an_end_is_not_read(store: Store) -> None:
    """Its status counts, and nobody waits for the rest."""

    def endless() -> Iterator[bytes]:
        raise AssertionError("the body is read")
        yield b""

    put(store, "x")
    assert sender_to(store, lambda _: httpx2.Response(200, content=endless())).send(store, "hook", NOW) == 1


def test_no_target_waits_for_another(tmp_path: Path, store: Store) -> None:
    """One target does not answer; the requests to the other are delivered meanwhile."""
    answered, hanging = threading.Event(), threading.Event()

    def target(request: httpx2.Request) -> httpx2.Response:
        if request.content == b"slow":
            hanging.set()
            answered.wait(30)
        return httpx2.Response(200)

    sender = Sender(
        lambda: Store(open_database(str(tmp_path / "store.sqlite")), lambda _: Policy()),
        httpx2.Client(transport=httpx2.MockTransport(target)),
        lambda: TARGETS,
    )
    put(store, "slow", line="slow/1", target="slow")
    sender.start()
    assert hanging.wait(10)
    put(store, "quick")
    sender.wake()
    deadline = time.monotonic() + 10
    while len(waiting(store)) > 1 and time.monotonic() < deadline:
        time.sleep(0.02)
    left = [one["target"] for one in store.summary()["outbox"]]
    answered.set()
    sender.stop()
    assert left == ["slow"]
    assert waiting(store) == []


def test_a_request_is_sent_as_it_is_rendered(store: Store) -> None:
    """Method, URL, headers and the bytes of the body."""
    seen = []

    def target(request: httpx2.Request) -> httpx2.Response:
        seen.append((request.method, str(request.url), request.headers["authorization"], request.content.decode()))
        return httpx2.Response(200)

    sender = sender_to(store, target)
    sender._targets = lambda: {"hook": evolve(TARGETS["hook"], settings=Endpoint(url=URL, token="t"))}  # noqa: S106
    put(store, "ü")
    assert sender.send(store, "hook", NOW) == 1
    assert seen == [("PUT", URL, "Bearer t", "ü")]


def test_what_waits_is_sent_with_the_settings_of_now(
    target: Answers, store: Store, sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    """A key that was wrong is corrected, or a table that was gone is back: what waits since then is delivered."""
    put(store, "opened", "closed")
    target.answers["opened"] = httpx2.Response(401)
    sender.send(store, "hook", NOW)
    sender._targets = dict
    later = datetime.now(UTC) + timedelta(hours=1)
    sender.send(store, "hook", later)
    assert waiting(store) == [(2, "no such target"), (2, "no such target")]
    assert caplog.text.count("target hook is not in the file any more") == 1
    target.answers.clear()
    target.got.clear()
    sender._targets = lambda: {"hook": evolve(TARGETS["hook"], settings=Endpoint(url="https://b.example"))}
    while sender.send(store, "hook", later):
        pass
    assert target.got == ["opened", "closed"]
    assert waiting(store) == []


def test_no_credential_is_kept(store: Store) -> None:
    """The message alone waits, without the settings of its target."""
    put(store, "x")
    assert "s3cret" not in str(store._database.execute("select * from outbox"))


def test_there_is_nothing_to_send(target: Answers, store: Store, sender: Sender) -> None:
    """A message that its target has no request for leaves, and blocks nothing behind it."""
    put(store, "nothing", "x")
    while sender.send(store, "hook", NOW):
        pass
    assert target.got == ["x"]
    assert sender.counts.delivered == 1


def test_a_target_that_raises(store: Store, sender: Sender, caplog: pytest.LogCaptureFixture) -> None:
    """The message is kept, because another release may write it, and the fault is in the log."""
    put(store, "broken")
    sender.send(store, "hook", NOW)
    assert waiting(store) == [(1, AdapterError.__name__)]
    assert "target hook cannot be sent a message: the target plain raised KeyError" in caplog.text


def test_a_message_that_another_release_wrote(target: Answers, store: Store, sender: Sender) -> None:
    """It waits, and those of other incidents are delivered."""
    put(store, "x")
    put(store, "y", line="hook/2")
    store._database.execute("update outbox set message = ? where line = ?", ('{"state": "odd"}', "hook/1"))
    sender.send(store, "hook", NOW)
    assert target.got == ["y"]
    assert waiting(store) == [(1, "ShapeError")]

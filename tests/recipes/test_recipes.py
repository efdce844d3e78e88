"""The recipes of the documentation work, each with the framework that it is for."""

import asyncio
import importlib.util
import io
import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from alertmap import DecodeError, IncidentBook, LimitError, Limits, Outgoing, Policy, Request, parse, write_recorded
from alertmap.model import DEFAULT_MAX_BODY

ROOT = Path(__file__).parents[2]
RECIPES = ROOT / "docs" / "recipes"
START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def body(status: str = "firing", minute: int = 0, name: str = "Disk") -> bytes:
    """Return a notification of Alertmanager."""
    times = {"startsAt": START.isoformat(), "endsAt": "0001-01-01T00:00:00Z"}
    if status == "resolved":
        times["endsAt"] = (START + timedelta(minutes=minute)).isoformat()
    alert = {"status": status, "labels": {"alertname": name, "severity": "critical"}, "annotations": {}, **times}
    return json.dumps({"version": "4", "groupKey": "{}", "status": status, "alerts": [alert]}).encode()


def load(name: str) -> ModuleType:
    """Import a recipe anew."""
    spec = importlib.util.spec_from_file_location(f"recipe_{name}", RECIPES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_fastapi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It pages once, survives a restart, bounds bodies, and answers 200 to what it cannot read."""
    pytest.importorskip("fastapi")
    testclient = pytest.importorskip("fastapi.testclient")
    sources = tmp_path / "sources.toml"
    sources.write_text(
        '[sources.eu]\nvendor = "prometheus_alertmanager"\nlabels = { team = "db" }\nauth = { tokens = "hush" }\n',
        "utf-8",
    )
    monkeypatch.setenv("SOURCES", str(sources))
    monkeypatch.setenv("DB", str(tmp_path / "book.sqlite"))

    client = testclient.TestClient(load("fastapi_app").app, headers={"Authorization": "Bearer hush"})
    assert [client.post("/hooks/eu", content=body()).status_code for _ in range(2)] == [200, 200]
    assert client.post("/hooks/none", content=body()).status_code == 404
    assert client.post("/hooks/eu", content=b"no json").status_code == 200
    assert client.post("/hooks/eu", content=b" " * (8 * 1024 * 1024 + 1)).status_code == 413
    assert client.post("/hooks/eu", content=body(), headers={"Authorization": "Bearer no"}).status_code == 401
    assert client.options("/hooks/eu").status_code == 204
    out = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in out] == ["PAGE", "REJECTED", "REJECTED"]
    assert "'team': 'db'" in out[0]

    again = testclient.TestClient(load("fastapi_app").app, headers={"Authorization": "Bearer hush"})
    assert again.post("/hooks/eu", content=body()).status_code == 200
    assert again.post("/hooks/eu", content=body("resolved", 5)).status_code == 200
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["OVER"]


def test_flask(capsys: pytest.CaptureFixture[str]) -> None:
    """It pages once, answers 200 to what it cannot read, 401 without the token, and 413 to what is too long."""
    pytest.importorskip("flask")
    app = load("flask_app").app
    app.register_error_handler(LimitError, lambda _error: ("", 413))  # as the page says
    client = app.test_client()
    token = {"Authorization": "Bearer a token of your own"}
    assert [client.post("/hooks/eu", data=body(), headers=token).status_code for _ in range(2)] == [200, 200]
    assert client.post("/hooks/eu", data=b"no json", headers=token).status_code == 200
    assert client.post("/hooks/eu", data=body("resolved", 5), headers=token).status_code == 200
    assert client.post("/hooks/eu", data=body(name="Cpu")).status_code == 401
    assert client.post("/hooks/eu", data=b" " * (8 * 1024 * 1024 + 1), headers=token).status_code == 413
    lines = [line for line in capsys.readouterr().out.splitlines() if line not in ("", "None")]
    assert [("state=<State.FIRING" in line, "state=<State.RESOLVED" in line) for line in lines] == [
        (True, False),
        (False, True),
    ]


def test_django(capsys: pytest.CaptureFixture[str]) -> None:
    """The view reads a request as Django makes it."""
    pytest.importorskip("django")
    from django.conf import settings  # noqa: PLC0415 - it may not be installed
    from django.test import RequestFactory  # noqa: PLC0415

    if not settings.configured:
        settings.configure(DEFAULT_CHARSET="utf-8")
    view = load("django_app")
    kapacitor = (ROOT / "fixtures" / "kapacitor" / "critical.json").read_bytes()
    factory = RequestFactory()
    url = "/hooks/us?token=a+token+of+your+own"
    made = [factory.post(url, data=kapacitor, content_type="application/json") for _ in range(2)]
    assert [view.hook(one, "us").status_code for one in made] == [200, 200]
    assert (
        view.hook(factory.post("/hooks/us", data=kapacitor, content_type="application/json"), "us").status_code == 401
    )
    assert view.hook(factory.post("/hooks/none"), "none").status_code == 404
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["PAGE"]


def test_aws_lambda(capsys: pytest.CaptureFixture[str]) -> None:
    """The handler reads an event of payload format 2.0, plain and in base64."""
    grafana = next((ROOT / "fixtures" / "grafana").glob("*.json"), None)
    assert grafana is not None
    sent = next(
        file.read_bytes()
        for file in sorted((ROOT / "fixtures" / "grafana").glob("*.json"))
        if not file.name.endswith((".alerts.json", ".request.json")) and b'"firing"' in file.read_bytes()
    )
    login = b64encode(b"grafana:a password of your own").decode()
    event: dict[str, Any] = {
        "rawPath": "/hooks/eu",
        "headers": {"content-type": "application/json", "authorization": f"Basic {login}"},
        "requestContext": {"http": {"method": "POST"}},
        "isBase64Encoded": False,
        "body": sent.decode(),
    }
    handler = load("lambda_app").handler
    assert handler(event, None)["statusCode"] == 200
    first = capsys.readouterr().out
    assert handler({**event, "isBase64Encoded": True, "body": b64encode(sent).decode()}, None)["statusCode"] == 200
    assert len(first.splitlines()) == len(capsys.readouterr().out.splitlines()) > 0
    assert handler({**event, "body": "no json"}, None)["statusCode"] == 200
    assert handler({**event, "headers": {}}, None)["statusCode"] == 401
    assert capsys.readouterr().out == ""


def run(name: str, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run a recipe as a program."""
    return subprocess.run(  # noqa: S603 - our own interpreter and file
        [sys.executable, str(RECIPES / f"{name}.py"), *arguments],
        input=given,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )


def test_lines_of_recorded_requests() -> None:
    """One request a line; a line that cannot be read stops nothing."""
    lines = [write_recorded(Request(body()), START, indent=None), "{}\n"]
    lines.append(write_recorded(Request(body("resolved", 5)), START + timedelta(minutes=5), indent=None))
    assert all(line.count("\n") == 1 for line in lines)
    done = run("lines", given="".join(lines))
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["PAGE", "OVER"]
    assert done.stderr.startswith("NOT READ")


def test_a_folder_of_recorded_requests(tmp_path: Path) -> None:
    """The table has a line for each incident."""
    for place, text in enumerate([body(), body(name="Cpu"), body("resolved", 5)]):
        recorded = write_recorded(Request(text), START + timedelta(minutes=place))
        (tmp_path / f"{place}.request.json").write_text(recorded, "utf-8")
    rows = run("batch", str(tmp_path)).stdout.splitlines()
    assert rows[0].startswith("id,source,dedup_key,title,state,severity")
    assert sorted(row.split(",")[-4] for row in rows[1:]) == ["firing", "resolved"]


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> Iterator[Any]:
    store = load("sqlite_store").Store(str(tmp_path / "book.sqlite"))
    yield store
    store.db.close()


def test_a_book_in_sqlite(tmp_path: Path, store: Any) -> None:
    """Alerts that were applied are on disk: after a restart a replay changes nothing, and no page is lost."""
    batch = parse("prometheus_alertmanager", body())
    store.apply(batch, START)
    again = load("sqlite_store").Store(str(tmp_path / "book.sqlite"))
    again.apply(batch, START)
    assert again.book.open == store.book.open != ()
    assert [json.loads(page)["title"] for page in again.unsent()] == ["Disk"]
    again.apply(parse("prometheus_alertmanager", body("resolved", 5)), START + timedelta(minutes=5))
    assert [json.loads(page)["state"] for page in again.unsent()] == ["resolved"]
    assert list(again.unsent()) == []
    again.db.close()


def test_a_crash_in_the_transaction_loses_nothing(tmp_path: Path, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither state nor page is on disk if one of them is not, so that the repeat of the sender pages."""

    def fail(_pages: object) -> None:
        raise OSError

    monkeypatch.setattr(store, "_add", fail)
    batch = parse("prometheus_alertmanager", body())
    with pytest.raises(OSError):  # noqa: PT011 - the one above
        store.apply(batch, START)
    again = load("sqlite_store").Store(str(tmp_path / "book.sqlite"))
    assert again.book.open == ()
    again.apply(batch, START)
    assert len(list(again.unsent())) == 1
    again.db.close()


def test_forgotten_keys_leave_the_store(tmp_path: Path) -> None:
    """A key without alerts for longer than `retention` is deleted, too."""
    policy = {"prometheus_alertmanager": Policy(retention=timedelta(hours=1))}
    store = load("sqlite_store").Store(str(tmp_path / "other.sqlite"), policy)
    store.apply(parse("prometheus_alertmanager", body("resolved", 5)), START)
    store.apply(parse("prometheus_alertmanager", body(name="Cpu")), START + timedelta(hours=9))
    keys = [key for (key,) in store.db.execute("select key from keys")]
    assert len(keys) == len(store.book) == 1
    assert "Cpu" in keys[0]
    store.db.close()


# --- The outbox ---------------------------------------------------------------------------------------------------


def page(text: str) -> Outgoing:
    """Return a request of `render`, with a credential in its URL."""
    return Outgoing(url="https://target.example/hush", headers={"X-Key": "hush"}, body=text.encode())


class Target:
    """A target that answers what the test says, and remembers what it was sent."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.got: list[str] = []
        self.reports: list[str] = []

    def outbox(self, path: Path) -> Any:
        """Return an outbox whose client speaks with this target."""
        httpx2 = pytest.importorskip("httpx2")

        def answer(request: Any) -> Any:
            self.got.append(request.content.decode())
            status = self.answers.pop(0) if self.answers else 202
            if status == 0:
                raise httpx2.ConnectError("no route")
            return httpx2.Response(status, headers={"Retry-After": "60"} if status == 429 else {})

        client = httpx2.Client(transport=httpx2.MockTransport(answer), timeout=5)
        return load("outbox").Outbox(str(path / "outbox.sqlite"), client, self.reports.append)


def test_the_outbox_tries_again(tmp_path: Path) -> None:
    """A failed request is sent again after a pause that grows; the requests of one line stay in their order."""
    target = Target(0, 503, 202)
    outbox = target.outbox(tmp_path)
    outbox.add([("pd/a", page("a1")), ("pd/a", page("a2"))], START)
    for seconds in (0, 4, 5, 14, 15, 15):
        outbox.send(START + timedelta(seconds=seconds))
    assert target.got == ["a1", "a1", "a1", "a2"]
    assert target.reports == ["target.example: ConnectError", "target.example: answered 503"]
    assert "hush" not in str(target.reports)


def test_the_outbox_waits_as_long_as_it_is_asked_to(tmp_path: Path) -> None:
    """`Retry-After` counts where it is longer; another line does not wait."""
    target = Target(429)
    outbox = target.outbox(tmp_path)
    outbox.add([("pd/a", page("a")), ("pd/b", page("b"))], START)
    outbox.send(START)
    outbox.send(START + timedelta(seconds=59))
    assert target.got == ["a", "b"]
    outbox.send(START + timedelta(seconds=60))
    assert target.got == ["a", "b", "a"]


def test_the_outbox_gives_up_what_is_never_taken(tmp_path: Path) -> None:
    """A request that the target cannot read is dropped and reported; a wrong key is not final."""
    target = Target(400, 202, 401)
    outbox = target.outbox(tmp_path)
    outbox.add([("pd/a", page("a1")), ("pd/a", page("a2")), ("pd/a", page("a3"))], START)
    for _ in range(3):
        outbox.send(START)
    assert target.got == ["a1", "a2", "a3"]
    assert target.reports[0] == "target.example: refused with 400, given up"
    outbox.send(START + timedelta(minutes=1))
    assert target.got == ["a1", "a2", "a3", "a3"]


KILLED = """
import os, signal, sys
sys.path[:0] = [{recipes!r}, {source!r}]
from datetime import UTC, datetime
from alertmap import Outgoing
from outbox import Outbox
box = Outbox({path!r}, None)
for number in range(100_000):
    box.add([(f"pd/{{number}}", Outgoing(url="https://t.example/", headers={{}}, body=b"x"))], datetime.now(UTC))
    print(number, flush=True)
"""


def test_the_outbox_survives_a_kill(tmp_path: Path) -> None:
    """Each request that was kept before `kill -9` is there after it."""
    pytest.importorskip("httpx2")
    path = str(tmp_path / "outbox.sqlite")
    code = KILLED.format(recipes=str(RECIPES), source=str(ROOT / "src"), path=path)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)  # noqa: S603
    assert process.stdout is not None
    kept = [process.stdout.readline().strip() for _ in range(20)][-1]
    process.kill()
    printed = process.communicate()[0].split()
    outbox = Target().outbox(tmp_path)
    [(count,)] = outbox.db.execute("select count(*) from outbox").fetchall()
    assert count >= int((printed or [kept])[-1]) + 1
    [(fine,)] = outbox.db.execute("pragma integrity_check").fetchall()
    assert fine == "ok"


@pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")  # it imports it
def test_apprise() -> None:
    """Services of Apprise are notified of what opens and ends, as text, and of nothing else."""
    apprise = pytest.importorskip("apprise")
    decorators: Any = pytest.importorskip("apprise.decorators")
    got: list[tuple[str, str, str]] = []

    @decorators.notify(on="recipe")  # type: ignore[untyped-decorator]
    def _take(body: str, title: str, notify_type: str, *_: Any, **_more: Any) -> bool:
        got.append((title, body, str(notify_type)))
        return True

    services = apprise.Apprise()
    services.add("recipe://")
    book = IncidentBook()
    for minute, status in ((0, "firing"), (1, "firing"), (2, "resolved")):
        for step in book.apply(
            parse("prometheus_alertmanager", body(status, minute)), START + timedelta(minutes=minute)
        ):
            assert load("apprise_app").tell(services, step)
    assert [title.partition(":")[0].split()[1] for title, _, _ in got] == ["firing", "resolved"]
    assert [kind for _, _, kind in got][1] == "success"


@pytest.mark.parametrize(("name", "most"), [("fastapi_app", 45), ("flask_app", 20), ("batch", 15)])
def test_recipes_are_short(name: str, most: int) -> None:
    """The programs of a first hour stay small."""
    assert len((RECIPES / f"{name}.py").read_text("utf-8").splitlines()) <= most


NEEDED = {"fastapi_app": ["fastapi"], "flask_app": ["flask"], "outbox": ["httpx2"], "apprise_app": ["apprise"]}
"""Packages without which a recipe cannot be checked."""


@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed")
@pytest.mark.parametrize(
    "name", ["fastapi_app", "flask_app", "batch", "lines", "lambda_app", "sqlite_store", "outbox", "apprise_app"]
)
def test_recipes_type_check(name: str, tmp_path: Path) -> None:
    """Under `mypy --strict`, with nothing ignored."""
    for module in NEEDED.get(name, []):
        pytest.importorskip(module)
    done = subprocess.run(  # noqa: S603 - our own interpreter and file
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={tmp_path}", f"{RECIPES}/{name}.py"],
        env={"MYPYPATH": str(ROOT / "src"), "PATH": ""},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


# --- Requests of frameworks -------------------------------------------------------------------------------------------


def test_a_wsgi_request() -> None:
    """Method, path, headers, query and body come from the environment."""
    environ = {
        "REQUEST_METHOD": "post",
        "SCRIPT_NAME": "/app",
        "PATH_INFO": "/h\u00c3\u00bck",
        "QUERY_STRING": "a=1&b=&a=2",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": "2",
        "HTTP_X_TOKEN": "t",
        "wsgi.input": io.BytesIO(b"{}more"),
    }
    request = Request.from_wsgi(environ)
    assert (request.method, request.path, request.body) == ("POST", "/app/hük", b"{}")
    assert (dict(request.query), request.header("X-Token")) == ({"a": "2", "b": ""}, "t")
    assert request.header("content-type") == "application/json"


@pytest.mark.parametrize(
    ("length", "sent", "accepted"),
    [("4", b"abcd", b"abcd"), ("5", b"abcde", None), ("99999999999", b"", None), ("", b"ab", b""), ("x", b"ab", b"")],
)
def test_a_wsgi_body_is_bounded(length: str, sent: bytes, accepted: bytes | None) -> None:
    """No more is read than allowed, and nothing if more is announced."""
    given = io.BytesIO(sent)
    environ = {"CONTENT_LENGTH": length, "wsgi.input": given}
    if accepted is None:
        with pytest.raises(LimitError):
            Request.from_wsgi(environ, max_body=4)
        assert given.tell() == 0
    else:
        assert Request.from_wsgi(environ, max_body=4).body == accepted


def test_a_wsgi_body_without_a_length() -> None:
    """Servers that end the input by themselves say so; it is bounded, too."""
    ends = {"wsgi.input_terminated": True}
    assert Request.from_wsgi({**ends, "wsgi.input": io.BytesIO(b"abcd")}, max_body=4).body == b"abcd"
    with pytest.raises(LimitError):
        Request.from_wsgi({**ends, "wsgi.input": io.BytesIO(b"abcde")}, max_body=4)


def asgi(*messages: dict[str, Any], headers: Any = (), max_body: int = 4) -> Request:
    """Read a request of an ASGI server."""
    scope = {"method": "POST", "path": "/hük", "query_string": b"a=%C3%BC", "headers": headers}
    left = list(messages)

    async def receive() -> dict[str, Any]:
        return left.pop(0)

    return asyncio.run(Request.from_asgi(scope, receive, max_body=max_body))


def chunk(data: bytes, *, more: bool = False) -> dict[str, Any]:
    """Return a message with a part of a body."""
    return {"type": "http.request", "body": data, "more_body": more}


def test_an_asgi_request() -> None:
    """Parts of the body are joined, and names and values of headers are text."""
    request = asgi(chunk(b"ab", more=True), {"type": "http.request"}, headers=[(b"x-token", b"t\xfc")])
    assert (request.body, request.path, dict(request.query)) == (b"ab", "/hük", {"a": "ü"})
    assert request.header("X-Token") == "tü"


def test_an_asgi_body_is_bounded() -> None:
    """Reading stops at the first part that is too much, or before if the header announces it."""
    with pytest.raises(LimitError):
        asgi(chunk(b"abcde", more=True))
    with pytest.raises(LimitError):
        asgi(headers=[(b"content-length", b"5")])
    with pytest.raises(DecodeError, match="disconnected"):
        asgi(chunk(b"a", more=True), {"type": "http.disconnect"})


def test_the_default_limit_is_that_of_limits() -> None:
    """A body that was read is not refused for its length afterwards."""
    assert Limits().max_body == DEFAULT_MAX_BODY

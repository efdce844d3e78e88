"""`alertmap capture`: requests are recorded without their credentials, shown and answered."""

import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from alertmap.cli import capture
from alertmap.cli.app import app
from alertmap.cli.capture import HOST, CaptureServer, Recorder
from alertmap.intake.recorded import read_recorded
from alertmap.model import Request

ROOT = Path(__file__).parents[2]
REASON = "it has the keys data, details, duration, id, level, time"
CRITICAL = (ROOT / "fixtures" / "kapacitor" / "critical.json").read_bytes()
SECRET = "hunter2hunter2"  # noqa: S105 - what must go nowhere


class Bench:
    """A running server, and what it printed."""

    def __init__(self, folder: Path, answer: int, vendor: str | None, also: tuple[str, ...]) -> None:
        self.printed = io.StringIO()
        console = Console(file=self.printed, markup=False, emoji=False, highlight=False, width=200)
        self.recorder = Recorder(folder, vendor=vendor, also=also, console=console)
        self.server = CaptureServer(0, self.recorder, answer)
        self.port = self.server.server_port
        self.folder = folder

    def send(self, body: bytes = b"", method: str = "POST", path: str = "/", **headers: str) -> tuple[int, bytes]:
        """One request; its answer's status and body."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=10)
        connection.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found

    def raw(self, data: bytes, *, end: bool = True) -> bytes:
        """Bytes that need not be HTTP; what was answered."""
        with socket.create_connection((HOST, self.port), timeout=10) as connection:
            connection.sendall(data)
            if end:
                connection.shutdown(socket.SHUT_WR)
            return connection.makefile("rb").read()

    @property
    def files(self) -> list[str]:
        """The names of what was written."""
        return sorted(file.name for file in self.folder.iterdir())

    def document(self, name: str = "001.request.json") -> dict[str, object]:
        """Return a file that was written."""
        found: dict[str, object] = json.loads((self.folder / name).read_text(encoding="utf-8"))
        return found


@contextmanager
def running(folder: Path, answer: int = 200, vendor: str | None = None, also: tuple[str, ...] = ()) -> Iterator[Bench]:
    """A server in a thread of its own."""
    bench = Bench(folder, answer, vendor, also)
    thread = threading.Thread(target=bench.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield bench
    finally:
        bench.server.shutdown()
        bench.server.server_close()
        thread.join()


def test_a_request_is_recorded_and_shown(tmp_path: Path) -> None:
    """The recorded request holds all that was sent but its credentials; the terminal says what it became."""
    with running(tmp_path, also=("mine",)) as bench:
        path = f"/hooks/a?token={SECRET}&site=eu&mine={SECRET}"
        sent = bench.send(CRITICAL, path=path, Content_Type="application/json", Authorization=f"Bearer {SECRET}")
        document = bench.document()
        bench.recorder.close()
    assert sent == (200, b"")
    headers = document["headers"]
    assert isinstance(headers, dict)
    assert headers["Authorization"] == "REDACTED"
    assert headers["Content-Type"] == "application/json"
    assert document["path"] == "/hooks/a?token=REDACTED&site=eu&mine=REDACTED"
    assert document["body"] == CRITICAL.decode()
    assert str(document["received_at"]).endswith("Z")
    assert bench.printed.getvalue().splitlines() == [
        "001.request.json  POST /hooks/a  looks like kapacitor: " + REASON,
        "    firing critical kapacitor:id=cpu:host=web01 cpu:host=web01 is CRITICAL",
        "",
        "1 request: 1 alert (1 firing)",
    ]


def test_no_credential_is_recorded_or_shown(tmp_path: Path) -> None:
    """A credential in the path, the query, a header, JSON, a form or a first line that is no HTTP goes nowhere."""
    with running(tmp_path) as bench:
        bench.send(b"token=" + SECRET.encode(), Content_Type="application/x-www-form-urlencoded")
        bench.send(json.dumps({"status": SECRET, "apiKey": SECRET}).encode().replace(SECRET.encode(), b"ok", 1))
        bench.send(b"x", path=f"/?sig={SECRET}", X_Token=SECRET)
        bench.raw(f"GET /a b?token={SECRET} HTTP/1.1\r\n\r\n".encode())
        bench.raw(f"BREW /?token={SECRET} HTTP/1.1\r\n\r\n".encode())
        bench.recorder.close()
    everything = bench.printed.getvalue() + "".join(file.read_text(encoding="utf-8") for file in tmp_path.iterdir())
    assert SECRET not in everything
    assert "it cannot be read as HTTP (answered 400)" in everything
    assert "it cannot be read as HTTP (answered 501)" in everything


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"])
def test_every_method_is_answered(method: str, tmp_path: Path) -> None:
    """Some vendors send alerts by GET, others ask with HEAD or OPTIONS first."""
    with running(tmp_path, answer=202) as bench:
        assert bench.send(method=method, path="/?a=1") == (202, b"")
        assert bench.document()["method"] == method


def test_numbers_go_on(tmp_path: Path) -> None:
    """Files are numbered in order of arrival, after those that are there; none is overwritten."""
    (tmp_path / "007.request.json").write_text("mine", encoding="utf-8")
    (tmp_path / "100.json").write_text("mine", encoding="utf-8")
    with running(tmp_path) as bench:
        for _ in range(2):
            bench.send(b"{}")
        assert bench.files == ["007.request.json", "008.request.json", "009.request.json", "100.json"]


def test_at_the_same_time(tmp_path: Path) -> None:
    """Requests that come at the same time are all written, each to its own file."""
    with running(tmp_path) as bench:
        senders = [threading.Thread(target=bench.send, args=(b"{}",)) for _ in range(12)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        assert bench.files == [f"{number:03}.request.json" for number in range(1, 13)]
    assert all(read_recorded(file.read_bytes()).request.body == b"{}" for file in tmp_path.iterdir())


def test_a_body_that_is_not_utf_8(tmp_path: Path) -> None:
    """It is kept as base64, and repeated headers as one."""
    with running(tmp_path) as bench:
        bench.raw(b"POST / HTTP/1.1\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 2\r\n\r\n\xff\xfd")
    found = read_recorded((tmp_path / "001.request.json").read_bytes()).request
    assert (found.body, found.header("X-A")) == (b"\xff\xfd", "1, 2")


def test_chunks(tmp_path: Path) -> None:
    """A body that comes in chunks is put together."""
    with running(tmp_path) as bench:
        head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert bench.raw(head + b'3;x=y\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n').startswith(b"HTTP/1.1 200")
    found = read_recorded((tmp_path / "001.request.json").read_bytes()).request
    assert (found.body, found.header("Transfer-Encoding")) == (b'{"a":1}', None)


@pytest.mark.parametrize(
    ("head", "body", "status", "why"),
    [
        (b"Content-Length: 8388609", b"", 413, "the body is longer than 8388608 bytes"),
        (b"Content-Length: -1", b"", 400, "the length of the body is not a number"),
        (b"Content-Length: 9", b"x", 400, "the body ended early"),
        (b"Transfer-Encoding: chunked", b"x\r\n", 400, "the length of the body is not a number"),
        (b"Transfer-Encoding: chunked", b"9\r\nx", 400, "the body ended early"),
        (b"Transfer-Encoding: chunked", b"1\r\nx\r\n800000\r\n", 413, "the body is longer than 8388608 bytes"),
    ],
)
def test_bodies_that_cannot_be_recorded(head: bytes, body: bytes, status: int, why: str, tmp_path: Path) -> None:
    """A body that is too long, cut off or of no valid length is refused, and nothing is written."""
    with running(tmp_path) as bench:
        answer = bench.raw(b"POST / HTTP/1.1\r\n" + head + b"\r\n\r\n" + body)
        assert answer.startswith(f"HTTP/1.1 {status} ".encode())
        assert bench.files == []
    assert bench.printed.getvalue() == f"a request was not recorded: {why} (answered {status})\n"


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    """A request that cannot be written is reported to the sender and on the terminal."""
    folder = tmp_path / "gone"
    with running(folder) as bench:
        assert bench.send(b"{}")[0] == 507
    assert bench.printed.getvalue().startswith("a request was not recorded: it cannot be written: No such file")


def test_a_fault_prints_no_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any other error is reported by its class alone."""

    def broken(*_: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(capture, "redact", broken)
    with running(tmp_path) as bench:
        assert bench.raw(b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n") == b""
    assert bench.printed.getvalue() == "a request was not recorded: RuntimeError\n"


def wait_for(holds: Callable[[], object]) -> None:
    """Wait until something holds; after ten seconds the test fails."""
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def drip(connection: socket.socket, first: bytes) -> bytes:
    """Send a byte now and then until the connection is closed; what was answered."""
    connection.sendall(first)
    connection.settimeout(0.02)
    while True:
        with suppress(TimeoutError):
            return connection.recv(1000)
        with suppress(OSError):
            connection.sendall(b"x")


@pytest.mark.parametrize(
    ("first", "answer", "printed"),
    [
        (b"POST / HTTP/1.1\r\nX-A: ", b"", "a connection was closed: no request came in time\n"),
        (b"P", b"", "a connection was closed: no request came in time\n"),
        (
            b"POST / HTTP/1.1\r\nContent-Length: 99999\r\n\r\n",
            b"HTTP/1.1 408 ",
            "a request was not recorded: it took too long (answered 408)\n",
        ),
        (
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"HTTP/1.1 408 ",
            "a request was not recorded: it took too long (answered 408)\n",
        ),
    ],
)
def test_a_request_has_an_end(
    first: bytes, answer: bytes, printed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sender that sends a byte now and then is cut off, whatever it is about to send."""
    monkeypatch.setattr(capture, "REQUEST_TIMEOUT", 0.3)
    with running(tmp_path) as bench, socket.create_connection((HOST, bench.port), timeout=10) as connection:
        assert drip(connection, first).startswith(answer)
        wait_for(bench.printed.getvalue)
    assert bench.printed.getvalue() == printed
    assert bench.files == []


def test_a_sender_may_not_pause_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender that is silent within a request is cut off before the end of the time of a request."""
    monkeypatch.setattr(capture, "READ_TIMEOUT", 0.1)
    with running(tmp_path) as bench:
        assert bench.raw(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx", end=False).startswith(b"HTTP/1.1 408 ")


def test_connections_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One connection too many is refused at once; when the others have ended, requests are recorded again."""
    monkeypatch.setattr(capture, "MAX_CONNECTIONS", 2)

    def is_recorded() -> bool:
        with suppress(OSError, http.client.HTTPException):
            return bench.send(b"{}")[0] == 200
        return False

    with running(tmp_path) as bench:
        with ExitStack() as stack:
            for _ in range(2):
                stack.enter_context(socket.create_connection((HOST, bench.port), timeout=10))
            for _ in range(3):
                assert bench.raw(b"", end=False).startswith(b"HTTP/1.1 503 ")
        for _ in range(3):
            wait_for(is_recorded)
        assert len(bench.files) == 3
    message = "a request was not recorded: too many connections at the same time (answered 503)"
    assert bench.printed.getvalue().splitlines().count(message) >= 3


def test_a_handshake_is_answered(tmp_path: Path) -> None:
    """A sender that wants an answer first gets it, made of what it really sent; what is kept is redacted."""
    confirmation = {"Type": "SubscriptionConfirmation", "MessageId": "m", "TopicArn": "arn:aws:sns:eu-west-1:1:t"}
    with running(tmp_path, vendor="kapacitor", answer=204) as bench:
        status, _ = bench.send(json.dumps({**confirmation, "Token": SECRET}).encode())
    assert status == 204
    assert "handshake" in bench.printed.getvalue()


def test_a_handshakes_own_reply(tmp_path: Path) -> None:
    """The reply stands above --answer, and holds what was sent also where that is redacted in the file."""
    event = {"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "topic": "t", "subject": "s"}
    body = json.dumps([{**event, "data": {"validationCode": SECRET}}]).encode()
    with running(tmp_path, vendor="kapacitor", answer=500, also=("validationCode",)) as bench:
        assert bench.send(body) == (200, json.dumps({"validationResponse": SECRET}).encode())
        assert SECRET not in str(bench.document())


def test_texts_are_no_markup(tmp_path: Path) -> None:
    """Control characters and markup of a payload reach the terminal as text."""
    body = CRITICAL.replace(b'cpu:host=web01 is CRITICAL",', b'\\u001b[31m[red]x[/red]",')
    with running(tmp_path) as bench:
        bench.send(body, path="/%1b[bold]")
    assert "\x1b" not in bench.printed.getvalue()
    assert "[red]x[/red]" in bench.printed.getvalue()
    assert "/%1b[bold]" in bench.printed.getvalue()


def test_a_request_that_is_too_much(tmp_path: Path) -> None:
    """A request over the limits is recorded, and the limit is printed."""
    with running(tmp_path) as bench:
        bench.send(b"[" * 100_000)
        bench.send(b'{"a":' * 100 + b"1" + b"}" * 100)
    assert bench.files == ["001.request.json", "002.request.json"]
    assert "max_depth" in bench.printed.getvalue()


def test_the_vendor_is_named(tmp_path: Path) -> None:
    """With --vendor the alerts, or the error, of its adapter are printed."""
    with running(tmp_path, vendor="kapacitor") as bench:
        bench.send(b'{"id": "x"}')
        bench.recorder.close()
        bench.send(b"{}")
    assert bench.files == ["001.request.json"]
    assert "not recognised" in bench.printed.getvalue()
    assert "refused expected" in bench.printed.getvalue()
    assert "1 request: 0 alerts, 1 refused" in bench.printed.getvalue()


# --- The command ------------------------------------------------------------------------------------------------------


def test_ctrl_c_ends_it_quietly(tmp_path: Path) -> None:
    """A real process, a real request, Ctrl-C: exit code 0, a summary, nothing on stderr."""
    command = [sys.executable, "-m", "alertmap.cli", "capture", "--port", "0", "--out", str(tmp_path / "new" / "here")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(  # noqa: S603 - our own; a shell's background job would ignore Ctrl-C
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        connection = http.client.HTTPConnection(line.split()[2].removeprefix("http://").rstrip(","), timeout=10)
        connection.request("POST", "/", CRITICAL)
        assert connection.getresponse().status == 200
        process.send_signal(signal.SIGINT)
        printed = process.stdout.read()
        assert process.stderr.read() == ""
    assert process.returncode == 0
    assert printed.endswith("\n1 request: 1 alert (1 firing)\n")
    assert [file.name for file in (tmp_path / "new" / "here").iterdir()] == ["001.request.json"]


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its options reach the server; a request that is not recognised leads to new-adapter."""

    def serve(server: CaptureServer) -> None:
        server.recorder.record(Request(b'{"mine": "x"}'), datetime(2026, 1, 31, tzinfo=UTC), {})
        raise KeyboardInterrupt

    monkeypatch.setattr(CaptureServer, "serve_forever", serve)
    folder = tmp_path / "out"
    options = ["capture", "--port", "0", "--out", str(folder), "--secret", "mine"]
    ran = CliRunner().invoke(app, options, env={"COLUMNS": "300"})
    assert ran.exit_code == 0
    assert ran.stdout.endswith(f"to draft an adapter: alertmap new-adapter NAME --from {folder}\n")
    assert read_recorded((folder / "001.request.json").read_bytes()).request.body == b'{"mine": "REDACTED"}'


def test_wrong_usage(tmp_path: Path) -> None:
    """A port that is taken, a folder that is a file and an unknown vendor end it with one line."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with running(tmp_path) as bench:
        for options, message in (
            (["--port", str(bench.port), "--out", str(tmp_path)], "Address already in use"),
            (["--out", str(tmp_path / "file")], "File exists"),
            (["--vendor", "kapacitr"], "did you mean 'kapacitor'?"),
        ):
            ran = CliRunner().invoke(app, ["capture", *options], env={"COLUMNS": "300"})
            assert (ran.exit_code, ran.stdout) == (2, "")
            assert message in ran.stderr


def test_it_listens_on_loopback_only(tmp_path: Path) -> None:
    """No other machine can reach it."""
    with running(tmp_path) as bench:
        assert bench.server.server_address[0] == "127.0.0.1"

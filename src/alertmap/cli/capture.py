"""`alertmap capture`: writes down what a monitor sends to this machine, and says what it became.

Nothing but the redacted request is kept, parsed or shown. It listens on loopback only.
"""

import re
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from alertmap.cli import tables
from alertmap.cli.files import RECORDED, Input, Refused, shown
from alertmap.cli.outcomes import UNRECOGNISED, Recognised, outcome, recognised
from alertmap.cli.recording import recorded
from alertmap.cli.shared import Vendor, end, known, wrong
from alertmap.intake.recorded import Recorded
from alertmap.intake.redact import redact
from alertmap.model import Reason, Reply, Request
from alertmap.strict_json import Limits

HOST = "127.0.0.1"
PATIENCE = 30
"""Seconds that a sender may be silent in the middle of a request."""

_NUMBERED = re.compile(rf"([0-9]+){re.escape(RECORDED)}")


def capture(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of 127.0.0.1; 0 takes a free one.")] = 8008,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the requests go.")] = Path("captures"),
    answer: Annotated[int, typer.Option(min=200, max=599, metavar="STATUS", help="What senders are answered.")] = 200,
    vendor: Vendor = None,
    secret: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="One more field, header or parameter that is secret.")
    ] = None,
) -> None:
    """Record what a monitor sends here."""
    errors = tables.console(stderr=True)
    known(errors, vendor, None)
    recorder = Recorder(out, vendor=vendor, also=tuple(secret or ()))
    try:
        out.mkdir(parents=True, exist_ok=True)
        server = Catcher(port, recorder, answer)
    except (OSError, OverflowError) as error:
        wrong(errors, f"it cannot listen or write: {getattr(error, 'strerror', '') or type(error).__name__}")
    with server:
        recorder.say(f"listening on http://{HOST}:{server.server_port}, recording into {shown(out)}; Ctrl-C ends it")
        with suppress(KeyboardInterrupt):
            server.serve_forever()
        recorder.close()
    end(failed=False)


class Recorder:
    """Writes requests into a folder, one after the other, and tells of each."""

    def __init__(
        self, folder: Path, *, vendor: str | None = None, also: tuple[str, ...] = (), console: Console | None = None
    ) -> None:
        self.folder = folder
        self.vendor = vendor
        self.also = also
        self.console = console or tables.console()
        self.tally = tables.Tally()
        self.unknown = 0
        self.closed = False
        self.lock = threading.RLock()

    def take(self, request: Request, received_at: datetime, names: Mapping[str, str]) -> Reply | None:
        """Record one request; the answer that its sender waits for, where it is a handshake."""
        clean = redact(request, self.also)
        text = recorded(clean, received_at, names)
        with self.lock:
            if self.closed:
                return None
            file = self._write(text)
            one = Input(name=str(file), recorded=Recorded(clean, received_at), vendor=self.vendor)
            done, found = outcome(one), recognised(one)
            self.tally.add(done)
            self.unknown += isinstance(found, Recognised) and found.vendor is None
            self.say(f"{file.name}  {clean.method} {clean.path}  {_told(found)}")
            for row in tables.rows(done):
                if not (isinstance(done, Refused) and done.message == UNRECOGNISED):
                    self._row(row)
        if isinstance(done, Refused) or done.batch.reason is not Reason.HANDSHAKE:
            return None
        # What a sender wants to read again may be what was redacted.
        whole = outcome(Input(name="", recorded=Recorded(request, received_at), vendor=done.batch.vendor))
        return None if isinstance(whole, Refused) else whole.batch.reply

    def say(self, line: str) -> None:
        """One line, whatever is in it."""
        with self.lock:
            self.console.print(Text(tables.plain(line)), soft_wrap=True)

    def close(self) -> None:
        """Take no more, and tell what there was."""
        with self.lock:
            self.closed = True
            self.say("")
            self.say(self.tally.line())
            if self.unknown:
                self.say(f"to write an adapter: alertmap new-adapter NAME --from {shown(self.folder)}")

    def _write(self, text: str) -> Path:
        taken = (_NUMBERED.fullmatch(file.name) for file in self.folder.iterdir())
        number = max((int(match[1]) for match in taken if match), default=0) + 1
        file = self.folder / f"{number:03}{RECORDED}"
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
        return file

    def _row(self, row: tables.Row) -> None:
        line = Text("   ")
        for header, cell in zip(tables.COLUMNS[1:], row.cells[1:], strict=True):
            if cell:
                line.append(f" {cell}", tables.STYLES.get(cell, "") if header in tables.STYLED else "")
        self.console.print(line, soft_wrap=True)


def _told(found: Recognised | Refused) -> str:
    if isinstance(found, Refused):
        return found.message
    return f"looks like {found.vendor}: {found.reason}" if found.vendor else "looks like nobody's"


class _BadRequest(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Catcher(ThreadingHTTPServer):
    """Listens on loopback and hands each request to a recorder."""

    daemon_threads = True

    def __init__(self, port: int, recorder: Recorder, answer: int = 200) -> None:
        super().__init__((HOST, port), _Handler)
        self.recorder = recorder
        self.answer = answer

    def handle_error(self, _request: Any, _address: Any) -> None:
        """Tell of a sender that went away; a traceback would show what it sent."""
        self.recorder.say(f"a request was not recorded: {type(sys.exception()).__name__}")


class _Handler(BaseHTTPRequestHandler):
    server: Catcher
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE
    server_version = "alertmap"
    sys_version = ""

    def take(self) -> None:
        self.close_connection = True
        try:
            body = self._body()
        except _BadRequest as error:
            self._refuse(error.status, str(error))
            return
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            headers[name.lower()] = f"{headers[name.lower()]}, {value}" if name.lower() in headers else value
        headers.pop("transfer-encoding", None)  # undone by now
        request = Request(body, self.command, self.path, headers)
        names = {name.lower(): name for name in self.headers}
        try:
            reply = self.server.recorder.take(request, datetime.now(UTC), names)
        except OSError as error:
            self._refuse(507, f"it cannot be written: {error.strerror}")
            return
        if reply is None:
            self._answer(self.server.answer)
        else:
            self._answer(reply.status, reply.body.encode(), reply.content_type)

    do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = do_PATCH = do_DELETE = take  # noqa: N815 - http.server's names

    def _answer(self, status: int, body: bytes = b"", content_type: str = "") -> None:
        self.send_response(status)
        if content_type:
            self.send_header("Content-Type", content_type)
        if self.command == "OPTIONS":
            self.send_header("Allow", "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").strip().lower() == "chunked":
            return self._chunks()
        length = self.headers.get("Content-Length", "0").strip()
        if not re.fullmatch(r"[0-9]{1,18}", length):
            raise _BadRequest(400, "the length of the body is no number")
        return self._read(int(length))

    def _chunks(self) -> bytes:
        body = b""
        while True:
            size = self.rfile.readline(1024).partition(b";")[0].strip()
            if not re.fullmatch(rb"[0-9a-fA-F]{1,8}", size):
                raise _BadRequest(400, "the size of a chunk is no number")
            if not int(size, 16):
                return body
            body += self._read(int(size, 16), len(body))
            self.rfile.readline(1024)

    def _read(self, length: int, before: int = 0) -> bytes:
        most = Limits().max_body
        if before + length > most:
            raise _BadRequest(413, f"the body is longer than {most} bytes")
        data = self.rfile.read(length)
        if len(data) < length:
            raise _BadRequest(400, "the body ended early")
        return data

    def _refuse(self, status: int, message: str) -> None:
        self.server.recorder.say(f"a request was not recorded: {message} (answered {status})")
        self._answer(status)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Tell of what is no HTTP, without its first line: that may hold a secret."""
        del message, explain
        self.close_connection = True
        self._refuse(code, "it cannot be read as HTTP")

    def log_message(self, *_: Any) -> None:
        """Log nothing: a URL may hold a token."""

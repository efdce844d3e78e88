"""`alertmap capture`: record the requests that a monitor sends to this machine, and show what they are parsed into.

Only the redacted request is stored, parsed and shown. The server listens on loopback only.
"""

import io
import re
import socket
import sys
import threading
import time
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
from alertmap.cli.files import Input, Refused, printable
from alertmap.cli.outcomes import UNRECOGNISED, Recognised, outcome, recognised
from alertmap.cli.shared import Secret, Vendor, check_names, end, wrong
from alertmap.intake.recorded import Recorded, write_recorded
from alertmap.intake.redact import redact
from alertmap.model import Reason, Reply, Request
from alertmap.strict_json import Limits
from alertmap.testing.fixtures import RECORDED

HOST = "127.0.0.1"
READ_TIMEOUT = 30
"""Seconds that a sender may pause within a request."""
REQUEST_TIMEOUT = 60
"""Seconds from the connection to the end of the request."""
MAX_CONNECTIONS = 32
"""Connections at the same time."""

_DISCARDED = 65_536  # bytes of a request that is refused unread

_NUMBERED = re.compile(rf"([0-9]+){re.escape(RECORDED)}")


def capture(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of 127.0.0.1; 0 takes a free one.")] = 8008,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the requests.")] = Path("captures"),
    answer: Annotated[int, typer.Option(min=200, max=599, metavar="STATUS", help="HTTP status of the answers.")] = 200,
    vendor: Vendor = None,
    secret: Secret = None,
) -> None:
    """Record the requests that a monitor sends here."""
    errors = tables.console(stderr=True)
    check_names(errors, vendor)
    recorder = Recorder(out, vendor=vendor, also=tuple(secret or ()))
    try:
        out.mkdir(parents=True, exist_ok=True)
        server = CaptureServer(port, recorder, answer)
    except (OSError, OverflowError) as error:
        wrong(errors, f"cannot listen or write: {getattr(error, 'strerror', '') or type(error).__name__}")
    with server:
        recorder.say(
            f"listening on http://{HOST}:{server.server_port}, recording to {printable(out)}; stop with Ctrl-C"
        )
        with suppress(KeyboardInterrupt):
            server.serve_forever()
        recorder.close()
    end(failed=False)


class Recorder:
    """Writes requests to a folder one by one, and prints a summary of each."""

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

    def record(self, request: Request, received_at: datetime, header_names: Mapping[str, str]) -> Reply | None:
        """Record one request; return the reply that a handshake asks for."""
        clean = redact(request, self.also)
        text = write_recorded(clean, received_at, header_names)
        with self.lock:
            if self.closed:
                return None
            file = self._write(text)
            one = Input(name=str(file), recorded=Recorded(clean, received_at), vendor=self.vendor)
            done, found = outcome(one), recognised(one)
            self.tally.add(done)
            self.unknown += isinstance(found, Recognised) and found.vendor is None
            self.say(f"{file.name}  {clean.method} {clean.path}  {_detected(found)}")
            if not (isinstance(done, Refused) and done.message == UNRECOGNISED):
                for row in tables.rows(done):
                    self._say_row(row)
        if isinstance(done, Refused) or done.batch.reason is not Reason.HANDSHAKE:
            return None
        # The reply may have to repeat a value that was redacted.
        original = outcome(Input(name="", recorded=Recorded(request, received_at), vendor=done.batch.vendor))
        return None if isinstance(original, Refused) else original.batch.reply

    def say(self, line: str) -> None:
        """Print one line of any text."""
        with self.lock:
            self.console.print(Text(tables.plain(line)), soft_wrap=True)

    def close(self) -> None:
        """Record nothing more, and print the summary."""
        with self.lock:
            self.closed = True
            self.say("")
            self.say(self.tally.line())
            if self.unknown:
                self.say(f"to draft an adapter: alertmap new-adapter NAME --from {printable(self.folder)}")

    def _write(self, text: str) -> Path:
        numbers = (_NUMBERED.fullmatch(file.name) for file in self.folder.iterdir())
        number = max((int(match[1]) for match in numbers if match), default=0) + 1
        file = self.folder / f"{number:03}{RECORDED}"
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
        return file

    def _say_row(self, row: tables.Row) -> None:
        line = Text("   ")
        for header, cell in zip(tables.COLUMNS, row.cells, strict=True):
            if cell and header not in ("file", "time"):
                line.append(f" {cell}", tables.STYLES.get(cell, "") if header in tables.STYLED else "")
        self.console.print(line, soft_wrap=True)


def _detected(found: Recognised | Refused) -> str:
    if isinstance(found, Refused):
        return found.message
    return f"looks like {found.vendor}: {found.reason}" if found.vendor else "not recognised"


class _BadRequest(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def _number(text: str, base: int) -> int:
    if not re.fullmatch("[0-9a-fA-F]{1,18}", text.strip()):
        raise _BadRequest(400, "the length of the body is not a number")
    return int(text, base)


class CaptureServer(ThreadingHTTPServer):
    """HTTP server on loopback that hands each request to a recorder."""

    daemon_threads = True

    def __init__(self, port: int, recorder: Recorder, answer: int = 200) -> None:
        super().__init__((HOST, port), _Handler)
        self.recorder = recorder
        self.answer = answer
        self._free = threading.BoundedSemaphore(MAX_CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own; refuse it where there are too many."""
        if not self._free.acquire(blocking=False):
            self._refuse(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no thread can be started
            self._free.release()
            raise

    def _refuse(self, request: socket.socket) -> None:
        self.recorder.say("a request was not recorded: too many connections at the same time (answered 503)")
        with suppress(OSError):
            request.settimeout(0)
            request.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            request.recv(_DISCARDED)  # closing a connection with unread bytes would discard the answer
        self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, _request: Any, _address: Any) -> None:
        """Print the error's class only: a traceback would show what was sent."""
        self.recorder.say(f"a request was not recorded: {type(sys.exception()).__name__}")


class _Incoming(io.RawIOBase):
    """Bytes of a connection until a deadline: a sender that drips them must not hold it for ever."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.deadline = time.monotonic() + REQUEST_TIMEOUT

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.connection.settimeout(min(READ_TIMEOUT, left))
        return self.connection.recv_into(buffer)


class _Handler(BaseHTTPRequestHandler):
    server: CaptureServer
    protocol_version = "HTTP/1.1"
    server_version = "alertmap"
    sys_version = ""

    def setup(self) -> None:
        """Read with a deadline."""
        super().setup()
        self.rfile.close()
        self.rfile = io.BufferedReader(_Incoming(self.connection))

    def handle_any(self) -> None:
        try:
            body = self._body()
        except _BadRequest as error:
            self._refuse(error.status, str(error))
            return
        except TimeoutError:
            self._refuse(408, "it took too long")
            return
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            headers[name.lower()] = f"{headers[name.lower()]}, {value}" if name.lower() in headers else value
        headers.pop("transfer-encoding", None)  # the recorded body is not chunked
        request = Request(body, self.command, self.path, headers)
        names = {name.lower(): name for name in self.headers}
        try:
            reply = self.server.recorder.record(request, datetime.now(UTC), names)
        except OSError as error:
            self._refuse(507, f"it cannot be written: {error.strerror}")
            return
        self._answer(reply or Reply(status=self.server.answer, headers={}))

    do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 - http.server's names

    def _answer(self, reply: Reply) -> None:
        self.connection.settimeout(READ_TIMEOUT)
        body = reply.body.encode()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").strip().lower() != "chunked":
            return self._read(_number(self.headers.get("Content-Length", "0"), 10))
        body = b""
        while size := _number(self.rfile.readline(1024).partition(b";")[0].decode("latin-1"), 16):
            body += self._read(size, len(body))
            self.rfile.readline(1024)  # the end of the chunk
        return body

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
        self._answer(Reply(status=status, headers={}))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Report a request that is not HTTP, without its first line: that may hold a secret."""
        del message, explain
        self.close_connection = True
        self._refuse(code, "it cannot be read as HTTP")

    def log_error(self, *_: Any) -> None:
        """Report a connection whose time ended before its headers did: the base class logs no other error."""
        self.server.recorder.say("a connection was closed: no request came in time")

    def log_message(self, *_: Any) -> None:
        """Log nothing: a URL may hold a token."""

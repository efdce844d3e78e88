"""A server on a port of this machine, for tests with programs that post over the network."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from alertmap.model import Reply, Request


@contextmanager
def served(answer: Callable[[Request], Reply]) -> Iterator[str]:
    """Answer every POST as the function says, and yield the URL of the server; skip where there are no sockets."""
    if os.environ.get("ALERTMAP_NO_SOCKETS"):
        pytest.skip("ALERTMAP_NO_SOCKETS: this test posts over the network")

    class Handler(BaseHTTPRequestHandler):
        """Pass every POST on, as it came."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            reply = answer(Request(body, "POST", self.path, dict(self.headers)))
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body.encode())

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""A receiver in a process of its own, and a sender that tries again until it is answered."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from alertmap.server.config import Config, load_config

ROOT = Path(__file__).parents[1]


def load(text: str) -> Config:
    """Return a configuration that names no secret."""
    return load_config(text, environment=str, read_file=str)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


class Running:
    """A receiver that can be killed and started again."""

    def __init__(self, folder: Path, text: str, database: str = "") -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = folder / "store.sqlite"
        self._file = folder / "alertmap.toml"
        self._file.write_text(
            f"[server]\ndatabase = {json.dumps(database or str(self.database))}\nport = {self.port}\n{text}",
            encoding="utf-8",
        )
        self._log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter
                [sys.executable, "-m", "alertmap", "serve", "--config", str(self._file)],
                env=environment,
                stdout=log,
                stderr=log,
            )
        for _ in range(600):
            try:
                if httpx2.get(f"{self.url}/-/ready").is_success:
                    return
            except httpx2.HTTPError:
                pass
            assert self._process.poll() is None, self.log
            time.sleep(0.05)
        raise AssertionError(f"it does not start: {self.log}")

    @property
    def process(self) -> int:
        """Return the number of the process."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """Return all lines of the log."""
        return self._log.read_text(encoding="utf-8")

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def end(self, number: signal.Signals) -> int:
        """Send a signal, and wait for the end; return the exit code."""
        self.send_signal(number)
        assert self._process is not None
        return self._process.wait(30)

    def get(self, path: str) -> Any:
        """Return the JSON of the page's API."""
        return httpx2.get(f"{self.url}{path}", timeout=30).raise_for_status().json()


@contextmanager
def receiver(folder: Path, text: str, slowest: str = "30s") -> Iterator[Running]:
    """A receiver with the page open to everybody, which ends with the test."""
    made = Running(folder, f'slowest = "{slowest}"\n[server.page]\nopen = true\n{text}')
    made.start()
    try:
        yield made
    finally:
        made.end(signal.SIGKILL)

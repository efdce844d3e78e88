"""Prometheus and Alertmanager, started for a test in a folder of its own. Debian has both as packages."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

PROMETHEUS = shutil.which("prometheus")
ALERTMANAGER = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
PATIENCE = 120.0  # seconds

NEEDED = [
    pytest.mark.skipif(not os.environ.get("ALERTMAP_E2E"), reason="run by nox -s e2e: it starts other programs"),
    pytest.mark.skipif(not PROMETHEUS, reason="there is no prometheus: apt-get install prometheus"),
    pytest.mark.skipif(not ALERTMANAGER, reason="there is no alertmanager: apt-get install prometheus-alertmanager"),
]

_RULES = """
groups:
  - name: test
    interval: 1s
    rules:
      - alert: DiskFull
        expr: {expression}
        labels: {{severity: critical, host: db-01}}
        annotations: {{summary: Disk full on db-01}}
"""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(found: Callable[[], bool], what: str) -> None:
    """Wait until something is found."""
    end = time.monotonic() + PATIENCE
    while not found():
        assert time.monotonic() < end, f"never came: {what}"
        time.sleep(0.2)


def write_rule(folder: Path, expression: str) -> None:
    """Write the rule of Prometheus: it fires while the expression has a value."""
    (folder / "rules.yml").write_text(_RULES.format(expression=expression), encoding="utf-8")


def start_alertmanager(stack: ExitStack, folder: Path, port: int, config: str) -> "subprocess.Popen[bytes]":
    """Start Alertmanager; it ends with the stack."""
    assert ALERTMANAGER is not None
    (folder / "alertmanager.yml").write_text(config, encoding="utf-8")
    address = f"--web.listen-address=127.0.0.1:{port}"
    return _start(
        stack,
        folder,
        ALERTMANAGER,
        "--config.file=alertmanager.yml",
        address,
        "--cluster.listen-address=",
        "--storage.path=am",
    )


def start_prometheus(stack: ExitStack, folder: Path, config: str, resend: str = "1s") -> "subprocess.Popen[bytes]":
    """Start Prometheus; it ends with the stack."""
    assert PROMETHEUS is not None
    (folder / "prometheus.yml").write_text(config, encoding="utf-8")
    address = f"--web.listen-address=127.0.0.1:{free_port()}"
    storage = "--storage.tsdb.path=prom"
    return _start(
        stack,
        folder,
        PROMETHEUS,
        "--config.file=prometheus.yml",
        address,
        storage,
        f"--rules.alert.resend-delay={resend}",
    )


def _start(stack: ExitStack, folder: Path, *command: str) -> "subprocess.Popen[bytes]":
    log = stack.enter_context((folder / f"{Path(command[0]).name}.log").open("w"))
    process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)  # noqa: S603 - programs of the system
    stack.callback(process.wait)
    stack.callback(process.terminate)
    return process

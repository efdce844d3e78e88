"""A real Prometheus and Alertmanager post to `receive`: both are accepted, retried and resolved as their page says.

`nox -s e2e` runs this. Debian has both as packages, `prometheus` and `prometheus-alertmanager`.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alertmap import Accepted, Auth, Outcome, Refusal, Request, Source, State, receive, refuse
from alertmap.model import Reply
from serving import served

PROMETHEUS = shutil.which("prometheus")
ALERTMANAGER = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
TOKEN = "a-token-for-this-test"
PATIENCE = 120.0  # seconds

pytestmark = [
    pytest.mark.skipif(not os.environ.get("ALERTMAP_E2E"), reason="run by nox -s e2e: it starts other programs"),
    pytest.mark.skipif(not PROMETHEUS, reason="there is no prometheus: apt-get install prometheus"),
    pytest.mark.skipif(not ALERTMANAGER, reason="there is no alertmanager: apt-get install prometheus-alertmanager"),
]

RULES = """
groups:
  - name: test
    interval: 1s
    rules:
      - alert: DiskFull
        expr: {expression}
        labels: {{severity: critical, host: db-01}}
        annotations: {{summary: Disk full on db-01}}
"""

PROMETHEUS_CONFIG = """
global: {{evaluation_interval: 1s}}
rule_files: [rules.yml]
alerting:
  alertmanagers:
    - static_configs: [{{targets: ["127.0.0.1:{alertmanager}"]}}]
    - static_configs: [{{targets: ["{receiver}"]}}]
      path_prefix: /push
      basic_auth: {{username: prometheus, password: {token}}}
"""

ALERTMANAGER_CONFIG = """
route: {{receiver: ours, group_wait: 1s, group_interval: 2s, repeat_interval: 1h}}
receivers:
  - name: ours
    webhook_configs:
      - url: http://{receiver}/webhook
        http_config: {{authorization: {{credentials: {token}}}}}
"""


class Receiver:
    """Application that answers what `receive` says, but is down for the first webhook."""

    sources = {
        "webhook": Source("am", vendor="prometheus_alertmanager", auth=Auth(tokens=TOKEN)),
        "push": Source("prom", vendor="prometheus_alertmanager", auth=Auth(basic={"prometheus": TOKEN})),
    }

    def __init__(self) -> None:
        self.outcomes: list[tuple[str, Outcome]] = []
        self.is_down = True

    def receive(self, request: Request) -> Reply:
        """Receive one request of the source that begins the path."""
        kind = request.path.split("/")[1]
        outcome: Outcome
        if kind == "webhook" and self.is_down:
            self.is_down = False
            outcome = refuse(self.sources[kind], Refusal.UNAVAILABLE, retry_after=timedelta(seconds=1))
        else:
            outcome = receive(request, self.sources[kind], datetime.now(UTC))
        self.outcomes.append((kind, outcome))
        return outcome.answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(found: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not found():
        assert time.monotonic() < end, f"never came: {what}"
        time.sleep(0.2)


def test_prometheus_and_alertmanager(tmp_path: Path) -> None:
    """A firing comes by webhook and by push, again after 503, and is resolved by both under the same key."""
    assert PROMETHEUS is not None
    assert ALERTMANAGER is not None
    receiver, port = Receiver(), free_port()

    def seen(kind: str, state: State) -> list[Any]:
        done = [outcome for name, outcome in receiver.outcomes if name == kind and isinstance(outcome, Accepted)]
        return [alert for outcome in done for alert in outcome.batch if alert.state is state]

    with ExitStack() as stack:
        here = stack.enter_context(served(receiver.receive)).removeprefix("http://")
        (tmp_path / "rules.yml").write_text(RULES.format(expression="vector(1)"))
        (tmp_path / "prometheus.yml").write_text(
            PROMETHEUS_CONFIG.format(alertmanager=port, receiver=here, token=TOKEN)
        )
        (tmp_path / "alertmanager.yml").write_text(ALERTMANAGER_CONFIG.format(receiver=here, token=TOKEN))
        commands = (
            [
                ALERTMANAGER,
                "--config.file=alertmanager.yml",
                f"--web.listen-address=127.0.0.1:{port}",
                "--cluster.listen-address=",
                "--storage.path=am",
            ],
            [
                PROMETHEUS,
                "--config.file=prometheus.yml",
                f"--web.listen-address=127.0.0.1:{free_port()}",
                "--storage.tsdb.path=prom",
                "--rules.alert.resend-delay=1s",
            ],
        )
        started = []
        for command in commands:
            log = stack.enter_context((tmp_path / f"{Path(command[0]).name}.log").open("w"))
            process = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log)  # noqa: S603 - programs of the system
            stack.callback(process.wait)
            stack.callback(process.terminate)
            started.append(process)
        for kind in ("webhook", "push"):
            wait_for(lambda kind=kind: bool(seen(kind, State.FIRING)), f"a firing by {kind}")  # type: ignore[misc]
        assert not isinstance(receiver.outcomes[0], Accepted)
        (tmp_path / "rules.yml").write_text(RULES.format(expression="vector(0) > 1"))
        started[1].send_signal(signal.SIGHUP)
        for kind in ("webhook", "push"):
            wait_for(lambda kind=kind: bool(seen(kind, State.RESOLVED)), f"a resolve by {kind}")  # type: ignore[misc]

    refused = [outcome for kind, outcome in receiver.outcomes if not isinstance(outcome, Accepted)]
    assert [outcome.answer.status for outcome in refused] == [503], "only the first webhook was refused"
    for kind in ("webhook", "push"):
        assert {alert.dedup_key for state in State for alert in seen(kind, state)} == {
            "prometheus_alertmanager:label.alertname=DiskFull,label.host=db-01,label.severity=critical"
        }

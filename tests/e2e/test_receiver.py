"""Prometheus and Alertmanager page the receiver: incidents, through restarts of both sides.

`nox -s e2e` runs this.
"""

import signal
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from monitors import NEEDED, free_port, start_alertmanager, start_prometheus, wait_for, write_rule
from receiver_process import Running, receiver

pytestmark = NEEDED
TOKEN = "a-token-for-this-test"

SOURCES = f"""
[sources.am]
vendor = "prometheus_alertmanager"
auth = {{ tokens = ["{TOKEN}"] }}
[sources.prom]
vendor = "prometheus_alertmanager"
auth = {{ basic = {{ prometheus = "{TOKEN}" }} }}
"""

PROMETHEUS_CONFIG = """
global: {{evaluation_interval: 1s}}
rule_files: [rules.yml]
alerting:
  alertmanagers:
    - static_configs: [{{targets: ["127.0.0.1:{alertmanager}", "127.0.0.1:{receiver}"]}}]
      basic_auth: {{username: prometheus, password: {token}}}
"""

ALERTMANAGER_CONFIG = """
route: {{receiver: ours, group_wait: 1s, group_interval: 2s, repeat_interval: 5s}}
receivers:
  - name: ours
    webhook_configs:
      - url: http://127.0.0.1:{receiver}/hooks/am
        http_config: {{authorization: {{credentials: {token}}}}}
"""


def test_incidents_of_a_real_monitor(tmp_path: Path) -> None:
    """One incident of each source opens, stays while the receiver is killed and both start again, and closes."""
    with ExitStack() as stack:
        running = stack.enter_context(receiver(tmp_path, SOURCES))
        port = free_port()

        def states() -> dict[str, str]:
            return {one["source"]: one["state"] for one in _incidents(running)}

        write_rule(tmp_path, "vector(1)")
        config = ALERTMANAGER_CONFIG.format(receiver=running.port, token=TOKEN)
        alertmanager = start_alertmanager(stack, tmp_path, port, config)
        prometheus = start_prometheus(
            stack,
            tmp_path,
            PROMETHEUS_CONFIG.format(alertmanager=port, receiver=running.port, token=TOKEN),
            resend="3s",  # an alert ends four times as long after Prometheus repeated it
        )
        wait_for(lambda: states() == {"am": "firing", "prom": "firing"}, "a firing by webhook and by push")
        before = {one["id"] for one in _incidents(running)}
        running.end(signal.SIGKILL)
        running.start()
        alertmanager.terminate()
        alertmanager.wait()
        start_alertmanager(stack, tmp_path, port, config)
        count = _count(running)
        wait_for(lambda: _count(running) > count + 3, "repeats after the restarts")
        assert {one["id"] for one in _incidents(running)} == before
        write_rule(tmp_path, "vector(0) > 1")
        prometheus.send_signal(signal.SIGHUP)
        wait_for(lambda: states() == {"am": "resolved", "prom": "resolved"}, "the recoveries")
        for one in _incidents(running):
            events = running.get(f"/api/incidents/{one['id']}")["events"]
            assert [event["kind"] for event in events] == ["opened", "resolved"], events


def _incidents(running: Running) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = running.get("/api/incidents?state=all")["incidents"]
    return found


def _count(running: Running) -> int:
    return sum(int(source["count"]) for source in running.get("/api/status")["sources"])

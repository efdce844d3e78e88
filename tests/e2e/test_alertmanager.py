"""A real Prometheus and Alertmanager post to `receive`: both are accepted, retried and resolved as their page says.

`nox -s e2e` runs this. Debian has both as packages, `prometheus` and `prometheus-alertmanager`.
"""

import signal
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alertmap import Accepted, Auth, Outcome, Refusal, Request, Source, State, receive, refuse
from alertmap.model import Reply
from monitors import NEEDED, free_port, start_alertmanager, start_prometheus, wait_for, write_rule
from serving import served

TOKEN = "a-token-for-this-test"

pytestmark = NEEDED

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


def test_prometheus_and_alertmanager(tmp_path: Path) -> None:
    """A firing comes by webhook and by push, again after 503, and is resolved by both under the same key."""
    receiver, port = Receiver(), free_port()

    def seen(kind: str, state: State) -> list[Any]:
        done = [outcome for name, outcome in receiver.outcomes if name == kind and isinstance(outcome, Accepted)]
        return [alert for outcome in done for alert in outcome.batch if alert.state is state]

    with ExitStack() as stack:
        here = stack.enter_context(served(receiver.receive)).removeprefix("http://")
        write_rule(tmp_path, "vector(1)")
        start_alertmanager(stack, tmp_path, port, ALERTMANAGER_CONFIG.format(receiver=here, token=TOKEN))
        prometheus = start_prometheus(
            stack, tmp_path, PROMETHEUS_CONFIG.format(alertmanager=port, receiver=here, token=TOKEN)
        )
        for kind in ("webhook", "push"):
            wait_for(lambda kind=kind: bool(seen(kind, State.FIRING)), f"a firing by {kind}")  # type: ignore[misc]
        assert not isinstance(receiver.outcomes[0], Accepted)
        write_rule(tmp_path, "vector(0) > 1")
        prometheus.send_signal(signal.SIGHUP)
        for kind in ("webhook", "push"):
            wait_for(lambda kind=kind: bool(seen(kind, State.RESOLVED)), f"a resolve by {kind}")  # type: ignore[misc]

    refused = [outcome for kind, outcome in receiver.outcomes if not isinstance(outcome, Accepted)]
    assert [outcome.answer.status for outcome in refused] == [503], "only the first webhook was refused"
    for kind in ("webhook", "push"):
        assert {alert.dedup_key for state in State for alert in seen(kind, state)} == {
            "prometheus_alertmanager:label.alertname=DiskFull,label.host=db-01,label.severity=critical"
        }

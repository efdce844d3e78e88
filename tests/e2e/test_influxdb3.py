"""Plugins of InfluxDB 3: a check posts straight to `receive`, and the Notifier sends what `render` makes.

`nox -s e2e` runs this with a checkout of https://github.com/influxdata/influxdb3_plugins, named by `ALERTMAP_PLUGINS`.
A stand-in takes the place of the engine that calls a plugin: it holds the cache and answers the check's two queries.
"""

import importlib.util
import os
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest

from alertmap import Accepted, Auth, Outcome, Outgoing, Source, State, parse, receive, render
from alertmap.model import Reply, Request
from serving import served

FIXTURES = Path(__file__).parents[2] / "fixtures"
TOKEN = "a-token-for-this-test"
HOSTS = ["h1", "h2", "h3"]


def plugin(name: str, *packages: str) -> ModuleType:
    """Load a plugin, or skip the test without it."""
    folder = os.environ.get("ALERTMAP_PLUGINS")
    if not os.environ.get("ALERTMAP_E2E"):
        pytest.skip("run by nox -s e2e: it opens a socket")
    if not folder:
        pytest.skip("set ALERTMAP_PLUGINS to a checkout of influxdata/influxdb3_plugins")
    for package in packages:
        pytest.importorskip(package)
    path = Path(folder) / "influxdata" / name / f"{name}_plugin.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Engine:
    """Stand-in for `influxdb3_local`, which the engine gives to a plugin."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self.cache = self
        self.log: list[str] = []

    def get(self, name: str, *_: Any, **_more: Any) -> Any:
        """Return a value of the cache."""
        return self.kept.get(name)

    def put(self, name: str, value: Any, *_: Any, **_more: Any) -> None:
        """Keep a value in the cache."""
        self.kept[name] = value

    def query(self, text: str, *_: Any) -> list[dict[str, str]]:
        """Answer the queries for the tables and for the tags of one."""
        if text == "SHOW TABLES":
            return [{"table_name": "cpu", "table_type": "BASE TABLE"}]
        return [{"column_name": "host"}]

    def info(self, _: str) -> None:
        """Forget it."""

    def warn(self, message: str) -> None:
        """Keep it: the plugin warns of a delivery that failed."""
        self.log.append(message)

    def error(self, message: str) -> None:
        """Keep it, but for the announcement of each alarm."""
        if not message.endswith("sending alert"):
            self.log.append(message)


def test_check_plugin() -> None:
    """Three hosts in alarm come once each; an answer that the plugin cannot read would triple or lose them."""
    check, engine = plugin("threshold_deadman_checks", "influxdata_plugin_utils", "requests"), Engine()
    source = Source("influx", vendor="influxdb3", auth=Auth(tokens=TOKEN))
    outcomes: list[Outcome] = []

    def answer(request: Request) -> Reply:
        outcomes.append(receive(request, source, datetime.now(UTC)))
        return outcomes[-1].answer

    with served(answer) as url:
        settings = {
            "measurement": "cpu",
            "field_conditions": "usage>90-CRITICAL",
            "senders": "http",
            "http_webhook_url": f"{url}/unused",
            "influxdb3_auth_token": TOKEN,
            "port_override": str(urlsplit(url).port),
            "notification_path": "notify",
        }
        rows = [{"host": host, "usage": 97.0} for host in HOSTS]
        check.process_writes(engine, [{"table_name": "cpu", "rows": rows}], settings)
    assert engine.log == []
    alerts = [alert for outcome in outcomes if isinstance(outcome, Accepted) for alert in outcome.batch]
    assert (len(outcomes), {outcome.answer.status for outcome in outcomes}) == (len(HOSTS), {200})
    assert [(alert.state, alert.level) for alert in alerts] == [(State.FIRING, "CRITICAL")] * len(HOSTS)
    assert [host for host in HOSTS for alert in alerts if f"host={host}" in alert.dedup_key] == HOSTS


def test_notifier() -> None:
    """An alert that goes through the Notifier as JSON is read back with its state, severity, key, title and labels."""
    notifier, engine = plugin("notifier", "httpx", "twilio"), Engine()
    [alert] = parse("kapacitor", (FIXTURES / "kapacitor" / "critical.json").read_bytes(), received_at=datetime.now(UTC))
    got: dict[str, Request] = {}

    def answer(request: Request) -> Reply:
        got[request.path] = request
        return Reply(status=204, body="", headers={})

    with served(answer) as url:
        config = {
            "url": "http://influxdb.example/notify",
            "token": TOKEN,
            "as_json": True,
            "http_webhook_url": f"{url}/http",
            "http_headers": {"X-Token": TOKEN},
            "slack_webhook_url": f"{url}/slack",
            "discord_webhook_url": f"{url}/discord",
        }
        made = render("influxdb3", alert, config, datetime.now(UTC))
        assert isinstance(made, Outgoing)
        done = notifier.process_request(engine, {}, dict(made.headers), made.body.decode())
    assert done["results"] == {"slack": True, "discord": True, "http": True}
    assert engine.log == []
    assert got["/http"].headers["x-token"] == TOKEN
    for path in ("/http", "/slack", "/discord"):
        [back] = parse("influxdb3", got[path])
        assert [*back.identity.values()] == [alert.dedup_key]
        assert (back.state, back.severity, back.title) == (alert.state, alert.severity, alert.title)
        assert back.occurred_at == alert.occurred_at

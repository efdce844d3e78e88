"""A check plugin of InfluxDB 3 posts straight to `receive`: one request for each alarm, and no error.

`nox -s e2e` runs this with a checkout of https://github.com/influxdata/influxdb3_plugins, named by `ALERTMAP_PLUGINS`.
A stand-in takes the place of the engine that calls the plugin: it holds the cache and answers the plugin's two queries.
"""

import importlib.util
import os
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest

from alertmap import Accepted, Auth, Outcome, Source, State, receive
from alertmap.model import Reply, Request
from serving import served

TOKEN = "a-token-for-this-test"
HOSTS = ["h1", "h2", "h3"]


def plugin() -> ModuleType:
    """Load the plugin, or skip the test without it."""
    folder = os.environ.get("ALERTMAP_PLUGINS")
    if not os.environ.get("ALERTMAP_E2E"):
        pytest.skip("run by nox -s e2e: it opens a socket")
    if not folder:
        pytest.skip("set ALERTMAP_PLUGINS to a checkout of influxdata/influxdb3_plugins")
    for package in ("influxdata_plugin_utils", "requests"):
        pytest.importorskip(package)
    path = Path(folder) / "influxdata/threshold_deadman_checks/threshold_deadman_checks_plugin.py"
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
    check, engine = plugin(), Engine()
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

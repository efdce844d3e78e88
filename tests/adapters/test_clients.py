"""APIs of PagerDuty, Opsgenie and Alertmanager that a receiver answers, tried with the clients of these products.

A client whose package is not installed is skipped. `amtool` and `prometheus` (Debian: `prometheus-alertmanager`,
`prometheus`) need a socket of this machine; the others get an answer without one.
"""

import json
import shutil
import subprocess
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from alertmap import Accepted, Auth, IncidentBook, Source, Sources, State, receive
from alertmap.model import Alert, Reply, Request
from serving import served

KEY = "R0123456789ABCDEF0123456789ABCDE"
START = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


class Endpoint:
    """A receiver with one URL for all sources of a vendor: the credential tells the source."""

    def __init__(self, vendor: str, auth: Auth, *, clock: Callable[[], datetime] | None = None) -> None:
        self.vendor = vendor
        others = [Source("other", vendor=vendor, auth=Auth(tokens="another-token"))]
        self.sources = Sources([*others, Source("mon", vendor=vendor, auth=auth)])
        self.clock = clock
        self.alerts: list[Alert] = []
        self.replies: list[Reply] = []
        self.book = IncidentBook()

    def receive(self, request: Request) -> Reply:
        """Receive one request as an application would."""
        reply = self._receive(request)
        self.replies.append(reply)
        return reply

    def _receive(self, request: Request) -> Reply:
        source = self.sources.by_request(request, self.vendor)
        if source is None:
            return Reply(status=401)
        now = self.clock() if self.clock else START + timedelta(seconds=len(self.replies))
        outcome = receive(request, source, now)
        if isinstance(outcome, Accepted):
            assert outcome.batch.source == "mon"
            self.alerts += outcome.batch
            self.book.apply(outcome.batch)
        return outcome.answer

    @property
    def states(self) -> list[State]:
        """The states of the alerts, in order of arrival."""
        return [alert.state for alert in self.alerts]


ALL = [State.FIRING, State.ACKNOWLEDGED, State.RESOLVED]


# --- PagerDuty -------------------------------------------------------------------------------------------------------


def talk(client: Any, endpoint: Endpoint, error: type[Exception]) -> None:
    """Trigger, acknowledge and resolve with a client of the Events API, without a key of one's own and with one."""
    details = {"load": 0.75}
    key = client.trigger(
        "HTTP down", "edge7", severity="error", custom_details=details, links=[{"href": "https://m/1"}]
    )
    assert key
    assert client.acknowledge(key) == key
    assert client.resolve(key) == key
    assert endpoint.states == ALL
    assert not endpoint.book.open
    assert client.trigger("disk full", "db-3", dedup_key="db-3/disk") == "db-3/disk"
    assert [incident.dedup_key for incident in endpoint.book.open] == ["pagerduty:dedup_key=db-3/disk"]
    assert endpoint.alerts[0].labels["load"] == "0.75"
    assert {reply.status for reply in endpoint.replies} == {202}
    with pytest.raises(error):
        client.resolve("")  # no key: the request is kept, but the client learns that it has none


def test_pagerduty_client() -> None:
    """PagerDuty's own client of version 2, and its change events."""
    pagerduty = pytest.importorskip("pagerduty", reason="needs pagerduty")
    httpx = pytest.importorskip("httpx2", reason="needs httpx2, which pagerduty uses")
    endpoint = Endpoint("pagerduty", Auth(tokens=KEY))

    def handle(sent: Any) -> Any:
        reply = endpoint.receive(Request(sent.content, sent.method, sent.url.raw_path.decode(), dict(sent.headers)))
        return httpx.Response(reply.status, headers=dict(reply.headers), text=reply.body)

    client = pagerduty.EventsApiV2Client(KEY, transport=httpx.MockTransport(handle))
    client.submit("deployed", source="ci", timestamp="2026-03-04T09:58:00Z", custom_details={"build": 4711})
    assert endpoint.alerts == []
    assert json.loads(endpoint.replies[0].body)["message"] == "Change event processed"
    endpoint.book = IncidentBook()
    talk(client, endpoint, pagerduty.ServerHttpError)
    stranger = pagerduty.EventsApiV2Client("wrong", transport=httpx.MockTransport(handle))
    with pytest.raises(pagerduty.Error):
        stranger.trigger("HTTP down", "edge7")


def test_pdpyras() -> None:
    """Its predecessor, which many scripts still use."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pdpyras = pytest.importorskip("pdpyras", reason="needs pdpyras")
        session = pdpyras.EventsAPISession(KEY)
    adapters: Any = pytest.importorskip("requests.adapters")
    models = pytest.importorskip("requests.models")
    endpoint = Endpoint("pagerduty", Auth(tokens=KEY))

    class Transport(adapters.HTTPAdapter):  # type: ignore[misc]
        """Answer without a socket."""

        def send(self, sent: Any, **_: Any) -> Any:
            reply = endpoint.receive(Request(sent.body, sent.method, sent.path_url, dict(sent.headers)))
            response = models.Response()
            response.status_code, response._content = reply.status, reply.body.encode()
            response.headers.update(reply.headers)
            response.request, response.url, response.elapsed = sent, sent.url, timedelta()
            return response

    session.mount("https://", Transport())
    talk(session, endpoint, pdpyras.PDServerError)


# --- Opsgenie --------------------------------------------------------------------------------------------------------


def test_opsgenie_sdk() -> None:
    """Opsgenie's SDK: create, acknowledge, snooze, close, by alias, id and number; what changes nothing; delete."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sdk = pytest.importorskip("opsgenie_sdk", reason="needs opsgenie-sdk")
    endpoint = Endpoint("opsgenie", Auth(tokens=KEY))
    configuration = sdk.configuration.Configuration()
    configuration.api_key["Authorization"] = KEY
    configuration.retry_enabled = False
    client = sdk.api_client.ApiClient(configuration=configuration)

    class Pool:
        """Answer without a socket."""

        def request(self, method: str, url: str, **sent: Any) -> Any:
            path = url.removeprefix("https://api.opsgenie.com")
            reply = endpoint.receive(Request(sent.get("body") or b"", method, path, dict(sent["headers"])))
            headers = dict(reply.headers)
            return SimpleNamespace(
                status=reply.status,
                reason="",
                data=reply.body.encode(),
                getheaders=lambda: headers,
                getheader=headers.get,
                headers=headers,
            )

    client.rest_client.pool_manager = Pool()
    api = sdk.AlertApi(api_client=client)
    alias = {"identifier": "db-3/disk ü?", "identifier_type": "alias"}
    answer = api.create_alert(
        sdk.CreateAlertPayload(
            message="disk full", alias="db-3/disk ü?", priority="P2", tags=["env:prod"], details={"device": "sda1"}
        )
    )
    assert (answer.result, bool(answer.request_id)) == ("Request will be processed", True)
    assert api.acknowledge_alert(**alias, acknowledge_alert_payload=sdk.AcknowledgeAlertPayload(note="on it")).took == 0
    api.add_note(**alias, add_note_to_alert_payload=sdk.AddNoteToAlertPayload(note="looking"))
    api.remove_tags(**alias, tags=["env:prod"])
    api.close_alert(**alias)
    assert endpoint.states == ALL
    assert {alert.dedup_key for alert in endpoint.alerts} == {"opsgenie:alias=db-3/disk ü?"}
    assert not endpoint.book.open
    api.create_alert(sdk.CreateAlertPayload(message="disk full", alias="db-3/disk ü?"))
    api.delete_alert(**alias)
    assert not endpoint.book.open
    api.close_alert(identifier="1791", identifier_type="tiny")
    api.close_alert(identifier="70413a06-38d6-4c85-92b8-5ebc900d42e2")
    assert [dict(alert.identity) for alert in endpoint.alerts[-2:]] == [
        {"tinyId": "1791"},
        {"id": "70413a06-38d6-4c85-92b8-5ebc900d42e2"},
    ]
    assert {reply.status for reply in endpoint.replies} == {202}
    configuration.api_key["Authorization"] = "wrong"
    stranger = sdk.api_client.ApiClient(configuration=configuration)
    stranger.rest_client.pool_manager = Pool()
    with pytest.raises(ValueError):  # noqa: PT011 - the SDK reads the body of a 401 as JSON
        sdk.AlertApi(api_client=stranger).create_alert(sdk.CreateAlertPayload(message="x"))
    assert endpoint.replies[-1].status == 401


# --- Alertmanager ----------------------------------------------------------------------------------------------------


def program(name: str) -> str:
    """Return the path of a program; skip the test without it."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"needs {name}, of Debian's prometheus and prometheus-alertmanager")
    return found


def test_amtool() -> None:
    """Alertmanager's own tool adds an alert and ends it; it knows the endpoint by user and password."""
    amtool = program("amtool")
    endpoint = Endpoint("prometheus_alertmanager", Auth(basic={"mon": KEY}), clock=lambda: datetime.now(UTC))
    labels = ["alertname=DiskFull", "instance=db-3", "severity=critical"]
    with served(endpoint.receive) as url:
        base = url.replace("://", f"://mon:{KEY}@") + "/hooks"
        add = [amtool, f"--alertmanager.url={base}", "alert", "add", *labels, "--annotation=summary=disk full"]
        for is_over in (False, True):
            end = [f"--end={datetime.now(UTC).isoformat()}"] if is_over else []
            done = subprocess.run([*add, *end], capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert endpoint.states == [State.FIRING, State.RESOLVED]
    assert len({alert.dedup_key for alert in endpoint.alerts}) == 1
    assert not endpoint.book.open


def test_prometheus(tmp_path: Path) -> None:
    """A Prometheus fires into the endpoint and has no failed delivery, with a bearer token."""
    prometheus = program("prometheus")
    endpoint = Endpoint("prometheus_alertmanager", Auth(tokens=KEY), clock=lambda: datetime.now(UTC))
    with served(endpoint.receive) as url:
        host = url.removeprefix("http://")
        (tmp_path / "rules.yml").write_text(
            "groups: [{name: g, interval: 1s, rules: [{alert: Always, expr: vector(1), labels: {severity: critical}}]}]"
        )
        (tmp_path / "prometheus.yml").write_text(
            f"global: {{evaluation_interval: 1s}}\nrule_files: [rules.yml]\n"
            f"alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{host}']}}], "
            f"authorization: {{credentials: {KEY}}}}}]}}\n"
        )
        running = subprocess.Popen(  # noqa: S603
            [
                prometheus,
                f"--config.file={tmp_path / 'prometheus.yml'}",
                f"--storage.tsdb.path={tmp_path / 'data'}",
                "--web.listen-address=127.0.0.1:0",
                "--rules.alert.resend-delay=1s",  # the first one comes before it knows its Alertmanagers
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            patience = time.monotonic() + 60
            while not endpoint.alerts and time.monotonic() < patience and running.poll() is None:
                time.sleep(0.1)
            time.sleep(0.5)
        finally:
            running.terminate()
            log = running.communicate(timeout=30)[1]
    assert endpoint.alerts, log
    assert endpoint.states[0] is State.FIRING
    assert endpoint.alerts[0].expires_at is not None
    assert {reply.status for reply in endpoint.replies} == {200}
    assert "Error sending alert" not in log

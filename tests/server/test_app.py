"""The receiver over HTTP: sources, known APIs, the API of the page, metrics; on each kind of database."""

import gzip
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from alertmap.errors import ConfigurationError
from alertmap.server.app import create_app
from alertmap.server.config import Config
from alertmap.server.transaction import Transaction
from receiver_process import load

OWN = {"X-Requested-With": "alertmap"}
OPS = ("ops", "pw")
TOKEN = {"Authorization": "Bearer t0k"}
ROUTING_KEY = "R0123456789ABCDEF0123456789ABCDE"
CONFIG = f"""
[server.page]
basic = {{ ops = "pw" }}
[sources.prod]
vendor = "prometheus_alertmanager"
auth = {{ tokens = ["t0k"] }}
targets = ["hook"]
[sources.any]
vendor = "generic"
[sources.one]
vendor = "generic"
policy = {{ max_open_per_source = 1 }}
[sources.slow]
vendor = "generic"
rate = 0.01
[sources.pages]
vendor = "pagerduty"
auth = {{ tokens = ["{ROUTING_KEY}"] }}
[sources.notifier]
vendor = "influxdb3"
[targets.hook]
target = "webhook"
url = "http://127.0.0.1:9/hook"
"""


def alertmanager(status: str = "firing", name: str = "InstanceDown", **labels: str) -> bytes:
    """Return a body of Alertmanager with one alert."""
    ends = "2026-03-01T12:05:00Z" if status == "resolved" else "0001-01-01T00:00:00Z"
    alert = {
        "status": status,
        "labels": {"alertname": name, "severity": "critical"} | labels,
        "annotations": {"summary": f"{name} of {labels.get('instance', 'nobody')}"},
        "startsAt": "2026-03-01T12:00:00Z",
        "endsAt": ends,
    }
    return json.dumps({"version": "4", "groupKey": "{}", "status": status, "alerts": [alert]}).encode()


@pytest.fixture
def config(address: str) -> Config:
    """Return a configuration with each kind of database."""
    text = f"[server]\ndatabase = {json.dumps(address)}\n{CONFIG}"
    return load(text)


@pytest.fixture
def client(config: Config) -> Iterator[TestClient]:
    """Return a client of a running receiver."""
    with TestClient(create_app(config)) as made:
        yield made


def get(client: TestClient, path: str) -> Any:
    """Return the JSON of the page's API."""
    answer = client.get(path, auth=OPS)
    assert answer.status_code == 200, answer.text
    return answer.json()


def until(found: Callable[[], Any]) -> Any:
    """Wait until a function returns something true."""
    for _ in range(200):
        if value := found():
            return value
        time.sleep(0.02)
    raise AssertionError("nothing came")


def test_an_incident_from_trigger_to_recovery(client: TestClient) -> None:
    """It opens and closes once, however often its sender repeats."""
    for body in (alertmanager(instance="db-1"), alertmanager(instance="db-1")):
        assert client.post("/hooks/prod", content=body, headers=TOKEN).status_code == 200
    [incident] = get(client, "/api/incidents")["incidents"]
    assert (incident["severity"], incident["title"], incident["source"]) == ("critical", "InstanceDown of db-1", "prod")
    assert client.post("/hooks/prod", content=alertmanager("resolved", instance="db-1"), headers=TOKEN).is_success
    assert get(client, "/api/incidents")["incidents"] == []
    [closed] = get(client, "/api/incidents?state=closed")["incidents"]
    assert closed["id"] == incident["id"]
    events = get(client, f"/api/incidents/{closed['id']}")["events"]
    assert [event["kind"] for event in events] == ["opened", "resolved"]
    assert [event["request"] for event in events] == [1, 3]


def test_a_request_is_kept_without_its_credentials(client: TestClient) -> None:
    """The body is kept as it came; the token is not, wherever it stood."""
    client.post("/hooks/prod?token=t0k", content=alertmanager())
    client.post("/hooks/prod", content=alertmanager(), headers=TOKEN)
    for number in (1, 2):
        found = get(client, f"/api/requests/{number}")
        assert "t0k" not in json.dumps(found)
        assert json.loads(found["body"]) == json.loads(alertmanager())
        assert found["now"]["alerts"][0]["state"] == "firing"


def test_requests_without_proof_are_not_kept(client: TestClient) -> None:
    """They are answered 401, and leave no trace but a number."""
    assert client.post("/hooks/prod", content=alertmanager()).status_code == 401
    assert client.post("/hooks/prod?token=wrong", content=alertmanager()).status_code == 401
    assert client.post("/hooks/nobody", content=b"{}").status_code == 404
    assert get(client, "/api/requests")["requests"] == []
    metrics = client.get("/metrics", auth=OPS).text
    assert 'alertmap_requests_total{outcome="rejected",source="prod"} 2.0' in metrics


def test_a_request_without_alerts_is_kept(client: TestClient) -> None:
    """It is answered as one with alerts, listed with its reason, and can be replayed."""
    assert client.post("/hooks/prod", content=b"{", headers=TOKEN).status_code == 200
    [found] = get(client, "/api/requests?outcome=none")["requests"]
    assert found["reason"] == "unreadable"
    replayed = client.post(f"/api/requests/{found['id']}/replay", auth=OPS, headers=OWN).json()
    assert replayed["outcome"] == "none"


def test_a_replay_of_the_same_request_changes_nothing(client: TestClient) -> None:
    """A repeated statement opens no second incident."""
    client.post("/hooks/prod", content=alertmanager(), headers=TOKEN)
    replayed = client.post("/api/requests/1/replay", auth=OPS, headers=OWN).json()
    assert replayed["outcome"] == "alerts"
    assert len(get(client, "/api/incidents?state=all")["incidents"]) == 1


def test_answers_of_vendors(client: TestClient) -> None:
    """Each sender gets the answer that it expects."""
    answer = client.post("/hooks/notifier", json={"message": "cpu is high"})
    assert (answer.status_code, answer.json()) == (200, {"results": {}})
    assert client.get("/hooks/prod").status_code == 200  # a probe needs no proof


def test_known_apis(client: TestClient) -> None:
    """A tool that pages another product is known by its credential."""
    event = {
        "routing_key": ROUTING_KEY,
        "event_action": "trigger",
        "dedup_key": "disk/db-1",
        "payload": {"summary": "disk is full", "source": "db-1", "severity": "warning"},
    }
    answer = client.post("/v2/enqueue", json=event)
    assert (answer.status_code, answer.json()["dedup_key"]) == (202, "disk/db-1")
    assert client.post("/v2/enqueue", json=event | {"routing_key": "another"}).status_code == 401
    posted = client.post("/api/v2/alerts", json=[{"labels": {"alertname": "Watchdog"}}], headers=TOKEN)
    assert posted.status_code == 200
    sources = [one["source"] for one in get(client, "/api/incidents")["incidents"]]
    assert sorted(sources) == ["pages", "prod"]


def test_filters(client: TestClient) -> None:
    """Incidents are found by source, severity, label and text, page by page."""
    for number in range(7):
        body = alertmanager(instance=f"web-{number}", team="db_%" if number % 2 else "web")
        client.post("/hooks/prod", content=body, headers=TOKEN)

    def found(query: str) -> int:
        return len(get(client, f"/api/incidents?{query}")["incidents"])

    assert found("") == 7
    assert found("label=team%3Ddb_%25") == 3
    assert found("label=team%3Ddb") == 0
    assert found("label=team%3Dweb&label=instance%3Dweb-2") == 1
    assert found("q=WEB-3") == 1
    assert found("severity=critical&source=prod") == 7
    assert found("source=any") == 0
    first = get(client, "/api/incidents?limit=5")
    rest = get(client, f"/api/incidents?limit=5&before={first['next']}")
    names = [one["id"] for one in first["incidents"] + rest["incidents"]]
    assert len(set(names)) == 7
    assert rest["next"] is None
    assert client.get("/api/incidents?state=odd", auth=OPS).status_code == 400
    assert client.get("/api/incidents?limit=0", auth=OPS).status_code == 400


def test_the_page_asks_for_credentials(client: TestClient) -> None:
    """Neither page nor API nor metrics are open; what changes something must come from the page itself."""
    for path in ("/", "/static/app.js", "/api/incidents", "/api/status", "/api/live", "/metrics"):
        assert client.get(path).status_code == 401
        assert client.get(path, auth=("ops", "wrong")).status_code == 401
    assert client.get("/", auth=OPS).status_code == 200
    policy = client.get("/", auth=OPS).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'")
    assert "unsafe" not in policy
    missing = client.get("/api/requests/99", auth=OPS)
    assert (missing.status_code, missing.text) == (404, "there is no such request\n")
    assert missing.headers["content-security-policy"] == policy
    client.post("/hooks/any", json={"title": "x", "status": "firing"})
    assert client.post("/api/requests/1/replay", auth=OPS).status_code == 403
    assert client.post("/-/reload", auth=OPS).status_code == 403


def test_health_is_open(client: TestClient) -> None:
    """A supervisor needs no credentials."""
    assert client.get("/-/healthy").status_code == 200
    assert client.get("/-/ready").status_code == 200


def test_a_preview_keeps_nothing(client: TestClient) -> None:
    """It is what the library makes of a payload."""
    answer = client.post("/api/preview?vendor=prometheus_alertmanager", content=alertmanager(), auth=OPS, headers=OWN)
    assert answer.json()["alerts"][0]["title"] == "InstanceDown of nobody"
    assert client.post("/api/preview?vendor=grafna", content=b"{}", auth=OPS, headers=OWN).status_code == 400
    assert get(client, "/api/requests")["requests"] == []


def test_a_rate_is_kept(client: TestClient) -> None:
    """A source that is too fast gets 429 and is asked to wait; others do not notice."""
    answers = [client.post("/hooks/slow", json={"title": "x"}) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 429, 429]
    assert answers[1].headers["retry-after"] == "1"
    assert client.post("/hooks/any", json={"title": "x"}).status_code == 200


def test_a_rate_counts_what_has_its_proof(address: str) -> None:
    """Nobody without a credential can use up the requests of a sender."""
    text = '[sources.prod]\nvendor = "generic"\nauth = { tokens = ["t0k"] }\nrate = 0.01\n'
    with TestClient(create_app(load(f"[server]\ndatabase = {json.dumps(address)}\n{text}"))) as client:
        assert [client.post("/hooks/prod", json={"title": "x"}).status_code for _ in range(5)] == [401] * 5
        sent = [client.post("/hooks/prod", json={"title": "x"}, headers=TOKEN).status_code for _ in range(2)]
        assert sent == [200, 429]


def test_too_many_open_incidents_lose_no_request(client: TestClient) -> None:
    """A request beyond the limit is answered and kept with the reason; one that closes an incident is applied."""
    for key in ("a", "b"):
        client.post("/hooks/one", json={"title": key, "id": key, "status": "firing"})
    assert [one["title"] for one in get(client, "/api/incidents")["incidents"]] == ["a"]
    assert [one["reason"] for one in get(client, "/api/requests")["requests"]] == ["too_many_open", ""]
    client.post("/hooks/one", json={"title": "a", "id": "a", "status": "resolved"})
    client.post("/api/requests/2/replay", auth=OPS, headers=OWN)
    assert [one["title"] for one in get(client, "/api/incidents")["incidents"]] == ["b"]


def test_targets_wait_in_the_outbox(client: TestClient) -> None:
    """A request that cannot be delivered waits with its error; a repeat is not sent."""
    for _ in range(3):
        client.post("/hooks/prod", content=alertmanager(), headers=TOKEN)
    waiting = until(lambda: [one for one in get(client, "/api/status")["outbox"] if one["error"]])
    assert waiting == [{"target": "hook", "waiting": 1, "tries": 1, "error": "ConnectError"}]


def test_a_body_that_is_too_large(client: TestClient) -> None:
    """It is refused before it is read."""
    assert client.post("/hooks/any", content=b" " * (9 * 2**20)).status_code == 413
    assert client.post("/v2/enqueue", content=b" " * (9 * 2**20)).status_code == 413


def test_a_fault_of_one_request_hurts_no_other(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """It alone is undone and answered 503, so that its sender tries again."""
    put = Transaction.put_timeline

    def broken(self: Transaction, source: str, key: str, timeline: Any) -> None:
        if "bad" in key:
            raise RuntimeError("a fault of ours")
        put(self, source, key, timeline)

    monkeypatch.setattr(Transaction, "put_timeline", broken)
    answers = [client.post("/hooks/any", json={"id": key, "title": key, "status": "firing"}) for key in ("bad", "good")]
    assert [one.status_code for one in answers] == [503, 200]
    assert [one["title"] for one in get(client, "/api/incidents")["incidents"]] == ["good"]
    assert len(get(client, "/api/requests")["requests"]) == 1


def test_what_was_kept_is_there_after_a_restart(config: Config) -> None:
    """A new process goes on where the other stopped."""
    with TestClient(create_app(config)) as first:
        first.post("/hooks/prod", content=alertmanager(), headers=TOKEN)
    with TestClient(create_app(config)) as second:
        assert len(get(second, "/api/incidents")["incidents"]) == 1
        second.post("/hooks/prod", content=alertmanager("resolved"), headers=TOKEN)
        assert get(second, "/api/incidents")["incidents"] == []


def test_a_reload_takes_new_sources(config: Config, address: str) -> None:
    """The file is read again; a file with faults changes nothing."""
    texts = [f'[server]\ndatabase = {json.dumps(address)}\n{CONFIG}\n[sources.new]\nvendor = "generic"\n', "[server"]
    app = create_app(config, lambda: load(texts.pop(0)))
    with TestClient(app) as client:
        assert client.post("/hooks/new", json={"title": "x"}).status_code == 404
        assert client.post("/-/reload", auth=OPS, headers=OWN).json() == {"sources": 7}
        assert client.post("/hooks/new", json={"title": "x"}).status_code == 200
        assert client.post("/-/reload", auth=OPS, headers=OWN).status_code == 400
        assert client.post("/hooks/new", json={"title": "x"}).status_code == 200


def test_two_receivers_share_one_store(config: Config) -> None:
    """An incident that one of them opened is closed by the other, and opened once."""
    with TestClient(create_app(config)) as one, TestClient(create_app(config)) as other:
        for client in (one, other):
            client.post("/hooks/prod", content=alertmanager(), headers=TOKEN)
        assert len(get(other, "/api/incidents")["incidents"]) == 1
        other.post("/hooks/prod", content=alertmanager("resolved"), headers=TOKEN)
        assert get(one, "/api/incidents")["incidents"] == []
        [closed] = get(one, "/api/incidents?state=all")["incidents"]
        kinds = [event["kind"] for event in get(one, f"/api/incidents/{closed['id']}")["events"]]
        assert kinds == ["opened", "resolved"]


def test_two_receivers_at_the_same_time(config: Config) -> None:
    """Each key opens and closes in turn, whichever of them gets the request; none counts twice."""
    keys = [f"db-{number}" for number in range(3)]

    def send(client: TestClient) -> None:
        for _ in range(3):
            for key in keys:
                for status in ("firing", "resolved"):
                    answer = client.post("/hooks/prod", content=alertmanager(status, instance=key), headers=TOKEN)
                    assert answer.status_code == 200

    with TestClient(create_app(config)) as one, TestClient(create_app(config)) as other, ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(send, client) for client in (one, other, one, other)]:
            done.result()
        found = get(one, "/api/incidents?state=all")["incidents"]
        assert sorted(incident["labels"]["instance"] for incident in found) == keys
        for incident in found:
            kinds = [event["kind"] for event in get(one, f"/api/incidents/{incident['id']}")["events"]]
            assert [kind for kind in kinds if kind in ("opened", "resolved", "reopened")] == ["opened", "resolved"]
        assert len(get(one, "/api/requests?limit=500")["requests"]) == 72


def _bombs() -> Iterator[tuple[str, bytes, dict[str, str]]]:
    yield "gzip", gzip.compress(b" " * 300_000_000, 9), {"Content-Encoding": "gzip"}
    yield "depth", b"[" * 1_000_000, {}
    yield "fields", json.dumps({str(number): number for number in range(700_000)}).encode(), {}
    yield "key", json.dumps({"x" * 8_000_000: 1}).encode(), {}
    yield "digits", b'{"title": ' + b"9" * 1_000_000 + b"}", {}


@pytest.mark.parametrize(("body", "headers"), [pytest.param(*rest, id=name) for name, *rest in _bombs()])
def test_bombs(client: TestClient, body: bytes, headers: dict[str, str]) -> None:
    """They are refused or kept as what cannot be read, and harm no other request."""
    assert client.post("/hooks/any", content=body, headers=headers).status_code in (200, 413)
    assert client.post("/hooks/any", json={"title": "x", "status": "firing"}).status_code == 200
    assert [one["title"] for one in get(client, "/api/incidents")["incidents"]] == ["x"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/requests?before=" + "9" * 19, 400),
        ("/api/requests?before=" + "9" * 5_000, 400),
        ("/api/requests/" + "9" * 30, 404),
        ("/api/requests/" + "9" * 5_000, 404),
        ("/api/requests/x", 404),
        ("/api/incidents?" + "label=a&" * 2_000, 400),
        ("/api/incidents?q=" + "x" * 50_000, 400),
    ],
)
def test_odd_questions(client: TestClient, path: str, status: int) -> None:
    """They are answered as what they are: no fault of the receiver or of its store."""
    assert client.get(path, auth=OPS).status_code == status


@pytest.mark.parametrize("path", ["/v2/enqueue", "/v2/alerts", "/api/v2/alerts"])
def test_a_known_api_with_a_body_beyond_the_limits(client: TestClient, path: str) -> None:
    """The credential in it cannot be found."""
    assert client.post(path, content=b"[" * 100_000).status_code in (401, 413)


def test_a_reload_that_fails_changes_nothing(address: str) -> None:
    """The sources stay as they were, and whoever asked for it sees why."""
    text = f"[server]\ndatabase = {json.dumps(address)}\n{CONFIG}"
    broken = [UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"), OSError("gone"), ConfigurationError("odd")]

    def reload() -> Config:
        raise broken.pop()

    with TestClient(create_app(load(text), reload)) as client:
        while broken:
            assert client.post("/-/reload", auth=OPS, headers=OWN).status_code == 400
        assert client.post("/hooks/any", content=b'{"id": "a", "title": "a", "status": "firing"}').status_code == 200


def test_a_replay_that_cannot_be_kept(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no success."""
    client.post("/hooks/any", content=b'{"id": "a", "title": "a", "status": "firing"}')

    def set_result(*_: object) -> None:
        raise ValueError("odd")

    monkeypatch.setattr(Transaction, "set_result", set_result)
    assert client.post("/api/requests/1/replay", auth=OPS, headers=OWN).status_code == 503


def test_a_question_fills_no_store(client: TestClient) -> None:
    """It needs no proof, so its body is not kept."""
    asked = client.request(
        "OPTIONS", "/hooks/any", content=b"x" * 1_000, headers={"WebHook-Request-Origin": "a.example"}
    )
    assert asked.status_code == 200
    [kept] = get(client, "/api/requests")["requests"]
    assert kept["outcome"] == "handshake"
    assert get(client, f"/api/requests/{kept['id']}")["body"] == ""


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_long_body_is_shown_in_part(client: TestClient, is_packed: bool) -> None:  # noqa: FBT001 - a parameter
    """Its beginning is there, and no part of a credential at the cut; all of it is read."""
    start = b'{"id": "a", "title": "a", "status": "firing", "password": "s3cret-a", "x": "'
    token = b"ghp_" + b"Z7" * 18
    words = " ".join(map(str, range(100_000))).encode()
    body = start + words[: 262_144 + 4_096 - len(start) - 20] + token + words + b'"}'
    headers = {"Content-Encoding": "gzip"} if is_packed else {}
    assert client.post("/hooks/any", content=gzip.compress(body) if is_packed else body, headers=headers).is_success
    found = get(client, "/api/requests/1")
    assert found["body"].startswith('{"id": "a", "title": "a", "status": "firing", "password": "REDACTED"')
    assert found["body"].endswith("… (the rest is not shown)")
    assert "ghp_" not in found["body"]
    assert [alert["title"] for alert in found["now"]["alerts"]] == ["a"]

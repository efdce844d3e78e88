"""Inputs: the bodies for the parser and the alerts for the reducer."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from attrs import frozen

from alertmap import Alert, Limits, Severity, State
from alertmap.testing.fixtures import load

FIXTURES = Path(__file__).parents[1] / "fixtures"
START = datetime(2024, 1, 1, tzinfo=UTC)
LARGE = Limits(max_body=16 * 1024 * 1024, max_nodes=1_000_000)
"""Limits for the largest bodies, above the defaults."""
PARSE_TARGETS = {100: 17, 1: 15}
"""Targets of parsing Alertmanager and Grafana, by the number of alerts."""


# --- Bodies -----------------------------------------------------------------------------------------------------------


@frozen
class Case:
    """A body, its number of alerts, the decoder to compare with, and the targets of the ratio."""

    name: str
    vendor: str
    body: bytes
    alerts: int
    against: str
    target: float | None = None
    stretch: float | None = None


def decoder(name: str) -> Callable[[bytes], object]:
    """Return the decoder that parsing is compared with."""
    if name == "json.loads":
        return json.loads
    if name == "dict(parse_qsl)":
        return lambda body: dict(parse_qsl(body.decode()))
    import orjson  # noqa: PLC0415 - lazy: one row is measured without orjson

    return orjson.loads


def fixture(vendor: str, name: str) -> bytes:
    """Return the body of a fixture."""
    body = next(case for case in load(FIXTURES / vendor) if case.name == name).request.body
    assert isinstance(body, bytes)
    return body


def compact(document: object) -> bytes:
    """Encode JSON without blanks, as most senders do."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def batch(vendor: str, count: int, padding: str = "") -> bytes:
    """Return the fixture `single` of Alertmanager or Grafana with `count` alerts, each of another instance."""
    document = json.loads(fixture(vendor, "single"))
    [alert] = document["alerts"]
    document["alerts"] = [
        alert
        | {"labels": alert["labels"] | {"instance": f"web-{number}:9100"}}
        | {"annotations": alert["annotations"] | {"description": f"The load of web-{number} is over 80 %.{padding}"}}
        for number in range(count)
    ]
    return compact(document)


def distinct(count: int) -> bytes:
    """Return a body of Alertmanager whose alerts differ in all labels, texts, links and times, at four levels."""
    levels = ("critical", "warning", "info", "P2")
    return _alertmanager(
        {
            "labels": {
                "alertname": f"Rule{number}Fails",
                f"cluster_{number}": f"eu-{number}",
                "instance": f"web-{number}.example.internal:{9100 + number}",
                "job": f"node-{number}",
                "severity": levels[number % len(levels)],
                f"team_{number}": f"team {number}",
            },
            "annotations": {
                "dashboard": f"https://grafana.example.internal/d/node-{number}?var-i=web-{number}",
                "description": f"{number} of {number + 7} probes of web-{number} failed in {number + 5} minutes.",
                "runbook_url": f"https://runbooks.example.internal/{number}/Rule{number}Fails",
                "summary": f"Probe {number} fails",
            },
            "startsAt": f"2026-11-21T{number % 24:02}:{number % 60:02}:29.{number:03}Z",
            "generatorURL": f"http://prom-{number}.example.internal:9090/graph?g0.expr=up_{number}+%3D%3D+0&g0.tab=1",
        }
        for number in range(count)
    )


def kubernetes(count: int) -> bytes:
    """Return a body of Alertmanager with a dozen labels an alert and long annotations, as rules of Kubernetes send."""
    return _alertmanager(
        {
            "labels": {
                "alertname": "KubePodCrashLooping",
                "cluster": "prod-eu-1",
                "container": "checkout",
                "endpoint": "http",
                "instance": f"10.42.{number}.17:8080",
                "job": "kube-state-metrics",
                "namespace": "shop",
                "pod": f"checkout-7c9d8b6f5d-{number:05}",
                "prometheus": "monitoring/kube-prometheus-stack-prometheus",
                "reason": "CrashLoopBackOff",
                "service": "kube-prometheus-stack-kube-state-metrics",
                "severity": "warning",
            },
            "annotations": {
                "description": f"Pod shop/checkout-7c9d8b6f5d-{number:05} (checkout) is in waiting state. " + _LONG * 6,
                "message": _LONG * 2,
                "runbook_url": "https://runbooks.prometheus-operator.dev/runbooks/kubernetes/kubepodcrashlooping",
                "summary": "Pod is crash looping.",
            },
            "startsAt": f"2026-11-21T09:07:29.{number:03}Z",
            "generatorURL": "http://prom.example.internal:9090/graph?g0.expr=max_over_time%28kube_pod_container_status"
            "_waiting_reason%7Breason%3D%22CrashLoopBackOff%22%7D%5B5m%5D%29+%3E%3D+1&g0.tab=1",
        }
        for number in range(count)
    )


_LONG = (
    "The container restarts again and again, and each restart waits longer than the one before. Look at the logs of "
    "the container that ended last, and at its limits of memory. "
)


def non_ascii(count: int) -> bytes:
    """Return a body of Alertmanager with labels and texts in German and Chinese, and with emoji."""
    return _alertmanager(
        {
            "labels": {
                "alertname": "Festplatte voll",
                "cluster": "华东一区",
                "instance": f"büro-{number}:9100",
                "job": "Überwachung",
                "severity": "critical",
                "team": "🚒 Bereitschaft",
            },
            "annotations": {
                "description": f"主机 web-{number} 的磁盘将在两小时内写满,请立即清理日志。",
                "runbook_url": "https://runbooks.example.internal/DiskFull",
                "summary": f"🔥 Auf büro-{number} läuft die Festplatte voll: größer als 90 %",
            },
            "startsAt": f"2026-11-21T09:07:29.{number:03}Z",
            "generatorURL": "http://prom.example.internal:9090/graph?g0.expr=disk_free+%3C+10&g0.tab=1",
        }
        for number in range(count)
    )


def _alertmanager(alerts: Iterable[dict[str, Any]]) -> bytes:
    """Return a body of Alertmanager that groups alerts by nothing."""
    listed = [
        {"status": "firing", **alert, "endsAt": "0001-01-01T00:00:00Z", "fingerprint": f"{number:016x}"}
        for number, alert in enumerate(alerts)
    ]
    document = json.loads(fixture("prometheus_alertmanager", "single"))
    common = {
        f"common{kind.capitalize()}": dict(set.intersection(*(set(alert[kind].items()) for alert in listed)))
        for kind in ("labels", "annotations")
    }
    return compact(document | {"alerts": listed, "groupLabels": {}, "groupKey": "{}:{}"} | common)


BODIES: dict[str, Callable[[int], bytes]] = {"distinct": distinct, "Kubernetes": kubernetes, "non-ASCII": non_ascii}
"""Bodies of Alertmanager that differ from the fixture in what parsing costs, by name."""


def legacy(count: int) -> bytes:
    """Return the fixture `legacy` of Grafana with `count` series over the limit."""
    document = json.loads(fixture("grafana", "legacy"))
    match = document["evalMatches"][0]
    document["evalMatches"] = [
        match | {"metric": f"web-{number} cpu", "tags": match["tags"] | {"host": f"web-{number}"}}
        for number in range(count)
    ]
    return compact(document)


def large() -> bytes:
    """Return a body of about 9.5 MB with 5,000 alerts."""
    return batch("prometheus_alertmanager", 5000, "x" * 1320)


def cases() -> Iterator[Case]:
    """Yield the bodies of the table, with their targets."""
    for vendor, name in (("prometheus_alertmanager", "alertmanager"), ("grafana", "grafana")):
        for count in (100, 1):
            yield Case(
                f"{name}, {count}", vendor, batch(vendor, count), count, "orjson.loads", PARSE_TARGETS[count], 2.5
            )
    for name, make in BODIES.items():
        for count in (100, 1):
            body = make(count)
            yield Case(f"alertmanager {name}, {count}", "prometheus_alertmanager", body, count, "orjson.loads")
    kapacitor, influxdb2, influxdb3 = "kapacitor", "influxdb2", "influxdb3"
    yield Case("kapacitor", kapacitor, fixture(kapacitor, "critical"), 1, "orjson.loads", 3.5, 2.3)
    yield Case("kapacitor, aggregate", kapacitor, fixture(kapacitor, "aggregate"), 1, "orjson.loads")
    yield Case("influxdb2, row", influxdb2, fixture(influxdb2, "critical"), 1, "orjson.loads", 4.5, 3.3)
    yield Case("influxdb3, text", influxdb3, fixture(influxdb3, "threshold_warn"), 1, "orjson.loads")
    yield Case("influxdb3, object", influxdb3, fixture(influxdb3, "json_firing"), 1, "orjson.loads")
    yield Case("zapier, five keys", "zapier", fixture("zapier", "trigger"), 1, "orjson.loads", 7, 4)
    form = fixture("alibaba_cloudmonitor", "alarm")
    yield Case("cloudmonitor, form", "alibaba_cloudmonitor", form, 1, "dict(parse_qsl)", 0.9, 0.55)


def without_orjson() -> Case:
    """Return the case for a process without orjson."""
    vendor = "prometheus_alertmanager"
    return Case("alertmanager, 100, no orjson", vendor, batch(vendor, 100), 100, "json.loads", 1.6, 1.4)


# --- Alerts for the reducer -------------------------------------------------------------------------------------------


def alert(number: int, state: State, occurred: int, received: int) -> Alert:
    """Return an alert as `parse` makes it, with its own texts and times."""
    return Alert(
        vendor="acme",
        source="bench",
        dedup_key=f"{number:032x}",
        identity={},
        state=state,
        severity=Severity.HIGH,
        title=f"Disk of host {number} is nearly full",
        started_at=START,
        occurred_at=START + timedelta(seconds=occurred),
        received_at=START + timedelta(seconds=received),
    )


def opening(keys: list[int], _: int = 0) -> list[Alert]:
    """Return the first firing alert of each key."""
    return [alert(key, State.FIRING, 0, 0) for key in keys]


def again(keys: list[int], clock: int) -> list[Alert]:
    """Return the statement that opened each incident, made and received once more."""
    return [alert(key, State.FIRING, 0, clock) for key in keys]


def new(keys: list[int], clock: int) -> list[Alert]:
    """Return a new statement of each incident."""
    return [alert(key, State.FIRING, clock, clock) for key in keys]


def flapping(keys: list[int], clock: int) -> list[Alert]:
    """Return alerts that resolve each incident and open it again a second later."""
    states = ((State.RESOLVED, clock), (State.FIRING, clock + 1))
    return [alert(key, state, when, when) for state, when in states for key in keys]

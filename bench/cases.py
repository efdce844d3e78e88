"""What goes in: the bodies that are parsed and the alerts that the reducer takes."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl

from attrs import frozen

from alertmap import Alert, Limits, Severity, State
from alertmap.testing.fixtures import load

FIXTURES = Path(__file__).parents[1] / "fixtures"
START = datetime(2024, 1, 1, tzinfo=UTC)
LARGE = Limits(max_body=16 * 1024 * 1024, max_nodes=1_000_000)
"""Room for the largest bodies: more than a request is granted by default."""


# --- Bodies -----------------------------------------------------------------------------------------------------------


@frozen
class Case:
    """A body, how many alerts it holds, what it is held against, and how many times as long parsing it may take."""

    name: str
    vendor: str
    body: bytes
    alerts: int
    against: str
    target: float | None = None
    stretch: float | None = None


def decoder(name: str) -> Callable[[bytes], object]:
    """What a body is held against."""
    if name == "json.loads":
        return json.loads
    if name == "dict(parse_qsl)":
        return lambda body: dict(parse_qsl(body.decode()))
    import orjson  # noqa: PLC0415 - one row is measured without it

    return orjson.loads


def fixture(vendor: str, name: str) -> bytes:
    """The body of a fixture."""
    body = next(case for case in load(FIXTURES / vendor) if case.name == name).request.body
    assert isinstance(body, bytes)
    return body


def compact(document: object) -> bytes:
    """JSON as senders write it."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def batch(vendor: str, count: int, padding: str = "") -> bytes:
    """The fixture `single` of Alertmanager or Grafana with so many alerts, each of another instance."""
    document = json.loads(fixture(vendor, "single"))
    [alert] = document["alerts"]
    document["alerts"] = [
        alert
        | {"labels": alert["labels"] | {"instance": f"web-{number}:9100"}}
        | {"annotations": alert["annotations"] | {"description": f"The load of web-{number} is over 80 %.{padding}"}}
        for number in range(count)
    ]
    return compact(document)


def legacy(count: int) -> bytes:
    """The fixture `legacy` of Grafana with so many series over the limit."""
    document = json.loads(fixture("grafana", "legacy"))
    match = document["evalMatches"][0]
    document["evalMatches"] = [
        match | {"metric": f"web-{number} cpu", "tags": match["tags"] | {"host": f"web-{number}"}}
        for number in range(count)
    ]
    return compact(document)


def large() -> bytes:
    """A body of about 9.5 MB, 5,000 alerts."""
    return batch("prometheus_alertmanager", 5000, "x" * 1320)


def cases() -> Iterator[Case]:
    """The bodies of the table, with the targets that are set."""
    for vendor, name in (("prometheus_alertmanager", "alertmanager"), ("grafana", "grafana")):
        for count in (100, 1):
            yield Case(f"{name}, {count}", vendor, batch(vendor, count), count, "orjson.loads", 2.5, 1.75)
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
    """The body that is parsed where orjson is not installed."""
    vendor = "prometheus_alertmanager"
    return Case("alertmanager, 100, no orjson", vendor, batch(vendor, 100), 100, "json.loads", 1.6, 1.4)


# --- Alerts for the reducer -------------------------------------------------------------------------------------------


def alert(number: int, state: State, occurred: int, received: int) -> Alert:
    """An alert as `parse` makes it: texts and times of its own."""
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
    """The first firing of each key."""
    return [alert(key, State.FIRING, 0, 0) for key in keys]


def again(keys: list[int], clock: int) -> list[Alert]:
    """The statement that opened each incident, made and received once more."""
    return [alert(key, State.FIRING, 0, clock) for key in keys]


def new(keys: list[int], clock: int) -> list[Alert]:
    """A new statement of each incident."""
    return [alert(key, State.FIRING, clock, clock) for key in keys]


def flapping(keys: list[int], clock: int) -> list[Alert]:
    """Each incident is resolved, and all open again a second later."""
    states = ((State.RESOLVED, clock), (State.FIRING, clock + 1))
    return [alert(key, state, when, when) for state, when in states for key in keys]

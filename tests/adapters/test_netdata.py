"""Netdata beyond the goldens: keys that must not move, tests of the script, and faults of other receivers."""

import json
from pathlib import Path
from typing import Any

import pytest

from alertmap import Priorities, Severity, Source, State, parse
from alertmap.model import Alert, Batch, ProblemCode, Reason

FIXTURES = Path(__file__).parents[2] / "fixtures" / "netdata"


def body(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def read(document: Any) -> Batch:
    return parse("netdata", json.dumps(document))


def one(document: Any) -> Alert:
    (alert,) = read(document)
    return alert


@pytest.mark.fault_elsewhere("Keep", "an alert of severity clear has no status, and fires for ever")
def test_a_clear_resolves_what_the_cloud_opened() -> None:
    """The recovery of the Cloud has no `status`, only the severity `clear`."""
    clear = body("cloud_clear")
    assert "status" not in clear
    assert one(clear).state is State.RESOLVED
    assert one(clear).dedup_key == one(body("cloud_critical")).dedup_key


@pytest.mark.fault_elsewhere("Keep", "an alert without a host is a KeyError, and lost")
def test_an_alert_without_a_host_fires() -> None:
    """The documented form of the Cloud names no host."""
    critical = body("cloud_critical")
    assert "host" not in critical
    assert one(critical).state is State.FIRING


@pytest.mark.fault_elsewhere("Keep", "a notification with url, but without alert_url, is a KeyError, and lost")
@pytest.mark.parametrize("name", ["unreachable", "nodes_unreachable"])
def test_an_unreachable_host_fires(name: str) -> None:
    """Reachability has a `url` and no `alert_url`."""
    document = body(name)
    assert "alert_url" not in document
    alert = one(document)
    assert (alert.state, alert.severity) == (State.FIRING, Severity.CRITICAL)
    assert alert.links == {"node": document["url"]}


def test_nodes_of_the_cloud_are_alerts_of_their_own() -> None:
    """One alert on two nodes has two keys, though the body names no host."""
    critical = body("cloud_critical")
    other = critical | {"alert_url": critical["alert_url"].replace("0d9f6a1e", "1e9f6a1e")}
    assert one(critical).dedup_key != one(other).dedup_key


@pytest.mark.parametrize(
    "change",
    [
        {"message": "other", "date": "2026-02-04T00:00:00Z", "duration": "1h", "severity": "warning"},
        {"space": "Acme renamed"},
        {"host": "web-1"},
    ],
)
def test_the_cloud_key_does_not_move(change: dict[str, Any]) -> None:
    """No text, time or severity stands in the key, and no name that people change."""
    critical = body("cloud_critical")
    assert one(critical | change).dedup_key == one(critical).dedup_key


@pytest.mark.parametrize("change", [{"unique_id": "2"}, {"alarm_id": "3"}, {"when": "1795257999"}, {"src": "other"}])
def test_the_agent_key_does_not_move(change: dict[str, Any]) -> None:
    """The ids of a notification, and of an alarm that is made anew, stand in no key."""
    critical = body("critical")
    assert one(critical | change).dedup_key == one(critical).dedup_key


def test_a_value_that_cannot_be_computed_clears() -> None:
    """Agents send `CLEAR` with the value `nan` and a blank value_string."""
    alert = one(body("clear") | {"value": "nan", "value_string": ""})
    assert alert.state is State.RESOLVED
    assert not alert.problems


def test_a_recovery_of_nothing_that_is_known_has_no_level() -> None:
    """The status before may be one that is no level."""
    alert = one(body("clear") | {"old_status": "UNINITIALIZED"})
    assert (alert.level, alert.severity, alert.problems) == (None, None, ())


@pytest.mark.parametrize("status", ["WARNING", "CRITICAL", "CLEAR"])
def test_the_test_mode_pages_nobody(status: str) -> None:
    """All three alarms of the script's test mode are tests."""
    assert read(body("test_alarm") | {"status": status}).reason is Reason.TEST


@pytest.mark.parametrize("change", [{"chart": "system.cpu"}, {"name": "disk_full"}, {"unique_id": "1795257775"}])
def test_a_real_alarm_is_no_test(change: dict[str, Any]) -> None:
    """An alarm that only resembles the test fires."""
    assert one(body("test_alarm") | change).state is State.FIRING


def test_what_an_agent_sends_is_never_read_as_the_clouds() -> None:
    """An agent's `alarm` is a sentence with the value in it, and makes no key."""
    damaged = {name: text for name, text in body("critical").items() if name not in ("host", "when")}
    alert = one(damaged)
    assert alert.identity == {"chart": "statsd_lab.temp_gauge", "alert": "lab_temp"}
    assert ProblemCode.KEY_FALLBACK in {problem.code for problem in alert.problems}


def test_the_token_of_the_test_button_stays_in_the_document() -> None:
    """The token is for the user alone: it can be read in the raw document, and nowhere else."""
    batch = read(body("test_notification") | {"token": "7c1f-made-up"})
    assert batch.raw["token"] == "7c1f-made-up"  # noqa: S105 - made up
    assert not batch.alerts
    assert "7c1f" not in repr(batch)


def test_a_notification_without_nodes_is_not_silent() -> None:
    """A reachability notification whose list is empty is a problem."""
    batch = read(body("nodes_unreachable") | {"nodes": []})
    assert [problem.code for problem in batch.problems] == [ProblemCode.MISSING]


def test_a_source_may_map_the_agents_status() -> None:
    """An override by `status` reaches the recovery, whose status is CLEAR, by the level of what ended."""
    source = Source("x", priorities=Priorities({"WARNING": "low", "CRITICAL": "high"}, field="$.status"))
    severities = []
    for name in ("warning", "critical", "clear"):
        (alert,) = parse("netdata", json.dumps(body(name)), source=source)
        severities.append(alert.severity)
    assert severities == [Severity.LOW, Severity.HIGH, Severity.LOW]

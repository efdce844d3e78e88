"""Wazuh: what the fixtures cannot say."""

import json
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Severity, parse

FIXTURES = Path(__file__).parents[2] / "fixtures" / "wazuh"


def document(name: str) -> Any:
    """Return the body of a fixture, decoded."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def one(body: Any) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse("wazuh", json.dumps(body))
    return alert


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere(
    "Keep", "its script calls the levels 7 to 11 info, which is below the low of the levels 0 to 6"
)
def test_a_higher_level_is_never_a_lower_severity() -> None:
    """The number in the text decides, whatever word stands beside it."""
    body = document("keep_agentless")
    text = body["description"]
    severities = []
    for level in range(17):
        body["description"] = text.replace("Level 7\n", f"Level {level}\n")
        found = one(body).severity
        assert found is not None
        severities.append(found)
    assert severities == sorted(severities)
    assert set(severities) == set(Severity)


@pytest.mark.fault_elsewhere(
    "Wazuh's pagerduty.py", "levels from 7 to 15 are all a warning, and each event is an incident"
)
@pytest.mark.fault_elsewhere("Wazuh's shuffle.py", "levels from 8 on are all 3")
def test_a_rootkit_is_critical_and_a_file_is_not() -> None:
    """Levels 7 and 15 differ, with the same key at each further event."""
    assert one(document("shuffle_rootkit")).severity is Severity.CRITICAL
    assert one(document("new_file")).severity is Severity.MEDIUM


@pytest.mark.fault_elsewhere("Wazuh's custom-incidentio.py", "the key is the id of the rule: all hosts are one alert")
@pytest.mark.fault_elsewhere("Keep", "the key is the message: all hosts are one alert")
@pytest.mark.parametrize("name", ["failed_login", "keep_agent_disconnected"])
def test_two_hosts_are_two_alerts(name: str) -> None:
    """The agent is a part of the key, also where only a text names it."""
    text = json.dumps(document(name))
    other = text.replace('"id": "004"', '"id": "005"').replace("Agent ID 004", "Agent ID 005")
    assert text != other
    assert one(json.loads(text)).dedup_key != one(json.loads(other)).dedup_key


@pytest.mark.fault_elsewhere("Wazuh's pagerduty.py", "an alert without an agent fails with a KeyError: nothing is sent")
def test_a_host_without_an_agent_needs_none() -> None:
    """The agent of such an alert is the manager or absent: the key is the same."""
    body = document("agentless")
    before = one(body)
    del body["agent"]
    assert one(body).dedup_key == before.dedup_key
    assert before.resource == "root@sw-1"
    assert not one(body).problems


# --- Keys -------------------------------------------------------------------------------------------------------------


def test_further_events_are_the_same_alert() -> None:
    """Id, time, log and count of an event are not in the key; address, file and user are."""
    body = document("failed_login")
    before = one(body)
    body |= {"id": "1.2", "timestamp": "2026-11-29T10:51:00.000+0000", "full_log": "again"}
    body["rule"] |= {"firedtimes": 9, "level": 10}
    assert one(body).dedup_key == before.dedup_key
    body["data"]["srcip"] = "203.0.113.10"
    assert one(body).dedup_key != before.dedup_key


def test_options_of_the_integration_change_neither_key_nor_severity() -> None:
    """The options replace only members beside the alert."""
    alert = one(document("shuffle_options"))
    assert (alert.severity, alert.identity["rule"]) == (Severity.MEDIUM, "5763")

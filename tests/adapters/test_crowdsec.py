"""CrowdSec: what the fixtures cannot say, above all keys that stay the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, IncidentBook, PayloadError, Severity, State, TransitionKind, parse
from alertmap.adapters.crowdsec import LEVELS, console
from alertmap.model import ProblemCode, Reason

FIXTURES = Path(__file__).parents[2] / "fixtures" / "crowdsec"


def element(name: str = "banned", **changed: Any) -> dict[str, Any]:
    """Return the only alert in the list of a fixture, with some keys changed."""
    found: list[dict[str, Any]] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return found[0] | changed


def event(fixture: str, /, **changed: Any) -> dict[str, Any]:
    """Return an event of the Console with some of its details changed."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{fixture}.json").read_text(encoding="utf-8"))
    document["details"] |= changed
    return document


def one(document: Any) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse("crowdsec", json.dumps(document))
    return alert


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere(
    "Slack, as CrowdSec's own template writes to it", "it lists decisions: an alert without one is an empty message"
)
@pytest.mark.parametrize("decisions", [None, []])
def test_an_alert_without_decisions_is_one(decisions: Any) -> None:
    """A profile that only notifies makes no decision."""
    alert = one([element(decisions=decisions)])
    assert (alert.state, alert.severity, alert.problems) == (State.FIRING, Severity.MEDIUM, ())


# --- The plugin -------------------------------------------------------------------------------------------------------


def test_the_same_attacker_again_is_the_same_incident() -> None:
    """Neither text, uuid, machine, times nor counts are part of the key."""
    again = element(
        uuid="0f0cf0f1-0000-4000-8000-000000000002",
        machine_id="another",
        message="Ip 203.0.113.5 performed 'crowdsecurity/ssh-bf' (9 events over 1s) at 2026-11-21 10:00:00 +0000 UTC",
        events_count=9,
        start_at="2026-11-21T09:59:59Z",
        stop_at="2026-11-21T10:00:00Z",
    )
    book = IncidentBook()
    book.apply([one([element()])])
    assert [t.kind for t in book.apply([one([again])])] == [TransitionKind.DEDUPLICATED]


def test_each_element_is_an_alert_of_its_own() -> None:
    """A test beside an alert, or an element that is none, costs no other alert."""
    batch = parse("crowdsec", json.dumps([element("test"), element(), {"scenario": None}]))
    assert [alert.identity["value"] for alert in batch] == ["203.0.113.5"]
    assert [problem.code for problem in batch.problems] == [ProblemCode.BAD_ELEMENT]


@pytest.mark.parametrize("changed", [{"machine_id": "lab-1"}, {"uuid": "a3595cb2"}, {"scenario": "test alerts"}])
def test_a_scenario_of_that_name_is_no_test(changed: dict[str, str]) -> None:
    """A test has neither machine nor uuid."""
    assert parse("crowdsec", json.dumps([element("test")])).reason is Reason.TEST
    assert one([element("test", **changed)]).state is State.FIRING


def test_one_alert_without_a_list() -> None:
    """A template with a range writes one object."""
    assert one(element()).dedup_key == one([element()]).dedup_key


def test_the_alerts_of_the_other_plugins_are_refused() -> None:
    """The plugin for Splunk writes the list as a text."""
    with pytest.raises(PayloadError):
        parse("crowdsec", json.dumps({"event": json.dumps([element()])}))


# --- The Console ------------------------------------------------------------------------------------------------------


def test_engine_and_console_share_a_key() -> None:
    """The Console writes the scope in lower case."""
    assert one(event("console_alert")).dedup_key == one([element()]).dedup_key


def test_only_a_report_of_no_attack_is_no_alert() -> None:
    """A report that is missing, or does not say so, fires."""
    assert parse("crowdsec", json.dumps(event("console_no_attack"))).reason is Reason.NO_ALERT
    for report in (None, {}, {"is_attack_detected": None}, {"is_attack_detected": "perhaps"}):
        assert one(event("console_no_attack", report_data=report)).state is State.FIRING


@pytest.mark.parametrize("word", sorted(console.LEVELS))
def test_each_event_has_its_level(word: str) -> None:
    """No event of the documentation is unknown, and each is an alert of its own."""
    alert = one(event("console_offline", event_type=word))
    assert alert.severity is LEVELS[console.LEVELS[word]]
    assert not alert.problems
    assert alert.identity["event_type"] == word


def test_two_engines_are_two_alerts() -> None:
    """The id is part of the key, the name is not."""
    keys = {
        one(event("console_offline", **changed)).dedup_key
        for changed in ({}, {"id": "other"}, {"name": "renamed"}, {"event_id": "other"})
    }
    assert len(keys) == 2

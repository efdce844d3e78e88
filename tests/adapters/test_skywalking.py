"""SkyWalking: what the fixtures cannot say, above all which alarms are one and which are not."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, IncidentBook, Severity, State, parse_document
from alertmap.adapters import skywalking
from alertmap.model import ProblemCode

FIXTURES = Path(__file__).parents[2] / "fixtures" / "skywalking"


def body(name: str) -> list[dict[str, Any]]:
    """Return the document of a fixture."""
    document: list[dict[str, Any]] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return document


def one(**changes: Any) -> Alert:
    """Return the alert of the alarm with these changes."""
    [alert] = parse_document("skywalking", [body("fired")[0] | changes])
    return alert


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("HertzBeat", "the labels are the tags: all alarms of rules without tags are one")
def test_alarms_without_tags_are_not_one() -> None:
    """Rule and entity make the key, not the tags."""
    changes: list[dict[str, Any]] = [{}, {"ruleName": "service_sla_rule"}, {"id0": "Y2FydA==.1"}, {"scope": "ENDPOINT"}]
    assert len({one(tags=[], **each).dedup_key for each in changes}) == len(changes)


@pytest.mark.fault_elsewhere("HertzBeat", "recoveryTime is not read: a recovery fires")
def test_a_recovery_closes_what_was_sent_again_under_another_uuid() -> None:
    """The recovery has the uuid of the last notification only; the alarm is one incident all the same."""
    book = IncidentBook()
    for name in ("fired", "fired_again"):
        book.apply(parse_document("skywalking", body(name)))
        assert len(book.open) == 1
    book.apply(parse_document("skywalking", body("recovered")))
    assert not book.open


@pytest.mark.fault_elsewhere(
    "FlashDuty", "an alarm whose level is neither Critical nor Warning, or is missing, is an info"
)
def test_an_alarm_without_a_level_is_more_than_an_info() -> None:
    """A rule without a tag is medium; case and the tag's other usual names make no difference."""
    assert one(tags=[]).severity is Severity.MEDIUM
    assert one(tags=[{"key": "level", "value": "error"}]).severity is Severity.HIGH
    assert one(tags=[{"key": "severity", "value": "CRITICAL"}]).severity is Severity.CRITICAL


# --- State and key ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [None, 0, -1, "", "soon", True, 5, 10**30])
def test_only_a_time_of_recovery_resolves(sent: object) -> None:
    """A field that is blank, zero or no time is no recovery."""
    assert one(recoveryTime=sent).state is State.FIRING


def test_name_and_message_are_not_in_the_key() -> None:
    """An entity may be renamed, and the message holds values."""
    assert one(name="shop::checkout", alarmMessage="1300ms").dedup_key == one().dedup_key


def test_a_relation_without_its_second_entity_is_a_problem() -> None:
    """Two relations of one source must not fall together in silence."""
    alert = one(scope="SERVICE_RELATION", id1="")
    assert [problem.code for problem in alert.problems] == [ProblemCode.KEY_FALLBACK]


def test_versions_without_recoveries_are_known() -> None:
    """Alarms before 10.4 have no uuid: their incidents must expire."""
    [old] = parse_document("skywalking", body("version_8"))
    assert (old.resolvable, one().resolvable) == (False, True)


def test_an_empty_array_changes_nothing() -> None:
    """A body without alarms is accepted, with a problem."""
    assert not parse_document("skywalking", [])


def test_the_settings_of_the_guide_name_both_urls() -> None:
    """Without `recovery-urls` nothing recovers."""
    found = re.search(r"```yaml\n(.*?)```", skywalking.__doc__ or "", re.DOTALL)
    assert found
    settings = found[1]
    assert settings.count("- https://receiver.example/skywalking") == 2
    assert "recovery-urls:" in settings

"""Catchpoint: what the fixtures cannot say."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, PayloadError, ProblemCode, Severity, State, parse
from alertmap.adapters import catchpoint
from alertmap.incidents.book import IncidentBook
from alertmap.intake.detect import detect

FIXTURES = Path(__file__).parents[2] / "fixtures" / "catchpoint"


def body(fixture: str, **changes: Any) -> dict[str, Any]:
    """Return the body of a fixture, decoded, with other values."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{fixture}.json").read_text(encoding="utf-8"))
    return document | changes


def one(document: Any) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse("catchpoint", json.dumps(document))
    return alert


def codes(alert: Alert) -> set[ProblemCode]:
    """Return the codes of an alert's problems."""
    return {problem.code for problem in alert.problems}


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere(
    "Splunk On-Call", "its template makes a recovery of level 2, which Catchpoint does not use"
)
@pytest.mark.parametrize("level", ["2", 2, "", None, "-1"])
def test_only_improved_ends_an_alert(level: object) -> None:
    """A level without a meaning fires."""
    assert one(body("critical", notificationLevelId=level)).state is State.FIRING
    assert one(body("critical", notificationLevelId=3)).state is State.RESOLVED


@pytest.mark.fault_elsewhere("ilert", "its template posts a blank event type for a level that it does not know")
def test_a_blank_event_type_fires() -> None:
    """The switch of ilert's template has no word for some levels."""
    alert = one(body("ilert", eventType="", priority=""))
    assert alert.state is State.FIRING
    assert ProblemCode.STATE_GUESSED in codes(alert)


# --- Templates --------------------------------------------------------------------------------------------------------


def test_the_template_of_the_docs_is_the_fixture() -> None:
    """Users copy the template: it has just the keys of the fixtures, in their order."""
    block = re.search(r"```json\n(.*?)```", catchpoint.__doc__ or "", re.DOTALL)
    assert block
    template = json.loads(block[1])
    assert template == body("template")
    assert list(template) == list(body("critical"))


@pytest.mark.parametrize("name", ["divisionName", "productName", "testName"])
@pytest.mark.parametrize("level", ["1", "3"])
def test_a_quote_in_a_name_costs_no_page_and_no_recovery(name: str, level: str) -> None:
    """Catchpoint does not escape what it fills in; what decides stands in front."""
    text = json.dumps(body("critical", notificationLevelId=level, **{name: "@"})).replace("@", 'the "new" {one}')
    [alert] = parse("catchpoint", text)
    assert alert.dedup_key == one(body("critical")).dedup_key
    assert alert.state is (State.FIRING if level == "1" else State.RESOLVED)
    assert codes(alert) == {ProblemCode.MALFORMED}


def test_a_key_that_was_not_filled_in_merges_no_tests() -> None:
    """The text of the macros is no key: the test is."""
    key = body("template")["alertKey"]
    first, second = (one(body("critical", alertKey=key, testId=number)) for number in ("812", "813"))
    assert first.dedup_key != second.dedup_key
    assert codes(first) == {ProblemCode.KEY_FALLBACK, ProblemCode.UNRENDERED}


def test_a_text_that_was_filled_in_partly_stays() -> None:
    """The rest of a title helps whoever is paged."""
    alert = one(body("ilert", summary="Catchpoint Timing - [${nodeDetails(${nodePageFailureErrorCode})}]"))
    assert alert.title.startswith("Catchpoint Timing")
    assert codes(alert) == {ProblemCode.UNRENDERED}


@pytest.mark.parametrize("fixture", ["critical", "bigpanda", "example", "datadog"])
def test_the_level_is_no_part_of_the_key(fixture: str) -> None:
    """A warning that becomes critical, and improves, is one incident in every template."""
    steps = {
        "critical": [{"notificationLevelId": level} for level in "013"],
        "bigpanda": [{"notificationLevelId": level} for level in "013"],
        "example": [{"eventstate": word} for word in ("WARNING", "CRITICAL", "IMPROVED")],
        "datadog": [
            {"alert_type": "warning", "title": "Checkout [812] - WARNING"},
            {"alert_type": "error", "title": "Checkout [812] - CRITICAL"},
            {"alert_type": "success", "title": "Checkout [812] - OK"},
        ],
    }[fixture]
    alerts = [one(body(fixture, **step)) for step in steps]
    assert [alert.severity for alert in alerts] == [Severity.MEDIUM, Severity.CRITICAL, None]
    book = IncidentBook()
    for alert in alerts:
        book.apply([alert])
    assert not book.open
    assert len({alert.dedup_key for alert in alerts}) == 1


# --- The format JSON --------------------------------------------------------------------------------------------------


def test_fields_in_objects_are_found() -> None:
    """The format JSON has them in objects; nothing is lost from beside them."""
    sent = {"Version": 1, "Test": {"TestId": 812, "TestName": "Checkout"}, "Alert": {"NotificationLevelId": 3}}
    alert = one(sent)
    assert (alert.state, alert.identity) == (State.RESOLVED, {"testId": "812"})
    found = detect(json.dumps(sent))
    assert found is not None
    assert found.vendor == "catchpoint"


def test_a_body_without_a_level_is_no_alert() -> None:
    """Objects alone make nothing of Catchpoint's."""
    with pytest.raises(PayloadError):
        parse("catchpoint", json.dumps({"Test": {"TestId": 812, "TestName": "Checkout"}}))


def test_fields_beside_the_object_of_the_level_are_found() -> None:
    """The level may stand higher than what identifies the test."""
    alert = one({"Alert": {"NotificationLevelId": 1, "Test": {"TestId": 812, "TestName": "Checkout"}}})
    assert (alert.severity, alert.identity) == (Severity.CRITICAL, {"testId": "812"})


# --- Keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["__", "_", " __ "])
def test_a_key_of_blank_macros_merges_no_tests(key: str) -> None:
    """The template joins three macros by `_`: with all of them blank the test is the key."""
    first, other = one(body("critical", alertKey=key)), one(body("critical", alertKey=key, testId="813"))
    assert first.dedup_key != other.dedup_key
    assert codes(first) == {ProblemCode.KEY_FALLBACK}


def test_a_dash_in_the_name_of_a_test_merges_no_tests() -> None:
    """Of the title for Datadog only a level, or the blank of an unknown one, is taken off."""
    names = ("Checkout - prod", "Checkout - stage")
    assert len({one(body("datadog", title=name)).dedup_key for name in names}) == 2
    for title in ("Checkout [812] - CRITICAL", "Checkout [812] - "):
        assert one(body("datadog", title=title)).dedup_key == one(body("datadog_ok")).dedup_key

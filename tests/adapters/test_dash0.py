"""Dash0: what the fixtures cannot say."""

import json
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Severity, State, parse_document
from alertmap.incidents.book import IncidentBook

FIXTURES = Path(__file__).parents[2] / "fixtures" / "dash0"


def body(name: str, **changes: Any) -> dict[str, Any]:
    """Return the body of a fixture, with changes of its issue."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    document["data"]["issue"] |= changes
    return document


def one(document: dict[str, Any]) -> Alert:
    """Return the only alert of a document."""
    [alert] = parse_document("dash0", document)
    return alert


@pytest.mark.fault_elsewhere("Keep", "the fingerprint is that of the summary, a text that users edit")
def test_the_summary_is_no_key() -> None:
    """Two checks with one summary are two alerts, and a new summary is no new alert."""
    same = one(body("critical", summary="Orders are slow"))
    other = one(body("critical", issueIdentifier="4912846120011838512"))
    assert same.dedup_key == one(body("critical")).dedup_key != other.dedup_key


@pytest.mark.fault_elsewhere("Keep", "the status alone decides: what is closed by hand while critical fires on")
def test_an_issue_that_is_closed_by_hand_is_over() -> None:
    """Its status is still that of what ended."""
    alert = one(body("closed"))
    assert (alert.state, alert.severity) == (State.RESOLVED, Severity.CRITICAL)


@pytest.mark.fault_elsewhere("Keep", "an unknown status is critical, without a word")
def test_an_unknown_status_is_a_problem() -> None:
    """It fires with the fallback severity and a problem."""
    assert [problem.code for problem in one(body("critical", status="failed")).problems] == ["level_unknown"]


@pytest.mark.fault_elsewhere("Keep", "a recovery has the severity info")
def test_a_recovery_keeps_the_severity_of_what_ended() -> None:
    """A recovery without a level leaves the incident critical."""
    book = IncidentBook()
    for name in ("critical", "critical_again", "resolved"):
        book.apply(parse_document("dash0", body(name)).alerts)
    [incident] = book.incidents
    assert not book.open
    assert incident.severity is Severity.CRITICAL


def test_a_replaced_issue_does_not_end_the_one_that_replaces_it() -> None:
    """The end of the old one may arrive after the new one has begun."""
    book = IncidentBook()
    book.apply(parse_document("dash0", body("critical")).alerts)
    book.apply(parse_document("dash0", body("critical", id="a new one", start="2026-03-04T10:20:00Z")).alerts)
    book.apply(parse_document("dash0", body("superseded")).alerts)
    [incident] = book.open
    assert incident.dedup_key == one(body("critical")).dedup_key


@pytest.mark.parametrize("identifier", ["9007199254740993123", 9007199254740993123])
def test_the_identifier_keeps_all_its_digits(identifier: str | int) -> None:
    """It is no float, whether it is sent as text or as a number."""
    assert one(body("degraded", issueIdentifier=identifier)).dedup_key == "dash0:issue=9007199254740993123"


def test_a_priority_in_the_labels_is_no_part_of_the_key() -> None:
    """Also where the labels must stand for the identifier."""
    document = body("no_identifier")
    key = one(document).dedup_key
    document["data"]["issue"]["labels"][2]["value"] = {"stringValue": "p3"}
    assert one(document).dedup_key == key


def test_an_issue_without_an_id_has_no_episode() -> None:
    """An empty text would be one, and another than that of the start."""
    assert one(body("resolved", id=None)).episode is None


def test_checks_without_identifiers_are_not_one() -> None:
    """Their names tell them apart, not the dataset alone."""
    bare = {"issueIdentifier": None, "labels": None, "checkrules": None}
    keys = {one(body("critical", **bare, summary=text)).dedup_key for text in ("Orders fail", "Disk full")}
    assert len(keys) == 2

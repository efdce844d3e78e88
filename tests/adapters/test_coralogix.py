"""Coralogix beyond the goldens: bodies of users, variables that are not filled in, and faults of other receivers."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from alertmap import Alert, IncidentBook, PayloadError, Severity, State, detect, parse, parse_document
from alertmap.adapters import coralogix
from alertmap.model import ProblemCode

VENDOR = "coralogix"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR


def body(fixture: str, /, **changed: object) -> dict[str, Any]:
    """Return the document of a fixture, with other fields."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{fixture}.json").read_text(encoding="utf-8"))
    return document | changed


def one(document: dict[str, Any]) -> Alert:
    """Return the only alert of a document."""
    [alert] = parse_document(VENDOR, document)
    return alert


def codes(alert: Alert) -> set[ProblemCode]:
    """Return the codes of an alert's problems."""
    return {problem.code for problem in alert.problems}


def template() -> dict[str, str]:
    """Return the body of the set-up guide."""
    found = re.search(r"```json\n(.*?)```", coralogix.__doc__ or "", re.DOTALL)
    assert found
    document: dict[str, str] = json.loads(found[1])
    return document


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("Keep", "the unique identifier alone is the key: one group's recovery ends the others")
@pytest.mark.parametrize("key", ["alertGroupByValues", "Group-by Value1"])
def test_the_recovery_of_one_group_leaves_the_other(key: str) -> None:
    """In either place of the values."""
    named = {"alertGroupByValues": "$ALERT_GROUP_BY_VALUES"}
    first, second = (body("triggered", **(named | {key: host})) for host in ("web-1", "web-2"))
    over = body("resolved", **(named | {key: "web-1"}))
    book = IncidentBook()
    for document in (first, second, over):
        book.apply(parse_document(VENDOR, document).alerts)
    assert [incident.dedup_key for incident in book.open] == [one(second).dedup_key]


@pytest.mark.fault_elsewhere("Keep", "P5 is above P4, debug above info")
@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("P1", Severity.CRITICAL),
        ("P2", Severity.HIGH),
        ("P3", Severity.MEDIUM),
        ("P4", Severity.LOW),
        ("P5", Severity.INFO),
    ],
)
def test_a_priority_is_above_the_next_and_wins(word: str, severity: Severity) -> None:
    """The severity is the priority's default only."""
    assert one(body("triggered", priority=word, severity="VERBOSE")).severity is severity
    assert one(body("triggered", priority="$ALERT_PRIORITY", severity="VERBOSE")).severity is Severity.INFO


@pytest.mark.fault_elsewhere("Keep", "a body without `alert_action` is an error, `Resolved` is no recovery")
@pytest.mark.parametrize(
    ("action", "state"),
    [
        ("Resolved", State.RESOLVED),
        ("RESOLVE", State.RESOLVED),
        ("Triggered", State.FIRING),
        ("$ALERT_ACTION", State.FIRING),
        ("", State.FIRING),
        (None, State.FIRING),
    ],
)
def test_only_a_recovery_recovers(action: str | None, state: State) -> None:
    """An action that is missing or was not filled in fires, with a problem."""
    alert = one(body("triggered", alert_action=action))
    assert alert.state is state
    assert (ProblemCode.STATE_GUESSED in codes(alert)) is (action in {"$ALERT_ACTION", "", None})


@pytest.mark.fault_elsewhere("Keep", "a JSON log becomes the labels of its alert")
def test_a_log_is_no_label() -> None:
    """It is text, whatever it holds; labels are those of the definition."""
    document = body("default_body")
    log = json.dumps({"alert_type": "forged", "severity": "low"})
    document["fields"] = [{"key": "text", "value": log}, *document["fields"]]
    alert = one(document)
    assert alert.labels["alert_type"] == "security"
    assert alert.message == log


@pytest.mark.fault_elsewhere("receivers that key on `alert_id`", "an edited definition opens its alert once more")
def test_an_edited_definition_is_the_same_alert() -> None:
    """Its unique identifier stays."""
    assert one(body("triggered", alert_id="another")).dedup_key == one(body("triggered")).dedup_key


# --- Variables and places ---------------------------------------------------------------------------------------------


def test_the_body_of_the_guide() -> None:
    """It is JSON and has the keys of the fixture; a variable names no alert."""
    assert template().keys() == body("triggered").keys()
    assert all(re.fullmatch(r"\$[A-Z_]+", value) for value in template().values())
    assert not one(body("triggered")).problems
    assert "$" not in one({**template(), "name": "CPU"}).dedup_key
    with pytest.raises(PayloadError):
        parse_document(VENDOR, template())


@pytest.mark.parametrize("name", ["alertUniqueIdentifier", "alert_id", "alertGroupByValues", "application", "computer"])
def test_a_variable_that_was_not_filled_in_is_no_part_of_the_key(name: str) -> None:
    """It would be the same for all alerts; the fields of a list are no exception."""
    alert = one(body("triggered", **{name: "$NOT_FILLED_IN"}))
    listed = body("default_body")
    listed["fields"].append({"key": "alertGroupByValues", "value": "$GROUP_BY_VALUE_7"})
    for found in (alert, one(listed)):
        assert "$" not in found.dedup_key + found.resource + "".join(found.labels.values())


def test_a_list_of_fields_and_a_flat_body_are_one() -> None:
    """Keys count, not their places."""
    flat = body("triggered")
    top = {key: flat.pop(key) for key in ("alert_action", "alert_id", "name", "description", "threshold")}
    listed = {**top, "fields": [{"key": key, "value": value} for key, value in flat.items()]}
    assert evolve(one(listed), raw=None) == evolve(one(body("triggered")), raw=None)


@pytest.mark.parametrize(
    "fields", [None, [], "x", {"key": "priority"}, [None, 1, {"key": 1}, {"value": 2}, {"key": "x"}]]
)
def test_any_fields_are_read(fields: object) -> None:
    """Bad ones are left out."""
    assert one(body("triggered", fields=fields)).dedup_key == one(body("triggered")).dedup_key


def test_a_log_that_breaks_the_body_loses_no_alert() -> None:
    """The texts before it are read: the action, the id and the name."""
    text = json.dumps(body("default_body")).replace('"value": "', '"value": "{"level": "error"}', 1)
    [alert] = parse(VENDOR, text)
    assert (alert.state, alert.title) == (State.FIRING, "Failed payments")
    assert ProblemCode.MALFORMED in codes(alert)


@pytest.mark.parametrize("key", ["alertUniqueIdentifier", "alert_id", "name", "description"])
def test_one_name_suffices(key: str) -> None:
    """Users cut the body down; two definitions are two alerts all the same."""
    keys = {one({"alert_action": "trigger", "alertGroupByValues": "web-1", key: name}).dedup_key for name in "ab"}
    assert len(keys) == 2


@pytest.mark.parametrize("name", ["triggered", "resolved", "default_body", "terraform", "own_body"])
def test_is_recognised(name: str) -> None:
    """In its common forms."""
    found = detect(json.dumps(body(name)))
    assert found is not None
    assert found.vendor == VENDOR

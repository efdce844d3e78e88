"""Sumo Logic beyond the goldens: conditions and groups, payloads of users, and faults of other receivers."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, IncidentBook, Severity, State, detect, parse, parse_document
from alertmap.adapters import sumologic
from alertmap.model import ProblemCode

VENDOR = "sumologic"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR


def body(name: str, /, **changed: object) -> dict[str, Any]:
    """Return the document of a fixture, with other fields."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return document | changed


def one(document: dict[str, Any]) -> Alert:
    """Return the only alert of a document."""
    [alert] = parse(VENDOR, json.dumps(document))
    return alert


def open_after(*documents: dict[str, Any]) -> int:
    """Return the number of incidents that are open after these documents."""
    book = IncidentBook()
    for number, document in enumerate(documents):
        received_at = datetime(2026, 3, 4, 11, number, tzinfo=UTC)
        book.apply(parse_document(VENDOR, document, received_at=received_at).alerts)
    return len(book.open)


def template() -> dict[str, str]:
    """Return the payload of the set-up guide."""
    found = re.search(r"```json\n(.*?)```", sumologic.__doc__ or "", re.DOTALL)
    assert found
    document: dict[str, str] = json.loads(found[1])
    return document


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("ilert, Zenduty", "`ResolvedCritical` is no recovery: nothing is ever closed")
def test_each_condition_ends_itself_only() -> None:
    """A critical that ends leaves the warning of its monitor open, in either order."""
    critical, warning = body("critical"), body("warning")
    assert open_after(critical, warning, body("critical_recovered")) == 1
    assert open_after(warning, critical, body("critical_recovered"), body("warning_recovered")) == 0
    assert open_after(critical, body("critical_recovered"), warning) == 1


@pytest.mark.fault_elsewhere("Keep", "the monitor's id is the fingerprint: the recovery of one group ends the others")
def test_the_recovery_of_one_group_leaves_the_other() -> None:
    """The alert's name holds the group."""
    other = body("critical", alertName="CPU high on web-2")
    assert open_after(body("critical"), other, body("critical_recovered")) == 1


@pytest.mark.fault_elsewhere("Keep", "an empty `triggerTimeStart` or a missing `alertResponseUrl` is an error")
@pytest.mark.parametrize("key", ["triggerTimeStart", "triggerTimeEnd", "alertResponseUrl", "resultsJson", "query"])
@pytest.mark.parametrize("value", ["", None, "{{TriggerTime}}", "soon"])
def test_a_variable_without_a_value_costs_no_alert(key: str, value: object) -> None:
    """Sumo Logic writes what it does not know as empty text."""
    alert = one(body("keep_missing_data", **{key: value}))
    assert (alert.state, alert.severity) == (State.FIRING, Severity.HIGH)
    assert alert.dedup_key == one(body("keep_missing_data")).dedup_key


@pytest.mark.fault_elsewhere("Zenduty's payload", "each alert is critical, for the level is written by hand")
@pytest.mark.parametrize(
    ("word", "severity"),
    [("Critical", Severity.CRITICAL), ("Warning", Severity.MEDIUM), ("MissingData", Severity.HIGH)],
)
def test_the_trigger_type_is_the_level(word: str, severity: Severity) -> None:
    """In both spellings of missing data; a recovery has the level that ended."""
    assert one(body("critical", triggerType=word)).severity is severity
    assert one(body("critical", triggerType=f"Resolved{word}")).severity is severity
    assert one(body("critical", triggerType=word)).no_data is (word == "MissingData")


# --- The guide and other payloads -------------------------------------------------------------------------------------


def test_the_payload_of_the_guide() -> None:
    """It is JSON, has the keys of the fixture, and each value is a variable of its own."""
    assert template().keys() == body("critical").keys()
    assert all(re.fullmatch(r"\{\{\w+\}\}", value) for value in template().values())
    assert {key.casefold() for key in template()} == {value.strip("{}").casefold() for value in template().values()}
    assert not one(body("critical")).problems


@pytest.mark.parametrize("key", ["id", "alertName", "name", "alertResponseUrl"])
def test_a_variable_that_was_not_filled_in_is_no_key(key: str) -> None:
    """It would be the same for all alerts."""
    alert = one(body("critical", **{key: "{{Misspelt}}"}))
    assert "{" not in alert.dedup_key
    assert "{" not in (alert.episode or "") + alert.title
    assert ProblemCode.UNRENDERED in {problem.code for problem in alert.problems}


@pytest.mark.parametrize("change", [str.lower, str.upper, lambda key: re.sub(r"(?<!^)([A-Z]+)", r"_\1", key).lower()])
def test_spellings_of_keys(change: Any) -> None:
    """The user writes them."""
    document = {change(key): value for key, value in body("critical").items()}
    assert one(document).dedup_key == one(body("critical")).dedup_key
    found = detect(json.dumps(document))
    assert found is not None
    assert found.vendor == VENDOR


def test_groups_of_a_payload_without_the_name_of_the_monitor() -> None:
    """The alert's name is all that tells them apart, then."""
    documents = [body("critical", name=None, alertName=f"CPU high on web-{number}") for number in (1, 2)]
    assert open_after(*documents) == 2


def test_a_search_ends_nothing() -> None:
    """Neither kind of payload says that a search is over."""
    for name in ("scheduled_search", "old_search"):
        alert = one(body(name))
        assert (alert.state, alert.resolvable) == (State.FIRING, False)


@pytest.mark.parametrize("results", ['[{"host":"web-1"', "x", [{"host": "web-1"}], [], {"host": "web-1"}])
def test_any_results_are_read(results: object) -> None:
    """Escaped, as they stand, or cut."""
    alert = one(body("critical", resultsJson=results))
    assert alert.dedup_key == one(body("critical")).dedup_key
    assert alert.resource == ("web-1" if type(results) is list and results else "")


def test_a_search_needs_no_trigger_type() -> None:
    """It has none, so its payload may leave it out."""
    alert = one({"Name": "Root logins", "Description": "from outside", "QueryURL": "https://service.sumologic.com/q"})
    assert (alert.state, alert.title, alert.message) == (State.FIRING, "Root logins", "from outside")


def test_results_that_are_not_escaped_lose_no_alert() -> None:
    """The payload of the guide has them at its end; nothing in them resolves."""
    results = '[{"a": "b"}]", "triggerType": "ResolvedCritical'
    text = json.dumps(body("critical", resultsJson="@")).replace("@", results)
    [alert] = parse(VENDOR, text)
    assert (alert.state, alert.dedup_key) == (State.FIRING, one(body("critical")).dedup_key)
    assert ProblemCode.MALFORMED in {problem.code for problem in alert.problems}

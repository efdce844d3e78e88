"""ServiceNow: what the fixtures cannot say."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Severity, State, parse
from alertmap.adapters import servicenow
from alertmap.errors import PayloadError
from alertmap.incidents.book import IncidentBook
from alertmap.model import ProblemCode

FIXTURES = Path(__file__).parents[2] / "fixtures" / "servicenow"


def body(name: str, **changes: Any) -> dict[str, Any]:
    """Return the body of a fixture, decoded, with other values."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return document | changes


def one(document: Any) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse("servicenow", json.dumps(document))
    return alert


def codes(alert: Alert) -> set[ProblemCode]:
    """Return the codes of an alert's problems."""
    return {problem.code for problem in alert.problems}


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("Keep", "the severity is made of the impact, so that the priority changes nothing")
@pytest.mark.parametrize(("priority", "severity"), [("1", "critical"), ("3 - Moderate", "medium"), (5, "info")])
def test_the_priority_is_the_level(priority: object, severity: str) -> None:
    """Neither impact nor urgency nor the severity of an incident is."""
    alert = one(body("new", priority=priority, impact="1", urgency="1", severity="1"))
    assert alert.severity is Severity(severity)


@pytest.mark.fault_elsewhere("ilert", "a canceled incident has no state there, so that its alert stays open")
@pytest.mark.parametrize("state", ["8", 8, "Canceled", "cancelled"])
def test_a_canceled_incident_is_over(state: object) -> None:
    """A label has the reason."""
    alert = one(body("new", state=state))
    assert (alert.state, alert.labels["reason"]) == (State.RESOLVED, "canceled")


@pytest.mark.fault_elsewhere("receivers of records in general", "`1`, `New` and the object of the Table API differ")
@pytest.mark.parametrize(
    ("words", "state"),
    [
        (("1", 1, "New", " new "), State.FIRING),
        (("2", 3, "In Progress", "on_hold"), State.ACKNOWLEDGED),
        (("6", 7, "resolved", "Closed"), State.RESOLVED),
    ],
)
def test_numbers_labels_and_objects_are_one_state(words: tuple[object, ...], state: State) -> None:
    """The display value, which may be in any language, does not count."""
    for word in words:
        assert one(body("new", state=word)).state is state
        document = body("table_api")
        document["result"]["state"] = {"display_value": "Neu", "value": word}
        assert (one(document).state, codes(one(document))) == (state, set())


# --- Records ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["4", "-5", "Awaiting Vendor", "", None])
@pytest.mark.parametrize("name", ["new", "alert_flapping"])
def test_an_unknown_state_fires(name: str, state: object) -> None:
    """Also where somebody acknowledged the record."""
    alert = one(body(name, state=state, acknowledged="1", maintenance="1"))
    assert alert.state is State.FIRING
    assert codes(alert) & {ProblemCode.STATE_UNKNOWN, ProblemCode.STATE_GUESSED}


@pytest.mark.parametrize("yes", ["1", "true", "True"])
def test_an_alert_is_acknowledged_until_it_is_closed(yes: str) -> None:
    """The flag is stored as a number or as a word."""
    assert one(body("alert_flapping", acknowledged=yes)).state is State.ACKNOWLEDGED
    assert one(body("alert_closed", acknowledged=yes, maintenance=yes)).state is State.RESOLVED
    assert one(body("alert_flapping", acknowledged="false")).state is State.FIRING


@pytest.mark.parametrize("severity", ["0", 0, "Clear"])
def test_a_closed_alert_that_is_clear_has_no_level(severity: object) -> None:
    """Clear is no level that nobody knows."""
    alert = one(body("alert_closed", severity=severity))
    assert (alert.state, alert.level, alert.problems) == (State.RESOLVED, None, ())


def test_a_record_as_the_table_api_returns_it_by_default() -> None:
    """Values are texts, only references are objects, without a display value."""
    reference = {"link": "https://acme.service-now.com/api/now/table/cmdb_ci/0c4318f1", "value": "0c4318f1"}
    alert = one({"result": body("new", cmdb_ci=reference)})
    assert (alert.dedup_key, alert.state) == (one(body("new")).dedup_key, State.FIRING)


@pytest.mark.parametrize("cut", [set(), {"sys_id"}])
def test_values_are_objects_wherever_the_record_stands(cut: set[str]) -> None:
    """Without `result`, and without a sys_id, the stored state decides as well, so that a recovery closes."""
    record = {key: value for key, value in body("table_api")["result"].items() if key not in cut}
    over = record | {"state": {"display_value": "Gelöst", "value": "6"}}
    for document in (over, {"result": over}, {"record": over}):
        alert = one(document)
        assert (alert.state, alert.dedup_key) == (State.RESOLVED, one(record).dedup_key)


def test_each_record_of_a_query_is_an_alert() -> None:
    """One of them that is no record, or has no identity, does not affect the others."""
    records = [body("new"), 5, body("resolved"), {"state": "1"}, body("table_api")["result"]]
    batch = parse("servicenow", json.dumps({"result": records}))
    assert [alert.state for alert in batch] == [State.FIRING, State.RESOLVED, State.ACKNOWLEDGED]
    assert {problem.path for problem in batch.problems} == {"$.result[1]", "$.result[3]"}


def test_a_reference_without_a_display_value_is_no_resource() -> None:
    """Nobody reads a sys_id, nor the JSON of the reference."""
    reference = {"link": "https://acme.service-now.com/api/now/table/cmdb_ci/0c43", "value": "0c43" * 8}
    assert one({"result": body("new", cmdb_ci=reference)}).resource == ""


def test_an_update_of_the_same_second_counts() -> None:
    """Times have no fraction: the number of changes is the order."""
    book = IncidentBook()
    book.apply([one(body("new"))])
    book.apply([one(body("resolved", sys_updated_on="2026-03-04 10:00:00", sys_mod_count="1"))])
    book.apply([one(body("new", sys_mod_count="2"))])
    assert len(list(book.open)) == 1


def test_instances_with_one_number_are_two_alerts() -> None:
    """The number is the key only where the sys_id is missing; an instance alone is none."""
    other = one(body("unknown_state", server_url="https://acme2.service-now.com/"))
    assert other.dedup_key != one(body("unknown_state")).dedup_key
    with pytest.raises(PayloadError):
        one(body("unknown_state", number=""))


@pytest.mark.parametrize("sys_id", ["x'); alert(1", "../admin", ""])
def test_only_a_sys_id_makes_a_link(sys_id: str) -> None:
    """The link is made here, so nothing else gets into it."""
    assert one(body("new", sys_id=sys_id)).links == {}


# --- Events -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("severity", "resolution", "state"),
    [
        ("0", "", State.RESOLVED),
        (0, "New", State.RESOLVED),
        ("5", "New", State.FIRING),
        ("1", "Closing", State.RESOLVED),
        ("1", "of tomorrow", State.FIRING),
        ("", "", State.FIRING),
    ],
)
def test_an_event_ends_by_its_severity_or_its_resolution_state(severity: object, resolution: str, state: State) -> None:
    """Nothing else ends it."""
    assert one(body("event", severity=severity, resolution_state=resolution)).state is state


@pytest.mark.parametrize("field", ["node", "type", "resource", "metric_name"])
def test_an_event_without_a_message_key_is_what_it_is_about(field: str) -> None:
    """All five fields tell events apart, as ServiceNow's own default does."""
    plain = one(body("event", message_key=""))
    assert one(body("event", message_key="", **{field: "another"})).dedup_key != plain.dedup_key
    assert one(body("event", message_key="", severity="0", description="over")).dedup_key == plain.dedup_key


# --- The script of the guide ------------------------------------------------------------------------------------------


def test_the_script_of_the_guide_sends_the_fields_of_a_fixture() -> None:
    """Its names, and those that it adds, are just the keys of the body."""
    script = str(servicenow.__doc__).partition("```js\n")[2].partition("```")[0]
    listed = re.findall(r'"(\w+)"', script.partition("names = [")[2].partition("]")[0])
    added = re.findall(r"body\.(\w+) =|\{(\w+): gs", script)
    assert {*listed, *(name for pair in added for name in pair if name)} == set(body("new"))

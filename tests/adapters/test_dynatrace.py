"""Dynatrace beyond the goldens: what other receivers get wrong, the payload to paste, and the ids of a problem."""

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

from alertmap import IncidentBook, Severity, State, parse
from alertmap.adapters import dynatrace
from alertmap.errors import PayloadError
from alertmap.model import Alert, ProblemCode, Reason

PID = "-4711_1772618400000V2"
URL = f"https://abc12345.live.dynatrace.com/#problems/problemdetails;pid={PID}"
OPEN = {"State": "OPEN", "PID": PID, "ProblemID": "P-2603123", "ProblemTitle": "High failure rate", "ProblemURL": URL}


def one(**fields: Any) -> Alert:
    (alert,) = parse("dynatrace", json.dumps(OPEN | fields))
    return alert


def codes(alert: Alert) -> set[ProblemCode]:
    return {problem.code for problem in alert.problems}


# --- What goes wrong elsewhere ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("Keep", "a problem that was merged into another stays open, since MERGED is no word there")
def test_a_merged_problem_is_over() -> None:
    book = IncidentBook()
    book.apply([one()])
    book.apply([one(State="MERGED")])
    assert not book.open
    assert one(State="MERGED").labels["reason"] == "merged"


@pytest.mark.fault_elsewhere("Keep", "RESOURCE_CONTENTION, CUSTOM_ALERT and MONITORING_UNAVAILABLE count as info")
@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("AVAILABILITY", Severity.CRITICAL),
        ("MONITORING_UNAVAILABLE", Severity.HIGH),
        ("ERROR", Severity.HIGH),
        ("RESOURCE_CONTENTION", Severity.MEDIUM),
        ("CUSTOM_ALERT", Severity.MEDIUM),
    ],
)
def test_each_severity_of_the_placeholder_is_known(word: str, severity: Severity) -> None:
    alert = one(ProblemSeverity=word)
    assert (alert.severity, codes(alert)) == (severity, set())


@pytest.mark.fault_elsewhere("Keep", "problems of two environments with one display number are one alert")
def test_a_display_number_belongs_to_its_environment() -> None:
    first = one(PID="", ProblemURL="https://abc12345.live.dynatrace.com/#x")
    other = one(PID="", ProblemURL="https://xyz98765.live.dynatrace.com/#x")
    assert first.dedup_key != other.dedup_key
    assert one().dedup_key != one(PID="-4712_1772618400000V2").dedup_key


@pytest.mark.fault_elsewhere("PagerTree", "the test notification opens an alert")
@pytest.mark.parametrize("number", ["999", "TESTID"])
def test_a_test_opens_nothing_and_a_real_problem_is_no_test(number: str) -> None:
    """People keep the texts of the sample in their payload: a real PID is a problem all the same."""
    title = {"ProblemID": number, "ProblemTitle": "Dynatrace problem notification test run"}
    tested = {"State": "OPEN", "ProblemURL": "https://example.com", **title}
    assert parse("dynatrace", json.dumps(tested)).reason is Reason.TEST
    assert parse("dynatrace", json.dumps(tested | {"PID": "99999"})).reason is Reason.TEST
    assert one(**title).state is State.FIRING


# --- The payload to paste ---------------------------------------------------------------------------------------------


def guide() -> str:
    text = str(dynatrace.__doc__)
    return textwrap.dedent("   {\n" + text.partition("```text\n   {\n")[2].partition("   ```")[0])


def test_the_payload_of_the_guide_is_that_of_the_fixture() -> None:
    """Filled in, it has the keys of the fixture `open`, in its order."""
    body = json.loads((Path(__file__).parents[2] / "fixtures/dynatrace/open.json").read_text(encoding="utf-8"))
    filled = guide()
    for name, value in body.items():
        filled = filled.replace(f'"{{{name}}}"', json.dumps(value)).replace(f"{{{name}}}", json.dumps(value))
    assert json.loads(filled) == body
    assert list(json.loads(filled)) == list(body)


def test_the_payload_of_the_guide_as_it_stands_opens_nothing() -> None:
    """Placeholders that nobody filled in are no id."""
    try:
        batch = parse("dynatrace", guide())
    except PayloadError:
        return
    assert not batch.alerts


# --- Ids, states and texts --------------------------------------------------------------------------------------------


def test_one_problem_has_one_key_in_every_form() -> None:
    """PID, id of the details, id in the URL, problems API and workflow name the same problem."""
    assert one(PID="", ProblemURL="https://a.live.dynatrace.com/#p;pid=93a5-3fas").identity == {"pid": "93a5-3fas"}
    bare = {"problemId": PID, "displayId": "P-2603123", "status": "CLOSED", "severityLevel": "ERROR"}
    davis = {"event.id": PID, "display_id": "P-2603123", "event.status": "CLOSED", "event.name": "x"}
    keys = {
        one().dedup_key,
        one(PID="").dedup_key,
        one(PID="", ProblemURL="", ProblemDetailsJSON=bare).dedup_key,
        *(alert.dedup_key for body in (bare, davis) for alert in parse("dynatrace", json.dumps(body))),
    }
    assert len(keys) == 1


def test_only_the_state_resolves() -> None:
    """A payload without a state fires, whatever its details say: they may be older or of another form."""
    details = {"problemId": PID, "status": "CLOSED", "endTime": 1772619000000}
    for word in (None, "{State}", ""):
        alert = one(State=word, ProblemDetailsJSON=details)
        assert (alert.state, ProblemCode.STATE_GUESSED in codes(alert)) == (State.FIRING, True)


def test_a_text_inside_a_broken_body_resolves_nothing() -> None:
    """Text behind the place that breaks the JSON is not read."""
    body = '{"State": "OPEN", "PID": "1_2V2", "ProblemTitle": "a "quoted" title", "State": "RESOLVED"}'
    (alert,) = parse("dynatrace", body)
    assert (alert.state, ProblemCode.MALFORMED in codes(alert)) == (State.FIRING, True)


def test_tags_are_labels() -> None:
    alert = one(Tags="env:prod, env:test, [AWS]Name:web, vip, url:http://x")
    assert alert.labels.items() >= {"env": "prod, test", "[AWS]Name": "web", "tags": "vip", "url": "http://x"}.items()


def test_keys_with_blanks_and_in_other_cases_are_read() -> None:
    fields = {"state": "OPEN", "problem id": "P-1", "Problem URL": URL, "problem_title": "Full"}
    (alert,) = parse("dynatrace", json.dumps(fields))
    assert (alert.identity, alert.title) == ({"pid": PID}, "Full")


@pytest.mark.parametrize(
    "fields",
    [
        {"PID": PID},
        {"ProblemID": "P-1"},
        {"ProblemURL": URL},
        {"ProblemTitle": "Full"},
        {"ProblemDetailsJSON": {"problemId": PID}},
    ],
)
def test_a_state_and_one_name_of_the_problem_suffice(fields: dict[str, Any]) -> None:
    """Users leave out what they do not need."""
    (opened,) = parse("dynatrace", json.dumps({"State": "OPEN", **fields}))
    (closed,) = parse("dynatrace", json.dumps({"Status": "RESOLVED", **fields}))
    assert (opened.state, closed.state) == (State.FIRING, State.RESOLVED)
    assert opened.dedup_key == closed.dedup_key


def test_environments_of_a_managed_cluster_share_its_host() -> None:
    first, other = (one(PID="", ProblemURL=f"https://dynatrace.example/e/{name}/#x") for name in ("a-1", "b-2"))
    assert first.dedup_key != other.dedup_key

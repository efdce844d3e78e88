"""OpenObserve: what the fixtures cannot say, above all what an alert's key must not hold."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Severity, State, detect, parse, parse_document
from alertmap.adapters import openobserve
from alertmap.model import ProblemCode

FIXTURES = Path(__file__).parents[2] / "fixtures" / "openobserve"


def body(name: str) -> Any:
    """Return the document of a fixture."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def one(document: Any) -> Alert:
    """Return the only alert of a document."""
    [alert] = parse_document("openobserve", document)
    return alert


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("Keep", "the fingerprint holds count, times, value and link: each evaluation is new")
@pytest.mark.parametrize(
    "key", ["alert_count", "alert_agg_value", "alert_start_time", "alert_end_time", "alert_url", "alert_period"]
)
def test_what_each_evaluation_changes_is_not_in_the_key(key: str) -> None:
    """Value, window and link belong to the evaluation, not to the alert."""
    before = body("keep_template")
    assert one(before | {key: "7"}).dedup_key == one(before).dedup_key


@pytest.mark.fault_elsewhere("Keep", "the severity is always warning, and the state always firing")
def test_level_and_recovery_are_read() -> None:
    """The level decides the severity, and `ok` resolves."""
    levels = {name: one(body(name)) for name in ("envelope_critical", "envelope_warning", "envelope_ok")}
    assert [alert.severity for alert in levels.values()] == [Severity.CRITICAL, Severity.MEDIUM, Severity.HIGH]
    assert [alert.state for alert in levels.values()] == [State.FIRING, State.FIRING, State.RESOLVED]
    assert len({alert.dedup_key for alert in levels.values()}) == 1


@pytest.mark.fault_elsewhere("Keep", "an alert without rows, or with an odd count or value, raises and is lost")
@pytest.mark.parametrize(
    "change", [{"rows": ""}, {"rows": None}, {"rows": "not JSON"}, {"alert_count": "many"}, {"alert_agg_value": "1, 2"}]
)
def test_odd_rows_and_counts_cost_no_alert(change: dict[str, Any]) -> None:
    """Rows, count and value are no part of what makes an alert."""
    alert = one(body("keep_template") | change)
    assert (alert.state, alert.dedup_key) == (State.FIRING, one(body("keep_template")).dedup_key)


@pytest.mark.fault_elsewhere("Keep", "reading an event takes keys out of it")
def test_the_document_is_not_changed() -> None:
    """The document of the caller is the same afterwards."""
    for name in ("keep_template", "envelope_critical", "incident_created"):
        document = body(name)
        before = copy.deepcopy(document)
        parse_document("openobserve", document)
        assert document == before


# --- State and key ----------------------------------------------------------------------------------------------------


def test_groups_have_keys_of_their_own_and_odd_labels_are_not_lost() -> None:
    """Each group of an alert has a key; a label that is no text costs a problem, not the alert."""
    keys = {one(body("template_group") | {"group.host": host}).dedup_key for host in ("web-1", "web-2")}
    assert len(keys | {one(body("template")).dedup_key}) == 3
    odd = one(body("template_group") | {"group.host": ["web-1"]})
    assert ProblemCode.KEY_FALLBACK in {problem.code for problem in odd.problems}


@pytest.mark.parametrize(
    "name", ["template_priority", "envelope_no_level", "keep_template", "template_severity", "listed"]
)
def test_an_alert_without_a_level_has_no_recovery(name: str) -> None:
    """It is sent only while it fires, so that incidents of it must expire."""
    alert = one(body(name))
    assert (alert.state, alert.resolvable) == (State.FIRING, False)


def test_the_words_of_an_event_resolve_no_incident() -> None:
    """Only the status of an incident does: an event about a resolution is none."""
    document = body("incident_created")
    document[0]["meta"]["event_type"] = "resolved"
    assert one(document).state is State.FIRING


def test_a_link_that_is_none_is_left_out() -> None:
    """OpenObserve does not check the links of its envelope."""
    document = body("envelope_critical")
    document["links"] = [{"label": "run", "url": "javascript:alert(1)"}]
    alert = one(document)
    assert list(alert.links) == ["alert"]
    assert [problem.code for problem in alert.problems] == [ProblemCode.BAD_LINK]


@pytest.mark.parametrize("sent", ["1772618400000000", -5, 1772618400, True, 10**40])
def test_a_time_in_another_unit_is_left_out(sent: object) -> None:
    """Times of incidents are microseconds; another count is a problem, no date in 1970."""
    document = body("incident_created")
    document[0]["meta"]["_timestamp"] = sent
    alert = one(document)
    assert alert.occurred_at is None
    assert ProblemCode.BAD_TIME in {problem.code for problem in alert.problems}


def test_the_body_of_the_guide() -> None:
    """The template to copy becomes a fixture's body, and is recognised."""
    block = re.search(r"```json\n(.*?)```", openobserve.__doc__ or "", re.DOTALL)
    assert block
    template = block[1]
    document = body("template")
    assert re.findall(r'"(\w+)": "\{\1\}"', template) == list(document)
    rows = json.dumps(document["rows"])
    text = re.sub(r"\{(\w+)\}", lambda found: document[found[1]], template.replace('"{rows}"', rows))
    assert json.loads(text) == document
    [alert] = parse("openobserve", text)
    assert alert.problems == ()
    found = detect(text)
    assert found is not None
    assert found.vendor == "openobserve"

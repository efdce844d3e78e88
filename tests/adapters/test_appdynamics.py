"""AppDynamics: what the fixtures cannot say, above all templates of others, and bodies that a value breaks."""

import json
import re
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, IncidentBook, PayloadError, Severity, State, detect, parse
from alertmap.adapters import appdynamics
from alertmap.model import ProblemCode

VENDOR = "appdynamics"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR


def body(name: str) -> dict[str, Any]:
    """Return the document of a fixture."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return document


def one(document: dict[str, Any] | str, **arguments: Any) -> Alert:
    """Return the only alert of a document or of a text."""
    [alert] = parse(VENDOR, document if isinstance(document, str) else json.dumps(document), **arguments)
    return alert


def codes(alert: Alert) -> set[ProblemCode]:
    """Return the codes of an alert's problems."""
    return {problem.code for problem in alert.problems}


def template() -> dict[str, str]:
    """Return the payload of the set-up guide."""
    assert appdynamics.__doc__
    text = appdynamics.__doc__.partition("and this text:")[2].partition("```text")[2].partition("```")[0]
    document: dict[str, str] = json.loads(textwrap.dedent(text))
    return document


def broken(values: dict[str, str]) -> str:
    """Return a body in which no value is escaped."""
    return "{\n" + ",\n".join(f'"{name}": "{value}"' for name, value in values.items()) + "\n}"


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("Keep, PagerTree", "the id of the event is the key, which is another one in the end")
@pytest.mark.parametrize("name", ["open_critical", "oncall"])
def test_ids_of_events_are_no_part_of_the_key(name: str) -> None:
    """Each event has ids of its own."""
    before = one(body(name))
    others = dict.fromkeys(("id", "guid", "event_id", "event_guid"), "1")
    document = body(name)
    document = {"event": document["event"] | others} if "event" in document else document | others
    assert one(document).dedup_key == before.dedup_key


@pytest.mark.fault_elsewhere(
    "Grafana OnCall, ilert", "all rules of a node are one incident: the end of one ends others"
)
@pytest.mark.parametrize("name", ["open_critical", "flashduty"])
def test_two_violations_have_keys_of_their_own(name: str) -> None:
    """Even those of one rule on one tier, for it may have many business transactions."""
    document = body(name)
    assert one(document).dedup_key != one(document | {"incident_id": "90999"}).dedup_key


@pytest.mark.fault_elsewhere("Grafana OnCall", "application and node are the key, without the health rule")
def test_without_the_incident_the_rule_counts() -> None:
    """Two rules that a node violates are two alerts."""
    event = body("oncall")["event"]
    other = event | {"healthRule": {"id": "772", "name": "Heap"}}
    assert one({"event": event}).dedup_key != one({"event": other}).dedup_key


def test_events_of_unknown_kinds_are_not_one() -> None:
    """Those of one application without a rule; the end of a violation that names none ends neither."""
    event = {"app_name": "shop", "severity": "ERROR", "event_guid": "1", "event_deep_link": "x"}
    kinds = ("AGENT_EVENT", "LICENSE_EVENT", "POLICY_CLOSE_WARNING")
    keys = {one(event | {"event_type": kind}).dedup_key for kind in kinds}
    assert len(keys) == len(kinds)


def test_crashes_of_pagerdutys_template_are_not_one() -> None:
    """Where the details name no application, the key of the template tells them apart."""
    paged = body("pagerduty") | {"details": {"event_type": "APPLICATION_CRASH"}}
    assert one(paged).dedup_key != one(paged | {"incident_key": "web-2 - shop"}).dedup_key
    assert one(paged).dedup_key != one(body("pagerduty")).dedup_key


@pytest.mark.fault_elsewhere("Keep", "a missing key, even that of the message, loses the alert")
@pytest.mark.parametrize("missing", list(body("open_critical")))
def test_one_missing_key_loses_no_alert(missing: str) -> None:
    """But for the type of the event, which is the state."""
    document = {key: value for key, value in body("open_critical").items() if key != missing}
    if missing == "event_type":
        with pytest.raises(PayloadError):
            one(document)
    else:
        assert (one(document).state, one(document).severity) == (State.FIRING, Severity.CRITICAL)


@pytest.mark.fault_elsewhere("Keep", "the end of a violation fires, since only the severity is read")
@pytest.mark.parametrize("prefix", ["POLICY_", "HEALTH_RULE_", "ANOMALY_", ""])
@pytest.mark.parametrize("word", ["CLOSE", "CLOSE_WARNING", "CLOSE_CRITICAL", "CANCELED_WARNING", "CANCELED_CRITICAL"])
def test_the_type_of_the_event_ends_it(prefix: str, word: str) -> None:
    """The severity of an end is INFO, which says nothing."""
    alert = one(body("close_critical") | {"event_type": prefix + word})
    assert (alert.state, alert.dedup_key) == (State.RESOLVED, one(body("open_critical")).dedup_key)
    assert alert.severity is not Severity.INFO


@pytest.mark.parametrize(
    ("kind", "severity", "expected"),
    [
        ("POLICY_UPGRADED", "WARN", Severity.CRITICAL),
        ("POLICY_DOWNGRADED", "ERROR", Severity.MEDIUM),
        ("POLICY_CONTINUES_WARNING", "ERROR", Severity.MEDIUM),
        ("OPEN", "ERROR", Severity.CRITICAL),
        ("OPEN", "WARN", Severity.MEDIUM),
        ("APPLICATION_CONFIG_CHANGE", "INFO", Severity.INFO),
    ],
)
def test_the_type_of_the_violation_is_the_level(kind: str, severity: str, expected: Severity) -> None:
    """The severity counts where the type has none."""
    assert one(body("open_critical") | {"event_type": kind, "severity": severity}).severity is expected


# --- Variables --------------------------------------------------------------------------------------------------------


def test_the_payload_of_the_guide() -> None:
    """It has the keys of the fixtures, and the texts that may break it are the last."""
    assert template().keys() == body("open_critical").keys()
    assert all(re.fullmatch(r"\$\{[\w.]+\}", value) for value in template().values())
    assert list(template())[-3:] == ["event_name", "summary", "event_message"]
    with pytest.raises(PayloadError):
        one(template())


@pytest.mark.parametrize("name", ["incident_id", "app_name", "tier_name", "node_name", "health_rule_name"])
@pytest.mark.parametrize("variable", ["${latestEvent.node.name}", "$!{latestEvent.tier.name}", "web-${x}"])
def test_a_variable_that_was_not_filled_in_is_no_key(name: str, variable: str) -> None:
    """It would be the same for all alerts."""
    document = body("open_critical") | {name: variable}
    for alert in (one(document), one(document | {"incident_id": ""}), one(broken(document))):
        assert "$" not in alert.dedup_key


def test_variables_that_some_events_lack_are_no_problem() -> None:
    """Others are."""
    assert not codes(one(body("deployment")))
    assert ProblemCode.UNRENDERED in codes(one(body("open_critical") | {"severity": "${latestEvent.severety}"}))


# --- Templates of others ----------------------------------------------------------------------------------------------


def test_splunk_on_call_of_a_violation() -> None:
    """Its entity is the incident."""
    fields = {
        "message_type": "CRITICAL",
        "entity_id": "90412",
        "state_message": "Checkout is slow",
        "alert_url": "https://acme.saas.appdynamics.com/#location=X",
        "monitoring_tool": "AppDynamics",
    }
    opened, closed = (one(fields | {"ad_event_type": f"POLICY_{word}_CRITICAL"}) for word in ("OPEN", "CLOSE"))
    assert (opened.state, closed.state) == (State.FIRING, State.RESOLVED)
    assert (opened.identity, closed.identity) == ({"incident": "90412"}, {"incident": "90412"})


@pytest.mark.parametrize(
    "own", [{"eventType": "POLICY_OPEN_WARNING", "incidentId": "7", "application": "shop", "eventTime": "soon"}]
)
def test_names_in_camel_case(own: dict[str, str]) -> None:
    """A template of one's own with the same names."""
    assert one(own).dedup_key == "appdynamics:application=shop,incident=7"


def test_events_of_keeps_template_never_end() -> None:
    """They name no type of event; a title ends nothing."""
    alert = one(body("keep") | {"name": "Health Rule Violation Ended - Critical"})
    assert (alert.state, alert.resolvable) == (State.FIRING, False)
    assert one(body("crash")).resolvable is False
    assert one(body("open_critical")).resolvable is True


# --- Bodies that are not quite JSON -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["oncall", "flashduty", "pagerduty", "keep", "crash"])
def test_line_breaks_and_commas_are_mended_in_all_templates(name: str) -> None:
    """Velocity escapes nothing, and `#if` leaves commas."""
    text = json.dumps(body(name))
    alert = one(text.replace("slow", "slow\nagain").replace(" is ", "\tis\r\n")[:-1] + ",\n}")
    assert alert.dedup_key == one(body(name)).dedup_key
    assert ProblemCode.MALFORMED in codes(alert)


def test_a_quote_in_a_message() -> None:
    """The texts before it are read, and nothing in it resolves."""
    alert = one(broken(body("open_critical") | {"summary": 'a "b"", "event_type": "POLICY_CLOSE_CRITICAL", "x": "'}))
    assert (alert.state, alert.dedup_key) == (State.FIRING, one(body("open_critical")).dedup_key)


def test_a_quote_in_a_message_of_grafana_oncalls_template() -> None:
    """The texts before it are read, though they stand in an object."""
    alert = one(json.dumps(body("oncall")).replace("slow", '"slow"'))
    assert (alert.state, alert.severity, codes(alert) >= {ProblemCode.MALFORMED}) == (
        State.FIRING,
        Severity.CRITICAL,
        True,
    )
    assert alert.message == "Response time above baseline"


def test_a_type_and_a_text_suffice() -> None:
    """A small template of one's own names nothing else."""
    first, other = (one({"eventType": "POLICY_OPEN_CRITICAL", "summary": text}) for text in ("slow", "down"))
    assert (first.state, first.severity) == (State.FIRING, Severity.CRITICAL)
    assert first.dedup_key != other.dedup_key


def test_tags_are_no_text() -> None:
    """Comparisons are."""
    alert = one(body("open_critical") | {"event_message": "<b>CPU</b> is > 90 %<br/>a < b &lt;5&gt;"})
    assert alert.message.splitlines()[1:] == ["CPU is > 90 %", "a < b <5>"]


# --- Histories --------------------------------------------------------------------------------------------------------


def test_one_incident_from_start_to_end() -> None:
    """It becomes critical, goes on, and ends; the other one stays open."""
    book = IncidentBook()
    steps = ("open_critical", "open_warning", "continues", "close_critical")
    for minute, name in enumerate(steps):
        book.apply([one(body(name), received_at=datetime(2026, 3, 4, 10, 42 + minute, tzinfo=UTC))])
    assert [incident.dedup_key for incident in book.open] == ["appdynamics:application=shop,incident=90413"]


def test_a_late_delivery_of_the_start_reopens_nothing() -> None:
    """Each event has a time of its own."""
    book = IncidentBook()
    for minute, name in enumerate(("open_critical", "close_critical", "open_critical")):
        book.apply([one(body(name), received_at=datetime(2026, 3, 4, 10, 42 + 5 * minute, tzinfo=UTC))])
    assert not book.open


def test_recognition() -> None:
    """Each template is recognised by what only AppDynamics writes."""
    for name in ("open_critical", "crash", "oncall", "flashduty", "pagerduty", "keep"):
        found = detect(json.dumps(body(name)))
        assert found is not None
        assert found.vendor == VENDOR
    assert detect('{"event_type": "trigger", "incident_key": "a", "description": "b"}') is None

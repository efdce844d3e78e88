"""Datadog: what the fixtures cannot say, above all payloads that users write themselves."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from alertmap import Alert, Request, Severity, State, detect, parse
from alertmap.adapters import datadog
from alertmap.model import ProblemCode, Reason

VENDOR = "datadog"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR


def body(name: str) -> dict[str, Any]:
    """Return the document of a fixture."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return document


def one(document: dict[str, Any]) -> Alert:
    """Return the only alert of a document."""
    [alert] = parse(VENDOR, json.dumps(document))
    return alert


def codes(alert: Alert) -> set[ProblemCode]:
    """Return the codes of an alert's problems."""
    return {problem.code for problem in alert.problems}


def template() -> dict[str, str]:
    """Return the payload of the set-up guide."""
    found = re.search(r"```json\n(.*?)```", datadog.__doc__ or "", re.DOTALL)
    assert found
    document: dict[str, str] = json.loads(found[1])
    return document


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("Grafana OnCall, grafana/oncall#3158", "a title with `[P3] [Recovered]` is no recovery")
@pytest.mark.parametrize(
    "title",
    [
        "[P3] [Recovered on {host:web-1}] CPU high",
        "[Recovered on {host:web-1}] CPU high",
        "[P3] [Warn Recovered on {host:web-1}] CPU high",
        "[Recovered on {host:web-1}] [P3] CPU high",
    ],
)
def test_a_priority_before_the_state_hides_no_recovery(title: str) -> None:
    """The default payload has its state in the title only."""
    alert = one(body("default") | {"title": title})
    assert alert.state is State.RESOLVED
    assert (alert.dedup_key, alert.title) == (one(body("default")).dedup_key, "CPU high")


@pytest.mark.fault_elsewhere("most receivers", "the default payload has no state, so each recovery opens an incident")
def test_a_default_payload_without_a_state_in_its_title_ends_nothing() -> None:
    """A monitor whose own name begins with a word of states is not over."""
    for title in ("[P3] [Triggered] [Recovered] disks", "Recovered disks", "[Disks] Recovered"):
        assert one(body("default") | {"title": title}).state is State.FIRING


@pytest.mark.fault_elsewhere("Keep", "a payload whose tags do not hold `monitor` is not read at all")
@pytest.mark.parametrize("tags", ["", "env:prod", ["env:prod", "team:shop"], None])
def test_no_tag_is_expected(tags: object) -> None:
    """Tags are labels, and nothing else."""
    assert one(body("keep") | {"tags": tags}).state is State.FIRING


@pytest.mark.fault_elsewhere("Keep", "an empty time is not read at all")
@pytest.mark.parametrize("time", ["", None, "soon", "$LAST_UPDATED"])
def test_a_bad_time_costs_no_alert(time: object) -> None:
    """The alert has no time then."""
    alert = one(body("keep") | {"last_updated": time, "date": time})
    assert (alert.state, alert.occurred_at) == (State.FIRING, None)


@pytest.mark.fault_elsewhere("Keep", "P4 is info, P3 a warning, and P5 is not known")
@pytest.mark.parametrize(
    ("priority", "severity"),
    [
        ("P1", Severity.CRITICAL),
        ("P2", Severity.HIGH),
        ("P3", Severity.MEDIUM),
        ("P4", Severity.LOW),
        ("P5", Severity.INFO),
    ],
)
def test_each_priority_has_a_severity_of_its_own(priority: str, severity: Severity) -> None:
    """P1 is the highest."""
    assert one(body("triggered") | {"alert_priority": priority}).severity is severity


@pytest.mark.fault_elsewhere(
    "ITOC360's template", "the priority of the event, normal or low, is taken for the monitor's"
)
@pytest.mark.parametrize("word", ["normal", "low", "", "$ALERT_PRIORITY"])
@pytest.mark.parametrize("key", ["alert_priority", "severity", "priority"])
def test_the_priority_of_the_event_is_no_level(key: str, word: str) -> None:
    """The type of the alert is the level then."""
    document = body("itoc360")
    del document["priority"]
    alert = one(document | {key: word})
    assert (alert.level, alert.severity) == ("error", Severity.HIGH)


@pytest.mark.fault_elsewhere("receivers that key on the monitor", "the recovery of one group ends those of the others")
@pytest.mark.parametrize(
    "left_out",
    [(), ("alert_scope",), ("alert_scope", "event_title"), ("alert_scope", "event_title", "alert_cycle_key")],
)
def test_groups_of_a_monitor_have_keys_of_their_own(left_out: tuple[str, ...]) -> None:
    """Whatever the payload leaves out."""
    documents = [body("triggered"), body("other_group")]
    keys = [
        one({key: value for key, value in document.items() if key not in left_out}).dedup_key for document in documents
    ]
    assert len(set(keys)) == 2


@pytest.mark.fault_elsewhere(
    "receivers that key on $ID", "each notification has an id of its own: nothing is ever closed"
)
def test_the_id_of_the_event_is_no_part_of_the_key() -> None:
    """Nor is it an episode."""
    first, again = (one(body("keep") | {"id": number, "event_id": number}) for number in ("1", "2"))
    assert (first.dedup_key, first.episode) == (again.dedup_key, again.episode)


# --- Variables --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["alert_id", "alert_scope", "alert_cycle_key", "aggreg_key", "hostname", "event_title"])
@pytest.mark.parametrize("literal", ["$FOO", "$TAGS[kube-cluster]", "$ALERT_SCOPE"])
def test_a_variable_that_was_not_filled_in_is_no_key(key: str, literal: str) -> None:
    """It would be the same for all alerts."""
    alert = one(body("triggered") | {key: literal})
    assert "$" not in alert.dedup_key
    assert "$" not in (alert.episode or "")
    assert "$" not in alert.title


@pytest.mark.parametrize("literal", ["$HOSTNAME", "$SNAPSHOT", "$TAGS[team]", "$INCIDENT_TITLE"])
def test_a_variable_without_a_value_is_no_problem(literal: str) -> None:
    """Datadog has no host for many monitors."""
    assert codes(one(body("triggered") | {"snapshot": literal})) == set()


@pytest.mark.parametrize("word", ["Null", "NULL"])
@pytest.mark.parametrize(("kind", "state"), [("success", State.RESOLVED), ("error", State.FIRING)])
def test_without_a_transition_the_type_is_the_state(word: str, kind: str, state: State) -> None:
    """As for an event that is no monitor's."""
    assert one(body("triggered") | {"alert_transition": word, "alert_type": kind}).state is state


@pytest.mark.parametrize("literal", ["$ALERT_TRANSITION", "$TRANSITION", None])
def test_a_transition_that_was_not_filled_in_fires(literal: str | None) -> None:
    """A payload that is wrong ends nothing."""
    alert = one(body("recovered") | {"alert_transition": literal})
    assert alert.state is State.FIRING
    assert ProblemCode.STATE_GUESSED in codes(alert)


@pytest.mark.parametrize("word", ["Triggered", "Re-Triggered", "Renotify", "Warn", "Re-Warn", "No Data", "Re-No Data"])
def test_words_of_the_documentation_that_fire(word: str) -> None:
    """A warning is never above medium unless the monitor has a priority."""
    alert = one(body("triggered") | {"alert_transition": word, "alert_priority": "", "event_title": "CPU high"})
    assert alert.state is State.FIRING
    assert alert.no_data is ("No Data" in word)
    assert alert.severity is (Severity.MEDIUM if "Warn" in word else Severity.HIGH)


def test_a_renotification_of_no_data_is_known_by_its_title() -> None:
    """Its transition does not name it."""
    title = "[P2] [No Data on {env:prod,host:web-1}] CPU high on web-1"
    assert one(body("renotify") | {"event_title": title}).no_data


# --- The guide, tests, forms ------------------------------------------------------------------------------------------


def test_the_payload_of_the_guide() -> None:
    """It is JSON, has the keys of the fixture, and nothing of it becomes a key before it is filled in."""
    assert template().keys() == body("triggered").keys()
    assert all(re.fullmatch(r"\$[A-Z_]+", value) for value in template().values())
    assert codes(one(body("triggered"))) == set()


@pytest.mark.parametrize("title", ["[TEST] [Triggered] CPU", "[P2] [TEST] [Recovered on {host:a}] CPU"])
def test_a_test_notification_is_no_alert(title: str) -> None:
    """Whatever state it tries."""
    assert parse(VENDOR, json.dumps(body("triggered") | {"event_title": title})).reason is Reason.TEST


@pytest.mark.parametrize("title", ["[TEST] CPU", "[Triggered] [TEST] CPU", "TEST [Triggered] CPU"])
def test_a_monitor_that_is_named_test_is_an_alert(title: str) -> None:
    """Its name comes after the state."""
    assert one(body("triggered") | {"event_title": title}).state is State.FIRING


def test_a_form_has_the_same_key() -> None:
    """The payload of the guide, encoded as a form."""
    text = urlencode(body("triggered"))
    [alert] = parse(VENDOR, Request(text, headers={"Content-Type": "application/x-www-form-urlencoded"}))
    assert alert.dedup_key == one(body("triggered")).dedup_key


@pytest.mark.parametrize("key", ["title", "alert_title", "alert_id", "monitorId"])
def test_one_name_of_the_monitor_suffices(key: str) -> None:
    """Small payloads have neither the transition nor a type."""
    keys = {one({key: name, "body": "x"}).dedup_key for name in ("[Triggered] CPU", "[Triggered] Disk")}
    assert len(keys) == 2


@pytest.mark.parametrize("name", ["triggered", "recovered"])
def test_a_value_without_quotes_loses_no_alert(name: str) -> None:
    """The payload is no JSON then; what stands before the value is read, and nothing behind it resolves."""
    text = json.dumps(body(name) | {"tags": "@"}).replace('"@"', 'env:prod, "alert_transition": "Recovered"')
    [alert] = parse(VENDOR, text)
    intact = one(body(name))
    assert (alert.state, alert.dedup_key, alert.severity) == (intact.state, intact.dedup_key, intact.severity)
    assert ProblemCode.MALFORMED in codes(alert)


@pytest.mark.parametrize("name", ["triggered", "default", "keep", "camel_case", "upper_case", "no_data"])
def test_is_recognised(name: str) -> None:
    """In all common spellings."""
    found = detect(json.dumps(body(name)))
    assert found is not None
    assert found.vendor == VENDOR

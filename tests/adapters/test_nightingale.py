"""Nightingale: what the fixtures cannot say, above all lists in which each event counts for itself."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Batch, PayloadError, Request, Severity, State, detect, parse, parse_document
from alertmap.model import ProblemCode, Reason

VENDOR = "nightingale"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR


def document(name: str) -> Any:
    """Return the document of a fixture."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def parsed(value: Any) -> Batch:
    """Return the batch of a document."""
    return parse_document(VENDOR, value)


def one(value: Any) -> Alert:
    """Return the only alert of a document."""
    [alert] = parsed(value)
    return alert


def codes(alert: Alert) -> set[ProblemCode]:
    """Return the codes of an alert's problems."""
    return {problem.code for problem in alert.problems}


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("Alertmanager's users, prometheus/alertmanager#1051", "the state of a list is that of one")
@pytest.mark.fault_elsewhere("goalert, target/goalert#4461", "one recovery closes all")
def test_each_event_of_a_list_has_its_own_state() -> None:
    """A list may hold a trigger and a recovery, also of one alert, in order."""
    fired, ended = document("critical"), document("critical_recovered")
    states = [(alert.state, alert.dedup_key) for alert in parsed([fired, document("warning"), ended])]
    assert [state for state, _ in states] == [State.FIRING, State.FIRING, State.RESOLVED]
    assert states[0][1] == states[2][1] != states[1][1]


@pytest.mark.fault_elsewhere("A receiver of its callbacks, ccfos/nightingale#2917", "no field pairs alert and recovery")
def test_the_id_and_the_times_are_no_identity() -> None:
    """Each notification has an id and a time of its own."""
    names = ("critical", "critical_again", "critical_recovered")
    assert len({document(name)["id"] for name in names}) == 3
    assert len({one(document(name)).dedup_key for name in names}) == 1
    assert len({one(document(name)).episode for name in names}) == 1


@pytest.mark.fault_elsewhere("Splunk's and HyperDX' users, hyperdxio/hyperdx#861", "the sender never announces an end")
def test_a_rule_without_recoveries_is_not_resolvable() -> None:
    """The event names it; where it does not, a recovery may come."""
    event = document("no_recoveries")
    assert not one(event).resolvable
    assert one(event | {"notify_recovered": 1}).resolvable
    del event["notify_recovered"]
    assert one(event).resolvable


# --- State, key, values -----------------------------------------------------------------------------------------------


def test_the_test_buttons_open_nothing() -> None:
    """Whatever rule is tested; a real rule of the same name is an alert."""
    for name in ("test_of_notification", "test_of_rule"):
        batch = parsed(document(name))
        assert (len(batch), batch.reason) == (0, Reason.TEST)
    assert one(document("critical") | {"rule_name": "[TEST] disk full"}).state is State.FIRING


def test_a_recovery_ends_at_its_last_evaluation() -> None:
    """The time of the trigger stays in a recovery and is not the end."""
    event = document("critical_recovered")
    assert (event["recover_time"], event["trigger_time"]) == (0, document("critical_again")["trigger_time"])
    assert one(event).occurred_at == datetime.fromtimestamp(event["last_eval_time"], UTC)
    assert one(event | {"recover_time": 1795257170}).occurred_at == datetime.fromtimestamp(1795257170, UTC)


@pytest.mark.parametrize(("word", "state"), [(True, "resolved"), (1, "resolved"), (False, "firing"), (0, "firing")])
def test_the_state_is_a_flag(word: object, state: str) -> None:
    """Version 9 writes a boolean, the API a number."""
    alert = one(document("critical") | {"is_recovered": word})
    assert (alert.state.value, codes(alert)) == (state, set())


def test_a_time_of_recovery_resolves_nothing() -> None:
    """Without the flag the event fires, and has a problem."""
    event = document("critical_recovered") | {"recover_time": 1795257170}
    del event["is_recovered"]
    alert = one(event)
    assert (alert.state, codes(alert)) == (State.FIRING, {ProblemCode.STATE_GUESSED})


def test_the_severity_is_a_number_as_well_as_a_text() -> None:
    """Severity 2 is the one of three that is called warning."""
    assert one(document("critical") | {"severity": "2"}).severity is Severity.MEDIUM


def test_tags_are_split_at_the_first_equals_sign() -> None:
    """A value may hold the sign; a tag without it has a blank value, which is left out."""
    labels = one(document("api") | {"tags": ["note=a=b", "bare", "ident=web-1"]}).labels
    assert (labels["note"], labels["ident"]) == ("a=b", "web-1")
    assert "bare" not in labels


def test_events_without_a_hash_differ_by_their_tags() -> None:
    """Two series of a rule, and the same series of another data source, have keys of their own."""
    event = document("api")
    others = [event, event | {"tags": ["ident=web-2", "rulename=cpu high"]}, event | {"datasource_id": 3}]
    assert len({one(other).dedup_key for other in others}) == 3


@pytest.mark.parametrize(
    ("text", "value"), [("97.12%", 97.12), ("97.1", 97.1), ("3 GiB", "3 GiB"), ("-0.5%", -0.5), ("NaN", "NaN")]
)
def test_the_text_of_the_value(text: str, value: object) -> None:
    """Where there is no exact value, the text counts."""
    assert one(document("version_5") | {"trigger_value": text}).values == {"value": value}


def test_the_exact_value_has_precedence() -> None:
    """The text is rounded: 97.12%."""
    event = document("critical")
    assert (event["trigger_value"], one(event).values) == ("97.12%", {"value": 97.125})


def test_persons_are_in_no_field() -> None:
    """Names, numbers and addresses of those who are notified stay in the raw document."""
    event = document("critical")
    event["notify_users_obj"][0] |= {"phone": "+4700000000", "email": "person@example.org", "nickname": "Person"}
    alert = one(event)
    for text in ("+4700000000", "person@example.org", "Person"):
        assert text not in repr(alert)


# --- Recognition ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["critical", "list", "version_5", "api", "test_of_notification"])
def test_all_versions_are_recognised(name: str) -> None:
    """One event or a list of them, of any version."""
    found = detect(json.dumps(document(name)))
    assert found is not None
    assert found.vendor == VENDOR


@pytest.mark.parametrize("body", ["[]", "[7]", '{"rule_id": 1, "severity": 2}', '{"hash": "x", "rule_name": "x"}'])
def test_other_bodies_are_not_recognised(body: str) -> None:
    """A few common keys do not suffice."""
    assert detect(body) is None


def test_a_bad_event_does_not_affect_the_others() -> None:
    """It is a problem of the batch."""
    batch = parsed([7, document("critical"), {"severity": 1}])
    assert [alert.severity for alert in batch] == [Severity.CRITICAL]
    assert [problem.code for problem in batch.problems] == [ProblemCode.BAD_ELEMENT, ProblemCode.BAD_ELEMENT]


def test_a_body_of_ones_own_is_refused() -> None:
    """It is a case for `generic`."""
    with pytest.raises(PayloadError):
        parse(VENDOR, Request(json.dumps(document("own_template"))))

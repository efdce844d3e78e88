"""Sematext: what the fixtures cannot say, above all parameters that users choose."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from alertmap import Alert, IncidentBook, Request, State, parse
from alertmap.adapters import sematext
from alertmap.codec import to_dict
from alertmap.model import ProblemCode

VENDOR = "sematext"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR


def body(name: str = "heartbeat", /, **more: Any) -> dict[str, Any]:
    """Return the document of a fixture, with other keys."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return document | more


def one(document: dict[str, Any]) -> Alert:
    """Return the only alert of a document."""
    [alert] = parse(VENDOR, json.dumps(document))
    return alert


def codes(alert: Alert) -> set[ProblemCode]:
    """Return the codes of an alert's problems."""
    return {problem.code for problem in alert.problems}


def test_the_parameters_of_the_guide() -> None:
    """They are those of the fixtures, and none of them becomes a key before it is filled in."""
    assert sematext.__doc__
    block = sematext.__doc__.partition("```text")[2].partition("```")[0]
    template = dict(line.split() for line in block.strip().splitlines())
    assert template.keys() | {"filters"} == body().keys()
    assert all(value == f"${name}" for name, value in template.items())
    alert = one(template | {"ruleType": "HEARTBEAT"})
    assert ProblemCode.UNRENDERED in codes(alert)
    assert "$" not in alert.dedup_key + alert.title


@pytest.mark.fault_elsewhere("Squadcast's card of Sematext", "the word that it is back to normal is not sent")
@pytest.mark.parametrize("word", ["true", "True", True])
def test_back_to_normal_ends_the_alert(word: object) -> None:
    """As text, and as a boolean."""
    alert = one(body(backToNormal=word))
    assert (alert.state, alert.dedup_key) == (State.RESOLVED, one(body()).dedup_key)


@pytest.mark.parametrize("word", [None, "", "$backToNormal", 1, "back"])
def test_nothing_else_ends_it(word: object) -> None:
    """It fires, with a problem."""
    alert = one(body(backToNormal=word, title="Back to normal", description="Back to normal"))
    assert alert.state is State.FIRING
    assert codes(alert) & {ProblemCode.STATE_GUESSED, ProblemCode.STATE_UNKNOWN}


@pytest.mark.fault_elsewhere("receivers that key on the app", "one rule that is back to normal ends the alerts of all")
@pytest.mark.parametrize("more", [{"webHookName": "CPU"}, {"filters": {"os.host": "web-2"}}, {"applicationId": "7002"}])
def test_rules_apps_and_hosts_have_alerts_of_their_own(more: dict[str, Any]) -> None:
    """The title tells nothing apart: it is always the same."""
    assert one(body(**more)).dedup_key != one(body()).dedup_key


@pytest.mark.parametrize("key", ["title", "description", "createTimestamp", "troubleshootUrl"])
def test_no_text_is_a_part_of_the_key(key: str) -> None:
    """A description may hold the value."""
    assert one(body(**{key: "another"})).dedup_key == one(body()).dedup_key


@pytest.mark.parametrize("filters", [{"os.host": "web-1"}, '{"os.host": "web-1"}', "{os.host=web-1}"])
def test_the_filters_have_no_known_form(filters: object) -> None:
    """An object, its JSON and a map as Java prints it are the same."""
    alert = one(body(filters=filters))
    assert alert.dedup_key == one(body()).dedup_key
    assert alert.labels["os.host"] == "web-1"
    assert one(body(filters="os.host:web-1")).identity["filters"] == "os.host:web-1"


def test_the_address_of_the_hook_stays_inside() -> None:
    """It may have the token of the receiver."""
    found = to_dict(one(body(url="https://receiver.example/sematext?token=made-up", applicationToken="made-up")))
    found.pop("raw", None)
    assert "made-up" not in json.dumps(found)


def test_an_end_at_the_time_of_its_beginning_counts() -> None:
    """The time is that of the creation of the alert, and may be the same in both."""
    book = IncidentBook()
    book.apply([one(body()), one(body(backToNormal="true"))])
    assert not list(book.open)
    book.apply([one(body(createTimestamp="1772622000000"))])
    assert len(list(book.open)) == 1


def test_only_a_heartbeat_is_about_missing_data() -> None:
    """And only while it is missing."""
    assert one(body()).no_data
    assert not one(body(backToNormal="true")).no_data
    assert not one(body("value")).no_data


def test_a_form_and_a_query_have_the_same_key() -> None:
    """Sematext sends either, and either way all values are texts."""
    document = {key: value for key, value in body().items() if key != "filters"}
    form = Request(urlencode(document), headers={"Content-Type": "application/x-www-form-urlencoded"})
    query = Request(method="GET", path=f"/sematext?{urlencode(document)}")
    keys = {alert.dedup_key for request in (form, query) for alert in parse(VENDOR, request)}
    assert keys == {one(document).dedup_key}


def test_the_kind_of_the_rule_may_be_left_out() -> None:
    """Users choose the parameters: with the state in its place the hook and the app are the key."""
    document = body()
    del document["ruleType"]
    fired, over = one(document), one(document | {"backToNormal": "true"})
    assert (fired.state, over.state) == (State.FIRING, State.RESOLVED)
    assert fired.dedup_key == over.dedup_key
    assert fired.dedup_key != one(document | {"webHookName": "another"}).dedup_key


def test_a_credential_among_the_filters_stays_inside() -> None:
    """Users choose the tags that a rule groups by."""
    alert = one(body(filters={"os.host": "web-1", "token": "made-up"}))
    assert alert.dedup_key == one(body()).dedup_key
    assert "made-up" not in alert.resource

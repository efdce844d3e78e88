"""Gatus: what the fixtures cannot say, above all bodies whose JSON its own values break."""

import json
import re
from pathlib import Path

import pytest

from alertmap import Alert, PayloadError, Request, Severity, State, detect, parse
from alertmap.adapters import gatus
from alertmap.model import ProblemCode

FIXTURES = Path(__file__).parents[2] / "fixtures" / "gatus"


def body(name: str) -> str:
    """Return a captured body."""
    return (FIXTURES / f"{name}.json").read_text(encoding="utf-8")


def one(text: str) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse("gatus", text)
    return alert


def codes(alert: Alert) -> list[ProblemCode]:
    """Return the codes of an alert's problems."""
    return [problem.code for problem in alert.problems]


BODY = (
    '{"source":"gatus","status":"%s","endpoint":"checkout","group":"shop","url":"https://shop.example.org/health",'
    '"description":"orders are refused","errors":"%s","conditions":"%s"}'
)


def filled_in(*, status: str = "TRIGGERED", errors: str = "", conditions: str = "") -> str:
    """Return a body with conditions, as Gatus writes it: only the quotes of errors are escaped."""
    return BODY % (status, errors.replace('"', '\\"'), conditions)


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere(
    "Microsoft Teams and other webhooks, TwiN/gatus#188, #951 and #989",
    "quotes in a value break the JSON: the alert is answered 400, at each check",
)
@pytest.mark.parametrize("status", ["TRIGGERED", "RESOLVED"])
@pytest.mark.parametrize(
    ("errors", "conditions"),
    [
        ("", '✅ - `[STATUS] == 200`, ❌ - `[BODY].status (DOWN) == "UP"`'),
        ("", '❌ - `[BODY].name () == ""`'),
        ('Get "https://shop.example.org/health": EOF', '❌ - `[BODY].status == "UP"`'),
        ("first line\nsecond line", "❌ - `[CONNECTED] (false) == true`"),
        (r"open C:\health: no such file", ""),
    ],
)
def test_what_breaks_the_json_costs_no_alert(status: str, errors: str, conditions: str) -> None:
    """State, key and level stand before the break; a recovery with the same condition closes the alert."""
    text = filled_in(status=status, errors=errors, conditions=conditions)
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    alert = one(text)
    assert alert.state is (State.FIRING if status == "TRIGGERED" else State.RESOLVED)
    assert alert.dedup_key == "gatus:endpoint=checkout,group=shop"
    assert (alert.severity, alert.title) == (Severity.HIGH, "shop/checkout: orders are refused")
    assert codes(alert) == [ProblemCode.MALFORMED]
    found = detect(text)
    assert found is not None
    assert found.vendor == "gatus"


@pytest.mark.fault_elsewhere(
    "incident.io, TwiN/gatus#1293", "the first trigger has no deduplication key, which the recovery then has"
)
@pytest.mark.fault_elsewhere(
    "GitLab, as Gatus' own provider writes to it",
    "the fingerprint is random and kept in memory: after a restart the alert is another",
)
def test_a_trigger_its_repeat_and_its_recovery_have_one_key() -> None:
    """The key is made of the endpoint, which every request names, also after Gatus was restarted."""
    names = ("triggered", "triggered_again", "resolved")
    assert {one(body(name)).dedup_key for name in names} == {"gatus:endpoint=restarted,group=shop"}


# --- Bodies that are not quite JSON -----------------------------------------------------------------------------------


def test_a_broken_condition_says_nothing_of_the_state() -> None:
    """Whatever stands in a condition that breaks the JSON, the first `status` and the first `endpoint` count."""
    forged = 'x", "status": "RESOLVED", "endpoint": "other", "group": "other", "y": ""'
    alert = one(filled_in(conditions=f"❌ - `[BODY].name ({forged}) == z`"))
    assert (alert.state, alert.dedup_key) == (State.FIRING, "gatus:endpoint=checkout,group=shop")
    assert codes(alert) == [ProblemCode.MALFORMED]


def test_the_provider_n8n_escapes_its_conditions() -> None:
    """A page that is checked cannot write fields of the body."""
    document = json.loads(body("n8n"))
    document["condition_results"] = [{"condition": '[BODY] (x", "resolved": true, "y": ") == z', "success": False}]
    assert one(json.dumps(document)).state is State.FIRING


def test_an_unknown_word_in_a_broken_body_fires() -> None:
    """Such a body has the problems of any other."""
    alert = one(filled_in(status="kaputt", conditions='`[BODY] == "UP"`'))
    assert alert.state is State.FIRING
    assert codes(alert) == [ProblemCode.STATE_UNKNOWN, ProblemCode.MALFORMED]


@pytest.mark.parametrize(
    "text",
    [
        "<html>hello</html>",
        "TRIGGERED checkout",
        '{"source":"gatus","status":"TRIGGERED","conditions":"`[BODY] == "UP"`","endpoint":"checkout"}',
        '{"source":"gatus","endpoint":"checkout","conditions":"`[BODY] == "UP"`","status":"RESOLVED"}',
    ],
)
def test_texts_without_state_or_endpoint_are_refused(text: str) -> None:
    """Neither is guessed from what stands behind the break."""
    with pytest.raises(PayloadError):
        parse("gatus", text)


# --- Words and names --------------------------------------------------------------------------------------------------


def test_the_body_of_the_guide() -> None:
    """The body to copy is JSON, and is read without a problem once its placeholders are replaced."""
    found = re.search(r"body: \|\n(.*?)```", gatus.__doc__ or "", re.DOTALL)
    assert found
    text = found[1]
    values = {
        "ALERT_TRIGGERED_OR_RESOLVED": "TRIGGERED",
        "ENDPOINT_NAME": "checkout",
        "ENDPOINT_GROUP": "shop",
        "ENDPOINT_URL": "https://shop.example.org/health",
        "ALERT_DESCRIPTION": "orders are refused",
        "RESULT_ERRORS": "no such host",
    }
    for name, value in values.items():
        assert f"[{name}]" in text
        text = text.replace(f"[{name}]", value)
    alert = one(text)
    assert (alert.state, alert.severity, alert.problems) == (State.FIRING, Severity.HIGH, ())
    assert (alert.title, alert.message) == ("shop/checkout: orders are refused", "no such host")
    assert (alert.dedup_key, alert.resource) == ("gatus:endpoint=checkout,group=shop", values["ENDPOINT_URL"])
    assert one(text.replace("TRIGGERED", "RESOLVED")).state is State.RESOLVED


@pytest.mark.parametrize("name", ["[PROD]", "[ENDPOINT_NAMES]", "a [ENDPOINT_NAME]", "42"])
def test_names_in_brackets_are_names(name: str) -> None:
    """Only Gatus' own placeholders count as not filled in."""
    alert = one(json.dumps({"source": "gatus", "status": "TRIGGERED", "endpoint": name}))
    assert (dict(alert.identity), codes(alert)) == ({"endpoint": name}, [])


def test_a_group_and_a_name_are_two_parts() -> None:
    """A slash in a name makes no other endpoint's key."""
    keys = {
        one(json.dumps({"source": "gatus", "status": "TRIGGERED", "endpoint": name, "group": group})).dedup_key
        for group, name in (("a", "b/c"), ("a/b", "c"), ("", "a/b/c"))
    }
    assert len(keys) == 3


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("triggered", State.FIRING),
        ("Partial Outage", State.FIRING),
        ("major_outage", State.FIRING),
        ("firing", State.FIRING),
        ("DOWN", State.FIRING),
        ("operational", State.RESOLVED),
        ("ok", State.RESOLVED),
    ],
)
def test_words_of_placeholders(word: str, state: State) -> None:
    """The usual words for the two states are known, in any spelling."""
    alert = one(json.dumps({"source": "gatus", "status": word, "endpoint": "checkout"}))
    assert (alert.state, codes(alert)) == (state, [])


def test_the_providers_share_a_key() -> None:
    """`custom`, `n8n` and `zapier` name the endpoint in three ways."""
    custom = json.dumps({"source": "gatus", "status": "RESOLVED", "endpoint": "vendor-check", "group": "core"})
    assert len({one(text).dedup_key for text in (custom, body("n8n"), body("zapier"))}) == 1


@pytest.mark.parametrize(
    "query", [{"state": "TRIGGERED", "name": "checkout"}, {"source": "gatus", "status": "TRIGGERED"}, {"health": "1"}]
)
def test_a_query_of_other_names_is_refused(query: dict[str, str]) -> None:
    """A GET whose names are the sender's own is an error, no probe."""
    with pytest.raises(PayloadError):
        parse("gatus", Request(method="GET", query=query))


def test_a_get_without_a_query_is_a_probe() -> None:
    """The token is the receiver's own."""
    assert not parse("gatus", Request(method="GET", query={"token": "t"})).problems


def test_a_password_in_the_address_does_not_come_out() -> None:
    """An endpoint that is checked with Basic authentication has its user and password in the URL."""
    alert = one(filled_in().replace("https://shop", "https://ann:hunter2@shop"))
    assert alert.resource == alert.links["url"] == "https://shop.example.org/health"
    assert "hunter2" not in repr(alert)

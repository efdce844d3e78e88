"""The contract of trigger and resolve, whatever form it comes in."""

import json
from typing import Any
from urllib.parse import urlencode

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertmap import Alert, DecodeError, Reason, Request, Severity, ShapeError, State, detect, fingerprint, parse
from alertmap.adapters.zapier import STATES
from alertmap.model import ProblemCode, Times

ALERT = {"title": "Export failed", "status": "trigger", "id": "ci-4711", "severity": "high", "message": "Exit 3"}


def one(document: object) -> Alert:
    """The one alert of a document."""
    [alert] = parse("zapier", json.dumps(document))
    return alert


def codes(alert: Alert) -> list[ProblemCode]:
    """Return the codes of an alert's problems."""
    return [problem.code for problem in alert.problems]


def test_keys_are_those_of_itoc360() -> None:
    """The MD5 of the identity is the fingerprint that ITOC360 stores: of the id, or of the title without one."""
    with_id = one(ALERT)
    assert fingerprint("md5", *with_id.identity.values()) == "b56c87ad9b191ced6cbf02e27ea96cc6"
    without = one({"title": "Nightly export failed", "status": "trigger"})
    assert fingerprint("md5", *without.identity.values()) == "78e14e24a7363e5aeaefe434fed36602"


@pytest.mark.parametrize(("word", "is_contract"), [("De-activated", False), ("NO RMAL", False), ("re_solve", True)])
def test_words_in_other_spellings(word: str, *, is_contract: bool) -> None:
    """A word that the contract does not name is a problem in any spelling that counts as the word."""
    alert = one(ALERT | {"status": word})
    assert (alert.state, codes(alert)) == (State.RESOLVED, [] if is_contract else [ProblemCode.SYNONYM])


def test_a_form_with_files() -> None:
    """`multipart/form-data`, which Zapier sends where a field is a file, is the same alert, and is recognised."""
    parts = "".join(f'--x\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in ALERT.items())
    request = Request(f"{parts}--x--\r\n", headers={"Content-Type": "multipart/form-data; boundary=x"})
    [alert] = parse("zapier", request)
    assert alert == attrs.evolve(one(ALERT), raw=alert.raw)
    found = detect(request)
    assert found is not None
    assert found.vendor == "zapier"


def _xml(event: dict[str, str]) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in event.items())


@pytest.mark.parametrize(
    "request_",
    [
        Request(json.dumps(ALERT)),
        Request(json.dumps(ALERT), headers={"Content-Type": "application/x-www-form-urlencoded"}),
        Request(json.dumps([ALERT])),
        Request("\ufeff" + json.dumps(ALERT)),
        Request(urlencode(ALERT)),
        Request(urlencode(ALERT), headers={"Content-Type": "application/json"}),
        Request(urlencode({"payload": json.dumps(ALERT)})),
        Request(urlencode({"payload": json.dumps([ALERT])})),
        Request(_xml(ALERT)),
        Request(f"<alert>{_xml(ALERT)}</alert>"),
        Request(f"<alerts><alert>{_xml(ALERT)}</alert></alerts>"),
        Request(method="GET", path=f"/zapier?token=t0k3n&{urlencode(ALERT)}"),
        Request(json.dumps({"alert": ALERT})),
    ],
    ids=lambda request: f"{request.method} {request.body[:12]!r}",
)
def test_every_form_is_the_same_alert(request_: Request) -> None:
    """JSON, an array, a form, a payload field, XML and a query say the same: same key, texts and labels."""
    [alert] = parse("zapier", request_)
    assert alert.dedup_key == "zapier:id=ci-4711"
    assert (alert.state, alert.severity) == (State.FIRING, Severity.HIGH)
    assert (alert.title, alert.message, dict(alert.labels)) == ("Export failed", "Exit 3", {})
    assert {problem.code for problem in alert.problems} <= {ProblemCode.ENCODING}


@pytest.mark.parametrize(("word", "state"), STATES.items())
def test_words(word: str, state: State) -> None:
    """Every word of the tables counts in any case; those that the contract does not name are a problem."""
    alert = one(ALERT | {"status": f" {word.title()}. "})
    assert alert.state is state
    assert codes(alert) == ([] if word in ("trigger", "resolve") else [ProblemCode.SYNONYM])


@pytest.mark.parametrize("status", ["critical", "warning", "update", "true", True, 1, {}, ["trigger", "resolve"]])
def test_other_words_fire(status: object) -> None:
    """Any other word, a severity from a wrong column too, fires with a problem at its place."""
    alert = one(ALERT | {"status": status})
    assert alert.state is State.FIRING
    assert [(problem.code, problem.path) for problem in alert.problems] == [(ProblemCode.STATE_UNKNOWN, "$.status")]


@pytest.mark.parametrize("status", ["", " ", None])
def test_a_blank_status_fires(status: object) -> None:
    """A blank status fires with a problem."""
    alert = one(ALERT | {"status": status})
    assert (alert.state, codes(alert)) == (State.FIRING, [ProblemCode.STATE_GUESSED])


@pytest.mark.parametrize(
    ("fields", "problems", "key"),
    [
        ({"title": " "}, {("title_fallback", "title")}, "id=ci-4711"),
        ({"title": {"a": 1}}, {("title_fallback", "title"), ("bad_field", "$.title")}, "id=ci-4711"),
        ({"title": " {{198__title}} "}, {("title_fallback", "title"), ("unrendered", "$.title")}, "id=ci-4711"),
        ({"id": "{{198__id}}"}, {("key_fallback", "identity"), ("unrendered", "$.id")}, "title=Export failed"),
        ({"status": "{{198__status}}"}, {("state_guessed", "$.status"), ("unrendered", "$.status")}, "id=ci-4711"),
        ({"id": ["a", "b"]}, {("key_fallback", "identity"), ("bad_field", "$.id")}, "title=Export failed"),
        ({"ID": "b"}, {("duplicate_field", "$.ID")}, "id=ci-4711"),
        ({"message": {}}, {("bad_field", "$.message")}, "id=ci-4711"),
    ],
)
def test_a_fault_costs_a_problem(fields: dict[str, Any], problems: set[tuple[str, str]], key: str) -> None:
    """A blank, mistyped, unrendered or contradictory value costs a problem at its key, not the page."""
    alert = one(ALERT | fields)
    assert alert.dedup_key == f"zapier:{key}"
    assert {(problem.code.value, problem.path) for problem in alert.problems} == problems


@pytest.mark.parametrize(
    "document", [{"title": "x"}, {"title": " ", "status": "trigger"}, {"status": "trigger", "title": "{{1__a}}"}]
)
def test_no_status_or_no_identity_is_refused(document: dict[str, Any]) -> None:
    """Without a status, or without id and title, there is no alert."""
    with pytest.raises(ShapeError):
        one(document)


def test_others_payloads_are_refused() -> None:
    """Grafana's alert group has a title and a status, and is none of Zapier's."""
    group = {"title": "[FIRING:1] CPU", "status": "firing", "state": "alerting", "version": "1", "groupKey": "g"}
    with pytest.raises(ShapeError, match="looks like grafana"):
        one(group | {"orgId": 1, "alerts": [{"status": "firing", "labels": {"alertname": "CPU"}}], "receiver": "r"})


@pytest.mark.parametrize("body", ['"hello"', "[]", "5", "null", '["a"]', "{}", '{"labels": {"a": "b"}}'])
def test_what_is_no_alert_is_refused(body: str) -> None:
    """JSON that holds no alert is no quiet success."""
    with pytest.raises(ShapeError):
        parse("zapier", body)


def test_what_cannot_be_decoded_is_refused() -> None:
    """Text that is none of the formats, and a body that is not there, are errors of decoding."""
    for body in ("hello", '{"title": "a "b""}', "<a>", ""):
        with pytest.raises(DecodeError):
            parse("zapier", body)


def test_good_elements_are_kept() -> None:
    """Of an array every good element is an alert at its place, every bad one a problem with index and path."""
    batch = parse("zapier", json.dumps([ALERT, {"title": "x"}, 5, {"title": "", "status": "trigger"}, ALERT]))
    assert [alert.path for alert in batch] == [(0,), (4,)]
    assert sorted(problem.path for problem in batch.problems) == ["$[1].status", "$[2]", "$[3]"]
    assert {problem.code for problem in batch.problems} == {ProblemCode.BAD_ELEMENT}


@pytest.mark.parametrize("number", [42, 42.0, "42", " 42 "])
def test_one_id_in_many_spellings(number: object) -> None:
    """A number and its text are one id."""
    assert one(ALERT | {"id": number}).dedup_key == "zapier:id=42"


def test_ids_keep_their_case() -> None:
    """ITOC360 hashes the raw text: case is not folded."""
    assert one(ALERT | {"id": "Ab"}).dedup_key != one(ALERT | {"id": "ab"}).dedup_key


@pytest.mark.parametrize("blank", ["", " ", None])
def test_a_blank_id_is_none(blank: object) -> None:
    """A blank id is a missing one: the key is made of the title, and that is a problem, on a recovery too."""
    for status in ("trigger", "resolve"):
        alert = one(ALERT | {"id": blank, "status": status})
        assert alert.dedup_key == "zapier:title=Export failed"
        assert codes(alert) == [ProblemCode.KEY_FALLBACK]
    assert one(ALERT | {"id": "Export failed"}).dedup_key != one(ALERT | {"id": blank}).dedup_key


@pytest.mark.parametrize(
    ("nested", "label"),
    [
        ({"labels": {"host": "a"}}, "labels.host"),
        ({"labels__host": "a"}, "labels.host"),
        ({"a": {"b__c": "a"}}, "a.b.c"),
        ({"a__b__c__d__e__f__g": "a"}, "a.b.c.d.e.f"),
        ({"__draft": "a"}, "__draft"),
        ({"draft__": "a"}, "draft__"),
        ({"labels": [{"host": "a"}]}, "labels.0.host"),
    ],
)
def test_labels(nested: dict[str, Any], label: str) -> None:
    """A double underscore nests just as an object does; at the ends of a key it is part of it."""
    assert one(ALERT | nested).labels == {label: "a"}


def test_what_may_be_a_credential_in_a_query() -> None:
    """A hash of the query's `key` is the id, so that two keys are two alerts; a query without more is a probe."""
    keys = []
    for key in ("hunter2", "hunter3"):
        query = urlencode({"title": "Export failed", "status": "trigger", "key": key})
        [alert] = parse("zapier", Request(method="GET", path=f"/?{query}"))
        assert key not in repr(alert)
        keys.append(alert.dedup_key)
    assert keys == ["zapier:id=~f52fbd32b2b3", "zapier:id=~fb8c2e2b85ca"]
    assert parse("zapier", Request(method="GET", path="/?key=hunter2")).reason is Reason.PROBE
    assert one({"title": "Export failed", "status": "trigger", "key": "hunter2"}).dedup_key == "zapier:id=hunter2"


@pytest.mark.parametrize(
    "name", ["token", "Token", "x-itoc360-token", "api_key", "password", "routing_key", "db_password"]
)
def test_credentials_are_no_labels(name: str) -> None:
    """A credential, recognised by its name, stays in the raw document alone."""
    query = urlencode(ALERT | {name: "t0k3n", "floor": "3"})
    for request in (Request(method="GET", path=f"/?{query}"), Request(query)):
        [alert] = parse("zapier", request)
        assert alert.labels == {"floor": "3"}
        assert "t0k3n" not in repr(alert)


@pytest.mark.parametrize(
    ("word", "severity", "code"),
    [
        ("critical", Severity.CRITICAL, None),
        (" High ", Severity.HIGH, None),
        ("error", Severity.HIGH, ProblemCode.SYNONYM),
        (3, Severity.MEDIUM, ProblemCode.SYNONYM),
        ("P5", Severity.INFO, ProblemCode.SYNONYM),
        ("minor", Severity.MEDIUM, ProblemCode.SYNONYM),
        ("SEV-1", Severity.CRITICAL, ProblemCode.SYNONYM),
        ("hihg", Severity.MEDIUM, ProblemCode.LEVEL_UNKNOWN),
        ("", Severity.MEDIUM, ProblemCode.LEVEL_MISSING),
        (None, Severity.MEDIUM, ProblemCode.LEVEL_MISSING),
    ],
)
def test_severities(word: object, severity: Severity, code: ProblemCode | None) -> None:
    """The contract's severities are silent, tolerated ones a problem; unknown and missing ones fire as medium."""
    alert = one(ALERT | {"severity": word})
    assert alert.severity is severity
    assert codes(alert) == ([] if code is None else [code])


def test_a_recovery_needs_no_severity() -> None:
    """A recovery says nothing of severity, or what it says."""
    assert one({"title": "x", "status": "resolve", "id": "a"}).severity is None
    assert one(ALERT | {"status": "resolve"}).severity is Severity.HIGH


def test_the_exact_key_wins() -> None:
    """Beside the contract's own key another spelling, or a synonym, is a label; equal values are no contradiction."""
    alert = one(ALERT | {"Title": "y", "name": "z"})
    assert (alert.title, alert.labels) == ("Export failed", {"Title": "y", "name": "z"})
    equal = one({"Title": "x", "TITLE": "x", "status": "trigger", "id": "a", "severity": "low"})
    assert codes(equal) == [ProblemCode.SYNONYM]


def test_times_are_optional() -> None:
    """Zapier has no time: its absence is no problem, but one that cannot be read is. A time is when it was sent."""
    assert codes(one(ALERT)) == []
    assert (one(ALERT).times, one(ALERT | {"timestamp": 1_767_268_830}).times) == (Times.NONE, Times.STATED)
    assert one(ALERT | {"timestamp": 1_767_268_830}).occurred_at == one(ALERT | {"timestamp": "1767268830"}).occurred_at
    assert codes(one(ALERT | {"timestamp": "yesterday"})) == [ProblemCode.BAD_TIME]


@pytest.mark.parametrize(
    "event",
    [
        {"title": "x", "status": "firing"},
        {"title": "x", "status": "resolved"},
        {"Title": "x", "status": "trigger"},
        {"name": "x", "status": "trigger"},
        {"title": "x", "state": "trigger"},
        {"title": "x"},
        {"status": "trigger"},
        {"title": {}, "status": "trigger"},
        {"title": "x", "status": ["trigger"]},
        [],
        ["trigger"],
        {"payload": "x"},
    ],
)
def test_synonyms_are_not_recognised(event: object) -> None:
    """Only the contract's own words give it away."""
    assert detect(json.dumps(event)) is None


@given(st.permutations(list((ALERT | {"a": "b", "c__d": "e"}).items())))
def test_order_is_nothing(items: list[tuple[str, str]]) -> None:
    """The order of keys changes nothing."""
    assert one(dict(items)) == one(ALERT | {"a": "b", "c__d": "e"})


def test_a_token_in_the_query_goes_nowhere() -> None:
    """The token of a GET stands in no part of the batch, raw or not; with nothing beside it the GET is a probe."""
    batch = parse("zapier", Request(b"", "GET", "/zapier?token=hunter2&title=disk&status=trigger&id=7"))
    assert batch.raw == {"title": "disk", "status": "trigger", "id": "7"}
    assert parse("zapier", Request(b"", "GET", "/zapier?token=hunter2")).reason is Reason.PROBE

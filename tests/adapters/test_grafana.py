"""Grafana beyond the goldens: the rule in the key, tests, legacy states, detection, bad input."""

import json
from typing import Any

import pytest

from alertmap import detect, parse, parse_document
from alertmap.errors import DecodeError, ShapeError
from alertmap.intake.source import Source
from alertmap.model import Alert, ProblemCode, Reason, Request, Severity, State

VENDOR = "grafana"
URL = "https://graf.example.net/alerting/grafana/{}/view?orgId=1"


def _item(**more: Any) -> dict[str, Any]:
    labels = {"alertname": "Lag", "grafana_folder": "Data", "severity": "low"}
    return {"status": "firing", "labels": labels, "startsAt": "2026-05-02T10:00:00Z", **more}


def _unified(*alerts: Any, **more: Any) -> dict[str, Any]:
    return {"state": "alerting", "title": "[FIRING:1] Lag", "orgId": 1, "alerts": list(alerts), **more}


def _legacy(**more: Any) -> dict[str, Any]:
    return {"ruleId": 31, "ruleName": "Rack too warm", "state": "alerting", "orgId": 2, "evalMatches": [], **more}


def _only(document: Any, **options: Any) -> Alert:
    (alert,) = parse_document(VENDOR, document, source=Source("s", options=options))
    return alert


def test_the_rule_is_part_of_the_key() -> None:
    """Rules of equal name have different keys, by the uid of newer versions or the one in the link."""
    new = _only(_unified(_item(ruleUID="one", generatorURL=URL.format("one"))))
    old = _only(_unified(_item(generatorURL=URL.format("one"))))
    other = _only(_unified(_item(generatorURL=URL.format("two"))))
    assert new.dedup_key == old.dedup_key != other.dedup_key
    assert _only(_unified(_item())).identity.keys() == {"label.alertname", "label.grafana_folder", "label.severity"}


def test_counts_and_texts_are_no_identity() -> None:
    """Title, group key, start, values and links are not part of the key."""
    more = {"values": {"A": 3}, "silenceURL": "https://graf.example.net/s", "annotations": {"summary": "x"}}
    one = _only(_unified(_item()))
    other = _only(_unified(_item(**more, startsAt="2026-06-01T00:00:00Z"), title="y", groupKey="z"))
    assert one.dedup_key == other.dedup_key


def test_labels_left_out() -> None:
    """The option ignore_labels works as for Alertmanager."""
    assert _only(_unified(_item()), ignore_labels=["severity", "grafana_folder"]).identity == {"label.alertname": "Lag"}


@pytest.mark.parametrize("values", [None, {}])
def test_no_values(values: Any) -> None:
    """Null and missing values are left out."""
    assert _only(_unified(_item(values=values))).values == {}


def test_values_keep_their_kind() -> None:
    """Integers stay integers, large ones too."""
    assert _only(_unified(_item(values={"A": 9.725e22, "B": 2**60, "C": 1}))).values == {
        "A": 9.725e22,
        "B": 2**60,
        "C": 1,
    }


def test_links() -> None:
    """Empty links are left out; the rule's dashboard has precedence over one in an annotation."""
    item = _item(
        generatorURL=URL.format("one"),
        silenceURL="",
        dashboardURL="https://graf.example.net/d/1",
        panelURL="",
        imageURL=None,
        annotations={"dashboard": "https://graf.example.net/d/2", "runbook_url": "https://wiki.example.net/lag"},
    )
    assert _only(_unified(item)).links == {
        "source": URL.format("one"),
        "dashboard": "https://graf.example.net/d/1",
        "runbook": "https://wiki.example.net/lag",
    }
    del item["dashboardURL"]
    assert _only(_unified(item)).links["dashboard"] == "https://graf.example.net/d/2"


def test_a_test_is_known_by_its_value() -> None:
    """A test with edited labels is a test; an alert with the label instance: Grafana is not."""
    edited = _item(valueString="[ metric='foo' labels={instance=bar} value=10 ]")
    assert parse_document(VENDOR, _unified(edited)).reason is Reason.TEST
    own = _item(labels={"alertname": "TestAlert", "instance": "Grafana", "grafana_folder": "Data"})
    assert len(parse_document(VENDOR, _unified(own))) == 1
    oldest = _item(labels={"alertname": "TestAlert", "instance": "Grafana"})
    assert parse_document(VENDOR, _unified(oldest)).reason is Reason.TEST


def test_a_missing_time_is_a_problem() -> None:
    """A missing time is a problem, except for legacy alerts, which have none."""
    item = _item()
    del item["startsAt"]
    assert ProblemCode.TIME_MISSING in {problem.code for problem in _only(_unified(item)).problems}
    assert ProblemCode.TIME_MISSING not in {problem.code for problem in _only(_unified(_item())).problems}
    assert _only(_legacy()).problems == ()


def test_resource() -> None:
    """The series' host has precedence over the scraped target; without a host a pod is the resource."""
    assert _only(_unified(_item(labels={"host": "web-1", "instance": "10.0.0.7:9100"}))).resource == "web-1"
    assert _only(_unified(_item(labels={"pod": "cart-0", "alertname": "Lag"}))).resource == "cart-0"


def test_a_long_message_is_cut() -> None:
    """A very long annotation is cut, with a problem."""
    alert = _only(_unified(_item(annotations={"description": "x" * 40_000})))
    assert [problem.code for problem in alert.problems] == [ProblemCode.TRUNCATED]


@pytest.mark.parametrize(
    ("state", "expected", "codes"),
    [
        ("alerting", State.FIRING, []),
        ("no_data", State.FIRING, []),
        ("No Data", State.FIRING, []),
        (" OK ", State.RESOLVED, []),
        ("paused", State.SUPPRESSED, []),
        ("drifting", State.FIRING, [ProblemCode.STATE_UNKNOWN, ProblemCode.LEVEL_MISSING]),
        ("critical", State.FIRING, [ProblemCode.STATE_UNKNOWN, ProblemCode.LEVEL_MISSING]),
    ],
)
def test_legacy_states(state: str, expected: State, codes: list[ProblemCode]) -> None:
    """Legacy states are mapped; an unknown one is FIRING and not a level."""
    alert = _only(_legacy(state=state))
    assert alert.state is expected
    assert alert.no_data is (state in ("no_data", "No Data"))
    assert [problem.code for problem in alert.problems] == codes
    assert alert.dedup_key == "grafana:orgId=2,ruleId=31"


@pytest.mark.parametrize("state", ["pending", "unknown", "Pending"])
def test_legacy_states_that_are_no_alert(state: str) -> None:
    """A pending or unevaluated legacy rule is not an alert."""
    batch = parse_document(VENDOR, _legacy(state=state))
    assert (batch.alerts, batch.reason) == ((), Reason.NO_ALERT)


def test_legacy_levels_can_be_mapped() -> None:
    """Without a tag the state is the level, which a source can map."""
    source = Source("s", priorities={"alerting": "critical", "no_data": "low"})
    severities = [
        parse_document(VENDOR, _legacy(state=state), source=source).alerts[0].severity
        for state in ("alerting", "no_data")
    ]
    assert severities == [Severity.CRITICAL, Severity.LOW]
    tagged = parse_document(VENDOR, _legacy(tags={"severity": "info"}), source=source).alerts[0]
    assert tagged.severity is Severity.INFO


def test_legacy_rule_ids_are_exact() -> None:
    """A rule id of nineteen digits is exact."""
    alert = _only(_legacy(ruleId=6579660138835195084))
    assert alert.identity["ruleId"] == "6579660138835195084"


def test_legacy_tests_need_both_marks() -> None:
    """A rule with the name of the test, in a real organisation, is an alert."""
    title = "[Alerting] Test notification"
    assert len(parse_document(VENDOR, _legacy(title=title))) == 1
    assert len(parse_document(VENDOR, _legacy(orgId=0, title="[Alerting] Rack"))) == 1
    assert parse_document(VENDOR, _legacy(title=title, orgId=0)).reason is Reason.TEST
    assert parse_document(VENDOR, _legacy(title=title, ruleId=0)).reason is Reason.TEST


def test_legacy_series() -> None:
    """Tags shared by all series are labels; one host of all series is the resource."""
    web = {"value": 1, "metric": "a", "tags": {"host": "web-1", "job": "node"}}
    disk = {"value": 2.5, "metric": "b", "tags": {"host": "web-1", "job": "disk"}}
    alert = _only(_legacy(evalMatches=[web, disk, {**web, "value": 3}]))
    assert (alert.resource, alert.labels, alert.values) == ("web-1", {"host": "web-1"}, {"a": 3, "b": 2.5})
    assert _only(_legacy(evalMatches=[web, {"metric": "b"}])).resource == ""
    assert _only(_legacy(evalMatches=None, tags={"host": "db-1"})).resource == "db-1"


def _found(document: Any) -> str | None:
    found = detect(Request(json.dumps(document)))
    return found.vendor if found else None


def test_detection() -> None:
    """Both shapes are recognised, with and without the keys of later versions."""
    assert _found(_unified(_item())) == VENDOR
    eight = _unified(_item(silenceURL=""))
    del eight["orgId"]
    assert _found(eight) == VENDOR
    assert _found(_legacy()) == VENDOR
    assert _found({"ruleId": 1, "ruleName": "x", "state": "ok", "ruleUrl": ""}) == VENDOR
    assert _found({"ruleId": 1, "ruleName": "x", "state": "ok"}) is None
    assert _found({"state": "alerting", "title": "x", "alerts": {}}) is None


@pytest.mark.parametrize("body", ["", "{", "state=alerting&title=x&alerts=%5B%5D", "<alerts/>"])
def test_what_is_not_json(body: str) -> None:
    """A body that is not JSON is refused."""
    with pytest.raises(DecodeError):
        parse(VENDOR, body)


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        None,
        {"state": "alerting"},
        {"state": "alerting", "title": "x", "alerts": None},
        {"ruleName": "x", "state": "ok", "evalMatches": []},
        _legacy(ruleId=None),
    ],
)
def test_shapes_that_are_refused(document: Any) -> None:
    """Incomplete notifications and wrong types are refused."""
    with pytest.raises(ShapeError):
        parse_document(VENDOR, document)

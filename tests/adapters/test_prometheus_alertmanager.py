"""Alertmanager beyond the goldens: options, the clock, order of labels, detection, bad input."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertmap import Batch, detect, parse, parse_document
from alertmap.errors import ConfigurationError, DecodeError, ShapeError
from alertmap.intake.source import Source
from alertmap.model import ProblemCode, Reason, Request, Severity, State

VENDOR = "prometheus_alertmanager"
START = "2026-05-02T10:00:00Z"
END = datetime(2026, 5, 2, 10, 4, tzinfo=UTC)


def _push(labels: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return [{"labels": labels, "startsAt": START, **more}]


def _webhook(*alerts: Any, **more: Any) -> dict[str, Any]:
    return {"version": "4", "groupKey": "{}:{}", "alerts": list(alerts), **more}


def _item(**more: Any) -> dict[str, Any]:
    return {"status": "firing", "labels": {"alertname": "Up", "severity": "info"}, "startsAt": START, **more}


def _key(labels: dict[str, Any], **options: Any) -> str:
    return parse_document(VENDOR, _push(labels), source=Source("s", options=options)).alerts[0].dedup_key


labels = st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=5), max_size=5)


@given(labels, st.randoms(use_true_random=False))
def test_the_order_of_labels_does_not_matter(found: dict[str, str], random: Any) -> None:
    """The order of the labels does not change the key."""
    shuffled = list(found.items())
    random.shuffle(shuffled)
    assert _key({"a": "1", **found}) == _key(dict([*shuffled, ("a", found.get("a", "1"))]))


@given(labels, labels)
def test_other_labels_are_another_alert(one: dict[str, str], other: dict[str, str]) -> None:
    """Keys are equal exactly where the labels are equal, apart from blank and hidden ones."""
    seen = [
        {n: v for n, v in found.items() if v.strip() and not (n.startswith("__") and n.endswith("__"))}
        for found in (one, other)
    ]
    same = _key({**one, "z" * 9: "1"}) == _key({**other, "z" * 9: "1"})
    assert same is (seen[0] == seen[1])


def test_labels_left_out_make_no_difference() -> None:
    """The option ignore_labels takes labels out of the key, not out of the alert."""
    one, other = ({"alertname": "Up", "replica": replica} for replica in "ab")
    assert _key(one) != _key(other)
    assert _key(one, ignore_labels=["replica"]) == _key(other, ignore_labels=["replica"]) == _key({"alertname": "Up"})
    source = Source("s", options={"ignore_labels": ["replica"]})
    assert parse_document(VENDOR, _push(one), source=source).alerts[0].labels["replica"] == "a"


def test_nothing_left_to_identify() -> None:
    """An alert whose labels are all left out is refused."""
    with pytest.raises(ShapeError, match="no identity"):
        _key({"replica": "a"}, ignore_labels=["replica"])


@pytest.mark.parametrize("options", [{"ignore_labels": "replica"}, {"ignore_labels": [1]}, {"ignore": ["replica"]}])
def test_options_are_checked(options: dict[str, Any]) -> None:
    """A misspelt or mistyped option is an error that names the source."""
    with pytest.raises(ConfigurationError, match="'shop'"):
        parse_document(VENDOR, _push({"a": "1"}), source=Source("shop", options=options))


@pytest.mark.parametrize(
    ("received_at", "state", "expires_at"),
    [
        (END - timedelta(microseconds=1), State.FIRING, END),
        (END, State.RESOLVED, None),
        (END + timedelta(days=1), State.RESOLVED, None),
    ],
)
def test_the_clock_ends_a_push(received_at: datetime, state: State, expires_at: datetime | None) -> None:
    """A push is resolved once its end has passed; before, its end is the deadline."""
    document = _push({"alertname": "Up"}, endsAt="2026-05-02T12:04:00+02:00")
    (alert,) = parse_document(VENDOR, document, received_at=received_at)
    assert (alert.state, alert.expires_at) == (state, expires_at)
    assert ProblemCode.STATE_GUESSED not in {problem.code for problem in alert.problems}


def test_no_clock() -> None:
    """Without a time of receipt a push is FIRING with a problem."""
    (alert,) = parse_document(VENDOR, _push({"alertname": "Up"}, endsAt="2026-05-02T10:04:00Z"))
    assert (alert.state, alert.expires_at) == (State.FIRING, END)
    guessed, _level = alert.problems
    assert (guessed.code, guessed.path) == (ProblemCode.STATE_GUESSED, "$[0].endsAt")


@pytest.mark.parametrize("ends", [{}, {"endsAt": None}, {"endsAt": ""}, {"endsAt": "0001-01-01T00:00:00Z"}])
def test_a_push_without_an_end_fires(ends: dict[str, Any]) -> None:
    """A push without an end, or with the zero time, is FIRING without problem or deadline."""
    (alert,) = parse_document(VENDOR, _push({"severity": "page"}, **ends), received_at=END)
    assert (alert.state, alert.expires_at) == (State.FIRING, None)
    assert [problem.code for problem in alert.problems] == [ProblemCode.TITLE_FALLBACK]


def test_a_webhook_never_needs_the_clock() -> None:
    """The status of a webhook decides, whatever its end and the time of receipt."""
    document = _webhook(_item(endsAt="2026-05-02T10:04:00Z"), _item(status=" Resolved ", labels={"a": "1"}))
    for received_at in (None, END - timedelta(hours=1), END + timedelta(hours=1)):
        firing, resolved = parse_document(VENDOR, document, received_at=received_at)
        assert (firing.state, firing.expires_at) == (State.FIRING, None)
        assert resolved.state is State.RESOLVED


def test_a_body_cannot_set_its_time_of_receipt() -> None:
    """Only the caller sets the time of receipt."""
    document = _push({"alertname": "Up"}, endsAt="2026-05-02T10:04:00Z", received_at="2030-01-01T00:00:00Z")
    assert parse_document(VENDOR, document).alerts[0].state is State.FIRING


def test_one_alert_of_a_group_can_be_bad() -> None:
    """A bad alert is named by its path; group key and truncated count are kept."""
    batch = parse_document(VENDOR, _webhook({"labels": None}, _item(), truncatedAlerts=2))
    assert [alert.path for alert in batch] == [("alerts", 1)]
    assert [(problem.code, problem.path) for problem in batch.problems] == [
        (ProblemCode.TRUNCATED, "$.truncatedAlerts"),
        (ProblemCode.BAD_ELEMENT, "$.alerts[0]"),
    ]
    assert (batch.truncated, batch.group_key) == (2, "{}:{}")


def test_a_negative_count_is_none() -> None:
    """A negative count of truncated alerts is ignored."""
    batch = parse_document(VENDOR, _webhook(_item(), truncatedAlerts=-3))
    assert (batch.truncated, batch.problems) == (0, ())


def test_an_array_of_webhooks() -> None:
    """In an array of webhooks each alert has its own path."""
    batch = parse_document(VENDOR, [_webhook(_item()), _webhook("x", _item(status="resolved", endsAt=START))])
    assert [alert.path for alert in batch] == [(0, "alerts", 0), (1, "alerts", 1)]
    assert [problem.path for problem in batch.problems] == ["$[1].alerts[0]"]


def test_a_test_beside_alerts() -> None:
    """A test among alerts is left out, and the batch is not marked as a test."""
    test = _item(labels={"alertname": "TestAlert", "instance": "Grafana"})
    batch = parse_document(VENDOR, _webhook(test, _item()))
    assert (len(batch), batch.reason) == (1, None)
    assert parse_document(VENDOR, _webhook(test)).reason is Reason.TEST


def test_a_rule_called_like_the_test() -> None:
    """A user's rule with the name of Grafana's test alert is an alert."""
    own = _item(labels={"alertname": "TestAlert", "instance": "Grafana", "job": "node"})
    assert len(parse_document(VENDOR, _webhook(own))) == 1


@pytest.mark.parametrize(
    ("labels", "annotations", "level"),
    [
        ({"severity": "page", "priority": "P1", "level": "low"}, {}, "page"),
        ({"priority": "P1", "level": "low"}, {"severity": "page"}, "P1"),
        ({"level": "low", "sev": "1"}, {}, "low"),
        ({"sev": "S1", "criticality": "x"}, {}, "S1"),
        ({"severity": "", "criticality": "x"}, {}, "x"),
        ({"a": "b"}, {"level": "low"}, "low"),
        ({"a": "b"}, {}, None),
    ],
)
def test_which_label_is_the_level(labels: dict[str, str], annotations: dict[str, str], level: str | None) -> None:
    """The common level label comes first, then rarer ones, then annotations."""
    (alert,) = parse_document(VENDOR, _push(labels, annotations=annotations))
    assert alert.level == level


def test_priorities_of_a_source() -> None:
    """A source may map the common words otherwise, and its own words."""
    source = Source("s", priorities={"page": "critical"})
    (alert,) = parse_document(VENDOR, _push({"severity": "Page"}), source=source)
    assert alert.severity is Severity.CRITICAL
    own = Source("s", priorities={"Blocker": "critical"})
    (alert,) = parse_document(VENDOR, _push({"severity": "blocker"}), source=own)
    assert (alert.severity, alert.level) == (Severity.CRITICAL, "blocker")


@pytest.mark.parametrize(
    ("annotations", "title", "message"),
    [
        ({"summary": "S", "title": "T", "message": "M", "description": "D"}, "S", "D"),
        ({"title": "T", "message": "M"}, "T", "M"),
        ({"summary": " ", "message": "M"}, "M", "M"),
        ({"description": "D"}, "Up", "D"),
        ({}, "Up", ""),
    ],
)
def test_texts(annotations: dict[str, str], title: str, message: str) -> None:
    """Title and message come from the common annotations, and from the alert name last."""
    (alert,) = parse_document(VENDOR, _push({"alertname": "Up"}, annotations=annotations))
    assert (alert.title, alert.message) == (title, message)


def test_links_that_are_none() -> None:
    """A runbook that is not a link is dropped with a problem; an empty one without."""
    (alert,) = parse_document(VENDOR, _push({"alertname": "Up"}, annotations={"runbook": "see the wiki"}))
    assert alert.links == {}
    assert ProblemCode.BAD_LINK in {problem.code for problem in alert.problems}


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"A":"x"}', '{"A":' * 100])
def test_grafanas_values_that_cannot_be_read(text: str) -> None:
    """Values in an annotation in another form than Grafana's are ignored."""
    (alert,) = parse_document(VENDOR, _push({"alertname": "Up"}, annotations={"__values__": text}))
    assert alert.values == {}


def test_grafanas_reason_in_alertmanagers_form() -> None:
    """No data is recognised also where Grafana sends through an Alertmanager."""
    by_name = _item(labels={"alertname": "DatasourceNoData", "rulename": "Lag"})
    by_reason = _item(annotations={"grafana_state_reason": "NoData"})
    error = _item(labels={"alertname": "Lag"}, annotations={"grafana_state_reason": "Error"})
    found = parse_document(VENDOR, _webhook(by_name, by_reason, error))
    assert [alert.no_data for alert in found] == [True, True, False]


@pytest.mark.parametrize("rule", ["__alert_rule_uid__", "generatorURL"])
def test_rules_of_equal_name_in_grafana(rule: str) -> None:
    """The uid of Grafana's rule is part of the key, wherever it is sent."""

    def key(uid: str) -> str:
        if rule == "generatorURL":
            url = f"https://grafana.example.net/alerting/grafana/{uid}/view?orgId=1"
            return parse_document(VENDOR, _push({"a": "1"}, generatorURL=url)).alerts[0].dedup_key
        return _key({"a": "1", rule: uid})

    assert key("one") != key("two")
    assert key("one") == f"{VENDOR}:label.a=1,ruleUID=one"


# --- Detection and bad input -----------------------------------------------------------------------------------------


def _found(document: Any, path: str = "/", headers: dict[str, str] | None = None) -> str | None:
    found = detect(Request(json.dumps(document), path=path, headers=headers or {}))
    return found.vendor if found else None


def test_detection() -> None:
    """Webhooks and arrays of alerts are recognised; an array without a start only on the API's path."""
    bare = [{"labels": {"alertname": "Up"}}]
    assert _found(_webhook(_item())) == VENDOR
    assert _found(_push({"a": "1"})) == VENDOR
    assert _found(["x", *_push({"a": "1"})]) == VENDOR
    assert _found(bare) is None
    assert _found(bare, "/am/api/v1/alerts") == VENDOR
    assert _found([], "/api/v2/alerts/") is None
    assert _found([]) is None
    assert _found([1], "/api/v2/alerts") is None
    assert _found({"alerts": [], "version": "4"}) is None
    assert _found(_webhook(_item()) | {"alerts": {}}) is None


def test_grafana_and_itoc360_have_precedence() -> None:
    """Documents with the marks of Grafana and ITOC360 are recognised as theirs."""
    for theirs in ("orgId", "title", "state"):
        assert _found(_webhook(_item(), **{theirs: 1})) != VENDOR
    assert _found(_webhook(_item(), receiver="itoc360-python")) == "itoc360"
    assert _found(_webhook(_item()), headers={"User-Agent": "itoc360-dotnet/0.1.0"}) == "itoc360"
    assert _found(_webhook(_item(), receiver="itoc360")) == VENDOR


def test_an_sdk_body_of_itoc360_is_readable() -> None:
    """The body of ITOC360's SDKs, without externalURL and truncatedAlerts, is read as a webhook."""
    body = _webhook(_item(fingerprint="db-3:raid"), receiver="itoc360-python", status="firing", groupLabels={})
    assert [alert.dedup_key for alert in parse_document(VENDOR, body)] == [
        f"{VENDOR}:label.alertname=Up,label.severity=info"
    ]


@pytest.mark.parametrize("body", ["", "{", "alerts=%5B%5D", "<alerts/>", "nothing"])
def test_what_is_not_json(body: str) -> None:
    """A body that is not JSON is refused."""
    with pytest.raises(DecodeError):
        parse(VENDOR, body)


@pytest.mark.parametrize(
    "document",
    [
        {},
        7,
        "firing",
        None,
        {"version": "4"},
        {"version": "4", "groupKey": "x", "alerts": {}},
        {"labels": {"a": "1"}, "name": "x"},
        {"labels": ["a"], "startsAt": START},
        [{"FIRING": "Up"}],
    ],
)
def test_shapes_that_are_refused(document: Any) -> None:
    """Documents that are neither a webhook nor a push are refused."""
    with pytest.raises(ShapeError):
        parse_document(VENDOR, document)


def test_a_get_is_a_probe() -> None:
    """A GET without a body is a probe."""
    assert parse(VENDOR, Request(method="GET")) == Batch(vendor=VENDOR, source=VENDOR, reason=Reason.PROBE)


def test_grafana_sent_to_this_vendor() -> None:
    """Grafana's webhook is read by Alertmanager's rules; its legacy form is refused with a hint."""
    grafana = {**_webhook(_item(), version="1"), "state": "alerting", "title": "x", "orgId": 1}
    assert len(parse_document(VENDOR, grafana)) == 1
    legacy = {"ruleId": 3, "ruleName": "Up", "state": "ok", "evalMatches": []}
    with pytest.raises(ShapeError, match="looks like grafana"):
        parse_document(VENDOR, legacy)

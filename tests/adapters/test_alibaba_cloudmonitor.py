"""CloudMonitor beyond the goldens: streams, spellings that share a key, and refused payloads."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from alertmap import Request, Severity, Source, State, detect, parse
from alertmap.codec import to_dict
from alertmap.errors import ConfigurationError, PayloadError, ShapeError
from alertmap.model import Alert, Batch, ProblemCode, Reason

VENDOR = "alibaba_cloudmonitor"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR

ALERT = {
    "alertName": "disk",
    "metricProject": "acs_ecs",
    "alertState": "ALERT",
    "triggerLevel": "WARN",
    "preTriggerLevel": "null",
    "ruleId": "r1",
    "dimensions": "{instanceId=i-1, userId=7}",
    "userId": "7",
    "timestamp": "1776548823512",
    "signature": "c2lnbmVkIGJ5IG5vYm9keSE=",
}


def form(**changed: str | None) -> str:
    """Return the alert as a form, with changes; fields changed to None are left out."""
    return urlencode({name: text for name, text in (ALERT | changed).items() if text is not None})


def read(body: str | bytes, **options: Any) -> Batch:
    return parse(VENDOR, body, source=Source("cms", options=options))


def one(body: str | bytes, **options: Any) -> Alert:
    (alert,) = read(body, **options)
    return alert


def fixture(name: str) -> Alert:
    return one((FIXTURES / name).read_bytes())


def test_an_episode_has_one_key() -> None:
    """First alert, rise, fall, no data and recovery share key, episode and start, with increasing times."""
    stream = [fixture(f"{n}.form") for n in ("warn", "escalated", "deescalated", "recovered", "no_data_after_critical")]
    assert len({a.dedup_key for a in stream}) == 1
    assert len({a.episode for a in stream}) == 1
    assert {a.started_at for a in stream} == {stream[0].occurred_at}
    moments = [a.occurred_at for a in stream if a.occurred_at]
    assert moments == sorted(moments)
    assert [a.state for a in stream[3:]] == [State.RESOLVED, State.FIRING]


def test_a_new_episode_keeps_the_key() -> None:
    """An alert with another transId has the same key."""
    first, second = fixture("warn.form"), fixture("no_data.form")
    assert first.dedup_key == second.dedup_key
    assert first.episode != second.episode


def test_queue_and_callback_share_a_key() -> None:
    """A rule that writes to a queue and posts a callback opens one incident."""
    assert fixture("queue_warn.json").dedup_key == fixture("warn.form").dedup_key


@pytest.mark.parametrize(
    "dimensions",
    [
        "{userId=7, instanceId=i-1}",
        "{instanceId=i-1,userId=7}",
        "{instanceId=i-1}",
        '{"instanceId": "i-1"}',
        '[{"userId": "7", "instanceId": "i-1"}]',
        '[{"userId": 7}, {"instanceId": "i-1"}]',
    ],
)
def test_spellings_of_dimensions_share_a_key(dimensions: str) -> None:
    """Order, blanks, JSON and the account in the dimensions do not change the key."""
    assert one(form(dimensions=dimensions)).dedup_key == one(form()).dedup_key


def test_another_account_in_the_dimensions_counts() -> None:
    """Only the alert's own account is left out of the key."""
    assert one(form(dimensions="{instanceId=i-1, userId=8}")).dedup_key != one(form()).dedup_key


@pytest.mark.parametrize("name", ["alertName", "metricName", "rawMetricName", "instanceName", "namespace", "unit"])
def test_names_do_not_change_the_key(name: str) -> None:
    """Localised texts, names that can be changed, and nulls are not part of the key."""
    assert one(form(**{name: "别的名字"})).dedup_key == one(form()).dedup_key


@pytest.mark.parametrize("expression", ["$Average>=90", "$Average >= 90", "$Average  >=90"])
def test_threshold(expression: str) -> None:
    """The threshold is read with and without blanks."""
    assert one(form(expression=expression)).values["threshold"] == 90


@pytest.mark.parametrize("expression", ["", "null", "$Average>=", "CPU > 90 for all", "$a>1 && $b>2", "$" + "a" * 9000])
def test_no_threshold(expression: str) -> None:
    """A composite rule without a threshold is FIRING."""
    alert = one(form(expression=expression))
    assert "threshold" not in alert.values
    assert alert.state is State.FIRING


@pytest.mark.parametrize(
    ("state", "level", "previous", "expected", "severity"),
    [
        ("ALERT", "CRITICAL", "null", State.FIRING, Severity.CRITICAL),
        ("ALERT", "WARN", "CRITICAL", State.FIRING, Severity.MEDIUM),
        ("ALERT", "INFO", "OK", State.FIRING, Severity.LOW),
        ("ALERT", "NODATA", "WARN", State.FIRING, Severity.MEDIUM),
        ("ALERT", "OK", "null", State.FIRING, Severity.LOW),
        ("ALARM", "WARN", "null", State.FIRING, Severity.MEDIUM),
        ("OK", "OK", "WARN", State.RESOLVED, Severity.MEDIUM),
        ("OK", "OK", "null", State.RESOLVED, None),
        ("OK", "OK", "OK", State.RESOLVED, None),
        ("OK", "WARN", "null", State.RESOLVED, Severity.MEDIUM),
        ("INSUFFICIENT_DATA", "NODATA", "null", State.FIRING, Severity.LOW),
        ("INSUFFICIENT_DATA", "null", "OK", State.FIRING, Severity.LOW),
        ("INSUFFICIENT_DATA", "NODATA", "CRITICAL", State.FIRING, Severity.CRITICAL),
        ("INSUFFICIENT_DATA", "OK", "WARN", State.FIRING, Severity.MEDIUM),
        (" alert ", "critical", "null", State.FIRING, Severity.CRITICAL),
    ],
)
def test_states_and_levels(state: str, level: str, previous: str, expected: State, severity: Severity | None) -> None:
    """The state decides; the level is the current one, the one that ended, or the one before data ended."""
    alert = one(form(alertState=state, triggerLevel=level, preTriggerLevel=previous))
    assert (alert.state, alert.severity) == (expected, severity)
    assert alert.no_data == (state == "INSUFFICIENT_DATA" or level == "NODATA")


def test_overrides_know_the_shape_without_levels() -> None:
    """A source can map the fixed level of the JSON shape of 2018."""
    body = (FIXTURES / "json_2018.json").read_bytes()
    batch = parse(VENDOR, body, source=Source("cms", priorities={"callback-2018": "high"}))
    assert [a.severity for a in batch] == [Severity.HIGH]


@pytest.mark.parametrize(
    ("trans_id", "minutes", "previous", "started"),
    [
        ("23054580-3b70-11f1-9b2e-00163e7c51d4", "9 minutes", "WARN", "2026-04-18T21:47:03.512000+00:00"),
        ("23054580-3b70-41f1-9b2e-00163e7c51d4", "9分钟", "WARN", "2026-04-18T21:38:03.512000+00:00"),  # not version 1
        ("2305458f-3b71-11f1-9b2e-00163e7c51d4", "", "WARN", "2026-04-18T21:47:03.512000+00:00"),  # made later
        ("null", "null", "null", "2026-04-18T21:47:03.512000+00:00"),
        ("null", "null", "WARN", None),
    ],
)
def test_beginning(trans_id: str, minutes: str, previous: str, started: str | None) -> None:
    """The start is the time in transId, else the duration before now, else known only for a first alert."""
    alert = one(form(transId=trans_id, lastTime=minutes, preTriggerLevel=previous))
    assert (alert.started_at.isoformat() if alert.started_at else None) == started


def test_beginning_without_a_time() -> None:
    """An alert without its own time still has the start of its transId."""
    alert = one(form(transId="23054580-3b70-11f1-9b2e-00163e7c51d4", timestamp="null"))
    assert alert.occurred_at is None
    assert alert.started_at is not None
    assert ProblemCode.TIME_MISSING in {p.code for p in alert.problems}


def test_accounts_apart() -> None:
    """With the option the account is part of the key; without it it is not."""
    seven, eight = form(dimensions="{}"), form(dimensions="{}", userId="8")
    assert one(seven).dedup_key == one(eight).dedup_key
    assert one(seven, by_account=True).dedup_key != one(eight, by_account=True).dedup_key
    event = (FIXTURES / "event_normal.json").read_text()
    assert one(event, by_account=True).identity["account"]
    with pytest.raises(ConfigurationError, match="by_account"):
        one(form(), by_account="yes")


def test_the_signature_goes_nowhere() -> None:
    """The unverifiable signature appears only in the raw document."""
    alert = one(form())
    assert alert.raw["signature"] == ALERT["signature"]
    assert ALERT["signature"] not in repr(alert)
    assert ALERT["signature"] not in json.dumps(to_dict(alert) | {"raw": None})


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT"])
@pytest.mark.parametrize("query", [{}, {"token": "x", "type": "cms"}])
def test_probes(method: str, query: dict[str, str]) -> None:
    """A request without a body is a probe; its query is the receiver's own."""
    batch = parse(VENDOR, Request(b"", method, query=query))
    assert (len(batch), batch.reason, batch.problems) == (0, Reason.PROBE, ())


@pytest.mark.parametrize("body", ["token=x", "token=", '{"token": "x"}'])
def test_only_a_token(body: str) -> None:
    """A body that holds only the receiver's own token is a probe."""
    assert read(body).reason is Reason.PROBE


@pytest.mark.parametrize("body", ["token=x&alert=y", '{"token": "x", "text": "y"}', '{"token": ["x"]}'])
def test_more_than_a_token(body: str) -> None:
    """A body with the token and anything else, or a token that is not text, is not a probe."""
    with pytest.raises(ShapeError):
        read(body)


@pytest.mark.parametrize(
    "message", [{"text": "x"}, {"blocks": [{}]}, {"attachments": [{"color": "red"}], "icon_emoji": ":x:"}]
)
def test_chat_message_is_passed_over(message: dict[str, Any]) -> None:
    """A message with only Slack's keys is no alert, and the batch has a reason."""
    batch = read(json.dumps(message))
    assert (len(batch), batch.reason) == (0, Reason.NO_ALERT)
    assert "Alert Callback" in batch.problems[0].message
    assert detect(json.dumps(message)) is None


@pytest.mark.parametrize("message", [{"channel": "#x"}, {"text": ""}, {"text": "x", "title": "y"}, {"text": 5}, {}])
def test_what_is_no_chat_message(message: dict[str, Any]) -> None:
    """A message without text, or with another key, is refused."""
    with pytest.raises(ShapeError):
        read(json.dumps(message))


def test_without_state_the_error_names_it() -> None:
    """Without state and level the error names the field and contains no value."""
    with pytest.raises(ShapeError) as caught:
        read(form(alertState=None, triggerLevel="null"))
    assert [p.path for p in caught.value.problems] == ["$.alertState"]


def test_array_of_good_and_bad() -> None:
    """Good elements are alerts; bad ones are named by index."""
    good = json.loads((FIXTURES / "event_executing.json").read_text())
    batch = read(json.dumps([ALERT, {"alertState": "ALERT"}, 5, good, {"metricProject": "acs_ecs", "ruleId": "r1"}]))
    assert [a.path for a in batch] == [(0,), (3,)]
    assert sorted(p.path for p in batch.problems) == ["$[1]", "$[2]", "$[4].alertState"]


def test_a_blank_state_fires() -> None:
    """A blank or unknown state is FIRING with a problem, whatever the level."""
    for state, code in (("", ProblemCode.STATE_GUESSED), ("null", ProblemCode.STATE_UNKNOWN)):
        alert = one(form(alertState=state, triggerLevel="OK", preTriggerLevel="WARN"))
        assert alert.state is State.FIRING
        assert code in {p.code for p in alert.problems}


@pytest.mark.parametrize(
    "body",
    [
        form()[:45],
        urlencode({"payload": json.dumps(ALERT)}),
        json.dumps(ALERT)[:60],
        b"alertName=%ff&metricProject=x",
        "<alert/>",
        "null",
        '"text"',
    ],
)
def test_refused(body: str | bytes) -> None:
    """A cut form, JSON in a field, and other encodings are refused without a value in the error."""
    with pytest.raises(PayloadError) as caught:
        read(body)
    assert "i-1" not in str(caught.value)


@pytest.mark.parametrize("end", range(0, len(form()), 3))
def test_a_cut_form_never_has_a_wrong_key(end: int) -> None:
    """A form cut at any position is refused, fires under its own key, or has a problem."""
    try:
        (alert,) = read(form()[:end]).alerts or (None,)
    except PayloadError:
        return
    if alert is not None:
        assert alert.state is State.FIRING
        assert alert.dedup_key == one(form()).dedup_key or alert.problems


def test_a_value_keeps_its_escapes() -> None:
    """`&`, `=`, `+` and `%` in a value are kept."""
    alert = one(form(alertName="a&b=c+d%25 是", instanceName="null"))
    assert alert.title == "a&b=c+d%25 是 on i-1"


@pytest.mark.parametrize("content", ['{"a": "b"}', {"a": "b"}])
def test_content_as_text_and_object(content: Any) -> None:
    """The content of a system event is read as text and as an object."""
    event = json.loads((FIXTURES / "event_executing.json").read_text()) | {"content": content}
    assert one(json.dumps(event)).labels["content.a"] == "b"


@pytest.mark.parametrize("entity", [{}, {"resource": {"entity": {"entity_id": "rm-4xo7example"}}}])
def test_a_missing_entity_is_a_problem(entity: dict[str, Any]) -> None:
    """A weaker name of the entity, or none, is a key fallback."""
    event = json.loads((FIXTURES / "v2_occurred.json").read_text())
    alert = one(json.dumps({**event, "alertEntityId": "", "labels": {}, "resource": {}, **entity}))
    assert ProblemCode.KEY_FALLBACK in {p.code for p in alert.problems}
    assert alert.identity["rule"] == event["ruleId"]


def test_a_missing_account_is_a_problem() -> None:
    """A missing account is a key fallback: rules of two accounts may share an id."""
    event = json.loads((FIXTURES / "v2_occurred.json").read_text())
    alert = one(json.dumps(event | {"userId": ""}))
    assert alert.identity == {"rule": event["ruleId"], "entity": event["alertEntityId"]}
    assert ProblemCode.KEY_FALLBACK in {p.code for p in alert.problems}


def test_a_missing_account_does_not_change_the_key() -> None:
    """The account in the dimensions is left out of the key, also where the alert has none."""
    assert one(form(userId=None)).dedup_key == one(form()).dedup_key


def test_a_subject_alone_names_no_alert() -> None:
    """A recovery of CloudMonitor 2.0 without rule, entity and workspace is refused: it could close nothing."""
    with pytest.raises(ShapeError):
        read(json.dumps({"timestamp": 1779012945678, "subject": "RDS connections high", "status": "RECOVERED"}))


def test_camel_case_entity() -> None:
    """An entity in camel case gives the same key."""
    event = json.loads((FIXTURES / "v2_occurred.json").read_text())
    del event["alertEntityId"]
    camel = event | {"resource": {"entity": {"entityId": "rm-4xo7example"}}}
    assert one(json.dumps(event)).dedup_key == one(json.dumps(camel)).dedup_key


def test_a_level_in_a_label_does_not_change_the_key() -> None:
    """Labels that copy the severity are not part of the key."""
    event = json.loads((FIXTURES / "v2_labels_only.json").read_text())
    worse = event | {"labels": event["labels"] | {"_cms_severity": "CRITICAL", "Severity": "CRITICAL"}}
    assert one(json.dumps(event)).dedup_key == one(json.dumps(worse)).dedup_key


@pytest.mark.parametrize(
    ("document", "ours"),
    [
        ({"metricProject": "acs_ecs", "preTriggerLevel": "null"}, True),
        ({"alertState": "ALERT", "ruleId": "r", "dimensions": "{}"}, False),
        ({"alertState": "ALERT", "metricProject": "acs_ecs", "alertName": "a", "dimensions": []}, True),
        ({"alertState": "ALERT", "message": "x"}, False),
        ({"product": "p", "name": "n", "level": "l", "eventTime": "t", "regionId": "r"}, True),
        ({"product": "p", "name": "n", "level": "l"}, False),
        ({"curLevel": "OK", "preLevel": "WARN", "ruleId": "r"}, True),
        ({"workspace": "w", "subject": "s", "subtype": "NORMAL_TRIGGER"}, True),
        ({"workspace": "w", "ruleId": "r", "status": "RECOVERED"}, False),
        ({"subject": "s", "status": "RECOVERED", "timestamp": 1}, False),
    ],
)
def test_recognised(document: dict[str, Any], ours: bool) -> None:  # noqa: FBT001 - a table's column
    """The vendor's own keys are recognised, common words are not."""
    found = detect(json.dumps(document))
    assert (found is not None and found.vendor == VENDOR) is ours

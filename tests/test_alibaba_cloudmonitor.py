"""What the goldens of CloudMonitor do not show: streams, spellings that must be one key, and what must be refused."""

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
FIXTURES = Path(__file__).parent.parent / "fixtures" / VENDOR

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


def form(**changed: str) -> str:
    """The alert as a form; None of the values is left out."""
    return urlencode(ALERT | changed)


def read(body: str | bytes, **options: Any) -> Batch:
    return parse(VENDOR, body, source=Source("cms", options=options))


def one(body: str | bytes, **options: Any) -> Alert:
    (alert,) = read(body, **options)
    return alert


def fixture(name: str) -> Alert:
    return one((FIXTURES / name).read_bytes())


def test_one_episode_is_one_key() -> None:
    """First alert, rise, fall, want of data, recovery: one key, one episode, one beginning; the times rise."""
    stream = [fixture(f"{n}.form") for n in ("warn", "escalated", "deescalated", "recovered", "no_data_after_critical")]
    assert len({a.dedup_key for a in stream}) == 1
    assert len({a.episode for a in stream}) == 1
    assert {a.started_at for a in stream} == {stream[0].occurred_at}
    moments = [a.occurred_at for a in stream if a.occurred_at]
    assert moments == sorted(moments)
    assert [a.state for a in stream[3:]] == [State.RESOLVED, State.FIRING]


def test_a_new_episode_keeps_the_key() -> None:
    """An episode of another transId is the same problem."""
    first, second = fixture("warn.form"), fixture("no_data.form")
    assert first.dedup_key == second.dedup_key
    assert first.episode != second.episode


def test_the_queue_and_the_callback_are_one() -> None:
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
def test_spellings_of_dimensions_are_one_key(dimensions: str) -> None:
    """Order, blanks, JSON or not, the account inside or not: the same resource."""
    assert one(form(dimensions=dimensions)).dedup_key == one(form()).dedup_key


def test_another_account_in_the_dimensions_counts() -> None:
    """Only the account that the alert names itself is left out of the key."""
    assert one(form(dimensions="{instanceId=i-1, userId=8}")).dedup_key != one(form()).dedup_key


@pytest.mark.parametrize("name", ["alertName", "metricName", "rawMetricName", "instanceName", "namespace", "unit"])
def test_names_do_not_move_the_key(name: str) -> None:
    """What is in the account's language, can be renamed or is null is in no key."""
    assert one(form(**{name: "别的名字"})).dedup_key == one(form()).dedup_key


@pytest.mark.parametrize("expression", ["$Average>=90", "$Average >= 90", "$Average  >=90"])
def test_threshold(expression: str) -> None:
    """The threshold is read with and without blanks."""
    assert one(form(expression=expression)).values["threshold"] == 90


@pytest.mark.parametrize("expression", ["", "null", "$Average>=", "CPU > 90 for all", "$a>1 && $b>2", "$" + "a" * 9000])
def test_no_threshold(expression: str) -> None:
    """A composite rule has no threshold, and still fires."""
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
    """The state decides; the level is that of now, or of what ended, or of what was before data ended."""
    alert = one(form(alertState=state, triggerLevel=level, preTriggerLevel=previous))
    assert (alert.state, alert.severity) == (expected, severity)
    assert alert.no_data == (state == "INSUFFICIENT_DATA" or level == "NODATA")


def test_overrides_know_the_shape_without_levels() -> None:
    """The JSON of 2018 has a level of its own that a source can map."""
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
    """The beginning is what transId tells, else the span before now, else known of a first alert only."""
    alert = one(form(transId=trans_id, lastTime=minutes, preTriggerLevel=previous))
    assert (alert.started_at.isoformat() if alert.started_at else None) == started


def test_beginning_without_a_time() -> None:
    """Without a time of its own the alert still began when transId says."""
    alert = one(form(transId="23054580-3b70-11f1-9b2e-00163e7c51d4", timestamp="null"))
    assert alert.occurred_at is None
    assert alert.started_at is not None
    assert ProblemCode.TIME_MISSING in {p.code for p in alert.problems}


def test_accounts_apart() -> None:
    """With the option two accounts never share a key; without it the account is in none."""
    seven, eight = form(dimensions="{}"), form(dimensions="{}", userId="8")
    assert one(seven).dedup_key == one(eight).dedup_key
    assert one(seven, by_account=True).dedup_key != one(eight, by_account=True).dedup_key
    event = (FIXTURES / "event_normal.json").read_text()
    assert one(event, by_account=True).identity["account"]
    with pytest.raises(ConfigurationError, match="by_account"):
        one(form(), by_account="yes")


def test_the_signature_goes_nowhere() -> None:
    """What cannot be verified is in the raw document alone."""
    alert = one(form())
    assert alert.raw["signature"] == ALERT["signature"]
    assert ALERT["signature"] not in repr(alert)
    assert ALERT["signature"] not in json.dumps(to_dict(alert) | {"raw": None})


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT"])
@pytest.mark.parametrize("query", [{}, {"token": "x", "type": "cms"}])
def test_probes(method: str, query: dict[str, str]) -> None:
    """Whatever asks without a body is a probe; the query is ours and says nothing."""
    batch = parse(VENDOR, Request(b"", method, query=query))
    assert (len(batch), batch.reason, batch.problems) == (0, Reason.PROBE, ())


@pytest.mark.parametrize("body", ["token=x", "token=", '{"token": "x"}'])
def test_only_a_token(body: str) -> None:
    """Our own token in the body is a probe."""
    assert read(body).reason is Reason.PROBE


@pytest.mark.parametrize("body", ["token=x&alert=y", '{"token": "x", "text": "y"}', '{"token": ["x"]}'])
def test_more_than_a_token(body: str) -> None:
    """With anything beside it, or when it is no text, it is none."""
    with pytest.raises(ShapeError):
        read(body)


@pytest.mark.parametrize(
    "message", [{"text": "x"}, {"blocks": [{}]}, {"attachments": [{"color": "red"}], "icon_emoji": ":x:"}]
)
def test_chat_message_is_passed_over(message: dict[str, Any]) -> None:
    """A message of Slack's keys alone is no alert, and the batch says why."""
    batch = read(json.dumps(message))
    assert (len(batch), batch.reason) == (0, Reason.NO_ALERT)
    assert "Alert Callback" in batch.problems[0].message
    assert detect(json.dumps(message)) is None


@pytest.mark.parametrize("message", [{"channel": "#x"}, {"text": ""}, {"text": "x", "title": "y"}, {"text": 5}, {}])
def test_what_is_no_chat_message(message: dict[str, Any]) -> None:
    """Without text, or with one other key, it is refused."""
    with pytest.raises(ShapeError):
        read(json.dumps(message))


def test_without_state_the_error_names_it() -> None:
    """Neither state nor level: the error names the field, and shows no value."""
    with pytest.raises(ShapeError) as caught:
        read(form(alertState="null", triggerLevel="null"))
    assert [p.path for p in caught.value.problems] == ["$.alertState"]


def test_array_of_good_and_bad() -> None:
    """Good ones are kept, bad ones named by their index."""
    good = json.loads((FIXTURES / "event_executing.json").read_text())
    batch = read(json.dumps([ALERT, {"alertState": "ALERT"}, 5, good, ALERT | {"alertState": "", "triggerLevel": ""}]))
    assert [a.at for a in batch] == [(0,), (3,)]
    assert sorted(p.path for p in batch.problems) == ["$[1]", "$[2]", "$[4].alertState"]


@pytest.mark.parametrize(
    "body",
    [
        form()[:60],
        urlencode({"payload": json.dumps(ALERT)}),
        json.dumps(ALERT)[:60],
        b"alertName=%ff&metricProject=x",
        "<alert/>",
        "null",
        '"text"',
    ],
)
def test_refused(body: str | bytes) -> None:
    """Half a form, JSON in a field, another encoding: refused, without the values in the error."""
    with pytest.raises(PayloadError) as caught:
        read(body)
    assert "i-1" not in str(caught.value)


@pytest.mark.parametrize("end", range(0, len(form()), 3))
def test_half_a_form_never_takes_a_key(end: int) -> None:
    """Wherever a form is cut, it is refused, or it fires under its own key, or a problem tells."""
    try:
        (alert,) = read(form()[:end]).alerts or (None,)
    except PayloadError:
        return
    if alert is not None:
        assert alert.state is State.FIRING
        assert alert.dedup_key == one(form()).dedup_key or alert.problems


def test_a_value_keeps_its_escapes() -> None:
    """`&`, `=`, `+` and `%` within a value survive the form."""
    alert = one(form(alertName="a&b=c+d%25 是", instanceName="null"))
    assert alert.title == "a&b=c+d%25 是 on i-1"


@pytest.mark.parametrize("content", ['{"a": "b"}', {"a": "b"}])
def test_content_as_text_and_object(content: Any) -> None:
    """A system event's content is read in both spellings."""
    event = json.loads((FIXTURES / "event_executing.json").read_text()) | {"content": content}
    assert one(json.dumps(event)).labels["content.a"] == "b"


def test_camel_case_entity() -> None:
    """CloudMonitor 2.0 may spell the entity in camel case: the same key."""
    event = json.loads((FIXTURES / "v2_occurred.json").read_text())
    del event["alertEntityId"]
    camel = event | {"resource": {"entity": {"entityId": "rm-4xo7example"}}}
    assert one(json.dumps(event)).dedup_key == one(json.dumps(camel)).dedup_key


def test_a_level_in_a_label_does_not_move_the_key() -> None:
    """Labels that copy the severity are in no key: it moves between trigger and recovery."""
    event = json.loads((FIXTURES / "v2_labels_only.json").read_text())
    worse = event | {"labels": event["labels"] | {"_cms_severity": "CRITICAL", "Severity": "CRITICAL"}}
    assert one(json.dumps(event)).dedup_key == one(json.dumps(worse)).dedup_key


@pytest.mark.parametrize(
    ("document", "ours"),
    [
        ({"alertState": "ALERT", "ruleId": "r", "dimensions": "{}"}, True),
        ({"alertState": "ALERT", "message": "x"}, False),
        ({"product": "p", "name": "n", "level": "l", "eventTime": "t", "resourceId": "acs:ecs:x"}, True),
        ({"product": "p", "name": "n", "level": "l", "eventTime": "t", "resourceId": 5}, False),
        ({"curLevel": "OK", "preLevel": "WARN", "ruleId": "r"}, True),
        ({"workspace": "w", "ruleId": "r", "status": "RECOVERED"}, True),
        ({"workspace": "w", "ruleId": "r", "status": ["RECOVERED"]}, False),
        ({"subject": "s", "status": "RECOVERED", "timestamp": 1}, False),
    ],
)
def test_recognised(document: dict[str, Any], ours: bool) -> None:  # noqa: FBT001 - a table's column
    """The vendor's own keys give it away, common words do not."""
    found = detect(json.dumps(document))
    assert (found is not None and found.vendor == VENDOR) is ours

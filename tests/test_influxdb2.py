"""What golden files do not show of InfluxDB 2: what moves a key, what the options do, what an error says."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertmap import Alert, ConfigurationError, Request, Severity, ShapeError, Source, State, detect, parse_document
from alertmap.adapter import Rank
from alertmap.adapters import influxdb2

STATUS = {
    "_check_id": "0e52c7a1d94b6000",
    "_check_name": "Backlog",
    "_level": "crit",
    "_measurement": "notifications",
    "_message": "Backlog of mail-2 is crit",
    "_notification_endpoint_id": "0e52c7b0115c9000",
    "_notification_endpoint_name": "pager",
    "_notification_rule_id": "0e52c7c477652000",
    "_notification_rule_name": "bad",
    "_source_measurement": "postfix",
    "_source_timestamp": 1801303200000000000,
    "_start": "2027-01-30T09:58:00Z",
    "_status_timestamp": 1801303200000000000,
    "_stop": "2027-01-30T10:01:00Z",
    "_time": "2027-01-30T10:01:00Z",
    "_type": "threshold",
    "_version": 1,
    "host": "mail-2",
    "queue": "active",
    "queued": 412,
}

texts = st.text(max_size=12)


def _alert(changes: Mapping[str, Any] | None = None, **options: Any) -> Alert:
    source = Source("influx", options=options)
    (alert,) = parse_document("influxdb2", STATUS | dict(changes or {}), source=source)
    return alert


KEY = _alert().dedup_key


def test_key() -> None:
    """The key is readable: check, measurement, tags."""
    assert KEY == "influxdb2:check=0e52c7a1d94b6000,measurement=postfix,tag.host=mail-2,tag.queue=active"


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "_level": st.sampled_from(["crit", "warn", "info", "ok", "unknown", "CRIT", "Major", ""]),
            "_check_name": texts,
            "_message": texts,
            "_notification_rule_id": texts,
            "_notification_rule_name": texts,
            "_notification_endpoint_id": texts,
            "_notification_endpoint_name": texts,
            "_notebook_link": texts,
            "_status_timestamp": st.integers(0, 2**63),
            "_source_timestamp": st.integers(0, 2**63),
            "_start": texts,
            "_time": texts,
            "_type": texts,
            "_version": st.integers(),
            "queued": st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans(),
            "region": st.sampled_from([None, ""]),
        },
    )
)
def test_what_never_moves_a_key(changes: dict[str, Any]) -> None:
    """Level, rule, endpoint, texts, times, numbers, null and empty tags are no part of a key."""
    assert _alert(changes).dedup_key == KEY


@given(st.sampled_from(["_check_id", "_source_measurement", "host", "queue"]), texts.filter(str.strip))
def test_what_moves_a_key(name: str, text: str) -> None:
    """Check, measurement and each tag are parts of a key, whatever stands in them."""
    assert (_alert({name: text}).dedup_key == KEY) == (text == STATUS[name])


@given(st.dictionaries(st.sampled_from(["check", "measurement", "check_name", "rule", "tag.host"]), texts, min_size=1))
def test_tags_overwrite_no_part_of_a_key(tags: dict[str, str]) -> None:
    """A tag that is called like a part of the key stands beside it."""
    identity = _alert(tags).identity
    assert identity.items() >= _alert().identity.items()
    assert identity.items() >= {(f"tag.{name}", text) for name, text in tags.items() if text}


@pytest.mark.parametrize("level", ["ok", "OK", " Ok "])
def test_ok_resolves(level: str) -> None:
    """An ok resolves in any case; it does not say what ended."""
    alert = _alert({"_level": level})
    assert (alert.state, alert.level, alert.severity) == (State.RESOLVED, None, None)


@given(texts.filter(lambda word: word.strip().casefold() not in ("ok", "normal")))
def test_all_else_fires(level: str) -> None:
    """No other word resolves, `unknown` and `any` as little as one of nobody's."""
    assert _alert({"_level": level}).state is State.FIRING


def test_no_data_is_a_boolean() -> None:
    """A tag, a text or a number called dead says nothing of missing data."""
    assert [_alert({"dead": dead}).no_data for dead in (True, False, "true", 1, None)] == [True, *4 * [False]]


def test_source_decides_on_unknown() -> None:
    """Who wants unknown louder says so in the priorities of the source."""
    document = STATUS | {"_level": "unknown"}
    (alert,) = parse_document("influxdb2", document, source=Source("influx", priorities={"unknown": "high"}))
    assert alert.severity is Severity.HIGH


@pytest.mark.parametrize(
    ("options", "tags"),
    [
        ({}, {"host", "queue"}),
        ({"tag_keys": None}, {"host", "queue"}),
        ({"tag_keys": ["host", "no_such"]}, {"host"}),
        ({"tag_keys": []}, set()),
        ({"ignore_keys": ["queue"]}, {"host"}),
        ({"tag_keys": ["host", "queue"], "ignore_keys": ["host"]}, {"queue"}),
        ({"tag_keys": ["host", "_time", "_level", "queued"]}, {"host"}),
    ],
)
def test_options(options: dict[str, Any], tags: set[str]) -> None:
    """The options choose which texts make the key; the system's own keys and numbers never do. All stay labels."""
    alert = _alert(**options)
    assert {name.removeprefix("tag.") for name in alert.identity if name.startswith("tag.")} == tags
    assert alert.labels == _alert().labels
    assert alert.resource == "mail-2"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tag_keys": "host"}, "source 'influx': option expected list"),
        ({"ignore_keys": [1]}, r"source 'influx': option expected str, got int @ \$\.ignore_keys\[0\]"),
        ({"tags": ["host"]}, "expected no other keys than ignore_keys, tag_keys"),
    ],
)
def test_wrong_options(options: dict[str, Any], message: str) -> None:
    """A wrong option is told when the source is used, with the source's name."""
    with pytest.raises(ConfigurationError, match=message):
        parse_document("influxdb2", STATUS, source=Source("influx", options=options))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (STATUS | {"_level": None}, r"expected str, got null @ \$\._level"),
        (STATUS | {"_source_timestamp": 1.8013032e18}, r"expected int, got float @ \$\._source_timestamp"),
        (STATUS | {"_measurement": "postfix"}, "expected Event"),
        ({name: value for name, value in STATUS.items() if name != "_notification_rule_id"}, "expected Event"),
        ({"msg": "This is a test"}, "expected Event"),
        ({"msg": "This is a test notification", "more": 1}, "expected Event"),
        ({"_measurement": "notifications", "_notification_rule_id": " "}, r"not blank @ \$\._notification_rule_id"),
        ([STATUS | {"_level": 1}, 7], r"expected str, got int @ \$\[0\]\._level"),
    ],
)
def test_refused(document: Any, message: str) -> None:
    """What is not quite of a shape is refused, and the message says where."""
    with pytest.raises(ShapeError, match=message):
        parse_document("influxdb2", document)


def test_a_notification_without_level_is_no_notebooks() -> None:
    """The notebook's shape takes no check's keys: damage never makes one of the other."""
    damaged = {name: value for name, value in STATUS.items() if name != "_level"}
    with pytest.raises(ShapeError):
        parse_document("influxdb2", damaged)


@pytest.mark.parametrize("value", [None, True, [1], {"a": 1}])
def test_odd_values_of_a_row(value: Any) -> None:
    """The one field of a row that is not pivoted may hold anything."""
    row = {"_measurement": "statuses", "_level": "warn", "_time": "2027-01-30T10:00:00Z", "_check_id": "c1"}
    (alert,) = parse_document("influxdb2", row | {"_field": "state", "_value": value})
    assert alert.values == ({"state": "true"} if value is True else {})
    (message,) = parse_document("influxdb2", row | {"_field": "_message", "_value": value})
    assert [problem.path for problem in message.problems] == ["$._message"]


def test_a_field_of_a_row_is_no_tag() -> None:
    """Rows of one status have one key, though one of them has a text for its field."""
    row = {
        "_measurement": "statuses",
        "_level": "warn",
        "_time": "2027-01-30T10:00:00Z",
        "_check_id": "c1",
        "host": "h",
    }
    alerts = [
        alert
        for field, value in (("version", "1.2"), ("_message", "bad"), ("used", 9), ("dead", True))
        for alert in parse_document("influxdb2", row | {"_field": field, "_value": value})
    ]
    assert {alert.dedup_key for alert in alerts} == {"influxdb2:check=c1,tag.host=h"}
    assert [alert.values for alert in alerts] == [{"version": "1.2"}, {}, {"used": 9}, {}]
    assert [alert.no_data for alert in alerts] == [False, False, False, True]
    assert [alert.title for alert in alerts] == ["InfluxDB is warn", "bad", "InfluxDB is warn", "InfluxDB is warn"]


def test_title_without_any_name() -> None:
    """A status without message, check name and measurement still has a title."""
    bare = {"_message": "", "_check_name": " ", "_source_measurement": ""}
    assert _alert(bare).title == "InfluxDB is crit"


def test_a_notebooks_value_may_be_anything() -> None:
    """What a notebook keeps as its value is told where it is a number or a text."""
    notebook = {"_measurement": "notifications", "_notification_rule_id": "local_q7TzB0"}
    for value, told in ((17, {"value": 17}), ("x", {"value": "x"}), (None, {}), ([1], {})):
        (alert,) = parse_document("influxdb2", notebook | {"_value": value})
        assert alert.values == told


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (STATUS, "its _measurement is notifications"),
        ([STATUS, 1], "its _measurement is notifications"),
        ({"_measurement": "statuses", "_level": "ok"}, "its _measurement is statuses"),
        ({"msg": "This is a test notification"}, "test alert"),
    ],
)
def test_recognised(document: Any, reason: str) -> None:
    """The reason names the mark."""
    found = influxdb2.recognise(document, Request())
    assert found is not None
    assert reason in found.reason
    assert found.rank is (Rank.WEAK if "msg" in document else Rank.STRONG)


@pytest.mark.parametrize(
    "document", [None, [], [1], 7, "x", {}, {"_measurement": "notifications"}, {"_measurement": ["statuses"]}]
)
def test_not_recognised(document: Any) -> None:
    """One mark alone gives nothing away."""
    assert influxdb2.recognise(document, Request()) is None


def test_detected_as_bytes() -> None:
    """A body is told by its own marks, without a header."""
    found = detect('{"_measurement":"notifications","_notification_rule_id":"0e52c7c477652000","_level":"ok"}')
    assert found is not None
    assert found.vendor == "influxdb2"

"""InfluxDB 2 beyond the goldens: the key, the options and the errors."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertmap import (
    Alert,
    ConfigurationError,
    ProblemCode,
    Request,
    Severity,
    ShapeError,
    Source,
    State,
    detect,
    parse_document,
)
from alertmap.adapter import Rank
from alertmap.adapters import influxdb2
from alertmap.intake.detect import match_of

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


@pytest.mark.parametrize("name", ["password", "token", "api_key", "routing_key", "db_password"])
def test_credentials_are_no_labels(name: str) -> None:
    """A text under the name of a credential is no label; a hash of it in the key tells two alerts apart."""
    alert, other = _alert({name: "hunter2"}), _alert({name: "hunter3"})
    assert name not in alert.labels
    assert alert.identity[f"tag.{name}"] == "~f52fbd32b2b3"
    assert f"tag.{name}=~f52fbd32b2b3" in alert.dedup_key
    assert other.dedup_key != alert.dedup_key != KEY
    assert _alert({name: "hunter2", "_level": "ok"}).dedup_key == alert.dedup_key
    assert "hunter2" not in repr(alert)


def test_credentials_among_options_and_values() -> None:
    """A named tag and a field with the name of a credential come out nowhere; a pin that is a number stays a tag."""
    alert = _alert({"password": "hunter2", "otp": 471103, "pin": "17"}, tag_keys=["password", "pin"])
    assert alert.identity["tag.password"] == "~f52fbd32b2b3"
    assert (alert.identity["tag.pin"], alert.labels["pin"]) == ("17", "17")
    assert "hunter2" not in repr(alert)
    assert "otp" not in alert.values
    row = STATUS | {"_measurement": "statuses", "_field": "password", "_value": 471103}
    assert "471103" not in repr(parse_document("influxdb2", row).alerts)


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
def test_what_is_not_in_the_key(changes: dict[str, Any]) -> None:
    """Level, rule, endpoint, texts, times, numbers, and null or empty tags are not part of the key."""
    assert _alert(changes).dedup_key == KEY


@given(st.sampled_from(["_check_id", "_source_measurement", "host", "queue"]), texts.filter(str.strip))
def test_what_is_in_the_key(name: str, text: str) -> None:
    """Check, measurement and each tag are part of the key, whatever their values."""
    assert (_alert({name: text}).dedup_key == KEY) == (text == STATUS[name])


@given(st.dictionaries(st.sampled_from(["check", "measurement", "check_name", "rule", "tag.host"]), texts, min_size=1))
def test_tags_overwrite_no_part_of_a_key(tags: dict[str, str]) -> None:
    """A tag with the name of a key part does not replace it; a blank tag is left out."""
    identity = _alert(tags).identity
    assert identity.items() >= _alert().identity.items()
    assert identity.items() >= {(f"tag.{name}", text) for name, text in tags.items() if text.strip()}


@pytest.mark.parametrize("level", ["ok", "OK", " Ok "])
def test_ok_resolves(level: str) -> None:
    """`ok` resolves in any case and does not name the level that ended."""
    alert = _alert({"_level": level})
    assert (alert.state, alert.level, alert.severity) == (State.RESOLVED, None, None)


@given(texts.filter(lambda word: word.strip().casefold() not in ("ok", "normal")))
def test_other_words_fire(level: str) -> None:
    """Every other word is FIRING, also `unknown` and `any`."""
    assert _alert({"_level": level}).state is State.FIRING


def test_no_data_is_a_boolean() -> None:
    """Only a boolean `dead` reports missing data, not a tag, text or number of that name."""
    assert [_alert({"dead": dead}).no_data for dead in (True, False, "true", 1, None)] == [True, *4 * [False]]


def test_source_decides_on_unknown() -> None:
    """A source can raise the severity of unknown with its priorities."""
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
    """The options choose the texts of the key; system keys and numbers are never in it. All stay labels."""
    alert = _alert(**options)
    assert {name.removeprefix("tag.") for name in alert.identity if name.startswith("tag.")} == tags
    assert alert.labels == _alert().labels
    assert alert.resource == "mail-2"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tag_keys": "host"}, "source 'influx': option 'tag_keys': expected list"),
        ({"ignore_keys": [1]}, r"source 'influx': option 'ignore_keys'\[0\]: expected str, got int"),
        ({"tags": ["host"]}, "there is no option 'tags'"),
    ],
)
def test_wrong_options(options: dict[str, Any], message: str) -> None:
    """A wrong option is an error when the source is used, with the name of the source."""
    with pytest.raises(ConfigurationError, match=message):
        parse_document("influxdb2", STATUS, source=Source("influx", options=options))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (STATUS | {"_measurement": "postfix"}, "expected Event"),
        ({name: value for name, value in STATUS.items() if name != "_measurement"}, "expected Event"),
        ({"msg": "This is a test"}, "expected Event"),
        ({"msg": "This is a test notification", "more": 1}, "expected Event"),
        ({"_measurement": "notifications", "_notification_rule_id": " "}, "no identity"),
        ([7, []], "expected Event"),
    ],
)
def test_refused(document: Any, message: str) -> None:
    """Payloads of no shape, and notebook alerts without a rule, are refused."""
    with pytest.raises(ShapeError, match=message):
        parse_document("influxdb2", document)


@pytest.mark.parametrize(
    ("changes", "level", "code"),
    [
        ({"_level": None}, None, ProblemCode.STATE_GUESSED),
        ({"_level": 1}, "1", ProblemCode.STATE_UNKNOWN),
        ({"_level": "Major"}, "Major", ProblemCode.STATE_UNKNOWN),
        ({"_source_timestamp": 1.8013032e18}, "crit", ProblemCode.BAD_FIELD),
        ({"_status_timestamp": 1.8013032e18}, "crit", ProblemCode.BAD_FIELD),
        ({"_notification_rule_name": ["bad"]}, "crit", ProblemCode.BAD_FIELD),
        ({"region": ["eu"]}, "crit", ProblemCode.BAD_FIELD),
    ],
)
def test_damage_costs_no_page(changes: Mapping[str, Any], level: str | None, code: ProblemCode) -> None:
    """Damaged optional fields are left out and an unknown level is FIRING, each with a problem and the same key."""
    alert = _alert(changes)
    assert (alert.state, alert.level, alert.dedup_key) == (State.FIRING, level, KEY)
    assert code in {problem.code for problem in alert.problems}


def test_the_rule_is_not_needed() -> None:
    """A notification without a rule id is read: the id is not part of the key."""
    (alert,) = parse_document("influxdb2", {key: it for key, it in STATUS.items() if key != "_notification_rule_id"})
    assert (alert.dedup_key, alert.problems) == (KEY, ())


def test_a_notification_without_level_is_no_notebooks() -> None:
    """A status without its level is refused, not read as a notebook's alert."""
    damaged = {name: value for name, value in STATUS.items() if name != "_level"}
    with pytest.raises(ShapeError):
        parse_document("influxdb2", damaged)


@pytest.mark.parametrize("value", [None, True, [1], {"a": 1}])
def test_odd_values_of_a_row(value: Any) -> None:
    """The field of a row that is not pivoted may have any value."""
    row = {"_measurement": "statuses", "_level": "warn", "_time": "2027-01-30T10:00:00Z", "_check_id": "c1"}
    row["_source_measurement"] = "cpu"
    (alert,) = parse_document("influxdb2", row | {"_field": "state", "_value": value})
    assert alert.values == ({"state": "true"} if value is True else {})
    (message,) = parse_document("influxdb2", row | {"_field": "_message", "_value": value})
    assert [problem.path for problem in message.problems] == ["$._message"]


def test_a_field_of_a_row_is_no_tag() -> None:
    """Rows of one status have one key, also if the field of one is text."""
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
    """A status without message, check name and measurement has a title."""
    bare = {"_message": "", "_check_name": " ", "_source_measurement": ""}
    assert _alert(bare).title == "InfluxDB is crit"


def test_a_notebooks_value_may_be_anything() -> None:
    """A notebook's value is kept if it is a number or text."""
    notebook = {"_measurement": "notifications", "_notification_rule_id": "local_q7TzB0"}
    for value, values in ((17, {"value": 17}), ("x", {"value": "x"}), (None, {}), ([1], {})):
        (alert,) = parse_document("influxdb2", notebook | {"_value": value})
        assert alert.values == values


@pytest.mark.parametrize(
    ("document", "reason", "rank"),
    [
        (STATUS, "it has the keys _level, _measurement, _notification_rule_id", Rank.STRONG),
        ([STATUS, 1], "it has the keys _level, _measurement, _notification_rule_id", Rank.STRONG),
        ({"_measurement": "statuses", "_level": "ok"}, "it has the keys _level, _measurement", Rank.STRONG),
        ({"msg": "This is a test notification"}, "it has the keys msg", Rank.WEAK),
    ],
)
def test_recognised(document: Any, reason: str, rank: Rank) -> None:
    """The reason of detection names the marks."""
    assert match_of(influxdb2.adapter, document, Request()) == (rank, reason)


@pytest.mark.parametrize(
    "document", [None, [], [1], 7, "x", {}, {"_measurement": "notifications"}, {"_measurement": ["statuses"]}]
)
def test_not_recognised(document: Any) -> None:
    """One mark alone is not enough."""
    assert match_of(influxdb2.adapter, document, Request()) is None


def test_detected_as_bytes() -> None:
    """A body is recognised without headers."""
    found = detect('{"_measurement":"notifications","_notification_rule_id":"0e52c7c477652000","_level":"ok"}')
    assert found is not None
    assert found.vendor == "influxdb2"


@pytest.mark.parametrize("level", ["normal", "Nor-mal", "NOR MAL"])
def test_levels_that_checks_do_not_send(level: str) -> None:
    """Such a level is understood with a problem, in any spelling that counts as the word."""
    alert = _alert({"_level": level})
    assert (alert.state, [problem.code for problem in alert.problems]) == (State.RESOLVED, [ProblemCode.SYNONYM])

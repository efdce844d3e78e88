"""Every captured request of InfluxDB 2, held to what really happened: the README beside the captures tells it."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

import captures
from alertmap import Alert, Batch, DecodeError, Reason, Severity, ShapeError, Source, State, detect, parse
from alertmap.strict_json import Limits, decode_json

_PREFIX = "v2.9.1_"
_OPTIONS = {"deadman-many-fields": {"ignore_keys": ["note", "version"]}}

STREAMS = {scenario.removeprefix(_PREFIX): stream for scenario, stream in captures.streams("influxdb2").items()}

SAID = {
    "threshold-pair": {"db1.example.net": "ok crit crit crit ok ok ok"},
    "multi-host": {"db-a": "ok crit ok", "db-b": "ok ok ok", "db-c": "ok ok ok"},
    "levels-any-rule-tags": {"web-ü1.example.net": "ok info warn crit warn info ok"},
    "unknown-gap": {"": "ok unknown crit unknown ok"},
    "deadman-pair": {"edge-8": "ok ok ok ok", "edge-9": "ok crit crit ok"},
    "deadman-many-fields": {"edge-9": "ok crit ok"},
    "deadman-split-fields": {"edge-9": "crit"},
    "deadman-missing-fields": {"h1": "crit"},
    "deadman-stale": {"edge-9": "ok crit"},
    "deadman-level-ok": {"edge-9": "unknown"},  # the dead one says ok, and that is no recovery
    "changes-ok-crit": {"db1": "crit ok crit ok", "db2": "ok"},
    "changes-any": {"db1": "crit crit warn warn"},
    "changes-deadman": {"edge-9": "crit ok"},
    "tag-rules": {"web1": "crit crit crit", "web2": "crit crit", "db1": "crit"},
    "one-rule-three-levels-batched": {"db-a": "crit ok warn ok ok warn", "db-b": "ok ok ok ok ok ok"},
    "rules-slower-than-check-pair": {
        "db1": "crit ok ok crit ok crit ok ok crit ok ok",
        "db2": "crit ok ok crit crit",
    },
    "late-crit-rule": {"db1": "ok ok crit crit ok ok crit ok", "db2": "ok ok"},
    "raw-points-tie": {"db1": "crit ok crit ok ok"},
    "rule-task-run-again": {"db1": "crit ok crit"},
    "receiver-slow": {"db1": "ok crit crit ok ok", "db2": "ok crit crit ok"},
    "receiver-drops-connection": {"db1": "crit crit", "db2": "crit", "db3": "crit"},
    "receiver-500": {"db1": "crit ok"},
    "receiver-201": {"db1": "crit"},
    "receiver-302": {"db1": "crit"},  # and a GET without a body
    "receiver-307": {"db1": "crit crit"},
    "restart-while-critical": {"db1": "ok crit crit crit ok"},
    "check-renamed": {"db1": "crit ok"},
    "number-types": {"h1": "crit crit crit crit crit crit crit ok ok ok ok ok"},
    "message-templates": {"db1": "crit crit crit crit crit crit crit crit"},
    "grouped-over-hosts": {"": "crit ok"},
    "custom-check-extra-fields": {"h1": "crit"},
    "custom-check-time-column": {"h1": "crit"},
    "custom-check-nan": {"h1": "crit"},
    "custom-check-null-fields": {"h1": "crit crit"},
    "custom-task-minimal": {"h1": "critical"},
    "task-post-status-row": {"db1": "crit"},
    "task-post-raw-status-row": {"db1": "crit"},
    "notebook-task": {"": "notebook"},
    "notebook-status-via-rule": {"db1": "crit"},
    "auth-token-in-url": {"db1": "crit ok"},
    "auth-basic": {"db1": "crit"},
    "auth-bearer": {"db1": "crit"},
    "auth-userinfo-in-url": {"db1": "crit"},
    "method-put": {"db1": "crit"},
    "method-get": {"db1": "crit"},
    "endpoint-headers-and-template": {"db1": "crit"},
    "endpoint-inactive-patched": {"db1": "crit"},
}
"""What each host's check said, in order of arrival."""

NO_ALERT = {
    "notebook-test-alert_01": Reason.TEST,
    "receiver-302_02": Reason.PROBE,
    "deadman-level-ok_05": Reason.NO_ALERT,
}
REFUSED = {
    "slack-endpoint": ShapeError,
    "slack-endpoint-no-token": ShapeError,
    "pagerduty-any-and-pair": ShapeError,
    "task-endpoint-mapfn": ShapeError,
    "task-post-plain-text": DecodeError,
}

SEVERITIES = {
    "crit": Severity.CRITICAL,
    "critical": Severity.CRITICAL,
    "warn": Severity.MEDIUM,
    "info": Severity.INFO,
    "unknown": Severity.LOW,
    "notebook": Severity.MEDIUM,
    "ok": None,
}


def _read(scenario: str, one: captures.Captured) -> Batch:
    source = Source("influx", options=_OPTIONS.get(scenario, {}))
    return parse("influxdb2", one.request, source=source, received_at=one.received_at)


def _raw(one: captures.Captured) -> dict[str, Any]:
    body = one.request.body
    found: dict[str, Any] = decode_json(body.decode() if isinstance(body, bytes) else body, Limits())
    return found


@cache
def _alerts(scenario: str) -> list[tuple[captures.Captured, Alert]]:
    return [(one, alert) for one in STREAMS[scenario] for alert in _read(scenario, one)]


def _word(alert: Alert) -> str:
    return "ok" if alert.state is State.RESOLVED else alert.level or ""


def _order(alert: Alert) -> tuple[datetime, int]:
    assert alert.occurred_at is not None
    return alert.occurred_at, alert.sequence or 0


def _end(alerts: list[Alert]) -> Alert:
    return max(alerts, key=_order)


ALL = [(scenario, one) for scenario, stream in STREAMS.items() for one in stream]
HEARD = [(scenario, one, alert) for scenario in SAID for one, alert in _alerts(scenario)]
NAMES = [one.name for _, one, _ in HEARD]


def test_no_scenario_is_left_out() -> None:
    """Each captured scenario stands in one of the tables above, and each line of the tables was captured."""
    told = SAID.keys() | REFUSED.keys() | {name.rpartition("_")[0] for name in NO_ALERT}
    assert told == STREAMS.keys()


@pytest.mark.parametrize(("scenario", "one"), ALL, ids=[one.name for _, one in ALL])
def test_every_request(scenario: str, one: captures.Captured) -> None:
    """A request is one alert, or refused by a typed error, or an empty batch with its reason."""
    name = one.name.removeprefix(_PREFIX)
    if scenario in REFUSED:
        with pytest.raises(REFUSED[scenario], match=r"^influxdb2: "):
            _read(scenario, one)
        found = detect(one.request)
        assert found is None or found.vendor != "influxdb2"
    elif name in NO_ALERT:
        batch = _read(scenario, one)
        assert (len(batch), batch.reason) == (0, NO_ALERT[name])
    else:
        batch = _read(scenario, one)
        assert (len(batch), batch.reason, batch.problems) == (1, None, ())
        found = detect(one.request)
        assert found is not None
        assert found.vendor == "influxdb2"


@pytest.mark.parametrize("scenario", SAID)
def test_what_was_said(scenario: str) -> None:
    """States and levels come in the order in which the checks of each host said them."""
    heard: dict[str, list[str]] = {}
    for _, alert in _alerts(scenario):
        heard.setdefault(alert.resource, []).append(_word(alert))
    assert {host: " ".join(words) for host, words in heard.items()} == SAID[scenario]


@pytest.mark.parametrize(("scenario", "one", "alert"), HEARD, ids=NAMES)
def test_level_and_severity(scenario: str, one: captures.Captured, alert: Alert) -> None:
    """Only ok resolves, without a severity; unknown fires low; the vendor's word is kept."""
    word = _raw(one).get("_level", "notebook")
    assert (alert.state is State.RESOLVED) == (word == "ok"), scenario
    assert alert.level == (None if word == "ok" else word)
    assert alert.severity is SEVERITIES[word]


@pytest.mark.parametrize(("scenario", "one", "alert"), HEARD, ids=NAMES)
def test_times(scenario: str, one: captures.Captured, alert: Alert) -> None:
    """The state holds since the status's own time, exact to the second and before the arrival; no digit is lost."""
    raw = _raw(one)
    if "_status_timestamp" in raw:
        seconds, rest = divmod(raw["_status_timestamp"], 10**9)
        assert rest == 0
        assert alert.occurred_at == datetime.fromtimestamp(seconds, UTC)
    else:
        assert scenario.startswith("task-post-"), "only rows of a task have no status timestamp"
        assert alert.occurred_at == datetime.fromisoformat(raw["_time"])
    assert alert.sequence == raw.get("_source_timestamp")
    assert one.received_at is not None
    assert alert.occurred_at is not None
    late = timedelta(seconds=60 if scenario in ("receiver-slow", "rule-task-run-again") else 25)
    assert timedelta() < one.received_at - alert.occurred_at < late


@pytest.mark.parametrize(("scenario", "one", "alert"), HEARD, ids=NAMES)
def test_identity(scenario: str, one: captures.Captured, alert: Alert) -> None:
    """A key is made of check, measurement and tags: no rule, no endpoint, no level, no time, no text."""
    raw = _raw(one)
    if scenario == "notebook-task":
        assert alert.identity == {"rule": raw["_notification_rule_id"]}
        return
    fixed = {"check", "measurement"} if "_check_id" in raw else {"check_name"}
    assert {name for name in alert.identity if not name.startswith("tag.")} == fixed
    moving = ("_notification_rule_id", "_notification_endpoint_id", "_message", "_level", "_time", "_start", "_stop")
    assert not set(alert.identity.values()) & {raw[name] for name in moving if name in raw}


@pytest.mark.parametrize("scenario", SAID)
def test_one_key_per_series(scenario: str) -> None:
    """Each host of a check has one key of its own, whatever rule and level; checks of their own have others."""
    keys = {(alert.identity.get("check"), alert.resource, alert.dedup_key) for _, alert in _alerts(scenario)}
    series = {(check, host) for check, host, _ in keys}
    # There, its field `device` is text in one row and null in the other.
    assert len(keys) == len(series) + (scenario == "custom-check-null-fields")
    checks = {"number-types": 9, "message-templates": 8}.get(scenario, 1)
    assert len({check for check, _ in series}) == checks


PAIRS = [
    "threshold-pair",
    "multi-host",
    "late-crit-rule",
    "deadman-pair",
    "deadman-many-fields",
    "changes-ok-crit",
    "changes-deadman",
    "receiver-500",
    "restart-while-critical",
    "check-renamed",
    "auth-token-in-url",
]


@pytest.mark.parametrize("scenario", PAIRS)
def test_two_rules_one_key(scenario: str) -> None:
    """The OK of the one rule ends what the CRIT of the other has opened: rules differ, the key does not."""
    keys_of: dict[str, set[str]] = {}
    rules: dict[State, set[str]] = {State.FIRING: set(), State.RESOLVED: set()}
    for one, alert in _alerts(scenario):
        keys_of.setdefault(alert.dedup_key, set()).add(_word(alert))
        rules[alert.state].add(_raw(one)["_notification_rule_id"])
    assert not rules[State.FIRING] & rules[State.RESOLVED]
    assert {"crit", "ok"} in keys_of.values()
    assert {"crit"} not in keys_of.values(), "what was opened was never closed"


ENDS = {
    "threshold-pair": {"db1.example.net": "ok"},
    "multi-host": {"db-a": "ok", "db-b": "ok", "db-c": "ok"},
    "levels-any-rule-tags": {"web-ü1.example.net": "ok"},
    "unknown-gap": {"": "ok"},
    "deadman-pair": {"edge-8": "ok", "edge-9": "ok"},
    "deadman-many-fields": {"edge-9": "ok"},
    "deadman-stale": {"edge-9": "crit"},
    "changes-ok-crit": {"db1": "ok", "db2": "ok"},
    "one-rule-three-levels-batched": {"db-a": "ok", "db-b": "ok"},
    "rules-slower-than-check-pair": {"db1": "ok", "db2": "crit"},
    "late-crit-rule": {"db1": "ok", "db2": "ok"},
    "raw-points-tie": {"db1": "ok"},
    "rule-task-run-again": {"db1": "ok"},
    "receiver-slow": {"db1": "ok", "db2": "ok"},
    "restart-while-critical": {"db1": "ok"},
    "check-renamed": {"db1": "ok"},
    "grouped-over-hosts": {"": "ok"},
}


@pytest.mark.parametrize("scenario", ENDS)
def test_end(scenario: str) -> None:
    """In the vendor's order each series ends as it did in the software, under one key."""
    by_host: dict[str, list[Alert]] = {}
    for _, alert in _alerts(scenario):
        by_host.setdefault(alert.resource, []).append(alert)
    assert {host: _word(_end(alerts)) for host, alerts in by_host.items()} == ENDS[scenario]
    assert all(len({alert.dedup_key for alert in alerts}) == 1 for alerts in by_host.values())


@pytest.mark.parametrize(
    ("scenario", "upto", "host", "truth", "last"),
    [
        ("one-rule-three-levels-batched", 6, "db-a", ("crit", 305), "warn"),
        ("one-rule-three-levels-batched", 12, "db-a", ("ok", 320), "warn"),
        ("rules-slower-than-check-pair", 18, "db2", ("crit", 385), "ok"),
        ("rules-slower-than-check-pair", 28, "db1", ("ok", 410), "ok"),
        ("rules-slower-than-check-pair", 28, "db2", ("crit", 410), "crit"),
        ("late-crit-rule", 10, "db1", ("ok", 715), "crit"),
        ("late-crit-rule", 16, "db1", ("ok", 730), "crit"),
        ("raw-points-tie", 2, "db1", ("crit", 35), "ok"),
        ("raw-points-tie", 4, "db1", ("ok", 40), "ok"),
        ("rule-task-run-again", 4, "db1", ("ok", 250), "crit"),
    ],
)
def test_order_is_not_arrival(scenario: str, upto: int, host: str, truth: tuple[str, int], last: str) -> None:
    """Where the last to arrive is not the latest, time and sequence tell the latest."""
    alerts = [alert for one, alert in _alerts(scenario) if one.number <= upto and alert.resource == host]
    end = _end(alerts)
    assert end.occurred_at is not None
    assert (_word(end), int(end.occurred_at.timestamp()) % 1000) == truth
    assert _word(alerts[-1]) == last


def test_a_tie_is_decided_by_the_sequence() -> None:
    """Two statuses of one time differ in their sequence, by the nanosecond."""
    crit, ok = (alert for _, alert in _alerts("raw-points-tie")[:2])
    assert crit.occurred_at == ok.occurred_at
    assert (crit.sequence, ok.sequence) == (1795254030900000002, 1795254030700000001)


def test_run_again_is_the_same_statement() -> None:
    """What a task posts again says nothing new: only the receipt differs."""
    first, _, again = (alert for _, alert in _alerts("rule-task-run-again"))
    assert first.received_at != again.received_at
    assert (first.dedup_key, _order(first), first.level) == (again.dedup_key, _order(again), again.level)


@pytest.mark.parametrize("scenario", [name for name in SAID if "deadman" in name])
def test_no_data(scenario: str) -> None:
    """Only what is dead has no data; its source timestamp stands still below the status's own."""
    for one, alert in _alerts(scenario):
        dead = _raw(one)["dead"]
        assert alert.no_data is dead
        assert alert.values == {}, "the fields that ride along were not measured"
        if dead:
            assert alert.state is State.FIRING
    dead_since = {alert.sequence for _, alert in _alerts(scenario) if alert.no_data}
    assert len(dead_since) <= 1


def test_no_data_elsewhere() -> None:
    """No other check has a sign of missing data."""
    assert not [one.name for scenario, one, alert in HEARD if "deadman" not in scenario and alert.no_data]


def test_text_fields_break_the_key_unless_they_are_named() -> None:
    """The version that changed meanwhile gives the recovery another key; the options of the source mend that."""
    stream = STREAMS["deadman-many-fields"]

    def keys(options: dict[str, list[str]]) -> list[str]:
        source = Source("influx", options=options)
        return [parse("influxdb2", one.request, source=source).alerts[0].dedup_key for one in stream]

    ok, crit, recovered = keys({})
    assert ok == crit != recovered
    assert len(set(keys({"ignore_keys": ["version"]}))) == 1
    assert keys({"tag_keys": ["host"]}) == keys({"ignore_keys": ["note", "version"]})


def test_numbers_are_exact() -> None:
    """Integers keep all their digits, floats are what was written."""
    values = {one.number: dict(alert.values) for one, alert in _alerts("number-types")}
    assert values == {
        1: {"int": 20},
        2: {"uint_max": 18446744073709551615},
        3: {"int_max": 9223372036854775807},
        4: {"float_integral": 88},
        5: {"float_fraction": 30.000000000000004},
        6: {"float_huge": 1e21},
        7: {"float_big20": 123456789012345680},
        8: {"float_tiny": 1e-7},
        9: {"float_negative_zero": 0},
        12: {"int_max": -9223372036854775808},
        17: {"float_tiny": 0.000001},
        18: {"float_negative_zero": -12.5},
    }


def test_texts_of_a_custom_check() -> None:
    """Fields of every type are told, null and what is not a number are left out."""
    extra, nan = (_alerts(f"custom-check-{name}")[0][1] for name in ("extra-fields", "nan"))
    assert extra.values["Threshold"] == 90
    assert extra.values["full"] == "true"
    assert extra.labels["seen_text"] == "2026-11-21T09:34:55.000000000Z"
    assert nan.values == {"total": 4000000000, "used": 95.5, "used_bytes": 1000000000}
    nulls = _alerts("custom-check-null-fields")[1][1]
    assert nulls.values == {"used": 93}
    assert "device" not in nulls.labels


def test_messages() -> None:
    """A title is what the template gave; a blank one is made of the check, with a problem."""
    told = [(alert.title, bool(alert.problems)) for _, alert in _alerts("message-templates")]
    assert told == [
        ("m1 empty is crit", True),
        ("m2 whitespace is crit", True),
        ("Host: db1 Value: 3.5 Level: crit — end ✓ 😀", False),
        ('{"severity":"crit","host":"db1","value":3.5}', False),
        ('{\\"severity\\":\\"crit\\"}', False),
        ("v=3.5", False),
        ('<b>C:\\\\temp & "x"</b>', False),
        ("cpu/11ab5ca994cb3000 at 2026-11-21T09:34:55.000000000Z", False),
    ]


def test_tags_named_like_fields_of_an_alert() -> None:
    """Tags that are called severity and status are tags: they decide nothing."""
    warn = _alerts("levels-any-rule-tags")[2][1]
    assert warn.severity is Severity.MEDIUM
    assert (warn.labels["severity"], warn.labels["status"]) == ("low", "rack,=7")
    assert warn.identity["tag.data center"] == "north hall 3"


@pytest.mark.parametrize("scenario", ["notebook-task", "notebook-status-via-rule"])
def test_notebooks_never_recover(scenario: str) -> None:
    """What a notebook opens has to be closed by policy."""
    assert [alert.resolvable for _, alert in _alerts(scenario)] == [False]


def test_all_others_recover() -> None:
    """Every other alert may be recovered by its sender."""
    assert all(alert.resolvable for scenario, _, alert in HEARD if not scenario.startswith("notebook"))


def test_weak_keys_say_so() -> None:
    """Only the shapes without a check id fall back, with a problem."""
    fallen = {
        scenario for scenario, _, alert in HEARD if "key_fallback" in {problem.code.value for problem in alert.problems}
    }
    assert fallen == {"custom-task-minimal", "notebook-task"}


def test_no_credential_is_told() -> None:
    """No token of a URL or header reaches an alert."""
    secrets = ("test-token", "test-password", "dGVzdC11c2Vy")
    assert not [one.name for _, one, alert in HEARD if any(secret in repr(alert) for secret in secrets)]

"""Single captured requests of InfluxDB 2; rules and streams are tested for all vendors at once."""

from datetime import datetime, timedelta
from functools import cache

import pytest

import captures
from alertmap import Alert, Severity, Source, parse
from corpus.replays import Replay, read
from corpus.rules import Kind, raw
from corpus.rules_influxdb2 import RULES

_PREFIX = "v2.9.1_"

STREAMS = {scenario.removeprefix(_PREFIX): stream for scenario, stream in captures.streams("influxdb2").items()}


@cache
def _alerts(scenario: str) -> list[tuple[captures.Captured, Alert]]:
    return [(one, alert) for one in STREAMS[scenario] for alert in RULES.parse(one)]


def _order(alert: Alert) -> tuple[datetime, int]:
    assert alert.occurred_at is not None
    return alert.occurred_at, alert.sequence or 0


ALERTS = [
    (scenario, one, alert)
    for scenario, stream in STREAMS.items()
    for one in stream
    if RULES.kind(one) is Kind.ALERTS
    for alert in RULES.parse(one)
]


def test_a_tie_is_decided_by_the_sequence() -> None:
    """Two statuses of one time differ in their sequence, by the nanosecond."""
    crit, ok = (alert for _, alert in _alerts("raw-points-tie")[:2])
    assert crit.occurred_at == ok.occurred_at
    assert (crit.sequence, ok.sequence) == (1795254030900000002, 1795254030700000001)


def test_a_repeated_task_gives_equal_alerts() -> None:
    """A status that a task posts again differs only in the time of receipt."""
    first, _, again = (alert for _, alert in _alerts("rule-task-run-again"))
    assert first.received_at != again.received_at
    assert (first.dedup_key, _order(first), first.level) == (again.dedup_key, _order(again), again.level)


def test_text_fields_break_the_key_unless_they_are_named() -> None:
    """A changed text field gives the recovery another key, unless the source's options exclude it."""
    stream = STREAMS["deadman-many-fields"]

    def keys(options: dict[str, list[str]]) -> list[str]:
        source = Source("influx", options=options)
        return [parse("influxdb2", one.request, source=source).alerts[0].dedup_key for one in stream]

    ok, crit, recovered = keys({})
    assert ok == crit != recovered
    assert len(set(keys({"ignore_keys": ["version"]}))) == 1
    assert keys({"tag_keys": ["host"]}) == keys({"ignore_keys": ["note", "version"]})


def test_numbers_are_exact() -> None:
    """Integers keep all digits, floats are those that were written."""
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
    """Fields of every type are values; null and non-finite numbers are left out."""
    extra, nan = (_alerts(f"custom-check-{name}")[0][1] for name in ("extra-fields", "nan"))
    assert extra.values["Threshold"] == 90
    assert extra.values["full"] == "true"
    assert extra.labels["seen_text"] == "2026-11-21T09:34:55.000000000Z"
    assert nan.values == {"total": 4000000000, "used": 95.5, "used_bytes": 1000000000}
    nulls = _alerts("custom-check-null-fields")[1][1]
    assert nulls.values == {"used": 93}
    assert "device" not in nulls.labels


def test_messages() -> None:
    """The title comes from the template; a blank one is made of the check, with a problem."""
    titles = [(alert.title, bool(alert.problems)) for _, alert in _alerts("message-templates")]
    assert titles == [
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
    """Tags called severity and status are only tags."""
    warn = _alerts("levels-any-rule-tags")[2][1]
    assert warn.severity is Severity.MEDIUM
    assert (warn.labels["severity"], warn.labels["status"]) == ("low", "rack,=7")
    assert warn.identity["tag.data center"] == "north hall 3"


@pytest.mark.parametrize("scenario", ["notebook-task", "notebook-status-via-rule"])
def test_notebooks_never_recover(scenario: str) -> None:
    """A notebook's alert is not resolvable: policy must close it."""
    assert [alert.resolvable for _, alert in _alerts(scenario)] == [False]


def test_all_others_recover() -> None:
    """Every other alert is resolvable."""
    assert all(alert.resolvable for scenario, _, alert in ALERTS if not scenario.startswith("notebook"))


def test_weak_keys_have_a_problem() -> None:
    """Exactly the shapes without a check id have a key fallback."""
    fallen = {
        scenario
        for scenario, _, alert in ALERTS
        if "key_fallback" in {problem.code.value for problem in alert.problems}
    }
    assert fallen == {"custom-task-minimal", "notebook-task"}


def test_no_credential_reaches_an_alert() -> None:
    """No token of a URL or header appears in an alert."""
    secrets = ("test-token", "test-password", "dGVzdC11c2Vy")
    assert not [one.name for _, one, alert in ALERTS if any(secret in repr(alert) for secret in secrets)]


# What the last arrival says is not the end: the README's "naive".
# After request n the series really is crit or ok since the time with these last three digits, or is not ok at all.
NAIVE = [
    ("one-rule-three-levels-batched", 6, "db-a", ("crit", 305), ("warn", 300)),
    ("one-rule-three-levels-batched", 12, "db-a", ("ok", 320), ("warn", 310)),
    ("rules-slower-than-check-pair", 18, "db2", ("crit", 385), ("ok", 380)),
    ("late-crit-rule", 10, "db1", ("ok", 715), ("crit", 710)),
    ("late-crit-rule", 16, "db1", ("ok", 730), ("crit", 725)),
    ("raw-points-tie", 2, "db1", ("crit", 35), ("ok", 35)),
    ("rule-task-run-again", 4, "db1", ("ok", 250), ("crit", 245)),
]
SEVERITY = {"crit": Severity.CRITICAL, "warn": Severity.MEDIUM, "ok": None}


@pytest.mark.parametrize(("scenario", "upto", "host", "expected", "naive"), NAIVE)
def test_the_last_arrival_is_not_the_end(
    scenario: str, upto: int, host: str, expected: tuple[str, int], naive: tuple[str, int]
) -> None:
    """The book ends in the right state even if the last request to arrive is an old one."""
    stream = [one for one in STREAMS[scenario] if one.number <= upto]
    deliveries = read("influxdb2", stream)
    alerts = [alert for one in deliveries for alert in one.alerts if raw(alert)["host"] == host]
    assert (raw(alerts[-1])["_level"], int(RULES.time(alerts[-1]).timestamp()) % 1000) == naive
    (key,) = {alert.dedup_key for alert in alerts}

    def severity(replay: Replay) -> Severity | None:
        return next((one.severity for one in replay.book.open if one.dedup_key == key), None)

    assert severity(Replay(deliveries)) is SEVERITY[expected[0]]
    newest = Replay(deliveries).book.timeline("replayed", key).recent[-1]
    assert int(newest.key[0].timestamp()) % 1000 == expected[1]
    day_before = timedelta(days=1)  # no status time is believed that is so far ahead
    untimed = [one._replace(received_at=one.received_at - day_before) for one in stream if one.received_at]
    assert severity(Replay(read("influxdb2", untimed))) is SEVERITY[naive[0]]


def test_nothing_is_paged_for_the_past() -> None:
    """A crit that arrives after its own ok pages nobody: the incident is already closed."""
    replay = Replay()
    transitions = {one.number: replay.deliver(one) for one in read("influxdb2", STREAMS["late-crit-rule"])}
    kinds = {number: [(one.kind.value, str(one.cause)) for one in transitions[number]] for number in (9, 10, 16)}
    assert kinds == {
        9: [("resolved", "unannounced")],
        10: [("deduplicated", "corrected")],
        16: [("resolved", "unannounced")],
    }

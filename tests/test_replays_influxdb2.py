"""Every captured stream of InfluxDB 2 ends in the incidents that its README tells of, however it is delivered."""

from datetime import UTC, datetime, timedelta

import pytest

import captures
from alertmap import Alert, PayloadError, Severity, parse
from replays import Replay, Teller, Was, check, check_orders, check_repeats, read

STREAMS = {name.removeprefix("v2.9.1_"): stream for name, stream in captures.streams("influxdb2").items()}
C, W, I, LOW = Severity.CRITICAL, Severity.MEDIUM, Severity.INFO, Severity.LOW  # noqa: E741 - the levels' initials

FIRED = [Was(1, severity=C)]

WAS: dict[str, dict[str, list[Was]]] = {
    "threshold-pair": {"db1.example.net": [Was(3, 6, C)]},
    "multi-host": {"db-a": [Was(7, 13, C)], "db-b": [], "db-c": []},
    "levels-any-rule-tags": {"web-ü1.example.net": [Was(2, 7, I, C)]},
    "unknown-gap": {"": [Was(2, 5, LOW, C)]},  # 59.5 is neither good nor critical: unknown, and that is not good
    "deadman-pair": {"edge-8": [], "edge-9": [Was(9, 20, C)]},
    "deadman-many-fields": {"edge-9": [Was(5, 10, C)]},
    "deadman-split-fields": {"edge-9": [Was(5, severity=C)]},
    "deadman-missing-fields": {"h1": [Was(3, severity=C)]},
    "deadman-stale": {"edge-9": [Was(5, severity=C)]},  # then silence, no ok
    "deadman-level-ok": {"edge-9": [Was(4, severity=LOW)]},  # alive is unknown; then dead, which says ok: no recovery
    "changes-ok-crit": {"db1": [Was(2, 3, C), Was(4, 5, C)], "db2": []},  # db2's crit never came, its ok did
    "changes-any": {"db1": [Was(2, severity=W, worst=C)]},  # one event by two or three rules
    "changes-deadman": {"edge-9": [Was(1, 2, C)]},
    "tag-rules": {"web1": [Was(7, severity=C)], "web2": [Was(8, severity=C)], "db1": [Was(10, severity=C)]},
    # 90 15 3 15 90 91 from 295 on, in windows of 5 s: warn, crit, warn, and at 315 it is good
    "one-rule-three-levels-batched": {"db-a": [Was(6, 7, W, C)], "db-b": []},
    # db1 90 3 91 / 4 92 5 / 93 94 2 / 2 2 2 (not kept) / 95 96 from 345 on; db2 is bad from the ninth window on
    "rules-slower-than-check-pair": {
        "db1": [Was(1, 3, C), Was(7, 8, C), Was(10, 13, C), Was(15, 26, C)],
        "db2": [Was(16, severity=C)],
    },
    "late-crit-rule": {"db1": [Was(9, 7, C), Was(16, 14, C)], "db2": []},  # 705 to 715, and 725 to 730
    "raw-points-tie": {"db1": [Was(1, 4, C)]},
    "rule-task-run-again": {"db1": [Was(2, 3, C)]},
    "receiver-slow": {"db1": [Was(2, 5, C)], "db2": [Was(6, 9, C)]},
    "receiver-drops-connection": {  # db2 and db3 of the first run were lost
        "db1": [Was(1, severity=C)],
        "db2": [Was(3, severity=C)],
        "db3": [Was(4, severity=C)],
    },
    "receiver-500": {"db1": [Was(1, 2, C)]},
    "receiver-201": {"db1": FIRED},
    "receiver-302": {"db1": FIRED},
    "receiver-307": {"db1": FIRED},  # 2 is the same POST again
    "restart-while-critical": {"db1": [Was(2, 5, C)]},
    "check-renamed": {"db1": [Was(3, 4, C)]},
    "number-types": {
        "num int": [Was(1, severity=C)],
        "num uint_max": [Was(2, severity=C)],
        "num int_max": [Was(3, 12, C)],  # then int min
        "num float_integral": [Was(4, severity=C)],
        "num float_fraction": [Was(5, severity=C)],
        "num float_huge": [Was(6, severity=C)],
        "num float_big20": [Was(7, severity=C)],
        "num float_tiny": [],
        "num float_negative_zero": [],
    },
    "message-templates": {f"message {n}": [Was(n, severity=C)] for n in range(1, 9)},
    "grouped-over-hosts": {"": [Was(2, 4, C)]},
    "custom-check-extra-fields": {"h1": FIRED},
    "custom-check-time-column": {"h1": FIRED},
    "custom-check-nan": {"h1": FIRED},
    "custom-check-null-fields": {"h1": [Was(2, severity=C)]},
    "custom-task-minimal": {"h1": FIRED},
    "task-post-status-row": {"db1": [Was(2, severity=C)]},
    "task-post-raw-status-row": {"db1": [Was(2, severity=C)]},
    "notebook-task": {"": [Was(1, severity=W)]},
    "notebook-status-via-rule": {"db1": [Was(2, severity=C)]},
    "auth-token-in-url": {"db1": [Was(1, 2, C)]},
    "auth-basic": {"db1": FIRED},
    "auth-bearer": {"db1": FIRED},
    "auth-userinfo-in-url": {"db1": FIRED},
    "method-put": {"db1": FIRED},
    "method-get": {"db1": FIRED},
    "endpoint-headers-and-template": {"db1": FIRED},
    "endpoint-inactive-patched": {"db1": [Was(2, severity=C)]},
    "notebook-test-alert": {},
}
"""What happened to each host."""

OPTIONS = {
    # Columns that are text fields, not tags, as the README tells: the source has to say so.
    "deadman-many-fields": {"ignore_keys": ["note", "version"]},
    "custom-check-null-fields": {"ignore_keys": ["device"]},
}
REFUSED = {
    "slack-endpoint",
    "slack-endpoint-no-token",
    "pagerduty-any-and-pair",
    "task-endpoint-mapfn",
    "task-post-plain-text",
}
DELIVERIES = {
    scenario: read("influxdb2", stream, options=OPTIONS.get(scenario))
    for scenario, stream in STREAMS.items()
    if scenario not in REFUSED
}


def _raw(alert: Alert) -> dict[str, object]:
    assert alert.raw is not None
    return dict(alert.raw)


def _host(_: int, alert: Alert) -> str:
    return str(_raw(alert).get("host", ""))


def _check(_: int, alert: Alert) -> str:
    return str(_raw(alert)["_check_name"])


def _message(number: int, _: Alert) -> str:
    return f"message {number}"


THINGS = {"number-types": _check, "message-templates": _message}


def _time(alert: Alert) -> datetime:
    raw = _raw(alert)
    nanoseconds = raw.get("_status_timestamp")
    if nanoseconds is None:
        return datetime.fromisoformat(str(raw["_time"]))
    assert isinstance(nanoseconds, int)
    return datetime.fromtimestamp(nanoseconds // 10**9, UTC)


def test_every_stream_is_replayed() -> None:
    """Each captured stream is told of above, or refused."""
    assert WAS.keys() | REFUSED == STREAMS.keys()
    assert not WAS.keys() & REFUSED


@pytest.mark.parametrize("scenario", WAS)
def test_end(scenario: str) -> None:
    """The incidents at the end are what the software did."""
    deliveries = DELIVERIES[scenario]
    check(Replay(deliveries), deliveries, WAS[scenario], Teller(THINGS.get(scenario, _host), _time))


@pytest.mark.parametrize("scenario", sorted(REFUSED))
def test_refused(scenario: str) -> None:
    """No request of what is written for other systems gets as far as the book."""
    for one in STREAMS[scenario]:
        with pytest.raises(PayloadError):
            parse("influxdb2", one.request, received_at=one.received_at)


@pytest.mark.parametrize("scenario", WAS)
def test_repeats(scenario: str) -> None:
    """Requests that come twice in a row and once more at the end change nothing."""
    check_repeats(DELIVERIES[scenario])


@pytest.mark.parametrize("scenario", WAS)
def test_orders(scenario: str) -> None:
    """Requests in any order, also repeated, come to the same incidents."""
    assert check_orders(scenario, DELIVERIES[scenario]) >= 7


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
SEVERITY = {"crit": C, "warn": W, "ok": None}


@pytest.mark.parametrize(("scenario", "upto", "host", "truth", "naive"), NAIVE)
def test_the_last_arrival_is_not_the_end(
    scenario: str, upto: int, host: str, truth: tuple[str, int], naive: tuple[str, int]
) -> None:
    """Where the last to arrive says something else, the book knows better, and who goes by arrival does not."""
    deliveries = [one for one in DELIVERIES[scenario] if one.number <= upto]
    said = [alert for one in deliveries for alert in one.alerts if _raw(alert)["host"] == host]
    assert (_raw(said[-1])["_level"], int(_time(said[-1]).timestamp()) % 1000) == naive
    (key,) = {alert.dedup_key for alert in said}

    def severity(replay: Replay) -> Severity | None:
        return next((one.severity for one in replay.book.open if one.dedup_key == key), None)

    assert severity(Replay(deliveries)) is SEVERITY[truth[0]]
    newest = Replay(deliveries).book.timeline("replayed", key).recent[-1]
    assert int(newest.key[0].timestamp()) % 1000 == truth[1]
    untimed = read(
        "influxdb2",
        [one for one in STREAMS[scenario] if one.number <= upto],
        received=lambda one: (one.received_at or datetime.min.replace(tzinfo=UTC)) - timedelta(days=1),
    )
    assert severity(Replay(untimed)) is SEVERITY[naive[0]]


def test_nothing_is_paged_for_the_past() -> None:
    """A crit that comes after its own ok opens nothing: that it was, is told as a closed incident."""
    replay = Replay()
    told = {one.number: replay.deliver(one) for one in DELIVERIES["late-crit-rule"]}
    kinds = {number: [(one.kind.value, str(one.cause)) for one in told[number]] for number in (9, 10, 16)}
    assert kinds == {
        9: [("resolved", "unannounced")],
        10: [("deduplicated", "corrected")],
        16: [("resolved", "unannounced")],
    }

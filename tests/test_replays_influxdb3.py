"""Every captured stream of InfluxDB 3 ends in the incidents that happened, however it is delivered.

Nothing but the texts tells of a thing: what each request is about is read off them by hand. No official plugin sends a
recovery, so what a plugin of them opens stays open.
"""

import re
from datetime import UTC, datetime

import pytest

import captures
from alertmap import Alert, Severity
from captures import Captured
from replays import Delivery, Replay, Teller, Was, check, check_orders, check_repeats, read

STREAMS = captures.streams("influxdb3")
BY_NAME = {one.name: one for stream in STREAMS.values() for one in stream}
C, H, M, I = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.INFO  # noqa: E741 - the levels' initials

# Streams put together of single requests: the number of each is its place.
TOGETHER = {
    "a template with a state": ["threshold_onwrite_json_template", "threshold_onwrite_json_template_resolved"],
    "fault, then ok": ["state_change_count_default_02", "state_change_back_to_ok"],
    "two windows": ["deadman_default", "deadman_trigger2_repeats_01", "deadman_trigger2_repeats_02"],
}
OPTIONS = {name: {"ok_values": ["ok"]} for name in ("fault, then ok", "state_change_back_to_ok")}

# What the requests of a stream are about, where that is more than one thing.
THINGS = {
    "threshold_onwrite_default": {1: "db1 usage", 2: "db2 usage", 3: "db2 usage", 4: "db2 status", 5: "db2 count"},
    "threshold_scheduled_default": {
        1: "count of db2 usage",
        2: "sum of db2 count",
        3: "avg of db1 usage",
        4: "max of db1 usage",
        5: "count of db1 usage",
    },
    "state_change_count_default": {1: "on", 2: "state", 3: "on"},
    "state_change_scheduled_default": {1: "state", 2: "on"},
}

SEVERITIES = {  # of the streams of one request
    "adtk_default": M,
    "deadman_default": H,
    "deadman_json_template": C,
    "engine_request_from_threshold_deadman": H,
    "mad_count_default": M,
    "mad_time_default": M,
    "notifier_discord": H,
    "notifier_empty_text": M,
    "notifier_http_content_type_override": M,
    "notifier_http_plain": M,
    "notifier_http_with_headers": M,
    "notifier_json_text": C,
    "notifier_null_text": M,
    "notifier_object_text": M,
    "notifier_slack": H,
    "prophet_validation_failed_default": M,
    "state_change_time_default": M,
    "threshold_onwrite_json_template": M,
    "threshold_onwrite_json_template_broken_by_quote": C,
    "threshold_onwrite_logfmt_template": M,
    "threshold_onwrite_trigger3": M,
    "threshold_onwrite_unrendered_vars": M,
    "threshold_v1_2_onwrite_absent_tag": M,
}

WAS: dict[str, dict[str, list[Was]]] = {name: {"it": [Was(0, severity=one)]} for name, one in SEVERITIES.items()} | {
    "threshold_onwrite_default": {
        "db1 usage": [Was(1, severity=M)],
        "db2 usage": [Was(2, severity=H)],  # WARN and ERROR of one breach
        "db2 status": [Was(4, severity=C)],
        "db2 count": [Was(5, severity=I)],
    },
    "threshold_scheduled_default": {
        "count of db2 usage": [Was(1, severity=I)],
        "sum of db2 count": [Was(2, severity=M)],
        "avg of db1 usage": [Was(3, severity=H)],
        "max of db1 usage": [Was(4, severity=C)],
        "count of db1 usage": [Was(5, severity=I)],
    },
    "state_change_count_default": {"on": [Was(1, severity=M)], "state": [Was(2, severity=M)]},
    "state_change_scheduled_default": {"state": [Was(1, severity=M)], "on": [Was(2, severity=M)]},
    "forecast_error_default": {"it": [Was(1, severity=M)]},  # INFO and WARN of one error
    "deadman_three_senders": {"it": [Was(1, severity=H)]},
    "deadman_trigger2_repeats": {"it": [Was(1, severity=H)]},
    # The ends of what is not seen to begin.
    "state_change_back_to_ok": {"it": []},
    "threshold_onwrite_json_template_resolved": {"it": []},
    "a template with a state": {"it": [Was(1, 2, M)]},
    "fault, then ok": {"it": [Was(1, 2, M)]},
    "two windows": {"it": [Was(1, severity=H)]},
}
"""What happened to each thing."""


def _stream(scenario: str) -> list[Captured]:
    if scenario in TOGETHER:
        return [BY_NAME[name]._replace(number=place) for place, name in enumerate(TOGETHER[scenario], 1)]
    return STREAMS[scenario]


DELIVERIES: dict[str, list[Delivery]] = {
    scenario: read("influxdb3", _stream(scenario), options=OPTIONS.get(scenario)) for scenario in WAS
}


def _time(alert: Alert) -> datetime:
    """The end of a deadman's or prophet's window; nothing else has a time but that of receipt."""
    window = re.search(r"from [-0-9]+ \S+ to ([-0-9]+ [:0-9.]+\+00:00)", str(alert.raw))
    assert alert.received_at is not None
    return datetime.fromisoformat(window[1]).astimezone(UTC) if window else alert.received_at


def _teller(scenario: str) -> Teller:
    return Teller(lambda number, _: THINGS[scenario][number] if scenario in THINGS else "it", _time)


def test_every_stream_is_replayed() -> None:
    """Each captured stream is told of above."""
    assert STREAMS.keys() | TOGETHER == WAS.keys()


@pytest.mark.parametrize("scenario", WAS)
def test_end(scenario: str) -> None:
    """The incidents at the end are what happened."""
    check(Replay(DELIVERIES[scenario]), DELIVERIES[scenario], WAS[scenario], _teller(scenario))


@pytest.mark.parametrize("scenario", WAS)
def test_repeats(scenario: str) -> None:
    """Requests that come twice in a row and once more at the end change nothing."""
    check_repeats(DELIVERIES[scenario])


@pytest.mark.parametrize("scenario", WAS)
def test_orders(scenario: str) -> None:
    """Requests in any order, also repeated, come to the same incidents: what has no time, by its receipt."""
    assert check_orders(scenario, DELIVERIES[scenario]) >= 7

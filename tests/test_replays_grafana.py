"""Every captured stream of Grafana ends in the incidents that its README tells of, however it is delivered."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

import captures
from alertmap import Alert, PayloadError, Severity, State, parse
from captures import Captured
from replays import Replay, Teller, Was, by_number, check, check_orders, check_repeats, read

STREAMS = captures.streams("grafana")
C, M = Severity.CRITICAL, Severity.MEDIUM

FIRED = [Was(0, severity=C)]
SINGLE = [Was(1, 2, C)]

WAS: dict[str, dict[str, list[Was]]] = {
    "v9.3.2_single": {"web-1": SINGLE},
    "v9.3.2_three-series": {"web-1": [Was(1, 3, C)], "web-2": [Was(2, 4, C)]},
    "v9.3.2_missing-series": {"web-1": [Was(1, 2, C)], "web-2": [Was(1, 3, C)]},
    "v9.3.2_nodata-while-firing": {  # the series vanish and come back; the end of no data comes last
        "HighCPU web-1": [Was(1, 3, C), Was(4, 5, C)],
        "HighCPU web-2": [Was(1, 3, C), Was(4, 5, C)],
        "DatasourceNoData ": [Was(2, 6, C)],
    },
    "v9.3.2_nodata-alerting": {"web-1": [Was(1, 3, C)], "": [Was(2, 4, C)]},
    "v9.3.2_error": {"": SINGLE},
    "v9.3.2_annotations": {"web-1": SINGLE},
    "hybrid_annotations": {"web-1": FIRED},
    "v9.3.2_label-change": {"critical": [Was(1, 2, C)], "warning": [Was(3, 5, M)]},
    "v9.3.2_query-changed": {"web-1": [Was(1, 2, C), Was(3, 4, C)]},
    "v9.3.2_rule-deleted": {"web-1": SINGLE},
    "v9.3.2_silenced": {"web-1": [Was(1, 3, C)], "web-2": [Was(2, 3, C)]},
    "v9.3.2_repeat": {"web-1": [Was(1, 3, C)]},
    "v9.3.2_retry-500": {"web-1": [Was(1, 3, C)]},
    "v9.3.2_truncated": {"web-0": SINGLE, "web-1": SINGLE},  # web-2 to web-4 are never named
    "v9.3.2_group-all": {"web-1": SINGLE},
    "v9.3.2_root-none": {"root-none": [Was(2, 3, C)], "root-none-b": [Was(1, 4, C)]},
    "v9.3.2_restart": {"web-1": SINGLE},
    "v9.3.2_restart-recovered": {"web-1": SINGLE},  # its end has another start
    "v9.3.2_classic": {"": SINGLE},  # one key for all series
    "v9.3.2_inf-value": {"web-1": SINGLE, "web-2": SINGLE},
    "v9.3.2_special-chars": {"böx-☃/ü=1,2": FIRED},
    "v9.3.2_template-error": {"web-1": FIRED},
    "v9.3.2_auth-scheme-put": {"web-1": FIRED},
    "v9.3.2_cp-alertmanager": {"web-1": FIRED},
    "v9.3.2_external-alertmanager": {"web-1": SINGLE},  # its end has another start
    "lib_alertmanager": {"web-1": SINGLE},
    "lib_v0mimir1": {"web-1": FIRED},
    "lib_default": {"web-1": [Was(1, 3, C)], "web-2": [Was(2, 4, C)]},
    "lib_hmac": {"web-1": FIRED},
    "lib_hmac-timestamp": {"web-1": FIRED},
    "lib_headers-bearer": {"web-1": FIRED},
    "lib_payload-default": {"web-1": FIRED},
    "lib_url-template": {"web-1": FIRED},
    "lib_images": {"web-1": FIRED},
    "lib_oncall": {"web-1": FIRED},
    "lib_template-error": {"web-1": FIRED},
    "legacy-v9.3.2_single": {"": [Was(1, 2, C)]},
    "legacy-v9.3.2_member-change": {"": [Was(1, 2, M)]},
    "legacy-v9.3.2_no-data-while-alerting": {"": [Was(1, 4, M)]},
    "legacy-v9.3.2_no-data-alerting": {"": [Was(0, severity=M)]},
    "legacy-v9.3.2_reminder": {"": [Was(1, severity=M)]},
    "legacy-v9.3.2_put-basic": {"": [Was(0, severity=M)]},
    "v9.3.2_test-button": {},
    "lib_test-button": {},
    "lib_test-button-custom": {},
    "legacy-v9.3.2_test": {},
}
"""What happened to each alert, by its host where nothing else is told."""

REFUSED = {
    "lib_discord",
    "lib_googlechat",
    "lib_jira",
    "lib_kafka-v2",
    "lib_opsgenie",
    "lib_pagerduty",
    "lib_payload-text",
    "lib_payload-vars",
    "lib_slack",
    "lib_teams",
    "lib_victorops",
    "lib_webex",
}
"""What is written for other systems."""

PUSHES = {"v9.3.2_cp-alertmanager", "v9.3.2_external-alertmanager", "lib_alertmanager", "lib_v0mimir1"}
"""What speaks Alertmanager's language."""


def _received(one: Captured) -> datetime:
    if one.scenario == "v9.3.2_external-alertmanager":  # a firing's endsAt lies in the future
        return datetime(2026, 11, 21, 9, 37, 10 * one.number + 1, tzinfo=UTC)
    return by_number(one.number)


DELIVERIES = {
    scenario: read("prometheus_alertmanager" if scenario in PUSHES else "grafana", STREAMS[scenario], _received)
    for scenario in WAS
}


def _time(alert: Alert) -> datetime:
    """The start of what fires, the end of what is over; legacy alerting has no time but that of receipt."""
    raw = alert.raw
    assert raw is not None
    assert alert.received_at is not None
    text = raw.get("endsAt" if alert.state is State.RESOLVED else "startsAt")
    return datetime.fromisoformat(text).astimezone(UTC) if text else alert.received_at


def _by(*names: str) -> Callable[[int, Alert], str]:
    def thing(_: int, alert: Alert) -> str:
        assert alert.raw is not None
        return " ".join(alert.raw.get("labels", {}).get(name, "") for name in names)

    return thing


THINGS = {
    "v9.3.2_nodata-while-firing": _by("alertname", "host"),
    "v9.3.2_label-change": _by("severity"),
    "v9.3.2_root-none": _by("grafana_folder"),
}


def test_every_stream_is_replayed() -> None:
    """Each captured stream is told of above, or refused."""
    assert WAS.keys() | REFUSED == STREAMS.keys()
    assert not WAS.keys() & REFUSED


@pytest.mark.parametrize("scenario", WAS)
def test_end(scenario: str) -> None:
    """The incidents at the end are what the software did."""
    deliveries = DELIVERIES[scenario]
    check(Replay(deliveries), deliveries, WAS[scenario], Teller(THINGS.get(scenario, _by("host")), _time))


@pytest.mark.parametrize("scenario", sorted(REFUSED))
def test_refused(scenario: str) -> None:
    """No request of what is written for other systems gets as far as the book."""
    for one in STREAMS[scenario]:
        with pytest.raises(PayloadError):
            parse("grafana", one.request, received_at=_received(one))


@pytest.mark.parametrize("scenario", WAS)
def test_repeats(scenario: str) -> None:
    """Requests that come twice in a row and once more at the end change nothing."""
    check_repeats(DELIVERIES[scenario])


@pytest.mark.parametrize("scenario", WAS)
def test_orders(scenario: str) -> None:
    """Requests in any order, also repeated, come to the same incidents; legacy ones in the order of their receipt."""
    assert check_orders(scenario, DELIVERIES[scenario]) >= 7


def test_no_data_beside_what_fires() -> None:
    """After request 4 three are open: no data, and both series that came back."""
    deliveries = DELIVERIES["v9.3.2_nodata-while-firing"]
    open_after = {upto: [one.no_data for one in Replay(deliveries[:upto]).book.open] for upto in range(1, 7)}
    assert {upto: sorted(found) for upto, found in open_after.items()} == {
        1: [False, False],
        2: [False, False, True],
        3: [True],
        4: [False, False, True],
        5: [True],
        6: [],
    }


def test_no_data_while_alerting() -> None:
    """Legacy alerting goes on while there are no data, and says so."""
    deliveries = DELIVERIES["legacy-v9.3.2_no-data-while-alerting"]
    open_after = [[one.no_data for one in Replay(deliveries[:upto]).book.open] for upto in range(1, 5)]
    assert open_after == [[False], [True], [False], []]

"""Single captured requests of Grafana; rules and streams are tested for all vendors at once."""

from datetime import UTC, datetime

import pytest

from alertmap import Batch, detect, parse
from alertmap.errors import PayloadError
from alertmap.model import Alert, ProblemCode, State
from captures import Captured, requests, streams
from corpus.replays import Replay, read
from corpus.rules_grafana import is_push

VENDOR = "grafana"
ALL = requests(VENDOR)
STREAMS = streams(VENDOR)


def _parsed(one: Captured) -> Batch:
    return parse(VENDOR, one.request)


def _alerts(scenario: str) -> list[list[Alert]]:
    return [list(_parsed(one)) for one in STREAMS[scenario]]


@pytest.mark.parametrize("one", [one for one in ALL if is_push(one)], ids=lambda one: one.name)
def test_alertmanagers_form(one: Captured) -> None:
    """A request in Alertmanager's form is recognised as that, and refused here with a hint."""
    found = detect(one.request)
    assert found is not None
    assert found.vendor == "prometheus_alertmanager"
    with pytest.raises(PayloadError, match="looks like prometheus_alertmanager"):
        _parsed(one)
    (alert,) = parse("prometheus_alertmanager", one.request)
    assert alert.identity["ruleUID"]
    assert not any("__" in name for name in (*alert.identity, *alert.labels))
    assert alert.values.keys() >= {"B", "C"}


def test_the_push_to_an_external_alertmanager() -> None:
    """The end has startsAt = endsAt: it resolves the alert and has no episode."""
    opened, over = (
        parse("prometheus_alertmanager", one.request, received_at=datetime(2026, 11, 21, 9, 38, tzinfo=UTC)).alerts[0]
        for one in STREAMS["v9.3.2_external-alertmanager"]
    )
    assert (opened.state, over.state) == (State.FIRING, State.RESOLVED)
    assert opened.dedup_key == over.dedup_key
    assert (over.episode, over.started_at) == (None, None)
    assert opened.expires_at == datetime(2026, 11, 21, 9, 38, 40, tzinfo=UTC)


def test_a_missing_series_ends() -> None:
    """A series that disappeared resolves with that reason; the repeat is equal."""
    _, second, third = _alerts("v9.3.2_missing-series")
    first, again = (next(a for a in alerts if a.labels["host"] == "web-1") for alerts in (second, third))
    assert first.labels["grafana_state_reason"] == "MissingSeries"
    assert (first.state, first.occurred_at, first.values) == (State.RESOLVED, again.occurred_at, again.values)


def test_no_data() -> None:
    """No data is its own alert, and the alert after it is a new episode."""
    for alerts in _alerts("v9.3.2_nodata-while-firing"):
        for alert in alerts:
            assert alert.no_data is (alert.labels["alertname"] == "DatasourceNoData" and alert.state is State.FIRING)
            assert alert.title == "DatasourceNoData: HighCPU" or alert.labels["alertname"] == "HighCPU"
    first, *_ = _alerts("v9.3.2_nodata-while-firing")
    again = _alerts("v9.3.2_nodata-while-firing")[3]
    assert {a.dedup_key for a in first} == {a.dedup_key for a in again}
    assert {a.episode for a in first}.isdisjoint({a.episode for a in again})


def test_no_data_as_alerting() -> None:
    """A rule that alerts on no data fires under a second key, and only that one has no data."""
    _, second, third, _ = _alerts("v9.3.2_nodata-alerting")
    assert {bool(a.labels.get("host")): a.no_data for a in second} == {True: False, False: True}
    assert {a.labels.get("host", ""): a.state for a in third} == {"web-1": State.RESOLVED, "": State.FIRING}


def test_an_error() -> None:
    """A failed query has its error in the message."""
    (fired,), (over,) = _alerts("v9.3.2_error")
    assert "timed out" in fired.message
    assert fired.title == over.title == "DatasourceError: HighCPU"
    assert not fired.no_data


def test_an_edit_is_a_new_episode() -> None:
    """Editing the text resolves the alert and fires it again under the same key."""
    fired, over, again, end = (alerts[0] for alerts in _alerts("v9.3.2_query-changed"))
    assert fired.episode == over.episode
    assert again.episode == end.episode
    assert fired.episode != again.episode
    assert over.occurred_at is not None
    assert again.occurred_at is not None
    assert over.occurred_at < again.occurred_at


@pytest.mark.parametrize("scenario", ["v9.3.2_repeat", "v9.3.2_retry-500", "legacy-v9.3.2_reminder"])
def test_a_repeat_is_equal(scenario: str) -> None:
    """A repeated notification gives equal alerts."""
    first, again = (alerts[0] for alerts in _alerts(scenario)[:2])
    assert first == again


def test_truncated_alerts_are_a_problem() -> None:
    """Two of five alerts are sent, firing and resolved, and the rest is a problem."""
    for one in STREAMS["v9.3.2_truncated"]:
        batch = _parsed(one)
        assert (len(batch), batch.truncated) == (2, 3)
        assert [problem.code for problem in batch.problems] == [ProblemCode.TRUNCATED]


def test_the_servers_zone() -> None:
    """Times in a zone east of Greenwich are the same times; the episode is the text sent."""
    for alerts in _alerts("v9.3.2_root-none"):
        for alert in alerts:
            assert alert.started_at is not None
            assert alert.started_at.utcoffset() == UTC.utcoffset(None)
            assert (alert.episode or "").endswith("+05:30")


def test_legacy_levels() -> None:
    """The tag of the rule is the level, on the recovery as well."""
    assert [alert.level for (alert,) in _alerts("legacy-v9.3.2_single")] == ["critical", "critical"]
    ((alert,),) = _alerts("legacy-v9.3.2_put-basic")
    assert alert.level == "alerting"
    assert alert.message == ""


def test_no_data_beside_what_fires() -> None:
    """After request 4 three alerts are open: no data, and both series that came back."""
    deliveries = read("grafana", STREAMS["v9.3.2_nodata-while-firing"])
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
    """Legacy alerting keeps firing without data, and sets no_data."""
    deliveries = read("grafana", STREAMS["legacy-v9.3.2_no-data-while-alerting"])
    open_after = [[one.no_data for one in Replay(deliveries[:upto]).book.open] for upto in range(1, 5)]
    assert open_after == [[False], [True], [False], []]

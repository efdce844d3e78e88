"""Every captured request of Grafana, held against what really happened, as the README of the captures tells it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from alertmap import Batch, detect, parse
from alertmap.errors import PayloadError
from alertmap.model import Alert, ProblemCode, Reason, State
from captures import Captured, requests, streams

VENDOR = "grafana"
ALL = requests(VENDOR)
STREAMS = streams(VENDOR)

PUSHES = {
    "v9.3.2_cp-alertmanager",
    "v9.3.2_external-alertmanager_01",
    "v9.3.2_external-alertmanager_02",
    "lib_alertmanager_01",
    "lib_alertmanager_02",
    "lib_v0mimir1",
}
"""What speaks Alertmanager's language."""

FOR_OTHERS = (
    "lib_discord",
    "lib_googlechat",
    "lib_jira",
    "lib_kafka",
    "lib_opsgenie",
    "lib_pagerduty",
    "lib_payload-text",
    "lib_payload-vars",
    "lib_slack",
    "lib_teams",
    "lib_victorops",
    "lib_webex",
)
"""Contact points for other systems, and payloads of one's own."""

TESTS = ("test-button", "legacy-v9.3.2_test")

OTHERS = [one for one in ALL if one.name.startswith(FOR_OTHERS)]
TEST_BUTTONS = [one for one in ALL if any(word in one.name for word in TESTS)]
SPOKEN = [one for one in ALL if one.name not in PUSHES and one not in OTHERS and one not in TEST_BUTTONS]
LEGACY = [one for one in SPOKEN if one.name.startswith("legacy")]
UNIFIED = [one for one in SPOKEN if one not in LEGACY]


def _parsed(one: Captured) -> Batch:
    return parse(VENDOR, one.request)


def _elements(one: Captured) -> Iterator[dict[str, Any]]:
    yield from json.loads(one.request.body)["alerts"]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _alerts(scenario: str) -> list[list[Alert]]:
    return [list(_parsed(one)) for one in STREAMS[scenario]]


def _told(scenario: str, label: str = "host") -> list[dict[str, str]]:
    """For each request of a scenario: the state of each alert, by one of its labels."""
    return [{alert.labels.get(label, ""): alert.state.value for alert in alerts} for alerts in _alerts(scenario)]


def _end(scenario: str) -> dict[str, State]:
    """The last state of each key of a stream."""
    return {alert.dedup_key: alert.state for alerts in _alerts(scenario) for alert in alerts}


def test_all_are_sorted() -> None:
    """The sorting of the captures leaves none out."""
    assert len(UNIFIED) + len(LEGACY) + len(TEST_BUTTONS) + len(OTHERS) + len(PUSHES) == len(ALL)
    assert len(UNIFIED) >= 70
    assert len(LEGACY) == 12
    assert len(TEST_BUTTONS) == 4


@pytest.mark.parametrize("one", UNIFIED, ids=lambda one: one.name)
def test_each_element_is_an_alert(one: Captured) -> None:
    """Every element becomes one alert, with its own status, times, labels, values and severity label."""
    for alert, element in zip(_parsed(one), _elements(one), strict=True):
        over = element["status"] == "resolved"
        starts, ends = _moment(element["startsAt"]), element["endsAt"]
        assert alert.state is (State.RESOLVED if over else State.FIRING)
        assert alert.occurred_at == (_moment(ends) if over else starts)
        assert alert.values == (element["values"] or {})
        assert alert.level == element["labels"].get("severity")
        assert element["labels"].items() <= alert.labels.items()
        assert alert.expires_at is None
        if over and ends == element["startsAt"]:
            assert (alert.started_at, alert.episode) == (None, None)
        else:
            assert (alert.started_at, alert.episode) == (starts, element["startsAt"])
        assert "" not in alert.links.values()
        assert alert.links["silence"] == element["silenceURL"]


@pytest.mark.parametrize("one", [*SPOKEN, *TEST_BUTTONS], ids=lambda one: one.name)
def test_recognised(one: Captured) -> None:
    """Grafana's webhook, unified and legacy, is recognised."""
    found = detect(one.request)
    assert found is not None
    assert found.vendor == VENDOR


@pytest.mark.parametrize("one", TEST_BUTTONS, ids=lambda one: one.name)
def test_test_buttons(one: Captured) -> None:
    """The test button opens nothing, also where its alert was edited."""
    batch = _parsed(one)
    assert (batch.alerts, batch.reason) == ((), Reason.TEST)


@pytest.mark.parametrize("one", OTHERS, ids=lambda one: one.name)
def test_others_are_refused(one: Captured) -> None:
    """What is written for other systems is refused."""
    found = detect(one.request)
    assert found is None or found.vendor != VENDOR
    with pytest.raises(PayloadError) as caught:
        _parsed(one)
    assert caught.value.vendor == VENDOR


@pytest.mark.parametrize("one", [one for one in ALL if one.name in PUSHES], ids=lambda one: one.name)
def test_alertmanagers_language(one: Captured) -> None:
    """What speaks Alertmanager's language is recognised as that, and refused here with that hint."""
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
    """The end has startsAt = endsAt: it closes what fired, and names no episode."""
    opened, over = (
        parse("prometheus_alertmanager", one.request, received_at=datetime(2026, 11, 21, 9, 38, tzinfo=UTC)).alerts[0]
        for one in STREAMS["v9.3.2_external-alertmanager"]
    )
    assert (opened.state, over.state) == (State.FIRING, State.RESOLVED)
    assert opened.dedup_key == over.dedup_key
    assert (over.episode, over.started_at) == (None, None)
    assert opened.expires_at == datetime(2026, 11, 21, 9, 38, 40, tzinfo=UTC)


def test_keys_are_as_fine_as_fingerprints() -> None:
    """Two alerts have one key just where Grafana gives them one fingerprint."""
    pairs = {
        (alert.dedup_key, element["fingerprint"])
        for one in UNIFIED
        for alert, element in zip(_parsed(one), _elements(one), strict=True)
    }
    assert len(pairs) > 40
    assert len({key for key, _ in pairs}) == len({fingerprint for _, fingerprint in pairs}) == len(pairs)


WELL_IN_THE_END = {
    "v9.3.2_single": 1,
    "v9.3.2_three-series": 2,
    "v9.3.2_missing-series": 2,
    "v9.3.2_nodata-while-firing": 3,
    "v9.3.2_nodata-alerting": 2,
    "v9.3.2_error": 1,
    "v9.3.2_annotations": 1,
    "v9.3.2_label-change": 2,
    "v9.3.2_query-changed": 1,
    "v9.3.2_rule-deleted": 1,
    "v9.3.2_silenced": 2,
    "v9.3.2_repeat": 1,
    "v9.3.2_retry-500": 1,
    "v9.3.2_truncated": 2,
    "v9.3.2_root-none": 2,
    "v9.3.2_restart": 1,
    "v9.3.2_restart-recovered": 1,
    "v9.3.2_classic": 1,
    "v9.3.2_inf-value": 2,
    "lib_default": 2,
    "legacy-v9.3.2_single": 1,
    "legacy-v9.3.2_member-change": 1,
    "legacy-v9.3.2_no-data-while-alerting": 1,
}
"""Streams whose alerts all ended, and how many alerts there were."""


@pytest.mark.parametrize("scenario", WELL_IN_THE_END)
def test_what_recovers_ends_under_its_own_key(scenario: str) -> None:
    """Every alert that fired and ended in the software ends resolved, under the key that it opened with."""
    opened = {a.dedup_key for alerts in _alerts(scenario) for a in alerts if a.state is State.FIRING}
    assert len(opened) == WELL_IN_THE_END[scenario]
    assert _end(scenario) == dict.fromkeys(opened, State.RESOLVED)


def test_members_of_a_group_have_their_own_status() -> None:
    """The group fires while web-1 is over."""
    assert _told("v9.3.2_three-series") == [
        {"web-1": "firing"},
        {"web-1": "firing", "web-2": "firing"},
        {"web-1": "resolved", "web-2": "firing"},
        {"web-2": "resolved"},
    ]


def test_a_missing_series_ends() -> None:
    """web-1's series went away: it is over for that reason, said twice alike."""
    _, second, third = _alerts("v9.3.2_missing-series")
    first, again = (next(a for a in alerts if a.labels["host"] == "web-1") for alerts in (second, third))
    assert first.labels["grafana_state_reason"] == "MissingSeries"
    assert (first.state, first.occurred_at, first.values) == (State.RESOLVED, again.occurred_at, again.values)


def test_no_data() -> None:
    """No data is an alert of its own; both fire while it lasts on."""
    told = _told("v9.3.2_nodata-while-firing", "alertname")
    assert told == [
        {"HighCPU": "firing"},
        {"DatasourceNoData": "firing"},
        {"HighCPU": "resolved"},
        {"HighCPU": "firing"},
        {"HighCPU": "resolved"},
        {"DatasourceNoData": "resolved"},
    ]
    for alerts in _alerts("v9.3.2_nodata-while-firing"):
        for alert in alerts:
            assert alert.no_data is (alert.labels["alertname"] == "DatasourceNoData" and alert.state is State.FIRING)
            assert alert.title == "DatasourceNoData: HighCPU" or alert.labels["alertname"] == "HighCPU"
    first, *_ = _alerts("v9.3.2_nodata-while-firing")
    again = _alerts("v9.3.2_nodata-while-firing")[3]
    assert {a.dedup_key for a in first} == {a.dedup_key for a in again}
    assert {a.episode for a in first}.isdisjoint({a.episode for a in again})


def test_no_data_as_alerting() -> None:
    """A rule that alerts on no data fires a second key of the same name; only that one has no data."""
    _, second, third, _ = _alerts("v9.3.2_nodata-alerting")
    assert {bool(a.labels.get("host")): a.no_data for a in second} == {True: False, False: True}
    assert {a.labels.get("host", ""): a.state for a in third} == {"web-1": State.RESOLVED, "": State.FIRING}


def test_an_error() -> None:
    """A query that fails says why."""
    (fired,), (over,) = _alerts("v9.3.2_error")
    assert "timed out" in fired.message
    assert fired.title == over.title == "DatasourceError: HighCPU"
    assert not fired.no_data


def test_an_edit_is_a_new_episode() -> None:
    """An edit of the text ends the alert and fires it again, under the same key."""
    fired, over, again, end = (alerts[0] for alerts in _alerts("v9.3.2_query-changed"))
    assert fired.episode == over.episode
    assert again.episode == end.episode
    assert fired.episode != again.episode
    assert over.occurred_at is not None
    assert again.occurred_at is not None
    assert over.occurred_at < again.occurred_at


def test_a_changed_label_is_another_alert() -> None:
    """Another severity is another alert; the old one ends at the time of the edit, and keeps its severity."""
    told = [[(a.labels["severity"], a.state.value) for a in alerts] for alerts in _alerts("v9.3.2_label-change")]
    assert told == [
        [("critical", "firing")],
        [("critical", "resolved")],
        [("warning", "firing")],
        [("critical", "resolved"), ("warning", "firing")],
        [("warning", "resolved")],
    ]


@pytest.mark.parametrize("scenario", ["v9.3.2_repeat", "v9.3.2_retry-500", "legacy-v9.3.2_reminder"])
def test_a_repeat_says_nothing_new(scenario: str) -> None:
    """What is sent again is the same statement."""
    first, again = (alerts[0] for alerts in _alerts(scenario)[:2])
    assert first == again


def test_what_is_cut_off_is_told() -> None:
    """Two of five are shown, firing and resolved."""
    for one in STREAMS["v9.3.2_truncated"]:
        batch = _parsed(one)
        assert (len(batch), batch.truncated) == (2, 3)
        assert [problem.code for problem in batch.problems] == [ProblemCode.TRUNCATED]


def test_the_servers_zone() -> None:
    """Times of a zone east of Greenwich are the same moments; the episode is the text."""
    for alerts in _alerts("v9.3.2_root-none"):
        for alert in alerts:
            assert alert.started_at is not None
            assert alert.started_at.utcoffset() == UTC.utcoffset(None)
            assert (alert.episode or "").endswith("+05:30")


def test_legacy_states() -> None:
    """Alerting, no data, alerting again, ok: one key, no times, and no data told."""
    alerts = [alert for (alert,) in _alerts("legacy-v9.3.2_no-data-while-alerting")]
    assert [(a.state, a.no_data) for a in alerts] == [
        (State.FIRING, False),
        (State.FIRING, True),
        (State.FIRING, False),
        (State.RESOLVED, False),
    ]
    assert [a.level for a in alerts] == ["alerting", "no_data", "alerting", None]
    assert len({a.dedup_key for a in alerts}) == 1
    assert {a.occurred_at for a in alerts} == {None}


def test_legacy_levels() -> None:
    """The tag of the rule is the level, on the recovery as well."""
    assert [alert.level for (alert,) in _alerts("legacy-v9.3.2_single")] == ["critical", "critical"]
    ((alert,),) = _alerts("legacy-v9.3.2_put-basic")
    assert alert.level == "alerting"
    assert alert.message == ""


def test_legacy_rules_have_keys_of_their_own() -> None:
    """Rules of equal name on other dashboards have keys of their own."""
    rules = {(json.loads(one.request.body)["orgId"], json.loads(one.request.body)["ruleId"]) for one in LEGACY}
    assert len({_parsed(one).alerts[0].dedup_key for one in LEGACY}) == len(rules) > 4

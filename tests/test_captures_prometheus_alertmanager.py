"""Every captured request of Alertmanager, Prometheus, vmalert and Loki, held against what really happened.

What happened stands in the README of the captures: it is told here scenario by scenario.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alertmap import Batch, detect, parse
from alertmap.errors import PayloadError
from alertmap.model import Alert, ProblemCode, Reason, Severity, State
from captures import Captured, requests, streams

VENDOR = "prometheus_alertmanager"
ALL = requests(VENDOR)
STREAMS = streams(VENDOR)
ZERO = "0001-01-01T00:00:00Z"


def _speaks_alertmanager(one: Captured) -> bool:
    """Whether a request is Alertmanager's webhook or a push to its API, by what ran and where it posted."""
    folder, _, name = one.name.rpartition("/")
    match folder:
        case "alertmanager_receivers":
            return "incidentio" in name
        case "event_recorder":
            return False
        case "alertmanager" | "alertmanager_old":
            return not any(word in name for word in ("payload-", "pagerduty", "opsgenie", "victorops"))
    return True


SPOKEN = [one for one in ALL if _speaks_alertmanager(one)]
OTHERS = [one for one in ALL if not _speaks_alertmanager(one)]


def _parsed(one: Captured) -> Batch:
    return parse(VENDOR, one.request, received_at=one.received_at)


def _elements(one: Captured) -> Iterator[dict[str, Any]]:
    document = json.loads(one.request.body)
    yield from document if isinstance(document, list) else document["alerts"]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _alerts(scenario: str) -> list[Alert]:
    return [alert for one in STREAMS[scenario] for alert in _parsed(one)]


def _told(scenario: str, label: str) -> list[dict[str, str]]:
    """For each request of a scenario: the state of each alert, by one of its labels."""
    return [
        {alert.labels.get(label, ""): alert.state.value for alert in _parsed(one).alerts} for one in STREAMS[scenario]
    ]


def _end(scenario: str) -> dict[str, State]:
    """The last state of each key of a stream."""
    return {alert.dedup_key: alert.state for alert in _alerts(scenario)}


def test_all_folders_are_read() -> None:
    """The sorting of the captures leaves none out and finds enough on both sides."""
    assert len(SPOKEN) + len(OTHERS) == len(ALL)
    assert len(SPOKEN) > 180
    assert len(OTHERS) > 80


@pytest.mark.parametrize("one", SPOKEN, ids=lambda one: one.name)
def test_each_element_is_an_alert(one: Captured) -> None:
    """Every element becomes one alert, with its own status, times, labels and severity label."""
    batch = _parsed(one)
    assert batch.problems == () or batch.truncated
    for alert, element in zip(batch, _elements(one), strict=True):
        labels = {name: value for name, value in element["labels"].items() if value}
        starts, ends = _moment(element["startsAt"]), element["endsAt"]
        over = element.get("status") == "resolved" or (
            "status" not in element and one.received_at is not None and _moment(ends) <= one.received_at
        )
        assert alert.raw is not None
        assert alert.raw["labels"] == element["labels"]
        assert alert.state is (State.RESOLVED if over else State.FIRING)
        assert alert.occurred_at == (_moment(ends) if over else starts)
        assert alert.started_at == starts
        assert alert.episode == element["startsAt"]
        assert alert.identity == {f"label.{name}": value for name, value in labels.items()}
        assert alert.level == labels.get("severity")
        assert alert.expires_at == (None if over or "status" in element else _moment(ends))
        assert alert.title.strip()


@pytest.mark.parametrize("one", SPOKEN, ids=lambda one: one.name)
def test_recognised(one: Captured) -> None:
    """What speaks Alertmanager's language is recognised."""
    found = detect(one.request)
    assert found is not None
    assert found.vendor == VENDOR


@pytest.mark.parametrize("one", OTHERS, ids=lambda one: one.name)
def test_others_are_refused(one: Captured) -> None:
    """What Alertmanager sends for other systems, its journal and free payloads are refused; a bare GET is a probe."""
    found = detect(one.request)
    assert found is None or found.vendor != VENDOR
    if one.request.method == "GET":
        batch = _parsed(one)
        assert (batch.alerts, batch.reason) == ((), Reason.PROBE)
    else:
        with pytest.raises(PayloadError) as caught:
            _parsed(one)
        assert caught.value.vendor == VENDOR


def test_keys_are_as_fine_as_fingerprints() -> None:
    """Two alerts have one key just where Alertmanager gives them one fingerprint."""
    pairs = {
        (alert.dedup_key, element["fingerprint"])
        for one in SPOKEN
        for alert, element in zip(_parsed(one), _elements(one), strict=True)
        if "fingerprint" in element
    }
    assert len(pairs) > 50
    assert len({key for key, _ in pairs}) == len({fingerprint for _, fingerprint in pairs}) == len(pairs)


def test_both_ways_in_have_one_key() -> None:
    """A push, which has no fingerprint, has the key that the same labels have in a webhook."""
    pushed = parse(VENDOR, b'[{"labels":{"b":"2","a":"1","c":""},"startsAt":"2026-11-21T09:00:00Z"}]').alerts[0]
    sent = parse(
        VENDOR, b'{"version":"4","groupKey":"{}:{}","alerts":[{"status":"firing","labels":{"a":"1","b":"2"}}]}'
    ).alerts[0]
    assert pushed.dedup_key == sent.dedup_key


WELL_IN_THE_END = {
    "alertmanager/v0.34.0_single": 1,
    "alertmanager/v0.34.0_group": 5,
    "alertmanager/v0.34.0_group-by-all": 2,
    "alertmanager/v0.34.0_repeat": 1,
    "alertmanager/v0.34.0_restart": 2,
    "alertmanager/v0.34.0_silenced-from-start": 1,
    "alertmanager/v0.34.0_utf8-labels": 1,
    "alertmanager/v0.34.0_timeout-1s-slow-receiver": 1,
    "alertmanager/v0.34.0_receiver-429": 1,
    "alertmanager/v0.34.0_reopened": 1,
    "alertmanager/v0.34.0_resolve-timeout": 1,
    "alertmanager/v0.34.0_severities": 12,
    "alertmanager/v0.34.0_odd-labels": 4,
    "alertmanager/v0.34.0_url-template": 1,
    "alertmanager_receivers/v0.34.0_incidentio": 1,
    "alertmanager_old/v0.5.1_single": 1,
    "alertmanager_old/v0.5.1_group": 3,
    "alertmanager_old/v0.5.1_utf8-values": 1,
    "alertmanager_old/v0.6.2_single": 1,
    "alertmanager_old/v0.6.2_group": 3,
    "alertmanager_old/v0.18.0_single": 1,
    "alertmanager_old/v0.20.0_single": 1,
    "alertmanager_old/v0.20.0_group": 3,
    "alertmanager_old/v0.27.0_single": 1,
    "alertmanager_old/v0.27.0_group": 3,
    "alertmanager_old/v0.31.1_single": 1,
    "alertmanager_old/v0.31.1_group": 3,
    "prometheus/v3.14.0_basic": 1,
    "prometheus/v3.14.0_group-partial-resolve": 3,
    "prometheus/v3.14.0_for-4s": 1,
    "prometheus/v3.14.0_keep-firing-for-6s": 1,
    "prometheus/v3.14.0_utf8-and-template-error": 2,
    "prometheus/v3.14.0_basic-auth-relabel": 1,
    "prometheus/v3.14.0_300-alerts": 300,
    "prometheus/v3.14.0_restart": 1,
    "vmalert/v1.150.0_basic": 1,
    "vmalert/v1.150.0_for-4s-pending": 1,
    "vmalert/v1.150.0_group-partial-resolve": 6,
    "vmalert/v1.150.0_resend-delay-6s": 1,
    "vmalert/v1.150.0_alert-source-template": 1,
    "vmalert/v1.150.0_utf8-and-template-errors": 3,
    "vmalert/v1.150.0_flapping-new-startsAt": 1,
    "vmalert/v1.150.0_keep-firing-for-6s": 1,
    "vmalert/v1.150.0_130-alerts": 130,
    "loki_ruler/v3.7.8_api_v2": 2,
}
"""Streams whose alerts all were seen firing and all ended, and how many alerts there were."""


@pytest.mark.parametrize("scenario", WELL_IN_THE_END)
def test_what_recovers_ends_under_its_own_key(scenario: str) -> None:
    """Every alert that fired and ended in the software ends resolved, under the key that it opened with."""
    alerts = _alerts(scenario)
    opened = {alert.dedup_key for alert in alerts if alert.state is State.FIRING}
    assert len(opened) == WELL_IN_THE_END[scenario]
    assert _end(scenario) == dict.fromkeys(opened, State.RESOLVED)
    for alert in alerts:
        began = [a.started_at for a in alerts if a.dedup_key == alert.dedup_key and a.episode == alert.episode]
        assert set(began) == {alert.started_at}
        if alert.state is State.RESOLVED:
            assert alert.occurred_at > alert.started_at  # type: ignore[operator]


def test_members_of_a_group_have_their_own_status() -> None:
    """cart-1 ends alone, cart-3 joins, cart-0 ends as cart-4 comes, the rest ends: each resolve comes once."""
    assert _told("alertmanager/v0.34.0_group", "pod") == [
        {"cart-0": "firing", "cart-1": "firing", "cart-2": "firing"},
        {"cart-0": "firing", "cart-1": "resolved", "cart-2": "firing"},
        {"cart-0": "firing", "cart-2": "firing", "cart-3": "firing"},
        {"cart-0": "resolved", "cart-2": "firing", "cart-3": "firing", "cart-4": "firing"},
        {"cart-2": "resolved", "cart-3": "resolved", "cart-4": "resolved"},
    ]
    assert len({_parsed(one).group_key for one in STREAMS["alertmanager/v0.34.0_group"]}) == 1


@pytest.mark.parametrize(
    "scenario", ["alertmanager/v0.34.0_repeat", "alertmanager/v0.34.0_timeout-1s-slow-receiver",
                 "alertmanager/v0.34.0_receiver-429"],
)  # fmt: skip
def test_a_repeat_says_nothing_new(scenario: str) -> None:
    """What is sent again, for whatever reason, is the same statement."""
    first, *more, last = (_parsed(one).alerts[0] for one in STREAMS[scenario])
    for again in more:
        assert (again.state, again.occurred_at, again.episode) == (first.state, first.occurred_at, first.episode)
    assert (last.state, last.episode) == (State.RESOLVED, first.episode)


def test_resolves_that_are_not_sent() -> None:
    """With send_resolved off nothing ever resolves; r1 fires in two episodes."""
    scenario = "alertmanager/v0.34.0_no-send-resolved"
    alerts = _alerts(scenario)
    assert {alert.state for alert in alerts} == {State.FIRING}
    assert len(_end(scenario)) == 3
    episodes: dict[str, set[str | None]] = {}
    for alert in alerts:
        episodes.setdefault(alert.dedup_key, set()).add(alert.episode)
    assert sorted(map(len, episodes.values())) == [1, 1, 2]


def test_an_alert_that_ends_while_inhibited_is_not_resolved() -> None:
    """NodeDown ended while ClusterDown inhibited it: it is never named again."""
    assert _told("alertmanager/v0.34.0_inhibited-while-open", "alertname") == [
        {"NodeDown": "firing"},
        {"ClusterDown": "firing"},
        {"ClusterDown": "resolved"},
    ]


def test_what_max_alerts_cuts_off_is_told() -> None:
    """Two of five are shown; n2 and n3 are only ever seen resolved, n4 never."""
    scenario = "alertmanager/v0.34.0_max-alerts-2"
    assert _told(scenario, "instance") == [
        {"n0:9100": "firing", "n1:9100": "firing"},
        {"n0:9100": "resolved", "n1:9100": "resolved"},
        {"n2:9100": "resolved", "n3:9100": "resolved"},
    ]
    batches = [_parsed(one) for one in STREAMS[scenario]]
    assert [batch.truncated for batch in batches] == [3, 3, 1]
    assert all([problem.code for problem in batch.problems] == [ProblemCode.TRUNCATED] for batch in batches)


def test_a_blip_is_only_seen_resolved() -> None:
    """j2 fired and ended between two flushes."""
    first, second, third = _told("alertmanager/v0.34.0_blip-in-open-group", "job_name")
    assert (first, third) == ({"j1": "firing"}, {"j1": "resolved"})
    assert second == {"j1": "firing", "j2": "resolved"}


def test_a_second_episode_has_the_same_key() -> None:
    """Fire, end, fire, end: one key, two episodes, each ended by its own resolve."""
    told = [(alert.state, alert.episode) for alert in _alerts("alertmanager/v0.34.0_reopened")]
    (fired, one), (ended, same), (again, two), (over, also) = told
    assert (fired, ended, again, over) == (State.FIRING, State.RESOLVED, State.FIRING, State.RESOLVED)
    assert (one, two) == (same, also)
    assert one != two


def test_severity_words() -> None:
    """The twelve severities of one group, in the order in which they were made."""
    for one in STREAMS["alertmanager/v0.34.0_severities"]:
        found = {alert.labels["alertname"]: alert for alert in _parsed(one)}
        resolved = all(alert.state is State.RESOLVED for alert in found.values())
        assert [found[f"Sev{number:02}"].severity for number in range(12)] == [
            Severity.CRITICAL,
            Severity.CRITICAL,
            Severity.MEDIUM,
            Severity.HIGH,
            Severity.HIGH,
            Severity.MEDIUM,
            Severity.INFO,
            None if resolved else Severity.MEDIUM,
            Severity.HIGH,
            Severity.HIGH,
            Severity.INFO,
            Severity.CRITICAL,
        ]


def test_the_oldest_group_key_is_exact() -> None:
    """0.5.1 sends a 64-bit integer; every later version a text."""
    for one in STREAMS["alertmanager_old/v0.5.1_single"]:
        assert _parsed(one).group_key == str(json.loads(one.request.body)["groupKey"])
        assert int(_parsed(one).group_key) > 2**53


@pytest.mark.parametrize("scenario", ["prometheus/v3.14.0_basic", "vmalert/v1.150.0_basic"])
def test_a_push_repeats_its_end(scenario: str) -> None:
    """Three pushes fire, each good for a while longer; three repeat one and the same end."""
    alerts = _alerts(scenario)
    assert [alert.state for alert in alerts] == [State.FIRING] * 3 + [State.RESOLVED] * 3
    expiries = [alert.expires_at for alert in alerts[:3]]
    assert expiries == sorted(expiries, key=str)
    assert all(alert.expires_at > alert.received_at for alert in alerts[:3])  # type: ignore[operator]
    assert len({alert.occurred_at for alert in alerts[3:]}) == 1
    assert len({alert.episode for alert in alerts}) == 1


def test_a_push_is_good_for_what_the_sender_said() -> None:
    """After a restart during the recovery vmalert sends nothing more: it is over when the last endsAt passes."""
    last = _alerts("vmalert/v1.150.0_restart-while-it-recovers")[-1]
    assert last.state is State.FIRING
    assert last.expires_at is not None
    assert last.received_at is not None
    assert timedelta(seconds=7) < last.expires_at - last.received_at <= timedelta(seconds=8)


def test_what_still_fires_at_the_end() -> None:
    """The push that was answered 500 is followed by the next one; the alert goes on."""
    alerts = _alerts("prometheus/v3.14.0_receiver-500-once")
    assert [alert.state for alert in alerts] == [State.FIRING, State.FIRING]
    assert alerts[0].occurred_at == alerts[1].occurred_at


@pytest.mark.parametrize("scenario", ["prometheus/v3.14.0_restart", "vmalert/v1.150.0_flapping-new-startsAt"])
def test_a_new_start_is_a_new_episode(scenario: str) -> None:
    """A restart of the sender, or a flap, has a new startsAt; the end is the end of the newer one."""
    alerts = _alerts(scenario)
    assert len({alert.dedup_key for alert in alerts}) == 1
    assert len({alert.episode for alert in alerts}) == 2
    assert alerts[-1].episode == max(alert.episode or "" for alert in alerts)


def test_a_large_round_is_split() -> None:
    """Prometheus splits 300 alerts at 256; each is one alert of its own."""
    sizes = [len(_parsed(one)) for one in STREAMS["prometheus/v3.14.0_300-alerts"]]
    assert sorted(sizes) == [44, 44, 256, 256]


def test_pushes_without_a_time_of_receipt() -> None:
    """The older pushes have no time of receipt: they fire, with the doubt told; given one, the end is an end."""
    older = [one for one in SPOKEN if one.name.startswith("api_v2_")]
    assert len(older) == 5
    for one in older:
        (alert,) = _parsed(one)
        assert alert.state is State.FIRING
        assert [problem.code for problem in alert.problems] == [ProblemCode.STATE_GUESSED]
        (element,) = _elements(one)
        (later,) = parse(VENDOR, one.request, received_at=_moment(element["endsAt"]))
        assert (later.state, later.dedup_key) == (State.RESOLVED, alert.dedup_key)
    keys = {_parsed(one).alerts[0].dedup_key for one in older if "vmalert" in one.name}
    assert len(keys) == 1


def test_the_older_streams() -> None:
    """The requests of 0.25.0 that belong together have one key each."""
    by_name = {one.name: _parsed(one) for one in SPOKEN if "/" not in one.name}
    (fired,), (over,) = by_name["single_firing_basic_auth"], by_name["single_resolved"]
    assert (fired.dedup_key, fired.state) == (over.dedup_key, State.FIRING)
    assert over.state is State.RESOLVED
    (again,) = by_name["reopened_same_fingerprint_new_startsAt"]
    assert (again.dedup_key, again.state) == (fired.dedup_key, State.FIRING)
    assert again.episode != fired.episode
    mixed = {alert.labels["pod"]: alert.state for alert in by_name["mixed_firing_resolved_group"]}
    assert mixed == {"cart-0": State.FIRING, "cart-1": State.RESOLVED, "cart-2": State.FIRING}
    assert by_name["truncated_firing_max_alerts_2_of_5"].truncated == 3
    (plain,), (ended,) = by_name["no_severity_firing"], by_name["no_severity_resolved"]
    assert (plain.severity, ended.severity) == (Severity.MEDIUM, None)
    assert ProblemCode.LEVEL_MISSING in {problem.code for problem in plain.problems}
    assert plain.dedup_key == ended.dedup_key


def test_a_zero_end_is_no_time() -> None:
    """Alertmanager writes the year 1 while an alert fires: it is nowhere to be seen in the alert."""
    firing = [
        alert
        for one in SPOKEN
        for alert, element in zip(_parsed(one), _elements(one), strict=True)
        if element["endsAt"] == ZERO
    ]
    assert len(firing) > 50
    assert all(alert.state is State.FIRING and alert.expires_at is None for alert in firing)

"""Single captured requests of Alertmanager, Prometheus and vmalert; rules and streams are tested elsewhere."""

import json
from datetime import datetime, timedelta

import pytest

from alertmap import Batch, parse
from alertmap.incidents.model import Cause, TransitionKind
from alertmap.model import Alert, ProblemCode, Severity, State
from captures import Captured, requests, streams
from corpus.replays import Replay, deadline, read
from corpus.rules import Kind
from corpus.rules_prometheus_alertmanager import RULES

VENDOR = "prometheus_alertmanager"
SPOKEN = [one for one in requests(VENDOR) if RULES.kind(one) is Kind.ALERTS]
STREAMS = streams(VENDOR)
ZERO = "0001-01-01T00:00:00Z"


def _parsed(one: Captured) -> Batch:
    return parse(VENDOR, one.request, received_at=one.received_at)


def _alerts(scenario: str) -> list[Alert]:
    return [alert for one in STREAMS[scenario] for alert in _parsed(one)]


def test_push_and_webhook_share_a_key() -> None:
    """A push, which has no fingerprint, has the key of the same labels in a webhook."""
    pushed = parse(VENDOR, b'[{"labels":{"b":"2","a":"1","c":""},"startsAt":"2026-11-21T09:00:00Z"}]').alerts[0]
    sent = parse(
        VENDOR, b'{"version":"4","groupKey":"{}:{}","alerts":[{"status":"firing","labels":{"a":"1","b":"2"}}]}'
    ).alerts[0]
    assert pushed.dedup_key == sent.dedup_key


@pytest.mark.parametrize(
    "scenario",
    [
        "alertmanager/v0.34.0_repeat",
        "alertmanager/v0.34.0_timeout-1s-slow-receiver",
        "alertmanager/v0.34.0_receiver-429",
    ],
)
def test_a_repeat_is_equal(scenario: str) -> None:
    """A repeated notification gives equal alerts, whatever the reason of the repeat."""
    first, *more, last = (_parsed(one).alerts[0] for one in STREAMS[scenario])
    for again in more:
        assert (again.state, again.occurred_at, again.episode) == (first.state, first.occurred_at, first.episode)
    assert (last.state, last.episode) == (State.RESOLVED, first.episode)


def test_truncated_alerts_are_a_problem() -> None:
    """Two of five alerts are sent; the number of the others is a problem of each batch."""
    scenario = "alertmanager/v0.34.0_max-alerts-2"
    batches = [_parsed(one) for one in STREAMS[scenario]]
    assert [batch.truncated for batch in batches] == [3, 3, 1]
    assert all([problem.code for problem in batch.problems] == [ProblemCode.TRUNCATED] for batch in batches)


def test_a_second_episode_has_the_same_key() -> None:
    """Two episodes share one key, each resolved by its own recovery."""
    episodes = [(alert.state, alert.episode) for alert in _alerts("alertmanager/v0.34.0_reopened")]
    (fired, one), (ended, same), (again, two), (over, also) = episodes
    assert (fired, ended, again, over) == (State.FIRING, State.RESOLVED, State.FIRING, State.RESOLVED)
    assert (one, two) == (same, also)
    assert one != two


def test_severity_words() -> None:
    """The twelve severities of one group, in the order in which they were created."""
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
    """0.5.1 sends a 64-bit integer as group key, later versions text."""
    for one in STREAMS["alertmanager_old/v0.5.1_single"]:
        assert _parsed(one).group_key == str(json.loads(one.request.body)["groupKey"])
        assert int(_parsed(one).group_key) > 2**53


@pytest.mark.parametrize("scenario", ["prometheus/v3.14.0_basic", "vmalert/v1.150.0_basic"])
def test_a_push_repeats_its_end(scenario: str) -> None:
    """Three pushes fire, each with a later deadline; three repeat the same end."""
    alerts = _alerts(scenario)
    assert [alert.state for alert in alerts] == [State.FIRING] * 3 + [State.RESOLVED] * 3
    expiries = [alert.expires_at for alert in alerts[:3]]
    assert expiries == sorted(expiries, key=str)
    assert all(alert.expires_at > alert.received_at for alert in alerts[:3])  # type: ignore[operator]
    assert len({alert.occurred_at for alert in alerts[3:]}) == 1
    assert len({alert.episode for alert in alerts}) == 1


def test_a_push_expires_at_its_end() -> None:
    """After a restart vmalert sends no recovery: the alert ends at its last endsAt."""
    last = _alerts("vmalert/v1.150.0_restart-while-it-recovers")[-1]
    assert last.state is State.FIRING
    assert last.expires_at is not None
    assert last.received_at is not None
    assert timedelta(seconds=7) < last.expires_at - last.received_at <= timedelta(seconds=8)


@pytest.mark.parametrize("scenario", ["prometheus/v3.14.0_restart", "vmalert/v1.150.0_flapping-new-startsAt"])
def test_a_new_start_is_a_new_episode(scenario: str) -> None:
    """A restart of the sender, or a flap, has a new startsAt, and the recovery belongs to the newer one."""
    alerts = _alerts(scenario)
    assert len({alert.dedup_key for alert in alerts}) == 1
    assert len({alert.episode for alert in alerts}) == 2
    assert alerts[-1].episode == max(alert.episode or "" for alert in alerts)


def test_a_large_round_is_split() -> None:
    """Prometheus splits 300 alerts at 256; each is its own alert."""
    sizes = [len(_parsed(one)) for one in STREAMS["prometheus/v3.14.0_300-alerts"]]
    assert sorted(sizes) == [44, 44, 256, 256]


def test_pushes_without_a_time_of_receipt() -> None:
    """Pushes without a time of receipt are FIRING with a problem; with one, the end counts."""
    older = [one for one in SPOKEN if one.name.startswith("api_v2_")]
    assert len(older) == 5
    for one in older:
        (alert,) = _parsed(one)
        assert alert.state is State.FIRING
        assert [problem.code for problem in alert.problems] == [ProblemCode.STATE_GUESSED]
        (element,) = RULES.elements(one)
        (later,) = parse(VENDOR, one.request, received_at=datetime.fromisoformat(element["endsAt"]))
        assert (later.state, later.dedup_key) == (State.RESOLVED, alert.dedup_key)
    keys = {_parsed(one).alerts[0].dedup_key for one in older if "vmalert" in one.name}
    assert len(keys) == 1


def test_a_zero_end_is_no_time() -> None:
    """The year 1, which Alertmanager sends while an alert fires, appears nowhere in the alert."""
    firing = [
        alert
        for one in SPOKEN
        for alert, element in zip(_parsed(one), RULES.elements(one), strict=True)
        if element["endsAt"] == ZERO
    ]
    assert len(firing) > 50
    assert all(alert.state is State.FIRING and alert.expires_at is None for alert in firing)


def test_a_silent_sender_expires() -> None:
    """An alert that vmalert no longer pushes is open until its last endsAt, and closed then."""
    deliveries = read(VENDOR, STREAMS["vmalert/v1.150.0_restart-while-it-recovers"])
    last = deadline(deliveries[-1].alerts[0])
    replay = Replay(deliveries)
    assert replay.tick(last - timedelta(microseconds=1)) == ()
    assert len(replay.book.open) == 1
    (transition,) = replay.tick(last)
    assert transition.kind is TransitionKind.EXPIRED
    assert not replay.book.open


@pytest.mark.parametrize(
    ("scenario", "number"), [("prometheus/v3.14.0_restart", 5), ("vmalert/v1.150.0_keep-firing-for-6s", 5)]
)
def test_a_repeat_after_the_deadline_revives(scenario: str, number: int) -> None:
    """A repeat after the deadline continues the same incident."""
    replay = Replay()
    transitions = {one.number: replay.deliver(one) for one in read(VENDOR, STREAMS[scenario])}
    assert [(one.kind, one.cause) for one in transitions[number]] == [
        (TransitionKind.EXPIRED, Cause.NONE),
        (TransitionKind.REOPENED, Cause.REVIVED),
    ]
    assert len(replay.ledger) == 1

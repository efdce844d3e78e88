"""Every captured stream of Alertmanager and of what pushes to it ends in the incidents that its README tells of."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

import captures
from alertmap import Alert, PayloadError, Severity, State, parse
from alertmap.incidents.model import Cause, TransitionKind
from captures import Captured
from replays import Delivery, Replay, Teller, Was, check, check_orders, check_repeats, read, without_expiry

VENDOR = "prometheus_alertmanager"
CAPTURED = captures.streams(VENDOR)
C, H, M, L, I = sorted(Severity, reverse=True)  # noqa: E741 - the initials of critical, high, medium, low and info

BY_NAME = {one.name: one for one in captures.requests(VENDOR)}
RECEIVED = {  # vmalert's firing endsAt is four intervals of 2 s ahead; an end is not known before it has come
    "single_firing_basic_auth": "07:34:26.634",
    "single_resolved": "07:34:58.664",
    "reopened_same_fingerprint_new_startsAt": "07:35:04.666",
    "grouped_three_firing": "07:34:26.634",
    "mixed_firing_resolved_group": "07:34:58.663",
    "grouped_resolved_remaining": "07:35:04.671",
    "no_severity_firing": "07:34:26.634",
    "no_severity_resolved": "07:34:58.665",
    "truncated_firing_max_alerts_2_of_5": "07:34:26.634",
    "truncated_resolved": "07:34:58.666",
    "severity_page_no_send_resolved": "07:34:26.634",
    "bearer_watchdog_severity_none": "07:34:26.634",
    "unicode_labels_firing": "07:34:26.634",
    "api_v2_prometheus_firing_endsAt_future": "07:46:29.189",
    "api_v2_prometheus_resolved": "07:46:39.189",
    "api_v2_vmalert_firing": "07:46:30.166744",
    "api_v2_vmalert_firing_repeat": "07:46:38.166744",
    "api_v2_vmalert_resolved": "07:46:40.166744",
}
"""The requests of the older run, which have no time of receipt: the streams are put together by their names."""

OLDER = {
    "single": {"single_firing_basic_auth", "single_resolved", "reopened_same_fingerprint_new_startsAt"},
    "grouped": {"grouped_three_firing", "mixed_firing_resolved_group", "grouped_resolved_remaining"},
    "no_severity": {"no_severity_firing", "no_severity_resolved"},
    "truncated": {"truncated_firing_max_alerts_2_of_5", "truncated_resolved"},
    "severity_page_no_send_resolved": {"severity_page_no_send_resolved"},
    "bearer_watchdog_severity_none": {"bearer_watchdog_severity_none"},
    "unicode_labels_firing": {"unicode_labels_firing"},
    "api_v2_prometheus": {"api_v2_prometheus_firing_endsAt_future", "api_v2_prometheus_resolved"},
    "api_v2_vmalert": {"api_v2_vmalert_firing", "api_v2_vmalert_firing_repeat", "api_v2_vmalert_resolved"},
}


def _received(one: Captured) -> datetime:
    return one.received_at or datetime.fromisoformat(f"2026-11-21T{RECEIVED[one.name]}Z")


STREAMS = {scenario: stream for scenario, stream in CAPTURED.items() if "/" in scenario} | {
    scenario: [
        BY_NAME[name]._replace(number=place) for place, name in enumerate((n for n in RECEIVED if n in names), 1)
    ]
    for scenario, names in OLDER.items()
}

AM, OLD = "alertmanager/v0.34.0_", "alertmanager_old/v"
PUSH, VM, LOKI = "prometheus/v3.14.0_", "vmalert/v1.150.0_", "loki_ruler/v3.7.8_"
GROUP = {"cart-0": [Was(1, 3, C)], "cart-1": [Was(1, 2, M)], "cart-2": [Was(1, 3, I)]}
SINGLE = [Was(1, 2, C)]

WAS: dict[str, list[Was] | dict[str, list[Was]]] = {
    # Alertmanager 0.34.0
    AM + "single": SINGLE,
    AM + "group": {
        "cart-0": [Was(1, 4, C)],
        "cart-1": [Was(1, 2, M)],
        "cart-2": [Was(1, 5, I)],
        "cart-3": [Was(3, 5, C)],
        "cart-4": [Was(4, 5, H)],
    },
    AM + "repeat": [Was(1, 4, I)],
    # No end is ever sent; the second episode of r1 has no end before it on the wire, and goes on with the first.
    AM + "no-send-resolved": {"/r1": [Was(1, severity=H)], "/r2": [Was(1, severity=H)], "/r3": [Was(2, severity=H)]},
    AM + "restart": {"eu-1": [Was(1, 4, H)], "eu-2": [Was(2, 3, H)]},
    AM + "silenced-from-start": [Was(1, 2, M)],  # opened when it began, not when the silence was taken off
    AM + "inhibited-while-open": {"NodeDown": [Was(1, severity=M)], "ClusterDown": [Was(2, 3, C)]},  # never resolved
    AM + "max-alerts-2": {  # n2 and n3 were never seen firing, n4 was never seen
        "n0:9100": [Was(1, 2, M)],
        "n1:9100": [Was(1, 2, M)],
        "n2:9100": [],
        "n3:9100": [],
    },
    AM + "utf8-labels": SINGLE,
    AM + "timeout-1s-slow-receiver": [Was(1, 4, M)],
    AM + "receiver-429": [Was(1, 4, M)],
    AM + "basic-auth": [Was(1, severity=M)],
    AM + "bearer": [Was(1, severity=M)],
    AM + "auth-scheme-genie": [Was(1, severity=M)],
    AM + "custom-headers": [Was(1, severity=M)],
    AM + "oauth2": [Was(1, severity=M)],
    AM + "route-labels": [Was(1, severity=M)],
    AM + "url-template": [Was(1, 2, M)],
    AM + "group-by-all": {"q1": [Was(1, 3, L)], "q2": [Was(2, 4, L)]},
    AM + "reopened": [Was(1, 2, C), Was(3, 4, C)],
    AM + "resolve-timeout": SINGLE,
    AM + "severities": {
        f"Sev{number:02}": [Was(1, 2, severity)] for number, severity in enumerate([C, C, M, H, H, M, I, M, H, H, I, C])
    },
    AM + "odd-labels": {name: [Was(1, 2, M)] for name in ("", "empty label", "ends", "long")},
    AM + "blip-in-open-group": {"j1": [Was(1, 3, M)], "j2": []},  # j2 was never seen firing
    "alertmanager_receivers/v0.34.0_incidentio": SINGLE,
    # Alertmanager 0.5.1 to 0.31.1
    OLD + "0.5.1_single": SINGLE,
    OLD + "0.5.1_group": GROUP | {"cart-0": [Was(1, 4, C)], "cart-2": [Was(1, 4, I)]},  # 3 lists what goes on
    OLD + "0.5.1_utf8-values": SINGLE,
    OLD + "0.6.2_single": SINGLE,
    OLD + "0.6.2_group": GROUP,
    OLD + "0.18.0_single": SINGLE,
    OLD + "0.20.0_single": SINGLE,
    OLD + "0.20.0_group": GROUP,
    OLD + "0.20.0_utf8-values": [Was(1, severity=C)],  # the end is not kept
    OLD + "0.27.0_single": SINGLE,
    OLD + "0.27.0_group": GROUP,
    OLD + "0.27.0_max-alerts-2": {"n0:9100": [Was(1, 2, M)], "n1:9100": [Was(1, 2, M)]},  # the third was never seen
    OLD + "0.31.1_single": SINGLE,
    OLD + "0.31.1_group": GROUP,
    # Prometheus 3.14.0
    PUSH + "basic": [Was(1, 4, C)],
    PUSH + "group-partial-resolve": {
        "web-1:9100": [Was(1, 4, C)],
        "web-2:9100": [Was(1, 2, C)],
        "web-3:9100": [Was(1, 4, C)],
    },
    PUSH + "for-4s": [Was(1, 3, C)],
    PUSH + "keep-firing-for-6s": [Was(1, 3, C)],
    PUSH + "utf8-and-template-error": {'a"b\\c': [Was(1, 4, C)], "inf": [Was(1, 4, M)]},
    PUSH + "basic-auth-relabel": SINGLE,
    PUSH + "restart": [Was(1, 8, C)],  # 6 has a new startsAt, with no end between: it goes on
    PUSH + "receiver-500-once": [Was(1, severity=C)],
    # vmalert 1.150.0
    VM + "basic": [Was(1, 4, C)],
    VM + "for-4s-pending": [Was(1, 4, C)],
    VM + "group-partial-resolve": {
        "InstanceDown web-1:9100": [Was(1, 11, C)],
        "InstanceDown web-2:9100": [Was(1, 7, C)],
        "InstanceDown web-3:9100": [Was(1, 11, C)],
        "HighLatency web-1:9100": [Was(2, 12, M)],
        "HighLatency web-2:9100": [Was(2, 8, M)],
        "HighLatency web-3:9100": [Was(2, 12, M)],
    },
    VM + "resend-delay-6s": [Was(1, 3, C)],
    VM + "restart-while-it-recovers": [Was(1, expires=2, severity=C)],  # over when 2's endsAt passes
    VM + "bearer-and-headers": [Was(1, severity=C)],
    VM + "alert-source-template": [Was(1, 3, C)],
    VM + "utf8-and-template-errors": {'a"b\\c': [Was(1, 3, C)], "nan": [Was(1, 3, M)], "inf": [Was(1, 3, M)]},
    VM + "flapping-new-startsAt": [Was(1, 3, C), Was(5, 7, C)],
    VM + "keep-firing-for-6s": [Was(1, 6, C)],
    VM + "130-alerts": {f"web-{number}:9100": [Was(1, 3, C)] for number in range(130)},
    # Loki 3.7.8. Both were resolved; but not all repeats are kept, and a push is only good until its endsAt: with what
    # is here, 1 and 3 ran out 20 s and 5 ms before 5 and 4 came. Without the deadlines: see ENDLESS.
    LOKI + "api_v2": {
        "ShopErrors": [Was(2, expires=3, severity=C)],
        "ShopWarnings": [Was(1, expires=1, severity=M)],
    },
    # The older run
    "single": [Was(1, 2, C), Was(3, severity=C)],
    "grouped": {"cart-0": [Was(1, 3, C)], "cart-1": [Was(1, 2, M)], "cart-2": [Was(1, 3, I)]},
    "no_severity": [Was(1, 2, M)],
    "truncated": {"n0:9100": [Was(1, 2, M)], "n1:9100": [Was(1, 2, M)]},
    "severity_page_no_send_resolved": [Was(1, severity=H)],
    "bearer_watchdog_severity_none": [Was(1, severity=I)],
    "unicode_labels_firing": [Was(1, severity=M)],
    "api_v2_prometheus": SINGLE,
    "api_v2_vmalert": [Was(1, 3, C)],
}
"""What happened to each thing; a list where the stream is about one thing."""

ENDLESS: dict[str, list[Was] | dict[str, list[Was]]] = {
    VM + "restart-while-it-recovers": [Was(1, severity=C)],
    LOKI + "api_v2": {"ShopErrors": [Was(2, 4, C)], "ShopWarnings": [Was(1, 5, M)]},
}
"""What happens where the senders' deadlines are taken off, and it is not the same."""

LARGE = PUSH + "300-alerts"

SPOKEN = WAS.keys() | {LARGE}
REFUSED = STREAMS.keys() - SPOKEN

TICKS = {VM + "restart-while-it-recovers": datetime(2026, 11, 21, 9, 13, 13, tzinfo=UTC)}
"""Streams that only end when a deadline passes, and a time after it: 2 came at 09:13:04.637, and was good for 8 s."""

DELIVERIES = {scenario: read(VENDOR, STREAMS[scenario], _received) for scenario in sorted(SPOKEN)}


def _element(alert: Alert) -> dict[str, str]:
    assert alert.raw is not None
    return dict(alert.raw)


def _time(alert: Alert) -> datetime:
    """The start of what fires, the end of what is over."""
    over = alert.state is State.RESOLVED
    return datetime.fromisoformat(_element(alert)["endsAt" if over else "startsAt"]).astimezone(UTC)


def _by(*names: str) -> Callable[[int, Alert], str]:
    def thing(_: int, alert: Alert) -> str:
        assert alert.raw is not None
        return " ".join(alert.raw["labels"].get(name, "") for name in names)

    return thing


THINGS = {
    "group": _by("pod"),
    "grouped": _by("pod"),
    "no-send-resolved": _by("route"),
    "restart": _by("cluster"),
    "group-by-all": _by("queue"),
    "inhibited-while-open": _by("alertname"),
    "severities": _by("alertname"),
    "odd-labels": _by("alertname"),
    "blip-in-open-group": _by("job_name"),
    "api_v2": _by("alertname"),
}


def _teller(scenario: str) -> Teller:
    if scenario == VM + "group-partial-resolve":
        return Teller(_by("alertname", "instance"), _time)
    name = next((name for name in THINGS if scenario.endswith(f"_{name}")), scenario)
    return Teller(THINGS.get(name, _by("instance")), _time)


def _was(scenario: str, was: list[Was] | dict[str, list[Was]]) -> dict[str, list[Was]]:
    if isinstance(was, dict):
        return was
    (thing,) = {_teller(scenario).thing(one.number, alert) for one in DELIVERIES[scenario] for alert in one.alerts}
    return {thing: was}


def _replay(scenario: str, deliveries: list[Delivery]) -> Replay:
    replay = Replay(deliveries)
    if scenario in TICKS:
        replay.tick(TICKS[scenario])
    return replay


def test_every_stream_is_replayed() -> None:
    """Each captured request is in a stream that is told of above, or refused."""
    assert sum(map(len, STREAMS.values())) == sum(map(len, CAPTURED.values()))
    assert STREAMS.keys() >= SPOKEN
    assert RECEIVED.keys() == {one.name for one in BY_NAME.values() if one.received_at is None}
    speaks = {scenario for scenario in REFUSED if scenario.startswith(("prometheus/", "vmalert/", "loki_ruler/"))}
    assert not speaks


@pytest.mark.parametrize("scenario", WAS)
def test_end(scenario: str) -> None:
    """The incidents at the end are what the software did."""
    deliveries = DELIVERIES[scenario]
    check(_replay(scenario, deliveries), deliveries, _was(scenario, WAS[scenario]), _teller(scenario))


def test_end_of_a_round_that_was_split() -> None:
    """Of 300 alerts, split at 256 in no order, each was opened by the first round and ended by the second."""
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for one in STREAMS[LARGE]:
        for element in json.loads(one.request.body):
            first.setdefault(element["labels"]["instance"], one.number)
            last[element["labels"]["instance"]] = one.number
    assert len(first) == 300
    was = {instance: [Was(first[instance], last[instance], C)] for instance in first}
    check(Replay(DELIVERIES[LARGE]), DELIVERIES[LARGE], was, Teller(_by("instance"), _time))


@pytest.mark.parametrize("scenario", sorted(REFUSED))
def test_refused(scenario: str) -> None:
    """Nothing that is written for other systems gets as far as the book; a bare GET says nothing."""
    for one in STREAMS[scenario]:
        if one.request.method == "GET":
            assert not parse(VENDOR, one.request, received_at=one.received_at).alerts
        else:
            with pytest.raises(PayloadError):
                parse(VENDOR, one.request, received_at=one.received_at)


@pytest.mark.parametrize("scenario", sorted(SPOKEN))
def test_repeats(scenario: str) -> None:
    """Requests that come twice in a row and once more at the end change nothing."""
    check_repeats(DELIVERIES[scenario], TICKS.get(scenario))


@pytest.mark.parametrize("scenario", sorted(SPOKEN))
def test_orders(scenario: str) -> None:
    """Requests in any order, also repeated, come to the same incidents; the senders' deadlines are taken off."""
    assert check_orders(scenario, DELIVERIES[scenario]) >= 7


@pytest.mark.parametrize("scenario", WAS)
def test_end_without_deadlines(scenario: str) -> None:
    """Streams whose end was sent in time, or that did not end, need no deadline."""
    deliveries = without_expiry(DELIVERIES[scenario])
    was = _was(scenario, ENDLESS.get(scenario, WAS[scenario]))
    check(_replay(scenario, deliveries), deliveries, was, _teller(scenario))


def test_it_is_over_when_the_deadline_passes() -> None:
    """What vmalert no longer pushes after its restart is open until the last endsAt, and over just then."""
    (deliveries,) = (DELIVERIES[scenario] for scenario in TICKS)
    deadline = datetime.fromisoformat(_element(deliveries[-1].alerts[0])["endsAt"])
    replay = Replay(deliveries)
    assert replay.tick(deadline - timedelta(microseconds=1)) == ()
    assert len(replay.book.open) == 1
    (told,) = replay.tick(deadline)
    assert told.kind is TransitionKind.EXPIRED
    assert not replay.book.open


@pytest.mark.parametrize(
    ("scenario", "number"), [("api_v2_vmalert", 2), (PUSH + "restart", 5), (VM + "keep-firing-for-6s", 5)]
)
def test_a_repeat_after_the_deadline_takes_it_back(scenario: str, number: int) -> None:
    """Where the repeats between are not kept, the deadline passed before the next one: still the same incident."""
    replay = Replay()
    told = {one.number: replay.deliver(one) for one in DELIVERIES[scenario]}
    assert [(one.kind, one.cause) for one in told[number]] == [
        (TransitionKind.EXPIRED, Cause.NONE),
        (TransitionKind.REOPENED, Cause.REVIVED),
    ]
    assert len(replay.ledger) == 1

"""Every captured stream of Kapacitor ends in the incidents that its README tells of, however it is delivered."""

from datetime import datetime

import pytest

import captures
from alertmap import Alert, PayloadError, Severity, parse
from replays import Replay, Teller, Was, by_number, check, check_orders, check_repeats, read

STREAMS = captures.streams("kapacitor")
C, W, I = Severity.CRITICAL, Severity.MEDIUM, Severity.INFO  # noqa: E741 - the levels' own initials

FLAPS = [Was(number, number + 1, C) for number in range(1, 11, 2)]
SHARED = {  # two tasks, one id: the first task's OK comes while the second's WARNING goes on, and that fires anew
    "shared h1": [Was(1, 6, worst=C), Was(7, 9, W), Was(10, 11, C)],
    "shared h2": [Was(2, 8, C)],
}

WAS: dict[str, list[Was] | dict[str, list[Was]]] = {
    "v1.0.2_levels-groupby": [Was(1, 4, C)],
    "v1.0.2_norecoveries": [Was(1, severity=C)],
    "v1.0.2_restart-between-events": [Was(1, severity=C)],  # the recovery never came
    "v1.0.2_window-batch": [Was(1, 2, C)],
    "v1.2.1_levels-groupby": [Was(1, 4, C)],
    "v1.2.1_norecoveries": [Was(1, severity=C)],
    "v1.2.1_window-batch": [Was(1, 2, C)],
    "v1.4.1_aggregate-post": [Was(1, severity=C)],  # it recovered within the interval: only the highest level is sent
    "v1.4.1_levels-groupby": [Was(1, 4, C)],
    "v1.4.1_norecoveries": [Was(1, severity=C)],
    "v1.4.1_window-batch": [Was(1, 2, C)],
    "v1.5.7_aggregate-post": [Was(1, 2, C), Was(3, 4, C)],
    "v1.5.7_aggregate-without-id": [Was(1, 2, C)],
    "v1.5.7_chronograf-deadman": [Was(1, 2, C)],
    "v1.5.7_chronograf-empty-message": [Was(1, 2, C)],
    "v1.5.7_chronograf-threshold": [Was(1, 2, C)],
    "v1.5.7_deadman-default-id": [Was(1, 4, C)],
    "v1.5.7_empty-id": [Was(1, 2, C)],
    "v1.5.7_flapping": FLAPS,  # then the alternation is suppressed
    "v1.5.7_flapping-recovery-swallowed": [Was(1, severity=W, worst=C)],  # the OK came while flapping: never sent
    "v1.5.7_flapping-threshold-045": FLAPS[:4],
    "v1.5.7_groupby-star-special-chars": [Was(1, severity=C)],
    "v1.5.7_inf-event-dropped-then-large-floats": [Was(1, 3, C)],  # what opened it was dropped: it opens 10 s later
    "v1.5.7_inhibit-child": [Was(1, severity=C)],  # it recovered while inhibited: never resolved
    "v1.5.7_inhibit-parent": [Was(1, 3, C)],
    "v1.5.7_levels-all-in-one": [Was(1, 4, C)],
    "v1.5.7_levels-groupby": [Was(1, 7, I, C)],  # 61.5, 73, 85, 90, 85.25, 62, and at 47 it is over
    "v1.5.7_norecoveries-custom-templates": [Was(1, severity=C)],  # it was good in between, and no OK said so
    "v1.5.7_one-request-per-group": {f"multi:host=h{n}": [Was(n + 1, severity=C)] for n in range(3)},
    "v1.5.7_post-endpoint-plain-basic-auth-overridden": [Was(1, 2, C)],
    "v1.5.7_post-url-template": [Was(1, 2, C)],
    "v1.5.7_published-topic-post": SHARED,
    "v1.5.7_receiver-returned-500": [Was(1, 2, C)],
    "v1.5.7_statechangesonly-nogroup": [Was(1, 4, W, C)],  # 75, 85, 75, and at 20 it is over
    "v1.5.7_topic-handler-changed-only": {
        "shared h1": [Was(1, 5, worst=C), Was(6, 8, W), Was(9, 10, C)],
        "shared h2": [Was(2, 7, C)],
    },
    "v1.5.7_topic-handler-post": SHARED,
    "v1.5.7_window-batch": [Was(1, 3, C)],
    "v1.5.7_window-batch-all": [Was(1, 2, C)],
    "v1.5.7_window-batch-null-values": [Was(1, severity=C)],
    "v1.6.6_restart-empty-id": [Was(1, 2, W), Was(3, 4, C)],
    "v1.8.3_aggregate-post": [Was(1, 2, C)],
    "v1.8.3_batch-query-local-timezone": [Was(1, 3, C)],  # 1 and 2 have one time
    "v1.8.3_deadman-default-id": [Was(1, 4, C)],
    "v1.8.3_deadman-restart-nil-group": {
        "dead_rs/host=a": [Was(1, 3, C)],
        "dead_rs/nil": [Was(2, severity=C)],  # comes of the restart, never resolved
    },
    "v1.8.3_details-jsoncompact": [Was(1, 2, C)],
    "v1.8.3_empty-message-and-details": [Was(1, 2, C)],
    "v1.8.3_levels-all-in-one": [Was(1, 4, C)],
    "v1.8.3_levels-groupby": [Was(1, 7, I, C)],
    "v1.8.3_norecoveries-custom-templates": [Was(1, severity=C)],
    "v1.8.3_odd-strings": {"odd:host=a": [Was(1, severity=C)], "odd:host=m\ufffdnchen": [Was(2, severity=C)]},
    "v1.8.3_post-added-later": [Was(1, 2, C)],
    "v1.8.3_post-endpoint-plain": [Was(1, 2, C)],
    "v1.8.3_post-endpoint-template-jsoncompact": [Was(1, 2, C)],
    "v1.8.3_published-topic-post": {"topic_t1/h1": [Was(1, 4, C)], "topic_t1/h2": [Was(3, severity=W)]},
    "v1.8.3_receiver-returned-302": [Was(1, severity=C)],
    "v1.8.3_receiver-returned-307": [Was(1, severity=C)],  # 2 is the same POST again
    "v1.8.3_restart-empty-id": [Was(1, 3, C)],  # the first OK was never sent: what follows it is the same incident
    "v1.8.3_restart-norecoveries": [Was(1, severity=C)],  # it was good in between, and no OK said so
    "v1.8.3_restart-persist-topics-false": [Was(1, 3, C)],  # the first OK was never sent
    "v1.8.3_restart-statechangesonly": [Was(1, 3, C)],
    "v1.8.3_statechangesonly-nogroup": [Was(1, 4, W, C)],
    # Nothing closed the incident of the deleted task: under its id it goes on until the new task's incident ends.
    "v1.8.3_task-deleted-recreated": [Was(1, 3, C)],
    "v1.8.3_topic-handler-changed-only": {"topic_t1/h1": [Was(1, 3, C)], "topic_t1/h2": [Was(2, severity=W)]},
    "v1.8.3_topic-handler-match-alertduration": [Was(1, 2, C)],  # opens late: the first event of 10 s was held back
    "v1.8.3_topic-handler-post": {"topic_t1/h1": [Was(1, 4, C)], "topic_t1/h2": [Was(3, severity=W)]},
    "v1.8.3_window-batch": [Was(1, 3, C)],
    "v1.8.3_window-batch-all": [Was(1, 2, C)],
}
"""What happened to each thing; a list where the stream is about one thing."""

SILENT = {scenario for scenario in STREAMS if "httppost-node" in scenario or "service-test" in scenario}
"""Rows and the test button."""

REFUSED = {
    scenario
    for scenario in STREAMS
    if any(word in scenario for word in ("_handler-", "alert-template", "row-template", "flux-http"))
}
"""What is written for other systems."""

DELIVERIES = {scenario: read("kapacitor", stream) for scenario, stream in STREAMS.items() if scenario not in REFUSED}


def _time(alert: Alert) -> datetime:
    assert alert.raw is not None
    return datetime.fromisoformat(alert.raw["time"])


def _id(_: int, alert: Alert) -> str:
    assert alert.raw is not None
    return str(alert.raw["id"])


def _only(_: int, __: Alert) -> str:
    return "it"


def test_every_stream_is_replayed() -> None:
    """Each captured stream is told of above, or can open nothing."""
    assert WAS.keys() | SILENT | REFUSED == STREAMS.keys()
    assert len(WAS) + len(SILENT) + len(REFUSED) == len(STREAMS)


@pytest.mark.parametrize("scenario", WAS)
def test_end(scenario: str) -> None:
    """The incidents at the end are what the software did."""
    was, deliveries = WAS[scenario], DELIVERIES[scenario]
    if isinstance(was, dict):
        check(Replay(deliveries), deliveries, was, Teller(_id, _time))
    else:
        check(Replay(deliveries), deliveries, {"it": was}, Teller(_only, _time))


@pytest.mark.parametrize("scenario", sorted(SILENT))
def test_nothing_opens(scenario: str) -> None:
    """Rows and test notifications open nothing."""
    replay = Replay(DELIVERIES[scenario])
    assert (replay.book.incidents, replay.ledger, len(replay.book)) == ((), {}, 0)


@pytest.mark.parametrize("scenario", sorted(REFUSED))
def test_refused(scenario: str) -> None:
    """No request of what is written for other systems gets as far as the book."""
    for one in STREAMS[scenario]:
        with pytest.raises(PayloadError):
            parse("kapacitor", one.request, received_at=by_number(one.number))


@pytest.mark.parametrize("scenario", WAS)
def test_repeats(scenario: str) -> None:
    """Requests that come twice in a row and once more at the end change nothing."""
    check_repeats(DELIVERIES[scenario])


@pytest.mark.parametrize("scenario", WAS)
def test_orders(scenario: str) -> None:
    """Requests in any order, also repeated, come to the same incidents."""
    assert check_orders(scenario, DELIVERIES[scenario]) >= 7


@pytest.mark.parametrize("scenario", ["v1.5.7_published-topic-post", "v1.5.7_topic-handler-post"])
def test_a_shared_id_is_open_until_the_last_task_is_good(scenario: str) -> None:
    """The OK of one task does not leave the id closed while the other task's WARNING goes on."""
    replay, open_after = Replay(), {}
    for one in DELIVERIES[scenario]:
        replay.deliver(one)
        open_after[one.number] = {incident.dedup_key for incident in replay.book.open}
    assert [len(open_after[number]) for number in (5, 7, 8, 9, 10, 11)] == [2, 2, 1, 0, 1, 0]

"""What real Kapacitors sent becomes what the captures' README says really happened."""

import json
from datetime import timedelta
from typing import Any

import pytest
from dateutil.parser import isoparse

import captures
from alertmap import Alert, AlertmapError, Batch, Reason, Severity, ShapeError, State, detect, parse

STREAMS = captures.streams("kapacitor")
C, W, I = Severity.CRITICAL, Severity.MEDIUM, Severity.INFO  # noqa: E741 - the levels' own initials

# Each stream of events of the alert handler: the levels as they rose and fell, OK for a recovery, and how many keys.
# The tasks' thresholds and values stand in the captures' README.
OK = "OK"
SAID: dict[str, tuple[list[Severity | str], int]] = {
    "v1.0.2_levels-groupby": ([I, W, C, OK], 1),
    "v1.0.2_norecoveries": ([C], 1),
    "v1.0.2_restart-between-events": ([C], 1),  # the state was lost in the restart: no recovery ever came
    "v1.0.2_window-batch": ([C, OK], 1),
    "v1.2.1_levels-groupby": ([I, W, C, OK], 1),
    "v1.2.1_norecoveries": ([C], 1),
    "v1.2.1_window-batch": ([C, OK], 1),
    "v1.4.1_aggregate-post": ([C], 1),  # critical and recovered within one interval: critical is the last word
    "v1.4.1_levels-groupby": ([I, W, C, OK], 1),
    "v1.4.1_norecoveries": ([C], 1),
    "v1.4.1_window-batch": ([C, OK], 1),
    "v1.5.7_aggregate-post": ([C, OK, C, OK], 1),
    "v1.5.7_aggregate-without-id": ([C, OK], 1),
    "v1.5.7_chronograf-deadman": ([C, OK], 1),
    "v1.5.7_chronograf-empty-message": ([C, OK], 1),
    "v1.5.7_chronograf-threshold": ([C, OK], 1),
    "v1.5.7_deadman-default-id": ([C, C, C, OK], 1),
    "v1.5.7_empty-id": ([C, OK], 1),
    "v1.5.7_flapping": ([C, OK] * 5, 1),
    "v1.5.7_flapping-recovery-swallowed": ([W, C, W, C, W], 1),  # the OK came while flapping: never sent
    "v1.5.7_flapping-threshold-045": ([C, OK] * 4, 1),
    "v1.5.7_groupby-star-special-chars": ([C], 1),
    "v1.5.7_inf-event-dropped-then-large-floats": ([C, C, OK], 1),
    "v1.5.7_inhibit-child": ([C, C], 1),  # it recovered while its parent inhibited it: never sent
    "v1.5.7_inhibit-parent": ([C, C, OK], 1),
    "v1.5.7_levels-all-in-one": ([I, W, C, OK], 1),
    "v1.5.7_levels-groupby": ([I, W, C, C, C, I, OK], 1),
    "v1.5.7_norecoveries-custom-templates": ([C, C], 1),
    "v1.5.7_one-request-per-group": ([C, C, C], 3),
    "v1.5.7_post-endpoint-plain-basic-auth-overridden": ([C, OK], 1),
    "v1.5.7_post-url-template": ([C, OK], 1),
    "v1.5.7_published-topic-post": ([C, C, W, C, C, OK, W, OK, OK, C, OK], 2),
    "v1.5.7_receiver-returned-500": ([C, OK], 1),
    "v1.5.7_statechangesonly-nogroup": ([W, C, W, OK], 1),
    "v1.5.7_topic-handler-changed-only": ([C, C, W, C, OK, W, OK, OK, C, OK], 2),
    "v1.5.7_topic-handler-post": ([C, C, W, C, C, OK, W, OK, OK, C, OK], 2),
    "v1.5.7_window-batch": ([C, C, OK], 1),
    "v1.5.7_window-batch-all": ([C, OK], 1),
    "v1.5.7_window-batch-null-values": ([C], 1),
    "v1.6.6_restart-empty-id": ([W, OK, C, OK], 1),
    "v1.8.3_aggregate-post": ([C, OK], 1),
    "v1.8.3_batch-query-local-timezone": ([C, C, OK], 1),
    "v1.8.3_deadman-default-id": ([C, C, C, OK], 1),
    "v1.8.3_deadman-restart-nil-group": ([C, C, OK], 2),  # the group nil fires after the restart and never recovers
    "v1.8.3_details-jsoncompact": ([C, OK], 1),
    "v1.8.3_empty-message-and-details": ([C, OK], 1),
    "v1.8.3_levels-all-in-one": ([I, W, C, OK], 1),
    "v1.8.3_levels-groupby": ([I, W, C, C, C, I, OK], 1),
    "v1.8.3_norecoveries-custom-templates": ([C, C], 1),
    "v1.8.3_odd-strings": ([C, C], 2),
    "v1.8.3_post-added-later": ([C, OK], 1),
    "v1.8.3_post-endpoint-plain": ([C, OK], 1),
    "v1.8.3_post-endpoint-template-jsoncompact": ([C, OK], 1),
    "v1.8.3_published-topic-post": ([C, C, W, OK], 2),
    "v1.8.3_receiver-returned-302": ([C], 1),  # then a GET without a body: a probe
    "v1.8.3_receiver-returned-307": ([C, C], 1),
    "v1.8.3_restart-empty-id": ([W, C, OK], 1),  # a blank id is not persisted: the first OK was lost
    "v1.8.3_restart-norecoveries": ([C, C], 1),
    "v1.8.3_restart-persist-topics-false": ([W, C, OK], 1),  # the first OK was lost
    "v1.8.3_restart-statechangesonly": ([W, C, OK], 1),
    "v1.8.3_statechangesonly-nogroup": ([W, C, W, OK], 1),
    "v1.8.3_task-deleted-recreated": ([C, C, OK], 1),  # the first incident of the deleted task was never closed
    "v1.8.3_topic-handler-changed-only": ([C, W, OK], 2),
    "v1.8.3_topic-handler-match-alertduration": ([C, OK], 1),
    "v1.8.3_topic-handler-post": ([C, C, W, OK], 2),
    "v1.8.3_window-batch": ([C, C, OK], 1),
    "v1.8.3_window-batch-all": ([C, OK], 1),
}
# Other handlers, templates and Flux tasks of the same daemon: not this format, refused by a typed error.
REFUSED = ("handler-", "alert-template", "row-template", "flux-http")


def _batches(stream: list[captures.Captured]) -> list[Batch]:
    return [parse("kapacitor", one.request) for one in stream]


def _alerts(scenario: str) -> list[Alert]:
    return [alert for batch in _batches(STREAMS[scenario]) for alert in batch]


def _body(one: captures.Captured) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(one.request.body)
    return body


def _is_refused(scenario: str) -> bool:
    return any(word in scenario for word in REFUSED) and "topic-handler" not in scenario


def test_every_scenario_is_accounted_for() -> None:
    """Every captured scenario is told of above, refused, a test, or rows."""
    other = {name for name in STREAMS if "httppost-node" in name or "service-test" in name or _is_refused(name)}
    assert set(SAID) | other == set(STREAMS)
    assert not set(SAID) & other


@pytest.mark.parametrize("scenario", SAID)
def test_levels(scenario: str) -> None:
    """The levels rise, fall and recover as the software evaluated them."""
    said, keys = SAID[scenario]
    alerts = _alerts(scenario)
    assert [OK if alert.state is State.RESOLVED else alert.severity for alert in alerts] == said
    assert len({alert.dedup_key for alert in alerts}) == keys


@pytest.mark.parametrize("scenario", [name for name in SAID if "levels-groupby" in name])
def test_thresholds(scenario: str) -> None:
    """The severity is what the task's thresholds 60, 70 and 80 make of the captured value."""
    for alert in _alerts(scenario):
        usage = float(alert.values["usage"])
        level = next((s for limit, s in ((80, C), (70, W), (60, I)) if usage >= limit), None)
        assert (alert.severity if alert.state is State.FIRING else None) == level


@pytest.mark.parametrize("scenario", [name for name, (said, keys) in SAID.items() if OK in said and keys == 1])
def test_recoveries_close_what_was_opened(scenario: str) -> None:
    """A stream of one thing that ends with a recovery ends resolved under the key that it opened with."""
    alerts = _alerts(scenario)
    assert alerts[-1].state is State.RESOLVED
    assert alerts[-1].dedup_key == alerts[0].dedup_key


@pytest.mark.parametrize("scenario", SAID)
def test_a_recovery_says_what_ended(scenario: str) -> None:
    """From 1.4 on a recovery carries the level of what ended; before, it has no severity."""
    for one, batch in zip(STREAMS[scenario], _batches(STREAMS[scenario]), strict=True):
        for alert in batch:
            if alert.state is State.RESOLVED:
                ended = {"CRITICAL": C, "WARNING": W, "INFO": I}.get(_body(one).get("previousLevel", ""))
                assert alert.severity is ended
                assert (ended is None) == scenario.startswith(("v1.0", "v1.2"))


@pytest.mark.parametrize("scenario", SAID)
def test_identity_and_times(scenario: str) -> None:
    """The key is the id, or the series where it is blank; the times are the event's, to the microsecond, in UTC."""
    for one, batch in zip(STREAMS[scenario], _batches(STREAMS[scenario]), strict=True):
        for alert in batch:
            body = _body(one)
            assert alert.identity == {"id": body["id"]} if body["id"] else "name" in alert.identity
            assert alert.occurred_at == isoparse(body["time"])
            assert alert.occurred_at is not None
            assert alert.started_at == alert.occurred_at - timedelta(microseconds=max(0, body["duration"]) // 1000)
            assert alert.resolvable == body.get("recoverable", True)


@pytest.mark.parametrize("scenario", [name for name in SAID if "empty-id" in name or "without-id" in name])
def test_a_blank_id_is_told(scenario: str) -> None:
    """A blank id never goes unnoticed."""
    for alert in _alerts(scenario):
        assert [problem.code.value for problem in alert.problems] == ["key_fallback"]


def test_streaks_keep_their_start() -> None:
    """Within one streak of a running task every event has the same start."""
    for scenario in ("v1.5.7_levels-groupby", "v1.8.3_levels-groupby", "v1.8.3_window-batch", "v1.5.7_inhibit-parent"):
        assert len({alert.started_at for alert in _alerts(scenario)}) == 1


@pytest.mark.parametrize("scenario", [name for name in STREAMS if _is_refused(name)])
def test_other_formats_are_refused(scenario: str) -> None:
    """What other handlers of Kapacitor send is refused with a typed error, never read by accident."""
    for one in STREAMS[scenario]:
        with pytest.raises(AlertmapError) as caught:
            parse("kapacitor", one.request)
        assert type(caught.value) is ShapeError


def test_what_is_no_alert() -> None:
    """Rows are no alert, the test button is a test, the body-less GET after a redirect is a probe."""
    rows = [batch for name in STREAMS if "httppost-node" in name for batch in _batches(STREAMS[name])]
    assert rows
    assert {batch.reason for batch in rows} == {Reason.NO_ALERT}
    tests = [batch for name in STREAMS if "service-test" in name for batch in _batches(STREAMS[name])]
    assert [batch.reason for batch in tests] == [Reason.TEST] * 2
    assert _batches(STREAMS["v1.8.3_receiver-returned-302"])[1].reason is Reason.PROBE


def test_detection() -> None:
    """Every alert event is recognised, and no other body is taken for one."""
    for scenario, stream in STREAMS.items():
        for one in stream:
            found = detect(one.request)
            is_event = scenario in SAID and one.request.method == "POST"
            if is_event or "service-test" in scenario:
                assert found is not None
                assert found.vendor == "kapacitor"
            else:
                assert found is None or found.vendor != "kapacitor"

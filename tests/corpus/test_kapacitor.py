"""Single captured streams of Kapacitor; rules and streams are tested for all vendors at once."""

import pytest

import captures
from alertmap import Alert, Batch, Reason, Severity, State, parse
from corpus.replays import Replay, read

STREAMS = captures.streams("kapacitor")
THRESHOLDS = ((80, Severity.CRITICAL), (70, Severity.MEDIUM), (60, Severity.INFO))


def _batches(stream: list[captures.Captured]) -> list[Batch]:
    return [parse("kapacitor", one.request) for one in stream]


def _alerts(scenario: str) -> list[Alert]:
    return [alert for batch in _batches(STREAMS[scenario]) for alert in batch]


@pytest.mark.parametrize(
    "scenario", [name for name in STREAMS if name.startswith(("v1.5.7_levels-g", "v1.8.3_levels-g"))]
)
def test_thresholds(scenario: str) -> None:
    """The severity follows from the captured value and the task's thresholds 60, 70 and 80."""
    for alert in _alerts(scenario):
        usage = float(alert.values["usage"])
        expected = next((severity for limit, severity in THRESHOLDS if usage >= limit), None)
        assert (alert.severity if alert.state is State.FIRING else None) == expected


def test_streaks_keep_their_start() -> None:
    """All events of one streak of a running task have the same start."""
    for scenario in ("v1.5.7_levels-groupby", "v1.8.3_levels-groupby", "v1.8.3_window-batch", "v1.5.7_inhibit-parent"):
        assert len({alert.started_at for alert in _alerts(scenario)}) == 1


def test_other_requests() -> None:
    """Rows are no alert, the test button is a test, and the GET after a redirect is a probe."""
    rows = [batch for name in STREAMS if "httppost-node" in name for batch in _batches(STREAMS[name])]
    assert rows
    assert {batch.reason for batch in rows} == {Reason.NO_ALERT}
    tests = [batch for name in STREAMS if "service-test" in name for batch in _batches(STREAMS[name])]
    assert [batch.reason for batch in tests] == [Reason.TEST] * 2
    assert _batches(STREAMS["v1.8.3_receiver-returned-302"])[1].reason is Reason.PROBE


@pytest.mark.parametrize("scenario", ["v1.5.7_published-topic-post", "v1.5.7_topic-handler-post"])
def test_a_shared_id_is_open_until_the_last_task_is_good(scenario: str) -> None:
    """The OK of one task leaves the id open while the other task's WARNING goes on."""
    replay, open_after = Replay(), {}
    for one in read("kapacitor", STREAMS[scenario]):
        replay.deliver(one)
        open_after[one.number] = {incident.dedup_key for incident in replay.book.open}
    assert [len(open_after[number]) for number in (5, 7, 8, 9, 10, 11)] == [2, 2, 1, 0, 1, 0]

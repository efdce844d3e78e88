"""Splunk beyond the goldens: what other receivers get wrong, signatures, and what real tools posted to On-Call."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from alertmap import IncidentBook, Severity, Source, State, parse
from alertmap.intake.dedup import dedup_key
from alertmap.model import Alert, ProblemCode
from captures import SHARED, Captured, requests

SEARCH = {"sid": "s_at_1_1", "search_name": "sudo", "app": "search", "owner": "admin", "result": {"host": "db-3"}}
DETECTOR = {"incidentId": "Fbz", "detectorId": "D1", "statusExtended": "anomalous", "severity": "Major", "rule": "cpu"}


def one(body: dict[str, Any], **fields: Any) -> Alert:
    (alert,) = parse("splunk", json.dumps(body | fields))
    return alert


# --- What goes wrong elsewhere ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("Keep", "a search alert without results_link or search_name is an error")
@pytest.mark.parametrize("result", ["", {}, None, {"_raw": "x", "user": ["a", "b"]}])
def test_a_search_alert_with_few_fields_fires(result: Any) -> None:
    alert = one({"sid": "rt_1.2", "app": "search", "owner": "admin", "result": result})
    assert (alert.state, alert.resolvable) == (State.FIRING, False)


@pytest.mark.fault_elsewhere("Keep", "a detector without statusExtended is an error")
@pytest.mark.parametrize(("status", "state"), [("ok", State.RESOLVED), ("too high", State.FIRING)])
def test_the_older_status_of_a_detector_counts(status: str, state: State) -> None:
    assert one(DETECTOR, statusExtended=None, status=status).state is state


@pytest.mark.fault_elsewhere("Keep", "a Minor alert of a detector is less than an Info")
def test_the_levels_of_detectors_keep_their_order() -> None:
    found = [one(DETECTOR, severity=word).severity for word in ("Critical", "Major", "Minor", "Warning", "Info")]
    assert found == [Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.MEDIUM, Severity.INFO]


@pytest.mark.parametrize("word", ["ok", "manually resolved", "manually_resolved", "stopped"])
def test_each_end_of_a_detector_resolves(word: str) -> None:
    book = IncidentBook()
    book.apply([one(DETECTOR)])
    book.apply([one(DETECTOR, statusExtended=word)])
    assert not book.open


def test_each_run_of_a_search_is_the_same_alert() -> None:
    """The id of the run is no identity, the row's host is one."""
    keys = {one(SEARCH, sid=f"scheduler__a__b__RMD5_at_{run}_1").dedup_key for run in (1, 2)}
    assert keys == {one(SEARCH).dedup_key}
    assert one(SEARCH, result={"host": "db-4"}).dedup_key not in keys


def test_a_state_of_a_row_counts_only_where_the_source_names_it() -> None:
    """A row with `state` may be about anything; an unknown word fires."""
    assert one(SEARCH, result={"host": "db-3", "state": "ok"}).state is State.FIRING
    for word, state in {"ok": State.RESOLVED, "odd": State.FIRING, "": State.FIRING}.items():
        body = SEARCH | {"result": {"host": "db-3", "state": word}}
        (alert,) = parse("splunk", json.dumps(body), source=Source("s", options={"state_field": "state"}))
        assert (alert.state, alert.resolvable) == (state, True)


@pytest.mark.parametrize("earlier", ["1772618000", "1772618400"])
def test_the_time_of_a_row_is_not_that_of_its_run(earlier: str) -> None:
    """Rows of a bucket have one time, and a later run may begin with an earlier row: its end closes all the same."""
    source = Source("s", options={"state_field": "state"})
    book = IncidentBook()
    for word, time in (("critical", "1772618400"), ("ok", earlier)):
        body = SEARCH | {"result": {"host": "db-3", "state": word, "_time": time}}
        book.apply(parse("splunk", json.dumps(body), source=source))
    assert not book.open


# --- On-Call: what real tools posted ----------------------------------------------------------------------------------

TYPES = {"CRITICAL": Severity.CRITICAL, "WARNING": Severity.MEDIUM}


def captured() -> Iterator[tuple[Captured, dict[str, Any]]]:
    """Yield all captured events for On-Call, of whatever tool, with their bodies."""
    if not (SHARED / "captures").is_dir():
        pytest.skip("the captures are not on this machine")
    for folder in ("grafana", "healthchecks", "kapacitor", "prometheus_alertmanager"):
        for found in requests(folder):
            if "victorops" in found.name:
                yield found, json.loads(found.request.body)


def test_all_captured_events_are_read() -> None:
    """State, level and key are those of the body; INFO changes nothing."""
    seen = 0
    for found, body in captured():
        seen += 1
        batch = parse("splunk", found.request, received_at=found.received_at)
        if body["message_type"] == "INFO":
            assert not batch.alerts
            continue
        (alert,) = batch
        assert alert.state is (State.RESOLVED if body["message_type"] == "RECOVERY" else State.FIRING), found.name
        assert alert.severity is TYPES.get(body["message_type"]), found.name
        assert alert.dedup_key == dedup_key("splunk", {"entity_id": str(body["entity_id"])}), found.name
        assert {problem.code for problem in alert.problems} <= {ProblemCode.BAD_LINK}
    assert seen > 12


def test_a_key_for_on_call_is_exact() -> None:
    """Alertmanager 0.5 sends an integer above 2^53."""
    alert = one({"message_type": "CRITICAL", "entity_id": 14544612822465034168, "state_message": "x"})
    assert alert.identity == {"entity_id": "14544612822465034168"}


@pytest.mark.parametrize("moment", [1772619000, 1772619000.25, "1772619000", "2026-03-04T10:10:00Z"])
def test_the_start_may_be_written_in_any_way(moment: object) -> None:
    """People write the fields by hand."""
    alert = one({"message_type": "CRITICAL", "entity_id": "a", "state_start_time": moment})
    assert alert.started_at is not None
    assert alert.started_at.isoformat()[:19] == "2026-03-04T10:10:00"


def test_an_event_with_a_type_and_a_host_fires() -> None:
    """On-Call requires nothing but the type."""
    alert = one({"message_type": "CRITICAL", "hostname": "db-3"})
    assert (alert.state, alert.resolvable) == (State.FIRING, False)

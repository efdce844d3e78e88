"""ThousandEyes beyond the goldens: what opens and what closes, and which alerts are one."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, IncidentBook, Severity, State, detect, parse_document
from alertmap.model import Batch, Request

FIXTURES = Path(__file__).parents[2] / "fixtures" / "thousandeyes"


def fixture(name: str, **changed: Any) -> Any:
    """Return the document of a fixture, with other fields of its alert."""
    document = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    document["alert"] |= changed
    return document


def read(document: Any, minute: int = 0) -> Batch:
    return parse_document("thousandeyes", document, received_at=datetime(2026, 3, 4, 11, minute, tzinfo=UTC))


def only(document: Any) -> Alert:
    """Return the only alert of a document."""
    (alert,) = read(document)
    return alert


def open_after(*documents: Any) -> int:
    """Return the number of incidents that are open after these documents, a minute apart."""
    book = IncidentBook()
    for minute, document in enumerate(documents):
        book.apply(read(document, minute).alerts)
    return len(book.open)


@pytest.mark.fault_elsewhere("Keep", "the status is made of the severity: a Minor alert opens acknowledged")
@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        ("Info", Severity.INFO),
        ("minor", Severity.MEDIUM),
        ("Major", Severity.HIGH),
        ("CRITICAL", Severity.CRITICAL),
    ],
)
def test_each_severity_fires(severity: str, expected: Severity) -> None:
    """A trigger fires at every severity, in any case of its word."""
    alert = only(fixture("trigger", severity=severity))
    assert (alert.state, alert.severity) == (State.FIRING, expected)


@pytest.mark.fault_elsewhere(
    "Keep", "the kind of the event is not read: a clear opens the alert anew and nothing ends it"
)
@pytest.mark.parametrize(
    ("start", "end"),
    [("trigger", "clear"), ("agent", "agent_clear"), ("generic", "generic_clear")],
)
def test_a_clear_ends_what_its_trigger_opened(start: str, end: str) -> None:
    """Each way of sending has a clear that closes, and only that."""
    assert open_after(fixture(start), fixture(start)) == 1
    assert open_after(fixture(start), fixture(end)) == 0


@pytest.mark.parametrize(
    ("start", "end"),
    [("trigger", "clear"), ("agent", "agent_clear"), ("generic", "generic_clear")],
)
def test_a_retry_opens_nothing_anew(start: str, end: str) -> None:
    """A trigger that was not answered with 200 comes again every five minutes for an hour, also after its clear."""
    book = IncidentBook()
    for minute, name in [(1, start), (9, end), (14, start), (54, start)]:
        book.apply(read(fixture(name), minute).alerts)
        assert len(book.open) == (name == start and minute == 1)
    book = IncidentBook()
    for minute, name in [(9, end), (14, start)]:
        book.apply(read(fixture(name), minute).alerts)
    assert len(book.open) == 0


def test_the_password_of_a_target_stays_inside() -> None:
    """The target of a test of a page is its address."""
    for name, part in (("trigger", "testTargetsDescription"), ("generic", "targets")):
        alert = only(fixture(name, **{part: ["https://ann:hunter2@shop.example/"]}))
        assert alert.resource == "https://shop.example/"
        assert "hunter2" not in repr([alert.labels, alert.links, alert.title, alert.dedup_key])


@pytest.mark.fault_elsewhere("Keep", "the key is the id of the event: a trigger and its clear are two alerts")
def test_the_id_of_the_event_is_no_part_of_the_key() -> None:
    """Trigger and clear have different ids of events, which are ids of deliveries here."""
    start, end = read(fixture("trigger")), read(fixture("clear"))
    assert start.delivery_id != end.delivery_id
    assert start[0].dedup_key == end[0].dedup_key


def test_the_flag_active_decides_nothing() -> None:
    """The kind of the event decides; the flag of the alert and those of its agents do not."""
    assert only(fixture("trigger", active=0)).state is State.FIRING
    assert only(fixture("clear", active=1)).state is State.RESOLVED


def test_agents_of_a_test_share_its_alert() -> None:
    """Which agents see an outage changes while it lasts; the alert stays the same."""
    one = fixture("trigger")["alert"]["agents"][:1]
    assert open_after(fixture("trigger"), fixture("trigger", agents=one)) == 1
    assert only(fixture("trigger", agents=[])).dedup_key == only(fixture("trigger")).dedup_key


def test_two_tests_of_a_rule_are_two_alerts() -> None:
    """So are two agents of a rule, and each ends alone."""
    assert open_after(fixture("trigger"), fixture("trigger", testId=1), fixture("clear")) == 1
    assert open_after(fixture("agent"), fixture("agent", agentId=1), fixture("agent_clear")) == 1


def test_times_without_a_zone_are_in_utc() -> None:
    """The end is that of the clear, and neither depends on the zone of this machine."""
    alert = only(fixture("clear"))
    assert (alert.started_at, alert.occurred_at) == (
        datetime(2026, 3, 4, 10, tzinfo=UTC),
        datetime(2026, 3, 4, 10, 8, tzinfo=UTC),
    )
    assert not alert.problems


def test_keys_that_a_user_added_change_nothing() -> None:
    """Static keys may stand in a classic payload."""
    document = fixture("trigger") | {"team": "shop", "type": "1", "status": "resolved"}
    assert only(document).state is State.FIRING
    found = detect(Request(json.dumps(document)))
    assert found is not None
    assert found.vendor == "thousandeyes"

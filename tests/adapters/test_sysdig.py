"""Sysdig beyond the goldens: states, segments and times, and faults of other receivers."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, IncidentBook, Severity, State, detect, parse_document
from alertmap.model import ProblemCode, Reason, Times

VENDOR = "sysdig"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR
START = datetime(2026, 3, 4, 10, tzinfo=UTC)


def body(fixture: str, /, **changed: object) -> dict[str, Any]:
    """Return the document of a fixture, with other fields."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{fixture}.json").read_text(encoding="utf-8"))
    return document | changed


def rule(fixture: str, /, **changed: object) -> dict[str, Any]:
    """Return the document of a fixture, with other fields of its rule."""
    document = body(fixture)
    return document | {"alert": document["alert"] | changed}


def one(document: dict[str, Any]) -> Alert:
    """Return the only alert of a document."""
    [alert] = parse_document(VENDOR, document)
    return alert


def book_after(*documents: dict[str, Any]) -> IncidentBook:
    """Return the incidents after these documents, which are received minute by minute."""
    book = IncidentBook()
    for number, document in enumerate(documents, 1):
        received_at = START + timedelta(minutes=number)
        book.apply(parse_document(VENDOR, document, received_at=received_at).alerts)
    return book


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("Squadcast", "an acknowledgement cannot be told from a recovery, and closes the incident")
@pytest.mark.parametrize(
    ("state", "resolved", "expected"),
    [
        ("ACTIVE", False, State.FIRING),
        ("ACTIVE", True, State.ACKNOWLEDGED),
        ("active", "true", State.ACKNOWLEDGED),
        ("OK", False, State.RESOLVED),
        ("OK", True, State.RESOLVED),
        ("ACTIVE", None, State.FIRING),
        ("UNKNOWN", True, State.FIRING),
        ("", True, State.FIRING),
    ],
)
def test_only_ok_resolves(state: str, resolved: object, expected: State) -> None:
    """`resolved` says that a person closed the notification, and no more."""
    assert one(body("active", state=state, resolved=resolved)).state is expected


@pytest.mark.fault_elsewhere("receivers that guess the unit of a time", "microseconds are a time in the year 58,000")
def test_times_are_microseconds() -> None:
    """Of the start and, where it is sent, of the end."""
    assert one(body("active")).occurred_at == START
    over = one(body("ok"))
    assert (over.started_at, over.occurred_at) == (START, START + timedelta(minutes=10))


@pytest.mark.fault_elsewhere("receivers that test a severity for truth", "severity 0, the worst, counts as missing")
def test_severity_0_is_the_worst() -> None:
    """With and without its label; another label than the number's wins."""
    assert one(rule("active", severityLabel=None)).severity is Severity.HIGH
    assert one(rule("active", severityLabel=None)).level == "0"
    assert one(rule("active", severityLabel="Low")).severity is Severity.LOW


@pytest.mark.fault_elsewhere("receivers that key on the id of the rule", "the recovery of one segment ends the others")
def test_the_recovery_of_one_segment_leaves_the_other() -> None:
    """Each entity is an alert of its own."""
    document = body("two_entities")
    over = document | {"state": "OK", "entities": document["entities"][:1]}
    [left] = book_after(document, over).open
    assert left.dedup_key.endswith("entity=host_hostname = 'db-2' and mount = '/data'")


@pytest.mark.fault_elsewhere("Squadcast", "the test of a channel opens an incident")
def test_the_test_of_a_channel_is_no_alert() -> None:
    """It is known by the name of its rule; other names are alerts."""
    assert parse_document(VENDOR, body("test")).reason is Reason.TEST
    assert one(rule("test", name="TEST ALERT: disk")).state is State.FIRING


# --- Segments, times, order -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entities", [None, [], [{}], "x"])
def test_a_notification_without_segments_is_an_alert(entities: object) -> None:
    """The rule alone is the key."""
    alert = one(body("active", entities=entities))
    assert dict(alert.identity) == {"alert": "4711"}


def test_a_recovery_without_a_time_ends_its_alert_when_it_is_received() -> None:
    """Its timestamp is that of the start, so the end is not guessed from it."""
    assert (one(body("old_ok")).occurred_at, one(body("old_ok")).times) == (None, Times.NONE)
    book = book_after(body("old_active"), body("old_ok"))
    [incident] = book.incidents
    assert incident.resolved_at == START + timedelta(minutes=2)


def test_an_acknowledgement_is_no_end() -> None:
    """Fire, acknowledge, repeat, end, and the next event fires again."""
    story = [body("active"), body("acknowledged")]
    [incident] = book_after(*story).open
    assert incident.state is State.ACKNOWLEDGED
    assert not book_after(*story, body("ok")).open
    again = body("active", timestamp=1772622000000000, event={"id": 14918999})
    assert len(book_after(*story, body("ok"), again).open) == 1


def test_labels_of_a_segment() -> None:
    """From the text of the segment, the additional data, and the labels of the notification."""
    assert one(body("old_active")).resource == "web-1"
    assert one(body("old_active")).labels["host.mac"] == "00:00:5e:00:53:01"
    first, second = parse_document(VENDOR, body("two_entities", labels={"host_hostname": "other", "team": "db"}))
    assert (first.resource, second.resource) == ("db-1", "db-2")
    assert "team" not in first.labels


@pytest.mark.parametrize(
    ("number", "monitor", "policy"),
    [
        (0, Severity.HIGH, Severity.HIGH),
        (2, Severity.MEDIUM, Severity.HIGH),
        (4, Severity.LOW, Severity.MEDIUM),
        (6, Severity.INFO, Severity.LOW),
        (7, Severity.INFO, Severity.INFO),
    ],
)
def test_numbers_of_monitor_and_secure_differ(number: int, monitor: Severity, policy: Severity) -> None:
    """Each has a scale of its own."""
    assert one(rule("old_active", severity=number)).severity is monitor
    assert one(rule("policy", severity=number)).severity is policy
    unknown = one(rule("old_active", severity=8))
    assert ProblemCode.LEVEL_UNKNOWN in {problem.code for problem in unknown.problems}


@pytest.mark.parametrize("name", ["active", "ok", "old_active", "policy", "test", "two_entities"])
def test_is_recognised(name: str) -> None:
    """In all forms."""
    found = detect(json.dumps(body(name)))
    assert found is not None
    assert found.vendor == VENDOR


def test_a_blank_name_costs_no_page() -> None:
    """The id of the rule is the key, and the title then."""
    alert = one(rule("active", name=" "))
    assert (alert.dedup_key, alert.title) == (one(body("active")).dedup_key, str(body("active")["alert"]["id"]))


# --- Many entities ----------------------------------------------------------------------------------------------------


def test_many_entities_do_not_multiply_the_texts_of_their_rule() -> None:
    """Each alert has them, so of a long text each gets a part, and says so; the last pages as well as the first."""
    entities = [{"entity": f"host = 'web-{number}'"} for number in range(2_000)]
    long = dict.fromkeys(("name", "description", "scope", "severityLabel"), "x" * 30_000)
    alerts = parse_document(VENDOR, rule("active", **long) | {"entities": entities}).alerts
    assert len({alert.dedup_key for alert in alerts}) == len(entities)
    for alert in alerts:
        assert len(f"{alert.title}{alert.message}{alert.labels['scope']}{alert.level}") < 500
        assert ProblemCode.TRUNCATED in {problem.code for problem in alert.problems}


def test_texts_of_a_few_entities_are_not_cut() -> None:
    """Nobody has to miss a word of a usual notification."""
    entities = [{"entity": f"host = 'web-{number}'"} for number in range(10)]
    for alert in parse_document(VENDOR, rule("active", description="x" * 5_000) | {"entities": entities}):
        assert "x" * 5_000 in alert.message
        assert ProblemCode.TRUNCATED not in {problem.code for problem in alert.problems}


@pytest.mark.parametrize("part", ["id", "name"])
def test_long_names_of_rules_stay_apart(part: str) -> None:
    """A name that is too long for the key of each entity is hashed, the same for the end as for the start."""
    first, second = ("x" * 10_000 + end for end in "ab")
    changes: dict[str, object] = {"id": None} if part == "name" else {}
    keys = [one(rule("active", **changes | {part: text})).dedup_key for text in (first, second)]
    assert len(set(keys)) == 2
    assert one(rule("active", **changes | {part: first}) | {"state": "OK"}).dedup_key == keys[0]

"""ilert beyond the goldens: secrets, spellings that share a key, and refused payloads."""

import json
import traceback
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alertmap import IncidentBook, Severity, Source, State, Times, detect, parse
from alertmap.adapters import ilert
from alertmap.codec import to_dict
from alertmap.errors import AdapterError, PayloadError, ShapeError
from alertmap.model import Alert, Batch, ProblemCode, Reason

SECRET = "il1api-keep-me-secret"  # noqa: S105 - the test is that it goes nowhere

EVENT: dict[str, Any] = {"integrationKey": SECRET, "eventType": "ALERT", "summary": "disk", "alertKey": "d1"}
HOOK: dict[str, Any] = {
    "id": "71",
    "status": "PENDING",
    "summary": "disk",
    "eventType": "alert-created",
    "reportTime": "2026-03-09T22:41:07.305Z",
    "alertSource": {"id": 4, "name": "src"},
}


def read(document: Any) -> Batch:
    return parse("ilert", json.dumps(document))


def one(document: Any) -> Alert:
    (alert,) = read(document)
    return alert


@pytest.mark.parametrize("name", ["integrationKey", "apiKey"])
@pytest.mark.parametrize("event_type", ["ALERT", "ACCEPT", "RESOLVE", "COMMENT"])
def test_the_key_stays_in_the_document(name: str, event_type: str) -> None:
    """The integration key appears only in the raw document, in no alert, problem or repr."""
    event = {k: v for k, v in EVENT.items() if k != "integrationKey"} | {name: SECRET, "eventType": event_type}
    batch = read(event)
    assert batch.raw[name] == SECRET
    assert SECRET not in repr(batch)
    for alert in batch:
        assert SECRET not in json.dumps(to_dict(alert) | {"raw": None})


@pytest.mark.parametrize(
    "event",
    [
        EVENT | {"alertKey": "", "summary": ""},
        EVENT | {"alertKey": "", "summary": [SECRET]},
        {"integrationKey": SECRET},
        [EVENT | {"alertKey": "", "summary": ""}],
        [{SECRET: EVENT}],
    ],
)
def test_the_key_is_in_no_error(event: Any) -> None:
    """The error for a refused event does not contain the integration key."""
    with pytest.raises(PayloadError) as caught:
        read(event)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert SECRET not in repr(caught.value.problems)


def test_the_key_is_in_no_adapter_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """An adapter error, with its cause, does not contain the integration key."""

    def broken(event: ilert.Event) -> str:
        raise ValueError(repr(event))

    monkeypatch.setattr(ilert, "level", broken)
    with pytest.raises(AdapterError) as caught:
        read(EVENT)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "same",
    [
        {"alertKey": " D1 "},
        {"alertKey": "", "incidentKey": "d1"},
        {"alertKey": None, "incidentKey": "D1"},
        {"alertKey": "d1", "incidentKey": "other"},
        {"summary": "other", "priority": "LOW", "severity": 4, "details": "x"},
        {"eventType": "ACCEPT"},
        {"eventType": "RESOLVE"},
    ],
)
def test_one_key(same: dict[str, Any]) -> None:
    """Keys are compared as ilert does: case, blanks, the key's name and other fields are ignored."""
    assert one(EVENT | same).dedup_key == one(EVENT).dedup_key


def test_number_and_text_are_one_id() -> None:
    """A webhook id as text and as a number is the same id."""
    assert one(HOOK | {"id": 71}).dedup_key == one(HOOK).dedup_key
    assert one(HOOK | {"alertKey": "again"}).dedup_key == one(HOOK).dedup_key


def test_without_a_key_nothing_closes() -> None:
    """An event without a key cannot be resolved, which is a problem."""
    alert = one({k: v for k, v in EVENT.items() if k != "alertKey"})
    assert not alert.resolvable
    assert ProblemCode.KEY_FALLBACK in {p.code for p in alert.problems}


@pytest.mark.parametrize("event_type", ["ACCEPT", "RESOLVE"])
def test_acting_needs_a_key(event_type: str) -> None:
    """Accept and resolve events without a key are refused, and the error names the key."""
    with pytest.raises(ShapeError) as caught:
        read(EVENT | {"eventType": event_type, "alertKey": " "})
    assert [p.path for p in caught.value.problems] == ["$"]


@pytest.mark.parametrize("event_type", ["ALERT", "alert", "Accept", "RESOLVE", "comment", "SNOOZE"])
def test_event_types(event_type: str) -> None:
    """The four types match in any case; an unknown type is FIRING with a problem."""
    states = {"alert": State.FIRING, "accept": State.ACKNOWLEDGED, "resolve": State.RESOLVED, "snooze": State.FIRING}
    batch = read(EVENT | {"eventType": event_type})
    assert [a.state for a in batch] == [states[w] for w in [event_type.lower()] if w in states]
    assert (batch.reason is Reason.NO_ALERT) == (event_type == "comment")
    unknown = [p for a in batch for p in a.problems if p.code is ProblemCode.STATE_UNKNOWN]
    assert bool(unknown) == (event_type == "SNOOZE")


@pytest.mark.parametrize(
    ("status", "event_type", "state"),
    [
        ("PENDING", "alert-created", State.FIRING),
        ("PENDING", "incident-auto-escalated", State.FIRING),
        ("PENDING", "alert-resolved", State.FIRING),  # the status is that after the event
        ("ACCEPTED", "incident-acknowledged", State.ACKNOWLEDGED),
        ("ACCEPTED", "alert-raised", State.ACKNOWLEDGED),
        ("RESOLVED", "alert-comment-added", State.RESOLVED),
        ("RESOLVED", "v-alert-not-resolved", State.RESOLVED),
        ("resolved", "alert-resolved", State.RESOLVED),
        ("", "alert-auto-resolved", State.FIRING),
        ("MERGED", "incident-acknowledged", State.FIRING),
        ("MERGED", "alert-responder-added", State.FIRING),
        ("MERGED", "unheard of", State.FIRING),
    ],
)
def test_webhook_states(status: str, event_type: str, state: State) -> None:
    """Only the status decides; an unknown or blank one is FIRING."""
    alert = one(HOOK | {"status": status, "eventType": event_type})
    assert alert.state is state
    doubted = {ProblemCode.STATE_UNKNOWN, ProblemCode.STATE_GUESSED} & {p.code for p in alert.problems}
    assert bool(doubted) == (status.upper() not in ("PENDING", "ACCEPTED", "RESOLVED"))


def test_only_what_is_known_has_a_time() -> None:
    """Only the first event occurred at the report time; for later events it is the start."""
    assert one(HOOK).occurred_at == one(HOOK).started_at is not None
    assert one(HOOK).times is Times.STATED
    for later in ({"status": "ACCEPTED"}, {"status": "RESOLVED"}, {"eventType": "alert-raised"}):
        assert one(HOOK | later).occurred_at is None
        assert one(HOOK | later).times is Times.NONE
        assert one(HOOK | later).started_at is not None


@pytest.mark.parametrize("end", [{}, {"resolvedOn": "2026-03-09T22:50:00Z"}], ids=["untimed", "timed"])
@pytest.mark.parametrize("late", ["alert-created", "alert-raised", "v-alert-not-resolved"])
def test_a_late_webhook_opens_nothing(late: str, end: dict[str, str]) -> None:
    """A resolved alert of ilert is never opened again, so a firing that comes after its end is old news."""
    book, now = IncidentBook(), datetime(2026, 3, 9, 22, 42, tzinfo=UTC)
    resolved = HOOK | {"status": "RESOLVED", "eventType": "alert-resolved"} | end
    for minutes, document in ((0, HOOK), (8, resolved), (60, HOOK | {"eventType": late})):
        book.apply(parse("ilert", json.dumps(document), received_at=now + timedelta(minutes=minutes)))
    assert len(book.incidents) == 1
    assert not book.open


@pytest.mark.parametrize(
    ("severity", "priority", "expected"),
    [
        (1, "LOW", Severity.CRITICAL),
        ("2", "LOW", Severity.HIGH),
        (3, None, Severity.MEDIUM),
        (4, "HIGH", Severity.LOW),
        (5, "HIGH", Severity.INFO),
        (None, "high", Severity.HIGH),
        ("", "LOW", Severity.LOW),
        (0, "HIGH", Severity.MEDIUM),
        (None, None, Severity.MEDIUM),
    ],
)
def test_severities(severity: Any, priority: Any, expected: Severity) -> None:
    """The severity has precedence over the priority; unknown or missing is medium with a problem."""
    for document in (EVENT, HOOK):
        alert = one(document | {"severity": severity, "priority": priority})
        assert alert.severity is expected
        doubted = {ProblemCode.LEVEL_UNKNOWN, ProblemCode.LEVEL_MISSING} & {p.code for p in alert.problems}
        assert bool(doubted) == (alert.level in (None, "0"))


def test_high_as_critical() -> None:
    """A source can map HIGH to critical, or 5 as the worst."""
    source = Source("x", priorities={"HIGH": "critical", "5": "critical"})
    for level in ({"priority": "HIGH"}, {"severity": 5}):
        (alert,) = parse("ilert", json.dumps(EVENT | level), source=source)
        assert alert.severity is Severity.CRITICAL


def test_links_of_one_name() -> None:
    """Links with equal names, or without, are all kept."""
    links = [{"href": f"https://a.example/{n}", "text": text} for n, text in enumerate(["", "x", "x", None])]
    alert = one(EVENT | {"links": links})
    assert list(alert.links.values()) == [f"https://a.example/{n}" for n in range(4)]


def test_array_of_good_and_bad() -> None:
    """Good elements are alerts; bad ones are named by index."""
    batch = read([HOOK, {"eventType": "ALERT"}, EVENT, 5, EVENT | {"summary": ""}])
    assert [a.path for a in batch] == [(0,), (2,), (4,)]
    assert sorted(p.path for p in batch.problems) == ["$[1]", "$[3]"]


@pytest.mark.parametrize(
    "body",
    [
        "integrationKey=x&eventType=ALERT&summary=y",
        json.dumps(EVENT)[:40],
        "payload=" + json.dumps(EVENT),
        "<event/>",
        json.dumps(HOOK | {"id": " "}),
        json.dumps({"text": "disk"}),
    ],
)
def test_refused(body: str) -> None:
    """Forms, incomplete events, and documents without the vendor's marks are refused."""
    with pytest.raises(PayloadError):
        parse("ilert", body)


@pytest.mark.parametrize(
    ("document", "ours"),
    [
        ({"eventType": "ALERT", "apiKey": "x"}, True),
        ({"eventType": "ALERT"}, False),
        ({"eventType": "trigger", "apiKey": "x"}, False),
        ({"eventType": ["ALERT"], "apiKey": "x"}, False),
        (HOOK, True),
        (HOOK | {"eventType": "v-alert-not-resolved"}, True),
        (HOOK | {"status": "firing"}, False),
        (HOOK | {"status": ["PENDING"]}, False),
        (HOOK | {"alertSource": None}, False),
    ],
)
def test_recognised(document: dict[str, Any], ours: bool) -> None:  # noqa: FBT001 - a table's column
    """The vendor's own keys and words are recognised, common ones are not."""
    found = detect(json.dumps(document))
    assert (found is not None and found.vendor == "ilert") is ours

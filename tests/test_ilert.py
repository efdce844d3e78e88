"""What ilert's goldens do not show: secrets, keys that must be one, and what must be refused."""

import json
import traceback
from typing import Any

import pytest

from alertmap import Severity, Source, State, detect, parse
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
    """The integration key is in no alert, problem or repr, but for the raw document."""
    event = {k: v for k, v in EVENT.items() if k != "integrationKey"} | {name: SECRET, "eventType": event_type}
    batch = read(event)
    assert batch.raw[name] == SECRET
    assert SECRET not in repr(batch)
    for alert in batch:
        assert SECRET not in json.dumps(to_dict(alert) | {"raw": None})


@pytest.mark.parametrize(
    "event",
    [
        EVENT | {"summary": ""},
        EVENT | {"summary": [SECRET]},
        EVENT | {"eventType": {SECRET: 1}},
        EVENT | {"integrationKey": [SECRET]},
        {"integrationKey": SECRET},
        [EVENT | {"summary": ""}],
    ],
)
def test_the_key_is_in_no_error(event: Any) -> None:
    """A refused event's error does not show the key."""
    with pytest.raises(PayloadError) as caught:
        read(event)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert SECRET not in repr(caught.value.problems)


def test_the_key_is_in_no_adapter_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even a fault of ours, with its cause, shows the key."""

    def broken(event: ilert.Event) -> str:
        raise ValueError(repr(event))

    monkeypatch.setattr(ilert, "_key", broken)
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
    """Keys are compared as ilert compares them: case, blanks and the name do not count, nor does any other field."""
    assert one(EVENT | same).dedup_key == one(EVENT).dedup_key


def test_number_and_text_are_one_id() -> None:
    """The webhook's id is text here and a number there."""
    assert one(HOOK | {"id": 71}).dedup_key == one(HOOK).dedup_key
    assert one(HOOK | {"alertKey": "again"}).dedup_key == one(HOOK).dedup_key


def test_without_a_key_nothing_closes() -> None:
    """An event without a key cannot be resolved, and says so."""
    alert = one({k: v for k, v in EVENT.items() if k != "alertKey"})
    assert not alert.resolvable
    assert ProblemCode.KEY_FALLBACK in {p.code for p in alert.problems}


@pytest.mark.parametrize("event_type", ["ACCEPT", "RESOLVE"])
def test_acting_needs_a_key(event_type: str) -> None:
    """Accept and resolve without a key are refused, and the error names it."""
    with pytest.raises(ShapeError) as caught:
        read(EVENT | {"eventType": event_type, "alertKey": " "})
    assert [p.path for p in caught.value.problems] == ["$.alertKey"]


@pytest.mark.parametrize("event_type", ["ALERT", "alert", "Accept", "RESOLVE", "comment", "SNOOZE"])
def test_event_types(event_type: str) -> None:
    """The four types in any case; a type that nobody knows fires, with a problem."""
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
        ("", "alert-auto-resolved", State.RESOLVED),
        ("", "incident-resolved", State.RESOLVED),
        ("MERGED", "incident-acknowledged", State.ACKNOWLEDGED),
        ("MERGED", "alert-responder-added", State.FIRING),
        ("MERGED", "unheard of", State.FIRING),
    ],
)
def test_webhook_states(status: str, event_type: str, state: State) -> None:
    """The status decides, then the type under either prefix, then it fires."""
    alert = one(HOOK | {"status": status, "eventType": event_type})
    assert alert.state is state
    doubted = {ProblemCode.STATE_UNKNOWN, ProblemCode.STATE_GUESSED} & {p.code for p in alert.problems}
    assert bool(doubted) == (status.upper() not in ("PENDING", "ACCEPTED", "RESOLVED"))


def test_only_what_is_known_has_a_time() -> None:
    """The report time is that of the first event; later events come when they come."""
    assert one(HOOK).occurred_at == one(HOOK).started_at is not None
    for later in ({"status": "ACCEPTED"}, {"status": "RESOLVED"}, {"eventType": "alert-raised"}):
        assert one(HOOK | later).occurred_at is None
        assert one(HOOK | later).started_at is not None


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
    """Severity before priority; what is unknown or missing is medium, with a problem."""
    for document in (EVENT, HOOK):
        alert = one(document | {"severity": severity, "priority": priority})
        assert alert.severity is expected
        doubted = {ProblemCode.LEVEL_UNKNOWN, ProblemCode.LEVEL_MISSING} & {p.code for p in alert.problems}
        assert bool(doubted) == (alert.level in (None, "0"))


def test_high_as_critical() -> None:
    """A source can say that its HIGH is critical, or that 5 is the worst."""
    source = Source("x", priorities={"HIGH": "critical", "5": "critical"})
    for level in ({"priority": "HIGH"}, {"severity": 5}):
        (alert,) = parse("ilert", json.dumps(EVENT | level), source=source)
        assert alert.severity is Severity.CRITICAL


def test_links_of_one_name() -> None:
    """Links of the same name, and of none, are all kept."""
    links = [{"href": f"https://a.example/{n}", "text": text} for n, text in enumerate(["", "x", "x", None])]
    alert = one(EVENT | {"links": links})
    assert list(alert.links.values()) == [f"https://a.example/{n}" for n in range(4)]


def test_array_of_good_and_bad() -> None:
    """Good ones are kept, bad ones named by their index."""
    batch = read([HOOK, {"eventType": "ALERT"}, EVENT, 5, EVENT | {"summary": ""}])
    assert [a.at for a in batch] == [(0,), (2,)]
    assert sorted(p.path for p in batch.problems) == ["$[1]", "$[3]", "$[4].summary"]


@pytest.mark.parametrize(
    "body",
    [
        "integrationKey=x&eventType=ALERT&summary=y",
        json.dumps(EVENT)[:40],
        "payload=" + json.dumps(EVENT),
        "<event/>",
        json.dumps({"eventType": "alert-created", "status": "PENDING", "id": 1}),
        json.dumps(HOOK | {"alertSource": "src"}),
        json.dumps(HOOK | {"id": " "}),
        json.dumps({"text": "disk"}),
    ],
)
def test_refused(body: str) -> None:
    """Forms, halves, and documents without the vendor's marks are refused."""
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
    """The vendor's own keys and words give it away, common ones do not."""
    found = detect(json.dumps(document))
    assert (found is not None and found.vendor == "ilert") is ours

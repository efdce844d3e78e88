"""Senders without a format of their own: what the options name is strict, what they do not is guessed aloud."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from alertmap import (
    Alert,
    Batch,
    ConfigurationError,
    DecodeError,
    Reason,
    Request,
    Severity,
    ShapeError,
    Source,
    State,
    detect,
    parse,
)
from alertmap.model import ProblemCode, Times

EVENT = {"alert_id": "a-1", "state": "firing", "title": "Disk", "severity": "high", "timestamp": "2026-01-01T12:00:30Z"}


def batch(document: object, **options: Any) -> Batch:
    """Parse a document for a source with these options."""
    return parse("generic", json.dumps(document), source=Source("plant", options=options))


def one(document: object, **options: Any) -> Alert:
    """The one alert of it."""
    [alert] = batch(document, **options)
    return alert


def codes_at(alert: Alert, path: str) -> set[ProblemCode]:
    """Return the codes of the problems at a place."""
    return {problem.code for problem in alert.problems if problem.path == path}


# --- Without options -------------------------------------------------------------------------------------------------


def test_every_guess_is_a_problem() -> None:
    """Each field that was found under a usual spelling is a problem at its key."""
    alert = one(EVENT)
    assert {problem.path for problem in alert.problems} == {f"$.{key}" for key in EVENT}
    assert {problem.code for problem in alert.problems} == {ProblemCode.SYNONYM}


@pytest.mark.parametrize("spelling", ["alertstate", "Alert-State", "alert_state", "ALERT STATE", "alertState"])
def test_spellings(spelling: str) -> None:
    """Case, blanks, `-` and `_` do not make another key."""
    assert one({"id": "a", "title": "x", spelling: "Cleared "}).state is State.RESOLVED


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Triggered", State.FIRING),
        ("FAILURE", State.FIRING),
        ("recovery", State.RESOLVED),
        ("up", State.RESOLVED),
        ("in progress", State.ACKNOWLEDGED),
        ("snoozed", State.SUPPRESSED),
    ],
)
def test_usual_words(word: str, state: State) -> None:
    """The usual words say the state."""
    alert = one(EVENT | {"state": word})
    assert alert.state is state
    assert codes_at(alert, "$.state") == {ProblemCode.SYNONYM}


def test_no_data_and_test() -> None:
    """A state without data fires as such; a test is no alert."""
    alert = one(EVENT | {"state": "insufficient_data"})
    assert (alert.state, alert.no_data) == (State.FIRING, True)
    assert batch(EVENT | {"state": "Test"}).reason is Reason.TEST


@pytest.mark.parametrize(
    ("document", "state", "path", "code"),
    [
        ({"state": "odd"}, State.FIRING, "$.state", ProblemCode.STATE_UNKNOWN),
        ({"state": "odd", "type": "ok"}, State.FIRING, "$.state", ProblemCode.STATE_UNKNOWN),
        ({"state": "high"}, State.FIRING, "$.state", ProblemCode.STATE_GUESSED),
        ({"status": 503}, State.FIRING, "$", ProblemCode.STATE_GUESSED),
        ({"status": 0, "type": "ping"}, State.FIRING, "$", ProblemCode.STATE_GUESSED),
        ({"status": "0"}, State.FIRING, "$", ProblemCode.STATE_GUESSED),
        ({"status": True}, State.FIRING, "$", ProblemCode.STATE_GUESSED),
        ({"status": {"a": "ok"}}, State.FIRING, "$", ProblemCode.STATE_GUESSED),
        ({"status": "${status}", "type": "ok"}, State.RESOLVED, "$.type", ProblemCode.SYNONYM),
        ({"is_alarm": "true"}, State.FIRING, "$.is_alarm", ProblemCode.STATE_GUESSED),
        ({"is_alarm": 0}, State.RESOLVED, "$.is_alarm", ProblemCode.STATE_GUESSED),
        ({"resolved": True}, State.RESOLVED, "$.resolved", ProblemCode.STATE_GUESSED),
        ({"resolved": "False"}, State.FIRING, "$.resolved", ProblemCode.STATE_GUESSED),
        ({"resolved": "later"}, State.FIRING, "$", ProblemCode.STATE_GUESSED),
        ({"end_time": "2026-01-01T12:00:30Z"}, State.RESOLVED, "$.end_time", ProblemCode.STATE_GUESSED),
        ({"end_time": "0001-01-01T00:00:00Z"}, State.FIRING, "$", ProblemCode.STATE_GUESSED),
        ({"severity": "Recovery"}, State.RESOLVED, "$.severity", ProblemCode.STATE_GUESSED),
        ({"level": "OK"}, State.RESOLVED, "$.level", ProblemCode.STATE_GUESSED),
        ({"priority": "Normal"}, State.FIRING, "$", ProblemCode.STATE_GUESSED),
        ({"severity": "Recovery", "state": "open"}, State.FIRING, "$.state", ProblemCode.SYNONYM),
        ({"title": "[OK] Disk"}, State.RESOLVED, "$.title", ProblemCode.STATE_GUESSED),
        ({"title": "Resolved: Disk"}, State.RESOLVED, "$.title", ProblemCode.STATE_GUESSED),
        ({"title": "Disk: ok"}, State.RESOLVED, "$.title", ProblemCode.STATE_GUESSED),
        ({"title": "[FIRING] Disk: ok"}, State.FIRING, "$", ProblemCode.STATE_GUESSED),
        ({"title": "[TEST] Disk"}, State.FIRING, "$.title", ProblemCode.STATE_GUESSED),
        ({"title": "The door is closed"}, State.FIRING, "$", ProblemCode.STATE_GUESSED),
        ({"event_type": "incident.resolved"}, State.RESOLVED, "$.event_type", ProblemCode.STATE_GUESSED),
        ({"event_type": "alert-acknowledged"}, State.ACKNOWLEDGED, "$.event_type", ProblemCode.STATE_GUESSED),
        ({"event_type": "incident.not_resolved"}, State.FIRING, "$.event_type", ProblemCode.STATE_UNKNOWN),
        ({"event_type": "follow_up"}, State.FIRING, "$.event_type", ProblemCode.STATE_UNKNOWN),
        ({"endsAt": "2026-01-01T12:00:30Z"}, State.FIRING, "$", ProblemCode.STATE_GUESSED),
        ({}, State.FIRING, "$", ProblemCode.STATE_GUESSED),
    ],
)
def test_a_state_that_is_missing(document: dict[str, Any], state: State, path: str, code: ProblemCode) -> None:
    """Without a word that is known it fires, unless a flag or an end says else; always with a problem."""
    alert = one({"id": "a", "title": "x", **document})
    assert alert.state is state
    assert code in codes_at(alert, path)


@pytest.mark.parametrize(
    ("document", "level", "severity"),
    [
        ({"severity": "Disaster"}, "Disaster", Severity.CRITICAL),
        ({"level": "minor"}, "minor", Severity.MEDIUM),
        ({"severity": 2}, "2", Severity.MEDIUM),
        ({"severity": 2, "priority": "P1"}, "P1", Severity.CRITICAL),
        ({"severity": "odd", "priority": "odder"}, "odd", Severity.MEDIUM),
        ({"severity": {"a": 1}}, None, Severity.MEDIUM),
        ({"state": "error"}, "error", Severity.HIGH),
        ({"state": "alert"}, None, Severity.MEDIUM),
        ({"state": "ok", "severity": "critical"}, "critical", Severity.CRITICAL),
        ({"state": "ok", "severity": "normal"}, None, None),
        ({"severity": "SEV-1"}, "SEV-1", Severity.CRITICAL),
        ({"severity": "sev 2"}, "sev 2", Severity.HIGH),
        ({"priority": "P0"}, "P0", Severity.CRITICAL),
        ({"severity": "urgent"}, "urgent", Severity.CRITICAL),
        ({"labels": {"severity": "low"}}, "low", Severity.LOW),
        ({"labels": {"severity": "low"}, "severity": "high"}, "high", Severity.HIGH),
        ({"severity": "ok", "priority": "P2"}, "P2", Severity.HIGH),
    ],
)
def test_levels(document: dict[str, Any], level: str | None, severity: Severity | None) -> None:
    """A known word wins over an unknown one, a number means nothing, a recovery's own state is no level."""
    alert = one({"id": "a", "title": "x", **document})
    assert (alert.level, alert.severity) == (level, severity)


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ({"alert_key": "k", "id": "i"}, "key=k"),
        ({"id": 0}, "key=0"),
        ({"id": "null", "check_id": 7}, "key=7"),
        ({"id": "{{ id }}", "title": "Disk"}, "title=Disk"),
        ({"id": {"a": 1}, "title": "Disk"}, "title=Disk"),
        ({"id": "00000000-0000-4000-8000-000000000000", "title": "Disk"}, "title=Disk"),
        ({"id": "00000000-0000-4000-8000-000000000000"}, "key=00000000-0000-4000-8000-000000000000"),
        (
            {"alert_id": "00000000-0000-4000-8000-000000000000", "title": "D"},
            "key=00000000-0000-4000-8000-000000000000",
        ),
        ({"title": "Disk", "host": "a"}, "resource=a,title=Disk"),
        ({"title": "[FIRING:2] [alert] Disk: CRITICAL"}, "title=Disk"),
        ({"title": "Disk: OK"}, "title=Disk"),
        ({"title": "[web-1] Disk: 93 %%"}, "title=[web-1] Disk: 93 %25%25"),
        ({"title": "[OK]"}, "title=[OK]"),
        ({"message": "Disk is full"}, "title=Disk is full"),
        ({"title": "Problem: Disk"}, "title=Disk"),
        ({"title": "Resolved: Disk"}, "title=Disk"),
        ({"title": "Load: 93"}, "title=Load: 93"),
        ({"event_id": 41, "title": "Disk"}, "key=41"),
        ({"event_id": "00000000-0000-4000-8000-000000000000", "title": "Disk"}, "title=Disk"),
        ({"id": "i", "event_id": "e", "key": "k"}, "key=i"),
        ({"labels": {"alertname": "Disk", "instance": "a"}}, "resource=a,title=Disk"),
        ({"labels": {"host": "a"}, "title": "Disk"}, "title=Disk"),
    ],
)
def test_keys(document: dict[str, Any], key: str) -> None:
    """The key is what is called so, or made of title and resource without the state in them."""
    alert = one(document)
    assert alert.dedup_key == f"generic:{key}"
    assert (ProblemCode.KEY_FALLBACK in codes_at(alert, "identity")) == ("title=" in key)


@pytest.mark.parametrize("document", [{}, {"host": "a"}, {"state": "firing", "severity": "high"}, {"title": "N/A"}])
def test_nothing_is_no_alert(document: dict[str, Any]) -> None:
    """A state, a severity or a host do not name an alert."""
    with pytest.raises(ShapeError, match="no identity"):
        batch(document)


def test_times() -> None:
    """A firing holds since its start; a recovery since its end, never since its start."""
    start, end, sent = "2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z", "2026-01-01T12:00:00Z"
    event = {"id": "a", "title": "x", "created_at": start, "resolved_at": end}
    firing = one(event | {"status": "open", "time": sent})
    assert firing.occurred_at == firing.started_at == one(EVENT | {"timestamp": start}).occurred_at
    closed = one(event | {"status": "closed", "time": sent})
    assert (closed.started_at, closed.occurred_at) == (firing.started_at, one(EVENT | {"timestamp": end}).occurred_at)
    del event["resolved_at"]
    assert one(event | {"status": "closed"}).occurred_at is None
    assert ProblemCode.TIME_MISSING in codes_at(one(event | {"status": "closed"}), "occurred_at")
    unread = one(event | {"status": "closed", "time": "soon"})
    assert ProblemCode.BAD_TIME in codes_at(unread, "$.time")
    assert ProblemCode.TIME_MISSING not in {problem.code for problem in unread.problems}


@pytest.mark.parametrize(
    ("fields", "times", "moment"),
    [
        ({"startsAt": "2026-01-01T10:00:00Z", "timestamp": "2026-01-01T11:00:00Z"}, Times.SINCE, 10),
        ({"timestamp": "2026-01-01T11:00:00Z"}, Times.STATED, 11),
        ({"status": "ok", "startsAt": "2026-01-01T10:00:00Z", "endsAt": "2026-01-01T12:00:00Z"}, Times.SINCE, 12),
        ({"status": "ok", "starts": "2026-01-01 10:00:00.5 +0000 UTC", "ts": 1_767_268_800}, Times.SINCE, 12),
        ({}, Times.NONE, None),
    ],
)
def test_what_times_mean(fields: dict[str, Any], times: Times, moment: int | None) -> None:
    """A start or an end is since when the state holds; any other time is when it was sent."""
    alert = one({"id": "a", "title": "x", **fields})
    assert (alert.times, alert.occurred_at and alert.occurred_at.hour) == (times, moment)


@pytest.mark.parametrize(("minute", "state"), [(4, State.FIRING), (5, State.RESOLVED)])
def test_an_end_may_lie_ahead(minute: int, state: State) -> None:
    """`endsAt` alone ends an alert once it has passed; only the time of receipt tells."""
    body = json.dumps({"alertname": "CPU", "endsAt": "2026-05-01T10:05:00Z"})
    [alert] = parse("generic", body, received_at=datetime(2026, 5, 1, 10, minute, tzinfo=UTC))
    assert alert.state is state


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("firing Disk is full", State.FIRING),
        ("Resolved: Disk is full", State.RESOLVED),
        ("[OK] Disk is full", State.RESOLVED),
    ],
)
def test_a_text_that_begins_with_its_state(text: str, state: State) -> None:
    """A custom payload of Alertmanager may be one text; the rest of it is the identity."""
    [alert] = parse("generic", json.dumps(text))
    assert (alert.state, alert.title, alert.dedup_key) == (state, text, "generic:title=Disk is full")
    assert {ProblemCode.STATE_GUESSED, ProblemCode.KEY_FALLBACK} <= {problem.code for problem in alert.problems}


@pytest.mark.parametrize("text", ["Disk is full", "firing", "[OK] "])
def test_other_texts_are_refused(text: str) -> None:
    """A text without a state, or with nothing else, is no alert."""
    with pytest.raises(ShapeError, match="expected an object, or a text that begins with its state"):
        parse("generic", json.dumps(text))


def test_labels_and_links() -> None:
    """Labels of their own stand under their names; the rest beside them; templates and credentials nowhere."""
    alert = one(
        EVENT
        | {
            "labels": {"node": "n1", "zone": "${zone}", "rack": 7},
            "tags": ["a", "b"],
            "extra": {"zone": "z"},
            "rack": 8,
            "": "x",
            "node_no": 3,
        }
        | {"api_key": "s3cret", "note": "##NOTE##", "url": "https://example.org/a"}
    )
    assert alert.labels == {"node": "n1", "rack": "7", "tags": "a, b", "extra.zone": "z", "node_no": "3"}
    assert alert.resource == "n1"
    assert alert.links == {"link": "https://example.org/a"}
    assert "s3cret" not in repr(alert)


def test_credentials() -> None:
    """Values under the name of a credential are no labels at any depth; as a key a hash stands for one."""
    secret = {"routing_key": "s3cret", "extra": {"db_password": "s3cret", "max_tokens": 5}, "signature": "ET SCAN"}
    alert = one(EVENT | secret)
    assert alert.labels == {"extra.max_tokens": "5", "signature": "ET SCAN"}
    named = [one(EVENT | {"token": text}, key="token") for text in ("hunter2", "hunter3")]
    assert [alert.dedup_key for alert in named] == ["generic:token=~f52fbd32b2b3", "generic:token=~fb8c2e2b85ca"]
    assert one(EVENT | {"token": "s3cret"}, labels="token").labels == {}
    assert not {"s3cret", "hunter2", "hunter3"} & set(re.findall(r"\w+", repr((alert, named))))


def test_wrappers() -> None:
    """An event in `data` or `result` is found if there is nothing outside; not without end, nor with options."""
    assert one({"result": {"data": EVENT}}).dedup_key == "generic:key=a-1"
    assert ProblemCode.SYNONYM in codes_at(one({"result": {"data": EVENT}}), "$.result.data.alert_id")
    assert one({"data": EVENT, "title": "outside"}).dedup_key == "generic:title=outside"
    deep: object = EVENT
    for _ in range(5):
        deep = {"data": deep}
    for document, options in ((deep, {}), ({"data": EVENT}, {"message": "text"}), ({"data": [EVENT]}, {})):
        with pytest.raises(ShapeError, match="no identity"):
            batch(document, **options)


def test_it_is_never_recognised() -> None:
    """Only its owner can say that a request is generic."""
    assert detect(json.dumps(EVENT)) is None


# --- With options ----------------------------------------------------------------------------------------------------

NAMED = {
    "state": "$.a.s",
    "states": {"Bad": "firing", "Good": "resolved", "Mute": "suppressed", "Gone": "no_data", "Try": "test"},
    "key": ["site", "$.a.k[0]"],
    "title": "$.a['t.t']",
    "severity": "$.a.p",
    "levels": {"1": "critical", "Meh": "low"},
    "occurred": "$.a.at",
}


def document(**alarm: Any) -> dict[str, Any]:
    """A document as `NAMED` describes it."""
    alarm = {"s": "Bad", "k": ["r1"], "t.t": "Belt slips", "p": 1, "at": 1_767_268_830, **alarm}
    return {"site": "K2", "a": {name: value for name, value in alarm.items() if value is not ...}}


def test_what_is_named_is_no_guess() -> None:
    """Where everything is named there is no problem."""
    alert = one(document(), **NAMED)
    assert alert.problems == ()
    assert alert.dedup_key == "generic:$.a.k[0]=r1,site=K2"
    assert (alert.state, alert.severity, alert.title) == (State.FIRING, Severity.CRITICAL, "Belt slips")


@pytest.mark.parametrize(
    ("alarm", "path", "code"),
    [
        ({"s": None}, "$.a.s", ProblemCode.STATE_GUESSED),
        ({"s": {}}, "$.a.s", ProblemCode.STATE_GUESSED),
        ({"s": " "}, "$.a.s", ProblemCode.STATE_GUESSED),
        ({"s": "{{ state }}"}, "$.a.s", ProblemCode.STATE_GUESSED),
        ({"k": []}, "$.a.k[0]", ProblemCode.MISSING),
        ({"k": [" "]}, "$.a.k[0]", ProblemCode.MISSING),
        ({"k": ["{{ rule }}"]}, "$.a.k[0]", ProblemCode.MISSING),
        ({"k": {"0": "r1"}}, "$.a.k[0]", ProblemCode.MISSING),
        ({"t.t": ""}, "$.a['t.t']", ProblemCode.MISSING),
    ],
)
def test_what_is_named_and_blank(alarm: dict[str, Any], path: str, code: ProblemCode) -> None:
    """A state, key or title that holds nothing costs a problem at its place, not the page."""
    alert = one(document(**alarm), **NAMED)
    assert alert.state is State.FIRING
    assert code in codes_at(alert, path)
    is_complete = "k" not in alarm
    assert alert.dedup_key == ("generic:$.a.k[0]=r1,site=K2" if is_complete else "generic:title=Belt slips")
    assert (ProblemCode.KEY_FALLBACK in codes_at(alert, "identity")) is not is_complete


def test_a_named_state_must_be_there() -> None:
    """A document without the place of the state is refused, naming place and option."""
    with pytest.raises(ShapeError, match="`state`") as caught:
        batch(document(s=...), **NAMED)
    assert [problem.path for problem in caught.value.problems] == ["$.a.s"]


def test_named_words() -> None:
    """Where the words are named, they count in any case, and all others are refused with the list."""
    assert one(document(s="gOOd"), **NAMED).state is State.RESOLVED
    assert one(document(s="Mute"), **NAMED).state is State.SUPPRESSED
    assert one(document(s="Gone"), **NAMED).no_data
    assert batch(document(s="Try"), **NAMED).reason is Reason.TEST
    for word in ("firing", "ok", "critical", "odd"):
        with pytest.raises(ShapeError, match="expected Bad or Good or Mute or Gone or Try, got another word"):
            batch(document(s=word), **NAMED)


def test_words_without_a_list() -> None:
    """Where only the place is named the usual words count, and an unknown one fires."""
    options = {name: value for name, value in NAMED.items() if name != "states"}
    assert one(document(s="ok"), **options).state is State.RESOLVED
    alert = one(document(s="odd"), **options)
    assert alert.state is State.FIRING
    assert codes_at(alert, "$.a.s") == {ProblemCode.STATE_UNKNOWN}


def test_named_words_are_strict_for_a_guessed_place_too() -> None:
    """A list of words is a contract wherever the state was found."""
    assert one(EVENT | {"state": "Bad"}, states={"Bad": "firing"}).state is State.FIRING
    with pytest.raises(ShapeError, match="expected Bad"):
        batch(EVENT, states={"Bad": "firing"})


@pytest.mark.parametrize(
    ("level", "severity", "codes"),
    [
        (1, Severity.CRITICAL, set()),
        ("meh", Severity.LOW, set()),
        ("P2", Severity.HIGH, set()),
        (2, Severity.MEDIUM, {ProblemCode.LEVEL_UNKNOWN}),
        (..., Severity.MEDIUM, {ProblemCode.LEVEL_MISSING}),
    ],
)
def test_named_levels(level: object, severity: Severity, codes: set[ProblemCode]) -> None:
    """Levels of the options come first, usual ones next; a level that is missing or unknown refuses nothing."""
    alert = one(document(p=level), **NAMED)
    assert alert.severity is severity
    assert {problem.code for problem in alert.problems} == codes


@pytest.mark.parametrize("option", ["message", "resource", "labels", "link", "occurred"])
def test_the_rest_may_be_missing(option: str) -> None:
    """An option that decides nothing and finds nothing is a problem at its place, no refusal."""
    alert = one(document(), **(NAMED | {option: "$.a.nowhere"}))
    assert codes_at(alert, "$.a.nowhere") == {ProblemCode.MISSING}


@pytest.mark.parametrize(
    ("place", "labels"),
    [
        ("$.a.l", {"x": "1", "y.z": "2"}),
        ("$.a.l.y", {"z": "2"}),
        ("$.a.l.x", {"x": "1"}),
        ("$.a.k", {"k": "r1"}),
    ],
)
def test_named_labels(place: str, labels: dict[str, str]) -> None:
    """Labels are all that stands at their place, and nothing else."""
    assert one(document(l={"x": 1, "y": {"z": 2}}), **(NAMED | {"labels": place})).labels == labels


def test_labels_of_the_root() -> None:
    """`$` is the document itself."""
    assert one({"site": "K2", "title": "x"}, labels="$").labels == {"site": "K2", "title": "x"}


def test_one_key() -> None:
    """One place may be a key without a list; an empty list is none."""
    assert one(EVENT, key="alert_id").dedup_key == "generic:alert_id=a-1"
    assert one(EVENT, key=[]).dedup_key == "generic:key=a-1"


def test_good_elements_are_kept() -> None:
    """Of an array every good element is an alert, every bad one a problem with index and path."""
    found = batch([document(), document(s="odd"), 5, document(s=...), document(s="Good")], **NAMED)
    assert [(alert.path, alert.state) for alert in found] == [((0,), State.FIRING), ((4,), State.RESOLVED)]
    assert sorted(problem.path for problem in found.problems) == ["$[1].a.s", "$[2]", "$[3].a.s"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"stat": "a"}, "stat"),
        ({"state": 5}, "state"),
        ({"state": "$a"}, "state"),
        ({"key": {"a": "b"}}, "key"),
        ({"states": {"Bad": "broken"}}, "'states'.Bad"),
        ({"levels": {"1": "urgent"}}, "levels"),
        ({"levels": {1: "high"}}, "levels"),
    ],
)
def test_options_are_checked(options: dict[str, Any], expected: str) -> None:
    """An option that cannot mean anything is an error that names the source and the option."""
    with pytest.raises(ConfigurationError, match="'plant'") as caught:
        batch(EVENT, **options)
    assert expected in str(caught.value)


# --- Forms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_",
    [
        Request("alert_id=a-1&state=firing&title=Disk"),
        Request("alert_id=a-1&state=firing&title=Disk", headers={"Content-Type": "application/json"}),
        Request('{"alert_id":"a-1","state":"firing","title":"Disk"}', headers={"Content-Type": "text/plain"}),
        Request("payload=%7B%22alert_id%22%3A%22a-1%22%2C%22state%22%3A%22firing%22%2C%22title%22%3A%22Disk%22%7D"),
    ],
    ids=["form", "form as JSON", "JSON as text", "payload"],
)
def test_every_form_is_the_same_alert(request_: Request) -> None:
    """The body decides what it is, not its content type."""
    [alert] = parse("generic", request_)
    assert (alert.dedup_key, alert.state, alert.title) == ("generic:key=a-1", State.FIRING, "Disk")


@pytest.mark.parametrize("body", ["", "hello", "<alert/>", '{"title": "x"', "\x00"])
def test_what_cannot_be_decoded_is_refused(body: str) -> None:
    """Text that is neither JSON nor a form is an error of decoding."""
    with pytest.raises(DecodeError):
        parse("generic", body)


def test_envelopes_are_opened() -> None:
    """The contents of an envelope are read, not the envelope, though any object fits."""
    event = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "data": EVENT}
    found = batch(event)
    assert [alert.dedup_key for alert in found] == ["generic:key=a-1"]
    assert found.envelopes == ("cloudevents",)

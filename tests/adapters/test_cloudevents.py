"""CloudEvents beyond the goldens: modes, handshakes, whose body stands inside, and what never becomes a page."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, IncidentBook, Severity, State, detect, parse, parse_document
from alertmap.model import ProblemCode, Reason, Request

FIXTURES = Path(__file__).parents[2] / "fixtures" / "cloudevents"
KAPACITOR = {
    "id": "cpu:host=a",
    "message": "cpu:host=a is CRITICAL",
    "details": "",
    "time": "2026-03-02T08:00:00Z",
    "duration": 0,
    "level": "CRITICAL",
    "data": {"series": None},
}


def event(kind: str = "org.example.disk.failed", **more: Any) -> dict[str, Any]:
    """Return a structured event; attributes that are None are left out."""
    found = {
        "specversion": "1.0",
        "id": "7",
        "source": "/shop/checks",
        "subject": "db-1",
        "type": kind,
        "time": "2026-03-04T10:00:00Z",
        "data": {"severity": "high"},
    }
    return {key: value for key, value in (found | more).items() if value is not None}


def binary(body: str = "{}", **headers: str) -> Request:
    """Return an event in binary mode; `_` in a name stands for `-`."""
    own = {"ce-specversion": "1.0", "ce-id": "7", "ce-source": "/shop/checks", "ce-type": "org.example.disk.failed"}
    return Request(body=body, headers=own | {name.replace("_", "-"): value for name, value in headers.items()})


def only(document: Any) -> Alert:
    """Return the only alert of a document or request."""
    batch = parse("cloudevents", document) if isinstance(document, Request) else parse_document("cloudevents", document)
    (alert,) = batch
    return alert


def test_what_still_fires_is_not_resolved_by_another_word() -> None:
    """The result of a check or a call is no recovery beside a state that fires; of what has finished it decides."""
    for data in ({"result": "ok", "state": "firing"}, {"outcome": "success", "status": "open"}):
        assert only(event("org.example.disk.alert", data=data)).state is State.FIRING
        assert only(event("org.example.disk.finished", data=data)).state is State.RESOLVED


# --- Modes -----------------------------------------------------------------------------------------------------------


def test_each_mode_has_the_same_key() -> None:
    """An event is one alert, in a body, in headers, in Base64, in a batch and in a text."""
    data = b64encode(b'{"severity":"high"}').decode()
    documents = [
        event(),
        binary('{"severity": "high"}', ce_subject="db-1"),
        event(data=None, data_base64=data),
        [event()],
        event(data='{"severity": "high"}'),
        event(specversion="0.3"),
        event(specversion="2.0"),  # a version that is not known yet is tried all the same
    ]
    alerts = [only(document) for document in documents]
    assert len({alert.dedup_key for alert in alerts}) == 1
    assert {alert.severity for alert in alerts} == {Severity.HIGH}


@pytest.mark.parametrize("sent", ["caf%C3%A9%20%22a%22", '"caf%C3%A9 \\"a\\""', "caf%c3%a9 %22a%22"])
def test_headers_are_percent_encoded(sent: str) -> None:
    """Values of headers are decoded once, with or without quotes around them."""
    assert only(binary(ce_subject=sent)).identity["subject"] == 'café "a"'


def test_names_of_headers_have_any_case() -> None:
    """A proxy may change the case of a header's name."""
    request = Request(
        body="{}", headers={"CE-SpecVersion": "1.0", "Ce-Id": "7", "cE-source": "s", "ce-TYPE": "t.failed"}
    )
    assert only(request).state is State.FIRING


@pytest.mark.parametrize("content_type", ["application/json", "application/cloudevents+json; charset=utf-8", ""])
def test_the_content_type_does_not_decide(content_type: str) -> None:
    """Proxies lose the media type of a structured event."""
    request = Request(body=json.dumps(event()), headers={"Content-Type": content_type})
    assert only(request).dedup_key == only(event()).dedup_key
    found = detect(request)
    assert found is not None
    assert found.vendor == "cloudevents"


def test_bad_base64_is_a_problem() -> None:
    """Data that cannot be decoded is left out; the event still fires."""
    alert = only(event(data=None, data_base64="%%%"))
    assert alert.state is State.FIRING
    assert ProblemCode.BAD_FIELD in {problem.code for problem in alert.problems}


def test_one_bad_event_costs_no_other() -> None:
    """Of a batch each event is read alone."""
    batch = parse_document("cloudevents", [event(), {"specversion": "1.0"}, event("t.resolved")])
    assert [alert.state for alert in batch] == [State.FIRING, State.RESOLVED]
    assert ProblemCode.BAD_ELEMENT in {problem.code for problem in batch.problems}


def test_an_empty_batch_is_no_error() -> None:
    """A batch may be empty."""
    batch = parse_document("cloudevents", [])
    assert (len(batch), batch.reason) == (0, Reason.NO_ALERT)


def test_ids_are_those_of_a_request() -> None:
    """Source and id make the delivery id; of a batch no event's id stands for the request."""
    assert parse_document("cloudevents", event()).delivery_id == "/shop/checks 7"
    assert parse("cloudevents", binary()).delivery_id == "/shop/checks 7"
    headers = {"Content-Type": "application/cloudevents-batch+json"}
    assert parse("cloudevents", Request(body=json.dumps([event(), event(id="8")]), headers=headers)).delivery_id == ""


# --- Handshakes and others' bodies -----------------------------------------------------------------------------------


def test_the_code_of_event_grid_is_the_answer() -> None:
    """The validation is no alert; its code is echoed, its URL is not visited."""
    recorded = json.loads((FIXTURES / "event_grid_validation.request.json").read_text(encoding="utf-8"))
    batch = parse("cloudevents", recorded["body"])
    assert batch.reason is Reason.HANDSHAKE
    assert batch.reply is not None
    assert json.loads(batch.reply.body) == {"validationResponse": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6"}


def test_options_is_no_alert() -> None:
    """The handshake of the specification is a request without a body."""
    request = Request(method="OPTIONS", headers={"WebHook-Request-Origin": "eventgrid.azure.net"})
    assert parse("cloudevents", request).reason is Reason.PROBE


@pytest.mark.parametrize("kind", ["structured", "binary", "event_grid"])
def test_another_vendor_inside_is_found(kind: str) -> None:
    """Whoever has stronger marks inside an event is recognised."""
    grid = {"id": "g", "topic": "/t", "subject": "s", "eventType": "x", "eventTime": "2026-03-04T10:00:00Z"}
    body = json.dumps(KAPACITOR)
    requests = {
        "structured": Request(body=json.dumps(event(data=KAPACITOR))),
        "binary": binary(body),
        "event_grid": Request(body=json.dumps([grid | {"data": KAPACITOR}])),
    }
    found = detect(requests[kind])
    assert found is not None
    assert found.vendor == "kapacitor"


# --- States and keys -------------------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere(
    "receivers that take the id of an event for that of the alert",
    "each event of a problem opens another incident, and none ends",
)
def test_another_id_ends_the_same_incident() -> None:
    """The id is that of the delivery: it is not in the key."""
    book = IncidentBook()
    book.apply(parse_document("cloudevents", event()).alerts)
    assert len(book.open) == 1
    book.apply(
        parse_document("cloudevents", event("org.example.disk.resolved", id="8", time="2026-03-04T11:00:00Z")).alerts
    )
    assert not book.open


def test_problems_of_one_subject_are_separate() -> None:
    """The end of one problem does not end another of the same subject."""
    assert only(event("org.example.cpu.resolved")).dedup_key != only(event("org.example.disk.failed")).dedup_key


@pytest.mark.parametrize("kind", ["org.example.disk.failed.v2", "org.example.disk.failed.1.4.0"])
def test_versions_are_not_in_the_key(kind: str) -> None:
    """A type with a version is the same problem after an update of the sender."""
    assert only(event(kind)).dedup_key == only(event()).dedup_key


@pytest.mark.parametrize(
    ("kind", "data", "state"),
    [
        ("t.finished", {"result": "fail"}, State.FIRING),
        ("t.finished", {"outcome": "errored"}, State.FIRING),
        ("t.finished", {"outcome": "success", "status": "succeeded"}, State.RESOLVED),
        ("sh.keptn.event.evaluation.finished", {"status": "succeeded", "result": "fail"}, State.FIRING),
        ("t.changed", {"status": "ok"}, State.RESOLVED),
        ("t.changed", {"status": "acknowledged"}, State.ACKNOWLEDGED),
        ("t.failed", {"status": "ok"}, State.FIRING),  # the type comes first
    ],
)
def test_states(kind: str, data: dict[str, str], state: State) -> None:
    """The last word of the type decides; without one the outcome in the data does."""
    alert = only(event(kind, data=data))
    assert (alert.state, alert.resolvable) == (state, True)


@pytest.mark.parametrize("data", [None, "text", [1], {"status": 7}, {"status": ""}])
def test_without_a_state_it_fires_once(data: Any) -> None:
    """An event that names no state fires, with a problem, and is not resolvable."""
    alert = only(event("org.example.note", data=data))
    assert (alert.state, alert.resolvable) == (State.FIRING, False)
    assert ProblemCode.STATE_GUESSED in {problem.code for problem in alert.problems}


@pytest.mark.parametrize(
    "kind",
    [
        "dev.cdevents.pipelinerun.queued.0.2.0",
        "dev.cdevents.change.created.0.1.2",
        "dev.cdevents.repository.deleted.0.1.1",
        "sh.keptn.event.deployment.triggered",
        "sh.keptn.event.test.started",
    ],
)
def test_steps_of_a_delivery_are_no_alerts(kind: str) -> None:
    """A step that starts, waits or creates something pages nobody."""
    assert parse_document("cloudevents", event(kind)).reason is Reason.NO_ALERT


def test_incidents_of_cdevents() -> None:
    """An incident that is detected is ended by its resolution."""
    begin, end = (only(event(f"dev.cdevents.incident.{word}.0.2.0")) for word in ("detected", "resolved"))
    assert (begin.state, end.state) == (State.FIRING, State.RESOLVED)
    assert begin.dedup_key == end.dedup_key


@pytest.mark.parametrize(
    ("number", "severity"),
    [(1, "info"), (12, "info"), (13, "medium"), (16, "medium"), (17, "high"), (21, "critical"), (24, "critical")],
)
def test_numbers_of_opentelemetry(number: int, severity: str) -> None:
    """Four ranges of the numbers make four severities; the text comes before the number."""
    found = only(event(data={}, severitynumber=number)).severity
    assert found is not None
    assert found.value == severity
    assert only(event(data={}, severitynumber=number, severitytext="fatal")).severity is Severity.CRITICAL

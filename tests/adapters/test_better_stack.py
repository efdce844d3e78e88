"""Better Stack: what the fixtures cannot say."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, IncidentBook, Request, State, detect, parse, parse_document
from alertmap.errors import PayloadError
from alertmap.model import ProblemCode, Reason

VENDOR = "better_stack"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR


def body(name: str) -> dict[str, Any]:
    """Return the document of a fixture."""
    path = FIXTURES / f"{name}.json"
    text = path.read_text(encoding="utf-8") if path.exists() else page_request(name)["body"]
    document: dict[str, Any] = json.loads(text)
    return document


def page_request(name: str) -> dict[str, Any]:
    """Return a recorded request."""
    recorded: dict[str, Any] = json.loads((FIXTURES / f"{name}.request.json").read_text(encoding="utf-8"))
    return recorded


def incident(name: str, event: object = "", **attributes: Any) -> dict[str, Any]:
    """Return an incident with another event and other attributes; an event that is None is left out."""
    document = body(name)
    document["data"]["attributes"] |= attributes
    if event != "":
        document["event"] = event
    return {key: value for key, value in document.items() if value is not None}


def one(document: dict[str, Any]) -> Alert:
    """Return the only alert of a document."""
    [alert] = parse_document(VENDOR, document)
    return alert


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("receivers that know only open and closed", "who acknowledges an incident closes it")
@pytest.mark.parametrize("event", ["acknowledged", None])
def test_somebody_who_acknowledges_ends_nothing(event: str | None) -> None:
    """The event says so, or the status where there is no event."""
    alert = one(incident("acknowledged", event))
    assert (alert.state, alert.labels["acknowledged_by"]) == (State.ACKNOWLEDGED, "Ann")
    book = IncidentBook()
    book.apply([one(body("started")), alert])
    [still] = book.open
    assert still.state is State.ACKNOWLEDGED
    book.apply([one(body("resolved"))])
    assert not book.open


@pytest.mark.fault_elsewhere("receivers that compare the times", "an incident that was acknowledged early stays open")
@pytest.mark.parametrize("name", ["acknowledged", "resolved"])
def test_an_event_before_the_start_still_counts(name: str) -> None:
    """In the vendor's own example somebody acknowledged months before the start."""
    early = {f"{name}_at": "2026-01-01T10:00:00.000Z"}
    alert = one(incident(name, **early))
    assert alert.occurred_at == alert.started_at == datetime(2026, 3, 4, 10, 0, 0, 151_000, tzinfo=UTC)
    book = IncidentBook()
    book.apply([one(body("started")), alert])
    assert [one.state for one in book.open] == ([State.ACKNOWLEDGED] if name == "acknowledged" else [])


@pytest.mark.fault_elsewhere("receivers that read `resolved_at`", "an incident that is opened again stays closed")
@pytest.mark.parametrize("event", ["started", "reopened", "escalated", 7])
def test_the_event_comes_before_the_times(event: object) -> None:
    """No time ends what the event says is open, or what nobody knows yet."""
    assert one(incident("resolved", event)).state is State.FIRING


@pytest.mark.parametrize(
    ("status", "resolved_at", "state"),
    [
        ("Resolved", None, State.RESOLVED),
        ("Validating", "2026-03-04T10:09:00.000Z", State.FIRING),
        ("Unconfirmed", None, State.FIRING),
        (None, "2026-03-04T10:09:00.000Z", State.RESOLVED),
        (None, "soon", State.FIRING),
        (None, None, State.FIRING),
    ],
)
def test_without_an_event_the_status_decides(status: str | None, resolved_at: str | None, state: State) -> None:
    """And without a status the times do, which is a problem."""
    alert = one(incident("started", None, status=status, resolved_at=resolved_at))
    assert alert.state is state
    assert (ProblemCode.STATE_GUESSED in {problem.code for problem in alert.problems}) is (status is None)


@pytest.mark.fault_elsewhere("receivers that key on the monitor", "who pauses a monitor resolves its incident")
@pytest.mark.parametrize("event", ["created", "updated", "paused", "unpaused", "deleted"])
def test_a_change_of_a_monitor_changes_no_incident(event: str) -> None:
    """Its id is not that of an incident."""
    batch = parse_document(VENDOR, body("monitor") | {"event": event})
    assert (batch.alerts, batch.reason) == ((), Reason.NO_ALERT)


@pytest.mark.fault_elsewhere("receivers of Statuspage", "an incident without `status` and `impact` is not read")
@pytest.mark.parametrize(
    ("indicator", "state"),
    [
        ("downtime", State.FIRING),
        ("degraded", State.FIRING),
        ("operational", State.RESOLVED),
        ("maintenance", State.SUPPRESSED),
        ("all_good", State.FIRING),
    ],
)
def test_the_state_of_a_status_page(indicator: str, state: State) -> None:
    """The page has a state; its incidents have none."""
    document = body("page_downtime")
    document["page"]["status_indicator"] = indicator
    assert one(document).state is state


@pytest.mark.fault_elsewhere("receivers that key on incidents of a page", "the end of one leaves the other open")
def test_two_incidents_of_a_page_are_over_together() -> None:
    """Only the page says that it is operational, in an update of either incident."""
    first, second = body("page_downtime"), body("page_operational")
    assert first["incident"]["id"] != second["incident"]["id"]
    book = IncidentBook()
    book.apply([one(first), one(second)])
    assert not book.open


# --- Recognition ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["User-Agent", "X-BetterUptime-Event"])
def test_a_status_page_is_recognised_by_its_headers(header: str) -> None:
    """Also where it leaves out what its documentation has."""
    recorded = page_request("page_downtime")
    document = json.loads(recorded["body"])
    del document["incident"], document["meta"]
    request = Request(json.dumps(document), headers={header: recorded["headers"][header]})
    found = detect(request)
    assert found is not None
    assert found.vendor == VENDOR
    [alert] = parse(VENDOR, request)
    assert (alert.state, alert.title) == (State.FIRING, "Some services are down")


def test_the_link_to_unsubscribe_stays_inside() -> None:
    """Whoever has it can end the subscription."""
    document = body("page_downtime")
    document["meta"]["unsubscribe"] = "https://status.shop.example/unsubscribe/hunter2"
    alert = one(document)
    assert "hunter2" not in repr([alert.labels, alert.links, alert.message, alert.dedup_key])


def test_the_log_drain_is_refused() -> None:
    """Its incidents have no documented id: a refusal is seen, a wrong key is not."""
    event = {"dt": "2026-05-13T10:00:00.000Z", "event": "incident.started", "message": "x", "organization_id": "o"}
    with pytest.raises(PayloadError):
        parse_document(VENDOR, event)


def test_one_error_in_two_applications_is_two_alerts() -> None:
    """The link names the application beside the id."""
    other = body("error_resolved")
    other["data"]["attributes"]["application_id"] = 4822
    assert one(other).dedup_key != one(body("error_new")).dedup_key


@pytest.mark.parametrize("event", ["new_error", "threshold", "spike", "reoccurred", "unresolved", "exploded"])
def test_each_event_of_an_error_fires(event: str) -> None:
    """But for the two that are documented to end or mute it."""
    document = body("error_new")
    document["data"]["attributes"]["event"] = event
    assert one(document).state is State.FIRING

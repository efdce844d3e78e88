"""Google Cloud beyond the goldens: what closes what, envelopes, tests, and faults that other receivers have."""

import json
from base64 import b64encode
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Batch, IncidentBook, PayloadError, State, detect, parse_document
from alertmap.model import ProblemCode, Reason, Request, Times

FIXTURES = Path(__file__).parents[2] / "fixtures" / "google_cloud_monitoring"
VENDOR = "google_cloud_monitoring"


def fixture(name: str) -> Any:
    """Return the document of a fixture."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def incident(name: str = "open", **changed: Any) -> dict[str, Any]:
    """Return the document of an incident with other fields; those that are None are left out."""
    document: dict[str, Any] = fixture(name)
    fields = document["incident"] | changed
    return document | {"incident": {key: value for key, value in fields.items() if value is not None}}


def pushed(document: Any) -> dict[str, Any]:
    """Return a document as Pub/Sub pushes it."""
    message = {"data": b64encode(json.dumps(document).encode()).decode(), "messageId": "1", "attributes": {}}
    return {"message": message, "subscription": "projects/shop-prod/subscriptions/push"}


def read(document: Any) -> Batch:
    """Parse a document."""
    return parse_document(VENDOR, document)


def only(document: Any) -> Alert:
    """Return the only alert of a document."""
    (alert,) = read(document)
    return alert


def vendor_of(document: Any) -> str | None:
    """Return the vendor that a document is recognised as."""
    found = detect(Request(json.dumps(document)))
    return None if found is None else found.vendor


@pytest.mark.fault_elsewhere(
    "Keep", "an incident that is over keeps firing (keephq/keep#2410); an end without a documented policy is refused"
)
def test_the_end_closes_the_incident_with_or_without_a_policy() -> None:
    """An end has the key of its beginning, even where nothing but id and state is left."""
    for end in ("closed", "closed_no_policy", "pubsub_closed"):
        book = IncidentBook()
        for minute, name in enumerate(("open", "open_again", end)):
            received_at = datetime(2026, 1, 1, 0, 10 + minute, tzinfo=UTC)
            book.apply(parse_document(VENDOR, fixture(name), received_at=received_at).alerts)
        assert not book.open, end


@pytest.mark.fault_elsewhere(
    "ITOC360's template for Google", "the state is compared in upper case, as the documentation writes it"
)
@pytest.mark.parametrize("word", ["closed", "CLOSED", "Closed"])
def test_case_of_the_state_does_not_count(word: str) -> None:
    """Monitoring writes the state in lower case, its tests and its documentation in upper case."""
    assert only(incident(state=word)).state is State.RESOLVED


@pytest.mark.fault_elsewhere("a fork of GoAlert for Google", "an incident whose state it does not know is lost")
@pytest.mark.parametrize("state", [None, "", "acknowledged", 7])
def test_other_states_fire(state: Any) -> None:
    """Only the word `closed` ends an incident."""
    assert only(fixture("open") | {"incident": fixture("open")["incident"] | {"state": state}}).state is State.FIRING


@pytest.mark.parametrize("sent", [1767225600, "1767225600", "2026-01-01T00:00:00Z"])
def test_a_time_in_another_form_is_the_same_time(sent: int | str) -> None:
    """The order of requests depends on it."""
    assert only(incident(started_at=sent)).occurred_at == datetime(2026, 1, 1, tzinfo=UTC)


def test_two_series_of_a_policy_are_two_alerts() -> None:
    """A policy opens an incident for each series, and the end of one leaves the other."""
    book = IncidentBook()
    book.apply(read(incident(incident_id="0.a")).alerts + read(incident(incident_id="0.b")).alerts)
    book.apply(read(incident("closed", incident_id="0.a")).alerts)
    assert [one.dedup_key for one in book.open] == [f"{VENDOR}:incident=0.b"]


@pytest.mark.fault_elsewhere("Keep", "reading a payload takes keys out of the caller's document")
def test_the_document_is_not_changed() -> None:
    """Reading leaves the document as it was."""
    document = fixture("open")
    before = deepcopy(document)
    read(document)
    assert document == before


@pytest.mark.fault_elsewhere(
    "a fork of GoAlert for Google, and Keep",
    "a documentation that is a text makes the request unreadable, or is the title Test notification",
)
def test_a_documentation_of_another_form_costs_no_page() -> None:
    """The documentation is an object, in tests a text: an incident with such a one still fires, with a problem."""
    alert = only(incident(documentation="call Ann"))
    assert (alert.state, alert.title) == (State.FIRING, "web cpu: CPU above 50%")
    assert [problem.code for problem in alert.problems] == [ProblemCode.BAD_FIELD]


@pytest.mark.fault_elsewhere("Keep", "the test of a channel opens an alert that nothing closes")
def test_tests_open_nothing() -> None:
    """The button's incident is no alert, also through Pub/Sub; an alert that merely looks like it is one."""
    for document in (fixture("test"), fixture("test_unversioned"), pushed(fixture("test"))):
        assert (read(document).reason, len(read(document))) == (Reason.TEST, 0)
    assert only(incident(summary="Test Incident")).state is State.FIRING
    assert only({"incident": incident(summary="Test Incident")["incident"]}).state is State.FIRING


def test_a_title_is_the_same_from_beginning_to_end() -> None:
    """The prefix of Monitoring before a subject is left out, and a subject of its own alone is none."""
    assert only(fixture("open")).title == only(fixture("closed")).title == "web CPU"
    for subject in ("ALERT - No severity", "[ALERT - Warning] ", "[ALERT]", ""):
        assert only(incident(documentation={"subject": subject})).title == "web cpu: CPU above 50%", subject
    for subject in ("DISK - root", "[shop] down", "ALERT - see page 7"):
        assert only(incident(documentation={"subject": subject})).title == subject


@pytest.mark.fault_elsewhere("Keep", "the time of an end is the start of its incident")
def test_an_end_without_a_time_has_none() -> None:
    """An end whose time is null or 0 still ends the incident; its start is not its end."""
    for ended_at in (None, 0):
        alert = only(fixture("closed") | {"incident": fixture("closed")["incident"] | {"ended_at": ended_at}})
        assert (alert.state, alert.occurred_at) == (State.RESOLVED, None)
    assert only(fixture("closed")).occurred_at == datetime(2026, 1, 1, 0, 10, tzinfo=UTC)


def test_each_envelope_gives_the_same_alert() -> None:
    """An incident that comes directly, through Pub/Sub, or by Eventarc in a CloudEvent is one alert."""
    direct, push = fixture("closed"), fixture("pubsub_closed")
    event = {"specversion": "1.0", "id": "e", "source": "//pubsub.googleapis.com/projects/p/topics/t"}
    event |= {"type": "google.cloud.pubsub.topic.v1.messagePublished", "data": push}
    keys = {only(document).dedup_key for document in (direct, push, pushed(direct), event)}
    assert keys == {f"{VENDOR}:incident=0.n3xk81aa9w2c"}
    assert (read(push).delivery_id, read(push).envelopes) == ("8817", ("pubsub",))
    assert [vendor_of(document) for document in (direct, push)] == [VENDOR, VENDOR]


def test_new_relic_is_somebody_else() -> None:
    """New Relic's older webhook also has an `incident_id` and a `policy_name`, but flat."""
    legacy = {
        "incident_id": 90817,
        "current_state": "open",
        "policy_name": "P",
        "condition_name": "C",
        "version": "1.0",
    }
    issue = {"id": "3b9d", "issueUrl": "https://one.newrelic.example/1", "state": "ACTIVATED", "version": "1.0"}
    for document in (legacy, issue, {"incident": legacy}):
        assert vendor_of(document) != VENDOR
    for document in (legacy, issue):
        with pytest.raises(PayloadError):
            read(document)


def test_a_mute_is_later_than_the_event() -> None:
    """A finding that is muted keeps the time of its event: the mute counts from its own time on."""
    alerts = [only(fixture(name)) for name in ("finding", "finding_update", "finding_muted", "finding_inactive")]
    assert [alert.state for alert in alerts] == [State.FIRING, State.FIRING, State.SUPPRESSED, State.RESOLVED]
    times = [alert.occurred_at for alert in alerts if alert.occurred_at]
    assert times == sorted(times)
    assert len({alert.dedup_key for alert in alerts}) == 1
    muted = fixture("finding_muted")
    muted["finding"]["state"] = "INACTIVE"
    assert only(muted).state is State.RESOLVED
    muted["finding"]["state"] = "STATE_UNSPECIFIED"
    assert only(muted).state is State.FIRING, "an unknown state fires"


def test_a_budget_is_one_alert_at_all_thresholds() -> None:
    """The threshold moves the severity, not the key; costs below all thresholds are no alert, and end none."""
    alerts = [only(fixture(f"budget_{name}")) for name in ("half", "spent", "forecast")]
    assert len({alert.dedup_key for alert in alerts}) == 1
    assert {alert.times for alert in alerts} == {Times.NONE}
    assert not any(alert.resolvable for alert in alerts)
    costs = read(pushed(fixture("budget_costs")))
    assert (len(costs), costs.reason, costs.problems) == (0, Reason.NO_ALERT, ())
    unknown = only(fixture("budget_costs") | {"alertThresholdExceeded": None})
    assert unknown.state is State.FIRING, "a threshold that cannot be read may have been exceeded"
    assert ProblemCode.STATE_GUESSED in [problem.code for problem in unknown.problems]

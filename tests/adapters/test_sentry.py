"""Sentry: what the fixtures cannot say."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import (
    Accepted,
    Alert,
    Auth,
    IncidentBook,
    Rejected,
    Request,
    Severity,
    Source,
    State,
    detect,
    parse,
    receive,
)
from alertmap.model import ProblemCode

FIXTURES = Path(__file__).parents[2] / "fixtures" / "sentry"
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def document(name: str) -> Any:
    """Return the body of a fixture, decoded."""
    recorded = FIXTURES / f"{name}.request.json"
    if recorded.exists():
        return json.loads(json.loads(recorded.read_text(encoding="utf-8"))["body"])
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def one(body: Any, **headers: str) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse("sentry", Request(json.dumps(body), headers=headers))
    return alert


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("Keep", "the id at the top of the body is the key, which an alert rule does not have")
def test_a_resolved_issue_closes_what_its_rule_opened() -> None:
    """The event of a rule, the error itself and the resolved issue have one key, whatever the event's own id."""
    rule = document("rule")
    fired = one(rule)
    rule["data"]["event"]["event_id"] = "0" * 32
    rule["data"] = {"error": rule["data"]["event"]}
    assert one(rule).dedup_key == fired.dedup_key
    over = one(document("issue_resolved"))
    assert (over.state, over.dedup_key) == (State.RESOLVED, fired.dedup_key)


@pytest.mark.fault_elsewhere("Keep", "a body without an event, of an issue or of a metric alert, raises an error")
@pytest.mark.parametrize("name", ["issue_created", "issue_resolved", "metric_critical", "metric_resolved"])
def test_issues_and_metric_alerts_are_read_without_any_header(name: str) -> None:
    """The body alone says that it is Sentry's, and what it is about."""
    found = detect(json.dumps(document(name)))
    assert found is not None
    assert found.vendor == "sentry"
    assert one(document(name)).title


@pytest.mark.fault_elsewhere("Keep", "quotes are stripped from titles")
def test_quotes_of_a_title_stay() -> None:
    """A title is the vendor's, with its quotes."""
    body = document("rule")
    body["data"]["event"]["title"] = "KeyError: 'sku' in \"cart\""
    assert one(body).title == "KeyError: 'sku' in \"cart\""


@pytest.mark.fault_elsewhere("IncidentRelay", "an issue that is ignored or archived resolves the incident")
@pytest.mark.parametrize("action", ["archived", "ignored"])
def test_an_archived_issue_is_suppressed_and_not_resolved(action: str) -> None:
    """Both words of Sentry for it suppress the alert; it is not over."""
    assert one(document("issue_archived") | {"action": action}).state is State.SUPPRESSED


# --- States -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "state"),
    [("unresolved", State.FIRING), ("ignored", State.SUPPRESSED), ("resolved", State.RESOLVED)],
)
@pytest.mark.parametrize("action", ["assigned", "prioritised"])
def test_an_assignment_changes_nothing(action: str, status: str, state: State) -> None:
    """Somebody who is assigned, or an action of a later version, leaves the issue as its status says."""
    body = document("issue_assigned") | {"action": action}
    body["data"]["issue"]["status"] = status
    assert one(body).state is state


def test_the_number_of_a_metric_alert_s_status_does_not_count() -> None:
    """The incident's `status` is a number that the sample of the vendor's page has as closed, whatever the action."""
    body = document("metric_critical")
    body["data"]["metric_alert"]["status"] = 2
    assert one(body).state is State.FIRING


def test_another_incident_of_a_rule_is_another_alert() -> None:
    """A rule over several projects may have several incidents: the end of one leaves the others open."""
    body = document("metric_resolved")
    body["data"]["metric_alert"]["id"] = "5"
    assert one(body).dedup_key != one(document("metric_critical")).dedup_key


def test_a_metric_alert_that_is_open_has_no_level() -> None:
    """Sentry's own list of events has `open`, which its page does not: it fires, and the level is not guessed."""
    alert = one(document("metric_critical") | {"action": "open"})
    assert (alert.state, alert.severity) == (State.FIRING, Severity.MEDIUM)
    assert [problem.code for problem in alert.problems] == [ProblemCode.LEVEL_UNKNOWN]


# --- Times ------------------------------------------------------------------------------------------------------------


def test_a_resolved_issue_does_not_have_the_time_of_its_last_event() -> None:
    """No time of the body is that of the resolve: an older one than the trigger's would leave the alert open."""
    alert = one(document("issue_resolved"))
    assert alert.occurred_at is None
    assert one(document("issue_resolved"), **{"Sentry-Hook-Timestamp": "soon"}).occurred_at is None
    resolved_at = one(document("issue_resolved"), **{"sentry-hook-timestamp": "1772622000"}).occurred_at
    assert resolved_at == datetime(2026, 3, 4, 11, tzinfo=UTC)


def test_events_of_a_program_whose_clock_is_slow_reopen_an_issue() -> None:
    """An event counts when Sentry received it: with the time of the program, it would be older than the resolve."""
    over, again = document("issue_resolved"), document("rule_again")
    again["data"]["event"]["received"] = 1772629200.5
    resolved = one(over, **{"Sentry-Hook-Timestamp": "1772622000"})
    incidents = IncidentBook()
    for alert in (one(document("rule")), resolved, one(again)):
        incidents.apply([alert])
    assert len(incidents.open) == 1


# --- The older webhook ------------------------------------------------------------------------------------------------


def test_the_form_of_2016_is_read() -> None:
    """It has no slug and no rules, and the message is the title."""
    body = document("old_webhook")
    del body["project_slug"], body["triggering_rules"], body["event"]["title"]
    alert = one(
        body | {"message": "ZeroDivisionError: by zero", "url": "https://sentry.io/acme/shop/issues/208114553/"}
    )
    assert (alert.title, alert.dedup_key) == ("ZeroDivisionError: by zero", one(document("old_webhook")).dedup_key)
    found = detect(json.dumps(body))
    assert found is not None
    assert found.vendor == "sentry"


def test_an_issue_closes_what_the_older_webhook_opened() -> None:
    """Both name the issue by its number."""
    body = document("issue_resolved")
    body["data"]["issue"]["id"] = "208114553"
    assert one(body).dedup_key == one(document("old_webhook")).dedup_key


# --- Authenticity -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("secret", "outcome"), [("fake-client-secret", Accepted), ("another", Rejected)])
def test_the_signature_is_that_of_the_body(secret: str, outcome: type) -> None:
    """HMAC-SHA256 of the raw body in hexadecimal, with the client secret; the time in the header is not signed."""
    body = '{"action":"created","data":{"issue":{"id":"7","title":"a","status":"unresolved"}}}'
    headers = {
        "Sentry-Hook-Resource": "issue",
        "Sentry-Hook-Signature": "61d376e340b962a98089634ff0db96aac6dd5650f62c66fcd7740ac360af010a",
    }
    source = Source("errors", vendor="sentry", auth=Auth(secrets=secret))
    assert isinstance(receive(Request(body, headers=headers), source, NOW), outcome)


def test_the_older_webhook_needs_no_address() -> None:
    """The id of the issue is the key, the address only a link."""
    body = document("old_webhook")
    del body["url"]
    assert one(body).dedup_key == one(document("old_webhook")).dedup_key

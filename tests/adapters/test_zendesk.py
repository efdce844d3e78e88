"""Zendesk: what the fixtures cannot say."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Auth, Request, Severity, Source, State, parse
from alertmap.adapters import zendesk
from alertmap.errors import AuthError, PayloadError
from alertmap.incidents.book import IncidentBook
from alertmap.intake.verify import verify
from alertmap.model import ProblemCode, Reason

FIXTURES = Path(__file__).parents[2] / "fixtures" / "zendesk"


def body(name: str, **changes: Any) -> dict[str, Any]:
    """Return the body of a fixture, decoded, with other values."""
    recorded = FIXTURES / f"{name}.request.json"
    if recorded.exists():
        document = json.loads(json.loads(recorded.read_text(encoding="utf-8"))["body"])
    else:
        document = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    detail = changes.pop("detail", {})
    if detail:
        document["detail"] |= detail
    found: dict[str, Any] = document | changes
    return found


def one(document: Any, **headers: str) -> Alert:
    """Return the only alert of a body."""
    text = document if isinstance(document, str) else json.dumps(document)
    [alert] = parse(
        "zendesk", Request(text, headers={name.replace("_", "-"): value for name, value in headers.items()})
    )
    return alert


def codes(alert: Alert) -> set[ProblemCode]:
    """Return the codes of an alert's problems."""
    return {problem.code for problem in alert.problems}


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere(
    "receivers of events in general", "the id of the event, which each event has anew, is taken for that of the ticket"
)
def test_the_ticket_is_the_key_and_not_the_event() -> None:
    """Events with other ids and subjects are about one alert, and its end leaves nothing open."""
    book = IncidentBook()
    for name in ("created", "comment_added", "solved"):
        book.apply([one(body(name))])
    assert not list(book.open)


@pytest.mark.fault_elsewhere("Zulip", "its template has no status, so that a solved ticket looks like a new one")
def test_a_body_without_a_status_fires_and_says_so() -> None:
    """A status that was not sent is guessed, and the alert has the problem."""
    alert = one("ticket_title=Checkout&ticket_id=9&message=solved", content_type="application/x-www-form-urlencoded")
    assert (alert.state, ProblemCode.STATE_GUESSED in codes(alert)) == (State.FIRING, True)


@pytest.mark.fault_elsewhere("Squadcast", "an account in another language than English is not supported")
@pytest.mark.parametrize("status", ["Offen", "Gelöst", "resuelto", "オープン"])
def test_a_status_in_another_language_fires(status: str) -> None:
    """It may mean either; nothing ends by a guess."""
    alert = one(body("trigger", ticket_status=status))
    assert (alert.state, ProblemCode.STATE_UNKNOWN in codes(alert)) == (State.FIRING, True)


# --- State ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["merged", "marked_as_spam", "soft_deleted", "permanently_deleted"])
def test_a_ticket_that_is_gone_is_over_whatever_its_status(name: str) -> None:
    """The event ends it, and the label has the reason."""
    for detail in ({"status": "OPEN"}, {"status": None}):
        alert = one(body("created", type=f"zen:event-type:ticket.{name}", detail=detail))
        assert (alert.state, alert.labels["reason"]) == (State.RESOLVED, name)


@pytest.mark.parametrize("name", ["undeleted", "tags_changed", "group_assignment_changed", "an_event_of_tomorrow"])
def test_another_event_states_the_ticket_as_it_is(name: str) -> None:
    """Only the status counts."""
    kind = f"zen:event-type:ticket.{name}"
    assert one(body("created", type=kind)).state is State.FIRING
    assert one(body("created", type=kind, detail={"status": "CLOSED"})).state is State.RESOLVED


@pytest.mark.parametrize(
    ("detail", "state"),
    [
        ({"assignee_id": None}, State.FIRING),  # it was given back
        ({"status": "SOLVED"}, State.RESOLVED),
        ({"status": "of tomorrow"}, State.FIRING),
    ],
)
def test_an_assignment_acknowledges_only_a_ticket_that_fires(detail: dict[str, Any], state: State) -> None:
    """Nor does it ever end one."""
    assert one(body("assigned", detail=detail)).state is state


@pytest.mark.parametrize("name", ["user.created", "organization.name_changed", "article.published"])
def test_events_of_other_things_are_no_tickets(name: str) -> None:
    """Users, too, have a detail with an id."""
    batch = parse("zendesk", json.dumps(body("created", type=f"zen:event-type:{name}")))
    assert (len(batch), batch.reason) == (0, Reason.NO_ALERT)


@pytest.mark.parametrize("event", ["update", "", None])
def test_an_event_of_pagertree_that_is_no_action_leaves_the_status(event: str | None) -> None:
    """Else a ticket that is solved by such an event would stay open."""
    for status, state in (("Solved", State.RESOLVED), ("Open", State.FIRING), ("", State.FIRING)):
        assert one(body("pagertree", event_type=event, status=status)).state is state


def test_a_ticket_whose_number_and_status_are_blank_is_no_test() -> None:
    """Zendesk fills a misspelt placeholder in with nothing: each ticket would pass for the test button."""
    alert = one(body("trigger", ticket_id="", ticket_status=""))
    assert (alert.state, alert.identity) == (State.FIRING, {"url": "https://acme.zendesk.com/agent/tickets/812"})


# --- Key --------------------------------------------------------------------------------------------------------------


def test_tickets_of_two_accounts_are_two_alerts() -> None:
    """A sandbox counts its tickets as production does."""
    other = "https://acme1772.zendesk.com/agent/tickets/812"
    assert one(body("trigger")).dedup_key != one(body("trigger", ticket_url=other)).dedup_key
    account = one(body("squadcast"), X_Zendesk_Account_Id="22129848")
    assert account.dedup_key == "zendesk:account=22129848,ticket=35436"
    assert ProblemCode.KEY_FALLBACK not in codes(account)


def test_a_broken_body_has_the_key_of_the_other_bodies_of_its_ticket() -> None:
    """The header with the account is not read then; with a URL it is not read at all."""
    text = (FIXTURES / "broken_by_quotes.txt").read_text(encoding="utf-8")
    header = {"X_Zendesk_Account_Id": "22129848"}
    assert one(text, **header).dedup_key == one(body("trigger"), **header).dedup_key


@pytest.mark.parametrize("number", [35436, "35436", " 35436 "])
def test_the_number_of_a_ticket_may_be_a_number_or_a_text(number: object) -> None:
    """Squadcast's test has a number where its template has a text."""
    assert one(body("squadcast", ticket_id=number)).dedup_key == "zendesk:ticket=35436"


@pytest.mark.parametrize("detail", [None, {}, {"id": ""}])
def test_an_event_without_its_ticket_is_refused(detail: object) -> None:
    """The id of the event, or the account alone, would be a key that nothing ends, or that all tickets share."""
    with pytest.raises(PayloadError):
        one(body("created") | {"detail": detail})


def test_a_body_without_its_number_has_the_url_as_its_key() -> None:
    """The account alone would be one alert for all its tickets."""
    header = {"X_Zendesk_Account_Id": "22129848"}
    assert one(body("trigger", ticket_id=""), **header).dedup_key == (
        "zendesk:url=https://acme.zendesk.com/agent/tickets/812"
    )
    with pytest.raises(PayloadError):
        one(body("trigger", ticket_id="", ticket_url=""), **header)


# --- The body of the guide --------------------------------------------------------------------------------------------


def template() -> str:
    """Return the body of the set-up guide."""
    return str(zendesk.__doc__).partition("```json\n")[2].partition("```")[0]


def test_the_body_of_the_guide_is_a_fixture() -> None:
    """A fixture fills in all that users copy; another one is that body itself, sent by the test button."""
    document = json.loads(template())
    assert list(document) == list(body("trigger"))
    assert document == body("not_filled_in")
    assert list(document)[-2:] == ["ticket_title", "ticket_description"]


def test_a_placeholder_that_was_not_filled_in_is_no_key() -> None:
    """A misspelt one has no value for any ticket."""
    document = body("trigger", ticket_url="{{ticket.lnk}}")
    alert = one(document)
    assert (alert.dedup_key, alert.links) == ("zendesk:ticket=812", {})
    assert {ProblemCode.UNRENDERED, ProblemCode.KEY_FALLBACK} <= codes(alert)


def test_a_link_without_a_scheme_is_https() -> None:
    """Zendesk's `ticket.url` has none."""
    assert one(body("ilert_on_hold")).links == {"ticket": "https://acme.zendesk.com/agent/tickets/77"}


@pytest.mark.parametrize(("priority", "severity"), [("URGENT", "critical"), ("Normal", "medium"), ("low", "low")])
def test_a_priority_is_read_in_any_case(priority: str, severity: str) -> None:
    """Events write it in capitals, triggers as it is displayed."""
    assert one(body("trigger", ticket_priority=priority)).severity is Severity(severity)


# --- Signature --------------------------------------------------------------------------------------------------------


def test_the_signature_covers_the_timestamp_and_the_body() -> None:
    """The HMAC is of both, one behind the other, in base64; at another time it is refused."""
    secret, sent = "made-up-zendesk-secret", "2025-06-15T15:06:40Z"
    headers = {
        "X-Zendesk-Webhook-Signature": "0Xh3fJ6sJBFz4z/fTXVIPUkeWHIxfUc4evYqMF0SQe0=",
        "X-Zendesk-Webhook-Signature-Timestamp": sent,
    }
    source = Source("zendesk", vendor="zendesk", auth=Auth(secrets=secret))
    now = datetime(2025, 6, 15, 15, 6, 45, tzinfo=UTC)
    text = '{"ticket_id": "812", "ticket_status": "Open"}'
    proof = verify(Request(text, headers=headers), source, now)
    assert proof is not None
    assert proof.form
    later = headers | {"X-Zendesk-Webhook-Signature-Timestamp": "2025-06-15T15:06:41Z"}
    with pytest.raises(AuthError):
        verify(Request(text, headers=later), source, now)

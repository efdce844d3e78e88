"""Freshdesk: what the fixtures cannot say."""

import json
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Severity, State, detect, parse
from alertmap.adapters import freshdesk
from alertmap.errors import PayloadError
from alertmap.model import ProblemCode, Reason

FIXTURES = Path(__file__).parents[2] / "fixtures" / "freshdesk"


def body(name: str, **changes: Any) -> dict[str, Any]:
    """Return the body of a fixture, decoded, with other values in its ticket."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    ticket = document.get("freshdesk_webhook", document)
    ticket |= changes
    return document


def one(document: Any) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse("freshdesk", json.dumps(document))
    return alert


def codes(alert: Alert) -> set[ProblemCode]:
    """Return the codes of an alert's problems."""
    return {problem.code for problem in alert.problems}


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("Squadcast", "a `<` in the subject or the description cuts the text")
def test_a_less_than_sign_cuts_nothing() -> None:
    """Only tags are taken out of a description, and nothing out of a subject."""
    alert = one(body("created", ticket_subject="load < 5", ticket_description="<p>free < 5 GB on db-1</p><p>Now</p>"))
    assert (alert.title, alert.message) == ("load < 5", "free < 5 GB on db-1\nNow")


@pytest.mark.fault_elsewhere("Keep, a provider that was proposed", "a ticket of medium priority is an info")
def test_a_medium_priority_is_medium() -> None:
    """As a word, and as a code."""
    assert {one(body("created", ticket_priority=sent)).severity for sent in ("Medium", 2, "2")} == {Severity.MEDIUM}


@pytest.mark.fault_elsewhere(
    "receivers of freshdesk_webhook in general", "words and codes are two things, so that a code never ends a ticket"
)
@pytest.mark.parametrize(
    ("words", "state"),
    [
        (("Open", 2, "2"), State.FIRING),
        (("Pending", 3, "3"), State.FIRING),
        (("Waiting on Customer", 6, "7", "Waiting on Third Party"), State.ACKNOWLEDGED),
        (("Resolved", 4, "5", "closed"), State.RESOLVED),
    ],
)
def test_words_and_codes_of_a_status_are_one_thing(words: tuple[object, ...], state: State) -> None:
    """One ticket may be sent with both in its life, and its number as both, too."""
    alerts = [one(body("created", ticket_status=word, ticket_id=number)) for word in words for number in (7, "7")]
    assert {alert.state for alert in alerts} == {state}
    assert not any(codes(alert) for alert in alerts)
    assert len({alert.dedup_key for alert in alerts}) == 1


@pytest.mark.fault_elsewhere(
    "Zulip", "its guide's template has the wrapper, and a quote in the subject loses the ticket"
)
def test_a_broken_body_in_the_wrapper_is_read() -> None:
    """As one without it is, with the same key."""
    flat = (FIXTURES / "broken_by_quotes.txt").read_text(encoding="utf-8")
    [plain], [wrapped] = (parse("freshdesk", text) for text in (flat, f'{{"freshdesk_webhook": {flat}}}'))
    assert (wrapped.dedup_key, wrapped.state, wrapped.title) == (plain.dedup_key, State.FIRING, plain.title)


# --- State ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["Job Application", 8, "19", "Gelöst", "Resolved by vendor"])
def test_a_status_of_the_user_s_own_fires(status: object) -> None:
    """No text that merely looks like an end is one."""
    alert = one(body("created", ticket_status=status))
    assert (alert.state, ProblemCode.STATE_UNKNOWN in codes(alert)) == (State.FIRING, True)


@pytest.mark.parametrize(
    ("event", "state"),
    [
        ("{status:{from:2,to:4}}", State.RESOLVED),
        ("{priority:{from:1,to:4}}", State.FIRING),
        ("{status:{from:4,to:2}}", State.FIRING),
        ("{status:{from:2,to:44}}", State.FIRING),
        ("{ticket_action:created}", State.FIRING),
        ("{note_type:public}", State.FIRING),
        ("", State.FIRING),
    ],
)
def test_only_a_change_of_the_status_stands_for_the_status(event: str, state: State) -> None:
    """And only where the status itself was not sent."""
    document = body("no_status", triggered_event=event)
    assert one(document).state is state
    document["freshdesk_webhook"]["ticket_status"] = "Open"
    assert one(document).state is State.FIRING


# --- Key --------------------------------------------------------------------------------------------------------------


def test_a_ticket_whose_number_was_not_ticked_has_its_url_as_the_key() -> None:
    """Trigger and end lack it alike."""
    trigger, end = body("created"), body("resolved")
    for document in (trigger, end):
        del document["freshdesk_webhook"]["ticket_id"]
    assert one(trigger).identity == {"url": "https://acme.freshdesk.com/helpdesk/tickets/1228"}
    assert (one(end).state, one(end).dedup_key) == (State.RESOLVED, one(trigger).dedup_key)


def test_tickets_of_two_helpdesks_are_two_alerts() -> None:
    """Each helpdesk counts its own."""
    other = one(body("created", ticket_url="https://acme2.freshdesk.com/helpdesk/tickets/1228"))
    assert other.dedup_key != one(body("created")).dedup_key


def test_a_ticket_without_its_number_is_no_test_and_shares_no_key() -> None:
    """Its URL is the key; without that it is refused, since the helpdesk alone would be one alert for all tickets."""
    alert = one(body("created", ticket_id=""))
    assert alert.dedup_key == "freshdesk:url=https://acme.freshdesk.com/helpdesk/tickets/1228"
    assert ProblemCode.KEY_FALLBACK in codes(alert)
    with pytest.raises(PayloadError):
        one(body("created", ticket_id="", ticket_url="", ticket_portal_url=""))


@pytest.mark.parametrize("blank", ["", " ", None, "{{ticket.x}}"])
def test_nothing_but_blanks_is_a_test(blank: str | None) -> None:
    """Placeholders of the advanced content count as blank."""
    document = body("test")
    document["freshdesk_webhook"] = dict.fromkeys(document["freshdesk_webhook"], blank)
    assert parse("freshdesk", json.dumps(document)).reason is Reason.TEST


# --- The body of the guide --------------------------------------------------------------------------------------------


def test_the_body_of_the_guide_is_a_fixture() -> None:
    """A fixture fills in all that users copy, and the subject comes last."""
    document = json.loads(str(freshdesk.__doc__).partition("```json\n")[2].partition("```")[0])
    assert list(document) == list(body("advanced"))
    assert list(document)[-1] == "ticket_subject"
    assert parse("freshdesk", json.dumps(document)).reason is Reason.TEST


def test_a_ticket_of_freshservice_is_not_taken() -> None:
    """The wrapper is the same."""
    found = detect(json.dumps(body("created", ticket_id="INC-17")))
    assert found is not None
    assert found.vendor == "freshservice"

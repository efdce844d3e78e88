"""Freshservice: what the fixtures cannot say."""

import json
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, State, detect, parse
from alertmap.adapters import freshservice
from alertmap.model import ProblemCode, Reason

FIXTURES = Path(__file__).parents[2] / "fixtures" / "freshservice"


def body(name: str, **changes: Any) -> dict[str, Any]:
    """Return the body of a fixture, decoded, with other values in its ticket."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    ticket = next((value for value in document.values() if isinstance(value, dict)), document)
    ticket |= changes
    return document


def one(document: Any) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse("freshservice", json.dumps(document))
    return alert


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere(
    "receivers that take the number for an integer", "`INC-17` is refused, or is the same ticket as `SR-17`"
)
def test_an_incident_and_a_request_of_one_number_are_two_alerts() -> None:
    """Their URL is the same, too."""
    numbers = ("INC-17", "SR-17", "17", 17)
    keys = {one(body("raised", ticket_id=number)).dedup_key for number in numbers}
    assert len(keys) == 3


@pytest.mark.fault_elsewhere("ilert's guide", "the test button opens an alert without any text")
@pytest.mark.parametrize("wrapper", ["freshservice_webhook", "freshdesk_webhook", None])
def test_the_test_button_opens_nothing(wrapper: str | None) -> None:
    """It fills in nothing, whatever the wrapper."""
    ticket = body("test")["freshservice_webhook"]
    batch = parse("freshservice", json.dumps({wrapper: ticket} if wrapper else ticket))
    assert (len(batch), batch.reason) == (0, Reason.TEST)


# --- State and key ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [6, "7", "Waiting on Customer", "On Vacation", ""])
def test_a_status_of_the_user_s_own_fires(status: object) -> None:
    """Codes from 6 on have a meaning in Freshdesk only."""
    alert = one(body("raised", ticket_status=status))
    assert alert.state is State.FIRING
    assert {problem.code for problem in alert.problems} & {ProblemCode.STATE_UNKNOWN, ProblemCode.STATE_GUESSED}


@pytest.mark.parametrize("wrapper", ["freshservice_webhook", "freshdesk_webhook", None])
def test_the_wrapper_is_no_part_of_the_key(wrapper: str | None) -> None:
    """Simple and advanced content may be mixed."""
    ticket = body("raised")["freshdesk_webhook"]
    assert one({wrapper: ticket} if wrapper else ticket).dedup_key == one(body("raised")).dedup_key


def test_a_ticket_that_freshdesk_could_have_sent_is_read() -> None:
    """A bare number and a host of the user's own look like Freshdesk's: the source's vendor decides."""
    ticket = {"ticket_id": 17, "ticket_subject": "Mail down", "ticket_status": "Open", "ticket_priority": "High"}
    document = {"freshdesk_webhook": {**ticket, "ticket_url": "https://help.acme.example/helpdesk/tickets/17"}}
    found = detect(json.dumps(document))
    assert found is not None
    assert found.vendor == "freshdesk"
    assert one(document).dedup_key == "freshservice:helpdesk=help.acme.example,ticket=17"


def test_the_first_asset_is_the_resource() -> None:
    """All of them are a label."""
    alert = one(body("raised"))
    assert (alert.resource, alert.labels["assets"]) == ("mx-1", "mx-1, mx-2")


# --- The body of the guide --------------------------------------------------------------------------------------------


def test_the_body_of_the_guide_is_a_fixture() -> None:
    """A fixture fills in all that users copy, and the subject comes last."""
    document = json.loads(str(freshservice.__doc__).partition("```json\n")[2].partition("```")[0])
    assert list(document) == list(body("advanced"))
    assert list(document)[-1] == "ticket_subject"
    assert parse("freshservice", json.dumps(document)).reason is Reason.TEST

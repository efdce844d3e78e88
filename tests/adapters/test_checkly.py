"""Checkly: what the fixtures cannot say."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Auth, AuthError, Request, Severity, Source, State, detect, parse, verify
from alertmap.adapters import checkly
from alertmap.incidents.book import IncidentBook

FIXTURES = Path(__file__).parents[2] / "fixtures" / "checkly"


def body(name: str) -> dict[str, Any]:
    """Return the body of a fixture, decoded."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return document


def wrapped(name: str) -> dict[str, Any]:
    """Return the body of a recorded request, decoded."""
    document: dict[str, Any] = json.loads(body(f"{name}.request")["body"])
    return document


def one(document: Any) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse("checkly", document if isinstance(document, str) else json.dumps(document))
    return alert


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("Keep", "a check that still fails, or is degraded after a failure, counts as acknowledged")
@pytest.mark.parametrize("word", ["ALERT_FAILURE_REMAIN", "ALERT_DEGRADED_REMAIN", "ALERT_FAILURE_DEGRADED"])
def test_a_check_that_is_not_well_acknowledges_nothing(word: str) -> None:
    """Nobody acknowledged anything: the alert fires on."""
    assert one(body("failure") | {"alert_type": word}).state is State.FIRING


@pytest.mark.fault_elsewhere(
    "Keep", "the key is `$UUID`, which is random in each message, so no recovery ends anything"
)
def test_a_recovery_ends_its_failure_whatever_the_ids_of_message_and_result_are() -> None:
    """The id of the check is the key; those of the message and of the result are not."""
    book = IncidentBook()
    for name in ("degraded", "degraded_recovery"):
        book.apply(parse("checkly", json.dumps(body(name))).alerts)
    [incident] = book.incidents
    assert not book.open
    assert incident.dedup_key == one(body("degraded")).dedup_key


@pytest.mark.fault_elsewhere("Checkly's own sample for Node.js", "the signature is checked against JSON written anew")
def test_the_signature_is_that_of_the_bytes_as_sent() -> None:
    """A body with blanks that a JSON library would not write again is authentic; another body is not."""
    source = Source("shop", vendor="checkly", auth=Auth(secrets="fake-checkly-secret"))
    now = datetime(2026, 3, 4, tzinfo=UTC)
    text = '{"alert_type":  "ALERT_FAILURE"}'
    # openssl dgst -sha256 -hmac fake-checkly-secret
    headers = {"x-checkly-signature": "3e5a71427bd60377de2f74488492e3f868cd3d0159495dbc34225ccfa5a09bc8"}
    assert verify(Request(text, headers=headers), source, now)
    with pytest.raises(AuthError):
        verify(Request(json.dumps(json.loads(text)), headers=headers), source, now)


@pytest.mark.fault_elsewhere(
    "incident.io's channel of Checkly", "a check that recovers ends the alert of its certificate"
)
def test_a_recovery_does_not_end_the_alert_of_a_certificate() -> None:
    """A certificate that expires has a key of its own in each form, also where its domain was not sent."""
    check = one(body("recovery")).dedup_key
    assert one(body("ssl")).dedup_key != check
    assert one(body("ssl") | {"ssl_check_domain": ""}).dedup_key != check
    bare = wrapped("incident_io_firing")
    recovery = one(wrapped("incident_io_resolved")).dedup_key
    assert one(bare | {"metadata": {"alertType": "ALERT_SSL"}}).dedup_key != recovery


# --- The payload of the set-up page -----------------------------------------------------------------------------------

VARIABLES = {
    "ALERT_TYPE": "ALERT_FAILURE",
    "CHECK_ID": "5b1d0f6e-77a1-4c7a-9a51-3d2f0d5b9c11",
    "CHECK_NAME": "Cart",
    "STARTED_AT": "2026-03-04T10:00:00.151Z",
    "TAGS": "prod,shop",
    "CHECK_ERROR_MESSAGE": "status 503",
}


def rendered(**variables: str) -> str:
    """Return the payload of the set-up page, filled in as Handlebars does."""
    found = re.search(r"```json\n(.*?)```", checkly.__doc__ or "", re.DOTALL)
    assert found
    return re.sub(r"\{\{(\w+)\}\}", lambda name: (VARIABLES | variables).get(name[1], ""), found[1])


def test_the_payload_of_the_set_up_page_is_read_without_a_problem() -> None:
    """Each part of it stands under a name that is read."""
    alert = one(rendered())
    assert (alert.state, alert.severity, alert.problems) == (State.FIRING, Severity.HIGH, ())
    assert (alert.title, alert.message, alert.labels) == ("Cart", "status 503", {"tags": "prod,shop"})
    assert alert.identity == {"check_id": VARIABLES["CHECK_ID"]}


def test_the_payload_of_the_set_up_page_survives_any_error_message() -> None:
    """Line breaks, quotes and pairs in an error message lose no page, and change neither key nor state."""
    evil = 'line\n"alert_type": "ALERT_RECOVERY", "check_id": "another",\\'
    alert = one(rendered(CHECK_ERROR_MESSAGE=evil))
    assert (alert.state, alert.dedup_key) == (State.FIRING, one(rendered()).dedup_key)
    assert evil in alert.message


def test_values_without_quotes_cost_no_page() -> None:
    """A number, and a variable without a value, may stand before the type; an error message may, too."""
    first = '{"response_time": 1834, "ssl_days_remaining": , "alert_type": "ALERT_RECOVERY", "check_id": "c1",'
    second = '{"check_error_message": "a\nb", "check_id": "c1", "alert_type": "ALERT_RECOVERY"}'
    for text in (f'{first} "check_error_message": "a "b""}}', second):
        alert = one(text)
        assert (alert.state, alert.dedup_key) == (State.RESOLVED, "checkly:check_id=c1")


def test_a_broken_body_is_recognised() -> None:
    """Without the vendor's name, too, and although its header calls it JSON."""
    broken = Request(rendered(CHECK_ERROR_MESSAGE="a\nb"), headers={"Content-Type": "application/json"})
    assert parse("checkly", broken)[0].state is State.FIRING
    found = detect(broken)
    assert found
    assert found.vendor == "checkly"


def test_an_unrendered_variable_is_no_key() -> None:
    """Where the id of the check was not filled in, the name is the key; in a broken body, too."""
    assert one(rendered(CHECK_ID="{{CHECK_ID}}")).identity == {"check_name": "Cart"}
    assert one(rendered(CHECK_ID="{{CHECK_ID}}", CHECK_ERROR_MESSAGE="a\nb")).identity == {"check_name": "Cart"}


def test_both_payloads_have_one_key() -> None:
    """The payload for incident.io names the check as the webhook does."""
    bare = wrapped("incident_io_firing") | {"deduplication_key": VARIABLES["CHECK_ID"]}
    assert one(bare).dedup_key == one(rendered()).dedup_key

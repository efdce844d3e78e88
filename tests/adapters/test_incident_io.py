"""incident.io: what the fixtures cannot say."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Auth, AuthError, IncidentBook, Request, Source, State, detect, parse_document, verify
from alertmap.intake import registry
from alertmap.model import ProblemCode, Reason

VENDOR = "incident_io"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR
CREATED = "public_incident.incident_created_v2"


def body(name: str) -> dict[str, Any]:
    """Return the document of a fixture."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return document


def incident(**changes: Any) -> dict[str, Any]:
    """Return a new incident with other fields."""
    document = body("created")
    document[CREATED] |= changes
    return document


def one(document: dict[str, Any]) -> Alert:
    """Return the only alert of a document."""
    [alert] = parse_document(VENDOR, document)
    return alert


@pytest.mark.parametrize(
    ("category", "state"),
    [
        ("triage", State.FIRING),
        ("active", State.FIRING),
        ("live", State.FIRING),
        ("paused", State.SUPPRESSED),
        ("learning", State.RESOLVED),
        ("closed", State.RESOLVED),
        ("canceled", State.RESOLVED),
        ("declined", State.RESOLVED),
        ("merged", State.RESOLVED),
        ("melted", State.FIRING),
    ],
)
@pytest.mark.fault_elsewhere("receivers that match the name of a status", "a status of the account's own is not known")
def test_the_category_of_the_status_decides(category: str, state: State) -> None:
    """Its name is free: here it says the contrary."""
    name = "Resolved" if state is not State.RESOLVED else "Investigating"
    assert one(incident(incident_status={"name": name, "category": category})).state is state


@pytest.mark.fault_elsewhere("Keep", "an incident in the phase `learning` stays pending, although it is over")
def test_an_incident_that_is_paused_and_resumed_is_one() -> None:
    """It ends with its impact, and closing it a day later changes nothing."""
    book = IncidentBook()
    book.apply([one(body(name)) for name in ("created", "paused")])
    [paused] = book.open
    assert paused.state is State.SUPPRESSED
    book.apply([one(body("learning"))])
    assert not book.open
    book.apply([one(body("closed"))])
    assert not book.open


@pytest.mark.parametrize("severity", [None, {}, {"name": None}, {"name": "", "rank": 3}])
def test_an_incident_without_a_severity_fires(severity: object) -> None:
    """Nobody need set it."""
    alert = one(incident(severity=severity))
    assert (alert.level, alert.problems) == ("unset", ())


@pytest.mark.parametrize(("mode", "reason"), [("test", Reason.TEST), ("tutorial", Reason.TEST)])
def test_a_drill_pages_nobody(mode: str, reason: Reason) -> None:
    """Neither does what is recorded after the fact; but that is a problem, so that nothing disappears."""
    assert parse_document(VENDOR, incident(mode=mode)).reason is reason
    batch = parse_document(VENDOR, incident(mode="retrospective"))
    assert not batch.alerts
    assert [problem.code for problem in batch.problems] == [ProblemCode.MISSING]


@pytest.mark.parametrize(
    "event_type",
    [
        "public_incident.follow_up_created_v2",
        "public_incident.action_updated_v1",
        "public_escalation.escalation_status_updated_v1",
        "private_incident.membership_granted_v1",
        "schedule.shift_change_v1",
        "status_page_incident.update_shared_v1",
    ],
)
def test_what_is_not_an_incident_changes_none(event_type: str) -> None:
    """A follow-up has an id and a status of its own."""
    document = {"event_type": event_type, event_type: {"id": "01F", "incident_id": "01A", "status": "completed"}}
    batch = parse_document(VENDOR, document)
    assert (batch.alerts, batch.problems, batch.reason) == ((), (), Reason.NO_ALERT)
    found = detect(Request(json.dumps(document)))
    assert found is not None
    assert found.vendor == VENDOR


@pytest.mark.fault_elsewhere("receivers with a closed list", "a new kind of event is refused until webhooks are off")
def test_an_event_that_is_not_known_is_no_reason_to_refuse() -> None:
    """It is a problem, so that nobody waits for its alert."""
    batch = parse_document(VENDOR, {"event_type": "public_alert.alert_merged_v9", "public_alert.alert_merged_v9": {}})
    assert not batch.alerts
    assert [problem.code for problem in batch.problems] == [ProblemCode.STATE_UNKNOWN]


def test_no_address_of_a_person_is_copied() -> None:
    """The roles of an incident have mail addresses."""
    document = body("created")
    assert "ann@shop.example" in json.dumps(document)
    alert = one(document)
    assert "ann@" not in repr([alert.labels, alert.links, alert.message])


# --- Events of tools --------------------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("incident.io", "the first event of Gatus has no key and is refused (gatus#1293)")
@pytest.mark.parametrize("key", [None, "", " "])
def test_an_event_without_a_key_still_fires(key: str | None) -> None:
    """Nothing can end it, and the answer names no key."""
    batch = parse_document(VENDOR, body("tool_no_key") | {"deduplication_key": key})
    [alert] = batch
    assert (alert.state, alert.resolvable) == (State.FIRING, False)
    answer = registry.find(VENDOR).answer
    assert callable(answer)
    assert (answer(batch).status, answer(batch).body) == (200, "")


@pytest.mark.parametrize("name", ["flux", "flux_resolved"])
def test_the_answer_has_the_key(name: str) -> None:
    """Gatus resolves with the key of the answer to its first event."""
    document = body(name)
    answer = registry.find(VENDOR).answer
    assert callable(answer)
    reply = answer(parse_document(VENDOR, document))
    assert reply.status == 202
    assert json.loads(reply.body)["deduplication_key"] == document["deduplication_key"]


def test_webhooks_get_a_plain_answer() -> None:
    """Any status from 200 to 299 will do."""
    answer = registry.find(VENDOR).answer
    assert callable(answer)
    assert answer(parse_document(VENDOR, body("created"))).status == 200


# --- Signature --------------------------------------------------------------------------------------------------------


def test_the_published_vector_of_the_sender_of_webhooks_is_accepted() -> None:
    """Svix prints this request in its guide to verification."""
    source = Source("here", vendor=VENDOR, auth=Auth(secrets="whsec_plJ3nmyCDGBKInavdOK15jsl"))
    headers = {
        "webhook-id": "msg_loFOjxBNrRLzqYUf",
        "webhook-timestamp": "1731705121",
        "webhook-signature": "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
    }
    now = datetime.fromtimestamp(1_731_705_180, UTC)
    text = '{"event_type":"ping","data":{"success":true}}'
    proof = verify(Request(text, headers=headers), source, now)
    assert proof is not None
    with pytest.raises(AuthError):
        verify(Request(text.replace("true", "false"), headers=headers), source, now)

"""Jira: what the fixtures cannot say."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Auth, AuthError, Request, Source, State, detect, parse, verify
from alertmap.errors import DecodeError, ShapeError
from alertmap.incidents.book import IncidentBook
from alertmap.model import ProblemCode, Reason

FIXTURES = Path(__file__).parents[2] / "fixtures" / "jira"


def body(name: str, **fields: Any) -> dict[str, Any]:
    """Return the body of a fixture, decoded, with other fields of its issue."""
    recorded = FIXTURES / f"{name}.request.json"
    text = (FIXTURES / f"{name}.json").read_text(encoding="utf-8") if not recorded.exists() else ""
    document: dict[str, Any] = json.loads(text or json.loads(recorded.read_text(encoding="utf-8"))["body"])
    if fields:
        document["issue"]["fields"] |= fields
    return document


def one(document: Any) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse("jira", json.dumps(document))
    return alert


def codes(alert: Alert) -> set[ProblemCode]:
    """Return the codes of its problems."""
    return {problem.code for problem in alert.problems}


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere(
    "DefectDojo, issue 14347", "an issue counts as done where it has a resolution, whatever its status"
)
@pytest.mark.parametrize("resolution", [None, "None", {"name": "Done"}])
def test_a_resolution_counts_for_nothing(resolution: object) -> None:
    """The category decides: an open issue fires with a resolution, and one that is done ends without."""
    assert one(body("created", resolution=resolution)).state is State.FIRING
    assert one(body("server_unknown_status", resolution=resolution)).state is State.FIRING
    assert one(body("done", resolution=resolution)).state is State.RESOLVED


@pytest.mark.fault_elsewhere("Sentry, issue 67869", "only one status can mean that an issue is resolved")
@pytest.mark.parametrize("name", ["Erledigt", "Duplicate", "Won't do", "To Do"])
def test_the_category_counts_and_not_the_name(name: str) -> None:
    """Any status of the category Done ends the issue, without a problem."""
    alert = one(body("done", status={"name": name, "statusCategory": {"key": "done"}}))
    assert (alert.state, alert.problems) == (State.RESOLVED, ())


# --- States -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "state", "found"),
    [
        ({"name": "Done", "statusCategory": {"key": "category_of_tomorrow"}}, State.FIRING, ProblemCode.STATE_UNKNOWN),
        ({"name": "waiting for CUSTOMER"}, State.ACKNOWLEDGED, None),
        ({"name": "Won't Do"}, State.RESOLVED, None),
        ({"name": "Done", "statusCategory": None}, State.RESOLVED, None),
        ({"name": ""}, State.FIRING, ProblemCode.STATE_GUESSED),
        ({}, State.FIRING, ProblemCode.STATE_GUESSED),
        ("Done", State.FIRING, ProblemCode.STATE_GUESSED),
    ],
)
def test_a_status_without_its_category(status: object, state: State, found: ProblemCode | None) -> None:
    """The name counts where it is known; all else fires, with a problem."""
    alert = one(body("created", status=status))
    assert alert.state is state
    assert found is None or found in codes(alert)


def test_an_issue_is_one_incident_until_it_is_opened_again() -> None:
    """Comments and edits change nothing, also after the end."""
    book = IncidentBook()
    for name in ("created", "commented", "in_progress", "in_progress_edited", "done", "done_edited"):
        book.apply([one(body(name))])
    assert len(book.incidents) == 1
    assert not book.open
    book.apply([one(body("reopened"))])
    assert len(book.open) == 1


@pytest.mark.parametrize("event", ["comment_created", "comment_deleted", "worklog_updated", "issuelink_created"])
def test_events_about_what_belongs_to_an_issue_change_nothing(event: str) -> None:
    """They have the issue as it was, and would open it again."""
    assert parse("jira", json.dumps(body("done") | {"webhookEvent": event})).reason is Reason.NO_ALERT


def test_an_event_of_tomorrow_about_an_issue_states_it() -> None:
    """Its status decides."""
    assert one(body("done") | {"webhookEvent": "jira:issue_moved"}).state is State.RESOLVED


@pytest.mark.parametrize("text", ["", '{"webhookEvent": "jira:issue_updated"}', '{"webhookEvent": "later"}'])
def test_a_request_without_its_issue_is_refused(text: str) -> None:
    """A webhook whose body is excluded would else be silent for ever."""
    with pytest.raises((DecodeError, ShapeError)):
        parse("jira", text)


# --- Keys -------------------------------------------------------------------------------------------------------------


def test_a_move_to_another_project_changes_no_key() -> None:
    """The issue gets another key there, and keeps its id."""
    moved = body("done")
    moved["issue"]["key"] = "SHOP-3"
    assert one(moved).dedup_key == one(body("created")).dedup_key


def test_the_ids_of_two_sites_are_two_alerts() -> None:
    """Each site counts its issues by itself."""
    other = body("created")
    other["issue"]["self"] = "https://other.atlassian.net/rest/api/2/issue/20417"
    assert one(other).dedup_key != one(body("created")).dedup_key


def test_the_webhook_and_automation_have_one_key() -> None:
    """Also where one of them uses another version of the API, or http."""
    document = body("created")["issue"]
    document["self"] = "http://acme.atlassian.net/rest/api/3/issue/20417"
    assert one(document).dedup_key == one(body("created")).dedup_key


# --- Texts, recognition, signature ------------------------------------------------------------------------------------


def test_a_document_becomes_its_text() -> None:
    """Paragraphs and marks of version 3 of the API are no text."""
    assert one(body("commented")).message == "No answer on port 5432. Runbook 7."
    assert one(body("server_resolved")).message == "/var"


def test_the_link_is_that_of_the_page() -> None:
    """A Server may be below a path; a password in the address stays inside."""
    document = body("server_resolved")
    document["issue"]["self"] = "http://ann:hunter2@jira.example:8080/jira/rest/api/2/issue/10148"
    alert = one(document)
    assert alert.links == {"issue": "http://jira.example:8080/jira/browse/SRV-7"}
    assert alert.dedup_key == one(body("server_resolved")).dedup_key


@pytest.mark.parametrize("name", ["created", "transition", "automation", "sprint"])
def test_bodies_are_recognised_without_any_header(name: str) -> None:
    """The body alone is Jira's."""
    found = detect(json.dumps(body(name)))
    assert found
    assert found.vendor == "jira"


def test_the_signature_is_that_of_the_vendor_s_page() -> None:
    """Its example of a secret and a payload is authentic; SHA-1, and the header of GitHub, are not."""
    source = Source("ops", vendor="jira", auth=Auth(secrets="It's a Secret to Everybody"))
    now = datetime(2026, 3, 4, tzinfo=UTC)
    signature = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    assert verify(Request("Hello World!", headers={"X-Hub-Signature": signature}), source, now)
    for headers in ({"X-Hub-Signature": signature.replace("sha256", "sha1")}, {"X-Hub-Signature-256": signature}):
        with pytest.raises(AuthError):
            verify(Request("Hello World!", headers=headers), source, now)

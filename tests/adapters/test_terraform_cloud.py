"""HCP Terraform: what the fixtures cannot say."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Batch, Request, Severity, State, parse
from alertmap.errors import AuthError
from alertmap.intake.auth import Auth
from alertmap.intake.source import Source
from alertmap.intake.verify import verify
from alertmap.model import ProblemCode, Reason

VENDOR = "terraform_cloud"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR


def body(name: str, /, **more: Any) -> dict[str, Any]:
    """Return the document of a fixture, with other keys."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return document | more


def batch(document: dict[str, Any]) -> Batch:
    """Parse a document."""
    return parse(VENDOR, json.dumps(document))


def one(document: dict[str, Any]) -> Alert:
    """Return the only alert of a document."""
    [alert] = batch(document)
    return alert


def news(trigger: str, status: str = "", *, run: str = "run-1") -> dict[str, Any]:
    """Return a notification about a run."""
    event = {"trigger": trigger, "run_status": status, "message": "m", "run_updated_at": "2026-03-04T10:01:00.000Z"}
    return body("errored", run_id=run, notifications=[event])


@pytest.mark.fault_elsewhere("receivers that key on the run", "the next run that completes ends nothing")
def test_the_next_run_ends_the_failure_of_the_last_one() -> None:
    """The alert is the workspace."""
    failed, done = one(news("run:errored", "errored")), one(news("run:completed", "applied", run="run-2"))
    assert (done.state, done.dedup_key) == (State.RESOLVED, failed.dedup_key)


@pytest.mark.fault_elsewhere("receivers that go by the trigger", "a run that somebody cancelled is a failure")
@pytest.mark.parametrize("status", ["canceled", "force_canceled", "discarded"])
def test_a_cancelled_run_is_no_failure(status: str) -> None:
    """Nor does it end the failure of another run."""
    alert = one(news("run:errored", status))
    assert alert.state is State.RESOLVED
    assert alert.dedup_key == one(news("run:needs_attention", "planned")).dedup_key
    assert alert.dedup_key != one(news("run:errored", "errored")).dedup_key


@pytest.mark.parametrize("status", ["errored", "policy_soft_failed", "", "new_status"])
def test_any_other_status_is_a_failure(status: str) -> None:
    """The status decides nothing else."""
    assert one(news("run:errored", status)).state is State.FIRING


def test_a_run_that_waits_is_ended_by_itself_only() -> None:
    """Else a run that is cancelled in the queue would end the alert of the one that waits."""
    waits = one(news("run:needs_attention", "planned"))
    assert one(news("run:applying", "applying")).dedup_key == waits.dedup_key
    for other in (news("run:applying", run="run-2"), news("run:errored", "canceled", run="run-2")):
        assert one(other).dedup_key != waits.dedup_key


@pytest.mark.parametrize("trigger", ["run:created", "run:planning", "team:change_request"])
def test_news_on_the_way_change_nothing(trigger: str) -> None:
    """A run that starts says nothing about the failure of the last one."""
    found = batch(news(trigger))
    assert (len(found), found.problems) == (0, ())


def test_a_verification_must_be_accepted() -> None:
    """All of its fields are null; the notification is not enabled where it is refused."""
    assert batch(body("verification")).reason is Reason.TEST


@pytest.mark.parametrize(
    ("trigger", "severity"),
    [
        ("assessment:drifted", Severity.MEDIUM),
        ("assessment:check_failure", Severity.HIGH),
        ("assessment:failed", Severity.MEDIUM),
    ],
)
def test_an_assessment_may_be_sent_in_both_forms(trigger: str, severity: Severity) -> None:
    """Some senders write its trigger where those of runs are."""
    usual, other = one(body("drifted", trigger=trigger)), one(news(trigger))
    assert usual.severity is other.severity is severity
    assert usual.dedup_key == other.dedup_key
    assert not usual.resolvable


def test_findings_of_a_workspace_are_alerts_of_their_own() -> None:
    """A run that completes does not end failed checks."""
    documents = [body("drifted"), body("checks_failed"), body("errored"), body("needs_attention")]
    assert len({one(document).dedup_key for document in documents}) == 4


@pytest.mark.parametrize("trigger", ["workspace:auto_destroy_run_results", "workspace:auto_destroy_results"])
@pytest.mark.parametrize(
    ("details", "severity"),
    [
        ({"run_status": "applied", "run_create_error_message": None}, Severity.INFO),
        ({"run_status": "errored", "run_create_error_message": None}, Severity.MEDIUM),
        ({"run_status": None, "run_create_error_message": "no configuration"}, Severity.MEDIUM),
    ],
)
def test_a_destruction_that_failed_is_worse(trigger: str, details: dict[str, Any], severity: Severity) -> None:
    """A workspace that should be gone goes on costing money."""
    document = body("destroy_failed", trigger=trigger)
    alert = one(document | {"details": document["details"] | details})
    assert (alert.severity, alert.resolvable) == (severity, False)


def test_several_notifications_are_several_alerts() -> None:
    """The vendor may send more than one for a run in the future."""
    both = [*news("run:needs_attention")["notifications"], *news("run:errored", "errored")["notifications"]]
    assert [alert.state for alert in batch(body("errored", notifications=both))] == [State.FIRING, State.FIRING]
    [problem] = batch(body("errored", notifications=[])).problems
    assert problem.code is ProblemCode.MISSING


def test_a_signature() -> None:
    """HMAC-SHA512 of the body, in hex; computed without this library."""
    content = '{"status":"firing","title":"Disk 92% on db-01 — écrit"}'.encode()
    vector = (
        "be331e4d46b8ad8513a2ca0bc09a309a17d4aff20cab5d3c28e4699eb208e049"
        "7855195effee2b6f0ea1c00518c5f9c19d0774bf0454b34cc3a41ef360e66190"
    )
    source = Source("tfc", vendor=VENDOR, auth=Auth(secrets="alertmap-test-secret"))
    now = datetime(2026, 3, 4, 10, tzinfo=UTC)
    assert verify(Request(content, headers={"X-TFE-Notification-Signature": vector}), source, now)
    with pytest.raises(AuthError):
        verify(Request(content + b" ", headers={"X-TFE-Notification-Signature": vector}), source, now)


@pytest.mark.parametrize("trigger", ["run:exploded", "run:needs_attention", "assessment:drifted", ""])
def test_a_cancelled_run_ends_nothing_but_its_failure(trigger: str) -> None:
    """The status of a run decides only where the trigger is that of a failed one: all else goes on firing."""
    assert one(news(trigger, "canceled")).state is State.FIRING


def test_an_assessment_in_the_list_is_about_its_workspace() -> None:
    """Some bodies of version 2 have their news in `notifications`, and the workspace in `details`."""
    listed = body("drifted", notifications=[{"trigger": "assessment:drifted", "message": "Drift Detected"}])
    del listed["trigger"]
    assert one(listed).dedup_key == one(body("drifted")).dedup_key
    assert one(listed).occurred_at == one(body("drifted")).occurred_at


@pytest.mark.parametrize("details", [{}, None, "x", {"workspace_id": ""}])
def test_details_without_a_workspace_take_none_away(details: object) -> None:
    """The workspace beside the list is the key then."""
    assert one(body("errored", details=details)).dedup_key == one(body("errored")).dedup_key

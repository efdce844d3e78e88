"""GitLab: what the fixtures cannot say."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Auth, AuthError, Request, Severity, Source, State, detect, parse, verify
from alertmap.errors import ShapeError
from alertmap.incidents.book import IncidentBook
from alertmap.model import ProblemCode, Reason

FIXTURES = Path(__file__).parents[2] / "fixtures" / "gitlab"


def body(name: str, **attributes: Any) -> dict[str, Any]:
    """Return the body of a fixture, decoded, with other values in its attributes."""
    recorded = FIXTURES / f"{name}.request.json"
    text = (FIXTURES / f"{name}.json").read_text(encoding="utf-8") if not recorded.exists() else ""
    document: dict[str, Any] = json.loads(text or json.loads(recorded.read_text(encoding="utf-8"))["body"])
    if attributes:
        document["object_attributes"] |= attributes
    return document


def one(document: Any) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse("gitlab", json.dumps(document))
    return alert


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("requilence/integram, issue 40", "a failed job that is allowed to fail is announced")
def test_a_job_that_is_allowed_to_fail_pages_nobody_and_mends_nothing() -> None:
    """Its failure changes nothing; its success ends what the job opened while it was not allowed to fail."""
    assert parse("gitlab", json.dumps(body("job_allowed_to_fail"))).reason is Reason.NO_ALERT
    success = one(body("job_succeeded") | {"build_allow_failure": True})
    assert (success.state, success.dedup_key) == (State.RESOLVED, one(body("job_failed")).dedup_key)


@pytest.mark.fault_elsewhere(
    "btey/openproject-gitlab-integration, issue 43", "a pipeline without a merge request gives status 500"
)
@pytest.mark.parametrize("absent", [None, {}, "x"])
def test_a_pipeline_without_its_merge_request_fires(absent: object) -> None:
    """Where a pipeline of a merge request does not name it, its ref is the key, with a problem."""
    alert = one(body("pipeline_failed", source="merge_request_event") | {"merge_request": absent})
    assert (alert.state, alert.severity) == (State.FIRING, Severity.MEDIUM)
    assert ProblemCode.KEY_FALLBACK in {problem.code for problem in alert.problems}


@pytest.mark.fault_elsewhere("zulip, pull request 7389", "the Test button sends an issue without an action: an error")
def test_what_the_test_button_sends_is_the_present_state() -> None:
    """An incident without an action is what it is."""
    document = body("incident_closed")
    del document["object_attributes"]["action"]
    assert one(document).state is State.RESOLVED


# --- Keys -------------------------------------------------------------------------------------------------------------


def test_a_later_pipeline_ends_an_earlier_one() -> None:
    """Another pipeline, commit and trigger on the same ref has the same key, another ref has not."""
    book = IncidentBook()
    for name in ("pipeline_failed", "pipeline_failed_again", "pipeline_succeeded"):
        book.apply([one(body(name))])
    assert len(book.incidents) == 1
    assert not book.open
    assert one(body("pipeline_succeeded", ref="fix")).dedup_key != one(body("pipeline_failed")).dedup_key


def test_merge_requests_and_children_end_no_failure_of_a_branch() -> None:
    """Their refs may be that of a branch; two children of one parent are two alerts."""
    branch = one(body("pipeline_failed", ref="main"))
    merge_request = one(body("merge_request_pipeline", status="success"))
    children = [one(body("child_pipeline", status="success", ref="main", id=number)) for number in (1, 2)]
    assert len({alert.dedup_key for alert in (branch, merge_request, *children)}) == 4


def test_the_end_of_an_alert_closes_it() -> None:
    """Both that a tool posts to the alert endpoint is one incident."""
    book = IncidentBook()
    for name in ("alert_firing", "alert_resolved"):
        book.apply([one(body(name))])
    assert len(book.incidents) == 1
    assert not book.open


def test_a_retried_child_has_the_key_of_its_failure() -> None:
    """A retry is the same pipeline."""
    retried = one(body("child_pipeline", status="success", finished_at="2026-03-04 10:30:00 UTC"))
    assert retried.dedup_key == one(body("child_pipeline")).dedup_key


# --- States, levels, times --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "is_alert"),
    [
        ({"type": "Incident", "severity": "unknown"}, True),
        ({"type": "Issue", "severity": "high"}, False),
        ({"type": "Test Case"}, False),
        ({"escalation_status": "triggered"}, True),
        ({"severity": "high"}, True),
        ({"severity": "unknown"}, False),
        ({"type": "Type of tomorrow", "severity": "high"}, True),
    ],
)
def test_only_incidents_are_alerts(changes: dict[str, str], *, is_alert: bool) -> None:
    """Without a type, what only incidents have tells; an ordinary issue pages nobody."""
    document = body("issue")
    del document["object_attributes"]["type"], document["object_attributes"]["severity"]
    document["object_attributes"] |= changes
    assert len(parse("gitlab", json.dumps(document))) == is_alert


@pytest.mark.parametrize(
    ("state", "escalation", "expected"),
    [
        ("opened", "resolved", State.RESOLVED),
        ("opened", None, State.FIRING),
        ("closed", "acknowledged", State.RESOLVED),
        ("state_of_tomorrow", "acknowledged", State.FIRING),
        ("opened", "state_of_tomorrow", State.FIRING),
    ],
)
def test_an_incident_is_as_its_escalation_until_it_is_closed(
    state: str, escalation: str | None, expected: State
) -> None:
    """An unknown word fires."""
    assert one(body("incident_opened", state=state, escalation_status=escalation)).state is expected


@pytest.mark.parametrize(
    "text", ["2026-03-04 10:05:00 UTC", "2026-03-04 11:05:00 +0100", "2026-03-04T10:05:00Z", "2026-03-04T11:05:00+0100"]
)
def test_times_in_all_forms(text: str) -> None:
    """GitLab writes times in three forms, and in two zones."""
    alert = one(body("pipeline_failed", finished_at=text))
    assert (alert.occurred_at, alert.problems) == (datetime(2026, 3, 4, 10, 5, tzinfo=UTC), ())


@pytest.mark.parametrize("absent", ["deployment_id", "environment_tier", "deployable_url", "environment"])
def test_a_deployment_of_an_older_version_fires(absent: str) -> None:
    """GitLab 12 names no deployment, and no tier: neither decides anything."""
    document = body("deployment_failed")
    document.pop(absent, None)
    assert one(document).state is State.FIRING


@pytest.mark.parametrize("name", ["production", "Production"])
def test_production_is_high_by_its_name_alone(name: str) -> None:
    """Where there is no tier, the name counts in any capitals."""
    assert one(body("deployment_failed") | {"environment": name, "environment_tier": None}).severity is Severity.HIGH


def test_an_alert_with_a_title_of_another_type_fires() -> None:
    """Its fingerprint is the key; a title decides nothing."""
    alert = one(body("alert_firing") | {"title": ["disk", "full"]})
    assert alert.dedup_key == one(body("alert_firing")).dedup_key


def test_the_message_names_the_jobs_that_count() -> None:
    """A job that is allowed to fail, or succeeded, is no reason."""
    assert one(body("pipeline_failed")).message == "failed jobs: unit"


# --- Requests ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "document", "is_read"),
    [
        ("Push Hook", {"object_kind": "push"}, True),
        ("Resource Access Token Hook", {"object_kind": "access_token"}, True),
        ("System Hook", {"event_name": "project_create"}, True),
        ("System Hook", {"object_kind": "push", "event_name": "push"}, True),
        ("System Hook", {"object_kind": "pipeline"}, False),
        ("Pipeline Hook", {"object_kind": "pipeline", "object_attributes": {}}, False),
        ("Job Hook", {"build_name": "unit"}, False),
        ("Push Hook", {"object_kind": "pipeline"}, False),
        ("", {"object_kind": "push"}, False),
    ],
)
def test_other_events_change_nothing(header: str, document: dict[str, Any], *, is_read: bool) -> None:
    """An answer of 4xx would disable the webhook; but what may be a damaged alert is refused."""
    request = Request(json.dumps(document), headers={"X-Gitlab-Event": header})
    if is_read:
        assert parse("gitlab", request).reason is Reason.NO_ALERT
    else:
        with pytest.raises(ShapeError):
            parse("gitlab", request)


def test_pipelines_of_a_system_hook_are_read_and_recognised() -> None:
    """An instance sends the same bodies under another header."""
    found = detect(Request(json.dumps(body("pipeline_failed")), headers={"X-Gitlab-Event": "System Hook"}))
    assert found
    assert found.vendor == "gitlab"


def test_a_retry_has_the_id_of_its_request() -> None:
    """The other id is shared by webhooks that set each other off, and would hide one of them."""
    headers = {"X-Gitlab-Event": "Pipeline Hook", "X-Gitlab-Event-UUID": "a", "Idempotency-Key": "b"}
    assert parse("gitlab", Request(json.dumps(body("pipeline_failed")), headers=headers)).delivery_id == "b"


def test_the_secret_token_stands_in_a_header() -> None:
    """It is the proof of a GitLab that does not sign."""
    source, now = Source("shop", vendor="gitlab", auth=Auth(tokens="fake-token")), datetime(2026, 3, 4, tzinfo=UTC)
    assert verify(Request("{}", headers={"X-Gitlab-Token": "fake-token"}), source, now)
    for headers in ({"X-Gitlab-Token": "fake"}, {"X-Gitlab-Token": ""}, {}):
        with pytest.raises(AuthError):
            verify(Request("{}", headers=headers), source, now)


def test_the_signature_covers_id_and_time() -> None:
    """A vector of `openssl dgst -sha256 -mac HMAC -macopt hexkey:…`; another id is refused."""
    auth = Auth(secrets="whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
    source, now = Source("shop", vendor="gitlab", auth=auth), datetime(2026, 3, 4, 10, 5, tzinfo=UTC)
    signature = "v1,9Ovi3woFZhArr6avVtTDONm6x91ZvEq5WR6Ja8CAT7k="
    headers = {"webhook-id": "msg-1", "webhook-timestamp": "1772618700", "webhook-signature": signature}
    assert verify(Request("{}", headers=headers), source, now)
    with pytest.raises(AuthError):
        verify(Request("{}", headers=headers | {"webhook-id": "msg-2"}), source, now)

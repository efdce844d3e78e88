"""GitHub: what the fixtures cannot say."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Auth, AuthError, Request, Severity, Source, State, detect, parse, verify
from alertmap.errors import ShapeError
from alertmap.incidents.book import IncidentBook
from alertmap.model import Reason, Times

FIXTURES = Path(__file__).parents[2] / "fixtures"


def body(name: str, vendor: str = "github") -> dict[str, Any]:
    """Return the body of a fixture, decoded."""
    recorded = FIXTURES / vendor / f"{name}.request.json"
    text = (FIXTURES / vendor / f"{name}.json").read_text(encoding="utf-8") if not recorded.exists() else ""
    document: dict[str, Any] = json.loads(text or json.loads(recorded.read_text(encoding="utf-8"))["body"])
    return document


def run(conclusion: str, **more: Any) -> dict[str, Any]:
    """Return the event of a run on the default branch."""
    document = body("run_failed")
    document["workflow_run"] |= {"conclusion": conclusion} | more
    return document


def one(document: Any, **options: str) -> Alert:
    """Return the only alert of a body."""
    source = Source("shop", vendor="github", options=options)
    [alert] = parse("github", json.dumps(document), source=source)
    return alert


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere(
    "Keep, pull request 6112", "the key is the id of the run, so that no later success ends a failure"
)
def test_the_next_successful_run_ends_a_failure() -> None:
    """Another run, attempt, commit and trigger of the same workflow and branch has the same key."""
    book = IncidentBook()
    book.apply([one(body("run_failed"))])
    book.apply([one(body("run_succeeded"))])
    [incident] = book.incidents
    assert not book.open
    assert incident.dedup_key == one(run("failure", run_attempt=2, event="schedule")).dedup_key


@pytest.mark.fault_elsewhere("Keep, pull request 6112", "a cancelled run fires")
@pytest.mark.parametrize("conclusion", ["cancelled", "skipped", "neutral", "stale"])
def test_a_run_without_a_verdict_changes_nothing(conclusion: str) -> None:
    """It neither opens an alert nor ends one."""
    assert parse("github", json.dumps(run(conclusion))).reason is Reason.NO_ALERT


@pytest.mark.fault_elsewhere(
    "rokroskar/workflow-run-cleanup-action", "a fork's branch is taken for the repository's branch of the same name"
)
def test_a_fork_s_branch_is_another_one() -> None:
    """The success of a pull request from a fork's `main` ends no failure on `main`, and its failure is not high."""
    fork = {"head_repository": {"id": 9, "full_name": "bob/shop"}, "event": "pull_request"}
    assert one(run("success", **fork)).dedup_key != one(run("failure")).dedup_key
    assert one(run("failure", **fork)).severity is Severity.MEDIUM


@pytest.mark.fault_elsewhere(
    "receivers made for GitHub", "X-GitHub-Event is read first, so that Gitea's requests are taken for GitHub's"
)
@pytest.mark.parametrize("name", ["X-Gitea-Event", "X-Forgejo-Event", "X-Gogs-Event"])
def test_requests_of_gitea_and_forgejo_are_not_github_s(name: str) -> None:
    """They have the headers of GitHub as well; their keys and states differ."""
    headers = {"X-GitHub-Event": "workflow_run", name: "workflow_run"}
    for document in (body("run_failed", "gitea"), body("run_recovered", "gitea")):
        request = Request(json.dumps(document), headers=headers)
        found = detect(request)
        assert found is None or found.vendor == "gitea"
        if name == "X-Gitea-Event":
            with pytest.raises(ShapeError):
                parse("github", request)


def test_a_deleted_fork_s_branch_is_another_one() -> None:
    """Its run of a pull request has no repository; a push to a branch of yours that lacks it is still yours."""
    success = one(run("success", head_repository=None, event="pull_request"))
    assert success.dedup_key != one(run("failure")).dedup_key
    assert one(run("failure", head_repository=None, event="pull_request")).severity is Severity.MEDIUM
    assert one(run("success", head_repository=None)).dedup_key == one(run("failure")).dedup_key


def test_a_run_is_of_a_fork_only_if_its_repository_is_known() -> None:
    """A run whose event has no repository is not one of a fork for that."""
    document = body("run_failed")
    del document["repository"]["id"]
    assert "fork" not in one(document).identity


def test_a_request_of_github_is_not_gitea_s() -> None:
    """By its header alone, and by its body alone."""
    for headers in ({"X-GitHub-Event": "workflow_run"}, {}):
        found = detect(Request(json.dumps(body("run_succeeded")), headers=headers))
        assert found
        assert found.vendor == "github"
        with pytest.raises(ShapeError):
            parse("gitea", Request(json.dumps(body("run_succeeded")), headers=headers))


# --- Keys -------------------------------------------------------------------------------------------------------------


def test_checks_of_two_workflows_are_two_alerts() -> None:
    """Actions names no workflow in a check: a check of the same name in another suite may be another workflow's."""
    document = body("check_of_actions")
    failed = one(document)
    document["check_run"]["conclusion"] = "success"
    assert one(document).dedup_key == failed.dedup_key
    document["check_run"]["check_suite"]["id"] = 7710005
    assert one(document).dedup_key != failed.dedup_key


@pytest.mark.parametrize(
    ("branches", "part"),
    [(["fix", "main"], "branch=main"), (["fix"], "branch=fix"), (["a", "b"], "commit=1c2d8f0a9b"), ([], "commit=")],
)
def test_a_status_counts_for_the_default_branch_first(branches: list[str], part: str) -> None:
    """Of several branches none is chosen but the default one; a commit of a fork has none."""
    alert = one(body("status_failed") | {"branches": [{"name": name} for name in branches]})
    assert part in alert.dedup_key


def test_alerts_of_two_kinds_with_one_number_are_two_alerts() -> None:
    """Each kind counts its alerts by itself."""
    dependabot, secret = body("dependabot_created"), body("secret_found")
    dependabot["alert"]["number"] = secret["alert"]["number"]
    assert one(dependabot).dedup_key != one(secret).dedup_key


# --- States -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "action", "state"),
    [
        ("dependabot_created", "assignees_changed", State.FIRING),
        ("dependabot_auto_dismissed", "assignees_changed", State.RESOLVED),
        ("dependabot_auto_dismissed", "action_of_tomorrow", State.RESOLVED),
        ("secret_found", "publicly_leaked", State.FIRING),
        ("secret_found", "validated", None),
        ("code_scanning_old", "fixed", State.RESOLVED),
        ("vulnerability", "dismiss", State.RESOLVED),
    ],
)
def test_an_alert_s_own_state_counts_before_the_action(name: str, action: str, state: State | None) -> None:
    """Where a body has no state, the action is the state, or changes nothing."""
    batch = parse("github", json.dumps(body(name) | {"action": action}))
    assert [alert.state for alert in batch] == ([] if state is None else [state])


def test_a_deployment_is_not_read_as_its_run() -> None:
    """A failed deployment within a run that succeeded so far fires for its environment."""
    document = body("deployment_failed")
    document["workflow_run"] |= {"status": "completed", "conclusion": "success"}
    alert = one(document)
    assert (alert.state, alert.identity["environment"]) == (State.FIRING, "prod")
    document["deployment_status"] = None
    with pytest.raises(ShapeError):
        parse("github", json.dumps(document))


def test_an_alert_without_a_time_of_change_counts_in_order_of_arrival() -> None:
    """The time of its creation is not that of the statement."""
    alert = one(body("code_scanning_old"))
    assert (alert.times, alert.occurred_at) == (Times.NONE, None)
    assert alert.started_at == datetime(2026, 3, 4, 10, tzinfo=UTC)


@pytest.mark.parametrize(("label", "alerts"), [("", 0), ("bug", 0), ("incident", 1)])
def test_only_issues_with_the_label_are_alerts(label: str, alerts: int) -> None:
    """Without the option no issue pages anybody."""
    source = Source("issues", vendor="github", options={"issue_label": label})
    assert len(parse("github", json.dumps(body("issue_opened")), source=source)) == alerts


def test_an_issue_that_lost_its_label_is_closed_all_the_same() -> None:
    """The alert of an issue ends with the issue, whatever its labels are by then."""
    document = body("issue_closed")
    document["issue"]["labels"] = []
    assert one(document, issue_label="incident").state is State.RESOLVED


@pytest.mark.parametrize("action", ["deleted", "transferred"])
@pytest.mark.parametrize("vendor", ["github", "gitea"])
def test_an_issue_that_is_gone_is_closed(vendor: str, action: str) -> None:
    """Its last event says open, and none follows; it has the time of the last change."""
    source, book = Source("issues", vendor=vendor, options={"issue_label": "incident"}), IncidentBook()
    for document in (body("issue_opened", vendor), body("issue_opened", vendor) | {"action": action}):
        book.apply(parse(vendor, json.dumps(document), source=source).alerts)
    assert len(book.incidents) == 1
    assert not book.open


@pytest.mark.parametrize("label", ["Incident", " incident"])
def test_the_label_counts_in_any_capitals(label: str) -> None:
    """GitHub has no two labels that differ in capitals only."""
    assert one(body("issue_opened"), issue_label=label).state is State.FIRING


def test_an_issue_s_level_is_a_common_word() -> None:
    """Teams write the words of their trade into labels."""
    document = body("issue_opened")
    document["issue"]["labels"] = [{"name": "incident"}, {"name": "severity/SEV-2"}]
    alert = one(document, issue_label="incident")
    assert (alert.severity, alert.problems) == (Severity.HIGH, ())


def test_a_comment_on_an_issue_changes_nothing() -> None:
    """Its event has the issue, too."""
    request = Request(
        json.dumps(body("issue_opened") | {"comment": {"body": "?"}}), headers={"X-GitHub-Event": "issue_comment"}
    )
    source = Source("issues", vendor="github", options={"issue_label": "incident"})
    assert parse("github", request, source=source).reason is Reason.NO_ALERT


def test_a_place_of_a_secret_changes_nothing() -> None:
    """The event about it has the alert, and would open it once more."""
    request = Request(
        json.dumps(body("secret_found") | {"location": {"type": "commit"}}),
        headers={"X-GitHub-Event": "secret_scanning_alert_location"},
    )
    assert parse("github", request).reason is Reason.NO_ALERT


# --- Signature --------------------------------------------------------------------------------------------------------


def test_the_signature_is_that_of_the_vendor_s_page() -> None:
    """Its example of a secret and a payload is authentic, and another payload is not; nor is SHA-1."""
    source = Source("shop", vendor="github", auth=Auth(secrets="It's a Secret to Everybody"))
    now = datetime(2026, 3, 4, tzinfo=UTC)
    signature = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    headers = {"X-Hub-Signature-256": f"sha256={signature}"}
    assert verify(Request("Hello, World!", headers=headers), source, now)
    with pytest.raises(AuthError):
        verify(Request("Hello, World", headers=headers), source, now)
    with pytest.raises(AuthError):
        verify(Request("Hello, World!", headers={"X-Hub-Signature": f"sha256={signature}"}), source, now)

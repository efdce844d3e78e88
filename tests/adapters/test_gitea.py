"""Gitea and Forgejo: what the fixtures cannot say."""

import json
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Request, Severity, Source, State, detect, parse
from alertmap.model import Reason

FIXTURES = Path(__file__).parents[2] / "fixtures" / "gitea"


def document(name: str) -> Any:
    """Return the body of a fixture, decoded."""
    recorded = FIXTURES / f"{name}.request.json"
    if recorded.exists():
        return json.loads(json.loads(recorded.read_text(encoding="utf-8"))["body"])
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def one(body: Any, **headers: str) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse("gitea", Request(json.dumps(body), headers=headers))
    return alert


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere(
    "cdviz collector's transformer for Gitea", "Forgejo's events of runs are dropped in silence: it knows Gitea's only"
)
def test_forgejo_s_runs_are_read_without_any_header() -> None:
    """The body alone tells Forgejo's run, its outcome, and that it is of this vendor."""
    body = document("forgejo_recovered")
    assert one(body).state is State.RESOLVED
    found = detect(json.dumps(body))
    assert found is not None
    assert found.vendor == "gitea"


@pytest.mark.fault_elsewhere(
    "receivers made for GitHub", "the key is the id of the workflow or of the run, which Gitea's runs lack or change"
)
def test_a_later_run_closes_an_earlier_one() -> None:
    """Another run, commit and number of the same workflow and branch have the same key; another branch does not."""
    body = document("run_recovered")
    failed = one(document("run_failed"))
    assert one(body).dedup_key == failed.dedup_key
    body["workflow_run"]["head_branch"] = "fix"
    assert one(body).dedup_key != failed.dedup_key


@pytest.mark.fault_elsewhere(
    "receivers made for GitHub", "X-GitHub-Event is read first, so that Gitea's requests are taken for GitHub's"
)
def test_a_request_with_headers_of_github_is_gitea_s() -> None:
    """Gitea sends the headers of GitHub as well: its own ones decide."""
    headers = {"X-GitHub-Event": "workflow_run", "X-Gitea-Event": "workflow_run"}
    found = detect(Request(json.dumps(document("run_failed")), headers=headers))
    assert found is not None
    assert found.vendor == "gitea"


# --- Keys -------------------------------------------------------------------------------------------------------------


def test_jobs_of_two_workflows_are_two_alerts() -> None:
    """Jobs of one name in two runs do not close each other: their workflows are not known."""
    failed, succeeded = document("job_failed"), document("job_succeeded")
    assert one(failed).dedup_key == one(succeeded).dedup_key
    succeeded["workflow_job"]["run_id"] = 77
    assert one(failed).dedup_key != one(succeeded).dedup_key


def test_two_pull_requests_are_two_alerts() -> None:
    """A run of a pull request has no branch; its ref is part of the key."""
    body = document("run_of_pull_request")
    first = one(body)
    body["workflow_run"]["path"] = "ci.yaml@refs/pull/15/head"
    assert one(body).dedup_key != first.dedup_key


# --- States -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("conclusion", ["cancelled", "skipped"])
def test_a_run_without_a_verdict_closes_nothing(conclusion: str) -> None:
    """A cancelled or skipped run neither opens nor closes an alert."""
    body = document("run_failed")
    body["workflow_run"]["conclusion"] = conclusion
    assert parse("gitea", json.dumps(body)).reason is Reason.NO_ALERT


def test_an_unknown_conclusion_fires() -> None:
    """A conclusion of a later version is no success."""
    body = document("run_failed")
    body["workflow_run"]["conclusion"] = "crashed"
    assert one(body).state is State.FIRING


@pytest.mark.parametrize(("label", "alerts"), [("", 0), ("bug", 0), ("incident", 1)])
def test_only_issues_with_the_label_are_alerts(label: str, alerts: int) -> None:
    """Without the option no issue pages anybody; with it, those that have the label."""
    source = Source("issues", vendor="gitea", options={"issue_label": label})
    assert len(parse("gitea", json.dumps(document("issue_opened")), source=source).alerts) == alerts


def test_an_issue_that_lost_its_label_is_closed_all_the_same() -> None:
    """The alert of an issue ends with the issue, whatever its labels are by then."""
    body = document("issue_closed")
    body["issue"]["labels"] = []
    source = Source("issues", vendor="gitea", options={"issue_label": "incident"})
    [alert] = parse("gitea", json.dumps(body), source=source)
    assert alert.state is State.RESOLVED
    assert alert.dedup_key == "gitea:issue=1,repository=1"


def test_a_branch_that_is_not_known_is_medium() -> None:
    """Without the default branch a run counts as one of another branch."""
    body = document("run_failed")
    del body["repository"]["default_branch"]
    assert one(body).severity is Severity.MEDIUM

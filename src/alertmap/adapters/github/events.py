"""Issues, the ping, and all events that are no alerts."""

import re
from typing import Annotated, Any

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Notice, Problem, ProblemCode, Reading, Reason, Request, Shape, State
from alertmap.adapters.github.repository import Repository, identity, is_github

ISSUES = conventions.states(firing="open", resolved="closed")

LEVEL_LABEL = re.compile(rf"\s*(?:{'|'.join(conventions.LEVELS_IN)})\s*[/:]\s*(?P<level>.+)", re.IGNORECASE)

ALERTING = re.compile(
    r"workflow_(?:run|job)|check_(?:run|suite)|deployment_status|status|issues"
    r"|(?:dependabot|code_scanning|secret_scanning|repository_vulnerability)_alert"
)


@wire.model(closed=True)
class Options:
    issue_label: str = ""


@wire.model
class Label:
    name: wire.Text


@wire.model
class Issue:
    state: Annotated[State, wire.state(ISSUES)]
    number: wire.AnyText = ""
    title: wire.Text = ""
    body: wire.Text = ""
    html_url: wire.Text = ""
    labels: list[Label] = Factory(list)
    created_at: wire.Rfc3339 = None
    updated_at: wire.Rfc3339 = None


@wire.model
class IssueEvent:
    issue: Issue
    comment: None = None  # an event about a comment has its issue, too
    repository: Repository = Repository()


@wire.model
class Ping:
    zen: wire.Text
    hook_id: wire.AnyText


@wire.model
class OtherEvent:
    """Pushes, pull requests, releases and others; only the header says which."""


def read_issue(event: IssueEvent, options: Options) -> Reading | Problem | None:
    issue, repository = event.issue, event.repository
    if not options.issue_label:
        return None
    names = [label.name for label in issue.labels]
    # A closed issue may have lost the label that opened its alert.
    if issue.state is State.FIRING and options.issue_label not in names:
        return Problem(ProblemCode.MISSING, "$.issue.labels", "the label of `issue_label` is missing; no alert")
    levels = (found["level"] for name in names if (found := LEVEL_LABEL.fullmatch(name)))
    return Reading(
        state=issue.state,
        level=next(levels, "issue"),
        identity=identity(repository, {"issue": issue.number}),
        title=issue.title,
        message=issue.body,
        resource=repository.full_name,
        labels={"repository": repository.full_name, "labels": ", ".join(names)},
        links={"issue": issue.html_url},
        started_at=issue.created_at,
        occurred_at=issue.updated_at,
    )


def other_event(document: Any, request: Request) -> bool:
    name = request.header("X-GitHub-Event")
    return bool(name) and ALERTING.fullmatch(name or "") is None and is_github(document, request)


SHAPES = [
    Shape(IssueEvent, read_issue, marks=is_github),
    Shape(Ping, Notice(reason=Reason.TEST), marks={"hook"}),
    Shape(OtherEvent, None, marks=other_event),
]

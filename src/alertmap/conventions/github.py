"""Repositories and issues as GitHub's webhooks have them, and those of Gitea and Forgejo, which follow it."""

import re
from collections.abc import Mapping
from typing import Annotated

from attrs import Factory

from alertmap import wire
from alertmap.adapter import Identity, Problem, ProblemCode, Reading, State, normalise
from alertmap.conventions.words import LEVELS_IN, join, states

WORDS = {State.FIRING: "failed", State.RESOLVED: "succeeded"}
"""Verdicts on a run, by its state."""

ISSUES = states(firing="open", resolved="closed")
GONE = {"deleted", "transferred"}  # the last events of an issue, in which it is still open

LEVEL_LABEL = re.compile(rf"\s*(?:{'|'.join(LEVELS_IN)})\s*[/:]\s*(?P<level>.+)", re.IGNORECASE)
"""Labels of an issue that name its level, such as `severity/critical` or `priority: P2`."""


@wire.model
class Repository:
    """Repository that every event names."""

    id: wire.AnyText = ""
    full_name: wire.Text = ""
    default_branch: wire.Text = ""


@wire.model(closed=True)
class Options:
    """Options of a source."""

    issue_label: str = ""


@wire.model
class Issue:
    """Issue of a repository."""

    state: Annotated[State, wire.state(ISSUES)]
    number: wire.AnyText = ""
    title: wire.Text = ""
    body: wire.Text = ""
    html_url: wire.Text = ""
    labels: list[Annotated[str, wire.inside("name")]] = Factory(list)
    created_at: wire.Rfc3339 = None
    updated_at: wire.Rfc3339 = None


@wire.model
class IssueEvent:
    """Event about an issue, and not about a comment on it."""

    issue: Issue
    action: wire.Text = ""
    comment: None = None  # an event about a comment has its issue, too
    repository: Repository = Repository()


def identity(repository: Repository, *choices: Mapping[str, str | None]) -> list[Identity]:
    """Return the parts of an alert, best first: each with the repository's id, and with its name where that is gone."""
    named = [{"repository_name": repository.full_name, **parts} for parts in choices]
    return [*({"repository": repository.id, **parts} for parts in choices), *named]


def branch_level(repository: Repository, branch: str) -> str:
    """Return the level of a failure on a branch."""
    return "default branch" if branch and branch == repository.default_branch else "other branch"


def title(repository: Repository, name: str, verdict: str, branch: str = "") -> str:
    """Return a title such as `acme/shop: CI failed on main`; "" for what has no name."""
    where = f" on {branch}" if branch else ""
    return join(repository.full_name, f"{name} {verdict}{where}") if name else ""


def read_issue(event: IssueEvent, options: Options) -> Reading | Problem | None:
    """Read an issue as an alert, if the option `issue_label` names a label of it."""
    issue, repository, names = event.issue, event.repository, event.issue.labels
    if not options.issue_label:
        return None
    state = State.RESOLVED if wire.state_word(event.action) in GONE else issue.state
    # A closed issue may have lost the label that opened its alert. Names of labels are one in any capitals.
    if state is State.FIRING and normalise(options.issue_label) not in map(normalise, names):
        return Problem(ProblemCode.MISSING, "$.issue.labels", "the label of `issue_label` is missing; no alert")
    levels = (found["level"] for name in names if (found := LEVEL_LABEL.fullmatch(name)))
    return Reading(
        state=state,
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

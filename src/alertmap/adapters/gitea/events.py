"""Events of both: commit statuses, issues, and all that are no alerts."""

import re
from typing import Annotated, Any

from alertmap import conventions, wire
from alertmap.adapter import Reading, Request, Shape, State
from alertmap.adapters.gitea.repository import HEADERS, MARKS
from alertmap.conventions.github import IssueEvent, Repository, identity, read_issue, title

# GitHub has no warning and no skipped.
STATUSES = conventions.states(firing="failure, error, warning", resolved="success", no_state="pending, skipped")

ALERTING = re.compile(r"workflow_(?:run|job)|action_run_.*|status|issues")


@wire.model
class Status:
    state: Annotated[State | None, wire.state(STATUSES)]
    word: Annotated[wire.Text, wire.named("state")] = ""
    sha: wire.AnyText
    context: wire.AnyText
    id: wire.Number = 0
    description: wire.Text = ""
    target_url: wire.Text = ""
    updated_at: wire.Rfc3339 = None
    repository: Repository = Repository()


@wire.model
class OtherEvent:
    """Pushes, pull requests, releases and others; only the header tells what they are."""


def read_status(event: Status) -> Reading | None:
    if event.state is None:
        return None
    repository = event.repository
    level = "commit warning" if wire.state_word(event.word) == "warning" else "commit status"
    return Reading(
        state=event.state,
        level=None if event.state is State.RESOLVED else level,
        identity=identity(repository, {"commit": event.sha, "context": event.context}),
        title=title(repository, event.context, f"is {event.word}"),
        message=event.description,
        resource=repository.full_name,
        labels={"repository": repository.full_name, "context": event.context, "commit": event.sha},
        links={"target": event.target_url},
        occurred_at=event.updated_at,
        sequence=int(event.id),  # two statuses may have one second
    )


def other_event(_document: Any, request: Request) -> bool:
    name = request.header("X-Forgejo-Event") or request.header("X-Gitea-Event")
    return bool(name) and ALERTING.fullmatch(name or "") is None


SHAPES = [
    Shape(Status, read_status, marks=MARKS, headers=HEADERS),
    Shape(IssueEvent, read_issue, marks=MARKS, headers=HEADERS),
    Shape(OtherEvent, None, marks=other_event),
]

"""Forgejo Actions: the outcome is in the action, and the repository inside the run."""

from typing import Annotated

from alertmap import wire
from alertmap.adapter import Reading, Shape, State
from alertmap.adapters.gitea.repository import run_level
from alertmap.conventions.github import WORDS, Repository, identity, title

# `recover` is the first success after a failure. The event `action_run_cancelled` is newer.
OUTCOMES = {"failure": State.FIRING, "recover": State.RESOLVED, "success": State.RESOLVED, "cancelled": None}


@wire.model
class Run:
    workflow_id: wire.AnyText = ""  # ci.yml
    prettyref: wire.AnyText = ""  # main, or #14 for a pull request
    title: wire.Text = ""
    index_in_repo: wire.Text = ""
    trigger_event: wire.Text = ""
    trigger_user: Annotated[str, wire.inside("login")] = ""
    repository: Repository = Repository()
    html_url: wire.Text = ""
    stopped: wire.Rfc3339 = None
    updated: wire.Rfc3339 = None


@wire.model
class ActionRun:
    action: Annotated[State | None, wire.state(OUTCOMES)]
    run: Run


def read(event: ActionRun) -> Reading | None:
    run, repository = event.run, event.run.repository
    if event.action is None:
        return None
    return Reading(
        state=event.action,
        level=run_level(repository, run.prettyref, is_pull_request=run.prettyref.startswith("#")),
        # The index is another one for each run, also for that which recovers: it is no episode.
        identity=identity(repository, {"workflow": run.workflow_id, "branch": run.prettyref}),
        title=title(repository, run.workflow_id, WORDS[event.action], run.prettyref),
        message=run.title,
        resource=repository.full_name,
        labels={
            "repository": repository.full_name,
            "workflow": run.workflow_id,
            "branch": run.prettyref,
            "event": run.trigger_event,
            "actor": run.trigger_user,
            "run": run.index_in_repo,
        },
        links={"run": run.html_url},
        occurred_at=run.stopped or run.updated,
    )


SHAPES = [
    Shape(
        ActionRun,
        read,
        marks={"$.run.workflow_id", "$.run.prettyref", "$.run.repository"},
        headers={"X-Forgejo-Event": "action_run_"},
    )
]

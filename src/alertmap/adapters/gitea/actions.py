"""Gitea Actions: runs of workflows, and their jobs."""

from typing import Annotated, Literal

from alertmap import conventions, wire
from alertmap.adapter import Reading, Shape, State
from alertmap.adapters.gitea.repository import HEADERS, MARKS, run_level
from alertmap.conventions.github import WORDS, Repository, identity, title

# A run that was cancelled or skipped says nothing about the code.
CONCLUSIONS = conventions.states(
    firing="failure, timed_out", resolved="success", no_state="cancelled, skipped, neutral"
)


@wire.model
class Unfinished:
    status: Literal["requested", "queued", "waiting", "blocked", "pending", "in_progress"]


@wire.model
class UnfinishedRun:
    workflow_run: Unfinished


@wire.model
class UnfinishedJob:
    workflow_job: Unfinished


@wire.model
class Finished:
    conclusion: Annotated[State | None, wire.state(CONCLUSIONS)]
    head_branch: wire.Text = ""  # absent for pull requests
    html_url: wire.Text = ""
    completed_at: wire.Rfc3339 = None


@wire.model
class Run(Finished):
    path: wire.Text = ""  # ci.yaml@refs/heads/main
    display_title: wire.Text = ""
    event: wire.Text = ""
    run_number: wire.Text = ""
    actor: Annotated[str, wire.inside("login")] = ""


@wire.model
class Job(Finished):
    name: wire.AnyText = ""
    run_id: wire.AnyText = ""
    runner_name: wire.Text = ""


@wire.model
class FinishedRun:
    workflow_run: Run
    workflow: Annotated[str, wire.inside("id")] = ""
    workflow_name: Annotated[str, wire.named("workflow"), wire.inside("name")] = ""
    repository: Repository = Repository()


@wire.model
class FinishedJob:
    workflow_job: Job
    repository: Repository = Repository()


def read_run(event: FinishedRun) -> Reading | None:
    run, repository = event.workflow_run, event.repository
    file, _, path_ref = run.path.partition("@")
    ref = run.head_branch or path_ref.removeprefix("refs/heads/")
    workflow = event.workflow or file
    name = event.workflow_name or workflow
    facts = {"workflow": name, "branch": ref, "event": run.event, "actor": run.actor}
    return reading(
        run,
        repository,
        parts={"workflow": workflow, "branch": ref},
        name=name,
        ref=ref,
        message=run.display_title,
        labels=facts | {"run": run.run_number},
    )


def read_job(event: FinishedJob) -> Reading | None:
    job = event.workflow_job
    # Two workflows of a branch often have jobs of one name, and the payload names no workflow.
    return reading(
        job,
        event.repository,
        parts={"run": job.run_id, "job": job.name},
        name=job.name,
        ref=job.head_branch,
        message="",
        labels={"branch": job.head_branch, "runner": job.runner_name},
    )


def reading(
    done: Finished,
    repository: Repository,
    *,
    parts: dict[str, str | None],
    name: str,
    ref: str,
    message: str,
    labels: dict[str, str],
) -> Reading | None:
    if done.conclusion is None:
        return None
    return Reading(
        state=done.conclusion,
        level=run_level(repository, ref, is_pull_request=ref.startswith("refs/pull/")),
        identity=identity(repository, parts),
        title=title(repository, name, WORDS[done.conclusion], ref),
        message=message,
        resource=repository.full_name,
        labels=labels | {"repository": repository.full_name},
        links={"run": done.html_url},
        occurred_at=done.completed_at,
    )


SHAPES = [
    Shape(UnfinishedRun, None, marks=MARKS, headers=HEADERS),
    Shape(UnfinishedJob, None, marks=MARKS, headers=HEADERS),
    Shape(FinishedRun, read_run, marks=MARKS, headers=HEADERS),
    Shape(FinishedJob, read_job, marks=MARKS, headers=HEADERS),
]

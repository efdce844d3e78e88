"""Runs of workflows and their jobs, and checks, of which Actions' are one kind."""

from collections.abc import Mapping
from typing import Annotated, Literal

from alertmap import conventions, wire
from alertmap.adapter import Identity, Reading, Shape, State
from alertmap.adapters.github.imitators import is_github
from alertmap.conventions.github import WORDS, Repository, branch_level, identity, title

# Only a success mends what was broken.
CONCLUSIONS = conventions.states(
    firing="failure, timed_out, startup_failure, action_required",
    resolved="success",
    no_state="neutral, skipped, cancelled, stale",
)


@wire.model
class Unfinished:
    status: Literal["requested", "queued", "waiting", "pending", "in_progress"]
    conclusion: None = None


@wire.model
class UnfinishedRun:
    run: Annotated[Unfinished, wire.named("workflow_run", "check_run")]
    deployment: None = None  # events about deployments have a run and a check beside it


@wire.model
class UnfinishedJob:
    job: Annotated[Unfinished, wire.named("workflow_job", "check_suite")]


@wire.model
class Outcome:
    conclusion: Annotated[State | None, wire.state(CONCLUSIONS)]
    word: Annotated[wire.Text, wire.named("conclusion")] = ""
    name: wire.AnyText = ""
    head_branch: wire.AnyText = ""
    html_url: wire.Text = ""
    at: Annotated[wire.Rfc3339, wire.named("completed_at", "updated_at")] = None


@wire.model
class Run(Outcome):
    workflow_id: wire.AnyText = ""
    path: wire.Text = ""  # .github/workflows/ci.yml, where the name is blank
    head_repository: Annotated[str, wire.inside("id")] = ""
    head_repository_name: Annotated[str, wire.named("head_repository"), wire.inside("full_name")] = ""
    display_title: wire.Text = ""
    event: wire.Text = ""
    run_number: wire.Text = ""
    actor: Annotated[str, wire.inside("login")] = ""


@wire.model
class FinishedRun:
    workflow_run: Run
    deployment: None = None
    repository: Repository = Repository()


@wire.model
class Job(Outcome):
    workflow_name: wire.AnyText = ""  # not in bodies before 2022, as the branch
    runner_name: wire.Text = ""


@wire.model
class FinishedJob:
    workflow_job: Job
    repository: Repository = Repository()


@wire.model
class App:
    id: wire.AnyText = ""
    slug: wire.Text = ""
    name: wire.Text = ""


@wire.model
class Suite:
    id: wire.AnyText = ""
    head_branch: wire.AnyText = ""  # null for forks


@wire.model
class Check(Outcome):
    head_sha: wire.AnyText = ""
    check_suite: Suite = Suite()
    app: App = App()
    output: Annotated[str, wire.inside("title")] = ""
    summary: Annotated[str, wire.named("output"), wire.inside("summary")] = ""


@wire.model
class FinishedCheck:
    check_run: Check
    deployment: None = None
    repository: Repository = Repository()


@wire.model
class SuiteOutcome(Outcome):
    id: wire.AnyText = ""
    head_sha: wire.AnyText = ""
    app: App = App()


@wire.model
class FinishedSuite:
    check_suite: SuiteOutcome
    repository: Repository = Repository()


def read_run(event: FinishedRun) -> Reading | None:
    run, repository = event.workflow_run, event.repository
    name, fork = run.name or run.path, fork_of(run, repository)
    parts = {"workflow": run.workflow_id, "branch": run.head_branch}
    return reading(
        run,
        repository,
        {**parts, "fork": fork},
        *([{**parts, "fork": "deleted"}] if fork == "" else []),
        name=name,
        branch=run.head_branch if fork is None else f"{run.head_repository_name or 'fork'}:{run.head_branch}",
        message=run.display_title,
        labels={"workflow": name, **wire.pick(run, "event", "actor"), "run": run.run_number},
    )


def fork_of(run: Run, repository: Repository) -> str | None:
    """Return the fork that a run is of, whose branches have the names of yours; "" for one that was deleted."""
    if not run.head_repository:  # null: github/rest-api-description, issue 1586
        return "" if run.event.startswith("pull_request") else None
    return None if repository.id in ("", run.head_repository) else run.head_repository


def read_job(event: FinishedJob) -> Reading | None:
    job = event.workflow_job
    return reading(
        job,
        event.repository,
        {"workflow": job.workflow_name, "job": job.name, "branch": job.head_branch},
        name=conventions.join(job.workflow_name, job.name, by=" / "),
        branch=job.head_branch,
        labels={"workflow": job.workflow_name, "runner": job.runner_name},
    )


def read_check(event: FinishedCheck) -> Reading | None:
    check = event.check_run
    return reading(
        check,
        event.repository,
        *places(check.app, check.check_suite, check.head_sha, {"check": check.name}),
        name=check.name,
        branch=check.check_suite.head_branch,
        message=conventions.join(check.output, check.summary, by="\n"),
        labels={"app": check.app.name},
    )


def read_suite(event: FinishedSuite) -> Reading | None:
    suite = event.check_suite
    return reading(
        suite,
        event.repository,
        *places(suite.app, suite, suite.head_sha, {}),
        name=suite.app.name or suite.app.slug,
        branch=suite.head_branch,
        labels={"app": suite.app.name},
    )


def places(app: App, suite: Suite | SuiteOutcome, commit: str, parts: Mapping[str, str]) -> list[Identity]:
    if app.slug == "github-actions":  # each workflow has a suite of its own, whose checks may have equal names
        return [{"app": app.id, "suite": suite.id, **parts}]
    return [{"app": app.id, "branch": suite.head_branch, **parts}, {"app": app.id, "commit": commit, **parts}]


def reading(
    outcome: Outcome,
    repository: Repository,
    *choices: Identity,
    name: str,
    branch: str,
    message: str = "",
    labels: Mapping[str, str],
) -> Reading | None:
    if outcome.conclusion is None:
        return None
    needs_action = wire.state_word(outcome.word) == "actionrequired"
    verdict = "needs an action" if needs_action else WORDS[outcome.conclusion]
    return Reading(
        state=outcome.conclusion,
        level="action required" if needs_action else branch_level(repository, branch),
        identity=identity(repository, *choices),
        title=title(repository, name, verdict, branch),
        message=message,
        resource=repository.full_name,
        labels={**labels, "repository": repository.full_name, "branch": branch, "conclusion": outcome.word},
        links={"run": outcome.html_url},
        occurred_at=outcome.at,
    )


SHAPES = [
    Shape(UnfinishedJob, None, marks=is_github),
    Shape(UnfinishedRun, None, marks=is_github),
    Shape(FinishedJob, read_job, marks=is_github),
    Shape(FinishedRun, read_run, marks=is_github),
    Shape(FinishedCheck, read_check, marks=is_github),
    Shape(FinishedSuite, read_suite, marks=is_github),
]

"""Statuses of deployments and of commits, which many tools besides Actions set."""

from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Reading, Shape, State
from alertmap.adapters.github.imitators import is_github
from alertmap.conventions.github import WORDS, Repository, branch_level, identity, title

DEPLOYMENTS = conventions.states(
    firing="error, failure", resolved="success, inactive", no_state="pending, queued, in_progress, waiting"
)
STATUSES = conventions.states(firing="error, failure", resolved="success", no_state="pending")


@wire.model
class DeploymentStatus:
    state: Annotated[State | None, wire.state(DEPLOYMENTS)]
    word: Annotated[wire.Text, wire.named("state")] = ""
    environment: wire.AnyText = ""
    description: wire.Text = ""
    target_url: wire.Text = ""
    log_url: wire.Text = ""
    creator: Annotated[str, wire.inside("login")] = ""
    updated_at: wire.Rfc3339 = None


@wire.model
class Deployment:
    environment: wire.AnyText = ""
    production_environment: bool = False
    ref: wire.Text = ""


@wire.model
class DeploymentEvent:
    deployment_status: DeploymentStatus
    deployment: Deployment = Deployment()
    repository: Repository = Repository()


@wire.model
class Status:
    state: Annotated[State | None, wire.state(STATUSES)]
    sha: wire.AnyText
    context: wire.AnyText
    id: wire.Number = 0
    description: wire.Text = ""
    branches: list[Annotated[str, wire.inside("name")]] = Factory(list)
    target_url: wire.Text = ""
    commit: Annotated[str, wire.inside("html_url")] = ""
    updated_at: wire.Rfc3339 = None
    repository: Repository = Repository()


def read_deployment(event: DeploymentEvent) -> Reading | None:
    status, deployment, repository = event.deployment_status, event.deployment, event.repository
    if status.state is None:
        return None
    environment = status.environment or deployment.environment
    is_production = deployment.production_environment or environment.casefold() == "production"
    return Reading(
        state=status.state,
        level="production" if is_production else "other environment",
        identity=identity(repository, {"environment": environment}),
        title=title(repository, f"deployment to {environment}" if environment else "", WORDS[status.state]),
        message=status.description,
        resource=conventions.join(repository.full_name, environment, by="/"),
        labels={"repository": repository.full_name, "environment": environment}
        | {"ref": deployment.ref, "actor": status.creator, "status": status.word},
        links={"target": status.target_url, "log": status.log_url},
        occurred_at=status.updated_at,
    )


def read_status(event: Status) -> Reading | None:
    if event.state is None:
        return None
    repository, names = event.repository, event.branches
    # A commit may be on several branches, or, in a fork, on none.
    only = names[0] if len(names) == 1 else ""
    branch = repository.default_branch if repository.default_branch in names else only
    context = {"context": event.context}
    return Reading(
        state=event.state,
        level=branch_level(repository, branch),
        identity=identity(repository, {**context, "branch": branch}, {**context, "commit": event.sha}),
        title=title(repository, event.context, WORDS[event.state]),
        message=event.description,
        resource=repository.full_name,
        labels={"repository": repository.full_name, "context": event.context, "branch": branch, "commit": event.sha},
        links={"target": event.target_url, "commit": event.commit},
        occurred_at=event.updated_at,
        sequence=int(event.id),  # two statuses may have one second
    )


SHAPES = [Shape(DeploymentEvent, read_deployment, marks=is_github), Shape(Status, read_status, marks=is_github)]

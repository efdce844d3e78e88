"""Pipelines, jobs and deployments. No event says that one is mended: the next success does."""

from itertools import islice
from typing import Annotated, Literal

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Reading, Shape, State
from alertmap.adapters.gitlab.project import HEADERS, MARKS, Event, Project, identity, link

STATES = conventions.states(
    firing="failed",
    resolved="success",
    no_state="canceled, canceling, skipped, manual, created, waiting_for_resource, waiting_for_callback, preparing,"
    " pending, running, scheduled, blocked",
)
WORDS = {State.FIRING: "failed", State.RESOLVED: "succeeded"}

MOST_JOBS = 20  # in a message


@wire.model
class Attributes:
    status: Annotated[State | None, wire.state(STATES)]
    ref: wire.AnyText
    id: wire.AnyText = ""
    name: wire.Text = ""  # of the workflow, where it has one
    tag: bool = False
    source: wire.Text = ""  # not in old bodies
    url: wire.Text = ""
    finished_at: wire.LooseTime = None  # 2026-03-04 10:00:00 UTC


@wire.model
class Build:
    name: wire.Text = ""
    status: wire.Text = ""
    stage: wire.Text = ""
    allow_failure: bool = False


@wire.model
class Pipeline(Event):
    object_kind: Literal["pipeline"]
    object_attributes: Attributes
    merge_request: Annotated[str, wire.inside("iid")] = ""
    builds: list[Build] = Factory(list)


@wire.model
class Job(Event):
    """Event of the kind "build", whose keys are flat."""

    build_status: Annotated[State | None, wire.state(STATES)]
    build_name: wire.AnyText
    ref: wire.AnyText
    tag: bool = False
    build_id: wire.AnyText = ""
    build_stage: wire.Text = ""
    build_allow_failure: bool = False
    build_failure_reason: wire.Text = ""
    build_finished_at: wire.LooseTime = None
    project_id: wire.AnyText = ""
    project_name: wire.Text = ""  # Group / name
    homepage: Annotated[str, wire.named("repository"), wire.inside("homepage")] = ""


@wire.model
class Deployment(Event):
    object_kind: Literal["deployment"]
    status: Annotated[State | None, wire.state(STATES)]
    environment: wire.AnyText = ""
    environment_tier: wire.Text = ""
    environment_external_url: wire.Text = ""
    deployable_url: wire.Text = ""  # the job
    ref: wire.Text = ""
    status_changed_at: wire.LooseTime = None


def read_pipeline(event: Pipeline) -> Reading | None:
    pipeline, project = event.object_attributes, event.project
    if pipeline.status is None:
        return None
    is_request = pipeline.source == "merge_request_event"
    parts = {
        "ref": pipeline.ref,
        # Its ref may be that of a branch.
        "merge_request": event.merge_request if is_request else None,
        # A child has the ref of its parent, and of other children.
        "child": pipeline.id if pipeline.source == "parent_pipeline" else None,
    }
    where = f"!{event.merge_request}" if event.merge_request else pipeline.ref
    failed = [build.name for build in event.builds if build.status == "failed" and not build.allow_failure]
    return Reading(
        state=pipeline.status,
        level="other branch" if is_request else level(project, pipeline.ref, is_tag=pipeline.tag),
        identity=identity(project, parts),
        title=title(project.path_with_namespace, pipeline.name or "pipeline", pipeline.status, where),
        message=f"failed jobs: {', '.join(islice(failed, MOST_JOBS))}" if failed else "",
        resource=project.path_with_namespace,
        labels={"project": project.path_with_namespace, "user": event.user, "merge_request": event.merge_request}
        | wire.pick(pipeline, "ref", "source"),
        links={"pipeline": pipeline.url or link(project, "pipelines", pipeline.id)},
        occurred_at=pipeline.finished_at,
    )


def read_job(event: Job) -> Reading | None:
    is_failed = event.build_status is State.FIRING
    if event.build_status is None or (is_failed and event.build_allow_failure):
        return None
    project = event.project
    path = project.path_with_namespace or event.project_name
    at_home = Project(web_url=project.web_url or event.homepage)
    parts = {"ref": event.ref, "job": event.build_name}
    return Reading(
        state=event.build_status,
        level=level(project, event.ref, is_tag=event.tag),
        identity=[{"project": event.project_id or project.id, **parts}, {"project_path": path, **parts}],
        title=title(path, event.build_name, event.build_status, event.ref),
        message=event.build_failure_reason if is_failed else "",
        resource=path,
        labels={"project": path, "ref": event.ref, "stage": event.build_stage, "user": event.user},
        links={"job": link(at_home, "jobs", event.build_id)},
        occurred_at=event.build_finished_at,
    )


def read_deployment(event: Deployment) -> Reading | None:
    if event.status is None:
        return None
    path = event.project.path_with_namespace
    environment = event.environment
    is_production = "production" in (event.environment_tier.casefold(), environment.casefold())
    return Reading(
        state=event.status,
        level="production" if is_production else "other environment",
        identity=identity(event.project, {"environment": environment}),
        title=title(path, f"deployment to {environment}" if environment else "", event.status),
        resource=conventions.join(path, environment, by="/"),
        labels={"project": path, "user": event.user, **wire.pick(event, "environment", "ref")},
        links={"job": event.deployable_url, "environment": event.environment_external_url},
        occurred_at=event.status_changed_at,
    )


def level(project: Project, ref: str, *, is_tag: bool) -> str:
    if is_tag:
        return "tag"
    return "default branch" if ref and ref == project.default_branch else "other branch"


def title(path: str, name: str, state: State, where: str = "") -> str:
    return conventions.join(path, f"{name} {WORDS[state]}{f' on {where}' if where else ''}") if name else ""


SHAPES = [
    Shape(Pipeline, read_pipeline, marks=MARKS, headers=HEADERS),
    Shape(Job, read_job, marks=MARKS, headers=HEADERS),
    Shape(Deployment, read_deployment, marks=MARKS, headers=HEADERS),
]

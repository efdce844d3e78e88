"""HCP Terraform and Terraform Enterprise: the notifications of a workspace or a project.

Set up:

1. In the workspace, Settings, Notifications, Create a notification: destination Webhook, the URL
   `https://receiver.example/terraform_cloud`, and a token. The token signs each body: the source gets it as
   `Auth(secrets="…")`.
2. Run events: tick Completed and Errored, and Needs Attention and Applying if a run that waits for somebody is to be an
   alert. Health events: tick all three. "All events" does no harm.
3. Create it: a verification is sent, which is recognised as a test. Without a status from 200 to 299 the notification
   is not enabled.

Answer 200.

An alert is a workspace and what is wrong with it. A run that errored (level `run`, high) is over with the next run of
the workspace that completes. A run that needs attention (`attention`, low) is over when this run is applied or
cancelled. Drift (`drift`, medium), failed checks (`checks`, high) and a failed health assessment (`assessment`, medium)
are never announced as over, for an assessment without findings is not sent: let incidents of this source expire.
Automatic destruction is info, and medium where it failed (`destroy`, `failed destroy`).

Limits: a run that was cancelled or discarded is no failure, though its trigger is that of one. Runs that only plan, and
workspaces with local execution, send nothing. Change requests are no alerts.
"""

from collections.abc import Iterator
from typing import Annotated

from attrs import evolve

from alertmap import conventions, wire
from alertmap.adapter import (
    Adapter,
    Identity,
    InHeader,
    Notice,
    Problem,
    ProblemCode,
    Reading,
    Reason,
    Result,
    Shape,
    Signature,
    State,
    Times,
)

STATES = conventions.states(
    firing="run:errored, run:needs_attention, assessment:drifted, assessment:check_failure, assessment:failed,"
    # The vendor's page names the second of these in its table, and the third in its examples.
    " workspace:auto_destroy_reminder, workspace:auto_destroy_run_results, workspace:auto_destroy_results",
    resolved="run:completed, run:applying",
    no_state="run:created, run:planning, team:change_request, verification",
)

# What a trigger is about; all others are about runs.
ABOUT = {
    wire.state_word(trigger): about
    for trigger, about in {
        "run:needs_attention": "attention",
        "run:applying": "attention",
        "assessment:drifted": "drift",
        "assessment:check_failure": "checks",
        "assessment:failed": "assessment",
        "workspace:auto_destroy_reminder": "destroy",
        "workspace:auto_destroy_run_results": "destroy",
        "workspace:auto_destroy_results": "destroy",
    }.items()
}

ERRORED = wire.state_word("run:errored")
CANCELLED = {"canceled", "forcecanceled", "discarded"}

LEVELS = conventions.levels(  # all are ours
    high="run, checks", medium="drift, assessment, failed destroy", low="attention", info="destroy"
)


@wire.model
class News:
    state: Annotated[State | None, wire.state(STATES), wire.named("trigger")]
    trigger: wire.AnyText = ""
    message: wire.Text = ""
    run_status: wire.Text = ""
    run_updated_at: wire.Rfc3339 = None


@wire.model
class Workspace:
    workspace_id: wire.AnyText = ""
    workspace_name: wire.AnyText = ""
    organization_name: wire.AnyText = ""
    run_id: wire.AnyText = ""
    run_url: wire.Text = ""
    run_message: Annotated[wire.Text, wire.also("run_create_error_message")] = ""


@wire.model
class Assessment:
    resources_drifted: wire.Number = 0
    checks_failed: wire.Number = 0
    created_at: wire.Rfc3339 = None


@wire.model
class Details(Workspace):
    new_assessment_result: Assessment = Assessment()
    run_status: wire.Text = ""


@wire.model
class Run(Workspace):
    notifications: wire.Items[News]
    details: Details = Details()  # some bodies of version 2 have their news in a list, too


@wire.model
class Health(News):
    """Notification of version 2: about an assessment, or about the workspace itself."""

    details: Details


def read(event: Run) -> Iterator[Result]:
    for where, news in event.notifications:
        if wire.state_word(news.trigger) == "verification":
            yield Notice(reason=Reason.TEST)
        elif news.state is not None:
            details = event.details
            is_health = details.workspace_id or details.workspace_name
            one = health(details, news, news.state) if is_health else reading(event, news, news.state)
            yield evolve(one, path=where)
    if not len(event.notifications):
        yield Problem(ProblemCode.MISSING, "$.notifications", "the request holds no notification")


def read_health(event: Health) -> Reading | None:
    return None if event.state is None else health(event.details, event, event.state)


def health(details: Details, news: News, state: State) -> Reading:
    found = details.new_assessment_result
    alert = reading(details, news, state)
    if alert.level == "destroy":
        is_failed = details.run_message or wire.loosen(details.run_status) == "errored"
        return evolve(alert, level="failed destroy" if is_failed else "destroy", times=Times.NONE)
    values = {"resources_drifted": found.resources_drifted, "checks_failed": found.checks_failed}
    return evolve(alert, values=values, occurred_at=found.created_at)


def reading(at: Workspace, news: News, state: State) -> Reading:
    trigger = wire.state_word(news.trigger)
    about = ABOUT.get(trigger, "run")
    if trigger == ERRORED and wire.loosen(news.run_status) in CANCELLED:
        # It says nothing about the workspace, only that this run waits no more.
        state, about = State.RESOLVED, "attention"
    run: list[Identity] = [{"run": at.run_id}] if about == "attention" else []
    return Reading(
        state=state,
        level=about,
        identity=[
            *run,
            {"workspace": at.workspace_id, "about": about},
            {"organization": at.organization_name, "name": at.workspace_name, "about": about},
        ],
        title=conventions.join(
            conventions.join(at.organization_name, at.workspace_name, by="/"), news.message or news.trigger
        ),
        message=at.run_message,
        resource=at.workspace_name,
        labels={"organization": at.organization_name, "workspace": at.workspace_name, "run": at.run_id}
        | {"status": news.run_status, "trigger": news.trigger},
        links={"run": at.run_url},
        occurred_at=news.run_updated_at,
        resolvable=about in ("run", "attention"),
    )


MARKS = {"payload_version", "notification_configuration_id"}

adapter = Adapter(
    name="terraform_cloud",
    title="HCP Terraform",
    shapes=[Shape(Run, read, marks=MARKS), Shape(Health, read_health, marks=MARKS)],
    levels=LEVELS,
    times=Times.STATED,
    identity_parts={"run", "workspace", "organization", "name", "about"},
    signatures=[Signature(place=InHeader("X-TFE-Notification-Signature"), algorithm="hmac-sha512")],
)

"""Incidents, alerts as tools post them to GitLab, and all events that are no alerts."""

from typing import Annotated, Any, Literal

from alertmap import wire
from alertmap.adapter import Reading, Request, Shape, State, Times
from alertmap.adapters.gitlab.project import HEADERS, MARKS, Event, identity

ISSUES: dict[str, State | None] = {"opened": None, "reopened": None, "closed": State.RESOLVED}
ESCALATIONS = {
    "triggered": State.FIRING,
    "acknowledged": State.ACKNOWLEDGED,
    "resolved": State.RESOLVED,
    "ignored": State.SUPPRESSED,
}

OTHER_TYPES = {"issue", "task", "testcase", "requirement", "objective", "keyresult", "epic", "ticket"}

ALERTING = ("pipeline", "build", "deployment", "issue", "work_item")
ALERTING_HEADERS = {"pipeline", "build", "job", "deployment", "issue", "confidential issue", "work item", ""}


@wire.model
class Issue:
    state: Annotated[State | None, wire.state(ISSUES)]
    escalation_status: Annotated[State | None, wire.state(ESCALATIONS)] = None
    type: wire.Text = ""  # from 17.2 on
    severity: wire.Text = ""
    iid: wire.AnyText = ""
    title: wire.Text = ""
    description: wire.Text = ""
    url: wire.Text = ""
    created_at: wire.LooseTime = None
    updated_at: wire.LooseTime = None


@wire.model
class IssueEvent(Event):
    object_kind: Literal["issue", "work_item"]
    object_attributes: Issue


@wire.model
class Alert:
    """Body of the alert endpoint."""

    title: wire.AnyText
    object_kind: None = None
    description: wire.Text = ""
    start_time: wire.LooseTime = None
    end_time: wire.LooseTime = None
    service: wire.AnyText = ""
    monitoring_tool: wire.Text = ""
    hosts: wire.ScalarText = ""
    severity: wire.Text = ""
    fingerprint: list[wire.AnyText] | wire.AnyText = ""
    gitlab_environment_name: wire.Text = ""


@wire.model
class OtherEvent:
    """Pushes, merge requests, comments, releases and others."""


def read_issue(event: IssueEvent) -> Reading | None:
    issue, project = event.object_attributes, event.project
    if not is_incident(issue):
        return None
    return Reading(
        state=issue.state or issue.escalation_status or State.FIRING,
        level=issue.severity or "unknown",
        identity=identity(project, {"incident": issue.iid}),
        title=issue.title,
        message=issue.description,
        resource=project.path_with_namespace,
        labels={"project": project.path_with_namespace, "user": event.user},
        links={"incident": issue.url},
        started_at=issue.created_at,
        occurred_at=issue.updated_at,
    )


def is_incident(issue: Issue) -> bool:
    word = wire.state_word(issue.type)
    if word == "incident" or word in OTHER_TYPES:
        return word == "incident"
    # Before there was a type, only incidents had an escalation, or a severity other than `unknown`.
    return issue.escalation_status is not None or wire.state_word(issue.severity) not in ("", "unknown")


def read_alert(alert: Alert) -> Reading:
    named = alert.fingerprint if isinstance(alert.fingerprint, str) else "/".join(alert.fingerprint)
    moment = alert.end_time or alert.start_time
    return Reading(
        state=State.RESOLVED if alert.end_time else State.FIRING,
        level=alert.severity or "critical",  # as GitLab does
        identity=[
            {"fingerprint": named},
            {"title": alert.title, "service": alert.service or None, "hosts": alert.hosts or None},
        ],
        title=alert.title,
        message=alert.description,
        resource=alert.service or alert.hosts,
        labels={
            **wire.pick(alert, "service", "hosts"),
            "tool": alert.monitoring_tool,
            "environment": alert.gitlab_environment_name,
        },
        occurred_at=moment,  # Gatus sends the time of its request as both times of an end
        times=None if moment else Times.NONE,
    )


def other_event(document: Any, request: Request) -> bool:
    if document.get("object_kind") in ALERTING:
        return False
    name = (request.header("X-Gitlab-Event") or "").casefold().partition(" hook")[0]
    if name == "system":  # all events of an instance
        return "object_kind" in document or "event_name" in document
    return name not in ALERTING_HEADERS


SHAPES = [
    Shape(IssueEvent, read_issue, marks=MARKS, headers=HEADERS),
    Shape(Alert, read_alert, marks={"gitlab_environment_name"}, times=Times.SINCE),
    Shape(OtherEvent, None, marks=other_event),
]

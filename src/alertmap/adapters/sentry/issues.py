"""Issues: their own webhook, the events of issue alerts, and the older webhook of a project.

Sources: getsentry/sentry-docs, webhooks/issues.mdx and issue-alerts.mdx.
"""

import re
from collections.abc import Iterable
from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Identity, Reading, Shape, State
from alertmap.adapters.sentry.hooks import HEADERS, MARKS, SENT_AT, seconds

STATUSES = conventions.states(firing="unresolved", suppressed="ignored, archived", resolved="resolved")

# Of an issue. `assigned`, and what is not here, says nothing: the status of the issue does.
ACTIONS = conventions.states(
    firing="created, unresolved, triggered", suppressed="archived, ignored", resolved="resolved"
)

ISSUE_NUMBER = re.compile(r"/issues/([0-9]{1,20})(?:[/?]|$)")
PROJECT = re.compile(r"/projects/[^/]{1,100}/([^/]{1,100})/")


@wire.model
class Event:
    issue_id: wire.AnyText = ""
    issue_url: wire.Text = ""
    web_url: wire.Text = ""
    url: wire.Text = ""  # of the API; only here the project has its name
    level: wire.Text = ""
    title: wire.Text = ""
    message: wire.Text = ""
    culprit: wire.Text = ""
    detail: Annotated[str, wire.named("metadata"), wire.inside("value")] = ""
    environment: wire.Text = ""
    release: wire.Text = ""
    tags: list[list[wire.AnyText]] = Factory(list)  # pairs of a name and a value
    # The clock of Sentry, as in the header; `datetime` and `timestamp` are of the program that failed.
    received: Annotated[wire.AnyTime, wire.named("received", "datetime", "timestamp")] = None


@wire.model
class EventData:
    sent: Annotated[Event, wire.named("event", "error")]
    triggered_rule: wire.Text = ""


@wire.model
class EventHook:
    """Event that an alert rule, or the webhook `error`, is about."""

    data: EventData


@wire.model
class Project:
    slug: wire.AnyText = ""


@wire.model
class Issue:
    status: Annotated[State | None, wire.state(STATUSES)] = None
    id: wire.AnyText = ""
    shortId: wire.Text = ""
    title: wire.Text = ""
    culprit: wire.Text = ""
    detail: Annotated[str, wire.named("metadata"), wire.inside("value")] = ""
    level: wire.Text = ""
    priority: wire.Text = ""
    substatus: wire.Text = ""
    count: wire.AnyText = ""
    project: Project = Project()
    web_url: Annotated[wire.Text, wire.also("permalink")] = ""
    firstSeen: wire.Rfc3339 = None


@wire.model
class IssueData:
    issue: Issue
    triggered_rule: wire.Text = ""


@wire.model
class IssueHook:
    data: IssueData
    action: wire.AnyText = ""
    sent_at: Annotated[str | None, SENT_AT] = None


@wire.model
class OldEvent:
    title: wire.Text = ""
    environment: wire.Text = ""
    release: wire.Text = ""
    tags: list[list[wire.AnyText]] = Factory(list)
    received: Annotated[wire.AnyTime, wire.named("received", "timestamp")] = None


@wire.model
class OldWebhook:
    event: OldEvent
    url: wire.AnyText = ""
    id: wire.AnyText = ""
    project: Annotated[wire.AnyText, wire.named("project_slug", "project")] = ""
    level: wire.Text = ""
    message: wire.Text = ""
    culprit: wire.Text = ""
    triggering_rules: list[wire.AnyText] = Factory(list)


def read_event(hook: EventHook) -> Reading:
    event, labels = hook.data.sent, labels_of(hook.data.sent.tags)
    project = PROJECT.search(event.url)
    slug = project[1] if project else ""
    return Reading(
        state=State.FIRING,
        level=event.level,
        identity=identity(event.issue_id, (event.issue_url, event.web_url), slug, event.title),
        title=event.title,
        message=conventions.join(event.message or event.detail, event.culprit, by="\n"),
        resource=labels.get("server_name", "") or slug,
        labels=labels
        | wire.pick(event, "environment", "release")
        | {"project": slug, "triggered_rule": hook.data.triggered_rule},
        links={"event": event.web_url},
        occurred_at=event.received,
    )


def read_issue(hook: IssueHook) -> Reading:
    issue = hook.data.issue
    return Reading(
        state=ACTIONS.get(hook.action.strip().lower(), issue.status),
        level=issue.level,
        identity=identity(issue.id, (issue.web_url,), issue.project.slug, issue.title),
        title=issue.title,
        message=conventions.join(issue.detail, issue.culprit, by="\n"),
        resource=issue.project.slug,
        labels=wire.pick(issue, "shortId", "priority", "substatus")
        | {"project": issue.project.slug, "triggered_rule": hook.data.triggered_rule},
        links={"issue": issue.web_url},
        values={"count": wire.number_in(issue.count)} if issue.count else {},
        # `firstSeen` is long ago where the issue was reopened; no time in the body is that of the change.
        started_at=issue.firstSeen if hook.action == "created" else None,
        occurred_at=seconds(hook.sent_at),
    )


def read_old(hook: OldWebhook) -> Reading:
    event, labels = hook.event, labels_of(hook.event.tags)
    title = event.title or hook.message or hook.culprit
    return Reading(
        state=State.FIRING,
        level=hook.level,
        identity=identity(hook.id, (hook.url,), hook.project, title),
        title=title,
        message=conventions.join(hook.message, hook.culprit, by="\n"),
        resource=labels.get("server_name", "") or hook.project,
        labels=labels
        | wire.pick(event, "environment", "release")
        | {"project": hook.project, "triggered_rule": ", ".join(hook.triggering_rules)},
        links={"issue": hook.url},
        occurred_at=event.received,
        resolvable=False,
    )


def identity(issue: str, urls: Iterable[str], project: str, title: str) -> list[Identity]:
    numbers = (ISSUE_NUMBER.search(url) for url in urls)
    number = next((found[1] for found in numbers if found), "")
    return [{"issue": issue.strip()}, {"issue": number}, {"project": project, "title": title}]


def labels_of(tags: list[list[str]]) -> dict[str, str]:
    return {tag[0]: tag[1] for tag in tags if len(tag) == 2}  # noqa: PLR2004 - a name and a value


SHAPES = [
    Shape(EventHook, read_event, marks=MARKS, headers=HEADERS),
    Shape(IssueHook, read_issue, marks=MARKS, headers=HEADERS),
    Shape(OldWebhook, read_old, marks={"culprit", "project_name"}),
]

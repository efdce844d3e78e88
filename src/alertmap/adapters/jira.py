"""Jira Cloud, Data Center and Server: webhooks about issues, post functions of workflows, and Automation.

Set up:

1. Settings, System, WebHooks, Create a WebHook: as URL

   ```text
   https://receiver.example/jira
   ```

   Enter a secret; the source gets it as `Auth(secrets="…")`. A Server that has no such field gets the token in the URL.
2. Enter a filter (JQL), so that only those issues are sent that shall page:

   ```text
   project = OPS AND issuetype = Incident
   ```

   A filter by status or priority would hide the end of an issue.
3. Tick Issue created, updated and deleted. Leave "Exclude body" off.

Instead, a rule of Automation may have the action "Send web request": POST, web request body "Issue data (Jira format)".
Or a transition may have the post function "Trigger a Webhook"; put it after those that set the status. Neither signs:
put the token into the URL.

Answer 200. Jira Cloud tries again where it gets another answer.

An alert is an issue. Its state is the category of its status, whatever the status is called: To Do fires, In Progress
is acknowledged, Done ends it. A resolution counts for nothing, because workflows forget to clear it. Each edit states
the issue again. An issue that is opened again fires; one that is deleted has ended. The priorities Highest to Lowest,
Blocker to Trivial and P1 to P5 are severities; an issue without one has the level `no priority`, which is medium. Name
your own priorities in the source's priorities.

Limits: a Server before 6.2 has no categories: its English names of statuses are known, and others fire. Where a body
was cut down to have no `self`, the site is no part of the key. An issue that leaves the filter is not announced.
"""

import re
from typing import Annotated, Any, Literal

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, InHeader, Reading, Request, Shape, Signature, State, Times

CATEGORIES = conventions.states(firing="new, undefined", acknowledged="indeterminate", resolved="done")

# Of a Server without categories.
NAMES = conventions.states(
    firing="Open, To Do, New, Reopened, Backlog",
    acknowledged="In Progress, In Review, Pending, Escalated, Waiting for customer, Waiting for support",
    resolved="Done, Closed, Resolved, Completed, Cancelled, Canceled, Declined, Rejected, Won't do",
)

LEVELS = conventions.levels(
    critical="Highest, Blocker, P1",
    high="High, Critical, P2",  # below Blocker in the older scheme
    medium="Medium, Major, P3, no priority",  # the last one is ours
    low="Low, Minor, P4",
    info="Lowest, Trivial, P5",
)

SITE = re.compile(r"(https?://[^?#]+?)/rest/")

# Events about an issue that do not change it, and about other things.
OTHER_EVENTS = re.compile(
    r"(?:comment|worklog|attachment|issuelink|issue_property|issuetype|sprint|board|project|user|filter|option"
    r"|jira:version|jira:worklog|jira_expression)_"
)


@wire.model
class Category:
    key: Annotated[State, wire.state(CATEGORIES)]


@wire.model
class Categorised:
    statusCategory: Category
    name: wire.Text = ""


@wire.model
class Named:
    state: Annotated[State, wire.state(NAMES), wire.named("name")]
    name: wire.Text = ""


@wire.model
class Thing:
    name: wire.Text = ""


@wire.model
class Fields:
    status: Categorised | Named | None = None
    summary: wire.Text = ""
    description: wire.Json = None  # text, or a document of paragraphs
    priority: Thing | wire.Text = ""
    issuetype: Annotated[str, wire.inside("name")] = ""
    project: Annotated[str, wire.inside("key")] = ""
    labels: list[wire.Text] = Factory(list)
    components: list[Thing] = Factory(list)
    created: wire.Rfc3339 = None
    updated: wire.Rfc3339 = None


@wire.model
class Issue:
    fields: Fields
    id: wire.AnyText = ""
    key: wire.AnyText = ""  # another one when the issue moves to another project
    address: Annotated[wire.Text, wire.named("self")] = ""


@wire.model
class IssueEvent:
    issue: Issue
    webhookEvent: wire.Text = ""  # not of post functions
    timestamp: wire.EpochMillis = None


@wire.model
class Deleted(IssueEvent):
    webhookEvent: Literal["jira:issue_deleted"]


@wire.model
class OtherEvent:
    """Comments, sprints, versions and others."""


def read(event: IssueEvent) -> Reading | None:
    return None if OTHER_EVENTS.match(event.webhookEvent) else reading(event.issue, event)


def read_deleted(event: Deleted) -> Reading:
    return reading(event.issue, event, is_deleted=True)


def read_bare(issue: Issue) -> Reading:
    return reading(issue, None)


def reading(issue: Issue, event: IssueEvent | None, *, is_deleted: bool = False) -> Reading:
    fields, status = issue.fields, issue.fields.status
    found = SITE.match(conventions.address(issue.address))
    site = found[1] if found else ""
    moment = (event.timestamp if event else None) or fields.updated
    host = site.partition("://")[2] or None
    priority = fields.priority if isinstance(fields.priority, str) else fields.priority.name
    return Reading(
        state=State.RESOLVED if is_deleted else state_of(status),
        level=priority or "no priority",
        # The ids of two sites are alike.
        identity=[{"site": host, "issue": issue.id}, {"site": host, "key": issue.key}],
        title=conventions.join(issue.key, fields.summary),
        message=text_of(fields.description),
        resource=fields.project,
        labels={
            **wire.pick(fields, "issuetype", "project"),
            "status": status.name if status else "",
            "labels": ", ".join(fields.labels),
            "components": ", ".join(component.name for component in fields.components),
        },
        links={"issue": f"{site}/browse/{issue.key}" if site and issue.key else ""},
        started_at=fields.created,
        occurred_at=moment,
        times=None if moment else Times.NONE,
    )


def state_of(status: Categorised | Named | None) -> State | None:
    if isinstance(status, Categorised):
        return status.statusCategory.key
    return status.state if status else None


def text_of(description: object) -> str:
    if isinstance(description, str):
        return description
    return " ".join(text for names, text in wire.flatten(description) if names and names[-1] == "text")


def is_jira(document: Any, _request: Request) -> bool:
    issue = document["issue"]
    is_issue = type(issue) is dict and issue.keys() >= {"key", "fields"}
    return is_issue and not document.keys().isdisjoint({"webhookEvent", "transition"})


def is_other(document: Any, _request: Request) -> bool:
    name = document.get("webhookEvent")
    return type(name) is str and OTHER_EVENTS.match(name) is not None


adapter = Adapter(
    name="jira",
    title="Jira",
    shapes=[
        Shape(Deleted, read_deleted, marks=is_jira),
        Shape(IssueEvent, read, marks=is_jira),
        Shape(Issue, read_bare, marks={"key", "self"}),
        Shape(OtherEvent, None, marks=is_other),
    ],
    levels=LEVELS,
    open_levels=True,
    times=Times.STATED,
    repeats={State.FIRING, State.ACKNOWLEDGED, State.RESOLVED},
    delivery_header="X-Atlassian-Webhook-Identifier",
    identity_parts={"site", "issue", "key"},
    retries=True,
    signatures=[Signature(place=InHeader("X-Hub-Signature", "sha256="))],
)

r"""New Relic: the webhook of its workflows, and the incident webhook of legacy notification channels.

Set up:

1. Under Alerts, Destinations, add a Webhook with the URL

   ```text
   https://receiver.example/new_relic?token=…
   ```

2. Under Workflows add a workflow, filter its issues, choose the channel Webhook with this destination, and keep the
   payload that stands there.
3. Under "Send notifications when" tick activated, acknowledged, closed and priority changed.
4. Press "Send test notification".

Answer 200.

An alert is an issue. New Relic puts several incidents into one issue where its policy or a decision says so: the issue
is closed when all of them are. Its title changes with them, its id does not. CREATED and ACTIVATED fire, ACKNOWLEDGED
is acknowledged, DEACTIVATED and CLOSED end it; what triggered the notification changes nothing. Priorities critical,
high, medium and low are severities. A payload of your own is read where it has the state, and `id`, `issueId` or
`issueUrl`; it may have the keys `owner`, `accountName`, `labels`, `runbookUrl` and `violationChartUrl`, too. Write
texts as `{{ json … }}`, and the state in front: of a payload that a quote breaks, the texts before it are read.

An alert of a legacy channel is an incident of an account. Its keys are read in any case, with or without `_`.

Limits: a test notification looks like an alert; its issue is never closed. There is no signature. An issue
that is merged into another may not be closed by itself. The notifications of 2013, a form with the field `alert`, are
not read.
"""

import re
from collections.abc import Iterable
from itertools import islice
from typing import Annotated, Any

from attrs import Factory, evolve

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Problem, Reading, Request, Shape, State, Times

STATES = conventions.states(firing="CREATED, ACTIVATED", acknowledged="ACKNOWLEDGED", resolved="CLOSED, DEACTIVATED")

# Of `current_state`, and of `event_type` where that is missing.
LEGACY_STATES = conventions.states(
    firing="open, INCIDENT_OPEN",
    acknowledged="acknowledged, INCIDENT_ACKNOWLEDGED",
    resolved="closed, INCIDENT_RESOLVED, INCIDENT_CLOSED",
)

LEVELS = conventions.levels(critical="CRITICAL", high="HIGH", medium="MEDIUM, WARN, WARNING", low="LOW", info="INFO")

ACCOUNT = re.compile(r"/accounts/([0-9]{1,20})(?:/|$)")

# `"updatedAt": {{updatedAt}}` of the default payload, where the variable has no value.
NO_VALUE = re.compile(r'":\s{0,99}(?=[,}])')

PLACEHOLDERS = re.compile(r"\{\{[^{}]*\}\}|\$[A-Z][A-Z0-9_]+")

MOST_NAMES = 20  # entities of an issue in a label


@wire.model(loose_keys=True)
class Issue:
    state: Annotated[State, wire.state(STATES), wire.also("status")]
    id: Annotated[wire.AnyText, wire.named("issueId", "id")] = ""
    issueUrl: Annotated[wire.AnyText, wire.also("issuePageUrl")] = ""
    title: wire.NullText = ""
    priority: Annotated[wire.Text, wire.also("severity")] = ""
    impactedEntities: Annotated[wire.JsonIn[list[wire.AnyText]], wire.also("entityNames", "entityName")] = Factory(list)
    alertPolicyNames: Annotated[wire.ScalarText, wire.also("policyName")] = ""
    alertConditionNames: Annotated[wire.ScalarText, wire.also("conditionName")] = ""
    workflowName: wire.Text = ""
    accountName: wire.ScalarText = ""
    owner: wire.Text = ""
    labels: wire.Texts = Factory(dict)
    totalIncidents: wire.Number | None = None
    createdAt: Annotated[wire.AnyTime, wire.also("activatedAt", "timestamp")] = None
    updatedAt: wire.AnyTime = None
    closedAt: wire.AnyTime = None
    runbookUrl: wire.ScalarText = ""
    violationChartUrl: wire.ScalarText = ""


@wire.model(loose_keys=True)
class Target:
    name: wire.Text = ""
    labels: wire.Texts = Factory(dict)


@wire.model(loose_keys=True)
class Incident:
    """Incident of a legacy channel."""

    state: Annotated[State, wire.state(LEGACY_STATES), wire.named("current_state", "event_type")]
    incident_id: wire.AnyText
    account_id: wire.AnyText = ""
    account_name: wire.AnyText = ""
    condition_name: wire.Text = ""
    policy_name: wire.Text = ""
    details: wire.Text = ""
    severity: wire.Text = ""
    owner: wire.Text = ""
    targets: wire.Items[Target] = wire.Items()
    timestamp: wire.AnyTime = None
    incident_url: wire.Text = ""
    policy_url: wire.Text = ""
    runbook_url: wire.Text = ""
    violation_chart_url: wire.Text = ""


def read(issue: Issue) -> Reading:
    is_over = issue.state is State.RESOLVED
    return Reading(
        state=issue.state,
        level=issue.priority,  # a recovery has that of what ended
        identity=[
            {"id": issue.id.strip()},
            # Its query names the channel.
            {"url": conventions.address(issue.issueUrl.strip().partition("?")[0])},
        ],
        title=issue.title or issue.alertConditionNames or issue.workflowName,
        resource=next(iter(issue.impactedEntities), ""),
        labels={
            **issue.labels,
            "policy": issue.alertPolicyNames,
            "condition": issue.alertConditionNames,
            "workflow": issue.workflowName,
            "account": issue.accountName,
            "owner": issue.owner,
            "entities": ", ".join(islice(issue.impactedEntities, MOST_NAMES)),
        },
        links={"issue": issue.issueUrl, "runbook": issue.runbookUrl, "chart": issue.violationChartUrl},
        values={} if issue.totalIncidents is None else {"incidents": issue.totalIncidents},
        started_at=issue.createdAt,
        occurred_at=issue.updatedAt or (issue.closedAt if is_over else None),
    )


def read_incident(incident: Incident) -> Reading:
    number = incident.incident_id.strip()
    target = next((each for _, each in incident.targets), Target())
    urls = (ACCOUNT.search(url) for url in (incident.incident_url, incident.policy_url))
    account = next((found[1] for found in urls if found), "")
    return Reading(
        state=incident.state,
        level=incident.severity,
        identity=[
            {"account": incident.account_id.strip(), "incident": number},
            {"account": account, "incident": number},
            {"account_name": incident.account_name.strip(), "incident": number},
            {"incident": number},
            {"condition": incident.condition_name, "target": target.name or None},
        ],
        title=conventions.join(incident.condition_name, target.name) or incident.details,
        message=incident.details,
        resource=target.name,
        labels={
            **target.labels,
            "policy": incident.policy_name,
            "condition": incident.condition_name,
            "account": incident.account_name,
            "owner": incident.owner,
        },
        links={
            "incident": incident.incident_url,
            "policy": incident.policy_url,
            "runbook": incident.runbook_url,
            "chart": incident.violation_chart_url,
        },
        occurred_at=incident.timestamp,
    )


def read_text(text: str) -> Reading | Iterable[Problem]:
    """Read a payload that is not quite JSON: mended, or the texts before the value that broke it."""
    document = wire.json_or_text(NO_VALUE.sub('": null', text))
    how = "variables without a value broke the JSON; they count as not sent"
    if type(document) is not dict:
        document, how = wire.leading_pairs(text).pairs, "a value broke the JSON; what stands before it was read"
    issue, problems = wire.read_mended(document, Issue, how, PLACEHOLDERS)
    return problems if issue is None else evolve(read(issue), problems=problems)


def is_issue(document: Any, _request: Request) -> bool:
    keys = wire.loose_keys(document).keys()
    if "issueurl" in keys:
        return not keys.isdisjoint(("alertpolicynames", "workflowname", "trigger", "priority"))
    return "issueid" in keys and "priority" in keys and not keys.isdisjoint(("conditionname", "policyname"))


def is_incident(document: Any, _request: Request) -> bool:
    keys = wire.loose_keys(document).keys()
    return "incidentid" in keys and not keys.isdisjoint(("policyname", "conditionname"))


adapter = Adapter(
    name="new_relic",
    title="New Relic",
    shapes=[
        Shape(Issue, read, marks=is_issue),
        Shape(Incident, read_incident, marks=is_incident),
        Shape(str, read_text, marks={'"issueUrl"', '"state"'}),
    ],
    levels=LEVELS,
    formats={"json", "form", "text"},  # a form is of a legacy channel
    times=Times.STATED,
    templates=PLACEHOLDERS,
    placeholders=PLACEHOLDERS,
    identity_parts={"id", "url", "account", "account_name", "incident", "condition", "target"},
)

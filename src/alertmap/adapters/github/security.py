"""Alerts of Dependabot, of code scanning and of secret scanning."""

from datetime import datetime
from typing import Annotated

from alertmap import conventions, wire
from alertmap.adapter import Reading, Shape, State, Times
from alertmap.adapters.github.imitators import is_github
from alertmap.conventions.github import Repository, identity

ACTIONS = conventions.states(
    firing="create, created, reopen, reopened, reintroduced, auto_reopened, reopened_by_user, appeared_in_branch,"
    " publicly_leaked",
    resolved="fixed, dismiss, dismissed, auto_dismissed, closed_by_user, resolve, resolved, revoked",
    no_state="assignees_changed, updated_assignment, validated, assigned, unassigned",
)
# The alert's own state counts more than what happened to it; not all bodies have one.
STATES = conventions.states(firing="open", resolved="fixed, dismissed, auto_dismissed, resolved")


@wire.model
class Finding:
    state: Annotated[State | None, wire.state(STATES)] = None
    number: wire.AnyText = ""
    html_url: wire.AnyText = ""
    created_at: wire.Rfc3339 = None
    updated_at: wire.Rfc3339 = None  # not in older bodies of code scanning
    fixed_at: wire.Rfc3339 = None
    dismissed_at: wire.Rfc3339 = None
    resolved_at: wire.Rfc3339 = None


@wire.model
class Event:
    action: Annotated[State | None, wire.state(ACTIONS)]
    repository: Repository = Repository()
    sender: Annotated[str, wire.inside("login")] = ""


@wire.model
class Advisory:
    severity: wire.Text = ""
    summary: wire.Text = ""
    description: wire.Text = ""
    ghsa_id: wire.Text = ""
    cve_id: wire.Text = ""


@wire.model
class Dependency(Finding):
    security_advisory: Advisory
    package: Annotated[str, wire.named("dependency"), wire.inside("package", "name")] = ""
    manifest: Annotated[str, wire.named("dependency"), wire.inside("manifest_path")] = ""


@wire.model
class DependabotEvent(Event):
    alert: Dependency


@wire.model
class Rule:
    id: wire.Text = ""
    severity: wire.Text = ""
    security_severity_level: wire.Text = ""  # absent in older bodies, null for rules that are not about security
    description: wire.Text = ""


@wire.model
class CodeFinding(Finding):
    rule: Rule
    tool: Annotated[str, wire.inside("name")] = ""


@wire.model
class CodeEvent(Event):
    alert: CodeFinding
    ref: wire.Text = ""


@wire.model
class Secret(Finding):
    secret_type: wire.AnyText
    secret_type_display_name: wire.Text = ""
    validity: wire.Text = ""


@wire.model
class SecretEvent(Event):
    alert: Secret
    location: None = None  # another event: a place where it was found


@wire.model
class Vulnerability(Finding):
    """Alert of a repository, the predecessor of Dependabot's."""

    affected_package_name: wire.AnyText
    id: wire.AnyText = ""  # two alerts may have one number
    severity: wire.Text = ""
    external_identifier: wire.Text = ""
    external_reference: wire.Text = ""


@wire.model
class VulnerabilityEvent(Event):
    alert: Vulnerability


def read_dependabot(event: DependabotEvent) -> Reading | None:
    alert, advisory = event.alert, event.alert.security_advisory
    return reading(
        event,
        alert,
        parts={"dependabot": alert.number},
        level=advisory.severity,
        title=advisory.summary,
        message=advisory.description,
        labels={**wire.pick(advisory, "ghsa_id", "cve_id"), **wire.pick(alert, "package", "manifest")},
    )


def read_code(event: CodeEvent) -> Reading | None:
    alert, rule = event.alert, event.alert.rule
    return reading(
        event,
        alert,
        parts={"code_scanning": alert.number},
        level=rule.security_severity_level or rule.severity,
        title=rule.description or rule.id,
        labels={"rule": rule.id, "tool": alert.tool, "ref": event.ref},
    )


def read_secret(event: SecretEvent) -> Reading | None:
    alert = event.alert
    return reading(
        event,
        alert,
        parts={"secret_scanning": alert.number},
        level="inactive secret" if wire.state_word(alert.validity) == "inactive" else "secret",
        title=alert.secret_type_display_name or alert.secret_type,
        labels={"type": alert.secret_type, "validity": alert.validity},
    )


def read_vulnerability(event: VulnerabilityEvent) -> Reading | None:
    alert = event.alert
    return reading(
        event,
        alert,
        parts={"vulnerability": alert.id},
        level=alert.severity,
        title=conventions.join(alert.affected_package_name, alert.external_identifier),
        labels={"package": alert.affected_package_name, "advisory": alert.external_identifier},
        reference=alert.external_reference,
    )


def reading(
    event: Event,
    alert: Finding,
    *,
    parts: dict[str, str],
    level: str,
    title: str,
    message: str = "",
    labels: dict[str, str],
    reference: str = "",
) -> Reading | None:
    state = alert.state or event.action
    if state is None:
        return None
    repository, at = event.repository, time_of(alert, state)
    return Reading(
        state=state,
        level=level,
        identity=[*identity(repository, parts), {"url": alert.html_url}],
        title=conventions.join(repository.full_name, title) if title else "",
        message=message,
        resource=repository.full_name,
        labels={**labels, "repository": repository.full_name, "actor": event.sender},
        links={"alert": alert.html_url, "reference": reference},
        started_at=alert.created_at,
        occurred_at=at,
        times=None if at else Times.NONE,
    )


def time_of(alert: Finding, state: State) -> datetime | None:
    ended = alert.resolved_at or alert.fixed_at or alert.dismissed_at if state is State.RESOLVED else None
    return alert.updated_at or ended


SHAPES = [
    Shape(DependabotEvent, read_dependabot, marks=is_github),
    Shape(CodeEvent, read_code, marks=is_github),
    Shape(SecretEvent, read_secret, marks=is_github),
    Shape(VulnerabilityEvent, read_vulnerability, marks=is_github),
]

"""Alerts of Dependabot, of code scanning and of secret scanning."""

from datetime import datetime
from typing import Annotated, NamedTuple

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
class Secret(Finding):
    secret_type: wire.AnyText
    secret_type_display_name: wire.Text = ""
    validity: wire.Text = ""


@wire.model
class Vulnerability(Finding):
    """Alert of a repository, the predecessor of Dependabot's."""

    affected_package_name: wire.AnyText
    id: wire.AnyText = ""  # two alerts may have one number
    severity: wire.Text = ""
    external_identifier: wire.Text = ""
    external_reference: wire.Text = ""


@wire.model
class Event:
    action: Annotated[State | None, wire.state(ACTIONS)]
    alert: Dependency | CodeFinding | Secret | Vulnerability
    location: None = None  # the event about a place where a secret was found has its alert, too
    ref: wire.Text = ""
    repository: Repository = Repository()
    sender: Annotated[str, wire.inside("login")] = ""


class Facts(NamedTuple):
    """Facts of an alert that depend on its kind."""

    part: dict[str, str]
    level: str
    title: str
    labels: dict[str, str]
    message: str = ""
    reference: str = ""


def facts_of(alert: Dependency | CodeFinding | Secret | Vulnerability) -> Facts:
    if isinstance(alert, Dependency):
        advisory = alert.security_advisory
        labels = {**wire.pick(advisory, "ghsa_id", "cve_id"), **wire.pick(alert, "package", "manifest")}
        part = {"dependabot": alert.number}
        return Facts(part, advisory.severity, advisory.summary, labels, message=advisory.description)
    if isinstance(alert, CodeFinding):
        rule, labels = alert.rule, {"rule": alert.rule.id, "tool": alert.tool}
        level = rule.security_severity_level or rule.severity
        return Facts({"code_scanning": alert.number}, level, rule.description or rule.id, labels)
    if isinstance(alert, Secret):
        level = "inactive secret" if wire.state_word(alert.validity) == "inactive" else "secret"
        title, labels = alert.secret_type_display_name or alert.secret_type, {"type": alert.secret_type}
        return Facts({"secret_scanning": alert.number}, level, title, labels | wire.pick(alert, "validity"))
    package, advisory_id = alert.affected_package_name, alert.external_identifier
    labels = {"package": package, "advisory": advisory_id}
    title = conventions.join(package, advisory_id)
    return Facts({"vulnerability": alert.id}, alert.severity, title, labels, reference=alert.external_reference)


def read(event: Event) -> Reading | None:
    alert, repository = event.alert, event.repository
    # The alert's own state counts more than what happened to it; not all bodies have one.
    state = alert.state or event.action
    if state is None:
        return None
    facts, at = facts_of(alert), time_of(alert, state)
    return Reading(
        state=state,
        level=facts.level,
        identity=[*identity(repository, facts.part), {"url": alert.html_url}],
        title=conventions.join(repository.full_name, facts.title) if facts.title else "",
        message=facts.message,
        resource=repository.full_name,
        labels={**facts.labels, "repository": repository.full_name, "ref": event.ref, "actor": event.sender},
        links={"alert": alert.html_url, "reference": facts.reference},
        started_at=alert.created_at,
        occurred_at=at,
        times=None if at else Times.NONE,
    )


def time_of(alert: Finding, state: State) -> datetime | None:
    ended = alert.resolved_at or alert.fixed_at or alert.dismissed_at if state is State.RESOLVED else None
    return alert.updated_at or ended


SHAPES = [Shape(Event, read, marks=is_github)]

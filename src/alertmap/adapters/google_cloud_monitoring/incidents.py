"""Incidents of Monitoring, versions 1.0 to 1.2, and the test of a channel.

Sources: the vendor's page "Create and manage notification channels" (schema of the webhook), and messages that
the documentation of cloudforet-io/plugin-google-monitoring-mon-webhook has.
"""

import re
from typing import Annotated, Literal

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Notice, Reading, Reason, Shape, State

STATES = {"open": State.FIRING, "closed": State.RESOLVED}

NO_SEVERITY = "No severity"

# Monitoring puts it before the subject of the policy, and sends nothing else where there is none.
PREFIX = re.compile(r"\[(?:ALERT|RESOLVED)(?: - [A-Za-z ]{1,32})?\] *|ALERT - [A-Za-z ]{1,32}$")

MISSING = "__missing__"  # type and name of the metric where the condition is in PromQL


@wire.model
class Link:
    displayName: wire.Text = ""
    url: wire.Text = ""


@wire.model
class Documentation:
    subject: wire.Text = ""
    content: wire.Text = ""
    links: list[Link] = Factory(list)


@wire.model
class Resource:
    type: wire.Text = ""
    labels: dict[str, wire.Text] = Factory(dict)


@wire.model
class Metric(Resource):
    displayName: wire.Text = ""


@wire.model
class Metadata:
    user_labels: dict[str, wire.Text] = Factory(dict)


@wire.model
class Incident:
    incident_id: wire.AnyText = ""
    state: Annotated[State, wire.state(STATES)]  # upper case in the documentation
    severity: wire.Text = ""
    started_at: wire.AnyTime = None
    ended_at: wire.AnyTime = None  # may be null in the end, too
    url: wire.AnyText = ""
    summary: wire.Text = ""
    policy_name: wire.Text = ""
    condition_name: wire.Text = ""
    policy_user_labels: dict[str, wire.Text] = Factory(dict)
    observed_value: wire.Text = ""
    threshold_value: wire.Text = ""
    scoping_project_id: wire.Text = ""
    resource_name: wire.Text = ""
    resource_display_name: wire.Text = ""
    resource: Resource = Resource()
    metric: Metric = Metric()
    metadata: Metadata = Metadata()
    documentation: Documentation = Documentation()


@wire.model
class Notification:
    incident: Incident


@wire.model
class Test:
    """Test of a channel: its incident is a complete one with made-up values."""

    version: Literal["test"]


@wire.model
class TestIncident:
    summary: Literal["Test Incident"]
    started_at: Literal[0]


@wire.model
class UnversionedTest:
    version: None = None
    incident: TestIncident


def read(event: Notification) -> Reading:
    incident = event.incident
    is_over = incident.state is State.RESOLVED
    policy, documentation = incident.policy_name, incident.documentation
    own = level(incident)
    return Reading(
        state=incident.state,
        level=own or (None if is_over else NO_SEVERITY),
        identity=[{"incident": incident.incident_id}, {"url": incident.url}],
        title=PREFIX.sub("", documentation.subject, count=1).strip()
        or conventions.join(policy, incident.condition_name)
        or incident.summary,
        message=conventions.join(incident.summary, documentation.content, by="\n"),
        resource=incident.resource_display_name or incident.resource_name,
        labels=labels(incident),
        links={link.displayName or "documentation": link.url for link in documentation.links}
        | {"incident": incident.url},
        values={
            "value": wire.number_in(incident.observed_value),
            "threshold": wire.number_in(incident.threshold_value),
        },
        started_at=incident.started_at,
        occurred_at=incident.ended_at if is_over else incident.started_at,
        episode=incident.incident_id or None,  # an incident is never opened again
    )


def level(incident: Incident) -> str | None:
    """Return the severity of the policy, or the label by which people set one before policies had it."""
    is_set = wire.loosen(incident.severity) != wire.loosen(NO_SEVERITY)
    own = incident.severity.strip() if is_set else ""
    return own or conventions.level(incident.policy_user_labels) or incident.severity.strip() or None


def labels(incident: Incident) -> dict[str, str]:
    """Return the labels of an incident; where two groups have one of the same name, the later has the group's name."""
    found = {
        "project": incident.scoping_project_id,
        "policy": incident.policy_name,
        "condition": incident.condition_name,
        "resource_type": incident.resource.type,
        "metric_type": "" if incident.metric.type == MISSING else incident.metric.type,
    }
    for group, own in (
        ("policy", incident.policy_user_labels),
        ("resource", incident.resource.labels),
        ("metric", incident.metric.labels),
        ("metadata", incident.metadata.user_labels),
    ):
        found |= {f"{group}.{name}" if name in found else name: text for name, text in own.items()}
    return found


SHAPES = [
    Shape(Test, Notice(reason=Reason.TEST), marks={"$.incident.incident_id"}),
    Shape(UnversionedTest, Notice(reason=Reason.TEST), marks={"$.incident.incident_id"}),
    Shape(Notification, read, marks={"version": "1.", "$.incident.incident_id": ""}),
]

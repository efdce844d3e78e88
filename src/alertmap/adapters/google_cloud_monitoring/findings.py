"""Findings of Security Command Center, as its notification configs publish them.

Source: the vendor's page "Set up finding notifications for Pub/Sub", and the reference of the resource Finding.
"""

from typing import Annotated

from alertmap import wire
from alertmap.adapter import Reading, Shape, State, Times

STATES = {"ACTIVE": State.FIRING, "INACTIVE": State.RESOLVED}


@wire.model
class Finding:
    name: wire.AnyText = ""
    state: Annotated[State, wire.state(STATES)]
    word: Annotated[wire.Text, wire.named("state")] = ""
    mute: wire.Text = ""
    muteUpdateTime: wire.Rfc3339 = None
    severity: wire.Text = ""
    category: wire.AnyText = ""
    resourceName: wire.AnyText = ""
    description: wire.Text = ""
    parentDisplayName: wire.Text = ""
    findingClass: wire.Text = ""
    externalUri: wire.Text = ""
    eventTime: wire.Rfc3339 = None  # of the last change


@wire.model
class Resource:
    displayName: wire.Text = ""
    projectDisplayName: wire.Text = ""
    type: wire.Text = ""


@wire.model
class Message:
    notificationConfigName: wire.AnyText = ""
    finding: Finding
    resource: Resource = Resource()


def read(event: Message) -> Reading:
    finding, resource = event.finding, event.resource
    state = finding.state
    if finding.mute == "MUTED" and finding.word in STATES and state is State.FIRING:
        state = State.SUPPRESSED
    return Reading(
        state=state,
        level=finding.severity,
        identity=[{"finding": finding.name}, {"category": finding.category, "resource": finding.resourceName}],
        title=finding.category,
        message=finding.description,
        resource=resource.displayName or finding.resourceName,
        labels={
            "project": resource.projectDisplayName,
            "resource_type": resource.type,
            "source": finding.parentDisplayName,
            "class": finding.findingClass,
        },
        links={"finding": finding.externalUri},
        occurred_at=max(filter(None, (finding.eventTime, finding.muteUpdateTime)), default=None),
    )


SHAPES = [
    Shape(Message, read, marks={"notificationConfigName", "$.finding.name", "$.finding.category"}, times=Times.STATED)
]

"""Beacon: probes that fail, are slow, or have a certificate near its end.

Set up: an alert channel with the template of this page, or with that for incident tools.
"""

from typing import Annotated

from alertmap import wire
from alertmap.adapter import Adapter, Reading, Severity, Shape, State, Times

STATES = {
    "FAILURE": State.FIRING,
    "FAILURE_REMAIN": State.FIRING,  # a repeat: nobody acknowledged anything
    "DEGRADED": State.FIRING,
    "SSL": State.FIRING,
    "RECOVERY": State.RESOLVED,
    "DEGRADED_RECOVERY": State.RESOLVED,
    "NO_ALERT": None,
}
INCIDENT_STATES = {"firing": State.FIRING, "resolved": State.RESOLVED}

LEVELS = {"FAILURE": Severity.HIGH, "FAILURE_REMAIN": Severity.HIGH, "DEGRADED": Severity.MEDIUM, "SSL": Severity.LOW}


@wire.model
class Alert:
    """The body of this page's template."""

    alert_type: Annotated[State | None, wire.state(STATES)]
    level: Annotated[wire.Text, wire.named("alert_type")] = ""
    beacon_id: wire.NonBlank
    probe_name: wire.Text = ""
    error: wire.Text = ""
    region: wire.Text = ""
    result_id: wire.Text = ""
    result_link: wire.Text = ""
    response_time: wire.Text = ""
    started_at: wire.Rfc3339 = None
    ssl_domain: wire.Text = ""


@wire.model
class Metadata:
    """Fields that the template adds for incident tools."""

    level: Annotated[wire.Text, wire.named("alertType")] = ""
    result_link: wire.Text = ""


@wire.model
class Incident:
    """The body for incident tools."""

    status: Annotated[State, wire.state(INCIDENT_STATES)]
    beacon_incident_key: wire.NonBlank
    title: wire.Text = ""
    metadata: Metadata = Metadata()


def read(event: Alert) -> Reading | None:
    """Read an alert; NO_ALERT changes none."""
    if event.alert_type is None:
        return None
    identity = {"probe": event.beacon_id}
    if event.ssl_domain:  # of its own: no recovery of the probe ends it
        identity["certificate"] = event.ssl_domain
    return Reading(
        state=event.alert_type,
        level=level(event.alert_type, event.level),
        identity=identity,
        title=event.probe_name,
        message=event.error,
        links={"result": event.result_link},
        occurred_at=event.started_at,
    )


def read_incident(event: Incident) -> Reading:
    """Read an incident."""
    return Reading(
        state=event.status,
        level=level(event.status, event.metadata.level),
        identity={"probe": event.beacon_incident_key},
        title=event.title,
        links={"result": event.metadata.result_link},
    )


def level(state: State, word: str) -> str | None:
    """Read a level; that of a recovery does not say how bad it was."""
    return None if state is State.RESOLVED else word


adapter = Adapter(
    name="beacon",
    title="Beacon",
    shapes=[
        Shape(Alert, read, marks={"probe_name", "result_link"}),
        Shape(Incident, read_incident, marks={"$.metadata.alertType"}, times=Times.NONE),
    ],
    levels=LEVELS,
    times=Times.STATED,
    repeats={State.FIRING},
)

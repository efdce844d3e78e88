"""Event of the CrowdSec Console, after its page "Webhook" and the schemas there."""

from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Identity, Notice, Reading, Shape, State
from alertmap.adapters.crowdsec import engine

LEVELS = {
    "alert_triggered": "detection",
    "am_i_under_attack": "attack",
    "security_engine_offline": "offline",
    "log_processor_offline": "offline",
    "remediation_component_offline": "offline",
    "remediation_component_integration_offline": "offline",
    "firewall_integration_offline": "offline",
    "security_engine_no_alerts": "no_alerts",
    "log_processor_no_alerts": "no_alerts",
    "component_outdated": "outdated",
    "payment_failed": "other",
}

EVENTS = dict.fromkeys(LEVELS, State.FIRING) | {
    "security_engine_enrolled": None,
    "security_engine_unenrolled": None,
    "security_engine_long_pending_enroll": None,
}

OF_ORGANIZATION = {"am_i_under_attack", "component_outdated", "payment_failed"}

ATTACK = {"true": State.FIRING, "false": None}


@wire.model
class Report:
    is_attack_detected: Annotated[State | None, wire.state(ATTACK)]


@wire.model
class Details:
    event_type: Annotated[State | None, wire.state(EVENTS)]
    word: Annotated[wire.AnyText, wire.named("event_type")] = ""
    organization_id: wire.AnyText = ""
    event_id: wire.Text = ""
    event_timestamp: wire.Rfc3339 = None
    id: wire.AnyText = ""
    name: wire.Text = ""
    version: wire.Text = ""
    last_seen: Annotated[wire.Text, wire.named("last_login", "last_update", "last_push", "last_pull")] = ""
    scenario: wire.AnyText = ""
    source: engine.Source = Factory(engine.Source)
    target_id: Annotated[str, wire.named("target"), wire.inside("id")] = ""
    target_name: Annotated[str, wire.named("target"), wire.inside("name")] = ""
    target_ip: Annotated[str, wire.named("target"), wire.inside("ip")] = ""
    message: wire.Text = ""
    start_at: wire.Rfc3339 = None
    is_manual_decision: bool = False
    scenario_confidence: wire.Text = ""
    start_date: wire.Rfc3339 = None
    total_signals: wire.Text = ""
    report_data: Report | None = None


@wire.model
class Event:
    details: Details


@wire.model
class Bare(Details):
    """Details alone, as some samples of the page have them."""

    event_id: wire.NonBlank


def read(event: Event) -> list[Reading | Notice] | None:
    return read_details(event.details)


def read_details(event: Details) -> list[Reading | Notice] | None:
    report = event.report_data
    if event.event_type is None or (report is not None and report.is_attack_detected is None):
        return None
    is_alert = bool(event.scenario)
    subject = event.name or event.id
    reading = Reading(
        state=event.event_type,
        level="manual_decision" if event.is_manual_decision else LEVELS.get(event.word, "other"),
        identity=engine.identity(event.scenario, event.source) if is_alert else identity(event),
        title=engine.title(event.scenario, event.source)
        if is_alert
        else conventions.join(event.word.replace("_", " "), subject),
        message=event.message,
        resource=event.target_name or event.target_id or event.target_ip or subject,
        labels=engine.labels(event.source)
        | {
            "event_type": event.word,
            "organization": event.organization_id,
            "version": event.version,
            "last_seen": event.last_seen,
        },
        values={
            "signals": wire.number_in(event.total_signals),
            "confidence": wire.number_in(event.scenario_confidence),
        },
        started_at=event.start_at or event.start_date,
        occurred_at=event.event_timestamp,
        no_data=event.word.endswith("_no_alerts"),
    )
    return [reading, Notice(delivery_id=event.event_id)]


def identity(event: Details) -> Identity:
    if event.word in OF_ORGANIZATION:
        return {"event_type": event.word, "organization": event.organization_id}
    return {"event_type": event.word, "id": event.id}


SHAPES = [
    Shape(Event, read, marks={"$.metadata.issuer", "$.details.organization_id"}),
    Shape(Bare, read_details, marks={"organization_id", "event_timestamp"}),
]

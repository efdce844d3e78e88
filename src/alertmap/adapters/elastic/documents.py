"""Documents of Kibana's alerts index: `context.alerts` of Security, `alerts.new.data` and the like of a summary."""

from typing import Annotated

from attrs import evolve

from alertmap import wire
from alertmap.adapter import Reading, Shape, State
from alertmap.adapters.elastic import kibana


@wire.model
class Rule:
    uuid: wire.AnyText = ""
    name: wire.AnyText = ""
    consumer: wire.Text = ""
    tags: wire.ScalarText = ""


@wire.model
class Alert:
    state: Annotated[State, wire.state(kibana.STATES), wire.named("status")]
    action_group: wire.Text = ""
    severity: wire.Text = ""
    uuid: wire.AnyText = ""
    instance: Annotated[str, wire.inside("id")] = ""
    rule: Rule = Rule()
    reason: wire.Text = ""
    start: wire.Rfc3339 = None
    end: wire.Rfc3339 = None
    url: wire.Text = ""


@wire.model
class Field:
    alert: Alert


@wire.model
class Document:
    kibana: Field
    timestamp: Annotated[wire.AnyTime, wire.named("@timestamp")] = None


def read(document: Document) -> Reading:
    alert = document.kibana.alert
    # Each detection of Security has a document of its own, which stays active for ever; its instance is always `*`.
    is_detection = alert.rule.consumer == "siem"
    found = kibana.read(
        kibana.Template(
            state=alert.state,
            action_group=alert.action_group,
            rule_id=alert.rule.uuid,
            rule_name=alert.rule.name,
            alert_id=alert.uuid if is_detection else alert.instance,
            alert_uuid=alert.uuid,
            severity=alert.severity,
            date=alert.end or document.timestamp,
            message=alert.reason,
            details=alert.url,
            tags=alert.rule.tags,
        )
    )
    return evolve(found, started_at=alert.start, resolvable=not is_detection)


SHAPES = [Shape(Document, read, marks={"$.kibana.alert.rule"})]

"""Alerts of CloudMonitor 2.0, by a custom webhook."""

from typing import Annotated

from attrs import Factory

from alertmap import wire
from alertmap.adapter import Problem, ProblemCode, Reading, Shape, State
from alertmap.adapters.alibaba_cloudmonitor.options import Options, account

STATES = {"OCCURRED": State.FIRING, "PERSISTENT": State.FIRING, "RESOLVED": State.RESOLVED, "RECOVERED": State.RESOLVED}

SUBTYPES = {"NORMAL_TRIGGER": State.FIRING, "NORMAL_RESOLVE": State.RESOLVED}


@wire.model
class Entity:
    entity_id: Annotated[wire.Text, wire.also("entityId")] = ""
    prop: wire.Texts = Factory(dict)


@wire.model
class Resource:
    entity: Entity = Entity()


@wire.model
class Alert2:
    workspace: wire.AnyText
    status: Annotated[State | None, wire.state(STATES)] = None
    subtype: wire.Text = ""
    subject: wire.Text = ""
    severity: wire.Text = ""
    timestamp: wire.EpochAny = None
    time: wire.Rfc3339 = None
    dedupId: wire.Text = ""
    userId: wire.Text = ""
    ruleId: wire.Text = ""
    alertEntityId: wire.Text = ""
    resource: Resource = Resource()
    labels: dict[str, wire.AnyText] = Factory(dict)
    alertMessage: wire.Text = ""
    data: wire.Texts = Factory(dict)
    alertHistoryUrl: wire.Text = ""
    alertRuleUrl: wire.Text = ""
    entityUrl: wire.Text = ""
    ruleUrl: wire.Text = ""


def read(event: Alert2, options: Options) -> Reading | Problem:
    state = event.status or SUBTYPES.get(event.subtype.strip().upper())
    if state is None:
        return Problem(ProblemCode.BAD_ELEMENT, "$.status", "neither status nor subtype names the state")
    entity = event.resource.entity
    return Reading(
        state=state,
        level=event.severity,
        identity=[account(event.userId, options) | parts for parts in identities(event)],
        title=event.subject,
        message=event.alertMessage,
        resource=entity.prop.get("instanceName") or event.alertEntityId or entity.entity_id,
        labels=event.labels | {"workspace": event.workspace, "account": event.userId},
        links={
            "history": event.alertHistoryUrl,
            "rule": event.alertRuleUrl or event.ruleUrl,
            "entity": event.entityUrl,
        },
        values={name: wire.number_in(event.data.get(name, "")) for name in ("value", "threshold")},
        occurred_at=event.timestamp or event.time,
    )


def identities(event: Alert2) -> list[dict[str, str | None]]:
    if event.dedupId:
        return [{"dedup": event.dedupId}]
    # Some labels copy the level, which differs between trigger and recovery.
    labels = {f"label.{name}": text or None for name, text in event.labels.items() if "severity" not in name.lower()}
    second = event.resource.entity.entity_id
    best = labels if labels and not (event.alertEntityId or second) else {"entity": event.alertEntityId}
    # Spelt in another way there: `rm-4x` beside `rds:rm-4x`.
    weaker = {"entity": second} if second else best
    rule = {"rule": event.ruleId}
    names = ({"account": event.userId} | rule, rule, {"subject": event.subject})
    return [{**name, **place} for name in names for place in (best, weaker)]


SHAPES = [Shape(Alert2, read, marks={"subtype", "subject"})]

"""AppOptics: its webhook, a form whose field `payload` is JSON; its page also has the bare object, and a nested one."""

from typing import Annotated, Any

from attrs import Factory

from alertmap import wire
from alertmap.adapter import Reading, Request, Shape, State, Times

# The page "Webhook" has normal; manual and auto were seen elsewhere. A body that is not cleared lacks the key.
CLEARED = {"normal": State.RESOLVED, "manual": State.RESOLVED, "auto": State.RESOLVED}

LEVEL = "incident"  # ours: there are no levels


@wire.model
class Rule:
    id: wire.AnyText
    name: wire.Text = ""
    description: wire.Text = ""
    runbook_url: wire.Text = ""


@wire.model
class Violation:
    metric: wire.Text = ""
    value: wire.Number | None = None


@wire.model
class Incident:
    alert: Rule
    incident_key: wire.AnyText = ""
    trigger_time: wire.EpochAny = None
    clear: Annotated[State | None, wire.state(CLEARED)] = None
    violations: dict[str, list[Violation]] = Factory(dict)  # by source


@wire.model
class Posted:
    payload: wire.JsonIn[Incident]


def read(incident: Incident) -> Reading:
    rule, violations = incident.alert, incident.violations
    is_over = incident.clear is State.RESOLVED
    return Reading(
        state=incident.clear or State.FIRING,
        level=LEVEL,
        identity=[{"incident": incident.incident_key.strip()}, {"alert": rule.id.strip()}],
        title=rule.name,
        message=rule.description,
        resource=next(iter(violations)) if len(violations) == 1 else "",
        labels={"alert": rule.id, "sources": ", ".join(violations)},
        links={"runbook": rule.runbook_url},
        values=values_of(violations),
        # It is not known which time stands in the end of an incident: it must not lie before a repeat of its start.
        occurred_at=None if is_over else incident.trigger_time,
        times=Times.NONE if is_over else None,
    )


def values_of(violations: dict[str, list[Violation]]) -> dict[str, int | float | str]:
    """Return the value of each metric; of several sources the first value, by the source."""
    if len(violations) == 1:
        return {one.metric: one.value for found in violations.values() for one in found if one.value is not None}
    return {source: one.value for source, found in violations.items() for one in found[:1] if one.value is not None}


def is_posted(document: Any, _request: Request) -> bool:
    payload = document["payload"]
    return "incident_key" in payload and ("trigger_time" in payload or "violations" in payload)


SHAPES = [
    Shape(Posted, lambda posted: read(posted.payload), marks=is_posted),
    Shape(Incident, read, marks={"incident_key", "trigger_time"}),
]

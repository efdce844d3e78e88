"""Honeycomb: its triggers and the burn alerts of SLOs, through the Webhook integration.

Set up:

1. Under Team Settings, Integrations, Trigger and SLO Recipients choose Add Integration, provider Webhook. Enter a name,
   the URL `https://receiver.example/honeycomb`, and as shared secret the token of the source: it is sent as
   `X-Honeycomb-Webhook-Token`.
2. The default payload has neither level nor time. For both, on the Payload tab take this for triggers:

       {
         "name": {{ toJson .Name }},
         "id": "{{ .ID }}",
         "description": {{ toJson .Description }},
         "links": {"url": "{{ .URL }}"},
         "environment": {{ toJson .Environment }},
         "threshold": {"op": "{{ .Operator }}", "value": "{{ .Threshold }}"},
         "result": {
           "groupsTriggered": {{ toJson .Result.GroupsTriggered }},
           "links": {"url": "{{ .Result.URL }}"}
         },
         "alert": {
           "instanceId": "{{ .Alert.InstanceID }}",
           "description": {{ toJson .Alert.Description }},
           "status": "{{ .Alert.Status }}",
           "summary": {{ toJson .Alert.Summary }},
           "severity": {{ toJson .Vars.severity }},
           "timestamp": "{{ .Alert.Timestamp }}",
           "isTest": {{ .Alert.IsTest }}
         }
       }

   and on the Variables tab add `severity` with a default, such as `warning`; each trigger may override it with
   `critical`, `error`, `warning` or `info`. The payload that Honeycomb suggests there is read, too.
3. Add the integration as a recipient of each trigger, and of the burn alerts of each SLO. Press Test.

Answer 200 within 10 seconds. Honeycomb tries again after 408 and 502, and after 429 and 503 with `Retry-After`.

An alert is a trigger or a burn alert. Groups have no alerts of their own, for the end of a trigger names none: those
over the threshold are values of the alert, and a single one is its labels, too. A trigger that notifies every time, not
only on a change, states it again. Without a level a burn alert is high and a trigger medium.

Limits: no acknowledgement is sent, nor the end of a trigger that is disabled or deleted while it fires: let incidents
of this source expire, with triggers that notify every time.
"""

import re
from typing import Annotated, Any

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, InHeader, Notice, Reading, Reason, Request, Shape, State, Times

STATES = conventions.states(firing="TRIGGERED", resolved="OK")

# `burn alert` and `trigger` are ours: the default payload has no level.
LEVELS = conventions.levels(critical="critical", high="error, burn alert", medium="warning, trigger", info="info")


@wire.model(loose_keys=True)
class Column:
    key: wire.AnyText = ""
    value: wire.ScalarText = ""


@wire.model(loose_keys=True)
class Row:
    """A group and its result: `Group` in the default payload, `group` where a payload of one's own has `toJson`."""

    group: dict[str, wire.ScalarText] | list[Column] | wire.Text = Factory(dict)
    result: Annotated[wire.Number | None, wire.also("count")] = None
    field: wire.AnyText = ""  # of the suggested payload, instead of the group
    value: wire.ScalarText = ""


@wire.model
class Trigger:
    """Default payload."""

    status: Annotated[State, wire.state(STATES)]
    id: wire.AnyText = ""
    name: wire.AnyText = ""
    summary: wire.Text = ""
    description: wire.Text = ""  # of the result
    trigger_description: wire.Text = ""
    severity: wire.Text = ""
    environment: wire.Text = ""
    operator: wire.Text = ""
    threshold: wire.Text = ""
    trigger_url: wire.Text = ""
    result_url: wire.Text = ""
    slo_url: wire.Text = ""
    rows: Annotated[list[Row], wire.named("result_groups_triggered", "groups")] = Factory(list)
    is_test: Annotated[bool, wire.also("isTest")] = False
    timestamp: wire.LooseTime = None


@wire.model
class Result:
    rows: Annotated[list[Row], wire.named("groupsTriggered")] = Factory(list)
    url: Annotated[str, wire.inside("url"), wire.named("links")] = ""


@wire.model
class Alerted:
    status: Annotated[State, wire.state(STATES)]
    summary: wire.Text = ""
    description: wire.Text = ""
    severity: wire.Text = ""
    timestamp: wire.LooseTime = None
    isTest: bool = False


@wire.model
class Suggested:
    """Payload after the one that Honeycomb suggests where the default one is replaced."""

    alert: Alerted
    id: wire.AnyText = ""
    name: wire.AnyText = ""
    description: wire.Text = ""
    environment: wire.Text = ""
    url: Annotated[str, wire.inside("url"), wire.named("links")] = ""
    operator: Annotated[str, wire.inside("op"), wire.named("threshold")] = ""
    threshold: Annotated[str, wire.inside("value")] = ""
    result: Result = Result()


def read(event: Trigger) -> Reading | Notice:
    if event.is_test:
        return Notice(reason=Reason.TEST)
    groups = [columns(row) for row in event.rows]
    labels = groups[0] if len(groups) == 1 else {}
    return Reading(
        state=event.status,
        level=event.severity or ("burn alert" if event.slo_url and not event.trigger_url else "trigger"),
        identity=[{"id": event.id.strip()}, {"name": event.name}],
        title=event.name or event.summary,
        message=conventions.join(event.description, event.trigger_description, by="\n"),
        resource=conventions.host(labels),
        labels={**wire.pick(event, "environment", "operator"), **labels},
        links={"trigger": event.trigger_url, "result": event.result_url, "slo": event.slo_url},
        values={**values(event.rows, groups), "threshold": wire.number_in(event.threshold)},
        occurred_at=event.timestamp,
        times=None if event.timestamp else Times.NONE,
    )


def read_suggested(event: Suggested) -> Reading | Notice:
    alert = event.alert
    return read(
        Trigger(
            status=alert.status,
            id=event.id,
            name=event.name,
            summary=alert.summary,
            description=alert.description,
            trigger_description=event.description,
            severity=alert.severity,
            environment=event.environment,
            operator=event.operator,
            threshold=event.threshold,
            trigger_url=event.url,
            result_url=event.result.url,
            rows=event.result.rows,
            is_test=alert.isTest,
            timestamp=alert.timestamp,
        )
    )


def columns(row: Row) -> dict[str, str]:
    """Return the columns of a group and their values."""
    group = row.group
    if isinstance(group, str):
        group = {"group": group}
    elif isinstance(group, list):
        group = {column.key: column.value for column in group}
    return {name: text for name, text in {**group, row.field: row.value}.items() if text}


def values(rows: list[Row], groups: list[dict[str, str]]) -> dict[str, float]:
    """Return the result of each group, by its columns where there are several."""
    found: dict[str, float] = {}
    for row, group in zip(rows, groups, strict=True):
        name = ", ".join(f"{column}={text}" for column, text in wire.without_secrets(group).items())
        if row.result is not None:
            found[name if len(rows) > 1 and name else "result"] = row.result
    return found


def is_trigger(document: Any, _request: Request) -> bool:
    keys = {"result_groups", "result_groups_triggered", "trigger_url", "slo_url"}
    return str(document.get("version")).startswith("v0.") and not keys.isdisjoint(document)


TOKEN = "X-Honeycomb-Webhook-Token"  # noqa: S105 - the name of the header

adapter = Adapter(
    name="honeycomb",
    title="Honeycomb",
    shapes=[
        Shape(Suggested, read_suggested, marks={"$.alert.instanceId", "$.alert.isTest", "$.result.groupsTriggered"}),
        Shape(Trigger, read, marks=is_trigger, headers={TOKEN: ""}),
    ],
    levels=LEVELS,
    times=Times.STATED,
    repeats={State.FIRING},  # of a trigger that notifies every time
    delivery_header="X-Honeycomb-Webhook-Delivery-ID",
    placeholders=re.compile(r"<no value>|\{\{[^{}]*\}\}"),  # a variable without a value
    token_in=InHeader(TOKEN),
    retries=True,
    answer_within=10,
    identity_parts={"id", "name"},
)

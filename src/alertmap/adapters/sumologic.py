r"""Sumo Logic: the webhook connections of its monitors and scheduled searches.

Set up:

1. Monitoring, Connections, "+", Webhook: the URL `https://receiver.example/sumologic?token=…`, and this both as
   "Alert Payload" and as "Recovery Payload". Keep the quotes and the order: of a payload that a value breaks, the texts
   before it are read.

   ```json
   {"id": "{{Id}}", "name": "{{Name}}", "alertName": "{{AlertName}}", "triggerType": "{{TriggerType}}",
    "triggerCondition": "{{TriggerCondition}}", "triggerValue": "{{TriggerValue}}",
    "triggerTimeEnd": "{{TriggerTimeEnd}}", "description": "{{Description}}", "monitorType": "{{MonitorType}}",
    "detectionMethod": "{{DetectionMethod}}", "query": "{{Query}}", "queryURL": "{{QueryURL}}",
    "sourceURL": "{{SourceURL}}", "alertResponseUrl": "{{AlertResponseUrl}}", "resultsJson": "{{ResultsJson}}"}
   ```

2. In each monitor, under Notifications, choose the connection, and tick Alert and Recovery for every trigger type.
3. For a monitor with "One alert per [group]" set the Alert Name under Advanced Settings to the name and the fields of
   the group, such as `CPU high on {{ResultsJson.host}}`: without it the groups are one alert, which ends with the first
   of them.

Answer 200. Payloads of other connections are read, too, in any case, with or without `_`, where they have `TriggerType`
and one of `Name`, `AlertName` and `Id`; so are the older variables `SearchName`, `AlertStatus` and `AlertSource`.

A monitor has a condition for each of Critical, Warning and Missing Data. They fire and recover on their own, so each is
an alert of its own, named by the monitor's id, the condition and, where it is not the monitor's, the alert's name.
Critical is critical, Missing Data high, Warning medium. A recovery names its condition; `Normal` names none and changes
nothing.

Limits: a scheduled search has no state and no level: it fires with the problem `state_guessed` and never ends, so let
incidents of its source expire. So does a monitor whose recovery is not ticked. A monitor that is disabled or deleted is
not announced. The test of a connection looks like an alert. There is no signature.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Any

from attrs import Factory, evolve

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Problem, Reading, Request, Shape, State, Times

LEVELS = conventions.levels(critical="Critical", high="Missing Data", medium="Warning, search")  # `search` is ours

STATES = conventions.states(
    firing="Critical, Warning, Missing Data",
    resolved="ResolvedCritical, ResolvedWarning, ResolvedMissingData",
    no_state="Normal",  # it names no condition, and no notification can be set to it
)
# Of metrics monitors of old; the variables' page names the first two.
OLD_STATES = conventions.states(firing="Critical, Warning, Missing Data", resolved="Normal, Resolved, OK")

TRIGGER = wire.named("triggerType")

TEMPLATE = r"\{\{[^{}]{1,80}\}\}"
PLACEHOLDERS = re.compile(rf"\s*+(?:{TEMPLATE})?")  # a variable without a value is blank

MARKS = {wire.loosen(name) for name in ("queryURL", "detectionMethod", "triggerTimeRange", "alertResponseUrl")}
OLD_MARKS = {wire.loosen(name) for name in ("fireTime", "searchQuery", "searchQueryUrl", "alertSource")}


@wire.model(loose_keys=True)
class Monitor:
    triggerType: Annotated[State | None, TRIGGER, wire.state(STATES)]
    word: Annotated[wire.AnyText, TRIGGER] = ""
    title: Annotated[wire.NonBlank, wire.named("alertName", "name", "searchName", "id")]
    id: wire.AnyText = ""  # the monitor's
    name: Annotated[wire.AnyText, wire.also("searchName")] = ""
    alertName: wire.AnyText = ""
    description: wire.Text = ""
    triggerCondition: wire.Text = ""
    triggerValue: wire.Text = ""
    triggerTimeEnd: wire.EpochAny = None
    monitorType: wire.Text = ""
    detectionMethod: wire.Text = ""
    query: wire.Text = ""
    queryURL: wire.Text = ""
    sourceURL: wire.Text = ""
    alertResponseUrl: Annotated[wire.Text, wire.also("alertURL")] = ""  # of one alert, until it is over
    resultsJson: wire.JsonIn[list[wire.Texts]] = Factory(list)


@wire.model(loose_keys=True)
class Search:
    """Payload of the older variables, or of a scheduled search, which has no trigger type."""

    searchName: Annotated[wire.NonBlank, wire.also("name")]
    alertStatus: Annotated[State | None, wire.state(OLD_STATES)] = None
    word: Annotated[wire.AnyText, wire.named("alertStatus")] = ""
    alertSource: wire.AnyText = ""
    alertID: wire.Text = ""
    alertThreshold: wire.Text = ""
    searchDescription: Annotated[wire.Text, wire.also("description")] = ""
    searchQuery: Annotated[wire.Text, wire.also("query")] = ""
    searchQueryUrl: Annotated[wire.Text, wire.also("queryURL")] = ""


def read(event: Monitor) -> Reading | None:
    if event.triggerType is None:
        return None
    condition = wire.state_word(event.word).removeprefix("resolved")
    rows = event.resultsJson
    row = rows[0] if len(rows) == 1 else {}
    own = event.alertName.strip()
    parts = {"condition": condition or None, "alert": own if own and own != event.name.strip() else None}
    return Reading(
        state=event.triggerType,
        level=condition or "search",
        identity=[
            {"monitor": event.id.strip(), **parts},
            {"name": event.name, **parts},
            {**parts, "alert": own},
        ],
        title=event.title,
        message=conventions.join(event.description, event.triggerCondition, by="\n"),
        resource=conventions.first(row, ("_sourceHost", "_sourcehost", *conventions.HOSTS)),
        labels={
            **{name: text for name, text in row.items() if not name.startswith("_")},
            "monitor": event.name,
            "type": event.monitorType,
            "detection": event.detectionMethod,
            "query": event.query,
        },
        links={"alert": event.alertResponseUrl, "query": event.queryURL, "monitor": event.sourceURL},
        values={"value": wire.number_in(event.triggerValue.strip())},
        occurred_at=event.triggerTimeEnd,
        episode=event.alertResponseUrl or None,
        no_data=condition == "missingdata",
        resolvable=bool(condition),
    )


def read_text(text: str) -> Reading | Iterable[Problem] | None:
    """Read a payload whose JSON a value broke, such as results that were not escaped."""
    event, problems = wire.read_broken(text, Monitor, placeholders=PLACEHOLDERS)
    found = read(event) if event else None
    return evolve(found, problems=problems) if found else problems


def read_search(event: Search) -> Reading:
    return Reading(
        state=event.alertStatus,
        level=None if event.alertStatus is State.RESOLVED else event.word or "search",
        identity={"search": event.searchName, "source": event.alertSource or None},
        title=event.searchName,
        message=conventions.join(event.searchDescription, event.alertThreshold, by="\n"),
        labels={"source": event.alertSource, "alert": event.alertID, "query": event.searchQuery},
        links={"query": event.searchQueryUrl},
        resolvable=event.alertStatus is State.RESOLVED or bool(event.alertSource),
    )


def is_monitor(document: Any, _request: Request) -> bool:
    return not MARKS.isdisjoint(wire.loose_keys(document))


def is_search(document: Any, _request: Request) -> bool:
    return not OLD_MARKS.isdisjoint(wire.loose_keys(document))


adapter = Adapter(
    name="sumologic",
    title="Sumo Logic",
    shapes=[
        Shape(Monitor, read, marks=is_monitor),
        Shape(Search, read_search, marks=is_search, times=Times.NONE),
        Shape(str, read_text, marks={'"triggerType"', '"alertResponseUrl"'}),
    ],
    levels=LEVELS,
    formats={"json", "text"},
    times=Times.STATED,
    templates=re.compile(TEMPLATE),
    placeholders=PLACEHOLDERS,
    identity_parts={"monitor", "name", "condition", "alert", "search", "source"},
)

r"""Catchpoint, and WebPageTest Pro: their alert webhook.

Set up:

1. Integrations, Webhook, Add URL (formerly Settings, API, Alert Webhook): a name, the status Active, and the URL, which
   must have the port 443, 80 or 8080:

   ```text
   https://receiver.example/catchpoint?token=…
   ```

2. Choose the format Template, add a template of the format JSON, and paste:

   ```json
   {
     "notificationLevelId": "${notificationLevelId}",
     "alertKey": "${alertInitialTriggerDateUtcEpoch}_${testId}_${AlertTypeId}",
     "testId": "${testId}",
     "alertType": "${AlertType}",
     "alertProcessingTimestampUtcEpoch": "${AlertProcessingTimestampUtcEpoch}",
     "scatterplotChartURL": "${scatterplotChartURL}",
     "testUrl": "${testUrl}",
     "divisionName": "${divisionName}",
     "productName": "${productName}",
     "testName": "${testName}"
   }
   ```

3. Under "Apply to" choose all alerts, or choose this webhook in the alerts of your products and tests. In the alerts
   themselves, let Catchpoint notify of an improvement, too: without it no alert ends.

Answer 200. There is no signature: the token in the URL is the proof.

Level 1 is critical, level 0, a warning, is medium; level 3, improved, ends the alert. The names of the macros count in
any case. The order of the template matters: a quote in the name of a test breaks the JSON, and what stands before it is
still read.

Also read are the templates that Catchpoint's documentation has as its example (`eventstate`), and those that Datadog,
BigPanda and ilert publish; of the formats JSON and XML, which no page documents, the fields that are named like macros.
Without `alertKey` all alerts of one type of a test are one alert, which the first improvement ends. `HIGH` and `LOW` of
ilert's template stand for the levels 1 and 0.

Limits: a test that is paused or deleted while its alert lasts is not announced as improved: let incidents of this
source expire. Times that no macro writes as an epoch are not read.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from attrs import Factory, evolve

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Problem, Reading, Request, Shape, State, Times

STATES = conventions.states(
    firing="0, 1, WARNING, CRITICAL, ALERT, error", resolved="3, IMPROVED, RESOLVE, success, OK"
)

LEVELS = conventions.levels(critical="1, CRITICAL, error, HIGH", medium="0, WARNING, LOW")

WORDS = {"", *map(wire.state_word, STATES)}  # behind the name of the test; a level that has no word is blank
LEVEL_WORDS = {wire.loosen(word) for word in LEVELS}

KEYS = ("notificationLevelId", "eventstate", "eventType")

BEGIN = re.compile(r"([0-9]{10})(?:[0-9]{3})?_")  # seconds, or milliseconds


@wire.model(loose_keys=True)
class Alert:
    state: Annotated[State, wire.state(STATES), wire.named(*KEYS)]
    word: Annotated[wire.Text, wire.named(*KEYS)] = ""
    priority: wire.Text = ""
    alertKey: wire.AnyText = ""
    testId: wire.AnyText = ""
    testName: Annotated[wire.AnyText, wire.named("testName", "service")] = ""
    summary: wire.Text = ""
    details: wire.Text = ""
    alertType: Annotated[wire.AnyText, wire.named("alertType", "alertTypeId")] = ""
    divisionName: wire.AnyText = ""
    productName: wire.AnyText = ""
    application: Annotated[str, wire.inside("application"), wire.named("attributes")] = ""
    alertProcessingTimestampUtcEpoch: wire.EpochAny = None
    scatterplotChartURL: Annotated[wire.Text, wire.named("scatterplotChartURL", "scatterPlotUrl")] = ""
    testUrl: wire.Text = ""


@wire.model
class DatadogEvent:
    """The template for Datadog's events."""

    alert_type: Annotated[State, wire.state(STATES)]
    word: Annotated[wire.Text, wire.named("alert_type")] = ""
    title: wire.AnyText = ""  # `Checkout [812] - CRITICAL`
    text: wire.Text = ""  # the name of the test, and a link
    tags: list[wire.AnyText] = Factory(list)
    source_type_name: Literal["catchpoint"]


def read(alert: Alert) -> Reading:
    product = alert.productName.strip() or alert.application.strip()
    where = {
        "division": alert.divisionName.strip() or None,
        "product": product or None,
        "alertType": alert.alertType.strip() or None,
    }
    key = alert.alertKey.strip()
    begin = BEGIN.match(key)
    address = conventions.address(alert.testUrl.strip())
    at = alert.alertProcessingTimestampUtcEpoch
    return Reading(
        state=alert.state,
        level=level(alert.state, alert.word, alert.priority),
        identity=[
            {"alertKey": key if key.strip("_") else ""},  # begins with the time of the first trigger of this outage
            {"testId": alert.testId.strip()} | where,
            {"testName": alert.testName.strip()} | where,
        ],
        title=alert.summary or conventions.join(alert.testName, alert.alertType),
        message=alert.details,
        resource=address or alert.testName,
        labels={"product": product, "division": alert.divisionName, "alert_type": alert.alertType},
        links={"scatterplot": alert.scatterplotChartURL, "test": conventions.link(address)},
        started_at=wire.epoch(int(begin[1]), 1) if begin else None,
        occurred_at=at,
        times=None if at else Times.NONE,
    )


def read_event(event: DatadogEvent) -> Reading:
    name, _, end = f"{event.title.strip()} ".rpartition(" - ")
    if wire.state_word(end) not in WORDS:
        name = event.title.strip()  # of a name that holds a dash, and no level
    kind = next((tag.partition(":")[2].strip() for tag in event.tags if tag.startswith("alertType:")), "")
    return Reading(
        state=event.alert_type,
        level=level(event.alert_type, event.word, ""),
        identity={"title": name, "alertType": kind or None},
        title=conventions.join(name, kind),
        resource=name,
        labels={"alert_type": kind},
        links={"chart": conventions.link(event.text.rpartition(" - ")[2].strip())},
    )


def read_text(text: str) -> Reading | Iterable[Problem]:
    alert, problems = wire.read_broken(text, Alert, last="testName", placeholders=UNRENDERED)
    return problems if alert is None else evolve(read(alert), problems=problems)


def level(state: State, word: str, priority: str) -> str | None:
    if state is State.RESOLVED:
        return None
    return word if wire.loosen(word) in LEVEL_WORDS else priority or word


def is_alert(document: Any, _request: Request) -> bool:
    keys = wire.loose_keys(document).keys()
    return LEVEL_KEY in keys or any(keys >= each for each in OTHERS)


LEVEL_KEY = "notificationlevelid"
OTHERS = ({"eventtype", "alertkey", "scatterploturl"}, {"eventstate", "service", "attributes"})


def lift(document: Any) -> Any:
    """Return the fields of the formats JSON and XML, which stand in objects of objects, in one object."""
    if type(document) is not dict or LEVEL_KEY in wire.loose_keys(document):
        return document
    found = document
    for _ in range(3):
        inner = [each for each in found.values() if type(each) is dict]
        if not inner:
            break
        outer = {name: each for name, each in found.items() if type(each) is not dict}
        found = {name: each for one in (*inner, outer) for name, each in one.items()}
    return found if LEVEL_KEY in wire.loose_keys(found) else document


UNRENDERED = re.compile(r"(?:\$\{(?:[^{}]|\{[^{}]*+\})*+\}[_ ]?)++")

adapter = Adapter(
    name="catchpoint",
    title="Catchpoint",
    shapes=[
        Shape(DatadogEvent, read_event, marks={"source_type_name"}, times=Times.NONE),
        Shape(Alert, read, marks=is_alert),
        Shape(str, read_text, marks={'"notificationLevelId"', '"alertKey"', '"testId"'}),
    ],
    levels=LEVELS,
    formats={"json", "text", "xml"},
    times=Times.STATED,
    prepare=lift,
    templates=UNRENDERED,
    placeholders=UNRENDERED,
    identity_parts={"alertKey", "testId", "testName", "title", "division", "product", "alertType"},
)

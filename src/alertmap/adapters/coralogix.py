r"""Coralogix: its generic outbound webhook.

Set up:

1. Integrations, Outbound Webhooks, Generic Webhook, Add New: the URL `https://receiver.example/coralogix?token=…`,
   method POST. Under "Edit body" keep the body that stands there, or enter this one, with its quotes:

   ```json
   {"alert_action": "$ALERT_ACTION", "alert_id": "$ALERT_ID", "alertUniqueIdentifier": "$ALERT_UNIQUE_IDENTIFIER",
    "alertGroupByValues": "$ALERT_GROUP_BY_VALUES", "name": "$ALERT_NAME", "priority": "$ALERT_PRIORITY",
    "severity": "$EVENT_SEVERITY", "timestampISO": "$EVENT_TIMESTAMP_ISO",
    "team": "$TEAM_NAME", "application": "$APPLICATION_NAME", "subsystem": "$SUBSYSTEM_NAME",
    "computer": "$COMPUTER_NAME", "threshold": "$ALERT_THRESHOLD", "hitCount": "$HIT_COUNT",
    "alert_url": "$ALERT_URL", "log_url": "$LOG_URL", "metaLabels": "$META_LABELS",
    "description": "$ALERT_DESCRIPTION"}
   ```

2. In each alert, under Notifications, add the webhook and switch "Notify when resolved" on, or nothing recovers.
   An alert with "Group by" must trigger a separate notification for each combination: the values of all of them
   together change, and then a recovery does not find its alert.
3. Press "Test config". Answer 200.

The names of the keys count, not their places: what stands in `fields` as key and value is read as if it stood beside
them. Other bodies with these keys are read, too; of one that a value breaks, the texts before that value. The default
body of the Terraform provider has `alert_Webhook` instead of `alert_action`: with it all notifications fire and nothing
recovers, so set `payload` there.

An alert is the unique identifier of its definition and the values of its group. A definition that is edited gets a new
`alert_id`, which is the key only where the body has no unique identifier. The priority is the severity, P1 critical to
P5 info; without one `Critical`, `Error`, `Warning` and `Info` are critical, high, medium and info. "Notify every"
states an alert again while it lasts.

Limits: a variable that does not apply stays as `$NAME` and is left out. New values, unique counts and traces never
recover: let incidents of this source expire. A test looks like an alert. There is no signature. Presets of the
Notification Center are not read.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Any

from attrs import evolve

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Problem, Reading, Request, Shape, State, Times

STATES = conventions.states(firing="trigger, triggered", resolved="resolve, resolved")

LEVELS = conventions.levels(
    critical="P1, CRITICAL", high="P2, ERROR", medium="P3, WARN, WARNING", low="P4", info="P5, INFO, DEBUG, VERBOSE"
)

# These have a value in each notification; all others may not apply.
NEEDED = r"ALERT_(?:ACTION|ID|NAME|UNIQUE_IDENTIFIER|Webhook)|EVENT_\w+"
VARIABLE = r"\$[A-Z][A-Za-z0-9_]{1,60}"
PLACEHOLDERS = re.compile(rf"(?P<absent>(?!\$(?:{NEEDED})\Z){VARIABLE}|\*insert [^*]{{1,60}}\*)|{VARIABLE}|\s*+")

# One of these is needed.
TITLES = wire.named("name", "alert_name", "alert_id", "alertUniqueIdentifier", "description")

NO_GROUP = {"", "[]", "{}"}


@wire.model(loose_keys=True)
class Alert:
    title: Annotated[wire.NonBlank, TITLES]
    alert_action: Annotated[State | None, wire.state(STATES)] = None
    alertUniqueIdentifier: wire.AnyText = ""
    alert_id: wire.AnyText = ""  # a new one when the definition is edited
    alertGroupByValues: Annotated[wire.AnyText, wire.also("group_by_values")] = ""
    value1: Annotated[wire.AnyText, wire.named("Group-by Value1")] = ""
    value2: Annotated[wire.AnyText, wire.named("Group-by Value2")] = ""
    description: wire.Text = ""
    text: wire.ScalarText = ""  # the log
    priority: wire.Text = ""
    severity: wire.Text = ""
    timestampISO: Annotated[wire.AnyTime, wire.also("timestampMs")] = None
    team: wire.Text = ""
    application: wire.Text = ""
    subsystem: wire.Text = ""
    computer: wire.Text = ""
    threshold: wire.Text = ""
    hitCount: wire.Text = ""
    metaLabels: Annotated[wire.ScalarText, wire.also("metaLabelsList")] = ""
    alert_url: wire.Text = ""
    log_url: wire.Text = ""


def read(event: Alert) -> Reading:
    values = event.alertGroupByValues.strip()
    group = values if values not in NO_GROUP else conventions.join(event.value1, event.value2, by=", ")
    place = {"application": event.application or None, "subsystem": event.subsystem or None}
    return Reading(
        state=event.alert_action,
        level=event.priority or event.severity,
        identity=[
            {"alert": event.alertUniqueIdentifier.strip(), "group": group or None},
            {"alert_id": event.alert_id.strip(), "group": group or None},
            {"name": event.title, **place, "group": group or None},
        ],
        title=event.title,
        message=conventions.join(event.description, event.text, by="\n"),
        resource=event.computer or conventions.join(event.application, event.subsystem, by="/"),
        labels=labels_of(event.metaLabels) | wire.pick(event, "team", "application", "subsystem") | {"group": group},
        links={"alert": event.alert_url, "logs": event.log_url},
        values={
            "hits": wire.number_in(event.hitCount.strip()),
            "threshold": wire.number_in(event.threshold.strip()),
        },
        occurred_at=event.timestampISO,
        resolvable=event.alert_action is not None,
    )


def read_text(text: str) -> Reading | Iterable[Problem]:
    """Read a body whose JSON a value broke, such as a log that was not escaped."""
    event, problems = wire.read_broken(text, Alert, placeholders=PLACEHOLDERS)
    return problems if event is None else evolve(read(event), problems=problems)


def labels_of(text: str) -> dict[str, str]:
    """Return the labels of a definition: `alert_type:security, night` is one with a value and one without."""
    found = (label.strip().partition(":") for label in text.split(","))
    return {name: value or "true" for name, _, value in found if name}


def unfold(document: Any) -> Any:
    """Return the document with its list of fields beside its other keys; of a key that is repeated the first counts."""
    fields = document.get("fields") if type(document) is dict else None
    if type(fields) is not list:
        return document
    found: dict[str, Any] = {}
    for field in fields:
        if type(field) is dict and type(field.get("key")) is str:
            found.setdefault(field["key"], field.get("value"))
    return found | {key: value for key, value in document.items() if key != "fields"}


def is_alert(document: Any, _request: Request) -> bool:
    keys = wire.loose_keys(document).keys()
    return {"alertid", "logurl"} <= keys and not keys.isdisjoint(("alertaction", "alertwebhook", "alertgroupbyvalues"))


adapter = Adapter(
    name="coralogix",
    title="Coralogix",
    shapes=[Shape(Alert, read, marks=is_alert), Shape(str, read_text, marks={'"alert_action"', '"alert_id"'})],
    levels=LEVELS,
    formats={"json", "text"},
    times=Times.STATED,
    repeats={State.FIRING},
    prepare=unfold,
    templates=re.compile(VARIABLE),
    placeholders=PLACEHOLDERS,
    identity_parts={"alert", "group", "alert_id", "name", "application", "subsystem"},
)

"""Bodies that users enter into web actions of the SolarWinds Platform (Orion)."""

import re
from collections.abc import Iterable
from functools import partial
from typing import Annotated, Any

from attrs import evolve

from alertmap import conventions, wire
from alertmap.adapter import Identity, Problem, ProblemCode, Reading, Request, Shape, State, Times

# Of the set-up guide and ITOC360, Opsgenie (Create, Close), ilert (ALERT, RESOLVE) and Keep.
STATES = conventions.states(
    firing="TRIGGER, TRIGGERED, CREATE, ALERT, PROBLEM, FIRING, ACTIVE",
    acknowledged="ACKNOWLEDGEMENT, ACKNOWLEDGED",
    resolved="RESET, CLOSE, RESOLVE, RESOLVED, CLEARED, RECOVERY",
)
WORDS = {wire.state_word(word) for word in STATES}
RESET = {"true": State.RESOLVED, "false": State.FIRING}  # Datadog's template

ACKNOWLEDGED = {"acknowledged", "true", "yes", "1"}

MACRO = re.compile(r"\$\{(?:[^{}]|\$\{[^{}]{0,80}\}){1,240}\}")  # `${N=SWQL;M=SELECT … ${N=Alerting;M=AlertObjectID} }`
filled = partial(conventions.filled, MACRO)
PLACEHOLDERS = re.compile(rf"\s*{MACRO.pattern}\s*")

# AlertObjectID and AlertActiveID; the second changes with each incident, and is gone in some resets.
ILERT_KEY = re.compile(r"\s*([0-9]{1,20})-(?:[0-9]{0,20}|\$\{.*)\s*")


@wire.model(loose_keys=True)
class Fields:
    AlertObjectID: wire.AnyText = ""
    alias: wire.AnyText = ""
    iLertIncidentKey: wire.AnyText = ""
    AlertID: Annotated[wire.AnyText, wire.also("AlertDefID")] = ""  # of the definition, so of many objects
    ObjectID: wire.AnyText = ""
    AlertName: wire.AnyText = ""
    AlertMessage: Annotated[wire.Text, wire.also("iLertEventSummary", "message")] = ""
    AlertDescription: wire.Text = ""
    Severity: Annotated[wire.Text, wire.also("AlertSeverity")] = ""
    Acknowledged: wire.ScalarText = ""
    AcknowledgedBy: wire.Text = ""
    AlertDetailsUrl: Annotated[wire.Text, wire.also("iLertUrl")] = ""
    NodeName: Annotated[wire.AnyText, wire.also("NodeCaption", "RelatedNodeCaption", "host")] = ""
    ObjectName: Annotated[wire.AnyText, wire.also("EntityCaption", "object")] = ""
    ObjectType: wire.Text = ""
    IPAddress: Annotated[wire.Text, wire.also("ip")] = ""
    rest: wire.Rest


STATE_KEYS = wire.named(
    "event_type", "ActionType", "iLertEventType", "notification_type", "AlertStatus", "status", "state"
)


@wire.model(loose_keys=True)
class Alert(Fields):
    state: Annotated[State, wire.state(STATES), STATE_KEYS]
    word: Annotated[wire.AnyText, STATE_KEYS] = ""


@wire.model(loose_keys=True)
class Stateless(Fields):
    AlertName: wire.AnyText
    reset: Annotated[State | None, wire.state(RESET)] = None


def read(alert: Alert) -> Reading:
    is_acknowledged = wire.loosen(alert.Acknowledged) in ACKNOWLEDGED
    # An unknown state fires, whatever the flag.
    is_firing = alert.state is State.FIRING and wire.state_word(alert.word) in WORDS
    return reading(alert, State.ACKNOWLEDGED if is_firing and is_acknowledged else alert.state)


def read_stateless(alert: Stateless) -> Reading:
    return reading(alert, alert.reset)


def reading(alert: Fields, state: State | None) -> Reading:
    thing = alert.ObjectName or alert.NodeName
    is_cut = any(" " in name and value == "" for name, value in alert.rest.items())
    return Reading(
        state=state,
        level=alert.Severity,  # of the definition, so a reset has it as well
        identity=identity(alert),
        title=f"{alert.AlertName} on {thing}" if alert.AlertName and thing else alert.AlertName,
        message=conventions.join(alert.AlertMessage, alert.AlertDescription, by="\n"),
        resource=alert.NodeName or alert.ObjectName,
        labels={
            "alert": alert.AlertName,
            "object": alert.ObjectName,
            "object_type": alert.ObjectType,
            "ip": alert.IPAddress,
            "acknowledged_by": alert.AcknowledgedBy,
        },
        links={"alert": alert.AlertDetailsUrl},
        problems=(CUT,) if is_cut else (),
    )


CUT = Problem(ProblemCode.TRUNCATED, "$", "a value holds `&`, which the sender did not escape: its end is lost")


def identity(alert: Fields) -> list[Identity]:
    # What the templates of Opsgenie and ilert have in both actions comes first, though they may have more in one.
    ilert = ILERT_KEY.fullmatch(alert.iLertIncidentKey)
    alias = filled(alert.alias) or ("" if ilert else filled(alert.iLertIncidentKey))
    number = ilert[1] if ilert else filled(alert.AlertObjectID)
    definition, node, thing = filled(alert.AlertID), filled(alert.NodeName), filled(alert.ObjectName)
    return [
        {"alias": alias} if alias else {"alert_object": number},
        {"alert": definition, "object": filled(alert.ObjectID)},
        {"alert": definition, "object": thing, "node": node},
        {"name": filled(alert.AlertName), "node": node, "object": thing or None},
    ]


def read_text(text: str) -> Reading | Iterable[Problem]:
    event, problems = wire.read_broken(text, Alert, last="AlertMessage", placeholders=PLACEHOLDERS)
    return problems if event is None else evolve(read(event), problems=problems)


OWN_KEYS = (
    {"alertobjectid"},
    {"alertactiveid"},
    {"alertdetailsurl", "alertname"},
    {"actiontype", "alias"},
    {"ilerteventtype", "ilertincidentkey"},
)


def is_orion(document: Any, _request: Request) -> bool:
    sent = wire.loose_keys(document).keys()
    return any(sent >= keys for keys in OWN_KEYS)


SHAPES = [
    Shape(Alert, read, marks=is_orion, times=Times.NONE),
    Shape(Stateless, read_stateless, marks=is_orion, times=Times.NONE),
    Shape(str, read_text, marks={'"AlertObjectID"', '"AlertName"'}, times=Times.NONE),
]

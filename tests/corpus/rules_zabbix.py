"""The rules of Zabbix's captured requests: one server, whose media types post macros under four sets of names."""

from collections.abc import Hashable
from datetime import datetime
from typing import Any

from alertmap import Alert, Severity, State
from alertmap.model import ProblemCode
from captures import Captured
from corpus.rules import Kind, Rules, name

SEVERITIES = {
    "5": Severity.CRITICAL,
    "4": Severity.HIGH,
    "3": Severity.MEDIUM,
    "2": Severity.LOW,
    "1": Severity.INFO,
    "0": Severity.INFO,
    "High": Severity.HIGH,
    "": Severity.MEDIUM,  # the body for Grafana OnCall has no severity
}

IDS = ("EVENT.ID", "event_id", "alert_uid", "id")
VALUES = ("EVENT.VALUE", "event_value", "status", "state")
LEVELS = ("EVENT.NSEVERITY", "event_nseverity", "severity")


def first(body: Any, names: tuple[str, ...]) -> str:
    """Return the value of the first of these keys that the body has."""
    return next((str(body[key]) for key in names if key in body), "")


def kind(one: Captured) -> Kind:
    """A comment changes no alert."""
    return Kind.NO_ALERT if name(one) == "macros_update_commented" else Kind.ALERTS


def check(one: Captured, alert: Alert, body: Any) -> None:
    """The event's value and its status of acknowledgement are the state, its number the severity, its id the key."""
    is_over = first(body, VALUES) in ("0", "OK")
    is_acknowledged = body.get("EVENT.ACK.STATUS") == "Yes"
    state = State.RESOLVED if is_over else State.ACKNOWLEDGED if is_acknowledged else State.FIRING
    assert alert.state is state
    assert alert.severity is SEVERITIES[first(body, LEVELS)]
    assert alert.identity == {"event": first(body, IDS)}
    subject = first(body, ("EVENT.NAME", "event_name", "name", "title"))
    assert alert.title == subject.removeprefix("Problem: ").removeprefix("Resolved in 6s: ")
    codes = {problem.code for problem in alert.problems}
    assert (ProblemCode.STATE_GUESSED in codes) == (name(one) == "official_snake_style_update")  # it lacks the action
    # Dates are in a zone that nothing names.
    assert alert.occurred_at is None
    assert (ProblemCode.BAD_TIME in codes) == ("alert_uid" not in body)
    texts = [alert.message, alert.resource, *alert.labels.values(), *alert.links.values(), str(alert.values)]
    left = ("{EVENT", "{$", "*UNKNOWN*")
    assert not any(macro in text for text in texts for macro in left), "a macro that is not filled in is no value"


def time(alert: Alert) -> datetime:
    """Return the time of receipt: the zone of the macros is not known."""
    assert alert.received_at is not None
    return alert.received_at


def fingerprint(body: Any) -> Hashable:
    """Return the id of the event, which all messages about it have."""
    return first(body, IDS)


RULES = Rules("zabbix", kind, check, time, fingerprint=fingerprint)

"""The rules of Nagios's captured requests: environment macros, JSON written by hand, the form of PagerDuty's plugin."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from alertmap import Alert, Severity, State
from captures import Captured
from corpus.rules import Kind, Rules, raw

SEVERITIES = {
    "CRITICAL": Severity.CRITICAL,
    "DOWN": Severity.CRITICAL,
    "UNREACHABLE": Severity.HIGH,
    "WARNING": Severity.MEDIUM,
    "UNKNOWN": Severity.MEDIUM,
}
WELL = ("OK", "UP")
STATES = {
    "PROBLEM": State.FIRING,
    "RECOVERY": State.RESOLVED,
    "ACKNOWLEDGEMENT": State.ACKNOWLEDGED,
    "DOWNTIMESTART": State.SUPPRESSED,
}
"""Types that name a state; all others are ends, where the state of the check decides."""


def body_of(one: Captured) -> dict[str, Any]:
    """Return the document of a request."""
    body = one.request.body
    text = body if isinstance(body, str) else body.decode()
    if not text.startswith("{"):
        return dict(parse_qsl(text, keep_blank_values=True))
    document: dict[str, Any] = json.loads(text)
    return document


def macros(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the macros without their prefix, or JSON written by hand under the names of the macros."""
    if "type" in document:
        service = document.get("service", "")
        of = "SERVICE" if service else "HOST"
        found = {"NOTIFICATIONTYPE": document["type"], "HOSTNAME": document["host"], "SERVICEDESC": service}
        found |= {f"{of}STATE": document["state"], f"{of}OUTPUT": document["output"]}
        return {**found, "NOTIFICATIONAUTHOR": document["author"]}
    return {key.removeprefix("NAGIOS_").removeprefix("ICINGA_"): value for key, value in document.items()}


def kind(one: Captured) -> Kind:
    """Messages of people, and the beginning of flapping while all is well, change no alert."""
    found = macros(body_of(one))
    state = found.get("SERVICESTATE") or found["HOSTSTATE"]
    is_news = found["NOTIFICATIONTYPE"] != "CUSTOM" and (found["NOTIFICATIONTYPE"], state) != ("FLAPPINGSTART", "OK")
    return Kind.ALERTS if is_news else Kind.NO_ALERT


def check(_: Captured, alert: Alert, body: Mapping[str, Any]) -> None:
    """The type names the state, or the check; host and service are the key; the level is that of a problem."""
    found = macros(body)
    service = found.get("SERVICEDESC") or found.get("SERVICENAME")
    of = "SERVICE" if service else "HOST"
    state = found[f"{of}STATE"]
    by_check = State.RESOLVED if state in WELL else State.FIRING
    assert alert.state is STATES.get(found["NOTIFICATIONTYPE"], by_check)
    assert alert.identity == {"host": found["HOSTNAME"]} | ({"service": service} if service else {})
    ended = found.get(f"LAST{of}STATE", "") if alert.state is State.RESOLVED else ""
    assert alert.severity is SEVERITIES.get(state, SEVERITIES.get(ended))
    assert alert.title.endswith(f" is {state}")
    assert alert.message.startswith(found.get(f"{of}OUTPUT", ""))
    assert alert.resource == found["HOSTNAME"]
    assert alert.occurred_at == moment(found)
    since = int(found.get(f"LAST{of}STATECHANGE") or 0)
    has_start = state not in WELL and alert.state is not State.RESOLVED and since
    assert alert.started_at == (datetime.fromtimestamp(since, UTC) if has_start else None)
    assert {"SERVICEDESC", "HOSTNAME"}.isdisjoint(alert.labels)
    author = found.get("NOTIFICATIONAUTHOR") or found.get("NOTIFICATIONAUTHORNAME", "")
    assert alert.labels.get("author", "") == author
    assert not alert.problems


def moment(found: Mapping[str, str]) -> datetime | None:
    """Return the time of a notification; JSON written by hand has none that can be read."""
    return datetime.fromtimestamp(int(found["TIMET"]), UTC) if found.get("TIMET") else None


def time(alert: Alert) -> datetime:
    """Return the time of the notification, else that of receipt."""
    found = moment(macros(raw(alert))) or alert.received_at
    assert found is not None
    return found


RULES = Rules(
    "nagios",
    kind,
    check,
    time,
    elements=lambda one: [body_of(one)],
    is_recognised=lambda one: "curl_json" not in one.name,
)

"""The rules of GoAlert's captured requests."""

from collections.abc import Hashable
from datetime import datetime
from typing import Any

from alertmap import Alert, Severity, State
from captures import Captured
from corpus.rules import Kind, Rules

STATES = {"Acknowledged": State.ACKNOWLEDGED, "Closed": State.RESOLVED}


def kind(one: Captured) -> Kind:
    """The code of a new contact method and the test button are no alerts."""
    is_alert = '"AlertID"' in str(one.request.body) or '"Count"' in str(one.request.body)
    return Kind.ALERTS if is_alert else Kind.NO_ALERT


def check(_: Captured, alert: Alert, body: Any) -> None:
    """The type is the state, of a change the first word of its sentence; the number is the key."""
    if body["Type"] == "AlertBundle":
        assert alert.state is State.FIRING
        assert not alert.resolvable
        assert alert.identity == {"bundle": body["ServiceID"]}
        assert alert.title == f"{body['Count']} alerts of {body['ServiceName']}"
        return
    assert alert.resolvable
    assert alert.identity == {"id": str(body["AlertID"])}
    if body["Type"] == "AlertStatus":
        assert alert.state is STATES[body["LogEntry"].split()[0]]
        assert alert.message == body["LogEntry"]
        assert alert.severity is None
    else:
        assert alert.state is State.FIRING
        assert (alert.title, alert.message) == (body["Summary"], body["Details"])
        assert alert.severity is (Severity.CRITICAL if body["Meta"] else Severity.MEDIUM)
        assert alert.labels == {"service": body["ServiceName"], "service_id": body["ServiceID"], **body["Meta"]}


def time(alert: Alert) -> datetime:
    """Return the time of receipt: no body has a time."""
    assert alert.received_at
    return alert.received_at


def fingerprint(body: Any) -> Hashable:
    """Return GoAlert's number of the alert, or the service of a bundle."""
    return str(body.get("AlertID", body.get("ServiceID")))


RULES = Rules("goalert", kind, check, time, fingerprint=fingerprint)

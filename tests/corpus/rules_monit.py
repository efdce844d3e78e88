"""The rules of Monit's captured requests: forms of a program, and reports to M/Monit."""

from collections.abc import Hashable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from defusedxml import ElementTree

from alertmap import Alert, Severity, State
from captures import Captured
from corpus.rules import Kind, Rules, raw

STATES = {
    "Does not exist": State.FIRING,
    "Connection failed": State.FIRING,
    "Size failed": State.FIRING,
    "Exists": State.RESOLVED,
    "Connection succeeded": State.RESOLVED,
    "Size succeeded": State.RESOLVED,
    "1": State.FIRING,
    "0": State.RESOLVED,
}


def text_of(one: Captured) -> str:
    """Return the body as text."""
    body = one.request.body
    return body if isinstance(body, str) else body.decode()


def elements(one: Captured) -> list[Any]:
    """Return the fields of a form, or the event of a report."""
    text = text_of(one)
    if not text.startswith("<"):
        return [dict(parse_qsl(text, keep_blank_values=True))]
    event = ElementTree.fromstring(text.partition("?>")[2]).find("event")
    assert event is not None
    return [{field.tag: field.text for field in event}]


def kind(one: Captured) -> Kind:
    """A report without an event states no change."""
    text = text_of(one)
    return Kind.NO_ALERT if text.startswith("<") and "<event>" not in text else Kind.ALERTS


def check(one: Captured, alert: Alert, event: Any) -> None:
    """State and text are the event's; only what does not move stands in the key; only reports have a time."""
    is_report = "collector" in one.scenario
    assert alert.state is STATES[event["state" if is_report else "event"]]
    assert alert.severity is (Severity.MEDIUM if alert.state is State.FIRING else None)
    assert (alert.identity["host"], alert.identity["service"]) == ("lab-host", event["service"])
    assert alert.message == event["message" if is_report else "description"]
    assert alert.title.startswith(f"{event['service']}: ")
    assert not {"failed", "succeeded", "exist", "exists", "refused"} & set(alert.dedup_key.lower().split())
    assert alert.occurred_at == (moment(event) if is_report else None)
    assert alert.resolvable
    assert not alert.problems


def moment(event: Any) -> datetime:
    """Return the time of an event in a report."""
    return datetime.fromtimestamp(int(event["collected_sec"]), UTC)


def time(alert: Alert) -> datetime:
    """Return the time of an event in a report; a form has only the time of receipt."""
    if "collected_sec" in raw(alert):
        return moment(raw(alert))
    assert alert.received_at is not None
    return alert.received_at


def fingerprint(event: Any) -> Hashable:
    """Return the service, of which the lab tests one thing each, and the id that only reports have."""
    return event["service"], event.get("id")


RULES = Rules("monit", kind, check, time, elements=elements, fingerprint=fingerprint)

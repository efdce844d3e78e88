"""The rules of Uptime Kuma's captured requests: its webhook of 2.5.3 and 1.23.17, and what its other types send."""

import json
import re
from collections.abc import Hashable, Mapping
from datetime import UTC, datetime
from typing import Any

from alertmap import Alert, Severity, State
from captures import Captured
from corpus.rules import Kind, Rules, raw

STATES = {0: State.FIRING, 1: State.RESOLVED}


def kind(one: Captured) -> Kind:
    """Bodies of a user's own are foreign, and so are other notification types but PagerTree, which sends the same."""
    if "custom" in one.name or ("_to-" in one.name and "to-pagertree" not in one.name):
        return Kind.FOREIGN
    return Kind.NO_ALERT if one.name.startswith("test") else Kind.ALERTS


def payload(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return heartbeat, monitor and msg, also those of a form and of a query."""
    found = json.loads(document["data"]) if "data" in document else document
    return {key: json.loads(it) if isinstance(it, str) and it.startswith("{") else it for key, it in found.items()}


def elements(one: Captured) -> list[Any]:
    """Return the objects that the request holds, in whatever form."""
    body = one.request.body
    text = body if isinstance(body, str) else body.decode()
    part = re.search(r'name="data"\r\n\r\n(.*)\r\n--', text, re.DOTALL)
    return [payload(one.request.query if not text else {"data": part[1]} if part else json.loads(text))]


def moment(text: str) -> datetime:
    """Return a time of Kuma's, which has no zone and is UTC."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)


def check(_: Captured, alert: Alert, element: Any) -> None:
    """State, key and times are the heartbeat's; a certificate that expires is low and never ends."""
    beat, monitor = element["heartbeat"], element["monitor"]
    assert not alert.problems
    if beat is None:
        assert (alert.state, alert.severity, alert.resolvable) == (State.FIRING, Severity.LOW, False)
        assert alert.title == element["msg"]
        assert alert.identity["expiring"] in element["msg"]
        return
    assert alert.state is STATES[beat["status"]]
    assert alert.severity is Severity.HIGH
    assert alert.identity == {"monitor": str(monitor["id"])}
    assert alert.title == f"{monitor['name']} is {'up' if beat['status'] else 'down'}"
    assert alert.message == beat["msg"]
    assert alert.occurred_at == moment(beat["time"])
    started = beat.get("lastDownTime") if beat["status"] else beat["time"] if beat["important"] else None
    assert alert.started_at == (moment(started) if started else None)
    assert alert.values == ({"ping": beat["ping"]} if "ping" in beat else {})
    assert {tag["name"]: tag["value"] for tag in monitor["tags"]}.items() <= alert.labels.items()
    assert ("url" in alert.links) == (monitor["url"] != "https://")


def time(alert: Alert) -> datetime:
    """Return the time of the heartbeat; a text has only the time of receipt."""
    beat = payload(raw(alert))["heartbeat"]
    assert alert.received_at is not None
    return moment(beat["time"]) if beat else alert.received_at


def fingerprint(element: Any) -> Hashable:
    """Return Kuma's id of the monitor."""
    return element["heartbeat"]["monitorID"] if element["heartbeat"] else None


RULES = Rules("uptime_kuma", kind, check, time, elements, fingerprint)

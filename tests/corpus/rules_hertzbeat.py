"""The rules of HertzBeat's captured requests."""

import json
import re
from collections.abc import Hashable
from datetime import UTC, datetime
from typing import Any

from alertmap import Alert, Severity, State
from captures import Captured
from corpus.rules import Kind, Rules, raw

SEVERITIES = {
    "emergency": Severity.CRITICAL,
    "critical": Severity.CRITICAL,
    "warning": Severity.MEDIUM,
    "info": Severity.INFO,
}


def kind(one: Captured) -> Kind:
    """The test button is no alert."""
    return Kind.NO_ALERT if "test-button" in one.scenario else Kind.ALERTS


def elements(one: Captured) -> list[Any]:
    """Return the alerts, each with the status of its group; of broken JSON only the list of alerts is read."""
    text = one.request.body if isinstance(one.request.body, str) else one.request.body.decode()
    status = re.search(r'"status": ?"(\w+)"', text)
    _, _, after = text.partition('"alerts":')
    alerts, _, _ = after.rpartition("]")
    # Outside of texts only the last field of an object is followed by a comma and a line that closes it.
    found = json.loads(re.sub(r",(\s*\n\s*})", r"\1", alerts) + "]")
    assert status
    return [{"status": status[1], **alert} for alert in found]


def check(_: Captured, alert: Alert, element: Any) -> None:
    """State, severity and times are those of the alert; its key is made of all its labels."""
    is_over = element["status"] == "resolved"
    assert alert.state is (State.RESOLVED if is_over else State.FIRING)
    assert alert.severity is SEVERITIES[element["labels"]["severity"]]
    assert alert.title == element["labels"]["alertname"]
    assert alert.message == element["content"]
    assert alert.labels == element["labels"]
    assert alert.identity == {f"label.{name}": text for name, text in element["labels"].items()}
    assert alert.started_at == moment(element["startAt"])
    assert alert.occurred_at == moment(element["endAt" if is_over else "startAt"])
    assert not alert.problems


def moment(sent: Any) -> datetime:
    """Return a time: milliseconds, or the time of the server, which was in UTC."""
    if isinstance(sent, int):
        return datetime.fromtimestamp(sent / 1000, UTC)
    return datetime.fromisoformat(f"{sent}+00:00")


def time(alert: Alert) -> datetime:
    """Return the end of what is over, else its start; broken JSON is searched for it."""
    name = "endAt" if alert.state is State.RESOLVED else "startAt"
    if isinstance(alert.raw, str):
        found = re.search(f'"{name}": "([^"]+)"', alert.raw)
        assert found
        return moment(found[1])
    return moment(raw(alert)[name])


def fingerprint(element: Any) -> Hashable:
    """Return HertzBeat's own fingerprint: all labels, sorted and joined."""
    return ",".join(f"{name}:{text}" for name, text in sorted(element["labels"].items()))


SCENARIOS = (
    "basic",
    "bearer",
    "external-no-annotations",
    "external-quotes",
    "monitor-no-annotations",
    "monitor-website",
)
RULES = Rules(
    "hertzbeat",
    kind,
    check,
    time,
    elements,
    fingerprint,
    options={f"v1.8.0_{scenario}": {"utc_offset": "Z"} for scenario in SCENARIOS},
)

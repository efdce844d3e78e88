"""The rules of the agent's captured requests; nothing is captured of Netdata Cloud."""

from collections.abc import Hashable
from datetime import UTC, datetime, timedelta
from typing import Any

from alertmap import Alert, Severity, State
from captures import Captured
from corpus.rules import Kind, Rules, raw

LEVELS = {"CRITICAL": Severity.CRITICAL, "WARNING": Severity.MEDIUM}


def kind(one: Captured) -> Kind:
    """The script's test mode is no alert; its other methods are written for other systems, all but Opsgenie's."""
    if one.scenario.startswith("agent_test"):
        return Kind.NO_ALERT
    other = "_to-" in one.scenario and not one.scenario.endswith("to-opsgenie")
    return Kind.FOREIGN if other else Kind.ALERTS


def check(_: Captured, alert: Alert, body: Any) -> None:
    """State and level are those of the status, or of the status before a recovery; the key is the alarm's."""
    is_over = body["status"] == "CLEAR"
    assert alert.state is (State.RESOLVED if is_over else State.FIRING)
    assert alert.severity is LEVELS[body["old_status"] if is_over else body["status"]]
    assert alert.identity == {"host": body["host"], "chart": body["chart"], "alert": body["name"]}
    assert alert.occurred_at == moment(body)
    assert alert.started_at == moment(body) - timedelta(seconds=int(body["non_clear_duration"]))
    assert alert.message == body["info"]
    text = body.get("value_string", str(body["value"]))
    assert text.startswith(str(alert.values[body["name"]]))
    assert not alert.problems


def moment(body: Any) -> datetime:
    """Return the time of the change, a count of seconds as text or number."""
    return datetime.fromtimestamp(int(body["when"]), UTC)


def time(alert: Alert) -> datetime:
    """Return the time of the change."""
    return moment(raw(alert))


def fingerprint(body: Any) -> Hashable:
    """Return the agent's id of the alarm, which was not made anew while these were captured."""
    return body["host"], str(body.get("alarm_id", body.get("alarmId")))


RULES = Rules("netdata", kind, check, time, fingerprint=fingerprint, mostly_alerts=False)

"""The rules of InfluxDB 2's captured requests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from alertmap import Alert, Severity, State
from captures import Captured
from corpus.rules import Kind, Rules, raw

SEVERITIES = {
    "crit": Severity.CRITICAL,
    "critical": Severity.CRITICAL,
    "warn": Severity.MEDIUM,
    "info": Severity.INFO,
    "unknown": Severity.LOW,
    "notebook": Severity.MEDIUM,
    "ok": None,
}
MOVING = ("_notification_rule_id", "_notification_endpoint_id", "_message", "_level", "_time", "_start", "_stop")


def kind(one: Captured) -> Kind:
    """Bodies for Slack and PagerDuty, and a task's own forms, are foreign."""
    others = ("slack-endpoint", "pagerduty", "mapfn", "plain-text")
    if any(word in one.scenario for word in others):
        return Kind.FOREIGN
    if one.request.method == "GET" or "test-alert" in one.scenario:
        return Kind.NO_ALERT
    (body,) = RULES.elements(one)
    # A deadman check whose level is ok says ok of what is dead: that is no recovery.
    is_dead_and_ok = body.get("dead") and body.get("_level") == "ok"
    return Kind.NO_ALERT if is_dead_and_ok else Kind.ALERTS


def check(one: Captured, alert: Alert, body: Any) -> None:
    """Only ok resolves; the start is the status's own time; the key has check, measurement and tags."""
    word = body.get("_level", "notebook")
    assert (alert.state is State.RESOLVED) == (word == "ok")
    assert alert.level == (None if word == "ok" else word)
    assert alert.severity is SEVERITIES[word]
    assert alert.no_data == bool(body.get("dead"))
    assert alert.occurred_at == time(alert)
    assert alert.sequence == body.get("_source_timestamp")
    assert one.received_at is not None
    late = timedelta(seconds=60 if one.scenario.endswith(("receiver-slow", "rule-task-run-again")) else 25)
    assert timedelta() < one.received_at - alert.occurred_at < late
    if "_check_id" not in body and "_check_name" not in body:
        assert alert.identity == {"rule": body["_notification_rule_id"]}
    else:
        fixed = {"check", "measurement"} if "_check_id" in body else {"check_name"}
        assert {name for name in alert.identity if not name.startswith("tag.")} == fixed
        assert not set(alert.identity.values()) & {body[name] for name in MOVING if name in body}


def time(alert: Alert) -> datetime:
    """Return the status's own time, or that of a task's row."""
    nanoseconds = raw(alert).get("_status_timestamp")
    if nanoseconds is None:
        return datetime.fromisoformat(str(raw(alert)["_time"]))
    assert isinstance(nanoseconds, int)
    seconds, rest = divmod(nanoseconds, 10**9)
    assert rest == 0, "no digit is lost"
    return datetime.fromtimestamp(seconds, UTC)


OPTIONS = {
    # Columns that are text fields, not tags, as the README states: the source has to say so.
    "v2.9.1_deadman-many-fields": {"ignore_keys": ["note", "version"]},
    "v2.9.1_custom-check-null-fields": {"ignore_keys": ["device"]},
}
RULES = Rules("influxdb2", kind, check, time, options=OPTIONS)

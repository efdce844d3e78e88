"""The rules of Elastic's captured requests, all of ElastAlert 2.

A document stands for a match, a payload of the rule's own for its rule. No alerter announces a recovery.
"""

from collections.abc import Hashable
from datetime import datetime
from typing import Any

from alertmap import Alert, Severity, State
from captures import Captured
from corpus.rules import Kind, Rules, name, raw

LEVELS = {"high": Severity.HIGH, "error": Severity.HIGH}
OTHERS = ("alertmanager", "pagerduty", "opsgenie", "jira")
"""Alerters that speak another system's language."""
OWN = ("post2-string-template", "post2_template")
"""Payloads whose keys a user made up."""


def kind(one: Captured) -> Kind:
    """Other alerters, and payloads of other keys, are foreign."""
    return Kind.FOREIGN if any(word in name(one) for word in OTHERS + OWN) else Kind.ALERTS


def check(_: Captured, alert: Alert, body: Any) -> None:
    """Every request fires; the key is the rule's own, else the document, else what a flatline groups by."""
    assert alert.state is State.FIRING
    assert not alert.resolvable
    assert alert.severity is LEVELS.get(body.get("severity", ""), Severity.MEDIUM)
    assert alert.level != body.get("level"), "the level of a log line is not that of the alert"
    codes = {problem.code.value for problem in alert.problems}
    assert codes == (set() if "alert_uid" in body else {"key_fallback"})
    for moving in ("num_hits", "spike_count", "count"):
        assert alert.values.get(moving) == body.get(moving)
    host = body.get("host", "")
    assert alert.resource == (host["name"] if isinstance(host, dict) else host)
    assert alert.no_data == (body.get("count") == 0)
    moment = body.get("@timestamp")
    assert alert.occurred_at == (datetime.fromisoformat(moment) if moment else None)


def time(alert: Alert) -> datetime:
    """Return the time of the document, else that of receipt: a payload of the rule's own mostly has no time."""
    moment = raw(alert).get("@timestamp")
    assert alert.received_at is not None
    return datetime.fromisoformat(moment) if moment else alert.received_at


def fingerprint(body: Any) -> Hashable:
    """Return what tells one alert from another: the rule's own id, the document, or the group of a flatline."""
    return body.get("alert_uid") or body.get("_id") or (body["key"], body["threshold"])


RULES = Rules("elastic", kind, check, time, fingerprint=fingerprint)

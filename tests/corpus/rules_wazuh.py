"""The rules of the captured requests of Wazuh's integration scripts, all for hand-made alerts."""

import re
from collections.abc import Hashable, Mapping
from datetime import datetime
from typing import Any

from alertmap import Alert, ProblemCode, Severity, State
from captures import Captured
from corpus.rules import Kind, Rules, raw

READ = ("custom-raw", "custom-keep", "shuffle")


def kind(one: Captured) -> Kind:
    """Other scripts write for other systems."""
    return Kind.ALERTS if one.scenario.startswith(READ) else Kind.FOREIGN


def severity(level: int) -> Severity:
    """Return the severity of a level, in the table of the README beside the captures."""
    bounds = ((15, Severity.CRITICAL), (12, Severity.HIGH), (7, Severity.MEDIUM), (4, Severity.LOW))
    return next((found for bound, found in bounds if level >= bound), Severity.INFO)


def lines(element: Mapping[str, Any]) -> list[str]:
    """Return rule, level, agent and its name, from the text of Keep's script."""
    found = re.match(r"Rule ID (.*)\nLevel (.*)\nAgent ID (.*)\nAgent Name (.*)\n", element["description"])
    assert found is not None
    return list(found.groups())


def check(one: Captured, alert: Alert, element: Any) -> None:
    """State, level, host and rule are those of the alert, whichever script sent it; nothing ever ends it."""
    assert (alert.state, alert.resolvable) == (State.FIRING, False)
    if "created_at" in element:
        rule, level, agent, _ = lines(element)
        assert alert.identity == {"rule": rule, "agent": agent}
        assert alert.title == element["message"]
    else:
        event = element.get("all_fields", element)
        level = event["rule"]["level"]
        title = event["rule"].get("description")
        assert alert.identity["rule"] == event["rule"]["id"]
        host = event["agentless"]["host"] if "agentless" in event else event["agent"]["name"]
        assert alert.resource == host
        assert alert.title == (title or event["full_log"])
        assert alert.message == event.get("full_log", "")
        assert [problem.code for problem in alert.problems] == ([] if title else [ProblemCode.TITLE_FALLBACK])
    assert alert.severity is severity(int(level))
    assert alert.occurred_at == time(alert)
    assert alert.dedup_key.startswith("wazuh:"), one.name


def time(alert: Alert) -> datetime:
    """Return the time of the alert; Keep's script sends that of its own run."""
    element = raw(alert)
    return datetime.fromisoformat(element.get("created_at") or element["timestamp"])


def fingerprint(element: Any) -> Hashable:
    """Return the rule, the host, and what the alert is about."""
    if "created_at" in element:
        rule, _, agent, name = lines(element)
        return rule, name if name == "Agentless Host" else agent, None
    event = element.get("all_fields", element)
    host = event["agentless"]["host"] if "agentless" in event else event["agent"]["id"]
    data = event.get("data", {})
    about = event.get("syscheck", {}).get("path") or data.get("srcip")
    return event["rule"]["id"], host, about or data.get("win", {}).get("eventdata", {}).get("targetUserName")


RULES = Rules("wazuh", kind, check, time, fingerprint=fingerprint, mostly_alerts=False)

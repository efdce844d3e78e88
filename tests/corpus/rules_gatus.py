"""The rules of Gatus' captured requests: its provider `custom`, and what it sends to other systems."""

import json
from datetime import UTC, datetime
from typing import Any

from alertmap import Alert, ProblemCode, Severity, State
from captures import Captured
from corpus.rules import Kind, Rules

STATES = {"TRIGGERED": State.FIRING, "RESOLVED": State.RESOLVED}
OWN_PROVIDERS = ("_n8n_", "_zapier_")


def kind(one: Captured) -> Kind:
    """Other providers write for other systems; a GET without a body has names of its sender's own."""
    if one.name.startswith("providers/"):
        return Kind.ALERTS if any(word in one.name for word in OWN_PROVIDERS) else Kind.FOREIGN
    return Kind.ALERTS if one.request.body else Kind.FOREIGN


def elements(one: Captured) -> list[Any]:
    """Return the body; one that quotes broke is text."""
    try:
        return [json.loads(one.request.body)]
    except ValueError:
        return [one.request.body.decode() if isinstance(one.request.body, bytes) else one.request.body]


def check(_: Captured, alert: Alert, element: Any) -> None:
    """State and key are those of the body, whatever the provider; the level is ours."""
    assert alert.severity is Severity.HIGH
    codes = {problem.code for problem in alert.problems}
    if isinstance(element, str):
        assert codes == {ProblemCode.MALFORMED}
        assert (alert.state, dict(alert.identity)) == (State.FIRING, {"endpoint": "json-body", "group": "shop"})
        assert '(UP) == "UP"' in alert.message
        return
    assert alert.state is (State.RESOLVED if is_over(element) else State.FIRING)
    name, group = fingerprint(element)
    assert dict(alert.identity) == ({"endpoint": name, "group": group} if group else {"endpoint": name})
    assert alert.title.startswith(f"{group}/{name}" if group else name)
    assert (element.get("description") or element.get("alert_description") or "") in alert.title
    assert codes == ({ProblemCode.UNRENDERED} if element.get("conditions") == "[RESULT_CONDITIONS]" else set())
    assert element.get("errors", "") in alert.message
    sent_at = element.get("timestamp")
    assert alert.occurred_at == (datetime.fromisoformat(sent_at).astimezone(UTC) if sent_at else None)


def is_over(element: Any) -> bool:
    """Return whether a body is a recovery."""
    return element.get("status") == "RESOLVED" or element.get("resolved") is True or "success_threshold" in element


def time(alert: Alert) -> datetime:
    """Return the time in the body; most have only that of receipt."""
    sent_at = alert.raw.get("timestamp") if isinstance(alert.raw, dict) else None
    assert alert.received_at is not None
    return datetime.fromisoformat(sent_at).astimezone(UTC) if sent_at else alert.received_at


def fingerprint(element: Any) -> Any:
    """Return name and group of the endpoint, of which Gatus' own key is made."""
    if isinstance(element, str):
        return None
    if "endpoint_name" in element:
        return element["endpoint_name"], element.get("endpoint_group", "")
    group = element.get("group", "")
    shown = element["endpoint"]  # the provider zapier writes `group/name`
    return shown[len(group) + 1 :] if "alert_type" in element and group else shown, group


RULES = Rules("gatus", kind, check, time, elements, fingerprint, mostly_alerts=False)

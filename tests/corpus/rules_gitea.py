"""The rules of Gitea's captured requests; they stand in the folder of GitHub, which Gitea resembles."""

import json
from collections.abc import Hashable, Mapping
from datetime import datetime
from typing import Any

from alertmap import Alert, Severity, State
from captures import Captured
from corpus.rules import Kind, Rules, raw

VERDICTS = {
    "failure": State.FIRING,
    "error": State.FIRING,
    "warning": State.FIRING,
    "open": State.FIRING,
    "success": State.RESOLVED,
    "closed": State.RESOLVED,
}


def event(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the run or the issue of an event, or the event itself where it is a status."""
    found: Mapping[str, Any] = document.get("workflow_run") or document.get("issue") or document
    return found


def verdict(document: Mapping[str, Any]) -> str:
    """Return the word for the outcome of a run, a status or an issue; "" for other events."""
    subject = event(document)
    if "comment" in document or "pull_request" in document or "release" in document:
        return ""
    word: str = subject.get("conclusion") or subject.get("state") or ""
    return word


def kind(one: Captured) -> Kind:
    """The types of hooks for chats write messages; what is neither good nor bad is no alert."""
    if one.scenario.endswith(("slack", "msteams")):
        return Kind.FOREIGN
    return Kind.ALERTS if verdict(json.loads(one.request.body)) in VERDICTS else Kind.NO_ALERT


def check(_: Captured, alert: Alert, element: Any) -> None:
    """State, time, severity and link are those of the run, of the status or of the issue."""
    subject = event(element)
    assert not alert.problems
    assert alert.state is VERDICTS[verdict(element)]
    assert alert.occurred_at == time(alert)
    assert alert.identity["repository"] == str(element["repository"]["id"])
    assert alert.resource == element["repository"]["full_name"]
    assert set(alert.links.values()) == {subject.get("html_url") or subject["target_url"]}
    names = {label["name"] for label in subject.get("labels", [])}
    if "workflow_run" in element:
        assert subject["head_branch"] == element["repository"]["default_branch"]
        assert alert.severity is Severity.HIGH
    elif names:
        assert alert.severity is (Severity.CRITICAL if "severity/critical" in names else Severity.MEDIUM)
    elif alert.state is State.FIRING:
        assert alert.severity is (Severity.LOW if subject["state"] == "warning" else Severity.MEDIUM)
    else:
        assert alert.severity is None


def time(alert: Alert) -> datetime:
    """Return the end of the run, or the time of the last change."""
    subject = event(raw(alert))
    return datetime.fromisoformat(subject.get("completed_at") or subject["updated_at"])


def fingerprint(element: Any) -> Hashable:
    """Return the workflow with its branch, the status with its commit, or the number of the issue."""
    if "workflow_run" in element:
        return element["workflow"]["path"], element["workflow_run"]["head_branch"]
    return element.get("number") or (element["sha"], element["context"])


RULES = Rules(
    "gitea",
    kind,
    check,
    time,
    fingerprint=fingerprint,
    folder="github",
    mostly_alerts=False,
    options={"gitea_v1.26.0_issues": {"issue_label": "incident"}},
)

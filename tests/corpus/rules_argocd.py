"""The rules of Argo CD's captured requests: templates of the lab, none of which sends the Application itself."""

import re
from datetime import datetime
from typing import Any

from alertmap import Alert, ProblemCode, Severity, State
from captures import Captured
from corpus.rules import Kind, Rules

STATES = {
    "Failed": State.FIRING,
    "Degraded": State.FIRING,
    "error": State.FIRING,
    "Succeeded": State.RESOLVED,
    "Healthy": State.RESOLVED,
    "Synced": State.RESOLVED,
    "OutOfSync": State.RESOLVED,
    "success": State.RESOLVED,
}
KEYS = {"phase": "sync", "health": "health", "status": "comparison", "state": "sync"}
"""The alert that each key of a body is about, in their order."""


def kind(one: Captured) -> Kind:
    """Pushes to Alertmanager's API, and a body with the name alone, are foreign."""
    others = ("alertmanager", "get-with-body")
    return Kind.FOREIGN if any(word in one.scenario for word in others) else Kind.ALERTS


def elements(one: Captured) -> list[Any]:
    """Return a key and its word for each alert; a text is one element."""
    text = one.request.body if isinstance(one.request.body, str) else one.request.body.decode()
    if not text.startswith("{"):
        return [text.strip()]
    pairs = dict(re.findall(r'"(\w+)": "(\w+)"', text))
    return [(KEYS[key], pairs[key]) for key in KEYS if key in pairs]


def check(one: Captured, alert: Alert, element: Any) -> None:
    """The word decides; a text fires, and says that this is a guess."""
    codes = {problem.code for problem in alert.problems}
    if isinstance(element, str):
        assert (alert.state, alert.severity, alert.resolvable) == (State.FIRING, Severity.MEDIUM, False)
        assert (alert.title, codes) == (element, {ProblemCode.KEY_FALLBACK, ProblemCode.STATE_GUESSED})
        return
    aspect, word = element
    assert alert.state is STATES[word]
    assert alert.severity is (Severity.HIGH if alert.state is State.FIRING else None)
    assert alert.title == f"shop: {aspect} {word}"
    host = {"host": "argocd.example.org"} if "github" in one.scenario else {}
    assert alert.identity == {"app": "shop", "aspect": aspect, **host}
    assert not codes


def time(alert: Alert) -> datetime:
    """Return the time of receipt: these templates send no other."""
    assert alert.received_at is not None
    return alert.received_at


RULES = Rules(
    "argocd",
    kind,
    check,
    time,
    elements,
    is_recognised=lambda one: "github" in one.scenario or one.name.endswith("own-json_02"),
)

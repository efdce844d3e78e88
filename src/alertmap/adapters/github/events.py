"""Issues, the ping, and all events that are no alerts."""

import re
from typing import Any

from alertmap import wire
from alertmap.adapter import Notice, Reason, Request, Shape
from alertmap.adapters.github.imitators import is_github
from alertmap.conventions.github import IssueEvent, read_issue

ALERTING = re.compile(
    r"workflow_(?:run|job)|check_(?:run|suite)|deployment_status|status|issues"
    r"|(?:dependabot|code_scanning|secret_scanning|repository_vulnerability)_alert"
)


@wire.model
class Ping:
    zen: wire.Text
    hook_id: wire.AnyText


@wire.model
class OtherEvent:
    """Pushes, pull requests, releases and others; only the header says which."""


def other_event(document: Any, request: Request) -> bool:
    name = request.header("X-GitHub-Event")
    return bool(name) and ALERTING.fullmatch(name or "") is None and is_github(document, request)


SHAPES = [
    Shape(IssueEvent, read_issue, marks=is_github),
    Shape(Ping, Notice(reason=Reason.TEST), marks={"hook"}),
    Shape(OtherEvent, None, marks=other_event),
]

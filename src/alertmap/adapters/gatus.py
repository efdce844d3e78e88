"""Gatus, its alerting providers `n8n`, `custom` and `zapier`.

Set up: in Gatus' configuration, from 5.26 on, the provider `n8n`. It needs no n8n: it posts JSON to any URL.

    alerting:
      n8n:
        webhook-url: "https://receiver.example/gatus?token=…"
        default-alert:
          send-on-resolved: true
          minimum-reminder-interval: 30m

and in each endpoint `alerts: [{type: n8n}]`. Its level is `down`. For another level, or with an older Gatus, take the
provider `custom`, with a `default-alert` like this one and the level in the body; a `provider-override` of an alert may
have another body.

      custom:
        url: "https://receiver.example/gatus?token=…"
        method: POST
        headers: {Content-Type: application/json}
        body: |
          {"source": "gatus", "status": "[ALERT_TRIGGERED_OR_RESOLVED]", "severity": "high",
           "endpoint": "[ENDPOINT_NAME]", "group": "[ENDPOINT_GROUP]", "url": "[ENDPOINT_URL]",
           "description": "[ALERT_DESCRIPTION]", "errors": "[RESULT_ERRORS]"}

A last field `"conditions": "[RESULT_CONDITIONS]"` is read, too, but Gatus does not escape the quotes in it: a condition
such as `[BODY].status == "UP"` breaks the JSON, of which then only what stands before is read, and a page that is
checked could write fields of its own. Without `method` Gatus sends a GET, whose query is read if it has these names; a
blank in a value breaks such a request. If `placeholders` gives the states other words, take usual ones, such as
`partial_outage` and `operational`. The key of an endpoint is the same with all three providers.

A trigger that is answered with a status above 399 is sent again at each check, a recovery never is: let incidents of
this source expire after a few times `minimum-reminder-interval`.

Limits: no recovery comes without `send-on-resolved`, nor where Gatus was stopped meanwhile. Two alerts of one endpoint,
with other thresholds, are one: the first recovery ends it. An endpoint of a suite has the name of the endpoint only.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from attrs import Factory, evolve

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Problem, ProblemCode, Reading, Request, Severity, Shape, State, Times
from alertmap.paths import format_path

# The first is the example in Gatus' README.md; all are words of status pages.
OUTAGES = ("partial_outage", "major_outage", "degraded_performance")
STATES = conventions.STATES | dict.fromkeys(OUTAGES, State.FIRING)
RESOLVED = {"false": State.FIRING, "true": State.RESOLVED}

LEVELS = conventions.LEVELS | {"down": Severity.HIGH}  # ours

NAMES = (
    "ALERT_DESCRIPTION|ALERT_TRIGGERED_OR_RESOLVED|ENDPOINT_GROUP|ENDPOINT_NAME|ENDPOINT_URL"
    "|RESULT_CONDITIONS|RESULT_ERRORS"
)
OWN_TEXT = re.compile(r'\s*\{\s*"source"\s*:\s*"gatus"')
PAIR = re.compile(r'[\s{]*"(\w{1,64})"\s*:\s*"([^"\\]*)"\s*,')


@wire.model
class Custom:
    status: Annotated[State, wire.state(STATES)]
    endpoint: wire.NonBlank
    group: wire.AnyText = ""
    severity: wire.Text = ""
    url: wire.Text = ""
    description: wire.Text = ""
    errors: wire.Text = ""
    conditions: wire.Text = ""  # left as the placeholder where there are none: endpoints that are pushed


@wire.model
class Condition:
    condition: wire.Text
    success: bool = False


@wire.model
class N8n:
    resolved: Annotated[State, wire.state(RESOLVED)]
    endpoint_name: wire.NonBlank
    endpoint_group: wire.AnyText = ""
    endpoint_url: wire.Text = ""
    alert_description: wire.Text = ""
    message: wire.Text = ""
    condition_results: list[Condition] = Factory(list)


@wire.model
class Zapier:
    alert_type: Annotated[State, wire.state(STATES)]
    endpoint: wire.NonBlank  # with the group before it
    group: wire.AnyText = ""
    description: wire.Text = ""
    message: wire.Text = ""
    timestamp: wire.Rfc3339 = None  # of the request
    condition_results: list[Condition] = Factory(list)


def read(event: Custom) -> Reading:
    message = [event.errors, event.conditions]
    level = event.severity or "down"
    return reading(event.status, event.endpoint, event.group, event.description, message, url=event.url, level=level)


def read_n8n(event: N8n) -> Reading:
    name, group, message = event.endpoint_name, event.endpoint_group, [event.message, *lines(event.condition_results)]
    return reading(event.resolved, name, group, event.alert_description, message, url=event.endpoint_url)


def read_zapier(event: Zapier) -> Reading:
    name, message = event.endpoint.removeprefix(f"{event.group}/"), [event.message, *lines(event.condition_results)]
    return reading(event.alert_type, name, event.group, event.description, message, occurred_at=event.timestamp)


def read_text(text: str) -> Reading | Iterable[Problem]:
    """Read a body that a quote in a condition broke: its pairs up to there."""
    pairs, place = dict[str, str](), 0
    while pair := PAIR.match(text, place):
        pairs.setdefault(pair[1], pair[2])
        place = pair.end()
    node = wire.plain(pairs)
    try:
        event: Custom = wire.structure(node, Custom)
    except wire.Mismatch as error:
        return error.problems()
    problems = [Problem(code, format_path(where), message) for where, code, message in node.context.warnings]
    problems.append(Problem(ProblemCode.MALFORMED, "$", "a quote broke the JSON; what stands before it was read"))
    return evolve(read(event), message=f"{event.errors}\n{text[place:]}".strip(), problems=tuple(problems))


def reading(
    state: State,
    name: str,
    group: str,
    description: str,
    message: Iterable[str],
    *,
    url: str = "",
    level: str = "down",
    occurred_at: datetime | None = None,
) -> Reading:
    endpoint = f"{group}/{name}" if group else name
    return Reading(
        state=state,
        level=level,
        identity={"endpoint": name, "group": group or None},
        title=f"{endpoint}: {description}" if description else endpoint,
        message="\n".join(line for line in message if line),
        resource=url or endpoint,
        labels={"group": group},
        links={"url": url if url.startswith(("http://", "https://")) else ""},
        occurred_at=occurred_at,
        times=Times.STATED if occurred_at else Times.NONE,
    )


def lines(results: Iterable[Condition]) -> list[str]:
    return [f"{'✅' if one.success else '❌'} {one.condition}" for one in results]


def custom_marks(document: Any, _request: Request) -> bool:
    return bool(document.get("source") == "gatus")


def text_marks(document: Any, _request: Request) -> bool:
    return OWN_TEXT.match(document) is not None


adapter = Adapter(
    name="gatus",
    title="Gatus",
    shapes=[
        Shape(Zapier, read_zapier, marks={"passed_conditions", "failed_conditions"}),
        Shape(Custom, read, marks=custom_marks),
        Shape(N8n, read_n8n, marks={"endpoint_url"}),
        Shape(str, read_text, marks=text_marks),
    ],
    levels=LEVELS,
    open_levels=True,
    formats={"json", "text", "query"},
    repeats={State.FIRING},
    placeholders=re.compile(rf"\[(?:{NAMES})\]"),
    identity_parts={"endpoint", "group"},
)

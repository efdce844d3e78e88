"""Gatus, its alerting providers `n8n`, `custom` and `zapier`.

Set up, from Gatus 5.26 on:

1. In Gatus' configuration add the provider `n8n`. It needs no n8n: it posts JSON to any URL.

   ```yaml
   alerting:
     n8n:
       webhook-url: "https://receiver.example/gatus?token=…"
       default-alert:
         send-on-resolved: true
         minimum-reminder-interval: 30m
   ```

2. Add this to each endpoint. Its level is `down`.

   ```yaml
   alerts: [{type: n8n}]
   ```

Set up, for another level, or with an older Gatus:

1. Add the provider `custom`, with a `default-alert` like the one above and the level in the body.

   ```yaml
     custom:
       url: "https://receiver.example/gatus?token=…"
       method: POST
       headers: {Content-Type: application/json}
       body: |
         {"source": "gatus", "status": "[ALERT_TRIGGERED_OR_RESOLVED]", "severity": "high",
          "endpoint": "[ENDPOINT_NAME]", "group": "[ENDPOINT_GROUP]", "url": "[ENDPOINT_URL]",
          "description": "[ALERT_DESCRIPTION]", "errors": "[RESULT_ERRORS]"}
   ```

2. Add it to each endpoint. A `provider-override` of an alert may have another body.

   ```yaml
   alerts: [{type: custom}]
   ```

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
from typing import Annotated

from attrs import Factory, evolve

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Problem, Reading, Severity, Shape, State, Times

# The first is the example in Gatus' README.md; all are words of status pages.
OUTAGES = ("partial_outage", "major_outage", "degraded_performance")
STATES = conventions.STATES | dict.fromkeys(OUTAGES, State.FIRING)
RESOLVED = {"false": State.FIRING, "true": State.RESOLVED}

LEVELS = conventions.LEVELS | {"down": Severity.HIGH}  # ours

NAMES = (
    "ALERT_DESCRIPTION|ALERT_TRIGGERED_OR_RESOLVED|ENDPOINT_GROUP|ENDPOINT_NAME|ENDPOINT_URL"
    "|RESULT_CONDITIONS|RESULT_ERRORS"
)


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
    pairs, rest = wire.leading_pairs(text)
    event, problems = wire.read_mended(pairs, Custom, "a quote broke the JSON; what stands before it was read")
    if event is None:
        return problems
    return evolve(read(event), message=f"{event.errors}\n{rest}".strip(), problems=problems)


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
        title=conventions.join(endpoint, description),
        message=conventions.join(*message, by="\n"),
        resource=conventions.address(url) or endpoint,
        labels={"group": group},
        links={"url": conventions.link(url)},
        occurred_at=occurred_at,
        times=Times.STATED if occurred_at else Times.NONE,
    )


def lines(results: Iterable[Condition]) -> list[str]:
    return [f"{'✅' if one.success else '❌'} {one.condition}" for one in results]


adapter = Adapter(
    name="gatus",
    title="Gatus",
    shapes=[
        Shape(Zapier, read_zapier, marks={"passed_conditions", "failed_conditions"}),
        Shape(Custom, read, marks={"source": "gatus"}),
        Shape(N8n, read_n8n, marks={"endpoint_url"}),
        Shape(str, read_text, marks={'"source"', '"gatus"', '"endpoint"'}),
    ],
    levels=LEVELS,
    open_levels=True,
    formats={"json", "text", "query"},
    repeats={State.FIRING},
    placeholders=re.compile(rf"\[(?:{NAMES})\]"),
    accepted=range(200, 400),
    retries=True,
    identity_parts={"endpoint", "group"},
)

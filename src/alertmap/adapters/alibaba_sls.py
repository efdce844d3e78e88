"""Alibaba Cloud Simple Log Service (SLS): alerts of its rules, by a webhook with a content template.

Set up:

1. In the console under Alert Center, Notification Management, Webhook Integration create one of type Universal Webhook:
   request method POST, and the URL. Nothing is signed, so the URL holds a token:

   ```text
   https://receiver.example/alibaba_sls?token=…
   ```

2. Under Alert Template create one; under Webhook-Custom enter as its content:

   ```text
   {{ alert | to_json }}
   ```

   Sent individually, a request holds one alert; sent together, a list: both are read.
3. Under Action Policy add an action: channel Universal Webhook, with that webhook and that template.
4. In each alert rule choose the action policy, and turn Recovery Notifications on: without them no alert is closed.

Answer 200. A rule that keeps firing is stated again after the repeat interval of its policy.

A template of your own is read where it keeps the names `alert_id`, `project`, `status`, `severity`, `labels`,
`fingerprint`, `fire_time`, `alert_time` and `resolve_time`. A variable that is misspelt becomes an empty text, which
breaks the JSON where it stands without quotes; so does a quote in a value: of such a body only the pairs before the
break are read, so put texts of your own last. The original templates (`${alert_name}`) are read, too: they have no
fingerprint, so project, rule and labels are the key. The same holds for an alert in a CloudEvent of type `sls.alert`.

Limits: a label with a value of the query makes an alert of each value: put such values into annotations. Templates of
before 2021 (`${Project}`) name neither the state nor the severity: they are a case for `generic`.
"""

import re
from collections.abc import Iterable
from typing import Annotated

from attrs import Factory, evolve

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Problem, ProblemCode, Reading, Shape, State, Times

STATES = conventions.states(firing="firing", resolved="resolved")

# A template may write the number as a word, by the filter `format_severity`.
LEVELS = conventions.levels(
    critical="10, Critical", high="8, High", medium="6, Medium", low="4, Low", info="2, Report, Report Only"
)


@wire.model
class Alert:
    alert_id: wire.AnyText  # of the rule
    status: Annotated[State | None, wire.state(STATES)] = None
    severity: wire.Text = ""
    fingerprint: wire.AnyText = ""
    aliuid: wire.Text = ""
    project: wire.AnyText = ""
    region: wire.Text = ""
    alert_name: wire.Text = ""
    labels: wire.JsonIn[dict[str, wire.AnyText]] = Factory(dict)  # text in an original template
    annotations: wire.JsonIn[dict[str, wire.Text]] = Factory(dict)
    condition: wire.Text = ""
    fire_results_count: wire.Text = ""
    alert_time: wire.AnyTime = None  # of this evaluation
    fire_time: wire.AnyTime = None  # of the first one
    resolve_time: wire.AnyTime = None  # 0 while it fires
    alert_url: wire.Text = ""
    query_url: wire.Text = ""
    dashboard_url: wire.Text = ""
    signin_url: wire.Discarded = None  # opens the alert for everybody who has it


def read(alert: Alert) -> Reading:
    # The fingerprint is made of these parts and the account (help page "Deduplicate alerts based on fingerprints").
    # They come second: a template that leaves the labels out would merge all alerts of a rule.
    parts: dict[str, str | None] = {"project": alert.project, "rule": alert.alert_id}
    labels = {f"label.{name}": text or None for name, text in alert.labels.items()}
    # An end must not lie before an evaluation that was still stated as firing.
    times = [alert.alert_time, alert.resolve_time if alert.status is State.RESOLVED else None]
    return Reading(
        state=alert.status,
        level=alert.severity,
        identity=[{"fingerprint": alert.fingerprint}, parts | labels],
        title=alert.annotations.get("title") or alert.alert_name,
        message=conventions.join(alert.annotations.get("desc", ""), alert.condition, by="\n"),
        resource=conventions.host(alert.labels),
        labels=alert.labels
        | {"account": alert.aliuid, "project": alert.project, "region": alert.region, "rule": alert.alert_name},
        links={"alert": alert.alert_url, "query": alert.query_url, "dashboard": alert.dashboard_url},
        values={"results": wire.number_in(alert.fire_results_count)},
        started_at=alert.fire_time,
        occurred_at=max(filter(None, times), default=None),
    )


def read_text(text: str) -> Reading | Iterable[Problem]:
    alert, problems = wire.read_broken(text, Alert)
    if alert is None:
        return problems
    if alert.status is State.RESOLVED and not alert.fingerprint:
        # The labels are lost: the end of one alert of the rule must not close another.
        return [*problems, Problem(ProblemCode.BAD_ELEMENT, "$", "the end of an alert without its labels is not read")]
    return evolve(read(alert), problems=problems)


adapter = Adapter(
    name="alibaba_sls",
    title="Alibaba Cloud Simple Log Service",
    shapes=[
        Shape(Alert, read, marks={"alert_instance_id", "fire_time", "project"}),
        Shape(str, read_text, marks={'"alert_instance_id"', '"fire_time"'}),
    ],
    levels=LEVELS,
    formats={"json", "text"},
    many=True,
    times=Times.STATED,
    repeats={State.FIRING},
    templates=re.compile(r"\{\{[^{}]*\}\}|\$\{[^{}]*\}"),
)

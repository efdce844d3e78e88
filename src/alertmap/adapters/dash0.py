"""Dash0: its notification channel "Webhook".

Set up:

1. Organization settings, Notification channels, New, Webhook: a name, and the URL

   ```text
   https://receiver.example/dash0?token=…
   ```

   Instead of the token in the URL, an additional HTTP header may be `Authorization: Bearer …`.
2. Choose this channel in each check rule and synthetic check, or let notification rules choose it.

Answer 200. There is no signature.

An alert is an issue: a check rule and the resource that fails it. `alert.ongoing` fires, and fires again at the
frequency of the channel; `alert.resolved` and `alert.closed` end it. The status `critical` is critical, `degraded` is
medium. An issue that another one of the same check and resource replaces (`alert.superseded`) changes nothing: the new
one has the same key and goes on.

Limits: a recovery does not name the status of what ended. The request of the test button is not documented: it may look
like an alert. A check rule that is deleted while it fails may never be announced as resolved: let incidents of this
source expire.
"""

from collections.abc import Mapping
from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Identity, Reading, Shape, State

STATES = conventions.states(
    firing="alert.ongoing", resolved="alert.resolved, alert.closed", no_state="alert.superseded"
)

LEVELS = conventions.levels(critical="critical", medium="degraded")

WELL = "resolved"  # status of an issue that is over

RESOURCES = ("dash0.resource.name", "service.name", "k8s.pod.name", "host.name")


@wire.model
class Attribute:
    """Attribute as OpenTelemetry writes it: the key of the value names its type, such as `stringValue`."""

    key: wire.AnyText = ""
    value: wire.Texts = Factory(dict)


@wire.model
class CheckRule:
    id: wire.AnyText = ""
    name: wire.Text = ""
    url: wire.Text = ""


@wire.model
class Issue:
    issueIdentifier: wire.AnyText = ""  # of check and resource; 19 digits
    id: wire.Text = ""  # another one each time
    dataset: wire.AnyText = ""
    status: wire.Text = ""
    summary: wire.Text = ""
    description: wire.Text = ""
    labels: list[Attribute] = Factory(list)
    # The vendor's page writes the singular, its requests have the plural.
    checkrules: Annotated[list[CheckRule] | CheckRule, wire.also("checkrule")] = Factory(list)
    start: wire.Rfc3339 = None
    end: wire.Rfc3339 = None
    url: wire.Text = ""


@wire.model
class Data:
    issue: Issue


@wire.model
class Event:
    type: Annotated[State | None, wire.state(STATES)]
    data: Data


def read(event: Event) -> Reading | None:
    if event.type is None:
        return None
    issue, is_over = event.data.issue, event.type is State.RESOLVED
    rules = issue.checkrules if isinstance(issue.checkrules, list) else [issue.checkrules]
    rule = next(iter(rules), CheckRule())
    labels = {label.key: ", ".join(label.value.values()) for label in issue.labels}
    return Reading(
        state=event.type,
        level=None if wire.state_word(issue.status) == WELL else issue.status,
        identity=identity(issue, rule, labels),
        title=issue.summary or rule.name,
        message=issue.description,
        resource=conventions.first(labels, RESOURCES),
        labels=labels | {"check_rule": rule.name, "dataset": issue.dataset},
        links={"issue": issue.url, "check_rule": rule.url},
        started_at=issue.start,
        occurred_at=issue.end if is_over else issue.start,  # an ongoing issue may have an end, that of the evaluation
        episode=issue.id.strip() or None,
    )


def identity(issue: Issue, rule: CheckRule, labels: Mapping[str, str]) -> list[Identity]:
    parts = {f"label.{name}": text or None for name, text in labels.items() if name not in conventions.LEVELS_IN}
    dataset = issue.dataset.strip() or None
    return [
        {"issue": issue.issueIdentifier.strip()},
        {"dataset": dataset, "check_rule": rule.id.strip()} | parts,
        {"dataset": dataset, "name": rule.name or issue.summary} | parts,
    ]


adapter = Adapter(
    name="dash0",
    title="Dash0",
    shapes=[Shape(Event, read, marks={"type": "alert.", "$.data.issue.dataset": ""})],
    levels=LEVELS,
    repeats={State.FIRING},
)

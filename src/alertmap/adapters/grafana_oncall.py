"""Grafana OnCall and Grafana IRM: their outgoing webhooks.

Set up:

1. Outgoing webhooks, New outgoing webhook, Advanced. Trigger type: Status change. Switch "Forward all" on. The URL:

   ```text
   https://receiver.example/grafana_oncall?token=…
   ```

2. Add a second webhook alike with the trigger type "Alert group created": a new group is no change of a status.
3. Choose no webhook whose alerts come from this receiver: they would go round in circles.

Answer with any status from 200 to 299 within four seconds; only a request that took longer is sent again. Nothing is
signed; a header `Authorization: Bearer …` also works as the token.

An alert is an alert group, with its id as the key. Acknowledged and silenced groups are still open; a group that is
unresolved, unacknowledged or unsilenced fires again. The event decides, since the state of the group may have changed
again before the webhook was sent; an escalation changes nothing, and states the group's state once more. The level is
the label `severity`, `priority` or `level` of the group, or else the severity of its first alert where that comes from
Alertmanager or Grafana; without one the level is `unset`, which is medium.

Limits: of its alerts a group has the first one only, as it was when it came. Its fingerprint, `groupKey` or `alert_uid`
is a label; to read it in full is a case for the adapter of its own vendor. Events that make a group fire again have no
time. A group that is deleted is never announced as resolved. A webhook with a template of its own is a case for
`generic`. One that is older than 1.3.11 (Legacy) forwards the first alert alone.
"""

from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Problem, ProblemCode, Reading, Severity, Shape, State, Times

# An escalation may be triggered by hand, whatever the state; the last two name none either.
EVENTS = conventions.states(
    firing="alert group created, unsilence, unresolve, unacknowledge",
    acknowledged="acknowledge",
    suppressed="silence",
    resolved="resolve",
    no_state="escalation, status change, personal notification",
)

STATES = conventions.states(
    firing="firing, new", acknowledged="acknowledged", suppressed="silenced", resolved="resolved"
)

LEVELS = conventions.LEVELS | {"unset": Severity.MEDIUM}  # `unset` is ours

FAILED = Problem(ProblemCode.UNRENDERED, "$.error", "the webhook's template failed at the sender; its alert is unknown")


@wire.model
class Event:
    type: Annotated[State | None, wire.state(EVENTS)]
    time: wire.Rfc3339 = None
    until: wire.Text = ""


@wire.model
class Pair:
    key: Annotated[str, wire.inside("name")] = ""
    value: Annotated[str, wire.inside("name")] = ""


@wire.model
class Group:
    id: wire.AnyText = ""
    state: Annotated[State | None, wire.state(STATES)] = None
    title: wire.Text = ""
    created_at: wire.Rfc3339 = None
    acknowledged_at: wire.Rfc3339 = None
    silenced_at: wire.Rfc3339 = None
    resolved_at: wire.Rfc3339 = None
    alerts_count: wire.Number | None = None
    web: Annotated[str, wire.inside("web"), wire.named("permalinks")] = ""
    labels: dict[str, wire.AnyText] | list[Pair] = Factory(dict)  # an object in older releases


@wire.model
class FirstAlert:
    common: Annotated[str, wire.inside("severity"), wire.named("commonLabels")] = ""
    severity: Annotated[str, wire.inside("severity"), wire.named("labels")] = ""
    fingerprint: wire.Text = ""
    groupKey: wire.Text = ""
    alert_uid: wire.Text = ""


@wire.model
class Integration:
    type: wire.Text = ""
    name: wire.Text = ""
    team: wire.Text = ""


@wire.model
class Webhook:
    event: Event
    alert_group: Group
    alert_group_id: wire.AnyText = ""
    alert_payload: FirstAlert = FirstAlert()
    integration: Integration = Integration()


@wire.model(closed=True)
class Failed:
    error: wire.Text


def read(webhook: Webhook) -> Reading:
    event, group, first, origin = webhook.event, webhook.alert_group, webhook.alert_payload, webhook.integration
    state, at = event.type, event.time
    if state is None:
        state = group.state
        since = {
            State.FIRING: group.created_at,
            State.ACKNOWLEDGED: group.acknowledged_at,
            State.SUPPRESSED: group.silenced_at,
            State.RESOLVED: group.resolved_at,
        }
        at = since[state or State.FIRING]
    pairs = group.labels
    labels = pairs if isinstance(pairs, dict) else {pair.key: pair.value for pair in pairs if pair.key}
    return Reading(
        state=state,
        level=conventions.level(labels) or first.common or first.severity or "unset",
        identity=[{"id": group.id.strip()}, {"id": webhook.alert_group_id.strip()}],
        title=group.title,
        labels={
            "integration": origin.name,
            "integration_type": origin.type,
            "team": origin.team,
            "silenced_until": event.until,
            **wire.pick(first, "fingerprint", "groupKey", "alert_uid"),
            **labels,
        },
        links={"source": group.web},
        values={} if group.alerts_count is None else {"alerts": group.alerts_count},
        started_at=group.created_at,
        occurred_at=at,
        times=None if at else Times.NONE,  # that a group fires again
    )


adapter = Adapter(
    name="grafana_oncall",
    title="Grafana OnCall",
    shapes=[
        Shape(Webhook, read, marks={"alert_group_id", "$.event.type", "$.alert_group.integration_id"}),
        Shape(Failed, lambda _failed: FAILED, rank=None),
    ],
    levels=LEVELS,
    open_levels=True,
    repeats={State.FIRING},
    retries=False,  # but after a timeout
    answer_within=4,
    identity_parts={"id"},
)

r"""Sysdig: the webhook channel of its Monitor, which Secure has, too.

Set up:

1. Settings, Notification Channels, Add Notification Channel, Webhook (not Custom Webhook, whose body is free): the URL
   `https://receiver.example/sysdig?token=…`. Its certificate must be valid.
2. Under "Notification options" switch on that you are notified when an alert is resolved, and when it is acknowledged.
   With Terraform these are `notify_when_ok` and `notify_when_resolved`.
3. "Test notification" sends a test, which is recognised. Choose the channel in each alert. Answer 200.

An alert is the id of its rule and the segment (entity) for which it fires; a notification may hold several, each of
which is an alert. `OK` resolves. `ACTIVE` with `resolved: true` is acknowledged: somebody closed the notification, the
condition is still there. The label is the severity: High, Medium, Low, Info. Without it the number counts, as Sysdig
labels it: 0 and 1 are high, 2 and 3 medium, 4 and 5 low, 6 and 7 info; for the policies of Secure 0 to 3 are high, 4
and 5 medium, 6 low, 7 info. "Re-notify" states an alert again while it lasts.

Limits: the time of a notification is the start of its event. The end has a time only where `endTimestamp` is sent, an
acknowledgement never; they then count from when they are received. Policies of Secure have no id: their name is the
key. A rule that is deleted or disabled while it fires is not announced: let incidents of this source expire. Data of
your own in the channel is not read. There is no signature.
"""

import re
from collections.abc import Iterator
from typing import Annotated, NamedTuple

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import (
    Adapter,
    Notice,
    Problem,
    ProblemCode,
    Reading,
    Reason,
    Result,
    Shape,
    State,
    Times,
)
from alertmap.paths import JsonPath

STATES = conventions.states(firing="ACTIVE", resolved="OK")

# Sysdig's own notifications label 2 as Medium and 4 as Low. `policy 4` is ours, for Secure's other scale.
LEVELS = conventions.levels(
    high="High, 0, 1, policy 0, policy 1, policy 2, policy 3",
    medium="Medium, 2, 3, policy 4, policy 5",
    low="Low, 4, 5, policy 6",
    info="Info, 6, 7, policy 7",
)

HOSTS = ("host.hostName", "host_hostname", "host_name", "kube_pod_name", *conventions.HOSTS)

TEST = "TEST ALERT: Testing Notification Channel"

# A notification of 100 kB may hold thousands of entities, and each alert has the texts of the rule.
MOST_TEXT = 65_536  # characters of such a text in all alerts together
LEAST_TEXT = 100  # that each alert may have all the same
LONGEST_ID = 255

CUT = Problem(ProblemCode.TRUNCATED, "$.alert", "the texts of the rule were cut, since each of many entities has them")

SEGMENT = re.compile(r"(?<![\w.])([\w.]{1,128}) ?= ?'([^']{0,512})'")  # host_mac = '08:00' and container_name = 'c1'


@wire.model
class MetricValue:
    metric: wire.AnyText = ""
    value: wire.Number | None = None


@wire.model
class Info:
    metric: wire.AnyText = ""
    value: wire.AnyText = ""


@wire.model
class PolicyEvent:
    output: wire.Text = ""


@wire.model
class Entity:
    entity: wire.AnyText = ""  # blank where the rule has no segments
    metricValues: list[MetricValue] = Factory(list)
    additionalInfo: list[Info] = Factory(list)
    policyEvents: list[PolicyEvent] = Factory(list)  # of Secure


@wire.model
class Rule:
    title: Annotated[wire.NonBlank, wire.named("name", "id")]
    id: wire.Text = ""  # null for a policy
    name: wire.AnyText = ""
    description: wire.Text = ""
    scope: wire.Text = ""
    severity: wire.Text = ""
    severityLabel: wire.Text = ""
    editUrl: wire.Text = ""


@wire.model
class Event:
    id: wire.AnyText = ""
    url: wire.Text = ""


@wire.model
class Notification:
    state: Annotated[State, wire.state(STATES)]
    word: Annotated[wire.AnyText, wire.named("state")] = ""
    alert: Rule
    resolved: wire.AnyText = ""  # by a person
    entities: wire.Items[Entity] = wire.Items()
    event: Event = Event()
    condition: wire.Text = ""
    labels: wire.Texts = Factory(dict)
    timestamp: wire.EpochMicros = None
    endTimestamp: wire.EpochMicros = None  # not on the vendor's page; receivers have seen it


def read(event: Notification) -> Iterator[Result]:
    if event.alert.name.startswith(TEST):
        yield Notice(reason=Reason.TEST)
        return
    rule = shared(event)
    for where, entity in event.entities or [((), Entity())]:
        yield reading(event, where, entity, rule)


class Shared(NamedTuple):
    """Texts of a rule, short enough for the alerts of all entities to have them."""

    id: str
    name: str
    title: str
    message: str
    scope: str
    severity: str
    label: str
    problems: tuple[Problem, ...]


def shared(event: Notification) -> Shared:
    rule, most = event.alert, max(MOST_TEXT // max(len(event.entities), 1), LEAST_TEXT)
    message = conventions.join(rule.description, event.condition, by="\n")
    texts = (rule.title, message, rule.scope, rule.severity, rule.severityLabel)
    title, message, scope, severity, label = (text[:most] for text in texts)
    return Shared(
        id=key(rule.id),
        name=key(rule.name),
        title=title,
        message=message,
        scope=scope,
        severity=severity,
        label=label,
        problems=(CUT,) if max(map(len, texts)) > most else (),
    )


def key(text: str) -> str:
    """Return the id or name of a rule, or its hash: the keys of all entities have it."""
    if len(text) <= LONGEST_ID:
        return text.strip()
    from hashlib import sha256  # noqa: PLC0415 - loads OpenSSL, and no id is so long

    return sha256(text.strip().encode("utf-8", "surrogatepass")).hexdigest()


def reading(event: Notification, where: JsonPath, entity: Entity, rule: Shared) -> Reading:
    is_taken = wire.state_word(event.word) == "active" and event.resolved == "true"
    state = State.ACKNOWLEDGED if is_taken else event.state
    moment = event.timestamp if state is State.FIRING else event.endTimestamp
    segment = entity.entity.strip()
    labels = dict(SEGMENT.findall(segment)) | {info.metric: info.value for info in entity.additionalInfo}
    common = event.labels if len(event.entities) <= 1 else {}
    number = f"policy {rule.severity}" if entity.policyEvents and rule.severity else rule.severity
    return Reading(
        state=state,
        level=rule.label or number,
        identity=[
            {"alert": rule.id, "entity": segment or None},
            {"name": rule.name, "entity": segment or None},
        ],
        title=rule.title,
        message=conventions.join(rule.message, *(each.output for each in entity.policyEvents), by="\n"),
        resource=conventions.first(labels, HOSTS) or segment,
        labels={**common, **labels, "scope": rule.scope},
        links={"event": event.event.url, "rule": event.alert.editUrl},
        values={value.metric or "value": value.value for value in entity.metricValues if value.value is not None},
        started_at=event.timestamp if moment else None,
        occurred_at=moment,
        times=None if moment or state is State.FIRING else Times.NONE,
        episode=event.event.id or None,
        problems=rule.problems,
        path=where,
    )


adapter = Adapter(
    name="sysdig",
    title="Sysdig",
    shapes=[Shape(Notification, read, marks={"timespan", "entities", "$.alert.severity"})],
    levels=LEVELS,
    repeats={State.FIRING},
    placeholders=re.compile(r"\s*+"),  # a blank name is none: the id is the title then
    identity_parts={"alert", "name", "entity"},
)

"""Apache SkyWalking: the hook "webhook" of its backend, OAP.

Set up:

1. In `config/alarm-settings.yml` add the hook, with the URL twice: without `recovery-urls`, which there are from 10.4
   on, no recovery is ever sent.

   ```yaml
   hooks:
     webhook:
       default:
         is-default: true
         urls:
           - https://receiver.example/skywalking?token=…
         recovery-urls:
           - https://receiver.example/skywalking?token=…
   ```

   Before version 9.6 it is `webhooks: [https://receiver.example/skywalking?token=…]`.
2. Give the rule a tag, which sets the severity: `tags: {level: CRITICAL}`, or ERROR, WARNING, INFO, or any other word
   for a level. Without one the level is `untagged`, which is medium.

Answer 200.

An alarm is a rule on an entity: a service, an instance, an endpoint, or a relation of two. It is sent again after each
silence period while its expression is true. Let incidents of this source expire, after more than the silence period:
there is no retry, and no recovery of an entity that stops to send metrics, or of an OAP that was restarted meanwhile.

Limits: the start of an alarm is that of its last notification, so that it is not taken for the start of the outage.
Versions before 10.4 send no recovery at all. The hooks for Slack, PagerDuty and others send texts of their own.
"""

from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Reading, Severity, Shape, State, Times

LEVELS = conventions.LEVELS | {"untagged": Severity.MEDIUM}  # `untagged` is ours: a level is a tag by convention only


@wire.model
class Tag:
    key: wire.AnyText = ""
    value: wire.AnyText = ""


@wire.model
class Alarm:
    rule: Annotated[wire.NonBlank, wire.named("ruleName")]
    scope: wire.AnyText = ""
    name: wire.AnyText = ""  # for display; the ids are what stays
    id0: wire.AnyText = ""
    id1: wire.AnyText = ""  # of a relation
    alarmMessage: wire.Text = ""
    startTime: wire.EpochMillis = None  # of this notification, not of the first
    recoveryTime: wire.EpochMillis = None  # absent while it fires
    tags: list[Tag] = Factory(list)
    layers: list[wire.AnyText] = Factory(list)
    expression: wire.Text = ""
    uuid: wire.Text = ""  # each notification has its own, a recovery that of the last one


def read(alarm: Alarm) -> Reading:
    tags = {tag.key: tag.value for tag in alarm.tags}
    title, _, more = alarm.alarmMessage.partition("\n")
    return Reading(
        state=State.RESOLVED if alarm.recoveryTime else State.FIRING,
        level=conventions.first(tags, ("level", *conventions.LEVELS_IN)) or "untagged",
        identity=[
            {
                "rule": alarm.rule,
                "scope": alarm.scope,
                "id0": alarm.id0,
                "id1": alarm.id1 or ("" if "RELATION" in alarm.scope else None),
            },
            {"rule": alarm.rule, "name": alarm.name},
        ],
        title=title or alarm.name,
        message=more,
        resource=alarm.name,
        labels={
            **tags,
            "rule": alarm.rule,
            "scope": alarm.scope,
            "layers": ", ".join(alarm.layers),
            "expression": alarm.expression,
            "uuid": alarm.uuid,
        },
        occurred_at=alarm.recoveryTime or alarm.startTime,
        resolvable=bool(alarm.uuid or alarm.recoveryTime),  # the uuid came with the recoveries
    )


adapter = Adapter(
    name="skywalking",
    title="Apache SkyWalking",
    shapes=[Shape(Alarm, read, marks={"scopeId", "alarmMessage", "id0"})],
    levels=LEVELS,
    open_levels=True,
    many=True,
    times=Times.STATED,
    repeats={State.FIRING},
    retries=False,
    identity_parts={"id0", "id1", "name", "rule", "scope"},
)

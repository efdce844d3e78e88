"""Tencent Cloud: alarm callbacks of its Observability Platform (Cloud Monitor), also those of EventBridge.

Set up:

1. In the console under Tencent Cloud Observability Platform, Alarm Management, Notification Template, create a template
   with "Alarm Triggered" and "Alarm Cleared" both ticked, and enter the URL under API Callback. Nothing is signed, so
   the URL holds a token, or a user and password (`https://user:password@receiver.example/…`):

   ```text
   https://receiver.example/tencent_cloud?token=…
   ```

2. Saving it sends a request that must be answered with 200.
3. Add the template to each alarm policy. A custom content template would change the body: leave the default.
4. For events by EventBridge: in a rule a delivery target "Notification message", with the same URL as API callback.

Answer 200 within five seconds, else the callback comes up to three times. Callbacks of before 2020 want the body
`{"sessionId": …, "retCode": 0}`, which is what `answer` gives.

Policy, metric and dimensions identify an alarm; product, event and dimensions identify an event. The session is not
the key: EventBridge has one for each event, so that a recovery would close nothing. Times are in UTC+8.

Policies without levels have the word `ungraded` (medium): a source may override it.

Limits: an event such as `guest_reboot` is never announced as over, and only the status `-` says so in advance: let
incidents of this source expire. Two conditions of one policy on the same metric are one alert. What a custom webhook
target of EventBridge sends is CloudEvents, or a text of one's own.
"""

import json
import re
from datetime import timedelta
from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Batch, Reading, Reply, Shape, State

# https://www.tencentcloud.com/document/product/248/65684: an event without states has the status `-`.
STATES = conventions.states(firing="1, -", resolved="0")

LEVELS = conventions.levels(critical="Serious", high="Warn", medium="Remind, ungraded")

ZONE = timedelta(hours=8)

NUMBERED = re.compile(r"([0-9a-f.:]+)#[0-9]+")  # `10.8.0.15#410022`: an address and the number of its network


@wire.model
class Dimensions:
    objId: wire.AnyText = ""  # may name less than the others: of a Kafka topic only the instance
    objName: wire.Text = ""  # for people
    deviceName: wire.Text = ""  # for people
    objDetail: wire.Texts = Factory(dict)  # facts about the object of an event
    rest: wire.Rest


@wire.model
class Object:
    region: wire.Text = ""
    namespace: wire.Text = ""
    uin: wire.Text = ""
    dimensions: Dimensions = Dimensions(rest={})


@wire.model
class Condition:
    metricName: wire.AnyText = ""
    metricShowName: wire.Text = ""
    calcType: wire.Text = ""
    calcValue: wire.Text = ""
    currentValue: wire.Text = ""
    unit: Annotated[wire.Text, wire.also("calcUnit")] = ""
    productName: wire.AnyText = ""
    eventName: wire.AnyText = ""
    eventShowName: wire.Text = ""


@wire.model
class Policy:
    policyId: wire.AnyText = ""
    policyName: wire.Text = ""
    policyTypeCName: wire.Text = ""
    conditions: Condition = Condition()


@wire.model
class Fact:
    key: wire.Text = ""
    value: wire.Text = ""


@wire.model
class Callback:
    alarmStatus: Annotated[State, wire.state(STATES)]
    word: Annotated[wire.AnyText, wire.named("alarmStatus")] = ""
    sessionId: wire.AnyText = ""
    alertId: wire.Text = ""
    alarmLevel: wire.Text = ""
    alarmType: wire.Text = ""
    alarmObjInfo: Object = Object()
    alarmPolicyInfo: Policy = Policy()
    additionalMsg: list[Fact] = Factory(list)
    firstOccurTime: wire.LocalTime = None
    recoverTime: wire.LocalTime = None  # "0" while it lasts


def read(event: Callback) -> Reading:
    target, policy = event.alarmObjInfo, event.alarmPolicyInfo
    own, condition = target.dimensions, policy.conditions
    sent = {name: wire.scalar_text(value) or "" for name, value in own.rest.items() if value is not None}
    dimensions = sent or {"objId": own.objId}
    is_over = event.alarmStatus is State.RESOLVED
    start, end = (moment and moment.at(ZONE) for moment in (event.firstOccurTime, event.recoverTime))
    return Reading(
        state=event.alarmStatus,
        level=level(event) or (None if is_over else "ungraded"),
        identity=[
            what(policy) | {f"dim.{name}": text for name, text in dimensions.items()},
            {"session": event.sessionId},
        ],
        title=conventions.join(policy.policyName, name_of(condition)),
        message=conventions.join(
            limit(condition),
            *(conventions.join(fact.key, fact.value) for fact in event.additionalMsg if fact.value.strip()),
            by="\n",
        ),
        resource=resource(own, dimensions),
        labels={
            "region": target.region,
            "namespace": target.namespace,
            "account": target.uin,
            "product": policy.policyTypeCName or condition.productName,
            "policy": policy.policyId,
            "type": event.alarmType,
            "metric": condition.metricName,
            "event": condition.eventName,
        }
        | {f"detail.{name}": text for name, text in own.objDetail.items()}
        | {f"dim.{name}": text for name, text in dimensions.items()},
        values={
            "value": wire.number_in(condition.currentValue),
            "threshold": wire.number_in(condition.calcValue),
        },
        started_at=start,
        occurred_at=end if is_over else start,
        resolvable=event.word.strip() != "-",
    )


def what(policy: Policy) -> dict[str, str | None]:
    condition = policy.conditions
    if condition.eventName:
        return {"product": condition.productName, "event": condition.eventName}
    return {"policy": policy.policyId, "metric": condition.metricName}


def level(event: Callback) -> str:
    """Return the level, which older callbacks of graded policies have only at the end of `alertId`: `s-81f_Serious`."""
    session, mark, word = event.alertId.rpartition("_")
    return event.alarmLevel or (word if mark and session == event.sessionId else "")


def name_of(condition: Condition) -> str:
    return condition.metricShowName or condition.eventShowName or condition.metricName or condition.eventName


def limit(condition: Condition) -> str:
    if not condition.currentValue:
        return ""
    current = f"current {condition.currentValue}{condition.unit}"
    if not condition.calcValue:
        return current
    return f"{name_of(condition)} {condition.calcType} {condition.calcValue}{condition.unit}, {current}"


def resource(own: Dimensions, dimensions: dict[str, str]) -> str:
    numbered = NUMBERED.fullmatch(own.objName)
    named = numbered[1] if numbered else own.objName
    return named or own.deviceName or next(filter(None, wire.without_secrets(dimensions).values()), "")


def answer(batch: Batch) -> Reply:
    document = batch.raw if isinstance(batch.raw, dict) else {}
    return Reply(body=json.dumps({"sessionId": document.get("sessionId"), "retCode": 0}))


adapter = Adapter(
    name="tencent_cloud",
    title="Tencent Cloud",
    shapes=[Shape(Callback, read, marks={"alarmObjInfo", "alarmPolicyInfo"})],
    levels=LEVELS,
    formats={"json", "empty"},
    repeats={State.FIRING},  # `alarmNotifyType` continuousAlarm and exponentialAlarm
    answer=answer,
    accepted={200},
    retries=True,
    answer_within=5,
)

"""Huawei Cloud Eye (CES): alarms through Simple Message Notification (SMN), also of Open Telekom Cloud.

Set up:

1. In SMN create a topic, then a subscription of it: protocol HTTPS, endpoint:

   ```text
   https://receiver.example/huawei_ces?token=…
   ```

2. SMN posts a confirmation at once. `receive` returns its URL as `confirm_url`, if it is one of Huawei Cloud: visit it
   within 48 hours. Until then nothing else is sent.
3. In each alarm rule of Cloud Eye enable Alarm Notification, choose the topic, and tick both trigger conditions:
   "Generated alarm" and "Cleared alarm". A rule without the second is never closed. Leave the notification content as
   it is: a template of your own may give a text that is no JSON.
4. SMN signs: give the source `auth` with the topic's URN as `topics`, such as
   `urn:smn:eu-west-101:0123456789abcdef0123456789abcdef:ops`, and `receive` a `fetch` for the certificate.

Answer 200. The id of a message, `message_id`, is the delivery id.

Rule, metric and resource identify an alarm: one rule watches many. Its status `insufficient_data` is a
firing alert with `no_data`. Any other message of the topic, as that of another service or of a template of your own,
fires once as `message` (medium), with the problem `state_guessed`; no word in its text resolves anything.

Limits: such a text is never announced as over: let incidents of this source expire. The form of the JSON is not on a
page of the vendor: send us a message that is read otherwise than you expect.
"""

from typing import Annotated, Literal

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Confirmation, InBody, Notice, Reading, Reason, Shape, State, Times

STATES = conventions.states(firing="alarm, insufficient_data", resolved="ok")

FLAGS = conventions.states(firing="true", resolved="false")

# In Chinese where the account is. `message` is ours.
LEVELS = conventions.levels(
    critical="Critical, 紧急", high="Major, 重要", medium="Minor, 次要, message", info="Informational, Info, 提示"
)

# A looser pattern also admits storage buckets, which have hosts under myhuaweicloud.com.
HOSTS = (
    r"console(?:-intl)?\.huaweicloud\.(?:com|eu)"
    r"|smn\.[a-z]{2}(?:-[a-z]{2,10}){1,2}-[0-9]{1,3}\.myhuaweicloud\.(?:com|eu)"
)


@wire.model
class Variables:
    IsAlarm: Annotated[State | None, wire.state(FLAGS)] = None
    AlarmLevel: wire.Text = ""
    AccountName: wire.Text = ""
    Region: wire.Text = ""
    ResourceId: wire.AnyText = ""
    ResourceName: wire.Text = ""
    CurrentData: wire.Text = ""


@wire.model
class Alarm:
    alarm_id: wire.AnyText  # of the rule
    alarm_status: Annotated[State | None, wire.state(STATES)] = None
    word: Annotated[wire.AnyText, wire.named("alarm_status")] = ""
    alarm_name: wire.Text = ""
    metric_name: wire.AnyText = ""
    dimension: wire.AnyText = ""  # `instance_id:6f3c,disk_name:vda`
    namespace: wire.Text = ""
    comparison_operator: wire.Text = ""
    value: wire.Text = ""  # the limit
    unit: wire.Text = ""
    time: wire.AnyTime = None
    sms_content: wire.Text = ""
    template_variable: Variables = Variables()


@wire.model
class Notification:
    message: wire.JsonIn[Alarm]


@wire.model
class Message:
    type: Literal["Notification"]
    topic_urn: wire.AnyText
    message: wire.AnyText
    message_id: wire.AnyText = ""
    subject: wire.Text = ""
    timestamp: wire.Rfc3339 = None


@wire.model
class Subscription:
    type: Literal["SubscriptionConfirmation", "UnsubscribeConfirmation"]
    topic_urn: wire.AnyText


def read_notification(event: Notification) -> Reading:
    return read(event.message)


def read(event: Alarm) -> Reading:
    variables = event.template_variable
    places = values_in(event.dimension)
    rule = {"rule": event.alarm_id, "metric": event.metric_name}
    return Reading(
        state=event.alarm_status or variables.IsAlarm,
        level=variables.AlarmLevel,
        identity=[
            rule | {"resource": places},
            rule | {"resource": variables.ResourceId},
            {"rule": event.alarm_id, "resource": places or variables.ResourceId},
        ],
        title=event.alarm_name,
        message=event.sms_content or limit(event),
        resource=variables.ResourceName or variables.ResourceId or places,
        labels={
            "account": variables.AccountName,
            "region": variables.Region,
            "namespace": event.namespace,
            "metric": event.metric_name,
            "dimension": event.dimension,
        },
        values={"value": wire.number_in(variables.CurrentData), "threshold": wire.number_in(event.value)},
        occurred_at=event.time,
        no_data=wire.state_word(event.word) == wire.state_word("insufficient_data"),
    )


def values_in(dimension: str) -> str:
    """Return the values without their names, as `ResourceId` has them: `6f3c,vda` of `instance_id:6f3c,disk:vda`."""
    pairs = [pair.partition(":") for pair in dimension.split(",")]
    return ",".join((value if mark else name).strip() for name, mark, value in pairs)


def limit(event: Alarm) -> str:
    condition = conventions.join(event.metric_name, event.comparison_operator, f"{event.value}{event.unit}", by=" ")
    current = event.template_variable.CurrentData
    return conventions.join(condition, current and f"current {current}", by=", ")


def read_message(event: Message) -> Reading:
    subject = event.subject.strip()
    return Reading(
        state=None,
        level="message",
        identity=[
            {"topic": event.topic_urn, "subject": subject},
            {"topic": event.topic_urn, "message": event.message_id},
        ],
        title=subject or event.message.strip().partition("\n")[0],
        message=event.message,
        labels={"topic": event.topic_urn},
        occurred_at=event.timestamp,
        times=Times.STATED,
        resolvable=False,
    )


adapter = Adapter(
    name="huawei_ces",
    title="Huawei Cloud Eye",
    shapes=[
        Shape(Notification, read_notification, marks={"topic_urn", "message_id"}),
        Shape(Alarm, read, marks={"alarm_status", "template_variable"}),
        Shape(Subscription, Notice(reason=Reason.HANDSHAKE), marks={"message_id"}),
        Shape(Message, read_message, marks={"message_id"}),
    ],
    levels=LEVELS,
    identity_parts={"message", "metric", "resource", "rule", "subject", "topic"},
    delivery_field="$.message_id",
    confirmation=Confirmation(
        place=InBody("$.subscribe_url"),
        hosts=HOSTS,
        only=(InBody("$.type"), "SubscriptionConfirmation"),  # the other kind has a URL that subscribes again
    ),
)

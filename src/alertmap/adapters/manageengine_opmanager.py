"""ManageEngine OpManager: the notification profile "Invoke a Webhook".

Set up:

1. Settings, Notifications, Notification profiles, Add, Invoke a Webhook: the Hook URL

   ```text
   https://receiver.example/manageengine_opmanager?token=…
   ```

   the method POST, the data type Raw, the payload type JSON, and this body. Leave the message at the end: OpManager
   escapes nothing, so a quote in a message breaks the JSON, and then only what stands before it is read.

   ```json
   {"alarm_id": "$alarmid", "severity": "$stringseverity", "device_name": "$displayName", "entity": "$entity",
    "ip_address": "$DeviceField(ipAddress)", "category": "$category", "event_type": "$eventType",
    "last_polled_value": "$lastPolledValue", "device_type": "$DeviceField(type)",
    "interface": "$IntfField(ifDescr)", "monitor": "$MonitorField(displayName)", "timestamp": "$strModTime",
    "message": "$message"}
   ```

   Use `$stringseverity`: `$severity` is a number, which is no state here. A time-out of 30 seconds will do.
2. Select all criteria with the severities that matter, and tick "Notify when the alarm is cleared": otherwise nothing
   ever ends, and incidents of this source must expire.
3. Assign the profile to devices.

Answer 200. There is no signature.

An alert is an alarm, whose id stays the same until it is cleared. `Clear` ends it, and any other severity fires:
Critical and Service Down are critical, Trouble is high, Attention and Warning are medium. With "Recurring trigger" an
alarm is stated again while it lasts. The templates that FlashDuty, ITOC360, OpsKnight and CloudFabrix publish are read
as well, as JSON or form-data (with the extra `forms`), and templates with the same names in any case. Further keys that
begin with `Device_`, `Intf_`, `Monitor_` or `Custom_` become labels.

Limits: the time has no zone, so the order of arrival counts, and the time is a label. Without the id the entity and the
category are the key, without the entity the device and the category. Where a message breaks the JSON before the
severity, the alarm fires, also one that was cleared. An alarm that is deleted is not announced as cleared: let
incidents of this source expire.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Any

from attrs import evolve

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Problem, Reading, Request, Shape, State, Times

STATES = conventions.states(
    firing="Critical, Service Down, Trouble, Attention, Warning, Info, Unknown", resolved="Clear, Cleared"
)

LEVELS = conventions.levels(
    critical="Critical, Service Down", high="Trouble", medium="Attention, Warning", info="Info, Unknown"
)

# A variable that does not apply to an alarm stays as it is, is blank, or is NA; those of the second line always apply.
ABSENT = r"NA|\$(?:(?:Device|Intf|Monitor|Custom)Field\([^()]*\)|lastPolledValue)"
UNRENDERED = r"\$(?:alarmid|message|displayName|category|(?:string)?severity|strModTime|eventType|entity)"
PLACEHOLDERS = re.compile(rf"(?P<absent>{ABSENT})|{UNRENDERED}")

FIELDS = ("device", "intf", "monitor", "custom")

SEVERITY = wire.named("stringseverity", "severity", "alert_severity")


@wire.model(loose_keys=True)
class Alarm:
    state: Annotated[State | None, wire.state(STATES), SEVERITY]
    word: Annotated[wire.Text, SEVERITY] = ""
    alarm_id: Annotated[wire.AnyText, wire.also("alert_id")] = ""
    entity: Annotated[wire.AnyText, wire.also("alert_asset_entity")] = ""
    category: Annotated[wire.AnyText, wire.also("alert_category")] = ""
    device_name: Annotated[wire.Text, wire.also("display_name", "alert_asset_name")] = ""
    ip_address: Annotated[wire.Text, wire.also("device_ip_address", "alert_asset_ip_address", "device_ip")] = ""
    message: Annotated[wire.Text, wire.also("alert_message")] = ""
    event_type: Annotated[wire.Text, wire.also("alert_type")] = ""
    device_type: Annotated[wire.Text, wire.also("alert_asset_type")] = ""
    interface: Annotated[wire.Text, wire.also("if_name")] = ""
    monitor: wire.Text = ""
    last_polled_value: Annotated[wire.Text, wire.also("alert_last_polled_value")] = ""
    timestamp: Annotated[wire.Text, wire.also("str_mod_time", "alert_time")] = ""
    rest: wire.Rest


@wire.model(loose_keys=True)
class Broken(Alarm):
    """Alarm whose message broke the JSON, perhaps before the severity; without one it fires."""

    state: Annotated[State | None, wire.state(STATES), SEVERITY] = None


def read(alarm: Alarm) -> Reading:
    device = alarm.device_name or alarm.ip_address
    category = alarm.category.strip() or None
    value = alarm.last_polled_value.strip()
    return Reading(
        state=alarm.state,
        level=None if alarm.state is State.RESOLVED else alarm.word,
        # An entity is one monitor of a device.
        identity=[
            {"alarm": alarm.alarm_id.strip()},
            {"entity": alarm.entity.strip(), "category": category},
            {"device": device.strip(), "category": category},
        ],
        title=conventions.join(device, alarm.message.partition("\n")[0]),
        message=alarm.message,
        resource=device,
        labels={
            name: text.strip()
            for name, text in alarm.rest.items()
            if type(text) is str and wire.loosen(name).startswith(FIELDS)
        }
        | wire.pick(alarm, "ip_address", "category", "event_type", "entity", "device_type", "interface", "monitor")
        | {"time": alarm.timestamp},
        values={"last_polled_value": wire.number_in(value)},
    )


def read_text(text: str) -> Reading | Iterable[Problem]:
    alarm, problems = wire.read_broken(text, Broken, last="message", placeholders=PLACEHOLDERS)
    return problems if alarm is None else evolve(read(alarm), problems=problems)


def is_alarm(document: Any, _request: Request) -> bool:
    keys = wire.loose_keys(document).keys()
    return any(keys >= each for each in TEMPLATES)


TEMPLATES = (
    {"alarmid", "lastpolledvalue"},
    {"alarmid", "strmodtime"},
    {"alertid", "alertassetentity"},
)

adapter = Adapter(
    name="manageengine_opmanager",
    title="ManageEngine OpManager",
    shapes=[
        Shape(Alarm, read, marks=is_alarm),
        Shape(str, read_text, marks={'"alarm_id"', '"last_polled_value"'}),
    ],
    levels=LEVELS,
    formats={"json", "form", "multipart", "text"},
    times=Times.NONE,
    repeats={State.FIRING},
    templates=re.compile(rf"{UNRENDERED}\b"),
    placeholders=PLACEHOLDERS,
    identity_parts={"alarm", "entity", "device", "category"},
)

r"""LogicMonitor: its integration "Custom HTTP Delivery".

Set up:

1. Settings, Integrations, Add Integration: Custom HTTP Delivery. Choose "Use the same URL and data to notify on various
   alert activity", and tick new alerts, acknowledged, cleared and escalated or de-escalated.
2. Enter method HTTP POST and this URL:

   ```text
   https://receiver.example/logicmonitor?token=…
   ```

3. Under Alert Data choose Raw and the format JSON, and enter this body:

   ```text
   {
   "alertid": "##ALERTID##",
   "alertstatus": "##ALERTSTATUS##",
   "level": "##LEVEL##",
   "startepoch": "##STARTEPOCH##",
   "internalid": "##INTERNALID##",
   "alerttype": "##ALERTTYPE##",
   "alertdetailurl": "##ALERTDETAILURL##",
   "datapoint": "##DATAPOINT##",
   "value": "##VALUE##",
   "threshold": "##THRESHOLD##",
   "group": "##GROUP##",
   "website": "##WEBSITE##",
   "host": "##HOST##",
   "datasource": "##DATASOURCE##",
   "instance": "##INSTANCE##",
   "eventsource": "##EVENTSOURCE##",
   "message": "##MESSAGE##"
   }
   ```

4. Press "Test Alert Delivery": the request is recognised as a test, by the status `test`.
5. Put the integration into a stage of an escalation chain, and the chain into alert rules that send notifications when
   alerts clear.

Answer 200. An alert is its `##ALERTID##`, which LogicMonitor gives to all alerts of one resource, LogicModule, instance
and datapoint. Without it host, datasource, instance and datapoint are the key, else the id of the session. A stage of
the chain may state a firing alert again. Its time is the start of the alert, so a change of the level, an
acknowledgement and a recovery have none and count when they arrive.

Other payloads, also forms and queries, are read where they have the status under `alertstatus`, `alert_status` or
`status`. Case, `_` and `-` do not count in keys. Of a body in which a quote, a backslash or a line break of a value
breaks the JSON, what stands before that value is read.

Limits: alerts of event sources and batch jobs clear after the time that LogicMonitor sets for them. `##START##` and
`##DATE##` have the name of a time zone and are not read.
"""

import re
from collections.abc import Iterable
from functools import partial
from typing import Annotated, Any

from attrs import evolve

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Notice, Problem, Reading, Reason, Request, Severity, Shape, State, Times

# The page "Tokens Available in LogicModule Alert Messages" has active, clear, ack, update and test.
STATES = conventions.states(
    firing="active, update",  # an update is another level
    acknowledged="ack, acknowledged",
    suppressed="SDT",  # scheduled downtime
    resolved="clear, cleared",
    no_state="test",
)

# On a recovery the level of what ended.
LEVELS = {
    "critical": Severity.CRITICAL,
    "error": Severity.HIGH,
    "warn": Severity.MEDIUM,
    "warning": Severity.MEDIUM,
}

ALERT_ID = re.compile(r"LM[A-Z]{1,3}[0-9]{1,20}")
ALERT_ID_KEYS = ("alertid", "xs4externalid")  # the second in the payload of SIGNL4
OWN_KEYS = {"alertstatus", "datasource", "datapoint"}


@wire.model(loose_keys=True)
class Alert:
    state: Annotated[State | None, wire.state(STATES), wire.named("alertstatus", "status")]
    word: Annotated[wire.AnyText, wire.named("alertstatus", "status")] = ""
    alertid: Annotated[wire.AnyText, wire.named(*ALERT_ID_KEYS)] = ""
    internalid: wire.AnyText = ""  # of one session of the alert
    level: Annotated[wire.Text, wire.also("errorlevel", "severity")] = ""
    startepoch: wire.EpochAny = None
    host: Annotated[wire.AnyText, wire.also("hostname")] = ""
    website: Annotated[wire.AnyText, wire.also("service")] = ""
    datasource: wire.AnyText = ""  # with the instance
    instance: wire.AnyText = ""
    datapoint: wire.AnyText = ""
    eventsource: wire.Text = ""
    batchjob: wire.Text = ""
    value: wire.Text = ""
    threshold: wire.Text = ""
    message: wire.Text = ""
    alerttype: wire.Text = ""
    group: Annotated[wire.Text, wire.also("hostgroup")] = ""
    alertdetailurl: Annotated[wire.Text, wire.also("alerturl", "logicmonitorurl")] = ""


def read(alert: Alert) -> Reading | Notice:
    if alert.state is None:
        return Notice(reason=Reason.TEST)
    resource = alert.host or alert.website
    start = alert.startepoch
    # The start is not the time of a change of the level either, which counts after an acknowledgement, too.
    is_start = alert.state is State.FIRING and start is not None and wire.state_word(alert.word) != "update"
    return Reading(
        state=alert.state,
        level=alert.level,
        identity=[
            {"alert": filled(alert.alertid)},
            {
                "host": filled(alert.host),
                "datasource": filled(alert.datasource),
                "instance": filled(alert.instance) or None,
                "datapoint": filled(alert.datapoint),
            },
            {"session": filled(alert.internalid)},
        ],
        title=conventions.join(
            resource,
            conventions.join(alert.datasource or alert.eventsource or alert.batchjob, alert.datapoint, by=" "),
        ),
        message=alert.message,
        resource=resource,
        labels=wire.pick(alert, "datasource", "instance", "datapoint", "eventsource", "batchjob", "threshold", "group")
        | {"type": alert.alerttype, "session": alert.internalid},
        links={"alert": alert.alertdetailurl},
        values={"value": wire.number_in(alert.value)},
        started_at=start,
        occurred_at=start if is_start else None,
        times=None if is_start else Times.NONE,
    )


def read_text(text: str) -> Reading | Notice | Iterable[Problem]:
    event, problems = wire.read_broken(text, Alert, last="message", placeholders=PLACEHOLDERS)
    if event is None:
        return problems
    found = read(event)
    return found if isinstance(found, Notice) else evolve(found, problems=problems)


def is_alert(document: Any, _request: Request) -> bool:
    sent = wire.loose_keys(document)
    ids = (document.get(sent.get(key)) for key in ALERT_ID_KEYS)
    return sent.keys() >= OWN_KEYS or any(type(text) is str and ALERT_ID.fullmatch(text) for text in ids)


TOKEN = re.compile(r"##[A-Za-z][\w.-]{0,60}##")
filled = partial(conventions.filled, TOKEN)
NEEDED = "ALERTID|ALERTSTATUS|LEVEL|STARTEPOCH"  # other tokens have no value for some alerts
PLACEHOLDERS = re.compile(rf"##(?:{NEEDED})##|(?P<absent>{TOKEN.pattern})")

adapter = Adapter(
    name="logicmonitor",
    title="LogicMonitor",
    shapes=[
        Shape(Alert, read, marks=is_alert),
        Shape(str, read_text, marks={'"alertid"', '"alertstatus"'}),
    ],
    levels=LEVELS,
    formats={"json", "form", "query", "text"},
    repeats={State.FIRING},
    templates=TOKEN,
    placeholders=PLACEHOLDERS,
    identity_parts={"alert", "host", "datasource", "instance", "datapoint", "session"},
)

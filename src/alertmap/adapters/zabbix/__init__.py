"""Zabbix, its webhook media type.

Set up:

1. Under Alerts, Media types, create one of type Webhook (Zabbix 5.4 or later). Replace its parameters by `URL`, with
   the value `https://receiver.example/zabbix?token=…`, and one for each of these macros. A parameter's name is that of
   the macro, its value is the macro in braces: `EVENT.ID` is `{EVENT.ID}`.

       EVENT.ID EVENT.VALUE EVENT.SOURCE EVENT.NSEVERITY EVENT.NAME EVENT.OPDATA EVENT.TAGSJSON EVENT.ACK.STATUS
       EVENT.TIMESTAMP EVENT.DATE EVENT.TIME EVENT.UPDATE.STATUS EVENT.UPDATE.ACTION EVENT.UPDATE.TIMESTAMP
       EVENT.UPDATE.DATE EVENT.UPDATE.TIME EVENT.RECOVERY.TIMESTAMP EVENT.RECOVERY.DATE EVENT.RECOVERY.TIME
       TRIGGER.ID TRIGGER.DESCRIPTION TRIGGER.URL HOST.NAME HOST.HOST HOST.IP ALERT.MESSAGE

   Add `ZABBIX.URL` as `{$ZABBIX.URL}` where that global macro is defined.
2. The script:

       var params = JSON.parse(value), url = params.URL, request = new HttpRequest();
       delete params.URL;
       request.addHeader('Content-Type: application/json');
       var answer = request.post(url, JSON.stringify(params));
       if (request.getStatus() !== 200) throw 'answered ' + request.getStatus() + ': ' + answer;
       return 'OK';

3. On the tab Message templates add Problem, Problem recovery and Problem update: nothing is sent without them.
4. Give the media type to a user of its own, for Zabbix sends nobody their own updates. Name that user in the
   operations, recovery operations and update operations of an action.
5. Press Test: what it sends, macros as they are written, is no alert.

Parameters as the official media types name them (`event_id`, `event_value`, …) are read as well; add
`event_update_action`, without which no acknowledgement is seen. So are the bodies of the media types for Keep, Grafana
OnCall, Zulip and SpaceONE. The parameters of a new media type, `To`, `Subject` and `Message`, are refused: they name
no event.

An alert is an event: when its trigger fires again, that is another one. The option `identity = "trigger"` makes one
alert of all events of a trigger; it is for triggers that have one problem at a time. The time is known where the server
fills in the TIMESTAMP macros (7.0), or where the option `utc_offset` (`Z`, `+03:00`) names the zone of DATE and TIME.
That is the time zone of the user with the media: set it to UTC. Levels are the numbers 0 to 5, for names may change.

Limits: a comment changes no alert. Where a trigger is disabled, or its host is no longer monitored, while it fires, no
recovery is announced. Only further steps of an action send a problem again.
"""

import re

from alertmap import conventions
from alertmap.adapter import Adapter, Batch, Reply, Times
from alertmap.adapters.zabbix import bodies, event

# Names can be changed and translated, numbers cannot.
LEVELS = conventions.levels(
    critical="5, Disaster",
    high="4, High",
    medium=f"3, Average, {bodies.UNSPECIFIED}",
    low="2, Warning",
    info="1, Information, 0, Not classified",
)

# Macros that Zabbix leaves as they are for good reasons: those of updates and recoveries in any other message, of the
# second item of a trigger that has one. The TIMESTAMP macros are newer than DATE and TIME beside them.
ABSENT = r"\{(?:EVENT\.(?:UPDATE|RECOVERY|CAUSE|TIMESTAMP)|USER)\b[^{}]*\}|\*UNKNOWN\*"


def answer(batch: Batch) -> Reply:
    """Answer what the scripts of the media types ask for: that for Keep takes only 202, others only 200, with JSON."""
    is_keep = type(batch.raw) is dict and "triggerId" in batch.raw
    return Reply(status=202 if is_keep else 200, body="{}")


adapter = Adapter(
    name="zabbix",
    title="Zabbix",
    shapes=bodies.SHAPES,
    levels=LEVELS,
    # An event that is over never fires again: what comes after its end is late.
    times=Times.STATED,
    options=event.Options,
    answer=answer,
    templates=re.compile(r"\{[#$][^{}]+\}|\{[A-Z][A-Z0-9_]*\.[A-Z0-9_.]+\}|\*UNKNOWN\*"),
    placeholders=re.compile(rf"(?P<absent>{ABSENT})|\{{[#$][^{{}}]+\}}|\{{[A-Z][A-Z0-9_]*(?:\.[^{{}}]+)?\}}"),
    accepted={200, 202},
    retries=True,
    answer_within=30,
)

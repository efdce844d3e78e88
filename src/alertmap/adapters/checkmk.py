"""Checkmk: its notification scripts.

Set up:

1. Checkmk has no webhook of its own. As the user of the site write `local/share/check_mk/notifications/alertmap`, and
   make it executable.

   ```python
   #!/usr/bin/env python3
   # Alertmap
   import json, os, urllib.request

   names = [name for name in os.environ if name.startswith("NOTIFY_") and "PARAMETER" not in name]
   body = json.dumps({name: os.environ[name] for name in names}).encode()
   headers = {"Content-Type": "application/json"}
   urllib.request.urlopen(urllib.request.Request(os.environ["NOTIFY_PARAMETER_1"], body, headers), timeout=20)
   ```

2. Under Setup, Events, Notifications add a rule with the method "Alertmap". Its first parameter is

   ```text
   https://receiver.example/checkmk?token=…
   ```

   Leave all event types on: what the rule leaves out is never sent, recoveries among them.
3. Send a custom notification: it tests the way and changes no alert.

The answer is not read; a script that fails asks Checkmk to try again.

Read as well are the names without `NOTIFY_`, in any case, with or without `_`, as JSON or as a form, or several
notifications in an array; what Keep's script posts; and what the plugin for SIGNL4 posts.

An alert is a host, or a service on a host, of a site; a message of the Event Console is an alert of its own. A second
problem of the same service, at another level, is the same alert. The end of a downtime or of flapping goes by the state
of the check: `OK` resolves, all else fires. `started_at` is since when the object has its present state.

Limits: repeats only come where a rule asks for periodic notifications. The end of an acknowledgement is never sent.
Checkmk names its pages without a server, so that an alert has no link to them. Keep's script sends no time.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from alertmap import wire
from alertmap.adapter import Adapter, Result, Shape, State, Times
from alertmap.conventions import nagios
from alertmap.conventions.nagios import Macros, Notification

LEVELS = nagios.LEVELS


def read_microseconds(node: wire.Node) -> datetime | None:
    """Read microseconds since 1970, in a text or a number."""
    text = wire.scalar_text(node.value) or ""
    if re.fullmatch(r"[0-9]{15,17}", text):
        node = wire.Node(f"{text[:-6]}.{text[-6:]}", node.where, node.context)
    found: datetime | None = wire.structure(node, wire.AnyTime)
    return found


MICROSECONDS = wire.Encoding(
    "microseconds since 1970, int or text", read_microseconds, ("1770102672000000", 1770102672123456, "", "soon", None)
)


@wire.model(loose_keys=True)
class Context(Notification):
    """Context of a notification."""

    OMD_SITE: Annotated[wire.AnyText, nagios.macro("OMD_SITE", "site")] = ""
    MICROTIME: Annotated[datetime | None, MICROSECONDS, nagios.macro("MICROTIME")] = None
    EC_ID: Annotated[wire.AnyText, nagios.macro("EC_ID")] = ""  # of a message of the Event Console
    HOST_SL: Annotated[wire.Text, nagios.macro("HOST_SL")] = ""
    SVC_SL: Annotated[wire.Text, nagios.macro("SVC_SL")] = ""
    rest: wire.Rest


@wire.model
class Keep:
    """Body of Keep's script."""

    notification_type: Annotated[State | None, wire.state(nagios.TYPES)]
    word: Annotated[wire.AnyText, wire.named("notification_type")] = ""
    host: wire.AnyText
    # The words of the transition, `OK -> CRITICAL`: `status` is another one, and `severity` is OK for all hosts.
    event: wire.Text
    what: wire.Text = ""
    service: wire.AnyText = ""
    site: wire.AnyText = ""
    alias: wire.Text = ""
    address: wire.Text = ""
    output: wire.Text = ""
    long_output: wire.Text = ""
    perf_data: wire.Text = ""
    micro_time: Annotated[datetime | None, MICROSECONDS] = None


def read(event: Context) -> Result | None:
    scope = {"site": event.OMD_SITE, "event": event.EC_ID or None}
    labels = {"site": event.OMD_SITE, "service_level": event.SVC_SL or event.HOST_SL, **labels_of(event.rest)}
    moment = event.MICROTIME or event.TIMET
    return nagios.reading(event, event.NOTIFICATIONTYPE, event.word, scope=scope, moment=moment, labels=labels)


def labels_of(rest: Mapping[str, object]) -> dict[str, str]:
    """Return Checkmk's own labels: `NOTIFY_HOSTLABEL_cmk/os_family` is `cmk/os_family`."""
    found = ((LABEL.fullmatch(key), wire.scalar_text(value)) for key, value in rest.items())
    return {match[1]: text for match, text in found if match and text}


LABEL = re.compile(r"(?:NOTIFY_)?(?:HOST|SERVICE)LABEL_(\S+)")


def read_keep(event: Keep) -> Result | None:
    before, _, after = event.event.partition("->")
    is_service = bool(event.service.strip()) or event.what.strip().upper() == "SERVICE"
    macros = Macros(
        HOSTNAME=event.host,
        HOSTALIAS=event.alias,
        HOSTADDRESS=event.address,
        HOSTSTATE=after.strip(),
        LASTHOSTSTATE=before.strip(),
        HOSTOUTPUT=event.output,
        LONGHOSTOUTPUT=event.long_output,
        SERVICEDESC=event.service,
        SERVICESTATE=after.strip() if is_service else "",
        LASTSERVICESTATE=before.strip(),
        SERVICEOUTPUT=event.output,
        LONGSERVICEOUTPUT=event.long_output,
        SERVICEPERFDATA=event.perf_data,
    )
    scope = labels = {"site": event.site}
    return nagios.reading(
        macros, event.notification_type, event.word, scope=scope, moment=event.micro_time, labels=labels
    )


adapter = Adapter(
    name="checkmk",
    title="Checkmk",
    shapes=[
        Shape(Keep, read_keep, marks={"what", "site", "check_command"}),
        Shape(Context, read, marks={"NOTIFY_NOTIFICATIONTYPE", "NOTIFY_WHAT"}),
    ],
    levels=LEVELS,
    formats={"json", "form"},
    many=True,
    times=Times.STATED,
    reads_also={"nagios", "icinga2"},  # their scripts have the same macros
    templates=nagios.TEMPLATES,
    placeholders=nagios.PLACEHOLDERS,
    retries=True,
)

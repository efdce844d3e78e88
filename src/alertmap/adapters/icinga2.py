"""Icinga 2: its notification commands.

Set up:

1. Icinga 2 posts nothing by itself. Define two commands, and apply both:

   ```text
   object NotificationCommand "alertmap-service" {
     command = [ "/usr/bin/curl", "-fsS", "-m", "20", "https://receiver.example/icinga2?token=…",
       "--data-urlencode", "ICINGA_NOTIFICATIONTYPE=$notification.type$",
       "--data-urlencode", "ICINGA_NOTIFICATIONAUTHOR=$notification.author$",
       "--data-urlencode", "ICINGA_NOTIFICATIONCOMMENT=$notification.comment$",
       "--data-urlencode", "ICINGA_TIMET=$icinga.timet$",
       "--data-urlencode", "ICINGA_HOSTNAME=$host.name$",
       "--data-urlencode", "ICINGA_HOSTDISPLAYNAME=$host.display_name$",
       "--data-urlencode", "ICINGA_HOSTADDRESS=$host.address$",
       "--data-urlencode", "ICINGA_SERVICENAME=$service.name$",
       "--data-urlencode", "ICINGA_SERVICEDISPLAYNAME=$service.display_name$",
       "--data-urlencode", "ICINGA_SERVICESTATE=$service.state$",
       "--data-urlencode", "ICINGA_SERVICESTATETYPE=$service.state_type$",
       "--data-urlencode", "ICINGA_LASTSERVICESTATE=$service.last_state$",
       "--data-urlencode", "ICINGA_LASTSERVICESTATECHANGE=$service.last_state_change$",
       "--data-urlencode", "ICINGA_SERVICEOUTPUT=$service.output$",
       "--data-urlencode", "ICINGA_SERVICEPERFDATA=$service.perfdata$",
       "--data-urlencode", "ICINGA_SERVICEACTIONURL=$service.action_url$",
       "--data-urlencode", "ICINGA_SERVICENOTESURL=$service.notes_url$"
     ]
   }
   object NotificationCommand "alertmap-host" {
     command = [ "/usr/bin/curl", "-fsS", "-m", "20", "https://receiver.example/icinga2?token=…",
       "--data-urlencode", "ICINGA_NOTIFICATIONTYPE=$notification.type$",
       "--data-urlencode", "ICINGA_NOTIFICATIONAUTHOR=$notification.author$",
       "--data-urlencode", "ICINGA_NOTIFICATIONCOMMENT=$notification.comment$",
       "--data-urlencode", "ICINGA_TIMET=$icinga.timet$",
       "--data-urlencode", "ICINGA_HOSTNAME=$host.name$",
       "--data-urlencode", "ICINGA_HOSTDISPLAYNAME=$host.display_name$",
       "--data-urlencode", "ICINGA_HOSTADDRESS=$host.address$",
       "--data-urlencode", "ICINGA_HOSTSTATE=$host.state$",
       "--data-urlencode", "ICINGA_HOSTSTATETYPE=$host.state_type$",
       "--data-urlencode", "ICINGA_LASTHOSTSTATE=$host.last_state$",
       "--data-urlencode", "ICINGA_LASTHOSTSTATECHANGE=$host.last_state_change$",
       "--data-urlencode", "ICINGA_HOSTOUTPUT=$host.output$",
       "--data-urlencode", "ICINGA_HOSTPERFDATA=$host.perfdata$",
       "--data-urlencode", "ICINGA_HOSTACTIONURL=$host.action_url$",
       "--data-urlencode", "ICINGA_HOSTNOTESURL=$host.notes_url$"
     ]
   }
   object User "alertmap" { }
   apply Notification "alertmap" to Service {
     command = "alertmap-service"
     users = [ "alertmap" ]
     assign where true
   }
   apply Notification "alertmap" to Host {
     command = "alertmap-host"
     users = [ "alertmap" ]
     assign where true
   }
   ```

   Set neither `types` nor `states`: what they leave out is never sent, recoveries among them. Leave `interval` at its
   30 minutes: nothing else sends again what got lost. No shell is involved, so nothing in an output can break the
   request.
2. Send a custom notification: it tests the way and changes no alert.

The answer is not read.

Read as well are JSON of the same names, other prefixes, any case, with or without `_`, the names of the macros
themselves (`service.state`), the form of PagerDuty's plugin, objects `host`, `service` and `check_result` as for Keep,
and hand-written JSON with `type`, `host`, `service`, `state` and `output`.

An alert is a host, or a service on a host, whatever user is notified. A second problem of the same service, at another
level, is the same alert. The end of a downtime or of flapping goes by the state of the check: `OK` resolves, all else
fires. `started_at` is since when the object has its present state.

Limits: the end of an acknowledgement, and one that notifies nobody, are never sent. While a host is down, its services
and the hosts behind it are silent. A state in a chat message, as scripts for Slack write it, is not read.
"""

from typing import Annotated

from alertmap import wire
from alertmap.adapter import Adapter, Reading, Result, Shape, State, Times
from alertmap.conventions import nagios
from alertmap.conventions.nagios import CheckResult, Notification, Short

LEVELS = nagios.LEVELS


@wire.model(loose_keys=True)
class Command(Notification):
    LONGDATETIME: Annotated[wire.Rfc3339, nagios.macro("LONGDATETIME", "icinga.long_date_time")] = None


@wire.model
class Host:
    name: wire.AnyText
    display_name: wire.Text = ""


@wire.model
class Service:
    name: wire.AnyText = ""  # absent, or the object is empty, where the host is meant
    display_name: wire.Text = ""


@wire.model
class Check:
    state: Annotated[State, wire.state(nagios.STATES)]
    word: Annotated[wire.AnyText, wire.named("state")] = ""
    output: wire.Text = ""


@wire.model
class Objects:
    """Objects of Icinga 2, as scripts for Keep post them."""

    host: Host
    service: Service = Service()
    check_result: Check


@wire.model
class TypedObjects(Objects):
    notification_type: Annotated[State | None, wire.state(nagios.TYPES)]
    type_word: Annotated[wire.AnyText, wire.named("notification_type")] = ""


def read(event: Command) -> Result | None:
    moment = event.TIMET or event.LONGDATETIME
    return nagios.reading(event, event.NOTIFICATIONTYPE, event.word, moment=moment)


def read_typed_objects(event: TypedObjects) -> Result | None:
    return nagios.reading(check_of(event), event.notification_type, event.type_word)


def read_objects(event: Objects) -> Reading:
    return nagios.read_check(check_of(event))


def check_of(event: Objects) -> CheckResult:
    """The macros of these objects."""
    check, host, service = event.check_result, event.host, event.service
    is_service = bool(service.name.strip())
    return CheckResult(
        state=check.state,
        HOSTNAME=host.name,
        HOSTDISPLAYNAME=host.display_name,
        HOSTSTATE="" if is_service else check.word,
        HOSTOUTPUT=check.output,
        SERVICEDESC=service.name,
        SERVICEDISPLAYNAME=service.display_name,
        SERVICESTATE=check.word if is_service else "",
        SERVICEOUTPUT=check.output,
    )


adapter = Adapter(
    name="icinga2",
    title="Icinga 2",
    shapes=[
        Shape(TypedObjects, read_typed_objects, marks={"$.host.name", "$.check_result.exit_status"}),
        Shape(Objects, read_objects, marks={"$.host.name", "$.check_result.exit_status"}),
        Shape(Command, read, marks={"ICINGA_NOTIFICATIONTYPE"}),
        Shape(Short, nagios.read_short, rank=None),
        Shape(CheckResult, nagios.read_check, rank=None),
    ],
    levels=LEVELS,
    formats={"json", "form"},
    times=Times.STATED,
    repeats={State.FIRING},
    reads_also={"nagios", "checkmk"},  # their scripts have the same macros
    templates=nagios.TEMPLATES,
    placeholders=nagios.PLACEHOLDERS,
    retries=False,
)

r"""Nagios Core and XI, and what has its notification commands: Naemon, Centreon, OP5.

Set up:

1. Nagios posts nothing by itself. Define two commands, and a contact that uses both:

   ```text
   define command {
     command_name  notify-service-by-alertmap
     command_line  /usr/bin/curl -fsS -m 20 'https://receiver.example/nagios?token=…' \
       --data-urlencode 'NAGIOS_NOTIFICATIONTYPE=$NOTIFICATIONTYPE$' \
       --data-urlencode 'NAGIOS_SERVICENOTIFICATIONID=$SERVICENOTIFICATIONID$' \
       --data-urlencode 'NAGIOS_TIMET=$TIMET$' \
       --data-urlencode 'NAGIOS_HOSTNAME=$HOSTNAME$' \
       --data-urlencode 'NAGIOS_HOSTADDRESS=$HOSTADDRESS$' \
       --data-urlencode 'NAGIOS_SERVICEDESC=$SERVICEDESC$' \
       --data-urlencode 'NAGIOS_SERVICESTATE=$SERVICESTATE$' \
       --data-urlencode 'NAGIOS_LASTSERVICESTATE=$LASTSERVICESTATE$' \
       --data-urlencode 'NAGIOS_LASTSERVICESTATECHANGE=$LASTSERVICESTATECHANGE$' \
       --data-urlencode 'NAGIOS_SERVICEOUTPUT=$SERVICEOUTPUT$' \
       --data-urlencode 'NAGIOS_SERVICEPERFDATA=$SERVICEPERFDATA$' \
       --data-urlencode 'NAGIOS_SERVICEACTIONURL=$SERVICEACTIONURL$' \
       --data-urlencode 'NAGIOS_SERVICEACKAUTHOR=$SERVICEACKAUTHOR$' \
       --data-urlencode 'NAGIOS_SERVICEACKCOMMENT=$SERVICEACKCOMMENT$'
   }
   define command {
     command_name  notify-host-by-alertmap
     command_line  /usr/bin/curl -fsS -m 20 'https://receiver.example/nagios?token=…' \
       --data-urlencode 'NAGIOS_NOTIFICATIONTYPE=$NOTIFICATIONTYPE$' \
       --data-urlencode 'NAGIOS_HOSTNOTIFICATIONID=$HOSTNOTIFICATIONID$' \
       --data-urlencode 'NAGIOS_TIMET=$TIMET$' \
       --data-urlencode 'NAGIOS_HOSTNAME=$HOSTNAME$' \
       --data-urlencode 'NAGIOS_HOSTADDRESS=$HOSTADDRESS$' \
       --data-urlencode 'NAGIOS_HOSTSTATE=$HOSTSTATE$' \
       --data-urlencode 'NAGIOS_LASTHOSTSTATE=$LASTHOSTSTATE$' \
       --data-urlencode 'NAGIOS_LASTHOSTSTATECHANGE=$LASTHOSTSTATECHANGE$' \
       --data-urlencode 'NAGIOS_HOSTOUTPUT=$HOSTOUTPUT$' \
       --data-urlencode 'NAGIOS_HOSTPERFDATA=$HOSTPERFDATA$' \
       --data-urlencode 'NAGIOS_HOSTACTIONURL=$HOSTACTIONURL$' \
       --data-urlencode 'NAGIOS_HOSTACKAUTHOR=$HOSTACKAUTHOR$' \
       --data-urlencode 'NAGIOS_HOSTACKCOMMENT=$HOSTACKCOMMENT$'
   }
   define contact {
     contact_name                   alertmap
     host_notifications_enabled     1
     service_notifications_enabled  1
     host_notification_period       24x7
     service_notification_period    24x7
     host_notification_options      d,u,r,f,s
     service_notification_options   w,u,c,r,f,s
     host_notification_commands     notify-host-by-alertmap
     service_notification_commands  notify-service-by-alertmap
   }
   ```

   Leave all options on: what they leave out is never sent, recoveries among them.
2. Add the contact to hosts and services, or to their contact group.
3. Keep `illegal_macro_output_chars` as in the sample configuration: it takes the quotes out of a plugin's output, which
   would end the command.
4. Send a custom notification: it tests the way and changes no alert.

The answer is not read.

Read as well are the environment macros of `enable_environment_macros=1`, as JSON or as a form; the form of PagerDuty's
plugin; other prefixes, any case, with or without `_`; and JSON written by hand with `type`, `host`, `service`, `state`
and `output`.

An alert is a host, or a service on a host. A second problem of the same service, at another level, is the same alert.
The end of a downtime or of flapping goes by the state of the check: `OK` resolves, all else fires. Problems are
repeated each `notification_interval`, unless acknowledged or in a downtime. `started_at` is since when the object has
its present state.

Limits: the end of an acknowledgement is never sent. A recovery is not sent either where flap detection was switched off
while a service flapped, or where a problem began in a downtime and ended before the first check after it: let incidents
of this source expire, after days rather than hours, for an acknowledged problem is not repeated.
"""

from alertmap import wire
from alertmap.adapter import Adapter, Rank, Result, Shape, State, Times
from alertmap.conventions import nagios
from alertmap.conventions.nagios import CheckResult, Notification, Short

LEVELS = nagios.LEVELS


@wire.model(loose_keys=True)
class Plugin(Notification):
    """Form of PagerDuty's plugin: all macros without a prefix."""


def read(event: Notification) -> Result | None:
    return nagios.reading(event, event.NOTIFICATIONTYPE, event.word)


adapter = Adapter(
    name="nagios",
    title="Nagios",
    shapes=[
        Shape(Notification, read, marks={"NAGIOS_NOTIFICATIONTYPE"}),
        # It is read as a notification. Icinga 2 and Checkmk have the same names, but not all of them.
        Shape(Plugin, read, marks={"NOTIFICATIONTYPE", "HOSTNAME", "NOTIFICATIONNUMBER"}, rank=Rank.WEAK),
        Shape(Short, nagios.read_short, rank=None),
        Shape(CheckResult, nagios.read_check, rank=None),
    ],
    levels=LEVELS,
    formats={"json", "form"},
    times=Times.STATED,
    repeats={State.FIRING},
    reads_also={"icinga2", "checkmk"},  # their scripts have the same macros
    templates=nagios.TEMPLATES,
    placeholders=nagios.PLACEHOLDERS,
)

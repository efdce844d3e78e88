r"""Netdata: the webhook of Netdata Cloud, and the agent's own notifications.

Set up, in Netdata Cloud (a paid plan):

1. Space settings, Alerts & Notifications, Add configuration, Webhook: enter the URL

   ```text
   https://receiver.example/netdata?token=…
   ```

   and under Notifications both alerts and reachability.
2. Press Test, take the `token` out of the body that came, enter it under Verification, and save. Where Netdata asks for
   a challenge secret instead, the source gets it as `Auth(tokens="…", challenge="…")`.

Answer 200.

Set up, with the agent:

1. In `/etc/netdata` run `sudo ./edit-config health_alarm_notify.conf`, and write there:

   ```sh
   SEND_CUSTOM="YES"
   DEFAULT_RECIPIENT_CUSTOM="receiver"
   custom_sender() {
     local key fields=()
     for key in host name chart status old_status when non_clear_duration value value_string units info alarm \
       context family classification component type roles alarm_id unique_id goto_url; do
       fields+=(--data-urlencode "${key}=${!key}")
     done
     local code
     code=$(docurl -X POST "${fields[@]}" "https://receiver.example/netdata?token=…")
     [ "${code}" = "200" ]
   }
   ```

2. `/usr/libexec/netdata/plugins.d/alarm-notify.sh test` sends its three test alarms.

The same variables as JSON are read, too, and what the agent's own Opsgenie method posts where `OPSGENIE_API_URL` is the
receiver.

A recovery comes once. Of an alarm that gets worse or better the severity changes; it stays one alert.

Limits: nothing is sent when an alarm is over that has `options: no-clear-notification` or `repeat:`, whose recipient
has `|noclear`, whose chart is gone, or that ends while it is silenced: let incidents of this source expire. A value
that cannot be computed is sent as `CLEAR`. The agent never tries again. The Cloud's documented form names no host: the
alert and its node are taken from the alert's URL. Its newer form, and reachability, have no time.
"""

from alertmap.adapter import Adapter, Challenge, Severity, Times
from alertmap.adapters.netdata import agent, cloud

LEVELS = {"critical": Severity.CRITICAL, "warning": Severity.MEDIUM}

adapter = Adapter(
    name="netdata",
    title="Netdata",
    shapes=[*agent.SHAPES, *cloud.SHAPES],
    levels=LEVELS,
    level_field="status",  # an agent's recovery has CLEAR there, and the level of what ended in old_status
    formats={"json", "form"},
    times=Times.SINCE,
    challenge=Challenge(parameter="crc_token", field="response_token", prefix="sha256="),
)

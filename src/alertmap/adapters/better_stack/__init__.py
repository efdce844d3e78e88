"""Better Stack (Better Uptime): incidents, errors, and the updates of its status pages.

Set up:

1. For incidents: Uptime, Integrations, Exporting data, Outgoing webhooks, Configure. Choose the type Incident, keep its
   body, and enter the URL

   ```text
   https://receiver.example/better_stack?token=…
   ```

   Incidents must be sent when they are started, acknowledged and resolved.
2. For errors: Errors, Outgoing webhooks, add an Error webhook with the same URL, and tick all events, above all
   Resolved.
3. For a status page, also of somebody else: on the page, "Get updates", Webhook, the same URL; then confirm by mail.

Answer 200. Nothing is signed: the token in the URL is the proof.

An incident is an alert: its id is the key, and the next outage of its monitor is another one. Somebody who acknowledges
it ends nothing. There are no levels: an incident has the level `incident`, which is high. Where there is no `event`,
its status decides, and without one the times do, with a problem.

An error of an application is an alert, too, with the level `error`, which is medium; one that is ignored is suppressed.

A status page says how all of it is, and not which of its incidents is over. So the page is one alert, `downtime` (high)
or `degraded` (medium), with the title of the latest incident, and ends when the page is operational. A component whose
state is sent is an alert of its own.

Each change is sent once. What is sent about monitors, on-call contacts, releases and announced maintenance changes no
alert.

Limits: an incident that is deleted is never announced as over. A test of the webhook looks like an incident. Errors
have no time, so the order of arrival counts. A body of your own is a case for `generic`. The incident log drain, with
events such as `incident.started`, is not read, since its fields are not documented: use the Incident webhook.
"""

from alertmap import conventions
from alertmap.adapter import Adapter
from alertmap.adapters.better_stack import errors, status_page, uptime

# All are ours but the two of status pages.
LEVELS = conventions.levels(high="incident, downtime", medium="error, degraded")

adapter = Adapter(
    name="better_stack",
    title="Better Stack",
    shapes=[*uptime.SHAPES, *errors.SHAPES, *status_page.SHAPES],
    levels=LEVELS,
    identity_parts={"incident", "monitor", "name", "error", "application", "page", "component", "component_name"},
)

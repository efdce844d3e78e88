"""CrowdSec: the notification plugin `http` of the Security Engine, and the webhook of the CrowdSec Console.

Set up, with the plugin:

1. Write `/etc/crowdsec/notifications/http.yaml`. Leave `format` as it is: a text of your own is not read. `group_wait`
   makes one request of several alerts.

   ```yaml
   type: http
   name: http_default
   log_level: info
   format: |
     {{.|toJson}}
   url: "https://receiver.example/crowdsec?token=…"
   method: POST
   headers:
     Content-Type: application/json
   ```

2. Name it under `notifications` of a profile in `/etc/crowdsec/profiles.yaml`.
3. `cscli notifications test http_default` sends a test, which is no alert.

Set up, with the Console:

1. Under Settings, Integrations, Webhook add a rule with the URL as its destination.

   ```text
   https://receiver.example/crowdsec?token=…
   ```

Answer 200: both send again what fails, the plugin as often as its `max_retry` says.

An alert is a scenario and its source, mostly an address, whatever machine saw it. Its level is ours: `remediation`,
where the scenario asks for one, `no_remediation`, `simulated`, or `manual_decision`, which an operator made. Those of
the Console are `detection`, `attack`, `offline`, `no_alerts`, `outdated` and `other`; its enrolments are no alerts.

Limits: nothing is ever resolved, for neither the end of a decision nor the return of an engine is announced: let
incidents of this source expire, such as after the duration of your bans. Where both post to one source, an alert comes
from both, with one key. The Console's ping has no documented form.
"""

from alertmap import conventions
from alertmap.adapter import Adapter, Times
from alertmap.adapters.crowdsec import console, engine

LEVELS = conventions.levels(
    high="attack, offline",
    medium="remediation, detection, no_alerts, other",
    low="no_remediation, outdated",
    info="manual_decision, simulated",  # simulated: the scenario is on trial, its decisions are not applied
)

adapter = Adapter(
    name="crowdsec",
    title="CrowdSec",
    shapes=[*engine.SHAPES, *console.SHAPES],
    levels=LEVELS,
    many=True,
    times=Times.STATED,
    recovers=False,
    retries=True,
)

r"""SolarWinds: alerts of the SolarWinds Platform (Orion; Observability Self-Hosted), and the webhook of AppOptics.

Set up, for the SolarWinds Platform:

1. Alerts & Activity, Alerts, Manage Alerts: edit an alert. Under Trigger Actions add the action "Send a GET or POST
   Request to a Web Server" with this URL, HTTP POST and, where the version has that field, content type
   `application/json`:

   ```text
   https://receiver.example/solarwinds?token=…
   ```

2. Enter this as the body. The last two lines may hold quotes, so they stay the last.

   ```text
   {
   "event_type": "TRIGGER",
   "AlertObjectID": "${N=Alerting;M=AlertObjectID}",
   "Severity": "${N=Alerting;M=Severity}",
   "Acknowledged": "${N=Alerting;M=Acknowledged}",
   "AlertDetailsUrl": "${N=Alerting;M=AlertDetailsUrl}",
   "ObjectType": "${N=Alerting;M=ObjectType}",
   "ObjectName": "${N=SwisEntity;M=DisplayName}",
   "NodeName":
   "${N=SWQL;M=SELECT RelatedNodeCaption FROM Orion.AlertObjects WHERE AlertObjectID=${N=Alerting;M=AlertObjectID} }",
   "AlertName": "${N=Alerting;M=AlertName}",
   "AlertMessage": "${N=Alerting;M=AlertMessage}"
   }
   ```

3. Under Reset Actions add the same action with the same body, but `"event_type": "RESET"`. Without it nothing recovers.
4. Assign both actions to all alerts that you wish to send: Alert Manager, Assign Action.

For AppOptics: under Settings, Notification Services, Webhook, add a configuration with the same URL; then add the
service to the alerts, and let them notify when they clear.

Answer 200. An alert of the platform is its `AlertObjectID`, one alert definition on one object. Bodies for Opsgenie
(`ActionType`, `alias`), ilert (`iLertEventType`), Keep and Datadog are read as well, as JSON, forms or queries; case
and `_` do not count in keys. A body without a state fires, unless it has `"reset": "true"`. A trigger action that is
repeated until somebody acknowledges states the alert again; where `Acknowledged` is `Acknowledged`, it is acknowledged.

An alert of AppOptics is an incident. AppOptics has no levels: the level is `incident`, which is medium.

Limits: the platform has no action for an acknowledgement. Its times are in the format of the server and are not read,
so the order of arrival counts. Severities that are numbers mean other things in other versions, and are unknown levels.
The platform escapes nothing: of a body in which a quote or backslash breaks the JSON, what stands before it is read,
and in a form a value ends at an `&`. A simulated action is a real alert. The JSON templates of SolarWinds Observability
SaaS are not read: enter a body like the above there.
"""

from alertmap import conventions
from alertmap.adapter import Adapter, State
from alertmap.adapters.solarwinds import appoptics, orion

LEVELS = conventions.levels(
    critical="Critical",
    high="Serious",
    medium=f"Warning, {appoptics.LEVEL}",
    low="Notice",
    info="Informational, Information",
)

adapter = Adapter(
    name="solarwinds",
    title="SolarWinds",
    shapes=[*appoptics.SHAPES, *orion.SHAPES],
    levels=LEVELS,
    formats={"json", "form", "query", "text"},
    repeats={State.FIRING},
    templates=orion.MACRO,
    placeholders=orion.PLACEHOLDERS,
    identity_parts={"alert_object", "alias", "alert", "object", "node", "name", "incident"},
)

"""Opsgenie: what tools post to its alert API, and its webhooks; the same of Jira Service Management Operations.

Set up, in Opsgenie's place:

1. Point a tool at the receiver where it asks for Opsgenie's URL, such that its requests arrive at paths that end in

   ```text
   /v2/alerts
   /v2/alerts/<identifier>/<action>
   ```

   Pass method, path and query on as they came.
2. The tool sends its key as `Authorization: GenieKey …`: that is the source's own token.
3. In Kapacitor set `recovery_action = "close"`: by default it writes a note.

Answer with `adapter.answer`: status 202 and a JSON object with `requestId`.

Set up, behind Opsgenie:

1. Under Settings, Integrations (in Jira Service Management under Operations, Integrations) add a webhook with the URL

   ```text
   https://receiver.example/opsgenie?token=…
   ```

   There is no signature; a header of your own may hold the token instead.
2. Tick the actions Create, Acknowledge, UnAcknowledge, Close, Delete, Snooze, SnoozeEnded, UpdatePriority and Escalate,
   and the description and details of the alert. What is not ticked is never sent, recoveries among them.

The alert API is keyed by the alias, a webhook by the alert's id. A priority that a tool leaves out is P3, as in
Opsgenie. An action that users named (a custom action) changes no alert, and is a problem of the batch, since a new
action of Opsgenie's would look the same.

Limits: an alert without an alias is keyed by its texts; no tool can close it, so let incidents of such a source expire.
An alert that is closed by its id or its number (`identifierType`) ends only what was opened by this identifier: the
receiver gives no ids. The alert API has no times. Notes, tags, texts, teams and owners change no alert.
"""

from alertmap.adapter import Adapter, InBody, InHeader, Severity, State
from alertmap.adapters.opsgenie import alert_api, webhooks

LEVELS = {
    "P1": Severity.CRITICAL,
    "P2": Severity.HIGH,
    "P3": Severity.MEDIUM,
    "P4": Severity.LOW,
    "P5": Severity.INFO,
}

adapter = Adapter(
    name="opsgenie",
    title="Opsgenie",
    shapes=[*webhooks.SHAPES, *alert_api.SHAPES],
    levels=LEVELS,
    formats={"json", "path"},
    repeats={State.FIRING},  # tools create an alert again while it is open; it is escalated
    answer=alert_api.answer,
    token_in=(InHeader("Authorization", "GenieKey "), InBody("apiKey")),
)

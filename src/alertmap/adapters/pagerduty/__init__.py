"""PagerDuty: what tools post to its Events API, versions 2 and 1, and its webhooks, versions 3, 2 and 1.

Set up, in PagerDuty's place:

1. Point a tool at the receiver where it asks for PagerDuty's URL. The paths for alerts, for changes and for version 1
   are

   ```text
   /v2/enqueue
   /v2/change/enqueue
   /generic/2010-04-15/create_event.json
   ```

2. The tool's routing key (`service_key` in version 1) is the source's own token.

Answer with `adapter.answer`: status 202 and a JSON object with `dedup_key`. Clients fail without that key, and those
that send none (Gatus) resolve with the key of the answer.

Set up, behind PagerDuty:

1. Under Integrations, Generic Webhooks (v3), add a webhook with the scope, all events `incident.*`, and the URL

   ```text
   https://receiver.example/pagerduty
   ```

   What is not ticked is never sent, recoveries among them.
2. Copy the secret that is shown once. The header `X-PagerDuty-Signature` has `v1=` and the HMAC-SHA256 of the body
   under that secret in hexadecimal; after a rotation several, joined by commas, of which one must fit.

Answer with any 2xx within five seconds: after three webhooks that were answered by a 4xx in a row PagerDuty stops for a
day.

An event is keyed by its `dedup_key`, an incident by its id. `severity` is the level of an event, the priority that of
an incident, or else its urgency. A priority has a name of the account's own: `P1` to `P5` and `SEV1` to `SEV5` are
known, and any other leaves it to the urgency. `custom_details.alertmap_severity`, one of our own five words, comes
first. Like PagerDuty, read events in order of arrival: their timestamp is optional, and a resolve rarely has one.

Limits: a trigger without a `dedup_key` is keyed by its texts; nothing ends it unless the tool uses the key of the
answer, so let incidents of such a source expire. Webhooks of version 1 have no title and no priority. PagerDuty drops
a webhook of more than 256 kB. Notes, responders, status updates, tasks and services change no alert.
"""

from alertmap.adapter import Adapter, InBody, InHeader, Severity, State
from alertmap.adapters.pagerduty import events, webhooks
from alertmap.adapters.pagerduty.levels import LEVELS

adapter = Adapter(
    name="pagerduty",
    title="PagerDuty",
    shapes=[*events.SHAPES, *webhooks.SHAPES],
    levels=LEVELS,
    fallback=Severity.HIGH,  # the urgency of an incident where nothing else is set
    repeats={State.FIRING},  # tools trigger again what is open; an incident is escalated and assigned
    delivery_header="X-Webhook-Id",
    answer=events.answer,
    answer_within=5,  # webhooks; the tools' own limits differ
    busy=503,
    token_in=(InBody("routing_key"), InBody("service_key"), InHeader("X-Routing-Key")),
)

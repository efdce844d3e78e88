"""incident.io: its webhooks, and what tools post to its HTTP alert source.

Set up:

1. Settings, Webhooks, add an endpoint with the URL `https://receiver.example/incident_io`.
2. Subscribe it to `public_incident.incident_created_v2`, `public_incident.incident_updated_v2`,
   `public_alert.alert_created_v1` and `public_alert.alert_resolved_v1`; or to one of the two kinds, where each alert
   becomes an incident.
3. Copy the signing secret, `whsec_…`, into the source: `Auth(secrets="whsec_…")`.
4. In incident.io's place: give a tool that asks for the URL of an HTTP alert source
   `https://receiver.example/incident_io`, and the source's own token as its bearer token.

Answer webhooks with any status from 200 to 299; they are sent again for a day, with the same `webhook-id`, and after
five days of failures the endpoint is turned off. Answer an event of a tool with `adapter.answer`: status 202 and its
`deduplication_key`, with which some tools (Gatus) resolve.

An incident is an alert, with its id as the key. Each change of it is sent, with its state: triage and active fire,
paused is muted; learning, closed, canceled, declined and merged are over. The level is the name of its severity:
critical, major is high, minor is medium; names of your own are overrides of the source. Tests and tutorials are no
alerts, and what is recorded after the fact is a problem. An alert of incident.io is keyed by its id, too, and has the
key of its sender as the label `deduplication_key`; its level is the attribute `severity` or `priority`.

An event of a tool is keyed by its `deduplication_key`; its level is `severity` or `priority` of its metadata. It has no
time, so the order of arrival counts.

Limits: of a private incident or alert only the id is sent: that is a problem, and no alert; so is an event that is not
known. Who acknowledges an escalation is not read; nor are follow-ups, actions, post-mortems, schedules and status
pages. A test that the page of the endpoint sends looks like an incident. An event of a tool without a key is keyed by
its title, and nothing ends it. Flux resolves here with every event that is no error, also where an object still waits:
`fluxcd` reads more of it. What Alertmanager sends to incident.io is a case for `prometheus_alertmanager`.
"""

from alertmap import conventions
from alertmap.adapter import STANDARD_WEBHOOKS, Adapter, Severity, State, Times
from alertmap.adapters.incident_io import alert_source, webhooks

LEVELS = conventions.LEVELS | {"unset": Severity.MEDIUM}  # `unset` is ours

adapter = Adapter(
    name="incident_io",
    title="incident.io",
    shapes=[*webhooks.SHAPES, *alert_source.SHAPES],
    levels=LEVELS,
    open_levels=True,
    times=Times.STATED,
    repeats={State.FIRING, State.RESOLVED},  # learning, then closed
    reads_also={"checkly"},  # its channel for incident.io
    answer=alert_source.answer,
    retries=True,
    delivery_header="webhook-id",
    signatures=STANDARD_WEBHOOKS,
    identity_parts={"incident", "alert", "deduplication_key", "title"},
)

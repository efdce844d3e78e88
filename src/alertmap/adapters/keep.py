"""Keep: the alerts and incidents that its workflows post.

Set up:

1. Providers, Webhook, with the name `alertmap`, the method POST, and the URL

   ```text
   https://receiver.example/keep?token=…
   ```

2. Workflows, Create, with this text. Copy it with the trigger `type: incident`, `events: [created, updated]` and the
   body `"{{ incident }}"` for incidents; take one of both, since each incident has alerts.

   ```yaml
   workflow:
     id: alertmap
     name: alertmap
     triggers:
       - type: alert
     actions:
       - name: send
         provider:
           type: webhook
           config: "{{ providers.alertmap }}"
           with:
             body: "{{ alert }}"
   ```

3. Leave out, by a filter of the trigger, alerts that came from this receiver: they would go round in circles. Their
   sources are the label `source`.

Answer with any status from 200 to 299 within ten seconds; Keep tries again only where the workflow says so. Nothing is
signed; the provider's API key is sent as `Authorization: Bearer …` and also works as the token.

Such a body is a text of JSON, which is read where the vendor is named; the object itself is recognised, too. An alert
is what Keep takes for one: its fingerprint is the key, and each event of it is sent. Who acknowledges or dismisses it
ends nothing, nor does maintenance. `pending` is Keep's word for a lack of data, and fires. An incident is keyed by its
id; one that was merged into another is over.

Limits: some providers of Keep say `pending` for rules that are about to fire, and are read so early. Keep has no word
for medium: a warning is medium. `id` and `event_id` of an alert are of the event. Values in quotes of a body of your
own are printed as Python does, which is no JSON: `"{{ alert.labels }}"` is a text. What somebody changes by hand has
the time of the last event: that an alert is no longer dismissed counts from its next event on. Incidents have no time
of a change, so the order of arrival counts.
"""

from typing import Annotated, Any

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Reading, Shape, State, Times

WORDS = conventions.states(
    firing="firing, pending", acknowledged="acknowledged", suppressed="suppressed, maintenance", resolved="resolved"
)
# Releases that suppress what is dismissed print that status into a text as Python prints an enumeration.
STATES = WORDS | {"AlertStatus.SUPPRESSED": State.SUPPRESSED}

INCIDENT_WORDS = conventions.states(firing="firing", acknowledged="acknowledged", resolved="resolved, merged, deleted")
# In a text the status stands as Python prints an enumeration.
INCIDENT_STATES = INCIDENT_WORDS | {f"IncidentStatus.{word}": state for word, state in INCIDENT_WORDS.items()}

LEVELS = conventions.levels(critical="critical", high="high", medium="warning", low="low", info="info")


@wire.model
class Alert:
    status: Annotated[State, wire.state(STATES)]
    word: Annotated[wire.AnyText, wire.named("status")] = ""
    fingerprint: wire.AnyText = ""
    name: wire.AnyText = ""
    severity: wire.Text = ""
    dismissed: wire.AnyText = ""
    lastReceived: wire.UtcTime = None
    firingStartTime: wire.UtcTime = None
    firingStartTimeSinceLastResolved: wire.UtcTime = None  # an acknowledgement does not change it
    startedAt: wire.UtcTime = None
    firingCounter: wire.Number | None = None
    message: wire.Text = ""
    description: wire.Text = ""
    url: wire.Text = ""
    imageUrl: wire.Text = ""
    labels: wire.Texts = Factory(dict)
    source: wire.ScalarText = ""
    environment: wire.ScalarText = ""
    service: wire.ScalarText = ""
    providerId: wire.Text = ""
    providerType: wire.Text = ""
    incident: wire.Text = ""


@wire.model
class Incident:
    id: wire.NonBlank
    status: Annotated[State, wire.state(INCIDENT_STATES)]
    alerts_count: wire.Json  # alerts have none
    severity: wire.Text = ""
    user_generated_name: wire.Text = ""
    ai_generated_name: wire.Text = ""
    user_summary: wire.Text = ""
    generated_summary: wire.Text = ""
    start_time: wire.UtcTime = None
    creation_time: wire.UtcTime = None
    alert_sources: wire.ScalarText = ""
    services: wire.ScalarText = ""
    rule_name: wire.Text = ""
    fingerprint: wire.Text = ""  # in the tool that made it
    merged_into_incident_id: wire.Text = ""


def read(alert: Alert) -> Reading:
    word = wire.state_word(alert.word)
    can_be_dismissed = word in WORDS and alert.status is not State.RESOLVED  # the status stays as it was
    is_dismissed = can_be_dismissed and alert.dismissed.strip().lower() == "true"
    return Reading(
        state=State.SUPPRESSED if is_dismissed else alert.status,
        level=alert.severity,
        # Without a fingerprint Keep takes the name, too.
        identity=[{"fingerprint": alert.fingerprint.strip()}, {"name": alert.name.strip()}],
        title=alert.name,
        message=alert.description or alert.message,
        resource=conventions.host(alert.labels) or alert.service,
        labels={
            **wire.pick(alert, "environment", "service", "incident"),
            "provider": alert.providerId,
            "provider_type": alert.providerType,
            **alert.labels,
            "source": alert.source,  # by which a loop is found
        },
        links={"source": alert.url, "image": alert.imageUrl},
        values={} if alert.firingCounter is None else {"firings": alert.firingCounter},
        started_at=alert.firingStartTimeSinceLastResolved or alert.firingStartTime or alert.startedAt,
        occurred_at=alert.lastReceived,
        no_data=word == "pending",
    )


def read_incident(incident: Incident) -> Reading:
    name = incident.user_generated_name or incident.ai_generated_name
    return Reading(
        state=incident.status,
        level=incident.severity,
        identity={"incident": incident.id.strip()},
        title=name or incident.rule_name,
        message=incident.user_summary or incident.generated_summary,
        resource=incident.services,
        labels={
            **wire.pick(incident, "services", "fingerprint"),
            "source": incident.alert_sources,
            "rule": incident.rule_name,
            "merged_into": incident.merged_into_incident_id,
        },
        values={"alerts": incident.alerts_count} if type(incident.alerts_count) is int else {},
        started_at=incident.start_time or incident.creation_time,
    )


def prepare(document: Any) -> Any:
    return wire.json_or_text(document) if isinstance(document, str) else document


adapter = Adapter(
    name="keep",
    title="Keep",
    shapes=[
        Shape(Incident, read_incident, marks={"alert_sources", "user_generated_name"}, times=Times.NONE),
        Shape(Alert, read, marks={"fingerprint", "lastReceived", "firingCounter"}),
    ],
    levels=LEVELS,
    times=Times.STATED,
    repeats={State.FIRING},
    prepare=prepare,
    answer_within=10,
    identity_parts={"fingerprint", "name", "incident"},
)

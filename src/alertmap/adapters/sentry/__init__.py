"""Sentry: the webhooks of an integration, about alerts and issues, and the older webhook of a project.

Set up:

1. Under Settings, Developer Settings (or Custom Integrations), Create New Integration, choose Internal Integration.
2. Enter the webhook URL `https://receiver.example/sentry` and switch "Alert Rule Action" on. Give the permission
   "Issue & Event: Read", tick the webhook "issue", and not "error" or "comment". Save.
3. The source gets the "Client Secret" of the integration as `Auth(secrets="…")`: it signs each body.
4. Under Alerts, add the integration as an action ("Send a notification via …") to issue alerts and metric alerts, to
   metric alerts for each of their levels.

Answer 200 within a second; nothing is sent again to an internal integration.

An issue is an alert: the alert rule, the event and the issue itself have the key of the issue. It fires when it is
created, reopened or seen by a rule, is suppressed while it is archived, and ends when it is resolved. Only the webhook
"issue" announces that: without it, let incidents of this source expire. Assigning an issue changes nothing. A rule
states the alert again, as often as its action interval allows. A metric alert is an incident of its rule, with the
levels critical and warning; it ends by itself.

The older webhook, of the integration WebHooks in Settings, Integrations, sends `https://receiver.example/sentry?token=…`
an event of each alert rule that uses it. It has no signature and no recovery: let these incidents expire, or add the
integration of above, which closes them.

Limits: an issue that is merged into another or deleted is not announced as over. There is no test button. Relays may
send an issue without its id: then the number in its address is the key, else its project and title. An issue that is
"resolved in the next release" counts as over.
"""

from alertmap import conventions, wire
from alertmap.adapter import Adapter, InHeader, Shape, Signature, State, Times
from alertmap.adapters.sentry import issues, metric_alerts
from alertmap.adapters.sentry.hooks import HEADERS, MARKS

LEVELS = conventions.levels(critical="fatal, critical", high="error", medium="warning", info="info, debug, sample")


@wire.model
class Comment:
    comment_id: wire.AnyText


@wire.model
class Installation:
    uuid: wire.AnyText
    code: wire.Discarded = None  # it gives a public integration its token


@wire.model
class Installed:
    installation: Installation


@wire.model
class Analysis:
    run_id: wire.AnyText


@wire.model
class Build:
    buildId: wire.AnyText


@wire.model
class OtherHook:
    """Comments, the installation, and steps of Seer and of mobile builds: they change no alert."""

    data: Comment | Installed | Analysis | Build


adapter = Adapter(
    name="sentry",
    title="Sentry",
    shapes=[*issues.SHAPES, *metric_alerts.SHAPES, Shape(OtherHook, None, marks=MARKS, headers=HEADERS)],
    levels=LEVELS,
    times=Times.STATED,
    repeats={State.FIRING},
    delivery_header="Request-ID",
    identity_parts={"issue", "project", "title", "alert_rule", "metric_alert", "url"},
    retries=False,  # to internal integrations: src/sentry/utils/sentry_apps/webhooks.py
    answer_within=1,
    signatures=[Signature(place=InHeader("Sentry-Hook-Signature"))],
)

"""Azure Monitor: action groups, with every schema of their webhooks, and budgets.

Set up:

1. Monitor, Alerts, Action groups, Create: action type Webhook, URI `https://receiver.example/azure?token=…`, and set
   "Enable the common alert schema" to Yes.
2. Press "Test action group": each of its samples is recognised as a test, by its subscription of ones only.
3. Add the action group to the alert rules. In rules on metrics and logs leave "Automatically resolve alerts" on.
4. For Service Health and Resource Health, create an alert rule each, with this action group, for all event types and
   statuses: a rule on the status "Active" alone is never announced as over.

Answer 200 within 10 seconds; Azure tries again after 408, 429, 503 and 504 only. Azure Monitor does not sign; a "secure
webhook" sends a token of Entra ID, which the receiver or a gateway before it must check.

An alert on metrics, logs or Prometheus is one `alertId`, which its end has again; the next time it fires, it is another
alert. Service Health sends each update as an alert of its own, always "Fired": its key is the tracking id and the
subscription, and the stage ends it. Resource Health has the resource as its key, and its health ends it. The level is
`Sev0` (critical) to `Sev4` (info); for events of the activity log, which are all Sev4, it is the level of the event.

Actions without the common schema are read as well: metrics, activity log, log search, classic rules, autoscale, and the
notifications of budgets.

Limits: alerts on all other events of the activity log, on budgets, simple log alerts and log search without the common
schema are never announced as over, nor are rules that do not resolve automatically: let incidents of this source
expire. A log search rule with a JSON payload of its own sends only that: use `generic` for it. An event that Event Grid
delivers about Azure's resources is a case for `cloudevents`.
"""

from alertmap import conventions
from alertmap.adapter import Adapter, State
from alertmap.adapters.azure_monitor import budgets, common, legacy

LEVELS = conventions.levels(
    critical="Sev0, Critical",
    high="Sev1, Error, High",
    medium="Sev2, Warning, Medium, budget, classic",  # the last two are ours, for what has no level
    low="Sev3, Informational, Low",
    info="Sev4, Verbose, autoscale",
)

adapter = Adapter(
    name="azure_monitor",
    title="Azure Monitor",
    shapes=[*common.SHAPES, *budgets.SHAPES, *legacy.SHAPES],
    levels=LEVELS,
    repeats={State.FIRING, State.RESOLVED},  # updates of Service Health, and its analysis after the end
    # https://learn.microsoft.com/azure/azure-monitor/alerts/action-groups#webhook
    retries=True,
    answer_within=10,
)

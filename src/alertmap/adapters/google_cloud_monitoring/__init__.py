"""Google Cloud Monitoring, and what else Google Cloud sends in its form or through Pub/Sub: findings and budgets.

Set up:

1. In the console under Monitoring, Alerting, Edit notification channels add a webhook with the URL
   `https://receiver.example/google?token=…`, or with "Use HTTP Basic Auth" and a password. It has no other headers.
2. Press "Test connection": the request is recognised as a test.
3. In each alerting policy choose the channel, tick "Notify on incident closure" (without it nothing is ever closed),
   and set a severity.

Or through Pub/Sub, which repeats what fails: add a channel of type Pub/Sub, and a push subscription of its topic with
the receiver's URL as endpoint. The envelope is taken off; "Enable payload unwrapping" makes no difference. So come the
findings of Security Command Center (a notification config with the topic) and the budgets of Cloud Billing (in the
budget "Connect a Pub/Sub topic"), too. Answer 200 to 204.

An alert is an incident of Monitoring, a finding, or a budget. An incident whose policy has no severity has that of the
policy's label `severity`, else the level `No severity`, which a source's priorities may map. Of a budget the levels are
`budget_spent` (all of it, or more), `budget_threshold` (a part of it) and `budget_forecast`.

Limits: each opening of an incident is an alert of its own. One on a log entry ends only when it is closed
automatically, after 7 days if nothing else was set. A budget is stated again several times a day and never announced
as over: let incidents of its source expire. Two budgets of one name need two sources, since the id of a budget stands
in the envelope only.
"""

from alertmap import conventions
from alertmap.adapter import Adapter, Severity, State
from alertmap.adapters.google_cloud_monitoring import budgets, findings, incidents

LEVELS = conventions.LEVELS | {
    "No severity": Severity.MEDIUM,
    "budget_spent": Severity.HIGH,
    "budget_threshold": Severity.LOW,
    "budget_forecast": Severity.LOW,
}

adapter = Adapter(
    name="google_cloud_monitoring",
    title="Google Cloud Monitoring",
    shapes=[*incidents.SHAPES, *findings.SHAPES, *budgets.SHAPES],
    levels=LEVELS,
    open_levels=True,  # the label `severity` of a policy
    repeats={State.FIRING},  # "Repeated notifications" of a channel, updates of a finding, budgets
    identity_parts={"incident", "url", "finding", "category", "resource", "budget"},
)

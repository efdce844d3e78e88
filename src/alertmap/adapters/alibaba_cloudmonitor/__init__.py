"""Alibaba Cloud CloudMonitor: threshold rules, system events, and the alerts of CloudMonitor 2.0.

Set up:

1. Threshold rules: Alerts, Alert Rules, create or modify one, Advanced Settings, Alert Callback. CloudMonitor signs
   nothing that can be verified, so the URL holds a token:

   ```text
   https://receiver.example/alibaba_cloudmonitor?token=…
   ```

   Many rules at once get the callback by `CreateMetricRuleTemplate` or `PutGroupMetricRule`.
2. Press Test: it sends a GET without anything. Answer 200, and within five seconds: what is not answered comes up to
   three times more.
3. System events: Event Center, System Event, Old Event Alarm Rules: URL callback, POST. What a push channel of the
   Event Center sends is another body, which `alibaba_event_center` reads.
4. CloudMonitor 2.0: in the workspace under Alert Center a notification object of kind "custom webhook" (POST, JSON),
   bound in the rule, with recovery notices on.

What a function relays of a queue that a rule writes to is read, too.

A contact's field "Slack Webhook" sends a chat message of the same alert: leave it empty, the callback is enough, and
such messages are passed over. Rules made by API may have the same id in two accounts: if one source serves several
accounts, set its option `by_account`. CloudMonitor's own levels are `CRITICAL`, `WARN` and `INFO`; `NODATA` is an alert
for want of data that does not say how bad it was before. The JSON callback of 2018 has no level: overrides know it as
`callback-2018`.

Limits: a system event with the status `Normal` is never announced as over: let incidents of this source expire. A
recovery of CloudMonitor 2.0 that names nothing but its subject is refused: it matches no alert.
"""

from alertmap.adapter import Adapter, Severity, State, Times
from alertmap.adapters.alibaba_cloudmonitor import events, no_alert, threshold, v2
from alertmap.adapters.alibaba_cloudmonitor.options import Options

LEVELS = {
    "CRITICAL": Severity.CRITICAL,
    "EMERGENCY": Severity.CRITICAL,  # 2.0
    "ERROR": Severity.HIGH,  # 2.0
    "WARN": Severity.MEDIUM,
    "WARNING": Severity.MEDIUM,  # 2.0
    "INFO": Severity.LOW,  # as in ITOC360
    "INFORMATIONAL": Severity.LOW,  # 2.0
    "NODATA": Severity.LOW,
    threshold.WITHOUT_LEVEL: Severity.MEDIUM,
}

adapter = Adapter(
    name="alibaba_cloudmonitor",
    title="Alibaba Cloud CloudMonitor",
    shapes=[*threshold.SHAPES, *events.SHAPES, *v2.SHAPES, *no_alert.SHAPES],
    levels=LEVELS,
    level_field="triggerLevel",
    fallback=Severity.LOW,  # a level that is not known yet is none of the worse ones
    formats={"json", "form", "empty"},
    many=True,
    times=Times.STATED,
    repeats={State.FIRING},  # after the mute period
    options=Options,
    retries=True,
    answer_within=5,
)

"""Amazon CloudWatch and what else AWS sends through SNS or EventBridge.

Set up, with SNS:

1. Create a topic, then a subscription of it: protocol HTTPS, "Enable raw message delivery" off, endpoint

   ```text
   https://receiver.example/aws?token=…
   ```

2. SNS posts a confirmation at once; its URL comes back as `confirm_url`, if it is one of SNS: visit it within three
   days.
3. In each alarm, add the topic under Notification for all three states: In alarm, OK, and Insufficient data. An alarm
   without the OK action is never closed.

Set up, with EventBridge:

1. Create an API destination: POST, the receiver's URL, a connection with an API key.
2. Create a rule with it as target. For alarms the pattern is

   ```json
   {"source": ["aws.cloudwatch"]}
   ```

   Other patterns that are read with their states are those of `aws.health`, `aws.guardduty`, `aws.securityhub`,
   `aws.synthetics` and `aws.codepipeline`.

The event of a Lambda action is read, too, where a function forwards it.

Answer 200. SNS posts text/plain, repeats what failed with the same `MessageId`, and keeps no order.

An alarm's key is its ARN, in whichever of these it arrives, and that of the series for an alarm on many. CloudWatch has
no levels: override `ALARM` (high) and `INSUFFICIENT_DATA` (medium) for each source. No data is a firing alert with
`no_data`. An alarm whose actions are suppressed or muted, which only EventBridge tells, is suppressed. A deleted alarm
is resolved.

Also read are Budgets, AWS Backup, Auto Scaling, RDS and DMS events, and Cost Anomaly Detection. Any other text or event
fires once, with the problem `state_guessed`.

Limits: GuardDuty, Budgets, Backup and all that is not listed as having states are never announced as over: let
incidents of this source expire. Messages of before 2020 have no ARN, so their key is made of account, region and name.
Nothing but SNS's signature proves the sender, and neither raw delivery nor EventBridge has one.
"""

from alertmap.adapter import Adapter, Severity, State
from alertmap.adapters.aws_sns_cloudwatch import alarms, events, findings, health, messages, notifications

LEVELS = {
    "ALARM": Severity.HIGH,
    "INSUFFICIENT_DATA": Severity.MEDIUM,
    # Health, by category
    "issue": Severity.HIGH,
    "investigation": Severity.MEDIUM,
    "scheduledChange": Severity.LOW,
    "accountNotification": Severity.INFO,
    # Security Hub; GuardDuty by ranges of its numbers
    "CRITICAL": Severity.CRITICAL,
    "HIGH": Severity.HIGH,
    "MEDIUM": Severity.MEDIUM,
    "LOW": Severity.LOW,
    "INFORMATIONAL": Severity.INFO,
    "THREATS_FOUND": Severity.HIGH,
    # Budgets
    "ACTUAL": Severity.MEDIUM,
    "FORECASTED": Severity.LOW,
    # Backup
    "FAILED": Severity.MEDIUM,
    "ABORTED": Severity.MEDIUM,
    "EXPIRED": Severity.MEDIUM,
    "PARTIAL": Severity.MEDIUM,
    "COMPLETED": Severity.INFO,
    # Ours, for what has no level
    "canary": Severity.HIGH,
    "pipeline": Severity.MEDIUM,
    "scaling_error": Severity.MEDIUM,
    "anomaly": Severity.MEDIUM,
    "event": Severity.MEDIUM,
    "message": Severity.MEDIUM,
    "note": Severity.INFO,
}

adapter = Adapter(
    name="aws_sns_cloudwatch",
    title="Amazon CloudWatch",
    shapes=[
        *alarms.SHAPES,
        *health.SHAPES,
        *findings.SHAPES,
        *events.SHAPES,
        *messages.SHAPES,
        *notifications.SHAPES,
    ],
    levels=LEVELS,
    formats={"json", "text"},
    delivery_field="$.id",  # of an event; messages of SNS have that of their envelope
    prepare=notifications.inner_json,
    repeats={State.FIRING},  # updates of Health and GuardDuty, each failed run of a canary
)

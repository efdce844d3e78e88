"""SigNoz: its notification channel "Webhook".

Set up:

1. Settings, Notification Channels, New Alert Channel: type Webhook; leave "Send resolved alerts" on. The Webhook URL:

   ```text
   https://receiver.example/signoz?token=…
   ```

2. Press Test.
3. Choose the channel in the thresholds of the alert rules.

The answer is not read beyond its status: 503, not 429, when busy. A channel with a
user name and a password sends Basic authentication, one with the password only a Bearer token.

SigNoz holds an Alertmanager and writes its form. An alert is its label set, in which stand the rule and, in `severity`
and `threshold.name`, the threshold: a rule that passes `warning` and then `critical` has two alerts, and each ends by
itself. Labels that make no difference are named by the option `ignore_labels`. With both of these in it the thresholds
share one alert, but then the end of the higher one ends it although the lower one still fires.

The title is the name of the rule, since the summary that SigNoz proposes is alike for all rules. "No data" is an alert
of its own, with `[No data]` in its name and the level `no_data` unless its rule has a label `severity`; it ends when
data comes.

Limits: a firing alert comes again only after the repeat interval of its rule. What is silenced by a planned maintenance
or ends with a rule that is deleted may never be resolved: let incidents of this source expire.
"""

from collections.abc import Iterator
from typing import Any

from attrs import evolve

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Reading, Request, Result, Severity, Shape, State
from alertmap.conventions import alertmanager
from alertmap.conventions.alertmanager import Item, Options
from alertmap.paths import JsonPath

# Thresholds are named critical, error, warning and info; before there were several, rules had a free label `severity`.
LEVELS = conventions.LEVELS | {"no_data": Severity.MEDIUM}  # ours: such an alert belongs to no threshold

TEST_SUFFIX = "_TEST_ALERT"  # of the name of a rule that is tested: TestAlertPostFix in pkg/types/ruletypes/alerting.go


@wire.model
class Webhook:
    alerts: wire.Items[Item]
    groupKey: wire.Text = ""
    externalURL: wire.Text = ""
    truncatedAlerts: wire.Number = 0


def read(event: Webhook, options: Options) -> Iterator[Result]:
    return alertmanager.group(
        event.alerts,
        lambda where, item: reading(where, item, options, event.externalURL),
        is_test=is_test,
        group_key=event.groupKey,
        truncated=event.truncatedAlerts,
    )


def is_test(item: Item) -> bool:
    """Return whether an alert comes from the test of a channel or of a rule."""
    labels = item.labels
    # The test of a rule blanks the rule's id, and Alertmanager drops blank labels.
    unsaved = not labels.get("ruleId") and labels.get("alertname", "").endswith(TEST_SUFFIX)
    return labels.get("testalert") == "true" or unsaved or item.annotations.get("summary") == alertmanager.SIGNOZ_TEST


def reading(where: JsonPath, item: Item, options: Options, url: str) -> Reading:
    labels, notes = item.labels, item.annotations
    visible = alertmanager.visible_labels(item)
    rule = labels.get("ruleSource", "")
    found = alertmanager.reading(
        where,
        item,
        visible,
        alertmanager.identity(item, visible, options.ignore_labels),
        title=labels.get("alertname", ""),
        resource=conventions.first(visible, ("service.name", "service_name", "host.name", "host_name", "k8s.pod.name")),
        links={
            "source": rule or item.generatorURL,
            "logs": notes.get("related_logs", ""),
            "traces": notes.get("related_traces", ""),
            "signoz": url,
        },
        values={
            "value": wire.number_in(notes.get("value", "")),
            "threshold": wire.number_in(conventions.first(notes, ("threshold.value", "threshold"))),
        },
    )
    no_data = labels.get("nodata") == "true"
    return evolve(
        found,
        level=found.level or labels.get("threshold.name") or ("no_data" if no_data else None),
        message=conventions.join(notes.get("summary", ""), found.message, by="\n"),
        no_data=no_data,
    )


def webhook_marks(document: Any, _request: Request) -> bool:
    return alertmanager.is_webhook(document) and alertmanager.is_from_signoz(document)


adapter = Adapter(
    name="signoz",
    title="SigNoz",
    shapes=[Shape(Webhook, read, marks=webhook_marks)],
    levels=LEVELS,
    levels_identify=True,
    open_levels=True,
    repeats={State.FIRING},
    options=Options,
    reads_also={"prometheus_alertmanager"},  # the test of a rule of an older version has no mark of SigNoz
    templates=alertmanager.TEMPLATES,
    retries=True,
)

"""Metric alerts.

Source: getsentry/sentry-docs, webhooks/metric-alerts.mdx.
"""

from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Reading, Shape, State
from alertmap.adapters.sentry.hooks import HEADERS, MARKS, SENT_AT, seconds

# `open` is in Sentry's list of events, and not on its page.
METRIC_STATES = conventions.states(firing="critical, warning, open", resolved="resolved")


@wire.model
class Rule:
    id: wire.AnyText = ""
    name: wire.Text = ""
    projects: list[wire.AnyText] = Factory(list)
    environment: wire.Text = ""
    aggregate: wire.Text = ""
    query: wire.Text = ""


@wire.model
class MetricAlert:
    id: wire.AnyText = ""
    alert_rule: Rule = Rule()
    date_started: wire.Rfc3339 = None
    date_detected: wire.Rfc3339 = None
    date_closed: wire.Rfc3339 = None


@wire.model
class MetricData:
    metric_alert: MetricAlert
    description_title: wire.Text = ""
    description_text: wire.Text = ""
    web_url: wire.Text = ""


@wire.model
class MetricHook:
    action: Annotated[State, wire.state(METRIC_STATES)]
    word: Annotated[wire.AnyText, wire.named("action")] = ""
    data: MetricData
    sent_at: Annotated[str | None, SENT_AT] = None


def read_metric(hook: MetricHook) -> Reading:
    data, alert, rule = hook.data, hook.data.metric_alert, hook.data.metric_alert.alert_rule
    is_over = hook.action is State.RESOLVED
    return Reading(
        state=hook.action,
        level=None if is_over else hook.word,
        identity=[
            # The incident of the rule: a rule on several projects may have several at a time.
            {"alert_rule": rule.id.strip(), "metric_alert": alert.id.strip()},
            {"url": conventions.address(data.web_url.strip().partition("?")[0])},
        ],
        title=rule.name or data.description_title,
        message=data.description_text,
        resource=", ".join(rule.projects),
        labels=wire.pick(rule, "environment", "aggregate", "query"),
        links={"alert": data.web_url},
        started_at=alert.date_started,
        occurred_at=seconds(hook.sent_at) or (alert.date_closed if is_over else alert.date_detected),
    )


SHAPES = [Shape(MetricHook, read_metric, marks=MARKS, headers=HEADERS)]

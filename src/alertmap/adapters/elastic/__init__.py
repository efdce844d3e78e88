"""Elastic: rules of Kibana, watches of Elasticsearch, and ElastAlert 2.

Set up, Kibana:

1. Stack Management, Connectors, Create: Webhook, method POST, the header `Content-Type: application/json`, and the URL

   ```text
   https://receiver.example/elastic?token=…
   ```

2. In each rule add the connector twice, as "For each alert", once to run when the rule fires (again for each further
   level, such as Warning or No Data) and once when "Recovered". Each time paste

   ```json
   {"source": "kibana", "rule_id": "{{rule.id}}", "rule_name": "{{rule.name}}", "space": "{{rule.spaceId}}",
    "alert_id": "{{alert.id}}", "alert_uuid": "{{alert.uuid}}", "action_group": "{{alert.actionGroup}}",
    "severity": "", "date": "{{date}}", "message": "{{context.message}}", "reason": "{{context.reason}}",
    "value": "{{context.value}}", "group": "{{context.group}}", "url": "{{rule.url}}",
    "details": "{{context.alertDetailsUrl}}", "tags": "{{rule.tags}}"}
   ```

Rule and alert id are the alert, as in Kibana's own PagerDuty connector. A word in `severity` counts for all that the
action sends; blank, the action group does: those of an SLO's burn rate and Warning have levels of their own, any other
is `fired`, which is high. "On check intervals" and "On custom action intervals" repeat an alert while it lasts. The
connector's Test tab fills in no variables: its body is a test. `{"rule": …, "alert": …}` with Kibana's own names below,
documents of the alerts index, alone or in an array, and `status`, `name`, `message`, `kibanaUrl` are read, too.

Set up, Watcher:

1. Add an action `webhook` with method `post`, the receiver's URL, the header `Content-Type: application/json`, and the
   body

   ```text
   {"source": "watcher", "watch_id": "{{ctx.watch_id}}", "execution_time": "{{ctx.execution_time}}",
    "severity": "high", "title": {{#toJson}}ctx.metadata.name{{/toJson}},
    "hits": "{{ctx.payload.hits.total}}", "metadata": {{#toJson}}ctx.metadata{{/toJson}}}
   ```

2. The watch is the alert; with `foreach` add a `key` that tells the elements apart.

A watch posts at each execution that meets its condition, unless it is throttled.

Set up, ElastAlert 2:

1. Write `alert: post2` in the rule, and

   ```yaml
   http_post2_url: "https://receiver.example/elastic?token=…"
   http_post2_payload:
     alert_uid: "too-many-errors {{ host.name }}"
     state: alerting
     severity: high
     rule_name: Too many errors
     "@timestamp": "{{ _data['@timestamp'] }}"
     host: "{{ host.name }}"
     message: "{{ message }}"
   jinja_root_name: _data
   ```

2. `alert_uid` is the alert: name the rule in it, and what its `query_key` tells apart, for there is a request for each
   match, also where the rule aggregates.

`alert: post` with the same keys in `http_post_static_payload` is read, too, but a static `alert_uid` is one alert for
all hosts. Without a payload of your own the body is the matched document: it names neither rule nor severity, and each
document is an alert. The alerter `alertmanager` speaks Alertmanager's language: use `prometheus_alertmanager` for it. A
failed request is sent again for two days, to all URLs of the rule.

Watcher and ElastAlert never announce a recovery: let incidents of such a source expire. A second watch or rule that
finds that all is well may post the same `watch_id` or `alert_uid` with `"state": "resolved"`.

Limits: Kibana sends no recovery for an alert that is muted or snoozed, or whose rule was disabled or deleted. An action
for a "summary of alerts" has no alert: it fires under its rule, and nothing resolves it.
"""

import re

from alertmap import conventions
from alertmap.adapter import Adapter, Severity, State, Times
from alertmap.adapters.elastic import documents, elastalert, kibana, watcher

LEVELS = (
    conventions.LEVELS
    | kibana.LEVELS
    | {
        # Ours, where the body names no severity.
        kibana.WITHOUT_LEVEL: Severity.HIGH,
        watcher.WITHOUT_LEVEL: Severity.MEDIUM,
        elastalert.WITHOUT_LEVEL: Severity.MEDIUM,
    }
)

adapter = Adapter(
    name="elastic",
    title="Elastic",
    # A matched document may have any key, so it comes first; the last needs no more than a status.
    shapes=[*elastalert.MATCHES, *documents.SHAPES, *kibana.SHAPES, *watcher.SHAPES, *elastalert.PAYLOADS, *kibana.OWN],
    levels=LEVELS,
    open_levels=True,
    many=True,
    times=Times.STATED,
    repeats={State.FIRING},
    templates=re.compile(r"\{\{[^{}]*\}\}|\[object Object\]"),  # Mustache's word for an object
    retries=True,
)

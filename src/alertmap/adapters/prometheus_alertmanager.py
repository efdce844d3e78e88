"""Prometheus Alertmanager, and what pushes alerts to one: Prometheus, vmalert, the rulers of Loki, Mimir and Cortex.

In Alertmanager: a receiver with `webhook_configs: [{url: "https://receiver.example/alertmanager?token=…"}]` and a
route to it. Leave `send_resolved` on and do not set `max_alerts`: alerts that are left out are never heard of. Answer
503, not 429, when busy: a 4xx comes again only with the group's next flush.

A ruler can also push straight to the receiver as if it were an Alertmanager: `alerting.alertmanagers` of Prometheus,
`-notifier.url` of vmalert. Serve the path `/api/v2/alerts`. Such a push names no state. It is over when its `endsAt`
has passed at the time of receipt; until then it fires, and is good only until `endsAt` if it does not come again.

An alert is its label set. Labels that make no difference, such as the replica of a pair that watches the same, are
named by the option `ignore_labels`. A label `severity` should say how bad it is; where there is none, `priority`,
`level`, `sev` or `criticality` counts. Silenced and inhibited alerts are left out by the sender, and one that ends
meanwhile is never resolved: let incidents of this source expire. Of tenants make a source each.
"""

from collections.abc import Iterator
from typing import Any

from alertmap import wire
from alertmap.adapter import Adapter, Mark, Rank, Said
from alertmap.conventions import alertmanager, labels
from alertmap.conventions.alertmanager import Item, Options, Webhook, identity
from alertmap.model import Notice, Reading, Reason, Request
from alertmap.paths import JsonPath


@wire.model
class Push(Item):
    startsAt: wire.Rfc3339WithText


@wire.model(closed=True)
class Posted(Item):
    """As scripts write it: the API takes an alert that has labels and nothing else."""


LEVELS = labels.LEVELS


def read(event: Webhook | Push | Posted, options: Options) -> Iterator[Said]:
    if isinstance(event, Webhook):
        url = event.externalURL
        yield from alertmanager.group(
            event.alerts,
            lambda where, item: _reading(where, item, options, url),
            is_test=alertmanager.is_test,
            group_key=event.groupKey,
            truncated=event.truncatedAlerts,
        )
    elif alertmanager.is_test(event):
        yield Notice(reason=Reason.TEST)
    else:
        yield _reading((), event, options)


def _reading(where: JsonPath, item: Item, options: Options, url: str = "") -> Reading:
    shown = alertmanager.shown(item)
    return alertmanager.reading(where, item, shown, identity(item, shown, options), links={"alertmanager": url})


def recognise(document: Any, request: Request) -> Mark | None:
    if type(document) is list:
        alerts = [one for one in document if type(one) is dict and type(one.get("labels")) is dict]
        # Many write to Alertmanager's API; those with a dialect have stronger marks.
        if any("startsAt" in one for one in alerts):
            return Mark("it is an array of alerts with labels and startsAt", Rank.WEAK)
        if request.path.removesuffix("/").endswith(_API) and (alerts or not document):
            return Mark("it is an array of alerts for Alertmanager's API", Rank.WEAK)
    elif alertmanager.is_webhook(document) and not alertmanager.is_from_itoc360(document, request):
        return Mark("it has a version, a groupKey and alerts")
    return None


_API = ("/api/v1/alerts", "/api/v2/alerts")


adapter = Adapter(
    name="prometheus_alertmanager",
    title="Prometheus Alertmanager",
    wire=Webhook | Push | Posted,
    read=read,
    levels=LEVELS,
    levels_identify=True,
    open_levels=True,
    marks=recognise,
    many=True,
    options=Options,
    unrendered=alertmanager.UNRENDERED,
)

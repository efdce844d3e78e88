"""Prometheus Alertmanager, and what pushes alerts to one: Prometheus, vmalert, the rulers of Loki, Mimir and Cortex.

Set up:

1. Add a receiver and a route to it to `alertmanager.yml`. Leave `send_resolved` on and do not set `max_alerts`: alerts
   that are left out are never sent.

   ```yaml
   route:
     receiver: alertmap
   receivers:
     - name: alertmap
       webhook_configs:
         - url: "https://receiver.example/alertmanager?token=…"
           send_resolved: true
   ```

2. Reload Alertmanager: `curl -X POST http://localhost:9093/-/reload`.
3. Send an alert to try it: `amtool alert add alertname=Try severity=info --alertmanager.url=http://localhost:9093`.
4. Answer 503, not 429, when busy: a 4xx comes again only with the group's next flush.

A ruler can also push straight to the receiver as if it were an Alertmanager: `alerting.alertmanagers` of Prometheus,
`-notifier.url` of vmalert. Serve the path `/api/v2/alerts`, and answer 200 without a body; `amtool` posts there, too.
Such a push names no state. It is over when its `endsAt` has passed at the time of receipt; until then it fires, and is
good only until `endsAt` if it does not come again. Where all push to one URL, user and password or a bearer token tell
the source: `basic_auth` or `authorization` of the sender's HTTP client.

An alert is its label set. Labels that make no difference, such as the replica of a pair that watches the same, are
named by the option `ignore_labels`. A label `severity` should say how bad it is; where there is none, `priority`,
`level`, `sev` or `criticality` counts. Make a source for each tenant. Amazon Managed Prometheus comes through SNS.

Limits: silenced and inhibited alerts are left out by the sender, and one that ends meanwhile is never resolved: let
incidents of this source expire. A payload of your own (`payload:`, from 0.32 on) is read where it keeps `alerts` as
they are; flat ones are a case for `generic`.
"""

from collections.abc import Iterator
from typing import Annotated, Any

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Notice, Rank, Reading, Reason, Request, Result, Shape, State
from alertmap.conventions import alertmanager
from alertmap.conventions.alertmanager import Item, Options
from alertmap.paths import JsonPath

LISTED_STATES = {"active": State.FIRING, "unprocessed": State.FIRING, "suppressed": State.SUPPRESSED}

LEVELS = conventions.LEVELS


@wire.model
class Webhook:
    """A group of alerts, versions 3 and 4, and 1 where it is meant for incident.io."""

    alerts: wire.Items[Item]
    groupKey: wire.Text = ""  # a 64-bit integer in version 3; copies of the form lack it
    externalURL: wire.Text = ""
    truncatedAlerts: wire.Number = 0


@wire.model(closed=True)
class Recorded:
    """Entry of the event recorder: Alertmanager's own log, no alerts."""

    timestamp: Annotated[wire.Text, wire.named("@timestamp")]
    instance: wire.Text
    data: dict[str, wire.Json]


@wire.model
class Status:
    state: Annotated[State, wire.state(LISTED_STATES)]


@wire.model
class Listed:
    """As `GET /api/v2/alerts` lists it. Its endsAt is only when Alertmanager gives it up."""

    labels: dict[str, wire.AnyText]
    status: Status
    annotations: dict[str, wire.AnyText] = Factory(dict)
    startsAt: wire.Rfc3339WithText = None
    generatorURL: wire.Text = ""
    fingerprint: wire.Text = ""


@wire.model
class Pushed(Item):
    """As rulers push it to the API."""

    start: Annotated[wire.Json, wire.named("startsAt")]  # of any type: it tells a push from other things with labels


@wire.model(closed=True)
class Posted(Item):
    """As scripts write it: the API takes an alert that has labels and nothing else."""

    labels: dict[str, wire.AnyText]


def read(event: Webhook, options: Options) -> Iterator[Result]:
    return alertmanager.group(
        event.alerts,
        lambda where, item: reading(where, item, options, event.externalURL),
        is_test=alertmanager.is_test,
        group_key=event.groupKey,
        truncated=event.truncatedAlerts,
    )


def read_listed(event: Listed, options: Options) -> Reading:
    item = Item(
        labels=event.labels,
        annotations=event.annotations,
        startsAt=event.startsAt,
        generatorURL=event.generatorURL,
        fingerprint=event.fingerprint,
        status=event.status.state,
    )
    return reading((), item, options)


def read_pushed(event: Pushed | Posted, options: Options) -> Reading | Notice:
    return Notice(reason=Reason.TEST) if alertmanager.is_test(event) else reading((), event, options)


def reading(where: JsonPath, item: Item, options: Options, url: str = "") -> Reading:
    visible = alertmanager.visible_labels(item)
    parts = alertmanager.identity(item, visible, options.ignore_labels)
    return alertmanager.reading(where, item, visible, parts, links={"alertmanager": url})


def webhook_marks(document: Any, request: Request) -> bool | Rank:
    if alertmanager.is_from_itoc360(document, request) or alertmanager.is_from_signoz(document):
        return False
    if alertmanager.is_webhook(document):
        return True
    # Copies of the form: Amazon Managed Prometheus, relays of Alertmanager's template data. Grafana imitates it.
    copied = document.keys() >= {"groupLabels", "commonLabels"} and type(document["alerts"]) is list
    return Rank.WEAK if copied and document.keys().isdisjoint({"orgId", "title", "state"}) else False


def array_marks(document: Any, request: Request) -> bool:
    """Many write to Alertmanager's API; those with a dialect have stronger marks."""
    elements = document if type(document) is list else []
    alerts = [one for one in elements if type(one) is dict and type(one.get("labels")) is dict]
    return any("startsAt" in one for one in alerts) or (bool(alerts) and request.path.removesuffix("/").endswith(_API))


_API = ("/api/v1/alerts", "/api/v2/alerts")


adapter = Adapter(
    name="prometheus_alertmanager",
    title="Prometheus Alertmanager",
    shapes=[
        Shape(Webhook, read, marks=webhook_marks),
        Shape(Recorded, None, rank=None),
        Shape(Listed, read_listed, marks=array_marks, rank=Rank.WEAK),
        Shape(Pushed, read_pushed, marks=array_marks, rank=Rank.WEAK),
        Shape(Posted, read_pushed, marks=array_marks, rank=Rank.WEAK),
    ],
    levels=LEVELS,
    levels_identify=True,
    open_levels=True,
    many=True,
    repeats={State.FIRING, State.RESOLVED},  # Alertmanager repeats what fires, rulers repeat the end as well
    options=Options,
    reads_also={"alibaba_arms", "grafana", "itoc360", "signoz"},  # they imitate it, and may be pointed here
    templates=alertmanager.TEMPLATES,
    retries=True,
)

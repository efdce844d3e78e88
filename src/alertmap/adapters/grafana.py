"""Grafana: the contact point "Webhook" of its alerting, and the notification channel of legacy alerting.

Set up:

1. Alerting, Contact points, Create contact point: integration Webhook, URL
   `https://receiver.example/grafana?token=…`. Leave "Disable resolved message" off and "Max alerts" at 0.
2. Press Test: the request is recognised as a test.
3. Point a notification policy at the contact point.

Or provision the contact point:

```yaml
apiVersion: 1
contactPoints:
  - orgId: 1
    name: alertmap
    receivers:
      - uid: alertmap
        type: webhook
        settings:
          url: "https://receiver.example/grafana?token=…"
        disableResolveMessage: false
```

The contact point "Alertmanager" and the setting "Send to external Alertmanager" speak Alertmanager's language: use
`prometheus_alertmanager` for them.

For a signature enter a secret under "HMAC Signature" of the contact point, and the name of a header under "Timestamp
Header", such as `X-Grafana-Time`; the source gets `Auth(secrets="…", timestamp_header="X-Grafana-Time")`. Without that
header the time is not signed.

An alert is its label set, its rule and, where that is not 1, its organisation. Labels that make no difference are named
by the option `ignore_labels`. A label `severity` should say how bad it is, in legacy alerting a tag of the rule; legacy
alerts without that tag have the level `alerting` or `no_data`, which a source's priorities may map.

Limits: renaming a rule, or a label that depends on the value, makes a new alert; Grafana resolves the old one. An alert
that ends while it is silenced, or after its rule was paused in legacy alerting, is never resolved: let incidents of
this source expire.
"""

from collections.abc import Iterator
from typing import Annotated, Any

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import (
    Adapter,
    InHeader,
    Notice,
    Rank,
    Reading,
    Reason,
    Request,
    Result,
    Severity,
    Shape,
    Signature,
    State,
    Times,
)
from alertmap.conventions import alertmanager
from alertmap.conventions.alertmanager import Item, Options
from alertmap.paths import JsonPath

LEGACY_STATES = conventions.states(
    firing="alerting, no_data", suppressed="paused", resolved="ok", no_state="pending, unknown"
)

# Legacy alerting has no levels: these states stand for them where the rule has no tag.
LEGACY_LEVELS = {"alerting": Severity.MEDIUM, "no_data": Severity.MEDIUM}
LEGACY_WORDS = {wire.loosen(word) for word in LEGACY_LEVELS}

LEVELS = conventions.LEVELS | LEGACY_LEVELS


@wire.model
class Instance(Item):
    ruleUID: wire.AnyText = ""  # from 12.4 on
    values: dict[str, wire.Number] = Factory(dict)  # null where one of them is not finite
    valueString: wire.Text = ""
    silenceURL: wire.Text = ""
    dashboardURL: wire.Text = ""
    panelURL: wire.Text = ""
    imageURL: wire.Text = ""


@wire.model
class Unified:
    alerts: wire.Items[Instance]
    orgId: wire.AnyText = ""
    groupKey: wire.Text = ""
    truncatedAlerts: wire.Number = 0


@wire.model
class Match:
    metric: wire.Text = ""
    value: wire.Number | None = None
    tags: dict[str, wire.Text] = Factory(dict)


@wire.model
class Legacy:
    ruleId: wire.NonBlank
    state: Annotated[State | None, wire.state(LEGACY_STATES)]
    word: Annotated[wire.Text, wire.named("state")] = ""
    ruleName: wire.Text = ""
    title: wire.Text = ""
    orgId: wire.AnyText = ""  # from 6.6 on
    evalMatches: list[Match] = Factory(list)  # empty on all but most alertings
    tags: dict[str, wire.Text] = Factory(dict)
    message: wire.Text = ""
    ruleUrl: wire.Text = ""
    imageUrl: wire.Text = ""


def read(event: Unified, options: Options) -> Iterator[Result]:
    return alertmanager.group(
        event.alerts,
        lambda where, item: reading(where, item, options, event.orgId),
        is_test=lambda item: item.valueString == alertmanager.TEST_VALUE or alertmanager.is_test(item),
        group_key=event.groupKey,
        truncated=event.truncatedAlerts,
    )


def reading(where: JsonPath, item: Instance, options: Options, organisation: str) -> Reading:
    visible = alertmanager.visible_labels(item)
    name = item.labels.get("alertname", "")
    links = {"panel": item.panelURL, "silence": item.silenceURL, "image": item.imageURL}
    return alertmanager.reading(
        where,
        item,
        visible,
        alertmanager.identity(item, visible, options.ignore_labels, rule=item.ruleUID, organisation=organisation),
        # No-data and error alerts have lost the labels that their summary is made of.
        title=f"{name}: {item.labels.get('rulename')}" if name.startswith("Datasource") else "",
        resource=conventions.host(visible),
        links=links | {"dashboard": item.dashboardURL} if item.dashboardURL else links,
        values=item.values,
    )


def read_legacy(event: Legacy) -> Reading | Notice | None:
    if event.title == "[Alerting] Test notification" and "0" in (event.orgId, event.ruleId):
        return Notice(reason=Reason.TEST)
    if event.state is None:
        return None
    hosts = {conventions.host(match.tags) or match.metric for match in event.evalMatches}
    return Reading(
        state=event.state,
        # An `ok` ends an alerting or a no_data, and does not say which.
        level=conventions.level(event.tags) or (event.word if wire.loosen(event.word) in LEGACY_WORDS else None),
        identity={"ruleId": event.ruleId, "orgId": event.orgId or None},
        title=event.ruleName or event.title,
        message=event.message,
        resource=conventions.host(event.tags) or (hosts.pop() if len(hosts) == 1 else ""),
        labels=shared_tags(event.evalMatches) | event.tags,
        links={"source": event.ruleUrl, "image": event.imageUrl},
        values={match.metric or "value": match.value for match in event.evalMatches if match.value is not None},
        no_data=wire.state_word(event.word) == "nodata",
    )


def shared_tags(matches: list[Match]) -> dict[str, str]:
    """The tags that all series share: it is one alert for all of them."""
    tags = [set(match.tags.items()) for match in matches]
    return dict(sorted(set.intersection(*tags))) if tags else {}


def unified_marks(document: Any, _request: Request) -> bool | Rank:
    alerts = document["alerts"]
    if not document.keys() >= {"state", "title"} or type(alerts) is not list:
        return False
    return "orgId" in document or any(type(one) is dict and "silenceURL" in one for one in alerts) or Rank.WEAK


def legacy_marks(document: Any, _request: Request) -> bool:
    return "ruleName" in document and not document.keys().isdisjoint({"evalMatches", "ruleUrl"})


adapter = Adapter(
    name="grafana",
    title="Grafana",
    shapes=[
        Shape(Unified, read, marks=unified_marks),
        Shape(Legacy, read_legacy, marks=legacy_marks, times=Times.NONE),
    ],
    levels=LEVELS,
    levels_identify=True,
    open_levels=True,
    repeats={State.FIRING, State.RESOLVED},  # an end comes again beside later news of its group
    options=Options,
    templates=alertmanager.TEMPLATES,
    retries=True,
    signatures=[
        Signature(name="body", place=InHeader("X-Grafana-Alerting-Signature")),
        Signature(
            name="timestamp:body",
            place=InHeader("X-Grafana-Alerting-Signature"),
            content="{timestamp}:{body}",
            timestamp=InHeader(""),  # the user chooses its name
        ),
    ],
)

"""Grafana: the contact point "Webhook" of its alerting, and the notification channel of legacy alerting.

Alerting, Contact points, Add: integration Webhook, URL `https://receiver.example/grafana?token=…`; leave "Disable
resolved message" off and "Max alerts" at 0, and point a notification policy at it. The contact point "Alertmanager"
and the setting "Send to external Alertmanager" speak Alertmanager's language: use `prometheus_alertmanager` for them.

An alert is its label set and its rule. Labels that make no difference are named by the option `ignore_labels`. A
label `severity` should say how bad it is, in legacy alerting a tag of the rule; legacy alerts without that tag have
the level `alerting` or `no_data`, which a source's priorities may map. Renaming a rule, or a label that depends on
the value, makes a new alert; Grafana resolves the old one. An alert that ends while it is silenced, or after its rule
was paused in legacy alerting, is never resolved: let incidents of this source expire.
"""

from collections.abc import Iterator
from typing import Any

from attrs import evolve

from alertmap import wire
from alertmap.adapter import Adapter, Mark, Rank, Said, normalise
from alertmap.conventions import alertmanager, labels
from alertmap.conventions.alertmanager import Item, Options
from alertmap.model import Notice, Problem, ProblemCode, Reading, Reason, Request, Severity, State
from alertmap.paths import JsonPath


@wire.model
class Instance(Item):
    ruleUID: wire.Text = ""  # from 12.4 on
    values: dict[str, wire.Number] | None = None  # null where one of them is not finite
    valueString: wire.Text = ""
    silenceURL: wire.Text = ""
    dashboardURL: wire.Text = ""
    panelURL: wire.Text = ""
    imageURL: wire.Text = ""


@wire.model
class Unified:
    title: wire.Text  # blank after a template error; counts the alerts, so it names none
    state: wire.Text
    alerts: wire.Items[Instance]
    groupKey: wire.Text = ""
    truncatedAlerts: int | None = None


@wire.model
class Match:
    metric: wire.Text = ""
    value: wire.Number | None = None
    tags: dict[str, wire.Text] | None = None


@wire.model
class Legacy:
    ruleId: wire.NonBlank
    ruleName: wire.Text
    state: str
    title: wire.Text = ""
    orgId: wire.Text = ""  # from 6.6 on
    evalMatches: list[Match] | None = None  # empty on all but most alertings
    tags: dict[str, wire.Text] | None = None
    message: wire.Text = ""
    ruleUrl: wire.Text = ""
    imageUrl: wire.Text = ""


LEVELS = labels.LEVELS | {
    # Legacy alerting has no levels: its states stand for them where the rule has no tag.
    "alerting": Severity.MEDIUM,
    "no_data": Severity.MEDIUM,
    "paused": Severity.MEDIUM,
}


def identity(event: Legacy) -> dict[str, str]:
    return {"ruleId": event.ruleId} | ({"orgId": event.orgId} if event.orgId else {})


def read(event: Unified | Legacy, options: Options) -> Iterator[Said]:
    if isinstance(event, Unified):
        yield from alertmanager.group(
            event.alerts,
            lambda where, item: _instance(where, item, options),
            is_test=lambda item: item.valueString == alertmanager.TEST_VALUE or alertmanager.is_test(item),
            group_key=event.groupKey,
            truncated=event.truncatedAlerts,
        )
    elif event.title == "[Alerting] Test notification" and "0" in (event.orgId, event.ruleId):
        yield Notice(reason=Reason.TEST)
    elif normalise(event.state) in ("pending", "unknown"):
        yield Notice(reason=Reason.NO_ALERT)
    else:
        yield _legacy(event)


def _instance(where: JsonPath, item: Instance, options: Options) -> Reading:
    shown = alertmanager.shown(item)
    name = item.labels.get("alertname", "")
    links = {"panel": item.panelURL, "silence": item.silenceURL, "image": item.imageURL}
    found = alertmanager.reading(
        where,
        item,
        shown,
        alertmanager.identity(item, shown, options, item.ruleUID),
        # No-data and error alerts have lost the labels that their summary is made of.
        title=f"{name}: {item.labels.get('rulename')}" if name.startswith("Datasource") else "",
        resource=labels.host(shown),
        links=links | {"dashboard": item.dashboardURL} if item.dashboardURL else links,
        values=item.values,
    )
    return found if found.occurred_at else evolve(found, problems=(*found.problems, _UNTIMED))


_UNTIMED = Problem(ProblemCode.TIME_MISSING, "occurred_at", "the payload does not say since when this holds")


_STATES = {
    "alerting": State.FIRING,
    "no_data": State.FIRING,
    "paused": State.SUPPRESSED,
    "ok": State.RESOLVED,
}


def _legacy(event: Legacy) -> Reading:
    state = _STATES.get(normalise(event.state))
    tags = event.tags or {}
    matches = event.evalMatches or []
    hosts = {labels.host(match.tags or {}) or match.metric for match in matches}
    unknown = Problem(ProblemCode.STATE_UNKNOWN, "$.state", "the state is none that is known; it fires")
    return Reading(
        state=state or State.FIRING,
        # An `ok` ends an alerting or a no_data, and does not say which.
        level=labels.level(tags) or (event.state if state and state is not State.RESOLVED else None),
        identity=identity(event),
        title=event.ruleName or event.title,
        message=event.message,
        resource=labels.host(tags) or (hosts.pop() if len(hosts) == 1 else ""),
        labels=_shared(matches) | tags,
        links={"source": event.ruleUrl, "image": event.imageUrl},
        values={match.metric or "value": match.value for match in matches if match.value is not None},
        no_data=normalise(event.state) == "no_data",
        problems=() if state else (unknown,),
    )


def _shared(matches: list[Match]) -> dict[str, str]:
    """The tags that all series share: it is one alert for all of them."""
    shared = set.intersection(*(set((match.tags or {}).items()) for match in matches)) if matches else set()
    return dict(sorted(shared))


def recognise(document: Any, _request: Request) -> Mark | None:
    if type(document) is not dict:
        return None
    if document.keys() >= {"alerts", "state", "title"} and type(document["alerts"]) is list:
        own = "orgId" in document or any(type(one) is dict and "silenceURL" in one for one in document["alerts"])
        return Mark("it has alerts, a state and a title", Rank.STRONG if own else Rank.WEAK)
    if document.keys() >= {"ruleId", "ruleName", "state"} and document.keys() & {"evalMatches", "ruleUrl"}:
        return Mark("it has a ruleId, a ruleName and evalMatches or ruleUrl")
    return None


adapter = Adapter(
    name="grafana",
    title="Grafana",
    wire=Unified | Legacy,
    read=read,
    levels=LEVELS,
    levels_identify=True,
    open_levels=True,
    marks=recognise,
    timed=False,  # legacy alerting sends no time at all; of the others the problem is told here
    options=Options,
    unrendered=alertmanager.UNRENDERED,
)

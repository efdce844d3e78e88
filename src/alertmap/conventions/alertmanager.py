"""Alertmanager's alert, which its webhook, pushes to its API, Grafana and ITOC360's SDKs share.

An alert is its label set. Pushed alerts have no status; they are resolved once their `endsAt` has passed.
"""
# ruff: noqa: N815 - fields are spelled as on the wire

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

from attrs import Factory, evolve

from alertmap import wire
from alertmap.adapter import Identity, Notice, Problem, ProblemCode, Reading, Request, Result, State
from alertmap.conventions import groups, words
from alertmap.paths import JsonPath

TEMPLATES = re.compile(r"<no value>|<error expanding template|\{\{[^{}]*\}\}")
"""Text that a failed template of Go leaves."""

STATES = {"firing": State.FIRING, "resolved": State.RESOLVED}


@wire.model
class Item:
    """One alert, in the form of the webhook and of the API."""

    labels: dict[str, wire.AnyText] = Factory(dict)
    annotations: dict[str, wire.AnyText] = Factory(dict)
    startsAt: wire.Rfc3339WithText = None
    endsAt: wire.Rfc3339 = None  # zero while the alert fires; in a push the time at which it expires
    generatorURL: wire.Text = ""
    fingerprint: wire.Text = ""  # a hash of the labels; a push has none
    status: Annotated[State | None, wire.state(STATES)] = None  # absent in a push
    received_at: Annotated[datetime | None, wire.ReceivedAt()] = None


@wire.model(closed=True)
class Options:
    """Options of a source: labels to leave out of the identity, such as the replica of a redundant pair."""

    ignore_labels: list[str] = Factory(list)


AnyItem = TypeVar("AnyItem", bound=Item)


def visible_labels(item: Item) -> Mapping[str, str]:
    """Return the label set without empty and hidden labels."""
    # vmalert sends empty labels; for Prometheus and Alertmanager an empty label is absent.
    if "" not in item.labels.values() and "__" not in "".join(item.labels):
        return item.labels
    return {name: value for name, value in item.labels.items() if value and not _is_hidden(name)}


def identity(
    item: Item, visible: Mapping[str, str], ignore: Iterable[str] = (), *, rule: str = "", organisation: str = ""
) -> list[Identity]:
    """Return the visible labels and, as Grafana does, its rule, and its organisation unless that is 1.

    An alert without labels is keyed by the fingerprint that the sender made of them, or by its source.
    """
    rule = rule or item.labels.get("__alert_rule_uid__", "") or _found(_RULE, item.generatorURL)
    organisation = organisation or _found(_ORGANISATION, item.generatorURL)
    grafana: dict[str, str] = {"ruleUID": rule} if rule else {}
    if organisation not in ("", "1"):
        grafana["orgId"] = organisation
    parts = {f"label.{name}": value for name, value in visible.items()}
    for name in ignore:
        parts.pop(f"label.{name}", None)
    if parts:
        return [parts | grafana]
    # A rule alone would give one key to all of its alerts.
    weaker = [{"fingerprint": item.fingerprint}, {"generatorURL": item.generatorURL}]
    return [{"labels": ""} | grafana, *(one | grafana for one in weaker)]


# Until April 2022 Grafana wrote /alerting/<uid>/edit: grafana/grafana#47752.
_RULE = re.compile(r"/alerting/(?:grafana/)?([^/?#]+)/(?:view|edit)\b")
_ORGANISATION = re.compile(r"[?&]orgId=([0-9]{1,9})\b")


def _found(pattern: re.Pattern[str], url: str) -> str:
    match = pattern.search(url) if "/alerting/" in url else None
    return match[1] if match else ""


def group(
    alerts: Iterable[tuple[JsonPath, AnyItem]],
    one: Callable[[JsonPath, AnyItem], Reading],
    *,
    is_test: Callable[[AnyItem], bool],
    group_key: str,
    truncated: float = 0,
) -> Iterator[Result]:
    """Read a group: a reading for each alert that is not a test, and a notice about the request."""

    def reading_of(where: JsonPath, item: AnyItem) -> Reading:
        found = one(where, item)
        return found if item.status is not None else evolve(found, problems=(*found.problems, _NO_STATUS))

    left_out = max(int(truncated), 0)
    if left_out:
        # Alertmanager sends the first alerts by label; the others may fire or resolve without a request.
        yield Problem(ProblemCode.TRUNCATED, "$.truncatedAlerts", "the sender left alerts out of this request")
    notice = Notice(truncated=left_out, group_key=group_key)
    yield from groups.group(alerts, reading_of, is_test=is_test, path="$.alerts", notice=notice)


_NO_STATUS = Problem(ProblemCode.STATE_GUESSED, "$.status", "the alert has no status; its endsAt decides")


def is_test(item: Item) -> bool:
    """Return whether the alert comes from Grafana's test button."""
    # The labels of a real alert contain its folder. The labels of a test can be edited, its value cannot.
    return item.labels == _TEST_LABELS or item.annotations.get("__value_string__") == TEST_VALUE


_TEST_LABELS = {"alertname": "TestAlert", "instance": "Grafana"}
TEST_VALUE = "[ metric='foo' labels={instance=bar} value=10 ]"
"""Value string of Grafana's test alert; a real one has a `var`."""


def reading(
    where: JsonPath,
    item: Item,
    visible: Mapping[str, str],
    identity: Sequence[Identity],
    *,
    title: str = "",
    resource: str = "",
    links: Mapping[str, str],
    values: Mapping[str, int | float | str] | None = None,
    is_episode: bool = True,
) -> Reading:
    """Read one alert; the title, resource, links and values that the caller passes come first."""
    state, problems = _state(item)
    notes = item.annotations
    reason = notes.get("grafana_state_reason", "")
    title = title or words.first(notes, ("summary", "title", "message")) or words.first(visible, ("alertname",))
    if not title and visible:
        title = ", ".join(f"{name}={value}" for name, value in sorted(wire.without_secrets(visible).items()))
        problems = (*problems, _NO_NAME)
    started = item.startsAt
    if state is State.RESOLVED and started and started.moment == item.endsAt:
        # After a restart, and towards an external Alertmanager, Grafana sends the end as the start.
        started = None
    begun = started.moment if started else None
    return Reading(
        state=state,
        # The first is that of an alert that this library passed on.
        level=notes.get("alertmap_severity") or words.level(item.labels) or words.level(notes),
        identity=identity,
        title=title,
        message=words.first(notes, ("description", "message", "Error")),
        resource=resource or words.first(visible, words.TARGETS),
        labels={**visible, "grafana_state_reason": reason} if reason else visible,
        links={
            "source": item.generatorURL,
            "runbook": words.first(notes, ("runbook_url", "runbook")),
            "dashboard": words.first(notes, ("dashboard_url", "dashboard")),
            **links,
        },
        values=values or _values(notes),
        started_at=begun,
        occurred_at=item.endsAt if state is State.RESOLVED else begun,
        episode=started.text if started and is_episode else None,
        expires_at=item.endsAt if state is State.FIRING and item.status is None else None,
        no_data=visible.get("alertname") == "DatasourceNoData" or reason.startswith("NoData"),
        problems=problems,
        path=where,
    )


_NO_NAME = Problem(ProblemCode.TITLE_FALLBACK, "$.labels", "the alert has no name; its labels stand for it")


def _state(item: Item) -> tuple[State, tuple[Problem, ...]]:
    if item.status is not None:
        return item.status, ()
    if item.endsAt is None:
        return State.FIRING, ()
    if item.received_at is None:
        return State.FIRING, (_NO_CLOCK,)
    return State.RESOLVED if item.endsAt <= item.received_at else State.FIRING, ()


_NO_CLOCK = Problem(
    ProblemCode.STATE_GUESSED,
    "$.endsAt",
    "only the time of receipt can tell whether this is over, and it was not given; treated as firing",
)


def _values(notes: Mapping[str, str]) -> Mapping[str, int | float | str]:
    if "__values__" in notes:
        measured: Mapping[str, int | float] | None = wire.json_in(notes["__values__"], dict[str, wire.Number])
        if measured is not None:
            return measured
    return {"value": notes["value"]} if notes.get("value") else {}


def _is_hidden(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def is_webhook(document: Any) -> bool:
    """Return whether a document has the keys of Alertmanager's webhook, and none of Grafana's, which imitates it."""
    return (
        type(document) is dict
        and document.keys() >= {"version", "groupKey", "alerts"}
        and type(document["alerts"]) is list
        and document.keys().isdisjoint({"orgId", "title", "state"})
    )


def is_from_itoc360(document: Any, request: Request) -> bool:
    """Return whether a request comes from one of ITOC360's SDKs, which post Alertmanager's form."""
    names = (document.get("receiver"), request.header("User-Agent"))
    return any(type(name) is str and name.startswith("itoc360-") for name in names)


def is_from_signoz(document: Any) -> bool:
    """Return whether a document in Alertmanager's form comes from SigNoz: labels of its rules, or its channel test."""
    labels, notes = [document.get("commonLabels")], [document.get("commonAnnotations")]
    alerts = document.get("alerts")
    for one in alerts if type(alerts) is list else ():
        if type(one) is dict:
            labels.append(one.get("labels"))
            notes.append(one.get("annotations"))
    for one in labels:
        if type(one) is dict and "ruleId" in one and "ruleSource" in one:
            return True
    return any(type(one) is dict and one.get("summary") == SIGNOZ_TEST for one in notes)


SIGNOZ_TEST = "Test alert fired from SigNoz"
"""Summary of the alert that SigNoz's test of a channel sends."""

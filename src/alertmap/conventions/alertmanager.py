"""Alertmanager's alert: what its webhook, pushes to its API, Grafana and ITOC360's SDKs have in common.

An alert is its label set. One that is pushed has no status: its `endsAt` tells, and only the clock knows.
"""
# ruff: noqa: N815 - fields are spelt as on the wire

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar

from attrs import Factory, evolve

from alertmap import wire
from alertmap.adapter import Said, normalise
from alertmap.conventions import labels
from alertmap.model import Notice, Problem, ProblemCode, Reading, Reason, Request, State
from alertmap.paths import JsonPath

UNRENDERED = re.compile(r"<no value>|<error expanding template|\{\{[^{}]*\}\}")
"""What Go's templates leave where they fail."""


@wire.model
class Item:
    """One alert, as the webhook and the API write it."""

    labels: dict[str, wire.Text]
    annotations: dict[str, wire.Text] | None = None
    startsAt: wire.Rfc3339WithText = None
    endsAt: wire.Rfc3339 = None  # zero while it fires; of a push: when to give it up
    generatorURL: wire.Text = ""
    status: str | None = None  # none in a push
    received_at: Annotated[datetime | None, wire.ReceivedAt()] = None


@wire.model
class Webhook:
    """A group of alerts, versions 3 and 4, and 1 where it is meant for incident.io."""

    version: wire.Text
    groupKey: wire.Text  # a 64-bit integer in version 3
    alerts: wire.Items[Item]
    externalURL: wire.Text = ""
    truncatedAlerts: int | None = None


@wire.model(closed=True)
class Options:
    """Labels that make no difference, such as the replica of a pair that watches the same."""

    ignore_labels: list[str] = Factory(list)


AnyItem = TypeVar("AnyItem", bound=Item)


def shown(item: Item) -> Mapping[str, str]:
    """The label set without empty and hidden labels."""
    # vmalert sends empty labels; to Prometheus and Alertmanager they are none.
    if "" not in item.labels.values() and "__" not in "".join(item.labels):
        return item.labels
    return {name: value for name, value in item.labels.items() if value and not _is_hidden(name)}


def identity(item: Item, shown: Mapping[str, str], options: Options, rule: str = "") -> dict[str, str]:
    """The label set, as it is shown, and Grafana's rule, which Grafana itself counts in."""
    if options.ignore_labels:
        shown = {name: value for name, value in shown.items() if name not in options.ignore_labels}
    parts = {f"label.{name}": value for name, value in shown.items()}
    rule = rule or item.labels.get("__alert_rule_uid__", "") or _rule_in(item.generatorURL)
    return parts | {"ruleUID": rule} if rule else parts


def _rule_in(url: str) -> str:
    found = re.search(f"{_RULES}([^/?#]+)/view", url) if _RULES in url else None
    return found[1] if found else ""


_RULES = "/alerting/grafana/"


def group(
    alerts: Iterable[tuple[JsonPath, AnyItem]],
    one: Callable[[JsonPath, AnyItem], Reading],
    *,
    is_test: Callable[[AnyItem], bool],
    group_key: str,
    truncated: int | None = None,
) -> Iterator[Said]:
    """What there is to say of a group: one reading for each alert that is no test, and a notice of the whole."""
    reason = None
    for where, item in alerts:
        if is_test(item):
            reason = Reason.TEST
            continue
        found = one(where, item)
        yield found if item.status is not None else evolve(found, problems=(*found.problems, _NO_STATUS))
    left_out = max(truncated or 0, 0)
    if left_out:
        # The group's first alerts by label are sent; those left out may be opened or resolved unseen.
        yield Problem(ProblemCode.TRUNCATED, "$.truncatedAlerts", "the sender left alerts out of this request")
    yield Notice(reason=reason, truncated=left_out, group_key=group_key)


_NO_STATUS = Problem(ProblemCode.STATE_GUESSED, "$.status", "the alert has no status; its endsAt stands for it")


def is_test(item: Item) -> bool:
    """Whether it comes of Grafana's test button."""
    # A real rule's alert has its folder among the labels. Those of a test can be edited, its value cannot.
    return item.labels == _TEST_LABELS or (item.annotations or {}).get("__value_string__") == TEST_VALUE


_TEST_LABELS = {"alertname": "TestAlert", "instance": "Grafana"}
TEST_VALUE = "[ metric='foo' labels={instance=bar} value=10 ]"
"""The value of Grafana's test alert; a real one has a `var`."""


def reading(
    where: JsonPath,
    item: Item,
    shown: Mapping[str, str],
    identity: Mapping[str, str],
    *,
    title: str = "",
    resource: str = "",
    links: Mapping[str, str],
    values: Mapping[str, int | float | str] | None = None,
    is_episode: bool = True,
    problems: tuple[Problem, ...] = (),
) -> Reading:
    """Read one alert, whichever way it came; a title, resource, link or values of the sender's own count first."""
    state, guessed = _state(item)
    notes = item.annotations or {}
    reason = notes.get("grafana_state_reason", "")
    title = title or labels.first(notes, ("summary", "title", "message")) or labels.first(shown, ("alertname",))
    if not title and shown:
        title = ", ".join(f"{name}={value}" for name, value in sorted(shown.items()))
        problems = (*problems, _NO_NAME)
    started = item.startsAt
    if state is State.RESOLVED and started and started.moment == item.endsAt:
        # Grafana after a restart, and towards an external Alertmanager: it does not tell what began when.
        started = None
    begun = started.moment if started else None
    return Reading(
        state=state,
        level=labels.level(item.labels) or labels.level(notes),
        identity=identity,
        title=title,
        message=labels.first(notes, ("description", "message", "Error")),
        resource=resource or labels.first(shown, labels.TARGETS),
        labels={**shown, "grafana_state_reason": reason} if reason else shown,
        links={
            "source": item.generatorURL,
            "runbook": labels.first(notes, ("runbook_url", "runbook")),
            "dashboard": labels.first(notes, ("dashboard_url", "dashboard")),
            **links,
        },
        values=values or _values(notes),
        started_at=begun,
        occurred_at=item.endsAt if state is State.RESOLVED else begun,
        episode=started.text if started and is_episode else None,
        expires_at=item.endsAt if state is State.FIRING and item.status is None else None,
        no_data=shown.get("alertname") == "DatasourceNoData" or reason.startswith("NoData"),
        problems=guessed + problems,
        at=where,
    )


_NO_NAME = Problem(ProblemCode.TITLE_FALLBACK, "$.labels", "the alert has no name; its labels stand for it")


def _state(item: Item) -> tuple[State, tuple[Problem, ...]]:
    if item.status is not None:
        known = _STATES.get(item.status) or _STATES.get(normalise(item.status))
        return (known, ()) if known else (State.FIRING, (_UNKNOWN,))
    if item.endsAt is None:
        return State.FIRING, ()
    if item.received_at is None:
        return State.FIRING, (_UNTOLD,)
    return State.RESOLVED if item.endsAt <= item.received_at else State.FIRING, ()


_STATES = {"firing": State.FIRING, "resolved": State.RESOLVED}
_UNKNOWN = Problem(ProblemCode.STATE_UNKNOWN, "$.status", "the status is neither firing nor resolved; it fires")
_UNTOLD = Problem(
    ProblemCode.STATE_GUESSED,
    "$.endsAt",
    "whether this is over only the time of receipt could tell, which was not given; it fires",
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
    """Whether a document has the marks of Alertmanager's webhook, and none of Grafana's, which imitates it."""
    return (
        type(document) is dict
        and document.keys() >= {"version", "groupKey", "alerts"}
        and type(document["alerts"]) is list
        and document.keys().isdisjoint({"orgId", "title", "state"})
    )


def is_from_itoc360(document: Any, request: Request) -> bool:
    """Whether one of ITOC360's SDKs wrote it: they post Alertmanager's form."""
    names = (document.get("receiver"), request.header("User-Agent"))
    return any(type(name) is str and name.startswith("itoc360-") for name in names)

"""Webhook of Netdata Cloud: alerts and reachability in the documented form and in the newer one, and the test button.

The newer form, with the alert, its node and its space as objects, stands in no documentation; public receivers have it.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from alertmap import wire
from alertmap.adapter import Identity, Notice, Problem, ProblemCode, Reading, Reason, Result, Shape, State, Times

STATES = {"critical": State.FIRING, "warning": State.FIRING, "clear": State.RESOLVED}

REACHABLE = {"reachable": State.RESOLVED, "unreachable": State.FIRING}

APP = "https://app.netdata.cloud/"
# `…/alerts/mem.swap.used_swap:::<id of the node>?chart=…&alarm=…&transition=…`: the query is another one each time.
INSTANCE = re.compile(r"/alerts/([^/?#]+):::([^/?#]+)")


@wire.model
class Alert:
    severity: Annotated[State, wire.state(STATES)]
    chart: wire.AnyText
    alert: Annotated[wire.AnyText, wire.named("alert", "alarm")]  # `alarm` and `alarm_url` until 2023
    old_status: None = None  # only an agent sends it, and its `alarm` is a sentence
    url: Annotated[wire.Text, wire.named("alert_url", "alarm_url")] = ""
    level: Annotated[wire.Text, wire.named("severity")] = ""
    space: wire.AnyText = ""
    host: wire.AnyText = ""  # not documented
    value: wire.Text = ""  # not documented
    date: wire.Rfc3339 = None
    message: wire.Text = ""
    info: wire.Text = ""
    context: wire.Text = ""
    family: wire.Text = ""
    classification: Annotated[wire.Text, wire.named("class")] = ""


@wire.model
class Node:
    hostname: wire.AnyText


@wire.model
class Status:
    status: Annotated[State, wire.state(STATES)]
    word: Annotated[wire.Text, wire.named("status")] = ""


@wire.model
class Details:
    name: wire.AnyText
    state: Status
    info: Annotated[str, wire.named("rendered"), wire.inside("info")] = ""
    classification: Annotated[str, wire.named("config"), wire.inside("classification")] = ""
    url: wire.Text = ""


@wire.model
class NestedAlert:
    alert: Details
    host: Annotated[str, wire.named("node"), wire.inside("hostname")] = ""
    space: Annotated[str, wire.inside("name")] = ""
    message: wire.Text = ""


@wire.model
class HostStatus:
    text: Annotated[State, wire.state(REACHABLE)]


@wire.model
class Reachability:
    host: wire.AnyText
    status: HostStatus
    severity: wire.Text = ""
    message: wire.Text = ""
    url: wire.Text = ""


@wire.model
class NodesReachability:
    nodes: wire.Items[Node]
    status: Annotated[State, wire.state(REACHABLE)]
    severity: wire.Text = ""
    message: wire.Text = ""
    url: wire.Text = ""


@wire.model
class TestNotification:
    title: Literal["Test Notification"]
    token: wire.Discarded  # to be entered in Netdata Cloud


def read(event: Alert) -> Reading:
    return Reading(
        state=event.severity,
        level=None if event.severity is State.RESOLVED else event.level,
        identity=identity(event.url, event.space, event.host, event.chart, event.alert),
        title=event.message or event.alert,
        message=event.info,
        resource=event.host,
        labels=wire.pick(event, "chart", "alert", "context", "family", "space") | {"class": event.classification},
        links={"alert": event.url},
        values={event.alert: wire.number_in(event.value)},
        occurred_at=event.date,
    )


def read_nested(event: NestedAlert) -> Reading:
    alert = event.alert
    return Reading(
        state=alert.state.status,
        level=None if alert.state.status is State.RESOLVED else alert.state.word,
        identity=identity(alert.url, event.space, event.host, "", alert.name),
        title=event.message or alert.name,
        message=alert.info,
        resource=event.host,
        labels={"alert": alert.name, "class": alert.classification, "space": event.space},
        links={"alert": alert.url},
    )


def identity(url: str, space: str, host: str, chart: str, alert: str) -> list[Identity]:
    found = INSTANCE.search(url)
    return [
        {"alert": found[1] if found else "", "node": found[2] if found else ""},
        {"space": space or None, "host": host or None, "chart": chart or None, "alert": alert},
    ]


def read_reachability(event: Reachability) -> Reading:
    return reachability(event.host, event.status.text, event)


def read_nodes_reachability(event: NodesReachability) -> Iterator[Result]:
    if not event.nodes:
        yield Problem(ProblemCode.MISSING, "$.nodes", "the notification names no nodes")
    for where, node in event.nodes:
        yield reachability(node.hostname, event.status, event, where)


def reachability(
    host: str, state: State, event: Reachability | NodesReachability, where: tuple[str | int, ...] = ()
) -> Reading:
    return Reading(
        state=state,
        # Of a host that is back it is `info`.
        level=None if state is State.RESOLVED else event.severity,
        identity={"host": host, "alert": "reachability"},
        title=event.message,
        resource=host,
        links={"node": event.url},
        path=where,
    )


SHAPES = [
    Shape(NestedAlert, read_nested, marks={"$.alert.rendered", "$.node.hostname"}, times=Times.NONE),
    Shape(Alert, read, marks={"space", "context", "class"}),
    Shape(NodesReachability, read_nodes_reachability, marks={"url": APP}, times=Times.NONE),
    Shape(Reachability, read_reachability, marks={"$.status.reachable", "severity", "url"}, times=Times.NONE),
    Shape(TestNotification, Notice(reason=Reason.TEST), marks={"message"}),
]

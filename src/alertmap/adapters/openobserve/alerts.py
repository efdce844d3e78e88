"""Alerts: the variables of a template, the envelope, and the list in Alertmanager's form."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Reading, Request, Shape, State, Times

STATES = conventions.states(firing="critical, warning, no_data", resolved="ok")


@wire.model
class Alert:
    """Variables of a template, and the context of an envelope."""

    alert_name: wire.NonBlank
    org_name: wire.AnyText = ""
    stream_type: wire.AnyText = ""
    stream_name: wire.AnyText = ""
    alert_type: wire.Text = ""  # scheduled or realtime
    level: Annotated[State | None, wire.state(STATES), wire.named("alert_level")] = None
    alert_level: wire.Text = ""
    alert_priority: wire.Text = ""
    severity: wire.Text = ""  # of the user's template
    alert_tags: wire.Text = ""
    alert_description: wire.Text = ""
    alert_operator: wire.Text = ""
    alert_threshold: wire.Text = ""
    alert_count: wire.Text = ""
    alert_agg_value: wire.Text = ""  # of several rows `1, 2`
    alert_period: wire.Text = ""
    alert_start_time: wire.Text = ""  # without a zone
    alert_end_time: wire.Text = ""
    alert_trigger_time_millis: wire.EpochAny = None
    alert_url: wire.Text = ""
    rows: wire.JsonWithoutSecrets = None
    rest: wire.Rest


@wire.model
class Link:
    label: wire.Text = ""
    url: wire.Text = ""


@wire.model
class Envelope:
    context: Alert
    severity: Annotated[State | None, wire.state(STATES)] = None  # null where the alert has no levels
    word: Annotated[wire.Text, wire.named("severity")] = ""
    title: wire.Text = ""
    body_markdown: wire.Text = ""
    links: list[Link] = Factory(list)
    chart_url: wire.Text = ""


@wire.model
class Labels:
    alertname: wire.NonBlank
    organization: wire.AnyText = ""
    stream: wire.AnyText = ""
    alerttype: wire.Text = ""
    severity: wire.Text = ""


@wire.model
class Listed:
    """Element of a template in Alertmanager's form. It has no state: there is no recovery."""

    labels: Labels


LABELS = (
    *("org_name", "stream_name", "alert_type", "alert_operator", "alert_period", "alert_priority", "alert_tags"),
    *("alert_start_time", "alert_end_time"),
)


def read(alert: Alert) -> Reading:
    return reading(alert, alert.level, alert.alert_level, message=rows_text(alert.rows))


def read_envelope(event: Envelope) -> Reading:
    return reading(
        event.context,
        event.severity or event.context.level,
        event.word or event.context.alert_level,
        title=event.title,
        message=event.body_markdown,
        links={link.label or "alert": link.url for link in event.links} | {"chart": event.chart_url},
    )


def reading(
    alert: Alert,
    state: State | None,
    word: str,
    *,
    title: str = "",
    message: str = "",
    links: Mapping[str, str] | None = None,
) -> Reading:
    groups = {key: wire.scalar_text(value) or "" for key, value in alert.rest.items() if key.startswith("group.")}
    names = {key.removeprefix("group."): value for key, value in groups.items()}
    over = state is State.RESOLVED
    return Reading(
        # Without levels an alert is sent only while it fires.
        state=state or State.FIRING,
        level=alert.severity or ("" if over else word) or alert.alert_priority or ("" if over else "fired"),
        identity={
            "org": alert.org_name,
            "stream_type": alert.stream_type,
            "stream": alert.stream_name,
            "alert": alert.alert_name,
            **groups,
        },
        title=title or alert.alert_name,
        message=conventions.join(alert.alert_description, message, by="\n"),
        resource=conventions.first(names, conventions.TARGETS) or alert.stream_name,
        labels=wire.pick(alert, *LABELS) | groups,
        links={"alert": alert.alert_url, **(links or {})},
        values={
            "value": wire.number_in(alert.alert_agg_value),
            "count": wire.number_in(alert.alert_count),
            "threshold": wire.number_in(alert.alert_threshold),
        },
        occurred_at=alert.alert_trigger_time_millis,
        no_data=wire.loosen(word) == "nodata",
        resolvable=bool(word.strip()),
        times=Times.STATED if alert.alert_trigger_time_millis else Times.NONE,
    )


def read_listed(event: Listed) -> Reading:
    labels = event.labels
    return Reading(
        state=State.FIRING,
        level=labels.severity or "fired",
        identity={"org": labels.organization, "stream": labels.stream, "alert": labels.alertname},
        title=labels.alertname,
        resource=labels.stream,
        labels={"org_name": labels.organization, "stream_name": labels.stream, "alert_type": labels.alerttype},
        resolvable=False,
        times=Times.NONE,  # its time is text in a form of the user's
    )


def rows_text(rows: object) -> str:
    if type(rows) is list:
        return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return rows if type(rows) is str else ""


def listed_marks(document: Any, _request: Request) -> bool:
    # An array has the marks of its first element.
    element = document[0] if type(document) is list else document
    return {"stream", "organization"} <= set(element["labels"])


SHAPES = [
    Shape(Envelope, read_envelope, marks={"body_markdown", "$.context.stream_name"}),
    Shape(Listed, read_listed, marks=listed_marks),
    Shape(Alert, read, marks={"org_name", "stream_name"}),
]

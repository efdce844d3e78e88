"""Groups of alerts, of 1.7 and later: by HertzBeat's own template, by that of the set-up guide, and single ones."""

import re
from collections.abc import Iterator
from typing import Annotated

from attrs import Factory, evolve

from alertmap import conventions, wire
from alertmap.adapter import Identity, Notice, Reading, Result, State, Times
from alertmap.adapters.hertzbeat.options import Options, without_zone
from alertmap.paths import JsonPath

STATES = {"firing": State.FIRING, "resolved": State.RESOLVED}

TEST = "test send msg!"  # how the content begins that the test button sends

# A text, so that no comma in it counts; or a comma that JSON does not allow.
TEXT_OR_COMMA = re.compile(r'"(?:[^"\\]|\\.?)*+(?:"|\Z)|,(?=\s*[}\]])', re.DOTALL)


@wire.model
class Alert:
    labels: dict[str, wire.AnyText] = Factory(dict)
    status: Annotated[State | None, wire.state(STATES)] = None  # not in HertzBeat's own template
    content: wire.Text = ""
    fingerprint: wire.AnyText = ""  # the labels, sorted and joined
    startAt: wire.LocalTime = None
    endAt: wire.LocalTime = None
    annotations: dict[str, wire.Text] = Factory(dict)


@wire.model
class Group:
    status: Annotated[State, wire.state(STATES)]
    alerts: wire.Items[Alert]
    groupKey: wire.Text = ""


@wire.model
class Reported(Alert):
    """One alert, as HertzBeat's own API takes it."""

    labels: dict[str, wire.AnyText]
    status: Annotated[State, wire.state(STATES)]


def read_group(group: Group, options: Options) -> Iterator[Result]:
    return conventions.group(
        group.alerts,
        # A group fires while one of its alerts does. Only an alert that is over has an end.
        lambda where, alert: reading(
            where, alert, alert.status or (State.RESOLVED if alert.endAt else group.status), options
        ),
        is_test=lambda alert: alert.content.startswith(TEST),
        path="$.alerts",
        notice=Notice(group_key=group.groupKey),
    )


def read_reported(alert: Reported, options: Options) -> Reading:
    return reading((), alert, alert.status, options)


def read_text(text: str, options: Options) -> Iterator[Result]:
    """Read JSON that HertzBeat's own template broke.

    It writes a comma behind the last field of a firing alert without annotations, and the common labels, which the
    labels of each alert repeat, with their quotes unescaped.
    """
    head, _, rest = text.partition('"commonLabels"')
    _, alerts, tail = rest.partition('"alerts"')
    mended = TEXT_OR_COMMA.sub(lambda match: "" if match[0] == "," else match[0], head + alerts + tail)
    document = wire.json_or_text(mended)
    group, problems = wire.read_mended(document, Group, "the JSON is broken; it was read without what breaks it")
    yield from problems
    if group is None:
        return
    for result in read_group(group, options):
        yield evolve(result, path=()) if isinstance(result, Reading) else result


def reading(where: JsonPath, alert: Alert, state: State, options: Options) -> Reading:
    start, end = (moment and moment.at(options.utc_offset) for moment in (alert.startAt, alert.endAt))
    problems = without_zone(options, alert.startAt, alert.endAt)
    return Reading(
        state=state,
        level=conventions.level(alert.labels),
        identity=identities(alert, options),
        title=alert.labels.get("alertname", ""),
        message=alert.content or conventions.first(alert.annotations, ("description", "summary")),
        resource=conventions.first(alert.labels, (*conventions.HOSTS, "instancename")),
        labels=alert.labels,
        links={"runbook": conventions.first(alert.annotations, ("runbook_url", "runbook"))},
        started_at=start,
        occurred_at=end if state is State.RESOLVED else start,
        times=Times.NONE if problems else None,
        problems=problems,
        path=where,
    )


def identities(alert: Alert, options: Options) -> list[Identity]:
    names = [name for name, text in alert.labels.items() if text and name not in options.ignore_labels]
    parts = {f"label.{name}": alert.labels[name] for name in names} or {"labels": ""}
    return [parts, {"fingerprint": alert.fingerprint}, {"content": alert.content}]

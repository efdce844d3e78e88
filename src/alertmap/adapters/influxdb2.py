# ruff: noqa: SLF001 - the vendor's own names begin with an underscore
"""InfluxDB 2, its checks and notification rules.

Set up:

1. Alerts, Notification Endpoints, Create: type HTTP, method POST, the URL `https://receiver.example/influxdb2`, Auth
   Method bearer with the token. A token in the URL can be read by all who read the rule's task.
2. Make checks whose queries keep the tags that tell hosts apart.
3. Notification Rules, Create, on that endpoint: one rule for the status CRIT, one for WARN if you use it, and one for
   OK. A pair serves all checks. Give rules the interval of the checks.
4. Answer soon and with status 200: InfluxDB repeats nothing, and takes every other status for "not sent", 201 and 204
   too. A redirect loses the alert.

Nothing in the body tells a tag from a field that is text, and a field may change between trigger and recovery: then the
recovery has another key. If deadman or custom checks see such fields, name the tags in the source's option `tag_keys`
(`["host", "region"]`), or the fields in `ignore_keys` (`["version"]`). All texts stay labels, but those
with the name of a credential (`password`, `api_key`): only a hash of such a text stands in the key.

Of what your own tasks post with `http.post`, a status row as `json.encode(v: r)` writes it is read.

Limits: silence is not OK. A threshold check says nothing of a series that has ended, a deadman check stops after its
"stop checking" age, a notebook never announces a recovery: let incidents of this source expire. A threshold check with
an OK threshold sends `unknown` for what lies in no band: that fires, it never resolves.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Literal

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Notice, Problem, ProblemCode, Rank, Reading, Reason, Reply, Shape, State, Times

SYNONYMS = {"critical": State.FIRING, "warning": State.FIRING, "normal": State.RESOLVED}
"""Words that checks do not send, but statuses that a task writes may hold."""

STATES = SYNONYMS | {
    "ok": State.RESOLVED,
    "crit": State.FIRING,
    "warn": State.FIRING,
    "info": State.FIRING,
    "unknown": State.FIRING,
}

LEVELS = conventions.levels(
    critical="crit, critical",
    medium="warn, warning, notebook",  # `notebook` is ours: a notebook sends no level
    low="unknown",
    info="info",
)


@wire.model
class Status:
    """Fields that all rows of a check's status have; tags and fields stand beside them."""

    _level: Annotated[State, wire.state(STATES)]
    level: Annotated[wire.Text, wire.named("_level")] = ""
    _check_id: wire.Text = ""
    _check_name: wire.Text = ""
    _message: wire.Text = ""
    _source_measurement: wire.Text = ""
    _source_timestamp: int | None = None
    _notification_rule_name: wire.Text = ""
    _notebook_link: wire.Text = ""
    rest: wire.Rest


@wire.model
class Event(Status):
    """Webhook of a notification rule."""

    _measurement: Literal["notifications"]
    _status_timestamp: wire.EpochNanos = None


@wire.model
class Row(Status):
    """Row that a user's task posts with `json.encode`: a stored status, pivoted or one of its fields."""

    _measurement: Literal["statuses"]
    _time: wire.Rfc3339 = None
    _field: wire.Text = ""
    _value: wire.Json = None


@wire.model(closed=True)
class Notebook:
    """Webhook of a notebook's alert: it drops everything that would identify what fires."""

    _measurement: Literal["notifications"]
    _notification_rule_id: wire.Text = ""
    _notification_rule_name: wire.Text = ""
    _notification_endpoint_id: wire.Text = ""
    _notification_endpoint_name: wire.Text = ""
    _status_timestamp: wire.EpochNanos = None
    _time: wire.Json = None
    _version: wire.Json = None
    _value: wire.Json = None


@wire.model(closed=True)
class Ping:
    """A notebook's button "Test Alert"."""

    msg: Literal["This is a test notification"]


@wire.model(closed=True)
class Options:
    tag_keys: list[str] | None = None
    ignore_keys: list[str] = Factory(list)


def read(event: Event, options: Options) -> Reading | Problem:
    return reading(event, options, message=event._message, measured=fields(event), moment=event._status_timestamp)


def read_row(event: Row, options: Options) -> Reading | Problem:
    message = event._value if event._field == "_message" and isinstance(event._value, str) else event._message
    measured = fields(event) | {event._field: event._value}
    return reading(event, options, message=message, measured=measured, moment=event._time)


def reading(
    event: Status, options: Options, *, message: str, measured: Mapping[str, object], moment: datetime | None
) -> Reading | Problem:
    is_ok = event._level is State.RESOLVED
    if is_ok and measured.get("dead") is True:
        # A deadman check whose level is OK: silence is no recovery.
        return Problem(ProblemCode.STATE_GUESSED, "$._level", "dead at level ok is no recovery; nothing was changed")
    message = message.strip()
    measurement = event._source_measurement.strip()
    name = event._check_name.strip() or measurement or "InfluxDB"
    tags = texts(event)
    keys = tags.keys() if options.tag_keys is None else set(options.tag_keys) & event.rest.keys()
    # CRIT and OK come from two rules: the rule's id is never part of the key. A named tag that is no text is missing.
    series: dict[str, str | None] = {f"tag.{key}": tags.get(key, "") for key in sorted(keys - set(options.ignore_keys))}
    named, unnamed = {"measurement": event._source_measurement}, {"measurement": measurement or None}
    return Reading(
        state=event._level,
        level=None if is_ok else event.level,  # an ok does not tell what ended
        identity=[
            {"check": event._check_id} | named | series,
            {"check": event._check_id} | series,
            {"check_name": event._check_name} | unnamed | series,
            unnamed | series,
        ],
        title=message or f"{name} is {event.level.strip()}",
        message=message if "\n" in message else "",
        resource=conventions.host(tags),
        # No tag begins with an underscore, so none can stand in the way of these.
        labels={
            "_check_name": event._check_name,
            "_source_measurement": event._source_measurement,
            "_notification_rule_name": event._notification_rule_name,
        }
        | tags,
        links={"notebook": event._notebook_link},
        values=values(measured),
        occurred_at=moment,
        sequence=event._source_timestamp,
        no_data=measured.get("dead") is True,
        resolvable=not event._notebook_link,  # a notebook's own check knows no OK
        problems=tuple(problems(event, message)),
    )


def texts(event: Status) -> dict[str, str]:
    # A tag is never empty: "" is a text field that a deadman's last row lacks.
    return {key: it for key, it in event.rest.items() if isinstance(it, str) and it and not key.startswith("_")}


def fields(event: Status) -> dict[str, object]:
    """Return the values that are not text, so not tags."""
    return {key: it for key, it in event.rest.items() if not isinstance(it, str)}


def values(measured: Mapping[str, object]) -> dict[str, int | float | str]:
    if isinstance(measured.get("dead"), bool):
        return {}  # a deadman measures nothing: what its last row lacks is 0 or false
    return {
        key: wire.number_or_text(it)
        for key, it in measured.items()
        if not key.startswith("_") and isinstance(it, str | int | float)
    }


def problems(event: Status, message: str) -> Iterator[Problem]:
    if wire.state_word(event.level) in SYNONYMS:
        yield Problem(ProblemCode.SYNONYM, "$._level", "a level that checks do not send was understood")
    if not message:
        yield Problem(ProblemCode.TITLE_FALLBACK, "$._message", "there is no message; the title is made of the check")
    if any(isinstance(it, dict | list) for it in event.rest.values()):
        yield Problem(ProblemCode.BAD_FIELD, "$", "a tag or field is an object or a list; it was left out")
    if not isinstance(event.rest.get("dead", False), bool):
        message = "expected true or false; the status does not count as one for want of data"
        yield Problem(ProblemCode.BAD_FIELD, "$.dead", message)


def read_notebook(event: Notebook) -> Reading:
    return Reading(
        state=State.FIRING,
        level="notebook",
        # It names neither check nor tags: all series share the key of its rule.
        identity=[{"check": ""}, {"rule": event._notification_rule_id}, {"rule_name": event._notification_rule_name}],
        title=event._notification_rule_name,
        values={"value": wire.number_or_text(event._value)} if isinstance(event._value, str | int | float) else {},
        occurred_at=event._status_timestamp,
        resolvable=False,
    )


adapter = Adapter(
    name="influxdb2",
    title="InfluxDB 2",
    shapes=[
        Shape(Event, read, marks={"_notification_rule_id"}),
        Shape(Row, read_row),
        Shape(Notebook, read_notebook, marks={"_notification_rule_id"}),
        Shape(Ping, Notice(reason=Reason.TEST), rank=Rank.WEAK),
    ],
    levels=LEVELS,
    open_levels=True,  # tasks of users write statuses with words of their own
    many=True,  # a task may encode several rows at once
    times=Times.STATED,  # each status has its own time, and rows come in any order
    repeats={State.FIRING, State.RESOLVED},  # a rule that is no "changes" rule posts each status
    options=Options,
    answer=Reply(status=200),  # the only status that counts as sent
    accepted={200},
    retries=False,
)

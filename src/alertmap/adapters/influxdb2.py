# ruff: noqa: SLF001 - the vendor's own names begin with an underscore
"""InfluxDB 2, its checks and notification rules.

Under Alerts: a notification endpoint "HTTP" with the receiver's URL and the token as bearer (one in the URL can be read
by all who read the rule's task); checks whose queries keep the tags that tell hosts apart; and two notification rules
on that endpoint, one for the status CRIT (and WARN, if you use it) and one for OK. A pair serves all checks. Give rules
the interval of the checks. Answer soon and with status 200: InfluxDB repeats nothing, and all else is "not sent", 201
and 204 too. A redirect loses the alert.

Nothing in the body tells a tag from a field that is text, and a field may change between trigger and recovery: then the
recovery has another key. If deadman or custom checks see such fields, name the tags in the source's option `tag_keys`
(`["host", "region"]`), or the fields in `ignore_keys` (`["version"]`). All texts stay labels.

Silence is not OK: a threshold check says nothing of a series that has ended, a deadman check stops after its "stop
checking" age, a notebook never announces a recovery. Let incidents of this source expire. A threshold check with an OK
threshold sends `unknown` for what lies in no band: that fires, it never resolves.

Of what your own tasks post with `http.post`, a status row as `json.encode(v: r)` writes it is read.
"""

from collections.abc import Iterator
from typing import Any, Literal

from attrs import Factory

from alertmap import wire
from alertmap.adapter import Adapter, Mark, Rank, Said, first_event, normalise
from alertmap.conventions import labels
from alertmap.model import Notice, Problem, ProblemCode, Reading, Reason, Request, Severity, State


@wire.model
class Status:
    """What all rows of a check's status have; tags and fields stand beside it."""

    _level: str
    _check_id: wire.Text = ""
    _check_name: wire.Text = ""
    _message: wire.Text = ""
    _source_measurement: wire.Text = ""
    _source_timestamp: int | None = None
    _notebook_link: wire.Text = ""
    rest: wire.Rest


@wire.model
class Event(Status):
    """What a notification rule posts."""

    _measurement: Literal["notifications"]
    _notification_rule_id: wire.Text
    _notification_rule_name: wire.Text = ""
    _status_timestamp: wire.EpochNanos = None


@wire.model
class Row(Status):
    """What a user's task posts of `json.encode`: a status as it is stored, pivoted or one of its fields."""

    _measurement: Literal["statuses"]
    _time: wire.Rfc3339
    _field: wire.Text = ""
    _value: wire.Json = None


@wire.model(closed=True)
class Notebook:
    """What a notebook's alert posts: it drops all that would tell what fires."""

    _measurement: Literal["notifications"]
    _notification_rule_id: wire.NonBlank
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


LEVELS = {
    "crit": Severity.CRITICAL,
    "warn": Severity.MEDIUM,
    "info": Severity.INFO,
    "unknown": Severity.LOW,
    "critical": Severity.CRITICAL,  # statuses that a task writes hold any word
    "warning": Severity.MEDIUM,
    "notebook": Severity.MEDIUM,  # ours: a notebook sends no level
}
_OK = {"ok", "normal"}
_SYNONYMS = {"critical", "warning", "normal"}


def identity(event: Event | Row, texts: dict[str, str], options: Options) -> dict[str, str]:
    # CRIT and OK come from two rules: never the rule's id.
    parts = {"check": event._check_id} if event._check_id.strip() else {"check_name": event._check_name}
    parts["measurement"] = event._source_measurement
    wanted = texts.keys() if options.tag_keys is None else texts.keys() & set(options.tag_keys)
    tags = {f"tag.{key}": texts[key] for key in sorted(wanted - set(options.ignore_keys))}
    return {name: text for name, text in parts.items() if text.strip()} | tags


def read(event: Event | Row | Notebook | Ping, options: Options) -> Iterator[Said]:
    if isinstance(event, Ping):
        yield Notice(reason=Reason.TEST)
    elif isinstance(event, Notebook):
        yield _notebook(event)
    elif _is_ok(event) and _fields(event).get("dead") is True:
        # A deadman check whose level is OK: silence is no recovery.
        yield Problem(ProblemCode.STATE_GUESSED, "$._level", "what is dead is not taken for well; nothing was changed")
        yield Notice(reason=Reason.NO_ALERT)
    else:
        yield _reading(event, options)


def _reading(event: Event | Row, options: Options) -> Reading:
    message = _message(event)
    texts, fields, is_ok = _texts(event), _fields(event), _is_ok(event)
    name = event._check_name.strip() or event._source_measurement.strip() or "InfluxDB"
    # No tag begins with an underscore, so none can stand in the way of these.
    facts = {
        "_check_name": event._check_name,
        "_source_measurement": event._source_measurement,
        "_notification_rule_name": event._notification_rule_name if isinstance(event, Event) else "",
    }
    return Reading(
        state=State.RESOLVED if is_ok else State.FIRING,
        level=None if is_ok else event._level,  # an ok does not tell what ended
        identity=identity(event, texts, options),
        title=message or f"{name} is {event._level.strip()}",
        message=message if "\n" in message else "",
        resource=labels.host(texts),
        labels={name: text for name, text in facts.items() if text} | texts,
        links={"notebook": event._notebook_link},
        values=_values(fields),
        occurred_at=event._status_timestamp if isinstance(event, Event) else event._time,
        sequence=event._source_timestamp,
        no_data=fields.get("dead") is True,
        resolvable=not event._notebook_link,  # a notebook's own check knows no OK
        problems=tuple(_problems(event, message)),
    )


def _problems(event: Status, message: str) -> Iterator[Problem]:
    if normalise(event._level) in _SYNONYMS:
        yield Problem(ProblemCode.SYNONYM, "$._level", "a level that checks do not send was understood")
    if not event._check_id.strip():
        weaker = "the check's name" if event._check_name.strip() else "measurement and tags alone"
        yield Problem(ProblemCode.KEY_FALLBACK, "$._check_id", f"there is no check id; the key is made of {weaker}")
    if not message:
        yield Problem(ProblemCode.TITLE_FALLBACK, "$._message", "there is no message; the title is made of the check")


def _notebook(event: Notebook) -> Reading:
    value = event._value
    fallback = "a notebook's alert names neither check nor tags; the key is its rule's"
    return Reading(
        state=State.FIRING,
        level="notebook",
        identity={"rule": event._notification_rule_id},
        title=event._notification_rule_name,
        values={"value": wire.number_or_text(value)} if isinstance(value, str | int | float) else {},
        occurred_at=event._status_timestamp,
        resolvable=False,
        problems=(Problem(ProblemCode.KEY_FALLBACK, "$._check_id", fallback),),
    )


def _is_ok(event: Status) -> bool:
    return normalise(event._level) in _OK


def _message(event: Event | Row) -> str:
    if isinstance(event, Row) and event._field == "_message" and isinstance(event._value, str):
        return event._value.strip()
    return event._message.strip()


def _texts(event: Status) -> dict[str, str]:
    # A tag is never empty: "" is a text field that a deadman's last row lacks.
    return {key: it for key, it in event.rest.items() if isinstance(it, str) and it and not key.startswith("_")}


def _fields(event: Event | Row) -> dict[str, object]:
    """What is no text, so no tag; and the one field of a row that is not pivoted."""
    fields = {key: it for key, it in event.rest.items() if not isinstance(it, str)}
    return fields | {event._field: event._value} if isinstance(event, Row) else fields


def _values(fields: dict[str, object]) -> dict[str, int | float | str]:
    if isinstance(fields.get("dead"), bool):
        return {}  # a deadman measures nothing: what its last row lacks is 0 or false
    return {
        key: wire.number_or_text(it)
        for key, it in fields.items()
        if not key.startswith("_") and isinstance(it, str | int | float)
    }


def recognise(document: Any, _: Request) -> Mark | None:
    event = first_event(document)
    if type(event) is not dict:
        return None
    kind = event.get("_measurement")
    if kind == "notifications" and "_notification_rule_id" in event:
        return Mark("its _measurement is notifications, and it has _notification_rule_id")
    if kind == "statuses" and "_level" in event:
        return Mark("its _measurement is statuses, and it has _level")
    if event == {"msg": "This is a test notification"}:
        return Mark("it is the text of a notebook's test alert", Rank.WEAK)
    return None


adapter = Adapter(
    name="influxdb2",
    title="InfluxDB 2",
    wire=Event | Row | Notebook | Ping,
    read=read,
    levels=LEVELS,
    open_levels=True,  # tasks of users write statuses with words of their own
    marks=recognise,
    many=True,  # a task may encode several rows at once
    options=Options,
)

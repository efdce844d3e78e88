"""InfluxDB 3 Core and Enterprise: the Notifier plugin and the checks that feed it.

Create a trigger `request:notify` with the Notifier plugin, and a check trigger with `senders=http` and
`http_webhook_url=https://receiver.example/influxdb3?token=…`. Answer 200 or 204: the Notifier repeats everything else,
202 too. A check plugin may also be pointed straight at the receiver.

No official plugin announces a recovery. Let incidents of this source expire, or write a second trigger with the inverse
condition and make both texts JSON: `{"state": "firing", "severity": "$level", "key": "$row", "title": "$field"}` and
the same with `"state": "resolved"`; or `state=firing level=$level key=$row`, whose last key takes the rest of the line.
A plugin of your own posts such an object as `notification_text`. Of state changes the option `ok_values` names the
values that are well. For other texts the option `pattern` takes a regular expression for the whole text with the group
`key` and, if you like, `state`, `level`, `title`, `value` and `resource`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from attrs import Factory, evolve

from alertmap import wire
from alertmap.adapter import Adapter, Mark
from alertmap.conventions import labels
from alertmap.model import Problem, ProblemCode, Reading, Request, Severity, State

Told = str | dict[str, wire.Json] | None  # nothing checks what the caller of the Notifier sends


@wire.model(closed=True)
class Event:
    message: Told


@wire.model(closed=True)
class Slack:
    text: str  # the Slack sender pointed at us


@wire.model(closed=True)
class Discord:
    content: str


@wire.model
class EngineRequest:
    notification_text: Told
    senders_config: dict[str, wire.Json]  # other people's URLs and tokens: never read


@wire.model(closed=True)
class Options:
    pattern: Annotated[re.Pattern[str] | None, wire.regex("key")] = None
    ok_values: list[str] = Factory(list)


LEVELS = {
    "CRITICAL": Severity.CRITICAL,
    "CRIT": Severity.CRITICAL,
    "FATAL": Severity.CRITICAL,
    "ERROR": Severity.HIGH,
    "ERR": Severity.HIGH,
    "HIGH": Severity.HIGH,
    "WARN": Severity.MEDIUM,
    "WARNING": Severity.MEDIUM,
    "MEDIUM": Severity.MEDIUM,
    "LOW": Severity.LOW,
    "INFO": Severity.INFO,
    "NOTICE": Severity.INFO,
    # Texts without a level go by the kind of check.
    "deadman": Severity.HIGH,
    "state": Severity.MEDIUM,
    "changes": Severity.MEDIUM,
    "mad": Severity.MEDIUM,
    "anomaly": Severity.MEDIUM,
    "prophet": Severity.MEDIUM,
    "text": Severity.MEDIUM,
}
STATES = dict.fromkeys(
    ("firing", "alerting", "alert", "problem", "open", "trigger", "triggered", "critical", "active"), State.FIRING
) | dict.fromkeys(("resolved", "resolve", "ok", "closed", "close", "recovery", "recovered", "normal"), State.RESOLVED)

_TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?\+00:00"
_SPAN = r"(?:\d+ days?, )?\d+:\d\d:\d\d(?:\.\d+)?"
_FIELD, _TABLE, _SERIES = (rf"(?P<{name}>.{{1,256}}?)" for name in ("field", "table", "series"))
_LEVEL = r"\[(?P<level>\w+)\]"
_IS = rf"{_FIELD} (?P<op>>=|<=|==|!=|>|<) (?P<limit>.{{1,256}}?)"
_ROW = r" [—\u2013-]+ matched in row (?P<row>.*)\."  # relays turn the dash into another
_TAGS = r"\. Tags: ?(?P<tags>.*)"
TEXTS = (  # the default texts of the official plugins, each with its kind of check
    ("threshold", rf"{_LEVEL} InfluxDB 3 alert triggered\. Condition {_IS} matched \d+ times\((?P<actual>.*)\){_ROW}"),
    (
        "threshold",
        rf"{_LEVEL} Threshold Alert on table {_TABLE}: (?P<agg>\w+) of {_IS} \(actual: (?P<actual>.*)\){_ROW}",
    ),
    ("threshold", rf"{_LEVEL} InfluxDB 3 alert triggered\. Condition {_IS} matched \((?P<actual>.*)\)"),
    ("deadman", rf"Deadman Alert: No data received from {_TABLE} from {_TIME} to (?P<end>{_TIME})\."),
    (
        "state",
        (
            rf"State change detected: Field {_FIELD} in table {_TABLE} changed to (?P<actual>.{{0,256}}) during "
            rf"(?:last \d+ times|{_SPAN})\. Row: (?P<row>.*)"
        ),
    ),
    ("changes", rf"Field {_FIELD} in table {_TABLE} changed \d+ times in window {_SPAN} for tags ?(?P<tags>.*)"),
    (
        "mad",
        (
            rf"MAD (?:count|duration) alert: Field {_FIELD} in {_TABLE} outlier for "
            rf"(?:\d+ consecutive points|{_SPAN}){_TAGS}"
        ),
    ),
    ("anomaly", rf"Anomaly detected in {_SERIES} with value (?P<actual>.{{1,256}}?) by .{{1,256}}?{_TAGS}"),
    ("forecast", rf"{_LEVEL} Forecast error alert in {_SERIES}: (?P<metric>\w+)=(?P<actual>\S+){_TAGS}"),
    (
        "prophet",
        (
            rf"Validation failed for prophet model:.{{1,256}}? on table:{_TABLE}, field:{_FIELD} for period from "
            rf"{_TIME} to (?P<end>{_TIME}), forecast not written to table:.+"
        ),
    ),
)
_LONGEST = 8_192  # of a default text; what is longer is somebody's own
_TEXTS = [(kind, re.compile(text, re.DOTALL)) for kind, text in TEXTS]
_LEVELS = "|".join(LEVELS)
_PREFIX = re.compile(rf"\[({_LEVELS})\]\s*|({_LEVELS}):\s*", re.IGNORECASE)
KEYS = ("dedup_key", "dedup", "key", "alias", "row")
# Substitution does not escape: a value with a quote breaks the JSON that it stands in.
_BROKEN = re.compile(r'"(\w+)"\s*:\s*"([^"]*)"(?=\s*[,}])')
# `state=firing level=WARN … key=…`: the last key takes the rest of the line.
_LAST = re.compile(rf"\b({'|'.join(KEYS)})=")
_PAIRS = re.compile(rf"(?=.*\b(?:state|status)=)(?:\w+=\S* )*?{_LAST.pattern}.*", re.DOTALL)
_COUNTED = re.compile(r":(?:count|time)(?=:|$)")
_MOVES = re.compile(rf"{_TIME}|\d{{4}}-\d\d-\d\dT\S+|(?<![\w.-])-?\d+(?:\.\d+)?%?(?![\w-])")


def identity(kind: str, said: Mapping[str, str]) -> dict[str, str]:
    parts = {name: said[name] for name in ("table", "field", "agg", "metric", "series", "tags") if said.get(name)}
    if kind == "threshold" and "row" not in said:
        parts |= {"op": said["op"], "limit": said["limit"]}  # the text of the plugin's own header has no row
    return {"check": kind, **parts}


def read(event: Event | Slack | Discord | EngineRequest, options: Options) -> Iterator[Reading]:
    match event:
        case Event():
            yield evolve(_reading(event.message, options), at=("message",))
        case Slack():
            yield evolve(_reading(event.text, options), at=("text",))
        case Discord():
            yield evolve(_reading(event.content, options), at=("content",))
        case _:
            yield evolve(_reading(event.notification_text, options), at=("notification_text",))


def _reading(told: Told, options: Options) -> Reading:
    text = told.strip() if isinstance(told, str) else ""
    mine = options.pattern.fullmatch(text) if options.pattern else None
    if mine is not None:
        return _structured(mine.groupdict(), text)
    fields = told if isinstance(told, dict) else wire.json_in(text, dict[str, wire.Json])
    if fields is not None:
        return _structured(fields, text)
    broken = dict(_BROKEN.findall(text))
    if text.startswith("{") and broken.keys() & set(KEYS) and broken.keys() & {"state", "status"}:
        malformed = Problem(ProblemCode.MALFORMED, "$", "the text is not quite JSON; what could be read was")
        return _structured(broken, text, malformed)
    if _PAIRS.fullmatch(text):
        head, key, rest = _LAST.split(text, maxsplit=1)
        return _structured(dict(pair.split("=", 1) for pair in head.split()) | {key: rest}, text)
    kind, match = _known(text)
    return _free(text) if match is None else _default(kind, match.groupdict(), text, options)


def _known(text: str) -> tuple[str, re.Match[str] | None]:
    """The kind of check whose default text this is, and its parts."""
    if len(text) <= _LONGEST:
        for kind, pattern in _TEXTS:
            match = pattern.fullmatch(text)
            if match is not None:
                return kind, match
    return "", None


def _default(kind: str, match: Mapping[str, str], text: str, options: Options) -> Reading:
    """One of the official plugins' own texts."""
    said = dict(match)
    if "row" in said:
        said["table"], said["tags"] = _row(said)
    ok = kind == "state" and said["actual"] in options.ok_values
    tags = _tags(said.get("tags", ""), ":" if "row" in said else ", ")
    measured = said.get("field") or said.get("series", "")
    return Reading(
        state=State.RESOLVED if ok else State.FIRING,
        level=None if ok else said.get("level", kind),
        identity=identity(kind, said),
        title=_title(said, measured) if kind == "threshold" else _PREFIX.sub("", text, count=1),
        message=text,
        resource=labels.host(tags),
        labels={name: said[name] for name in ("table", "field", "agg") if said.get(name)} | tags,
        values={measured: wire.number_in(said["actual"])} if "actual" in said else {},
        occurred_at=wire.rfc3339(said["end"]) if "end" in said else None,
        no_data=kind == "deadman",
        resolvable=kind == "state" and bool(options.ok_values),
    )


def _title(said: Mapping[str, str], measured: str) -> str:
    what = f"{said['agg']} of {measured}" if said.get("agg") else measured
    return f"{what} {said['op']} {said['limit']}" + (f" on {said['table']}" if said.get("table") else "")


def _row(said: Mapping[str, str]) -> tuple[str, str]:
    """The table of a row and its tags, without the level, as they stand: their parts may hold `:` themselves."""
    row, field = said["row"], said["field"]
    if said.get("table"):
        known = f"{said['table']}:{field}:" + (f"{said['agg']}:{said['level']}" if said.get("agg") else said["actual"])
        return said["table"], _COUNTED.sub("", row.removeprefix(known), count=1).removeprefix(":")
    table, found, tags = f"{row}:".partition(f":{field}:{said['level']}:")
    return (table, tags.removesuffix(":")) if found else ("", row.replace(f":{said['level']}", "", 1))


def _tags(text: str, separator: str) -> dict[str, str]:
    pairs = (tag.split("=", 1) for tag in re.split(rf"{separator}(?=[^{separator}=]+=)", text) if "=" in tag)
    return {name: value for name, value in pairs if value not in ("None", "nan")}  # texts for a tag that is absent


def _structured(fields: Mapping[str, Any], text: str, *problems: Problem) -> Reading:
    """A text or object of the user's own, with names for its parts."""
    word, level = _first(fields, "state", "status"), _first(fields, "severity", "level")
    state = STATES.get(word.strip().lower())
    key = _first(fields, *KEYS)
    whole = text or _flat(fields)
    title = _first(fields, "title", "summary")
    tags = {
        name: _first(below, name)
        for below in (fields.get("labels"), fields.get("tags"))
        if isinstance(below, dict)
        for name in below
    }
    value = _first(fields, "value")
    told = list(problems)
    if state is None:
        code = ProblemCode.STATE_UNKNOWN if word else ProblemCode.STATE_GUESSED
        told.append(Problem(code, "$", "the state is none of firing and resolved; it fires"))
    if not key:
        told.append(Problem(ProblemCode.KEY_FALLBACK, "$", "there is no key; it is made of the title or text"))
    return Reading(
        state=state or State.FIRING,
        # The level of a recovery is that of its own, inverse condition.
        level=None if state is State.RESOLVED else level or "text",
        identity={"key": _without_level(key, level)} if key else {"text": _still(title or whole) or "blank"},
        title=title or _without_level(key, level) or whole,
        message=_first(fields, "description", "text", "message") or text,
        resource=_first(fields, "resource", "source", "host") or labels.host(tags),
        labels=tags,
        links={name: _first(fields, name) for name in ("link", "url") if _first(fields, name)},
        values={_first(fields, "field") or "value": wire.number_in(value)} if value else {},
        occurred_at=wire.rfc3339(_first(fields, "occurred_at")),
        problems=tuple(told),
    )


def _first(fields: Mapping[str, Any], *names: str) -> str:
    """The first of these fields that holds text or a number, as text."""
    found = (fields[name] for name in names if type(fields.get(name)) in (str, int, float) and fields[name] != "")
    return next((one if isinstance(one, str) else wire.number_text(one) for one in found), "")


def _flat(fields: Mapping[str, Any]) -> str:
    """What an object says, without what moves between firing and recovery."""
    names = sorted(fields.keys() - {"state", "status", "severity", "level", "value", "threshold", "occurred_at"})
    return " ".join(f"{name}={_first(fields, name)}" for name in names if _first(fields, name))


def _without_level(key: str, level: str) -> str:
    # `$row` holds the level of the condition: WARN when it fires, INFO when its inverse does.
    words = re.escape(level) if level.upper() in LEVELS else "INFO|WARN|ERROR|CRITICAL"
    return re.sub(rf":(?:{words})(?=:|$)", "", key, count=1, flags=re.IGNORECASE)


def _free(text: str) -> Reading:
    """Any other text: its level stands at the front, its identity is what does not move."""
    found = _PREFIX.match(text)
    rest = text[found.end() :] if found else text
    problem = Problem(ProblemCode.KEY_FALLBACK, "$", "the text names no key; it is made of the text without what moves")
    return Reading(
        state=State.FIRING,
        level=(found[1] or found[2]) if found else "text",
        identity={"text": _still(rest) or "blank"},
        title=rest.partition("\n")[0],
        message=text,
        resolvable=False,
        problems=(problem,),
    )


def _still(text: str) -> str:
    """A text without levels, times and numbers that stand alone: the same whenever it is said again."""
    return " ".join(_MOVES.sub("#", _PREFIX.sub("", text, count=1)).split())


def recognise(document: Any, _request: Request) -> Mark | None:
    if type(document) is not dict:
        return None
    if document.keys() >= {"notification_text", "senders_config"}:
        return Mark("it is a request to the Notifier plugin")
    if len(document) == 1 and document.keys() <= {"message", "text", "content"}:
        (text,) = document.values()
        if type(text) is str and _known(text.strip())[1] is not None:
            return Mark("its text is that of an official check plugin")
    return None


adapter = Adapter(
    name="influxdb3",
    title="InfluxDB 3",
    wire=Event | Slack | Discord | EngineRequest,
    read=read,
    levels=LEVELS,
    open_levels=True,
    marks=recognise,
    timed=False,
    options=Options,
    unrendered=re.compile(r"\$\{?[a-z_]+\}?"),
)

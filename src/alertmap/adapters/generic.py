"""Any sender that posts JSON or a form of its own.

Point it at `https://receiver.example/generic?token=…` and tell the source where things stand in what it sends:

    options = { state = "$.alert.status", states = { Alarm = "firing", Fine = "resolved" }, key = "$.alert.rule",
                title = "$.alert.text", severity = "$.alert.prio", levels = { 1 = "critical", 2 = "high" } }

A place is a key, or a path that begins with `$`: `$.items[0]['a.b']`. What `state`, `key` and `title` name must be
there, or the request is refused. Words in `states` mean `firing`, `acknowledged`, `suppressed`, `resolved`, `no_data`
or `test`; where they are given, all other words are refused, else the usual words count and an unknown one fires. There
are also `message`, `resource`, `labels`, `link` and `occurred`, the time since when the state holds.

What is not named is looked for under its usual spellings (`status`, `severity`, `alert_id`, `title`, `host`, …), and
each guess is a problem of the alert: use them to write the options. A number as severity means nothing until `levels`
says what.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

from attrs import Factory

from alertmap import wire
from alertmap.adapter import Adapter, Mark, Said, normalise
from alertmap.conventions import labels
from alertmap.intake.envelope import unwrap
from alertmap.model import Notice, Problem, ProblemCode, Reading, Reason, Request, Severity, State
from alertmap.paths import JsonPath, format_path
from alertmap.strict_json import Limits


@wire.model
class Event:
    document: wire.Rest


@wire.model(closed=True)
class Options:
    state: wire.Path | None = None
    states: dict[str, Literal["firing", "acknowledged", "suppressed", "resolved", "no_data", "test"]] = Factory(dict)
    severity: wire.Path | None = None
    levels: dict[str, Severity] = Factory(dict)
    key: wire.Path | list[wire.Path] | None = None
    title: wire.Path | None = None
    message: wire.Path | None = None
    resource: wire.Path | None = None
    occurred: wire.Path | None = None
    labels: wire.Path | None = None
    link: wire.Path | None = None


def _table(lines: Mapping[str, str]) -> dict[str, str]:
    return {word: meaning for meaning, words in lines.items() for word in words.split(", ")}


STATES = _table(
    {
        "firing": "firing, trigger, triggered, alert, alerting, alarm, problem, open, opened, new, active, activated,"
        " create, created, down, critical, crit, error, fail, failed, failure, failing, warning, warn, fired, raise,"
        " raised, unhealthy, start, started",
        "resolved": "resolve, resolved, ok, recover, recovered, recovery, close, closed, clear, cleared, up, normal,"
        " success, healthy, deactivated, fixed, end, ended",
        "acknowledged": "ack, acknowledge, acknowledged, acknowledgement, accepted, in progress",
        "no_data": "nodata, no data, no_data, insufficient_data, unknown, stale",
        "suppressed": "muted, suppressed, silenced, snoozed, paused, maintenance, ignored",
        "test": "test, ping, verification",
    }
)

LEVELS = {
    word: Severity(name)
    for word, name in _table(
        {
            "critical": "critical, crit, fatal, emergency, alert, disaster, blocker, p1, sev0, sev1, sev-0, sev-1",
            "high": "high, error, err, major, severe, p2, sev2, sev-2",
            "medium": "medium, moderate, warning, warn, average, minor, p3, sev3, sev-3",
            "low": "low, notice, p4, sev4, sev-4",
            "info": "info, informational, information, debug, verbose, trivial, p5, sev5, sev-5",
        }
    ).items()
}

ALIASES = {
    name: tuple(words.split())
    for name, words in {
        "state": "state status alertstate alertstatus eventtype eventaction action eventstatus transition"
        " alerttransition currentstate monitorstatus messagetype type",
        "severity": "severity priority level alertlevel urgency importance criticality loglevel eventstatus",
        "key": "dedupkey alertkey alertuid fingerprint incidentkey incidentid alias entityid alertid checkid monitorid"
        " id",
        "title": "title titlerule summary alertname rulename name subject message",
        "message": "message description body text details content reason output",
        "resource": "host hostname node entity resource instance device monitorname service source",
        "link": "url link alerturl sourceurl linktoupstreamdetails clienturl permalink dashboardurl",
        "occurred": "timestamp time date occurredat eventtime",
        "start": "createdat startedat firedat",
        "end": "endtime endedat resolvedat recoveredat clearedat",
        "labels": "labels tags customdetails details metadata attributes annotations",
        "firing": "firing alert isalarm",
        "resolved": "resolved isresolved",
    }.items()
}
"""Usual spellings, in lower case and without `_`, `-` and blanks; the first that is there counts."""

TEMPLATE = r"\{\{[^{}]*\}\}|\$\{[^{}]*\}"
ABSENT = re.compile(rf"|null|none|n/a|{TEMPLATE}|\$[a-z_][\w.]*|##\w+##|\*\w+\*|%\w+%|\{{[\w.]+\}}", re.IGNORECASE)
UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
STATE = "|".join(sorted(STATES, key=len, reverse=True))
STATE_BEFORE = re.compile(rf"(?:\[(?:{STATE})(?::[0-9]+)?\]\s*)+", re.IGNORECASE)
FLAGS = {"true": True, "1": True, "false": False, "0": False}


class Fields:
    """The fields of one document: what the options name, and of all else the usual spellings."""

    def __init__(self, document: Mapping[str, Any], options: Options, at: JsonPath = ()) -> None:
        self.document = document
        self.options = options
        self.at = at
        self.problems: list[Problem] = []
        self.taken: set[str] = set()
        self.spelt: dict[str, list[str]] = {}
        for key in document:
            self.spelt.setdefault(re.sub(r"[\s_-]", "", key).casefold(), []).append(key)

    def tell(self, code: ProblemCode, where: JsonPath, told: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(code, format_path((*self.at, *where)), told))

    def guesses(self, name: str) -> Iterator[tuple[str, Any]]:
        """Key and value of each usual spelling that is there and says something."""
        keys = [key for alias in ALIASES[name] for key in self.spelt.get(alias, ()) if key not in self.taken]
        return ((key, self.document[key]) for key in keys if not _is_absent(self.document[key]))

    def take(self, name: str, key: str, code: ProblemCode = ProblemCode.SYNONYM) -> None:
        """Use a guess, and say so."""
        self.taken.add(key)
        self.tell(code, (key,), f"this was taken as `{name}`, which no option names")

    def needed(self, name: str, place: wire.PathOption) -> str:
        """The text at a place that the options name; it must be there."""
        text = wire.scalar_text(place.find(self.document))
        if text is None or _is_absent(text):
            raise wire.Mismatch((place.where, f"expected text, as the option `{name}` says, found none"))
        return text

    def text(self, name: str) -> str:
        """The text of a field that may be missing: of that which the options name, or of the first guess."""
        place = getattr(self.options, name)
        if place is not None:
            text = wire.scalar_text(place.find(self.document))
            if text is not None and not _is_absent(text):
                return text
            self.tell(ProblemCode.MISSING, place.where, f"expected text, as the option `{name}` says, found none")
            return ""
        for key, value in self.guesses(name):
            text = wire.scalar_text(value)
            if text is not None:
                self.take(name, key)
                return text
        return ""

    def moment(self, value: Any, where: JsonPath) -> datetime | None:
        """A time that stands at a place; what it cannot be is told."""
        node = wire.plain(value)
        moment: datetime | None = wire.structure(node, wire.AnyTime)
        for _, code, told in node.context.warnings:
            self.tell(code, where, told)
        return moment

    def guessed_moment(self, name: str) -> datetime | None:
        """The time under the first usual spelling."""
        for key, value in self.guesses(name):
            self.take(name, key)
            return self.moment(value, (key,))
        return None


def prepare(document: Any) -> Any:
    # Any object fits this adapter, and an envelope is only opened where nothing fits.
    if type(document) is dict and unwrap(document, Limits()) is not None:
        raise wire.Mismatch(((), "expected an alert, got an envelope"))
    return wire.unwrap_payload_field(document)


def identity(fields: Fields, title: str, resource: str) -> dict[str, str]:
    named = fields.options.key or []
    places = named if isinstance(named, list) else [named]
    if places:
        return {place.text: fields.needed("key", place) for place in places}
    for key, value in fields.guesses("key"):
        text = wire.scalar_text(value)
        # A bare `id` that is a UUID is as often the message's as the alert's.
        if text is not None and not (title and normalise(key) == "id" and UUID.fullmatch(text)):
            fields.take("key", key)
            return {"key": text}
    if not title:
        return {}
    fields.tell(ProblemCode.KEY_FALLBACK, (), "there is no key; it is made of the title and the resource")
    return {"title": _stateless(title)} | ({"resource": resource} if resource else {})


def _stateless(title: str) -> str:
    """A title without the state that stands before or behind it: `[FIRING] disk`, `disk: OK`."""
    text = title.strip()
    head, _, tail = text.rpartition(":")
    if normalise(tail) in STATES:
        text = head.rstrip()
    before = STATE_BEFORE.match(text)
    return (text[before.end() :] if before else text) or title


def read(event: Event, options: Options) -> Iterator[Said]:
    fields = _unwrapped(event.document, options)
    try:
        state, word = _state(fields)
        if state == "test":
            yield Notice(reason=Reason.TEST)
        else:
            yield _reading(fields, state, word)
    except wire.Mismatch as error:
        yield from error.problems()


def _unwrapped(document: Mapping[str, Any], options: Options) -> Fields:
    """The fields of the document, or of what stands in its `data` or `result`, if it has none itself."""
    fields = Fields(document, options)
    while not _names(options) and len(fields.at) < MAX_WRAPPERS:
        if any(True for name in ("state", "severity", "key", "title") for _ in fields.guesses(name)):
            break
        inner = next((key for key in ("data", "result") if type(fields.document.get(key)) is dict), None)
        if inner is None:
            break
        fields = Fields(fields.document[inner], options, (*fields.at, inner))
    return fields


MAX_WRAPPERS = 4


def _reading(fields: Fields, state: str, word: str) -> Reading:
    options = fields.options
    level = _level(fields, word)
    title = fields.needed("title", options.title) if options.title else fields.text("title")
    message = fields.text("message")
    resource = fields.text("resource")
    parts = identity(fields, title, resource)
    link = fields.text("link")
    started, occurred = _times(fields, state)
    found = _labels(fields)
    return Reading(
        state=State.FIRING if state == "no_data" else State(state),
        level=level,
        identity=parts,
        title=title,
        message=message,
        resource=resource or labels.host(found),
        labels=found,
        links={"link": link} if link else {},
        started_at=started,
        occurred_at=occurred,
        no_data=state == "no_data",
        problems=tuple(fields.problems),
    )


def _state(fields: Fields) -> tuple[str, str]:
    """The state, and the word that says it."""
    place = fields.options.state
    if place is not None:
        word = fields.needed("state", place)
        return _meaning(fields, word, place.where), word
    for key, value in fields.guesses("state"):
        # A number is the status of some HTTP request, and `ping` the type of many a check.
        is_other = key.casefold() == "type" and normalise(str(value)) in ("ping", "verification")
        if type(value) is str and not value.strip().isdigit() and not is_other:
            fields.take("state", key)
            return _meaning(fields, value, (key,)), value
    return _untold(fields), ""


def _meaning(fields: Fields, word: str, where: JsonPath) -> str:
    contract = fields.options.states
    known: Mapping[str, str] = {normalise(one): state for one, state in contract.items()} or STATES
    if normalise(word) in known:
        return known[normalise(word)]
    if contract:
        raise wire.Mismatch((where, f"expected {' or '.join(contract)}, got another word"))
    if normalise(word) in LEVELS:
        fields.tell(ProblemCode.STATE_GUESSED, where, "the state is a severity; it was taken as firing")
    else:
        fields.tell(ProblemCode.STATE_UNKNOWN, where, "the state is none that is known; it was taken as firing")
    return "firing"


def _untold(fields: Fields) -> str:
    for name, other in (("firing", "resolved"), ("resolved", "firing")):
        for key, value in fields.guesses(name):
            flag = FLAGS.get(normalise(wire.scalar_text(value) or ""))
            if flag is not None:
                fields.take("state", key, ProblemCode.STATE_GUESSED)
                return name if flag else other
    for key, value in fields.guesses("end"):
        if wire.structure(wire.plain(value), wire.AnyTime) is not None:
            fields.tell(ProblemCode.STATE_GUESSED, (key,), "there is an end and no state; it was taken as resolved")
            return "resolved"
    fields.tell(ProblemCode.STATE_GUESSED, (), "no state was found; it was taken as firing")
    return "firing"


def _level(fields: Fields, word: str) -> str | None:
    options = fields.options
    own = {normalise(one): severity.value for one, severity in options.levels.items()}
    known = LEVELS.keys() | own
    if options.severity is not None:
        texts = [("", wire.scalar_text(options.severity.find(fields.document)))]
    else:
        texts = [(key, wire.scalar_text(value)) for key, value in fields.guesses("severity")]
    # A recovery has its own state there: Ok, Normal. That does not say what ended.
    words = [(key, text) for key, text in texts if text and (normalise(text) in known or normalise(text) not in STATES)]
    if words:
        key, text = min(words, key=lambda pair: normalise(pair[1]) not in known)
        if options.severity is None:
            fields.take("severity", key)
        return own.get(normalise(text), text)
    # Some have one word for both: Critical, Warning, Ok. But `alert` is rather a state.
    return own.get(normalise(word)) or (word if normalise(word) in LEVELS and normalise(word) != "alert" else None)


def _times(fields: Fields, state: str) -> tuple[datetime | None, datetime | None]:
    """When it began, and since when the state holds."""
    place = fields.options.occurred
    if place is not None:
        started, occurred = None, fields.moment(place.find(fields.document), place.where)
    else:
        started = fields.guessed_moment("start")
        ended = fields.guessed_moment("end") if state == "resolved" else None
        said = fields.guessed_moment("occurred")
        occurred = (ended if state == "resolved" else started) or said
    if occurred is None and not any(problem.code is ProblemCode.BAD_TIME for problem in fields.problems):
        fields.tell(ProblemCode.TIME_MISSING, place.where if place else (), "nothing says since when this holds")
    return started, occurred


def _labels(fields: Fields) -> dict[str, str]:
    place = fields.options.labels
    if place is not None:
        value = place.find(fields.document)
        if value is None:
            fields.tell(ProblemCode.MISSING, place.where, "expected labels, as the option `labels` says, found none")
        return _flat([(str(*place.where[-1:]), value)])
    named = [(key, value) for key, value in fields.guesses("labels") if type(value) in (dict, list)]
    for key, _ in named:
        fields.take("labels", key)
    if not _names(fields.options):
        named.append(("", {key: value for key, value in fields.document.items() if key not in fields.taken}))
    return _flat(named)


def _flat(named: Iterable[tuple[str, Any]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in named:
        for names, text in wire.flatten(value):
            if not _is_absent(text):
                found.setdefault(".".join(names) or name, text)
    found.pop("", None)
    return found


def _names(options: Options) -> bool:
    """Whether the options name any place."""
    places = (options.state, options.severity, options.key, options.title, options.message, options.resource)
    return any((*places, options.occurred, options.labels, options.link))


def _is_absent(value: Any) -> bool:
    text = wire.scalar_text(value)
    return text is not None and ABSENT.fullmatch(text.strip()) is not None


def recognise(_document: Any, _request: Request) -> Mark | None:
    # Whatever posts JSON fits: only its owner can say that a request is generic.
    return None


adapter = Adapter(
    name="generic",
    title="Generic JSON or form",
    wire=Event,
    read=read,
    levels=LEVELS,
    open_levels=True,
    marks=recognise,
    formats=frozenset({"json", "form"}),
    many=True,
    timed=False,  # `read` tells where the time should be
    prepare=prepare,
    options=Options,
    unrendered=re.compile(TEMPLATE),
)

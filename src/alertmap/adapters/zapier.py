"""Zapier, Pipedream, ITOC360's GitHub Action and SDKs: the contract of trigger and resolve.

In the Zap: the action "Webhooks by Zapier", event POST, to `https://receiver.example/zapier?token=…`, payload type
Json, with the data `title`, `status` (`trigger`), `id`, `severity` (`critical`, `high`, `medium` or `low`) and
`message`. A second Zap, or path, sends `status` = `resolve` with the same `id`: map something that both know, such as a
ticket's number, never a time or the run of the Zap. Without an id the title is the identity: keep it the same in both.

"Test step" really sends, and nothing tells it from an alert. Other keys become labels, `labels__host` as well as a
nested `{"labels": {"host": …}}`; `url` or `link` becomes a link, `timestamp` the time since when the state holds, which
lets an alert that Zapier replays hours later be told from a new one. Forms, XML (with the extra `xml`), a query, a form
field `payload` that holds JSON, and an array of alerts are read as well.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any

from attrs import Factory

from alertmap import wire
from alertmap.adapter import Adapter, Mark, Rank, Said, first_event, normalise
from alertmap.conventions import labels
from alertmap.model import Problem, ProblemCode, Reading, Request, Severity, State
from alertmap.paths import format_path

CONTRACT = ("trigger", "resolve")
SEVERITIES = ("critical", "high", "medium", "low")

FIRING = "trigger triggered alert alerting firing fire open opened create created problem new active down"
RESOLVED = "resolve resolved close closed recover recovered recovery ok up clear cleared done"
STATES = (
    dict.fromkeys(FIRING.split(), State.FIRING)
    | dict.fromkeys(RESOLVED.split(), State.RESOLVED)
    | dict.fromkeys(("acknowledge", "acknowledged", "ack"), State.ACKNOWLEDGED)
)

NAMES = {
    "title": ("summary", "name", "subject"),
    "status": ("event_type", "state", "action"),
    "message": ("description", "body", "text"),
    "id": ("dedup_key", "alert_id", "fingerprint", "key"),
    "severity": ("priority", "level", "urgency"),
    "timestamp": (),
    "url": (),
    "link": (),
}
"""The keys, and what people write instead."""


@wire.model
class Event:
    """An alert after `prepare`: the contract's own keys, all others in `labels`."""

    title: wire.ScalarText
    status: Annotated[State, wire.enum_word(STATES, CONTRACT)]
    message: wire.ScalarText = ""
    id: wire.SingleText = ""
    severity: wire.SingleText = ""
    timestamp: wire.AnyTime = None
    url: wire.ScalarText = ""
    link: wire.ScalarText = ""
    labels: dict[str, str] = Factory(dict)
    spelt: dict[str, str] = Factory(dict)  # key of the contract to the key as it was sent, where they differ
    twice: list[str] = Factory(list)  # keys that were sent in two spellings with two values


LEVELS = {
    word: severity
    for severity, words in {
        Severity.CRITICAL: "critical crit fatal emergency p1 sev1 1",
        Severity.HIGH: "high error err major p2 sev2 2",
        Severity.MEDIUM: "medium moderate warning warn p3 sev3 3",
        Severity.LOW: "low minor p4 sev4 4",
        Severity.INFO: "info informational notice p5 sev5 5",
    }.items()
    for word in words.split()
}


def prepare(document: Any) -> Any:
    document = _unwrapped(document)
    if type(document) is not list:
        return _prepared(document)
    if not document:
        raise wire.Mismatch(((), "expected at least one alert, got an empty list"))
    return [_prepared(event) for event in document]


def _unwrapped(document: Any) -> Any:
    """What stands in a form field `payload`, in the root element of XML or in any one key that is none of ours."""
    for _ in range(4):
        if type(document) is dict and document.get("title") is not None:
            break
        document = wire.unwrap_payload_field(document)
        keys = wire.informative_keys(document) if type(document) is dict else []
        if len(keys) != 1 or normalise(keys[0]) in _KNOWN or type(document[keys[0]]) not in (dict, list):
            break
        document = document[keys[0]]
    return document


_KNOWN = frozenset(word for name, synonyms in NAMES.items() for word in (name, *synonyms)) | {"labels"}


def _prepared(event: Any) -> Any:
    if type(event) is not dict:
        return event
    spellings: dict[str, list[str]] = {}
    for key in event:
        spellings.setdefault(normalise(key), []).append(key)
    fields: dict[str, Any] = {}
    spelt, twice = dict[str, str](), list[str]()
    rest = dict(event)
    for name, synonyms in NAMES.items():
        word = next(filter(spellings.__contains__, (name, *synonyms)), None)
        if word is None:
            continue
        keys = [name] if name in event else spellings[word]
        fields[name], *others = [rest.pop(key) for key in keys]
        if any(other != fields[name] for other in others):
            twice.append(name)
        if keys[0] != name:
            spelt[name] = keys[0]
    return fields | {"labels": _labels(rest) if rest else {}, "spelt": spelt, "twice": twice}


def _labels(rest: dict[str, Any]) -> dict[str, str]:
    named = {".".join(part for name in names for part in _parts(name)): text for names, text in wire.flatten(rest)}
    return {name: text for name, text in named.items() if name}


def _parts(name: str) -> list[str]:
    # Zapier nests at a double underscore, six deep at the most, if "Unflatten" is on; both ways are one label.
    return [name] if name.startswith("__") or name.endswith("__") else name.split("__")[:6]


def identity(event: Event) -> dict[str, str]:
    # ITOC360 keeps the MD5 of just this value.
    return {"id": event.id.strip()} if event.id.strip() else {"title": event.title.strip()}


def read(event: Event) -> Iterator[Said]:
    yield from list[Said](_refused(event)) or [_reading(event)]


UNRENDERED = re.compile(r"\{\{[^{}]*\}\}")


def _refused(event: Event) -> Iterator[Problem]:
    if not event.title.strip():
        yield _problem(ProblemCode.BAD_ELEMENT, event, "title", "expected text that is not blank")
    for name, text in (("title", event.title), ("id", event.id)):
        if UNRENDERED.fullmatch(text.strip()):
            yield _problem(ProblemCode.BAD_ELEMENT, event, name, "expected text, got a template that was not filled in")
    for name in event.twice:
        yield _problem(ProblemCode.BAD_ELEMENT, event, name, "expected one value, got two under two spellings")


def _reading(event: Event) -> Reading:
    level, named = event.severity.strip(), identity(event)
    problems = [_problem(ProblemCode.SYNONYM, event, name, f"it was understood as {name}") for name in event.spelt]
    if normalise(level) in LEVELS and normalise(level) not in SEVERITIES:
        told = f"a word that the contract does not name; it names {', '.join(SEVERITIES)}"
        problems.append(_problem(ProblemCode.SYNONYM, event, "severity", told))
    if "id" not in named:
        problems.append(_problem(ProblemCode.KEY_FALLBACK, event, "id", "there is no id; the key is made of the title"))
    return Reading(
        state=event.status,
        level=level or None,
        identity=named,
        title=event.title,
        message=event.message,
        resource=labels.host({name.removeprefix("labels."): text for name, text in event.labels.items()}),
        labels=event.labels,
        links={name: url for name, url in (("url", event.url), ("link", event.link)) if url},
        occurred_at=event.timestamp,
        problems=tuple(problems),
    )


def _problem(code: ProblemCode, event: Event, name: str, told: str) -> Problem:
    return Problem(code, format_path((event.spelt.get(name, name),)), told)


def recognise(document: Any, _request: Request) -> Mark | None:
    try:
        document = _unwrapped(document)
    except wire.Mismatch:
        return None
    event = first_event(document)
    if type(event) is dict and type(event.get("title")) is str and type(event.get("status")) is str:
        status = normalise(event["status"])
        if status in CONTRACT:
            return Mark(f"it has a title, and {status} as its status", Rank.WEAK)
    return None


adapter = Adapter(
    name="zapier",
    title="Zapier",
    wire=Event,
    read=read,
    levels=LEVELS,
    marks=recognise,
    formats=frozenset({"json", "form", "xml", "query"}),
    many=True,
    timed=False,
    prepare=prepare,
    unrendered=UNRENDERED,
)

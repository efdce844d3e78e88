"""Zapier, Pipedream, ITOC360's GitHub Action and SDKs: the contract of trigger and resolve.

Set up:

1. In the Zap add the action "Webhooks by Zapier", event POST, to `https://receiver.example/zapier?token=…`, payload
   type Json, with the data `title`, `status` (`trigger`), `id`, `severity` (`critical`, `high`, `medium` or `low`) and
   `message`. This is what arrives:

   ```json
   {"id": "TICKET-7", "status": "trigger", "severity": "high", "title": "Checkout fails", "message": "3 of 5 orders"}
   ```

2. A second Zap, or path, sends `status` = `resolve` with the same `id`: map something that both know, such as a
   ticket's number, never a time or the run of the Zap. Without an id the title is the identity: keep it the same in
   both.

Other keys become labels, `labels__host` as well as a nested `{"labels": {"host": …}}`; `url` or `link` becomes a link,
`timestamp` the time at which this was sent, by which a request that Zapier replays hours later is known as old. Forms,
`multipart/form-data` (with the extra `forms`), XML (with the extra `xml`), a query, a form field `payload` that holds
JSON, and an array of alerts are read as well.

Limits: "Test step" really sends, and nothing tells it from an alert. A status of other words than the usual ones fires.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any

from attrs import evolve

from alertmap import conventions, wire
from alertmap.adapter import (
    Adapter,
    Problem,
    ProblemCode,
    Rank,
    Reading,
    Request,
    Severity,
    Shape,
    State,
    Times,
    normalise,
)
from alertmap.paths import format_path

CONTRACT = ("trigger", "resolve")
SEVERITIES = ("critical", "high", "medium", "low")

# A severity as the status comes from a wrong column of the Zap: it fires as an unknown word.
NO_STATES = {"critical", "crit", "error", "warning", "warn"}
STATES = {word: state for word, state in conventions.STATES.items() if word not in NO_STATES}

LEVELS = conventions.LEVELS | {
    "1": Severity.CRITICAL,
    "2": Severity.HIGH,
    "3": Severity.MEDIUM,
    "4": Severity.LOW,
    "5": Severity.INFO,
}

TEMPLATE = r"\{\{[^{}]*\}\}"


def read_status(node: wire.Node) -> Any:
    value = node.value
    if type(value) is list and value and all(one == value[0] for one in value):
        value = value[0]  # line items repeat what is the same for all
    word = value.strip().rstrip(".!,;: ") if type(value) is str else value
    if type(word) is str and wire.state_word(word) in STATES and wire.state_word(word) not in CONTRACT:
        node.warn(ProblemCode.SYNONYM, f"the contract names {' and '.join(CONTRACT)} only")
    return STATUS.decode(wire.Node(word, node.where, node.context))


def read_severity(node: wire.Node) -> str:
    text: str = wire.structure(node, wire.SingleText).strip()
    if wire.loosen(text) in LEVELS and normalise(text) not in SEVERITIES:
        node.warn(ProblemCode.SYNONYM, f"the contract names {', '.join(SEVERITIES)} only")
    return text


STATUS = wire.state(STATES)
SEVERITY = wire.Encoding("severity", read_severity, (*LEVELS, "x", "", None, 3, ["high", "high"]))


@wire.model(loose_keys=True)
class Event:
    title: Annotated[wire.ScalarText, wire.synonyms("summary", "name", "subject")] = ""
    status: Annotated[
        State, evolve(STATUS, decode=read_status, fast_path=None), wire.synonyms("event_type", "state", "action")
    ]
    message: Annotated[wire.ScalarText, wire.synonyms("description", "body", "text")] = ""
    id: Annotated[wire.SingleText, wire.synonyms("dedup_key", "alert_id", "fingerprint", "key")] = ""
    severity: Annotated[str, SEVERITY, wire.synonyms("priority", "level", "urgency")] = ""
    timestamp: wire.AnyTime = None
    url: wire.ScalarText = ""
    link: wire.ScalarText = ""
    rest: wire.Rest


def prepare(document: Any) -> Any:
    """Take off a form field `payload`, the root element of XML, and any one key that is none of the contract's."""
    for _ in range(MAX_WRAPPERS):
        if type(document) is dict and not (document.get("title") is None and document.get("status") is None):
            break
        document = wire.unwrap_payload_field(document)
        key = wire.only_key(document)
        if key is None or wire.loosen(key) in OWN_KEYS or type(document[key]) not in (dict, list):
            break
        document = document[key]
    if document == []:
        raise wire.Mismatch(((), "expected at least one alert, got an empty list"))
    return document


MAX_WRAPPERS = 4
OWN_KEYS = {wire.loosen(key) for field in wire.fields(Event) for key in field.keys} | {"labels"}


def read(event: Event) -> Reading:
    labels, problems = labels_of(event)
    return Reading(
        state=event.status,
        level=event.severity,
        # ITOC360 keeps the MD5 of just this value.
        identity=[{"id": event.id.strip()}, {"title": event.title.strip()}],
        title=event.title,
        message=event.message,
        resource=conventions.host(hosts(labels)),
        labels=labels,
        links={"url": event.url, "link": event.link},
        occurred_at=event.timestamp,
        times=None if event.timestamp else Times.NONE,
        problems=(*islice(second_spellings(event), MOST_SPELLINGS), *problems),
    )


MOST_SPELLINGS = 8


def labels_of(event: Event) -> tuple[dict[str, str], tuple[Problem, ...]]:
    flat = wire.flatten(event.rest)
    named = {label(names): text for names, text in flat}
    named.pop("", None)
    return named, flat.problems


def label(names: tuple[str, ...]) -> str:
    joined = ".".join(names)
    return ".".join(part for name in names for part in parts(name)) if "__" in joined else joined


def hosts(labels: dict[str, str]) -> dict[str, str]:
    """The labels that name a host, also where they stand in `labels`."""
    own = ((name.removeprefix("labels."), text) for name, text in labels.items())
    return {name: text for name, text in own if name in conventions.HOSTS}


def parts(name: str) -> list[str]:
    # Zapier nests at a double underscore, six deep at the most, if "Unflatten" is on; both ways are one label.
    return [name] if name.startswith("__") or name.endswith("__") else name.split("__")[:6]


def second_spellings(event: Event) -> Iterator[Problem]:
    """A problem for each key of the identity that was sent with two values, under two spellings."""
    used = {"id": event.id, "title": event.title}
    for key, value in event.rest.items():
        name = wire.loosen(key)
        if name in used and wire.scalar_text(value) != used[name]:
            message = f"a second spelling of `{name}`; it became a label"
            yield Problem(ProblemCode.DUPLICATE_FIELD, format_path((key,)), message)


def is_contract(document: Any, _request: Request) -> bool:
    found = document if type(document) is list else [document]
    event = next((one for one in found if type(one) is dict), {})
    title, word = event.get("title"), event.get("status")
    return type(title) is str and type(word) is str and normalise(word) in CONTRACT


adapter = Adapter(
    name="zapier",
    title="Zapier",
    shapes=[Shape(Event, read, marks=is_contract, rank=Rank.WEAK)],
    levels=LEVELS,
    formats={"json", "form", "multipart", "xml", "query"},
    many=True,
    times=Times.STATED,
    prepare=prepare,
    templates=re.compile(TEMPLATE),
    placeholders=re.compile(rf"\s*+(?:{TEMPLATE})?\s*+"),
    identity_parts={"id", "title"},
)

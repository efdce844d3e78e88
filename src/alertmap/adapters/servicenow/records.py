"""Incidents, and alerts of Event Management, as a business rule or the Table API writes them.

Sources: the vendor's pages on incident states and on the table `em_alert`; the script of ilert's guide; Keep's mapping.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, get_args

from attrs import evolve

from alertmap import conventions, wire
from alertmap.adapter import Reading, Request, Result, Shape, State, Times
from alertmap.paths import JsonPath

# Incidents; then alerts of Event Management, which have words.
STATES = conventions.states(
    firing="1, New, Open, Reopen, Flapping",
    acknowledged="2, In Progress, 3, On Hold",
    resolved="6, Resolved, 7, Closed, 8, Canceled, Cancelled",
)
CANCELED = {"8", "canceled", "cancelled"}

SYS_ID = re.compile(r"[0-9a-f]{32}")
COUNT = re.compile(r"[0-9]{1,15}")
YES = {"true", "1"}
CLEAR = {"0", "clear"}  # severity of an alert that its monitor has cleared: no level


def stored(inner: wire.Encoding, *keys: str) -> wire.Encoding:
    """Make the encoding of a value that the Table API puts into an object, beside its display value, on request."""

    def decode(node: wire.Node) -> Any:
        if type(node.value) is dict:
            key = next((key for key in (*keys, "value") if key in node.value), None)
            node = node if key is None else node.at(key, node.value[key])
        return inner.decode(node)

    examples = (*inner.examples, *({"value": example} for example in inner.examples[:3]))
    return evolve(inner, decode=decode, fast_path=None, passthrough=frozenset(), examples=examples)


TEXT: wire.Encoding = get_args(wire.AnyText)[1]

Stored = Annotated[str, stored(TEXT)]
Display = Annotated[str, stored(TEXT, "display_value")]


@wire.model
class Record:
    """Incident, or alert of Event Management."""

    sys_id: Stored = ""
    number: Stored = ""
    sys_class_name: Stored = ""
    server_url: wire.Text = ""
    state: Annotated[State | None, stored(wire.state(STATES))] = None
    word: Annotated[str, stored(TEXT), wire.named("state")] = ""
    short_description: Stored = ""
    description: Stored = ""
    priority: Stored = ""
    severity: Stored = ""  # of an incident it is not the level
    category: Stored = ""
    cmdb_ci: Display = ""
    node: Stored = ""
    assignment_group: Display = ""
    source: Stored = ""
    message_key: Stored = ""
    acknowledged: Stored = ""
    maintenance: Stored = ""
    sys_updated_on: Annotated[datetime | None, stored(wire.time_in("Z"))] = None
    sys_mod_count: Stored = ""


@wire.model
class Wrapped:
    result: Annotated[Record, wire.also("record")]


@wire.model
class Queried:
    """Result of a query of the Table API."""

    result: wire.Items[Record]


def read_wrapped(event: Wrapped) -> Reading:
    return read(event.result)


def read_queried(event: Queried) -> Iterator[Result]:
    return conventions.group(event.result, read_one, is_test=lambda _: False, path="$.result")


def read_one(where: JsonPath, record: Record) -> Reading:
    return evolve(read(record), path=where)


def read(record: Record) -> Reading:
    state, word = record.state, record.word.strip()
    is_alert = record.sys_class_name == "em_alert" or record.number.startswith("Alert")
    if STATES.get(word.capitalize()) is State.FIRING:  # what is not known fires
        is_acknowledged = record.acknowledged.strip().lower() in YES
        is_muted = record.maintenance.strip().lower() in YES
        state = State.SUPPRESSED if is_muted else State.ACKNOWLEDGED if is_acknowledged else state
    sys_id, number = record.sys_id.strip(), record.number.strip()
    server = conventions.address(record.server_url.strip()).rstrip("/")
    page = f"{record.sys_class_name.strip() or 'incident'}.do?sys_id={sys_id}"
    count = record.sys_mod_count.strip()
    level = record.severity if is_alert else record.priority
    return Reading(
        state=state,
        level=None if is_alert and level.strip().lower() in CLEAR else level,
        # An instance alone would be all its records.
        identity=[{"sys_id": sys_id}, {"number": number, "instance": server if number else ""}],
        title=conventions.join(number, record.short_description or record.description),
        message=record.description,
        resource=record.node or ("" if SYS_ID.fullmatch(record.cmdb_ci) else record.cmdb_ci),
        labels={
            **wire.pick(record, "number", "category", "assignment_group", "source", "message_key"),
            "reason": "canceled" if word.lower() in CANCELED else "",
        },
        links={"record": f"{server}/nav_to.do?uri={page}" if server and SYS_ID.fullmatch(sys_id) else ""},
        occurred_at=record.sys_updated_on,
        sequence=int(count) if COUNT.fullmatch(count) else None,
        times=Times.STATED if record.sys_updated_on else Times.NONE,
    )


def is_record(document: Any, _request: Request) -> bool:
    return len({"sys_id", "number", "short_description", "sys_class_name"}.intersection(document)) > 1


def is_wrapped(document: Any, _request: Request) -> bool:
    record = document.get("result") or document.get("record")
    return type(record) is dict and is_record(record, _request)


def is_queried(document: Any, _request: Request) -> bool:
    records = document["result"]
    return bool(records) and type(records) is list and type(records[0]) is dict and is_record(records[0], _request)


SHAPES = [
    Shape(Wrapped, read_wrapped, marks=is_wrapped),
    Shape(Queried, read_queried, marks=is_queried),
    Shape(Record, read, marks=is_record),
]

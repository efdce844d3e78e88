"""How users write it: this file is only read by a type checker, and must be clean and reveal what it says."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal, assert_type

from attrs import Factory

import alertmap
from alertmap import Adapter, Alert, Batch, Detection, Priorities, Reading, Request, Severity, Source, State, wire
from alertmap.adapter import Rank, Result, Shape
from alertmap.testing import conformance


@wire.model
class Inner:
    """A model in a model."""

    _id: wire.NonBlank
    tags: dict[str, str] = Factory(dict)


@wire.model(closed=True)
class Event:
    """One of each kind of field."""

    kind: Literal["a", "b"]
    time: wire.Rfc3339
    count: wire.Number = 0
    text: wire.Text = ""
    span: wire.Nanoseconds | None = None
    inner: Inner | None = None
    items: wire.Items[Inner] = Factory(wire.Items)
    header: Annotated[str | None, wire.Header("X-Acme-Event")] = None
    now: Annotated[datetime | None, wire.ReceivedAt()] = None
    rest: wire.Rest = Factory(dict)


@wire.model(closed=True)
class Options:
    """Options of a source."""

    field: str = "host"


STATES = {"down": State.FIRING, "up": State.RESOLVED}


@wire.model(loose_keys=True)
class More:
    """Model with more than plain fields."""

    state: Annotated[State, wire.state(STATES)]
    kind: Annotated[str, wire.named("class")] = ""
    id: Annotated[str, wire.also("alertId")] = ""
    inner: wire.JsonIn[Inner]
    texts: wire.Texts = Factory(dict)
    at: wire.UtcTime = None
    began: Annotated[datetime | None, wire.time_in("+08:00")] = None
    nothing: None = None


def read(event: Event, options: Options) -> Iterator[Result]:
    """Read an event."""
    assert_type(event.kind, Literal["a", "b"])
    assert_type(event.time, datetime | None)
    assert_type(event.text, str)
    assert_type(event.inner, Inner | None)
    assert_type(event.header, str | None)
    for where, inner in event.items:
        assert_type(inner, Inner)
        yield Reading(state=State.FIRING, identity={options.field: inner._id}, path=where, started_at=event.time)


def read_more(event: More) -> Reading | None:
    """Read one with a state table."""
    assert_type(event.state, State)
    assert_type(event.inner, Inner)
    assert_type(event.at, datetime | None)
    return Reading(state=event.state, identity=[{"id": event.id or None}, {"kind": event.kind}], labels=event.texts)


def marks(document: object, request: Request) -> bool | Rank:
    """Recognise an event."""
    return Rank.WEAK if request.header("x-acme-event") and document else False


adapter = Adapter(
    name="acme",
    title="Acme",
    shapes=[Shape(Event, read, marks=marks), Shape(More, read_more, marks={"acme"}, headers={"x-acme-event": ""})],
    levels={"bad": Severity.HIGH},
    options=Options,
    many=True,
)
TestAcme = conformance(adapter, "fixtures/acme")

made = Event(kind="a", time=None, inner=Inner(_id="x"))
Event(kind="c", time=None)  # type: ignore[arg-type]
Event(kind="a", time=None, other=1)  # type: ignore[call-arg]
Inner()  # type: ignore[call-arg]
made.kind = "b"  # type: ignore[misc]

source = Source("prod", vendor="acme", options={"field": "id"}, priorities=Priorities({"bad": "low"}))
batch = alertmap.parse("acme", b"{}", source=source, limits=alertmap.Limits(max_depth=8))
assert_type(batch, Batch)
assert_type(list(batch), list[Alert])
for alert in alertmap.parse(adapter, Request("{}", headers={"A": "b"}), source="prod"):
    assert_type(alert.severity, Severity | None)
    assert_type(alert.occurred_at, datetime | None)
    assert_type(alertmap.from_dict(alertmap.to_dict(alert)), Alert)
assert_type(alertmap.parse_document(adapter, {"a": [1]}, request=Request()), Batch)
assert_type(alertmap.detect("{}"), Detection | None)
assert_type(alertmap.vendors(), tuple[str, ...])
assert_type(Severity.HIGH > Severity.LOW, bool)
try:
    alertmap.parse("acme", "{}")
except alertmap.PayloadError as error:
    assert_type(error.http_status, int)
    assert_type(error.problems[0].path, str)

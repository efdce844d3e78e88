"""Tolerance of wire models: only deciding fields refuse a document; anything else left out leaves a problem."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import pytest
from attrs import Factory
from hypothesis import given
from hypothesis import strategies as st

from alertmap import ConfigurationError, Request, State, wire
from alertmap.adapter import Adapter, Reading, Shape
from alertmap.model import ProblemCode
from alertmap.testing.strategies import anything, documents
from alertmap.wire._compiled import structure_slow
from alertmap.wire.models import fields


def structured(value: Any, hint: Any) -> tuple[Any, list[tuple[str, str]]]:
    """Structure a value with the compiled and the slow code, which must agree; return value and problems."""
    ends = []
    for structure in (wire.structure, structure_slow):
        context = wire.ParseContext(Request(), None)
        ends.append((structure(wire.Node(value, (), context), hint), context.warnings))
    assert ends[0] == ends[1]
    built, warnings = ends[0]
    return built, [(code.value, ".".join(map(str, where))) for where, code, _ in warnings]


def refused(value: Any, hint: Any) -> str:
    """Return the message of the refusal."""
    with pytest.raises(wire.Mismatch) as caught:
        wire.structure(wire.Node(value, (), wire.ParseContext(Request(), None)), hint)
    return str(caught.value)


STATES = {"down": State.FIRING, "up": State.RESOLVED, "grace": None, "true": State.FIRING, "1": State.RESOLVED}


@wire.model
class Event:
    """A model with deciding fields and others."""

    id: wire.Text
    kind: Literal["a", "b"] = "a"
    nothing: None = None
    count: int = 0
    when: wire.Rfc3339 = None
    tags: dict[str, wire.Number] = Factory(dict)
    names: list[str] = Factory(list)


def test_a_field_without_a_default_decides() -> None:
    """A model refuses a missing or mistyped required field; null is accepted where the type allows it."""
    assert refused({}, Event) == "expected text, number or null, found nothing @ $.id"
    assert refused({"id": []}, Event) == "expected text, number or null, got list @ $.id"
    assert structured({"id": None}, Event) == (Event(id=""), [])


@pytest.mark.parametrize("change", [{"kind": "c"}, {"kind": 1}, {"nothing": 0}])
def test_literals_and_null_decide_with_a_default(change: dict[str, Any]) -> None:
    """A word outside a literal, or a value where null is required, is refused in spite of a default."""
    assert not wire.fits(Event, {"id": "x", **change})
    refused({"id": "x", **change}, Event)


@pytest.mark.parametrize("value", ["x", [], {}, True, 1.5])
def test_a_field_with_a_default_never_refuses(value: Any) -> None:
    """A mistyped field takes its default, and the problem has its path."""
    event, problems = structured({"id": "x", "count": value}, Event)
    assert (event, problems) == (Event(id="x"), [("bad_field", "count")])


def test_null_is_the_default() -> None:
    """Null gives the default without a problem; null entries of an object are dropped."""
    sent = {"id": "x", "kind": None, "count": None, "tags": {"a": None, "b": 2}, "names": None}
    assert structured(sent, Event) == (Event(id="x", tags={"b": 2}), [])


def test_bad_entries_are_left_out_one_by_one() -> None:
    """The first eight bad entries have a problem each, the others one together."""
    event, problems = structured({"id": "x", "tags": {"a": "97", "b": 2}, "names": ["a", 1, "b", None]}, Event)
    assert event == Event(id="x", tags={"b": 2}, names=["a", "b"])
    assert problems == [("bad_field", "tags.a"), ("bad_field", "names.1"), ("bad_field", "names.3")]
    event, problems = structured({"id": "x", "names": [0] * 1000 + ["a"]}, Event)
    assert event.names == ["a"]
    assert problems == [*(("bad_field", f"names.{index}") for index in range(8)), ("bad_field", "names")]


def test_a_refused_object_leaves_no_problems() -> None:
    """Problems inside a refused object are dropped."""

    @wire.model
    class Group:
        alerts: wire.Items[Event]

    group, problems = structured({"alerts": [{"count": "x"}, {"id": "a"}]}, Group)
    assert list(group.alerts) == [(("alerts", 1), Event(id="a"))]
    assert problems == [("bad_element", "alerts.0.id")]


def test_unions_prefer_a_full_match() -> None:
    """A member that takes the value without loss comes before one that leaves a part out."""

    @wire.model
    class Values:
        values: dict[str, wire.Number] | dict[str, wire.Text] = Factory(dict)

    numbers: dict[str, int | float] = {"a": 1}
    assert structured({"values": {"a": "x"}}, Values) == (Values(values={"a": "x"}), [])
    assert structured({"values": {"a": 1}}, Values) == (Values(values=numbers), [])
    assert structured({"values": {"a": 1, "b": []}}, Values) == (Values(values=numbers), [("bad_field", "values.b")])


def test_options_stay_strict() -> None:
    """Values that are not part of a request, such as options, are refused if any field does not fit."""
    for change in ({"count": "x"}, {"count": None}, {"names": [1]}, {"tags": {"a": None}}):
        with pytest.raises(wire.Mismatch):
            wire.structure(wire.plain({"id": "x", **change}), Event)


# --- States ----------------------------------------------------------------------------------------------------------


@wire.model
class Stated:
    """A model with a required state."""

    state: Annotated[State | None, wire.state(STATES)]


@pytest.mark.parametrize(
    ("value", "state", "code"),
    [
        ("down", State.FIRING, None),
        (" UP ", State.RESOLVED, None),
        ("grace", None, None),
        (True, State.FIRING, None),
        (1.0, State.RESOLVED, None),
        (2, State.FIRING, "state_unknown"),
        ("resolved", State.FIRING, "state_unknown"),
        ([], State.FIRING, "state_unknown"),
        ({"up": 1}, State.FIRING, "state_unknown"),
        (False, State.FIRING, "state_unknown"),
        ("", State.FIRING, "state_guessed"),
        (" ", State.FIRING, "state_guessed"),
        (None, State.FIRING, "state_guessed"),
    ],
)
def test_a_state_always_fits(value: Any, state: State | None, code: str | None) -> None:
    """An unknown word or another type is FIRING; blank and null are FIRING, too."""
    event, problems = structured({"state": value}, Stated)
    assert (event.state, problems) == (state, [(code, "state")] if code else [])


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("NO DATA", State.RESOLVED),
        ("no-data", State.RESOLVED),
        ("NoData", State.RESOLVED),
        ("no  _data", State.RESOLVED),
        ("-1", State.FIRING),
        ("1 ", State.RESOLVED),
        ("level-1", State.FIRING),
        ("-", State.FIRING),
    ],
)
def test_spellings_of_states(word: str, state: State) -> None:
    """Between two letters blanks, `_` and `-` do not count; beside digits they do: -1 is not 1."""

    @wire.model
    class Spelt:
        state: Annotated[State, wire.state({"no_data": State.RESOLVED, "1": State.RESOLVED, "level1": State.RESOLVED})]

    assert structured({"state": word}, Spelt)[0].state is state


def test_tables_of_states() -> None:
    """An ambiguous state table is an error when it is declared or first read."""
    for table in ({}, {"a": State.FIRING, "A ": State.RESOLVED}, {"a b": State.FIRING, "a_b": State.RESOLVED}):
        with pytest.raises(ConfigurationError):
            wire.state(table)

    @wire.model
    class Defaulted:
        state: Annotated[State, wire.state(STATES)] = State.FIRING

    @wire.model
    class Ambiguous:
        state: Annotated[State | None, wire.state(STATES)] = None

    for cls in (Defaulted, Ambiguous):
        with pytest.raises(ConfigurationError, match=r"\.state: "):
            fields(cls)


# --- Keys ------------------------------------------------------------------------------------------------------------


def test_spellings() -> None:
    """The first spelling that is not null counts, and problems name the key that was sent."""

    @wire.model
    class Spelt:
        kind: Annotated[wire.Text, wire.named("class")]
        id: Annotated[int, wire.also("monitor_id", "alertId")] = 0
        again: Annotated[wire.Text, wire.named("class")] = ""

    built, problems = structured({"class": "x", "id": None, "alertId": 7}, Spelt)
    assert ((built.kind, built.id, built.again), problems) == (("x", 7, "x"), [])
    assert structured({"class": "x", "monitor_id": "7"}, Spelt)[1] == [("bad_field", "monitor_id")]
    assert refused({"kind": "x"}, Spelt) == "expected text, number or null, found nothing @ $.class"


def test_loose_keys() -> None:
    """Case, `_`, `-` and blanks in keys are ignored, also for `fits` and for closed models."""

    @wire.model(loose_keys=True, closed=True)
    class Loose:
        alertId: wire.NonBlank  # noqa: N815 - as a vendor spells it
        level: wire.Text = ""

    for key in ("alertId", "ALERT_ID", "alert-id", "Alert Id"):
        assert wire.fits(Loose, {key: "x"})
        assert structured({key: "x", "LEVEL": 5}, Loose) == (Loose(alertId="x", level="5"), [])
    assert not wire.fits(Loose, {"alert_ids": "x"})
    assert not wire.fits(Loose, {"alert_id": "x", "more": 1})
    assert structured({"alert_id": None, "ALERTID": "x"}, Loose)[0].alertId == "x"


def test_json_in_a_text() -> None:
    """`JsonIn` takes a value or the text of its JSON; problems inside have real paths."""

    @wire.model
    class Wrapped:
        event: wire.JsonIn[Event]
        more: wire.JsonIn[dict[str, wire.Number]] = Factory(dict)

    events: list[Any] = [{"id": "x", "count": "5"}, '{"id": "x", "count": "5"}']
    for event in events:
        assert wire.fits(Wrapped, {"event": event})
        built, problems = structured({"event": event, "more": '{"a": 1}'}, Wrapped)
        assert built == Wrapped(event=Event(id="x"), more={"a": 1})
        assert problems == [("bad_field", "event.count")]
    for event in ["{}", "x", "", 5, "[]"]:
        assert not wire.fits(Wrapped, {"event": event})
        refused({"event": event}, Wrapped)
    assert structured({"event": {"id": "x"}, "more": "soon"}, Wrapped)[1] == [("bad_field", "more")]


def test_nested_required_parts_decide() -> None:
    """A union takes the model whose required parts fit at any depth."""

    @wire.model
    class Inner:
        issue: Event

    @wire.model
    class Outer:
        data: Inner

    assert wire.fits(Outer, {"data": {"issue": {"id": "x"}}})
    others: list[dict[str, Any]] = [
        {},
        {"data": None},
        {"data": {}},
        {"data": {"issue": None}},
        {"data": {"issue": {"kind": "a"}}},
    ]
    for other in others:
        assert not wire.fits(Outer, other)


# --- Types -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text", "is_odd"),
    [("x", "x", False), (1.0, "1", False), (True, "true", False), (None, "", False), ([1, "ü"], '[1,"ü"]', True)],
)
def test_any_text(value: Any, text: str, is_odd: bool) -> None:  # noqa: FBT001
    """`AnyText` accepts any value; only objects and lists leave a problem."""
    built, problems = structured([value], list[wire.AnyText])
    assert (built, bool(problems)) == ([text], is_odd)


def test_texts_of_any_object() -> None:
    """Nested names are joined; credentials, blanks and values that are not objects are left out."""
    sent = {"a": {"b": 1, "c": [1, 2]}, "token": "hunter2", "d": None, "e": " ", "f": True}
    assert structured(sent, wire.Texts) == ({"a.b": "1", "a.c": "1, 2", "f": "true"}, [])
    assert structured("x", wire.Texts) == ({}, [("bad_field", "")])


def test_times_without_a_zone() -> None:
    """A time without a zone is in the declared zone without a problem; its own zone wins."""

    @wire.model
    class Timed:
        utc: wire.UtcTime = None
        east: Annotated[datetime | None, wire.time_in("+08:00")] = None

    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert structured({"utc": "2026-01-01 12:00:00", "east": "2026-01-01T20:00:00"}, Timed) == (
        Timed(utc=noon, east=noon),
        [],
    )
    assert structured({"east": "2026-01-01T12:00:00Z"}, Timed) == (Timed(east=noon), [])
    assert structured({"utc": "soon"}, Timed) == (Timed(), [("bad_time", "utc")])
    for offset in ("CET", "+8", "08:00", ""):
        with pytest.raises(ConfigurationError, match="expected an offset"):
            wire.time_in(offset)


def test_gos_own_form_of_a_time() -> None:
    """A Go time printed by a template, with its zone twice, is read."""
    assert wire.rfc3339("2026-05-01 10:00:00.123 +0000 UTC") == datetime(2026, 5, 1, 10, 0, 0, 123_000, tzinfo=UTC)
    assert structured("0001-01-01 00:00:00 +0000 UTC", wire.Rfc3339) == (None, [])


# --- Shapes ----------------------------------------------------------------------------------------------------------


@wire.model
class Beat:
    """A heartbeat without a message."""

    heartbeat: Event


@wire.model
class Message:
    """A message, not a heartbeat."""

    heartbeat: None
    msg: wire.Text


@wire.model
class Wide:
    """A model with an id and an optional kind."""

    id: wire.Text
    kind: Literal["a", "b"] = "a"


@wire.model
class Narrow:
    """A model of which every document also fits `Wide`."""

    id: wire.NonBlank
    kind: Literal["a"]
    count: int


def test_a_shape_that_is_never_reached_is_an_error() -> None:
    """The error names the remedy; shapes that are distinct are accepted."""

    def read(_event: object) -> Reading | None:
        return None

    with pytest.raises(ConfigurationError, match="Narrow is never reached: whatever fits it fits Wide"):
        Adapter(name="acme", title="Acme", shapes=[Shape(Wide, read), Shape(Narrow, read)])
    Adapter(name="acme", title="Acme", shapes=[Shape(Narrow, read), Shape(Wide, read)])
    Adapter(name="acme", title="Acme", shapes=[Shape(Beat, read), Shape(Message, read)])


@given(st.data())
def test_shadows_is_right(data: st.DataObject) -> None:
    """Where `shadows` holds, every document of the later model fits the first."""
    models: list[Any] = [Event, Wide, Narrow, Beat, Message, Stated]
    first, later = data.draw(st.sampled_from(models)), data.draw(st.sampled_from(models))
    document = data.draw(documents(later) | anything)
    if wire.shadows(first, later) and wire.fits(later, document):
        assert wire.fits(first, document)


@given(st.data())
def test_compiled_and_slow_code_agree(data: st.DataObject) -> None:
    """The compiled and the slow code build the same value with the same problems, or both refuse."""
    hint: Any = data.draw(st.sampled_from([Event, Stated, Beat, Message, list[Event], dict[str, Event]]))
    document = data.draw(documents(hint) | anything)
    ends: list[Any] = []
    for structure in (wire.structure, structure_slow):
        context = wire.ParseContext(Request(), None)
        try:
            ends.append((structure(wire.Node(document, (), context), hint), context.warnings))
        except wire.Mismatch as error:
            ends.append(str(error))
    assert ends[0] == ends[1]
    assert all(code in ProblemCode for _, code, _ in context.warnings)


def test_credentials_in_an_object_that_becomes_text() -> None:
    """Pairs with the names of credentials are left out at any depth, with a problem; what has none stays as it is."""
    value = {"a": [{"api_key": "k", "b": 1}], "password": "p", "max_tokens": 5}
    without = {"a": [{"b": 1}], "max_tokens": 5}
    built, problems = structured([value, without["a"]], list[wire.AnyText])
    assert [json.loads(text) for text in built] == [without, [{"b": 1}]]
    assert problems == [("bad_field", "0"), ("credential", "0"), ("bad_field", "1")]
    built, problems = structured([value, without, "x", None], list[wire.JsonWithoutSecrets])
    assert built == [without, without, "x", None]
    assert problems == [("credential", "0")]
    assert built[1] is without

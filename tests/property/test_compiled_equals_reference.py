"""Compiled wire models and the converter: for any document equal events, equal doubts and equal faults."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import attrs
import pytest
from attrs import Factory
from cattrs.gen import override
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alertmap import Adapter, Request, vendors, wire
from alertmap.intake import registry
from alertmap.testing import payloads
from alertmap.testing.damage import EDGE_VALUES, damaged
from alertmap.testing.fixtures import document as document_of
from alertmap.testing.fixtures import load
from alertmap.testing.strategies import anything, documents, mutations
from alertmap.wire import times
from alertmap.wire._compiled import structure_slow
from alertmap.wire.models import FALLBACK

FIXTURES = Path(__file__).parents[2] / "fixtures"
ADAPTERS = {name: registry.find(name) for name in vendors()}
REQUEST = Request(headers={"X-GitHub-Event": "ping"}, query={"status": "up"})


def end(read: Any, value: Any, hint: Any) -> Any:
    """What comes of a value, an event or its faults, and the doubts. `repr` tells 1 from 1.0 and from True."""
    context = wire.ParseContext(REQUEST, datetime(2026, 1, 1, tzinfo=UTC))
    try:
        made = read(wire.Node(value, ("a", 0), context), hint)
    except wire.Mismatch as error:
        return error.faults, context.warnings
    return made, repr(made), context.warnings


def same(value: Any, hint: Any) -> None:
    """Nobody can tell the compiled model from the converter."""
    assert end(wire.structure, value, hint) == end(structure_slow, value, hint)


def events(adapter: Adapter, document: Any) -> Iterator[Any]:
    """A document, and what the wire model sees of it."""
    yield document
    try:
        prepared = document if adapter.prepare is None else adapter.prepare(document)
    except wire.Mismatch:
        return
    yield prepared
    if type(prepared) is list:
        yield from prepared


@pytest.mark.parametrize("adapter", ADAPTERS.values(), ids=ADAPTERS)
@given(st.data())
@settings(max_examples=60, deadline=None)
def test_generated_documents(adapter: Adapter, data: st.DataObject) -> None:
    """What a model admits, that mutated, and anything at all."""
    document = data.draw(payloads(adapter) | payloads(adapter).flatmap(mutations) | anything)
    for event in events(adapter, document):
        same(event, adapter.wire)
    if adapter.options is not None:
        same(data.draw(documents(adapter.options) | anything), adapter.options)


@pytest.mark.parametrize("name", [name for name in ADAPTERS if (FIXTURES / name).is_dir()])
def test_damaged_fixtures(name: str) -> None:
    """Every fixture, and each of its places dropped or replaced by each edge value."""
    adapter = ADAPTERS[name]
    seen: set[tuple[Any, ...]] = set()
    for case in load(FIXTURES / name):
        document = document_of(case, adapter.formats)
        for event in events(adapter, document):
            same(event, adapter.wire)
        for _, broken in damaged(document, seen):
            for event in events(adapter, broken):
                same(event, adapter.wire)


# --- What no adapter has ----------------------------------------------------------------------------------------------


@wire.model
class Inner:
    """A model in a model, and in itself."""

    time: wire.Rfc3339 = None
    again: list["Inner"] = Factory(list)


@wire.model(closed=True)
class Closed:
    """Known by one common key."""

    word: Literal["a", 1, True]
    event: Annotated[str | None, wire.Header("X-GitHub-Event")] = None


def _doubled(count: int) -> int:
    return 2 * count


def _half(self: Any) -> int:
    return int(self.count) // 2


@attrs.frozen
class Doubled:
    """A class of attrs that does more than to set its fields."""

    count: int = attrs.field(converter=_doubled)
    half: int = attrs.field(default=attrs.Factory(_half, takes_self=True))


@wire.model
class Every:
    """A field of each kind of type."""

    key: wire.NonBlank
    renamed: Annotated[str, override(rename='a "key" {it0}\\')] = "x"
    noted: Annotated[int, "a note that is nobody's"] = 0
    status: Annotated[str | None, wire.Query("status")] = None
    now: Annotated[datetime | None, wire.ReceivedAt()] = None
    rest: wire.Rest
    first: float | int | None = None
    second: int | float = 0
    third: str | list[Inner] | None = None
    fourth: wire.Text | bool = ""
    number: wire.Number = 0
    word: Literal["a", 1] = "a"
    new: str = ""
    cls: str = ""
    value: str = ""
    made: str = ""
    twin: str = ""
    times: list[wire.Rfc3339] | list[str] = Factory(list)
    models: Closed | Inner | None = None
    items: wire.Items[Inner] = Factory(wire.Items)
    texts: wire.Items[wire.Text] = Factory(wire.Items)
    table: dict[str, wire.Rfc3339WithText] = Factory(dict)
    tables: dict[str, dict[str, str]] = Factory(dict)
    pair: tuple[int, ...] = ()
    moment: datetime | None = None
    doubled: Doubled | None = None
    whatever: Any = None


_DOUBT = {"time": "soon"}


@given(documents(Every) | documents(Every).flatmap(mutations) | anything)
@example({"key": "x", "items": [_DOUBT, 5, {"time": 5}, {"again": [_DOUBT]}], "texts": [1, {}]})
@example({"key": "x", "items": [5, _DOUBT], "second": "refused, after a doubt and a bad element"})
@example({"key": "x", "models": _DOUBT, "times": ["soon", "x"], "third": [_DOUBT], "table": {"a": "soon"}})
@example({"key": "x", "first": 1, "second": 1, "fourth": True, "tables": {"a": {"b": "c"}}, "pair": [1], "rest": 5})
@example({"key": "x", "doubled": {"count": 4}, "moment": "2026-01-01T00:00:00Z", "whatever": {1}})
@example({"key": "x", "table": {1: "x"}})
@example({"key": "x", "number": True})
@example({"key": "x", "word": True})
@example({"key": "x", "word": 1.0})
@example({"key": "x", "models": {"word": True}})
@example({"key": "x", "models": {"word": 1.0}})
@settings(max_examples=400, deadline=None)
def test_every_kind_of_field(document: Any) -> None:
    """Unions in their own order, models in themselves, context, notes, names that look like code, and all the rest."""
    same(document, Every)
    same(document, Closed | Every)
    same(document, Every | str | None)
    same([document], list[Every])


@attrs.frozen
class Final:
    """A class that no other can share its layout with."""

    count: int

    def __init_subclass__(cls) -> None:
        raise TypeError("nothing below this")


@pytest.mark.parametrize("name", [name for name in wire.__all__ if wire.encoding(getattr(wire, name))])
@given(anything | st.sampled_from(EDGE_VALUES))
@settings(max_examples=40)
def test_what_an_encoding_says_it_leaves_unchanged(name: str, value: Any) -> None:
    """A value of such a type comes out of `decode` as it went in, without a doubt."""
    noted = wire.encoding(getattr(wire, name))
    assert noted is not None
    for it in (value, *noted.examples):
        if type(it) in noted.passthrough:
            context = wire.ParseContext(REQUEST, None)
            assert noted.decode(wire.Node(it, (), context)) is it
            assert not context.warnings


TIMES = st.from_regex(
    r"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{0,11})?Z?", fullmatch=True
)


@pytest.mark.parametrize("name", [name for name in wire.__all__ if wire.encoding(getattr(wire, name))])
@given(anything | st.sampled_from(EDGE_VALUES) | TIMES | st.integers(-(10**20), 10**20))
@example("2026-02-30T12:00:00Z")
@example("2026-01-01T12:00:60Z")
@example("0001-01-01T00:00:00Z")
@example("null")
@example(" ")
@settings(max_examples=50)
def test_usual_values_are_read_as_all_others(name: str, value: Any) -> None:
    """What is read at once is what `decode` gives, without a doubt."""
    noted = wire.encoding(getattr(wire, name))
    assert noted is not None
    for it in (value, *noted.examples):
        made = FALLBACK if noted.fast_path is None else noted.fast_path(it)
        if made is not FALLBACK:
            context = wire.ParseContext(REQUEST, None)
            assert noted.decode(wire.Node(it, (), context)) == made
            assert not context.warnings


def test_classes_that_do_more_are_left_to_their_constructor() -> None:
    """Converters and validators run, whoever builds; and a class that can have no twin is constructed."""
    same({"count": 4}, Doubled)
    same({"count": 4}, Final)
    same({"count": "x"}, Final)


# --- Times ------------------------------------------------------------------------------------------------------------


@given(
    st.from_regex(
        r"[0-9]{4}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9]([.,][0-9]{0,11})?([Zz]|[+-]..:..)?",
        fullmatch=True,
    ).flatmap(
        lambda text: st.tuples(st.integers(0, len(text)), st.sampled_from(["", *"0123456789:.-+,ZTW \uff11"])).map(
            lambda cut: text[: cut[0]] + cut[1] + text[cut[0] + len(cut[1]) :]
        )
    )
)
@example("2026-01-01T24:00:00Z")
@example("2026-01-01T12:00:60Z")
@example("2026-02-30T12:00:00Z")
@example("0001-01-01T00:00:00Z")
@settings(max_examples=500)
def test_plain_times_are_read_as_all_others(text: str) -> None:
    """The short way gives what the long way gives."""
    assert times.rfc3339(text) == times._any_rfc3339(text)

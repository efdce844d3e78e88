"""Compiled wire models equal the converter: for any document they give equal events, warnings and errors."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

import attrs
import pytest
from attrs import Factory
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alertmap import Adapter, Request, State, vendors, wire
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


def outcome(read: Any, value: Any, hint: Any) -> Any:
    """Return the event or its errors, and the warnings. `repr` separates 1, 1.0 and True."""
    context = wire.ParseContext(REQUEST, datetime(2026, 1, 1, tzinfo=UTC))
    try:
        made = read(wire.Node(value, ("a", 0), context), hint)
    except wire.Mismatch as error:
        return error.faults, context.warnings
    return made, repr(made), context.warnings


def assert_same(value: Any, hint: Any) -> None:
    """Check that the compiled model and the converter agree."""
    assert outcome(wire.structure, value, hint) == outcome(structure_slow, value, hint)


def events(adapter: Adapter, document: Any) -> Iterator[Any]:
    """Return a document and the values that the wire model reads from it."""
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
@settings(max_examples=max(1, settings().max_examples // 8), deadline=None)  # one such test for each vendor
def test_generated_documents(adapter: Adapter, data: st.DataObject) -> None:
    """Documents of a model, mutated ones, and any JSON are read alike."""
    document = data.draw(payloads(adapter) | payloads(adapter).flatmap(mutations) | anything)
    for event in events(adapter, document):
        assert_same(event, adapter.models)
    if adapter.options is not None:
        assert_same(data.draw(documents(adapter.options) | anything), adapter.options)


@pytest.mark.parametrize("name", [name for name in ADAPTERS if (FIXTURES / name).is_dir()])
def test_damaged_fixtures(name: str) -> None:
    """Every fixture, and each of its paths dropped or replaced by each edge value, is read alike.

    In `nox -s property` each such damage, else every fifth.
    """
    step = 1 if settings().max_examples >= 1_000 else 5
    adapter = ADAPTERS[name]
    seen: set[tuple[Any, ...]] = set()
    for case in load(FIXTURES / name):
        document = document_of(case, adapter.formats)
        for event in events(adapter, document):
            assert_same(event, adapter.models)
        for _, broken in islice(damaged(document, seen), 0, None, step):
            for event in events(adapter, broken):
                assert_same(event, adapter.models)


# --- Models that no adapter has ---------------------------------------------------------------------------------------


@wire.model
class Inner:
    """A model that contains itself."""

    time: wire.Rfc3339 = None
    again: list["Inner"] = Factory(list)


@wire.model(closed=True)
class Closed:
    """A closed model with one common key."""

    word: Literal["a", 1, True]
    event: Annotated[str | None, wire.Header("X-GitHub-Event")] = None


def _doubled(count: int) -> int:
    return 2 * count


def _half(self: Any) -> int:
    return int(self.count) // 2


@attrs.frozen
class Doubled:
    """An attrs class with a converter and a default that needs the instance."""

    count: int = attrs.field(converter=_doubled)
    half: int = attrs.field(default=attrs.Factory(_half, takes_self=True))


@wire.model
class Every:
    """A model with a field of each kind of type."""

    key: wire.NonBlank
    renamed: Annotated[str, wire.named('a "key" {it0}\\')] = "x"
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


_UNREADABLE = {"time": "soon"}


STATES = {"down": State.FIRING, "up": State.RESOLVED, "Paused": State.SUPPRESSED, "new": None, "1": State.FIRING}


@wire.model(loose_keys=True)
class Loose:
    """Keys as users write them."""

    probe_name: wire.Text = ""
    both: Annotated[wire.Text, wire.also("either way")] = ""
    strict: Annotated[wire.Number, wire.synonyms("lenient")] = 0
    left: wire.Rest


@wire.model
class Check:
    """A model that may stand in a text."""

    state: Annotated[State | None, wire.state(STATES)]
    name: wire.Text = ""


@wire.model
class Modern:
    """A field of each kind that authors have for odd senders."""

    state: Annotated[State | None, wire.state(STATES)]
    level: Annotated[wire.Text, wire.named("state")] = ""
    later: Annotated[State | None, wire.state({"on": State.FIRING, "off": State.RESOLVED})] = None
    id: Annotated[wire.NonBlank, wire.also("monitor_id", "monitor-id")]
    kind: Annotated[wire.Text, wire.named("class", "type")] = ""
    check: wire.JsonIn[Check] | None = None
    tags: wire.JsonIn[dict[str, wire.AnyText]] = Factory(dict)
    texts: wire.Texts = Factory(dict)
    parts: list[wire.AnyText] = Factory(list)
    names: Annotated[wire.Text, wire.synonyms("called")] = ""
    nothing: None = None
    at: wire.UtcTime = None
    there: Annotated[datetime | None, wire.time_in("+08:00")] = None
    loose: Loose | None = None


@given(documents(Modern) | documents(Modern).flatmap(mutations) | anything)
@example({"state": None, "id": "x", "later": None, "check": None, "tags": None, "texts": None, "parts": None})
@example({"state": "UP ", "monitor-id": 5, "id": None, "type": "a", "class": None, "called": "x", "nothing": 5})
@example({"state": True, "monitor_id": "x", "check": '{"state": "up"}', "tags": '{"a": [1]}', "later": "OFF"})
@example({"state": 1, "id": "x", "check": '{"state": "up"', "loose": {"Probe-Name": "x", "probe_name": None, "y": 1}})
@example({"state": {}, "id": "x", "check": {"name": "x"}, "loose": {"EITHER_WAY": 1, "Lenient": 2, "strict": None}})
@settings(max_examples=400, deadline=None)
def test_every_kind_for_odd_senders(document: Any) -> None:
    """States, several spellings, two fields of one key, loose keys, JSON in texts, null."""
    assert_same(document, Modern)
    assert_same(document, Check | Modern | Loose)
    assert_same(document, Loose)
    assert_same([document], list[Modern])
    assert_same([document], wire.Items[Modern])


@given(st.sampled_from([Modern, Loose, Check]).flatmap(lambda model: st.tuples(st.just(model), documents(model))))
@settings(max_examples=150, deadline=None)
def test_drawn_documents_fit(drawn: tuple[type, Any]) -> None:
    """A document drawn for a model fits it: one value for two fields of a key, any spelling, JSON in texts."""
    model, document = drawn
    assert wire.fits(model, document)
    context = wire.ParseContext(REQUEST, None)
    assert isinstance(wire.structure(wire.Node(document, (), context), model), model)


@given(documents(Every) | documents(Every).flatmap(mutations) | anything)
@example({"key": "x", "items": [_UNREADABLE, 5, {"time": 5}, {"again": [_UNREADABLE]}], "texts": [1, {}]})
@example({"key": "x", "items": [5, _UNREADABLE], "second": "refused, after a warning and a bad element"})
@example({"key": "x", "models": _UNREADABLE, "times": ["soon", "x"], "third": [_UNREADABLE], "table": {"a": "soon"}})
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
    """Ordered unions, recursive models, context, annotations and odd field names are read alike."""
    assert_same(document, Every)
    assert_same(document, Closed | Every)
    assert_same(document, Every | str | None)
    assert_same([document], list[Every])


@attrs.frozen
class Final:
    """A class that cannot be subclassed."""

    count: int

    def __init_subclass__(cls) -> None:
        raise TypeError("nothing below this")


@pytest.mark.parametrize("name", [name for name in wire.__all__ if wire.encoding(getattr(wire, name))])
@given(anything | st.sampled_from(EDGE_VALUES))
@settings(max_examples=40)
def test_passthrough_values(name: str, value: Any) -> None:
    """Values of the passthrough types come out of `decode` unchanged and without a warning."""
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
def test_fast_path_values(name: str, value: Any) -> None:
    """The fast path of an encoding gives what `decode` gives, without a warning."""
    noted = wire.encoding(getattr(wire, name))
    assert noted is not None
    for it in (value, *noted.examples):
        made = FALLBACK if noted.fast_path is None else noted.fast_path(it)
        if made is not FALLBACK:
            context = wire.ParseContext(REQUEST, None)
            assert noted.decode(wire.Node(it, (), context)) == made
            assert not context.warnings


def test_constructors_run() -> None:
    """Converters and validators run in compiled code, and classes without a twin are constructed."""
    assert_same({"count": 4}, Doubled)
    assert_same({"count": 4}, Final)
    assert_same({"count": "x"}, Final)


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
def test_fast_path_of_times(text: str) -> None:
    """The fast path for plain times gives what the slow path gives."""
    assert times.rfc3339(text) == times._any_rfc3339(text)

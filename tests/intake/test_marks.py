"""The index of marks: detection loads only the vendors that may match, however many there are."""

from typing import Annotated, Any

import pytest
from attrs import field, make_class
from hypothesis import given
from hypothesis import strategies as st

from alertmap import Request, wire
from alertmap.adapter import Adapter, Rank, Reading, Shape, State
from alertmap.adapters import _index
from alertmap.intake import detect, registry
from alertmap.intake.marks import Index, ShapeMarks, marks_of
from alertmap.strict_json import resolve_limits
from alertmap.testing.index import COMMAND, FILE, index_text
from alertmap.testing.strategies import anything
from alertmap.testing.zoo import read_zoo

VENDORS = 160


def test_the_index_is_current() -> None:
    """The generated index agrees with the adapters."""
    text = index_text(registry.built_in())
    assert FILE.read_text(encoding="utf-8") == text, f"write it with `{COMMAND} fixtures`, and commit it"


def _read(event: Any) -> Reading:
    return Reading(state=State.FIRING, identity={"id": str(event)})


def _vendor(number: int) -> Adapter:
    """Return a vendor with five keys, most of them common, and with one key or header of its own."""
    keys = ["id", "status", "name", f"group_{number % 10}", f"own_{number}"]
    made = wire.model(make_class(f"Event{number}", {key: field(type=str) for key in keys[:4]}))
    marks = {keys[4]} if number % 8 else set[str]()
    headers = {} if number % 8 else {f"X-Vendor-{number}": ""}
    return Adapter(name=f"vendor{number}", title="Vendor", shapes=[Shape(made, _read, marks=marks, headers=headers)])


MADE = {adapter.name: adapter for adapter in map(_vendor, range(VENDORS))}


def _body(number: int) -> tuple[dict[str, str], Request]:
    keys = ["id", "status", "name", f"group_{number % 10}", f"own_{number}"]
    return dict.fromkeys(keys, "x"), Request(headers={f"x-vendor-{number}": "1"} if number % 8 == 0 else {})


@pytest.fixture
def index() -> Index:
    """Build an index of 160 vendors."""
    return Index({name: marks_of(adapter) for name, adapter in MADE.items()})


def test_few_candidates_for_a_body(index: Index) -> None:
    """Of 160 vendors at most three are candidates for a body, its own included."""
    for number in range(VENDORS):
        document, request = _body(number)
        asked = index.candidates(document, request)
        assert f"vendor{number}" in asked
        assert len(asked) <= 3
        found = detect.recognise(document, request, resolve_limits(None), [MADE[name] for name in asked])
        assert found is not None
        assert found.vendor == f"vendor{number}"


def test_no_candidates_for_a_foreign_body(index: Index) -> None:
    """Common keys, no keys, and values that are not objects load no adapter."""
    documents: tuple[Any, ...] = ({"id": 1, "status": "x", "name": ""}, {}, [], None, 5, [[]], [5])
    for document in documents:
        assert not index.candidates(document, Request())


@given(anything, st.sampled_from(["", "x-acme"]))
def test_the_index_is_complete(document: Any, header: str) -> None:
    """Every shape that recognises a document is a candidate for it."""
    request = Request(headers={header: "1"} if header else {})
    asked = {adapter.name: shapes for adapter, shapes in registry.candidates(document, request)}
    for adapter in registry.built_in():
        match = detect.match_of(adapter, document, request)
        assert match == detect.match_of(adapter, document, request, asked.get(adapter.name, ()))


def test_every_payload_of_the_zoo_is_found_by_the_index() -> None:
    """Detection with the index gives the same vendor as asking all adapters."""
    for animal in read_zoo():
        assert detect.detect(animal.request) == detect.detect(animal.request, adapters=registry.built_in())


def test_entries_of_shapes() -> None:
    """Of a key with other spellings, or a loose one, any form may be there; headers and texts stand alone."""

    @wire.model
    class Spelt:
        id: Annotated[wire.Text, wire.also("alertId")]
        state: wire.Text

    @wire.model(loose_keys=True)
    class Loose:
        id: wire.Text

    def entries(*shapes: Shape) -> tuple[ShapeMarks, ...]:
        return marks_of(Adapter(name="acme", title="Acme", shapes=shapes))

    spelt = ShapeMarks(frozenset({"state"}), choices=(frozenset({"id", "alertid"}),))
    marked = spelt._replace(keys=frozenset({"a", "b", "state"}))
    by_header = spelt._replace(headers=("x-acme",))
    assert entries(Shape(Spelt, _read, marks={"a", "$.b.c"})) == (marked,)
    assert entries(Shape(Spelt, _read, headers={"X-Acme": "1"})) == (by_header,)
    assert entries(Shape(Spelt, _read, headers={"X-Acme": "1"}, marks={"a", "$.b"})) == (by_header, marked)
    assert entries(Shape(Spelt, _read), Shape(str, _read)) == (spelt, ShapeMarks(is_text=True, shape=1))
    assert entries(Shape(Loose, _read)) == (ShapeMarks(choices=(frozenset({"id"}),)),)
    prepared = Adapter(name="acme", title="Acme", shapes=[Shape(Loose, _read)], prepare=lambda document: document)
    assert marks_of(prepared) == (ShapeMarks(),), "its keys may stand elsewhere in the document"
    assert entries(Shape(str, _read)) == (ShapeMarks(is_text=True),)
    assert entries(Shape(Spelt, _read, rank=None)) == ()
    assert entries(Shape(Spelt, _read, rank=Rank.WEAK)) == (spelt,)


def test_a_new_vendor_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A vendor that is missing in the index is asked as well, so an author need not regenerate it first."""
    monkeypatch.setattr(_index, "INDEX", {})
    registry._index.cache_clear()
    try:
        names = [adapter.name for adapter, _ in registry.candidates({}, Request())]
        assert names == [adapter.name for adapter in registry.built_in()]
    finally:
        monkeypatch.undo()
        registry._index.cache_clear()

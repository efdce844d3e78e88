"""Index of all shapes by what their bodies must hold, so that detection loads and asks only those that may match.

`adapters/_index.py` is generated from the shapes of all built-in adapters.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

from alertmap import wire
from alertmap.adapter import Adapter, Shape
from alertmap.model import Request
from alertmap.paths import parse_path


class ShapeMarks(NamedTuple):
    """Keys that a body must have for a shape to be recognised; the shape itself may require more."""

    keys: frozenset[str] = frozenset()
    """Keys of the object, or of the first object of an array."""
    headers: tuple[str, ...] = ()
    """One of these headers must be there, in lower case; none where this is empty."""
    is_text: bool = False
    """The body is a text."""
    choices: tuple[frozenset[str], ...] = ()
    """Of each of these sets one key must be there, in any form that `wire.loosen` makes equal."""
    shape: int = 0
    """Place of the shape among those of its adapter."""

    def may_fit(self, keys: AbstractSet[str], loose: AbstractSet[str]) -> bool:
        """Return whether an object with these keys, and these loose forms of them, has what the shape asks for."""
        return keys >= self.keys and not any(map(loose.isdisjoint, self.choices))


def first_event(document: Any) -> Any:
    """The first object of a body that is an array; any other document itself."""
    if type(document) is not list:
        return document
    return next((one for one in document if type(one) is dict), None)


def marks_of(adapter: Adapter) -> tuple[ShapeMarks, ...]:
    """The index entries of an adapter."""
    found = (marks._replace(shape=place) for place, shape in enumerate(adapter.shapes) for marks in _marks_of(shape))
    # The keys of a document that is prepared may stand elsewhere in it.
    return tuple(found if adapter.prepare is None else (marks._replace(choices=()) for marks in found))


class Candidate(NamedTuple):
    """An adapter that may recognise a document, by some of its shapes."""

    adapter: Adapter
    shapes: tuple[Shape, ...]


def _marks_of(shape: Shape) -> Iterator[ShapeMarks]:
    if shape.rank is None:
        return
    is_text = shape.model is str
    keys = frozenset[str]() if is_text else frozenset(wire.certain_keys(shape.model))
    choices = () if is_text else wire.key_choices(shape.model)
    if shape.headers:
        yield ShapeMarks(keys, tuple(name.lower() for name in shape.headers), is_text, choices)
    if callable(shape.marks):
        yield ShapeMarks(keys, (), is_text, choices)
    elif shape.marks or not shape.headers:
        # Of a path its first key; a path into an array has none.
        marked = () if is_text else (parse_path(mark)[0] for mark in shape.marks)
        keys = keys.union(key for key in marked if type(key) is str)
        yield ShapeMarks(keys, (), is_text, choices)


class Index:
    """Finds the vendors whose shapes may match a document.

    Each shape stands under the one of its keys that the fewest shapes ask for, or else under all keys of its smallest
    choice; a look-up goes through the keys of the document once.
    """

    def __init__(self, vendors: Mapping[str, Iterable[ShapeMarks]]) -> None:
        entries = [(vendor, marks) for vendor, found in vendors.items() for marks in found]
        counts = Counter(key for _, marks in entries for key in marks.keys)
        self._by_key: dict[str, list[tuple[str, ShapeMarks]]] = {}
        self._by_choice: dict[str, list[tuple[str, ShapeMarks]]] = {}
        self._by_header: dict[str, list[tuple[str, ShapeMarks]]] = {}
        self._any_object: list[tuple[str, ShapeMarks]] = []
        self._texts: list[tuple[str, ShapeMarks]] = []
        for vendor, marks in entries:
            if marks.headers:
                for name in marks.headers:
                    self._by_header.setdefault(name, []).append((vendor, marks))
            elif marks.is_text:
                self._texts.append((vendor, marks))
            elif marks.keys:
                rarest = min(sorted(marks.keys), key=lambda key: counts[key])
                self._by_key.setdefault(rarest, []).append((vendor, marks))
            elif marks.choices:
                for key in min(marks.choices, key=len):
                    self._by_choice.setdefault(key, []).append((vendor, marks))
            else:
                self._any_object.append((vendor, marks))

    def candidates(self, document: Any, request: Request) -> dict[str, list[int]]:
        """The vendors that may match, in order of their names, with the places of their shapes that may."""
        event = first_event(document)
        asked: list[list[tuple[str, ShapeMarks]]] = []
        keys: AbstractSet[str] = event.keys() if type(event) is dict else frozenset()
        loose: AbstractSet[str] = wire.loose_keys(event).keys() if type(event) is dict else frozenset()
        if type(event) is str:
            asked = [self._texts]
        elif type(event) is dict:
            asked = [self._any_object]
            asked += [self._by_key[key] for key in self._by_key.keys() & keys]
            asked += [self._by_choice[key] for key in self._by_choice.keys() & loose]
        asked += [self._by_header[name] for name in request.headers if name in self._by_header]
        found = {
            (vendor, marks.shape)
            for entries in asked
            for vendor, marks in entries
            if (type(event) is str) is marks.is_text and marks.may_fit(keys, loose)
        }
        shapes: dict[str, list[int]] = {}
        for vendor, shape in sorted(found):
            shapes.setdefault(vendor, []).append(shape)
        return shapes

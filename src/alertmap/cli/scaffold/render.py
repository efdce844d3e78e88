"""Render the files of a new adapter from a draft: Python as the formatter leaves it, TOML and Markdown."""

import re
import textwrap
from collections.abc import Iterable, Iterator

from attrs import frozen

from alertmap import conventions
from alertmap.cli.scaffold.infer import COMMON_KEYS, Draft, Place, ShapeDraft, letters, python_name
from alertmap.model import State, Times
from alertmap.paths import format_path

WIDTH = 120
_MAX_MARKS = 4


@frozen(kw_only=True)
class Case:
    """A fixture of the new adapter."""

    name: str
    file: str
    body: bytes
    summary: str
    product: str = ""
    """The software that sent it, with its version; "" where nobody named it."""
    closes: str | None = None
    has_model: bool = True
    """False where it has none of the shapes in the module."""


@frozen(kw_only=True)
class Vendor:
    """The vendor of the adapter, as the command line names it."""

    name: str
    title: str
    formats: frozenset[str] = frozenset({"json"})
    drafted: bool = True
    """From payloads; else from an example."""

    @property
    def distribution(self) -> str:
        """The name of a package of its own."""
        return f"alertmap-{self.name.replace('_', '-')}"

    @property
    def package(self) -> str:
        """The name to import of that package."""
        return f"alertmap_{self.name}"


# --- The module ------------------------------------------------------------------------------------------------------


def module(vendor: Vendor, draft: Draft, *, inside: bool) -> str:
    """Return the text of an adapter's module; `inside` the library itself, or in a package of its own."""
    names = _Names(draft)
    shapes: list[_Shape] = []
    for shape in draft.shapes:
        shapes.append(_Shape(shape, names, shapes))
    parts = [_tables(shapes), *(text for shape in shapes for text in shape.models())]
    parts += [*(shape.read() for shape in shapes), _adapter(vendor, draft, shapes)]
    code = "\n\n".join(part.rstrip() + "\n" for part in parts)
    setup = (
        f"Set up: how a user sets {vendor.title} up to send here, and what never to change: this text becomes a page "
        "of the documentation."
    )
    limits = f"Limits: what {vendor.title} never sends, such as a recovery, a level or a time."
    docstring = f'"""{vendor.title}, its webhook.\n\n{textwrap.fill(setup, WIDTH)}\n\n{limits}\n"""'
    return f"{docstring}\n\n{_imports(code, inside=inside)}\n{code}"


_OF_ADAPTER = (
    *("Adapter", "Notice", "Problem", "ProblemCode", "Rank", "Reading", "Reason", "Result", "Severity", "Shape"),
    *("State", "Times", "normalise"),
)


def _imports(code: str, *, inside: bool) -> str:
    words = set(re.findall(r"(?<![\w.])\w+(?![\w:])", re.sub(r'"[^"]*"|#.*', "", code)))
    standard = ["from collections.abc import Iterator"] if "Iterator" in words else []
    standard += ["from typing import Annotated"] if "Annotated" in words else []
    used = [one for one in _OF_ADAPTER if one in words]
    line = f"from alertmap.adapter import {', '.join(used)}"
    if len(line) > WIDTH:
        line = "\n".join(["from alertmap.adapter import (", *(f"    {one}," for one in used), ")"])
    ours = [f"from alertmap import {'conventions, wire' if 'conventions' in words else 'wire'}", line]
    others = ["from attrs import Factory"] if "Factory" in words else []
    blocks = [standard, others, ours] if inside else [standard, ours + others]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _tables(shapes: list["_Shape"]) -> str:
    blocks = []
    for name in dict.fromkeys(shape.table for shape in shapes if shape.draft.state):
        mine = [shape for shape in shapes if shape.table == name]
        seen = {word for shape in mine for word in shape.draft.states.keys() - shape.draft.unseen}
        words = {word: state for shape in mine for word, state in shape.draft.states.items()}
        ends = any(words[word] is State.RESOLVED for word in seen)
        lines = ["# guessed: any other word fires, with a problem.", f"{name} = {{"]
        for word, state in words.items():
            if word in seen or not ends:
                lines.append(f'    "{word}": State.{state.name},{"" if word in seen else "  # guessed: in no payload"}')
        tests = dict.fromkeys(word for shape in mine if shape.has_test_word for word in shape.draft.test_words)
        lines += [f'    "{word}": None,' for word in tests if word not in words]
        blocks.append("\n".join([*lines, "}"]))
    levels = {word: level for shape in shapes for word, level in shape.draft.levels.items()}
    lines = ["# guessed: the words of the payloads; there are more.", "LEVELS = {"]
    lines += [f'    "{word}": Severity.{severity.name},' for word, severity in levels.items()]
    if not levels or not all(shape.draft.level for shape in shapes):
        lines.append(f'    "{_LEVEL}": Severity.HIGH,  # guessed: our own word, where nothing looks like a level')
    return "\n\n".join([*blocks, "\n".join([*lines, "}"])])


_LEVEL = "alert"


# --- One shape -------------------------------------------------------------------------------------------------------


class _Names:
    """The names of classes: none is that of a field, for it would change the field's type."""

    def __init__(self, draft: Draft) -> None:
        keys = (key for shape in draft.shapes for place in shape.places for key in place.path)
        self.taken = {*map(python_name, keys), "Annotated", "Factory", "Iterator", "STATES", "LEVELS", *_OF_ADAPTER}

    def new(self, key: str) -> str:
        """Return a free class name for the object under a key."""
        words = re.findall(r"[A-Za-z][a-z0-9]*|[0-9]+", key)
        name = "".join(word[0].upper() + word[1:] for word in words) or "Part"
        name = name if name[0].isalpha() else f"Part{name}"
        while name in self.taken:
            name += "Part"
        self.taken.add(name)
        return name


@frozen(kw_only=True)
class _Use:
    """A part of an alert, and the type of the field that holds it."""

    part: str
    place: Place
    type: str
    default: str


class _Shape:
    """The code of one shape: its models, and the function that reads them."""

    def __init__(self, draft: ShapeDraft, names: _Names, before: list["_Shape"]) -> None:
        self.draft = draft
        self.names = names
        number = f"{len(before) + 1}" if before else ""
        self.event = names.new(f"Event{number}")
        self.item = names.new(draft.items.key.removesuffix("s")) if draft.items else ""
        self.function = f"read_event{number}" if before else "read"
        words = {
            word: state for shape in before if shape.table == "STATES" for word, state in shape.draft.states.items()
        }
        is_other = any(words.get(word, state) is not state for word, state in draft.states.items())
        self.table: str = f"STATES{number}" if is_other else "STATES"
        self.has_test_word = draft.test is not None and draft.test is draft.state and not draft.state.is_flag
        self.uses = list(self._uses())

    def _uses(self) -> Iterator[_Use]:
        draft = self.draft
        times = {"start": draft.started, "time": draft.occurred, "end": draft.ended}
        texts = {"level": draft.level, "title": draft.title, "message": draft.message, "resource": draft.resource}
        parts = [("identity", place) for mapping in draft.identity for place in mapping]
        for part, place in (*parts, *texts.items(), ("link", draft.link)):
            if place:
                yield _Use(part=part, place=place, type="wire.Text", default='""')
        for part, place in times.items():
            if place:
                yield _Use(part=part, place=place, type=place.time_type or "wire.AnyTime", default="None")
        if draft.labels:
            kind = "wire.JsonIn[dict[str, wire.AnyText]]" if draft.labels.is_json else "wire.Texts"
            yield _Use(part="labels", place=draft.labels, type=kind, default="Factory(dict)")
        if draft.test and not self.has_test_word:
            kind, default = ("wire.Text", '""') if draft.test_words else ("bool", "False")
            yield _Use(part="test button", place=draft.test, type=kind, default=default)
        read = [draft.state, draft.test, draft.link, draft.labels, *texts.values(), *times.values()]
        read += [place for _, place in parts]
        for place in draft.tells:
            if self._is_on_the_way(place, read):  # then its model is required
                continue
            yield _Use(part="tells this shape", place=place, type="wire.Json", default="None")

    # --- Models ---

    def models(self) -> Iterator[str]:
        """Yield the code of the models, inner before outer."""
        if self.item:
            yield from self._model(self.item, (), is_in_element=True)
        yield from self._model(self.event, (), is_in_element=False)

    def _model(self, name: str, before: tuple[str, ...], *, is_in_element: bool) -> Iterator[str]:
        lines: list[str] = []
        unused: list[str] = []
        for place in self._below(before, is_in_element=is_in_element):
            own = list(self._own_fields(place))
            if place is self.draft.items:
                default = "" if place in self.draft.deciding else "wire.Items()"
                own = [_line(python_name(place.key), place.key, f"wire.Items[{self.item}]", default, "the alerts")]
            elif not own and self._is_on_the_way(place, [use.place for use in self.uses] + [self.draft.state]):
                inner = self.names.new(place.key)
                yield from self._model(inner, place.path, is_in_element=is_in_element)
                decides = place in self.draft.deciding or self._is_on_the_way(place, self.draft.deciding)
                kind = f"wire.JsonIn[{inner}]" if place.is_json else inner
                own = [_line(self._name(place), place.key, kind, "" if decides else f"{inner}()", "")]
            lines += own
            unused += [] if own else [place.key]
        if unused:
            note = textwrap.shorten(f"guessed: nothing reads {', '.join(unused)}", 3 * WIDTH - 30, placeholder=" …")
            note_lines = textwrap.wrap(note, WIDTH, initial_indent="    # ", subsequent_indent="    # ")
            lines += [*([] if lines else ["    pass"]), *note_lines]
        yield "\n".join(["@wire.model", f"class {name}:", *(lines or ["    pass"])])

    def _below(self, before: tuple[str, ...], *, is_in_element: bool) -> list[Place]:
        places = (place for place in self.draft.places if place.is_in_element == is_in_element)
        return [place for place in places if place.path[:-1] == before]

    def _is_on_the_way(self, place: Place, to: Iterable[Place | None]) -> bool:
        length = len(place.path)
        others = (one for one in to if one is not None and one.is_in_element == place.is_in_element)
        return any(one is not place and one.path[:length] == place.path for one in others)

    def _own_fields(self, place: Place) -> Iterator[str]:
        decides = place in self.draft.deciding
        if place is self.draft.state:
            kind = "State | None" if self.has_test_word or not decides else "State"
            guess = "state, test button" if self.has_test_word else "state"
            table = f"wire.state({self.table})"
            yield _line(self._state_name(place), place.key, kind, "" if decides else "None", guess, table)
        uses = [use for use in self.uses if use.place is place]
        if uses:
            guess = ", ".join(dict.fromkeys(use.part for use in uses))
            default = "" if decides and place is not self.draft.state else uses[0].default
            yield _line(self._name(place), place.key, uses[0].type, default, guess)

    def _name(self, place: Place) -> str:
        """Return the name of the field for a place; two keys that Python spells alike get two names."""
        name = python_name(place.key)
        for other in self._below(place.path[:-1], is_in_element=place.is_in_element):
            if other is place:
                break
            name += "_" if python_name(other.key) == python_name(place.key) else ""
        return name

    def _state_name(self, place: Place) -> str:
        if all(use.place is not place for use in self.uses):
            return self._name(place)
        names = [self._name(one) for one in self._below(place.path[:-1], is_in_element=place.is_in_element)]
        return "alert_state" if "state" in names else "state"

    def _value(self, place: Place, *, as_state: bool = False) -> str:
        """Return the expression of a value."""
        steps = ["item" if place.is_in_element else "event"]
        for length in range(1, len(place.path)):
            above = self._below(place.path[: length - 1], is_in_element=place.is_in_element)
            steps += [self._name(one) for one in above if one.path == place.path[:length]]
        return ".".join([*steps, self._state_name(place) if as_state else self._name(place)])

    # --- The function that reads it ---

    def read(self) -> str:
        """Return the code of the function that reads an event."""
        draft = self.draft
        reading = [line for line in self._reading() if len(line) <= self._width]
        if not draft.items:
            kind = "Reading | Notice" if draft.test else "Reading"
            event = "event" if draft.test or any("event." in line for line in reading) else "_event"
            head = [f"def {self.function}({event}: {self.event}) -> {kind}:", *self._test("return")]
            return "\n".join([*head, "    return Reading(", *reading, "    )"])
        items = f"event.{self._name(draft.items)}"
        item = "item" if any("item." in line for line in reading) else "_"
        return "\n".join(
            [
                f"def {self.function}(event: {self.event}) -> Iterator[Result]:",
                *self._test("yield"),
                f"    if not {items}:",
                f'        yield Problem(ProblemCode.MISSING, "$.{draft.items.key}", "the list holds no alerts")',
                f"    for where, {item} in {items}:",
                "        yield Reading(",
                *(f"    {line}" for line in reading),
                "            path=where,",
                "        )",
            ]
        )

    def _test(self, gives: str) -> Iterator[str]:
        """Yield the lines that answer the test button."""
        test = self.draft.test
        if test is None:
            return
        condition = self._value(test, as_state=self.has_test_word)
        words = [f'"{word}"' for word in dict.fromkeys(word.strip().casefold() for word in self.draft.test_words)]
        if self.has_test_word:
            condition += " is None"
        elif words:
            condition = f"normalise({condition}) " + (f"in {{{', '.join(words)}}}" if words[1:] else f"== {words[0]}")
        yield f"    if {condition}:  # guessed: the test button"
        yield f"        {gives} Notice(reason=Reason.TEST)"
        if gives == "yield":
            yield "        return"

    def _reading(self) -> Iterator[str]:
        """Yield the arguments of the reading."""
        draft = self.draft
        state = self._value(draft.state, as_state=True) if draft.state else "None"
        yield f"        state={state}," + (
            "" if draft.state else "  # guessed: nothing in the payloads looks like a state"
        )
        level = self._value(draft.level) if draft.level else f'"{_LEVEL}"'
        is_over = f"{state} is State.RESOLVED"
        yield from (
            self._either("level", "None", is_over, level)
            if draft.level_ends and draft.state
            else [f"        level={level},"]
        )
        yield from self._identity()
        texts = {"title": draft.title, "message": draft.message, "resource": draft.resource, "labels": draft.labels}
        for name, place in texts.items():
            if place:
                yield f"        {name}={self._value(place)},"
        if (
            draft.labels
            and not draft.resource
            and any(one and one.keys() & conventions.HOSTS for one in draft.labels.objects)
        ):
            yield f"        resource=conventions.host({self._value(draft.labels)}),  # guessed"
        if draft.link:
            yield f'        links={{"link": {self._value(draft.link)}}},'
        if draft.started:
            yield f"        started_at={self._value(draft.started)},"
        begun, ended = draft.started or draft.occurred, draft.ended or draft.occurred
        if begun is ended or not draft.state:
            yield from [f"        occurred_at={self._value(begun)},"] if begun else []
        else:
            since, until = (self._value(one) if one else "None" for one in (begun, ended))
            yield from self._either("occurred_at", until, is_over, since)

    @property
    def _width(self) -> int:
        """Longest line of an argument: those of an element are indented once more."""
        return WIDTH - 4 if self.draft.items else WIDTH

    def _either(self, name: str, value: str, condition: str, otherwise: str) -> list[str]:
        """Write an argument with a condition, in three lines where one would be too long."""
        parts = [f"        {name}={value}", f"if {condition}", f"else {otherwise},"]
        line = " ".join(parts)
        return [line] if len(line) <= self._width else [parts[0], *(f"        {part}" for part in parts[1:])]

    def _identity(self) -> Iterator[str]:
        mappings = [
            ", ".join(f'"{place.key}": {self._value(place)}' for place in mapping) for mapping in self.draft.identity
        ]
        if not mappings:
            yield "        # guessed: nothing looks like one; name what stays the same from trigger to recovery."
            yield "        identity={},"
            return
        yield "        # guessed: the same in trigger and recovery, the best first; no level, state, text or time."
        indent = "            " if self.draft.items else "        "
        line = f"identity={{{mappings[0]}}}," if len(mappings) == 1 else f"identity=[{{{'}, {'.join(mappings)}}}],"
        if len(indent + line) <= WIDTH:
            yield f"        {line}"
            return
        yield "        identity=["
        for mapping in mappings:
            if len(f"{indent}    {{{mapping}}},") <= WIDTH:
                yield f"            {{{mapping}}},"
            else:
                parts = mapping.split(", ")
                yield from ["            {", *(f"                {part}," for part in parts), "            },"]
        yield "        ],"


def _line(name: str, key: str, kind: str, default: str, guess: str, *notes: str) -> str:
    """Return the line of a field."""
    inner = ", ".join([kind, *notes, *([f'wire.named("{key}")'] if name != key else [])])
    default = f" = {default}" if default else ""
    line = f"    {name}: {kind if inner == kind else f'Annotated[{inner}]'}{default}"
    if len(line) > WIDTH:
        return f"    {name}: Annotated[\n        {inner}\n    ]{default}"
    guessed = f"{line}  # guessed: {guess}"
    return guessed if guess and len(guessed) <= WIDTH else line


# --- The adapter -----------------------------------------------------------------------------------------------------


def _adapter(vendor: Vendor, draft: Draft, shapes: list[_Shape]) -> str:
    times = draft.shapes[0].times
    marks = "keys that each payload has; keep those that nobody else sends"
    marks = marks if vendor.drafted else "give marks, the keys that nobody else sends, instead of rank=None"
    lines = [
        "adapter = Adapter(",
        f'    name="{vendor.name}",',
        f'    title="{vendor.title}",',
        "    shapes=[",
        f"        # guessed: {marks}.",
        *(_shape(vendor, shape, times) for shape in shapes),
        "    ],",
        "    levels=LEVELS,",
    ]
    if vendor.formats != {"json"}:
        formats = ", ".join(f'"{one}"' for one in sorted(vendor.formats))
        lines.append(f"    formats={{{formats}}},")
    if draft.many:
        lines.append("    many=True,")
    unseen = ": nothing in the payloads looks like a time" if times is Times.NONE else ""
    lines.append(f"    times=Times.{times.name},  # guessed{unseen}")
    return "\n".join([*lines, ")"]) + "\n"


def _shape(vendor: Vendor, shape: _Shape, times: Times) -> str:
    """Return the line of a shape, with the marks that fit in it."""
    rest = f", times=Times.{shape.draft.times.name}" if shape.draft.times is not times else ""
    if not vendor.drafted:
        return f"        Shape({shape.event}, {shape.function}, rank=None{rest}),"
    deciding = [place.path for place in shape.draft.deciding if not place.is_in_element]
    places = shape.draft.everywhere
    outer = [place for place in places if len(place.path) == 1]
    rare = [place for place in outer if letters(place.key) not in COMMON_KEYS]
    in_object = {(place.key,) for place in outer if not place.is_json}
    rare = rare or [one for one in places if one.path[:-1] in in_object and letters(one.key) not in COMMON_KEYS]
    found = [place.path for place in rare or outer if place.path not in deciding]
    if not rare:  # a body in which nothing must be there cannot be recognised
        rest += ", rank=Rank.WEAK" if found or deciding else ", rank=None"
    marks = [format_path(path) if path[1:] else path[0] for path in found[:_MAX_MARKS]]
    while True:
        quoted = ", ".join(f'"{mark}"' for mark in sorted(marks))
        line = f"        Shape({shape.event}, {shape.function}{f', marks={{{quoted}}}' if marks else ''}{rest}),"
        if len(line) <= WIDTH:
            return line
        marks.pop()


# --- The fixtures ----------------------------------------------------------------------------------------------------

_ABOUT = """\
# Of each case: origin is "captured" (real software sent it: name the product and its version), "documented" (written
# after the vendor's documentation) or "constructed"; summary is a sentence on what there is to learn from it; expect is
# what the request must become, written by hand from its body: "firing high", "resolved -", "test", "no_alert", "refused
# ShapeError"; closes names the case whose alert a recovery resolves, or is false where no case opens it.
"""


def about(cases: Iterable[Case]) -> str:
    """Return the text of `about.toml`."""
    tables = [_ABOUT]
    for case in cases:
        lines = [] if case.has_model else ["# It has none of the shapes in the module: add a model."]
        lines.append(f"[{case.name}]")
        if case.product:
            lines += ['origin = "captured"', f'product = "{case.product}"']
        else:
            lines.append('origin = "constructed"  # guessed: if real software sent it, "captured" with its product')
        lines += [f'summary = "{case.summary}"  # guessed', 'expect = ""  # fill in, by hand']
        if case.closes is not None:
            lines.append(f'closes = "{case.closes}"  # guessed')
        tables.append("\n".join(lines) + "\n")
    return "\n".join(tables)


# --- A package of its own --------------------------------------------------------------------------------------------


def package(vendor: Vendor) -> dict[str, str]:
    """Return the files of a distribution besides its module and its fixtures, by their paths."""
    name = vendor.name
    return {
        "pyproject.toml": f"""\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{vendor.distribution}"
version = "0.1.0"
description = "{vendor.title} for alertmap."
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["alertmap"]

[project.optional-dependencies]
test = ["alertmap[testing]"]

[project.entry-points."alertmap.adapters"]
{name} = "{vendor.package}:adapter"

[tool.hatch.build.targets.wheel]
packages = ["src/{vendor.package}"]

[tool.pytest.ini_options]
testpaths = ["tests"]

[tool.ruff]
line-length = {WIDTH}
""",
        "README.md": f"""\
# {vendor.distribution}

{vendor.title} for alertmap: installed beside it, it is found by its name.

```python
from alertmap import parse

for alert in parse("{name}", body):
    print(alert.state, alert.severity, alert.dedup_key, alert.title)
```

To work on it: `pip install -e '.[test]'`, then `pytest`. The messages name the line to add or the fixture to write.
`python -m alertmap.testing.regold fixtures {name}` writes what each payload of `fixtures/{name}` becomes: read it.
""",
        f"src/{vendor.package}/py.typed": "",
        f"tests/test_{name}.py": f'''\
"""The conformance kit over {vendor.title}."""

from pathlib import Path

from alertmap import vendors
from alertmap.testing import conformance

from {vendor.package} import adapter

{_class(name)} = conformance(adapter, Path(__file__).parent.parent / "fixtures" / "{name}")


def test_installed() -> None:
    """The adapter is found by its entry point."""
    assert "{name}" in vendors()
''',
    }


def _class(name: str) -> str:
    return "Test" + "".join(word.capitalize() for word in name.split("_"))

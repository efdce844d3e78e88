"""Writes the files of a new adapter from a draft: Python as the formatter leaves it, TOML and Markdown."""

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

from alertmap.cli.drafting import Draft, Field, Model, Way
from alertmap.model import State
from alertmap.paths import format_path

WIDTH = 120


@frozen(kw_only=True)
class Case:
    """A fixture of the new adapter."""

    name: str
    file: str
    body: bytes
    shows: str
    closes: str | None = None
    is_other: bool = False
    """Of another shape than the first."""


@frozen(kw_only=True)
class Vendor:
    """Who the adapter is for."""

    name: str
    title: str
    product: str = ""
    formats: frozenset[str] = frozenset({"json"})
    drafted: bool = True
    """From payloads; else from nothing."""

    @property
    def distribution(self) -> str:
        """The name of a package of its own."""
        return f"alertmap-{self.name.replace('_', '-')}"

    @property
    def package(self) -> str:
        """What is imported of it."""
        return f"alertmap_{self.name}"


# --- The module ------------------------------------------------------------------------------------------------------


def module(vendor: Vendor, draft: Draft, *, inside: bool) -> str:
    """The text of an adapter's module; `inside` the library itself, or in a package of its own."""
    models = [_model(model) for model in draft.models]
    body = [*models, _tables(draft), _identity(draft), _read(draft), _adapter(vendor, draft)]
    code = "\n\n".join(part.rstrip() + "\n" for part in body)
    told = (
        f"How a user sets {vendor.title} up to send here, and what never to change: this text becomes a page of the "
        f"documentation. What is called guessed below was guessed from {'payloads' if vendor.drafted else 'nothing'}."
    )
    docstring = f'"""{vendor.title}, its webhook.\n\n{textwrap.fill(told, WIDTH)}\n"""'
    return f"{docstring}\n\n{_imports(code, inside=inside)}\n\n{code}"


_IMPORTS = (
    ("alertmap.adapter", ("Adapter", "Said", "normalise")),
    ("alertmap.model", ("Problem", "ProblemCode", "Reading", "Severity", "State")),
    ("alertmap.paths", ("JsonPath",)),
)


def _imports(code: str, *, inside: bool) -> str:
    said = re.sub(r'"[^"]*"|#.*', "", code)
    words = set(re.findall(r"(?<![\w.])\w+(?![\w:])", said))
    standard = ["from collections.abc import Iterator"]
    typing = [one for one in ("Annotated", "Literal") if one in words]
    if typing:
        standard.append(f"from typing import {', '.join(typing)}")
    ours = ["from alertmap import wire"]
    for name, offered in _IMPORTS:
        used = [one for one in offered if one in words]
        ours += [f"from {name} import {', '.join(used)}"] if used else []
    others = ["from cattrs import override"] if "override" in words else []
    blocks = [standard, others, ours] if inside else [standard, ours + others]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _model(model: Model) -> str:
    lines = "\n".join(_field(field) for field in model.fields) or "    pass"
    return f"@wire.model\nclass {model.name}:\n{lines}\n"


def _field(field: Field) -> str:
    kind, default = field.type, ""
    if field.optional and kind == "wire.Text":
        default = ' = ""'
    elif field.optional:
        # The types of times, and any JSON, take null as they are.
        takes_null = kind.startswith("wire.") and not kind.startswith("wire.Items")
        kind, default = kind if takes_null else f"{kind} | None", " = None"
    if field.name != field.key:
        kind = f'Annotated[{kind}, override(rename="{field.key}")]'
    line = f"    {field.name}: {kind}{default}"
    if len(line) > WIDTH:
        inner = kind.removeprefix("Annotated[").removesuffix("]")
        return f"    {field.name}: Annotated[\n        {inner}\n    ]{default}"
    guess = f"{line}  # guessed: {field.guess}"
    return guess if field.guess and len(guess) <= WIDTH else line


def _tables(draft: Draft) -> str:
    lines = []
    if draft.states and not _is_flag(draft):
        fires = "" if draft.state == draft.level else ", with a problem"
        lines = [f"# guessed: what is not in here fires{fires}.", "STATES = {"]
        for word, state in draft.states.items():
            if fires or state is not State.FIRING:
                unseen = "  # guessed: no payload says it" if word in draft.unseen else ""
                lines.append(f'    "{word}": State.{state.name},{unseen}')
        lines += ["}", ""]
    if draft.levels:
        lines += ["# guessed: the words of the payloads; there are more.", "LEVELS = {"]
        lines += [f'    "{word}": Severity.{severity.name},' for word, severity in draft.levels.items()]
        lines.append("}")
    else:
        lines.append("LEVELS: dict[str, Severity] = {}")
    return "\n".join(lines) + "\n"


def _is_flag(draft: Draft) -> bool:
    return bool(draft.state) and draft.state[-1].type == "bool"


def _root(draft: Draft, ways: Iterable[Way]) -> list[tuple[str, str]]:
    """The arguments that a function of these ways takes, with their types."""
    roots = {"item" if _of_item(draft, way) else "event" for way in ways if way}
    item = draft.items.model.name if draft.items and draft.items.model else ""
    return [(name, kind) for name, kind in (("event", draft.event.name), ("item", item)) if name in roots]


def _of_item(draft: Draft, way: Way) -> bool:
    return draft.items is not None and way[0] is draft.items


def _at(draft: Draft, way: Way) -> str:
    """The expression of a value."""
    steps = way[1:] if _of_item(draft, way) else way
    return ".".join(["item" if _of_item(draft, way) else "event", *(field.name for field in steps)])


def _parameters(found: list[tuple[str, str]]) -> str:
    return ", ".join(f"{name}: {kind}" for name, kind in found)


def _identity(draft: Draft) -> str:
    if not draft.identity:
        kind = draft.items.model.name if draft.items and draft.items.model else draft.event.name
        return (
            f"def identity(_: {kind}) -> dict[str, str]:\n"
            "    # Nothing looks like one: name what stays the same from trigger to recovery.\n"
            "    return {}\n"
        )
    named = {way[-1].key: way for way in draft.identity}
    parts = ", ".join(f'"{key}": {_at(draft, way)}' for key, way in named.items())
    return (
        f"def identity({_parameters(_root(draft, draft.identity))}) -> dict[str, str]:\n"
        "    # guessed: what stays the same from trigger to recovery. No level, state, text or time.\n"
        f"    return {{{parts}}}\n"
    )


def _read(draft: Draft) -> str:
    whole = _root(draft, draft.identity) or [("item" if draft.items else "event", "")]
    asked = ", ".join(name for name, _ in whole)
    lines = [line for line in _reading(draft, f"identity({asked})") if len(line) <= WIDTH]
    if draft.items is None:
        return "\n".join(["def read(event: Event) -> Iterator[Said]:", *lines]) + "\n"
    used = [name for name in ("event", "item") if any(re.search(rf"\b{name}\b[.,)]", line) for line in lines)]
    names = [*used, "at"]
    kinds = {"event": "Event", "item": draft.items.model.name if draft.items.model else "", "at": "JsonPath"}
    every = f"event.{draft.items.name}{' or ()' if draft.items.optional else ''}"
    return "\n".join(
        [
            "def read(event: Event) -> Iterator[Said]:",
            f"    for at, {'item' if 'item' in used else '_'} in {every}:",
            f"        yield _reading({', '.join(names)})",
            "",
            "",
            f"def _reading({', '.join(f'{name}: {kinds[name]}' for name in names)}) -> Reading:",
            *(line.replace("    yield Reading(", "    return Reading(") for line in lines),
            "",
        ]
    )


def _reading(draft: Draft, identity: str) -> Iterator[str]:
    """The lines from the state to the reading."""
    state, problems = "State.FIRING", ""
    if _is_flag(draft):
        (meant,) = draft.states.values()
        other = State.FIRING if meant is State.RESOLVED else State.RESOLVED
        yield f"    state = State.{meant.name} if {_at(draft, draft.state)} else State.{other.name}"
        state = "state"
    elif draft.state and draft.state == draft.level:
        yield f"    state = STATES.get(normalise({_at(draft, draft.state)}), State.FIRING)"
        state = "state"
    elif draft.state:
        key = draft.state[-1].key
        path = format_path(tuple(field.key for field in draft.state if field is not draft.items))
        yield f"    state = STATES.get(normalise({_at(draft, draft.state)}))"
        yield f'    told = "the {key} is none that is known; it fires"'
        yield f'    unknown = Problem(ProblemCode.STATE_UNKNOWN, "{path}", told)'
        state, problems = "state or State.FIRING", "() if state else (unknown,)"
    yield "    yield Reading("
    unseen = "" if draft.state else "  # guessed: nothing in the payloads looks like a state"
    yield f"        state={state},{unseen}"
    yield f"        identity={identity},"
    for name, text in _values(draft):
        yield f"        {name}={text},"
    if problems:
        yield f"        problems={problems},"
    if draft.items:
        yield "        at=at,"
    yield "    )"


def _values(draft: Draft) -> Iterator[tuple[str, str]]:
    def at(way: Way) -> str:
        return _at(draft, way)

    if draft.level:
        level = at(draft.level)
        ends = draft.level_ends and draft.state
        yield "level", f"None if state is State.RESOLVED else {level}" if ends else f"{level} or None"
    for name, way in (("title", draft.title), ("message", draft.message), ("resource", draft.resource)):
        if way:
            yield name, at(way)
    if draft.labels:
        yield "labels", f"{at(draft.labels)}{' or {}' if draft.labels[-1].optional else ''}"
    if draft.link:
        yield "links", f'{{"link": {at(draft.link)}}} if {at(draft.link)} else {{}}'
    if draft.started:
        yield "started_at", at(draft.started)
    since = draft.occurred or draft.started
    if draft.state and (draft.ended or (draft.started and not draft.occurred)):
        ended, before = (at(way) if way else "None" for way in (draft.ended, draft.started or draft.occurred))
        yield "occurred_at", f"{ended} if state is State.RESOLVED else {before}"
    elif since:
        yield "occurred_at", at(since)


def _adapter(vendor: Vendor, draft: Draft) -> str:
    marks = list(draft.marks) if vendor.drafted else []
    while len(_marks(marks)) > WIDTH:
        marks.pop()
    lines = [
        "adapter = Adapter(",
        f'    name="{vendor.name}",',
        f'    title="{vendor.title}",',
        "    wire=Event,",
        "    read=read,",
        "    levels=LEVELS,",
        f"    # guessed: keys that every payload has. Keep those that give {vendor.title} away.",
        _marks(marks),
    ]
    if not draft.levels:
        lines.append("    fallback=Severity.MEDIUM,  # guessed: nothing in the payloads looks like a level")
    if vendor.formats != {"json"}:
        lines.append(f"    formats=frozenset({{{_quoted(sorted(vendor.formats))}}}),")
    if draft.many:
        lines.append("    many=True,")
    if not (draft.started or draft.occurred or draft.ended):
        lines.append("    timed=False,  # guessed: nothing in the payloads looks like a time")
    return "\n".join([*lines, ")"]) + "\n"


def _marks(keys: Sequence[str]) -> str:
    return f"    marks=frozenset({{{_quoted(keys)}}})," if keys else "    marks=frozenset(),"


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)


# --- The fixtures ----------------------------------------------------------------------------------------------------

_ABOUT = """\
# Of each case: origin is "captured" (real software sent it: name the product and its version), "documented" (written
# after the vendor's documentation) or "constructed"; shows says in a sentence what there is to learn from it; closes
# names the case whose alert a recovery resolves.
"""


def about(vendor: Vendor, cases: Iterable[Case]) -> str:
    """The text of `about.toml`."""
    parts = [_ABOUT]
    for case in cases:
        product = f'product = "{vendor.product}"'
        lines = [
            f"[{case.name}]",
            'origin = "captured"',
            product if vendor.product else f"{product}  # fill in: what sent it, with its version",
            f'shows = "{case.shows}"',
        ]
        if case.is_other:
            lines.insert(0, "# Of another shape than the first: give it a model of its own, and wire=Event | Other.")
        if case.closes is not None:
            lines.append(f'closes = "{case.closes}"  # guessed')
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


# --- A package of its own --------------------------------------------------------------------------------------------


def package(vendor: Vendor) -> dict[str, str]:
    """The files of a distribution beside its module and its fixtures, by their paths."""
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

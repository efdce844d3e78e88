"""No pattern of the library backtracks: twice the text takes at most two and a half times the steps."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from itertools import permutations
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import alertmap
from alertmap.adapter import Adapter
from hostile.regex_steps import Matcher, TooManySteps

ROOT = Path(alertmap.__file__).parent
SEARCHES = {"search", "sub", "subn", "split", "findall", "finditer"}
MATCHES = {"match", "fullmatch"}
SHORT = 150
GROWTH = 2.5
MOST = 50_000
COMMON = ("a", " ", "0", "aA0_", "1 ", "a b ", ":", "-", "a:", "{{", "\t\n")

OWN_TEXTS = {"cli", "testing"}
"""Packages that read texts of their user, not of a sender."""

MADE_IN_FUNCTIONS = {
    "adapters.influxdb3.texts.tags_in, row": r":(?=[^:=]+=)",
    "adapters.influxdb3.texts.tags_in": r", (?=[^, =]+=)",
    "adapters.influxdb3.own.without_level": r":(?:INFO|WARN|ERROR|CRITICAL)(?=:|$)",
}
"""Patterns that a function makes, and searches."""


class Pattern(NamedTuple):
    """A pattern of the library, and how it is used."""

    name: str
    pattern: "re.Pattern[Any]"
    searches: bool


def modules() -> Iterator[tuple[str, Path]]:
    """Yield the modules that read what a sender wrote."""
    for file in sorted(ROOT.rglob("*.py")):
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if name.partition(".")[0] not in OWN_TEXTS and name != "intake.redact":
            yield name, file


@cache
def patterns() -> tuple[Pattern, ...]:
    """Return all patterns: compiled ones of modules and adapters, texts that a function hands to `re`, made ones."""
    found: dict[str, Pattern] = {}
    for module, file in modules():
        calls = [call for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(call, ast.Call)]
        used = [(call.func, call.args) for call in calls if isinstance(call.func, ast.Attribute)]
        searched = {ast.unparse(func.value) for func, _ in used if func.attr in SEARCHES}
        searched |= {
            ast.unparse(args[0]) for func, args in used if ast.unparse(func.value) == "re" and func.attr in SEARCHES
        }
        texts = {ast.unparse(args[0]) for func, args in used if ast.unparse(func.value) == "re" and args}
        for name, value in vars(import_module(f"alertmap.{module}" if module != "__init__" else "alertmap")).items():
            if isinstance(value, Adapter):
                for part, pattern in (("templates", value.templates), ("placeholders", value.placeholders)):
                    if pattern is not None:
                        found[f"{value.name}.{part}"] = Pattern(f"{value.name}.{part}", pattern, part == "templates")
                continue
            own = value if isinstance(value, list | tuple) else [value]
            for place, one in enumerate(it[-1] if isinstance(it, tuple) and it else it for it in own):
                pattern = re.compile(one) if isinstance(one, str) and name in texts else one
                if isinstance(pattern, re.Pattern):
                    label = f"{module}.{name}" + (f"[{place}]" if one is not value else "")
                    found[label] = Pattern(label, pattern, name in searched)
    made = {name: Pattern(name, re.compile(text), searches=True) for name, text in MADE_IN_FUNCTIONS.items()}
    return tuple((found | made).values())


def pieces_of(pattern: str) -> set[str]:
    """Return the literal texts in a pattern, and its single characters."""
    literals = re.findall(
        r"[A-Za-z0-9 ,:=.;&_/\"'(){}\[\]<>!@#%~-]{2,}", re.sub(r"\(\?P<\w+>|\(\?[:>=!]|\\[a-zA-Z]", "\n", pattern)
    )
    return {*literals, *(char for literal in literals for char in literal if not char.isalnum())}


def baits(pattern: "re.Pattern[Any]") -> Iterator[tuple[str, str, str]]:
    """Yield beginnings, pieces to repeat, and ends that must not match."""
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    own = sorted(pieces_of(text), key=lambda piece: (-len(piece), piece))[:8]
    for piece in (*own, *COMMON):
        yield "", piece, "!"
        yield from ((head, piece, "\x00") for head in own[:2])
    yield from (("", first + second, "!") for first, second in permutations(own[:4], 2))


def steps(matcher: Matcher, text: str, *, searches: bool) -> int:
    """Count the steps of one use; the most are those of a pattern that must never be used."""
    try:
        if searches:
            matcher.scan(text, MOST)
        else:
            matcher.fullmatch(text, MOST)
    except TooManySteps:
        return MOST
    return matcher.steps


@pytest.mark.parametrize("it", patterns(), ids=lambda it: it.name)
def test_steps_are_in_proportion_to_the_text(it: Pattern) -> None:
    """A text of twice the length takes at most 2.5 times the steps, whatever is repeated in it."""
    matcher = Matcher(it.pattern)
    for head, piece, end in baits(it.pattern):
        short, long = (f"{head}{piece * (length // len(piece))}{end}" for length in (SHORT, 2 * SHORT))
        counts = [steps(matcher, text, searches=it.searches) for text in (short, long)]
        assert counts[1] <= GROWTH * max(counts[0], 2 * SHORT), (head, piece, counts)
        assert counts[1] < MOST, (head, piece)


def test_patterns_are_found() -> None:
    """Patterns of modules, of adapters and in functions are among those tested."""
    names = {it.name for it in patterns()}
    assert len(names) > 50
    assert {"intake.scrub._HARMFUL", "generic.placeholders", "wire.times._COUNT"} <= names
    assert "adapters.influxdb3.texts.PATTERNS[0]" in names
    assert next(it for it in patterns() if it.name == "intake.scrub._HARMFUL").searches


@pytest.mark.parametrize(
    ("pattern", "text"),
    [(r"a*a*b", "a"), (r"(a|a)*b", "a"), (r"(?:a+)+b", "a"), (r"(\w+\s?)*$", "a"), (r".*x.*y", "x")],
)
def test_the_count_tells_patterns_that_backtrack(pattern: str, text: str) -> None:
    """A pattern that takes the square of its text, or more, does not pass."""
    matcher = Matcher(re.compile(pattern))
    counts = [steps(matcher, f"{text * (length // len(text))}!", searches=False) for length in (SHORT, 2 * SHORT)]
    assert counts[1] > GROWTH * counts[0] or counts[1] == MOST


@pytest.mark.parametrize("it", patterns(), ids=lambda it: it.name)
def test_the_matcher_agrees_with_re(it: Pattern) -> None:
    """The matcher that counts finds what `re` finds."""
    matcher = Matcher(it.pattern)
    for head, piece, end in baits(it.pattern):
        text = f"{head}{piece * 4}{end if piece != head else ''}"
        if isinstance(it.pattern.pattern, bytes):
            sent: Any = text.encode("utf-8")
            text = sent.decode("latin-1")
        else:
            sent = text
        assert matcher.fullmatch(text, MOST) is (it.pattern.fullmatch(sent) is not None), (text,)
        assert matcher.match(text, MOST) is (it.pattern.match(sent) is not None), (text,)

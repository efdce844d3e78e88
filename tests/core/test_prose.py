"""The language of the project: plain English, without words that only its authors would understand."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]

BANNED = re.compile(
    r"(?<![a-z])(?:told|said|shows|wholes?|heard|rooms?|floors?|doors?|campaigns?|journals?|nobody's"
    r"|(?:is|are)\s+none\s+that|(?:is|are)\s+wanted)(?![a-z])",
    re.IGNORECASE,
)
OPENING = re.compile(r"(?:What|Whether|The same|All that)(?![\w-])")
IN_QUOTES = re.compile(rf"[\"']\s*{OPENING.pattern}")

ALLOWED = {
    ("CHANGELOG.md", "heard"): "a former name",
    ("CHANGELOG.md", "shows"): "a former name",
    ("bench/plot.py", "floor"): "math.floor",
    ("src/alertmap/adapters/home_assistant.py", "door"): "a device class",
    ("src/alertmap/incidents/snapshot.py", "heard"): "a key of snapshots of version 1",
    ("src/alertmap/incidents/snapshot.py", "said"): "a key of snapshots of version 1",
    ("src/alertmap/server/databases.py", "journal"): "a setting of SQLite",
}
"""Words that one file may use, with the reason."""


class Finding(NamedTuple):
    """A word or an opening that does not pass."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


def files() -> list[Path]:
    """Return the Python files and Markdown pages of the project, without what a build writes."""
    folders = ("src", "tests", "bench", "docs")
    found = [ROOT / "noxfile.py", *ROOT.glob("*.md")]
    found += [file for folder in folders for end in ("py", "md") for file in (ROOT / folder).rglob(f"*.{end}")]
    built = tuple(ROOT / "docs" / folder for folder in ("_build", "reference", "vendors"))
    return sorted(file for file in found if not any(file.is_relative_to(folder) for folder in built))


@cache
def words(text: str) -> tuple[str, ...]:
    """Return the banned words of a text, in lower case; names repeat, so the result is kept."""
    return tuple(
        " ".join(found[0].lower().split()) for found in BANNED.finditer(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text))
    )


def in_markdown(path: str, text: str) -> Iterator[Finding]:
    """Yield the findings of a Markdown page."""
    for number, line in enumerate(text.splitlines(), 1):
        yield from (Finding(path, number, word) for word in words(line))


def in_python(path: str, source: str) -> Iterator[Finding]:
    """Yield the findings of a Python file: identifiers, docstrings, comments and, in src, all other strings."""
    if not words(source) and not IN_QUOTES.search(source):  # most files; parsing is slow
        return
    yield from in_comments(path, source)
    nodes = list(ast.walk(ast.parse(source)))
    docstrings = {node.value for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        line = getattr(node, "lineno", 0)
        for name in identifiers(node):
            yield from (Finding(path, line, word) for word in words(name))
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from in_string(path, line, node.value, is_docstring=node in docstrings)


def in_string(path: str, line: int, text: str, *, is_docstring: bool) -> Iterator[Finding]:
    """Yield the findings of one string of a Python file."""
    opening = OPENING.match(text.lstrip()) if is_docstring else None
    if opening:
        yield Finding(path, line, f"a docstring opens with {opening[0]!r}")
    if is_docstring or path.startswith("src/"):
        yield from (Finding(path, line, word) for word in words(text))


def in_comments(path: str, source: str) -> Iterator[Finding]:
    """Yield the findings of the comments of a Python file."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield from (Finding(path, token.start[0], word) for word in words(token.string))


def identifiers(node: ast.AST) -> Iterator[str]:
    """Yield the identifiers that stand in one node of a syntax tree."""
    for field in ("id", "arg", "attr", "name", "asname"):
        name = getattr(node, field, None)
        if isinstance(name, str):
            yield name


def in_project() -> list[Finding]:
    """Return the findings of all files, in order."""
    found: set[Finding] = set()
    for file in files():
        read = in_markdown if file.suffix == ".md" else in_python
        found.update(read(file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8")))
    return sorted(found)


@pytest.fixture(scope="module", name="found")
def _found() -> list[Finding]:
    return in_project()


def test_plain_english(found: list[Finding]) -> None:
    """No file has a banned word, or a docstring with a banned opening."""
    bad = [it for it in found if (it.path, it.text) not in ALLOWED]
    assert not bad, "\n".join(["use plain words, see BANNED and OPENING:", *map(str, bad)])


@pytest.mark.parametrize(("path", "word"), ALLOWED)
def test_allowed_is_needed(path: str, word: str, found: list[Finding]) -> None:
    """An allowed word occurs in its file."""
    assert any((it.path, it.text) == (path, word) for it in found), f"{path} is clean: remove it from ALLOWED"


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        ("src/a.py", '"""What it is."""', ["a docstring opens with 'What'"]),
        ("src/a.py", 'def f():\n    """Whether it is."""', ["a docstring opens with 'Whether'"]),
        ("src/a.py", 'X = 1\n"""All that is."""', ["a docstring opens with 'All that'"]),
        ("src/a.py", 'X = 1\n"""The same\nagain."""', ["a docstring opens with 'The same'"]),
        ("src/a.py", '"""The same-day rule. Whatever."""', []),
        ("src/a.py", '"""Whatever it shows."""', ["shows"]),
        ("src/a.py", "x = 1  # as told", ["told"]),
        ("src/a.py", "raise E(f'the {x} is none that is known')", ["is none that"]),
        ("src/a.py", '"""A word that\n    is wanted."""', ["is wanted"]),
        ("tests/a.py", "x = 'the whole of it'", []),
        ("tests/a.py", "_told = saidIt = Floors()", ["floors", "said", "told"]),
        ("tests/a.py", "def f(door, *, room=1): g(heard=door.whole)", ["door", "door", "heard", "room", "whole"]),
        ("tests/a.py", "from a import b as campaign", ["campaign"]),
        ("tests/a.py", "untold = aforesaid = threshold = bedroom = wholly = show = 1", []),
        ("a.md", "It **said**\n`nobody's`.", ["nobody's", "said"]),
        ("a.md", "What it says. Whether it is.", []),
    ],
)
def test_findings(path: str, source: str, expected: list[str]) -> None:
    """Words are found in names, comments, docstrings, Markdown and the strings of src; openings in docstrings."""
    read = in_markdown if path.endswith(".md") else in_python
    assert sorted(it.text for it in read(path, source)) == expected


def test_files_are_found() -> None:
    """Sources, tests, bench, docs and pages are all read."""
    paths = {file.relative_to(ROOT).as_posix() for file in files()}
    assert paths >= {"noxfile.py", "README.md", "CHANGELOG.md", "docs/concepts.md", "docs/_ext/vendor_pages.py"}
    assert paths >= {"src/alertmap/model.py", "tests/core/test_prose.py", "bench/cases.py"}

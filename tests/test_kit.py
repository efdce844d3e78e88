"""The conformance kit catches what it is for: a deliberately broken adapter for each of its parts."""

import re

import pytest

GOOD = """
from collections.abc import Iterator

from alertmap import wire
from alertmap.adapter import Adapter
from alertmap.model import Reading, Severity, State


@wire.model
class Event:
    acme_check: wire.NonBlank
    acme_state: str
    rank: str
    at: wire.Rfc3339
    text: str = ""


LEVELS = {"bad": Severity.HIGH, "odd": Severity.LOW}


def identity(event: Event) -> dict[str, str]:
    return {"check": event.acme_check}


def read(event: Event) -> Iterator[Reading]:
    yield Reading(
        state=State.RESOLVED if event.acme_state == "well" else State.FIRING,
        level=event.rank,
        identity=identity(event),
        title=event.text.strip() or event.acme_check,
        occurred_at=event.at,
    )


adapter = Adapter(
    name="acme",
    title="Acme",
    wire=Event,
    read=read,
    levels=LEVELS,
    marks=frozenset({"acme_check", "acme_state"}),
)
"""
ABOUT = """
[bad]
origin = "constructed"
shows = "It fires."

[odd]
origin = "constructed"
shows = "It fires at the other level."

[well]
origin = "constructed"
shows = "It recovers."
closes = "bad"
"""
EVENT = '{"acme_check": "web", "acme_state": "%s", "rank": "%s", "at": "2026-03-02T08:0%s:00Z", "text": "%s"}'
BODIES = {
    "bad": EVENT % ("ill", "bad", 0, "web is down"),
    "odd": EVENT % ("ill", "odd", 1, "web is slow"),
    "well": EVENT % ("well", "bad", 2, "web is back"),
}
TESTS = """
from acme import adapter
from alertmap.testing import conformance

TestAcme = conformance(adapter, "fixtures/acme")
"""


# What a broken adapter gives is taken as meant: goldens must not be what catches it.
REGOLD = """
from contextlib import suppress
from acme import adapter
from alertmap.testing.fixtures import dump, load

for case in load("fixtures/acme"):
    with suppress(Exception):
        case.golden.write_text(dump(case.outcome(adapter)), encoding="utf-8")
"""


class Package:
    """A third party's package in a folder of its own: its adapter, its fixtures, its three lines of tests."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.fixtures = pytester.mkdir("fixtures") / "acme"
        self.fixtures.mkdir()
        self.about(ABOUT)
        for name, body in BODIES.items():
            self.body(name, body)
        pytester.syspathinsert()
        pytester.makepyfile(acme=GOOD)

    def about(self, text: str) -> None:
        """Write what is said of the fixtures."""
        (self.fixtures / "about.toml").write_text(text, encoding="utf-8")

    def body(self, name: str, text: str) -> None:
        """Write a fixture."""
        (self.fixtures / f"{name}.json").write_text(text, encoding="utf-8")

    def sabotage(self, *changes: str) -> None:
        """Break the adapter: texts before and after, in turn."""
        broken = GOOD
        for before, after in zip(changes[::2], changes[1::2], strict=True):
            assert before in broken
            broken = broken.replace(before, after)
        self.pytester.makepyfile(acme=broken)

    def run(self, only: str = "test", *, regold: bool = True) -> tuple[set[str], str]:
        """The names of the tests that fail, and what was said."""
        self.pytester.makepyfile(test_acme=(REGOLD if regold else "") + TESTS)
        result = self.pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider", "-k", only, "test_acme.py")
        said = result.stdout.str()
        return set(re.findall(r"^FAILED test_acme\.py::TestAcme::(\w+)", said, re.MULTILINE)), said


@pytest.fixture
def package(pytester: pytest.Pytester) -> Package:
    return Package(pytester)


def test_a_good_adapter_is_green(package: Package) -> None:
    """A package that is not even installed passes with three lines."""
    failed, said = package.run()
    assert not failed
    assert re.search(r"\d+ passed", said)


IDENTITY = '{"check": event.acme_check}'
TITLE = "title=event.text.strip() or event.acme_check"
MARKS = 'marks=frozenset({"acme_check", "acme_state"})'
READ = "    yield Reading("


@pytest.mark.parametrize(
    ("caught_by", "changes"),
    [
        pytest.param(
            "test_level_is_not_in_the_key",
            (IDENTITY, '{"check": event.acme_check, "rank": event.rank}'),
            id="key with the level in it",
        ),
        pytest.param(
            "test_recoveries_close",
            (IDENTITY, '{"check": event.acme_check + event.acme_state}'),
            id="recovery that changes the key",
        ),
        pytest.param("test_titles_are_the_vendors", (TITLE, 'title=" "'), id="blank title"),
        pytest.param(
            "test_damage",
            ("acme_check: wire.NonBlank", "acme_check: wire.Json", IDENTITY, '{"check": str(event.acme_check)}'),
            id="silent coercion",
        ),
        pytest.param(
            "test_pure",
            ('text: str = ""', 'text: str = ""\n    more: wire.Json = None', READ, "    event.more.clear()\n" + READ),
            id="mutation of the input",
        ),
        pytest.param(
            "test_reads_no_clock", (READ, "    import time\n\n    time.time()\n" + READ), id="clock by import"
        ),
        pytest.param(
            "test_reads_no_clock",
            ("occurred_at=event.at", "occurred_at=type(event.at).now(event.at.tzinfo)"),
            id="clock by call",
        ),
        pytest.param(
            "test_damage",
            (TITLE, 'title={"web is down": "a", "web is slow": "b", "web is back": "c"}[event.text]'),
            id="KeyError on a missing field",
        ),
        pytest.param(
            "test_marks_are_its_own",
            (MARKS, 'marks=lambda _document, _request: Mark("anything")', "import Adapter", "import Adapter, Mark"),
            id="marks that claim another vendor's payload",
        ),
        pytest.param("test_recognised", (MARKS, 'marks=frozenset({"no such key"})'), id="marks that it has not"),
        pytest.param(
            "test_every_severity_is_shown",
            ('"odd": Severity.LOW', '"odd": Severity.LOW, "mad": Severity.INFO'),
            id="level without a fixture",
        ),
        pytest.param(
            "test_pure",
            ("LEVELS = {", "COUNT = iter(range(10**9))\nLEVELS = {", TITLE, 'title=f"call {next(COUNT)}"'),
            id="state between two calls",
        ),
    ],
)
def test_sabotage(package: Package, caught_by: str, changes: tuple[str, ...]) -> None:
    """A broken adapter turns the part of the kit red that is there for it."""
    if "more" in "".join(changes):
        package.body("bad", BODIES["bad"].replace("}", ', "more": {"a": 1}}'))
        package.body("odd", BODIES["odd"].replace("}", ', "more": {}}'))
        package.body("well", BODIES["well"].replace("}", ', "more": {}}'))
    package.sabotage(*changes)
    failed, said = package.run(caught_by)
    assert failed == {caught_by}, said


def test_goldens_are_held(package: Package) -> None:
    """A change of what a payload becomes fails with the command that writes it anew."""
    package.run("test_golden")
    package.sabotage("Severity.HIGH", "Severity.CRITICAL")
    failed, said = package.run("test_golden", regold=False)
    assert failed == {"test_golden"}
    assert "alertmap.testing.regold fixtures acme" in said


def test_secrets_are_found(package: Package) -> None:
    """A credential that was left in a fixture is found, and not printed whole."""
    package.body("bad", BODIES["bad"].replace("}", ', "api_key": "sk-0123456789abcdef0123456789"}'))
    failed, said = package.run("test_no_secrets")
    assert failed == {"test_no_secrets"}
    assert "scrub bad.json" in said


@pytest.mark.parametrize(
    ("about", "says"),
    [
        (ABOUT + '\n[gone]\norigin = "constructed"\nshows = "x"', "there is no gone.json"),
        (ABOUT.replace("[odd]", "[even]"), "there is no even.json"),
        (ABOUT.replace('origin = "constructed"\nshows = "It fires."', 'shows = "It fires."'), "[bad]: expected"),
        (ABOUT.replace('"constructed"\nshows = "It fires."', '"captured"\nshows = "x"'), "[bad]: add the product"),
        (ABOUT.replace('closes = "bad"', ""), "say in about.toml what well closes"),
        (ABOUT.replace('closes = "bad"', 'closes = "worse"'), "well closes worse, which is no case"),
    ],
)
def test_what_is_said_of_fixtures_is_held(package: Package, about: str, says: str) -> None:
    """A fixture without its word in about.toml, or a word without its fixture, fails with the line to add."""
    package.about(about)
    _failed, said = package.run("test_recoveries_close", regold=False)
    assert says in said

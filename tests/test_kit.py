"""The conformance kit catches what it is for: a deliberately broken adapter for each of its parts."""

import json
import re

import pytest

GOOD = """
from typing import Annotated

from alertmap import wire
from alertmap.adapter import Adapter, Notice, Reading, Reason, Severity, Shape, State, Times

STATES = {"ill": State.FIRING, "well": State.RESOLVED}
LEVELS = {"bad": Severity.HIGH, "odd": Severity.LOW}


@wire.model
class Event:
    acme_check: wire.NonBlank
    acme_state: Annotated[State, wire.state(STATES)]
    rank: wire.Text = ""
    at: wire.Rfc3339 = None
    text: wire.Text = ""
    region: wire.Text = ""
    team: wire.Text = ""
    owner: wire.Text = ""
    note: wire.Text = ""
    runbook: wire.Text = ""


def identity(event: Event) -> dict[str, str]:
    return {"check": event.acme_check}


def read(event: Event) -> Reading:
    return Reading(
        state=event.acme_state,
        level=event.rank,
        identity=identity(event),
        title=event.text.strip() or event.acme_check,
        occurred_at=event.at,
        labels={"region": event.region, "team": event.team, "owner": event.owner, "note": event.note},
    )


adapter = Adapter(
    name="acme",
    title="Acme",
    shapes=[Shape(Event, read)],
    levels=LEVELS,
    times=Times.STATED,
)
"""
ABOUT = """
[bad]
origin = "constructed"
summary = "It fires."
expect = "firing high"

[odd]
origin = "constructed"
summary = "It fires at the other level."
expect = "firing low"

[well]
origin = "constructed"
summary = "It recovers."
expect = "resolved high"
closes = "bad"
"""
EVENT = (
    '{"acme_check": "web", "acme_state": "%s", "rank": "%s", "at": "2026-03-02T08:0%s:00Z", "text": "%s", '
    '"region": "eu", "team": "ops", "owner": "me", "note": "", "runbook": "https://acme.example/r"}'
)
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
from pathlib import Path
from acme import adapter
from alertmap.testing.bodies import LIST, list_text, listed, unlisted
from alertmap.testing.fixtures import dump, load

folder = Path("fixtures/acme")
cases = load(folder)
for case in cases:
    with suppress(Exception):
        case.golden.write_text(dump(case.outcome(adapter)), encoding="utf-8")
with suppress(Exception):
    names = listed(folder)
    (folder / LIST).write_text(list_text([*names, *unlisted(adapter, cases, names)]), encoding="utf-8")
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
        """Write the entries of the fixtures."""
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
        """The names of the tests that fail, and the output."""
        self.pytester.makepyfile(test_acme=(REGOLD if regold else "") + TESTS)
        result = self.pytester.runpytest_inprocess("-q", "-rsf", "-p", "no:cacheprovider", "-k", only, "test_acme.py")
        output = result.stdout.str()
        return set(re.findall(r"^FAILED test_acme\.py::TestAcme::(\w+)", output, re.MULTILINE)), output


@pytest.fixture
def package(pytester: pytest.Pytester) -> Package:
    return Package(pytester)


def test_a_good_adapter_is_green(package: Package) -> None:
    """A package that is not even installed passes with three lines."""
    failed, output = package.run()
    assert not failed, output
    assert re.search(r"\d+ passed", output)


IDENTITY = '{"check": event.acme_check}'
TITLE = "title=event.text.strip() or event.acme_check"
SHAPE = "Shape(Event, read)"
READ = "    return Reading("
CHECK = "acme_check: wire.NonBlank"
STATE = "acme_state: Annotated[State, wire.state(STATES)]"
NOTE = 'note: wire.Text = ""'
NO_ALERT = "    if not event.text:\n        return Notice(reason=Reason.NO_ALERT)\n"
OTHER = (
    "adapter = ",
    """
@wire.model
class Other:
    id: wire.Text = ""


def read_other(event: Other) -> Reading:
    return Reading(state=None, identity={"id": event.id}, title="It burns")


adapter = """,
)
DRAFTED = '__doc__ = """And what never to change: this text becomes a page of the\ndocumentation."""\n'


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
            (CHECK, "acme_check: wire.Json", IDENTITY, '{"check": str(event.acme_check)}'),
            id="silent coercion",
        ),
        pytest.param(
            "test_pure",
            (NOTE, NOTE + "\n    more: wire.Json = None", READ, "    event.more.clear()\n" + READ),
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
            (*OTHER, SHAPE, SHAPE + ", Shape(Other, read_other, marks=lambda _document, _request: True)"),
            id="marks that claim another vendor's payload",
        ),
        pytest.param(
            "test_marks_are_its_own",
            (*OTHER, SHAPE, SHAPE + ', Shape(Other, read_other, marks={"id", "level", "data"})'),
            id="marks that are Kapacitor's",
        ),
        pytest.param(
            "test_recognised", (SHAPE, 'Shape(Event, read, marks={"no such key"})'), id="marks that it has not"
        ),
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
        pytest.param("test_expected", ("Severity.HIGH", "Severity.INFO"), id="wrong severity"),
        pytest.param("test_expected", ("level=event.rank", "level=None"), id="level that is not read"),
        pytest.param(
            "test_identity_parts_do_not_vanish",
            (CHECK, 'acme_check: wire.Text = ""', IDENTITY, '{"check": event.acme_check or None, "a": "b"}'),
            id="part of the key that vanishes",
        ),
        pytest.param(
            "test_identity_parts_do_not_vanish",
            (CHECK, 'acme_check: wire.Text = ""', IDENTITY, '{"check": event.acme_check or "x"}'),
            id="part of the key that is made up",
        ),
        pytest.param(
            "test_identity_parts_do_not_vanish",
            (
                *(NOTE, NOTE + "\n    more: dict[str, wire.Text] = Factory(dict)"),
                *("from alertmap import wire", "from attrs import Factory\nfrom alertmap import wire"),
                *(IDENTITY, '{"check": event.acme_check, **event.more}'),
            ),
            id="map of the key with a type that not all values fit",
        ),
        pytest.param("test_nothing_is_lost", (READ, NO_ALERT + READ), id="alert that becomes nothing"),
        pytest.param(
            "test_nothing_is_lost",
            ("state=event.acme_state", "state=event.acme_state if event.at else State.RESOLVED"),
            id="field that resolves by its absence",
        ),
        pytest.param(
            "test_unknown_states_fire",
            (
                *(NOTE, NOTE + '\n    word: Annotated[wire.Text, wire.named("acme_state")] = ""'),
                *("state=event.acme_state", 'state=State.FIRING if event.word == "ill" else State.RESOLVED'),
            ),
            id="unknown state that resolves",
        ),
        pytest.param(
            "test_tolerance",
            tuple(
                text
                for name in ("region", "team", "owner", "runbook")
                for text in (f'{name}: wire.Text = ""', f"{name}: wire.NonBlank")
            ),
            id="fields that decide nothing and are required",
        ),
        pytest.param(
            "test_foreign",
            (
                *(CHECK, 'acme_check: wire.Text = "x"'),
                *(STATE, "acme_state: Annotated[State | None, wire.state(STATES)] = None"),
                *(SHAPE, "Shape(Event, read, marks=lambda _document, _request: True)"),
            ),
            id="adapter that reads any body",
        ),
        pytest.param("test_draft_is_finished", (TITLE, f"{TITLE},  # guessed"), id="guess that nobody checked"),
        pytest.param("test_draft_is_finished", ("LEVELS = ", f"{DRAFTED}LEVELS = "), id="text of the draft"),
    ],
)
def test_sabotage(package: Package, caught_by: str, changes: tuple[str, ...]) -> None:
    """A broken adapter turns the part of the kit red that is there for it."""
    if "more" in "".join(changes):
        package.body("bad", BODIES["bad"].replace("}", ', "more": {"a": 1}}'))
        package.body("odd", BODIES["odd"].replace("}", ', "more": {}}'))
        package.body("well", BODIES["well"].replace("}", ', "more": {}}'))
    package.sabotage(*changes)
    failed, output = package.run(caught_by)
    assert failed == {caught_by}, output


def test_goldens_are_held(package: Package) -> None:
    """A change of what a payload becomes fails with the difference and the command that writes it anew."""
    package.run("test_golden")
    package.sabotage("Severity.HIGH", "Severity.CRITICAL")
    failed, output = package.run("test_golden", regold=False)
    assert failed == {"test_golden"}
    assert "alertmap.testing.regold fixtures acme" in output
    assert re.search(r'^E\s+-\s+"severity": "high",$', output, re.MULTILINE), output
    assert re.search(r'^E\s+\+\s+"severity": "critical",$', output, re.MULTILINE), output


def test_expectations_are_held(package: Package) -> None:
    """An `expect` that differs fails with both lines, even if the golden agrees with the code."""
    package.sabotage("Severity.HIGH", "Severity.CRITICAL")
    failed, output = package.run("test_golden or test_expected")
    assert failed == {"test_expected"}
    assert 'expect = "firing high"' in output
    assert 'actual = "firing critical"' in output


def test_a_level_inside_a_text_is_moved(package: Package) -> None:
    """A key that holds a text with the level in it is found, though no value is a level alone."""
    for name, rank in (("bad", "bad"), ("odd", "odd"), ("well", "bad")):
        package.body(name, BODIES[name].replace(f'"rank": "{rank}"', f'"rank": "eu {rank}"'))
    package.sabotage(
        *("level=event.rank", "level=event.rank.split()[-1]"),
        *(IDENTITY, '{"check": event.acme_check, "rank": event.rank}'),
    )
    failed, output = package.run("test_level_is_not_in_the_key")
    assert failed == {"test_level_is_not_in_the_key"}, output


def test_a_check_without_a_case_is_skipped(package: Package) -> None:
    """A check that had nothing to look at says so, and does not pass."""
    package.sabotage("level=event.rank", "level=event.rank + event.rank")
    failed, output = package.run("test_level_is_not_in_the_key")
    assert not failed
    assert "no level could be moved in any fixture: nothing was checked" in output
    assert "1 skipped" in output


def test_a_secret_does_not_come_out(package: Package) -> None:
    """The value of a field that is discarded stands in no alert."""
    package.sabotage(
        *(NOTE, NOTE + "\n    token: wire.Discarded = None\n    more: wire.Rest = None"),
        *("title=", "message=str(event.more), title="),
    )
    package.body("bad", BODIES["bad"].replace("}", ', "token": "REDACTED"}'))
    failed, output = package.run("test_discarded_stays_inside")
    assert not failed, output
    package.sabotage(
        *(NOTE, NOTE + "\n    token: wire.Discarded = None"),
        *('rank: wire.Text = ""', 'rank: wire.Text = ""\n    ping: Annotated[wire.Text, wire.named("token")] = ""'),
        *("occurred_at=event.at", 'occurred_at=event.at, links={"ping": f"https://acme.test/{event.ping}"}'),
    )
    failed, output = package.run("test_discarded_stays_inside")
    assert failed == {"test_discarded_stays_inside"}, output
    assert "$.token, which is a secret, comes out" in output


def test_a_secret_that_users_name_does_not_come_out(package: Package) -> None:
    """A value with the name of a credential stands in no text that an adapter makes of all that it was sent."""
    keeps = (NOTE, NOTE + "\n    more: wire.Rest = None")
    package.sabotage(*keeps, TITLE, "values=dict(event.more), " + TITLE)
    failed, output = package.run("test_secret_names_stay_inside")
    assert not failed, output
    package.sabotage(*keeps, TITLE, "message=str(event.more), " + TITLE)
    failed, output = package.run("test_secret_names_stay_inside")
    assert failed == {"test_secret_names_stay_inside"}, output
    assert "the value of password in $ comes out" in output


def test_an_adapter_that_never_resolves(package: Package) -> None:
    """Without any recovery among the fixtures the adapter has to say that none is announced."""
    (package.fixtures / "well.json").unlink()
    package.about(ABOUT[: ABOUT.index("[well]")])
    failed, output = package.run("test_recoveries_close")
    assert failed == {"test_recoveries_close"}
    assert "no fixture resolves" in output
    package.sabotage("levels=LEVELS,", "levels=LEVELS, recovers=False,")
    failed, output = package.run("test_recoveries_close")
    assert not failed
    assert "this sender announces no recovery" in output


def test_an_adapter_that_denies_recoveries(package: Package) -> None:
    """An adapter without recoveries has no fixture that resolves."""
    package.sabotage("levels=LEVELS,", "levels=LEVELS, recovers=False,")
    failed, output = package.run("test_recoveries_close")
    assert failed == {"test_recoveries_close"}
    assert "well resolves: then the adapter cannot say recovers=False" in output


AGAIN = """
[bad_again]
origin = "constructed"
summary = "It still fires."
expect = "firing high"
repeats = "bad"
"""
STATED = "times=Times.STATED"


@pytest.mark.parametrize(
    ("minute", "changes", "says"),
    [
        pytest.param(3, (STATED, "repeats={State.FIRING}, times=Times.STATED"), "", id="stated time of its own"),
        pytest.param(0, (STATED, "repeats={State.FIRING}, times=Times.SINCE"), "", id="time of the change"),
        pytest.param(
            3,
            (STATED, "repeats={State.FIRING}, times=Times.SINCE"),
            "bad_again has another occurred_at than bad",
            id="repeat with another time than that of the change",
        ),
        pytest.param(
            0,
            (STATED, "repeats={State.FIRING}, times=Times.STATED"),
            "bad_again has no later occurred_at than bad",
            id="statement with the time of the change",
        ),
        pytest.param(
            3,
            (STATED, "repeats={State.FIRING, State.RESOLVED}, times=Times.STATED"),
            "says that resolved is repeated: add such a case",
            id="state that no case repeats",
        ),
        pytest.param(3, (), "a case repeats firing: add this state", id="repeat that the adapter does not declare"),
        pytest.param(
            3,
            (IDENTITY, '{"check": event.acme_check + str(event.at)}'),
            "bad_again has no alert with the key and the state of one of bad",
            id="key that a repeat changes",
        ),
    ],
)
def test_repeats(package: Package, minute: int, changes: tuple[str, ...], says: str) -> None:
    """A repeat has the time that `times` promises, and the adapter names each state that is repeated."""
    package.about(ABOUT + AGAIN)
    package.body("bad_again", EVENT % ("ill", "bad", minute, "web is down"))
    package.sabotage(*changes)
    failed, output = package.run("test_repeats_keep_their_time")
    assert failed == ({"test_repeats_keep_their_time"} if says else set()), output
    assert says in output


def test_a_repeat_of_no_case(package: Package) -> None:
    """A case cannot repeat one that is not there."""
    package.about(ABOUT + AGAIN.replace('"bad"', '"worse"'))
    package.body("bad_again", BODIES["bad"])
    _failed, output = package.run("test_repeats_keep_their_time")
    assert "bad_again repeats worse, which is no case" in output


def test_an_id_of_the_request(package: Package) -> None:
    """A header with the id of a request stands in a fixture, and the batch has its value."""
    package.sabotage("levels=LEVELS,", 'levels=LEVELS, delivery_header="Acme-Delivery",')
    failed, output = package.run("test_delivery_ids_are_shown")
    assert failed == {"test_delivery_ids_are_shown"}
    assert "add a recorded request with the header Acme-Delivery" in output
    package.about(ABOUT + '\n[recorded]\norigin = "constructed"\nsummary = "It has an id."\nexpect = "firing high"\n')
    for value, expected in (("42-a", set()), ("4" * 300, {"test_delivery_ids_are_shown"})):
        recorded = {"method": "POST", "path": "/", "headers": {"Acme-Delivery": value}, "body": BODIES["bad"]}
        (package.fixtures / "recorded.request.json").write_text(json.dumps(recorded), encoding="utf-8")
        failed, output = package.run("test_delivery_ids_are_shown")
        assert failed == expected, output


def test_a_level_that_identifies(package: Package) -> None:
    """A case whose key holds the level says so; one that says so without need fails."""
    says = ABOUT.replace('expect = "firing high"', 'expect = "firing high"\nlevels_identify = true')
    package.about(says.replace('expect = "firing low"', 'expect = "firing low"\nlevels_identify = true'))
    failed, output = package.run("test_level_is_not_in_the_key")
    assert failed == {"test_level_is_not_in_the_key"}
    assert "the key holds no level" in output
    package.sabotage(
        IDENTITY, '{"check": event.acme_check, "rank": event.rank if event.acme_state is State.FIRING else ""}'
    )
    failed, output = package.run("test_level_is_not_in_the_key")
    assert not failed, output


def test_a_flag_may_be_the_state(package: Package) -> None:
    """True in the place of false is another word of the table; a value that the table does not have may not resolve."""
    for name, flag in (("bad", "false"), ("odd", "false"), ("well", "true")):
        package.body(name, re.sub('"(?:ill|well)"', flag, BODIES[name]))
    flags = ('{"ill": State.FIRING, "well": State.RESOLVED}', '{"false": State.FIRING, "true": State.RESOLVED}')
    package.sabotage(*flags)
    failed, output = package.run("test_nothing_is_lost or test_unknown_states_fire")
    assert not failed, output
    word = '\n    word: Annotated[wire.AnyText, wire.named("acme_state")] = ""'
    package.sabotage(
        *flags,
        *(NOTE, NOTE + word),
        *("state=event.acme_state", 'state=State.FIRING if event.word == "false" else State.RESOLVED'),
    )
    failed, output = package.run("test_nothing_is_lost")
    assert failed == {"test_nothing_is_lost"}, output


def test_a_smoke_run_tests_what_interpreters_may_change(package: Package, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ALERTMAP_KIT=smoke goldens and a few others run, and all else is skipped."""
    monkeypatch.setenv("ALERTMAP_KIT", "smoke")
    package.pytester.makepyfile(test_acme=REGOLD + TESTS)
    result = package.pytester.runpytest_subprocess("-v", "-p", "no:cacheprovider", "test_acme.py")
    ran = set(re.findall(r"::(test_\w+)(?:\[\S+\])? PASSED", result.stdout.str()))
    assert ran >= {"test_golden", "test_expected", "test_recognised", "test_pure", "test_alerts_are_sound"}
    assert not ran & {"test_damage", "test_mutated", "test_tolerance", "test_foreign", "test_unknown_states_fire"}
    skipped = re.findall(r"::(test_\w+)(?:\[\S+\])? SKIPPED", result.stdout.str())
    assert len(set(skipped)) >= 20


def test_what_is_scrubbed_does_not_come_out(package: Package) -> None:
    """A value that was scrubbed from a fixture stands in no alert, whatever the type of its field."""
    package.body("bad", BODIES["bad"].replace("https://acme.example/r", "https://acme.example/REDACTED"))
    assert package.run("test_no_secrets")[0] == set()
    package.sabotage("occurred_at=event.at", 'occurred_at=event.at, links={"runbook": event.runbook}')
    failed, output = package.run("test_no_secrets")
    assert failed == {"test_no_secrets"}
    assert "links.runbook holds what is scrubbed from bad.json: a credential" in output


def test_the_list_of_bodies_may_only_grow(package: Package) -> None:
    """A listed body that is refused, or gone, is red; so is a shape that is not listed."""
    package.run("test_tolerance")
    file = package.fixtures / "tolerance.toml"
    assert 'bodies = [\n    "bad",\n]' in file.read_text(encoding="utf-8")
    package.body("bad", "[]")
    failed, output = package.run("test_tolerance", regold=False)
    assert failed == {"test_tolerance"}
    assert "tolerance.toml lacks odd: write it with `python -m alertmap.testing.regold fixtures acme`" in output
    failed, output = package.run("test_tolerance")
    assert failed == {"test_tolerance"}
    assert "tolerance.toml names bad, which has 0 alerts: the list may only grow" in output
    assert '"bad",\n    "odd",' in file.read_text(encoding="utf-8")


def test_secrets_are_found(package: Package) -> None:
    """A credential that was left in a fixture is found, and not printed in full."""
    package.body("bad", BODIES["bad"].replace("}", ', "api_key": "sk-0123456789abcdef0123456789"}'))
    failed, output = package.run("test_no_secrets")
    assert failed == {"test_no_secrets"}
    assert "scrub bad.json" in output


@pytest.mark.parametrize(
    ("about", "says"),
    [
        (ABOUT + '\n[gone]\norigin = "constructed"\nsummary = "x"', "there is no gone.json"),
        (ABOUT.replace("[odd]", "[even]"), "there is no even.json"),
        (ABOUT.replace('origin = "constructed"\nsummary = "It fires."', 'shows = "It fires."'), "[bad]: expected"),
        (ABOUT.replace('"constructed"\nsummary = "It fires."', '"captured"\nsummary = "x"'), "[bad]: add the product"),
        (ABOUT.replace('closes = "bad"', ""), "say in about.toml what well closes"),
        (ABOUT.replace('"firing low"', '"firing low"\ncloses = false'), "odd resolves nothing"),
        (ABOUT.replace("firing low", "fireing low"), "[odd]: expect: 'fireing' is no state or reason (did you mean"),
        (ABOUT.replace('expect = "firing low"', ""), "[odd]: expected"),
        (ABOUT.replace('closes = "bad"', 'closes = "worse"'), "well closes worse, which is no case"),
    ],
)
def test_entries_of_fixtures_are_held(package: Package, about: str, says: str) -> None:
    """A fixture without its word in about.toml, or a word without its fixture, fails with the line to add."""
    package.about(about)
    _failed, output = package.run("test_recoveries_close", regold=False)
    assert says in output

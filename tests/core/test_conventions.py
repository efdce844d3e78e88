"""The shared tables of state and level words: one meaning for a word, in any spelling."""

import pytest

from alertmap import ConfigurationError, Priorities, State, conventions, wire
from alertmap.adapter import Adapter, Notice, Problem, ProblemCode, Reading, Reason, Result, Severity, Shape
from alertmap.conventions import alertmanager
from alertmap.paths import JsonPath


@wire.model
class Event:
    """An event with a level."""

    level: str


def read(event: Event) -> Reading:
    return Reading(state=State.FIRING, level=event.level, identity={"id": "a"}, title="x")


ACME = Adapter(name="acme", title="Acme", shapes=[Shape(Event, read)], levels=conventions.LEVELS)


def severity(level: str, **overrides: str) -> Severity | None:
    """Return the severity of a level for an adapter that uses the shared table."""
    return Priorities(overrides).decide(ACME, read(Event(level=level)), {}, {}).severity


@pytest.mark.parametrize(
    ("severity_", "levels"),
    [
        (Severity.CRITICAL, ["P0", "p1", "SEV0", "SEV-0", "Sev_1", "sev 1", "urgent", "Blocker", "ALERT", "emergency"]),
        (Severity.HIGH, ["P2", "SEV-2", "major", "page", "severe", "err"]),
        (Severity.MEDIUM, ["p3", "sev-3", "minor", "average", "moderate", "Warning"]),
        (Severity.LOW, ["P4", "SEV-4", "ticket"]),
        (Severity.INFO, ["P5", "notice", "informational", "none", "debug"]),
    ],
)
def test_usual_levels(severity_: Severity, levels: list[str]) -> None:
    """Case, `-`, `_` and blanks in a level word are ignored."""
    assert {level: severity(level) for level in levels} == dict.fromkeys(levels, severity_)


def test_overrides_are_looked_up_alike() -> None:
    """An override of `sev_1` applies to `SEV-1`; one level cannot have two severities."""
    assert severity("SEV-1", sev_1="low") is Severity.LOW
    with pytest.raises(ConfigurationError, match="'sev-1' stands twice"):
        Priorities({"sev_1": "low", "sev-1": "high"})


def test_values_of_a_field_are_looked_up_exactly() -> None:
    """`-1` is not `1` where the override maps values of a field."""
    priorities = Priorities({"-1": "low", "1": "high"}, field="prio")
    decision = priorities.decide(ACME, read(Event(level="x")), {"prio": -1}, {})
    assert decision.severity is Severity.LOW


def test_tables_are_normalised() -> None:
    """State words are in lower case; level words and spellings are in the form that `loosen` gives."""
    assert {word.casefold() for word in conventions.STATES} == conventions.STATES.keys()
    assert {wire.loosen(word) for word in conventions.LEVELS} == conventions.LEVELS.keys()
    for spellings in conventions.SPELLINGS.values():
        assert [wire.loosen(word) for word in spellings] == list(dict.fromkeys(spellings))


def test_recovery_words_are_mild_levels() -> None:
    """A recovery word that is also a level (`ok`) has the mildest severity."""
    ends = [word for word, state in conventions.STATES.items() if state is State.RESOLVED]
    assert {conventions.LEVELS.get(word) for word in ends} == {None, Severity.INFO}


@pytest.mark.parametrize(
    ("document", "is_signoz"),
    [
        ({"alerts": [{"labels": {"ruleId": "1", "ruleSource": "https://signoz.example.org"}}]}, True),
        ({"alerts": [], "commonLabels": {"ruleId": "1", "ruleSource": ""}}, True),
        ({"alerts": [{"annotations": {"summary": "Test alert fired from SigNoz"}}]}, True),
        ({"alerts": [{"labels": {"ruleId": "1"}}, 7, {"labels": 7}], "commonLabels": None}, False),
        ({"alerts": {"labels": {"ruleId": "1", "ruleSource": ""}}}, False),
        ({}, False),
    ],
)
def test_alerts_of_signoz(document: dict[str, object], *, is_signoz: bool) -> None:
    """Both labels of a rule, or the text of the channel's test; anything else is a plain Alertmanager's."""
    assert alertmanager.is_from_signoz(document) is is_signoz


@pytest.mark.parametrize(
    ("labels", "level"),
    [
        ({"severity": "high"}, "high"),
        ({"Severity": "high"}, "high"),
        ({"PRIORITY": "P1", "env": "prod"}, "P1"),
        ({"Severity": "low", "severity": "high"}, "high"),
        ({"priority": "P1", "Severity": "low"}, "low"),
        ({"severity": " ", "Priority": "P1"}, "P1"),
        ({"severity_of": "high", "Severity": ""}, None),
    ],
)
def test_the_label_of_the_level_in_any_case(labels: dict[str, str], level: str | None) -> None:
    """People type it; a level that is passed over would be a guess in silence."""
    assert conventions.level(labels) == level


@pytest.mark.parametrize(
    ("texts", "joined"),
    [(("db-3", "disk full"), "db-3: disk full"), (("", "disk full"), "disk full"), ((" ", ""), ""), ((), "")],
)
def test_join(texts: tuple[str, ...], joined: str) -> None:
    """Blank texts leave no separator behind."""
    assert conventions.join(*texts) == joined


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://ann:secret@db-3.example/a?b=c@d", "https://db-3.example/a?b=c@d"),
        ("https://ann@db-3.example", "https://db-3.example"),
        ("https://a@b:secret@db-3.example/", "https://db-3.example/"),
        ("postgres://ann:secret@db-3/app", "postgres://db-3/app"),
        ("https://db-3.example/users/@ann", "https://db-3.example/users/@ann"),
        ("db-3:5432", "db-3:5432"),
        ("", ""),
    ],
)
def test_address(text: str, address: str) -> None:
    """Only the part before the host is taken out; an `@` behind it stays."""
    assert conventions.address(text) == address


def test_link() -> None:
    """A link is an address of http or https, without its password."""
    assert conventions.link("https://ann:secret@db-3.example/") == "https://db-3.example/"
    assert conventions.link("postgres://db-3/app") == ""
    assert conventions.link("db-3:5432") == ""


def test_tables_by_meaning() -> None:
    """Words are joined by commas, may hold blanks, and keep their case."""
    assert conventions.states(firing="CRITICAL, No Data", resolved="OK", no_state="Pending") == {
        "CRITICAL": State.FIRING,
        "No Data": State.FIRING,
        "OK": State.RESOLVED,
        "Pending": None,
    }
    assert conventions.levels(critical="1", low="4, not classified") == {
        "1": Severity.CRITICAL,
        "4": Severity.LOW,
        "not classified": Severity.LOW,
    }


def reading_of(_where: JsonPath, word: str) -> Reading:
    return Reading(state=State.FIRING, identity={"word": word}, title=word)


def results(words: list[str]) -> list[Result]:
    """Read a list of words, of which `test` is a test."""
    items = [((place,), word) for place, word in enumerate(words)]
    is_test = "test".__eq__
    return [*conventions.group(items, reading_of, is_test=is_test, path="$.words", notice=Notice(group_key="g"))]


def test_a_group() -> None:
    """A test is no alert, and does not hide one; the notice comes last."""
    first, last = results(["a", "test"])
    assert isinstance(first, Reading)
    assert first.title == "a"
    assert last == Notice(group_key="g", reason=Reason.TEST)


def test_an_empty_group() -> None:
    """A list without alerts has a problem: nothing is lost in silence."""
    problem, notice = results([])
    assert isinstance(problem, Problem)
    assert (problem.code, problem.path) == (ProblemCode.MISSING, "$.words")
    assert notice == Notice(group_key="g")


@pytest.mark.parametrize(
    "text",
    [
        "https://shop.example/health?token={}",
        "https://shop.example/?page=2&api_key={}&sort=name",
        "https://ann:{}@shop.example/?page=2",
        "https://shop.example/#access_token={}",
        "shop.example:443/?X-Auth-Token={};page=2",
        "https://shop.example/?" + "a=1&" * 300 + "token={}",
    ],
)
def test_an_address_holds_no_credential(text: str) -> None:
    """Whoever reads the alert could use it; what else the address holds stays, and two of them stay two."""
    found = conventions.address(text.format("s3cr3t"))
    assert "s3cr3t" not in found
    assert found.startswith(text.partition("?")[0].partition("#")[0].replace("ann:{}@", ""))
    if "token" in text.casefold() and len(text) < 100:
        assert found != conventions.address(text.format("another"))


@pytest.mark.parametrize(
    "text",
    [
        "https://shop.example/?key=7&max_tokens=9&monitor=3",
        "https://shop.example/a=b",
        "db-3",
        "",
        "https://shop.example/?token=",
    ],
)
def test_an_address_without_a_credential_stays(text: str) -> None:
    """Also one with parameters, which say what is monitored."""
    assert conventions.address(text) == text

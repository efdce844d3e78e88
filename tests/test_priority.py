"""Overrides of priorities: what is misspelt is told when it is built or used, with the nearest name."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertmap import ConfigurationError, Priorities, Severity
from alertmap.adapter import Adapter
from alertmap.errors import did_you_mean
from alertmap.intake.severity import as_severity
from alertmap.model import Reading, State

ACME = Adapter(
    name="acme",
    title="Acme",
    wire=str,
    read=lambda event: [Reading(state=State.FIRING, identity={"id": event})],
    levels={"CRITICAL": Severity.CRITICAL, "Warning": Severity.MEDIUM},
    marks=frozenset(),
)


@pytest.mark.parametrize(
    ("value", "severity"),
    [(Severity.LOW, Severity.LOW), ("low", Severity.LOW), (" HIGH ", Severity.HIGH), ("Critical", Severity.CRITICAL)],
)
def test_severities_by_name(value: Any, severity: Severity) -> None:
    """A severity is itself, or its name in any case."""
    assert as_severity(value) is severity


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("critcal", "no severity is called 'critcal' (did you mean 'critical'?)"),
        ("HIHG", "no severity is called 'HIHG' (did you mean 'high'?)"),
        ("zzz", "no severity is called 'zzz'"),
        ("", "no severity is called ''"),
        (1, "a severity is one of critical, high, medium, low, info, not a int"),
        (None, "a severity is one of critical, high, medium, low, info, not a NoneType"),
    ],
)
def test_misspelt_severities(value: Any, told: str) -> None:
    """What is no severity is refused as soon as it is written, with the nearest name."""
    with pytest.raises(ConfigurationError) as caught:
        Priorities({"CRITICAL": value})
    assert str(caught.value) == told


@pytest.mark.parametrize("overrides", [None, 5, "CRITICAL", [("a", "low")], {1: "low"}, {None: "low"}])
def test_what_is_no_mapping(overrides: Any) -> None:
    """Overrides map text to severities."""
    with pytest.raises(ConfigurationError, match="must map levels"):
        Priorities(overrides)


def test_levels_that_stand_twice() -> None:
    """A level in two spellings may not have two severities; one is no fault."""
    assert Priorities({"warn": "low", " WARN ": Severity.LOW}).overrides == {"warn": Severity.LOW}
    with pytest.raises(ConfigurationError, match=r"the level 'WARN' stands twice, with two severities"):
        Priorities({"warn": "low", "WARN": "high"})


@pytest.mark.parametrize(
    ("level", "told"),
    [
        ("CRITCAL", "acme has no level 'critcal' (did you mean 'CRITICAL'?)"),
        ("warnin", "acme has no level 'warnin' (did you mean 'Warning'?)"),
        ("zzz", "acme has no level 'zzz'"),
    ],
)
def test_misspelt_levels(level: str, told: str) -> None:
    """An override that could never be used is refused, with the nearest level as the vendor spells it."""
    with pytest.raises(ConfigurationError) as caught:
        Priorities({level: "low"}).check(ACME)
    assert str(caught.value) == told


def test_levels_that_are_known() -> None:
    """Levels are known in any case."""
    Priorities({"critical": "low", " WARNING ": "info"}).check(ACME)


@given(st.text(), st.lists(st.text(max_size=10), max_size=4))
def test_the_nearest_is_one_of_the_known(word: str, known: list[str]) -> None:
    """Only what is known is offered, and nothing if nothing is near."""
    told = did_you_mean(word, known)
    assert told in ("", *(f" (did you mean {one!r}?)" for one in known))

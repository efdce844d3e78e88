"""Priority overrides: a misspelling is an error when the override is built or used, with the nearest name."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertmap import ConfigurationError, Priorities, Severity, Shape
from alertmap.adapter import Adapter
from alertmap.errors import did_you_mean
from alertmap.intake.severity import as_severity
from alertmap.model import Reading, State

ACME = Adapter(
    name="acme",
    title="Acme",
    shapes=[Shape(str, lambda event: [Reading(state=State.FIRING, identity={"id": event})])],
    levels={"CRITICAL": Severity.CRITICAL, "Warning": Severity.MEDIUM},
)


@pytest.mark.parametrize(
    ("value", "severity"),
    [(Severity.LOW, Severity.LOW), ("low", Severity.LOW), (" HIGH ", Severity.HIGH), ("Critical", Severity.CRITICAL)],
)
def test_severities_by_name(value: Any, severity: Severity) -> None:
    """A severity is given as itself or by name in any case."""
    assert as_severity(value) is severity


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("critcal", "no severity is called 'critcal' (did you mean 'critical'?)"),
        ("HIHG", "no severity is called 'HIHG' (did you mean 'high'?)"),
        ("zzz", "no severity is called 'zzz'; there are critical, high, medium, low, info"),
        ("", "no severity is called ''; there are critical, high, medium, low, info"),
        (1, "a severity is one of critical, high, medium, low, info, not a int"),
        (None, "a severity is one of critical, high, medium, low, info, not a NoneType"),
    ],
)
def test_misspelt_severities(value: Any, message: str) -> None:
    """An unknown severity is refused when the override is built, with the nearest name."""
    with pytest.raises(ConfigurationError) as caught:
        Priorities({"CRITICAL": value})
    assert str(caught.value) == message


@pytest.mark.parametrize("overrides", [None, 5, "CRITICAL", [("a", "low")], {1: "low"}, {None: "low"}])
def test_overrides_must_be_a_mapping(overrides: Any) -> None:
    """Overrides map text to severities."""
    with pytest.raises(ConfigurationError, match="must map levels"):
        Priorities(overrides)


def test_repeated_levels() -> None:
    """One level in two spellings cannot have two severities, but may have one."""
    assert Priorities({"warn": "low", " WARN ": Severity.LOW}).overrides == {"warn": Severity.LOW}
    with pytest.raises(ConfigurationError, match=r"the level 'WARN' stands twice, with two severities"):
        Priorities({"warn": "low", "WARN": "high"})


@pytest.mark.parametrize(
    ("level", "message"),
    [
        ("CRITCAL", "acme has no level 'critcal' (did you mean 'CRITICAL'?)"),
        ("warnin", "acme has no level 'warnin' (did you mean 'Warning'?)"),
        ("zzz", "acme has no level 'zzz'"),
    ],
)
def test_misspelt_levels(level: str, message: str) -> None:
    """An override for an unknown level is refused, with the nearest level as the vendor spells it."""
    with pytest.raises(ConfigurationError) as caught:
        Priorities({level: "low"}).check(ACME)
    assert str(caught.value) == message


def test_known_levels() -> None:
    """Levels match in any case."""
    Priorities({"critical": "low", " WARNING ": "info"}).check(ACME)


@given(st.text(), st.lists(st.text(max_size=10), max_size=4))
def test_suggestions_are_known_names(word: str, known: list[str]) -> None:
    """Only known names are suggested, and none if none is near."""
    hint = did_you_mean(word, known)
    assert hint in ("", *(f" (did you mean {one!r}?)" for one in known))

"""Expectations: how `expect` is written, and how an outcome is written in its form."""

from pathlib import Path

import pytest

from alertmap import Batch, Problem, ProblemCode, Reason, ShapeError
from alertmap.intake import registry
from alertmap.testing import load
from alertmap.testing.expect import batch_lines, parse_expect, refusal_lines, toml

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.mark.parametrize(
    "expect",
    [
        "firing high",
        "resolved -",
        "firing medium key_fallback level_unknown",
        "test",
        "no_alert missing",
        "handshake",
        "refused ShapeError",
        ["firing high", "resolved -", "bad_element", "truncated"],
        ["firing high bad_field"],
    ],
)
def test_expectations_that_can_be_met(expect: str | list[str]) -> None:
    """Each form is read as its lines."""
    assert parse_expect(expect) == ((expect,) if isinstance(expect, str) else tuple(expect))


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        ("", "'' is no state or reason"),
        ([], "an empty list"),
        ("fireing high", "'fireing' is no state or reason (did you mean 'firing'?)"),
        ("firing", "'firing' has no severity"),
        ("firing hgih", "'hgih' is no severity (did you mean 'high'?)"),
        ("firing high key_falback", "'key_falback' is no problem code (did you mean 'key_fallback'?)"),
        ("firing high level_unknown key_fallback", "once, sorted: key_fallback level_unknown"),
        ("firing high missing missing", "once, sorted: missing"),
        ("firing  high", "'' is no severity"),
        ("refused", "'refused' must name one error"),
        ("refused ShapeEror", "'ShapeEror' is no error (did you mean 'ShapeError'?)"),
        (["firing high", "test"], "'test' is no state or problem code"),
        (["firing high", "bad_element truncated"], "as an element of its own"),
    ],
)
def test_expectations_that_cannot_be_met(expect: str | list[str], message: str) -> None:
    """A word that is unknown or out of place is refused, with the nearest word."""
    with pytest.raises(ValueError, match=r".") as caught:
        parse_expect(expect)
    assert message in str(caught.value)


def test_outcomes() -> None:
    """Alerts stand in order, the batch's codes after them, each once and sorted."""
    adapter = registry.find("kapacitor")
    (critical,) = (case for case in load(FIXTURES / "kapacitor") if case.name == "critical")
    batch = critical.parse(adapter)
    assert batch_lines(batch) == ("firing critical",)
    (alert,) = batch
    problems = tuple(Problem(code, "$", "x") for code in (ProblemCode.TRUNCATED, ProblemCode.BAD_LINK) * 2)
    assert batch_lines(Batch(vendor="x", source="x", alerts=(alert,), problems=problems)) == (
        "firing critical",
        "bad_link",
        "truncated",
    )
    assert batch_lines(Batch(vendor="x", source="x", problems=problems, reason=Reason.PROBE)) == (
        "probe bad_link truncated",
    )
    assert batch_lines(Batch(vendor="x", source="x")) == ("nothing",)
    assert refusal_lines(ShapeError("x")) == ("refused ShapeError",)


def test_toml() -> None:
    """Lines are written as they stand in about.toml."""
    assert toml(["test"]) == '"test"'
    assert toml(["firing high", "truncated"]) == '["firing high", "truncated"]'

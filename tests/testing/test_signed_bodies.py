"""Fixtures whose signature stands in the body."""

from pathlib import Path

import pytest
from attrs import evolve

from alertmap.intake.registry import find
from alertmap.testing import checks, load

FIXTURES = Path(__file__).parents[2] / "fixtures"


def test_the_signature_of_a_signed_body_is_no_secret() -> None:
    """Its secret was made up. In a fixture that is not signed, such a value may be a real one."""
    [case] = [case for case in load(FIXTURES / "email") if case.name == "mailgun_signed"]
    checks.no_secrets(find("email"), case)
    unsigned = evolve(case, about=evolve(case.about, auth={}))  # type: ignore[misc]
    with pytest.raises(AssertionError, match=r"scrub mailgun_signed\.form"):
        checks.no_secrets(find("email"), unsigned)

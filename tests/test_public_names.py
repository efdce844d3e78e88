"""The public names are those that the documentation tells of, and each can be used."""

import re
from pathlib import Path

import pytest

import alertmap

API = Path(__file__).parent.parent / "docs" / "api.md"


def test_the_names_are_there() -> None:
    """Every public name exists, stands once and in order, and says what it is."""
    assert alertmap.__all__ == sorted(alertmap.__all__)
    assert len(set(alertmap.__all__)) == len(alertmap.__all__)
    for name in alertmap.__all__:
        assert getattr(alertmap, name).__doc__, f"{name} has no docstring"


def test_nothing_else_is_public() -> None:
    """What the package holds beside its public names is its modules and what begins with an underscore."""
    others = {
        name
        for name, value in vars(alertmap).items()
        if not name.startswith("_") and name not in alertmap.__all__ and not hasattr(value, "__spec__")
    }
    assert others == set()


def test_the_names_are_documented() -> None:
    """Each public name stands in the page of the interface, and that page directs to no other of this package."""
    if not API.exists():
        pytest.skip("docs/api.md is not written yet")
    text = API.read_text(encoding="utf-8")
    told = set(
        re.findall(r"(?:auto(?:class|function|exception|data|enum|attribute):: +|\bname: )(?:alertmap\.)?(\w+)", text)
    )
    missing = [
        name for name in alertmap.__all__ if name not in told and not re.search(rf"`(?:alertmap\.)?{name}\b", text)
    ]
    assert not missing, f"docs/api.md does not tell of {', '.join(missing)}"

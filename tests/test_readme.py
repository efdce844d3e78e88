"""The README's Python runs as it stands there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def blocks(file: Path) -> list[str]:
    """The fenced Python blocks of a page."""
    return re.findall(r"^```python\n(.*?)^```", file.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_readme() -> None:
    """All blocks of the README run one after another in one namespace."""
    found = blocks(ROOT / "README.md")
    assert len(found) == 3
    exec("\n".join(found), {})  # noqa: S102 - running the examples is the test


def test_the_first_screen_turns_a_payload_into_an_alert() -> None:
    """A reader sees one payload become one alert before scrolling."""
    first_screen = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:40])
    assert "parse(" in first_screen
    assert "assert alert.dedup_key ==" in first_screen


@pytest.mark.skipif(not (ROOT / ".ci" / "run").exists(), reason="an sdist has no CI")
def test_ci_runs_the_readmes_commands() -> None:
    """CI calls the very commands that the README tells."""
    commands = re.findall(r"^\$ (.*)$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").replace("--quiet ", "").replace(" >/dev/null", "")
    assert len(commands) == 2
    for command in commands:
        assert command in script

"""The Python blocks of the README run as printed."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def blocks(file: Path) -> list[str]:
    """Return the fenced Python blocks of a page."""
    return re.findall(r"^```python\n(.*?)^```", file.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_readme() -> None:
    """The blocks of the README run one after another in one namespace."""
    found = blocks(ROOT / "README.md")
    assert len(found) == 3
    exec("\n".join(found), {})  # noqa: S102 - running the examples is the test


def test_the_first_screen_turns_a_payload_into_an_alert() -> None:
    """The first lines of the README turn one payload into one alert."""
    first_screen = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:40])
    assert "parse(" in first_screen
    assert "assert alert.dedup_key ==" in first_screen


@pytest.mark.skipif(not (ROOT / ".ci" / "run").exists(), reason="an sdist has no CI")
def test_ci_runs_the_readmes_commands() -> None:
    """CI runs the commands that the README gives."""
    commands = re.findall(r"^\$ (.*)$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").replace("--quiet ", "").replace(" >/dev/null", "")
    assert len(commands) == 2
    for command in commands:
        assert command in script

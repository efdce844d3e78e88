"""The constraints of `nox -s lowest` are the lower bounds of pyproject.toml."""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]


def test_constraints_are_the_lower_bounds() -> None:
    """Each dependency, in the extras too, has a lower bound, and `tests/lowest.txt` pins it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    declared = [one for some in groups for text in some if (one := Requirement(text)).name != project["name"]]
    bounds = {one.name: [str(bound.version) for bound in one.specifier if bound.operator == ">="] for one in declared}
    lines = (ROOT / "tests" / "lowest.txt").read_text(encoding="utf-8").splitlines()
    pinned = [line.split("==") for line in lines if line and not line.startswith("#")]
    assert {name: [version] for name, version in pinned} == bounds

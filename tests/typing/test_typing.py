"""The library type-checks as users write it."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed")
def test_usage_type_checks(tmp_path: Path) -> None:
    """Under `mypy --strict`, with no more ignored than what must be an error."""
    arguments = [
        "--strict",
        "--warn-unused-ignores",
        "--config-file=",
        f"--cache-dir={tmp_path}",
        str(HERE / "usage.py"),
    ]
    done = subprocess.run(  # noqa: S603 - our own interpreter and file
        [sys.executable, "-m", "mypy", *arguments],
        cwd=ROOT,
        env={"MYPYPATH": str(ROOT / "src"), "PATH": ""},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr

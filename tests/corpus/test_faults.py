"""Inputs that once broke a promise keep it now. `nox -s fuzz` adds a file for each fault that it finds."""

from pathlib import Path

import pytest

from bench.fuzz.inputs import FAULTS, from_json, to_json
from bench.fuzz.targets import check

FILES = sorted(FAULTS.glob("*.json"))


def test_faults_are_kept() -> None:
    """The folder is where the fuzzer writes, and it is not empty: a moved folder would leave nothing to test."""
    assert Path(__file__).with_name("faults") == FAULTS
    assert FILES


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_fault(file: Path) -> None:
    """Whatever it broke, it is accepted or refused now, and all checks of its target hold."""
    target, made = from_json(file.read_text(encoding="utf-8"))
    check(target, made)


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_fault_survives_its_file(file: Path) -> None:
    """An input that is written again is equal: what the test runs is what the fuzzer found."""
    text = file.read_text(encoding="utf-8")
    target, made = from_json(text)
    assert from_json(to_json(target, made, "")) == (target, made)
    assert f'"{target}"' in text

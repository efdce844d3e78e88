"""The bodies whose damages count for a vendor's tolerance, without pytest: regold writes their list.

fixtures/acme/tolerance.toml lists one fixture with a single alert per shape. Regold adds shapes and removes none: an
adapter cannot become more tolerant because a body is no longer counted.
"""

import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from alertmap.adapter import Adapter
from alertmap.intake.marks import first_event
from alertmap.testing.fixtures import Case
from alertmap.testing.fixtures import document as document_of
from alertmap.testing.outcomes import alerts_of

LIST = "tolerance.toml"
_HEAD = "# Written by regold: one fixture with a single alert per shape of body. Names are added, never removed.\n"


def listed(folder: Path) -> list[str]:
    """Return the names in a folder's list; none where it has no list.

    Raises:
        AssertionError: the list cannot be read.
    """
    file = folder / LIST
    if not file.is_file():
        return []
    try:
        names: Any = tomllib.loads(file.read_text(encoding="utf-8")).get("bodies")
    except ValueError as error:
        raise AssertionError(f"{file}: {error}") from None
    is_list = isinstance(names, list) and all(isinstance(name, str) for name in names)
    assert is_list, f"{file}: expected bodies = [names]"
    return list(names)


def unlisted(adapter: Adapter, cases: Iterable[Case], names: Sequence[str]) -> list[str]:
    """Return the names of the cases that a list lacks: one with a single alert for each shape that no name has."""
    known = set(names)
    ordered = sorted(cases, key=lambda case: case.name not in known)
    seen: set[Any] = set()
    missing = []
    for case in ordered:
        shape = _shape(document_of(case, adapter.formats))
        if case.name in known:
            seen.add(shape)
        elif shape not in seen and len(alerts_of(adapter, case)) == 1:
            seen.add(shape)
            missing.append(case.name)
    return missing


def list_text(names: Iterable[str]) -> str:
    """Return the text of a list."""
    return f"{_HEAD}bodies = [\n" + "".join(f'    "{name}",\n' for name in names) + "]\n"


def _shape(document: Any) -> tuple[Any, ...]:
    event = first_event(document)
    return (type(document), *sorted(event)) if isinstance(event, dict) else (type(document),)

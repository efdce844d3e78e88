"""Write the goldens and lists of bodies of fixture folders, print what changed, then fail: a person reads it.

python -m alertmap.testing.regold fixtures [VENDOR ...]
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import Any

from attrs import frozen

from alertmap.adapter import Adapter
from alertmap.errors import AdapterError, UnknownVendor
from alertmap.intake import registry
from alertmap.testing import index, zoo
from alertmap.testing.bodies import LIST, list_text, listed, unlisted
from alertmap.testing.fixtures import Case, dump, load


@frozen
class Change:
    """A file that was written: its text before, "" for a new one, and after."""

    file: Path
    before: str
    after: str


class CannotRegold(Exception):
    """A folder or a vendor cannot be used; the message says why and what to do."""


def difference(before: str, after: str, name: str) -> str:
    """Return the unified diff of two texts of a golden file."""
    lines = unified_diff(before.splitlines(), after.splitlines(), f"{name}, committed", f"{name}, now", lineterm="")
    return "".join(f"{line}\n" for line in lines)


def regold(root: Path, vendors: Sequence[str] = ()) -> list[Change]:
    """Write the goldens that differ below `root`, and add to the lists of bodies, for these vendors or for all there.

    Raises:
        CannotRegold: a folder is missing or its `about.toml` is wrong, or its adapter cannot be found or loaded.
    """
    changes = []
    for folder in _folders(root, vendors):
        adapter, cases = _adapter(folder.name), _cases(folder)
        for case in cases:
            changes += _write(case.golden, dump(case.outcome(adapter)))
        names = listed(folder)
        if missing := unlisted(adapter, cases, names):
            changes += _write(folder / LIST, list_text([*names, *missing]))
    return changes


def _write(file: Path, after: str) -> list[Change]:
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    if before == after:
        return []
    file.write_text(after, encoding="utf-8")
    return [Change(file, before, after)]


def _folders(root: Path, vendors: Sequence[str]) -> list[Path]:
    if not root.is_dir():
        raise CannotRegold(f"there is no folder {root}")
    folders = [root / vendor for vendor in vendors] or [
        folder for folder in sorted(root.iterdir()) if (folder / "about.toml").is_file()
    ]
    for folder in folders:
        if not (folder / "about.toml").is_file():
            raise CannotRegold(f"there is no {folder / 'about.toml'}")
    return folders


def _adapter(name: str) -> Adapter:
    try:
        return registry.find(name)
    except UnknownVendor as error:
        raise CannotRegold(f"{error}; not installed from this checkout? pip install -e .") from None
    except AdapterError as error:
        cause = f": {error.__cause__}" if error.__cause__ else ""
        raise CannotRegold(f"{error}{cause}") from None


def _cases(folder: Path) -> tuple[Case, ...]:
    try:
        return load(folder)
    except AssertionError as error:
        raise CannotRegold(str(error)) from None


def write_index(root: Path) -> list[Path]:
    """Write the index of marks for this checkout's own fixtures, and return the file if it changed.

    It comes first: recognition asks the shapes whose places the index names, and those of an old one may be gone.
    """
    return _write_generated(root, index.FILE, lambda: index.index_text(registry.built_in()))


def write_zoo(root: Path) -> list[Path]:
    """Write the zoo for this checkout's own fixtures, and return the file if it changed."""
    return _write_generated(root, zoo.ZOO, lambda: zoo.zoo_text(root))


def _write_generated(root: Path, file: Path, make: Callable[[], str]) -> list[Path]:
    if not index.FILE.resolve().is_relative_to(root.resolve().parent):
        return []
    before, after = file.read_text(encoding="utf-8"), make()
    if before == after:
        return []
    file.write_text(after, encoding="utf-8")
    return [file]


# --- What changed ----------------------------------------------------------------------------------------------------


def table(change: Change) -> Iterator[str]:
    """Yield a line for each state, severity, key, title, list of problems, reason or error that changed."""
    before, after = (_facts(text) for text in (change.before, change.after))
    names = list(dict.fromkeys([*after, *before]))
    width = max(map(len, names), default=0)
    for name in names:
        old, new = before.get(name, "-"), after.get(name, "-")
        if old != new:
            yield f"  {name:{width}}  {_printable(f'{old} -> {new}' if change.before else new)}"


def _facts(golden: str) -> dict[str, str]:
    """Return the parts of a golden that decide who is paged for what."""
    try:
        outcome = json.loads(golden)
    except ValueError:
        return {}
    facts = {name: str(outcome[name]) for name in ("error", "message", "reason") if name in outcome}
    for number, alert in enumerate(outcome.get("alerts", ()), 1):
        shown = {
            "state": alert.get("state"),
            "severity": alert.get("severity"),
            "key": alert.get("dedup_key"),
            "title": alert.get("title"),
            "problems": _codes(alert),
        }
        facts |= {f"alert {number} {name}": str(value) for name, value in shown.items() if value}
    return facts | ({"problems": _codes(outcome)} if outcome.get("problems") else {})


def _codes(entry: Mapping[str, Any]) -> str:
    return ", ".join(f"{problem['code']} {problem['path']}" for problem in entry.get("problems", ()))


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def main(arguments: Sequence[str]) -> int:
    """Write the goldens and print what changed: 0 nothing, 1 something that must be read, 2 it cannot be done."""
    if not arguments:
        print(__doc__.strip().splitlines()[-1], file=sys.stderr)
        return 2
    root = Path(arguments[0])
    generated = write_index(root)
    try:
        changes = regold(root, arguments[1:])
    except CannotRegold as error:
        print(f"regold: {error}", file=sys.stderr)
        return 2
    for change in changes:
        print(f"written: {change.file}")
        for line in table(change):
            print(line)
        if change.before:
            for line in difference(change.before, change.after, change.file.name).splitlines():
                print(f"  {_printable(line)}")
    generated += write_zoo(root)
    for file in generated:
        print(f"written: {file}")
    print("read the difference, then commit it" if changes or generated else "nothing has changed")
    return 1 if changes or generated else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

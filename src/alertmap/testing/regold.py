"""Write the golden files of fixture folders, then fail, so that a person reads the difference.

python -m alertmap.testing.regold fixtures [VENDOR ...]
"""

import sys
from pathlib import Path

from alertmap.intake import registry
from alertmap.testing.fixtures import dump, load


def regold(root: Path, vendors: list[str]) -> list[Path]:
    """Write what has changed below `root`, for these vendors or for all that have a folder; the files written."""
    changed = []
    for folder in sorted(root.iterdir()):
        if not folder.is_dir() or (vendors and folder.name not in vendors):
            continue
        adapter = registry.find(folder.name)
        for case in load(folder):
            text = dump(case.outcome(adapter))
            if not case.golden.exists() or case.golden.read_text(encoding="utf-8") != text:
                case.golden.write_text(text, encoding="utf-8")
                changed.append(case.golden)
    return changed


def main(arguments: list[str]) -> int:
    """Regold and say what was written; 1 where anything was, for it must be read."""
    changed = regold(Path(arguments[0]), arguments[1:])
    for file in changed:
        print(f"written: {file}")
    print("read the difference, then commit it" if changed else "nothing has changed")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

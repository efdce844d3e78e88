"""The rules of all vendors with captured requests: each module `rules_<vendor>.py` beside this one has `RULES`."""

import importlib
from pathlib import Path

VENDORS = [
    importlib.import_module(f"corpus.{file.stem}").RULES for file in sorted(Path(__file__).parent.glob("rules_*.py"))
]

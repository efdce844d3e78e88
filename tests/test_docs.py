"""The documentation's Python runs, and no vendor is without its page."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from alertmap import vendors

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(page for page in DOCS.glob("*.md") if "```python" in page.read_text(encoding="utf-8"))


def blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def vendor_pages() -> ModuleType:
    """The extension that writes the vendors' pages."""
    spec = importlib.util.spec_from_file_location("vendor_pages", DOCS / "_ext" / "vendor_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_examples_run(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All Python blocks of a page run one after another in one namespace."""
    exec("\n".join(blocks(page)), {})  # noqa: S102 - running the examples is the test
    capsys.readouterr()


def test_every_vendor_has_its_page(vendor_pages: ModuleType, tmp_path: Path) -> None:
    """Each adapter has a page with its set-up, levels, wire fields and fixtures, and a row in the matrix."""
    written = {file.stem: file.read_text(encoding="utf-8") for file in vendor_pages.write(tmp_path)}
    assert set(written) == {*vendors(), "index"}
    for name in vendors():
        for heading in (
            "## Setting it up",
            "## States",
            "## Levels",
            "## Identity",
            "## On the wire",
            "## What it sends",
        ):
            assert heading in written[name]
        assert f"]({name}.md)" in written["index"]
        assert f"\n{name}\n" in written["index"]

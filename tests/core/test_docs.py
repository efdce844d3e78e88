"""The documentation's Python runs; each vendor has a page, and each name for authors is in the reference."""

import importlib.util
import re
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest

from alertmap import conventions, vendors, wire
from alertmap.intake import registry
from alertmap.model import ProblemCode
from alertmap.testing.fixtures import load

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(page for page in DOCS.glob("*.md") if "```python" in page.read_text(encoding="utf-8"))


def blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def extension(name: str) -> ModuleType:
    """Load an extension of the documentation."""
    spec = importlib.util.spec_from_file_location(name, DOCS / "_ext" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_examples_run(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The Python blocks of a page run one after another in one namespace."""
    if page.stem == "server":
        pytest.importorskip("starlette", reason="the extra `server` is not installed")
    exec("\n".join(blocks(page)), {})  # noqa: S102 - running the examples is the test
    capsys.readouterr()


def test_the_page_of_a_vendor_in_a_folder() -> None:
    """The text is the package's docstring; the fields are those of all its modules."""
    vendor = registry.find("alibaba_cloudmonitor")
    page = extension("vendor_pages").page(vendor, load(DOCS.parent / "fixtures" / vendor.name))
    assert "Alert Callback" in page
    models = {shape.model for shape in vendor.shapes}
    assert len({model.__module__ for model in models}) > 1
    for model in models:
        assert f"### {model.__name__}" in page
    assert "`curValue` or `Curvalue`" in page
    assert "as texts, or its JSON in a text" in page


def test_every_vendor_has_its_page(tmp_path: Path) -> None:
    """Each adapter has a page with its set-up, levels and wire fields, one of its fixtures, and a row in the matrix."""
    written = {file.stem: file.read_text(encoding="utf-8") for file in extension("vendor_pages").write(tmp_path)}
    assert set(written) == {*vendors(), *(f"{name}-examples" for name in vendors()), "index"}
    for name in vendors():
        for heading in (
            "## Setting it up",
            "## What to answer",
            "## Shapes",
            "## States",
            "## Levels",
            "## Identity",
            "## On the wire",
            "## Recoveries",
            "## Examples",
        ):
            assert heading in written[name]
        assert len(written[name]) < 60_000, "a page for readers: all examples have a page of their own"
        for case in load(DOCS.parent / "fixtures" / name):
            assert f"\n## {case.name}\n" in written[f"{name}-examples"]
        assert f"]({name}.md)" in written["index"]


def test_every_vendor_is_set_up_in_numbered_steps() -> None:
    """A user follows steps: each set-up has at least one list of them, which counts from 1 without a gap."""
    pages = extension("vendor_pages")
    for name in vendors():
        _, set_up, _ = pages.parts(registry.find(name))
        steps = [int(number) for number in re.findall(r"^(\d+)\. ", set_up, re.MULTILINE)]
        assert steps[:2] == [1, 2], f"{name}: write its set-up as steps, 1. 2. 3."
        for before, number in pairwise(steps):
            assert number in {1, before + 1}, f"{name}: step {number} follows step {before}"


def test_every_vendor_is_in_the_table_of_repeats() -> None:
    """The page on repeats has the table, and the table has each vendor with the states that it repeats."""
    pages = extension("vendor_pages")
    assert pages.PLACEHOLDER in (DOCS / "repeats.md").read_text(encoding="utf-8").splitlines()
    rows = pages.repeats_table().splitlines()
    for name in vendors():
        (row,) = (row for row in rows if f"](vendors/{name}.md)" in row)
        assert row.split(" | ")[1].strip() == pages.repeats(registry.find(name))
    assert "| `arrival` |" in next(row for row in rows if "kapacitor" in row)


def test_the_reference_has_every_name(tmp_path: Path) -> None:
    """Each name of `wire` and `conventions` and each problem code is on a page; each of `wire` has one place."""
    reference = extension("reference_pages")
    pages = {file.stem: file.read_text(encoding="utf-8") for file in reference.write(tmp_path)}
    places = [
        *reference.FIELD_TYPES,
        *reference.CORE,
        *(name for names in reference.SECTIONS.values() for name in names),
    ]
    assert sorted(places) == sorted(wire.__all__), "file the new name in docs/_ext/reference_pages.py"
    for name in wire.__all__:
        assert re.search(rf"^### (`wire\.)?{name}\b|`{name}`", pages["wire"], re.MULTILINE), name
    for name in conventions.__all__:
        assert f" `conventions.{name}`\n" in pages["conventions"]
    for code in ProblemCode:
        assert re.search(rf"^\| `{code.value}` \| \w.* \| .+ \|$", pages["problems"], re.MULTILINE), code


def test_the_reference_reads_its_examples(tmp_path: Path) -> None:
    """A row of an example has what was sent, what it is read as, and the problem."""
    reference = extension("reference_pages")
    pages = {file.stem: file.read_text(encoding="utf-8") for file in reference.write(tmp_path)}
    assert '| `["x"]` | `\'["x"]\'` | `bad_field` |' in pages["wire"]
    assert '| `"2026-01-01T12:00:30+01:00"` | `2026-01-01T11:00:30+00:00` |  |' in pages["wire"]
    assert re.search(r"^Used by .*\balibaba_cloudmonitor, .*\bgrafana,", pages["wire"], re.MULTILINE)
    assert "State words, in lower case." in pages["conventions"]


def test_the_page_of_faults_has_every_marked_test() -> None:
    """Each mark of a fault of another receiver is a row, with the vendor of its file."""
    faults_table = extension("faults_table")
    tests = [file.read_text(encoding="utf-8") for file in (DOCS.parent / "tests" / "adapters").glob("test_*.py")]
    rows = faults_table.table().splitlines()[2:]

    assert len(rows) == sum(text.count("@pytest.mark.fault_elsewhere(") for text in tests) > 100
    assert all(row.count(" | ") == 3 for row in rows)
    assert faults_table.PLACEHOLDER in (DOCS / "faults.md").read_text(encoding="utf-8")


def test_every_public_member_has_its_meaning() -> None:
    """The API page says of each field and each enum member what it is; that it is there is checked by the build."""
    api = extension("api_members")
    missing = [
        f"{name}.{one}" for name, value in api.public() for one in api.members(value) if not api.meaning(value, one)
    ]
    assert missing == []
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    classes = re.findall(r"autoclass:: alertmap\.(\w+)\n((?:   :.*\n)*)", text)
    assert len(classes) > 20
    assert [name for name, options in classes if name not in api.OPAQUE and ":undoc-members:" not in options] == []

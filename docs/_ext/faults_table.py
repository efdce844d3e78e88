"""Sphinx extension: replaces the line `PLACEHOLDER` of a page by the faults that the tests of the adapters exclude."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

PLACEHOLDER = "<!-- faults -->"
TESTS = Path(__file__).parents[2] / "tests" / "adapters"


class Fault(NamedTuple):
    """A fault of another receiver, and the test that excludes it here."""

    vendor: str
    where: str
    fault: str
    test: str


def faults() -> Iterator[Fault]:
    """Yield the faults that tests are marked with, by vendor."""
    for file in sorted(TESTS.glob("test_*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                for mark in node.decorator_list:
                    if isinstance(mark, ast.Call) and ast.unparse(mark.func).endswith("fault_elsewhere"):
                        where, fault = (ast.literal_eval(argument) for argument in mark.args)
                        yield Fault(file.stem.removeprefix("test_"), where, fault, node.name)


def table() -> str:
    """Return the table of all faults as Markdown."""
    rows = (
        f"| [{it.vendor}](vendors/{it.vendor}.md) | {it.where} | {it.fault} | `{it.test}` |".replace("\n", " ")
        for it in faults()
    )
    return "\n".join(["| vendor | where | what goes wrong there | the test here |", "|---|---|---|---|", *rows])


def setup(app: Any) -> dict[str, bool]:
    """Register the replacement, which runs when Sphinx reads a page."""

    def fill_in(_app: Any, _page: str, source: list[str]) -> None:
        source[0] = source[0].replace(PLACEHOLDER, table())

    app.connect("source-read", fill_in)
    return {"parallel_read_safe": True}

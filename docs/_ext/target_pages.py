"""Sphinx extension: replaces the line `PLACEHOLDER` of a page by the table of all targets and a section for each."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from alertmap import wire
from alertmap.output.registry import target_names, target_of
from alertmap.target import FACTS, Target

PLACEHOLDER = "<!-- targets -->"


def table(targets: list[Target]) -> Iterator[str]:
    """Yield the table of targets and what each keeps."""
    yield "| target | " + " | ".join(FACTS) + " | read back by |"
    yield "|---" * (len(FACTS) + 2) + "|"
    for target in targets:
        kept = " | ".join(target.keeps.get(fact, "\u2013") for fact in FACTS)
        back = f"[{target.reads_back}](vendors/{target.reads_back}.md)" if target.reads_back else "\u2013"
        yield f"| [{target.title}](#target-{target.name.replace('_', '-')}) | {kept} | {back} |"


def section(target: Target) -> Iterator[str]:
    """Yield the section of a target: its docstring, its settings and an example of them."""
    module = import_module(f"alertmap.targets.{target.name}")
    title, _, rest = (inspect.getdoc(module) or "").partition("\n")
    yield f"(target-{target.name.replace('_', '-')})="
    yield f"## {target.title}"
    yield ""
    yield title
    yield rest
    yield ""
    yield "```toml"
    yield f"[{target.name}]"
    yield from (f"{name} = {toml(value)}" for name, value in target.example.items())
    yield "```"
    yield ""
    keys = ", ".join(f"`{field.key}`" for field in wire.fields(target.config))
    yield f"Settings: {keys}. Its requests are checked against {target.checked_by}."
    yield ""


def toml(value: Any) -> str:
    """Return a value of an example in TOML."""
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'


def text() -> str:
    """Return the table and the sections."""
    targets = [target_of(name) for name in target_names()]
    return "\n".join([*table(targets), "", *(line for target in targets for line in section(target))])


def setup(app: Any) -> dict[str, bool]:
    """Register the replacement, which runs when Sphinx reads a page."""

    def fill_in(_app: Any, _page: str, source: list[str]) -> None:
        source[0] = source[0].replace(PLACEHOLDER, text())

    app.connect("source-read", fill_in)
    return {"parallel_read_safe": True}

"""The floors of the house: imports point down only, and below the top no module reads the world."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import alertmap

ROOT = Path(alertmap.__file__).parent
MODULES = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file
    for file in sorted(ROOT.rglob("*.py"))
}
FLOORS = {
    "errors": 0,
    "value": 0,
    "build": 0,
    "model": 0,
    "adapters": 2,
    "registry": 3,
    "priority": 4,  # asks the registry for a vendor's levels, so that a misspelt one is told at once
    "source": 4,
    "parse": 4,
    "detect": 4,
    "verify": 5,
    "intake": 5,
    "testing": 6,
    "cli": 6,
    "server": 6,
    "__init__": 7,
}
"""All other rooms are on floor 1."""

WORLD = {
    "io",
    "logging",
    "os",
    "pathlib",
    "random",
    "secrets",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "time",
    "urllib.request",
}
CLOCKS = {"now", "today", "utcnow"}


def room(module: str) -> str:
    """The room that a module is in: a package is one room."""
    return module.partition(".")[0]


def floor(module: str) -> int:
    """The floor of a module's room."""
    return FLOORS.get(room(module), 1)


def imported(module: str) -> Iterator[str]:
    """The full names that a module imports, wherever the import stands; those for type checkers only are left out."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    left_out = {
        id(line)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for line in node.body
    }
    for node in ast.walk(tree):
        if id(node) in left_out:
            continue
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{MODULES[module]} imports relatively"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def own(name: str) -> str | None:
    """The module of ours that an imported name is, or stands in; "__init__" for the public names."""
    if name.partition(".")[0] != "alertmap":
        return None
    inner = name.partition(".")[2]
    while inner and inner not in MODULES:
        inner = inner.rpartition(".")[0]
    return inner or "__init__"


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module: str) -> None:
    """A module imports from its own floor and from those below, an adapter from no other adapter."""
    for name in imported(module):
        target = own(name)
        if target is None or room(target) == room(module) != "adapters":
            continue
        told = f"{MODULES[module]} (floor {floor(module)}) imports {MODULES[target]} (floor {floor(target)})"
        if room(module) == "adapters":
            assert floor(target) < floor("adapters"), told
        assert floor(target) <= floor(module), told


@pytest.mark.parametrize("module", [module for module in MODULES if floor(module) < FLOORS["testing"]])
def test_no_module_below_the_top_reads_the_world(module: str) -> None:
    """No clock, environment, file, socket or dice below floor 6; the look-up of entry points is the exception."""
    for name in imported(module):
        parts = name.split(".")
        reads = {".".join(parts[: length + 1]) for length in range(len(parts))} & WORLD
        assert not reads, f"{MODULES[module]} imports {name}"
        if name.startswith("importlib.metadata"):
            assert module == "registry", f"{MODULES[module]} imports {name}"
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func
            assert not (isinstance(called, ast.Attribute) and called.attr in CLOCKS), (
                f"{MODULES[module]} reads a clock in line {node.lineno}"
            )
            assert not (isinstance(called, ast.Name) and called.id in ("open", "print", "input")), (
                f"{MODULES[module]} calls {ast.unparse(called)} in line {node.lineno}"
            )


def test_the_walk_sees_imports() -> None:
    """The reading of imports finds what is there: this would be the way for a wall to fall unseen."""
    assert own("alertmap.wire.node.Node") == "wire.node"
    assert own("alertmap.model.Alert") == "model"
    assert own("alertmap.parse") == "parse"
    assert own("alertmap.Alert") == "__init__"
    assert own("attrs.field") is None
    assert {"alertmap.wire.node.Node", "attrs.frozen"} <= set(imported("wire.declare"))
    assert "cattrs.Converter" in set(imported("codec"))
    assert {floor(module) for module in MODULES} >= {0, 1, 2, 3, 4, 6}

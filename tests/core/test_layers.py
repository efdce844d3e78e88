"""The layers: imports point down only, and no module below layer 6 reads clock, environment, file or socket."""

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
LAYERS = {
    "errors": 0,
    "paths": 0,
    "plugins": 0,
    "credentials": 0,
    "_records": 0,
    "model": 0,
    "schemes": 0,
    "times": 0,
    "strict_json": 1,
    "wire": 1,
    "conventions": 1,
    "adapter": 1,
    "codec": 1,
    "incidents": 1,
    "target": 1,
    "escaping": 1,
    "adapters": 2,
    "targets": 2,
    "intake.envelope": 1,
    "intake.marks": 1,
    "intake.registry": 3,
    "intake": 4,
    "intake.verify": 5,
    "intake.public_keys": 5,
    "intake.topics": 5,
    "intake.handshake": 5,
    "intake.seen": 5,
    "intake.receive": 5,
    "intake.sources": 5,
    "output": 5,
    "testing": 6,
    "cli": 6,
    "server": 6,
    "__main__": 7,
    "__init__": 7,
}
"""The layer of each module, or of all modules of a package; a module that is in neither form here fails."""

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


def package(module: str) -> str:
    """Return the package of a module; for an adapter, its vendor."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "adapters" else parts[0]


def layer(module: str) -> int:
    """Return the layer of a module.

    Raises:
        AssertionError: The module is in no layer.
    """
    known = LAYERS.get(module, LAYERS.get(module.partition(".")[0]))
    assert known is not None, f"add {module} to LAYERS"
    return known


def imported(module: str) -> Iterator[str]:
    """Return the full names that a module imports anywhere; imports for type checkers are left out."""
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
    """Return the module of this package that an imported name belongs to; "__init__" for public names."""
    if name.partition(".")[0] != "alertmap":
        return None
    inner = name.partition(".")[2]
    while inner and inner not in MODULES:
        inner = inner.rpartition(".")[0]
    return inner or "__init__"


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module: str) -> None:
    """A module imports from its own layer or a lower one, and an adapter from no other vendor."""
    for name in imported(module):
        target = own(name)
        if target is None or package(target) == package(module):
            continue
        message = f"{MODULES[module]} (layer {layer(module)}) imports {MODULES[target]} (layer {layer(target)})"
        assert layer(target) <= layer(module), message
        assert not (package(module).startswith("adapters.") and package(target).startswith("adapters.")), message
        assert package(module) != "incidents" or package(target) != "intake", message


@pytest.mark.parametrize("module", [module for module in MODULES if layer(module) < LAYERS["testing"]])
def test_no_module_below_the_top_reads_the_world(module: str) -> None:
    """No module below layer 6 uses clock, environment, files, sockets or randomness; entry points may be looked up."""
    for name in imported(module):
        parts = name.split(".")
        reads = {".".join(parts[: length + 1]) for length in range(len(parts))} & WORLD
        assert not reads, f"{MODULES[module]} imports {name}"
        if name.startswith("importlib.metadata"):
            assert module == "plugins", f"{MODULES[module]} imports {name}"
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
    """The import reader finds known imports; otherwise the rules above would pass on nothing."""
    assert own("alertmap.wire.nodes.Node") == "wire.nodes"
    assert own("alertmap.model.Alert") == "model"
    assert own("alertmap.intake.parse.parse") == "intake.parse"
    assert own("alertmap.Alert") == "__init__"
    assert own("attrs.field") is None
    assert own("alertmap.adapters.alibaba_cloudmonitor.events.SHAPES") == "adapters.alibaba_cloudmonitor.events"
    assert package("adapters.alibaba_cloudmonitor.events") == package("adapters.alibaba_cloudmonitor")
    assert package("adapters.alibaba_cloudmonitor.events") != package("adapters.kapacitor")
    assert {"alertmap.wire.nodes.Node", "attrs.frozen"} <= set(imported("wire.models"))
    assert "cattrs.Converter" in set(imported("codec"))
    assert {layer(module) for module in MODULES} >= {0, 1, 2, 3, 4, 6}
    assert layer("conventions.alertmanager") == layer("conventions.nagios") == 1

"""The public names are the documented ones, and each can be used."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import alertmap

API = Path(__file__).parents[2] / "docs" / "api.md"


def test_the_public_names_exist() -> None:
    """Every public name exists, is listed once and in order, and has a docstring."""
    assert alertmap.__all__ == sorted(alertmap.__all__)
    assert len(set(alertmap.__all__)) == len(alertmap.__all__)
    for name in alertmap.__all__:
        assert getattr(alertmap, name).__doc__, f"{name} has no docstring"


def test_nothing_else_is_public() -> None:
    """Apart from the public names the package holds only its modules and private names."""
    others = {
        name
        for name, value in vars(alertmap).items()
        if not name.startswith("_") and name not in alertmap.__all__ and not isinstance(value, ModuleType)
    } - {"TYPE_CHECKING", "import_module"}
    assert others == set()


def test_lazy_names_are_the_ones_type_checkers_see() -> None:
    """Type checkers and the interpreter agree on the module of each lazily loaded name."""
    tree = ast.parse(Path(alertmap.__file__).read_text(encoding="utf-8"))
    [checked] = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    imports = [line for line in checked.body if isinstance(line, ast.ImportFrom)]
    assert {name.name: f"{line.module}" for line in imports for name in line.names} == {
        name: f"alertmap.{module}" for name, module in alertmap._LAZY.items()
    }


def test_all_names_are_listed() -> None:
    """`dir` lists loaded and lazily loaded names."""
    assert set(alertmap.__all__) | {"errors"} <= set(dir(alertmap))


@pytest.mark.parametrize(
    "code",
    [
        "assert not any(name.startswith('alertmap.incidents') for name in sys.modules), 'loaded at once'",
        "assert set(alertmap.__all__) <= set(dir(alertmap)) and 'errors' in dir(alertmap)",
        "import alertmap.incidents.model; assert alertmap.Policy is alertmap.incidents.model.Policy",
        "assert alertmap.IncidentBook is vars(alertmap)['IncidentBook']",
        "from alertmap import *; assert to_dict is alertmap.to_dict and step is alertmap.step",
        "assert not hasattr(alertmap, 'nothing') and not hasattr(alertmap, '__path')",
    ],
)
def test_lazy_names_can_be_imported(code: str) -> None:
    """Lazily loaded names work with every form of import and attribute access."""
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", f"import sys, alertmap\n{code}"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_the_names_are_documented() -> None:
    """The API page documents every public name."""
    if not API.exists():
        pytest.skip("docs/api.md is not written yet")
    text = API.read_text(encoding="utf-8")
    documented = set(
        re.findall(r"(?:auto(?:class|function|exception|data|enum|attribute):: +|\bname: )(?:alertmap\.)?(\w+)", text)
    )
    missing = [
        name
        for name in alertmap.__all__
        if name not in documented and not re.search(rf"`(?:alertmap\.)?{name}\b", text)
    ]
    assert not missing, f"docs/api.md does not document {', '.join(missing)}"


def test_lazy_imports() -> None:
    """Neither the import nor a payload that fits loads modules that only errors, plugins or writing alerts need."""
    body = """{"version": "4", "groupKey": "{}", "alerts": [{"labels": {"alertname": "A"}, "status": "firing"}]}"""
    code = f"import sys, alertmap\nalertmap.parse('prometheus_alertmanager', {body!r})\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)  # noqa: S603
    assert not {"cattrs", "difflib", "importlib.metadata", "tomllib"} & set(done.stdout.split())

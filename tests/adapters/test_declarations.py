"""Rules for the models and the files of every adapter."""

import ast
import inspect
import pkgutil
from importlib import import_module
from types import ModuleType

import attrs
import pytest

from alertmap import vendors, wire
from alertmap.intake import registry


def _modules(vendor: str) -> list[ModuleType]:
    """Return the modules of a vendor: one, or those of its folder."""
    found = import_module(f"alertmap.adapters.{vendor}")
    below = pkgutil.iter_modules(getattr(found, "__path__", ()), f"{found.__name__}.")
    return [found, *(import_module(module.name) for module in below)]


def _models_of(module: ModuleType) -> list[type]:
    return [cls for _, cls in inspect.getmembers(module, inspect.isclass) if cls.__module__ == module.__name__]


@pytest.mark.parametrize("vendor", vendors())
def test_no_class_is_named_like_a_field(vendor: str) -> None:
    """No class has the name of a field of its module: it would silently change the field's type."""
    for module in _modules(vendor):
        models = [cls for cls in _models_of(module) if wire.is_model(cls)]
        names = {attribute.name for cls in models for attribute in attrs.fields(cls)}
        assert not names & {cls.__name__ for cls in _models_of(module)}


@pytest.mark.parametrize("vendor", vendors())
def test_models_hold_no_any(vendor: str) -> None:
    """No model of an adapter has a field of type `Any`; `Json` is the type for any value."""
    trees = [ast.parse(inspect.getsource(module)) for module in _modules(vendor)]
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    hints = [line.annotation for node in classes for line in node.body if isinstance(line, ast.AnnAssign)]
    names = [name for hint in hints for name in ast.walk(hint) if isinstance(name, ast.Name)]
    assert "Any" not in {name.id for name in names}


@pytest.mark.parametrize("vendor", vendors())
def test_an_adapter_is_named_like_its_file(vendor: str) -> None:
    """The name of an adapter is that of its file, and its module has a docstring, the setup guide."""
    assert registry.find(vendor).name == vendor
    assert _modules(vendor)[0].__doc__

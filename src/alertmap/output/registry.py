"""Finds targets: built-in ones by file, third-party ones by the entry-point group `alertmap.targets`."""

import pkgutil
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from alertmap import targets as built_in
from alertmap.errors import AdapterError, ConfigurationError, did_you_mean, quoted
from alertmap.target import Target

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "alertmap.targets"


@cache
def _built_in() -> frozenset[str]:
    names = (module.name for module in pkgutil.iter_modules(built_in.__path__))
    return frozenset(name for name in names if not name.startswith("_"))


@cache
def _plugins() -> dict[str, "EntryPoint"]:
    from importlib.metadata import entry_points  # noqa: PLC0415 - dear, and built-in targets are found without it

    return {point.name: point for point in entry_points(group=GROUP) if point.name not in _built_in()}


def target_names() -> tuple[str, ...]:
    """Return the names of all targets, sorted; none is imported for it."""
    return tuple(sorted(_built_in() | _plugins().keys()))


def target_of(target: object) -> Target:
    """Return the target that an argument is or names.

    Raises:
        ConfigurationError: there is none of that name; the message has the nearest one.
        AdapterError: its module does not load, or holds no target of that name.
    """
    if isinstance(target, Target):
        return target
    if not isinstance(target, str):
        raise ConfigurationError(f"expected the name of a target or a Target, got {type(target).__name__}")
    if target not in _built_in() and target not in _plugins():
        raise ConfigurationError(f"there is no target {quoted(target)}{did_you_mean(target, target_names())}")
    return _load(target)


@cache
def _load(name: str) -> Target:
    try:
        found = import_module(f"alertmap.targets.{name}").target if name in _built_in() else _plugins()[name].load()
    except Exception as error:
        raise AdapterError(f"the target {name} does not load: {type(error).__name__}") from error
    if not isinstance(found, Target) or found.name != name:
        raise AdapterError(f"the target {name} does not load: it is no Target of that name")
    return found

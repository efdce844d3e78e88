"""Finds adapters and targets by name: built-in ones by file or folder, third-party ones by an entry-point group.

A module is imported on first use, and only by a name from the list: names come from URLs. A third party never takes the
place of a built-in one, and a broken one fails alone, when it is asked for, by the name of its distribution.
"""

import pkgutil
from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from alertmap.errors import AdapterError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


class Named(Protocol):
    """An adapter or a target."""

    @property
    def name(self) -> str:
        """Its name, which is that of its module or entry point."""


T = TypeVar("T", bound=Named)


class Plugins(Generic[T]):
    """All objects of one kind, each in a module of a package under the kind's name, or behind an entry point."""

    def __init__(self, kind: type[T], package: ModuleType, group: str) -> None:
        self._kind = kind
        self._what = kind.__name__.lower()
        self._package = package
        self._group = group
        self._found: dict[str, T] = {}

    @cached_property
    def built_in(self) -> frozenset[str]:
        """The names of the modules of the package."""
        names = (module.name for module in pkgutil.iter_modules(self._package.__path__))
        return frozenset(name for name in names if not name.startswith("_"))

    @cached_property
    def third_party(self) -> dict[str, tuple["EntryPoint", ...]]:
        """The entry points by name; several claim one name where there is more than one."""
        # Takes as long to import as all of this library, and a built-in one is found without it.
        from importlib.metadata import entry_points  # noqa: PLC0415

        found: dict[str, tuple[EntryPoint, ...]] = {}
        for point in entry_points(group=self._group):
            if point.name not in self.built_in:
                found[point.name] = (*found.get(point.name, ()), point)
        return found

    def names(self) -> tuple[str, ...]:
        """The names of all, sorted; none is imported for it."""
        return tuple(sorted(self.built_in | self.third_party.keys()))

    def __contains__(self, name: str) -> bool:
        """Return whether there is one of that name; it may not load."""
        return name in self.built_in or name in self.third_party

    def load(self, name: str) -> T:
        """Return the one of that name, the same object each time; the name must be one of `names`.

        Raises:
            AdapterError: its module does not load, or does not hold one of that name; the cause is kept.
        """
        if name not in self._found:
            self._found[name] = self._loaded(name)
        return self._found[name]

    def _loaded(self, name: str) -> T:
        load, owners = self._own(name) if name in self.built_in else self._plugged_in(name)
        subject = f"the {self._what} {name} of {owners}"
        try:
            found = load()
        except Exception as error:
            raise AdapterError(f"{subject} does not load: {type(error).__name__}") from error
        if not isinstance(found, self._kind):
            raise AdapterError(f"{subject} is a {type(found).__name__}, not {self._article} {self._kind.__name__}")
        if found.name != name:
            raise AdapterError(f"{subject} calls itself {found.name}")
        return found

    @property
    def _article(self) -> str:
        return "an" if self._what[0] in "aeiou" else "a"

    def _own(self, name: str) -> tuple[Callable[[], Any], str]:
        """Return the loader of a built-in one, and its module."""
        module = f"{self._package.__name__}.{name}"
        return lambda: getattr(import_module(module), self._what), f"{module}:{self._what}"

    def _plugged_in(self, name: str) -> tuple[Callable[[], Any], str]:
        """Return the loader of a third-party one, and its distribution."""
        points = self.third_party[name]
        owners = " and ".join(point.dist.name if point.dist else point.value for point in points)
        if len(points) > 1:
            raise AdapterError(f"the {self._what} {name} is claimed by {owners}")
        return points[0].load, owners

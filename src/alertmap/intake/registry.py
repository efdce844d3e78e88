"""Finds adapters: built-in ones by file or folder, third-party ones by the entry-point group `alertmap.adapters`.

An adapter is imported on first use, and only by a name from the list: names come from URLs. A third-party adapter never
takes the place of a built-in one, and a broken one fails alone, when it is asked for, by the name of its distribution.
"""

import pkgutil
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from alertmap import adapters
from alertmap.adapter import Adapter
from alertmap.errors import AdapterError, ConfigurationError, UnknownVendor, did_you_mean
from alertmap.intake.marks import Candidate, Index, ShapeMarks
from alertmap.model import Request

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "alertmap.adapters"
_LONGEST = 64  # characters of a name that an error quotes


@cache
def _built_in() -> frozenset[str]:
    names = (module.name for module in pkgutil.iter_modules(adapters.__path__))
    return frozenset(name for name in names if not name.startswith("_"))


@cache
def _plugins() -> dict[str, tuple["EntryPoint", ...]]:
    # Takes as long to import as all of this library, and a built-in adapter is found without it.
    from importlib.metadata import entry_points  # noqa: PLC0415

    found: dict[str, tuple[EntryPoint, ...]] = {}
    for point in entry_points(group=GROUP):
        if point.name not in _built_in():
            found[point.name] = (*found.get(point.name, ()), point)
    return found


def vendors() -> tuple[str, ...]:
    """The names of all adapters, sorted; none is imported for it."""
    return tuple(sorted(_built_in() | _plugins().keys()))


def find(name: str) -> Adapter:
    """The adapter of that name.

    Raises:
        UnknownVendor: there is none; the message has the nearest name.
        AdapterError: its module does not load, or does not hold an adapter of that name; the cause is kept.
    """
    if not isinstance(name, str):
        raise UnknownVendor(f"a vendor is a name or an Adapter, not a {type(name).__name__}")
    return _find(name)


def adapter_of(vendor: object) -> Adapter:
    """Return the adapter that an argument is or names.

    Raises:
        UnknownVendor: there is none of that name; the message has the nearest name, or says where they are listed.
        ConfigurationError: it is neither a name nor an adapter.
        AdapterError: as `find`.
    """
    if isinstance(vendor, Adapter):
        return vendor
    if not isinstance(vendor, str):
        hint = ": the vendor comes first, parse(vendor, request)" if isinstance(vendor, (Request, bytes)) else ""
        raise ConfigurationError(f"expected the name of a vendor or an Adapter, got {type(vendor).__name__}{hint}")
    try:
        return find(vendor)
    except UnknownVendor as error:
        if "did you mean" in str(error):
            raise
        raise UnknownVendor(f"{error}; alertmap.vendors() lists them, and `generic` reads any JSON") from None


@cache
def _find(name: str) -> Adapter:
    load, owners = _own(name) if name in _built_in() else _plugged_in(name)
    try:
        adapter = load()
    except Exception as error:
        raise AdapterError(f"the adapter {name} of {owners} does not load: {type(error).__name__}") from error
    if not isinstance(adapter, Adapter):
        raise AdapterError(f"the adapter {name} of {owners} is a {type(adapter).__name__}, not an Adapter")
    if adapter.name != name:
        raise AdapterError(f"the adapter {name} of {owners} calls itself {adapter.name}")
    return adapter


def _own(name: str) -> tuple[Callable[[], Any], str]:
    """Return the loader of a built-in adapter, and its module."""
    module = f"alertmap.adapters.{name}"
    return lambda: import_module(module).adapter, f"{module}:adapter"


def _plugged_in(name: str) -> tuple[Callable[[], Any], str]:
    """Return the loader of a third-party adapter, and its package."""
    points = _plugins().get(name, ())
    if not points:
        shown = name if name.isidentifier() and len(name) <= _LONGEST else ascii(name[:_LONGEST])
        raise UnknownVendor(f"no adapter is called {shown}{did_you_mean(name, vendors())}")
    owners = " and ".join(point.dist.name if point.dist else point.value for point in points)
    if len(points) > 1:
        raise AdapterError(f"the adapter {name} is claimed by {owners}")
    return points[0].load, owners


def loadable() -> tuple[Adapter, ...]:
    """All adapters that load, by name; a broken one is left out here and fails where it is asked for."""
    return tuple(_loaded(vendors()))


def built_in() -> tuple[Adapter, ...]:
    """All built-in adapters, by name.

    Raises:
        AdapterError: one does not load.
    """
    return tuple(find(name) for name in sorted(_built_in()))


def candidates(document: Any, request: Request) -> tuple[Candidate, ...]:
    """The adapters that may recognise a document, by name: of the built-in ones only these are imported."""
    # A vendor that is not in the index yet is always asked, and so are third parties.
    index, unlisted = _index()
    found = index.candidates(document, request)
    return tuple(
        Candidate(
            adapter, tuple(adapter.shapes[place] for place in found.get(adapter.name, range(len(adapter.shapes))))
        )
        for adapter in _loaded(sorted({*found, *unlisted, *_plugins()}))
    )


@cache
def _index() -> tuple[Index, frozenset[str]]:
    """The index of the built-in vendors, and those that are not in it yet."""
    from alertmap.adapters._index import INDEX  # noqa: PLC0415 - parsing alone needs no index

    known = {vendor: [ShapeMarks(*marks) for marks in found] for vendor, found in INDEX.items()}
    return Index(
        {vendor: found for vendor, found in known.items() if vendor in _built_in()}
    ), _built_in() - INDEX.keys()


def _loaded(names: Iterable[str]) -> Iterator[Adapter]:
    for name in names:
        try:
            yield find(name)
        except AdapterError:
            continue

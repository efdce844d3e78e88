"""Finds adapters by the names of their vendors; third-party ones are of the entry-point group `alertmap.adapters`."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from alertmap import adapters
from alertmap.adapter import Adapter
from alertmap.errors import AdapterError, ConfigurationError, UnknownVendor, did_you_mean
from alertmap.intake.marks import Candidate, Index, ShapeMarks
from alertmap.model import Request
from alertmap.plugins import Plugins

GROUP = "alertmap.adapters"
ADAPTERS = Plugins(Adapter, adapters, GROUP)
_LONGEST = 64  # characters of a name that an error quotes


def vendors() -> tuple[str, ...]:
    """The names of all adapters, sorted; none is imported for it."""
    return ADAPTERS.names()


def find(name: str) -> Adapter:
    """The adapter of that name.

    Raises:
        UnknownVendor: there is none; the message has the nearest name.
        AdapterError: its module does not load, or does not hold an adapter of that name; the cause is kept.
    """
    if not isinstance(name, str):
        raise UnknownVendor(f"a vendor is a name or an Adapter, not a {type(name).__name__}")
    if name not in ADAPTERS:
        shown = name if name.isidentifier() and len(name) <= _LONGEST else ascii(name[:_LONGEST])
        raise UnknownVendor(f"no adapter is called {shown}{did_you_mean(name, vendors())}")
    return ADAPTERS.load(name)


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


def loadable() -> tuple[Adapter, ...]:
    """All adapters that load, by name; a broken one is left out here and fails where it is asked for."""
    return tuple(_loaded(vendors()))


def built_in() -> tuple[Adapter, ...]:
    """All built-in adapters, by name.

    Raises:
        AdapterError: one does not load.
    """
    return tuple(find(name) for name in sorted(ADAPTERS.built_in))


def candidates(document: Any, request: Request) -> tuple[Candidate, ...]:
    """The adapters that may recognise a document, by name: of the built-in ones only these are imported."""
    # A vendor that is not in the index yet is always asked, and so are third parties.
    index, unlisted = _index()
    found = index.candidates(document, request)
    return tuple(
        Candidate(
            adapter, tuple(adapter.shapes[place] for place in found.get(adapter.name, range(len(adapter.shapes))))
        )
        for adapter in _loaded(sorted({*found, *unlisted, *ADAPTERS.third_party}))
    )


@cache
def _index() -> tuple[Index, frozenset[str]]:
    """The index of the built-in vendors, and those that are not in it yet."""
    from alertmap.adapters._index import INDEX  # noqa: PLC0415 - parsing alone needs no index

    known = {vendor: [ShapeMarks(*marks) for marks in found] for vendor, found in INDEX.items()}
    built_in = ADAPTERS.built_in
    return Index({vendor: found for vendor, found in known.items() if vendor in built_in}), built_in - INDEX.keys()


def _loaded(names: Iterable[str]) -> Iterator[Adapter]:
    for name in names:
        try:
            yield find(name)
        except AdapterError:
            continue

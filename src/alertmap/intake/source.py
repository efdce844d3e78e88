"""A source: one monitor that posts to us, with what its owner says of it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from attrs import field

from alertmap import wire
from alertmap._records import record
from alertmap.adapter import Adapter
from alertmap.errors import ConfigurationError, quoted
from alertmap.intake import registry
from alertmap.intake.auth import Auth
from alertmap.intake.severity import Priorities


def _as_priorities(priorities: object) -> Priorities:
    return priorities if isinstance(priorities, Priorities) else Priorities(priorities)


def _name(_source: object, _attribute: object, name: Any) -> None:
    if not isinstance(name, str) or not name.strip():
        raise ConfigurationError("a source's name must be text that is not blank")


def _auth(_source: object, _attribute: object, auth: Any) -> None:
    if auth is not None and not isinstance(auth, Auth):
        raise ConfigurationError(f"auth must be an Auth, not a {type(auth).__name__}")


@record
class Source:
    """A name for what posts to us; keys are unique within it.

    Raises:
        ConfigurationError: the name is blank, or the priorities name no severity.
    """

    name: str = field(validator=_name)
    vendor: str | None = None
    """Where it is given, only this vendor's requests are parsed for the source."""
    options: Any = field(factory=dict, repr=False)
    """Options of the adapter: a mapping, or an instance of its `Options`."""
    priorities: Priorities = field(factory=Priorities, converter=_as_priorities)
    """`Priorities`, or a mapping of native levels to severities."""
    auth: Auth | None = field(default=None, validator=_auth)
    """What its requests must prove to `receive`; None: nothing, the caller has checked them."""
    skip_repeated_bodies: bool = False
    """`receive` takes a body that equals the last one of each of its keys for a retry; for senders without ids."""


def resolve_source(source: object, adapter: Adapter) -> Source:
    """The source of a call: None means one that is named like the vendor.

    Raises:
        ConfigurationError: it is another vendor's, or no source at all.
    """
    if source is None:
        return Source(adapter.name)
    if isinstance(source, str):
        return Source(source)
    if not isinstance(source, Source):
        raise ConfigurationError(f"a source is a name or a Source, not a {type(source).__name__}")
    if source.vendor not in (None, adapter.name):
        raise ConfigurationError(f"the source {quoted(source.name)} is of {source.vendor}, not of {adapter.name}")
    source.priorities.check(adapter)
    return source


@lru_cache(maxsize=256)
def _defaults(options: type) -> Any:
    return wire.structure(wire.plain({}), options)


def resolve_options(source: Source, adapter: Adapter) -> Any:
    """The source's options as the adapter declares them; None where it declares none.

    Raises:
        ConfigurationError: an option is unknown, missing or of the wrong type; the message names the source.
    """
    given = source.options
    if adapter.options is None:
        if given:
            raise ConfigurationError(f"source {quoted(source.name)}: {adapter.name} takes no options")
        return None
    if isinstance(given, adapter.options):
        return given
    # The check for a dict costs less than the check for a mapping.
    if type(given) is not dict and not isinstance(given, Mapping):
        raise ConfigurationError(f"source {quoted(source.name)}: options must be a mapping, got {type(given).__name__}")
    try:
        return wire.structure(wire.plain(dict(given)), adapter.options) if given else _defaults(adapter.options)
    except wire.Mismatch as error:
        raise ConfigurationError(f"source {quoted(source.name)}: option {error}") from None
    except Exception as error:
        raise ConfigurationError(
            f"source {quoted(source.name)}: the options cannot be read: {type(error).__name__}"
        ) from error


def vendor_of(source: object, vendor: object = None) -> Adapter:
    """Return the adapter of a source's vendor, or of the vendor that a call names instead.

    Raises:
        ConfigurationError: the source is no Source, names another vendor, or none is named at all.
        UnknownVendor: no adapter has this name.
    """
    if not isinstance(source, Source):
        raise ConfigurationError(f"source must be a Source, not a {type(source).__name__}")
    named = vendor if vendor is not None else source.vendor
    if named is None:
        raise ConfigurationError(f"the source {quoted(source.name)} names no vendor: Source(…, vendor=…)")
    if isinstance(named, Adapter):
        return named
    if not isinstance(named, str):
        raise ConfigurationError(f"a vendor is a name or an Adapter, not a {type(named).__name__}")
    return registry.find(named)

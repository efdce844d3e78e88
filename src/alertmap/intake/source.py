"""A source: one monitor that posts to us, with the settings of its owner. All are checked when it is made."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from attrs import evolve, field

from alertmap import wire
from alertmap._records import record
from alertmap.adapter import Adapter
from alertmap.errors import ConfigurationError, UnknownVendor, did_you_mean, join_limited, quoted
from alertmap.intake import registry
from alertmap.intake.auth import Auth, as_auth
from alertmap.intake.severity import Priorities, as_severity_or_none
from alertmap.intake.template import Template, parse_template
from alertmap.model import Severity


def _as_priorities(priorities: object) -> Priorities:
    return priorities if isinstance(priorities, Priorities) else Priorities(priorities)


def _name(_source: object, _attribute: object, name: Any) -> None:
    if not isinstance(name, str) or not name.strip():
        raise ConfigurationError("a source's name must be text that is not blank")


def _as_identity(parts: object) -> tuple[str, ...] | None:
    if parts is None:
        return None
    if isinstance(parts, str) or not isinstance(parts, Iterable):
        shown = f"the text {quoted(parts)}: write [{parts[:64]!r}]" if isinstance(parts, str) else type(parts).__name__
        raise ConfigurationError(f"identity must be a list of names, not {shown}")
    names = tuple(parts)
    if not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise ConfigurationError("identity must be a list of one or more names that are not blank")
    return tuple(dict.fromkeys(names))


def _as_labels(labels: object) -> dict[str, str]:
    pairs: dict[Any, Any] = dict(labels) if isinstance(labels, Mapping) else {None: None}
    if not all(isinstance(text, str) and text.strip() for pair in pairs.items() for text in pair):
        raise ConfigurationError("labels must map names to texts, and none may be blank")
    return pairs


def _flag(_source: object, attribute: Any, value: Any) -> None:
    if type(value) is not bool:
        raise ConfigurationError(f"{attribute.name} must be true or false, not {quoted(value)}")


@record
class Source:
    """A name for what posts to us, with the settings of its owner; keys are unique within it.

    With `vendor`, everything is checked against that vendor when the source is made; without it, options and levels
    are checked when a request is parsed for it.

    Raises:
        ConfigurationError: the vendor is unknown, or a setting is invalid; the message names the source, and the
            nearest name where one is misspelt.
    """

    name: str = field(validator=_name)
    vendor: str | None = None
    """Where it is given, only this vendor's requests are parsed for the source."""
    options: Any = field(factory=dict, repr=False)
    """Options of the adapter: a mapping, or an instance of its `Options`."""
    priorities: Priorities = field(factory=Priorities, converter=_as_priorities)
    """`Priorities`, or a mapping of native levels to severities."""
    identity: tuple[str, ...] | None = field(default=None, converter=_as_identity, kw_only=True)
    """Names of the parts of `Alert.identity` that make the dedup key; None for all of them. `alertname` also names the
    part `label.alertname`.

    A change gives open problems new keys, so it pages again for each. An alert without one of the parts has a key of
    the others, with the problem `key_fallback`."""
    labels: Mapping[str, str] = field(factory=dict, converter=_as_labels, kw_only=True)
    """Labels of every alert of the source, such as the team; they take the place of a label of the sender's."""
    severity: Severity | None = field(default=None, converter=as_severity_or_none, kw_only=True)
    """Severity of a firing alert whose level is missing or unknown, or its name; None for that of the adapter."""
    title: str | None = field(default=None, kw_only=True)
    """Template of the title, such as `{title} on {labels.host}`; None, or an empty result, for the sender's."""
    message: str | None = field(default=None, kw_only=True)
    """Template of the message. Fields are written `{title}`, entries of tables `{labels.host}`, braces `{{`."""
    auth: Auth | None = field(default=None, converter=as_auth, kw_only=True)
    """Credentials that its requests must have for `receive`; None: none, the caller has checked the requests."""
    skip_repeated_bodies: bool = field(default=False, validator=_flag, kw_only=True)
    """`receive` takes a body that equals the last one of each of its keys for a retry; for senders without ids."""
    _adapter: Adapter | None = field(init=False, default=None, repr=False, eq=False)
    _read_options: Any = field(init=False, default=None, repr=False, eq=False)
    _templates: tuple[Template | None, Template | None] = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        templates = tuple(self._template(name) for name in ("title", "message"))
        object.__setattr__(self, "_templates", templates)
        if self.severity is not None:
            object.__setattr__(self, "priorities", evolve(self.priorities, fallback=self.severity))
        if self.vendor is None:
            return
        if not isinstance(self.vendor, str):
            raise ConfigurationError(self._fault(f"vendor must be the name of a vendor, got {quoted(self.vendor)}"))
        try:
            adapter = registry.find(self.vendor)
        except UnknownVendor as error:
            raise ConfigurationError(self._fault(str(error))) from None
        object.__setattr__(self, "_read_options", self._checked(adapter))
        object.__setattr__(self, "_adapter", adapter)

    def __reduce__(self) -> tuple[Any, ...]:
        return _made_again, tuple(getattr(self, name) for name in _SETTINGS)

    @property
    def changes_alerts(self) -> bool:
        """True if labels, titles or messages are the source's own."""
        return bool(self.labels) or self._templates != (None, None)

    @property
    def templates(self) -> tuple[Template | None, Template | None]:
        """The templates of title and message."""
        return self._templates

    def _fault(self, message: str) -> str:
        return f"source {quoted(self.name)}: {message}"

    def _template(self, name: str) -> Template | None:
        text = getattr(self, name)
        try:
            return None if text is None else parse_template(text)
        except ConfigurationError as error:
            raise ConfigurationError(self._fault(f"{name}: {error}")) from None

    def _checked(self, adapter: Adapter) -> Any:
        """Check the settings against an adapter, and return its options."""
        try:
            self.priorities.check(adapter)
            if self.auth is not None:
                self.auth.check(adapter)
        except ConfigurationError as error:
            raise ConfigurationError(self._fault(str(error))) from None
        known = adapter.identity_parts
        unknown = [name for name in self.identity or () if known and name not in known]
        if unknown:
            shown = did_you_mean(unknown[0], known) or f": there are {', '.join(sorted(known))}"
            raise ConfigurationError(
                self._fault(f"{adapter.name} has no part of an identity called {quoted(unknown[0])}{shown}")
            )
        try:
            return read_options(self.options, adapter.options, adapter.name)
        except InvalidOptions as error:
            raise ConfigurationError(self._fault(join_limited([text for _, text in error.faults]))) from error.__cause__

    def options_for(self, adapter: Adapter) -> Any:
        """Return the options as the adapter declares them, and check the other settings against it.

        Raises:
            ConfigurationError: the source is another vendor's, or a setting does not fit the adapter.
        """
        if adapter is self._adapter:
            return self._read_options
        if self.vendor not in (None, adapter.name):
            raise ConfigurationError(self._fault(f"it takes requests of {self.vendor}, not of {adapter.name}"))
        return self._checked(adapter)


_SETTINGS = (
    *("name", "vendor", "options", "priorities", "identity", "labels", "severity", "title", "message"),
    *("auth", "skip_repeated_bodies"),
)


def _made_again(*settings: Any) -> Source:
    positional, named = settings[:4], dict(zip(_SETTINGS[4:], settings[4:], strict=True))
    return Source(*positional, **named)


def resolve_source(source: object, adapter: Adapter) -> Source:
    """Return the source of a call: None means one that is named like the vendor.

    Raises:
        ConfigurationError: it is no source.
    """
    if source is None:
        return Source(adapter.name)
    if isinstance(source, str):
        return Source(source)
    if not isinstance(source, Source):
        raise ConfigurationError(f"expected the name of a source or a Source, got {type(source).__name__}")
    return source


# --- Options ----------------------------------------------------------------------------------------------------------


class InvalidOptions(ConfigurationError):
    """Options that do not fit an adapter; `faults` has the key of each, and a sentence."""

    def __init__(self, *faults: tuple[str, str]) -> None:
        super().__init__(join_limited([text for _, text in faults]))
        self.faults = faults


@lru_cache(maxsize=256)
def _defaults(options: type) -> Any:
    return wire.structure(wire.plain({}), options)


def read_options(given: Any, declared: type | None, name: str) -> Any:
    """Return options as a wire model declares them; None where there is no model.

    Args:
        given: a mapping, or an instance of the model.
        declared: the model: of an adapter's options, or of a target's configuration.
        name: name of the adapter or target, for the message.

    Raises:
        InvalidOptions: an option is unknown, missing or of the wrong type.
    """
    if declared is None:
        if given:
            raise InvalidOptions(("", f"{name} takes no options"))
        return None
    if isinstance(given, declared):
        return given
    # The check for a dict costs less than the check for a mapping.
    if type(given) is not dict and not isinstance(given, Mapping):
        raise InvalidOptions(("", f"options must be a mapping, got {type(given).__name__}"))
    faults: list[tuple[str, str]] = [*_unknown_options(given, declared)]
    names = {name for name, _ in faults}
    try:
        known = {key: value for key, value in given.items() if key not in names}
        options = wire.structure(wire.plain(known), declared) if known else _defaults(declared)
    except wire.Mismatch as error:
        faults += [(str(where[0]) if where else "", _option_fault(where, text)) for where, text in error.faults]
    except Exception as error:
        raise InvalidOptions(("", f"the options cannot be read: {type(error).__name__}")) from error
    if faults:
        raise InvalidOptions(*faults)
    return options


def _unknown_options(given: Mapping[Any, Any], options: type) -> Iterator[tuple[str, str]]:
    known = [key for one in wire.fields(options) for key in one.keys]
    listed = ", ".join(known)
    for name in given:
        if name not in known:
            shown = did_you_mean(name, known) if isinstance(name, str) else ""
            yield name, f"there is no option {quoted(name)}{shown or f': there are {listed}'}"


def _option_fault(where: tuple[Any, ...], text: str) -> str:
    if not where:
        return f"options: {text}"
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where[1:])
    return f"option {quoted(str(where[0]))}{place}: {text}"


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
    return registry.adapter_of(named)

"""Mapping of a vendor's levels to severities. An adapter reports the native level; this module decides.

Layers, first hit wins: the source's own overrides, its callables, the chosen preset, the adapter's `levels`, the
adapter's fallback. A recovery or acknowledgement that does not say of what has no severity. Changing a mapping changes
severities and nothing else.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeAlias

import attrs
from attrs import Factory

from alertmap import wire
from alertmap._records import record
from alertmap.adapter import Adapter, normalise
from alertmap.errors import ConfigurationError, did_you_mean, quoted
from alertmap.intake import registry
from alertmap.intake.presets import PRESETS
from alertmap.model import Alert, Problem, ProblemCode, Reading, Severity, State
from alertmap.paths import JsonPath, parse_path, resolve

Layer: TypeAlias = Callable[[Any], Severity | None]
"""A pure function that may know better; None leaves the decision to the next layer."""


class DecidedBy(StrEnum):
    """The layer that a severity comes from."""

    OVERRIDE = "override"  # the mapping of the source itself
    CALLABLE = "callable"  # a function of `layers`
    PRESET = "preset"  # the chosen preset
    ADAPTER = "adapter"  # the table of the adapter
    FALLBACK = "fallback"  # the level is unknown or missing
    NOTHING = "nothing"  # a recovery or acknowledgement that does not say of what


@record
class Decision:
    """A severity, the layer that it comes from, and the word that decided."""

    severity: Severity | None
    by: DecidedBy
    word: str | None = None
    problem: Problem | None = None
    """Problem that was found, if any."""


def as_severity(value: object) -> Severity:
    """A severity from itself or from its name in any case.

    Raises:
        ConfigurationError: there is no such severity; the message has the nearest.
    """
    if isinstance(value, Severity):
        return value
    names = [severity.value for severity in Severity]
    if isinstance(value, str):
        if normalise(value) in names:
            return Severity(normalise(value))
        shown = did_you_mean(value, names) or f"; there are {', '.join(names)}"
        raise ConfigurationError(f"no severity is called {quoted(value)}{shown}")
    raise ConfigurationError(f"a severity is one of {', '.join(names)}, not a {type(value).__name__}")


def as_severity_or_none(value: object) -> Severity | None:
    """A severity from itself or from its name; None from None.

    Raises:
        ConfigurationError: there is no such severity.
    """
    return None if value is None else as_severity(value)


def _as_levels(levels: object) -> dict[str, Severity]:
    if not isinstance(levels, Mapping) or not all(isinstance(level, str) for level in levels):
        raise ConfigurationError("overrides must map levels (text) to severities")
    found: dict[str, Severity] = {}
    for level, severity in levels.items():
        if found.setdefault(normalise(level), as_severity(severity)) is not as_severity(severity):
            raise ConfigurationError(f"the level {quoted(level)} stands twice, with two severities")
    return found


def _loosened(levels: Mapping[str, Severity]) -> dict[str, Severity]:
    found: dict[str, Severity] = {}
    for level, severity in levels.items():
        if found.setdefault(wire.loosen(level), severity) is not severity:
            raise ConfigurationError(f"the level {quoted(level)} stands twice, with two severities")
    return found


def _as_preset(name: object) -> str:
    if isinstance(name, str) and name in PRESETS:
        return name
    shown = did_you_mean(name, PRESETS) if isinstance(name, str) else ""
    raise ConfigurationError(f"no preset is called {quoted(name)}{shown}")


def _as_field(path: object) -> str | None:
    if path is not None:
        parse_path(path)
    return path  # type: ignore[return-value]


def _as_layers(layers: Any) -> tuple[Layer, ...]:
    if not isinstance(layers, list | tuple) or not all(callable(layer) for layer in layers):
        raise ConfigurationError("layers must be a list of functions of a Reading")
    return tuple(layers)


def _as_labels(labels: object) -> dict[str, str]:
    if not isinstance(labels, Mapping) or not all(isinstance(text, str) for pair in labels.items() for text in pair):
        raise ConfigurationError("labels must map values (text) to text")
    return dict(labels)


@record
class Priorities:
    """One source's own mapping of native levels to severities, above what its preset and its adapter say. Immutable.

    Raises:
        ConfigurationError: a severity, preset, path, vendor or level is none; the message has the nearest name.
    """

    overrides: Mapping[str, Severity] = attrs.field(factory=dict, converter=_as_levels)
    """A vendor's level to a `Severity` or its name; case, `-`, `_` and blanks do not count in a level."""
    preset: str = attrs.field(default="default", converter=_as_preset, kw_only=True)
    """`default`, or `itoc360`: that platform's documented tables, which know no info."""
    field: str | None = attrs.field(default=None, converter=_as_field, kw_only=True)
    """A place in the raw document, `$.finding.severity` or a plain key: `overrides` go by its value, not the level."""
    layers: tuple[Layer, ...] = attrs.field(factory=tuple, converter=_as_layers, kw_only=True)
    """Functions `Reading -> Severity | None`, asked after the overrides."""
    vendor: str | None = attrs.field(default=None, kw_only=True)
    """Where it is given, the levels are checked against that vendor's here and now."""
    fallback: Severity | None = attrs.field(default=None, converter=as_severity_or_none, kw_only=True)
    """Severity of a firing alert whose level is missing or unknown; None for that of the adapter."""
    labels: Mapping[str, str] = attrs.field(factory=dict, converter=_as_labels, kw_only=True)
    """ITOC360's display text of a value; kept only to export a mapping."""
    _where: JsonPath = attrs.field(init=False, repr=False, eq=False)
    _by_word: Mapping[str, Severity] = attrs.field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_where", parse_path(self.field) if self.field else ())
        # Any value may stand at a place of the document: `-1` is not `1` there.
        object.__setattr__(self, "_by_word", self.overrides if self.field else _loosened(self.overrides))
        if self.vendor is not None:
            self.check(registry.find(self.vendor))

    def check(self, adapter: Adapter) -> None:
        """Refuse overrides of levels that the adapter can never report.

        Raises:
            ConfigurationError: an override can never be used; the message has the nearest level.
        """
        _expect(adapter, Adapter)
        if self.field or adapter.open_levels or not adapter.levels:
            return
        for level in self.overrides:
            if wire.loosen(level) not in adapter.severity_by_word:
                raise ConfigurationError(
                    f"{adapter.name} has no level {quoted(level)}{did_you_mean(level, adapter.levels)}"
                )

    def decide(self, adapter: Adapter, reading: Reading | Alert, element: Any, document: Any) -> Decision:
        """Decide on one reading of an adapter; `element` is its own part of the raw document.

        Raises:
            ConfigurationError: a callable of `layers` raised, or gave no severity, the cause is kept; or an argument
                has another type.
        """
        _expect(adapter, Adapter)
        _expect(reading, Reading, Alert)
        level = reading.level if reading.level and not reading.level.isspace() else None
        if self.overrides:
            words = [_word(self._where, element, document)] if self.field else [level]
            if self.field and adapter.level_field and self._where == parse_path(adapter.level_field):
                words.append(level)
            form = normalise if self.field else wire.loosen
            for word in words:
                found = self._by_word.get(form(word)) if word is not None else None
                if found is not None:
                    return Decision(found, DecidedBy.OVERRIDE, word)
        for layer in self.layers:
            found = _asked(layer, reading)
            if found is not None:
                return Decision(found, DecidedBy.CALLABLE, level)
        return _by_table(
            self.preset, adapter, level, self.fallback, fires=reading.state is None or reading.state is State.FIRING
        )

    def explain(self, alert: Alert) -> Decision:
        """Say which layer decided an alert's severity, and by which word.

        Raises:
            UnknownVendor, AdapterError: the alert's adapter is not there or broken.
            ConfigurationError: the argument is not an Alert.
        """
        _expect(alert, Alert)
        return self.decide(registry.find(alert.vendor), alert, alert.raw, alert.raw)

    @classmethod
    def from_itoc360(cls, mapping: Any, *, vendor: str | None = None) -> "Priorities":
        """Read the object that ITOC360 keeps per source: `{"priority": {"field", "options", "mapping"}}`.

        Raises:
            ConfigurationError: it is no such object.
        """
        try:
            found: _Itoc360 = wire.structure(wire.plain(mapping), _Itoc360)
        except wire.Mismatch as error:
            raise ConfigurationError(f"not an ITOC360 priority mapping: {error}") from None
        priority = found.priority
        labels = {option.value: option.label for option in priority.options}
        return cls(priority.mapping, preset="itoc360", field=priority.field, labels=labels, vendor=vendor)

    def to_itoc360(self) -> dict[str, Any]:
        """Write the object that ITOC360 keeps per source. It knows no info: that becomes LOW.

        Raises:
            ConfigurationError: there is no `field`, which that object cannot do without.
        """
        if self.field is None:
            raise ConfigurationError("ITOC360 maps the values of a field; these priorities name none")
        replace = PRESETS["itoc360"].replace
        # The spelling of a value is that of its label where there is one: overrides are folded, but for long ones.
        spelt = {value: value.upper() for value in self.overrides if normalise(value.upper()) == value}
        spelt |= {normalise(value): value for value in self.labels}
        mapping = {
            spelt.get(value, value): replace.get(severity, severity).value.upper()
            for value, severity in self.overrides.items()
        }
        options = [{"value": value, "label": label} for value, label in self.labels.items()]
        return {"priority": {"field": self.field, "options": options, "mapping": mapping}}

    @classmethod
    def from_toml(cls, text: str, *, sources: Mapping[str, str]) -> dict[str, "Priorities"]:
        """Read the priorities of many sources: a table for each, with `levels`, `preset` and `field`.

        `sources` maps the names of all sources to their vendors. A source without a table has the defaults.

        Raises:
            ConfigurationError: it is not TOML, or names a source, level, severity, preset or key that there is not.
            UnknownVendor: a source's vendor is none.
        """
        import tomllib  # noqa: PLC0415 - most priorities are written in Python, or not at all

        _check_types(text, sources)
        try:
            tables = tomllib.loads(text)
        except (ValueError, RecursionError) as error:  # a number of thousands of digits is a plain ValueError
            raise ConfigurationError(f"the priorities are not TOML: {error}") from None
        for name in tables:
            if name not in sources:
                raise ConfigurationError(f"no source is called {quoted(name)}{did_you_mean(name, sources)}")
        return {name: cls._from_table(name, tables.get(name, {}), vendor) for name, vendor in sources.items()}

    @classmethod
    def _from_table(cls, name: str, table: Any, vendor: str) -> "Priorities":
        try:
            found: _Table = wire.structure(wire.plain(table), _Table)
            return cls(found.levels, preset=found.preset, field=found.field, vendor=vendor)
        except wire.Mismatch as error:
            raise ConfigurationError(f"source {quoted(name)}: {error}") from None
        except ConfigurationError as error:
            raise ConfigurationError(f"source {quoted(name)}: {error}") from None


def _expect(value: object, *kinds: type) -> None:
    if not isinstance(value, kinds):
        raise ConfigurationError(f"expected {kinds[0].__name__}, got {type(value).__name__}")


def _check_types(text: object, sources: object) -> None:
    if not isinstance(text, str):
        raise ConfigurationError(f"the priorities must be text, got {type(text).__name__}")
    if not isinstance(sources, Mapping):
        raise ConfigurationError(f"sources must be a mapping of names to vendors, got {type(sources).__name__}")


@wire.model(closed=True)
class _Table:
    levels: dict[str, str] = Factory(dict)
    preset: str = "default"
    field: str | None = None


@wire.model
class _Option:
    value: str
    label: str = ""


@wire.model
class _Priority:
    field: str
    mapping: dict[str, str]
    options: list[_Option] = Factory(list)


@wire.model
class _Itoc360:
    priority: _Priority


def _word(where: JsonPath, element: Any, document: Any) -> str | None:
    """Return the value at a place of the alert's own element, or else of the document, as a word."""
    for raw in (element, document):
        value = resolve(raw, where)
        if type(value) is str:
            return value
        if type(value) is bool:
            return str(value).lower()
        if type(value) is int or type(value) is float:
            return wire.number_text(value)
    return None


def _asked(layer: Layer, reading: Reading | Alert) -> Severity | None:
    try:
        found = layer(reading)
    except Exception as error:
        raise ConfigurationError(f"a layer of the priorities raised {type(error).__name__}") from error
    if found is not None and not isinstance(found, Severity):
        raise ConfigurationError(f"a layer of the priorities gave a {type(found).__name__}, not a Severity")
    return found


@lru_cache(maxsize=1024)
def _by_table(name: str, adapter: Adapter, level: str | None, own: Severity | None, *, fires: bool) -> Decision:
    """Decide by the preset and the adapter's table; kept, for most alerts of a source have a few levels."""
    preset = PRESETS[name]
    if level is None:
        if not fires:
            # An acknowledgement that tells no level must not lower the severity of what it acknowledges.
            return Decision(None, DecidedBy.NOTHING)
        if own is not None:  # its owner expects that there is no level
            return Decision(own, DecidedBy.FALLBACK)
        problem = Problem(ProblemCode.LEVEL_MISSING, "level", "no level was sent")
        return Decision(preset.replace.get(adapter.fallback, adapter.fallback), DecidedBy.FALLBACK, None, problem)
    word = wire.loosen(level)
    if adapter.name in preset.levels and word in preset.levels[adapter.name]:
        return Decision(preset.levels[adapter.name][word], DecidedBy.PRESET, level)
    found = adapter.severity_by_word.get(word)
    if found is not None:
        return Decision(preset.replace.get(found, found), DecidedBy.ADAPTER, level)
    problem = Problem(ProblemCode.LEVEL_UNKNOWN, "level", "the level is not known")
    if own is not None:
        return Decision(own, DecidedBy.FALLBACK, level, problem)
    return Decision(preset.replace.get(adapter.fallback, adapter.fallback), DecidedBy.FALLBACK, level, problem)

"""Which severity a vendor's level means. An adapter reports the native level; this room decides.

Layers, first hit wins: the source's own overrides, then the adapter's `levels`, then the adapter's fallback. A recovery
that does not say what ended has no severity. Changing a mapping changes severities and nothing else.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from attrs import field, frozen

from alertmap.adapter import Adapter, fold
from alertmap.errors import ConfigurationError
from alertmap.model import Problem, ProblemCode, Reading, Severity, State

_LONGEST = 64  # characters of a word that are compared: it may come from a URL


def nearest(word: str, known: Iterable[str]) -> str:
    """` (did you mean ...?)` for an error, without regard to case, or "" where nothing is near."""
    folded = {fold(one): one for one in known}
    close = [folded[one] for one in get_close_matches(fold(word[:_LONGEST]), folded, 1)]
    return f" (did you mean {close[0]!r}?)" if close else ""


def as_severity(value: object) -> Severity:
    """A severity from itself or from its name in any case.

    Raises:
        ConfigurationError: there is no such severity; the message has the nearest.
    """
    if isinstance(value, Severity):
        return value
    names = [severity.value for severity in Severity]
    if isinstance(value, str):
        if fold(value) in names:
            return Severity(fold(value))
        raise ConfigurationError(f"no severity is called {value!r}{nearest(value, names)}")
    raise ConfigurationError(f"a severity is one of {', '.join(names)}, not a {type(value).__name__}")


def _as_levels(levels: object) -> dict[str, Severity]:
    if not isinstance(levels, Mapping) or not all(isinstance(level, str) for level in levels):
        raise ConfigurationError("overrides must map levels (text) to severities")
    found: dict[str, Severity] = {}
    for level, severity in levels.items():
        if found.setdefault(fold(level), as_severity(severity)) is not as_severity(severity):
            raise ConfigurationError(f"the level {level!r} stands twice, with two severities")
    return found


@frozen
class Priorities:
    """One source's own mapping of native levels to severities, above what the adapter says.

    `overrides` maps a vendor's level, in any case, to a `Severity` or its name.

    Raises:
        ConfigurationError: a severity is none, or a level has two.
    """

    overrides: Mapping[str, Severity] = field(factory=dict, converter=_as_levels)

    def check(self, adapter: Adapter) -> None:
        """Refuse overrides of levels that the adapter does not know.

        Raises:
            ConfigurationError: an override can never be used; the message has the nearest level.
        """
        for level in self.overrides:
            if adapter.levels and level not in adapter.folded_levels:
                raise ConfigurationError(f"{adapter.name} has no level {level!r}{nearest(level, adapter.levels)}")

    def severity(self, adapter: Adapter, reading: Reading) -> tuple[Severity | None, Problem | None]:
        """Decide on one reading: its severity, and what had to be guessed."""
        if reading.level is None or not reading.level.strip():
            if reading.state is State.RESOLVED:
                return None, None
            return adapter.fallback, Problem(ProblemCode.LEVEL_MISSING, "level", "no level was sent")
        level = fold(reading.level)
        found = self.overrides.get(level) or adapter.folded_levels.get(level)
        if found is not None:
            return found, None
        return adapter.fallback, Problem(ProblemCode.LEVEL_UNKNOWN, "level", "the level is none that is known")

"""Finds targets by their names; third-party ones are of the entry-point group `alertmap.targets`."""

from alertmap import targets
from alertmap.errors import ConfigurationError, did_you_mean, quoted
from alertmap.plugins import Plugins
from alertmap.target import Target

GROUP = "alertmap.targets"
TARGETS = Plugins(Target, targets, GROUP)


def target_names() -> tuple[str, ...]:
    """Return the names of all targets, sorted; none is imported for it."""
    return TARGETS.names()


def target_of(target: object) -> Target:
    """Return the target that an argument is or names.

    Raises:
        ConfigurationError: there is none of that name; the message has the nearest one.
        AdapterError: its module does not load, or holds no target of that name; the cause is kept.
    """
    if isinstance(target, Target):
        return target
    if not isinstance(target, str):
        raise ConfigurationError(f"expected the name of a target or a Target, got {type(target).__name__}")
    if target not in TARGETS:
        raise ConfigurationError(f"there is no target {quoted(target)}{did_you_mean(target, target_names())}")
    return TARGETS.load(target)

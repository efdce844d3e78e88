"""Levels of events and incidents."""

from alertmap import conventions, wire
from alertmap.adapter import Severity

LEVELS = conventions.LEVELS | {"unset": Severity.HIGH}
"""`unset` is ours: version 1 of events and of webhooks has no level."""

_KNOWN = frozenset(map(wire.loosen, LEVELS))


def is_level(word: str) -> bool:
    """Return whether a word is a level; case, `-`, `_` and blanks do not count."""
    return wire.loosen(word.strip()) in _KNOWN

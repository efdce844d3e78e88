"""What a vendor declares: one `Adapter` object per vendor, data first and one pure function."""

import re
from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from typing import Any, TypeAlias

from attrs import Factory, field

from alertmap._records import record
from alertmap.errors import ConfigurationError
from alertmap.model import Notice, Problem, Reading, Request, Severity

Said: TypeAlias = Reading | Notice | Problem
"""What `read` yields: a reading for each alert, a problem for each element that is none, a notice of the whole."""


class Rank(IntEnum):
    """How sure a mark is."""

    WEAK = 1  # common words that others use too
    STRONG = 2  # the vendor's own marks


@record
class Mark:
    """Why a document looks like a vendor's."""

    reason: str
    rank: Rank = Rank.STRONG


Recognise: TypeAlias = Callable[[Any, Request], Mark | None]
"""A pure, total function of the decoded document and the request."""


def normalise(word: str) -> str:
    """Two spellings of a vendor's word are one: blanks round it and its case do not count."""
    return word.strip().casefold()


def _folded(levels: Mapping[str, Severity]) -> dict[str, Severity]:
    folded: dict[str, Severity] = {}
    for word, severity in levels.items():
        if folded.setdefault(normalise(word), severity) is not severity:
            raise ConfigurationError(f"the level {word!r} stands twice, with two severities")
    return folded


def first_event(document: Any) -> Any:
    """The first event of a body that is an array of them; any other document itself."""
    return document[0] if type(document) is list and document else document


def _is_name(name: object) -> bool:
    return isinstance(name, str) and re.fullmatch(r"[a-z][a-z0-9_]*", name) is not None


@record(kw_only=True)
class Adapter:
    """What the core must know of a vendor.

    Raises:
        ConfigurationError: the name is not lower-case letters, digits and `_`, or a level has two severities.
    """

    name: str = field()
    """The module's name; the first part of every key."""
    title: str
    """The vendor's name as people write it."""
    wire: Any
    """A wire model, or a union of them: the first that fits is taken."""
    read: Callable[..., Iterable[Said]]
    """`read(event)`, or `read(event, options)` where `options` is declared: pure, total over all that `wire` admits."""
    levels: Mapping[str, Severity] = Factory(dict)
    """The vendor's words for how bad it is. Looked up without regard to case and blanks."""
    levels_identify: bool = False
    """The level is part of the sender's own identity (a label set): two levels of one thing are two alerts there."""
    open_levels: bool = False
    """Users send words of their own here: a source may override a level that is not in `levels`."""
    fallback: Severity = Severity.MEDIUM
    """The severity of what fires at a level that is missing or not in `levels`."""
    marks: frozenset[str] | Recognise
    """Keys that together give the vendor away, or a function that finds out."""
    formats: frozenset[str] = frozenset({"json"})
    """What its bodies are: `json`, `form`, `xml`, `text`; `query`: a query stands for a missing body; `empty`: a
    request without a body is a probe, whatever its method."""
    many: bool = False
    """A body may be an array of events; one bad event costs only itself."""
    timed: bool = True
    """The payload should say since when its state holds: a reading without it gets a problem."""
    prepare: Callable[[Any], Any] | None = None
    """One pure step that puts a decoded document right before the wire model sees it; None where none is needed."""
    options: type | None = None
    """The wire model of per-source options; None where there are none."""
    unrendered: re.Pattern[str] | None = None
    """What a template looks like that this sender did not fill in."""
    severity_by_word: Mapping[str, Severity] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if not _is_name(self.name):
            raise ConfigurationError(f"an adapter's name is lower-case letters, digits and _, not {self.name!r}")
        object.__setattr__(self, "severity_by_word", _folded(self.levels))

    def recognise(self, document: Any, request: Request) -> Mark | None:
        """Say whether a decoded document looks like this vendor's, and why."""
        if callable(self.marks):
            return self.marks(document, request)
        event = first_event(document) if self.many else document
        if self.marks and type(event) is dict and event.keys() >= self.marks:
            return Mark(f"it has the keys {', '.join(sorted(self.marks))}")
        return None

"""Declaration of a vendor, for authors of adapters: data first, and one pure function for each shape."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from enum import IntEnum
from typing import Any, TypeAlias, TypeVar

from attrs import Factory, field, frozen

from alertmap import wire
from alertmap.errors import ConfigurationError, quoted
from alertmap.model import (
    Batch,
    Identity,
    Notice,
    Problem,
    ProblemCode,
    Reading,
    Reason,
    Reply,
    Request,
    Severity,
    State,
    Times,
)
from alertmap.paths import parse_path
from alertmap.schemes import (
    STANDARD_WEBHOOKS,
    Challenge,
    Confirmation,
    InBody,
    InHeader,
    InQuery,
    Jws,
    Place,
    Scheme,
    Signature,
    TopicSignature,
    as_places,
    as_schemes,
)

__all__ = [
    "STANDARD_WEBHOOKS",
    "Adapter",
    "Batch",
    "Challenge",
    "Confirmation",
    "Identity",
    "InBody",
    "InHeader",
    "InQuery",
    "Jws",
    "Notice",
    "Problem",
    "ProblemCode",
    "Rank",
    "Reading",
    "Reason",
    "Reply",
    "Request",
    "Result",
    "Severity",
    "Shape",
    "Signature",
    "State",
    "Times",
    "TopicSignature",
    "normalise",
]

T = TypeVar("T")

Result: TypeAlias = Reading | Notice | Problem
"""Results of `read`: a reading for each alert, a problem for each other element, a notice about the request."""


class Rank(IntEnum):
    """Confidence of a recognition."""

    WEAK = 1  # keys that other vendors also use
    STRONG = 2  # the vendor's own keys


Recognise: TypeAlias = Callable[[Any, Request], "bool | Rank"]
"""Pure function of the decoded document and the request, where keys do not suffice to recognise a vendor."""


def normalise(word: str) -> str:
    """Normalise a vendor's word: strip and casefold. A text of over 256 characters is no word, and is only stripped."""
    word = word.strip()
    return word.casefold() if len(word) <= _LONGEST_WORD else word


_LONGEST_WORD = 256


def _as_marks(marks: "Collection[str] | Mapping[str, str] | Recognise") -> "Mapping[str, str] | Recognise":
    if callable(marks):
        return marks
    if isinstance(marks, str):
        raise ConfigurationError(f"marks must be a collection of keys, not the text {quoted(marks)}")
    keys = _as_set(marks, str, "marks must be a collection of keys")
    return {key: marks[key] if isinstance(marks, Mapping) else "" for key in sorted(keys)}


def _as_set(values: object, kind: type[T], message: str) -> frozenset[T]:
    try:
        found: frozenset[T] = frozenset(values)  # type: ignore[call-overload]
    except TypeError:
        raise ConfigurationError(f"{message}, got {quoted(values)}") from None
    if not all(isinstance(value, kind) for value in found):
        raise ConfigurationError(message)
    return found


def _as_read(read: Any) -> Callable[..., Any]:
    if read is None or isinstance(read, Notice):
        return lambda _event: read
    function: Callable[..., Any] = read
    return function


@frozen(eq=False)
class Shape:
    """One form of a vendor's bodies: how it is checked, read and recognised."""

    model: Any
    """A wire model, or `str` for a body that is text."""
    read: Callable[..., "Result | Iterable[Result] | None"] = field(converter=_as_read)
    """`read(event)` or `read(event, options)`: pure; takes every event that fits the model. None: no alert changes.
    In place of a function: the `Notice` that each such body gives, or None."""
    marks: "Mapping[str, str] | Recognise" = field(factory=dict, converter=_as_marks, kw_only=True)
    """Keys, or paths such as `$.event.data`, that must be present besides the model's own for the vendor to be
    recognised; a mapping also has the beginning of each value. Of a body that is text: the texts that must stand in
    it. Or a function of the document and the request, where keys do not suffice."""
    headers: Mapping[str, str] = field(factory=dict, kw_only=True)
    """Header names, each with the beginning of its value; one match replaces all marks."""
    rank: Rank | None = field(default=Rank.STRONG, kw_only=True)
    """Confidence of the marks; None where a body does not identify the vendor."""
    times: Times | None = field(default=None, kw_only=True)
    """Meaning of `occurred_at`, where it differs from the adapter's."""
    takes_options: bool = field(init=False, repr=False)
    """`read` has a second parameter."""
    decides: bool = field(init=False, repr=False)
    """The model has a deciding field. A model without one fits any object, so the marks must be present."""

    def __attrs_post_init__(self) -> None:
        code = getattr(self.read, "__code__", None)
        if code is None:
            raise ConfigurationError(f"read of {_name_of(self.model)} must be a function")
        object.__setattr__(self, "takes_options", code.co_argcount > 1)
        object.__setattr__(self, "decides", not wire.is_model(self.model) or wire.decides(self.model))
        if not (self.decides or self.marks or self.headers or self.rank is None):
            name = _name_of(self.model)
            raise ConfigurationError(
                f"{name} fits any object: give it a deciding field, or its shape marks or rank=None"
            )


def _name_of(model: Any) -> str:
    return str(getattr(model, "__name__", model))


def _severity_by_word(levels: Mapping[Any, Any]) -> dict[str, Severity]:
    by_word: dict[str, Severity] = {}
    if not isinstance(levels, Mapping):
        raise ConfigurationError(f"levels must map text to a Severity, got {quoted(levels)}")
    for word, severity in levels.items():
        if not isinstance(word, str) or not isinstance(severity, Severity):
            raise ConfigurationError(f"levels must map text to a Severity, not {quoted(word)} to {quoted(severity)}")
        if by_word.setdefault(wire.loosen(word), severity) is not severity:
            raise ConfigurationError(f"the level {quoted(word)} has two severities")
    return by_word


def _is_name(name: object) -> bool:
    return isinstance(name, str) and re.fullmatch(r"[a-z][a-z0-9_]*", name) is not None


_FORMATS = frozenset({"json", "form", "multipart", "xml", "text", "query", "empty", "path"})


def _as_names(names: Collection[str]) -> frozenset[str]:
    if isinstance(names, str):
        raise ConfigurationError(f"expected a collection of names, not the text {quoted(names)}")
    return _as_set(names, str, "expected a collection of names")


def _as_states(states: Iterable[State]) -> frozenset[State]:
    return _as_set(states, State, "repeats must be a collection of State")


def _as_path(path: str | None) -> str | None:
    if path is not None:
        parse_path(path)
    return path


def _as_signatures(signatures: object) -> tuple[Scheme, ...]:
    found = as_schemes(signatures, "signatures")
    names = [scheme.name for scheme in found]
    if len(set(names)) < len(names):
        raise ConfigurationError("two signatures have the same name: `Proof.form` could not tell them apart")
    return found


def _as_statuses(statuses: Any) -> Collection[int]:
    return statuses if isinstance(statuses, range) else _as_set(statuses, int, "accepted must be HTTP statuses")


def _as_shapes(shapes: object) -> tuple[Any, ...]:
    return tuple(shapes) if isinstance(shapes, Iterable) else ()


@frozen(kw_only=True, eq=False)
class Adapter:
    """Everything that the core needs to know about a vendor.

    Raises:
        ConfigurationError: the name is not lower-case letters, digits and `_`; a level has two severities; there is no
            shape, or one that is never reached; a format is unknown.
    """

    name: str = field()
    """Name of the module; the first part of every dedup key."""
    title: str
    """Display name of the vendor."""
    shapes: tuple[Shape, ...] = field(converter=_as_shapes)
    """Shapes, tried in order: the first whose model fits reads the body."""
    levels: Mapping[str, Severity] = Factory(dict)
    """Severity of each of the vendor's level words. Lookups ignore case, `-`, `_` and blanks."""
    levels_identify: bool = False
    """The level is part of the sender's identity (a label set): two levels of one thing are two alerts there."""
    level_field: str | None = None
    """Key of the level of a firing alert, where a recovery holds another word under this key and the level of what
    ended elsewhere: a source's overrides by this field use the level instead of a word that they do not map."""
    open_levels: bool = False
    """Users choose the level words: a source may override a level that is not in `levels`."""
    fallback: Severity = Severity.MEDIUM
    """Severity of a firing alert whose level is missing or not in `levels`."""
    formats: frozenset[str] = field(default=frozenset({"json"}), converter=_as_names)
    """Formats of its bodies: `json`, `form`, `multipart`, `xml`, `text`; `query`: the query replaces a missing body;
    `empty`: a request without a body is a probe, whatever its method; `path`: it is read as an empty object, since its
    path may say all."""
    many: bool = False
    """A body may be an array of events; a bad event does not affect the others."""
    times: Times = Times.SINCE
    """Meaning of `occurred_at`; a shape or a reading may differ. SINCE is the safe choice where it is not known."""
    repeats: frozenset[State] = field(default=frozenset(), converter=_as_states)
    """States that the sender states again while they last. Empty where each change is sent once."""
    recovers: bool = True
    """False where the sender never announces any recovery: no alert is then `resolvable`."""
    delivery_header: str | None = None
    """Header with the id of a request, which a retry has again; None where there is none, or the body has it."""
    delivery_field: str | None = field(default=None, converter=_as_path)
    """Field of the body, or a path, with the id of a request, which a retry has again."""
    identity_parts: frozenset[str] = field(default=frozenset(), converter=_as_names)
    """Names of all parts of its identities; empty where users name them: labels, tags. A source's `identity` is checked
    against them."""
    prepare: Callable[[Any], Any] | None = None
    """Pure function that corrects a decoded document before the wire models see it."""
    options: type | None = None
    """Wire model of the options of a source; None where there are none."""
    templates: re.Pattern[str] | None = None
    """Pattern of a template that the sender did not fill in. Where title, message or identity holds one, the alert
    has the problem `unrendered`; nothing is dropped."""
    placeholders: re.Pattern[str] | None = None
    """Pattern of texts that count as not sent, with the problem `unrendered` unless they are blank or match its group
    `absent`: placeholders that the sender fills in for some events only."""
    reads_also: frozenset[str] = field(default=frozenset(), converter=_as_names)
    """Vendors whose bodies this adapter also accepts; `*` for all."""
    answer: Reply | Callable[[Batch], Reply] = Factory(Reply)
    """Answer that the sender expects to an accepted request."""
    accepted: Collection[int] = field(default=range(200, 300), converter=_as_statuses)
    """Statuses that the sender counts as delivered."""
    retries: bool | None = None
    """The sender tries again what it does not count as delivered; None where that is not known."""
    busy: int = 503
    """Status for a sender that should try again."""
    answer_within: float | None = None
    """Seconds after which the sender gives up waiting for the answer, where they are known."""
    signatures: tuple[Scheme, ...] = field(default=(), converter=_as_signatures)
    """Schemes that the sender may sign with: all that stand in the same place are tried, and of several places the
    first in which something was sent."""
    token_in: tuple[Place, ...] = field(default=(), converter=as_places)
    """Places of a token besides the parameter `token` and `Authorization: Bearer`. A token in the body is hidden."""
    challenge: Challenge | None = None
    """GET request by which the sender asks whether the receiver has the secret."""
    confirmation: Confirmation | None = None
    """URL that the sender asks the receiver to visit."""
    severity_by_word: Mapping[str, Severity] = field(init=False, repr=False)
    """`levels` by the loose form of each word."""

    def __attrs_post_init__(self) -> None:
        if not _is_name(self.name):
            raise ConfigurationError(f"an adapter's name is lower-case letters, digits and _, not {quoted(self.name)}")
        object.__setattr__(self, "severity_by_word", _severity_by_word(self.levels))
        unknown = self.formats - _FORMATS
        if unknown:
            raise ConfigurationError(
                f"{self.name}: unknown format {quoted(min(unknown))}; known are {', '.join(sorted(_FORMATS))}"
            )
        if not self.shapes or not all(isinstance(shape, Shape) for shape in self.shapes):
            raise ConfigurationError(f"{self.name}: shapes must be one or more Shape(model, read)")
        if isinstance(self.answer, Reply) and self.answer.status not in self.accepted:
            raise ConfigurationError(f"{self.name}: the sender does not accept its answer, {self.answer.status}")
        self._refuse_unreachable()

    def _refuse_unreachable(self) -> None:
        models = [shape.model for shape in self.shapes if wire.is_model(shape.model)]
        for place, later in enumerate(models):
            for first in models[:place]:
                if wire.shadows(first, later):
                    late, early = _name_of(later), _name_of(first)
                    raise ConfigurationError(
                        f"{self.name}: {late} is never reached: whatever fits it fits {early}, which is tried first; "
                        f"put {late} before it, or give {early} a key that must be there"
                    )

    @property
    def reads_anything(self) -> bool:
        """True if any object fits one of the shapes, and nothing in it identifies the vendor."""
        return any(shape.rank is None and not shape.decides for shape in self.shapes)

    @property
    def models(self) -> Any:
        """Union of the wire types of all shapes."""
        union: Any = self.shapes[0].model
        for shape in self.shapes[1:]:
            union = union | shape.model
        return union

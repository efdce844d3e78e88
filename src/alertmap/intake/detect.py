"""Which vendor a request is from, and why."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from alertmap import wire
from alertmap._records import record
from alertmap.adapter import Adapter, Rank, Shape
from alertmap.errors import ConfigurationError, DecodeError, LimitError, UnknownVendor
from alertmap.intake import registry
from alertmap.intake.decode import decode
from alertmap.intake.envelope import MOST, unwrap
from alertmap.intake.marks import Candidate, first_event
from alertmap.model import Request
from alertmap.paths import MISSING, parse_path, resolve
from alertmap.strict_json import Limits, resolve_limits

_FORMATS = frozenset({"json", "form", "multipart", "xml", "text", "query", "empty"})


@record
class Detection:
    """The vendor that a request looks like, and the reason in words."""

    vendor: str
    reason: str


class Match(NamedTuple):
    """How sure it is that a document is a vendor's, and why."""

    rank: Rank
    reason: str


def detect(
    request: Request | bytes | str, *, adapters: Iterable[Adapter] | None = None, limits: Limits | None = None
) -> Detection | None:
    """Find out which vendor sent a request. None where none is recognised, or where two are equally likely.

    `adapters` are those to choose among; None for all that there are.

    Raises:
        LimitError: the request is larger than `limits` allow.
        ConfigurationError: the arguments cannot mean anything, or the body needs an extra that is not installed.
    """
    request = request if isinstance(request, Request) else Request(request)
    limits = resolve_limits(limits)
    chosen = None if adapters is None else _as_adapters(adapters)
    try:
        document = decode(request, _FORMATS, limits)
    except DecodeError:
        return None
    return recognise(None if document is None else document.value, request, limits, chosen)


def the_vendor(request: Request, limits: Limits) -> Detection:
    """Return the vendor that sent a request, and the reason.

    Raises:
        UnknownVendor: none is recognised, or several are equally likely; the message names them.
        DecodeError: the body cannot be decoded.
        LimitError: the request is larger than `limits` allow.
        ConfigurationError: the body needs an extra that is not installed.
    """
    document = decode(request, _FORMATS, limits)
    if document is None:
        raise DecodeError("the body is empty")
    value = document.value
    found = recognise(value, request, limits)
    if found is not None:
        return found
    likely, _ = _likely(value, request, registry.candidates(value, request))
    if likely:
        names = " and ".join([f"{one.vendor} ({one.reason})" for one in likely])
        raise UnknownVendor(f"several vendors are equally likely: {names}; name one of them")
    raise UnknownVendor("no vendor is recognised: name one of alertmap.vendors(), or read the body with `generic`")


def _as_adapters(adapters: object) -> tuple[Adapter, ...]:
    found = tuple(adapters) if isinstance(adapters, Iterable) else (adapters,)
    for one in found:
        if not isinstance(one, Adapter):
            raise ConfigurationError(f"adapters: expected Adapter, got {type(one).__name__}")
    return found


def recognise(
    document: Any, request: Request, limits: Limits, adapters: Iterable[Adapter] | None = None
) -> Detection | None:
    """Find the vendor of a decoded document. Inside an envelope that nobody claims the inner vendor counts."""
    known = None if adapters is None else tuple(Candidate(adapter, adapter.shapes) for adapter in adapters)
    inside, best = "", None
    for _ in range(MOST + 1):
        found, rank = _best(document, request, registry.candidates(document, request) if known is None else known)
        if found is not None:
            best = Detection(found.vendor, inside + found.reason)
        if rank is Rank.STRONG:
            break
        try:
            inner = unwrap(document, limits)
        except LimitError:
            break
        if inner is None or inner.handshake is not None:
            break
        document, inside = inner.document, f"{inside}inside {inner.name}: "
    return best


def strongly_anothers(document: Any, request: Request, adapter: Adapter) -> Detection | None:
    """The other vendor whose strong marks a document has, unless this adapter reads that vendor on purpose."""
    document = beginning(document)
    others = [
        one
        for one in registry.candidates(document, request)
        if one.adapter.name != adapter.name and any(shape.rank is Rank.STRONG for shape in one.shapes)
    ]
    found, rank = _best(document, request, others)
    return found if rank is Rank.STRONG and found and found.vendor not in adapter.reads_also else None


def beginning(document: Any) -> Any:
    """The part of a text in which the marks of other vendors count; any other document as it stands."""
    return document[:_BEGINNING] if type(document) is str else document


_BEGINNING = 4_096  # characters; some forty marks are looked for


def _best(document: Any, request: Request, known: Iterable[Candidate]) -> tuple[Detection | None, Rank | None]:
    likely, rank = _likely(document, request, known)
    # Two that are equally likely give none: a wrong adapter would read a wrong page.
    return (likely[0] if len(likely) == 1 else None), rank


def _likely(document: Any, request: Request, known: Iterable[Candidate]) -> tuple[list[Detection], Rank | None]:
    found = [(adapter, match) for adapter, shapes in known if (match := match_of(adapter, document, request, shapes))]
    best = max((match.rank for _, match in found), default=None)
    return [Detection(adapter.name, match.reason) for adapter, match in found if match.rank is best], best


def is_marked(adapter: Adapter, first: Shape, document: Any, request: Request) -> bool:
    """Return whether a document has any mark of this vendor; `first` is the shape that reads it."""
    is_array = adapter.many and type(document) is list
    event = first_event(document) if is_array else document
    ask = _rank if is_array else _marked_rank  # one object is known to fit
    if ask(first, document, event, request) is not None:
        return True
    return any(_rank(shape, document, event, request) is not None for shape in adapter.shapes if shape is not first)


def match_of(adapter: Adapter, document: Any, request: Request, shapes: Iterable[Shape] | None = None) -> Match | None:
    """Say whether a decoded document looks like this vendor's, and why: by the surest of its shapes, or of these."""
    if adapter.prepare is not None:
        try:
            prepared = adapter.prepare(document)
        except wire.Mismatch:
            return None
        if prepared is not document:  # its keys may stand elsewhere: all shapes may match
            document, shapes = prepared, None
    event = first_event(document) if adapter.many else document
    best: Match | None = None
    for shape in adapter.shapes if shapes is None else shapes:
        rank = _rank(shape, document, event, request)
        if rank is not None and (best is None or rank > best.rank):
            best = Match(rank, _reason(shape, request))
    return best


def match_shape(shape: Shape, document: Any, request: Request) -> bool:
    """Return whether a document looks like this shape."""
    return _rank(shape, document, document, request) is not None


def _rank(shape: Shape, document: Any, event: Any, request: Request) -> Rank | None:
    """How sure it is that an event of a document has this shape; None where it has not."""
    if shape.rank is None or not (type(event) is str if shape.model is str else wire.fits(shape.model, event)):
        return None
    return _marked_rank(shape, document, event, request)


def _marked_rank(shape: Shape, document: Any, event: Any, request: Request) -> Rank | None:
    """How sure it is that an event that fits has this shape, by header and marks."""
    rank = shape.rank
    if rank is None:
        return None
    if shape.headers and _header(shape, request):
        return rank
    if callable(shape.marks):
        return _asked(shape, document, request)
    if not shape.marks and (shape.headers or not shape.decides):
        return None
    for mark, beginning in shape.marks.items():
        if not _has_mark(event, mark, beginning):
            return None
    return rank


def _has_mark(event: Any, mark: str, beginning: str) -> bool:
    if type(event) is str:
        return mark in event
    if mark.startswith("$"):
        value = resolve(event, parse_path(mark))
    else:
        value = event.get(mark, MISSING) if type(event) is dict else MISSING
    if not beginning:
        return value is not MISSING
    return type(value) is str and value.startswith(beginning)


def _header(shape: Shape, request: Request) -> str:
    """The name of the header that stands for the marks of a shape; "" where none was sent."""
    for name, beginning in shape.headers.items():
        value = request.header(name)
        if value is not None and value.startswith(beginning):
            return name
    return ""


def _reason(shape: Shape, request: Request) -> str:
    if header := _header(shape, request):
        return (
            f"it has the header {header}: {shape.headers[header]}…"
            if shape.headers[header]
            else f"it has the header {header}"
        )
    if callable(shape.marks):
        return f"it has the form of {shape.model.__name__}"
    keys = ", ".join(sorted({*shape.marks, *wire.required_keys(shape.model)}))
    return f"it is a text with {keys}" if shape.model is str else f"it has the keys {keys}"


def _asked(shape: Shape, document: Any, request: Request) -> Rank | None:
    assert callable(shape.marks)
    try:
        answer = shape.marks(document, request)
    except Exception:  # noqa: BLE001 - a third-party adapter's fault must not hide all the others
        return None
    if isinstance(answer, Rank):
        return answer
    return shape.rank if answer is True else None

"""Which vendor a request is from, and why."""

from typing import Any

from attrs import frozen

from alertmap import registry
from alertmap.adapter import Adapter, Mark, Rank
from alertmap.decode import Limits, as_limits, decode
from alertmap.envelope import MOST, opened
from alertmap.errors import DecodeError, LimitError
from alertmap.model import Request

_FORMATS = frozenset({"json", "form", "xml", "text", "query", "empty"})


@frozen
class Detection:
    """The vendor that a request looks like, and the reason in words."""

    vendor: str
    reason: str


def detect(request: Request | bytes | str, *, limits: Limits | None = None) -> Detection | None:
    """Find out which vendor sent a request. None where none is recognised, or where two are equally likely.

    Raises:
        LimitError: the request is larger than `limits` allow.
        ConfigurationError: the arguments cannot mean anything.
    """
    request = request if isinstance(request, Request) else Request(request)
    limits = as_limits(limits)
    try:
        document = decode(request, _FORMATS, limits)
    except DecodeError:
        return None
    return recognise(None if document is None else document.value, request, limits)


def recognise(document: Any, request: Request, limits: Limits, envelopes: int = MOST) -> Detection | None:
    """The same for a document that is already decoded. Inside an envelope that nobody claims the inner vendor counts."""
    found, rank = _best(document, request)
    if rank is Rank.STRONG or envelopes == 0:
        return found
    try:
        inner = opened(document, limits)
    except LimitError:
        return found
    if inner is None or inner.handshake is not None:
        return found
    inside = recognise(inner.document, request, limits, envelopes - 1)
    return Detection(inside.vendor, f"inside {inner.name}: {inside.reason}") if inside else found


def _best(document: Any, request: Request) -> tuple[Detection | None, Rank | None]:
    found = [(adapter, mark) for adapter in registry.working() if (mark := _mark(adapter, document, request))]
    best = max((mark.rank for _, mark in found), default=None)
    likely = [Detection(adapter.name, mark.reason) for adapter, mark in found if mark.rank is best]
    # Two that are equally likely give none: a wrong adapter would read a wrong page.
    return (likely[0] if len(likely) == 1 else None), best


def _mark(adapter: Adapter, document: Any, request: Request) -> Mark | None:
    try:
        mark = adapter.recognise(document, request)
        return mark if isinstance(mark, Mark) else None
    except Exception:  # noqa: BLE001 - a third-party adapter's fault must not hide all the others
        return None

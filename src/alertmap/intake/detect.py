"""Which vendor a request is from, and why."""

from collections.abc import Iterable
from typing import Any

from alertmap._records import record
from alertmap.adapter import Adapter, Mark, Rank
from alertmap.errors import DecodeError, LimitError
from alertmap.intake import registry
from alertmap.intake.decode import decode
from alertmap.intake.envelope import MOST, unwrap
from alertmap.model import Request
from alertmap.strict_json import Limits, resolve_limits

_FORMATS = frozenset({"json", "form", "xml", "text", "query", "empty"})


@record
class Detection:
    """The vendor that a request looks like, and the reason in words."""

    vendor: str
    reason: str


def detect(
    request: Request | bytes | str, *, adapters: Iterable[Adapter] | None = None, limits: Limits | None = None
) -> Detection | None:
    """Find out which vendor sent a request. None where none is recognised, or where two are equally likely.

    `adapters` are those to choose among; None for all that there are.

    Raises:
        LimitError: the request is larger than `limits` allow.
        ConfigurationError: the arguments cannot mean anything.
    """
    request = request if isinstance(request, Request) else Request(request)
    limits = resolve_limits(limits)
    try:
        document = decode(request, _FORMATS, limits)
    except DecodeError:
        return None
    return recognise(None if document is None else document.value, request, limits, adapters)


def recognise(
    document: Any, request: Request, limits: Limits, adapters: Iterable[Adapter] | None = None
) -> Detection | None:
    """The same for a decoded document. Inside an envelope that nobody claims the inner vendor counts."""
    known = registry.loadable() if adapters is None else tuple(adapters)
    inside, best = "", None
    for _ in range(MOST + 1):
        found, rank = _best(document, request, known)
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


def _best(document: Any, request: Request, adapters: tuple[Adapter, ...]) -> tuple[Detection | None, Rank | None]:
    found = [(adapter, mark) for adapter in adapters if (mark := _mark(adapter, document, request))]
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

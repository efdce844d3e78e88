"""Which vendor a request is from, and why."""

from collections.abc import Iterable
from typing import Any

from attrs import frozen

from alertmap import registry
from alertmap.adapter import Adapter, Mark
from alertmap.decode import Limits, as_limits, decode
from alertmap.errors import DecodeError
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
    return recognise(None if document is None else document.value, request)


def recognise(document: Any, request: Request, adapters: Iterable[Adapter] | None = None) -> Detection | None:
    """The same for a document that is already decoded."""
    found: list[tuple[Adapter, Mark]] = []
    for adapter in registry.working() if adapters is None else adapters:
        mark = _mark(adapter, document, request)
        if mark is not None:
            found.append((adapter, mark))
    if not found:
        return None
    best = max(mark.rank for _, mark in found)
    likely = [(adapter, mark) for adapter, mark in found if mark.rank is best]
    if len(likely) > 1:
        return None
    adapter, mark = likely[0]
    return Detection(adapter.name, mark.reason)


def _mark(adapter: Adapter, document: Any, request: Request) -> Mark | None:
    try:
        mark = adapter.recognise(document, request)
        return mark if isinstance(mark, Mark) else None
    except Exception:  # noqa: BLE001 - a third-party adapter's fault must not hide all the others
        return None

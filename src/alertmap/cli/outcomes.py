"""The outcome of one input, a batch of alerts or a refusal, and its form as JSON."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from alertmap.cli.files import Input, Refused
from alertmap.codec import to_dict
from alertmap.errors import AlertmapError, ConfigurationError, DecodeError
from alertmap.intake.decode import decode
from alertmap.intake.detect import detect
from alertmap.intake.parse import parse
from alertmap.intake.source import Source
from alertmap.model import Batch, Request
from alertmap.strict_json import Limits

UNRECOGNISED = "no vendor recognised: pass --vendor, or see `alertmap vendors`"


@frozen(kw_only=True)
class Parsed:
    """The batch of a request."""

    name: str
    batch: Batch


def outcome(
    one: Input | Refused,
    *,
    vendor: str | None = None,
    source: str | None = None,
    sources: Mapping[str, Source] | None = None,
    received_at: datetime | None = None,
) -> Parsed | Refused:
    """Parse an input. Precedence: the arguments, then its folder, then detection.

    With `sources`, `source` names one of them; else the only one of the vendor is used, if there is one.
    """
    if isinstance(one, Refused):
        return one
    chosen = sources.get(source) if sources and source else None
    request, named = one.recorded.request, vendor or (chosen.vendor if chosen else None) or one.vendor
    # about.toml applies to the vendor of its own folder only.
    applies = named == (one.vendor or named)
    try:
        if named is None:
            found = detect(request)
            if found is None:
                return Refused(name=one.name, kind="UnknownVendor", message=one.hint or _unrecognised(request))
            named = found.vendor
        options = one.options if applies else {}
        batch = parse(
            named,
            request,
            source=chosen or _only(sources, named) or Source(source or named, options=options),
            received_at=received_at or one.recorded.received_at,
        )
    except AlertmapError as error:
        kind = type(error).__name__
        message = str(error).removeprefix(f"{named}: ")
        return Refused(name=one.name, kind=kind, message=message, vendor=named, expected=applies and one.error == kind)
    return Parsed(name=one.name, batch=batch)


def _only(sources: Mapping[str, Source] | None, vendor: str) -> Source | None:
    fitting = [source for source in (sources or {}).values() if source.vendor == vendor]
    if len(fitting) > 1:
        names = ", ".join(source.name for source in fitting)
        raise ConfigurationError(f"several sources are of this vendor: pass --source with one of {names}")
    return fitting[0] if fitting else None


def _unrecognised(request: Request) -> str:
    try:
        decode(request, frozenset({"json"}), Limits())
    except DecodeError as error:
        return f"{error}; a sender of other formats needs --vendor" if request.body else str(error)
    return UNRECOGNISED


@frozen(kw_only=True)
class Recognised:
    """The vendor of a request; None where nothing tells it."""

    name: str
    vendor: str | None = None
    reason: str | None = None
    expected: bool = True
    """False where the vendor should have been recognised."""

    def record(self) -> dict[str, Any]:
        """Return the vendor and the reason as JSON types."""
        return {"type": "detection", "vendor": self.vendor, "reason": self.reason, "file": self.name}


def recognised(one: Input | Refused) -> Recognised | Refused:
    """Detect the vendor of an input, whatever its folder is called."""
    if isinstance(one, Refused):
        return one
    try:
        found = detect(one.recorded.request)
    except AlertmapError as error:
        return Refused(name=one.name, kind=type(error).__name__, message=str(error))
    if found is None:
        return Recognised(name=one.name, expected=not one.detect or one.error is not None)
    return Recognised(name=one.name, vendor=found.vendor, reason=found.reason)


def records(done: Parsed | Refused) -> Iterator[dict[str, Any]]:
    """Yield the objects of JSON Lines: one for each alert, and one for what concerns the request."""
    if isinstance(done, Refused):
        yield done.record()
        return
    batch = done.batch
    for alert in batch:
        yield {"type": "alert", "dedup_key": alert.dedup_key, "file": done.name, **to_dict(alert)}
    if batch.reason or batch.problems or batch.truncated:
        yield {
            "type": "request",
            "vendor": batch.vendor,
            "source": batch.source,
            "file": done.name,
            "reason": batch.reason.value if batch.reason else None,
            "problems": [to_dict(problem) for problem in batch.problems],
            "truncated": batch.truncated,
        }

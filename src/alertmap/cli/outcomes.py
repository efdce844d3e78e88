"""What becomes of one input: a batch of alerts, or a refusal; and both as objects of JSON."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from attrs import frozen

from alertmap.cli.files import Case, Input, Refused
from alertmap.codec import to_dict
from alertmap.errors import AlertmapError
from alertmap.intake.detect import detect
from alertmap.intake.parse import parse
from alertmap.intake.source import Source
from alertmap.model import Batch

UNRECOGNISED = "no vendor is recognised: name one with --vendor"


@frozen(kw_only=True)
class Parsed:
    """What a request says."""

    name: str
    batch: Batch


def outcome(
    one: Input | Refused, *, vendor: str | None = None, source: str | None = None, received_at: datetime | None = None
) -> Parsed | Refused:
    """Parse an input. The arguments stand above what its folder says, and that above what is found out."""
    if isinstance(one, Refused):
        return one
    # What the folder says of its requests is said of its own vendor.
    case = Case() if vendor and one.vendor and vendor != one.vendor else one.case
    named = vendor or one.vendor
    try:
        if named is None:
            found = detect(one.recorded.request)
            if found is None:
                return Refused(name=one.name, kind="UnknownVendor", message=UNRECOGNISED)
            named = found.vendor
        batch = parse(
            named,
            one.recorded.request,
            source=Source(source or named, options=case.options),
            received_at=received_at or one.recorded.received_at,
        )
    except AlertmapError as error:
        kind = type(error).__name__
        message = str(error).removeprefix(f"{named}: ")
        return Refused(name=one.name, kind=kind, message=message, vendor=named, expected=case.error == kind)
    return Parsed(name=one.name, batch=batch)


@frozen(kw_only=True)
class Recognised:
    """Which vendor a request is from; None where nothing tells."""

    name: str
    vendor: str | None = None
    reason: str | None = None
    expected: bool = True
    """False where something should tell."""

    def record(self) -> dict[str, Any]:
        """All of it as JSON types."""
        return {"file": self.name, "vendor": self.vendor, "reason": self.reason}


def recognised(one: Input | Refused) -> Recognised | Refused:
    """Find out which vendor an input is from. Its folder is not asked."""
    if isinstance(one, Refused):
        return one
    try:
        found = detect(one.recorded.request)
    except AlertmapError as error:
        return Refused(name=one.name, kind=type(error).__name__, message=str(error))
    if found is None:
        return Recognised(name=one.name, expected=not one.case.detect or one.case.error is not None)
    return Recognised(name=one.name, vendor=found.vendor, reason=found.reason)


def records(done: Parsed | Refused) -> Iterator[dict[str, Any]]:
    """An outcome as JSON Lines have it: an object for each alert, and one for what concerns no single alert."""
    if isinstance(done, Refused):
        yield done.record()
        return
    batch = done.batch
    for alert in batch:
        yield {"file": done.name, **to_dict(alert)}
    if batch.reason or batch.problems or batch.truncated:
        yield {
            "file": done.name,
            "vendor": batch.vendor,
            "source": batch.source,
            "reason": batch.reason.value if batch.reason else None,
            "problems": [{"code": p.code.value, "path": p.path, "message": p.message} for p in batch.problems],
            "truncated": batch.truncated,
        }

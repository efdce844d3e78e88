"""Times on the wire. All results are aware, in UTC, cut to microseconds; what is no time of an alert is None."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from alertmap.model import ProblemCode
from alertmap.wire.declare import Encoding
from alertmap.wire.node import Node, mismatch

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Times before are no times of an alert: Go's zero time (year 1), the epoch, clocks that were never set."""

_ZERO = datetime(1, 1, 2, tzinfo=UTC)  # Go's zero time in any zone
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# `fromisoformat` also takes dates, week dates and digits beyond ASCII; a timestamp is none of these.
_RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})([.,][0-9]{1,9})?([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)
_ZONELESS = re.compile(r"[Tt ][0-9:.,]+")


def _window(moment: datetime, node: Node) -> datetime | None:
    if moment < EARLIEST:
        if moment >= _ZERO and moment != _EPOCH:
            node.doubt(ProblemCode.BAD_TIME, "the time lies before the year 2000 and was left out")
        return None
    return moment


def rfc3339(text: str) -> datetime | None:
    """Read `2026-01-01T12:00:30.123456789Z`: zero to nine digits of a second, cut to microseconds; None if it is not.

    A time without a zone is read as UTC. Second 60 is read as 59.999999. The result is in UTC.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    day, clock, fraction, zone = match.groups()
    if clock.endswith(":60"):
        clock, fraction = f"{clock[:6]}59", ".999999"
    fraction = f".{fraction[1:7]:0<6}" if fraction else ""
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{fraction}{(zone or 'Z').upper()}")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        # Go's zero time in a zone east of Greenwich lies before the year 1.
        return datetime(1, 1, 1, tzinfo=UTC) if text.startswith(("0001-", "0000-")) else None


def _time(node: Node) -> datetime | None:
    value = node.value
    if value is None or value == "":
        return None
    if type(value) is not str:
        raise mismatch("RFC 3339 text", node)
    moment = rfc3339(value)
    if moment is None:
        node.doubt(ProblemCode.BAD_TIME, "the time is not RFC 3339 text and was left out")
        return None
    if _ZONELESS.fullmatch(value, 10):
        node.doubt(ProblemCode.BAD_TIME, "the time has no zone; UTC was assumed")
    return _window(moment, node)


def epoch(count: int, per_second: int) -> datetime | None:
    """The time `count` units after 1970-01-01 UTC, `per_second` units making a second; None where no calendar has it."""
    try:
        return _EPOCH + timedelta(microseconds=count * 1_000_000 // per_second)
    except OverflowError:
        return None


def _epoch_type(name: str, per_second: int, example: int) -> Encoding:
    def decode(node: Node) -> datetime | None:
        if node.value is None:
            return None
        if type(node.value) is not int:
            raise mismatch(f"int ({name} since 1970)", node)
        moment = epoch(node.value, per_second)
        if moment is None:
            node.doubt(ProblemCode.BAD_TIME, "the time is in no calendar and was left out")
            return None
        return _window(moment, node)

    return Encoding(f"{name} since 1970, int", decode, (example, 0, None, -1, 10**30))


def _nanoseconds(node: Node) -> timedelta:
    if type(node.value) is not int:
        raise mismatch("int (nanoseconds)", node)
    try:
        return timedelta(microseconds=node.value // 1000)
    except OverflowError:
        node.doubt(ProblemCode.BAD_TIME, "the duration is out of range and was left out")
        return timedelta()


_TIMES = ("2026-01-01T12:00:30.123456789Z", "2026-01-01T12:00:30+01:00", "0001-01-01T00:00:00Z", "", None, "soon")

Rfc3339 = Annotated[datetime | None, Encoding("RFC 3339 text", _time, _TIMES)]
"""An aware time in UTC. Blank, null and Go's zero time are None; so is what cannot be read, with a problem."""

EpochSeconds = Annotated[datetime | None, _epoch_type("seconds", 1, 1_767_268_830)]
EpochMillis = Annotated[datetime | None, _epoch_type("milliseconds", 1_000, 1_767_268_830_123)]
EpochNanos = Annotated[datetime | None, _epoch_type("nanoseconds", 1_000_000_000, 1_767_268_830_123_456_789)]
"""A count since 1970-01-01 UTC; 0 and null are None; so is what lies before the year 2000, with a problem."""

Nanoseconds = Annotated[timedelta, Encoding("nanoseconds, int", _nanoseconds, (0, 20_000_000_000, -5, 10**40))]
"""A span of time, cut to microseconds; may be negative."""


def before(moment: datetime | None, span: timedelta | None) -> datetime | None:
    """The start of a span that ends at `moment`; a negative span counts as none, None stays None."""
    if moment is None:
        return None
    if span is None or span < timedelta():
        return moment
    try:
        return moment - span
    except OverflowError:
        return moment

"""Types of times. All results are aware, in UTC, cut to microseconds; None stands for no time."""

import re
import warnings
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from alertmap.errors import ConfigurationError, quoted
from alertmap.model import ProblemCode
from alertmap.wire.models import FALLBACK, Encoding
from alertmap.wire.nodes import Node, mismatch

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Start of the accepted times. Earlier ones are Go's zero time (year 1), the epoch, or clocks that were never set."""

_ZERO = datetime(1, 1, 2, tzinfo=UTC)  # Go's zero time in any zone
_NEVER = datetime(9999, 12, 30, tzinfo=UTC)  # some senders write "without an end" so, in any zone
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# `fromisoformat` also takes dates, week dates and digits beyond ASCII; a timestamp is none of these.
_RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]((?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2})([.,][0-9]{1,9})?"
    r"(?: ?([Zz]|[+-][0-9]{2}:?[0-9]{2})(?: [A-Z]{3,5})?)?"  # Go prints `2026-05-01 10:00:00.123 +0000 UTC`
)
# The form that most senders write; `fromisoformat` reads it.
_PLAIN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z")
_OFFSET = r"Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]"
_GO_ZERO = "0001-01-01T00:00:00Z"
_ZONELESS = re.compile(r"[Tt ][0-9:.,]+")


def _window(moment: datetime, node: Node) -> datetime | None:
    if moment < EARLIEST:
        if moment >= _ZERO and moment != _EPOCH:
            node.warn(ProblemCode.BAD_TIME, "the time lies before the year 2000 and was left out")
        return None
    return moment if moment < _NEVER else None


def rfc3339(text: str) -> datetime | None:
    """Parse `2026-01-01T12:00:30.123456789Z`, with up to nine digits of a second, or return None.

    Go's form `2026-01-01 12:00:30 +0000 UTC` is also read. A time without a zone is read as UTC, second 60 as
    59.999999. The result is in UTC, cut to microseconds.
    """
    if _PLAIN.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:  # second 60, the 30th of February
            pass
    return _any_rfc3339(text)


def _any_rfc3339(text: str) -> datetime | None:
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


def _time(node: Node, zone: str | None = None) -> datetime | None:
    """Read a time. One without a zone is in `zone` (`Z`, `+08:00`); where that is None, in UTC with a problem."""
    value = node.value
    if value is None:
        return None
    if type(value) is not str:
        raise mismatch("RFC 3339 text", node)
    has_no_zone = _has_no_zone(value)
    moment = rfc3339(f"{value}{zone}" if zone and has_no_zone else value)
    if moment is None and not value.strip():
        return None
    if moment is None:
        node.warn(ProblemCode.BAD_TIME, "the time is not RFC 3339 text and was left out")
        return None
    found = _window(moment, node)
    if found is not None and has_no_zone and zone is None:
        node.warn(ProblemCode.BAD_TIME, "the time has no zone; UTC was assumed")
    return found


def _has_no_zone(text: str) -> bool:
    return text[-1:] not in ("Z", "z") and _ZONELESS.fullmatch(text, 10) is not None


def _fast_time(value: Any) -> Any:
    if value == _GO_ZERO:
        return None
    if type(value) is str and value.startswith("20") and _PLAIN.fullmatch(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:  # second 60, the 30th of February
            pass
    return FALLBACK


class TimeWithText(NamedTuple):
    """Time, and the text that was sent for it."""

    moment: datetime
    text: str


def _stamp(node: Node) -> TimeWithText | None:
    moment = _time(node)
    return None if moment is None else TimeWithText(moment, node.value)


def _fast_stamp(value: Any) -> Any:
    moment = _fast_time(value)
    return moment if moment is None or moment is FALLBACK else tuple.__new__(TimeWithText, (moment, value))


def epoch(count: int, per_second: int) -> datetime | None:
    """Return the time `count` units after 1970-01-01 UTC, `per_second` to a second; None if out of range."""
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
            node.warn(ProblemCode.BAD_TIME, "the time is in no calendar and was left out")
            return None
        return _window(moment, node)

    return Encoding(f"{name} since 1970, int", decode, (example, 0, None, -1, 10**30))


_MILLIS = 10**11  # as seconds the year 5138, as milliseconds 1973
_TOO_LONG = 10**13  # as milliseconds the year 2286; 20260304100000 is a date without separators, or another unit
_COUNT = r"-?[0-9]{1,20}"


def _epoch_any(node: Node) -> datetime | None:
    count = node.value
    if type(count) is str and re.fullmatch(_COUNT, count.strip()):
        count = int(count)
    if count is None or count in ("", "null"):
        return None
    if type(count) is str:
        node.warn(ProblemCode.BAD_TIME, "the time is no count of seconds or milliseconds and was left out")
        return None
    if type(count) is not int:
        raise mismatch("int or text (seconds or milliseconds since 1970)", node)
    moment = epoch(count, 1_000 if abs(count) >= _MILLIS else 1) if abs(count) < _TOO_LONG else None
    if moment is None:
        node.warn(ProblemCode.BAD_TIME, "the time is no count of seconds or milliseconds and was left out")
        return None
    return _window(moment, node)


_SECONDS = r"[0-9]{9,11}\.[0-9]{1,9}"


def _any_time(node: Node) -> datetime | None:
    value = node.value.strip() if type(node.value) is str else node.value
    if type(value) is float or (type(value) is str and re.fullmatch(_SECONDS, value)):
        micros = float(value) * (1_000_000 if abs(float(value)) < _MILLIS else 1_000)
        moment = epoch(round(micros), 1_000_000) if abs(float(value)) < _TOO_LONG else None
    elif type(value) is str and not re.fullmatch(_COUNT, value):
        return _time(Node(value, node.where, node.context))
    elif value is None or type(value) in (str, int):
        return _epoch_any(Node(value, node.where, node.context))
    else:
        moment = None
    if moment is None:
        node.warn(ProblemCode.BAD_TIME, "the time is neither RFC 3339 text nor a count since 1970 and was left out")
        return None
    return _window(moment, node)


_LONGEST_TIME = 64
_MONTH = re.compile(r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b", re.IGNORECASE)
_DEFAULTS = (datetime(2001, 2, 3, 4, 5, 6), datetime(2012, 10, 11, 12, 13, 14))  # noqa: DTZ001 - only compared


def _written_out(text: str) -> datetime | None:
    """Parse a time with the name of its month and an offset; None where a part is missing or ambiguous."""
    if len(text) > _LONGEST_TIME or not _MONTH.search(text):
        return None  # 03/02/2026 is two days
    from dateutil import parser, tz  # noqa: PLC0415 - few senders write times so

    zones = dict.fromkeys(("UTC", "GMT", "Z"), tz.UTC)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the name of another zone; it is left out below
            # dateutil fills in what is missing: with two defaults such a time has two results.
            first, second = (parser.parse(text, default=default, tzinfos=zones) for default in _DEFAULTS)
        return first.astimezone(UTC) if first == second and _is_fixed(first) else None
    except (ValueError, ArithmeticError, TypeError):  # decimal raises InvalidOperation for seconds of 60 digits
        return None


def _is_fixed(moment: datetime) -> bool:
    from dateutil import tz  # noqa: PLC0415 - as above

    return isinstance(moment.tzinfo, (tz.tzutc, tz.tzoffset))  # not the zone of this machine


def _loose_time(node: Node) -> datetime | None:
    value = node.value.strip() if type(node.value) is str else node.value
    if type(value) is str and value[:4].isdecimal() and value.endswith((" UTC", " GMT")) and _has_no_zone(value[:-4]):
        return _time(Node(f"{value[:-4]}Z", node.where, node.context))
    moment = _written_out(value) if type(value) is str and not value[:4].isdecimal() else None
    return _any_time(node) if moment is None else _window(moment, node)


_BASIC = r"([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})([^0-9].*)?"


def _basic_time(node: Node) -> datetime | None:
    match = re.fullmatch(_BASIC, node.value) if type(node.value) is str else None
    if match is None:
        return _time(node)
    year, month, day, hour, minute, second, rest = match.groups(default="")
    return _time(Node(f"{year}-{month}-{day}T{hour}:{minute}:{second}{rest}", node.where, node.context))


_LEADING = r"\s*([0-9]{1,9})(?![0-9.])"


def _minutes(node: Node) -> timedelta | None:
    value = node.value
    if value is None or value in ("", "null"):
        return None
    if type(value) is not str and type(value) is not int:
        raise mismatch("text or int (minutes)", node)
    found = re.match(_LEADING, str(value))
    if found is None:
        node.warn(ProblemCode.BAD_TIME, "the duration is no count of minutes and was left out")
        return None
    return timedelta(minutes=int(found[1]))


def uuid1_time(text: str) -> datetime | None:
    """Return the time of a UUID of version 1; None for other texts, and for times before the year 2000."""
    try:
        made = UUID(text)
    except ValueError:
        return None
    moment = _GREGORIAN + timedelta(microseconds=made.time // 10)
    return moment if made.version == 1 and moment >= EARLIEST else None


_GREGORIAN = datetime(1582, 10, 15, tzinfo=UTC)


def _fast_nanoseconds(value: Any) -> Any:
    # About 300 years, far below the maximum of a timedelta.
    return timedelta(microseconds=value // 1000) if type(value) is int and -(10**19) < value < 10**19 else FALLBACK


def _nanoseconds(node: Node) -> timedelta:
    if type(node.value) is not int:
        raise mismatch("int (nanoseconds)", node)
    try:
        return timedelta(microseconds=node.value // 1000)
    except OverflowError:
        node.warn(ProblemCode.BAD_TIME, "the duration is out of range and was left out")
        return timedelta()


_TIMES = ("2026-01-01T12:00:30.123456789Z", "2026-01-01T12:00:30+01:00", "0001-01-01T00:00:00Z", "", None, "soon")

Rfc3339 = Annotated[datetime | None, Encoding("RFC 3339 text", _time, _TIMES, fast_path=_fast_time)]
"""Aware time in UTC. Blank, null, Go's zero time, the epoch and the last days of year 9999 are None. So are, with a
problem, texts that are not a time and times before the year 2000."""

Rfc3339WithText = Annotated[TimeWithText | None, Encoding("RFC 3339 text", _stamp, _TIMES, fast_path=_fast_stamp)]
"""`Rfc3339` with its text, for episodes: cut to microseconds, two times could become one."""

EpochSeconds = Annotated[datetime | None, _epoch_type("seconds", 1, 1_767_268_830)]
EpochMillis = Annotated[datetime | None, _epoch_type("milliseconds", 1_000, 1_767_268_830_123)]
EpochMicros = Annotated[datetime | None, _epoch_type("microseconds", 1_000_000, 1_767_268_830_123_456)]
EpochNanos = Annotated[datetime | None, _epoch_type("nanoseconds", 1_000_000_000, 1_767_268_830_123_456_789)]
"""Count since 1970-01-01 UTC; 0 and null are None; so are, with a problem, times before the year 2000."""

Nanoseconds = Annotated[
    timedelta,
    Encoding("nanoseconds, int", _nanoseconds, (0, 20_000_000_000, -5, 10**40), fast_path=_fast_nanoseconds),
]
"""Duration, cut to microseconds; may be negative."""


def before(moment: datetime | None, span: timedelta | None) -> datetime | None:
    """Return the start of a duration that ends at `moment`; a negative one counts as zero. None where one is None."""
    if moment is None or span is None:
        return None
    if span < timedelta():
        return moment
    try:
        return moment - span
    except OverflowError:
        return moment


EpochAny = Annotated[
    datetime | None,
    Encoding(
        "seconds or milliseconds since 1970, int or text",
        _epoch_any,
        (
            1_767_268_830,
            1_767_268_830_123,
            "1767268830",
            "1767268830123",
            "",
            "null",
            "soon",
            None,
            0,
            -1,
            20260304100000,
        ),
    ),
]
"""Count since 1970-01-01 UTC whose size decides the unit, as a number or as text; blank and `null` are None.

A count from 10**13 on is left out with a problem: it has another unit, or is a date without separators.
"""

BasicTime = Annotated[
    datetime | None,
    Encoding("ISO 8601 text, with or without separators", _basic_time, ("20260101T120030.123Z", *_TIMES)),
]
"""`Rfc3339`, also written without separators: `20260101T120030.123+0800`."""

Minutes = Annotated[
    timedelta | None,
    Encoding("minutes, with a unit in any language", _minutes, ("0分钟", "2 minutes", "null", "soon", "1.5h", 7, None)),
]
"""Duration as a count of minutes, whatever word follows the number; None where it was not sent."""

AnyTime = Annotated[
    datetime | None,
    Encoding(
        "RFC 3339 text, or seconds or milliseconds since 1970", _any_time, (1_767_268_830.5, "1767268830", [], *_TIMES)
    ),
]
"""Time as RFC 3339 text, or as a count in a number or a text; other values are None, with a problem."""


LooseTime = Annotated[
    datetime | None,
    Encoding(
        "a time as AnyTime, or written out with its month and offset",
        _loose_time,
        (
            "Tue Feb  3 10:11:12 +03 2026",
            "Sun, 29 Nov 2026 11:10:16 GMT",
            "29 November 2026 11:10:16 +0100",
            "2026-11-29 11:10:16 UTC",
            "Sun Nov 29 11:10:16 CST 2026",
            "29 Nov 2026",
            "03/02/2026 10:11:12 +01:00",
            1_767_268_830,
            *_TIMES,
        ),
    ),
]
"""`AnyTime`, or a time as `date`, mails and Ruby write it: `Sun Nov 29 11:10:16 UTC 2026`, `29 Nov 2026 11:10:16 GMT`,
`2026-11-29 11:10:16 UTC`.

The month must be a name, for 03/02 is two days, and the zone an offset, UTC or GMT, for CST is three zones. Other
texts, and dates without a time of day, are None, with a problem.
"""


def time_in(offset: str) -> Encoding:
    """Make the encoding of RFC 3339 times that are sent without their zone: `time_in("+08:00")`.

    A time that has a zone keeps it. Names of zones are not accepted: for one hour a year they are ambiguous.

    Raises:
        ConfigurationError: the offset is neither `Z` nor like `+08:00`.
    """
    if not re.fullmatch(_OFFSET, offset):
        raise ConfigurationError(f"expected an offset such as +08:00, got {quoted(offset)}")
    examples = (*_TIMES, "2026-01-01T12:00:30", "2026-01-01 12:00:30.5")
    return Encoding(
        f"RFC 3339 text, without a zone at {offset}", lambda node: _time(node, offset), examples, fast_path=_fast_time
    )


UtcTime = Annotated[datetime | None, time_in("Z")]
"""`Rfc3339` of a sender that writes UTC without a zone."""


class LocalMoment(NamedTuple):
    """Time as it was sent: one without a zone as if it were in UTC."""

    moment: datetime
    has_zone: bool

    def at(self, offset: timedelta | None) -> datetime | None:
        """Return the time in UTC, one without a zone from this offset; None where that is not known either."""
        if self.has_zone:
            return self.moment
        return None if offset is None else self.moment - offset


def _local_moment(node: Node) -> LocalMoment | None:
    value = node.value
    has_no_zone = type(value) is str and _has_no_zone(value.strip())
    moment = _time(node, "Z") if has_no_zone else _any_time(node)
    return None if moment is None else LocalMoment(moment, not has_no_zone)


LocalTime = Annotated[
    LocalMoment | None,
    Encoding(
        "RFC 3339 text, with or without a zone, or seconds or milliseconds since 1970",
        _local_moment,
        ("2026-01-01 12:00:30", "2026-01-01T12:00:30+08:00", 1_767_268_830_123, "", None, "soon", 0, []),
    ),
]
"""Time whose zone only the user may know: `event.time.at(options.utc_offset)`."""


def _offset(node: Node) -> timedelta:
    if type(node.value) is not str or not re.fullmatch(_OFFSET, node.value):
        raise mismatch("offset from UTC such as +08:00", node)
    found = datetime.fromisoformat(f"2000-01-01T00:00:00{node.value}").utcoffset()
    assert found is not None
    return found


UtcOffset = Annotated[timedelta | None, Encoding("offset from UTC: Z, +08:00", _offset, ("Z", "+08:00", "-03:30"))]
"""Offset of a server's clock from UTC, for options; names of zones are not accepted."""

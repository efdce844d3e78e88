"""Wire types of times: any input gives an aware UTC time cut to microseconds, None with a warning, or a mismatch."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from dateutil.parser import isoparse
from hypothesis import example, given
from hypothesis import strategies as st

from alertmap import wire
from alertmap.model import ProblemCode, Request
from structuring import read_with_codes


def read(value: Any, hint: Any = wire.Rfc3339) -> tuple[Any, str]:
    """Structure a time; return it and the message of its warning, whose code is always BAD_TIME."""
    context = wire.ParseContext(Request(), None)
    made = wire.structure(wire.Node(value, ("time",), context), hint)
    assert {(where, code) for where, code, _ in context.warnings} <= {(("time",), ProblemCode.BAD_TIME)}
    assert len(context.warnings) <= 1
    return made, "".join(message for _, _, message in context.warnings)


def utc(*parts: int) -> datetime:
    """Return a time in UTC."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-01T12:00:30Z", utc(2026, 1, 1, 12, 0, 30)),
        ("2026-01-01t12:00:30z", utc(2026, 1, 1, 12, 0, 30)),
        ("2026-01-01 12:00:30Z", utc(2026, 1, 1, 12, 0, 30)),
        ("2026-01-01T12:00:30+00:00", utc(2026, 1, 1, 12, 0, 30)),
        ("2026-01-01T12:00:30-00:00", utc(2026, 1, 1, 12, 0, 30)),
        ("2026-01-01T12:00:30+01:00", utc(2026, 1, 1, 11, 0, 30)),
        ("2026-01-01T12:00:30+0530", utc(2026, 1, 1, 6, 30, 30)),
        ("2026-01-01T00:30:00+14:00", utc(2025, 12, 31, 10, 30)),
        ("2026-12-31T23:00:00-12:00", utc(2027, 1, 1, 11)),
        ("2024-02-29T00:00:00Z", utc(2024, 2, 29)),
        # Digits of a second: none to nine, cut and never rounded.
        ("2026-01-01T00:00:00.1Z", utc(2026, 1, 1, 0, 0, 0, 100_000)),
        ("2026-01-01T00:00:00,25Z", utc(2026, 1, 1, 0, 0, 0, 250_000)),
        ("2026-01-01T00:00:00.123Z", utc(2026, 1, 1, 0, 0, 0, 123_000)),
        ("2026-01-01T00:00:00.123456Z", utc(2026, 1, 1, 0, 0, 0, 123_456)),
        ("2026-01-01T00:00:00.1234567Z", utc(2026, 1, 1, 0, 0, 0, 123_456)),
        ("2026-01-01T00:00:00.123456999Z", utc(2026, 1, 1, 0, 0, 0, 123_456)),
        ("2026-01-01T00:00:00.999999999+01:00", utc(2025, 12, 31, 23, 0, 0, 999_999)),
        # A leap second ends with its minute.
        ("2016-12-31T23:59:60Z", utc(2016, 12, 31, 23, 59, 59, 999_999)),
        ("2016-12-31T23:59:60.5Z", utc(2016, 12, 31, 23, 59, 59, 999_999)),
        ("2017-01-01T05:29:60+05:30", utc(2016, 12, 31, 23, 59, 59, 999_999)),
        # The window begins with the year 2000.
        ("2000-01-01T00:00:00Z", utc(2000, 1, 1)),
        ("9999-12-29T23:59:59Z", utc(9999, 12, 29, 23, 59, 59)),
    ],
)
def test_rfc3339(text: str, moment: datetime) -> None:
    """RFC 3339 text is read to the microsecond, in UTC, without a warning."""
    assert read(text) == (moment, "")
    assert read(text)[0].tzinfo is UTC
    assert wire.rfc3339(text) == moment


@pytest.mark.parametrize(
    "value",
    [
        *(None, "", " ", "\t\n"),
        *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00-12:00"),
        *("0000-00-00 00:00:00", "1970-01-01T00:00:00Z", "1970-01-01T01:00:00+01:00"),
        *("9999-12-31T23:59:59Z", "9999-12-31T00:00:00+14:00"),
    ],
)
def test_no_time(value: Any) -> None:
    """Null, blanks, and the zero and maximum times of Go, MySQL and the epoch give None without a warning."""
    assert read(value) == (None, "")


@pytest.mark.parametrize(
    "text", ["1999-12-31T23:59:59Z", "1970-01-01T00:00:01Z", "0001-01-02T00:00:00Z", "1582-10-04T00:00:00Z"]
)
def test_times_before_the_window(text: str) -> None:
    """A time before the year 2000 comes from an unset clock: it is left out with a warning."""
    assert read(text) == (None, "the time lies before the year 2000 and was left out")


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "null",
        "0",
        "2026-01-01",
        "10:00",
        "10:00:00Z",
        "2026-01-01T12:00Z",
        "2026-01-01T12Z",
        "20260101T120000Z",
        "2026-W01-1T12:00:00Z",
        "2026-001T12:00:00Z",
        "2026-13-01T12:00:00Z",
        "2026-02-29T12:00:00Z",
        "2026-02-30T12:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T25:00:00Z",
        "2026-01-01T12:60:00Z",
        "2026-01-01T12:00:61Z",
        "2026-01-01T12:00:00.Z",
        "2026-01-01T12:00:00.1234567890Z",
        "2026-01-01T12:00:00+24:00",
        "2026-01-01T12:00:00+01",
        "2026-01-01T12:00:00+01:00:00",
        "2026-01-01T12:00:00 UTC",
        "2026-01-01T12:00:00 +0000 utc",
        "2026-01-01T12:00:00Europe/Zurich",
        "2026-01-01_12:00:00Z",
        "2026-1-1T12:00:00Z",
        "+2026-01-01T12:00:00Z",
        "12026-01-01T12:00:00Z",
        " 2026-01-01T12:00:00Z",
        "2026-01-01T12:00:00Z\n",
        "２０２６-01-01T12:00:00Z",  # noqa: RUF001 - full-width digits
        "2026-01-01T12:00:00Z\x00",
        "9999-12-31T23:59:59-14:00",
        "Jan  2 15:04:05 2026",
        "\ud800",
    ],
    ids=ascii,
)
def test_not_rfc3339(text: str) -> None:
    """Other text is left out with a warning; no part of a time is filled in from today."""
    assert read(text) == (None, "the time is not RFC 3339 text and was left out")
    assert wire.rfc3339(text) is None


def test_a_time_without_a_zone_is_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """A time without a zone is read as UTC with a warning, in any process time zone."""
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    for text in ("2026-01-01T12:00:00", "2026-01-01 12:00:00", "2026-01-01T12:00:00.000000"):
        assert read(text) == (utc(2026, 1, 1, 12), "the time has no zone; UTC was assumed")


@pytest.mark.parametrize("value", [0, 1.5, True, [], {}, 1_767_268_830])
def test_text_only(value: Any) -> None:
    """Values other than text do not fit."""
    with pytest.raises(wire.Mismatch, match="expected RFC 3339 text, got "):
        read(value)


_PARTS = st.tuples(
    st.integers(0, 9999),
    st.integers(0, 13),
    st.integers(0, 32),
    st.sampled_from("Tt _"),
    st.integers(0, 25),
    st.integers(0, 61),
    st.integers(0, 61),
    st.sampled_from(["", ".", ".5", ",123", ".123456789", ".0000000001"]),
    st.sampled_from(["", "Z", "z", "+00:00", "-0000", "+14:00", "-14:00", "+23:59", "-23:59", "+24:00", "+1", " UTC"]),
)
_TEXTS = _PARTS.map(lambda p: "{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}{}{}".format(*p))


@given(_TEXTS | st.text() | st.datetimes(timezones=st.just(UTC)).map(str))
@example("0001-01-01T00:00:00+14:00")
@example("9999-12-31T23:59:59.999999999-14:00")
def test_any_text(text: str) -> None:
    """Any text gives a UTC time inside the window, or None."""
    moment, warning = read(text)
    assert moment is None or (moment.tzinfo is UTC and moment.year >= 2000)
    assert moment is not None or not warning or warning.endswith("was left out")
    found = wire.rfc3339(text)
    assert found is None or found.tzinfo is UTC


_ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(min_value=datetime(2000, 1, 2), max_value=datetime(9999, 12, 28), timezones=_ZONES))  # noqa: DTZ001
def test_isoformat_is_read(moment: datetime) -> None:
    """A time that Python writes in any zone is read back in UTC."""
    assert read(moment.isoformat()) == (moment, "")


_USUAL = st.tuples(
    st.integers(2, 9998),
    st.integers(1, 12),
    st.integers(1, 31),
    st.sampled_from("Tt "),
    st.integers(0, 23),
    st.integers(0, 59),
    st.integers(0, 59),
    st.sampled_from(["", ".5", ",123", ".123456", ".1234567", ".123456789"]),
    st.sampled_from(["Z", "z", "+00:00", "-0000", "+14:00", "-14:00", "+05:45", "+23:59", "-23:59"]),
).map(lambda p: "{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}{}{}".format(*p))


@given(_USUAL)
def test_agrees_with_dateutil(text: str) -> None:
    """Text that `isoparse` reads gives the same time, and text that it refuses gives None."""
    try:
        theirs = isoparse(text)
    except ValueError:
        assert wire.rfc3339(text) is None
    else:
        assert wire.rfc3339(text) == theirs


# --- Counts -----------------------------------------------------------------------------------------------------------

UNITS = {wire.EpochSeconds: 1, wire.EpochMillis: 1_000, wire.EpochMicros: 1_000_000, wire.EpochNanos: 1_000_000_000}
EACH = pytest.mark.parametrize(
    ("hint", "per_second"), UNITS.items(), ids=["seconds", "milliseconds", "microseconds", "nanoseconds"]
)


@EACH
def test_counts_are_exact(hint: Any, per_second: int) -> None:
    """A count is divided as an integer and cut to microseconds."""
    assert read(1_767_268_830 * per_second, hint) == (utc(2026, 1, 1, 12, 0, 30), "")
    assert read(1_767_268_831 * per_second - 1, hint)[0].microsecond == {1: 0, 1000: 999_000}.get(per_second, 999_999)
    assert read(946_684_800 * per_second, hint) == (utc(2000, 1, 1), "")


@EACH
def test_counts_that_are_no_time(hint: Any, per_second: int) -> None:
    """Zero and null give None; a count before the window or beyond the calendar is left out with a warning."""
    assert read(0, hint) == read(None, hint) == (None, "")
    for count in (-per_second, per_second, 946_684_800 * per_second - 1, -62_135_500_000 * per_second):
        assert read(count, hint) == (None, "the time lies before the year 2000 and was left out")
    for count in (10**30, -(10**30), 253_402_300_800 * per_second):
        assert read(count, hint) == (None, "the time is in no calendar and was left out")
    assert read(253_402_300_799 * per_second, hint) == (None, "")


@EACH
@pytest.mark.parametrize("value", [1.5, "1767268830", True, "", [], {}])
def test_counts_are_ints(hint: Any, per_second: int, value: Any) -> None:  # noqa: ARG001
    """A count as text or float does not fit."""
    with pytest.raises(wire.Mismatch, match="expected int"):
        read(value, hint)


@given(st.integers(), st.sampled_from(sorted(UNITS.values())))
@example(253_402_300_800, 1)
@example(-62_135_596_801, 1)
def test_any_count(count: int, per_second: int) -> None:
    """Any count gives the UTC time cut to microseconds, or None beyond the calendar."""
    moment = wire.epoch(count, per_second)
    if moment is None:
        assert not -62_135_596_800 <= count // per_second < 253_402_300_800
    else:
        past = (moment - utc(1970, 1, 1)) // timedelta(microseconds=1)
        assert past == count * 1_000_000 // per_second
        assert moment.tzinfo is UTC


# --- Spans ------------------------------------------------------------------------------------------------------------


def test_spans() -> None:
    """Nanoseconds are cut to microseconds, may be negative, and are left out beyond the range of a timedelta."""
    assert read(20_000_000_999, wire.Nanoseconds) == (timedelta(seconds=20), "")
    assert read(-5_000, wire.Nanoseconds) == (timedelta(microseconds=-5), "")
    assert read(10**40, wire.Nanoseconds) == (timedelta(), "the duration is out of range and was left out")
    for value in (1.5, "5", None, True):
        with pytest.raises(wire.Mismatch, match="expected int"):
            read(value, wire.Nanoseconds)


def test_the_start_of_a_span() -> None:
    """`before` subtracts the span; a negative or too long span counts as zero, a missing one gives no start."""
    end = utc(2026, 1, 1)
    assert wire.before(end, timedelta(days=1)) == utc(2025, 12, 31)
    for span in (timedelta(), timedelta(seconds=-5), timedelta.max):
        assert wire.before(end, span) == end
    assert wire.before(None, timedelta(days=1)) is wire.before(end, None) is None


# --- Other forms ------------------------------------------------------------------------------------------------------


def test_time_with_text() -> None:
    """`Rfc3339WithText` holds the time and the text sent."""
    text = "2026-01-01T12:00:00.123456789+01:00"
    assert read(text, wire.Rfc3339WithText) == (wire.TimeWithText(utc(2026, 1, 1, 11, 0, 0, 123_456), text), "")
    assert read("", wire.Rfc3339WithText) == (None, "")


NOON = utc(2026, 1, 1, 12, 0, 30)


@pytest.mark.parametrize(
    ("hint", "value", "moment"),
    [
        (wire.EpochAny, 1_767_268_830, NOON),
        (wire.EpochAny, "1767268830", NOON),
        (wire.EpochAny, " 1767268830000 ", NOON),
        (wire.EpochAny, 1_767_268_830_000, NOON),
        (wire.EpochAny, "null", None),
        (wire.EpochAny, "", None),
        (wire.EpochAny, None, None),
        (wire.BasicTime, "20260101T120030Z", NOON),
        (wire.BasicTime, "20260101T200030.000+0800", NOON),
        (wire.BasicTime, "2026-01-01T12:00:30Z", NOON),
        (wire.BasicTime, None, None),
        (wire.AnyTime, "2026-01-01T12:00:30Z", NOON),
        (wire.AnyTime, 1_767_268_830, NOON),
        (wire.AnyTime, 1_767_268_830.0, NOON),
        (wire.AnyTime, 1_767_268_830_000.0, NOON),
        (wire.AnyTime, "1767268830.000", NOON),
        (wire.AnyTime, "1767268830000", NOON),
        (wire.AnyTime, None, None),
    ],
)
def test_other_forms(hint: Any, value: Any, moment: datetime | None) -> None:
    """Counts of seconds and milliseconds differ by size; `BasicTime` needs no separators."""
    assert read(value, hint) == (moment, "")


NO_TIMES: tuple[Any, ...] = ("soon", 10**30, 1e300, -1.7e308, [], {}, True)


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        *((wire.EpochAny, value) for value in ("soon", 10**30)),
        *((wire.BasicTime, value) for value in ("20261301T120030Z", "soon")),
        *((wire.AnyTime, value) for value in NO_TIMES),
        *(
            (hint, value)
            for hint in (wire.EpochAny, wire.AnyTime)
            for value in (20260304100000, "20260304100000", 10**30)
        ),
        (wire.AnyTime, 2026030410000.5e1),
    ],
)
def test_other_forms_that_are_no_time(hint: Any, value: Any) -> None:
    """Unreadable values are left out with a warning."""
    moment, warning = read(value, hint)
    assert moment is None
    assert warning.endswith("was left out")


@pytest.mark.parametrize("value", [1.5, True, [], {}])
def test_a_count_is_int_or_text(value: Any) -> None:
    """`EpochAny` accepts only int, text or null."""
    with pytest.raises(wire.Mismatch, match="expected int or text"):
        read(value, wire.EpochAny)


@pytest.mark.parametrize(
    ("value", "minutes"),
    [("2 minutes", 2), ("0分钟", 0), (" 15", 15), (7, 7), (None, None), ("", None), ("null", None)],
)
def test_minutes(value: Any, minutes: int | None) -> None:
    """`Minutes` reads the number before any word."""
    assert read(value, wire.Minutes) == (None if minutes is None else timedelta(minutes=minutes), "")


@pytest.mark.parametrize("value", ["soon", "1.5h", "-5", -5, "9" * 30])
def test_not_minutes(value: Any) -> None:
    """Text without a leading number of minutes is left out with a warning; a list or a boolean does not fit."""
    assert read(value, wire.Minutes) == (None, "the duration is no count of minutes and was left out")
    for other in ([value], True, 1.5):
        with pytest.raises(wire.Mismatch, match="expected text or int"):
            read(other, wire.Minutes)


def test_times_in_uuids() -> None:
    """`uuid1_time` reads the time of a version 1 UUID, and gives None for any other text."""
    assert wire.uuid1_time("77da4300-e709-11f0-8000-000000000000") == utc(2026, 1, 1, 12, 0, 30)
    for text in ("", "soon", "77da4300-e709-41f0-8000-000000000000", "00000000-0000-1000-8000-000000000000"):
        assert wire.uuid1_time(text) is None


MOMENT = datetime(2026, 4, 18, 21, 47, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1776548823, MOMENT),
        ("1776548823", MOMENT),
        (" 1776548823 ", MOMENT),
        (1776548823512, MOMENT + timedelta(milliseconds=512)),
        ("1776548823512", MOMENT + timedelta(milliseconds=512)),
        (946684800, datetime(2000, 1, 1, tzinfo=UTC)),
        (99_999_999_999, datetime(5138, 11, 16, 9, 46, 39, tzinfo=UTC)),
        ("null", None),
        ("", None),
        (None, None),
        (0, None),
    ],
)
def test_epoch_any(value: Any, expected: datetime | None) -> None:
    """The size of a count separates seconds from milliseconds."""
    assert read_with_codes(value, wire.EpochAny) == (expected, [])


@pytest.mark.parametrize("value", ["soon", "1776548823.5", "2026-04-18T21:47:03Z", 10**11, -5, 10**18, "9" * 20])
def test_epoch_any_out_of_range(value: Any) -> None:
    """Text that is not a count, and counts outside the window, are left out with a warning."""
    assert read_with_codes(value, wire.EpochAny) == (None, [ProblemCode.BAD_TIME])


@pytest.mark.parametrize("value", [True, 1.5, [], {}])
def test_epoch_any_of_something_else(value: Any) -> None:
    """Booleans, floats, lists and objects do not fit."""
    with pytest.raises(wire.Mismatch, match="seconds or milliseconds"):
        read_with_codes(value, wire.EpochAny)


@pytest.mark.parametrize(
    ("value", "expected", "codes"),
    [
        ("20260418T214703.000Z", MOMENT, []),
        ("20260419T054703+0800", MOMENT, []),
        ("2026-04-18T21:47:03Z", MOMENT, []),
        ("20260418T214703", MOMENT, [ProblemCode.BAD_TIME]),
        ("20261345T214703Z", None, [ProblemCode.BAD_TIME]),
        ("20260418", None, [ProblemCode.BAD_TIME]),
        ("202604181T214703Z", None, [ProblemCode.BAD_TIME]),
        ("", None, []),
        (None, None, []),
    ],
)
def test_basic_time(value: Any, expected: datetime | None, codes: list[ProblemCode]) -> None:
    """A time without separators is read in its own zone; without one UTC is assumed, with a warning."""
    assert read_with_codes(value, wire.BasicTime) == (expected, codes)


@pytest.mark.parametrize(
    ("value", "expected", "codes"),
    [
        ("0分钟", 0, []),
        ("12 minutes", 12, []),
        ("7", 7, []),
        (7, 7, []),
        ("null", None, []),
        ("", None, []),
        (None, None, []),
        ("soon", None, [ProblemCode.BAD_TIME]),
        ("1.5 h", None, [ProblemCode.BAD_TIME]),
        ("1" * 10, None, [ProblemCode.BAD_TIME]),
        (-7, None, [ProblemCode.BAD_TIME]),
    ],
)
def test_minutes_and_their_warnings(value: Any, expected: int | None, codes: list[ProblemCode]) -> None:
    """`Minutes` reads the number whatever the unit word, and warns where there is none."""
    span = None if expected is None else timedelta(minutes=expected)
    assert read_with_codes(value, wire.Minutes) == (span, codes)


@pytest.mark.parametrize("value", [True, 1.5, []])
def test_minutes_of_something_else(value: Any) -> None:
    """Values other than text and integers do not fit."""
    with pytest.raises(wire.Mismatch, match="minutes"):
        read_with_codes(value, wire.Minutes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("c232ab00-9414-11ec-b3c8-9f6bdeced846", datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)),  # RFC 9562, A.1
        ("919108f7-52d1-4320-9bac-f847db4148a8", None),  # version 4
        ("00000000-0000-1000-8000-000000000000", None),  # the year 1582
        ("null", None),
        ("", None),
    ],
)
def test_uuid1_time(text: str, expected: datetime | None) -> None:
    """Only a version 1 UUID inside the window has a time."""
    assert expected == wire.uuid1_time(text)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-01-01T12:00:30Z", NOON),
        (" 2026-01-01T13:00:30+01:00 ", NOON),
        (1_767_268_830, NOON),
        (1_767_268_830_000, NOON),
        ("1767268830", NOON),
        (" 1767268830000 ", NOON),
        (1_767_268_830.25, NOON.replace(microsecond=250_000)),
        (1_767_268_830_000.0, NOON),
        ("1767268830.25", NOON.replace(microsecond=250_000)),
        (None, None),
        ("", None),
        (0, None),
        ("0001-01-01T00:00:00Z", None),
    ],
)
def test_any_time(value: object, moment: datetime | None) -> None:
    """`AnyTime` reads ISO text, and counts of seconds or milliseconds as int, float or text."""
    node = wire.plain(value)
    assert wire.structure(node, wire.AnyTime) == moment
    assert node.context.warnings == []


@pytest.mark.parametrize("value", ["Monday, 9 am", "2026-13-01T00:00:00Z", True, [], {}, 1e300, -1e300, 10**30, 1e5])
def test_any_time_that_is_no_time(value: object) -> None:
    """An unreadable value of any type is None with a warning, never a mismatch."""
    node = wire.plain(value)
    assert wire.structure(node, wire.AnyTime) is None
    assert [code for _, code, _ in node.context.warnings] == [ProblemCode.BAD_TIME]


@pytest.mark.parametrize(
    ("value", "known", "unknown"),
    [
        ("2026-01-01 20:00:30", NOON, None),
        ("2026-01-01T20:00:30", NOON, None),
        ("2026-01-01T12:00:30Z", NOON, NOON),
        ("2026-01-01T13:00:30+01:00", NOON, NOON),
        (1_767_268_830_000, NOON, NOON),
        ("1767268830", NOON, NOON),
    ],
)
def test_local_time(value: object, known: datetime, unknown: datetime | None) -> None:
    """A time without a zone needs the offset; any other one has its own, whatever the offset is."""
    node = wire.plain(value)
    moment = wire.structure(node, wire.LocalTime)
    assert moment.at(timedelta(hours=8)) == known
    assert moment.at(None) == unknown
    assert node.context.warnings == []


@pytest.mark.parametrize("value", ["soon", "2026-02-30 10:00:00", [], True])
def test_local_time_that_is_no_time(value: object) -> None:
    """It is left out, with a problem."""
    node = wire.plain(value)
    assert wire.structure(node, wire.LocalTime) is None
    assert [code for _, code, _ in node.context.warnings] == [ProblemCode.BAD_TIME]


@pytest.mark.parametrize(("text", "hours"), [("Z", 0), ("+08:00", 8), ("-03:30", -3.5)])
def test_utc_offset(text: str, hours: float) -> None:
    """Offsets are `Z` or hours and minutes with a sign."""
    assert wire.structure(wire.plain(text), wire.UtcOffset) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["CET", "8", "+8", "+0800", "+25:00", "", 8, None])
def test_what_is_no_utc_offset(text: object) -> None:
    """Anything else is refused when the source is set up."""
    with pytest.raises(wire.Mismatch):
        wire.structure(wire.plain(text), wire.UtcOffset)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Sun Nov 29 11:10:16 UTC 2026", "2026-11-29T11:10:16+00:00"),  # Nagios on Debian: the `date` of a script
        ("Tue Feb  3 10:11:12 +03 2026", "2026-02-03T07:11:12+00:00"),  # Checkmk's LONGDATETIME
        ("Sat, 30 Jan 2027 11:00:00 +0100", "2027-01-30T10:00:00+00:00"),  # a mail
        ("Sat, 30 Jan 2027 11:00:00 GMT", "2027-01-30T11:00:00+00:00"),
        ("2 march 2026 11:10:16.5 -05:00", "2026-03-02T16:10:16.500000+00:00"),
        ("2026-11-29 11:10:16 UTC", "2026-11-29T11:10:16+00:00"),  # Ruby: GitLab
        ("2026-01-01T12:00:30Z", "2026-01-01T12:00:30+00:00"),
        ("1767268830", "2026-01-01T12:00:30+00:00"),
    ],
)
def test_a_time_that_is_written_out(text: str, moment: str) -> None:
    """`LooseTime` reads a month by its name, with an offset; and all that `AnyTime` reads."""
    assert read(text, wire.LooseTime) == (datetime.fromisoformat(moment), "")


@pytest.mark.parametrize(
    "text",
    [
        "Sun Nov 29 11:10:16 2026",  # no zone
        "Sun Nov 29 11:10:16 CST 2026",  # three zones
        "29 Nov 2026 UTC",  # no time of day
        "Nov 29 11:10:16 UTC",  # no year
        "2026-11-29 11:10:16 CST",
        "2026-11-29 UTC",
        "2026-13-29 11:10:16 UTC",
        "03/02/2026 11:10:16 +01:00",  # two days
        "9 March, late",
        "Nov" * 100,
        "Nov 99999999999999999999 11:10:16 UTC 2026",
        "Nov 29 11:10:16 +9999 2026",
    ],
)
def test_a_time_that_is_not_certain_is_left_out(text: str) -> None:
    """A text that lacks a part, or may be two times, is None with a problem, whatever zone this machine is in."""
    moment, problem = read(text, wire.LooseTime)
    assert moment is None
    assert problem

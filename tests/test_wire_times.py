"""Times on the wire: total, aware, in UTC, cut to microseconds."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from dateutil.parser import isoparse
from hypothesis import example, given
from hypothesis import strategies as st

from alertmap import wire
from alertmap.model import ProblemCode, Request


def read(value: Any, hint: Any = wire.Rfc3339) -> tuple[Any, str]:
    """The time, and what is doubted of it; the code of a doubt is always the same."""
    context = wire.ParseContext(Request(), None)
    made = wire.structure(wire.Node(value, ("time",), context), hint)
    assert {(where, code) for where, code, _ in context.warnings} <= {(("time",), ProblemCode.BAD_TIME)}
    assert len(context.warnings) <= 1
    return made, "".join(message for _, _, message in context.warnings)


def utc(*parts: int) -> datetime:
    """A time in UTC."""
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
    """What is RFC 3339 is read to the microsecond, in UTC, without a doubt."""
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
def test_what_means_no_time(value: Any) -> None:
    """Null, blanks, the zero times of Go, MySQL and the epoch, and the end of all days are none, and no problem."""
    assert read(value) == (None, "")


@pytest.mark.parametrize(
    "text", ["1999-12-31T23:59:59Z", "1970-01-01T00:00:01Z", "0001-01-02T00:00:00Z", "1582-10-04T00:00:00Z"]
)
def test_times_before_the_window(text: str) -> None:
    """A time before the year 2000 is of a clock that was never set: left out, with a problem."""
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
        "2026-01-01T12:00:00 +0000 UTC",
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
def test_what_is_no_time(text: str) -> None:
    """What is not RFC 3339 is left out with a problem: no part of it is guessed from today."""
    assert read(text) == (None, "the time is not RFC 3339 text and was left out")
    assert wire.rfc3339(text) is None


def test_a_time_without_a_zone_is_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read as UTC with a problem, wherever the process runs."""
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    for text in ("2026-01-01T12:00:00", "2026-01-01 12:00:00", "2026-01-01T12:00:00.000000"):
        assert read(text) == (utc(2026, 1, 1, 12), "the time has no zone; UTC was assumed")


@pytest.mark.parametrize("value", [0, 1.5, True, [], {}, 1_767_268_830])
def test_text_only(value: Any) -> None:
    """A number is no RFC 3339 text: that does not fit."""
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
def test_any_text_has_an_end(text: str) -> None:
    """Whatever the text, it is a time in UTC inside the window, or None."""
    moment, doubt = read(text)
    assert moment is None or (moment.tzinfo is UTC and moment.year >= 2000)
    assert moment is not None or not doubt or doubt.endswith("was left out")
    found = wire.rfc3339(text)
    assert found is None or found.tzinfo is UTC


_ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(min_value=datetime(2000, 1, 2), max_value=datetime(9999, 12, 28), timezones=_ZONES))  # noqa: DTZ001
def test_what_python_writes_is_read(moment: datetime) -> None:
    """A time in any zone that Python writes comes back in UTC."""
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
def test_as_dateutil_reads_it(text: str) -> None:
    """What `isoparse` reads is the same time here, and what it cannot read is none."""
    try:
        theirs = isoparse(text)
    except ValueError:
        assert wire.rfc3339(text) is None
    else:
        assert wire.rfc3339(text) == theirs


# --- Counts -----------------------------------------------------------------------------------------------------------

UNITS = {wire.EpochSeconds: 1, wire.EpochMillis: 1_000, wire.EpochNanos: 1_000_000_000}
EACH = pytest.mark.parametrize(("hint", "per_second"), UNITS.items(), ids=["seconds", "milliseconds", "nanoseconds"])


@EACH
def test_counts_are_exact(hint: Any, per_second: int) -> None:
    """A count is divided as an integer and cut to microseconds."""
    assert read(1_767_268_830 * per_second, hint) == (utc(2026, 1, 1, 12, 0, 30), "")
    assert read(1_767_268_831 * per_second - 1, hint)[0].microsecond == {1: 0, 1000: 999_000}.get(per_second, 999_999)
    assert read(946_684_800 * per_second, hint) == (utc(2000, 1, 1), "")


@EACH
def test_counts_that_are_no_time(hint: Any, per_second: int) -> None:
    """Zero and null are none; what is before the window, or in no calendar, is left out with a problem."""
    assert read(0, hint) == read(None, hint) == (None, "")
    for count in (-per_second, per_second, 946_684_800 * per_second - 1, -62_135_500_000 * per_second):
        assert read(count, hint) == (None, "the time lies before the year 2000 and was left out")
    for count in (10**30, -(10**30), 253_402_300_800 * per_second):
        assert read(count, hint) == (None, "the time is in no calendar and was left out")
    assert read(253_402_300_799 * per_second, hint) == (None, "")


@EACH
@pytest.mark.parametrize("value", [1.5, "1767268830", True, "", [], {}])
def test_counts_are_ints(hint: Any, per_second: int, value: Any) -> None:  # noqa: ARG001
    """A count as text or as a float is not made to fit."""
    with pytest.raises(wire.Mismatch, match="expected int"):
        read(value, hint)


@given(st.integers(), st.sampled_from(sorted(UNITS.values())))
@example(253_402_300_800, 1)
@example(-62_135_596_801, 1)
def test_any_count_has_an_end(count: int, per_second: int) -> None:
    """Whatever the count, it is a time in UTC at most a microsecond before it, or in no calendar."""
    moment = wire.epoch(count, per_second)
    if moment is None:
        assert not -62_135_596_800 <= count // per_second < 253_402_300_800
    else:
        past = (moment - utc(1970, 1, 1)) // timedelta(microseconds=1)
        assert past == count * 1_000_000 // per_second
        assert moment.tzinfo is UTC


# --- Spans ------------------------------------------------------------------------------------------------------------


def test_spans() -> None:
    """Nanoseconds are cut to microseconds, may be negative, and end where a span ends."""
    assert read(20_000_000_999, wire.Nanoseconds) == (timedelta(seconds=20), "")
    assert read(-5_000, wire.Nanoseconds) == (timedelta(microseconds=-5), "")
    assert read(10**40, wire.Nanoseconds) == (timedelta(), "the duration is out of range and was left out")
    for value in (1.5, "5", None, True):
        with pytest.raises(wire.Mismatch, match="expected int"):
            read(value, wire.Nanoseconds)


def test_the_start_of_a_span() -> None:
    """A span ends at its moment; one that is negative, missing or longer than the calendar counts as none."""
    end = utc(2026, 1, 1)
    assert wire.before(end, timedelta(days=1)) == utc(2025, 12, 31)
    for span in (None, timedelta(), timedelta(seconds=-5), timedelta.max):
        assert wire.before(end, span) == end
    assert wire.before(None, timedelta(days=1)) is None


# --- Other writings ---------------------------------------------------------------------------------------------------


def test_stamps_keep_their_text() -> None:
    """A stamp is a time with the text that was sent for it."""
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
def test_times_in_other_writings(hint: Any, value: Any, moment: datetime | None) -> None:
    """A count tells its unit by its size where that is declared; separators may be missing where that is."""
    assert read(value, hint) == (moment, "")


NO_TIMES: tuple[Any, ...] = ("soon", 10**30, 1e300, -1.7e308, [], {}, True)


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        *((wire.EpochAny, value) for value in ("soon", 10**30)),
        *((wire.BasicTime, value) for value in ("20261301T120030Z", "soon")),
        *((wire.AnyTime, value) for value in NO_TIMES),
    ],
)
def test_other_writings_that_are_no_time(hint: Any, value: Any) -> None:
    """What cannot be read is left out with a problem."""
    moment, doubt = read(value, hint)
    assert moment is None
    assert doubt.endswith("was left out")


@pytest.mark.parametrize("value", [1.5, True, [], {}])
def test_a_count_is_int_or_text(value: Any) -> None:
    """A count of seconds or milliseconds is not made of anything else."""
    with pytest.raises(wire.Mismatch, match="expected int or text"):
        read(value, wire.EpochAny)


@pytest.mark.parametrize(
    ("value", "minutes"),
    [("2 minutes", 2), ("0分钟", 0), (" 15", 15), (7, 7), (None, None), ("", None), ("null", None)],
)
def test_minutes(value: Any, minutes: int | None) -> None:
    """A span in minutes, whatever the word behind it."""
    assert read(value, wire.Minutes) == (None if minutes is None else timedelta(minutes=minutes), "")


@pytest.mark.parametrize("value", ["soon", "1.5h", "-5", -5, "9" * 30])
def test_what_is_no_minutes(value: Any) -> None:
    """What begins with no whole count is left out with a problem; a list or a boolean does not fit."""
    assert read(value, wire.Minutes) == (None, "the duration is no count of minutes and was left out")
    for other in ([value], True, 1.5):
        with pytest.raises(wire.Mismatch, match="expected text or int"):
            read(other, wire.Minutes)


def test_times_in_uuids() -> None:
    """The time inside a UUID of version 1; None of any other, of other text, and of one from before the window."""
    assert wire.uuid1_time("77da4300-e709-11f0-8000-000000000000") == utc(2026, 1, 1, 12, 0, 30)
    for text in ("", "soon", "77da4300-e709-41f0-8000-000000000000", "00000000-0000-1000-8000-000000000000"):
        assert wire.uuid1_time(text) is None

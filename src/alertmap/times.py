"""Times of arguments: aware datetimes in UTC, and their text."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from alertmap.errors import ConfigurationError

_AWARE = "must be an aware datetime such as datetime.now(UTC)"


def to_utc(time: object, name: str) -> datetime:
    """Convert a datetime to UTC.

    Raises:
        ConfigurationError: it is not a datetime, is naive, lies outside the years 1 to 9999 in UTC, or its time zone
            raises. The message begins with `name`.
    """
    if not isinstance(time, datetime):
        raise ConfigurationError(f"{name} {_AWARE}, got {type(time).__name__}")
    if time.tzinfo is UTC:
        return time
    try:
        if time.utcoffset() is not None:
            return time.astimezone(UTC)
    except OverflowError:
        raise ConfigurationError(f"{name} lies outside the years 1 to 9999 in UTC") from None
    except Exception as error:
        raise ConfigurationError(f"{name}: its time zone raised {type(error).__name__}") from error
    raise ConfigurationError(f"{name} {_AWARE}, got a naive datetime")


def time_text(
    time: object, name: str = "a time", *, timespec: Literal["auto", "seconds", "milliseconds"] = "auto"
) -> str:
    """Return a time as RFC 3339 text in UTC, as everything that the library writes has it: `2026-01-31T12:00:00Z`.

    Raises:
        ConfigurationError: as `to_utc`.
    """
    return to_utc(time, name).isoformat(timespec=timespec).replace("+00:00", "Z")


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def nanoseconds(time: datetime) -> int:
    """Return the nanoseconds from 1970 to an aware time; a datetime has none below a microsecond."""
    return (time - _EPOCH) // timedelta(microseconds=1) * 1_000

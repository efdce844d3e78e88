"""`Rfc3339WithText`: a time that keeps its text."""

from datetime import UTC, datetime

import pytest

from alertmap import wire


@wire.model
class Holder:
    """A model with a time."""

    at: wire.Rfc3339WithText = None


def test_the_text_is_kept() -> None:
    """The time is in UTC and cut to microseconds; the text is as sent."""
    found = wire.structure(wire.plain({"at": "2026-11-21T15:11:20.123456789+05:30"}), Holder)
    assert found.at == wire.TimeWithText(
        datetime(2026, 11, 21, 9, 41, 20, 123456, UTC), "2026-11-21T15:11:20.123456789+05:30"
    )


@pytest.mark.parametrize("text", [None, "", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+05:30", "soon"])
def test_zero_and_invalid_times_are_none(text: str | None) -> None:
    """Null, the zero time and unreadable text give None."""
    assert wire.structure(wire.plain({"at": text}), Holder).at is None


def test_unreadable_text_leaves_a_warning() -> None:
    """Unreadable text leaves a warning at its path."""
    node = wire.plain({"at": "soon"})
    wire.structure(node, Holder)
    assert [where for where, _, _ in node.context.warnings] == [("at",)]


def test_another_type_is_refused() -> None:
    """A number does not fit."""
    with pytest.raises(wire.Mismatch, match=r"expected RFC 3339 text, got int @ \$\.at"):
        wire.structure(wire.plain({"at": 12}), Holder)

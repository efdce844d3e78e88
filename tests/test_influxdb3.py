"""InfluxDB 3: what its fixtures do not show."""

import pytest

from alertmap import parse_document

TEXT = "MAD count alert: Field load in {} outlier for 2 consecutive points. Tags: host=db1"


@pytest.mark.parametrize(("table", "known"), [("cpu", True), ("x" * 9_000, False)])
def test_long_texts_are_nobodys_default(table: str, known: bool) -> None:  # noqa: FBT001 - a case
    """A text longer than any official one is not searched for their patterns: a hostile one would cost too much."""
    (alert,) = parse_document("influxdb3", {"message": TEXT.format(table)})
    assert ("check" in alert.identity) is known


def test_hostile_text_is_read_in_time() -> None:
    """What almost fits a pattern a thousand times over is still one alert."""
    text = "[WARN] InfluxDB 3 alert triggered. Condition " + "a > a matched 1 times(" * 350
    (alert,) = parse_document("influxdb3", {"message": text})
    assert alert.level == "WARN"

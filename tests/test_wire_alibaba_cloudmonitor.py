"""The wire types that CloudMonitor's oddities have: the word null, maps as Java prints them, times of unknown unit."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alertmap import wire
from alertmap.model import ProblemCode


def structured(hint: Any, value: Any) -> tuple[Any, list[ProblemCode]]:
    """What a value becomes, and the doubts on the way."""
    node = wire.plain(value)
    return wire.structure(node, hint), [code for _, code, _ in node.context.warnings]


@pytest.mark.parametrize(
    ("value", "expected"), [("null", ""), (None, ""), ("", ""), ("Null", "Null"), (" null", " null"), (4.0, "4")]
)
def test_null_text(value: Any, expected: str) -> None:
    """The word null, just so written, is no text."""
    assert (expected, []) == structured(wire.NullText, value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{instanceId=i-1, userId=5}", {"instanceId": "i-1", "userId": "5"}),
        (" { instanceId = i-1 } ", {"instanceId": "i-1"}),
        ("{url=http://a/?b=c, d&e=f,port=80}", {"url": "http://a/?b=c, d&e=f", "port": "80"}),
        ("{a={b=c}, d=e}", {"a": "{b=c}", "d": "e"}),
        ("{a=1,  2, b=}", {"a": "1,  2"}),
        ("{a=null, b=1}", {"b": "1"}),
        ("{}", {}),
        ("[]", {}),
        ("", {}),
        ("null", {}),
        (None, {}),
        ('{"a": "b", "c": 2, "d": true, "e": null, "f": ""}', {"a": "b", "c": "2", "d": "true"}),
        ('[{"a": "b"}, {"c": 1.5}]', {"a": "b", "c": "1.5"}),
        ([{"a": "b"}, {"a": "c"}], {"a": "b", "a[1]": "c"}),
        ({"a": 18446744073709551617}, {"a": "18446744073709551617"}),
        ("plain words", {"": "plain words"}),
        ("a=b", {"": "a=b"}),
        ("{a, b=c}", {"": "a", "b": "c"}),
        ('["a"]', {"": '["a"]'}),
        ('{"a": ["b"]}', {"": '{"a": ["b"]}'}),
        ("7", {"": "7"}),
    ],
)
def test_java_map(value: Any, expected: dict[str, str]) -> None:
    """A map is read in every spelling; what cannot be taken apart stays one text."""
    assert (expected, []) == structured(wire.JavaMap, value)


def test_java_map_cut_off() -> None:
    """A map without its end stays one text, with a problem: its last value may be half."""
    assert structured(wire.JavaMap, "{a=b, c=d") == ({"": "{a=b, c=d"}, [ProblemCode.TRUNCATED])


@pytest.mark.parametrize("value", [7, True, ["a"], {"a": ["b"]}, [{"a": {}}], [None]])
def test_java_map_of_something_else(value: Any) -> None:
    """What is no map, nor text, does not fit."""
    with pytest.raises(wire.Mismatch, match="object of texts"):
        structured(wire.JavaMap, value)


@pytest.mark.parametrize(
    ("value", "expected"), [('{"a": [1]}', {"a": [1]}), ("{a", "{a"), ({"a": 1}, {"a": 1}), (None, None), ("", "")]
)
def test_json_text(value: Any, expected: Any) -> None:
    """JSON in a text is read; other text stays."""
    assert (expected, []) == structured(wire.JsonText, value)


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
    """The size of a count tells seconds from milliseconds."""
    assert (expected, []) == structured(wire.EpochAny, value)


@pytest.mark.parametrize("value", ["soon", "1776548823.5", "2026-04-18T21:47:03Z", 10**11, -5, 10**18, "9" * 20])
def test_epoch_any_doubted(value: Any) -> None:
    """What is no time of an alert is left out, with a problem."""
    assert structured(wire.EpochAny, value) == (None, [ProblemCode.BAD_TIME])


@pytest.mark.parametrize("value", [True, 1.5, [], {}])
def test_epoch_any_of_something_else(value: Any) -> None:
    """What is no count does not fit."""
    with pytest.raises(wire.Mismatch, match="seconds or milliseconds"):
        structured(wire.EpochAny, value)


@pytest.mark.parametrize(
    ("value", "expected", "doubts"),
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
def test_basic_time(value: Any, expected: datetime | None, doubts: list[ProblemCode]) -> None:
    """A time without separators is read with its own zone; without one UTC is assumed, with a problem."""
    assert (expected, doubts) == structured(wire.BasicTime, value)


@pytest.mark.parametrize(
    ("value", "expected", "doubts"),
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
def test_minutes(value: Any, expected: int | None, doubts: list[ProblemCode]) -> None:
    """The number counts, whatever word is behind it."""
    assert (None if expected is None else timedelta(minutes=expected), doubts) == structured(wire.Minutes, value)


@pytest.mark.parametrize("value", [True, 1.5, []])
def test_minutes_of_something_else(value: Any) -> None:
    """What is neither text nor an integer does not fit."""
    with pytest.raises(wire.Mismatch, match="minutes"):
        structured(wire.Minutes, value)


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
    """A UUID of version 1 tells when it was made; no other does."""
    assert expected == wire.uuid1_time(text)

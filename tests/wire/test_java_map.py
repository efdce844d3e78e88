"""`JavaMap`: maps as Java prints them."""

from typing import Any

import pytest

from alertmap import wire
from alertmap.model import ProblemCode
from structuring import read_with_codes


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
    """A map is read in every spelling; anything that cannot be split stays one text."""
    assert read_with_codes(value, wire.JavaMap) == (expected, [])


def test_java_map_cut_off() -> None:
    """A map without its end stays one text, with a problem: its last value may be incomplete."""
    assert read_with_codes("{a=b, c=d", wire.JavaMap) == ({"": "{a=b, c=d"}, [ProblemCode.TRUNCATED])


@pytest.mark.parametrize("value", [7, True, ["a"], {"a": ["b"]}, [{"a": {}}], [None]])
def test_java_map_of_something_else(value: Any) -> None:
    """Values other than a map or text do not fit."""
    with pytest.raises(wire.Mismatch, match="object of texts"):
        read_with_codes(value, wire.JavaMap)

"""`JsonIn` and `JsonText`: JSON inside a text."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import Factory

from alertmap import wire
from alertmap.model import ProblemCode, Request
from alertmap.wire._compiled import structure_slow
from structuring import read_with_codes


@wire.model
class Wrapping:
    """An object that may be sent as the text of its JSON."""

    texts: wire.JsonIn[wire.Texts] = Factory(dict)


@pytest.mark.parametrize("structure", [wire.structure, structure_slow])
@pytest.mark.parametrize(
    ("value", "expected", "codes"),
    [
        ({"a": {"b": 1}}, {"a.b": "1"}, []),
        ('{"a": {"b": 1}}', {"a.b": "1"}, []),
        ("{broken", {}, [ProblemCode.BAD_FIELD]),
        (7, {}, [ProblemCode.BAD_FIELD]),
        ("null", {}, []),
        (None, {}, []),
    ],
)
def test_json_in_of_a_named_type(
    structure: Callable[..., Any], value: Any, expected: dict[str, str], codes: list[ProblemCode]
) -> None:
    """The JSON inside the text is read with the encoding of the named type."""
    node = wire.Node({"texts": value}, (), wire.ParseContext(Request(), None))
    assert structure(node, Wrapping).texts == expected
    assert [code for _, code, _ in node.context.warnings] == codes


@pytest.mark.parametrize(
    ("value", "expected"), [('{"a": [1]}', {"a": [1]}), ("{a", "{a"), ({"a": 1}, {"a": 1}), (None, None), ("", "")]
)
def test_json_text(value: Any, expected: Any) -> None:
    """Text that is JSON is parsed; other text is kept."""
    assert read_with_codes(value, wire.JsonText) == (expected, [])

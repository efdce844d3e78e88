"""Named types of single values: text, numbers, JSON, enumerations."""

import re
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import pytest

from alertmap import wire
from alertmap.model import Request
from alertmap.paths import format_path
from structuring import RECEIVED, error_of, read, read_with_codes


@wire.model
class Event:
    """A model with an id."""

    id: str


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        (" x ", " x "),
        ("", ""),
        (None, ""),
        (42, "42"),
        (42.0, "42"),
        (-0.0, "0"),
        (4.5, "4.5"),
        (2**64, "18446744073709551616"),
        (10**20, "1" + "0" * 20),
        (1e300, "1e+300"),
        (0.1, "0.1"),
    ],
)
def test_text(value: Any, text: str) -> None:
    """`Text` accepts text, numbers and null: a number has one text form, null is blank."""
    assert read(value, wire.Text) == text


@pytest.mark.parametrize("hint", [wire.Text, wire.NonBlank])
@pytest.mark.parametrize("value", [True, False, [], {}, ["x"]])
def test_text_is_no_repr(value: Any, hint: Any) -> None:
    """A boolean, a list or an object does not become text."""
    assert error_of(value, hint).startswith("expected text")


def test_non_blank() -> None:
    """A `NonBlank` is text or a number, kept as sent, and never blank."""
    assert [read(value, wire.NonBlank) for value in (" x ", 42, 2**64, 0)] == [" x ", "42", str(2**64), "0"]
    for blank in ("", " \t\n", None):
        assert error_of(blank, wire.NonBlank) == "expected text or number that is not blank @ $"


def test_numbers() -> None:
    """A `Number` is an exact int or float; `number_or_text` keeps text and writes booleans as JSON does."""
    assert repr([read(value, wire.Number) for value in (2**64, 1.5)]) == repr([2**64, 1.5])
    others: tuple[Any, ...] = (True, "1", None, [], {})
    for value in others:
        assert error_of(value, wire.Number).startswith("expected number, got ")
    assert [wire.number_or_text(value) for value in (1, 1.5, "1", True, False)] == [1, 1.5, "1", "true", "false"]


def test_json_is_any_value() -> None:
    """`Json` accepts any value and passes it on unchanged."""
    values: tuple[Any, ...] = (None, 0, "x", [1], {"a": {}})
    for value in values:
        assert read(value, wire.Json) is value


def test_json_in_a_text() -> None:
    """`json_in` reads text as a body would be read, and gives None where it does not fit."""
    assert wire.json_in('{"id": "x"}', Event) == Event(id="x")
    assert wire.json_in('{"id": "\\ud800"}', Event) == wire.json_in('{"id": "\ud800"}', Event) == Event(id="\ufffd")
    for text in ("", "x", '{"id": 1}', "[]", "NaN", "[" * 1000):
        assert wire.json_in(text, Event) is None


def test_regular_expressions() -> None:
    """A regular expression is compiled, or kept if compiled, and must have the required groups."""
    hint = Annotated[re.Pattern[str], wire.regex("key")]
    pattern = read("(?P<key>.*)!", hint)
    assert pattern.fullmatch("a\nb!")["key"] == "a\nb"
    assert read(pattern, hint) is pattern
    assert error_of("(?P<other>.)", hint) == "expected a regular expression with the groups key @ $"
    assert error_of("(((secret", hint) == "expected a regular expression, got other text @ $"
    assert error_of("(?P<key>a){99999999999999999999}", hint) == "expected a regular expression, got other text @ $"
    assert error_of(5, hint) == "expected a regular expression, got int @ $"


class Colour(Enum):
    """An enumeration, as in options and alerts."""

    RED = "red"
    BLUE = "blue"


def test_enumerations() -> None:
    """An enumeration is read from its exact value."""
    assert read("red", Colour) is Colour.RED
    assert error_of("RED", Colour) == "expected one of red, blue, got another str @ $"
    assert error_of(["red"], Colour) == "expected one of red, blue, got list @ $"
    assert read(None, Colour | None) is None


def test_plain_datetime() -> None:
    """A plain `datetime` accepts only RFC 3339 text."""
    assert read("2026-01-01T12:00:00Z", datetime) == RECEIVED
    for value in ("soon", 5, None, ""):
        assert error_of(value, datetime).startswith("expected RFC 3339 text, got ")


@pytest.mark.parametrize(
    ("value", "expected"), [("null", ""), (None, ""), ("", ""), ("Null", "Null"), (" null", " null"), (4.0, "4")]
)
def test_null_text(value: Any, expected: str) -> None:
    """`NullText` reads exactly the word null as blank."""
    assert read_with_codes(value, wire.NullText) == (expected, [])


@wire.model
class Outer:
    """Two fields of one object."""

    agent_id: Annotated[str, wire.named("agent"), wire.inside("id")] = ""
    agent_name: Annotated[str, wire.named("agent"), wire.inside("meta", "name")] = ""


@pytest.mark.parametrize(
    ("sent", "id_", "name", "problems"),
    [
        ({"agent": {"id": 7, "meta": {"name": "web"}}}, "7", "web", []),
        ({"agent": {"id": None, "meta": None}}, "", "", []),
        ({"agent": {}}, "", "", []),
        ({"agent": None}, "", "", []),
        ({}, "", "", []),
        ({"agent": {"id": True, "meta": 7}}, "true", "", ["$.agent.meta"]),
        ({"agent": {"meta": {"name": ["a"]}}}, "", '["a"]', ["$.agent.meta.name"]),
        ({"agent": "web"}, "", "", ["$.agent", "$.agent"]),
    ],
)
def test_a_text_inside_an_object(sent: object, id_: str, name: str, problems: list[str]) -> None:
    """An absent text is blank; a value of another type is left out, with a problem that names the place."""
    node = wire.Node(sent, (), wire.ParseContext(Request(), None))
    event = wire.structure(node, Outer)
    assert (event.agent_id, event.agent_name) == (id_, name)
    assert [format_path(where) for where, _, _ in node.context.warnings] == problems

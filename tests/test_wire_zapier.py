"""The wire types of what people fill in by hand."""

from datetime import UTC, datetime
from typing import Annotated, Any

import pytest

from alertmap import wire
from alertmap.model import ProblemCode, State


def read(value: Any, hint: Any) -> Any:
    """Structure a value."""
    return wire.structure(wire.plain(value), hint)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        (" x ", " x "),
        (42, "42"),
        (42.0, "42"),
        (4.25, "4.25"),
        (2**64, "18446744073709551616"),
        (True, "true"),
        (False, "false"),
        (None, ""),
    ],
)
def test_scalars_are_text(value: object, text: str) -> None:
    """Every scalar has one text, alone and in a list of itself."""
    assert wire.scalar_text(value) == text
    assert read(value, wire.ScalarText) == text
    assert read(value, wire.SingleText) == text
    assert read([value, value], wire.SingleText) == text


@pytest.mark.parametrize("value", [{}, {"a": 1}, [{}], [["x"]]])
def test_objects_are_no_text(value: object) -> None:
    """What holds others is no text, and nowhere becomes one."""
    for hint in (wire.ScalarText, wire.SingleText):
        with pytest.raises(wire.Mismatch, match="expected text, number, boolean, null or a list"):
            read(value, hint)
    assert wire.scalar_text(value) is None


def test_lists_of_scalars() -> None:
    """A line joins the items of a list; what must be one value is not made of several."""
    assert read(["a", 1, None, True], wire.ScalarText) == "a, 1, true"
    assert read([], wire.ScalarText) == ""
    assert read(["1", 1, 1.0], wire.SingleText) == "1"
    with pytest.raises(wire.Mismatch, match="got a list of several"):
        read(["a", "b"], wire.SingleText)
    with pytest.raises(wire.Mismatch, match="got list"):
        read([], wire.SingleText)


STATUS = Annotated[
    State, wire.enum_word({"go": State.FIRING, "went": State.FIRING, "stop": State.RESOLVED}, ["go", "stop"])
]


def test_words_of_a_contract() -> None:
    """A word counts in any case and with a full stop behind it; a tolerated one is a problem, at its place."""
    for word in ("go", " GO", "Go.", "gO! ", ["go", "go"]):
        node = wire.plain(word)
        assert wire.structure(node, STATUS) is State.FIRING
        assert node.context.warnings == []
    node = wire.plain({"status": "Went"}).at("status", "Went")
    assert wire.structure(node, STATUS) is State.FIRING
    [(where, code, told)] = node.context.warnings
    assert (where, code) == (("status",), ProblemCode.SYNONYM)
    assert "go or stop" in told


@pytest.mark.parametrize(
    ("word", "got"),
    [
        ("gone", "another word"),
        ("", "nothing"),
        (None, "nothing"),
        (".", "nothing"),
        (True, "another word"),
        ({}, "object"),
    ],
)
def test_other_words_do_not_fit(word: object, got: str) -> None:
    """Any other word is refused, with what is accepted, and without the word."""
    with pytest.raises(wire.Mismatch) as caught:
        read(word, STATUS)
    assert f"got {got}" in str(caught.value)
    assert "gone" not in str(caught.value)


MOMENT = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-01-01T12:00:30Z", MOMENT),
        (" 2026-01-01T13:00:30+01:00 ", MOMENT),
        (1_767_268_830, MOMENT),
        (1_767_268_830_000, MOMENT),
        ("1767268830", MOMENT),
        (" 1767268830000 ", MOMENT),
        (1_767_268_830.25, MOMENT.replace(microsecond=250_000)),
        (1_767_268_830_000.0, MOMENT),
        ("1767268830.25", MOMENT.replace(microsecond=250_000)),
        (None, None),
        ("", None),
        (0, None),
        ("0001-01-01T00:00:00Z", None),
    ],
)
def test_any_time(value: object, moment: datetime | None) -> None:
    """A time counts as ISO text, or as a count of seconds or milliseconds in any form; what says none is None."""
    node = wire.plain(value)
    assert wire.structure(node, wire.AnyTime) == moment
    assert node.context.warnings == []


@pytest.mark.parametrize("value", ["Monday, 9 am", "2026-13-01T00:00:00Z", True, [], {}, 1e300, -1e300, 10**30, 1e5])
def test_no_time(value: object) -> None:
    """What is no time never keeps an alert from being read, and is a problem."""
    node = wire.plain(value)
    assert wire.structure(node, wire.AnyTime) is None
    assert [code for _, code, _ in node.context.warnings] == [ProblemCode.BAD_TIME]


def test_flat() -> None:
    """Every text is found with the names on the way to it; blanks and credentials are not."""
    document = {
        "a": 1,
        "b": {"c": "x", "token": "t", "d": {"e": None, "f": " "}},
        "g": ["x", 2, None],
        "h": [{"i": "y"}, ["z"]],
        "Password": "p",
        "x-itoc360-token": "t",
    }
    assert dict(wire.flatten(document)) == {
        ("a",): "1",
        ("b", "c"): "x",
        ("g",): "x, 2",
        ("h", "0", "i"): "y",
        ("h", "1"): "z",
    }


def test_payload() -> None:
    """A form whose only telling field is `payload` is the JSON in it; nothing else is changed."""
    assert wire.unwrap_payload_field({"payload": '{"a": 1}'}) == {"a": 1}
    assert wire.unwrap_payload_field({" Payload ": "[1]", "token": "t", "x": None}) == [1]
    for document in (
        {"payload": '{"a": 1}', "b": "c"},
        {"payload": {"a": 1}},
        {"load": "[]"},
        ["payload"],
        "payload",
        {},
    ):
        assert wire.unwrap_payload_field(document) is document
    for text in ("x", "5", '"x"', "{"):
        with pytest.raises(wire.Mismatch, match=r"@ \$\.payload$"):
            wire.unwrap_payload_field({"payload": text})


def test_path() -> None:
    """A path begins with `$`, anything else is a key; nothing stands where there is nothing."""
    document = {"a": {"b": [{"c.d": 1}, None]}, "a.b": 2, "$": 3}
    for text, value in (("$.a.b[0]['c.d']", 1), ("a.b", 2), ("$.a.b[1]", None), ("$.a.b[2]", None), ("$.a.x.y", None)):
        assert read(text, wire.Path).find(document) == value
    for text in ("", " ", "$a", "$.a[", "$..a"):
        with pytest.raises(wire.Mismatch):
            read(text, wire.Path)
    with pytest.raises(wire.Mismatch, match="expected path such as"):
        read(5, wire.Path)

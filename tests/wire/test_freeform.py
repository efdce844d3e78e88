"""Wire types for forms that people fill in by hand."""

from typing import Any

import pytest

from alertmap import wire


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
    """Every scalar has one text form, alone and in a list of equal values."""
    assert wire.scalar_text(value) == text
    assert read(value, wire.ScalarText) == text
    assert read(value, wire.SingleText) == text
    assert read([value, value], wire.SingleText) == text


@pytest.mark.parametrize("value", [{}, {"a": 1}, [{}], [["x"]]])
def test_objects_are_no_text(value: object) -> None:
    """Objects and nested lists are not text."""
    for hint in (wire.ScalarText, wire.SingleText):
        with pytest.raises(wire.Mismatch, match="expected text, number, boolean, null or a list"):
            read(value, hint)
    assert wire.scalar_text(value) is None


def test_lists_of_scalars() -> None:
    """`ScalarText` joins the items of a list; `SingleText` refuses a list of several values."""
    assert read(["a", 1, None, True], wire.ScalarText) == "a, 1, true"
    assert read([], wire.ScalarText) == ""
    assert read(["1", 1, 1.0], wire.SingleText) == "1"
    with pytest.raises(wire.Mismatch, match="got a list of several"):
        read(["a", "b"], wire.SingleText)
    with pytest.raises(wire.Mismatch, match="got list"):
        read([], wire.SingleText)


def test_flatten() -> None:
    """Every scalar is found with its path; blanks and credentials are left out."""
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


def test_unwrap_payload_field() -> None:
    """A form whose only informative field is `payload` is replaced by its JSON; other documents are unchanged."""
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
    """A path begins with `$`, other text is one key, and a path to nothing finds None."""
    document = {"a": {"b": [{"c.d": 1}, None]}, "a.b": 2, "$": 3}
    for text, value in (("$.a.b[0]['c.d']", 1), ("a.b", 2), ("$.a.b[1]", None), ("$.a.b[2]", None), ("$.a.x.y", None)):
        assert read(text, wire.Path).find(document) == value
    for text in ("", " ", "$a", "$.a[", "$..a"):
        with pytest.raises(wire.Mismatch):
            read(text, wire.Path)
    with pytest.raises(wire.Mismatch, match="expected path such as"):
        read(5, wire.Path)


def test_pick() -> None:
    """Fields become labels of the same names."""

    @wire.model
    class Event:
        host: wire.Text = ""
        group: wire.Text = ""
        output: wire.Text = ""

    assert wire.pick(Event(host="db-3", output="x"), "host", "group") == {"host": "db-3", "group": ""}

"""Bodies that are almost JSON."""

import re

from alertmap import wire
from alertmap.model import ProblemCode


@wire.model
class Alert:
    """Body of a template of a user."""

    status: wire.NonBlank
    message: wire.Text = ""
    count: int = 0


def test_the_pairs_before_the_break_are_read() -> None:
    """A quote in a value ends the reading there: what looks like a pair behind it may be written by anybody."""
    text = '{"status": "down", "host":"db-3",\n "message": "he said "no", "status": "up", "x": "y"}'
    pairs, rest = wire.leading_pairs(text)
    assert pairs == {"status": "down", "host": "db-3"}
    assert rest.startswith('\n "message"')


def test_the_first_of_two_pairs_of_one_name_counts() -> None:
    """A value that holds a pair of its own does not replace the one before it."""
    pairs, _ = wire.leading_pairs('{"status": "down", "status": "up", "a": ')
    assert pairs == {"status": "down"}


def test_values_without_quotes_are_read() -> None:
    """A template writes numbers so, and nothing for a variable without a value; they break no reading."""
    text = '{"id": 771, "load": -1.5,\n "up": false, "none": null, "days": , "state": "down", "message": "a "b" c"}'
    pairs, rest = wire.leading_pairs(text)
    assert pairs == {"id": "771", "load": "-1.5", "up": "false", "state": "down"}
    assert rest == ' "message": "a "b" c"}'


def test_the_last_pair_is_read() -> None:
    """A line break in a value before it breaks the JSON, and hides nothing behind it."""
    assert wire.leading_pairs('{"message": "a\nb", "status": "up"\n}\n') == ({"message": "a\nb", "status": "up"}, "")
    assert wire.leading_pairs('{"message": "a\nb", "value": 5}').pairs == {"message": "a\nb", "value": "5"}


def test_a_brace_inside_a_value_is_no_end() -> None:
    """Only the brace that ends the body ends its last pair."""
    text = '{"status": "down", "message": "he wrote {"status": "up"}", "x": "y"}'
    assert wire.leading_pairs(text).pairs == {"status": "down"}
    assert wire.leading_pairs('{"status": "down", "message": "a"} b"}').pairs == {"status": "down"}


def test_a_text_without_pairs_has_none() -> None:
    """Nothing is made of a text that is no object."""
    assert wire.leading_pairs("down") == ({}, "down")


def test_what_was_saved_has_problems() -> None:
    """The event says that it was mended, and what else is wrong in it."""
    event, problems = wire.read_mended({"status": "down", "count": "many"}, Alert, "a quote broke the JSON")
    assert event is not None
    assert (event.status, event.count) == ("down", 0)
    assert [(one.code, one.path) for one in problems] == [
        (ProblemCode.BAD_FIELD, "$.count"),
        (ProblemCode.MALFORMED, "$"),
    ]


def test_what_cannot_be_read_has_reasons() -> None:
    """Without what decides there is no event."""
    event, problems = wire.read_mended({"message": "down"}, Alert, "a quote broke the JSON")
    assert event is None
    assert [one.code for one in problems] == [ProblemCode.BAD_ELEMENT]


def test_the_rest_is_the_value_that_broke_the_json() -> None:
    """It loses its key, its own quotes and the end of the object, and no quote of the text; a pair before it counts."""
    for text, message in {
        '{"status": "down", "message": "he wrote "no""}': 'he wrote "no"',
        '{"status": "down", "message": "he wrote "no"",\n"count": 3}': 'he wrote "no"",\n"count": 3',
        '{"status": "down", "message": "sent", "host": "the "db""}': "sent",
        '{"status": "down", "host": "the "db""}': '"host": "the "db""}',
    }.items():
        event, problems = wire.read_broken(text, Alert, last="message")
        assert event == Alert(status="down", message=message)
        assert [one.code for one in problems] == [ProblemCode.MALFORMED]
    event, _ = wire.read_broken('{"status": "down", "host": "the "db""}', Alert)
    assert event == Alert(status="down")


def test_a_placeholder_in_a_broken_body_counts_as_not_sent() -> None:
    """A field that decides is missing then, as in a body that is sound."""
    text = '{"status": "$status", "message": "a "b" c"}'
    event, problems = wire.read_broken(text, Alert, last="message", placeholders=re.compile(r"\$[a-z]+"))
    assert event is None
    assert [one.code for one in problems] == [ProblemCode.BAD_ELEMENT]

"""Placeholders of a sender count as not sent; those that it leaves on purpose bring no problem."""

import re

from alertmap import Request, wire
from alertmap.model import ProblemCode

PATTERN = re.compile(r"\s*|(?P<absent>\{UPDATE\.[A-Z]+\}|\*UNKNOWN\*)|\{[A-Z.]+\}")


def without(document: object) -> tuple[object, list[tuple[object, ...]]]:
    """Return the document without placeholders, and the code and place of each problem."""
    context = wire.ParseContext(Request(), None)
    found = wire.without_placeholders(document, PATTERN, context)
    return found, [(code, where) for where, code, _ in context.warnings]


def test_a_placeholder_is_null_with_a_problem() -> None:
    """A text that is nothing but a placeholder becomes null, at any depth; other texts stay."""
    document = {"host": "{HOST.NAME}", "in": [{"a": "{X}"}, "on {X}"], "count": 1}
    assert without(document) == (
        {"host": None, "in": [{"a": None}, "on {X}"], "count": 1},
        [(ProblemCode.UNRENDERED, ("host",)), (ProblemCode.UNRENDERED, ("in", 0, "a"))],
    )


def test_what_is_absent_on_purpose_is_no_problem() -> None:
    """Blank texts, and those of the group `absent`, become null without a problem."""
    assert without({"a": "", "b": "{UPDATE.ACTION}", "c": "*UNKNOWN*"}) == ({"a": None, "b": None, "c": None}, [])

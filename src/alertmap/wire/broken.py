"""Texts that are almost JSON: bodies of a user's template in which a value breaks the JSON."""

import re
from typing import Any, NamedTuple, TypeVar

from alertmap.model import Problem, ProblemCode, Request
from alertmap.paths import format_path
from alertmap.wire._compiled import structure
from alertmap.wire.nodes import Mismatch, Node, ParseContext, without_placeholders

T = TypeVar("T")


class Leading(NamedTuple):
    """Pairs at the beginning of an object that is not quite JSON, and the text behind them."""

    pairs: dict[str, str]
    rest: str


def leading_pairs(text: str) -> Leading:
    """Return the pairs of names and texts up to the one that breaks the JSON: a quote in a value, mostly.

    A number, `true` or `false` is its text, for templates write values without quotes; null and nothing at all count as
    not sent. Behind the place that breaks the JSON a value could pass for pairs of its own, so nothing of it is a pair.
    """
    pairs, place = dict[str, str](), 0
    while pair := _PAIR.match(text, place):
        value = pair[2] if pair[3] is None else pair[3]
        if value is not None:
            pairs.setdefault(pair[1], value)
        place = pair.end()
    return Leading(pairs, text[place:])


_PAIR = re.compile(
    r'[\s{]*+"(\w{1,64})"\s*+:\s*+'
    r'(?:"([^"\\]*+)"|(-?[0-9]{1,20}(?:\.[0-9]{1,20})?|true|false)|null)?'
    r"\s*+(?:,|\}\s*+\Z)"
)


def read_broken(
    text: str, hint: type[T], *, last: str = "", placeholders: re.Pattern[str] | None = None
) -> tuple[T | None, tuple[Problem, ...]]:
    """Read a body whose JSON a quote, a backslash or a line break in a value broke: its pairs up to there.

    Args:
        text: the body.
        hint: the wire model.
        last: key of the value that the rest of the body is, where no pair has it: a message, mostly.
        placeholders: texts that count as not sent, as for `Adapter`.

    Returns:
        As `read_mended`.
    """
    pairs, rest = leading_pairs(text)
    if last and rest.strip():
        pairs.setdefault(last, _value_in(rest, last))
    return read_mended(pairs, hint, "a value broke the JSON; what stands before it was read", placeholders)


def _value_in(rest: str, key: str) -> str:
    """Return the value in the rest of a broken body that begins with its key, without its quotes; else all of it."""
    rest, begin = rest.strip(), f'"{key}":'
    if not rest.startswith(begin):
        return rest
    return rest.removeprefix(begin).lstrip().removeprefix('"').rstrip("} \r\n\t").removesuffix('"').strip()


def read_mended(
    document: Any, hint: type[T], how: str, placeholders: re.Pattern[str] | None = None
) -> tuple[T | None, tuple[Problem, ...]]:
    """Read what was saved of a broken body as a wire model; None where it does not fit.

    Args:
        document: the pairs or the mended document.
        hint: the model.
        how: what was done, for the message: "a quote broke the JSON; what stands before it was read".
        placeholders: texts that count as not sent, as for `Adapter`.

    Returns:
        The event with the problem `malformed` and those of its fields, or None with the reasons.
    """
    context = ParseContext(Request(), None)
    if placeholders is not None:
        document = without_placeholders(document, placeholders, context)
    try:
        event: T = structure(Node(document, (), context), hint)
    except Mismatch as error:
        return None, error.problems()
    found = [Problem(code, format_path(where), message) for where, code, message in context.warnings]
    return event, (*found, Problem(ProblemCode.MALFORMED, "$", how))

"""Values in the converter, with their path and the request; and the error of a value that does not fit."""

import re
import sys
from datetime import datetime
from operator import is_
from types import NoneType
from typing import Any, TypeAlias

from alertmap._records import record
from alertmap.errors import join_limited
from alertmap.model import Problem, ProblemCode, Request
from alertmap.paths import JsonPath, format_path


@record
class Header:
    """Note that the field is a header of the request; no body can set it."""

    name: str


@record
class Query:
    """Note that the field is a parameter of the request's query; no body can set it."""

    name: str


@record
class ReceivedAt:
    """Note that the field is the time of receipt that the caller passed; None where it passed none."""


@record
class RequestPath:
    """Note that the field is the path of the request, without its query; no body can set it."""


@record
class RequestMethod:
    """Note that the field is the method of the request, in upper case; no body can set it."""


Fact: TypeAlias = Header | Query | ReceivedAt | RequestPath | RequestMethod
"""Values that come with the request, not from the document."""


class Node:
    """Value in the converter, with its path and the context of the request."""

    __slots__ = ("context", "value", "where")

    def __init__(self, value: Any, where: JsonPath, context: "ParseContext") -> None:
        self.value = value
        self.where = where
        self.context = context

    def at(self, step: str | int, value: Any) -> "Node":
        """Return the node of a value inside this one."""
        return Node(value, (*self.where, step), self.context)

    def warn(self, code: ProblemCode, message: str) -> None:
        """Add a problem at this path; the value is still read."""
        self.context.warn(self.where, code, message)


class ParseContext:
    """Context of one document: the request, the time of receipt, and the problems found so far."""

    __slots__ = ("_most", "_of", "decoded", "received_at", "request", "strict", "warnings")

    def __init__(self, request: Request, received_at: datetime | None, *, decoded: bool = True) -> None:
        self.request = request
        self.received_at = received_at
        self.warnings: list[tuple[JsonPath, ProblemCode, str]] = []
        # The length of `warnings` from which on the entries of the list or object `_of` add none.
        self._most = sys.maxsize
        self._of: JsonPath = ()
        self.decoded = decoded
        """The document was decoded from JSON or the like: all keys are text."""
        self.strict = not decoded
        """Every value that does not fit is an error, nothing is left out: for options and files."""

    def warn(self, where: JsonPath, code: ProblemCode, message: str) -> None:
        """Add a problem, unless the entries of a list or object have too many of them."""
        left = self._most - len(self.warnings)
        if left > 1:
            self.warnings.append((where, code, message))
        elif left == 1:
            self.warnings.append((self._of, ProblemCode.TRUNCATED, "more problems of its entries are not listed"))

    def enter(self, where: JsonPath) -> tuple[int, JsonPath]:
        """Begin with the entries of a list or object, which get few problems together; `leave` takes the result."""
        before = (self._most, self._of)
        most = len(self.warnings) + _MOST_PROBLEMS
        if most < self._most:
            self._most, self._of = most, where
        return before

    def leave(self, before: tuple[int, JsonPath]) -> None:
        """End with the entries of a list or object."""
        self._most, self._of = before

    def find(self, fact: Fact) -> Any:
        """Return the value of a field that comes with the request."""
        match fact:
            case Header(name):
                return self.request.header(name)
            case Query(name):
                return self.request.query.get(name)
            case RequestPath():
                return self.request.path
            case RequestMethod():
                return self.request.method
            case _:
                return self.received_at


_MOST_PROBLEMS = 64  # problems that the entries of one list or object have together


class Mismatch(Exception):
    """Error of a value that does not fit: paths and messages, without values. Never leaves this library."""

    def __init__(self, *faults: tuple[JsonPath, str]) -> None:
        super().__init__()
        self.faults = faults

    def problems(self) -> tuple[Problem, ...]:
        """Return the faults as problems."""
        return tuple(Problem(ProblemCode.BAD_ELEMENT, format_path(where), message) for where, message in self.faults)

    def __str__(self) -> str:
        return join_limited([f"{message} @ {format_path(where)}" for where, message in self.faults])


_KINDS: dict[Any, str] = {dict: "object", NoneType: "null"}


def kind_name(hint: Any) -> str:
    """Return the name of a type, in words of JSON where they differ from Python's."""
    return _KINDS.get(hint, getattr(hint, "__name__", "value"))


def kind(value: object) -> str:
    """Return the name of a value's type."""
    return kind_name(type(value))


def mismatch(expected: str, node: Node) -> Mismatch:
    """Return the error of a value of another type than `expected`."""
    return Mismatch((node.where, f"expected {expected}, got {kind(node.value)}"))


_NONE = Request()


def plain(value: Any) -> Node:
    """Return the node of a value outside a request: an option, a file. It is read strictly."""
    return Node(value, (), ParseContext(_NONE, None, decoded=False))


def without_placeholders(document: Any, pattern: re.Pattern[str], context: ParseContext) -> Any:
    """Return a document with null for each text that is a placeholder.

    A blank one brings no problem, nor does one that matches the pattern's group `absent`. What holds no placeholder is
    not copied.
    """

    def walk(value: Any, link: Any) -> Any:
        if type(value) is str:
            found = pattern.fullmatch(value) if len(value) <= _LONGEST_PLACEHOLDER else None
            if found is None:
                return value
            if value.strip() and found.lastgroup != "absent":
                context.warn(_steps(link), ProblemCode.UNRENDERED, "a placeholder of the sender was not filled in")
            return None
        if type(value) is dict and not _MAY_HOLD_TEXT.isdisjoint(map(type, value.values())):
            new = {key: made for key, below in value.items() if (made := walk(below, (link, key))) is not below}
            return value | new if new else value
        if type(value) is list and not _MAY_HOLD_TEXT.isdisjoint(map(type, value)):
            made = [walk(below, (link, index)) for index, below in enumerate(value)]
            return value if all(map(is_, made, value)) else made
        return value

    def element(value: Any, link: Any) -> Any:
        before = context.enter(_steps(link))
        try:
            return walk(value, link)
        finally:
            context.leave(before)

    if type(document) is list:
        return [
            element(value, ((), index)) if type(value) in _MAY_HOLD_TEXT else value
            for index, value in enumerate(document)
        ]
    return element(document, ())


def _steps(link: Any) -> JsonPath:
    """Return the path that a chain of `(chain, step)` stands for: a path for each value would cost its depth."""
    steps = []
    while link:
        link, step = link
        steps.append(step)
    return tuple(reversed(steps))


_MAY_HOLD_TEXT = frozenset((str, dict, list))
_LONGEST_PLACEHOLDER = 256

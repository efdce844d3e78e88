"""A value on its way through the converter: where it stands, what is known of the request, what does not fit."""

from datetime import datetime
from types import NoneType
from typing import Any, TypeAlias

from alertmap._records import record
from alertmap.errors import join_limited
from alertmap.model import Problem, ProblemCode, Request
from alertmap.paths import JsonPath, format_path


@record
class Header:
    """The field is a header of the request; no body can set it."""

    name: str


@record
class Query:
    """The field is a parameter of the request's query; no body can set it."""

    name: str


@record
class ReceivedAt:
    """The field is the time of receipt that the caller gave; None where it gave none."""


Fact: TypeAlias = Header | Query | ReceivedAt


class Node:
    """A value on its way through the converter: where it stands, and what is known of the request."""

    __slots__ = ("context", "value", "where")

    def __init__(self, value: Any, where: JsonPath, context: "ParseContext") -> None:
        self.value = value
        self.where = where
        self.context = context

    def at(self, step: str | int, value: Any) -> "Node":
        """A value below this one."""
        return Node(value, (*self.where, step), self.context)

    def warn(self, code: ProblemCode, message: str) -> None:
        """Note a problem here; the value stays readable."""
        self.context.warnings.append((self.where, code, message))


class ParseContext:
    """What the core fills in beside the document, and the warnings that come up on the way."""

    __slots__ = ("decoded", "received_at", "request", "warnings")

    def __init__(self, request: Request, received_at: datetime | None, *, decoded: bool = True) -> None:
        self.request = request
        self.received_at = received_at
        self.warnings: list[tuple[JsonPath, ProblemCode, str]] = []
        self.decoded = decoded
        """It is about a decoded document: the keys of all objects are text."""

    def find(self, fact: Fact) -> Any:
        """What a field takes from beside the document."""
        match fact:
            case Header(name):
                return self.request.header(name)
            case Query(name):
                return self.request.query.get(name)
            case _:
                return self.received_at


class Mismatch(Exception):
    """What does not fit, where: never shows a value. Stays inside this library."""

    def __init__(self, *faults: tuple[JsonPath, str]) -> None:
        super().__init__()
        self.faults = faults

    def problems(self) -> tuple[Problem, ...]:
        """The faults as users see them."""
        return tuple(Problem(ProblemCode.BAD_ELEMENT, format_path(where), told) for where, told in self.faults)

    def __str__(self) -> str:
        return join_limited([f"{told} @ {format_path(where)}" for where, told in self.faults])


_KINDS: dict[Any, str] = {dict: "object", NoneType: "null"}


def kind_name(hint: Any) -> str:
    """The name of a type, in words of JSON where they differ from Python's."""
    return _KINDS.get(hint, getattr(hint, "__name__", "value"))


def kind(value: object) -> str:
    """The name of a value's type."""
    return kind_name(type(value))


def mismatch(expected: str, node: Node) -> Mismatch:
    """The error that `expected` stood where another type of value was found."""
    return Mismatch((node.where, f"expected {expected}, got {kind(node.value)}"))


_NONE = Request()


def plain(value: Any) -> Node:
    """A value that is no part of a request: an option, a file."""
    return Node(value, (), ParseContext(_NONE, None, decoded=False))

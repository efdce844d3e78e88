"""Arguments of any other type and size: each public function and class raises only errors of this library."""

import asyncio
import inspect
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from enum import Enum
from io import BytesIO
from typing import Any, NamedTuple

import pytest

import alertmap
from alertmap import (
    AlertmapError,
    Auth,
    IncidentBook,
    Limits,
    PageBook,
    Policy,
    Priorities,
    ProblemCode,
    Request,
    Shape,
    Source,
    Timeline,
    parse,
    to_dict,
)
from alertmap.incidents import grouping

LONGEST_MESSAGE = 2_000


class Odd:
    """An object that refuses to be hashed, compared and written."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise ValueError("compared")

    def __repr__(self) -> str:
        raise ValueError("written")


class Zone(tzinfo):
    """A time zone that raises, or returns an offset of another type."""

    def __init__(self, offset: Any = None) -> None:
        self.offset = offset

    def utcoffset(self, _moment: datetime | None) -> Any:
        """Return the offset as it is."""
        if self.offset is None:
            raise ValueError("no offset")
        return self.offset

    def dst(self, moment: datetime | None) -> Any:
        """Return the same."""
        return self.utcoffset(moment)

    def tzname(self, _moment: datetime | None) -> str:
        """Return any name."""
        return ""


def raises(*_arguments: Any) -> Any:
    raise ZeroDivisionError


VALUES: tuple[Any, ...] = (
    *(5, 1.5, True, None, float("nan"), 10**5000, "x", "\ud800", "x" * 100_000, b"x", object(), Odd(), int, raises),
    *([], {}, [[]], [None], [Odd()], {"a": Odd()}, {5: 5}, (1, 2)),
    *(timedelta(-1), datetime(1, 1, 1), datetime(2026, 1, 1, tzinfo=Zone()), datetime(2026, 1, 1, tzinfo=Zone(5))),  # noqa: DTZ001
)

BODY = b'{"id":"a","message":"m","time":"2026-01-01T00:00:00Z","duration":0,"level":"CRITICAL","data":{"series":null}}'
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ALERT = parse("kapacitor", BODY, received_at=NOW).alerts[0]
BOOK = IncidentBook()
TRANSITIONS = BOOK.apply(ALERT)
ORDINARY: dict[str, Any] = {
    "vendor": "kapacitor",
    "request": BODY,
    "document": json.loads(BODY),
    "alert": ALERT,
    "alerts": [ALERT],
    "transitions": TRANSITIONS,
    "now": NOW,
    "name": "kapacitor",
    "title": "t",
    "shapes": [Shape(str, lambda _event: None, rank=None)],
    "model": str,
    "read": lambda _event: None,
    "timeline": Timeline(),
    "policy": Policy(),
    "code": ProblemCode.MISSING,
    "path": "$",
    "message": "m",
    "algorithm": "md5",
    "snapshot": BOOK.snapshot(),
    "text": "a",
    "sources": {},
    "source": "s",
    "dedup_key": "k",
    "incident_id": "i",
    "environ": {"wsgi.input": BytesIO(BODY), "CONTENT_LENGTH": "5"},
    "scope": {"method": "POST", "path": "/", "headers": []},
    "states": [],
    "data": "{}",
}
"""Arguments that mean something, by the names of parameters; a required one that is not listed is None."""


async def received() -> dict[str, Any]:
    """Return the message of an ASGI server that ends a request."""
    return {"type": "http.request", "body": b"", "more_body": False}


OF_RECEIVING = {"source": Source("kapacitor", vendor="kapacitor", auth=Auth(tokens="t")), "request": Request(BODY)}
RECEIVING = ("receive", "refuse", "verify")
"""Functions that take the objects themselves, and what they take."""

OF_AUTHORS = {"by_key", "by_source", "SeenStore"}
"""Functions of an incident that the library calls, and a protocol."""

OF_CALLERS = {"receive"}
"""Parameters that are functions of the caller's framework: what they raise is the caller's."""


class Call(NamedTuple):
    """A public function, class or method."""

    name: str
    function: Callable[..., Any]


def calls() -> Iterator[Call]:
    named = {name: getattr(alertmap, name) for name in alertmap.__all__}
    own = {name: it for name, it in vars(grouping).items() if getattr(it, "__module__", "") == grouping.__name__}
    for name, it in (named | own).items():
        is_error_or_enum = isinstance(it, type) and issubclass(it, Exception | Enum)
        if callable(it) and not name.startswith("_") and name not in OF_AUTHORS and not is_error_or_enum:
            yield Call(name, it)
            kinds = (classmethod, staticmethod)
            methods = [key for key, one in vars(it).items() if isinstance(one, kinds) and not key.startswith("_")]
            yield from (Call(f"{name}.{key}", getattr(it, key)) for key in methods)
    for it in (
        IncidentBook(),
        PageBook(),
        grouping.GroupBook(),
        Policy(),
        Priorities(),
        Request(BODY),
        Limits(),
        ALERT,
    ):
        for key, method in inspect.getmembers(it, inspect.ismethod):
            if not key.startswith("_"):
                yield Call(f"{type(it).__name__}().{key}", method)


CALLS = tuple({it.name: it for it in calls()}.values())


def attempts(function: Callable[..., Any]) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield calls with one argument of another type, the other required ones as they should be."""
    parameters = list(inspect.signature(function).parameters.values())
    required = [
        it for it in parameters if it.default is it.empty and it.kind not in (it.VAR_POSITIONAL, it.VAR_KEYWORD)
    ]
    usual = {it.name: ORDINARY.get(it.name) for it in required}
    if function.__name__ in RECEIVING:
        usual = {name: OF_RECEIVING.get(name, value) for name, value in usual.items()}
    usual |= dict.fromkeys(OF_CALLERS & usual.keys(), received)
    for it in (it for it in parameters if it.name not in OF_CALLERS):
        for value in VALUES:
            if it.kind is it.VAR_POSITIONAL:
                yield it.name, lambda value=value: function(*usual.values(), value)  # type: ignore[misc]
            elif it.kind is not it.VAR_KEYWORD:
                named = usual | {it.name: value}
                placed = [named.pop(one.name) for one in required if one.kind is one.POSITIONAL_ONLY]
                yield it.name, lambda placed=placed, named=named: function(*placed, **named)  # type: ignore[misc]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_only_own_errors(call: Call) -> None:
    """An argument of another type is taken, or refused with an error of this library and a short message."""
    for parameter, attempt in attempts(call.function):
        message = ""
        try:
            result = attempt()
            if inspect.iscoroutine(result):
                asyncio.run(result)
        except AlertmapError as error:
            message = str(error)
        except Exception as error:
            raise AssertionError(f"{parameter}: {type(error).__name__}") from error
        assert len(message) <= LONGEST_MESSAGE, parameter


def test_the_list_has_functions_classes_and_methods() -> None:
    """Nothing public is left out because of how it is found."""
    found = {call.name for call in CALLS}
    assert {
        "parse",
        "detect",
        "Policy",
        "Adapter",
        "GroupBook",
        "IncidentBook.restore",
        "Priorities.from_toml",
    } <= found
    assert {"IncidentBook().apply", "PageBook().rules", "GroupBook().group_of", "Request().header"} <= found


def test_numbers_of_any_length_are_written() -> None:
    """The repr of an alert with a number of 5,000 digits raises nothing."""
    assert "sequence=" in repr(alertmap.from_dict(to_dict(ALERT) | {"sequence": 10**5000}))

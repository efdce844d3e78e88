"""Helpers of the tests of wire types: structure a value as if it stood in a request."""

from datetime import UTC, datetime
from typing import Any

import pytest

from alertmap import wire
from alertmap.model import ProblemCode, Request

RECEIVED = datetime(2026, 1, 1, 12, tzinfo=UTC)


def read(value: Any, hint: Any, request: Request | None = None) -> Any:
    """Structure a value as a part of a request that arrived at `RECEIVED`."""
    return wire.structure(wire.Node(value, (), wire.ParseContext(request or Request(), RECEIVED)), hint)


def read_with_codes(value: Any, hint: Any) -> tuple[Any, list[ProblemCode]]:
    """Structure a value; return the result and the codes of the warnings."""
    node = wire.plain(value)
    return wire.structure(node, hint), [code for _, code, _ in node.context.warnings]


def warnings_of(value: Any, hint: Any) -> list[tuple[Any, ...]]:
    """Structure a value and return the warnings."""
    context = wire.ParseContext(Request(), None)
    wire.structure(wire.Node(value, (), context), hint)
    return context.warnings


def mismatch(value: Any, hint: Any) -> wire.Mismatch:
    """Structure a value strictly and return the error, which must come."""
    context = wire.ParseContext(Request(), RECEIVED)
    context.strict = True
    with pytest.raises(wire.Mismatch) as caught:
        wire.structure(wire.Node(value, (), context), hint)
    return caught.value


def error_of(value: Any, hint: Any) -> str:
    """Structure a value strictly and return the message of the error, which must come."""
    return str(mismatch(value, hint))

"""Helpers of the tests of decoding: the document of a body."""

from typing import Any

from alertmap import Request
from alertmap.intake.decode import decode
from alertmap.strict_json import Limits

JSON = frozenset({"json"})
FORM = frozenset({"form"})
LIMITS = Limits()


def body(data: bytes | str, formats: frozenset[str] = JSON, limits: Limits = LIMITS, **headers: str) -> Any:
    """Decode a body as that of a POST and return its document."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    found = decode(Request(data, headers=names), formats, limits)
    assert found is not None
    return found.value

"""Recorded requests: one HTTP request as a JSON file, with method, path, headers and body.

`path` holds the query; `body` is the raw body as one text, also where it is JSON; `body_raw` is base64 of a body that
is not UTF-8 and wins over `body`; `received_at` is RFC 3339 text. Other keys are ignored.
"""

from base64 import b64decode
from datetime import datetime
from typing import Any

from attrs import Factory, frozen

from alertmap import wire
from alertmap.errors import DecodeError, ShapeError
from alertmap.model import Request
from alertmap.strict_json import Limits, decode_json


@wire.model
class _Recorded:
    method: str
    path: str
    headers: dict[str, str] = Factory(dict)
    body: str | None = None
    body_raw: str | None = None
    received_at: wire.Rfc3339 = None


@frozen
class Recorded:
    """A request and when it came in, if that was written down."""

    request: Request
    received_at: datetime | None = None


_LIMITS = Limits(max_body=32 * 1024 * 1024, max_string=32 * 1024 * 1024)


def read_recorded(data: bytes) -> Recorded:
    """Read the JSON text of one recorded request.

    Raises:
        DecodeError: it is not JSON in UTF-8, or `body_raw` is not base64.
        ShapeError: it is not a recorded request.
    """
    try:
        return from_document(decode_json(data.decode("utf-8-sig"), _LIMITS))
    except UnicodeDecodeError:
        raise DecodeError("a recorded request is JSON in utf-8") from None


def from_document(document: Any) -> Recorded:
    """The same for JSON that is already decoded."""
    try:
        found = wire.structure(wire.plain(document), _Recorded)
        body = b64decode(found.body_raw, validate=True) if found.body_raw is not None else _bytes(found.body)
    except wire.Mismatch as error:
        raise ShapeError(f"not a recorded request: {error}", problems=error.problems()) from None
    except ValueError:
        raise DecodeError("body_raw is not base64") from None
    return Recorded(Request(body, found.method, found.path, found.headers), found.received_at)


def _bytes(body: str | None) -> bytes:
    return (body or "").encode("utf-8", "surrogatepass")

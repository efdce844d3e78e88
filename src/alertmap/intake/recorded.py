"""Recorded requests: one HTTP request as a JSON file, with method, path, headers and body.

`path` holds the query; `body` is the raw body as one text, even where it is JSON; `body_raw` is base64 of a body that
is not UTF-8, and takes precedence over `body`; `received_at` is RFC 3339 text; `product` and `version` name the
software that sent it. Other keys are ignored.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

from attrs import Factory, frozen

from alertmap import wire
from alertmap.errors import ConfigurationError, DecodeError, ShapeError
from alertmap.model import Request
from alertmap.strict_json import Limits, decode_json
from alertmap.times import time_text


@wire.model
class _Document:
    method: str
    path: str
    headers: dict[str, str] = Factory(dict)
    body: str | None = None
    body_raw: str | None = None
    received_at: wire.Rfc3339 = None
    product: wire.Json = None
    version: wire.Json = None


@frozen
class Recorded:
    """A request, with its time of receipt and its sender where they were recorded."""

    request: Request
    received_at: datetime | None = None
    product: str = ""
    """The software that sent it, with its version."""


_LIMITS = Limits(max_body=32 * 1024 * 1024, max_string=32 * 1024 * 1024)


def read_recorded(data: bytes | str) -> Recorded:
    """Read the JSON text of one recorded request, as `write_recorded` and `alertmap capture` write it.

    Raises:
        DecodeError: it is not JSON in UTF-8, or `body_raw` is not base64.
        ShapeError: it is not a recorded request.
        ConfigurationError: it is neither bytes nor str.
    """
    if not isinstance(data, (bytes, bytearray, memoryview, str)):
        raise ConfigurationError(f"a recorded request must be bytes or str, got {type(data).__name__}")
    try:
        text = data if isinstance(data, str) else bytes(data).decode("utf-8-sig")
        return from_document(decode_json(text, _LIMITS))
    except UnicodeDecodeError:
        raise DecodeError("a recorded request is JSON in utf-8") from None


def from_document(document: Any) -> Recorded:
    """Read a recorded request from decoded JSON.

    Raises:
        DecodeError: `body_raw` is not base64.
        ShapeError: it is not a recorded request.
    """
    try:
        found = wire.structure(wire.plain(document), _Document)
        body = b64decode(found.body_raw, validate=True) if found.body_raw is not None else _bytes(found.body)
    except wire.Mismatch as error:
        raise ShapeError(f"not a recorded request: {error}", problems=error.problems()) from None
    except ValueError:
        raise DecodeError("body_raw is not base64") from None
    product = " ".join(part for part in (found.product, found.version) if isinstance(part, str) and part)
    return Recorded(Request(body, found.method, found.path, found.headers), found.received_at, product)


def _bytes(body: str | None) -> bytes:
    return (body or "").encode("utf-8", "surrogatepass")


def write_recorded(
    request: Request,
    received_at: datetime | None = None,
    header_names: Mapping[str, str] | None = None,
    *,
    indent: int | None = 2,
) -> str:
    """Return the JSON text of a request, with everything that was sent: secrets, too.

    `header_names` maps lower-case header names to the names as they were sent. With `indent=None` the text is one line,
    for a file of many requests.

    Raises:
        ConfigurationError: `request` is not a Request, or `received_at` is not an aware datetime.
    """
    if not isinstance(request, Request):
        raise ConfigurationError(f"expected a Request, got {type(request).__name__}")
    names = header_names or {}
    query = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in request.query.items())
    document: dict[str, Any] = {
        "method": request.method,
        "path": f"{request.path}?{query}" if query else request.path,
        "headers": {names.get(name, name): value for name, value in request.headers.items()},
    }
    try:
        document["body"] = request.body if isinstance(request.body, str) else request.body.decode()
    except UnicodeDecodeError as error:
        document["body_raw"] = b64encode(error.object).decode()
    if received_at is not None:
        document["received_at"] = time_text(received_at, "received_at", timespec="milliseconds")
    return json.dumps(document, indent=indent, ensure_ascii=False) + "\n"

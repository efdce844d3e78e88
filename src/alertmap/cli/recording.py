"""Writes a request down as a recorded request."""

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from alertmap.intake.redact import target
from alertmap.model import Request


def recorded(request: Request, received_at: datetime | None = None, names: Mapping[str, str] | None = None) -> str:
    """The JSON text of a request; `names` has the names of its headers as they were spelt, by their lower case."""
    document: dict[str, Any] = {
        "method": request.method,
        "path": target(request),
        "headers": {(names or {}).get(name, name): value for name, value in request.headers.items()},
        **_body(request.body),
    }
    if received_at is not None:
        document["received_at"] = received_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _body(body: bytes | str) -> dict[str, str]:
    if isinstance(body, str):
        return {"body": body}
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_raw": b64encode(body).decode()}

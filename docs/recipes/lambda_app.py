"""A function of AWS Lambda behind a function URL or an HTTP API (payload format 2.0): handler lambda_app.handler."""

from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

from alertmap import AlertmapError, Request, Source, parse, to_dict

SOURCE = Source("eu", vendor="grafana")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Parse one request; a function keeps no book, so the alerts go to a queue, a table or a stream."""
    body = event.get("body") or ""
    request = Request(
        b64decode(body) if event.get("isBase64Encoded") else body,
        method=event["requestContext"]["http"]["method"],
        path=event["rawPath"],
        headers=event["headers"],
        query=event.get("queryStringParameters") or {},
    )
    try:
        batch = parse(None, request, source=SOURCE, received_at=datetime.now(UTC))
    except AlertmapError as error:
        print("NOT READ", error)
        return {"statusCode": 200}
    for alert in batch:
        print(to_dict(alert))
    return {"statusCode": 200}

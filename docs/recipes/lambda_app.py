"""A function of AWS Lambda behind a function URL or an HTTP API (payload format 2.0): handler lambda_app.handler."""

from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

from alertmap import Accepted, Auth, Request, Source, receive, to_dict

SOURCE = Source("eu", vendor="grafana", auth=Auth(basic={"grafana": "a password of your own"}))


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Receive one request; a function keeps no book, so the alerts go to a queue, a table or a stream."""
    body = event.get("body") or ""
    request = Request(
        b64decode(body) if event.get("isBase64Encoded") else body,
        method=event["requestContext"]["http"]["method"],
        path=event["rawPath"],
        headers=event["headers"],
        query=event.get("queryStringParameters") or {},
    )
    done = receive(request, SOURCE, datetime.now(UTC))
    for alert in done.batch if isinstance(done, Accepted) else ():
        print(to_dict(alert))
    return {"statusCode": done.answer.status, "headers": dict(done.answer.headers), "body": done.answer.body}

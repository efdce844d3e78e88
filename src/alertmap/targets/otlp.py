"""OpenTelemetry, one log record over OTLP/HTTP in JSON.

Set up: `url` is that of a collector's receiver, such as `http://collector:4318/v1/logs`.

OpenTelemetry has no convention for alerts: the attributes begin with `alertmap.`.

Fields: https://opentelemetry.io/docs/specs/otel/logs/data-model/
"""

from datetime import datetime
from typing import Any

from alertmap.target import Endpoint, Message, Outgoing, Severity, Skipped, Target, json_request, nanoseconds, time_text

NUMBERS = {
    Severity.CRITICAL: 21,
    Severity.HIGH: 17,
    Severity.MEDIUM: 13,
    Severity.LOW: 10,
    Severity.INFO: 9,
}


def write(message: Message, config: Endpoint, now: datetime) -> Outgoing | Skipped:
    record = {
        "timeUnixNano": unix_nano(message.occurred_at or message.started_at),
        "observedTimeUnixNano": unix_nano(message.received_at or now),
        "eventName": "alertmap.alert",
        "severityNumber": NUMBERS.get(message.severity or Severity.INFO),
        "severityText": message.level or message.severity or "",
        "body": {"stringValue": "\n".join(filter(None, (message.title, message.message)))},
        "attributes": [
            {"key": f"alertmap.{name}", "value": value}
            for name, found in attributes(message)
            if (value := any_of(found))
        ],
    }
    scope = {"scope": {"name": "alertmap"}, "logRecords": [record]}
    return json_request(config.url, {"resourceLogs": [{"scopeLogs": [scope]}]}, config.all_headers())


def unix_nano(time: datetime | None) -> str:
    return str(max(0, nanoseconds(time))) if time else "0"


def attributes(message: Message) -> list[tuple[str, Any]]:
    return [
        ("vendor", message.vendor),
        ("source", message.source),
        ("state", message.state),
        ("dedup_key", message.dedup_key),
        ("key", message.key),
        ("severity", message.severity),
        ("level", message.level),
        ("title", message.title),
        ("resource", message.resource),
        ("episode", message.episode),
        ("incident", message.incident),
        ("no_data", message.no_data),
        ("resolvable", message.resolvable),
        ("started_at", message.started_at and time_text(message.started_at)),
        ("expires_at", message.expires_at and time_text(message.expires_at)),
        ("sequence", message.sequence),
        ("problem_count", len(message.problems)),
        *((f"label.{name}", text) for name, text in message.labels.items()),
        *((f"link.{name}", url) for name, url in message.links.items()),
        *((f"value.{name}", value) for name, value in message.values.items()),
    ]


def any_of(value: Any) -> dict[str, Any] | None:
    """Return a value as an AnyValue; None for what is not known."""
    match value:
        case None | "":
            return None
        case bool():
            return {"boolValue": value}
        case int() if -(2**63) <= value < 2**63:
            return {"intValue": str(value)}
        case int() | float():
            return {"doubleValue": float(value)}
        case _:
            return {"stringValue": str(value)}


target = Target(
    name="otlp",
    title="OpenTelemetry",
    config=Endpoint,
    write=write,
    keeps=("state", "severity", "key", "title", "message", "times", "links", "labels", "values"),
    example={"url": "http://collector.example:4318/v1/logs"},
    checked_by="opentelemetry-proto",
)

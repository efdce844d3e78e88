"""OpenTelemetry, one log record over OTLP/HTTP in JSON.

Set up: `url` is that of a collector's receiver, such as `http://collector:4318/v1/logs`.

OpenTelemetry has no convention for alerts: the attributes begin with `alertmap.`.

Fields: https://opentelemetry.io/docs/specs/otel/logs/data-model/
"""

from datetime import UTC, datetime
from typing import Any

from alertmap import wire
from alertmap.target import Endpoint, Message, Outgoing, Severity, Skipped, Target, json_request, time_text

NUMBERS = {
    Severity.CRITICAL: 21,
    Severity.HIGH: 17,
    Severity.MEDIUM: 13,
    Severity.LOW: 10,
    Severity.INFO: 9,
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@wire.model(closed=True)
class Config(Endpoint):
    pass


def write(message: Message, config: Config, now: datetime) -> Outgoing | Skipped:
    record = {
        "timeUnixNano": nanoseconds(message.occurred_at or message.started_at),
        "observedTimeUnixNano": nanoseconds(message.received_at or now),
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


def nanoseconds(time: datetime | None) -> str:
    if time is None:
        return "0"
    passed = time - EPOCH
    return str(max(0, (passed.days * 86_400 + passed.seconds) * 10**9 + passed.microseconds * 1_000))


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
    config=Config,
    write=write,
    keeps=("state", "severity", "key", "title", "message", "times", "links", "labels", "values"),
    example={"url": "http://collector.example:4318/v1/logs"},
    checked_by="opentelemetry-proto",
)

"""CloudEvents 1.0, in structured JSON: for Knative, Event Grid, Eventarc and brokers.

Set up: `url` is the receiver's; `source` begins the event's source, `/alertmap` if you set none.

The data is the alert as `to_dict` writes it. The id of an event is made of its content: a request that is rendered
again has the same.

Fields: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md, and its extensions for severity,
partitioning and sequence
"""

from datetime import datetime
from typing import Any

from attrs import evolve

from alertmap import wire
from alertmap.escaping import digest
from alertmap.target import Endpoint, Message, Outgoing, Skipped, Target, json_request, time_text, to_json


@wire.model(closed=True)
class Config(Endpoint):
    source: wire.NonBlank = "/alertmap"


def write(message: Message, config: Config, _now: datetime) -> Outgoing | Skipped:
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": digest(to_json([message.key, message.incident, message.document]).decode())[:32],
        "source": f"{config.source.rstrip('/')}/{message.source}",
        "type": f"io.alertmap.alert.{message.state}.v1",
        "subject": message.key,
        "datacontenttype": "application/json",
        "alertvendor": message.vendor,
        "partitionkey": message.key,
        "data": message.document,
    }
    if message.time:
        event["time"] = time_text(message.time)
    if message.severity:
        event["alertseverity"] = message.severity
    if message.sequence is not None:
        event["sequence"] = str(message.sequence)
    request = json_request(config.url, event)
    if isinstance(request, Skipped):
        return request
    headers = {"Content-Type": "application/cloudevents+json; charset=utf-8", **config.all_headers()}
    return evolve(request, headers=headers)


target = Target(
    name="cloudevents",
    title="CloudEvents",
    config=Config,
    write=write,
    keeps=("state", "severity", "key", "title", "message", "times", "links", "labels", "values"),
    key_at="$.subject",
    example={"url": "https://broker.example/default"},
    reads_back="cloudevents",
    checked_by="the SDK of CloudEvents",
)

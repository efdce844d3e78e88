"""OCSF 1.8, a Detection Finding (2004): for security lakes.

Set up: `url` is that of the pipeline's HTTP input.

The class is written for security: alerts of other kinds validate, too, but analysts may not want them in their lake.

Fields: https://schema.ocsf.io/1.8.0/classes/detection_finding
"""

from datetime import datetime
from typing import Any

from alertmap.target import Endpoint, Message, Outgoing, Severity, Skipped, State, Target, json_request, nanoseconds

SEVERITIES = {
    Severity.CRITICAL: (5, "Critical"),
    Severity.HIGH: (4, "High"),
    Severity.MEDIUM: (3, "Medium"),
    Severity.LOW: (2, "Low"),
    Severity.INFO: (1, "Informational"),
}
STATUSES = {
    State.FIRING: (1, "New"),
    State.ACKNOWLEDGED: (2, "In Progress"),
    State.SUPPRESSED: (3, "Suppressed"),
    State.RESOLVED: (4, "Resolved"),
}


def write(message: Message, config: Endpoint, now: datetime) -> Outgoing | Skipped:
    is_over = message.state is State.RESOLVED
    activity, name = (3, "Close") if is_over else (1, "Create") if message.is_new else (2, "Update")
    severity_id, severity = SEVERITIES[message.severity] if message.severity else (0, "Unknown")
    status_id, status = STATUSES[message.state]
    finding: dict[str, Any] = {
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2004,
        "class_name": "Detection Finding",
        "activity_id": activity,
        "activity_name": name,
        "type_uid": 200_400 + activity,
        "time": milliseconds(message.time or now),
        "start_time": milliseconds(message.started_at),
        "end_time": milliseconds(message.occurred_at) if is_over else None,
        "severity_id": severity_id,
        "severity": severity,
        "status_id": status_id,
        "status": status,
        "is_alert": True,
        "count": message.count,
        "message": message.message or message.title,
        "finding_info": info(message),
        "resources": [{"name": message.resource}] if message.resource else None,
        "metadata": {
            "version": "1.8.0",
            "product": {"name": message.vendor, "vendor_name": message.vendor},
            "log_provider": message.source,
            "logged_time": milliseconds(message.received_at or now),
            "processed_time": milliseconds(now),
            "labels": [f"{name}:{text}" for name, text in message.labels.items()],
        },
        "unmapped": {"level": message.level, "values": dict(message.values), "no_data": message.no_data},
    }
    document = {key: value for key, value in finding.items() if value is not None}
    return json_request(config.url, document, config.all_headers())


def info(message: Message) -> dict[str, Any]:
    found = {
        "uid": message.key,
        "title": message.title,
        "desc": message.message,
        "created_time": milliseconds(message.started_at),
        "modified_time": milliseconds(message.occurred_at),
        "src_url": message.link,
    }
    return {name: value for name, value in found.items() if value}


def milliseconds(time: datetime | None) -> int | None:
    return None if time is None else nanoseconds(time) // 1_000_000


target = Target(
    name="ocsf",
    title="OCSF",
    config=Endpoint,
    write=write,
    keeps={
        "state": "yes",
        "severity": "yes",
        "key": "yes",
        "title": "yes",
        "message": "yes",
        "times": "yes",
        "links": "the first",
        "labels": "as text",
        "values": "unmapped",
    },
    key_at="$.finding_info.uid",
    example={"url": "https://lake.example/ingest", "token": "0123456789abcdef"},
    checked_by="py-ocsf-models",
)

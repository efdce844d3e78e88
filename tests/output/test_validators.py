"""Requests against packages that read or validate the form; a package that is not installed is skipped."""

import json
from typing import Any

import pytest

from alertmap import Alert, IncidentBook
from alertmap.output.registry import target_of
from alertmap.output.render import render
from alertmap.target import Outgoing
from output_alerts import NOW, alerts


def requests(name: str) -> list[Outgoing]:
    """Return what a target is sent for all alerts of the fixtures, and for the changes that they make."""
    book = IncidentBook()
    subjects: list[Any] = [*alerts(), *(change for alert in alerts() for change in book.apply([alert]))]
    made = (render(name, subject, target_of(name).example, NOW) for subject in subjects)
    return [one for one in made if isinstance(one, Outgoing)]


def test_otlp() -> None:
    """Each log record is read by the protocol's own messages, and the numbers are its numbers."""
    messages: Any = pytest.importorskip("opentelemetry.proto.collector.logs.v1.logs_service_pb2")
    json_format: Any = pytest.importorskip("google.protobuf.json_format")
    for request in requests("otlp"):
        read = json_format.Parse(request.body, messages.ExportLogsServiceRequest())
        [record] = read.resource_logs[0].scope_logs[0].log_records
        assert record.event_name == "alertmap.alert"
        assert record.severity_number in {9, 10, 13, 17, 21}
        assert {"alertmap.state", "alertmap.dedup_key"} <= {one.key for one in record.attributes}


def test_cloudevents() -> None:
    """Each event is read by the SDK, which checks attributes and names of extensions."""
    binding: Any = pytest.importorskip("cloudevents.core.bindings.http")
    for request in requests("cloudevents"):
        event = binding.from_structured_event(binding.HTTPMessage(dict(request.headers), request.body))
        assert event.get_specversion() == "1.0"
        assert event.get_subject()
        assert event.get_data()["dedup_key"] in event.get_subject()


def test_ocsf() -> None:
    """Each finding is one of the models of class 2004, with the values of its enumerations."""
    findings: Any = pytest.importorskip("py_ocsf_models.events.findings.detection_finding")
    for request in requests("ocsf"):
        found = findings.DetectionFinding.model_validate_json(request.body)
        assert found.type_uid == found.class_uid * 100 + found.activity_id
        assert found.finding_info.uid


def test_slack() -> None:
    """Each block is one that Slack's SDK knows, and passes its checks."""
    blocks: Any = pytest.importorskip("slack_sdk.models.blocks")
    for request in requests("slack"):
        [attachment] = json.loads(request.body)["attachments"]
        for block in attachment["blocks"]:
            read = blocks.Block.parse(block)
            assert isinstance(read, blocks.RichTextBlock)
            read.validate_json()


def test_a_wrong_request_is_refused() -> None:
    """The packages do refuse: the same tests would fail on another form."""
    messages: Any = pytest.importorskip("opentelemetry.proto.collector.logs.v1.logs_service_pb2")
    json_format: Any = pytest.importorskip("google.protobuf.json_format")
    with pytest.raises(json_format.ParseError):
        json_format.Parse(b'{"resourceLogs": [{"scopeLog": []}]}', messages.ExportLogsServiceRequest())
    findings: Any = pytest.importorskip("py_ocsf_models.events.findings.detection_finding")
    [request, *_] = requests("ocsf")
    broken = json.loads(request.body) | {"activity_id": "none"}
    with pytest.raises(ValueError, match="activity_id"):
        findings.DetectionFinding.model_validate(broken)


def test_alerts_are_there() -> None:
    """The tests above look at something."""
    assert len(alerts()) > 500
    assert all(isinstance(alert, Alert) for alert in alerts())

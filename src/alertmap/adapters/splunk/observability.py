"""Detectors of Observability Cloud, formerly SignalFx.

Source: the vendor's page "Send alert notifications to a webhook".
"""

from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Reading, Shape, State

# `stopped`: the detector was edited or deleted.
STATES = conventions.states(firing="anomalous", resolved="ok, manually resolved, stopped")


@wire.model
class Input:
    value: wire.Text = ""
    key: wire.Texts = Factory(dict)


@wire.model
class Detector:
    incidentId: wire.NonBlank
    # `status` is older, and may be a text such as "too high".
    statusExtended: Annotated[State, wire.also("status"), wire.state(STATES)]
    severity: wire.Text = ""
    detector: wire.Text = ""
    detectorId: wire.Text = ""
    detectorUrl: wire.Text = ""
    rule: wire.Text = ""
    description: wire.Text = ""
    messageTitle: wire.Text = ""
    messageBody: wire.Text = ""
    runbookUrl: wire.Text = ""
    imageUrl: wire.Text = ""
    timestamp: wire.AnyTime = None
    inputs: dict[str, Input] = Factory(dict)
    dimensions: wire.Texts = Factory(dict)


def read(event: Detector) -> Reading:
    of_inputs = {name: text for one in event.inputs.values() for name, text in one.key.items()}
    dimensions = {**of_inputs, **event.dimensions}
    return Reading(
        state=event.statusExtended,
        level=event.severity,
        identity={"incident": event.incidentId.strip()},
        title=event.messageTitle or event.rule or event.detector,
        message=event.messageBody or event.description,
        resource=conventions.host(dimensions),
        labels={**dimensions, "detector": event.detector, "detector_id": event.detectorId, "rule": event.rule},
        links={"detector": event.detectorUrl, "runbook": event.runbookUrl, "image": event.imageUrl},
        values={name: wire.number_in(one.value) for name, one in event.inputs.items() if one.value.strip()},
        occurred_at=event.timestamp,
    )


SHAPES = [Shape(Detector, read, marks={"detectorId"}, headers={"X-SFX-Signature": ""})]

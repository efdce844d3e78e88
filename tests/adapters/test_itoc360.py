"""ITOC360 beyond the goldens: the body that two vendors read, detection, bad input."""

import json
from typing import Any

import pytest

from alertmap import detect, parse, parse_document
from alertmap.errors import DecodeError, ShapeError
from alertmap.model import Request, Severity, State

VENDOR = "itoc360"


def _sdk(**more: Any) -> dict[str, Any]:
    item = {
        "status": "firing",
        "labels": {"instance": "db-3", "severity": "error"},
        "annotations": {"summary": "Replica lags", "description": "340 s"},
        "startsAt": "2026-05-02T08:00:00Z",
        "fingerprint": "db-3:lag",
        **more,
    }
    return {"receiver": "itoc360-python", "version": "4", "groupKey": "db-3:lag", "status": "firing", "alerts": [item]}


def _n8n(**more: Any) -> dict[str, Any]:
    return {"event_type": "alert", "title": "CPU high", "host": "app-2", "severity": "critical", **more}


def _found(document: Any, agent: str = "") -> str | None:
    found = detect(Request(json.dumps(document), headers={"User-Agent": agent} if agent else {}))
    return found.vendor if found else None


def test_both_vendors_read_an_sdk_body() -> None:
    """An SDK body is an alert for ITOC360 and for Alertmanager, each with its own key."""
    (own,) = parse_document(VENDOR, _sdk())
    (other,) = parse_document("prometheus_alertmanager", _sdk())
    assert own.dedup_key == "itoc360:fingerprint=db-3:lag"
    assert other.dedup_key == "prometheus_alertmanager:label.instance=db-3,label.severity=error"
    for alert in (own, other):
        assert (alert.state, alert.severity, alert.title) == (State.FIRING, Severity.HIGH, "Replica lags")


def test_a_resolve_needs_the_fingerprint_alone() -> None:
    """Labels, severity and start do not change key or episode."""
    (fired,) = parse_document(VENDOR, _sdk())
    (over,) = parse_document(
        VENDOR, _sdk(status="resolved", labels={}, startsAt="2026-05-02T09:00:00Z", endsAt="2026-05-02T09:00:01Z")
    )
    assert (over.dedup_key, over.state) == (fired.dedup_key, State.RESOLVED)
    assert (fired.episode, over.episode) == (None, None)


def test_detection_names_exactly_one() -> None:
    """ITOC360 is detected by the receiver or the User-Agent; otherwise the body is Alertmanager's."""
    other = {**_sdk(), "receiver": "pager"}
    assert _found(_sdk()) == VENDOR
    assert _found(other, "itoc360-js/0.1.0") == VENDOR
    assert _found(other) == "prometheus_alertmanager"
    assert _found(other, "Alertmanager/0.34.0") == "prometheus_alertmanager"
    assert _found({**_sdk(), "receiver": None}) == "prometheus_alertmanager"


def test_detection_of_the_n8n_node() -> None:
    """All four keys and a known type are needed; a template in capitals is another vendor's."""
    assert _found(_n8n()) == VENDOR
    assert _found(_n8n(event_type="resolve", source="x")) == VENDOR
    assert _found(_n8n(event_type="ALERT")) is None
    assert _found(_n8n(event_type=["alert"])) is None
    assert _found({"event_type": "alert", "title": "x", "host": "y"}) is None


def test_the_three_parts_of_the_n8n_identity() -> None:
    """Host, title and source are the identity; severity, message and time are not."""
    key = parse_document(VENDOR, _n8n(source="flow")).alerts[0].dedup_key
    for part in ("host", "title", "source"):
        assert parse_document(VENDOR, _n8n(**{"source": "flow", part: "other"})).alerts[0].dedup_key != key
    more = {"severity": "low", "message": "x", "timestamp": "2026-05-02T08:05:00Z", "event_type": "resolve"}
    assert parse_document(VENDOR, _n8n(source="flow", **more)).alerts[0].dedup_key == key
    assert (
        parse_document(VENDOR, _n8n()).alerts[0].dedup_key
        == parse_document(VENDOR, _n8n(source="")).alerts[0].dedup_key
    )


@pytest.mark.parametrize("word", ["resolve", "Resolve", " RESOLVE "])
def test_types_match_in_any_case(word: str) -> None:
    """Blanks and case of a type are ignored."""
    (alert,) = parse_document(VENDOR, _n8n(event_type=word))
    assert (alert.state, alert.severity) == (State.RESOLVED, Severity.CRITICAL)


@pytest.mark.parametrize("body", ["", "event_type=alert&title=x&host=y", "{", "<event/>"])
def test_what_is_not_json(body: str) -> None:
    """A body that is not JSON is refused."""
    with pytest.raises(DecodeError):
        parse(VENDOR, body)


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        {"event_type": "alert"},
        _n8n(title=" ", host=None),
        {**_sdk(), "alerts": "x"},
        {"id": "1", "title": "x", "status": "trigger", "severity": "high", "message": ""},
    ],
)
def test_shapes_that_are_refused(document: Any) -> None:
    """Incomplete forms, and Zapier's five keys, are refused."""
    with pytest.raises(ShapeError):
        parse_document(VENDOR, document)

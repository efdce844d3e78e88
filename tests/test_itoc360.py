"""What the golden files of ITOC360 do not show: both readers of an SDK body, detection, bad input."""

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
    """The same body is an alert for either vendor; each has its own key."""
    (own,) = parse_document(VENDOR, _sdk())
    (other,) = parse_document("prometheus_alertmanager", _sdk())
    assert own.dedup_key == "itoc360:fingerprint=db-3:lag"
    assert other.dedup_key == "prometheus_alertmanager:label.instance=db-3,label.severity=error"
    for alert in (own, other):
        assert (alert.state, alert.severity, alert.title) == (State.FIRING, Severity.HIGH, "Replica lags")


def test_a_resolve_needs_the_fingerprint_alone() -> None:
    """Other labels, another severity and another start make no other key, and no episode."""
    (fired,) = parse_document(VENDOR, _sdk())
    (over,) = parse_document(
        VENDOR, _sdk(status="resolved", labels={}, startsAt="2026-05-02T09:00:00Z", endsAt="2026-05-02T09:00:01Z")
    )
    assert (over.dedup_key, over.state) == (fired.dedup_key, State.RESOLVED)
    assert (fired.episode, over.episode) == (None, None)


def test_detection_names_exactly_one() -> None:
    """ITOC360 by the receiver or by the User-Agent; without both it is Alertmanager's form, and Alertmanager's."""
    other = {**_sdk(), "receiver": "pager"}
    assert _found(_sdk()) == VENDOR
    assert _found(other, "itoc360-js/0.1.0") == VENDOR
    assert _found(other) == "prometheus_alertmanager"
    assert _found(other, "Alertmanager/0.34.0") == "prometheus_alertmanager"
    assert _found({**_sdk(), "receiver": None}) == "prometheus_alertmanager"


def test_detection_of_the_n8n_node() -> None:
    """All four keys, with a type that the node knows; a template in capitals is somebody else's."""
    assert _found(_n8n()) == VENDOR
    assert _found(_n8n(event_type="resolve", source="x")) == VENDOR
    assert _found(_n8n(event_type="ALERT")) is None
    assert _found(_n8n(event_type=["alert"])) is None
    assert _found({"event_type": "alert", "title": "x", "host": "y"}) is None


def test_the_three_parts_of_the_n8n_identity() -> None:
    """Host, title and source must all match; severity, message and time need not."""
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
def test_the_case_of_a_type_is_nothing(word: str) -> None:
    """Blanks and case make no other type."""
    (alert,) = parse_document(VENDOR, _n8n(event_type=word))
    assert (alert.state, alert.severity) == (State.RESOLVED, Severity.CRITICAL)


@pytest.mark.parametrize("body", ["", "event_type=alert&title=x&host=y", "{", "<event/>"])
def test_what_is_not_json(body: str) -> None:
    """A body of another kind is refused as that."""
    with pytest.raises(DecodeError):
        parse(VENDOR, body)


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        {"event_type": "alert", "title": "x"},
        _n8n(title=" "),
        _n8n(host=None),
        _n8n(event_type=None),
        {**_sdk(), "alerts": "x"},
        {"id": "1", "title": "x", "status": "trigger", "severity": "high", "message": ""},
    ],
)
def test_shapes_that_are_refused(document: Any) -> None:
    """Half a form, and Zapier's five keys, are refused."""
    with pytest.raises(ShapeError):
        parse_document(VENDOR, document)

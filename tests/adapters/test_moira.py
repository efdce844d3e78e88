"""Moira beyond the goldens: what repeats, what a request is about, and faults that other receivers have."""

import json
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, IncidentBook, State, parse, parse_document
from alertmap.model import Reason, Times

FIXTURES = Path(__file__).parents[2] / "fixtures" / "moira"


def body(name: str) -> Any:
    """Return the document of a fixture."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def event(state: str, metric: str = "m", **more: Any) -> dict[str, Any]:
    """Return an event."""
    return {"metric": metric, "state": state, "old_state": "OK", "timestamp": 1795254700, "values": {"t1": 1}, **more}


def webhook(*events: dict[str, Any], **trigger: Any) -> dict[str, Any]:
    """Return a request about a trigger."""
    about = {"id": "t1", "name": "api", "description": "", "tags": []}
    return {"trigger": about | trigger, "events": list(events), "contact": {"type": "webhook"}, "throttled": False}


def only(document: Any) -> Alert:
    """Return the only alert of a document."""
    [alert] = parse_document("moira", document)
    return alert


@pytest.mark.fault_elsewhere(
    "Alertmanager, prometheus/alertmanager#1051, and Grafana, grafana/grafana#42683",
    "one state for a batch: one recovery closes all, or a member that still fires hides one",
)
def test_each_event_has_its_own_state() -> None:
    """A recovery beside an event that fires ends its own metric only."""
    batch = parse_document("moira", webhook(event("ERROR", "a"), event("OK", "b")))
    assert [(alert.state, alert.labels["metric"]) for alert in batch] == [
        (State.FIRING, "a"),
        (State.RESOLVED, "b"),
    ]


@pytest.mark.fault_elsewhere("GoAlert, target/goalert#4461", "alerts with one summary are taken for one")
def test_triggers_of_one_name_have_different_keys() -> None:
    """Two triggers may have the same name and the same metrics: the id of the trigger is part of the key."""
    document = webhook(event("ERROR"))
    assert only(document).dedup_key != only(webhook(event("ERROR"), id="t2")).dedup_key


def test_a_new_name_is_the_same_trigger() -> None:
    """A trigger that was renamed while it fires is ended by its recovery; so is an event of the trigger itself."""
    for more in ({}, {"trigger_event": True}):
        fired = only(webhook(event("EXCEPTION", "api", **more)))
        over = only(webhook(event("OK", "api" if not more else "new name", **more), name="new name"))
        assert fired.dedup_key == over.dedup_key


def test_a_metric_named_like_its_trigger_is_not_the_trigger() -> None:
    """An event of the trigger itself has the trigger's name as its metric, and another key than such a metric."""
    assert (
        only(webhook(event("ERROR", "api"))).dedup_key
        != only(webhook(event("ERROR", "api", trigger_event=True))).dedup_key
    )


def test_a_late_resend_does_not_open_again() -> None:
    """A body that Moira sends again after the recovery is old news: each event has a time of its own."""
    book = IncidentBook()
    for name in ("error", "reminder"):
        [alert] = parse_document("moira", body(name))
        assert alert.times is Times.STATED
        book.apply([alert])
    over = body("reminder")
    over["events"][0] |= {"state": "OK", "timestamp": over["events"][0]["timestamp"] + 60}
    book.apply(parse_document("moira", over).alerts)
    assert not book.open
    book.apply(parse_document("moira", body("reminder")).alerts)
    assert not book.open


def test_a_test_beside_an_alert_hides_nothing() -> None:
    """A test event makes no alert, and the others of its request are read."""
    batch = parse_document("moira", webhook(event("TEST"), event("ERROR", "b")))
    assert [alert.labels["metric"] for alert in batch] == ["b"]
    assert parse_document("moira", webhook(event("TEST"))).reason is Reason.TEST


def test_the_contact_stays_inside() -> None:
    """A contact's value may be a secret URL: it stands in no alert."""
    document = webhook(event("ERROR")) | {"contact": {"type": "webhook", "value": "https://hooks.example/T0/secret"}}
    alert = only(document)
    assert "secret" not in f"{alert.labels}{alert.links}{alert.message}{alert.identity}"


def test_a_large_plot_costs_no_page() -> None:
    """The picture of a trigger, twice in its body, is a megabyte of text: the alert comes all the same."""
    plot = "iVBORw0KGgo" * 100_000
    [alert] = parse("moira", json.dumps(webhook(event("ERROR")) | {"plot": plot, "plots": [plot]}))
    assert (alert.state, alert.problems) == (State.FIRING, ())

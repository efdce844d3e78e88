"""Statuspage: what the fixtures cannot say."""

import json
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Request, State, parse
from alertmap.incidents.book import IncidentBook
from alertmap.intake.detect import detect
from alertmap.intake.redact import redact

FIXTURES = Path(__file__).parents[2] / "fixtures" / "statuspage"


def body(fixture: str, **incident: Any) -> dict[str, Any]:
    """Return the body of a fixture, decoded, with other values of its incident."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{fixture}.json").read_text(encoding="utf-8"))
    if incident:
        document["incident"] |= incident
    return document


def one(document: Any) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse("statuspage", json.dumps(document))
    return alert


def vendor(document: Any) -> str:
    """Return the vendor that a body is recognised as, or ""."""
    found = detect(json.dumps(document))
    return "" if found is None else found.vendor


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("Zulip", "an incident without updates, or whose newest one has no text, is refused")
@pytest.mark.parametrize("updates", [[], None, [{"status": "investigating"}], ["x"]])
def test_an_incident_without_updates_pages(updates: object) -> None:
    """The text of an update decides nothing."""
    alert = one(body("investigating", incident_updates=updates))
    assert (alert.state, alert.dedup_key) == (State.FIRING, one(body("investigating")).dedup_key)


# --- The link that unsubscribes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["investigating", "component_outage"])
def test_the_link_that_unsubscribes_stays_inside(name: str) -> None:
    """Whoever has it ends the subscription: no alert and no recorded request holds it."""
    document = body(name)
    document["meta"]["unsubscribe"] = "http://acme.statuspage.io/?unsubscribe=zjc0made0up"
    assert "made0up" not in repr(one(document))
    assert "made0up" not in str(redact(Request(json.dumps(document))).body)


# --- Recognised -------------------------------------------------------------------------------------------------------


def test_pages_of_others_are_not_taken_for_its_own() -> None:
    """Instatus writes its words in upper case, Better Stack names the type of its event."""
    assert vendor(body("investigating")) == "statuspage"
    document = body("investigating")
    document["page"]["status_indicator"] = "HASISSUES"
    assert vendor(document) != "statuspage"
    assert vendor(body("investigating") | {"event_type": "incident"}) != "statuspage"


# --- Incidents --------------------------------------------------------------------------------------------------------


def test_an_incident_and_its_component_are_two_alerts() -> None:
    """The component works again before the incident is over: the incident stays open."""
    book = IncidentBook()
    for name in ("investigating", "component_outage", "component_operational"):
        book.apply([one(body(name))])
    [still_open] = book.open
    assert still_open.dedup_key == one(body("investigating")).dedup_key


def test_an_update_that_comes_late_opens_nothing() -> None:
    """An older statement is old, whenever it arrives."""
    book = IncidentBook()
    for name in ("investigating", "resolved", "identified", "postmortem"):
        book.apply([one(body(name))])
    assert not book.open


def test_an_incident_that_is_opened_again_fires() -> None:
    """Its time of resolution may still be that of the first end."""
    book = IncidentBook()
    for document in (
        body("investigating"),
        body("resolved"),
        body("resolved", status="investigating", updated_at="2026-03-04T11:30:00Z"),
    ):
        book.apply([one(document)])
    assert len(book.open) == 1
    book.apply([one(body("resolved", updated_at="2026-03-04T11:50:00Z"))])
    assert not book.open


def test_impact_and_name_are_no_part_of_the_key() -> None:
    """People change both while the incident lasts."""
    changed = one(body("investigating", impact="critical", name="Outage", shortlink=""))
    assert changed.dedup_key == one(body("investigating")).dedup_key


def test_components_are_those_of_the_update_where_the_incident_names_none() -> None:
    """Some bodies have no list of components."""
    assert one(body("investigating", components=None)).labels["components"] == "API, Dashboard"


def test_incidents_and_components_without_an_id_are_not_one_alert() -> None:
    """The page alone would be all of them; their names tell them apart."""
    nameless = {"id": None, "shortlink": None}
    incidents = [one(body("investigating", name=name, **nameless)) for name in ("Delays", "Outage")]
    change = body("component_outage")["component_update"] | {"component_id": None}
    components = [
        one(body("component_outage") | {"component": {"name": name}, "component_update": change})
        for name in ("API", "Delays")
    ]
    assert len({alert.dedup_key for alert in (*incidents, *components)}) == 4

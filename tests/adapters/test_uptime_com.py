"""Uptime.com: what the fixtures cannot say."""

import json
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, State, parse
from alertmap.incidents.book import IncidentBook

FIXTURES = Path(__file__).parents[2] / "fixtures" / "uptime_com"


def body(name: str, **data: Any) -> dict[str, Any]:
    """Return the body of a fixture, decoded, with other values in the objects of its data."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    for part, changes in data.items():
        document["data"][part] |= changes
    return document


def one(document: Any) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse("uptime_com", json.dumps(document))
    return alert


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere(
    "hatamiarash7/uptime-webhook", "the key is the device, so the recovery of one check ends the alert of another"
)
def test_two_checks_of_a_device_are_two_alerts() -> None:
    """The check is the key: the end of one leaves the other open."""
    book = IncidentBook()
    other = body("raised", service={"id": 30386, "display_name": "Shop cart"})
    for document in (body("raised"), other, body("cleared")):
        book.apply([one(document)])
    [still_open] = book.open
    assert still_open.dedup_key == one(other).dedup_key


@pytest.mark.fault_elsewhere("hatamiarash7/uptime-webhook", "a check without tags is posted to nobody")
def test_a_check_without_tags_pages() -> None:
    """Tags are labels, and decide nothing."""
    alert = one(body("raised", service={"tags": []}))
    assert (alert.state, alert.dedup_key) == (State.FIRING, one(body("raised")).dedup_key)


# --- State ------------------------------------------------------------------------------------------------------------


def test_the_view_of_one_location_resolves_nothing() -> None:
    """The location that reports is up again, the verdict over all of them is not."""
    document = body("no_event_down", alert={"is_up": True, "state": "OK"})
    assert one(document).state is State.FIRING
    del document["data"]["global_alert_state"]
    assert one(document).state is State.FIRING


def test_an_alert_that_is_over_is_resolved_although_somebody_ignored_it() -> None:
    """The end counts more than the mute."""
    assert one(body("cleared", global_alert_state={"ignored": True})).state is State.RESOLVED


@pytest.mark.parametrize("name", ["alert", "global_alert_state"])
def test_ids_of_alert_and_verdict_are_no_part_of_the_key(name: str) -> None:
    """They may differ between an alert and its end."""
    assert one(body("raised", **{name: {"id": 1}})).dedup_key == one(body("raised")).dedup_key


def test_the_password_of_an_address_stays_inside() -> None:
    """Neither resource nor links hold what stands before the host, nor what the profile sends in its headers."""
    document = body("raised", service={"msp_address": "https://ann:hunter2@shop.example/", "msp_username": "ann"})
    document["data"]["integration"]["headers"] = "Authorization: Bearer fake-token"
    alert = one(document)
    assert alert.resource == "https://shop.example/"
    assert not any(word in str(alert) for word in ("hunter2", "fake-token"))

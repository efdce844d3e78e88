"""Cisco Meraki: what the fixtures cannot say, above all its shared secret."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Accepted, Alert, Auth, Rejected, Request, Source, State, parse_document, receive
from alertmap.adapters import cisco_meraki
from alertmap.errors import PayloadError
from alertmap.incidents.book import IncidentBook
from alertmap.intake.redact import redact

VENDOR = "cisco_meraki"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR
NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
SECRET = "a-made-up-shared-secret"  # noqa: S105 - as it stands here


def body(name: str, **changes: Any) -> dict[str, Any]:
    """Return the body of a fixture, with changes."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return document | changes


def one(document: dict[str, Any]) -> Alert:
    """Return the only alert of a document."""
    [alert] = parse_document(VENDOR, document)
    return alert


# --- The shared secret ------------------------------------------------------------------------------------------------


def test_the_shared_secret_proves_a_request() -> None:
    """It is the token of the source; another one, or none, is refused."""
    source = Source("here", vendor=VENDOR, auth=Auth(tokens=SECRET))
    assert isinstance(receive(Request(json.dumps(body("vpn_down", sharedSecret=SECRET))), source, NOW), Accepted)
    for other in (SECRET[:-1], SECRET.upper(), "REDACTED", "", None, 7, [SECRET]):
        request = Request(json.dumps(body("vpn_down", sharedSecret=other)))
        assert isinstance(receive(request, source, NOW), Rejected)


@pytest.mark.parametrize("auth", [None, Auth(tokens=SECRET), Auth(tokens="another")])
def test_the_shared_secret_stays_inside(auth: Auth | None) -> None:
    """It is the same in each request, so whoever reads it can send any: no alert, key or error holds it."""
    request = Request(json.dumps(body("port_disconnected", sharedSecret=SECRET)))
    done = receive(request, Source("here", vendor=VENDOR, auth=auth), NOW)
    assert SECRET not in repr(done)
    if isinstance(done, Accepted):
        [alert] = done.batch
        assert SECRET not in json.dumps([alert.raw, done.batch.raw, dict(alert.labels), alert.dedup_key])
    assert SECRET not in str(redact(request).body)


@pytest.mark.parametrize("kind", [None, SECRET])
def test_no_error_holds_the_shared_secret(kind: object) -> None:
    """Also where the body cannot be read."""
    document = body("vpn_down", sharedSecret=SECRET, alertData={"sharedSecret": SECRET}, alertType=kind)
    del document["alertTypeId"]
    if kind is None:
        del document["alertType"]
        with pytest.raises(PayloadError) as caught:
            parse_document(VENDOR, document)
        assert SECRET not in repr(caught.value) + str(caught.value)
    else:
        alert = one(document)
        assert SECRET not in repr([alert.problems, alert.message, alert.labels])


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("receivers that take `alertId`", "each request has another id, so no end closes anything")
def test_the_id_of_a_request_is_no_key() -> None:
    """Trigger and end have different ids, texts and levels, and one key."""
    book = IncidentBook()
    for name in ("port_disconnected", "port_connected"):
        book.apply(parse_document(VENDOR, body(name)).alerts)
    assert not book.open
    assert len(book.incidents) == 1


@pytest.mark.fault_elsewhere(
    "templates for PagerDuty", "the level decides: a recovery of level warning opens an incident"
)
def test_the_level_does_not_decide() -> None:
    """A port that is connected again is over, whatever its level."""
    for level in ("critical", "warning", "informational", ""):
        assert one(body("port_connected", alertLevel=level)).state is State.RESOLVED


@pytest.mark.parametrize(("begin", "end"), cisco_meraki.PAIRS.values())
def test_both_words_of_a_pair_have_one_key(begin: str, end: str) -> None:
    """The one fires, the other ends it."""
    sent = [one(body("stopped_reporting", alertTypeId=word)) for word in (begin, end)]
    assert [alert.state for alert in sent] == [State.FIRING, State.RESOLVED]
    assert sent[0].dedup_key == sent[1].dedup_key
    assert all(alert.resolvable for alert in sent)


def test_each_port_and_power_supply_is_an_alert() -> None:
    """One that comes back does not end the outage of another."""
    ports = [one(body("port_disconnected", alertData={"portNum": number})) for number in (7, "8")]
    supplies = [
        one(body("port_disconnected", alertTypeId="power_supply_down", alertData={"num": number})) for number in (1, 2)
    ]
    assert len({alert.dedup_key for alert in (*ports, *supplies)}) == 4
    assert [problem.code for problem in one(body("port_disconnected", alertData={})).problems] == ["key_fallback"]


@pytest.mark.parametrize("connectivity", [None, "", "maybe", {}])
def test_a_vpn_without_connectivity_fires(connectivity: object) -> None:
    """Only the word true ends it."""
    alert = one(body("vpn_up", alertData={"peerNetworkId": "N_99", "connectivity": connectivity}))
    assert alert.state is State.FIRING
    assert alert.problems


def test_an_outage_of_clients_is_about_the_network() -> None:
    """The vendor calls its begin `pcc_outage_begin`; there is no device."""
    changes: dict[str, Any] = {"deviceSerial": "", "deviceMac": "", "alertLevel": "warning"}
    words = ("pcc_outage_begin", "pcc_outage_end")
    begin, end = (one(body("stopped_reporting", alertTypeId=word, **changes)) for word in words)
    assert (begin.state, end.state) == (State.FIRING, State.RESOLVED)
    assert begin.dedup_key == end.dedup_key
    assert not begin.problems


def test_an_old_text_keeps_uplinks_and_devices_apart() -> None:
    """A cellular uplink that came up does not end the outage of its device."""
    down, up = body("old_went_down"), body("old_came_up", alertType="Cellular came up")
    assert one(up).state is State.RESOLVED
    assert one(down).dedup_key != one(up).dedup_key


def test_an_event_is_not_resolvable() -> None:
    """Nothing ends it, so it must expire."""
    assert not one(body("settings_changed")).resolvable


def test_only_the_test_webhook_is_a_test() -> None:
    """Another id, also a short one of zeros, is an alert."""
    for number in ("", "0", "643451796760561", None):
        assert one(body("test_webhook", alertId=number)).state is State.FIRING


@pytest.mark.parametrize("text", ["", "  ", None, True, [], {"en": "APs went down"}])
def test_the_text_for_people_loses_no_alert(text: object) -> None:
    """The type id says what it is about; the text decides nothing beside it."""
    alert = one(body("stopped_reporting", alertType=text))
    assert alert.state is State.FIRING
    assert alert.dedup_key == one(body("started_reporting")).dedup_key
    assert alert.title

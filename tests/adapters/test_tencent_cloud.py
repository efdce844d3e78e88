"""Tencent Cloud beyond the goldens: what closes what, what the key holds, and faults that other receivers have."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, IncidentBook, Severity, parse_document
from alertmap.intake.receive import Accepted, Probe, receive
from alertmap.intake.source import Source
from alertmap.model import Request

FIXTURES = Path(__file__).parents[2] / "fixtures" / "tencent_cloud"
NOW = datetime(2026, 3, 4, 10, 10, tzinfo=UTC)


def fixture(name: str) -> Any:
    """Return the document of a fixture."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def read(document: Any) -> Alert:
    """Return the only alert of a document."""
    (alert,) = parse_document("tencent_cloud", document)
    return alert


def with_dimensions(name: str, **dimensions: Any) -> Any:
    """Return the document of a fixture with other dimensions."""
    document = fixture(name)
    document["alarmObjInfo"]["dimensions"] |= dimensions
    return document


def open_after(*documents: Any) -> int:
    """Return the number of incidents that are open after these documents."""
    book = IncidentBook()
    for document in documents:
        book.apply(parse_document("tencent_cloud", document, received_at=NOW).alerts)
    return len(book.open)


@pytest.mark.fault_elsewhere(
    "receivers that key by sessionId", "a recovery in a session of its own, as EventBridge sends it, closes nothing"
)
@pytest.mark.parametrize("trigger", ["serious", "event", "eventbridge"])
def test_a_recovery_in_another_session_closes(trigger: str) -> None:
    """The session is no part of the key, wherever the object is named."""
    recovered = fixture(f"{trigger}_recovered") | {"sessionId": "another", "alertId": "another"}
    assert open_after(fixture(trigger)) == 1
    assert open_after(fixture(trigger), recovered) == 0


def test_a_level_makes_no_other_alert() -> None:
    """A graded policy names another level and another alertId while the alarm gets worse: it is the same alarm."""
    remind = fixture("serious") | {"alarmLevel": "Remind", "alertId": "s-81f_Remind"}
    assert open_after(remind, fixture("serious")) == 1
    assert read(remind).severity is Severity.MEDIUM


@pytest.mark.parametrize(
    ("name", "dimension"),
    [("remind", "topicid"), ("warn", "rnodeid"), ("serious", "unInstanceId"), ("no_threshold", "objId")],
)
def test_another_object_is_another_alert(name: str, dimension: str) -> None:
    """Each dimension counts, since `objId` names no more than the instance of some products."""
    assert read(with_dimensions(name, **{dimension: "other"})).dedup_key != read(fixture(name)).dedup_key


def test_a_dimension_that_is_null_is_not_sent() -> None:
    """It costs the alert neither its key nor its recovery."""
    document = fixture("serious")
    expected = read(document).dedup_key
    document["alarmObjInfo"]["dimensions"]["subnet"] = None
    assert read(document).dedup_key == expected


def test_names_for_people_are_not_in_the_key() -> None:
    """A renamed object, and details of an event's object, make no other key."""
    assert read(with_dimensions("serious", objName="renamed")).dedup_key == read(fixture("serious")).dedup_key
    renamed = with_dimensions("eventbridge", deviceName="renamed", objDetail={})
    assert read(renamed).dedup_key == read(fixture("eventbridge")).dedup_key


def test_a_number_and_its_text_have_the_same_key() -> None:
    """Ports and ids come as numbers or as texts."""
    keys = {read(with_dimensions("serious", vport=port)).dedup_key for port in (443, "443")}
    assert len(keys) == 1


@pytest.mark.fault_elsewhere("receivers that read the times as UTC", "an alarm is eight hours in the future")
def test_times_are_in_their_own_zone() -> None:
    """The times have no zone; they are in UTC+8."""
    alert = read(fixture("serious_recovered"))
    assert alert.started_at == datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
    assert alert.occurred_at == datetime(2026, 3, 4, 10, 9, tzinfo=UTC)


def test_an_address_loses_the_number_of_its_network() -> None:
    """`10.8.0.15#410022` is a host; other names with a number sign stay as they are."""
    assert read(fixture("serious")).resource == "10.8.0.15"
    name = "1256754779#cynosdbmysql-p7a#ro"
    assert read(with_dimensions("serious", objName=name)).resource == name


@pytest.mark.parametrize("name", ["callback_2018", "serious_recovered"])
def test_the_answer_repeats_the_session(name: str) -> None:
    """Without it the callback of 2018 comes up to three times."""
    document = fixture(name)
    done = receive(Request(json.dumps(document)), Source("t"), NOW, vendor="tencent_cloud")
    assert isinstance(done, Accepted)
    assert json.loads(done.answer.body) == {"sessionId": document["sessionId"], "retCode": 0}
    assert done.answer.status == 200


def test_the_verification_of_the_url_is_answered() -> None:
    """Saving the URL posts nothing that could be an alarm, and wants 200."""
    done = receive(Request(b""), Source("t"), NOW, vendor="tencent_cloud")
    assert isinstance(done, Probe)
    assert done.answer.status == 200

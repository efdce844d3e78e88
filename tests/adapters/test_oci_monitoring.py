"""Oracle Cloud beyond the goldens: what closes what, whose URL is visited, and faults that other receivers have."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, IncidentBook, PayloadError, State, detect, parse, parse_document
from alertmap.intake.auth import Auth
from alertmap.intake.receive import Accepted, Handshake, receive
from alertmap.intake.source import Source
from alertmap.model import ProblemCode, Reason, Request

FIXTURES = Path(__file__).parents[2] / "fixtures" / "oci_monitoring"
VENDOR = "oci_monitoring"
NOW = datetime(2026, 3, 4, 11, tzinfo=UTC)
CONFIRM = (
    "https://cell1.notification.eu-frankfurt-1.oci.oraclecloud.com/20181201/subscriptions/ocid1/confirmation?token=a"
)


def fixture(name: str, **changed: Any) -> Any:
    """Return the document of a fixture, with other fields; those that are None are left out."""
    file = FIXTURES / f"{name}.json"
    if file.exists():
        document = json.loads(file.read_text(encoding="utf-8"))
    else:
        document = json.loads(json.loads((FIXTURES / f"{name}.request.json").read_text(encoding="utf-8"))["body"])
    return {key: value for key, value in (document | changed).items() if value is not None}


def only(document: Any) -> Alert:
    """Return the only alert of a document."""
    (alert,) = parse_document(VENDOR, document)
    return alert


def open_after(*documents: Any) -> int:
    """Return the number of incidents that are open after these documents."""
    book = IncidentBook()
    for number, document in enumerate(documents):
        received_at = datetime(2026, 3, 4, 11, number, tzinfo=UTC)
        book.apply(parse_document(VENDOR, document, received_at=received_at).alerts)
    return len(book.open)


@pytest.mark.parametrize("end", ["ok", "reset"])
def test_an_alarm_ends_with_its_key(end: str) -> None:
    """An end names no stream, and RESET is an end: nothing else follows it."""
    assert open_after(fixture("firing"), fixture("repeat")) == 1
    assert open_after(fixture("firing"), fixture("repeat"), fixture(end)) == 0


@pytest.mark.fault_elsewhere(
    "the OCI Monitoring webhook plugin of Cloudforet",
    "a time with milliseconds, as in the vendor's examples, is an error",
)
def test_times_may_have_milliseconds() -> None:
    """Both forms of the time are read, with and without a fraction, and either is enough."""
    for stamp in ("2026-03-04T10:00:00Z", "2026-03-04T10:00:00.852Z"):
        alert = only(fixture("firing", timestamp=stamp, timestampEpochMillis=None))
        assert alert.occurred_at is not None
        assert not alert.problems
    assert only(fixture("firing", timestamp=None)).occurred_at == datetime(2026, 3, 4, 10, tzinfo=UTC)


def test_both_spellings_of_the_key_are_one() -> None:
    """The vendor's page writes `dedupekey`, its messages `dedupeKey`."""
    key = fixture("firing")["dedupeKey"]
    other = fixture("firing", dedupeKey=None, dedupekey=key)
    assert only(other).dedup_key == only(fixture("firing")).dedup_key


def test_the_end_of_one_stream_leaves_the_other() -> None:
    """Split by streams and without its key, the stream tells two alerts of one alarm apart; grouped, it does not."""
    one = fixture("split_no_key")
    two = json.loads(json.dumps(one).replace("web-1", "web-2"))
    assert open_after(one, two, two | {"type": "FIRING_TO_OK", "timestampEpochMillis": 1772618460000}) == 1
    grouped = [fixture(name, dedupeKey=None) for name in ("firing", "ok")]
    assert open_after(*grouped) == 0


def test_only_a_known_firing_is_suppressed() -> None:
    """A suspended alarm that ended has ended, and one whose type is unknown fires."""
    suspended = fixture("suspended")
    assert only(suspended).state is State.SUPPRESSED
    assert only(suspended | {"type": "FIRING_TO_OK"}).state is State.RESOLVED
    assert only(suspended | {"type": "NEWS"}).state is State.FIRING
    assert only(fixture("firing", alarmMetaData=[])).state is State.FIRING


def test_values_are_those_of_their_streams() -> None:
    """Of several streams each value has the name of its resource; labels are what all streams share."""
    alert = only(fixture("grouped"))
    assert alert.values == {"web-1": 92, "web-2": 95.5}
    assert (alert.labels["resources"], alert.labels["region"], alert.resource) == ("web-1, web-2", "us-ashburn-1", "")
    assert "resourceId" not in alert.labels
    single = only(fixture("firing"))
    assert (single.resource, single.values) == ("SHOPDB", {"DatabaseAvailability[5m].min()": 0.0})


@pytest.mark.fault_elsewhere(
    "superplane and several receivers of OCI Notifications",
    "the URL of the confirmation is fetched unseen, or from any host below oraclecloud.com",
)
@pytest.mark.parametrize(
    ("url", "is_right"),
    [
        (CONFIRM, True),
        (CONFIRM.replace("cell1.", ""), True),
        (CONFIRM.replace("cell1.", "cell-1."), True),
        (CONFIRM.replace("cell1.", "").replace(".oci.", "."), True),
        (CONFIRM.replace("https", "http"), False),
        (CONFIRM.replace("cell1.notification", "objectstorage"), False),
        (CONFIRM.replace(".com/", ".com.evil.example/"), False),
        (CONFIRM.replace("https://", "https://evil.example/"), False),
        (CONFIRM.replace("https://", "https://user@"), False),
        (CONFIRM.replace(".com/", ".com:444/"), False),
        (CONFIRM.replace("https://", "https://evil.example\\@"), False),
        (CONFIRM + "#x", False),
        ("https://169.254.169.254/notification", False),
    ],
)
def test_only_a_url_of_notifications_is_visited(url: str, is_right: bool) -> None:  # noqa: FBT001
    """The URL comes back from header and body, with any other body, and only if its host is one of Notifications."""
    source = Source("oci", vendor=VENDOR, auth=Auth(tokens="made-up"))
    wanted = url if is_right else None
    for body in ("", "{}", "not json"):
        request = Request(body, headers={"X-OCI-NS-ConfirmationURL": url}, query={"token": "made-up"})
        done = receive(request, source, NOW)
        assert isinstance(done, Handshake)
        assert done.confirm_url == wanted
    batch = parse_document(VENDOR, {"ConfirmationURL": url})
    assert (batch.reason, batch.confirm_url, len(batch)) == (Reason.HANDSHAKE, wanted, 0)


def test_a_notification_is_no_handshake() -> None:
    """A message has headers of Notifications, too, and an id that a retry has again."""
    headers = {"X-OCI-NS-MessageType": "Notification", "X-OCI-NS-MessageId": "m1"}
    request = Request(json.dumps(fixture("firing")), headers=headers)
    done = receive(request, Source("oci", vendor=VENDOR), NOW)
    assert isinstance(done, Accepted)
    assert (len(done.batch), done.batch.delivery_id) == (1, "m1")


def test_forms_of_the_message() -> None:
    """Raw and pretty JSON are the same alarm; a formatted message is refused, not guessed."""
    document = fixture("ok")
    raw, pretty = (parse(VENDOR, json.dumps(document, indent=indent)) for indent in (None, 2))
    assert raw.alerts == pretty.alerts
    with pytest.raises(PayloadError):
        parse(VENDOR, "Alarm: OK_TO_FIRING | CRITICAL | High CPU Utilization | 2023-05-17T15:34:23.852Z")


def test_other_bodies_of_oracle_are_not_alarms() -> None:
    """An event of OCI is a CloudEvent of version 0.1."""
    event: dict[str, Any] = {
        "cloudEventsVersion": "0.1",
        "eventID": "e",
        "eventType": "com.oraclecloud.computeapi.terminateinstance.end",
    }
    event |= {"source": "ComputeApi", "eventTime": "2026-03-04T10:00:00Z", "data": {"resourceName": "web-1"}}
    found = detect(Request(json.dumps(event)))
    assert found is not None
    assert found.vendor == "cloudevents"
    with pytest.raises(PayloadError):
        parse_document(VENDOR, event)


def test_an_unknown_level_is_noted() -> None:
    """A level that the vendor does not list is a problem, not a guess in silence."""
    alert = only(fixture("firing", severity="SEVERE"))
    assert [problem.code for problem in alert.problems] == [ProblemCode.LEVEL_UNKNOWN]


def test_credentials_of_streams() -> None:
    """A dimension or value with the name of a credential comes out nowhere, and two such streams stay two alerts."""

    def sent(secret: str) -> Alert:
        dimensions = [{"resourceDisplayName": "web-1", "password": secret}]
        alarm = fixture("firing")["alarmMetaData"][0] | {
            "dimensions": dimensions,
            "metricValues": [{"api_key": secret, "CpuUtilization[1m].mean()": "97"}],
        }
        return only(
            fixture("firing", alarmMetaData=[alarm], notificationType="Split messages per metric stream", dedupeKey="")
        )

    one, other = sent("hunter2"), sent("correct-horse")
    assert one.dedup_key != other.dedup_key
    assert "hunter2" not in repr(one)
    assert list(one.values.values()) == [97]

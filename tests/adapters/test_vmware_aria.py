"""VMware Aria Operations beyond the goldens: words of the state, times, the id in the path, answers."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, IncidentBook, PayloadError, Source, State, parse, parse_document
from alertmap.adapters import vmware_aria
from alertmap.intake.receive import Accepted, receive
from alertmap.model import ProblemCode, Reason, Request

FIXTURES = Path(__file__).parents[2] / "fixtures" / "vmware_aria"
VENDOR = "vmware_aria"
UUID = "f0982c87-6af9-46e4-ba1a-24fc528e381a"


def fixture(name: str, **changed: Any) -> Any:
    """Return the document of a fixture, with other fields."""
    file = FIXTURES / f"{name}.json"
    text = (file if file.exists() else file.with_suffix(".request.json")).read_text(encoding="utf-8")
    document = json.loads(text)
    return (json.loads(document["body"]) if "body" in document else document) | changed


def only(document: Any) -> Alert:
    """Return the only alert of a document."""
    (alert,) = parse_document(VENDOR, document)
    return alert


def open_after(*documents: Any) -> int:
    """Return the number of incidents that are open after these documents, a minute apart."""
    book = IncidentBook()
    for minute, document in enumerate(documents):
        received_at = datetime(2026, 3, 4, 11, minute, tzinfo=UTC)
        book.apply(parse_document(VENDOR, document, received_at=received_at).alerts)
    return len(book.open)


@pytest.mark.fault_elsewhere("vmw-loginsight/webhook-shims", "every status but ACTIVE is shown as over")
@pytest.mark.parametrize("status", ["SUSPENDED", "ESCALATED", "", None, 7])
def test_a_status_that_is_not_known_fires(status: Any) -> None:
    """A new word of the vendor closes nothing."""
    alert = only(fixture("active", status=status))
    assert alert.state is State.FIRING
    assert {problem.code for problem in alert.problems} & {ProblemCode.STATE_UNKNOWN, ProblemCode.STATE_GUESSED}


@pytest.mark.parametrize("status", ["CANCELED", "CANCELLED", "Inactive", "closed"])
def test_each_word_for_an_end_resolves(status: str) -> None:
    """Both spellings occur."""
    assert open_after(fixture("active"), fixture("updated"), fixture("canceled", status=status)) == 0


def test_the_time_of_the_end_decides_nothing_while_active() -> None:
    """Active alerts have one, equal to their start or later."""
    alert = only(fixture("active", cancelDate=1772619600000))
    assert (alert.state, alert.occurred_at) == (State.FIRING, datetime(2026, 3, 4, 10, tzinfo=UTC))


def test_an_end_is_not_older_than_the_last_update() -> None:
    """The later time counts: else an end whose time stayed that of the start would be old news."""
    assert open_after(fixture("updated"), fixture("canceled", cancelDate=1772618400000)) == 0


@pytest.mark.fault_elsewhere("vmw-loginsight/webhook-shims", "a criticality that is not in its table is an error")
@pytest.mark.parametrize("criticality", ["ALERT_CRITICALITY_LEVEL_AUTO", "ALERT_CRITICALITY_LEVEL_NONE", "", None, 3])
def test_a_criticality_that_is_not_known_fires(criticality: Any) -> None:
    """Such an alert fires at the default severity, with a problem."""
    alert = only(fixture("active", criticality=criticality))
    assert (alert.state, alert.severity) == (State.FIRING, vmware_aria.adapter.fallback)
    assert alert.problems


def test_the_update_of_a_level_is_the_same_alert() -> None:
    """The key holds neither level nor name nor object."""
    assert open_after(fixture("active"), fixture("updated", alertName="renamed", resourceName="moved")) == 1


@pytest.mark.parametrize(("path", "key"), [(f"/a/{UUID}", UUID), (f"/a/{UUID.upper()}/", UUID.upper())])
def test_the_path_has_the_id_where_the_body_has_none(path: str, key: str) -> None:
    """The id is put behind the URL that was entered."""
    body = json.dumps(fixture("active", alertId=None))
    (alert,) = parse(VENDOR, Request(body, method="PUT", path=path))
    assert alert.identity == {"alert": key}


@pytest.mark.parametrize("path", ["/vmware_aria", f"/{UUID}/vmware_aria", "/vmware_aria/alerts"])
def test_another_path_is_no_id(path: str) -> None:
    """All alerts would have the same key."""
    body = json.dumps(fixture("active", alertId=None))
    (alert,) = parse(VENDOR, Request(body, path=path))
    assert alert.identity.keys() == {"adapter", "name", "resource"}


def test_xml_and_json_are_the_same_alert() -> None:
    """The content type may be changed while an alert fires."""
    document = fixture("active")
    elements = "".join(f"<{name}>{value}</{name}>" for name, value in document.items())
    (alert,) = parse(VENDOR, f'<?xml version="1.0" encoding="UTF-8"?><alert>{elements}</alert>')
    expected = only(document)
    assert (alert.dedup_key, alert.state, alert.level) == (expected.dedup_key, expected.state, expected.level)
    assert (alert.occurred_at, alert.values) == (expected.occurred_at, expected.values)


def test_a_payload_without_a_status_is_refused() -> None:
    """The error names what is missing; Aria Operations for Logs posts such a payload."""
    with pytest.raises(PayloadError, match="status"):
        parse_document(VENDOR, {"AlertName": "auth failures", "messages": [], "NumHits": 3})


@pytest.mark.parametrize(("method", "status"), [("POST", 201), ("PUT", 202), ("PATCH", 201)])
@pytest.mark.parametrize("name", ["active", "canceled", "sample", "no_id"])
def test_answers_are_those_of_the_vendors_page(name: str, method: str, status: int) -> None:
    """201 to a POST, 202 to a PUT, whatever the alert is."""
    source = Source("aria", vendor=VENDOR)
    for document in (fixture(name), fixture(name, status=None)):
        done = receive(Request(json.dumps(document), method=method), source, datetime(2026, 3, 4, tzinfo=UTC))
        assert done.answer.status == status


def test_a_request_that_cannot_be_read_is_kept() -> None:
    """Its answer counts as delivered, since Aria would not send another body."""
    done = receive(Request("{}"), Source("aria", vendor=VENDOR), datetime(2026, 3, 4, tzinfo=UTC))
    assert isinstance(done, Accepted)
    assert (done.batch.reason, done.answer.status) == (Reason.UNREADABLE, 201)

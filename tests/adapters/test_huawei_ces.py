"""Huawei Cloud Eye beyond the goldens: handshakes, what closes what, and how SMN differs from SNS."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, IncidentBook, State, detect, parse_document
from alertmap.intake.auth import Auth
from alertmap.intake.receive import Handshake, Outcome, Rejected, receive
from alertmap.intake.source import Source
from alertmap.model import Request

FIXTURES = Path(__file__).parents[2] / "fixtures"
NOW = datetime(2026, 3, 4, 10, 10, tzinfo=UTC)
URN = "urn:smn:eu-west-101:0919a0fb6c80f38f2f06c01ea940d5d3:ops"


def fixture(name: str, vendor: str = "huawei_ces") -> Any:
    """Return the document of a fixture."""
    return json.loads((FIXTURES / vendor / f"{name}.json").read_text(encoding="utf-8"))


def alarm(name: str = "major", **changed: Any) -> Any:
    """Return the notification of a fixture whose alarm has other fields."""
    document = fixture(name)
    return document | {"message": json.dumps(json.loads(document["message"]) | changed)}


def read(document: Any) -> Alert:
    """Return the only alert of a document."""
    (alert,) = parse_document("huawei_ces", document)
    return alert


def open_after(*documents: Any) -> int:
    """Return the number of incidents that are open after these documents."""
    book = IncidentBook()
    for document in documents:
        book.apply(parse_document("huawei_ces", document, received_at=NOW).alerts)
    return len(book.open)


def received(document: Any, source: Source | None = None) -> Outcome:
    """Receive a document."""
    headers = {"X-SMN-MESSAGE-TYPE": document["type"], "Content-Type": "text/plain; charset=UTF-8"}
    return receive(Request(json.dumps(document), headers=headers), source or Source("h"), NOW, vendor="huawei_ces")


@pytest.mark.fault_elsewhere("receivers that key by the id of the message", "a cleared alarm closes nothing")
def test_another_message_closes_the_alarm() -> None:
    """Another message id, subject, text and time make no other key."""
    assert open_after(fixture("major")) == 1
    assert open_after(fixture("major"), fixture("major_cleared")) == 0


@pytest.mark.parametrize(
    "changed", [{"dimension": "instance_id:other"}, {"metric_name": "mem_util"}, {"alarm_id": "al2"}]
)
def test_another_resource_metric_or_rule_is_another_alarm(changed: dict[str, str]) -> None:
    """One rule has many resources and many metrics: the end of one does not end the other."""
    assert open_after(fixture("major"), alarm(**changed)) == 2
    assert open_after(fixture("major"), alarm("major_cleared", **changed)) == 1


def test_no_data_is_no_recovery() -> None:
    """An alarm that loses its data stays open."""
    assert open_after(fixture("major"), fixture("no_data")) == 1
    assert read(fixture("no_data")).no_data


@pytest.mark.fault_elsewhere("receivers that look for words", "a text in which something is cleared resolves an alarm")
def test_no_text_resolves() -> None:
    """The subject and the text do not decide: in a localised message the word may be any."""
    assert read(fixture("major") | {"subject": "[Cleared] 恢复"}).state is State.FIRING
    assert read(fixture("text")).state is State.FIRING


def test_a_retry_has_the_same_delivery_id() -> None:
    """The id of the message is the delivery id."""
    assert parse_document("huawei_ces", fixture("major")).delivery_id == "a11f"


@pytest.mark.parametrize(
    ("host", "is_right"),
    [
        ("console.huaweicloud.com", True),
        ("console-intl.huaweicloud.com", True),
        ("smn.eu-west-101.myhuaweicloud.eu", True),
        ("console.huaweicloud.com.evil.example", False),
        ("evil-console.huaweicloud.com", False),
        ("smn.obs.cn-north-4.myhuaweicloud.com", False),  # a storage bucket
        ("console.huaweicloud.com:8443", False),
        ("169.254.169.254", False),
    ],
)
@pytest.mark.fault_elsewhere("receivers that visit any subscribe_url", "a request makes the server visit what it names")
def test_a_confirmation_gives_its_url_on_hosts_of_the_vendor(host: str, is_right: bool) -> None:  # noqa: FBT001
    """Any other host is refused; the handshake is recognised all the same."""
    url = f"https://{host}/smn/subscription/confirm?token=0000"
    done = received(fixture("subscription") | {"subscribe_url": url})
    assert isinstance(done, Handshake)
    assert done.confirm_url == (url if is_right else None)


def test_the_end_of_a_subscription_is_not_confirmed() -> None:
    """Its URL would subscribe again."""
    done = received(fixture("unsubscribed"))
    assert isinstance(done, Handshake)
    assert done.confirm_url is None


def test_a_topic_must_be_signed() -> None:
    """With the topics of the source, neither an alarm nor a confirmation without its signature is accepted."""
    source = Source("h", auth=Auth(topics=[URN]))
    for name in ("major", "subscription"):
        document = {key: value for key, value in fixture(name).items() if key != "signature"}
        assert isinstance(received(document, source), Rejected)


@pytest.mark.parametrize(
    ("vendor", "names"),
    [("huawei_ces", ["major", "text", "subscription", "unsubscribed"]), ("aws_sns_cloudwatch", ["alarm", "text"])],
)
def test_smn_and_sns_are_distinguished(vendor: str, names: list[str]) -> None:
    """Both have a topic, a message and its id; the spelling of the keys distinguishes them."""
    for name in names:
        found = detect(json.dumps(fixture(name, vendor)))
        assert found is not None
        assert found.vendor == vendor

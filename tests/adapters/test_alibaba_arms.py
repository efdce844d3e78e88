"""ARMS beyond the goldens: how it differs from the Alertmanager that it imitates, and faults of other receivers."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, IncidentBook, Severity, Source, State, detect, parse_document
from alertmap.intake.receive import Accepted, receive
from alertmap.model import Batch, Reason, Request

VENDOR = "alibaba_arms"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR
NOW = datetime(2026, 5, 3, tzinfo=UTC)  # long after each endsAt


def body(name: str, **changed: Any) -> Any:
    """Return the document of a fixture; the changes are those of its first alert, None leaves a key out."""
    document = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    first = document["alerts"][0] | changed
    document["alerts"][0] = {key: value for key, value in first.items() if value is not None}
    return document


def read(document: Any) -> Batch:
    """Parse a document that is received now."""
    return parse_document(VENDOR, document, received_at=NOW)


def one(document: Any) -> Alert:
    """Return the only alert of a document."""
    [alert] = read(document)
    return alert


def found(document: Any) -> str | None:
    """Return the vendor that a document is recognised as."""
    detected = detect(json.dumps(document))
    return detected.vendor if detected else None


def open_after(*documents: Any) -> int:
    """Return the number of incidents that are open after these documents, received at intervals of an hour."""
    book = IncidentBook()
    for hour, document in enumerate(documents):
        book.apply(parse_document(VENDOR, document, received_at=NOW + timedelta(hours=hour)).alerts)
    return len(book.open)


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("receivers of Alertmanager's API", "an alert is over as soon as its endsAt has passed")
def test_an_end_does_not_resolve() -> None:
    """ARMS fills endsAt in while the alert fires; only a status resolves, even where there is none."""
    assert one(body("firing")).state is State.FIRING
    assert one(body("no_status_at_all")).state is State.FIRING
    assert one(body("firing")).expires_at is None


@pytest.mark.fault_elsewhere("receivers of Alertmanager's webhook", "a body without version and groupKey is refused")
def test_it_is_recognised_without_alertmanagers_keys() -> None:
    """Labels or annotations of ARMS give it away, of an alert or of the group."""
    for name in ("firing", "levels", "resolved"):
        assert found(body(name)) == VENDOR
    plain = body("levels")
    for alert in plain["alerts"]:
        alert["labels"] = {"alertname": "NodeDown"}
    assert found(plain) == VENDOR  # by commonLabels
    plain["commonLabels"] = {}
    assert found(plain) == "prometheus_alertmanager"


@pytest.mark.fault_elsewhere("Flashduty", "P2 is as low as P3")
@pytest.mark.parametrize(
    ("level", "severity"),
    [
        ("P1", Severity.CRITICAL),
        ("CRITICAL", Severity.CRITICAL),
        ("P2", Severity.HIGH),
        ("ERROR", Severity.HIGH),
        ("P3", Severity.MEDIUM),
        ("WARN", Severity.MEDIUM),
        ("P4", Severity.LOW),
        ("PAGE", Severity.LOW),
        ("INFO", Severity.LOW),
    ],
)
def test_each_level_of_arms_is_known(level: str, severity: Severity) -> None:
    """It counts before the rule's own word, which may be another."""
    labels = body("firing")["alerts"][0]["labels"] | {"_aliyun_arms_alert_level": level}
    alert = one(body("firing", labels=labels))
    assert (alert.level, alert.severity) == (level, severity)


@pytest.mark.fault_elsewhere("receivers of JSON only", "the console's test is an error")
def test_the_test_of_the_console_is_accepted() -> None:
    """The variable is not filled in there, and the body is no JSON."""
    done = receive(Request(b"$alertmanager_content"), Source("a"), NOW, vendor=VENDOR)
    assert isinstance(done, Accepted)
    assert done.batch.reason is Reason.TEST
    assert done.answer.status == 200
    detected = detect("$alertmanager_content")
    assert detected is not None
    assert detected.vendor == VENDOR


# --- What else must hold ----------------------------------------------------------------------------------------------


def test_a_recovery_closes_what_it_opened() -> None:
    """The URL of the detail page and the values differ; the fingerprint does not."""
    assert open_after(body("firing"), body("firing_again")) == 1
    assert open_after(body("firing"), body("firing_again"), body("resolved")) == 0


def test_one_alert_of_a_group_ends_alone() -> None:
    """The group fires as long as one of its alerts does."""
    ended = body("levels", status="resolved", endsAt="2026-05-02T09:00:00.000000000Z")
    assert open_after(body("levels")) == 2
    assert open_after(body("levels"), ended) == 1


def test_an_alert_without_a_state_has_not_that_of_another_alert() -> None:
    """A group that still fires resolves none of its alerts."""
    first, *_ = read(body("levels", status=None))
    assert first.state is State.FIRING


def test_an_alert_of_alertmanager_without_labels_of_arms_is_not_its() -> None:
    """A managed Prometheus that pushes to an Alertmanager of one's own is a plain Alertmanager."""
    document = {
        "version": "4",
        "groupKey": "{}:{}",
        "status": "firing",
        "alerts": [{"status": "firing", "labels": {"alertname": "NodeDown"}, "startsAt": "2026-05-02T03:10:15Z"}],
    }
    assert found(document) == "prometheus_alertmanager"


def test_a_source_of_alertmanager_reads_it_as_well() -> None:
    """Whoever pointed ARMS at such a source loses no page; the labels are the key there, so the recovery closes."""
    book = IncidentBook()
    for name, count in (("firing", 1), ("resolved", 0)):
        book.apply(parse_document("prometheus_alertmanager", body(name), received_at=NOW).alerts)
        assert len(book.open) == count

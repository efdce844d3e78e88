"""Simple Log Service beyond the goldens: what the key is made of, what is not read, and faults of other receivers."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, IncidentBook, PayloadError, Severity, detect, parse, parse_document
from alertmap.codec import to_dict

VENDOR = "alibaba_sls"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR
NOW = datetime(2026, 4, 24, 8, 0, tzinfo=UTC)


def body(name: str) -> Any:
    """Return the document of a fixture."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def one(document: Any) -> Alert:
    """Return the only alert of a document."""
    [alert] = parse_document(VENDOR, document)
    return alert


def without(name: str, *keys: str) -> Any:
    """Return the document of a fixture without some keys."""
    return {key: value for key, value in body(name).items() if key not in keys}


def open_after(*documents: Any) -> int:
    """Return the number of incidents that are open after these documents."""
    book = IncidentBook()
    for document in documents:
        book.apply(parse_document(VENDOR, document, received_at=NOW).alerts)
    return len(book.open)


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("HertzBeat", "the numeric severity is kept as an annotation only: all alerts are alike")
@pytest.mark.parametrize("severity", [10, "10"])
def test_the_number_is_a_severity(severity: int | str) -> None:
    """As a number by to_json, as a text by an original template."""
    assert one(body("firing") | {"severity": severity}).severity is Severity.CRITICAL


@pytest.mark.fault_elsewhere("HertzBeat", "the key holds the rule's name: an alert that is renamed is never closed")
def test_a_renamed_rule_closes_its_alert() -> None:
    """The name is for people; region and annotations are in no key either."""
    renamed = body("resolved") | {"alert_name": "other", "region": "other", "annotations": {"cnt": "3"}}
    assert open_after(body("firing")) == 1
    assert open_after(body("firing"), renamed) == 0


@pytest.mark.fault_elsewhere("receivers that key by alert_instance_id", "each evaluation opens an incident")
def test_an_evaluation_is_no_alert_of_its_own() -> None:
    """The id of the instance and the time of the evaluation differ in each notification."""
    assert open_after(body("firing"), body("firing_again")) == 1


# --- The key ----------------------------------------------------------------------------------------------------------


def test_without_a_fingerprint_its_parts_are_the_key() -> None:
    """Rule, project and labels make the fingerprint, by the vendor's own page: they tell the same alerts apart."""
    fired, ended = without("firing", "fingerprint"), without("resolved", "fingerprint")
    other_host = fired | {"labels": {"env": "prod", "host": "web-4"}}
    assert open_after(fired, other_host) == 2
    assert open_after(fired, other_host, ended) == 1
    assert open_after(fired, fired | {"project": "other"}, fired | {"alert_id": "other"}) == 3


def test_a_template_without_labels_keeps_alerts_apart() -> None:
    """The fingerprint comes first, since rule and project alone are the same for all alerts of a rule."""
    first = without("firing", "labels")
    assert open_after(first, first | {"fingerprint": "other"}) == 2


def test_the_level_is_in_no_key() -> None:
    """A rule may have several levels; the vendor's fingerprint does not hold them either."""
    keys = {one(body("firing") | {"severity": severity}).dedup_key for severity in (10, 8, 6, 4, 2)}
    assert len(keys) == 1


# --- Texts and times --------------------------------------------------------------------------------------------------


def test_a_broken_end_without_a_fingerprint_closes_nothing() -> None:
    """Its labels stand behind the break: it could be the end of another alert of the same rule."""
    text = (FIXTURES / "broken_resolved.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if "fingerprint" not in line]
    with pytest.raises(PayloadError, match="without its labels"):
        parse(VENDOR, "\n".join(lines))


def test_the_sign_in_link_is_left_out() -> None:
    """It opens the alert without a login."""
    alert = one(body("firing") | {"signin_url": "https://sls.example/free?ticket=0123"})
    assert "0123" not in json.dumps({**to_dict(alert), "raw": None}, default=str)


def test_seconds_are_seconds() -> None:
    """All times are seconds, as a number or as a text; 0 is no time."""
    for name in ("resolved", "original_resolved"):
        alert = one(body(name))
        assert alert.occurred_at == datetime.fromtimestamp(int(body(name)["resolve_time"]), UTC)
        assert alert.started_at == datetime.fromtimestamp(int(body(name)["fire_time"]), UTC)


def test_an_end_comes_after_the_last_evaluation_that_fired() -> None:
    """Also where `resolve_time` is earlier than a notification that still stated the alert."""
    fired, ended = body("firing_again"), body("resolved")
    ended |= {"alert_time": fired["alert_time"] + 60, "resolve_time": fired["alert_time"] - 60}
    assert open_after(body("firing"), fired, ended) == 0


def test_results_are_no_labels() -> None:
    """The rows of the query can be many: only their count is kept, which may be above the rows that are sent."""
    alert = one(body("field_list"))
    assert alert.values == {"results": 150}
    assert "836" not in json.dumps({**to_dict(alert), "raw": None}, default=str)


def test_it_is_recognised_without_labels_and_results() -> None:
    """A template need not list all."""
    short = without("field_list", "labels", "annotations", "results", "fire_results", "aliuid", "region")
    found = detect(json.dumps(short))
    assert found is not None
    assert found.vendor == VENDOR

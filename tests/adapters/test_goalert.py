"""GoAlert beyond the goldens: numbers as keys, sentences as states, and bodies of other releases."""

import json
from pathlib import Path
from typing import Any

import pytest

from alertmap import IncidentBook, State, detect, parse
from alertmap.errors import ShapeError
from alertmap.model import Alert, Batch, ProblemCode, Reason

FIXTURES = Path(__file__).parents[2] / "fixtures" / "goalert"


def body(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def read(document: Any) -> Batch:
    return parse("goalert", json.dumps(document))


def one(document: Any) -> Alert:
    (alert,) = read(document)
    return alert


def codes(alert: Alert) -> set[ProblemCode]:
    return {problem.code for problem in alert.problems}


@pytest.mark.fault_elsewhere("GoAlert itself, target/goalert#4461", "two alerts with one summary are one alert")
def test_two_alerts_with_one_summary_are_two() -> None:
    """The number alone is the key."""
    first = body("alert")
    assert one(first).dedup_key != one(first | {"AlertID": 9}).dedup_key
    assert one(first).dedup_key == one(first | {"Summary": "other", "Details": "", "Meta": {}}).dedup_key


@pytest.mark.fault_elsewhere(
    "GoAlert itself, target/goalert#4522", "an alert forgets the key that it was opened with: nothing closes it"
)
def test_an_end_without_text_ends_its_alert() -> None:
    """Up to 0.34.1 the end has the number and nothing else of the alert."""
    book = IncidentBook()
    book.apply(read(body("alert")).alerts)
    assert book.open
    book.apply(read(body("closed")).alerts)
    assert not book.open


@pytest.mark.fault_elsewhere("GoAlert itself, target/goalert#4374", "the new text of an open alert is thrown away")
def test_a_new_text_of_an_open_alert_is_taken() -> None:
    """The incident has the title that came last."""
    book = IncidentBook()
    book.apply(read(body("alert")).alerts)
    book.apply(read(body("alert") | {"Summary": "disk of db-1 is 99 % full"}).alerts)
    (incident,) = book.open
    assert incident.title == "disk of db-1 is 99 % full"


@pytest.mark.parametrize(
    ("entry", "state"),
    [
        ("Closed by admin (Web)", State.RESOLVED),
        ("Closed via generic integration (Generic API)", State.RESOLVED),
        ("Closed due to inactivity (unacknowledged for  7 days)", State.RESOLVED),
        ("Closed", State.RESOLVED),
        ("Acknowledged via shop [unknown]", State.ACKNOWLEDGED),
        ("Acknowledged by Closed Account (Web)", State.ACKNOWLEDGED),
        ("Escalated to step #1 (policy repeat) automatically after 30 minutes", State.FIRING),
        ("Escalated by Closed Account", State.FIRING),
    ],
)
def test_the_first_word_is_the_state(entry: str, state: State) -> None:
    """Names that follow may hold any word."""
    alert = one(body("later_closed") | {"LogEntry": entry})
    assert (alert.state, alert.problems) == (state, ())


@pytest.mark.parametrize(
    "entry", ["Reopened by Ann", "closed-by-Ann", "Error", "Closed: by Ann", "geschlossen von Ann"]
)
def test_another_word_fires(entry: str) -> None:
    """Only a known first word ends an alert."""
    alert = one(body("later_closed") | {"LogEntry": entry})
    assert alert.state is State.FIRING
    assert codes(alert) == {ProblemCode.STATE_UNKNOWN}


@pytest.mark.parametrize("entry", ["", "  ", "\n"])
def test_a_blank_sentence_fires(entry: str) -> None:
    """A change that does not say what changed fires."""
    alert = one(body("later_closed") | {"LogEntry": entry})
    assert alert.state is State.FIRING
    assert ProblemCode.STATE_GUESSED in codes(alert)


@pytest.mark.parametrize("key", ["severity", "priority", "level"])
def test_the_level_is_in_the_metadata(key: str) -> None:
    """Users choose key and word; null metadata is an alert without a level."""
    assert one(body("alert") | {"Meta": {key: "P2"}}).level == "P2"
    assert one(body("alert") | {"Meta": None}).level == "unset"


def test_a_bundle_reports_what_it_leaves_out() -> None:
    """The alerts of a bundle are counted, none of them is named, and nothing ends it."""
    batch = read(body("bundle"))
    assert (batch.truncated, [problem.code for problem in batch.problems]) == (6, [ProblemCode.TRUNCATED])
    assert not batch.alerts[0].resolvable
    uncounted = read({key: value for key, value in body("bundle").items() if key != "Count"})
    assert uncounted.alerts[0].title == "Several alerts of shop db"
    assert [problem.code for problem in uncounted.problems] == [ProblemCode.TRUNCATED]


def test_the_code_stays_in_the_document() -> None:
    """The code of a contact method appears in the raw document, where the user finds it, and in no repr."""
    batch = read(body("verification"))
    assert batch.reason is Reason.HANDSHAKE
    assert batch.raw["Code"] == "952798"
    assert "952798" not in repr(batch)


@pytest.mark.parametrize("name", ["alert", "closed", "bundle", "test", "verification"])
def test_releases_before_0_29_have_no_name(name: str) -> None:
    """Without `AppName` a body is read where the vendor is named, and recognised as none."""
    bare = {key: value for key, value in body(name).items() if key != "AppName"}
    assert [alert.dedup_key for alert in read(bare)] == [alert.dedup_key for alert in read(body(name))]
    assert read(bare).reason is read(body(name)).reason
    found = detect(json.dumps(bare))
    assert found is None or found.vendor != "goalert"


def test_a_type_of_tomorrow_is_refused() -> None:
    """A type that is not known is no alert, and no silence either."""
    with pytest.raises(ShapeError):
        read(body("alert") | {"Type": "AlertMerged"})

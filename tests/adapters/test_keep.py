"""Keep: what the fixtures cannot say."""

import json
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, IncidentBook, Request, State, parse, parse_document
from alertmap.errors import PayloadError
from alertmap.model import ProblemCode

VENDOR = "keep"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR


def body(name: str, **changes: Any) -> dict[str, Any]:
    """Return the document of a fixture with other fields; one that holds a text is decoded."""
    document: Any = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    decoded: dict[str, Any] = json.loads(document) if isinstance(document, str) else document
    return decoded | changes


def one(document: Any) -> Alert:
    """Return the only alert of a document."""
    [alert] = parse_document(VENDOR, document)
    return alert


def test_a_text_of_json_is_read_as_its_object() -> None:
    """Keep prints the alert into the body and encodes that text once more."""
    text = json.loads((FIXTURES / "text.json").read_text(encoding="utf-8"))
    assert isinstance(text, str)
    assert one(text).dedup_key == one(body("text")).dedup_key


@pytest.mark.fault_elsewhere(
    "receivers of workflows", "a body that Python printed is taken for an alert without fields"
)
@pytest.mark.parametrize("text", ["{'name': 'cpu', 'dismissed': False}", "{'labels': None}"])
def test_what_python_printed_is_refused(text: str) -> None:
    """An object inside quotes of a workflow; with or without the quotes of JSON around it."""
    for sent in (text, json.dumps(text)):
        with pytest.raises(PayloadError):
            parse(VENDOR, Request(sent))


@pytest.mark.fault_elsewhere("receivers that key on `id` or `event_id`", "the recovery is another alert")
def test_ids_of_an_event_are_no_part_of_the_key() -> None:
    """Many providers of Keep give each event a random id."""
    first, last = body("firing"), body("resolved")
    assert (first["id"], first["event_id"]) != (last["id"], last["event_id"])
    book = IncidentBook()
    book.apply([one(first), one(last)])
    assert not book.open


@pytest.mark.parametrize(
    ("dismissed", "status", "state"),
    [
        (True, "firing", State.SUPPRESSED),
        ("true", "firing", State.SUPPRESSED),
        (True, "acknowledged", State.SUPPRESSED),
        (True, "resolved", State.RESOLVED),
        ("false", "firing", State.FIRING),
        (None, "acknowledged", State.ACKNOWLEDGED),
        (7, "firing", State.FIRING),
        (True, "unheard of", State.FIRING),
    ],
)
def test_a_dismissed_alert_is_muted_and_may_still_recover(dismissed: object, status: str, state: State) -> None:
    """The status stays what it was."""
    assert one(body("firing", dismissed=dismissed, status=status)).state is state


def test_a_dismissed_alert_of_an_older_release_pages_nobody() -> None:
    """Keep sets the status of a dismissed alert itself, and a text has the name of that status."""
    sent = json.dumps(body("firing", dismissed=True, status="AlertStatus.SUPPRESSED"))
    alert = one(sent)
    assert (alert.state, alert.problems) == (State.SUPPRESSED, ())


@pytest.mark.parametrize("status", ["suppressed", "maintenance", "acknowledged", "pending", "firing", "unheard of"])
def test_only_resolved_resolves(status: str) -> None:
    """And `pending` fires, since the data is missing."""
    alert = one(body("firing", status=status))
    assert alert.state is not State.RESOLVED
    assert alert.no_data is (status == "pending")


@pytest.mark.parametrize("form", ["{}", "IncidentStatus.{}"])
@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("firing", State.FIRING),
        ("acknowledged", State.ACKNOWLEDGED),
        ("resolved", State.RESOLVED),
        ("merged", State.RESOLVED),
        ("deleted", State.RESOLVED),
        ("candidate", State.FIRING),
    ],
)
def test_the_states_of_an_incident_in_both_forms(form: str, word: str, state: State) -> None:
    """Printed into a text, the status has the name of its enumeration."""
    sent = form.format(word.upper() if "." in form else word)
    alert = one(body("incident", status=sent))
    assert alert.state is state
    assert (ProblemCode.STATE_UNKNOWN in {problem.code for problem in alert.problems}) is (word == "candidate")


def test_a_loop_can_be_seen() -> None:
    """The sources of an alert are a label, so that a filter can leave out what came from here."""
    assert one(body("text")).labels["source"] == "grafana, keep"


def test_no_label_of_the_alert_is_lost() -> None:
    """A field of Keep's own that is empty does not hide the label of the same name."""
    alert = one(body("firing", service=None, environment="", labels={"service": "cart", "environment": "prod"}))
    assert alert.labels["service"] == "cart"
    assert alert.labels["environment"] == "prod"

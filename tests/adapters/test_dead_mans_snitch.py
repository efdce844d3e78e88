"""Dead Man's Snitch: what the fixtures cannot say."""

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Request, State, parse
from alertmap.incidents.book import IncidentBook
from alertmap.intake.redact import redact

FIXTURES = Path(__file__).parents[2] / "fixtures" / "dead_mans_snitch"
TOKEN, OTHER = "7be01f94aa", "0123456789"  # made up


def body(name: str, **changes: Any) -> dict[str, Any]:
    """Return the body of a fixture with a token, and with other values of its snitch."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    document["data"]["snitch"] |= {"token": TOKEN, **changes}
    return document


def one(document: Any) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse("dead_mans_snitch", json.dumps(document))
    return alert


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("PagerTree", "a snitch that reports a failure opens no alert")
def test_a_healthy_snitch_that_fails_fires() -> None:
    """The status decides, not the status before it."""
    alert = one(body("errored", previous_status="healthy"))
    assert (alert.state, alert.no_data) == (State.FIRING, False)


@pytest.mark.fault_elsewhere("PagerTree", "a snitch that was errored is never closed")
def test_a_snitch_that_was_missing_and_errored_is_one_incident() -> None:
    """Missing, errored, healthy: one incident, and it is over."""
    book = IncidentBook()
    for name in ("missing", "errored", "reporting"):
        book.apply([one(body(name))])
    assert not book.open
    assert len({one(body(name)).dedup_key for name in ("missing", "errored", "reporting")}) == 1


# --- Order ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(permutations(("missing", "errored", "reporting"))), ids=" ".join)
def test_nothing_is_open_after_any_order(order: tuple[str, ...]) -> None:
    """Requests arrive in no certain order: the latest statement counts, even where it comes first."""
    book = IncidentBook()
    for name in order:
        book.apply([one(body(name))])
    assert not book.open


# --- The token --------------------------------------------------------------------------------------------------------


def test_two_snitches_of_one_name_are_two_alerts() -> None:
    """The token is the key; a name need not be unique."""
    assert one(body("missing")).dedup_key != one(body("missing", token=OTHER)).dedup_key


def test_the_token_stays_inside() -> None:
    """Whoever has the token can report for the snitch: no alert and no recorded request holds it."""
    document = body("missing")
    assert TOKEN not in repr(one(document))
    assert TOKEN not in str(redact(Request(json.dumps(document))).body)


def test_the_status_before_counts_in_any_spelling() -> None:
    """The level of a recovery is that of what ended."""
    assert one(body("missing_ended", previous_status="Missing")).severity == one(body("missing")).severity

"""New Relic: what the fixtures cannot say."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, State, parse
from alertmap.model import ProblemCode

VENDOR = "new_relic"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR


def body(name: str, /, **changed: object) -> dict[str, Any]:
    """Return the document of a fixture, with other fields."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return document | changed


def one(document: dict[str, Any] | str) -> Alert:
    """Return the only alert of a document or of a text."""
    [alert] = parse(VENDOR, document if isinstance(document, str) else json.dumps(document))
    return alert


@pytest.mark.parametrize("key", ["createdAt", "updatedAt", "totalIncidents"])
@pytest.mark.parametrize("name", ["activated", "closed"])
def test_a_variable_without_quotes_may_have_no_value(name: str, key: str) -> None:
    """The default payload is no JSON then; its state and its key are still read."""
    text, count = re.subn(rf'"{key}": ?[0-9]+', f'"{key}": ', json.dumps(body(name)))
    assert count == 1
    alert = one(text)
    assert (alert.state, alert.dedup_key) == (one(body(name)).state, one(body(name)).dedup_key)
    assert ProblemCode.MALFORMED in {problem.code for problem in alert.problems}


def test_a_quote_in_a_payload_of_ones_own() -> None:
    """The texts before it are read, and nothing behind it resolves."""
    alert = one('{"state": "ACTIVATED", "id": "a", "title": "a "b" c", "state": "CLOSED"}')
    assert (alert.state, alert.identity) == (State.FIRING, {"id": "a"})


def test_incidents_without_an_id_are_not_one() -> None:
    """The account alone is no key."""
    keys = {one(body("legacy_open", incident_id=None, condition_name=name)).dedup_key for name in ("a", "b")}
    assert len(keys) == 2

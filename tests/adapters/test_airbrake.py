"""Airbrake: what the fixtures cannot say."""

import json
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, PayloadError, State, parse

FIXTURES = Path(__file__).parents[2] / "fixtures" / "airbrake"


def body(**changes: Any) -> dict[str, Any]:
    """Return the body of an error, decoded, with other values."""
    document: dict[str, Any] = json.loads((FIXTURES / "error.json").read_text(encoding="utf-8"))
    document["error"] |= changes
    return document


def one(document: Any) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse("airbrake", json.dumps(document))
    return alert


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("Zulip", "an error without its project is refused with a KeyError")
@pytest.mark.parametrize("project", [None, {}, "shop", {"name": None}])
def test_an_error_without_its_project_pages(project: object) -> None:
    """The project is a part of the key where it is there, and decides nothing else."""
    alert = one(body(project=project))
    assert (alert.state, alert.title) == (State.FIRING, "StockError: shelf empty")


# --- Identity ---------------------------------------------------------------------------------------------------------


def test_the_id_is_text_and_exact() -> None:
    """A number and its text make one key; none of 19 digits is rounded."""
    number = 2911504410023377158
    keys = {one(body(id=value)).dedup_key for value in (number, str(number), number + 1)}
    assert keys == {f"airbrake:error={number},project=2204", f"airbrake:error={number + 1},project=2204"}


def test_an_occurrence_is_no_part_of_the_key() -> None:
    """The last occurrence, the count and the message differ each time."""
    again = one(body(last_notice={"id": 7}, times_occurred=9, error_message="shelf 7 is empty"))
    assert again.dedup_key == one(body()).dedup_key


def test_an_error_without_any_id_is_refused() -> None:
    """A body in which nothing tells one error from another is no alert of Airbrake's."""
    with pytest.raises(PayloadError):
        parse("airbrake", json.dumps({"error": {"error_message": "no such page"}}))


# --- The page that failed ---------------------------------------------------------------------------------------------


def test_query_and_user_of_the_page_stay_inside() -> None:
    """The query of a page may hold a token of whoever called it."""
    url = "https://ann:hunter2@shop.example/reset?mail=ann&t=made0up#made0up"
    alert = one(body(last_notice={"request_url": url}))
    assert alert.links["page"] == "https://shop.example/reset"
    assert "made0up" not in repr(alert)
    assert "hunter2" not in repr(alert)

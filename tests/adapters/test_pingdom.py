"""Pingdom: what the fixtures cannot say."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from alertmap import Alert, IncidentBook, Request, Severity, State, parse, parse_document
from alertmap.model import ProblemCode

VENDOR = "pingdom"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR


def body(name: str, **changes: Any) -> dict[str, Any]:
    """Return the document of a fixture, with changes."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return document | changes


def one(document: dict[str, Any]) -> Alert:
    """Return the only alert of a document."""
    [alert] = parse_document(VENDOR, document)
    return alert


@pytest.mark.fault_elsewhere("Keep", "SUCCESS and FAILING are not known: the description decides")
@pytest.mark.parametrize("description", ["OK", "Transaction recovered", "", None, "DOWN"])
def test_the_description_decides_no_state(description: str | None) -> None:
    """A transaction that recovers is over, and one that fails is not, whatever the texts say."""
    texts = {"long_description": description, "description": description}
    assert one(body("transaction_success", **texts)).state is State.RESOLVED
    assert one(body("transaction_failing", **texts)).state is State.FIRING
    assert one(body("unknown_state", **texts)).state is State.FIRING


@pytest.mark.fault_elsewhere("Keep", "each alert is info, whatever the importance of its check")
@pytest.mark.parametrize(
    ("importance", "severity"),
    [("HIGH", Severity.HIGH), ("LOW", Severity.MEDIUM), (None, Severity.HIGH), ("", Severity.HIGH)],
)
def test_the_importance_of_the_check_counts(importance: str | None, severity: Severity) -> None:
    """An outage without an importance, as older messages have it, is no trifle."""
    alert = one(body("down", importance_level=importance))
    assert (alert.severity, alert.problems) == (severity, ())


@pytest.mark.fault_elsewhere("Keep", "the key `time`, which is never sent, is read, so each alert happens now")
def test_the_time_is_that_of_the_change() -> None:
    """Also where only the text without a zone was sent: it is in UTC."""
    at = datetime(2026, 3, 4, 10, tzinfo=UTC)
    assert one(body("down")).occurred_at == at
    alert = one(body("down", state_changed_timestamp=None))
    assert (alert.occurred_at, alert.problems) == (at, ())


def test_a_late_start_opens_nothing() -> None:
    """A check that is up again stays so, however late the change to down arrives, and as often."""
    book = IncidentBook()
    for minute, name in [(20, "up"), (25, "down"), (50, "down")]:
        received_at = datetime(2026, 3, 4, 10, minute, tzinfo=UTC)
        book.apply(parse_document(VENDOR, body(name), received_at=received_at).alerts)
        assert len(book.open) == 0


@pytest.mark.fault_elsewhere("Keep, keephq/keep#5018", "a recovery does not find the alert that it ends")
@pytest.mark.parametrize("number", [7730112, "7730112", 7730112.0])
def test_a_recovery_has_the_key_of_its_trigger(number: object) -> None:
    """The id may be a number or a text, and all else may have changed."""
    up = one(body("up", check_id=number, check_name="renamed", check_params={}, importance_level="LOW"))
    assert up.dedup_key == one(body("down")).dedup_key


@pytest.mark.fault_elsewhere("receivers that read `check_params.full_url`", "a check without a URL is not read at all")
@pytest.mark.parametrize("parameters", [None, {}, [], "x", {"hostname": None, "full_url": 7}])
def test_no_parameter_of_the_check_is_expected(parameters: object) -> None:
    """Transactions have none, and each type has others."""
    alert = one(body("down", check_params=parameters))
    assert (alert.state, alert.links) == (State.FIRING, {})


def test_credentials_of_the_check_stay_inside() -> None:
    """Of the parameters only the address is read, without its user and password."""
    parameters = {"full_url": "https://ann:hunter2@shop.example/", "header": "Authorization: Basic aHVudGVyMg=="}
    alert = one(body("down", check_params=parameters))
    assert alert.links == {"url": "https://shop.example/"}
    assert "aHVudGVyMg" not in repr(alert)


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"description": "up", "action": "assign"}, State.RESOLVED),
        ({"description": "down", "action": "notify_of_close"}, State.FIRING),
        ({"action": "assign"}, State.FIRING),
        ({"action": "notify_user"}, State.FIRING),
        ({"action": "notify_of_close"}, State.RESOLVED),
        ({"action": "snooze"}, State.FIRING),
    ],
)
def test_the_state_of_beep_manager(fields: dict[str, str], state: State) -> None:
    """The description tells the state; the action counts where it is missing."""
    document = {"check": "7", "checkname": "shop", "host": "shop.example", "incidentid": 812} | fields
    [alert] = parse(VENDOR, Request(method="GET", path=f"/?message={quote(json.dumps(document))}"))
    assert (alert.state, alert.dedup_key) == (state, "pingdom:check_id=7")
    assert {problem.code for problem in alert.problems} <= {ProblemCode.STATE_UNKNOWN}

"""HetrixTools: what the fixtures cannot say."""

import json
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, State, parse
from alertmap.incidents.book import IncidentBook

FIXTURES = Path(__file__).parents[2] / "fixtures" / "hetrixtools"


def body(name: str) -> Any:
    """Return the body of a fixture, decoded."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def alerts(document: Any) -> list[Alert]:
    """Return the alerts of a body."""
    return list(parse("hetrixtools", json.dumps(document)))


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("PagerTree", "a recovery has no errors, so it is taken for an unknown kind and dropped")
@pytest.mark.parametrize("errors", [{}, None, [], ""])
def test_a_recovery_without_errors_ends_the_alert(errors: object) -> None:
    """The status decides, whatever stands for the errors."""
    book = IncidentBook()
    book.apply(alerts(body("offline")))
    book.apply(alerts(body("online") | {"monitor_errors": errors}))
    assert not book.open


@pytest.mark.fault_elsewhere("PagerTree", "each report about an address opens a new alert, and none is ever closed")
def test_the_reports_about_an_address_are_one_alert() -> None:
    """The address is the key: two reports are one incident, and the report that it is on no list ends it."""
    book = IncidentBook()
    for name in ("blacklisted", "blacklisted"):
        book.apply(alerts(body(name)))
    assert len(book.open) == 1
    book.apply(alerts(body("delisted")))
    assert not book.open


@pytest.mark.fault_elsewhere("PagerTree", "a warning about resources has the key of the uptime monitor of the same id")
def test_a_warning_about_resources_is_not_ended_by_the_uptime_monitor() -> None:
    """The end of an outage leaves a warning about the same server open."""
    book = IncidentBook()
    usage = body("usage_cpu") | {"monitor_id": body("offline")["monitor_id"]}
    for document in (usage, body("offline"), body("online")):
        book.apply(alerts(document))
    [still_open] = book.open
    assert [still_open.dedup_key] == [alert.dedup_key for alert in alerts(usage)]


# --- Blacklists -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", ["0", 0, " 0 "])
def test_no_list_resolves(count: object) -> None:
    """A count of zero, as text or as a number, is the end."""
    [alert] = alerts([body("delisted")[0] | {"blacklisted_now": count}])
    assert alert.state is State.RESOLVED


@pytest.mark.parametrize("count", ["1", 3, "", None, "none", "-0", False, "0.0"])
def test_nothing_else_resolves(count: object) -> None:
    """Any other count fires; one that is no number fires with a problem."""
    [alert] = alerts([body("delisted")[0] | {"blacklisted_now": count}])
    assert alert.state is State.FIRING


def test_a_bad_report_does_not_affect_the_others() -> None:
    """An element of a batch that cannot be read is a problem; the other alerts are there."""
    first, second = body("blacklists")
    batch = parse("hetrixtools", json.dumps([{"monitor": first["monitor"]}, second]))
    assert [alert.state for alert in batch] == [State.RESOLVED]
    assert [problem.path for problem in batch.problems] == ["$[0]"]

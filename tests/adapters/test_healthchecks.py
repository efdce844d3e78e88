"""Healthchecks beyond the goldens: keys across versions, tags as levels, tests, placeholders."""

import json
from typing import Any

import pytest

from alertmap import Severity, State, parse, parse_document
from alertmap.errors import DecodeError, ShapeError
from alertmap.incidents.book import IncidentBook
from alertmap.model import Alert, Batch, ProblemCode, Reason, Request

VENDOR = "healthchecks"
UUID = "5b1f0c52-7a3d-4e0e-9c6a-1d2f3a4b5c6d"
CHECK: dict[str, Any] = {
    "name": "Mail queue",
    "slug": "mail-queue",
    "tags": "mail",
    "desc": "",
    "grace": 300,
    "n_pings": 57,
    "status": "down",
    "uuid": UUID,
    "ping_url": f"https://hc.example/ping/{UUID}",
    "channels": "9d3c2b1a-0000-4000-8000-000000000001",
}


def change(to: str, now: str = "2026-03-04T08:25:00+00:00", **more: Any) -> Batch:
    return parse_document(VENDOR, {"check": CHECK | more, "status": to, "now": now})


def one(batch: Batch) -> Alert:
    (alert,) = batch
    return alert


def codes(alert: Alert) -> set[ProblemCode]:
    return {problem.code for problem in alert.problems}


@pytest.mark.fault_elsewhere(
    "Spike.sh (healthchecks#393)", "a check that goes up opens a second incident instead of ending the first"
)
def test_a_check_that_goes_up_ends_its_incident() -> None:
    """A recovery ends the incident of its check; one of a check that was not known to be down opens nothing."""
    book = IncidentBook()
    book.apply(change("up", status="up").alerts)
    assert not book.incidents
    book.apply(change("down", "2026-03-04T08:30:00+00:00").alerts)
    assert len(book.open) == 1
    book.apply(change("up", "2026-03-04T08:40:00+00:00", status="up").alerts)
    assert (len(book.open), len(book.incidents)) == (0, 1)


def test_a_check_that_was_renamed_while_down_is_resolved() -> None:
    """Name, slug and tags may change during an outage; the key does not."""
    renamed = one(change("up", name="Mail", slug="mail", tags="critical"))
    assert (renamed.state, renamed.dedup_key) == (State.RESOLVED, one(change("down")).dedup_key)


@pytest.mark.parametrize(
    "document",
    [
        CHECK,
        {name: value for name, value in CHECK.items() if name != "uuid"},
        {"check": CHECK, "status": "down"},
        {"check": CHECK, "now": "2026-03-04T08:25:00+00:00"},
        {"code": UUID, "status": "down"},
    ],
)
def test_every_form_has_one_key(document: Any) -> None:
    """All forms and versions name a check alike: an upgrade or a new template breaks no open incident."""
    alert = one(parse_document(VENDOR, document))
    assert (alert.identity, alert.state) == ({"check": UUID}, State.FIRING)


def test_the_end_of_a_ping_url_that_is_no_uuid_is_no_key() -> None:
    """A ping URL of another form is not guessed at: the name is the key, with a problem."""
    alert = one(change("down", uuid="", ping_url="https://hc.example/ping/key/mail-queue"))
    assert (alert.identity["name"], ProblemCode.KEY_FALLBACK in codes(alert)) == ("Mail queue", True)


@pytest.mark.parametrize(
    ("tags", "severity"),
    [
        ("", Severity.HIGH),
        ("prod db", Severity.HIGH),
        ("prod critical", Severity.CRITICAL),
        ("Low prod", Severity.LOW),
        ("severity:warning", Severity.MEDIUM),
        ("low severity:P1", Severity.CRITICAL),
        ("severity:", Severity.HIGH),
        ("debug error", Severity.HIGH),  # common tags that are not meant as levels
        ("noncritical", Severity.HIGH),
    ],
)
def test_tags(tags: str, severity: Severity) -> None:
    """A tag sets the severity; without one an outage is high."""
    alert = one(change("down", tags=tags))
    assert (alert.severity, codes(alert)) == (severity, set())


def test_a_misspelt_severity_is_not_lower_than_none() -> None:
    """An unknown word of a severity tag is high as well, with a problem."""
    alert = one(change("down", tags="severity:terrible"))
    assert (alert.severity, codes(alert)) == (Severity.HIGH, {ProblemCode.LEVEL_UNKNOWN})


@pytest.mark.parametrize("status", ["down", "up"])
def test_the_test_button(status: str) -> None:
    """A test opens nothing, in any form, also where only "up" has a URL and the check is down."""
    test = CHECK | {"name": "TEST", "slug": "", "tags": "", "n_pings": 42, "channels": ""}
    for document in (test, {"check": test}, {"check": test, "status": status}):
        assert parse_document(VENDOR, document).reason is Reason.TEST


def test_a_real_check_with_the_name_of_the_test_pages() -> None:
    """A check named TEST that has an integration is an alert, even at its 42nd ping."""
    assert one(change("down", name="TEST", slug="", tags="", n_pings=42)).state is State.FIRING


@pytest.mark.parametrize("present", ["down", "up", "grace", "paused", "new", "IF_YOU_SEE_THIS_WE_HAVE_A_BUG", None])
@pytest.mark.parametrize("status", ["down", "up"])
def test_the_status_of_the_change_counts(status: str, present: str | None) -> None:
    """`$STATUS` decides, whatever the check has become since."""
    alert = one(change(status, status=present))
    assert alert.state is {"down": State.FIRING, "up": State.RESOLVED}[status]
    assert codes(alert) == set()


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("down", State.FIRING),
        ("up", State.RESOLVED),
        ("paused", State.SUPPRESSED),
        ("started", State.FIRING),
        ("grace", None),
        ("new", None),
    ],
)
def test_statuses_of_a_check_alone(status: str, state: State | None) -> None:
    """Only `up` resolves; a status that hides the outage fires, with a problem."""
    batch = parse_document(VENDOR, CHECK | {"status": status})
    assert [alert.state for alert in batch] == ([state] if state else [])
    assert any(alert.problems for alert in batch) == (status == "started")


def test_a_placeholder_that_is_not_known_yet() -> None:
    """Old versions leave new placeholders as they are: they are no values, and no state."""
    document = CHECK | {"exit": "$EXITSTATUS", "body": "$BODY"}
    alert = one(parse_document(VENDOR, document))
    assert (alert.values, alert.message, codes(alert)) == ({}, "", {ProblemCode.UNRENDERED})
    fired = one(parse_document(VENDOR, {"code": UUID, "status": "$STATUS"}))
    assert (fired.state, codes(fired)) == (State.FIRING, {ProblemCode.UNRENDERED, ProblemCode.STATE_GUESSED})


def test_placeholders_inside_a_name_stay() -> None:
    """Healthchecks does not replace placeholders inside a name, and neither are they taken out here."""
    alert = one(change("down", name="Costs in $NAME"))
    assert (alert.title, codes(alert)) == ("Costs in $NAME is down", set())


def test_a_query_with_other_names_is_refused() -> None:
    """A GET whose parameters are not known is an error that its sender sees, not a silent probe."""
    with pytest.raises(ShapeError):
        parse(VENDOR, Request(method="GET", path=f"/hc?c={UUID}&s=down&token=x"))
    assert parse(VENDOR, Request(method="GET", path="/hc?token=x")).reason is Reason.PROBE


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (f'{{"code": "{UUID}", "name": "the "big" one", "status": "down"}}', DecodeError),
        ("Mail queue is down", DecodeError),
        (json.dumps({"status": "down"}), ShapeError),
        (json.dumps({"check": {}, "status": "down"}), ShapeError),
        (json.dumps({"check_id": "cdb8", "title": "Mail queue is DOWN", "status": "down"}), ShapeError),
    ],
)
def test_refused(body: str, error: type[Exception]) -> None:
    """A name that breaks the JSON, a text, and bodies that name no check are refused."""
    with pytest.raises(error):
        parse(VENDOR, body)

"""LogicMonitor: what the fixtures cannot say, above all bodies that users write, or that a value breaks."""

import json
import re
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, IncidentBook, PayloadError, Request, Severity, State, detect, parse
from alertmap.adapters import logicmonitor
from alertmap.model import ProblemCode, Reason

VENDOR = "logicmonitor"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR


def body(name: str) -> dict[str, str]:
    """Return the document of a fixture."""
    document: dict[str, str] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return document


def one(document: dict[str, Any] | str, **arguments: Any) -> Alert:
    """Return the only alert of a document or of a text."""
    [alert] = parse(VENDOR, document if isinstance(document, str) else json.dumps(document), **arguments)
    return alert


def template() -> dict[str, str]:
    """Return the body of the set-up guide."""
    assert logicmonitor.__doc__
    text = logicmonitor.__doc__.partition("enter this body:\n\n")[2].partition("```text")[2].partition("```")[0]
    document: dict[str, str] = json.loads(textwrap.dedent(text))
    return document


def broken(values: dict[str, str]) -> str:
    """Return a body in which no value is escaped."""
    return "{\n" + ",\n".join(f'"{name}": "{value}"' for name, value in values.items()) + "\n}"


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("PagerTree", "the test button opens an alert")
def test_the_test_button_opens_nothing() -> None:
    """Whatever else the sample holds."""
    batch = parse(VENDOR, json.dumps(body("error") | {"alertstatus": "test"}))
    assert (batch.alerts, batch.reason) == ((), Reason.TEST)


@pytest.mark.fault_elsewhere("PagerTree", "an update, which is another level of a firing alert, is dropped")
def test_an_update_is_the_alert_at_another_level() -> None:
    """It has the same key."""
    before, after = one(body("error")), one(body("critical"))
    assert (after.state, after.severity) == (State.FIRING, Severity.CRITICAL)
    assert after.dedup_key == before.dedup_key


# --- Tokens -----------------------------------------------------------------------------------------------------------


def test_the_body_of_the_guide() -> None:
    """It is JSON with the keys of the fixtures; all values are tokens, and the message, which may break it, is last."""
    assert template().keys() == body("error").keys()
    assert all(re.fullmatch(r"##[A-Z]+##", value) for value in template().values())
    assert list(template())[-1] == "message"


def test_a_body_without_any_value_is_refused() -> None:
    """Nothing of it becomes a key."""
    with pytest.raises(PayloadError):
        parse(VENDOR, json.dumps(template()))


@pytest.mark.parametrize("name", ["alertid", "host", "datasource", "instance", "datapoint", "internalid"])
@pytest.mark.parametrize("token", ["##ALERTID##", "##HOST##", "##system.ips##", "db-##team##"])
def test_a_token_that_was_not_filled_in_is_no_key(name: str, token: str) -> None:
    """It would be the same for all alerts."""
    document = body("no_id") | {name: token}
    for sent in (document, broken(document)):
        assert "##" not in one(sent).dedup_key


@pytest.mark.parametrize("keys", [("alert_id", "alert_status"), ("alertId", "alertStatus"), ("ALERTID", "Status")])
def test_keys_in_other_spellings(keys: tuple[str, str]) -> None:
    """As payloads for BigPanda, Splunk On-Call and others have them."""
    document = body("cleared")
    sent = {keys[0]: document.pop("alertid"), keys[1]: document.pop("alertstatus")}
    alert = one(document | sent)
    assert (alert.state, alert.dedup_key) == (State.RESOLVED, one(body("error")).dedup_key)


# --- Broken JSON ------------------------------------------------------------------------------------------------------


def test_a_message_resolves_nothing() -> None:
    """Pairs inside of a value that breaks the JSON are none."""
    for text in ('" ", "alertstatus": "clear", "x": "', '"\n"alertstatus": "clear",\n'):
        alert = one(broken(body("error") | {"message": text}))
        assert alert.state is State.FIRING


def test_a_backslash_in_the_name_of_a_drive() -> None:
    """Id, status, level, start and the host stand before it."""
    alert = one(broken(body("error") | {"datasource": "WinVolumeUsage-C:\\", "instance": "C:\\"}))
    assert (alert.dedup_key, alert.severity, alert.resource) == (
        one(body("error")).dedup_key,
        Severity.HIGH,
        "db-3",
    )
    assert ProblemCode.MALFORMED in {problem.code for problem in alert.problems}


@pytest.mark.parametrize("last", ["alertstatus", "alertid", "message"])
@pytest.mark.parametrize("name", ["error", "cleared"])
def test_line_breaks_cost_no_page(name: str, last: str) -> None:
    """Wherever the message stands: in payloads of one's own it may come before the status, which may be the last."""
    document = body(name) | {"message": "disk\nfull"}
    value = document.pop(last)
    alert, intact = one(broken(document | {last: value})), one(body(name))
    assert (alert.state, alert.dedup_key, alert.severity) == (intact.state, intact.dedup_key, intact.severity)
    assert alert.message == "disk\nfull"


def test_numbers_without_quotes_cost_no_page() -> None:
    """Nor does a token without a value."""
    text = '{"value": 93.2, "startepoch": 1772618400, "alertid": "LMD74100", "threshold": , "alertstatus": "clear",'
    assert one(f'{text} "message": "a "b""}}').state is State.RESOLVED


def test_a_broken_test_is_a_test() -> None:
    """A broken text without a status is refused."""
    batch = parse(VENDOR, broken(body("test") | {"message": 'a "b"'}))
    assert batch.reason is Reason.TEST
    with pytest.raises(PayloadError):
        parse(VENDOR, '{"host": "a", "message": "a "b""}')


# --- Times ------------------------------------------------------------------------------------------------------------


def test_a_recovery_counts_when_it_arrives() -> None:
    """The only time in it is the start of the alert: it must not end before that, or never."""
    book = IncidentBook()
    for minute, name in ((1, "error"), (16, "error_again"), (17, "acknowledged"), (30, "cleared")):
        received = datetime(2026, 3, 4, 10, minute, tzinfo=UTC)
        book.apply([one(body(name), received_at=received)])
        assert len(book.open) == (name != "cleared")


@pytest.mark.parametrize(("first", "second"), [("warn", "critical"), ("critical", "warn")])
def test_a_change_of_the_level_counts_when_it_arrives(first: str, second: str) -> None:
    """It has the start of the alert, too: a critical level must not be lost behind an acknowledgement."""
    book = IncidentBook()
    for minute, status, level in ((1, "active", first), (5, "ack", first), (10, "update", second)):
        received = datetime(2026, 3, 4, 10, minute, tzinfo=UTC)
        book.apply([one(body("error") | {"alertstatus": status, "level": level}, received_at=received)])
    [incident] = book.open
    assert incident.severity is {"warn": Severity.MEDIUM, "critical": Severity.CRITICAL}[second]
    assert incident.max_severity is Severity.CRITICAL


def test_the_next_session_is_another_incident() -> None:
    """The id of the alert is the same, the start is not."""
    book = IncidentBook()
    again = body("error") | {"startepoch": "1772622000", "internalid": "DS12048999"}
    for hour, document in ((10, body("error")), (10, body("cleared")), (11, again)):
        book.apply([one(document, received_at=datetime(2026, 3, 4, hour, 30, tzinfo=UTC))])
    [incident] = book.open
    assert incident.opened_at == datetime(2026, 3, 4, 11, 0, tzinfo=UTC)


# --- Recognition ------------------------------------------------------------------------------------------------------


def test_an_id_of_logicmonitor_is_recognised() -> None:
    """An id of another form is not, unless the keys are those of the guide."""
    assert detect(Request('{"alertid": "LMD1", "status": "active"}')) is not None
    assert detect(Request('{"alertid": "12", "status": "active"}')) is None

"""LibreNMS: what the fixtures cannot say, above all bodies whose JSON its own values break."""

import json
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, PayloadError, Request, Severity, State, detect, parse
from alertmap.adapters import librenms
from alertmap.model import ProblemCode, Reason

VENDOR = "librenms"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR

VALUES = {
    "state": "1",
    "alert_id": "331",
    "rule_id": "9",
    "device_id": "17",
    "severity": "critical",
    "timestamp": "2026-02-03T10:11:12+01:00",
    "hostname": "192.0.2.20",
    "display": "sw-1",
    "name": "Port down",
    "msg": 'Alert for device sw-1\nRule: ports.ifOperStatus != "up"',
}


def body(name: str) -> str:
    """Return the body of a fixture."""
    return (FIXTURES / name).read_text(encoding="utf-8")


def one(text: str, **headers: str) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse(VENDOR, Request(text, headers=headers))
    return alert


def codes(alert: Alert) -> set[ProblemCode]:
    """Return the codes of an alert's problems."""
    return {problem.code for problem in alert.problems}


def template() -> str:
    """Return the body of the set-up guide."""
    found = re.search(r"line breaks:\n\n +```text\n(.*?)\n +```", librenms.__doc__ or "", re.DOTALL)
    assert found
    return textwrap.dedent(found[1])


def filled_in(**values: str) -> str:
    """Return that body as LibreNMS fills it in."""
    known = VALUES | values

    def value(found: re.Match[str]) -> str:
        text = known[found[1]]
        # As PHP does: nothing for a blank text.
        return (json.dumps(text) if text else "") if found[2] == "|json_encode" else text

    return re.sub(r"\{\{ \$(\w+)(\|[^}]+)? \}\}", value, template())


def older(**values: str) -> str:
    """Return that body as a version without filters fills it in."""
    plain = re.sub(r'"?(\{\{ \$\w+)(?:\|[^}]+)? \}\}"?', r'"\1 }}"', template())
    known = VALUES | {"timestamp": "2026-02-03 10:11:12"} | values
    return re.sub(r"\{\{ \$(\w+) \}\}", lambda found: known[found[1]], plain)


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere(
    "Keep, keephq/keep#5288", "no real alert arrives, only tests: values with line breaks and quotes break the JSON"
)
@pytest.mark.fault_elsewhere("the API transport, librenms/librenms#13467", "only the first line of a message arrives")
@pytest.mark.parametrize("state", ["0", "1", "2"])
@pytest.mark.parametrize("content_type", ["application/json", "text/plain"])
def test_what_breaks_the_json_costs_no_alert(state: str, content_type: str) -> None:
    """State, key and level stand on lines of their own."""
    text = older(state=state)
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    alert = one(text, **{"Content-Type": content_type})
    assert alert.state is librenms.STATES[state]
    assert (alert.dedup_key, alert.severity, alert.title) == (
        "librenms:alert_id=331",
        Severity.CRITICAL,
        "sw-1: Port down",
    )
    assert alert.message == VALUES["msg"]
    assert ProblemCode.MALFORMED in codes(alert)
    found = detect(Request(text, headers={"Content-Type": content_type}))
    assert found is not None
    assert found.vendor == VENDOR


@pytest.mark.fault_elsewhere("Keep", "a state that is a number is not found in the table of texts: a recovery fires")
@pytest.mark.parametrize("state", [0, 0.0, "0", " 0 "])
def test_a_recovery_is_one_as_a_number_as_well(state: object) -> None:
    """A body may have the state without quotes."""
    assert one(json.dumps({**json.loads(filled_in()), "state": state})).state is State.RESOLVED


@pytest.mark.fault_elsewhere("Keep", "the fingerprint is the name of the rule: all devices share one alert")
def test_devices_have_keys_of_their_own() -> None:
    """So have rules of one device; the second identity keeps them apart, too."""
    pairs = [("331", "17", "9"), ("332", "18", "9"), ("333", "17", "10")]
    for blank in (False, True):
        texts = [filled_in(alert_id="" if blank else a, device_id=d, rule_id=r) for a, d, r in pairs]
        assert len({one(text).dedup_key for text in texts}) == 3


@pytest.mark.fault_elsewhere("Keep", "the id is that of a log entry: a recovery has another one than its alert")
def test_the_ids_of_log_entries_are_no_identity() -> None:
    """`id` and `uid` differ between a trigger, a change and a recovery."""
    fired, ended = json.loads(body("keep_json.json")), json.loads(body("keep_json.json"))
    ended |= {"id": "9", "uid": "10", "state": "0", "title": "Device sw-1 recovered from Port down"}
    assert one(json.dumps(fired)).dedup_key == one(json.dumps(ended)).dedup_key


# --- Broken bodies ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["0", "2"])
def test_a_device_cannot_resolve_by_a_text_of_its_own(word: str) -> None:
    """A line inside a value that looks like a pair makes the state unknown, which fires."""
    alert = one(older(msg=f'x\n"state": "{word}",\ny'))
    assert alert.state is State.FIRING
    assert codes(alert) >= {ProblemCode.STATE_GUESSED, ProblemCode.MALFORMED}
    first = body("keep.txt").replace("Technical Support", f'"state": "{word}",\nTechnical Support')
    assert one(first).state is State.FIRING


def test_a_line_inside_a_value_changes_no_key() -> None:
    """With two values for the id of the alert, rule and device are the key."""
    alert = one(older(msg='x\n"alert_id": "1",\ny'))
    assert dict(alert.identity) == {"rule_id": "9", "device_id": "17"}
    assert ProblemCode.KEY_FALLBACK in codes(alert)


def test_a_blank_text_breaks_the_json_and_is_read() -> None:
    """`json_encode` leaves a blank text out altogether."""
    alert = one(filled_in(msg=""))
    assert (alert.state, alert.message) == (State.FIRING, "")
    assert ProblemCode.MALFORMED in codes(alert)


def test_filters_that_are_not_known() -> None:
    """The body of the guide in an older version: the placeholders stay, state and key are read."""
    text = filled_in()
    for name in ("name", "msg"):
        text = text.replace(json.dumps(VALUES[name]), f"{{{{ ${name}|json_encode }}}}")
    alert = one(text)
    assert (alert.state, alert.dedup_key) == (State.FIRING, "librenms:alert_id=331")


@pytest.mark.parametrize(
    "text",
    [
        "<html></html>",
        '"state": "0"',
        '{\n"alert_id": "x"y",\n"rule_id": "1",\n"device_id": "2"\n}',
        '{\n"state": "1",\n"note": "a "quote""\n}',
    ],
)
def test_texts_without_state_or_ids_are_refused(text: str) -> None:
    """Neither is guessed."""
    with pytest.raises(PayloadError):
        parse(VENDOR, text)


# --- The guide, tests -------------------------------------------------------------------------------------------------


def test_the_body_of_the_guide() -> None:
    """It is JSON once it is filled in, whatever stands in the texts, and is read without a problem."""
    alert = one(filled_in())
    assert (alert.state, alert.severity, alert.problems) == (State.FIRING, Severity.CRITICAL, ())
    assert (alert.title, alert.message, alert.resource) == ("sw-1: Port down", VALUES["msg"], "sw-1")
    assert json.loads(body("firing.json")).keys() == json.loads(filled_in()).keys()


@pytest.mark.parametrize("text", [filled_in(alert_id="000", rule_id="000"), older(alert_id="000", rule_id="000")])
def test_the_button_that_tests_the_transport(text: str) -> None:
    """Its ids are 000, also where the body is broken."""
    assert parse(VENDOR, text).reason is Reason.TEST


def test_the_token_is_no_field() -> None:
    """The token among the Options changes nothing."""
    request: dict[str, Any] = json.loads(body("query.request.json"))
    with_token = Request(method="GET", path=f"{request['path']}&token=t")
    [alert] = parse(VENDOR, with_token)
    assert alert.dedup_key == "librenms:alert_id=350"

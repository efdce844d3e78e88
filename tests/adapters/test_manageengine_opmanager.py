"""ManageEngine OpManager: what the fixtures cannot say."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Request, Severity, State, detect, parse
from alertmap.adapters import manageengine_opmanager
from alertmap.incidents.book import IncidentBook

VENDOR = "manageengine_opmanager"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR

VALUES = {
    "$alarmid": "8841",
    "$stringseverity": "Trouble",
    "$displayName": "core-sw-1",
    "$entity": "core-sw-1_CPUUtilization",
    "$DeviceField(ipAddress)": "192.0.2.20",
    "$category": "Switch",
    "$eventType": "Threshold",
    "$lastPolledValue": "91",
    "$DeviceField(type)": "Cisco Catalyst",
    "$strModTime": "04 Mar 2026 10:00:00 AM",
    "$message": "CPU utilization is 91%",
}


def body(name: str, **changes: Any) -> dict[str, Any]:
    """Return the body of a fixture, with changes."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return document | changes


def one(document: Any) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse(VENDOR, document if isinstance(document, (str, Request)) else json.dumps(document))
    return alert


def rendered(**values: str) -> str:
    """Return the body of the set-up page, filled in as OpManager does: without escapes."""
    found = re.search(r"```json\n(.*?)```", manageengine_opmanager.__doc__ or "", re.DOTALL)
    assert found
    text = found[1]
    for variable, value in (VALUES | {f"${name}": value for name, value in values.items()}).items():
        text = text.replace(f'"{variable}"', f'"{value}"')
    return text


def test_the_body_of_the_set_up_page_is_read_without_a_problem() -> None:
    """Variables of interfaces and monitors do not apply to a device, and stay as they are."""
    alert = one(rendered())
    assert (alert.state, alert.severity, alert.problems) == (State.FIRING, Severity.HIGH, ())
    assert (alert.identity, alert.values) == ({"alarm": "8841"}, {"last_polled_value": 91})
    assert not {"interface", "monitor"} & alert.labels.keys()


@pytest.mark.parametrize("message", ['Monitor "CPU"', "two\nlines", 'x"\n"severity": "Clear', "a \\ b"])
def test_a_message_that_breaks_the_json_loses_nothing(message: str) -> None:
    """OpManager escapes nothing; what stands in a message is no state."""
    alert = one(rendered(message=message))
    assert (alert.state, alert.severity, alert.dedup_key) == (State.FIRING, Severity.HIGH, one(rendered()).dedup_key)
    assert message.partition('"')[0] in alert.message


@pytest.mark.parametrize(
    "text",
    [
        '{"alarmid": "8841", "message": "Monitor "CPU"", "displayName": "core-sw-1", "severity": "Trouble"}',
        '{"alarmid": "8841", "severity": $stringseverity, "message": "CPU"}',
        '{"alarmid": 8841, "message": "the "CPU"", "severity": "Clear"}',
    ],
)
def test_a_message_before_the_severity_loses_no_alarm(text: str) -> None:
    """The template of FlashDuty has it so. What stands behind the quote is no state, so the alarm fires."""
    alert = one(text)
    assert (alert.state, alert.dedup_key) == (State.FIRING, one(body("trouble")).dedup_key)
    assert {"malformed", "state_guessed"} <= {problem.code for problem in alert.problems}


def test_alarms_without_an_id_are_not_those_of_all_devices() -> None:
    """A template without id and entity: the device and the category are the key, not the category alone."""
    nameless: dict[str, Any] = {"alarm_id": "", "entity": ""}
    keys = {one(body("trouble", **nameless, device_name=name)).dedup_key for name in ("sw-1", "sw-2")}
    assert len(keys) == 2
    assert one(body("trouble", **nameless, category="")).state is State.FIRING
    assert one(body("trouble", **nameless)).dedup_key == one(body("clear", **nameless)).dedup_key


def test_a_broken_body_is_recognised() -> None:
    """Without the vendor's name, too."""
    found = detect(Request(rendered(message='a "b"'), headers={"Content-Type": "application/json"}))
    assert found
    assert found.vendor == VENDOR


@pytest.mark.fault_elsewhere("receivers that hash the message", "an alarm that gets worse is a second incident")
def test_an_alarm_that_gets_worse_is_one_incident() -> None:
    """The id stays; the highest severity is kept when it is cleared."""
    book = IncidentBook()
    for name in ("trouble", "trouble_again", "critical", "clear"):
        book.apply(parse(VENDOR, json.dumps(body(name))).alerts)
    [incident] = book.incidents
    assert not book.open
    assert incident.max_severity is Severity.CRITICAL


@pytest.mark.parametrize("severity", ["$stringseverity", "", "5", "Cleared by nobody", None])
def test_only_a_clear_ends_an_alarm(severity: str | None) -> None:
    """A severity that is missing, or a number, fires, with a problem."""
    alert = one(body("trouble", severity=severity))
    assert alert.state is State.FIRING
    assert alert.problems


@pytest.mark.parametrize("text", ["$IntfField(ifDescr)", "NA", "", " "])
def test_a_variable_that_does_not_apply_is_absent(text: str) -> None:
    """It is no label, and no problem."""
    alert = one(body("service_down", Intf_ifDescr=text))
    assert "Intf_ifDescr" not in alert.labels
    assert not alert.problems


def test_multipart_form_data_is_read() -> None:
    """The payload type form-data."""
    pytest.importorskip("python_multipart")
    fields = body("service_down")
    parts = "".join(
        f'--xx\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields.items()
    )
    request = Request(f"{parts}--xx--\r\n", headers={"Content-Type": "multipart/form-data; boundary=xx"})
    assert one(request).dedup_key == one(fields).dedup_key

"""Nagios beyond the goldens: the block of its page, detection, faults of other receivers."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from alertmap import IncidentBook, Request, detect, parse, parse_document
from alertmap.adapters import nagios
from alertmap.model import Alert, State
from alertmap.testing import load

VENDOR = "nagios"
CASES = {case.name: case for case in load(Path(__file__).parents[2] / "fixtures" / VENDOR)}
SERVICE = {"NAGIOS_HOSTNAME": "web-1", "NAGIOS_HOSTSTATE": "UP", "NAGIOS_SERVICEDESC": "Disk /var"}


def _alert(kind: str, state: str, **more: str) -> Alert:
    document = {"NAGIOS_NOTIFICATIONTYPE": kind, **SERVICE, "NAGIOS_SERVICESTATE": state, **more}
    return parse_document(VENDOR, document).alerts[0]


def _found(document: Any) -> str | None:
    found = detect(Request(json.dumps(document)))
    return found.vendor if found else None


@pytest.mark.parametrize(("command", "name"), [("notify-service", "critical"), ("notify-host", "host_down")])
def test_the_block_of_the_page_is_the_fixture(command: str, name: str) -> None:
    """The commands that the page tells to paste post just the fields of the captured bodies, in this order."""
    block = re.search(rf"command_name +{command}-by-alertmap\n.*?\n   }}", nagios.__doc__ or "", re.DOTALL)
    assert block
    fields = re.findall(r"--data-urlencode 'NAGIOS_(\w+)=\$(\w+)\$'", block[0])
    assert all(field == macro for field, macro in fields)
    body = CASES[name].file.read_text(encoding="utf-8")
    values = dict(parse_qsl(body, keep_blank_values=True))
    assert body == urlencode([(f"NAGIOS_{field}", values[f"NAGIOS_{field}"]) for field, _ in fields])


def test_detection() -> None:
    """Nagios is known by its prefix; without one by a macro that Icinga 2 and Checkmk do not have."""
    plain = {"NOTIFICATIONTYPE": "PROBLEM", "HOSTNAME": "web-1", "HOSTSTATE": "DOWN"}
    assert _found({f"NAGIOS_{name}": value for name, value in plain.items()}) == VENDOR
    assert _found({**plain, "NOTIFICATIONNUMBER": "1", "pd_nagios_object": "host"}) == VENDOR
    assert _found(plain) is None
    assert _found({"type": "PROBLEM", "host": "web-1", "state": "DOWN"}) is None


def test_a_form_of_icinga_is_read_too() -> None:
    """A body of Icinga 2 that was sent to Nagios's source is no lost page."""
    body = urlencode({"ICINGA_NOTIFICATIONTYPE": "PROBLEM", "ICINGA_HOSTNAME": "web-1", "ICINGA_HOSTSTATE": "DOWN"})
    (alert,) = parse(VENDOR, Request(body))
    assert (alert.state, alert.dedup_key) == (State.FIRING, "nagios:host=web-1")


def test_the_problem_id_is_no_part_of_the_key() -> None:
    """A host that goes from UNREACHABLE to DOWN gets another problem id, and 0 on its recovery: one alert."""
    keys = set()
    for kind, state, number in (("PROBLEM", "UNREACHABLE", "22"), ("PROBLEM", "DOWN", "0"), ("RECOVERY", "UP", "0")):
        (alert,) = parse_document(
            VENDOR,
            {
                "NAGIOS_NOTIFICATIONTYPE": kind,
                "NAGIOS_HOSTNAME": "web-1",
                "NAGIOS_HOSTSTATE": state,
                "NAGIOS_HOSTPROBLEMID": number,
                "NAGIOS_HOSTEVENTID": number,
            },
        )
        keys.add((alert.dedup_key, alert.episode))
    assert keys == {("nagios:host=web-1", None)}


def test_one_second_holds_a_problem_and_its_recovery() -> None:
    """The number of the notification tells which of two in one second came last, in whatever order they arrive."""
    fired = _alert("PROBLEM", "CRITICAL", NAGIOS_TIMET="1795950586", NAGIOS_SERVICENOTIFICATIONID="22")
    over = _alert("RECOVERY", "OK", NAGIOS_TIMET="1795950586", NAGIOS_SERVICENOTIFICATIONID="23")
    again = _alert("PROBLEM", "CRITICAL", NAGIOS_TIMET="1795950586", NAGIOS_SERVICENOTIFICATIONID="24")
    for order, is_open in (((fired, over), False), ((over, fired), False), ((again, over, fired), True)):
        book = IncidentBook()
        book.apply(order)
        assert bool(book.open) is is_open


def test_a_recovery_ends_what_was_acknowledged() -> None:
    """An acknowledged problem that recovers is closed, and a later acknowledgement does not open it again."""
    book = IncidentBook()
    story = {"PROBLEM": "CRITICAL", "ACKNOWLEDGEMENT": "CRITICAL", "RECOVERY": "OK"}
    for number, (kind, state) in enumerate(story.items()):
        book.apply([_alert(kind, state, NAGIOS_TIMET=str(1795950586 + number))])
    assert not book.open
    book.apply([_alert("ACKNOWLEDGEMENT", "OK", NAGIOS_TIMET="1795950600")])
    assert not book.open


@pytest.mark.fault_elsewhere("Checkmk's plugin for PagerDuty", "two services whose names differ in a blank are one")
def test_blanks_in_the_name_of_a_service_count() -> None:
    """`Disk /var` and `Disk/var` are two services."""
    other = _alert("PROBLEM", "CRITICAL", NAGIOS_SERVICEDESC="Disk/var")
    assert _alert("PROBLEM", "CRITICAL").dedup_key != other.dedup_key


@pytest.mark.fault_elsewhere("Checkmk's plugin for PagerDuty", "a check that cannot tell counts as an error")
def test_unknown_is_not_worse_than_a_warning() -> None:
    """A plugin that timed out is not more urgent than one that warns."""
    assert _alert("PROBLEM", "UNKNOWN").severity is _alert("PROBLEM", "WARNING").severity

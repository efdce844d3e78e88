"""Icinga 2 beyond the goldens: the block of its page, detection, faults of other receivers."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from attrs import evolve

from alertmap import Request, detect, parse, parse_document
from alertmap.adapters import icinga2
from alertmap.errors import ShapeError
from alertmap.model import Reason, Severity, State, Times
from alertmap.testing import load

VENDOR = "icinga2"
CASES = {case.name: case for case in load(Path(__file__).parents[2] / "fixtures" / VENDOR)}


def _objects(state: str, *, service: str = "disk", host: str = "web-1", kind: str = "") -> dict[str, Any]:
    found = {
        "host": {"name": host, "display_name": host},
        "service": {"name": service, "display_name": service} if service else {},
        "check_result": {"exit_status": 2, "state": state, "output": f"DISK {state}"},
    }
    return {**found, "notification_type": kind} if kind else found


def _found(document: Any) -> str | None:
    found = detect(Request(json.dumps(document)))
    return found.vendor if found else None


@pytest.mark.parametrize(("command", "name"), [("service", "critical"), ("host", "host_down")])
def test_the_block_of_the_page_is_the_fixture(command: str, name: str) -> None:
    """The commands that the page tells to paste post just the fields of the captured bodies, in this order."""
    block = re.search(
        rf'object NotificationCommand "alertmap-{command}" {{\n.*?\n   }}', icinga2.__doc__ or "", re.DOTALL
    )
    assert block
    fields = re.findall(r'"--data-urlencode", "(ICINGA_\w+)=\$[\w.]+\$"', block[0])
    body = CASES[name].file.read_text(encoding="utf-8")
    values = dict(parse_qsl(body, keep_blank_values=True))
    assert body == urlencode([(field, values[field]) for field in fields])


def test_detection() -> None:
    """Icinga 2 is known by the prefix, or by its objects; names without a prefix could be those of Nagios."""
    plain = {"NOTIFICATIONTYPE": "PROBLEM", "HOSTNAME": "web-1", "HOSTSTATE": "DOWN"}
    assert _found({f"ICINGA_{name}": value for name, value in plain.items()}) == VENDOR
    assert _found(_objects("CRITICAL")) == VENDOR
    assert _found(_objects("CRITICAL", kind="PROBLEM")) == VENDOR
    assert _found(plain) is None


def test_a_line_of_the_output_is_no_field() -> None:
    """PagerDuty's plugin makes a field of the second line of an output: the alert is the same without it."""
    form = {"NOTIFICATIONTYPE": "PROBLEM", "HOSTNAME": "web-1", "SERVICEDESC": "disk", "SERVICESTATE": "WARNING"}
    (alert,) = parse(VENDOR, Request(urlencode(form)))
    (other,) = parse(VENDOR, Request(urlencode({**form, "second line | /var": "91%;80;90"})))
    assert evolve(other, raw=None) == evolve(alert, raw=None)


def test_the_long_date_is_a_time() -> None:
    """Scripts made after the mail scripts of Icinga 2 post its long date only, which has an offset."""
    (alert,) = parse_document(
        VENDOR,
        {
            "NOTIFICATIONTYPE": "PROBLEM",
            "HOSTNAME": "web-1",
            "HOSTSTATE": "DOWN",
            "LONGDATETIME": "2026-11-21 09:52:34 +0200",
        },
    )
    assert (str(alert.occurred_at), alert.times) == ("2026-11-21 07:52:34+00:00", Times.STATED)


def test_a_chat_message_is_refused() -> None:
    """A state that stands only in the text of a message for Slack decides nothing."""
    attachment = {"color": "danger", "title": "PROBLEM: Host web-1 transitioned from state UP to state DOWN"}
    with pytest.raises(ShapeError):
        parse(VENDOR, Request(urlencode({"payload": json.dumps({"attachments": [attachment]})})))


def test_a_recovery_of_a_service_on_a_host_that_was_never_checked() -> None:
    """Icinga 2 says DOWN of a host that was never checked; its service is well all the same."""
    (alert,) = parse_document(
        VENDOR,
        {
            "ICINGA_NOTIFICATIONTYPE": "RECOVERY",
            "ICINGA_HOSTNAME": "web-1",
            "ICINGA_HOSTSTATE": "DOWN",
            "ICINGA_HOSTSTATETYPE": "SOFT",
            "ICINGA_SERVICENAME": "disk /var",
            "ICINGA_SERVICESTATE": "OK",
        },
    )
    assert (alert.state, alert.title) == (State.RESOLVED, "disk /var on web-1 is OK")


@pytest.mark.fault_elsewhere("Keep", "a message of a person about a service that is well resolves its alert")
def test_a_custom_notification_resolves_nothing() -> None:
    """CUSTOM is no news of the service, whatever its state is."""
    for state in ("OK", "CRITICAL"):
        batch = parse_document(VENDOR, _objects(state, kind="CUSTOM"))
        assert (len(batch), batch.reason) == (0, Reason.NO_ALERT)


@pytest.mark.fault_elsewhere("Keep", "an acknowledgement and the start of a downtime fire")
def test_acknowledgements_and_downtimes_do_not_fire() -> None:
    """The type of the notification counts, not only the state of the check."""
    found = {
        kind: parse_document(VENDOR, _objects("CRITICAL", kind=kind)).alerts[0].state
        for kind in ("ACKNOWLEDGEMENT", "DOWNTIMESTART")
    }
    assert found == {"ACKNOWLEDGEMENT": State.ACKNOWLEDGED, "DOWNTIMESTART": State.SUPPRESSED}


@pytest.mark.fault_elsewhere("Keep", "services of one name on two hosts are one alert")
def test_a_service_belongs_to_its_host() -> None:
    """Two hosts, each with a service `disk`, are four objects."""
    documents = [
        _objects("CRITICAL", host=host, service=service) for host in ("web-1", "web-2") for service in ("disk", "")
    ]
    assert len({parse_document(VENDOR, document).alerts[0].dedup_key for document in documents}) == 4


@pytest.mark.fault_elsewhere("Keep", "a check that cannot tell is mere information")
def test_unknown_is_as_bad_as_a_warning() -> None:
    """Nobody knows whether the service is well: that is no information."""
    (alert,) = parse_document(VENDOR, _objects("UNKNOWN", kind="PROBLEM"))
    assert alert.severity is Severity.MEDIUM

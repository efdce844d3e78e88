"""Checkmk beyond the goldens: the script of its page, detection, faults of other receivers."""

import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from textwrap import dedent
from typing import Any, ClassVar

import pytest

from alertmap import Request, detect, parse_document
from alertmap.adapters import checkmk
from alertmap.model import Alert, Severity, State
from alertmap.testing import load

VENDOR = "checkmk"
CASES = {case.name: case for case in load(Path(__file__).parents[2] / "fixtures" / VENDOR)}


def _context(kind: str, state: str, **more: str) -> dict[str, Any]:
    return {
        "NOTIFY_WHAT": "SERVICE",
        "NOTIFY_NOTIFICATIONTYPE": kind,
        "NOTIFY_OMD_SITE": "prod",
        "NOTIFY_HOSTNAME": "web-1",
        "NOTIFY_SERVICEDESC": "Filesystem /var",
        "NOTIFY_SERVICESTATE": state,
        **more,
    }


def _keep(kind: str, event: str, status: str, severity: str, **more: str) -> list[Alert]:
    document = {
        "id": "812",
        "host": "web-1",
        "service": "Filesystem /var",
        "event": event,
        "status": status,
        "severity": severity,
        "check_command": "check_mk-df",
        "site": "prod",
        "what": "SERVICE",
        "notification_type": kind,
        **more,
    }
    return list(parse_document(VENDOR, document))


class _Receiver(BaseHTTPRequestHandler):
    """Keeps what is posted to it."""

    received: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        self.received.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.mark.skipif(bool(os.environ.get("ALERTMAP_NO_SOCKETS")), reason="it posts over the network")
def test_the_script_of_the_page_posts_the_fixture(tmp_path: Path) -> None:
    """The script that the page tells to write posts the variables of the notification, and no parameter of the rule."""
    found = re.search(r"```python\n(.*?)\n +```", checkmk.__doc__ or "", re.DOTALL)
    assert found
    script = tmp_path / "alertmap"
    script.write_text(dedent(found[1]), encoding="utf-8")
    body = CASES["critical"].request.body
    context = json.loads(body)
    with HTTPServer(("127.0.0.1", 0), _Receiver) as receiver:
        thread = threading.Thread(target=receiver.handle_request)
        thread.start()
        url = f"http://127.0.0.1:{receiver.server_port}/checkmk?token=secret"
        variables = {**context, "NOTIFY_PARAMETER_1": url, "NOTIFY_PARAMETERS": url, "OMD_SITE": "prod"}
        subprocess.run([sys.executable, script], env=variables, check=True)  # noqa: S603 - the page's own script
        thread.join()
    assert json.loads(_Receiver.received.pop()) == context


def test_detection() -> None:
    """Checkmk is known by its prefix, or by the keys of Keep's script."""
    assert detect(Request(json.dumps(_context("PROBLEM", "CRITICAL")))) is not None
    found = {name: detect(case.request) for name, case in CASES.items() if case.about.detect}
    assert {one.vendor if one else None for one in found.values()} == {VENDOR}


def test_sites_do_not_share_alerts() -> None:
    """Two sites may have a host of one name."""
    (alert,) = parse_document(VENDOR, _context("PROBLEM", "CRITICAL"))
    (other,) = parse_document(VENDOR, _context("PROBLEM", "CRITICAL", NOTIFY_OMD_SITE="test"))
    assert alert.dedup_key != other.dedup_key


def test_a_bad_notification_of_an_array_costs_itself_only() -> None:
    """One element that is no notification leaves the others, with a problem."""
    batch = parse_document(VENDOR, [_context("PROBLEM", "CRITICAL"), {"NOTIFY_WHAT": "SERVICE"}])
    assert [alert.state for alert in batch] == [State.FIRING]
    assert {(problem.code.value, problem.path[:4]) for problem in batch.problems} == {("bad_element", "$[1]")}


@pytest.mark.parametrize(("sent", "expected"), [("1770102672123456", 123456), (1770102672000001, 1), ("soon", None)])
def test_microtime(sent: object, expected: int | None) -> None:
    """Microseconds stay exact; what is no time is left out with a problem."""
    (alert,) = parse_document(VENDOR, _context("PROBLEM", "CRITICAL") | {"NOTIFY_MICROTIME": sent})
    assert (alert.occurred_at.microsecond if alert.occurred_at else None) == expected
    assert [problem.code.value for problem in alert.problems] == ([] if expected else ["bad_time"])


@pytest.mark.fault_elsewhere("Keep", "the start of a downtime, flapping and a message of a person open alerts")
def test_downtimes_and_messages_open_nothing() -> None:
    """Keep's script says DOWN for every type that it does not know; the type and the transition say more."""
    found = {
        kind: [alert.state for alert in _keep(kind, "WARNING -> OK", "DOWN", "OK")]
        for kind in ("DOWNTIMESTART", "DOWNTIMEEND", "FLAPPINGSTART", "FLAPPINGSTOP", "CUSTOM", "ALERTHANDLER (OK)")
    }
    assert found == {
        "DOWNTIMESTART": [State.SUPPRESSED],
        "DOWNTIMEEND": [State.RESOLVED],
        "FLAPPINGSTART": [],
        "FLAPPINGSTOP": [State.RESOLVED],
        "CUSTOM": [],
        "ALERTHANDLER (OK)": [],
    }


@pytest.mark.fault_elsewhere("Keep", "every warning is critical")
def test_a_warning_is_a_warning() -> None:
    """The script writes WARNING where the table knows WARN only."""
    for word, severity in {"WARNING": Severity.MEDIUM, "CRITICAL": Severity.CRITICAL}.items():
        (alert,) = _keep("PROBLEM", f"OK -> {word}", "DOWN", word)
        assert alert.severity is severity


@pytest.mark.fault_elsewhere("Keep", "a host that is down is mere information")
def test_a_host_that_is_down_is_critical() -> None:
    """The script writes the severity OK for each host."""
    (alert,) = _keep("PROBLEM", "UP -> DOWN", "DOWN", "OK", service="", what="HOST")
    assert (alert.severity, alert.identity) == (Severity.CRITICAL, {"host": "web-1", "site": "prod"})


@pytest.mark.fault_elsewhere(
    "Keep", "with its first script each problem of a service has the status UP, and is resolved"
)
def test_the_status_resolves_nothing() -> None:
    """The first version of the script writes UP for all services."""
    (alert,) = _keep("PROBLEM", "OK -> CRITICAL", "UP", "CRITICAL")
    assert alert.state is State.FIRING


@pytest.mark.fault_elsewhere("Keep", "a host and a service with one problem id are one alert")
def test_the_problem_id_is_not_the_key() -> None:
    """Hosts and services count their problems for themselves, and so do sites."""
    (host,) = _keep("PROBLEM", "UP -> DOWN", "DOWN", "OK", service="", what="HOST")
    (service,) = _keep("PROBLEM", "OK -> CRITICAL", "DOWN", "CRITICAL")
    assert host.dedup_key != service.dedup_key


@pytest.mark.fault_elsewhere("Checkmk's plugin for SIGNL4", "a service whose name is not ASCII cannot be notified of")
def test_names_in_any_script() -> None:
    """The name of a service is any text."""
    (alert,) = parse_document(VENDOR, _context("PROBLEM", "CRITICAL", NOTIFY_SERVICEDESC="Ödeme sistemi 支付"))
    assert alert.title == "Ödeme sistemi 支付 on web-1 is CRITICAL"
    assert alert.identity["service"] == "Ödeme sistemi 支付"


@pytest.mark.fault_elsewhere("Checkmk's plugin for SIGNL4", "all but recoveries are new alerts")
def test_the_type_counts_more_than_the_status_for_signl4() -> None:
    """Its body says `new` for an acknowledgement; the type beside it says what it is."""
    document = json.loads(CASES["signl4"].request.body) | {"NotificationType": "ACKNOWLEDGEMENT"}
    (alert,) = parse_document(VENDOR, document)
    assert alert.state is State.ACKNOWLEDGED

"""Icinga 2, set up by the very block of its vendor page, pages the receiver.

`nox -s e2e` runs this. Debian has it as `icinga2-bin` and `icinga2-common`.
"""

import os
import re
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from alertmap.adapters import icinga2 as adapter
from monitors import wait_for
from receiver_process import receiver

ICINGA = shutil.which("icinga2")
CURL = shutil.which("curl")

pytestmark = [
    pytest.mark.skipif(not os.environ.get("ALERTMAP_E2E"), reason="run by nox -s e2e: it starts other programs"),
    pytest.mark.skipif(not ICINGA, reason="there is no icinga2: apt-get install icinga2-bin icinga2-common"),
    pytest.mark.skipif(not CURL, reason="there is no curl"),
]

SOURCES = '[sources.icinga2]\nvendor = "icinga2"\nauth = { tokens = ["t0k"] }\n'

CHECKS = """
include <itl>
object CheckerComponent "checker" {{ }}
object NotificationComponent "notification" {{ }}
object CheckCommand "of-host" {{ command = [ "/bin/sh", "-c", "echo it is quiet; exit `cat {folder}/host`" ] }}
object CheckCommand "of-service" {{ command = [ "/bin/sh", "-c", "echo 91 % full; exit `cat {folder}/service`" ] }}
template Host "often" {{
  check_interval = 1s
  retry_interval = 1s
  max_check_attempts = 1
}}
template Service "often" {{
  check_interval = 1s
  retry_interval = 1s
  max_check_attempts = 1
}}
object Host "db-1" {{
  import "often"
  check_command = "of-host"
}}
object Service "disk" {{
  import "often"
  host_name = "db-1"
  check_command = "of-service"
}}
"""


def block() -> str:
    """Return the block of the page, to be copied into Icinga's configuration."""
    found = re.search(r"```text\n(.*?)```", adapter.__doc__ or "", re.DOTALL)
    assert found is not None
    return found[1]


def test_incidents_of_icinga(tmp_path: Path) -> None:
    """A service and a host fail and recover: two incidents, each opened and closed once."""
    with ExitStack() as stack:
        running = stack.enter_context(receiver(tmp_path, SOURCES))
        folder = tmp_path / "icinga"
        for name in ("data", "cache", "log", "run", "spool"):
            (folder / name).mkdir(parents=True)

        def check(name: str, code: int) -> None:
            (folder / name).write_text(f"{code}\n", encoding="utf-8")

        def states() -> dict[str, str]:
            found = running.get("/api/incidents?state=all")["incidents"]
            return {one["title"].partition(":")[0]: one["state"] for one in found}

        check("host", 0)
        check("service", 0)
        url = f"{running.url}/hooks/icinga2?token=t0k"
        text = CHECKS.format(folder=folder) + block().replace("https://receiver.example/icinga2?token=…", url)
        (folder / "icinga2.conf").write_text(text, encoding="utf-8")
        _start(stack, folder)
        wait_for(lambda: _runs(folder), "Icinga")
        check("service", 2)
        wait_for(lambda: [*states().values()] == ["firing"], "the failure of the service")
        check("service", 0)
        wait_for(lambda: [*states().values()] == ["resolved"], "the recovery of the service")
        check("host", 2)
        wait_for(lambda: sorted(states().values()) == ["firing", "resolved"], "the failure of the host")
        check("host", 0)
        wait_for(lambda: [*states().values()] == ["resolved", "resolved"], "the recovery of the host")
        for one in running.get("/api/incidents?state=all")["incidents"]:
            events = running.get(f"/api/incidents/{one['id']}")["events"]
            assert [event["kind"] for event in events] == ["opened", "resolved"], events
            assert one["severity"] == "critical"


def _start(stack: ExitStack, folder: Path) -> None:
    assert ICINGA is not None
    places = {"DataDir": "data", "CacheDir": "cache", "LogDir": "log", "InitRunDir": "run", "SpoolDir": "spool"}
    constants = [f"-D{name}={folder / place}" for name, place in places.items()]
    user = ["-DRunAsUser=root", "-DRunAsGroup=root"] if os.getuid() == 0 else []
    log = stack.enter_context((folder / "out").open("w"))
    process = subprocess.Popen(  # noqa: S603 - a program of the system
        [ICINGA, "daemon", "-c", str(folder / "icinga2.conf"), *constants, *user], stdout=log, stderr=log
    )
    stack.callback(process.wait)
    stack.callback(process.terminate)


def _runs(folder: Path) -> bool:
    """Return whether Icinga has taken its configuration."""
    out = (folder / "out").read_text(encoding="utf-8")
    assert "critical/cli" not in out, out
    return "Activated all objects" in out

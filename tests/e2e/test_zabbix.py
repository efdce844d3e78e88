"""Zabbix, its media type set up after the very page of the vendor, pages the receiver.

`nox -s e2e` runs this. Debian has it as `zabbix-server-pgsql`, `zabbix-frontend-php`, `zabbix-sender`, `php-cli` and
`php-pgsql`. `ALERTMAP_POSTGRES` is the URL of a PostgreSQL server in which a database may be made.
"""

import gzip
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from alertmap.adapters import zabbix as adapter
from monitors import free_port, wait_for
from receiver_process import receiver

POSTGRES = os.environ.get("ALERTMAP_POSTGRES", "")
SERVER, PHP, SENDER, PSQL = map(shutil.which, ("zabbix_server", "php", "zabbix_sender", "psql"))
FRONTEND = Path("/usr/share/zabbix")
TABLES = Path("/usr/share/zabbix-server-pgsql")

pytestmark = [
    pytest.mark.skipif(not os.environ.get("ALERTMAP_E2E"), reason="run by nox -s e2e: it starts other programs"),
    pytest.mark.skipif(not POSTGRES, reason="set ALERTMAP_POSTGRES to the URL of a PostgreSQL server"),
    pytest.mark.skipif(
        not (SERVER and PHP and SENDER and PSQL and FRONTEND.exists()),
        reason="there is no Zabbix: apt-get install zabbix-server-pgsql zabbix-frontend-php zabbix-sender php-pgsql",
    ),
]

SOURCES = '[sources.zabbix]\nvendor = "zabbix"\nauth = { tokens = ["t0k"] }\n'


def steps() -> tuple[list[str], str]:
    """Return the macros and the script that the page names."""
    page = adapter.__doc__ or ""
    macros = re.search(r"is `\{EVENT\.ID\}`\.\n\n(.*?)\n\n", page, re.DOTALL)
    script = re.search(r"The script:\n\n(.*?)\n\d\.", page, re.DOTALL)
    assert macros is not None
    assert script is not None
    return macros[1].split(), script[1]


class Zabbix:
    """A server with its frontend and a database of its own."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._stack, self._folder = stack, folder
        self.port, self._web = _low_port(), free_port()
        self._token: str | None = None
        self._database = f"zabbix_{uuid4().hex}"
        self._fill()
        self._serve()

    def _fill(self) -> None:
        self._sql(POSTGRES, f"create database {self._database}")
        self._stack.callback(self._sql, POSTGRES, f"drop database {self._database} with (force)")
        for name in ("schema", "images", "data"):
            packed = TABLES / f"{name}.sql.gz"
            text = gzip.decompress(packed.read_bytes()) if packed.exists() else (TABLES / f"{name}.sql").read_bytes()
            self._psql(self._url, text)

    @property
    def _url(self) -> str:
        return f"{POSTGRES.rpartition('/')[0]}/{self._database}"

    def _sql(self, url: str, statement: str) -> None:
        self._psql(url, statement.encode())

    def _psql(self, url: str, text: bytes) -> None:
        assert PSQL is not None
        subprocess.run([PSQL, "-q", "-v", "ON_ERROR_STOP=1", url], input=text, check=True, capture_output=True)  # noqa: S603

    def _serve(self) -> None:
        assert SERVER is not None
        assert PHP is not None
        found = httpx2.URL(self._url)
        conf = self._folder / "zabbix_server.conf"
        conf.write_text(
            f"DBHost={found.host}\nDBPort={found.port or 5432}\nDBName={self._database}\nDBUser={found.username}\n"
            f"DBPassword={found.password}\nListenPort={self.port}\nListenIP=127.0.0.1\nAllowRoot=1\nLogType=console\n"
            f"PidFile={self._folder}/pid\nSocketDir={self._folder}\nCacheUpdateFrequency=1\nStartPingers=0\n"
            "StartDiscoverers=0\nStartHTTPPollers=0\n",
            encoding="utf-8",
        )
        self._start([SERVER, "-f", "-c", str(conf)], "server.log")
        web = self._folder / "web"
        shutil.copytree(FRONTEND, web, ignore=shutil.ignore_patterns("zabbix.conf.php"), ignore_dangling_symlinks=True)
        settings = web / "conf" / "zabbix.conf.php"
        # Debian's frontend reads a file of the system, of which a test needs a copy of its own.
        reader = web / "include" / "classes" / "core" / "CConfigFile.php"
        reader.write_text(reader.read_text(encoding="utf-8").replace("/etc/zabbix/zabbix.conf.php", str(settings)))
        settings.write_text(
            f"<?php $DB = ['TYPE' => 'POSTGRESQL', 'SERVER' => '{found.host}', 'PORT' => '{found.port or 5432}', "
            f"'DATABASE' => '{self._database}', 'USER' => '{found.username}', 'PASSWORD' => '{found.password}', "
            "'SCHEMA' => '', 'ENCRYPTION' => false, 'VAULT_URL' => '', 'VAULT_DB_PATH' => '', 'VAULT_TOKEN' => '', "
            "'DOUBLE_IEEE754' => true]; $ZBX_SERVER_NAME = ''; $IMAGE_FORMAT_DEFAULT = IMAGE_FORMAT_PNG;",
            encoding="utf-8",
        )
        self._start([PHP, "-S", f"127.0.0.1:{self._web}", "-t", str(web)], "web.log")
        wait_for(lambda: _listens(self._web) and _listens(self.port), "Zabbix")

    def _start(self, command: list[str], log: str) -> None:
        out = self._stack.enter_context((self._folder / log).open("w"))
        process = subprocess.Popen(command, stdout=out, stderr=out)  # noqa: S603
        self._stack.callback(process.wait)
        self._stack.callback(process.terminate)

    def log_in(self) -> None:
        """Begin a session as the user that the first start makes."""
        self._token = self.call("user.login", username="Admin", password="zabbix")  # noqa: S106

    def call(self, method: str, *listed: Any, **params: Any) -> Any:
        """Call the API."""
        body = {"jsonrpc": "2.0", "method": method, "params": list(listed) or params, "id": 1, "auth": self._token}
        answer = httpx2.post(f"http://127.0.0.1:{self._web}/api_jsonrpc.php", json=body, timeout=60).json()
        assert "result" in answer, (method, answer)
        return answer["result"]

    def send(self, value: int) -> bool:
        """Send a value of the item; False where the server does not know the item yet."""
        assert SENDER is not None
        command = [SENDER, "-z", "127.0.0.1", "-p", str(self.port), "-s", "db-1", "-k", "disk", "-o", str(value)]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        return "failed: 0;" in answer.stdout


def _low_port() -> int:
    """Return a port that nobody listens on, of those that Zabbix takes."""
    return next(port for port in range(10_051, 32_767) if not _listens(port))


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def set_up(zabbix: Zabbix, url: str) -> None:
    """Make a host with a trigger, and what the page says."""
    macros, script = steps()
    zabbix.log_in()
    [group, *_] = zabbix.call("hostgroup.create", name="Databases")["groupids"]
    [host] = zabbix.call("host.create", host="db-1", groups=[{"groupid": group}], status=1)["hostids"]
    zabbix.call("item.create", name="Disk", key_="disk", hostid=host, type=2, value_type=3)
    zabbix.call("trigger.create", description="Disk full on {HOST.NAME}", expression="last(/db-1/disk)>90", priority=4)
    parameters = [{"name": name, "value": f"{{{name}}}"} for name in macros] + [{"name": "URL", "value": url}]
    templates = [
        {"eventsource": 0, "recovery": mode, "subject": "x", "message": "Disk: {ITEM.LASTVALUE}"} for mode in (0, 1, 2)
    ]
    [media] = zabbix.call(
        "mediatype.create",
        name="Receiver",
        type=4,
        script=script,
        parameters=parameters,
        message_templates=templates,
        attempt_interval="1s",
    )["mediatypeids"]
    role = zabbix.call("role.get", filter={"name": "Super admin role"})[0]["roleid"]
    [groups] = zabbix.call("usergroup.create", name="Receivers")["usrgrpids"]
    [user] = zabbix.call(
        "user.create",
        username="receiver",
        passwd="aV3ry-l0ng-one",  # noqa: S106
        roleid=role,
        usrgrps=[{"usrgrpid": groups}],
        medias=[{"mediatypeid": media, "sendto": "x", "active": 0, "severity": 63, "period": "1-7,00:00-24:00"}],
    )["userids"]
    message = {"operationtype": 0, "opmessage": {"default_msg": 1, "mediatypeid": media}}
    operation = message | {"opmessage_usr": [{"userid": user}]}
    zabbix.call(
        "action.create",
        name="Page",
        eventsource=0,
        esc_period="1h",
        filter={"evaltype": 0, "conditions": [{"conditiontype": 1, "operator": 0, "value": host}]},
        operations=[operation],
        recovery_operations=[operation],
        update_operations=[operation],
    )
    # The server reads its settings every second: the host is switched on when all else is there.
    zabbix.call("host.update", hostid=host, status=0)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Return a stack that ends all programs."""
    with ExitStack() as made:
        yield made


def test_incidents_of_zabbix(tmp_path: Path, stack: ExitStack) -> None:
    """A trigger fires, is acknowledged and recovers, then fires anew: two incidents, the first one closed once."""
    running = stack.enter_context(receiver(tmp_path, SOURCES))
    zabbix = Zabbix(stack, tmp_path)
    set_up(zabbix, f"{running.url}/hooks/zabbix?token=t0k")

    def states() -> list[str]:
        found = running.get("/api/incidents?state=all")["incidents"]
        return [one["state"] for one in found]

    wait_for(lambda: zabbix.send(10), "the item")
    time.sleep(3)  # one reading of the settings may see the item before the trigger and the action
    zabbix.send(95)
    wait_for(lambda: states() == ["firing"], "the problem")
    [event] = zabbix.call("event.get", value=1, source=0, object=0, output=["eventid"])
    zabbix.call("event.acknowledge", eventids=event["eventid"], action=2)
    wait_for(lambda: states() == ["acknowledged"], "the acknowledgement")
    zabbix.send(10)
    wait_for(lambda: states() == ["resolved"], "the recovery")
    zabbix.send(97)
    wait_for(lambda: states() == ["firing", "resolved"], "the next problem")
    first = running.get("/api/incidents?state=all")["incidents"][1]
    assert first["title"] == "Disk full on db-1"
    assert first["severity"] == "high"
    events = running.get(f"/api/incidents/{first['id']}")["events"]
    assert [one["kind"] for one in events] == ["opened", "acknowledged", "resolved"]

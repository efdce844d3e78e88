"""Takes the pictures of the receiver's page for the documentation.

    python docs/screenshots.py

It starts `alertmap serve` with a store of its own, posts fixtures whose times it moves to now, and writes the pictures
into `docs/_static`. It needs the extra `server` and the program `chromium`.
"""

import json
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from docs.check_pages import Browser, find_browser  # noqa: E402 - this file is run as a script

CONFIG = """
[server.page]
open = true

[sources.production]
vendor = "prometheus_alertmanager"

[sources.dashboards]
vendor = "grafana"

[sources.checks]
vendor = "influxdb3"

[sources.uptime]
vendor = "uptime_kuma"
"""

POSTED = (
    ("uptime", "uptime_kuma/down.json", 190),
    ("dashboards", "grafana/single.json", 95),
    ("checks", "influxdb3/threshold_warn.json", 60),
    ("production", "prometheus_alertmanager/test_group.json", 45),
    ("production", "prometheus_alertmanager/group_mixed.json", 31),
    ("production", "prometheus_alertmanager/single.json", 20),
    ("production", "prometheus_alertmanager/severity_unknown.json", 16),
    ("production", "prometheus_alertmanager/group.json", 12),
    ("production", "prometheus_alertmanager/single_resolved.json", 6),
    ("checks", "influxdb3/state_change.json", 4),
)
"""Source, fixture, and how many minutes ago its newest time is."""

WIDE, NARROW = 1280, 390
_TIME = re.compile(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-9:]{8}(?=[.Z+])")
_LARGEST = 150_000  # bytes of a picture


@contextmanager
def receiver(folder: Path, config: str) -> Iterator[str]:
    """Run `alertmap serve` on a free port with a configuration and a store in a folder; yield its URL."""
    (folder / "alertmap.toml").write_text(config, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "alertmap", "serve", "--config", "alertmap.toml", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)  # noqa: S603 - our own program
        try:
            _wait_for(f"http://127.0.0.1:{port}/-/ready", process, folder / "log")
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = monotonic() + 60
    while process.poll() is None and monotonic() < end:
        try:
            urlopen(url, timeout=10).close()  # noqa: S310 - on this machine
        except URLError:
            sleep(0.05)
        else:
            return
    raise RuntimeError(f"the receiver did not start: {log.read_text(encoding='utf-8')}")


def send(url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Any:
    """Get a URL of the receiver, or post to it, and return the answer; JSON is decoded."""
    request = Request(url, body, {"Content-Type": "application/json", **(headers or {})})  # noqa: S310 - http
    with urlopen(request, timeout=30) as answer:  # noqa: S310
        data = answer.read()
        return json.loads(data) if data and answer.headers.get_content_type() == "application/json" else data.decode()


def open_view(browser: Browser, path: str) -> None:
    """Go to a view of the page that is open already, and wait until it is there."""
    browser.evaluate(
        "new Promise(done => { addEventListener('hashchange', () => setTimeout(done), {once: true}); "
        f"location.hash = {json.dumps('#/' + path)}; }})"
    )
    browser.wait("document.querySelector('#view[aria-busy=false]') !== null")


def moved(body: str, minutes: int) -> bytes:
    """Return a body with all its times moved, so that the newest is some minutes ago."""
    found = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in _TIME.findall(body)]
    if not found:
        return body.encode()
    later = datetime.now(UTC) - timedelta(minutes=minutes) - max(found)
    return _TIME.sub(lambda one: (datetime.fromisoformat(one[0]) + later).isoformat(timespec="seconds"), body).encode()


def main() -> int:
    """Take the pictures; return the exit code."""
    program = find_browser()
    if program is None:
        print("no browser: install chromium", file=sys.stderr)  # noqa: T201
        return 2
    with tempfile.TemporaryDirectory() as folder, receiver(Path(folder), CONFIG) as url:
        for source, fixture, minutes in POSTED:
            body = (ROOT / "fixtures" / fixture).read_text(encoding="utf-8")
            send(f"{url}hooks/{source}", moved(body, minutes))
        incident = send(f"{url}api/incidents?state=closed")["incidents"][0]["id"]
        number = next(one["id"] for one in send(f"{url}api/requests")["requests"] if one["problems"])
        browser = Browser(program)
        try:
            files = _take(browser, url, incident, number)
        finally:
            browser.close()
    large = [file.name for file in files if file.stat().st_size > _LARGEST]
    print(*(f"{file.name}: {file.stat().st_size:,} bytes" for file in files), sep="\n")  # noqa: T201
    return 1 if large else 0


def _take(browser: Browser, url: str, incident: str, number: int) -> list[Path]:
    folder = ROOT / "docs" / "_static"
    files = []

    def take(name: str, path: str, *, width: int = WIDE, height: int = 720, dark: bool = False) -> None:
        browser.size(width, height)
        open_view(browser, path)
        browser.wait("document.getElementById('live').textContent === 'live'")
        browser.shoot(folder / name, dark=dark)
        files.append(folder / name)

    browser.open(url)
    take("incidents-light.png", "incidents?state=all")
    take("incidents-dark.png", "incidents", dark=True)
    take("incident.png", f"incidents/{incident}")
    take("request.png", f"requests/{number}")
    take("phone.png", "incidents?state=all", width=NARROW, height=780)
    return files


if __name__ == "__main__":
    sys.exit(main())

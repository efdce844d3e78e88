"""Takes the pictures of the receiver's page for the documentation.

    python docs/screenshots.py

It starts `alertmap serve` with a store of its own, posts fixtures whose times it moves to now, and writes the pictures
into `docs/_static`. It needs the extra `server` and the program `chromium`.
"""

import json
import re
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from docs.check_pages import Browser, find_browser  # noqa: E402 - this file is run as a script
from receiver_process import Running, receiver  # noqa: E402

CONFIG = """
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


def open_view(browser: Browser, path: str) -> None:
    """Go to a view of the page that is open already, and wait until it is there."""
    wanted = json.dumps(f"#/{path}")
    browser.evaluate(
        f"location.hash === {wanted} || new Promise(done => {{ "
        f"addEventListener('hashchange', () => setTimeout(done), {{once: true}}); location.hash = {wanted}; }})"
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
    with tempfile.TemporaryDirectory() as folder, receiver(Path(folder), CONFIG) as running:
        for source, fixture, minutes in POSTED:
            body = moved((ROOT / "fixtures" / fixture).read_text(encoding="utf-8"), minutes)
            httpx2.post(f"{running.url}/hooks/{source}", content=body).raise_for_status()
        browser = Browser(program)
        try:
            files = _take(browser, running)
        finally:
            browser.close()
    large = [file.name for file in files if file.stat().st_size > _LARGEST]
    print(*(f"{file.name}: {file.stat().st_size:,} bytes" for file in files), sep="\n")  # noqa: T201
    return 1 if large else 0


def _take(browser: Browser, running: Running) -> list[Path]:
    incident = running.get("/api/incidents?state=closed")["incidents"][0]["id"]
    number = next(one["id"] for one in running.get("/api/requests")["requests"] if one["problems"])
    folder = ROOT / "docs" / "_static"
    files = []

    def take(name: str, path: str, *, width: int = WIDE, height: int = 720, dark: bool = False) -> None:
        browser.size(width, height)
        open_view(browser, path)
        browser.wait("document.getElementById('live').textContent === 'live'")
        browser.shoot(folder / name, dark=dark)
        files.append(folder / name)

    browser.open(f"{running.url}/")
    take("incidents-light.png", "incidents?state=all")
    take("incidents-dark.png", "incidents", dark=True)
    take("incident.png", f"incidents/{incident}")
    take("request.png", f"requests/{number}")
    take("phone.png", "incidents?state=all", width=NARROW, height=780)
    return files


if __name__ == "__main__":
    sys.exit(main())

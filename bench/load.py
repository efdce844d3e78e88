"""Load on the receiver: `python -m bench.load --minutes 10`. `--database postgresql://…` takes another store.

Starts `alertmap serve`, posts alerts of Alertmanager without a pause from several connections, and prints requests a
second, the times that senders waited, the largest memory of the process, and what the store has at the end. Each of
1,000 keys fires and is resolved in turn.
"""

import argparse
import itertools
import json
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2

from receiver_process import Running

_SOURCE = '[sources.prod]\nvendor = "prometheus_alertmanager"\n'
_KEYS = 1_000


def bodies(first: int) -> Iterator[bytes]:
    """Yield requests for ever, those of one connection: each key fires, and is resolved at its next turn."""
    for turn in itertools.count():
        for number in range(first, _KEYS, 10):
            is_over = turn % 2
            start = f"2026-03-01T{turn // 2 // 60 % 24:02}:{turn // 2 % 60:02}:00Z"
            alert = {
                "status": "resolved" if is_over else "firing",
                "labels": {"alertname": "InstanceDown", "instance": f"web-{number}:9100", "severity": "critical"},
                "annotations": {"summary": f"web-{number} is down", "description": "It was not scraped for 5 minutes."},
                "startsAt": start,
                "endsAt": start.replace(":00Z", ":30Z") if is_over else "0001-01-01T00:00:00Z",
            }
            yield json.dumps({"version": "4", "groupKey": "{}", "status": alert["status"], "alerts": [alert]}).encode()


class Connection(threading.Thread):
    """Posts without a pause, and measures how long each answer takes."""

    def __init__(self, url: str, number: int, end: float) -> None:
        super().__init__()
        self._url, self._number, self._end = url, number, end
        self.seconds: list[float] = []
        self.failed = 0

    def run(self) -> None:
        """Post until the end."""
        with httpx2.Client(timeout=30) as client:
            for body in bodies(self._number):
                start = time.perf_counter()
                if start > self._end:
                    return
                answer = client.post(f"{self._url}/hooks/prod", content=body)
                self.seconds.append(time.perf_counter() - start)
                self.failed += answer.status_code != 200  # noqa: PLR2004


def memory(process: int) -> int:
    """Return the resident memory of a process in MiB; 0 where the system does not tell it."""
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        return 0
    line = next(line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) // 1024


def main() -> None:
    """Run the load and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--database", default="")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        running = Running(Path(folder), f"[server.page]\nopen = true\n{_SOURCE}", given.database)
        running.start()
        try:
            _load(running, given.minutes, given.connections)
        finally:
            running.end(signal.SIGKILL)


def _load(running: Running, minutes: float, count: int) -> None:
    start = time.perf_counter()
    connections = [Connection(running.url, number, start + 60 * minutes) for number in range(count)]
    for connection in connections:
        connection.start()
    largest = 0
    while any(connection.is_alive() for connection in connections):
        time.sleep(0.5)
        largest = max(largest, memory(running.process))
    elapsed = time.perf_counter() - start
    seconds = sorted(itertools.chain.from_iterable(connection.seconds for connection in connections))
    failed = sum(connection.failed for connection in connections)
    print(
        f"{len(seconds):,} requests in {elapsed:.0f} s: {len(seconds) / elapsed:,.0f} a second, {failed} not with 200"
    )
    for share in (0.5, 0.9, 0.99, 0.999):
        print(f"p{share * 100:g}: {1000 * seconds[min(int(len(seconds) * share), len(seconds) - 1)]:.1f} ms")
    print(f"memory: {largest} MiB at the most")
    status = running.get("/api/status")
    print(f"kept: {sum(source['count'] for source in status['sources']):,} requests")


if __name__ == "__main__":
    main()

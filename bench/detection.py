"""Detection among 170 vendors: the built-in ones, and synthetic ones in a folder beside them.

The folder goes in front of `alertmap.adapters.__path__`, so its modules are built-in vendors for one process, and its
index of marks takes the place of the committed one. With an empty index every vendor is loaded and asked.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.cases import batch, compact
from bench.rounds import Seconds, in_process
from bench.row import Row

VENDORS = 170
FEW = 120
TARGET = 15  # microseconds

_VENDOR = """
from typing import Annotated

from alertmap import wire
from alertmap.adapter import Adapter, Reading, Severity, Shape, State, Times

STATES = {{"up": State.RESOLVED, "down": State.FIRING, "grace": None}}
LEVELS = {{"p1": Severity.CRITICAL, "p2": Severity.HIGH, "p3": Severity.MEDIUM, "down": Severity.HIGH}}


@wire.model
class Check:
    id: str
    status: Annotated[State | None, wire.state(STATES)]
    name: wire.Text = ""
    tags: wire.Text = ""
    desc: wire.Text = ""
    group_{group}: wire.Text = ""
    changed_at: wire.Rfc3339 = None


@wire.model
class Wrapped:
    check: Check
    event: wire.Text = ""
    now: wire.Rfc3339 = None


def read(event: Wrapped) -> Reading:
    return read_bare(event.check)


def read_bare(check: Check) -> Reading:
    return Reading(
        state=check.status,
        level=next((tag for tag in check.tags.split() if tag in LEVELS), "down"),
        identity={{"check": check.id}},
        title=check.name,
        message=check.desc,
        occurred_at=check.changed_at,
    )


adapter = Adapter(
    name="vendor{number}",
    title="Vendor {number}",
    shapes=[
        Shape(Wrapped, read, marks={{"$.check.own_{number}"}}, headers={headers}),
        Shape(Check, read_bare, marks={{"own_{number}", "group_{group}"}}),
    ],
    levels=LEVELS,
    times=Times.STATED,
)
"""
_NO_INDEX = "INDEX = {}\n"
_START = """
import alertmap.adapters
alertmap.adapters.__path__.insert(0, {folder!r})
"""
_NAMES = _START + "print(len(alertmap.vendors()))"
_INDEX = (
    _START
    + """
from alertmap.intake import registry
from alertmap.testing.index import index_text
print(index_text(registry.built_in()))
"""
)
_DETECT = (
    _START
    + """
import json, sys
from alertmap import Limits, Request, detect
from alertmap.intake import registry
from alertmap.intake.decode import decode
from bench.rounds import interleaved
body = sys.stdin.buffer.read()
request, vendors = Request(body), registry.built_in()
assert detect(request) == detect(request, adapters=vendors)
formats, limits = frozenset({{"json"}}), Limits()
document = decode(request, formats, limits).value
functions = {{
    "detect": lambda: detect(request),
    "all": lambda: detect(request, adapters=vendors),
    "decode": lambda: decode(request, formats, limits),
    "index": lambda: registry.candidates(document, request),
}}
asked = [adapter.name for adapter, _ in registry.candidates(document, request)]
print(json.dumps([interleaved(functions, {rounds}), asked, len(vendors)]))
"""
)
_HINT = (
    _START
    + """
import json, sys, time
right, wrong = json.load(sys.stdin)
alertmap.parse("kapacitor", right)
start = time.process_time()
try:
    alertmap.parse("kapacitor", wrong)
except alertmap.ShapeError as error:
    seconds, hint = time.process_time() - start, error.hint
assert hint.startswith("this looks like prometheus_alertmanager"), hint
vendors = set(alertmap.vendors())
loaded = {{name.split(".")[2] for name in sys.modules if name.startswith("alertmap.adapters.")}} & vendors
print(json.dumps([seconds, len(loaded), len(vendors)]))
"""
)


def rows(rounds: int, *, quick: bool) -> Iterator[Row]:
    """Measure detection in a running process, and the first hint in new ones, by the index and by asking all."""
    with TemporaryDirectory() as name:
        indexed, unindexed = write_vendors(Path(name), FEW if quick else VENDORS)
        for what, body in bodies().items():
            yield _detection(what, in_process(_DETECT.format(folder=str(indexed), rounds=rounds), body))
        for what, folder, target in (("", indexed, None), (", all loaded", unindexed, None)):
            hints = [first_hint(folder) for _ in range(2 if quick else rounds + 1)][1:]  # the first one compiles
            seconds = [hint[0] for hint in hints]
            yield Row(
                f"first hint{what}: of {hints[0][2]} vendors",
                median(seconds) * 1e3,
                "ms",
                target,
                note=f"{hints[0][1]} vendors loaded",
                seconds={"hint": seconds},
            )


def write_vendors(folder: Path, count: int) -> tuple[Path, Path]:
    """Write synthetic vendors, as many as are missing to `count`; return folders with and without their index."""
    indexed, unindexed = folder / "indexed", folder / "unindexed"
    for place in (indexed, unindexed):
        place.mkdir()
        (place / "_index.py").write_text(_NO_INDEX, encoding="utf-8")
    built_in = int(in_process(_NAMES.format(folder=str(indexed))))
    for number in range(count - built_in):
        headers = {} if number % 8 else {f"X-Vendor-{number}": ""}
        text = _VENDOR.format(number=number, group=number % 10, headers=headers)
        for place in (indexed, unindexed):
            (place / f"vendor{number}.py").write_text(text, encoding="utf-8")
    (indexed / "_index.py").write_text(in_process(_INDEX.format(folder=str(indexed))), encoding="utf-8")
    return indexed, unindexed


def bodies() -> dict[str, bytes]:
    """Return the bodies to detect: of a built-in vendor, of a synthetic one, and of none."""
    check = {"id": "7", "status": "down", "name": "db", "tags": "p1", "group_3": "x"}
    return {
        "alertmanager, 1": batch("prometheus_alertmanager", 1),
        "a synthetic vendor": compact(check | {"own_3": "x"}),
        "no vendor": compact(check),
    }


def first_hint(folder: Path) -> tuple[float, int, int]:
    """Return the seconds of the first body at a wrong address, the vendors loaded by then, and all vendors."""
    right = (Path(__file__).parents[1] / "fixtures" / "kapacitor" / "critical.json").read_text(encoding="utf-8")
    sent = json.dumps([right, batch("prometheus_alertmanager", 1).decode()]).encode()
    seconds, loaded, vendors = json.loads(in_process(_HINT.format(folder=str(folder)), sent))
    return seconds, loaded, vendors


def _detection(what: str, output: str) -> Row:
    found: tuple[Seconds, list[str], int] = tuple(json.loads(output))
    seconds, asked, vendors = found
    taken = {name: median(values) * 1e6 for name, values in seconds.items()}
    note = (
        f"{taken['all']:,.1f} µs by asking all; decode {taken['decode']:.1f} µs, index {taken['index']:.1f} µs, "
        f"then it asks {', '.join(asked) or 'no vendor'}"
    )
    return Row(f"detect: {what}, of {vendors} vendors", taken["detect"], "µs", TARGET, note=note, seconds=seconds)

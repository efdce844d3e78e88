"""Report of a run: lines for a terminal, and the generated parts of the docs."""

import json
import os
import platform
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from attrs import field, frozen

from bench import peers
from bench.growth import Growth
from bench.peers import LOADS, OURS, Result
from bench.plot import svg
from bench.row import Row

PACKAGES = ("attrs", "cattrs", "orjson", "alerta-server", "prometheus-alert-model", "django-anymail")


@frozen
class Report:
    """Results of one run."""

    rounds: int
    rows: list[Row] = field(factory=list)
    growths: list[Growth] = field(factory=list)
    results: list[Result] = field(factory=list)
    absent: list[str] = field(factory=list)


def machine(rounds: int) -> dict[str, str]:
    """Return the facts about the machine and the run."""
    installed = {name: _version(name) for name in PACKAGES}
    installed |= peers.checked_out()
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": platform.system(),
        "rounds": str(rounds),
    } | {name: number for name, number in installed.items() if number}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


# --- For a terminal ---------------------------------------------------------------------------------------------------

HEAD = f"{'':52} {'measured':>9} {'target':>8} {'stretch':>8} reached"


def line(row: Row) -> str:
    """Format a row."""
    aims = " ".join(f"{_aim(row, aim):>8}" for aim in (row.target, row.stretch))
    note = f" ({_note(row)})" if _note(row) else ""
    return f"{row.what:52} {_number(row.measured):>9} {aims} {row.reached:8}{row.unit}{note}"


def grown(growth: Growth) -> Iterator[str]:
    """Format a growth as a table of microseconds per alert."""
    yield f"microseconds per alert, by {growth.across}"
    yield f"{'':28}" + "".join(f"{size:>11,}" for size in growth.sizes)
    for name, values in growth.micros.items():
        yield f"{name:28}" + "".join(f"{value:11.3f}" for value in values)


def compared(result: Result) -> str:
    """Format the result of a package."""
    ours = "" if result.ours is None else f"{result.ours:8.2f} x ours, spread {_percent(result.spread)}"
    taken = f"{result.micros:10,.1f} µs {result.decoding:8.2f} x {LOADS} {ours}"
    return f"{result.body:30} {result.package:22} {result.given:9} {taken}"


def _note(row: Row) -> str:
    """Return the note of a row, with the spread of its ratio."""
    spread = [] if row.spread is None else [f"spread {_percent(row.spread)}"]
    return ", ".join([row.note] * bool(row.note) + spread)


def _percent(part: float) -> str:
    return f"{part * 100:.0f} %"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"  # noqa: PLR2004 - the significant digits


def _aim(row: Row, aim: float | None) -> str:
    return "-" if aim is None else f"{'>=' if row.at_least else '<='} {aim:g}"


# --- For the documentation --------------------------------------------------------------------------------------------


def write(folder: Path, report: Report) -> list[Path]:
    """Write the figures, as Markdown and JSON, and the plots; return the files."""
    files = {
        "figures.md": "\n".join(markdown(report)),
        "figures.json": json.dumps(figures(report), indent=1, ensure_ascii=False) + "\n",
    } | {f"{growth.name}.svg": svg(growth) for growth in report.growths}
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in files]


def figures(report: Report) -> dict[str, object]:
    """Return all figures, for programs."""
    return {
        "machine": machine(report.rounds),
        "rows": [
            {
                "what": row.what,
                "measured": round(row.measured, 4),
                "unit": row.unit,
                "target": row.target,
                "stretch": row.stretch,
                "at_least": row.at_least,
                "reached": row.reached,
                "spread": None if row.spread is None else round(row.spread, 3),
            }
            for row in report.rows
        ],
        "growths": {
            growth.name: {
                "sizes": growth.sizes,
                "microseconds per alert": {
                    name: [round(value, 4) for value in values] for name, values in growth.micros.items()
                },
            }
            for growth in report.growths
        },
        "peers": [
            {
                "body": result.body,
                "package": result.package,
                "given": result.given,
                "microseconds": round(result.micros, 3),
                "x orjson.loads": round(result.decoding, 3),
                "x ours": None if result.ours is None else round(result.ours, 3),
                "spread": round(result.spread, 3),
            }
            for result in report.results
        ],
        "absent": report.absent,
    }


def headline(rows: list[Row]) -> Iterator[str]:
    """Yield the sentences that a user looks for: alerts per second and core, and the memory of an incident."""
    by_what = {row.what: row for row in rows}
    for size, text in ((100, "from requests with a hundred alerts each"), (1, "from requests with one alert each")):
        row = by_what.get(f"parse: alertmanager, {size}")
        micros = re.match(r"([\d,.]+) µs", row.note) if row else None
        if micros:
            a_second = size * 1_000_000 / float(micros[1].replace(",", ""))
            yield f"- **{a_second:,.0f} alerts a second and core** are parsed {text} (Alertmanager)."
    book = by_what.get("reduce: alerts in order, 100,000 incidents")
    micros = re.match(r"([\d,.]+) µs", book.note) if book else None
    if micros:
        a_second = 1_000_000 / float(micros[1].replace(",", ""))
        yield f"- **{a_second:,.0f} alerts a second and core** are applied to a book of 100,000 incidents."
    for what, text in (
        ("memory: an open incident", "without its texts"),
        ("memory: an open incident, all of it", "with them"),
    ):
        if what in by_what:
            yield f"- **{by_what[what].measured:,.0f} bytes** is the memory of an open incident {text}."


def markdown(report: Report) -> Iterator[str]:
    """Yield the generated part of the page, in sections that the page includes one by one."""
    yield "<!-- Written by `nox -s bench -- --docs`. -->"
    yield "<!-- headline -->\n"
    yield from headline(report.rows)
    yield "\n<!-- machine -->\n"
    yield "| | |\n|---|---|"
    yield from (f"| {name} | {value} |" for name, value in machine(report.rounds).items())
    yield "\n<!-- rows -->\n"
    yield "| what | measured | | note |\n|---|--:|---|---|"
    for row in report.rows:
        yield f"| {row.what} | {_number(row.measured)} | {row.unit} | {_note(row)} |"
    for growth in report.growths:
        yield f"\n<!-- {growth.name} -->\n"
        sizes = " | ".join(f"{size:,}" for size in growth.sizes)
        yield f"| microseconds per alert, by {growth.across} | {sizes} |"
        yield "|---" + "|--:" * len(growth.sizes) + "|"
        for name, values in growth.micros.items():
            yield f"| {name} | " + " | ".join(f"{value:.2f}" for value in values) + " |"
    yield "\n<!-- peers -->\n"
    yield "| body | package | given the | µs | x orjson.loads | x ours | spread |\n|---|---|---|--:|--:|--:|--:|"
    for result in report.results:
        name = f"**{result.package}**" if result.package == OURS else result.package
        ratios = f"{_number(result.decoding)} | {'' if result.ours is None else _number(result.ours)}"
        ratios += f" | {_percent(result.spread)}"
        yield f"| {result.body} | {name} | {result.given} | {result.micros:,.1f} | {ratios} |"
    yield from ("", *report.absent, "\n<!-- end -->\n")

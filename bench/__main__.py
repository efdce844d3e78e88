"""Measure alertmap and print the figures beside their targets. `--docs` writes the figures and plots of the docs."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from bench import detection, growth, once, parsing, peers, reducing, report, stages
from bench.row import Row

DOCS = Path(__file__).parents[1] / "docs" / "performance"
PARTS = ("parsing", "stages", "reducing", "once", "detection", "growth", "peers")


def main() -> None:
    """Measure the chosen parts and print the figures."""
    chosen = arguments()
    made = report.Report(chosen.rounds)
    if {"parsing", "stages", "reducing", "once", "detection"} & set(chosen.parts):
        print(report.HEAD)
    for row in rows(chosen.parts, chosen.rounds, quick=chosen.quick):
        made.rows.append(row)
        print(report.line(row), flush=True)
    if "growth" in chosen.parts:
        for grown in growth.growths(chosen.rounds, quick=chosen.quick):
            made.growths.append(grown)
            print("", *report.grown(grown), sep="\n", flush=True)
    if "peers" in chosen.parts:  # last, since the imported packages stay in the process
        print()
        for result in peers.results(chosen.rounds):
            if isinstance(result, str):
                made.absent.append(result)
                print(result, flush=True)
            else:
                made.results.append(result)
                print(report.compared(result), flush=True)
    if chosen.docs:
        print("", *report.write(chosen.docs, made), sep="\n")
    if chosen.output:
        dump(chosen.output, made)


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"some of {', '.join(PARTS)}; all by default")
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--quick", action="store_true", help="small sizes, to check that it runs")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the rounds, for `pyperf compare_to`")
    parser.add_argument("--docs", type=Path, nargs="?", const=DOCS, metavar="FOLDER", help="write figures and plots")
    chosen = parser.parse_args()
    unknown = set(chosen.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown part: {', '.join(sorted(unknown))}")
    if chosen.docs and chosen.parts:
        parser.error("--docs needs all parts")
    chosen.parts = chosen.parts or PARTS
    return chosen


def rows(parts: tuple[str, ...], rounds: int, *, quick: bool) -> Iterator[Row]:
    """Yield the rows of the table."""
    if "parsing" in parts:
        yield from parsing.rows(rounds)
    if "stages" in parts:
        yield from stages.rows(rounds)
    if "reducing" in parts:
        yield from reducing.rows(rounds, quick=quick)
    if "once" in parts:
        yield from once.rows(rounds, quick=quick)
    if "detection" in parts:
        yield from detection.rows(rounds, quick=quick)


def dump(file: Path, made: report.Report) -> None:
    """Write the rounds as a benchmark suite of pyperf."""
    import pyperf  # noqa: PLC0415 - lazy: most runs write no suite

    rounds = {f"{row.what}/{name}": values for row in made.rows for name, values in row.seconds.items()}
    rounds |= {f"{each.body}/{each.package}/{each.given}": each.seconds for each in made.results}
    suite = pyperf.BenchmarkSuite(
        [
            pyperf.Benchmark([pyperf.Run(values, metadata={"name": name, "unit": "second"}, collect_metadata=False)])
            for name, values in rounds.items()
        ]
    )
    suite.dump(str(file), replace=True)


if __name__ == "__main__":
    main()

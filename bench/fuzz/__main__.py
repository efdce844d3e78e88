"""Runs the fuzzer: `nox -s fuzz -- --runs 1000 --minutes 10 --seed 7 grafana redact`.

Each run makes one input from the seed, the name of the target and the number of the run, so it can be repeated on any
machine. The table has a line for each target: runs, accepted and refused inputs, problems, foreign exceptions (all that
leave but the errors that are promised), broken promises, and the slowest run in milliseconds of CPU time. An input that
takes more than five seconds is stopped and counts as a broken promise.

Each new fault is written to `tests/corpus/faults/`; `tests/corpus/test_faults.py` runs it for ever. The exit status is
1 if there is one.
"""

import argparse
import hashlib
import resource
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

from attrs import define

from bench.fuzz.inputs import FAULTS, to_json
from bench.fuzz.targets import Target, targets

_ROUND = 100  # runs of one target, before the next has its turn
_LONGEST = 5.0  # seconds of CPU time of one run


class Hang(BaseException):
    """A run takes too long; not an Exception, so that no `except Exception` stops it."""


@define
class Tally:
    """The outcomes of one target."""

    runs: int = 0
    accepted: int = 0
    refused: int = 0
    problems: int = 0
    foreign: int = 0
    broken: int = 0
    slowest: float = 0.0
    """Seconds of CPU time of the slowest run."""

    def add(self, other: "Tally") -> None:
        """Add the outcomes of another target."""
        for name in ("runs", "accepted", "refused", "problems", "foreign", "broken"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.slowest = max(self.slowest, other.slowest)


class Session:
    """Tallies of all targets, and the faults that were found."""

    def __init__(self, chosen: list[Target], seed: int, folder: Path) -> None:
        self.tallies = {target: Tally() for target in chosen}
        self.seed = seed
        self.folder = folder
        self.known: set[str] = set()
        self.warm = 0.0
        """Mebibytes at the peak after the first round, which fills the caches."""

    def run(self, runs: int, seconds: float) -> None:
        """Run each target so many times, or until the time is over."""
        end = time.monotonic() + seconds
        for begin in range(0, runs, _ROUND):
            for target in self.tallies:
                for number in range(begin, min(begin + _ROUND, runs)):
                    self.once(target, number)
                if time.monotonic() > end:
                    return
            self.warm = self.warm or _mebibytes()

    def once(self, target: Target, number: int) -> None:
        """Make one input and check its outcome."""
        made = target.make(Random(f"{self.seed} {target.name} {number}"))
        tally = self.tallies[target]
        tally.runs += 1
        start = time.process_time()
        try:
            with _limited():
                outcome = target.check(made)
        except AssertionError as error:
            tally.broken += 1
            self.keep(target, made, error, number)
        except Hang as error:
            tally.broken += 1
            self.keep(target, made, error, number)
        except Exception as error:  # noqa: BLE001 - to find it is the purpose
            tally.foreign += 1
            self.keep(target, made, error, number)
        else:
            tally.accepted += outcome.is_accepted
            tally.refused += not outcome.is_accepted
            tally.problems += outcome.problems
        tally.slowest = max(tally.slowest, time.process_time() - start)

    def keep(self, target: Target, made: Any, error: BaseException, number: int) -> None:
        """Write the input of a fault to a file, unless one of the same kind has one."""
        kind = _kind_of(target.name, error)
        if kind in self.known:
            return
        self.known.add(kind)
        about = f"{type(error).__name__}: {error}"[:300].splitlines()[0]
        name = f"{target.name}-{hashlib.sha256(kind.encode()).hexdigest()[:8]}.json"
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(to_json(target.name, made, about), encoding="utf-8")
        print(f"{target.name}, run {number} of seed {self.seed}: {about}; see {self.folder / name}", flush=True)


def _kind_of(target: str, error: BaseException) -> str:
    """Return what two faults of one kind share: the target, the class, and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    cause = error.__cause__
    while cause is not None:
        frames += traceback.extract_tb(cause.__traceback__)
        cause = cause.__cause__
    place = f"{Path(frames[-1].filename).name} {frames[-1].line}" if frames and not isinstance(error, Hang) else ""
    return f"{target} {type(error).__name__} {place}"


@contextmanager
def _limited() -> Iterator[None]:
    """Stop what takes more CPU time than a run may."""
    signal.setitimer(signal.ITIMER_VIRTUAL, _LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Hang(f"it takes more than {_LONGEST:g} seconds")


_HEAD = (
    f"{'target':26} {'runs':>9} {'accepted':>9} {'refused':>9} {'problems':>9} {'foreign':>8} {'broken':>7} {'ms':>6}"
)


def _line(name: str, tally: Tally) -> str:
    counts = f"{tally.runs:9} {tally.accepted:9} {tally.refused:9} {tally.problems:9}"
    return f"{name:26} {counts} {tally.foreign:8} {tally.broken:7} {tally.slowest * 1e3:6.0f}"


def _mebibytes() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def main() -> int:
    """Print the table; return 1 if there was a fault."""
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", help="only these: vendors, detect, redact, restore, …; all by default")
    parser.add_argument("--runs", type=int, help="runs of each target; 1000, or no end where --minutes is given")
    parser.add_argument("--minutes", type=float, help="stop after so many minutes")
    parser.add_argument("--seed", type=int, default=1, help="equal seeds make equal inputs; 1 by default")
    parser.add_argument("--faults", type=Path, default=FAULTS, help="folder for the inputs of new faults")
    chosen = parser.parse_args()
    runs = chosen.runs or (1000 if chosen.minutes is None else sys.maxsize)
    signal.signal(signal.SIGVTALRM, _stop)
    session = Session(targets(chosen.targets), chosen.seed, chosen.faults)
    with suppress(KeyboardInterrupt):  # the table has what was done so far
        session.run(runs, float("inf") if chosen.minutes is None else chosen.minutes * 60)
    total = Tally()
    print(_HEAD)
    for target, tally in session.tallies.items():
        total.add(tally)
        print(_line(target.name, tally))
    print(_line("all", total))
    print(f"memory grew by {_mebibytes() - session.warm:.0f} MiB after the first round")
    return 1 if total.foreign or total.broken else 0


if __name__ == "__main__":
    sys.exit(main())

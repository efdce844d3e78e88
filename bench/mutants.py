"""Mutation testing: how many small changes of a module its own tests notice. `nox -s mutants -- timeline decode`.

mutmut makes the mutants, and runs for each the tests of `MODULES` that call the changed function. It changes functions,
not the tables and patterns beside them, nor functions with a decorator. `--sample 300 --seed 1` takes so many of a
module, drawn by the seed, instead of all.

`equivalent_mutants.toml` lists the mutants that no input can distinguish from the code, each with the reason. An entry
that is no mutant any more, or that a test kills, is an error. The exit status is 1 then, and where less than 90 % of
the other mutants are killed, or more than 7 % of all are listed.
"""

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from difflib import unified_diff
from pathlib import Path
from random import Random

from attrs import frozen

ROOT = Path(__file__).parents[1]
EQUIVALENTS = Path(__file__).with_name("equivalent_mutants.toml")
BAR = 0.90
"""The share of the mutants that are not equivalent which tests must kill."""
MOST_EQUIVALENT = 0.07
"""The share of all mutants that may be equivalent."""

_INCIDENTS = "tests/incidents"
_INTAKE = "tests/intake"
_REDACTION = [f"{_INTAKE}/test_redact.py", f"{_INTAKE}/test_redact_nested.py", f"{_INTAKE}/test_redact_planted.py"]
MODULES: Mapping[str, Sequence[str]] = {
    "incidents/timeline": [
        f"{_INCIDENTS}/test_incident.py",
        f"{_INCIDENTS}/test_still_firing.py",
        f"{_INCIDENTS}/test_minimal_histories.py",
    ],
    "incidents/model": [
        f"{_INCIDENTS}/test_incident.py",
        f"{_INCIDENTS}/test_minimal_histories.py",
        f"{_INCIDENTS}/test_details.py",
    ],
    "intake/decode": [
        f"{_INTAKE}/test_decode.py",
        f"{_INTAKE}/test_decode_multipart.py",
        f"{_INTAKE}/test_decode_xml.py",
    ],
    "intake/severity": [f"{_INTAKE}/test_severity.py", f"{_INTAKE}/test_severity_layers.py"],
    "intake/dedup": [f"{_INTAKE}/test_dedup.py"],
    "intake/scrub": [f"{_INTAKE}/test_scrub.py"],
    "intake/redact": _REDACTION,
    "intake/redact_text": _REDACTION,
    "intake/parse": [
        f"{_INTAKE}/test_parse.py",
        f"{_INTAKE}/test_parse_alerts.py",
        f"{_INTAKE}/test_envelope.py",
        f"{_INTAKE}/test_source.py",
    ],
    "intake/detect": [f"{_INTAKE}/test_detect.py", f"{_INTAKE}/test_parse.py"],
}
"""Modules, and the tests that must notice a change in them.

mutmut runs pytest several times in one process, and pytest escapes the ids that a function made (`ids=repr`) anew each
time. An id with a backslash is then not found again, so these tests have no such ids.
"""

_COPIED = ("src", "tests", "bench", "fixtures", "docs", "noxfile.py", "README.md", "CONTRIBUTING.md", "CHANGELOG.md")
_ALSO = [name for name in _COPIED if name not in ("src", "tests")]


@frozen
class Change:
    """The lines that a mutant takes out of a function, and those that it puts in."""

    function: str
    before: str
    after: str


@frozen
class Result:
    """The mutants of one module that were run."""

    module: str
    total: int
    """All mutants of the module."""
    statuses: Mapping[str, str]
    """`killed`, `survived`, `no tests` or `timeout`, by name."""
    changes: Mapping[str, Change]
    equivalent: Mapping[Change, str]
    """Reasons, by the change of the mutant."""

    @property
    def alive(self) -> list[str]:
        """Names of the mutants that no test noticed and that are not listed."""
        found = (name for name, status in self.statuses.items() if status in ("survived", "no tests"))
        return [name for name in found if self.changes[name] not in self.equivalent]

    @property
    def listed(self) -> list[str]:
        """Names of the mutants that are listed as equivalent."""
        return [name for name in self.statuses if self.changes[name] in self.equivalent]

    @property
    def share(self) -> float:
        """The share of killed mutants among those that are not equivalent."""
        count = len(self.statuses) - len(self.listed)
        return 1 - len(self.alive) / count if count else 1.0

    @property
    def wrong(self) -> list[Change]:
        """Entries of the list that a test kills, or that are no mutants where all were run."""
        killed = [self.changes[name] for name in self.listed if self.statuses[name] in ("killed", "timeout")]
        known = set(self.changes.values())
        return killed + [change for change in self.equivalent if change not in known]

    @property
    def is_enough(self) -> bool:
        """True if enough mutants are killed, few are listed, and the list is right."""
        few = len(self.listed) <= MOST_EQUIVALENT * len(self.statuses)
        return self.share >= BAR and few and not self.wrong


def run(module: str, folder: Path, *, sample: int | None, seed: int) -> Result:
    """Make the mutants of a module in a folder of their own, and run them, or a sample."""
    _prepare(module, folder)
    _mutmut(folder, "none of this name")  # it makes the mutants, then finds that none has this name
    names = sorted(_statuses(module, folder))
    chosen = names if sample is None or sample >= len(names) else sorted(Random(seed).sample(names, sample))  # noqa: S311
    for begin in range(0, len(chosen), 1000):  # arguments of one command
        _mutmut(folder, *chosen[begin : begin + 1000])
    found = _statuses(module, folder)
    if not all(found[name] for name in chosen):
        raise SystemExit(f"{module}: mutmut did not run all mutants: see {folder / 'mutmut.log'}")
    changes = _changes(module, folder, names)
    return Result(module, len(names), {name: found[name] for name in chosen}, changes, _equivalents(module))


def _prepare(module: str, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "_build"))
        else:
            shutil.copy(source, folder / name)
    settings = {
        "source_paths": ["src"],
        "only_mutate": [f"src/alertmap/{module}.py"],
        "also_copy": _ALSO,
        "pytest_add_cli_args_test_selection": list(MODULES[module]),
        "pytest_add_cli_args": ["-p", "no:cacheprovider"],
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]  # a list of texts is TOML, too
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (folder / "pyproject.toml").write_text("\n".join([project, "[tool.mutmut]", *lines, ""]), encoding="utf-8")


def _mutmut(folder: Path, *names: str) -> None:
    command = [sys.executable, "-m", "mutmut", "run", *names]
    env = {**os.environ, "HYPOTHESIS_PROFILE": "quick", "PYTHONPATH": ""}
    with (folder / "mutmut.log").open("a", encoding="utf-8") as log:
        subprocess.run(command, cwd=folder, env=env, stdout=log, stderr=log, check=False)  # noqa: S603 - our own arguments


_CODES = {0: "survived", 5: "no tests", 33: "no tests", 24: "timeout", 36: "timeout", 152: "timeout", -24: "timeout"}


def _statuses(module: str, folder: Path) -> dict[str, str]:
    """Return the status of each mutant by its name; "" where it was not run."""
    file = folder / "mutants" / "src" / "alertmap" / f"{module}.py.meta"
    if not file.is_file():
        raise SystemExit(f"mutmut made no mutants: see {folder / 'mutmut.log'}")
    codes = json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"]
    return {name: "" if code is None else _CODES.get(code, "killed") for name, code in codes.items()}


def _changes(module: str, folder: Path, names: Iterable[str]) -> dict[str, Change]:
    """Return what each mutant changes."""
    text = (folder / "mutants" / "src" / "alertmap" / f"{module}.py").read_text(encoding="utf-8")
    lines = text.splitlines()
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    bodies = {node.name: lines[node.lineno : node.end_lineno] for node in functions}
    found = {}
    for name in names:
        mutant = name.rpartition(".")[2]
        function = mutant.rpartition("__mutmut_")[0]
        diff = list(unified_diff(bodies[f"{function}__mutmut_orig"], bodies[mutant], n=0, lineterm=""))[2:]
        before, after = (" ".join(line[1:].strip() for line in diff if line.startswith(sign)) for sign in "-+")
        plain = function.removeprefix("x").strip("ǁ").replace("ǁ", ".")
        found[name] = Change(plain if "ǁ" in function else plain.removeprefix("_"), before, after)
    return found


def _equivalents(module: str) -> dict[Change, str]:
    if not EQUIVALENTS.is_file():
        return {}
    entries = tomllib.loads(EQUIVALENTS.read_text(encoding="utf-8")).get(module, [])
    return {Change(entry["function"], entry["before"], entry["after"]): entry["why"] for entry in entries}


HEAD = f"{'module':24} {'mutants':>8} {'run':>6} {'killed':>7} {'alive':>6} {'equivalent':>10} {'share':>7}"


def line(result: Result) -> str:
    """Return a line of the table."""
    killed = sum(status in ("killed", "timeout") for status in result.statuses.values())
    counts = f"{result.total:8} {len(result.statuses):6} {killed:7} {len(result.alive):6} {len(result.listed):10}"
    return f"{result.module:24} {counts} {result.share:7.1%}"


def main() -> int:
    """Print the table, and the mutants that are alive; return 1 if too many are."""
    parser = argparse.ArgumentParser(prog="python -m bench.mutants", description=__doc__)
    parser.add_argument("modules", nargs="*", help="ends of names in MODULES, such as timeline; all by default")
    parser.add_argument("--sample", type=int, help="mutants of each module; all by default")
    parser.add_argument("--seed", type=int, default=1, help="seed of the sample; 1 by default")
    parser.add_argument("--folder", type=Path, default=ROOT / ".mutants", help="folder for the changed copies")
    chosen = parser.parse_args()
    ends = tuple(f"/{name.rpartition('/')[2]}" for name in chosen.modules)
    modules = [module for module in MODULES if not ends or module.endswith(ends)]
    results = []
    for module in modules:
        result = run(module, chosen.folder / module.replace("/", "-"), sample=chosen.sample, seed=chosen.seed)
        results.append(result)
        for name in result.alive:
            change = result.changes[name]
            print(
                f"alive: {module}, {change.function} ({name.rpartition('_')[2]})\n- {change.before}\n+ {change.after}"
            )
        for change in result.wrong:
            print(f"no equivalent: {module}, {change.function}\n- {change.before}\n+ {change.after}")
        print(f"{HEAD}\n{line(result)}", flush=True)
    print("\n".join([HEAD, *map(line, results)]))
    return 0 if all(result.is_enough for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())

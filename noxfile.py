"""The one door: tests, coverage, property, exhaustive, types, lint, docs, bench, new, regold, dist."""

import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2026"
nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["tests", "types", "lint", "docs"]

PROJECT = nox.project.load_toml("pyproject.toml")
VERSIONS = [version for version in nox.project.python_versions(PROJECT) if shutil.which(f"python{version}")]


def _install(session: nox.Session, group: str, extras: str = "cli,fast,testing") -> None:
    session.install("-e", f".[{extras}]", *nox.project.dependency_groups(PROJECT, group))


@nox.session(python=VERSIONS or None)
def tests(session: nox.Session) -> None:
    """The whole suite, on every interpreter found."""
    _install(session, "test")
    session.run("python", "-m", "pytest", "-n", "auto", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """The whole suite once more, for the branches that no test takes."""
    _install(session, "test")
    session.run("python", "-m", "pytest", "-n", "auto", "--cov", "--cov-report=term-missing", *session.posargs)


@nox.session(name="property")
def properties(session: nox.Session) -> None:
    """The properties and the damage matrix at length: a campaign, not part of CI."""
    _install(session, "test")
    session.run(
        "python",
        "-m",
        "pytest",
        "-n",
        "auto",
        "--hypothesis-profile=campaign",
        "tests/property",
        "tests/test_adapters.py",
        *session.posargs,
    )


@nox.session
def exhaustive(session: nox.Session) -> None:
    """Every history of up to five alerts; with `-- 6` of up to six (the campaign)."""
    _install(session, "test")
    length, *more = session.posargs or ["5"]
    session.run("python", "-m", "pytest", "tests/exhaustive", *more, env={"ALERTMAP_HISTORY_LENGTH": length})


@nox.session
def types(session: nox.Session) -> None:
    """Strict types, tests and this file too."""
    _install(session, "types")
    session.run("mypy", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """The linter and the formatter's check."""
    session.install(*nox.project.dependency_groups(PROJECT, "lint"))
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--check")


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation; a broken reference is an error."""
    _install(session, "docs")
    session.run("sphinx-build", "-n", "-W", "--keep-going", "-b", "html", "docs", "docs/_build/html", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """What it costs, beside decoding the same bytes and beside others; `-- --docs` writes figures and plots."""
    _install(session, "bench", extras="fast,testing")
    # JsonPath one of these cannot be installed, the bench says so.
    session.install(*nox.project.dependency_groups(PROJECT, "peers"), success_codes=[0, 1])
    session.install("--no-deps", *nox.project.dependency_groups(PROJECT, "peers-alone"), success_codes=[0, 1])
    session.run("python", "-m", "bench", *session.posargs)


@nox.session
def new(session: nox.Session) -> None:
    """Stub a vendor: `-- acme --from captures` drafts its module and fixtures from captured requests."""
    session.install("-e", ".[cli,testing]")
    session.run("alertmap", "new-adapter", *session.posargs)


@nox.session
def regold(session: nox.Session) -> None:
    """Write the golden files (`-- kapacitor` for one vendor's), then fail: a person reads the difference."""
    session.install("-e", ".[testing,xml]")
    session.run("python", "-m", "alertmap.testing.regold", "fixtures", *session.posargs)


@nox.session
def dist(session: nox.Session) -> None:
    """The sdist and the wheel, and the wheel alone in an empty environment."""
    session.install("build")
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", "-m", "build")
    (wheel,) = Path("dist").glob("*.whl")
    session.install("--force-reinstall", f"{wheel}[cli]")
    session.run("alertmap", "vendors")

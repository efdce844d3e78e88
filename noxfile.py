"""Sessions of nox.

CI runs tests, types, lint and docs. Proofs that run longer: property, exhaustive, signatures, offline, e2e, crash,
load, fuzz, mutants, lowest, hostile. Others: coverage, pages, bench, new, regold, dist.
"""

import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2026"
nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["tests", "types", "lint", "docs"]

PROJECT = nox.project.load_toml("pyproject.toml")
VERSIONS = [version for version in nox.project.python_versions(PROJECT) if shutil.which(f"python{version}")]

# What may differ between interpreters: the core, the wire types, and of each vendor its goldens.
SMOKE = [f"tests/{name}" for name in ("core", "test_adapters.py", "wire")]


EVERYTHING = "cli,fast,postgres,server,sns,testing"


def _install(session: nox.Session, *groups: str, extras: str = EVERYTHING) -> None:
    session.install("-e", f".[{extras}]", *nox.project.dependency_groups(PROJECT, *groups))


@nox.session(python=VERSIONS or None)
def tests(session: nox.Session) -> None:
    """Run the suite on the first interpreter found, and on the others the goldens and a smoke run."""
    is_first = session.python in (None, *VERSIONS[:1])
    if is_first:
        _install(session, "test", "others")
    else:
        _install(session, "test", extras="cli,fast,sns,testing")
    env = {"HYPOTHESIS_PROFILE": "same"} if is_first else {"ALERTMAP_KIT": "smoke", "HYPOTHESIS_PROFILE": "quick"}
    which = session.posargs or ([] if is_first else SMOKE)
    session.run("python", "-m", "pytest", "-n", "auto", *which, env=env)


@nox.session
def coverage(session: nox.Session) -> None:
    """Run the suite and report the branches that no test takes."""
    _install(session, "test", "others")
    session.run("python", "-m", "pytest", "-n", "auto", "--cov", "--cov-report=term-missing", *session.posargs)


@nox.session(name="property")
def properties(session: nox.Session) -> None:
    """Run the properties and the damage matrix with many more examples; not part of CI."""
    _install(session, "test")
    session.run(
        "python",
        "-m",
        "pytest",
        "-n",
        "auto",
        "--hypothesis-profile=long",
        "tests/property",
        "tests/incidents",
        "tests/test_adapters.py",
        *session.posargs,
    )


@nox.session
def exhaustive(session: nox.Session) -> None:
    """Test every history of up to five alerts (`-- 6` for up to six, which takes long), and 100,000 random ones."""
    _install(session, "test")
    length, *more = session.posargs or ["5"]
    tests = ("tests/incidents/test_every_history.py", "tests/incidents/test_many_histories.py")
    env = {"ALERTMAP_HISTORY_LENGTH": length, "ALERTMAP_HISTORIES": "100000"}
    session.run("python", "-m", "pytest", "-n", "auto", *tests, *more, env=env)


@nox.session
def signatures(session: nox.Session) -> None:
    """Change 10,000 random bits of a request of each signature scheme, and compare with other packages."""
    _install(session, "test", "others")
    session.run(
        "python", "-m", "pytest", "-n", "auto", "tests/receive", *session.posargs, env={"ALERTMAP_FLIPS": "10000"}
    )


@nox.session
def offline(session: nox.Session) -> None:
    """Run all tests but those of the server of `alertmap capture` without any socket."""
    _install(session, "test", "others")
    parts = ["core", "incidents", "intake", "property", "receive", "wire", "adapters", "test_adapters.py"]
    which = session.posargs or [f"tests/{name}" for name in parts]
    session.run("python", "-m", "pytest", "-n", "auto", *which, env={"ALERTMAP_NO_SOCKETS": "1"})


@nox.session
def e2e(session: nox.Session) -> None:
    """Let Prometheus, Alertmanager, Icinga 2, Zabbix, a plugin of InfluxDB 3 and clients post, if they are there.

    `ALERTMAP_PLUGINS` names a checkout of influxdata/influxdb3_plugins, `ALERTMAP_POSTGRES` a server for Zabbix.
    """
    _install(session, "test", "e2e")
    tests = ("tests/e2e", "tests/adapters/test_clients.py")
    session.run("python", "-m", "pytest", "-rs", *tests, *session.posargs, env={"ALERTMAP_E2E": "1"})


@nox.session
def crash(session: nox.Session) -> None:
    """Kill the receiver 200 times under load; `ALERTMAP_POSTGRES` has the store tests run on PostgreSQL, too."""
    _install(session, "test", "others")
    tests = ("tests/server/test_crash.py", "tests/server/test_store.py", "tests/server/test_app.py")
    session.run("python", "-m", "pytest", "-rs", *tests, *session.posargs, env={"ALERTMAP_KILLS": "200"})


@nox.session
def load(session: nox.Session) -> None:
    """Put load on the receiver for ten minutes: `-- --minutes 1 --database postgresql://…`."""
    _install(session, "test")
    session.run("python", "-m", "bench.load", *session.posargs, env={"PYTHONPATH": "src:tests:."})


@nox.session
def fuzz(session: nox.Session) -> None:
    """Fuzz all adapters and the other public functions; `-- --runs 1000 --minutes 10 --seed 7 grafana redact`."""
    session.install("-e", ".[cli,fast,testing]")
    session.run("python", "-m", "bench.fuzz", *session.posargs)


@nox.session
def mutants(session: nox.Session) -> None:
    """Count the small changes of the core that its tests notice; `-- --sample 300 --seed 1 timeline`."""
    _install(session, "test")
    session.install(*nox.project.dependency_groups(PROJECT, "mutants"))
    session.run("python", "-m", "bench.mutants", *session.posargs)


@nox.session(python="3.11")
def lowest(session: nox.Session) -> None:
    """Run the goldens and a smoke run with the lowest versions that pyproject.toml declares, on the oldest Python."""
    session.install("-e", ".[cli,fast,testing]", "jsonschema", "--constraint", "tests/lowest.txt")
    env = {"ALERTMAP_KIT": "smoke", "HYPOTHESIS_PROFILE": "quick"}
    session.run("python", "-m", "pytest", *(session.posargs or SMOKE), env=env)


@nox.session
def types(session: nox.Session) -> None:
    """Check types strictly, in tests and in this file too."""
    _install(session, "types")
    session.run("mypy", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Run the linter and check the format."""
    session.install(*nox.project.dependency_groups(PROJECT, "lint"))
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--check")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; a broken reference is an error."""
    _install(session, "docs", extras="cli,fast,sns,testing")
    strict = ("-n", "-W", "--keep-going", "-j", "auto")
    session.run("sphinx-build", *strict, "-b", "html", "docs", "docs/_build/html", *session.posargs)


@nox.session
def pages(session: nox.Session) -> None:
    """Build the documentation and open each page in Chromium, wide and narrow; `-- index.html` for some pages."""
    _install(session, "docs")
    session.run("sphinx-build", "-n", "-W", "--keep-going", "-b", "html", "docs", "docs/_build/html")
    session.run("python", "docs/check_pages.py", "docs/_build/html", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the costs, beside decoding and other packages; `-- --docs` writes figures and plots."""
    _install(session, "bench", extras="fast,testing")
    # If one of these cannot be installed, the bench reports it. OnCall's templates need regex.
    session.install(*nox.project.dependency_groups(PROJECT, "peers"), success_codes=[0, 1])
    session.install("--no-deps", *nox.project.dependency_groups(PROJECT, "peers-alone"), success_codes=[0, 1])
    session.run("python", "-m", "bench", *session.posargs)


@nox.session
def hostile(session: nox.Session) -> None:
    """Measure bodies made to cost much: at most 20 x decoding, and 3 x the memory of the document; `-- --small`."""
    _install(session, "bench", extras="cli,fast,testing")
    session.run("python", "-m", "bench.bombs")
    session.run("python", "-m", "bench.hostile", *session.posargs)


@nox.session
def new(session: nox.Session) -> None:
    """Draft a vendor: `-- acme --from captures` writes its module and fixtures from captured requests."""
    session.install("-e", ".[cli,testing]")
    session.run("alertmap", "new-adapter", *session.posargs)


@nox.session
def regold(session: nox.Session) -> None:
    """Write the golden files (`-- kapacitor` for one vendor), then fail, so that a person reads the difference."""
    session.install("-e", ".[xml]")
    session.run("python", "-m", "alertmap.testing.regold", "fixtures", *session.posargs)


@nox.session
def dist(session: nox.Session) -> None:
    """Build the sdist and the wheel, and run the command from the wheel alone."""
    session.install("build")
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", "-m", "build")
    (wheel,) = Path("dist").glob("*.whl")
    session.install("--force-reinstall", f"{wheel}[cli]")
    session.run("alertmap", "vendors")

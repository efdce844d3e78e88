"""Finding adapters: built in by file name, others by entry point, each in a process of its own."""

import json
import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from typing import Any

import pytest

import alertmap
from alertmap import Adapter, AdapterError, UnknownVendor, vendors
from alertmap.intake import registry

ADAPTER = """
from alertmap import wire
from alertmap.adapter import Adapter
from alertmap.model import Reading, State

@wire.model
class Event:
    acme_id: str

def read(event):
    yield Reading(state=State.FIRING, identity={"id": event.acme_id}, title="acme", level="bad")

adapter = Adapter(name="NAME", title="Acme", wire=Event, read=read, marks=frozenset({"acme_id"}))
"""


class Site:
    """A folder of installed distributions, and processes that see it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, distribution: str, entry_points: str, **modules: str) -> None:
        """Lay down what an installer lays down: the modules, and the metadata beside them."""
        for name, source in modules.items():
            (self.folder / f"{name}.py").write_text(dedent(source), encoding="utf-8")
        info = self.folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n", encoding="utf-8")
        text = f"[alertmap.adapters]\n{dedent(entry_points)}\n"
        (info / "entry_points.txt").write_text(text, encoding="utf-8")

    def run(self, code: str) -> Any:
        """What the code leaves in `out`, in a new process."""
        before = "import json, sys, alertmap\nfrom alertmap.intake import registry\nout = None\n"
        after = "\nprint(json.dumps(out))"
        path = os.pathsep.join([str(self.folder), str(Path(alertmap.__file__).parents[1])])
        done = subprocess.run(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-W", "error", "-c", before + dedent(code) + after],
            env={**os.environ, "PYTHONPATH": path},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An empty one."""
    return Site(tmp_path)


def failure(name: str) -> str:
    """Code that leaves class, text and cause of the error that a name ends in."""
    return f"""
        try:
            registry.find({name!r})
        except alertmap.AlertmapError as error:
            out = [type(error).__name__, str(error), type(error.__cause__).__name__]
    """


def test_an_installed_adapter_is_found(site: Site) -> None:
    """An adapter of another distribution is listed, parses and is detected like a built-in one."""
    site.install("alertmap-acme", "acme = alertmap_acme:adapter", alertmap_acme=ADAPTER.replace("NAME", "acme"))
    assert site.run(
        """
        listed = alertmap.vendors()
        before = "alertmap_acme" in sys.modules
        [alert] = alertmap.parse("acme", '{"acme_id": "1"}')
        found = alertmap.detect('{"acme_id": "1"}')
        out = [listed == tuple(sorted(listed)), "acme" in listed, before, alert.dedup_key, found.vendor, found.reason]
        """
    ) == [True, True, False, "acme:id=1", "acme", "it has the keys acme_id"]


def test_a_built_in_name_is_not_shadowed(site: Site) -> None:
    """An entry point with the name of a built-in adapter is passed over, without being loaded."""
    site.install(
        "alertmap-evil", "kapacitor = alertmap_evil:adapter", alertmap_evil=ADAPTER.replace("NAME", "kapacitor")
    )
    assert site.run(
        """
        adapter = registry.find("kapacitor")
        listed = alertmap.vendors().count("kapacitor")
        out = [adapter.title, adapter.read.__module__, listed, "alertmap_evil" in sys.modules]
        """
    ) == ["Kapacitor", "alertmap.adapters.kapacitor", 1, False]


def test_a_name_that_is_claimed_twice(site: Site) -> None:
    """Of two distributions with one name neither wins; the error names both."""
    for distribution in ("alertmap-one", "alertmap-two"):
        module = distribution.replace("-", "_")
        site.install(distribution, f"acme = {module}:adapter", **{module: ADAPTER.replace("NAME", "acme")})
    kind, text, _ = site.run(failure("acme"))
    assert kind == "AdapterError"
    assert text in {
        "the adapter acme is claimed by alertmap-one and alertmap-two",
        "the adapter acme is claimed by alertmap-two and alertmap-one",
    }


@pytest.mark.parametrize(
    ("entry", "source", "told", "cause"),
    [
        ("acme = alertmap_acme:adapter", "1 / 0", "does not load: ZeroDivisionError", "ZeroDivisionError"),
        (
            "acme = alertmap_acme:adapter",
            "import not_installed",
            "does not load: ModuleNotFoundError",
            "ModuleNotFoundError",
        ),
        ("acme = alertmap_acme:other", ADAPTER, "does not load: ", None),
        ("acme = no_such_module:adapter", "", "does not load: ModuleNotFoundError", "ModuleNotFoundError"),
        ("acme = alertmap_acme", "", "is a module, not an Adapter", "NoneType"),
        ("acme = alertmap_acme:adapter", "adapter = {'name': 'acme'}", "is a dict, not an Adapter", "NoneType"),
        ("acme = alertmap_acme:adapter", ADAPTER.replace("NAME", "other"), "calls itself other", "NoneType"),
        ("acme = alertmap_acme:adapter", ADAPTER, "does not load: ConfigurationError", "ConfigurationError"),
    ],
)
def test_a_broken_adapter_fails_alone(site: Site, entry: str, source: str, told: str, cause: str | None) -> None:
    """A broken adapter fails where it is asked for, by the name of its distribution; all others work."""
    site.install("alertmap-broken", entry, alertmap_acme=source)
    site.install("alertmap-fine", "fine = alertmap_fine:adapter", alertmap_fine=ADAPTER.replace("NAME", "fine"))
    kind, text, caused = site.run(failure("acme"))
    assert kind == "AdapterError"
    assert text.startswith("the adapter acme of alertmap-broken ")
    assert told in text
    assert cause in (None, caused)
    assert site.run(
        """
        working = [adapter.name for adapter in registry.loadable()]
        [alert] = alertmap.parse("fine", '{"acme_id": "1"}')
        out = ["acme" in alertmap.vendors(), "acme" in working, "fine" in working, alert.dedup_key]
        """
    ) == [True, False, True, "fine:id=1"]


def test_a_broken_built_in_adapter_fails_alone(site: Site) -> None:
    """A built-in adapter whose module does not load, or holds none, is an error of its own and hides no other."""
    for name, source in (("acme_broken", "import not_installed"), ("acme_empty", ""), ("_acme_shared", "1 / 0")):
        (site.folder / f"{name}.py").write_text(source, encoding="utf-8")
    assert site.run(
        f"""
        from alertmap import adapters
        adapters.__path__.append({str(site.folder)!r})
        told = []
        for name in ("acme_broken", "acme_empty"):
            try:
                registry.find(name)
            except alertmap.AdapterError as error:
                told.append(str(error))
        names = [adapter.name for adapter in registry.loadable()]
        out = [told, "kapacitor" in names, "acme_broken" in names, "_acme_shared" in alertmap.vendors()]
        """
    ) == [
        [
            "the adapter acme_broken of alertmap.adapters.acme_broken:adapter does not load: ModuleNotFoundError",
            "the adapter acme_empty of alertmap.adapters.acme_empty:adapter does not load: AttributeError",
        ],
        True,
        False,
        False,
    ]


def test_names_are_cheap(site: Site) -> None:
    """Neither the import of the library nor the list of names imports an adapter; asking for one imports only that."""
    assert site.run(
        """
        def loaded():
            return sorted(name for name in sys.modules if name.startswith("alertmap.adapters."))
        out = [loaded()]
        names = alertmap.vendors()
        out.append(loaded())
        registry.find("kapacitor")
        out.append(loaded())
        """
    ) == [[], [], ["alertmap.adapters.kapacitor"]]


def _point(distribution: str | None, value: str, name: str = "acme") -> EntryPoint:
    """An entry point, of a distribution or of nowhere."""
    point = EntryPoint(name, value, registry.GROUP)
    dist = None if distribution is None else SimpleNamespace(name=distribution)
    vars(point).update(dist=dist)
    return point


@pytest.mark.parametrize(
    ("points", "told"),
    [
        ([_point("one", "json:dumps"), _point("two", "json:dumps")], "is claimed by one and two"),
        ([_point("one", "no_such_module:adapter")], "of one does not load: ModuleNotFoundError"),
        ([_point("one", "json:dumps")], "of one is a function, not an Adapter"),
        ([_point("one", "alertmap.adapters.kapacitor:adapter")], "of one calls itself kapacitor"),
        ([_point(None, "json:dumps")], "of json:dumps is a function, not an Adapter"),
    ],
)
def test_broken_entry_points(points: list[EntryPoint], told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an entry point may lead to, in one process; of no distribution it is named by its value."""
    shadow = _point("evil", "json:dumps", "kapacitor")
    found = {registry.GROUP: [shadow, *points]}
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: found.get(group, []))
    plugins = registry._plugins.__wrapped__()
    assert plugins == {"acme": tuple(points)}
    monkeypatch.setattr(registry, "_plugins", lambda: plugins)
    assert vendors().count("kapacitor") == 1
    with pytest.raises(AdapterError) as caught:
        registry.find("acme")
    assert str(caught.value) == f"the adapter acme {told}"
    names = [adapter.name for adapter in registry.loadable()]
    assert "acme" not in names
    assert "kapacitor" in names


def test_all_built_in_adapters_load() -> None:
    """Each name that is listed is an adapter of that name, and the same one each time."""
    assert vendors() == tuple(sorted(vendors()))
    for name in vendors():
        adapter = registry.find(name)
        assert isinstance(adapter, Adapter)
        assert adapter.name == name
        assert registry.find(name) is adapter
    assert [adapter.name for adapter in registry.loadable()] == list(vendors())


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("kapacitr", "no adapter is called kapacitr (did you mean 'kapacitor'?)"),
        ("Kapacitor", "no adapter is called Kapacitor (did you mean 'kapacitor'?)"),
        ("zzzzz", "no adapter is called zzzzz"),
        ("", "no adapter is called ''"),
        ("../errors", "no adapter is called '../errors'"),
        ("kapacitor.read", "no adapter is called 'kapacitor.read' (did you mean 'kapacitor'?)"),
        ("__init__", "no adapter is called __init__"),
        ("\x1b[31m\ud800", "no adapter is called '\\x1b[31m\\ud800'"),
        ("x" * 100_000, f"no adapter is called '{'x' * 64}'"),
    ],
    ids=lambda text: ascii(text[:20]),
)
def test_unknown_names(name: str, told: str) -> None:
    """A name that is not listed is imported by nobody; the error has the nearest, and is safe to log."""
    with pytest.raises(UnknownVendor) as caught:
        registry.find(name)
    assert str(caught.value) == told
    assert caught.value.http_status == 404


def test_errors_of_adapters_are_ours() -> None:
    """A broken adapter is no fault of the request."""
    assert AdapterError.http_status == 500

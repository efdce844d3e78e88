"""The registry: built-in adapters by file name, others by entry point, each tested in its own process."""

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
from alertmap import Adapter, AdapterError, UnknownVendor, adapters, vendors
from alertmap.intake import registry
from alertmap.plugins import Plugins

ADAPTER = """
from alertmap import wire
from alertmap.adapter import Adapter, Reading, Shape, State

@wire.model
class Event:
    acme_id: str

def read(event):
    yield Reading(state=State.FIRING, identity={"id": event.acme_id}, title="acme", level="bad")

adapter = Adapter(name="NAME", title="Acme", shapes=[Shape(Event, read, marks={"acme_id"})])
"""


class Site:
    """A folder of installed distributions, and processes that import from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, distribution: str, entry_points: str, **modules: str) -> None:
        """Write the modules and metadata of a distribution."""
        for name, source in modules.items():
            (self.folder / f"{name}.py").write_text(dedent(source), encoding="utf-8")
        info = self.folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n", encoding="utf-8")
        text = f"[alertmap.adapters]\n{dedent(entry_points)}\n"
        (info / "entry_points.txt").write_text(text, encoding="utf-8")

    def run(self, code: str) -> Any:
        """Run the code in a new process and return its `out`."""
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
    """Return an empty site."""
    return Site(tmp_path)


def failure(name: str) -> str:
    """Return code that stores class, text and cause of the error for a name."""
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
    """An entry point with the name of a built-in adapter is ignored and not loaded."""
    site.install(
        "alertmap-evil", "kapacitor = alertmap_evil:adapter", alertmap_evil=ADAPTER.replace("NAME", "kapacitor")
    )
    assert site.run(
        """
        adapter = registry.find("kapacitor")
        listed = alertmap.vendors().count("kapacitor")
        out = [adapter.title, adapter.shapes[0].read.__module__, listed, "alertmap_evil" in sys.modules]
        """
    ) == ["Kapacitor", "alertmap.adapters.kapacitor", 1, False]


def test_a_name_that_is_claimed_twice(site: Site) -> None:
    """If two distributions claim one name neither is used; the error names both."""
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
    ("entry", "source", "message", "cause"),
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
def test_a_broken_adapter_fails_alone(site: Site, entry: str, source: str, message: str, cause: str | None) -> None:
    """A broken adapter fails only when it is requested, with the name of its distribution."""
    site.install("alertmap-broken", entry, alertmap_acme=source)
    site.install("alertmap-fine", "fine = alertmap_fine:adapter", alertmap_fine=ADAPTER.replace("NAME", "fine"))
    kind, text, caused = site.run(failure("acme"))
    assert kind == "AdapterError"
    assert text.startswith("the adapter acme of alertmap-broken ")
    assert message in text
    assert cause in (None, caused)
    assert site.run(
        """
        working = [adapter.name for adapter in registry.loadable()]
        [alert] = alertmap.parse("fine", '{"acme_id": "1"}')
        out = ["acme" in alertmap.vendors(), "acme" in working, "fine" in working, alert.dedup_key]
        """
    ) == [True, False, True, "fine:id=1"]


def test_a_broken_built_in_adapter_fails_alone(site: Site) -> None:
    """A broken built-in module raises its own error and hides no other adapter."""
    for name, source in (("acme_broken", "import not_installed"), ("acme_empty", ""), ("_acme_shared", "1 / 0")):
        (site.folder / f"{name}.py").write_text(source, encoding="utf-8")
    assert site.run(
        f"""
        from alertmap import adapters
        adapters.__path__.append({str(site.folder)!r})
        messages = []
        for name in ("acme_broken", "acme_empty"):
            try:
                registry.find(name)
            except alertmap.AdapterError as error:
                messages.append(str(error))
        names = [adapter.name for adapter in registry.loadable()]
        out = [messages, "kapacitor" in names, "acme_broken" in names, "_acme_shared" in alertmap.vendors()]
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
    """Importing the library and listing names import no adapter; requesting one imports only that."""
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
    """Return an entry point, of a distribution or of none."""
    point = EntryPoint(name, value, registry.GROUP)
    dist = None if distribution is None else SimpleNamespace(name=distribution)
    vars(point).update(dist=dist)
    return point


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([_point("one", "json:dumps"), _point("two", "json:dumps")], "is claimed by one and two"),
        ([_point("one", "no_such_module:adapter")], "of one does not load: ModuleNotFoundError"),
        ([_point("one", "json:dumps")], "of one is a function, not an Adapter"),
        ([_point("one", "alertmap.adapters.kapacitor:adapter")], "of one calls itself kapacitor"),
        ([_point(None, "json:dumps")], "of json:dumps is a function, not an Adapter"),
    ],
)
def test_broken_entry_points(points: list[EntryPoint], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind of broken entry point has its own error; without a distribution the error names the value."""
    shadow = _point("evil", "json:dumps", "kapacitor")
    found = {registry.GROUP: [shadow, *points]}
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: found.get(group, []))
    monkeypatch.setattr(registry, "ADAPTERS", Plugins(Adapter, adapters, registry.GROUP))
    assert registry.ADAPTERS.third_party == {"acme": tuple(points)}
    assert vendors().count("kapacitor") == 1
    with pytest.raises(AdapterError) as caught:
        registry.find("acme")
    assert str(caught.value) == f"the adapter acme {message}"
    names = [adapter.name for adapter in registry.loadable()]
    assert "acme" not in names
    assert "kapacitor" in names


def test_all_built_in_adapters_load() -> None:
    """Each listed name gives an adapter of that name, and the same object each time."""
    assert vendors() == tuple(sorted(vendors()))
    for name in vendors():
        adapter = registry.find(name)
        assert isinstance(adapter, Adapter)
        assert adapter.name == name
        assert registry.find(name) is adapter
    assert [adapter.name for adapter in registry.loadable()] == list(vendors())


@pytest.mark.parametrize(
    ("name", "message"),
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
def test_unknown_names(name: str, message: str) -> None:
    """An unknown name is not imported; the error suggests the nearest name and is safe to log."""
    with pytest.raises(UnknownVendor) as caught:
        registry.find(name)
    assert str(caught.value) == message
    assert caught.value.http_status == 404


def test_adapter_errors_are_server_errors() -> None:
    """A broken adapter is a server error, not a fault of the request."""
    assert AdapterError.http_status == 500

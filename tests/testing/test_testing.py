"""Parts of the conformance kit: damage, regolding, checks and strategies on their own."""

import json
import linecache
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Annotated

import pytest
from attrs import Factory, evolve
from hypothesis import given, settings

from alertmap import (
    AdapterError,
    IncidentBook,
    PayloadError,
    Reading,
    State,
    detect,
    parse,
    parse_document,
    testing,
    wire,
)
from alertmap.adapter import Adapter, Shape
from alertmap.errors import DecodeError
from alertmap.intake import registry
from alertmap.testing import Case, checks, damaged, damaged_payloads, load, streams
from alertmap.testing.bodies import LIST, list_text, listed, unlisted
from alertmap.testing.regold import main, regold
from alertmap.testing.tolerance import Tolerance, measure, tolerance
from alertmap.testing.typed import open_objects, typed_places
from alertmap.testing.zoo import ZOO, read_zoo, zoo_text

FIXTURES = Path(__file__).parents[2] / "fixtures"
KAPACITOR = registry.find("kapacitor")


def test_damage_reaches_every_place_and_changes_nothing() -> None:
    """Each place is dropped and replaced; of a list's elements the first stands for all; the document stays."""
    document = {"a": [{"b": 1}, {"b": 2}], "c": None}
    found = list(damaged(document))
    assert document == {"a": [{"b": 1}, {"b": 2}], "c": None}
    assert {where for where, _ in found} == {(), ("a",), ("a", 0), ("a", 0, "b"), ("c",)}
    assert (("a", 0, "b"), {"a": [{}, {"b": 2}], "c": None}) in found
    assert (("a",), {"c": None}) in found
    assert ((), "abc") in found


def test_what_was_damaged_once_is_not_damaged_again() -> None:
    """A second document of the same shape adds only its new places."""
    seen: set[tuple[object, ...]] = set()
    assert list(damaged({"a": 1}, seen))
    assert not list(damaged({"a": 2}, seen))
    assert {where for where, _ in damaged({"a": {"b": 1}}, seen)} == {("a", "b")}
    assert {where for where, _ in damaged({"c": 1}, seen, [None], shape="acme")} == {(), ("c",)}
    assert {where for where, _ in damaged({"c": 1, "d": 2}, seen, [None], shape="acme")} == {("d",)}


@given(damaged_payloads(KAPACITOR, FIXTURES / "kapacitor"))
@settings(max_examples=30, deadline=None)
def test_damaged_payloads(document: object) -> None:
    """Damaged fixtures end in a batch or a payload error."""
    try:
        parse_document("kapacitor", document)
    except PayloadError:
        return


@given(streams(keys=2))
@settings(max_examples=50, deadline=None)
def test_streams_come_in_order_of_receipt(stream: list) -> None:  # type: ignore[type-arg]
    """Alerts are received in order, none before its own time, and a book takes them."""
    received = [alert.received_at for alert in stream]
    assert received == sorted(received)
    assert all(alert.occurred_at is None or alert.occurred_at <= alert.received_at for alert in stream)
    assert IncidentBook().apply(stream)


def test_regold_writes_what_has_changed_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A golden that is missing or differs is written, its changes are printed, and the command fails."""
    folder = tmp_path / "kapacitor"
    shutil.copytree(FIXTURES / "kapacitor", folder)
    (tmp_path / "notes.txt").write_text("no vendor", encoding="utf-8")
    assert main([str(tmp_path)]) == 0
    assert "nothing has changed" in capsys.readouterr().out
    (folder / "critical.alerts.json").unlink()
    info = (folder / "info.alerts.json").read_text(encoding="utf-8")
    (folder / "info.alerts.json").write_text(info.replace('"severity": "info"', '"severity": "low"'), encoding="utf-8")
    (folder / "warning.alerts.json").write_text("not JSON", encoding="utf-8")
    assert main([str(tmp_path), "kapacitor"]) == 1
    output = capsys.readouterr().out
    assert f"written: {folder / 'critical.alerts.json'}\n  alert 1 state     firing\n" in output
    assert f"written: {folder / 'info.alerts.json'}\n  alert 1 severity  low -> info\n  --- info" in output
    assert re.search(r'^  -\s+"severity": "low",$', output, re.MULTILINE)
    assert re.search(r'^  \+\s+"severity": "info",$', output, re.MULTILINE)
    assert "  -not JSON\n" in output
    assert "read the difference" in output
    for name in ("critical", "info", "warning"):
        golden = f"{name}.alerts.json"
        assert (folder / golden).read_bytes() == (FIXTURES / "kapacitor" / golden).read_bytes()
    assert regold(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "python -m alertmap.testing.regold fixtures [VENDOR ...]"),
        (["{root}/nowhere"], "there is no folder"),
        (["{root}", "nobody"], "there is no"),
        (["{root}", "acme"], "no adapter is called acme; not installed from this checkout? pip install -e ."),
        (["{root}", "kapacitor"], "kapacitor/about.toml: "),
        (["{root}", "grafana"], "add to about.toml: [stranger]"),
    ],
)
def test_regold_that_cannot_be_done(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder, vendor or about.toml that cannot be used is named in one line, without a traceback."""
    for vendor, about in (("acme", ""), ("kapacitor", "["), ("grafana", "")):
        (tmp_path / vendor).mkdir()
        (tmp_path / vendor / "about.toml").write_text(about, encoding="utf-8")
    (tmp_path / "grafana" / "stranger.json").write_text("{}", encoding="utf-8")
    assert main([argument.format(root=tmp_path) for argument in arguments]) == 2
    output = capsys.readouterr()
    assert (output.out, message in output.err, output.err.count("\n")) == ("", True, 1)


def test_regold_writes_the_index_before_it_reads_a_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index of shapes that are gone would break the reading of fixtures, and so its own renewal."""
    (tmp_path / "_index.py").write_text("old")
    (tmp_path / "zoo.json").write_text("zoo")
    monkeypatch.setattr("alertmap.testing.index.FILE", tmp_path / "_index.py")
    monkeypatch.setattr("alertmap.testing.index.index_text", lambda _adapters: "new")
    monkeypatch.setattr("alertmap.testing.zoo.ZOO", tmp_path / "zoo.json")
    monkeypatch.setattr("alertmap.testing.zoo.zoo_text", lambda _root: "zoo")
    found: list[str] = []

    def regolded(_root: Path, _vendors: object) -> list[object]:
        found.append((tmp_path / "_index.py").read_text())
        return []

    monkeypatch.setattr("alertmap.testing.regold.regold", regolded)
    assert main([str(tmp_path / "fixtures")]) == 1
    assert main([str(tmp_path / "fixtures")]) == 0
    assert found == ["new", "new"]


def test_regold_names_the_fault_of_a_broken_adapter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An adapter that does not load is named with the reason."""
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "about.toml").write_text("", encoding="utf-8")

    def broken(_name: str) -> None:
        raise AdapterError("the adapter acme does not load: NameError") from NameError("LEVELZ")

    monkeypatch.setattr(registry, "find", broken)
    assert main([str(tmp_path)]) == 2
    assert capsys.readouterr().err == "regold: the adapter acme does not load: NameError: LEVELZ\n"


def test_goldens_and_zoo_are_written_without_pytest() -> None:
    """Neither command imports pytest or hypothesis: they belong to who runs the kit."""
    code = "import sys, alertmap.testing.regold, alertmap.testing.zoo; print({'pytest', 'hypothesis'} & {*sys.modules})"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)  # noqa: S603 - our own
    assert ran.stdout == "set()\n"


def test_the_names_of_the_package() -> None:
    """Each public name is there, and no other."""
    assert set(testing.__all__) <= set(dir(testing))
    assert all(getattr(testing, name) for name in testing.__all__)
    with pytest.raises(AttributeError, match="nothing_like_it"):
        _ = testing.nothing_like_it  # type: ignore[attr-defined]


# --- The zoo ----------------------------------------------------------------------------------------------------------


def test_the_zoo_is_current() -> None:
    """The zoo holds what the fixture folders give."""
    command = "python -m alertmap.testing.regold fixtures"
    assert ZOO.read_text(encoding="utf-8") == zoo_text(FIXTURES), f"write it with `{command}`, and commit it"


def test_the_zoo_holds_every_vendor_with_marks() -> None:
    """Each payload is taken for its own vendor's; generic has no marks, and Open-Falcon no bodies, so none is there."""
    animals = list(read_zoo())
    assert {animal.adapter.name for animal in animals} == set(registry.vendors()) - {"generic", "open_falcon"}
    for animal in animals:
        found = detect(animal.request)
        assert found is not None
        assert found.vendor == animal.adapter.name
        assert parse(animal.adapter, animal.request).alerts
    assert "kapacitor" not in {animal.adapter.name for animal in read_zoo(without="kapacitor")}


# --- Tolerance --------------------------------------------------------------------------------------------------------


@wire.model
class Event:
    """A payload of which one part decides."""

    acme_id: wire.NonBlank
    text: wire.Json = None


def read_acme(event: Event) -> Reading:
    """Fire."""
    return Reading(state=State.FIRING, identity={"id": event.acme_id}, title="It burns")


def acme(tmp_path: Path, **fields: str) -> tuple[Adapter, tuple[Case, ...]]:
    """An adapter and one fixture with these fields."""
    about = '[one]\norigin = "constructed"\nsummary = "It fires."\nexpect = "firing medium"\n'
    (tmp_path / "about.toml").write_text(about, encoding="utf-8")
    (tmp_path / "one.json").write_text(json.dumps(fields), encoding="utf-8")
    adapter = Adapter(name="acme", title="Acme", shapes=[Shape(Event, read_acme)])
    cases = load(tmp_path)
    (tmp_path / LIST).write_text(list_text(unlisted(adapter, cases, [])), encoding="utf-8")
    return adapter, cases


def test_tolerance_is_measured(tmp_path: Path) -> None:
    """Damages of a part that decides cost the page but for another text or number, those of other parts do not."""
    measured = measure(*acme(tmp_path, acme_id="1", text="x"))
    assert measured.tried == 16
    assert measured.lost == {"$.acme_id": 5}
    assert str(measured) == "5 of 16 damages cost the page (31.2%): $.acme_id (5)"
    assert measured.is_enough  # one field that decides


@pytest.mark.parametrize(
    ("bodies", "tried", "lost", "is_enough"),
    [(1, 80, 24, True), (1, 80, 25, False), (3, 80, 72, True), (1, 10_000, 800, True), (1, 10_000, 801, False)],
)
def test_the_bar(bodies: int, tried: int, lost: int, *, is_enough: bool) -> None:
    """8 % of all damages may cost the page, or 24 of each body where that is more."""
    assert Tolerance(bodies, tried, Counter({"$.a": lost})).is_enough is is_enough


def test_the_alert_itself_does_not_count(tmp_path: Path) -> None:
    """Damages of an array's only element are not counted, those inside it are."""
    adapter, _ = acme(tmp_path, acme_id="1")
    (tmp_path / "one.json").write_text('[{"acme_id": "1", "text": "x"}]', encoding="utf-8")
    measured = measure(evolve(adapter, many=True), load(tmp_path))
    assert (measured.tried, measured.lost) == (16, {"$[0].acme_id": 5})


def test_tolerance_that_is_enough(tmp_path: Path) -> None:
    """A payload of which little decides passes; without a single alert there is nothing to measure."""
    more = {f"more_{number}": "x" for number in range(120)}
    measured = measure(*acme(tmp_path, acme_id="1", **more))
    assert measured.tried == 800
    assert measured.share < 0.08
    tolerance(*acme(tmp_path, acme_id="1", **more))
    with pytest.raises(pytest.skip.Exception, match="no fixture has a single alert"):
        tolerance(*acme(tmp_path, other="1"))


def test_the_list_of_bodies(tmp_path: Path) -> None:
    """The list has one fixture for each shape; what is listed stays first, and what cannot be read is named."""
    adapter, cases = acme(tmp_path, acme_id="1", text="x")
    assert listed(tmp_path) == ["one"]
    assert unlisted(adapter, cases, ["one"]) == []
    assert unlisted(adapter, cases, ["gone"]) == ["one"]
    assert listed(tmp_path / "nowhere") == []
    for text in ("bodies = 5", "[", "other = []"):
        (tmp_path / LIST).write_text(text, encoding="utf-8")
        with pytest.raises(AssertionError, match=LIST):
            listed(tmp_path)


# --- Places with types ------------------------------------------------------------------------------------------------


@wire.model
class Inner:
    """A model below others."""

    state: Annotated[State | None, wire.state({"a": State.FIRING})] = None


@wire.model
class Typed:
    """A field of each kind that has places below it."""

    key: wire.NonBlank
    twin: Annotated[wire.Text, wire.named("key")] = ""
    inner: wire.JsonIn[Inner] | None = None
    many: list[Inner] = Factory(list)
    items: wire.Items[Event | Inner] = Factory(wire.Items)
    tags: dict[str, wire.AnyText] = Factory(dict)
    texts: wire.Texts = Factory(dict)
    now: Annotated[datetime | None, wire.ReceivedAt()] = None


def test_places_have_types() -> None:
    """Each place that a model describes has its type, or two; places inside what is decoded as one value have none."""
    document = {
        "key": "x",
        "inner": {"state": "a"},
        "many": [{"state": "a"}],
        "items": [{"acme_id": 1}],
        "tags": {"a": "b"},
        "texts": {"a": {"b": "c"}},
        "unknown": {"a": 1},
    }
    found: dict[object, list[object]] = {}
    for where, hint in typed_places(Event | Typed, document):
        found.setdefault(where, []).append(hint)
    states = [where for where, hints in found.items() if any((e := wire.encoding(h)) and e.states for h in hints)]
    assert states == [("inner", "state"), ("many", 0, "state")]
    assert len(found["key",]) == 2
    assert wire.NonBlank in found["items", 0, "acme_id"]
    assert found["tags", "a"] == [wire.AnyText]
    assert ("texts", "a") not in found
    assert ("unknown",) not in found
    assert open_objects(Typed, document) == {("tags",): wire.AnyText}
    assert [hint for where, hint in typed_places(Typed | Event, [{"acme_id": 1}]) if where == (0, "acme_id")] == [
        wire.NonBlank
    ]


# --- Checks -----------------------------------------------------------------------------------------------------------


def test_purity_reads_all_modules_of_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a vendor that is a folder each module that the adapter imports is read, and no other."""
    folder = tmp_path / "acme_folder"
    folder.mkdir()
    (folder / "__init__.py").write_text("from acme_folder import event\n", encoding="utf-8")
    (folder / "event.py").write_text(
        "from .options import OPTIONS\ndef read(event):\n    yield OPTIONS\n", encoding="utf-8"
    )
    (folder / "options.py").write_text("OPTIONS = 1\n", encoding="utf-8")
    (folder / "server.py").write_text("import time\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    module = import_module("acme_folder.event")
    import_module("acme_folder.server")
    adapter = evolve(KAPACITOR, shapes=[Shape(str, module.read)])
    checks.reads_no_clock(adapter)
    (folder / "options.py").write_text("import time\nOPTIONS = 1\n", encoding="utf-8")
    linecache.checkcache()
    with pytest.raises(AssertionError, match=r"acme_folder.options, line 1: an adapter is pure, it cannot use time"):
        checks.reads_no_clock(adapter)
    for name in [name for name in sys.modules if name.startswith("acme_folder")]:
        monkeypatch.delitem(sys.modules, name)


def test_a_file_without_a_word_in_about_is_reported(tmp_path: Path) -> None:
    """A fixture that about.toml does not know fails with the table to add."""
    shutil.copytree(FIXTURES / "kapacitor", tmp_path / "kapacitor")
    (tmp_path / "kapacitor" / "stranger.json").write_text("{}", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"\[stranger\]"):
        load(tmp_path / "kapacitor")


def test_an_error_that_names_no_vendor_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A payload error has to say whose payload it was."""

    def nameless(*_: object) -> None:
        raise DecodeError("it is not JSON")

    monkeypatch.setattr(checks, "parse", nameless)
    with pytest.raises(AssertionError, match="does not name its vendor"):
        checks.any_body(KAPACITOR, b"")


@pytest.mark.parametrize("zone", ["Europe/Berlin", None])
def test_the_time_zone_is_put_back(zone: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checking purity leaves the process's time zone as it was."""
    if zone is None:
        monkeypatch.delenv("TZ", raising=False)
    else:
        monkeypatch.setenv("TZ", zone)
    checks.pure(KAPACITOR, load(FIXTURES / "kapacitor")[0])
    assert os.environ.get("TZ") == zone

"""What the conformance kit is made of: damage, regolding, checks and strategies on their own."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings

from alertmap import IncidentBook, PayloadError, parse_document
from alertmap.errors import DecodeError
from alertmap.intake import registry
from alertmap.testing import checks, damaged, damaged_payloads, load, streams
from alertmap.testing.regold import main, regold

FIXTURES = Path(__file__).parents[1] / "fixtures"
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
    """A golden that is missing or differs is written, and the command fails so that a person reads it."""
    folder = tmp_path / "kapacitor"
    shutil.copytree(FIXTURES / "kapacitor", folder)
    (tmp_path / "notes.txt").write_text("no vendor", encoding="utf-8")
    assert main([str(tmp_path)]) == 0
    assert "nothing has changed" in capsys.readouterr().out
    (folder / "critical.alerts.json").unlink()
    (folder / "info.alerts.json").write_text("{}\n", encoding="utf-8")
    assert regold(tmp_path, ["grafana"]) == []
    assert main([str(tmp_path), "kapacitor"]) == 1
    said = capsys.readouterr().out
    assert "written: " in said
    assert "read the difference" in said
    for name in ("critical", "info"):
        golden = f"{name}.alerts.json"
        assert (folder / golden).read_bytes() == (FIXTURES / "kapacitor" / golden).read_bytes()


def test_a_file_without_a_word_in_about_is_told(tmp_path: Path) -> None:
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

"""The command line: its input, its tables and JSON Lines, its exit codes."""

import doctest
import gzip
import io
import json
import os
import re
import runpy
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from typer.testing import CliRunner

from alertmap import cli, to_dict, wire
from alertmap.adapter import Adapter, Result, Shape
from alertmap.cli import files, tables
from alertmap.cli.app import app
from alertmap.cli.outcomes import UNRECOGNISED
from alertmap.cli.shared import PROGRESS_BYTES, PROGRESS_FROM
from alertmap.errors import AdapterError
from alertmap.intake import registry
from alertmap.model import Notice, Problem, ProblemCode, Reading, Reason, Reply, State
from alertmap.testing.fixtures import load

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"
CRITICAL = FIXTURES / "kapacitor" / "critical.json"
RECOVERED = FIXTURES / "kapacitor" / "recovered.json"
SECRET = "hunter2"  # noqa: S105 - what must not be shown


@frozen
class Ran:
    """The outcome of a run."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Its JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]


def run(*arguments: object, given: bytes = b"", width: int = 300, **environment: str) -> Ran:
    """Run the command line in this process."""
    result = CliRunner().invoke(
        app, [str(one) for one in arguments], input=given, env={"COLUMNS": str(width), **environment}
    )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


def write(file: Path, content: object) -> Path:
    """Write a file with its folders: bytes as they are, all else as JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return file


def recorded(body: bytes, **more: object) -> dict[str, object]:
    """A recorded request."""
    return {"method": "POST", "path": "/hook", "headers": {"X-Token": SECRET}, "body": body.decode(), **more}


def names(*paths: object) -> list[str]:
    """The names of the requests below some paths, in their order."""
    return [one.name for found in files.find(map(str, paths)) for one in files.read(found)]


@wire.model
class Event:
    """A batch of an invented vendor; a blank name cannot be read."""

    acme: list[str]
    reason: str | None = None
    omitted: int = 0


def read(event: Event) -> Iterator[Result]:
    """Read what the event asks for."""
    for place, name in enumerate(event.acme):
        if name:
            yield Reading(state=State.FIRING, identity={"name": name}, title=name, occurred_at=datetime.now(UTC))
        else:
            yield Problem(ProblemCode.BAD_ELEMENT, f"$.acme[{place}]", "the name is blank")
    reply = Reply(body=SECRET) if event.reason == "handshake" else None
    yield Notice(reason=Reason(event.reason) if event.reason else None, truncated=event.omitted, reply=reply)


ACME = Adapter(name="acme", title="A[b]c\x1bme", shapes=[Shape(Event, read)])


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two more vendors: one that loads, and one that does not."""
    known, find = registry.vendors, registry.find

    def found(name: str) -> Adapter:
        if name == "broken":
            raise AdapterError("the adapter broken of acme-dist does not load: SyntaxError")
        return ACME if name == "acme" else find(name)

    monkeypatch.setattr(registry, "vendors", lambda: (*known(), "acme", "broken"))
    monkeypatch.setattr(registry, "find", found)


# --- The project's own fixtures ---------------------------------------------------------------------------------------


def test_fixtures_become_what_their_cases_say() -> None:
    """Over all fixtures the objects are the alerts and errors of the conformance kit's own cases, in the same order."""
    ran = run("parse", "--jsonl", FIXTURES)
    assert (ran.code, ran.err) == (0, "")
    found: dict[str, list[Any]] = {}
    for one in ran.objects:
        found.setdefault(one.pop("file"), []).append(one)
    for folder in (one for one in FIXTURES.iterdir() if one.is_dir()):
        adapter = registry.find(folder.name)
        for case in load(folder):
            objects = found.pop(str(case.file))
            outcome = case.outcome(adapter)
            if "error" in outcome:
                assert [(one["vendor"], one["error"], one["expected"]) for one in objects] == [
                    (folder.name, outcome["error"], True)
                ]
            else:
                batch = case.parse(adapter)
                alerts = [one for one in objects if one["type"] == "alert"]
                assert alerts == [{"type": "alert", **to_dict(alert)} for alert in batch]
                reasons = [one["reason"] for one in objects if one["type"] == "request"]
                has_record = bool(batch.reason or batch.problems or batch.truncated)
                assert reasons == [outcome.get("reason")] * has_record
    assert not found


def test_the_last_line_counts() -> None:
    """The last line says how many requests, alerts of each state, refusals and problems there were."""
    folder = FIXTURES / "kapacitor"
    adapter = registry.find("kapacitor")
    cases = load(folder)
    good = [case.parse(adapter) for case in cases if "error" not in case.outcome(adapter)]
    states = Counter(alert.state for batch in good for alert in batch)
    expected = [
        f"{len(cases)} requests: {states.total()} alerts",
        f"{states[State.FIRING]} firing, {states[State.RESOLVED]} resolved",
        f"{len(cases) - len(good)} refused as expected",
    ]
    last = run("parse", folder).out.splitlines()[-1]
    assert [part for part in expected if part not in last] == []


def test_a_refusal_without_a_golden_file_is_unexpected(tmp_path: Path) -> None:
    """A refusal is unexpected where there is no golden file, or one of another error."""
    write(tmp_path / "kapacitor/about.toml", b"[a]\n[b]\n[c]\n[d]\n[e]\n")
    for name in "abcde":
        write(tmp_path / f"kapacitor/{name}.json", {"series": 1})
    write(tmp_path / "kapacitor/a.alerts.json", {"error": "ShapeError"})
    write(tmp_path / "kapacitor/b.alerts.json", {"error": "DecodeError"})
    write(tmp_path / "kapacitor/c.alerts.json", b"{")
    write(tmp_path / "kapacitor/d.alerts.json", [])
    ran = run("parse", "--jsonl", tmp_path)
    assert [one["expected"] for one in ran.objects] == [True, False, False, False, False]
    assert ran.code == 1
    assert len(ran.err.splitlines()) == 4
    assert run("parse", tmp_path / "kapacitor/a.json").code == 0


def test_a_case_takes_its_options_from_about_toml(tmp_path: Path) -> None:
    """Options and time of receipt come from `about.toml`; with another vendor the options do not apply."""
    template = r"template = '(?P<level>\w+) (?P<id>\S+)'"
    about = f"[text]\nreceived_at = 2026-01-31T12:00:00Z\n[text.options]\n{template}\n[odd]\noptions = 3\n"
    write(tmp_path / "kapacitor/about.toml", about.encode())
    text = write(tmp_path / "kapacitor/text.txt", b"CRITICAL disk")
    odd = write(tmp_path / "kapacitor/odd.json", CRITICAL.read_bytes())
    (alert,) = run("parse", "--jsonl", text).objects
    assert (alert["dedup_key"], alert["received_at"]) == ("kapacitor:id=disk", "2026-01-31T12:00:00Z")
    assert "influxdb2: the body is not JSON" in run("parse", "--vendor", "influxdb2", text).err
    assert "options must be a mapping" in run("parse", odd).err


def test_a_recorded_request_in_a_fixture_folder_has_its_own_suffix(tmp_path: Path) -> None:
    """Only `*.request.json` is a recorded request there; any other file is a bare body."""
    write(tmp_path / "kapacitor/about.toml", b"[a]\n[b]\n")
    write(tmp_path / "kapacitor/a.json", recorded(CRITICAL.read_bytes()))
    write(tmp_path / "kapacitor/b.request.json", recorded(CRITICAL.read_bytes()))
    write(tmp_path / "kapacitor/c.jsonl", recorded(CRITICAL.read_bytes()))
    assert ["error" in one for one in run("parse", "--jsonl", tmp_path).objects] == [True, False, False]


# --- Input ------------------------------------------------------------------------------------------------------------


def test_folders_are_walked_by_name_and_number(tmp_path: Path) -> None:
    """Numbers count as numbers; golden files, notes, hidden files, other kinds and linked folders are left out."""
    wanted = ["a_2.json", "a_10.xml", "a_9x.txt", "b.form", "sub_1/c.JSON", "sub_2/j.jsonl", "sub_10/d.json"]
    for name in wanted:
        write(tmp_path / name, recorded(b"{}"))
    others = [
        "a.alerts.json",
        "README.txt",
        "readme.json",
        ".hidden.json",
        ".git/x.json",
        "notes.md",
        "x.toml",
        "plain",
    ]
    for name in others:
        write(tmp_path / name, {})
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "lost.json").symlink_to(tmp_path / "lost.json")
    order = ["a_2.json", "a_9x.txt", "a_10.xml", "b.form", "sub_1/c.JSON", "sub_2/j.jsonl:1", "sub_10/d.json"]
    assert names(tmp_path) == [str(tmp_path / name) for name in order]


def test_a_file_holds_a_recorded_request_a_bare_body_or_lines(tmp_path: Path) -> None:
    """A recorded request, its bare body, either in JSON Lines, and both on standard input give the same alert."""
    body = CRITICAL.read_bytes()
    one = json.dumps(recorded(body)).encode()
    write(tmp_path / "recorded.json", b"\xef\xbb\xbf" + one)
    write(tmp_path / "bare.json", body)
    write(tmp_path / "lines.jsonl", one + b"\n\n" + body.strip() + b"\n")
    found = run("parse", "--jsonl", tmp_path).objects
    assert [one.pop("file").rpartition("/")[2] for one in found] == [
        "bare.json",
        "lines.jsonl:1",
        "lines.jsonl:3",
        "recorded.json",
    ]
    for data in (one, body):
        found.extend(run("parse", "--jsonl", "-", given=data).objects)
        assert found[-1].pop("file") in ("-", "-:1")  # a body on one line may be the first of many
    assert all(alert == found[0] for alert in found)
    assert len(found) == 6


def test_recorded_requests(tmp_path: Path) -> None:
    """`body_raw` takes precedence; `received_at` counts unless --received-at is given; a broken one is refused."""
    body = CRITICAL.read_bytes()
    raw = write(tmp_path / "raw.json", recorded(b"", body_raw="e30=", received_at="2026-01-31T12:00:00Z"))
    timed = write(tmp_path / "timed.json", recorded(body, received_at="2026-01-31T12:00:00Z"))
    broken = write(tmp_path / "broken.json", recorded(body, headers=[SECRET]))
    spoilt = write(tmp_path / "spoilt.json", recorded(body, body_raw=SECRET))
    ran = run("parse", "--vendor", "kapacitor", raw, broken, spoilt)
    assert ran.code == 1
    assert "raw.json: kapacitor: expected Event" in ran.err.splitlines()[0]
    assert "broken.json: not a recorded request: expected object, got list @ $.headers" in ran.err.splitlines()[1]
    assert "spoilt.json: body_raw is not base64" in ran.err.splitlines()[2]
    options: tuple[list[str], ...] = ([], ["--received-at", "2026-02-01T00:00:00+01:00"])
    times = [run("parse", "--jsonl", *option, timed).objects[0]["received_at"] for option in options]
    assert times == ["2026-01-31T12:00:00Z", "2026-01-31T23:00:00Z"]


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that are missing, too long or not TOML cost a line each; the others are processed."""
    monkeypatch.setattr(files, "MAX_FILE", 1 << 20)
    write(tmp_path / "a/about.toml", b"= 3")
    (tmp_path / "b/about.toml").mkdir(parents=True)
    for name in ("a/1.json", "b/1.json", "gone.json"):
        write(tmp_path / name, CRITICAL.read_bytes())
    write(tmp_path / "long.json", b"[" * (1 << 21))
    write(tmp_path / "long.jsonl", CRITICAL.read_bytes() + b"[" * (1 << 21) + b"\n{}\n")
    found = files.find([str(tmp_path)])
    (tmp_path / "gone.json").unlink()
    refused = [one for each in found for one in files.read(each) if isinstance(one, files.Refused)]
    assert [(one.name.removeprefix(f"{tmp_path}/"), one.kind, one.message) for one in refused] == [
        ("gone.json", "OSError", "it cannot be read: No such file or directory"),
        ("long.json", "LimitError", "it is longer than 1 MiB"),
        ("long.jsonl:2", "LimitError", "it is longer than 1 MiB"),
        ("a/about.toml", "DecodeError", "it is not TOML in utf-8"),
        ("b/about.toml", "OSError", "it cannot be read: Is a directory"),
    ]
    ran = run("parse", tmp_path)
    assert (ran.code, len(ran.err.splitlines())) == (1, 4)
    assert "7 requests: 3 alerts" in ran.out


def test_a_folder_that_cannot_be_listed_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without permission is named, and the others are walked."""
    for name in ("a/1.json", "locked/2.json"):
        write(tmp_path / name, CRITICAL.read_bytes())
    listed = Path.iterdir

    def refused(folder: Path) -> Iterator[Path]:
        if folder.name == "locked":
            raise PermissionError(13, "Permission denied")
        return listed(folder)

    monkeypatch.setattr(Path, "iterdir", refused)
    ran = run("parse", tmp_path)
    assert ran.code == 1
    assert ran.err == f"alertmap: {tmp_path}/locked: it cannot be read: Permission denied\n"
    assert "1 alert (1 firing), 1 refused" in ran.out


def test_json_lines_are_read_from_standard_input_and_from_logs(tmp_path: Path) -> None:
    """A list of requests is recognised by its first line: on standard input, and in a file that is named."""
    body = json.dumps(json.loads(CRITICAL.read_bytes())).encode()
    lines = json.dumps(recorded(body)).encode() + b"\n\n" + body + b"\n"
    assert [one["file"] for one in run("parse", "--jsonl", "-", given=lines).objects] == ["-:1", "-:3"]
    log = write(tmp_path / "hooks.log", lines)
    assert names(log) == [f"{log}:1", f"{log}:3"]
    assert names(write(tmp_path / "hooks", b"\xef\xbb\xbf" + lines)) == [f"{tmp_path}/hooks:1", f"{tmp_path}/hooks:3"]
    for text in (b"CRITICAL disk\n{}\n", b"{\n}\n", b"{} x\n", b'"a"\n"b"\n', b"[\xff]\n"):
        assert names(write(tmp_path / "body", text)) == [f"{tmp_path}/body"]


def test_files_may_be_gzipped(tmp_path: Path) -> None:
    """`.gz` is unpacked, whatever stands before it; a damaged file costs a line."""
    body = CRITICAL.read_bytes()
    line = json.dumps(recorded(body)).encode() + b"\n"
    write(tmp_path / "kapacitor/a.json.gz", gzip.compress(body))
    write(tmp_path / "kapacitor/b.jsonl.gz", gzip.compress(line * 3))
    ran = run("parse", "--jsonl", tmp_path)
    assert (ran.code, [Path(one["file"]).name for one in ran.objects]) == (
        0,
        ["a.json.gz", "b.jsonl.gz:1", "b.jsonl.gz:2", "b.jsonl.gz:3"],
    )
    write(tmp_path / "c.json.gz", gzip.compress(body)[:40])
    write(tmp_path / "d.json.gz", body)
    reasons = [one["message"] for one in run("parse", "--jsonl", tmp_path).objects if one["type"] == "refused"]
    assert reasons == ["it cannot be read: the gzip file is cut off or damaged", "it cannot be read: not a gzip file"]


def test_a_gzip_bomb_is_refused(tmp_path: Path) -> None:
    """A small file that unpacks to more than a file may hold is refused."""
    bomb = write(tmp_path / "x.json.gz", gzip.compress(b"[" * (files.MAX_FILE + 1)))
    assert "it is longer than 48 MiB" in run("parse", bomb).err


def test_a_request_that_cannot_be_decoded_says_so(tmp_path: Path) -> None:
    """Without a vendor the message names what is wrong with the body, where that is known."""
    for name, body, message in (
        ("empty", b"", "the body is empty"),
        ("cut", b'{"a": 1', "the body is not JSON"),
        ("text", b"disk full", "the body is not JSON"),
        ("odd", b'{"a": 1}', UNRECOGNISED),
    ):
        assert message in run("parse", write(tmp_path / name, body)).err


# --- The vendor -------------------------------------------------------------------------------------------------------


def test_the_vendor_is_named_by_option_or_folder_or_detected(
    acme: None,  # noqa: ARG001 - it is there
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`--vendor` stands above the folder's name, an inner folder above an outer one, and all above detection."""
    body = CRITICAL.read_bytes()
    for name in ("acme/1.json", "acme/kapacitor/2.json", "acme/more/3.json", "4.json"):
        write(tmp_path / name, body)
    monkeypatch.chdir(tmp_path / "acme")
    found = run("parse", "--jsonl", "1.json", "../acme", tmp_path).objects
    asked = [(Path(one["file"]).name, one["vendor"], "error" in one) for one in found]
    walked = [("1.json", "acme", True), ("2.json", "kapacitor", False), ("3.json", "acme", True)]
    assert asked == [("1.json", "acme", True), *walked, ("4.json", "kapacitor", False), *walked]
    assert run("parse", "--vendor", "kapacitor", tmp_path).code == 0


def test_a_request_that_is_not_recognised_is_refused(tmp_path: Path) -> None:
    """The error tells how to name the vendor."""
    file = write(tmp_path / "x.json", {"a": SECRET})
    ran = run("parse", file)
    assert ran.code == 1
    assert ran.err == f"alertmap: {file}: no vendor recognised: pass --vendor, or see `alertmap vendors`\n"
    assert UNRECOGNISED in ran.err
    assert "0 alerts, 1 refused" in ran.out


def test_an_adapter_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the checkout round a fixture has an adapter that is not installed, the error says how to install it."""
    for name in ("acme.py", "other/__init__.py"):
        write(tmp_path / "src/alertmap/adapters" / name, b"")
    hints = {}
    for name in ("acme", "other/streams/two", "kapacitor/odd", "nobody"):
        file = write(tmp_path / "fixtures" / name / "x.json", {"a": 1})
        hints[name] = run("parse", file).err.removeprefix(f"alertmap: {file}: ").strip()
    advice = f"found in this checkout but not installed: pip install -e {tmp_path}"
    assert hints["acme"] == f"adapter acme {advice}"
    assert hints["other/streams/two"] == f"adapter other {advice}"
    assert hints["nobody"] == hints["kapacitor/odd"] == UNRECOGNISED
    write(tmp_path / "fixtures/acme/about.toml", b"[x]\n")
    assert f"adapter acme {advice}" in run("parse", tmp_path / "fixtures").err
    monkeypatch.chdir(tmp_path / "fixtures")
    assert run("parse", "--vendor", "acme", "acme/x.json").err == f"alertmap: adapter acme {advice}\n"
    assert "no adapter is called acm" in run("parse", "--vendor", "acm", "acme/x.json").err


def test_the_source_is_the_vendor_or_as_named() -> None:
    """`--source` names what the alerts came through."""
    assert [one["source"] for one in run("parse", "--jsonl", CRITICAL).objects] == ["kapacitor"]
    assert [one["source"] for one in run("parse", "--jsonl", "--source", "lab", CRITICAL).objects] == ["lab"]


SOURCES = b"""
[sources.metrics]
vendor = "kapacitor"
labels = { team = "db" }
levels = { CRITICAL = "low" }
"""
SECOND = (
    SOURCES
    + b"""
[sources.others]
vendor = "kapacitor"
"""
)


def test_sources_are_read_as_in_production(tmp_path: Path) -> None:
    """--sources gives a request the source of its vendor, or the one that --source names."""
    one, two = write(tmp_path / "one.toml", SOURCES), write(tmp_path / "two.toml", SECOND)
    (alert,) = run("parse", "--jsonl", "--sources", one, CRITICAL).objects
    assert (alert["source"], alert["severity"], alert["labels"]["team"]) == ("metrics", "low", "db")
    ran = run("parse", "--sources", two, CRITICAL)
    assert ran.code == 1
    assert "several sources are of this vendor: pass --source with one of metrics, others" in ran.err
    (alert,) = run("parse", "--jsonl", "--sources", two, "--source", "others", CRITICAL).objects
    assert (alert["source"], alert["severity"]) == ("others", "critical")
    ran = run("parse", "--sources", two, "--source", "metric", CRITICAL)
    assert (ran.code, ran.err) == (2, "alertmap: no source is called metric (did you mean 'metrics'?)\n")
    (incident,) = run("replay", "--jsonl", "--sources", one, CRITICAL).objects
    assert incident["source"] == "metrics"


def test_check_names_all_faults_of_all_files(tmp_path: Path) -> None:
    """Each fault is a line with its file and line; a file without faults lists its sources."""
    good = write(tmp_path / "good.toml", SOURCES)
    bad = write(
        tmp_path / "bad.toml", b'[sources.a]\nvendor = "kapacitr"\n\n[sources.b]\nvendor = "kapacitor"\nx = 1\n'
    )
    ran = run("check", bad, good, tmp_path / "gone.toml", tmp_path)
    assert ran.code == 1
    first, second, third, fourth = ran.err.splitlines()
    assert first.startswith(f"alertmap: {bad}:2: source 'a': ")
    assert "did you mean 'kapacitor'?" in first
    assert second.startswith(f"alertmap: {bad}:6: source 'b': ")
    assert third == f"alertmap: {tmp_path}/gone.toml: it cannot be read: No such file or directory"
    assert fourth == f"alertmap: {tmp_path}: it cannot be read: Is a directory"
    assert re.search(r"good\.toml +metrics +kapacitor", ran.out)
    assert run("check", "--jsonl", good).objects == [
        {"type": "source", "source": "metrics", "vendor": "kapacitor", "file": str(good)}
    ]
    assert run("parse", "--sources", bad, CRITICAL).code == 2
    assert "it is not TOML in utf-8" in run("check", write(tmp_path / "x.toml", b"\xff")).err


# --- Output -----------------------------------------------------------------------------------------------------------


def test_a_table_for_people() -> None:
    """State, severity, key, title and the counts stand in the table, without colours where there is no terminal."""
    ran = run(
        "parse", CRITICAL, RECOVERED, FIXTURES / "kapacitor/blank_id.json", FIXTURES / "kapacitor/test_button.json"
    )
    lines = [line.split() for line in ran.out.splitlines()]
    assert lines[0] == [str(FIXTURES / "kapacitor")]
    assert lines[1] == ["file", "time", "state", "severity", "key", "title", "problems"]
    when = ["2026-01-01", "12:00:30"]
    assert lines[3][:6] == ["critical.json", *when, "firing", "critical", "kapacitor:id=cpu:host=web01"]
    assert lines[4][3:6] == ["resolved", "info", "kapacitor:id=cpu:host=web01"]
    assert lines[5][-1] == "key_fallback"
    assert lines[6][:4] == ["test_button.json", "test", "the", "sender's"]
    assert ran.out.endswith("\n4 requests: 3 alerts (2 firing, 1 resolved), 1 test, 1 problem\n")
    assert "\x1b" not in ran.out


def test_colours_on_a_terminal_only() -> None:
    """A terminal gets colours, and the same words."""
    coloured = run("parse", CRITICAL, FORCE_COLOR="1", TERM="xterm").out
    assert "\x1b[1;37;41mcritical" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == run("parse", CRITICAL).out


@pytest.mark.parametrize("width", [20, 60, 80, 100, 300])
def test_a_table_fits_its_width(width: int) -> None:
    """No line of the table is wider than the terminal."""
    table = run("parse", FIXTURES / "kapacitor", width=width).out.splitlines()[1:-3]
    assert max(map(cell_len, table)) <= width


@pytest.mark.parametrize("width", [60, 80, 100, 300])
def test_keys_and_times_of_a_table_are_never_cut(width: int) -> None:
    """In a narrow table a key wraps, and a time that does not fit is left out as a column that is named."""
    ran = run("parse", CRITICAL, RECOVERED, width=width)
    words = re.split(r" {2,}|\n", ran.out)
    key = "kapacitor:id=cpu:host=web01"
    assert key in words or key in "".join(word for word in words if word in key)
    assert ("2026-01-01 12:00:30" in ran.out) != ("columns left out: time" in ran.out)
    assert "…" not in ran.out


def test_wide_prints_everything_on_any_terminal() -> None:
    """With --wide no column is left out and no text is wrapped, for each command that has a table."""
    for command in ("parse", "detect", "replay"):
        full = run(command, CRITICAL, RECOVERED, width=1000).out
        narrow = run(command, "--wide", CRITICAL, RECOVERED, width=40).out
        assert [line.split() for line in narrow.splitlines() if "─" not in line] == [
            line.split() for line in full.splitlines() if "─" not in line
        ]
    assert "left out" not in run("vendors", "--wide", width=40).out


def test_one_request_is_a_card(acme: None, tmp_path: Path) -> None:  # noqa: ARG001 - it is there
    """The card has everything of an alert, and the places of its problems."""
    shown = run("parse", CRITICAL).out
    for text in (
        "firing  critical  cpu:host=web01 is CRITICAL",
        "key       kapacitor:id=cpu:host=web01",
        "level     CRITICAL",
        "started   2026-01-01T12:00:10Z",
        "occurred  2026-01-01T12:00:30.123456Z",
        "host = web01",
        "usage = 85",
    ):
        assert text in shown
    missing = run("parse", FIXTURES / "kapacitor/blank_id.json").out
    assert re.search(r"problem +key_fallback @ \S+: \w", missing)
    none = run("parse", FIXTURES / "kapacitor/test_button.json").out
    assert "test: the sender's test button" in none
    many = write(tmp_path / "acme/many.json", {"acme": [str(number) for number in range(6)]})
    assert "severity" in run("parse", many).out  # a batch is a table
    few = write(tmp_path / "acme/few.json", {"acme": ["x", ""], "omitted": 2})
    shown = run("parse", few).out
    assert "bad_element @ $.acme[1]: the name is blank" in shown
    assert "2 alerts, by the sender" in shown


def test_a_card_has_messages_and_links() -> None:
    """The lines of a message stand as they were sent, and each link with its name."""
    shown = run("parse", _with_links()).out
    assert re.search(r"^  link +\w+ = https?://", shown, re.MULTILINE)
    assert re.search(r"^  message +\S", shown, re.MULTILINE)


def _with_links() -> Path:
    """A fixture whose only alert has a message and a link."""
    adapter = registry.find("grafana")
    for case in load(FIXTURES / "grafana"):
        if "error" not in case.outcome(adapter):
            alerts = list(case.parse(adapter))
            if len(alerts) == 1 and alerts[0].links and alerts[0].message:
                return case.file
    raise LookupError("grafana has no such fixture")


def test_without_a_terminal_tables_are_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe has no width of its own: nothing is wrapped or cut."""
    monkeypatch.delenv("COLUMNS", raising=False)
    assert tables.console().width == tables.WIDE
    monkeypatch.setenv("COLUMNS", "70")
    assert tables.console().width == 70


def test_all_of_a_batch_is_shown(acme: None, tmp_path: Path) -> None:  # noqa: ARG001 - it is there
    """Bad elements, what the sender left out and why there is no alert have lines and objects of their own."""
    bad = write(tmp_path / "acme/1.json", {"acme": ["x", "", "y"], "omitted": 7})
    hand = write(tmp_path / "acme/2.json", {"acme": [], "reason": "handshake"})
    ran = run("parse", bad, hand)
    assert ran.code == 0
    assert re.search(r"the name is blank @ \$\.acme\[1\] +bad_element", ran.out)
    assert re.search(r"the sender left out 7 alerts +truncated", ran.out)
    assert "2 requests: 2 alerts (2 firing), 1 handshake, 3 problems" in ran.out  # two levels are missing
    found = run("parse", "--jsonl", bad, hand).objects
    assert [one.get("title") for one in found] == ["x", "y", None, None]
    assert list(found[0])[:5] == ["type", "dedup_key", "file", "state", "severity"]
    problem = {"code": "bad_element", "path": "$.acme[1]", "message": "the name is blank"}
    sender = {"vendor": "acme", "source": "acme"}
    assert found[2:] == [
        {"type": "request", "file": str(bad), **sender, "reason": None, "problems": [problem], "truncated": 7},
        {"type": "request", "file": str(hand), **sender, "reason": "handshake", "problems": [], "truncated": 0},
    ]
    assert SECRET not in run("parse", "--jsonl", hand).out


def test_refusals_do_not_stop_the_others(tmp_path: Path) -> None:
    """A refused request costs one line on stderr that names file, vendor and place, and exit code 1."""
    bad = write(tmp_path / "kapacitor/bad.json", {**json.loads(CRITICAL.read_bytes()), "id": [SECRET]})
    ran = run("parse", bad, CRITICAL)
    assert ran.code == 1
    (line,) = ran.err.splitlines()
    assert line.startswith(f"alertmap: {bad}: kapacitor: expected ")
    assert "$.id" in line
    assert "2 requests: 1 alert (1 firing), 1 refused" in ran.out
    ran = run("parse", "--jsonl", bad, CRITICAL)
    assert (ran.code, ran.err) == (1, f"{line}\n")
    assert [one.get("error") for one in ran.objects] == ["ShapeError", None]
    assert ran.objects[0]["message"] in line


def test_no_secret_is_shown(tmp_path: Path) -> None:
    """Nothing of the headers, query or body of a refused request is printed, whichever way it is refused."""
    bodies = [f'{{"series": "{SECRET}"', SECRET, json.dumps([SECRET]), json.dumps({"id": [SECRET], "level": {}})]
    for number, body in enumerate(bodies):
        write(tmp_path / f"{number}.json", recorded(body.encode(), path=f"/x?token={SECRET}"))
    for options in ((), ("--jsonl",), ("--vendor", "kapacitor"), ("--vendor", "influxdb2", "--jsonl")):
        ran = run("parse", *options, tmp_path)
        assert ran.code == 1
        assert len(ran.err.splitlines()) == len(bodies)
        assert SECRET not in ran.out + ran.err
    assert SECRET not in "".join(run("detect", tmp_path).out)


def test_markup_is_text(acme: None, tmp_path: Path) -> None:  # noqa: ARG001 - it is there
    """Markup, links and emoji names of a payload stand as they came."""
    title = "[bold red]x[/] [link=http://a]y[/link] :smile: [/no]"
    file = write(tmp_path / "[red]acme.json", {"acme": [title]})
    ran = run("parse", "--vendor", "acme", file, FORCE_COLOR="1", TERM="xterm")
    assert title in ran.out
    assert "[red]acme.json" in ran.out
    assert "A[b]c\\x1bme" in run("vendors").out


evil = st.sampled_from(
    ["\x1b[31m", "\x1b]0;x\x07", "\x9b2J", "\r", "\n", "\u202e", "[red]", "…", "漢", "\u200d", "\x7f"]
)
texts = st.lists(evil | st.text(max_size=5), max_size=5).map("".join)


@settings(deadline=None)
@given(texts, texts, texts, st.sampled_from(["1", ""]))
def test_no_control_character_reaches_a_terminal(identity: str, level: str, message: str, colour: str) -> None:
    """Whatever texts a payload holds, all that is printed is printable, but for line ends and our own colours."""
    payload = {**json.loads(CRITICAL.read_bytes()), "id": identity, "level": level, "message": message, level: 1}
    payload["data"] = {"series": [{"name": message, "tags": {identity: level}}]}
    given = json.dumps(payload).encode()
    colours = {"FORCE_COLOR": colour, "TERM": "xterm"} if colour else {}
    for arguments in (("parse", "--vendor", "kapacitor", "-"), ("parse", "--jsonl", "-"), ("detect", "-")):
        ran = run(*arguments, given=given, width=80, **colours)
        assert all(line.isprintable() for line in re.sub(r"\x1b\[[\d;]*m", "", ran.out).split("\n"))
        assert all(line.isprintable() for line in ran.err.split("\n"))
        assert colour or "\x1b" not in ran.out


@given(texts, st.integers(1, 12))
def test_long_texts_are_cut_in_the_middle(text: str, width: int) -> None:
    """A cut text is at most as wide as its column, and begins and ends as before."""
    shown = tables.plain(text).replace("…", "")
    fitted = tables._fit(shown, width)
    assert cell_len(fitted) <= max(width, 1)
    begins, cut, ends = fitted.partition("…")
    assert fitted == shown or (cut and shown.startswith(begins.rstrip()) and shown.endswith(ends))


def test_names_of_files_are_harmless(tmp_path: Path) -> None:
    """Escape sequences and bytes that are not UTF-8 in a file's name are shown as escapes."""
    folder = os.fsencode(tmp_path / "f\x1b[31m")
    Path(os.fsdecode(folder)).mkdir()
    file = os.fsdecode(folder + b"/a\xff\n.json")
    write(Path(file), {"a": 1})
    ran = run("parse", tmp_path)
    assert r"f\x1b[31m/a\xff\n.json: no vendor" in ran.err
    assert "\x1b" not in ran.out + ran.err
    (one,) = run("parse", "--jsonl", tmp_path).objects
    assert one["file"] == f"{tmp_path}/f\x1b[31m/a\\xff\n.json"
    assert run("parse", f"{file}x").code == 2


def test_progress_on_a_terminal_only(tmp_path: Path) -> None:
    """Many files have a progress bar on stderr where that is a terminal, and stdout stays clean."""
    for number in range(PROGRESS_FROM):
        write(tmp_path / f"{number}.json", CRITICAL.read_bytes())
    write(tmp_path / "x.json", {})
    on = run("parse", "--jsonl", tmp_path, FORCE_COLOR="1", TERM="xterm")
    assert f"{PROGRESS_FROM + 1} requests" in on.err
    assert len(on.objects) == PROGRESS_FROM + 1
    assert f"x.json: {'no vendor'}" in on.err
    assert len(run("parse", "--jsonl", tmp_path).err.splitlines()) == 1
    (tmp_path / "x.json").unlink()
    (tmp_path / "0.json").unlink()
    assert run("parse", tmp_path, FORCE_COLOR="1", TERM="xterm").err == ""
    write(tmp_path / "long/kapacitor.jsonl", CRITICAL.read_bytes().strip() + b" " * PROGRESS_BYTES)
    assert "100 %" in run("parse", "--jsonl", tmp_path / "long", FORCE_COLOR="1", TERM="xterm").err


# --- detect and vendors -----------------------------------------------------------------------------------------------


def test_detect_gives_the_vendor_and_the_reason(tmp_path: Path) -> None:
    """Each request has its vendor and a reason; one that is not recognised or too large makes exit code 1."""
    ran = run("detect", CRITICAL)
    assert ran.code == 0
    assert re.search(r"critical\.json +kapacitor +\w+", ran.out)
    (one,) = run("detect", "--jsonl", CRITICAL).objects
    assert (one["vendor"], list(one)) == ("kapacitor", ["type", "vendor", "reason", "file"])
    nobody = write(tmp_path / "1.json", {"a": 1})
    large = write(tmp_path / "2.json", {"a": "x" * 8 * 1024 * 1024})
    ran = run("detect", nobody)
    assert (ran.code, ran.err) == (1, "")
    assert re.search(r"1\.json +not recognised", ran.out)
    assert run("detect", "--jsonl", nobody).objects == [
        {"type": "detection", "vendor": None, "reason": None, "file": str(nobody)}
    ]
    ran = run("detect", large)
    assert ran.code == 1
    assert ran.err == f"alertmap: {large}: the body is too long (limit max_body = 8388608)\n"
    assert [one["error"] for one in run("detect", "--jsonl", large).objects] == ["LimitError"]
    assert run("parse", large).code == 1


def test_detect_goes_on_after_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A broken `about.toml` is reported, and the requests beside it are detected."""
    write(tmp_path / "about.toml", b"=")
    write(tmp_path / "a.json", CRITICAL.read_bytes())
    ran = run("detect", tmp_path)
    assert (ran.code, len(ran.err.splitlines())) == (1, 1)
    assert "kapacitor" in ran.out


def test_detect_reads_about_toml() -> None:
    """A fixture with `detect = false`, or one that is refused, need not be recognised."""
    assert run("detect", FIXTURES).code == 0


def test_vendors_are_listed(acme: None) -> None:  # noqa: ARG001 - it is there
    """Every vendor has a line or an object; one that does not load has a line on stderr."""
    ran = run("vendors")
    assert ran.code == 1
    assert ran.err == "alertmap: the adapter broken of acme-dist does not load: SyntaxError\n"
    assert re.search(r"kapacitor +Kapacitor +json, text +template, dedup_on, order", ran.out)
    by_name = {one["vendor"]: one for one in run("vendors", "--jsonl").objects}
    assert list(by_name) == [name for name in registry.vendors() if name != "broken"]
    assert by_name["kapacitor"] == {
        "type": "vendor",
        "vendor": "kapacitor",
        "title": "Kapacitor",
        "bodies": ["json", "text"],
        "levels": {level: severity.value for level, severity in registry.find("kapacitor").levels.items()},
        "fallback": "medium",
        "options": ["template", "dedup_on", "order"],
    }
    assert by_name["acme"]["options"] == []


def test_all_is_well_with_our_own_vendors() -> None:
    """Every built-in adapter loads."""
    assert (run("vendors").code, run("vendors").err) == (0, "")


TIME = "expected a time with its offset, like 2026-01-31T12:00:00Z or 2026-01-31T13:00:00+01:00"

# --- Wrong usage ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["parse", "--vendor", "kapacitr", CRITICAL], "no adapter is called kapacitr (did you mean 'kapacitor'?)"),
        (["parse", "--source", " ", CRITICAL], "a source's name must be text that is not blank"),
        (["parse", "--received-at", "noon", CRITICAL], f"--received-at: {TIME}"),
        (["parse", "--received-at", "2026-01-01T00:00:00", CRITICAL], f"--received-at: {TIME}"),
        (["replay", "--until", "2026-01-01", CRITICAL], f"--until: {TIME}"),
        (["parse", CRITICAL, "nowhere.json"], "nowhere.json: there is no such file or folder"),
        (["parse", "x" * 300], f"{'x' * 300}: there is no such file or folder"),
        (["parse", ROOT / "LICENSE.d"], f"{ROOT}/LICENSE.d: there is no such file or folder"),
        (["parse", "-"], "standard input is empty"),
        (["detect", "nowhere.json"], "nowhere.json: there is no such file or folder"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(arguments: list[object], message: str) -> None:
    """Arguments that cannot be used are reported in one line, before anything is read."""
    ran = run(*arguments)
    assert (ran.code, ran.out, ran.err) == (2, "", f"alertmap: {message}\n")


def test_no_input_is_wrong_usage(tmp_path: Path) -> None:
    """Neither no path nor a folder without requests is an input."""
    assert run("parse").code == 2
    ran = run("parse", tmp_path)
    assert (ran.code, ran.err) == (2, f"alertmap: {tmp_path}: there is no request in this folder\n")
    assert run().code == 2
    assert run("parse", "--nonsense", CRITICAL).code == 2


# --- Start and end ----------------------------------------------------------------------------------------------------


def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line's own modules as if they had never been imported, until the test ends."""
    for module in [name for name in sys.modules if name.startswith("alertmap.cli.")]:
        monkeypatch.delitem(sys.modules, module)
        monkeypatch.delattr(cli, module.rpartition(".")[2], raising=False)


@pytest.mark.parametrize("missing", ["typer", "rich.console"])
def test_a_missing_extra_is_one_line(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without typer or rich the command says what to install."""
    _forget(monkeypatch)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err == "alertmap: the command line needs an extra: pip install 'alertmap[cli]'\n"


def test_another_missing_module_is_no_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module of our own that is not there is a fault, and shown as one."""
    _forget(monkeypatch)
    monkeypatch.setitem(sys.modules, "alertmap.cli.outcomes", None)
    with pytest.raises(ModuleNotFoundError):
        cli.main()


@pytest.mark.parametrize("buffered", [True, False])
def test_main_runs_the_commands(
    buffered: bool,  # noqa: FBT001 - a parameter
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The entry point and the module run the same commands, whatever stdout is."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii") if buffered else io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "argv", ["alertmap", "parse", str(FIXTURES / "kapacitor" / "odd_strings.json")])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("alertmap.cli", run_name="__main__")
    assert ended.value.code == 0
    out.seek(0)
    assert "1 request: 1 alert (1 firing)" in out.read()


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version(option: str) -> None:
    """The version is that of the distribution."""
    assert run(option).out == f"alertmap {version('alertmap')}\n"


@pytest.mark.parametrize(
    "arguments", [(), ("parse",), ("detect",), ("replay",), ("check",), ("capture",), ("new-adapter",)]
)
def test_help_has_examples(arguments: tuple[str, ...]) -> None:
    """-h and --help are equal, and each command has an example that begins with its own name."""
    ran = run(*arguments, "-h", width=80)
    assert (ran.code, ran.out) == (0, run(*arguments, "--help", width=80).out)
    examples = ran.out.partition("Examples:")[2]
    assert f"alertmap {' '.join(arguments)}".strip() in examples


def test_commands_are_listed_in_the_order_of_use() -> None:
    """First things first: `parse` before `new-adapter`."""
    listed = re.findall(r"^  ([a-z][a-z-]+)  ", run("--help").out.partition("Commands:")[2], re.MULTILINE)
    assert listed[:6] == ["parse", "detect", "replay", "check", "vendors", "render"]
    assert listed[6:] == ["capture", "new-adapter", "serve", "sign"]


def test_shells_complete_commands() -> None:
    """The completion that a shell asks for names the commands."""
    command = [sys.executable, "-m", "alertmap"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "_ALERTMAP_COMPLETE": "complete_bash",
        "COMP_WORDS": "alertmap pa",
        "COMP_CWORD": "1",
    }
    ran = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)  # noqa: S603 - our own
    assert ran.stdout.split() == ["parse"]


def test_an_interrupt_at_the_start_is_quiet(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C before a command runs ends without a word."""

    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["alertmap.cli.app"], "app", interrupted)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 130
    assert capsys.readouterr() == ("", "")


def started(
    *arguments: object, stdin: int = subprocess.DEVNULL, stdout: int = subprocess.PIPE, buffered: bool = False
) -> subprocess.Popen[str]:
    """The command line as a process of its own."""
    command = [sys.executable, "-m", "alertmap", *(str(one) for one in arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "" if buffered else "1"}
    return subprocess.Popen(  # noqa: S603 - our own; a shell's background job would ignore Ctrl-C
        command,
        stdout=stdout,
        stderr=subprocess.PIPE,
        stdin=stdin,
        text=True,
        env=environment,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
    )


def test_standard_input_is_printed_as_it_comes() -> None:
    """Of a sender that goes on, each request is printed when it arrives: the first on a card, then a table."""
    line = json.dumps(json.loads(CRITICAL.read_bytes())).encode() + b"\n"
    process = started("parse", "-", stdin=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        for expected in ("key       kapacitor:id=cpu:host=web01", "-:2 "):
            process.stdin.write(line.decode())
            process.stdin.flush()
            while expected not in (text := process.stdout.readline()):
                assert text, f"{expected} is not printed"
        process.stdin.close()
        assert "2 requests: 2 alerts" in process.stdout.read()


def test_a_process_of_its_own(tmp_path: Path) -> None:
    """Exit code, stdout and stderr of a real process are those of the tests above."""
    bad = write(tmp_path / "bad.json", {"a": 1})
    process = started("parse", "--jsonl", CRITICAL, bad)
    out, err = process.communicate(timeout=60)
    assert [json.loads(line)["file"] for line in out.splitlines()] == [str(CRITICAL), str(bad)]
    assert (process.returncode, err) == (1, f"alertmap: {bad}: {UNRECOGNISED}\n")


def test_the_command_line_needs_no_pytest() -> None:
    """The extra `cli` is enough: the commands read fixtures without the libraries of the extra `testing`."""
    blocked = "import sys; sys.modules.update(pytest=None, hypothesis=None); from alertmap.cli.app import app; app()"
    command = [sys.executable, "-c", blocked, "parse", "--jsonl", str(CRITICAL)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    ran = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)  # noqa: S603 - our own
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("options", [["--jsonl"], []])
def test_a_reader_that_goes_away_ends_it_quietly(options: list[str], tmp_path: Path) -> None:
    """A closed pipe, as behind `head`, leaves nothing on stderr."""
    lines = write(tmp_path / "kapacitor/x.jsonl", (CRITICAL.read_bytes().strip() + b"\n") * 500)
    process = started("parse", *options, lines)
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1


def test_a_reader_that_was_never_there_ends_it_quietly() -> None:
    """Output that still waits to be written when all is done leaves nothing on stderr either."""
    here, there = os.pipe()
    os.close(here)
    process = started("parse", "--jsonl", CRITICAL, stdout=there, buffered=True)
    os.close(there)
    assert process.communicate(timeout=60)[1] == ""
    assert process.returncode == 1


def test_an_interrupt_ends_it_quietly(tmp_path: Path) -> None:
    """Ctrl-C in the middle of a file leaves nothing on stderr; the results so far are written."""
    pipe = tmp_path / "slow.jsonl"
    os.mkfifo(pipe)
    process = started("parse", "--jsonl", pipe)
    assert process.stdout is not None
    assert process.stderr is not None
    with process, pipe.open("wb", buffering=0) as lines:
        lines.write(CRITICAL.read_bytes().strip() + b"\n")
        assert json.loads(process.stdout.readline())["file"] == f"{pipe}:1"
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == ""
    assert process.returncode == 130


# --- The page ---------------------------------------------------------------------------------------------------------

PAGE = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
NEW_ADAPTER = (ROOT / "docs" / "new-adapter.md").read_text(encoding="utf-8")
EXAMPLES = [
    (command, wanted)
    for block in re.findall(r"^```console\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    for command, wanted in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
]


@pytest.mark.parametrize(("command", "wanted"), EXAMPLES, ids=[command for command, _ in EXAMPLES])
def test_the_pages_examples(command: str, wanted: str, tmp_path: Path) -> None:
    """The commands of the page print what it says; `...` stands for anything."""
    program = tmp_path / "alertmap"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m alertmap "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "120"}
    ran = subprocess.run(  # noqa: S602 - the page is ours
        command, shell=True, check=False, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=60
    )
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.OutputChecker().check_output(wanted, ran.stdout + ran.stderr, flags), ran.stdout + ran.stderr


def test_the_page_names_every_command_and_option() -> None:
    """The page has every option of the commands, and an example of each."""
    commands = [command.name or command.callback.__name__ for command in app.registered_commands if command.callback]
    shown = [name for name in commands if any(f"alertmap {name}" in command for command, _ in EXAMPLES)]
    assert [name for name in commands if name not in shown and f"## `alertmap {name}`" not in NEW_ADAPTER] == []
    options = {option for name in commands for option in re.findall(r"--[a-z-]+", run(name, "--help").out)}
    assert sorted(option for option in options - {"--help"} if f"`{option}" not in PAGE + NEW_ADAPTER) == []

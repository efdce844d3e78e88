"""`alertmap new-adapter`: what it drafts fits its payloads, looks like its neighbours and fails the kit with advice."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from alertmap.adapter import Adapter
from alertmap.cli.app import app
from alertmap.cli.drafting import draft
from alertmap.cli.stubs import Vendor, module
from alertmap.errors import PayloadError
from alertmap.intake import registry
from alertmap.intake.parse import parse_document
from alertmap.model import Alert, Severity, State
from alertmap.testing.fixtures import load

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "new-adapter.md").read_text(encoding="utf-8")
SECRET = "hunter2hunter2"  # noqa: S105 - what must go nowhere


def text(*documents: Any, formats: frozenset[str] = frozenset({"json"})) -> str:
    """The module that is drafted for documents."""
    return module(Vendor(name="acme", title="Acme", formats=formats), draft(documents, "acme"), inside=True)


def adapter(*documents: Any) -> Adapter:
    """The adapter that is drafted for documents, alive."""
    drafted = ModuleType("drafted")
    sys.modules["drafted"] = drafted  # type hints are looked up there
    exec(text(*documents), drafted.__dict__)  # noqa: S102 - running what is drafted is the test
    made: Adapter = drafted.adapter
    return made


def alerts(*documents: Any) -> list[Alert]:
    """What documents become through the adapter that is drafted for them."""
    made = adapter(*documents)
    return [alert for document in documents for alert in parse_document(made, document)]


def fields(*documents: Any) -> list[str]:
    """The lines of the drafted models, without their guesses."""
    return [line.strip().partition("  #")[0] for line in re.findall(r"^    \w+: .*$", text(*documents), re.MULTILINE)]


def run(*arguments: object) -> tuple[int, str, str]:
    """Run the command; its exit code, stdout and stderr."""
    ran = CliRunner().invoke(app, ["new-adapter", *(str(one) for one in arguments)], env={"COLUMNS": "300"})
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return ran.exit_code, ran.stdout, ran.stderr


def write(file: Path, content: Any) -> Path:
    """Write a file: texts as they are, all else as JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def tree(folder: Path) -> list[str]:
    """All files below a folder."""
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What looks like a checkout."""
    (tmp_path / "src" / "alertmap" / "adapters").mkdir(parents=True)
    return tmp_path


# --- Types ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "line"),
    [
        (["x"], "f: str"),
        ([1], "f: int"),
        ([1.5, 2], "f: float"),
        ([True], "f: bool"),
        ([["a"]], "f: list[str]"),
        ([[]], "f: list[str]"),
        ([["a", 1]], "f: list[wire.Text]"),
        ([[["a"]]], "f: list[wire.Json]"),
        ([{}], "f: dict[str, str]"),
        ([{"a b\n": "x"}], "f: dict[str, str]"),
        (["2026-01-31T12:00:00Z", ""], "f: wire.Rfc3339"),
        ([None], "f: wire.Json = None"),
        (["x", None], "f: str | None = None"),
        (["2026-01-31T12:00:00Z", None], "f: wire.Rfc3339 = None"),
        (["x", 1], "f: wire.Text"),
        (["x", 1, None], 'f: wire.Text = ""'),
        (["x", True], "f: wire.Json"),
        (["x", {}], "f: wire.Json"),
        ([[{"a": 1}], None], "f: list[F] | None = None"),
        (["REDACTED", "REDACTED"], "f: wire.Discarded"),
        (["ACME"], 'f: Literal["ACME"]'),
    ],
)
def test_types(values: list[Any], line: str) -> None:
    """A field's type takes all that the payloads hold there; null makes it optional."""
    assert line in fields(*({"f": value, "more": 1} for value in values))


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("timestamp", 1767268830, "wire.EpochSeconds"),
        ("createdAt", 1767268830123, "wire.EpochMillis"),
        ("event_time", 1767268830123456789, "wire.EpochNanos"),
        ("time", "1767268830", "wire.EpochAny"),
        ("bytes", 1767268830, "int"),
        ("timeout", 30, "int"),
        ("phone", "1767268830", "str"),
    ],
)
def test_counts_of_time(key: str, value: Any, kind: str) -> None:
    """A number is a time where its size and its name both say so."""
    assert f"{key}: {kind}" in fields({key: value})


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("id-x", 'id_x: Annotated[int, override(rename="id-x")]'),
        ("@timestamp", 'timestamp: Annotated[int, override(rename="@timestamp")]'),
        ("_id", 'id: Annotated[wire.NonBlank, override(rename="_id")]'),
        ("class", 'class_: Annotated[int, override(rename="class")]'),
        ("list", 'list_: Annotated[int, override(rename="list")]'),
        ("Größe", None),
        ('a"b', None),
        ("k" * 41, None),
    ],
)
def test_keys(key: str, line: str | None) -> None:
    """Keys are spelt as the vendor spells them, renamed only where Python cannot; others are left to the document."""
    found = fields({"a": 1, key: 7})
    assert found == (["a: int"] if line is None else ["a: int", line])


def test_names_that_meet() -> None:
    """Two keys that Python spells alike become two fields; a class is never named like a field."""
    found = text({"a-b": 1, "a.b": 2, "check": {"x": 1}, "Check": {"y": 1}, "_1st": {"CheckPart": 2}, "$": {"z": 3}})
    for line in (
        'a_b: Annotated[int, override(rename="a-b")]',
        'a_b_: Annotated[int, override(rename="a.b")]',
        "check: CheckPartPart",
        "Check: CheckPartPartPart",
        'n1st: Annotated[Part1St, override(rename="_1st")]',
        'field: Annotated[Part, override(rename="$")]',
    ):
        assert f"    {line}\n" in found


def test_missing_in_one_is_optional() -> None:
    """What one of the payloads does not have, also deep inside, gets a default."""
    found = fields({"a": 1, "b": 1, "c": {"d": 1, "e": 1}}, {"a": 1, "b": 1, "c": {"d": 1}})
    assert found == ["d: int", "e: int | None = None", "a: int", "b: int", "c: C"]


def test_equal_models_are_one() -> None:
    """Objects of the same make share a class."""
    assert text({"old": {"x": 1}, "new": {"x": 2}, "more": [{"x": 3}]}).count("@wire.model") == 2


def test_long_lines_are_wrapped() -> None:
    """A line that would be too long stands as the formatter leaves it."""
    key = "a-" + "k" * 38
    found = text({key: {"x": 1}}, {key: None})
    assert f"    a_{'k' * 38}: Annotated[\n        A{'K'}" in found
    assert max(map(len, found.splitlines())) <= 120


# --- Guesses ----------------------------------------------------------------------------------------------------------

TRIGGER = {
    "eventType": "incident.triggered",
    "uuid": "a-1",
    "severity": "critical",
    "title": "Disk full",
    "details": "91 %",
    "host": "db-3",
    "tags": {"team": "storage"},
    "url": "https://acme.example/a-1",
    "startedAt": "2026-01-31T12:00:00Z",
    "endedAt": None,
}
RECOVERY = {**TRIGGER, "eventType": "incident.resolved", "endedAt": "2026-01-31T12:05:00Z"}


def test_a_first_guess() -> None:
    """From a trigger and its recovery all parts of an alert are guessed."""
    opened, closed = alerts(TRIGGER, RECOVERY)
    assert (opened.state, closed.state) == (State.FIRING, State.RESOLVED)
    assert (opened.severity, closed.severity) == (Severity.CRITICAL, Severity.CRITICAL)
    assert opened.dedup_key == closed.dedup_key == "acme:uuid=a-1"
    assert (opened.title, opened.message, opened.resource) == ("Disk full", "91 %", "db-3")
    assert (opened.labels, opened.links) == ({"team": "storage"}, {"link": "https://acme.example/a-1"})
    assert str(opened.occurred_at) == str(opened.started_at) == "2026-01-31 12:00:00+00:00"
    assert str(closed.occurred_at) == "2026-01-31 12:05:00+00:00"
    assert not opened.problems


def test_labels_that_may_be_null() -> None:
    """Labels that one payload does not have are none there."""
    found = alerts({"id": "1", "labels": {"a": "b"}}, {"id": "1", "labels": None})
    assert [alert.labels for alert in found] == [{"a": "b"}, {}]


def test_guesses_are_called_guesses() -> None:
    """Each guess is marked where it stands."""
    found = text(TRIGGER, RECOVERY)
    for guess in ("state", "level", "identity", "title", "message", "resource", "labels", "link", "start", "end"):
        assert re.search(rf"  # guessed: .*\b{guess}\b", found)
    assert '"resolved": State.RESOLVED,  # guessed: no payload says it' in text({"status": "firing"})


@pytest.mark.parametrize(
    ("documents", "states"),
    [
        ([{"status": "DOWN"}, {"status": "up"}], ["firing", "resolved"]),
        ([{"state": "ack"}, {"state": "muted"}, {"state": "odd"}], ["acknowledged", "suppressed", "firing"]),
        ([{"resolved": False}, {"resolved": True}], ["firing", "resolved"]),
        ([{"isDown": True}, {"isDown": False}], ["firing", "resolved"]),
        ([{"level": "CRITICAL"}, {"level": "OK"}], ["firing", "resolved"]),
        ([{"status": "warning"}, {"status": "ok"}], ["firing", "resolved"]),
        ([{"type": "whatever"}], ["firing"]),
        ([{"check": {"state": 0}}], ["firing"]),
    ],
)
def test_states(documents: list[dict[str, Any]], states: list[str]) -> None:
    """The state is guessed from a word, a flag, or a level that says that it is over."""
    found = alerts(*({"id": "1", "more": 2, **document} for document in documents))
    assert [alert.state.value for alert in found] == states


def test_a_level_that_ends() -> None:
    """The level of a recovery is not the level of what ended, where its word says that all is well."""
    found = alerts({"id": "1", "level": "CRITICAL"}, {"id": "1", "level": "OK"})
    assert [alert.severity for alert in found] == [Severity.CRITICAL, None]
    found = alerts({"id": "1", "status": "problem", "severity": 4}, {"id": "1", "status": "ok", "severity": "ok"})
    assert [alert.level for alert in found] == ["4", None]


@pytest.mark.parametrize(
    ("documents", "parts"),
    [
        ([{"alert_id": 7, "id": 1}], {"alert_id"}),
        ([{"id": "", "host": "a", "service": "b"}], {"host", "service"}),
        ([{"name": "x"}], {"name"}),
        ([{"status": "down", "id": 1, "name": "x"}, {"status": "up", "id": 2, "name": "y"}], {"id"}),
        ([{"status": "down", "id": 1, "host": "a"}, {"status": "up", "id": 2, "host": "a"}], {"host"}),
        ([{"status": "down", "id": 1}, {"status": "down", "id": 2}], {"id"}),
        ([{"status": "down", "id": 1}, {"status": "up"}], {"id"}),
        ([{"check": {"uuid": "u"}}], {"uuid"}),
    ],
)
def test_identity(documents: list[dict[str, Any]], parts: set[str]) -> None:
    """The identity is an id that trigger and recovery share, else what is watched."""
    found = draft([{"a": 1, "b": 2, **document} for document in documents])
    assert {way[-1].key for way in found.identity} == parts


def test_nothing_to_guess() -> None:
    """Where nothing looks like anything, the stub says so, stands, and refuses its payload for want of an identity."""
    found = text({"x": 1})
    for what in ("a state", "a level", "a time"):
        assert f"# guessed: nothing in the payloads looks like {what}" in found
    with pytest.raises(PayloadError, match="nothing to identify the alert by"):
        alerts({"x": 1})


@pytest.mark.parametrize(
    ("times", "occurred"),
    [
        ({"time": "2026-01-01T00:00:00Z"}, "2026-01-01"),
        ({"started_at": "2026-01-01T00:00:00Z"}, "None"),
        ({"resolved_at": "2026-01-01T00:00:00Z"}, "2026-01-01"),
        ({"time": "2026-01-02T00:00:00Z", "resolved_at": "2026-01-01T00:00:00Z"}, "2026-01-01"),
    ],
)
def test_times(times: dict[str, str], occurred: str) -> None:
    """A recovery has its own time, never that of the start."""
    (found,) = alerts({"id": "1", "status": "resolved", **times})
    assert str(found.occurred_at).startswith(occurred)


def test_a_batch() -> None:
    """A list of alerts is read element by element; what the elements do not say comes from the whole."""
    one, two = {"id": 1, "title": "a", "state": "firing"}, {"id": 2, "title": "b", "state": "resolved"}
    found = alerts({"version": "4", "severity": "high", "alerts": [one, two]})
    assert [(alert.dedup_key, alert.title, alert.state.value) for alert in found] == [
        ("acme:id=1", "a", "firing"),
        ("acme:id=2", "b", "resolved"),
    ]
    assert found[0].severity is Severity.HIGH
    assert found[1].at == ("alerts", 1)
    assert "for at, item in event.alerts or ():" in text({"a": 1, "alerts": [one]}, {"a": 1, "alerts": None})
    assert "for at, _ in event.alerts:" in text({"id": 1, "alerts": [{"x": 1}]})


def test_an_array_of_events() -> None:
    """A body that is an array is read as one."""
    found = alerts([{"id": 1, "status": "down"}, {"id": 2, "status": "up"}])
    assert [alert.dedup_key for alert in found] == ["acme:id=1", "acme:id=2"]


def test_another_shape() -> None:
    """A payload that shares few keys with the first does not bend its model."""
    assert draft([{"a": 1, "b": 1}, {"a": 1, "b": None}, {"x": 1, "y": 1, "a": 1}, []]).others == {2, 3}
    with pytest.raises(ValueError, match="no object"):
        draft(["text", []])


def test_marks() -> None:
    """Keys that only few vendors have mark this one; there are no more than fit in a line."""
    keys = [f"acme_{letter}{'x' * 32}" for letter in "abcdefgh"]
    made = adapter({"id": 1, "status": "x", "title": "x", **dict.fromkeys(keys, 1)})
    assert isinstance(made.marks, frozenset)
    assert made.marks < set(keys)
    made = adapter({"id": 1, "acme_event": 2}, {"id": 1, "acme_event": 2, "more": 1})
    assert made.marks == frozenset({"id", "acme_event"})


KEYS = st.sampled_from(
    [
        *("status", "state", "severity", "level", "id", "uuid", "name", "title", "message", "host", "labels", "tags"),
        *(
            "alerts",
            "events",
            "Event",
            "check",
            "Check",
            "class",
            "list",
            "wire",
            "_id",
            "_1",
            "a-b",
            "a.b",
            "@timestamp",
        ),
        *("1st", "timestamp", "startsAt", "endsAt", "url", "resolved", "data", "State", "Problem"),
    ]
)
SCALARS = st.sampled_from(
    [
        *("ok", "firing", "critical", "2026-01-01T00:00:00Z", "1767268830", "", None, 1, 1767268830, 1.5, True),
        *("https://x.y/", "acme", 'a"b\\', "x" * 200, "é", 10**30),
    ]
)
DOCUMENTS = st.dictionaries(
    KEYS,
    st.recursive(
        SCALARS, lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=4), max_leaves=8
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60)
@given(st.lists(DOCUMENTS, min_size=1, max_size=3))
def test_any_payload(documents: list[dict[str, Any]]) -> None:
    """Whatever the payloads: the draft runs, takes them all, and refuses one only for want of an identity."""
    made = adapter(*documents)
    others = draft(documents).others
    for place, document in enumerate(documents):
        try:
            parse_document(made, document)
        except PayloadError as error:
            if place not in others and not re.search("nothing to identify|not blank", str(error)):
                raise


# --- Files ------------------------------------------------------------------------------------------------------------


def test_in_a_checkout(checkout: Path) -> None:
    """One module and one fixture folder; the fixtures are scrubbed and named by what they show."""
    trigger = write(checkout / "in" / "1.json", {**TRIGGER, "api_key": SECRET})
    recovery = write(checkout / "in" / "2.json", {**RECOVERY, "api_key": SECRET, "mine": SECRET})
    code, out, err = run("acme", "--root", checkout, "--secret", "mine", "--from", trigger, recovery)
    assert (code, err) == (0, "")
    shutil.rmtree(checkout / "in")
    assert tree(checkout) == [
        "fixtures/acme/about.toml",
        "fixtures/acme/critical.json",
        "fixtures/acme/resolved.json",
        "src/alertmap/adapters/acme.py",
    ]
    assert out.startswith(f"written: {checkout / 'src/alertmap/adapters/acme.py'}\n")
    assert "python -m pytest tests/test_adapters.py -k acme" in out
    everything = "".join((checkout / file).read_text(encoding="utf-8") for file in tree(checkout))
    assert SECRET not in everything
    assert "TODO" not in everything
    about = tomllib.loads((checkout / "fixtures/acme/about.toml").read_text(encoding="utf-8"))
    assert about == {
        "critical": {"origin": "captured", "product": "", "shows": "Firing, level critical."},
        "resolved": {"origin": "captured", "product": "", "shows": "Resolved, level critical.", "closes": "critical"},
    }
    with pytest.raises(AssertionError, match="add the product that sent it"):
        load(checkout / "fixtures" / "acme")


def test_without_a_payload(checkout: Path) -> None:
    """The stub of nothing claims nothing, and the kit asks for the first payload."""
    assert run("acme", "--root", checkout)[0] == 0
    assert tree(checkout) == ["fixtures/acme/about.toml", "src/alertmap/adapters/acme.py"]
    assert "marks=frozenset()," in (checkout / "src/alertmap/adapters/acme.py").read_text(encoding="utf-8")
    with pytest.raises(AssertionError, match=r"about.toml tells of firing, but there is no firing.json"):
        load(checkout / "fixtures" / "acme")


@pytest.mark.parametrize(
    ("request_", "file"),
    [
        ({"body": '{"id": 1}', "headers": {"Content-Type": "application/json", "X-Token": SECRET}}, "payload.json"),
        ({"body": "id=1&status=down", "path": "/?token=x"}, "firing.form"),
        ({"body": "<a><id>1</id></a>"}, "payload.xml"),
        ({"body": '{"id": 1}', "headers": {"X-Acme-Event": "ping"}}, "payload.request.json"),
        ({"body": '{"id": 1}', "path": "/?site=eu"}, "payload.request.json"),
        ({"body": '{"id": 1}', "method": "PUT"}, "payload.request.json"),
        ({"body": '{"id": 1}', "headers": {"Content-Type": "text/plain; charset=latin1"}}, "payload.request.json"),
        ({"body": "", "path": "/?id=1&state=up", "method": "GET"}, "resolved.request.json"),
        ({"body": '[{"id": 1, "resolved": true}]'}, "resolved.json"),
        ({"body": '{"id": 1, "firing": true}'}, "firing.json"),
        ({"body": '{"id": 1, "severity": "---"}'}, "payload.json"),
        ({"body": '{"id": 1, "severity": "\\u001b"}'}, "payload.json"),
    ],
)
def test_fixture_files(request_: dict[str, Any], file: str, checkout: Path) -> None:
    """A fixture is the bare body, or a recorded request where anything beside the body may matter."""
    if "xml" in file:
        pytest.importorskip("defusedxml")
    given_ = write(checkout / "in.json", {"method": "POST", "path": "/", **request_})
    assert run("acme", "--root", checkout, "--product", "Acme 1.2", "--from", given_)[0] == 0
    assert tree(checkout / "fixtures" / "acme") == sorted(["about.toml", file])
    (case,) = load(checkout / "fixtures" / "acme")
    assert case.about.product == "Acme 1.2"
    drafted = (checkout / "src/alertmap/adapters/acme.py").read_text(encoding="utf-8")
    assert ("formats=" in drafted) == (not request_["body"].startswith(("{", "[")))


def test_several_of_a_kind(checkout: Path) -> None:
    """Cases of one name are numbered; a recovery closes the trigger that it shares its identity with."""
    folder = checkout / "in"
    for number, (key, state) in enumerate([("a", "down"), ("b", "down"), ("a", "up"), ("c", "up")]):
        write(folder / f"{number}.json", {"id": key, "status": state})
    write(folder / "4.json", {"hello": "world", "x": 1})
    assert run("acme", "--root", checkout, "--from", folder)[0] == 0
    about = (checkout / "fixtures/acme/about.toml").read_text(encoding="utf-8")
    closes = {name: case.get("closes") for name, case in tomllib.loads(about).items()}
    assert closes == {"firing": None, "firing_2": None, "resolved": "firing", "resolved_2": "firing_2", "other": None}
    assert "# Of another shape than the first" in about


def test_envelopes_are_taken_off(checkout: Path) -> None:
    """The model is that of the payload, not of what it travelled in."""
    inner = {"id": 1, "acme_state": "down"}
    sns = {"Type": "Notification", "MessageId": "m", "TopicArn": "arn:t", "Message": json.dumps(inner)}
    assert run("acme", "--root", checkout, "--from", write(checkout / "in.json", sns))[0] == 0
    assert "acme_state: str" in (checkout / "src/alertmap/adapters/acme.py").read_text(encoding="utf-8")


def test_what_holds_no_object_is_left_out(checkout: Path) -> None:
    """A probe or a text among the payloads is told and left out."""
    good = write(checkout / "in" / "1.json", {"id": 1})
    for bad in (write(checkout / "in" / "2.txt", "hello"), write(checkout / "in" / "3.json", [1, 2])):
        code, _, err = run("acme", "--root", checkout, "--from", bad, "--from", good)
        assert (code, err) == (0, f"alertmap: {bad} holds no object of JSON, a form or XML: it is left out\n")
        shutil.rmtree(checkout / "fixtures")
        (checkout / "src" / "alertmap" / "adapters" / "acme.py").unlink()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["Acme"], "lower-case letters, digits and _"),
        (["2acme"], "lower-case letters, digits and _"),
        (["class"], "no word of Python's"),
        (["a" * 41], "at most 40"),
        (["kapacitor"], "there is an adapter called kapacitor already"),
        (["acme", "--title", 'A"'], "--title takes a plain name"),
        (["acme", "--product", "a\nb"], "--product takes a plain name"),
        (["acme", "--from", "nowhere.json"], "there is no such file"),
        (["acme", "--from", "{root}/text.txt"], "there is nothing to draft from"),
        (["acme", "--from", "{root}/bad.jsonl"], "body_raw is not base64"),
        (["acme", "--from", "{root}/deep.json"], "max_depth"),
        (["acme", "--root", "{root}/src"], "is no checkout of alertmap"),
    ],
)
def test_wrong_usage(arguments: list[str], told: str, checkout: Path) -> None:
    """What cannot be is told in a line, and nothing is written."""
    write(checkout / "text.txt", "hello")
    write(checkout / "bad.jsonl", '{"method": "POST", "path": "/", "body_raw": "?"}')
    write(checkout / "deep.json", '{"a":' * 100 + "1" + "}" * 100)
    before = tree(checkout)
    code, out, err = run("--root", checkout, *(argument.format(root=checkout) for argument in arguments))
    assert (code, out) == (2, "")
    assert told in err
    assert tree(checkout) == before


def test_nothing_is_overwritten(checkout: Path) -> None:
    """Where one file is there already, none is written."""
    write(checkout / "fixtures" / "acme" / "about.toml", "mine")
    code, _, err = run("acme", "--root", checkout)
    assert (code, "about.toml is there already; nothing was written" in err) == (2, True)
    assert tree(checkout) == ["fixtures/acme/about.toml"]


def test_what_cannot_be_written(checkout: Path) -> None:
    """A file where a folder should be is told in a line."""
    write(checkout / "fixtures", "a file")
    code, _, err = run("acme", "--root", checkout)
    assert (code, err.startswith("alertmap: it cannot be written: ")) == (2, True)


# --- By the tools of the house ----------------------------------------------------------------------------------------

SAMPLES: tuple[Sequence[Any], ...] = (
    [TRIGGER, RECOVERY],
    [{"x": 1}],
    [{"class": 1, "a-" + "k" * 38: {"x": None}}, {"class": 1}],
    [{"severity": "high", "alerts": [{"id": 1, "state": "firing", "State": "x"}]}],
    [[{"level": "OK", "timestamp": 1767268830, "tags": {"a": "b"}}], [{"level": "CRITICAL"}]],
)


@pytest.mark.skipif(shutil.which("ruff") is None or shutil.which("mypy") is None, reason="needs ruff and mypy")
def test_the_linter_and_the_type_checker_pass(tmp_path: Path) -> None:
    """What is drafted passes both as it is, and the formatter leaves it alone: inside and as a package."""
    adapters = tmp_path / "src" / "alertmap" / "adapters"
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    modules = []
    for number, documents in enumerate(SAMPLES):
        vendor = Vendor(name=f"acme{number}", title="Acme")
        modules.append(write(adapters / f"acme{number}.py", module(vendor, draft(documents, "acme"), inside=True)))
    given_ = write(tmp_path / "in.json", {**TRIGGER, "_id": 1})
    assert run("acme", "--package", "--root", tmp_path, "--from", given_)[0] == 0
    package = tmp_path / "alertmap-acme"
    for folder, what in ((tmp_path, [str(file) for file in modules]), (package, ["."])):
        for command in (["ruff", "check", *what], ["ruff", "format", "--check", *what]):
            ran = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder)  # noqa: S603
            assert ran.returncode == 0, ran.stdout + ran.stderr
    checked = [*map(str, modules), str(package / "src" / "alertmap_acme")]
    command = ["mypy", "--strict", "--no-incremental", "--follow-imports=silent", *checked]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)  # noqa: S603
    assert ran.returncode == 0, ran.stdout + ran.stderr


# --- The page ---------------------------------------------------------------------------------------------------------


def blocks(kind: str) -> list[str]:
    """The page's fenced blocks of a kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def applied(code: str, diff: str) -> str:
    """A text with the lines of a difference exchanged; each group of them stands there once."""
    for old, new in re.findall(r"((?:^-.*\n)+)((?:^\+.*\n)+)", diff, re.MULTILINE):
        before, after = (re.sub("^.", "", part, flags=re.MULTILINE) for part in (old, new))
        assert code.count(before) == 1, before
        code = code.replace(before, after)
    return code


def test_the_example_from_nothing_to_green(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's own requests, commands and edits lead to a package that its own test run finds and passes."""
    monkeypatch.chdir(tmp_path)
    for number, recorded in enumerate(blocks("json"), 1):
        write(tmp_path / "captures" / f"{number:03}.request.json", recorded)
    (command,) = re.findall(r"^\$ alertmap new-adapter (acme .*)$", PAGE, re.MULTILINE)
    assert run(*re.sub(r'"Acme 2.1"', "Acme_2.1", command).split())[0] == 0

    package = tmp_path / "alertmap-acme"
    code = package / "src" / "alertmap_acme" / "__init__.py"
    drafted = code.read_text(encoding="utf-8")
    (shown,) = (block for block in blocks("text") if block.startswith("@wire.model"))
    assert shown in drafted
    # What an installer would write of the package.
    points = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    told = "".join(f"[{group}]\n{name} = {at}\n" for group, named in points.items() for name, at in named.items())
    write(package / "src" / "alertmap_acme-0.1.0.dist-info" / "METADATA", "Name: alertmap-acme\nVersion: 0.1.0\n")
    write(package / "src" / "alertmap_acme-0.1.0.dist-info" / "entry_points.txt", told)

    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(package / "src"), str(ROOT / "src")])}

    def ran(*command: str) -> tuple[int, str]:
        done = subprocess.run(  # noqa: S603 - our own
            [sys.executable, "-m", *command], check=False, capture_output=True, text=True, cwd=package, env=environment
        )
        return done.returncode, done.stdout + done.stderr

    failed, advice = ran("pytest", "-q", "-k", "golden")
    assert failed == 1
    assert "write p2.alerts.json with `python -m alertmap.testing.regold" in advice

    (diff,) = blocks("diff")
    code.write_text(applied(drafted, diff), encoding="utf-8")
    written, told = ran("alertmap.testing.regold", "fixtures", "acme")
    assert written == 1
    assert f"$ python -m alertmap.testing.regold fixtures acme\n{told}" in PAGE
    passed, summary = ran("pytest", "-q")
    assert passed == 0, summary
    golden = json.loads((package / "fixtures" / "acme" / "resolved.alerts.json").read_text(encoding="utf-8"))
    assert golden["alerts"][0]["dedup_key"] == "acme:check=disk,host=db-3"
    assert "acme" not in registry.vendors()

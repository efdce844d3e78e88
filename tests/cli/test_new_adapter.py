"""`alertmap new-adapter`: a draft fits its payloads and passes the linter, and the kit says what is missing."""

import json
import os
import re
import shlex
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

from alertmap.adapter import Adapter, Rank
from alertmap.cli.app import app
from alertmap.cli.scaffold.infer import infer
from alertmap.cli.scaffold.render import Vendor, module
from alertmap.errors import PayloadError
from alertmap.intake import registry
from alertmap.intake.parse import parse_document
from alertmap.model import Alert, Reason, Severity, State
from alertmap.testing.fixtures import Case, load

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "new-adapter.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SECRET = "hunter2hunter2"  # noqa: S105 - what must go nowhere


def text(*documents: Any, formats: frozenset[str] = frozenset({"json"})) -> str:
    """The module that is drafted for documents."""
    return module(Vendor(name="acme", title="Acme", formats=formats), infer(documents), inside=True)


def adapter(*documents: Any) -> Adapter:
    """The adapter that is drafted for documents, alive."""
    drafted = ModuleType("drafted")
    sys.modules["drafted"] = drafted  # type hints are looked up there
    exec(text(*documents), drafted.__dict__)  # noqa: S102 - running what is drafted is the test
    made: Adapter = drafted.adapter
    return made


def alerts(*documents: Any) -> list[Alert]:
    """The alerts of documents by the adapter that is drafted for them."""
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


def cases(checkout: Path) -> tuple[Case, ...]:
    """The drafted cases, once a person has written what to expect."""
    about = checkout / "fixtures" / "acme" / "about.toml"
    text = about.read_text(encoding="utf-8")
    assert 'expect = ""  # fill in, by hand' in text
    about.write_text(text.replace('expect = ""', 'expect = "test"'), encoding="utf-8")
    return load(checkout / "fixtures" / "acme")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder that looks like a checkout."""
    (tmp_path / "src" / "alertmap" / "adapters").mkdir(parents=True)
    return tmp_path


# --- Models -----------------------------------------------------------------------------------------------------------


def test_a_model_holds_what_is_read() -> None:
    """Only the state and the identity decide; other keys have a default, and those that nothing reads are listed."""
    document = {"id": 7, "status": "down", "title": "x", "bytes": 1, "probe": {"x": 1}, "odd": None}
    assert fields(document) == [
        "id: wire.Text",
        "status: Annotated[State, wire.state(STATES)]",
        'title: wire.Text = ""',
    ]
    assert "\n    # guessed: nothing reads bytes, probe, odd\n" in text(document)


def test_an_id_beside_the_state_is_that_of_the_alert() -> None:
    """Ids of the surroundings, such as the page that all alerts are on, come after it; long times are not dropped."""
    names = {"created_at": "2026-01-31T12:00:00Z", "resolved_at": "2026-01-31T12:05:00Z"}
    opened, closed = (
        {"page": {"id": "p-1"}, "incident_of_a_status_page": {"id": "i-7", "status": word, **names}}
        for word in ("down", "up")
    )
    assert [alert.dedup_key for alert in alerts(opened, closed)] == ["acme:id=i-7", "acme:id=i-7"]
    assert [str(alert.occurred_at) for alert in alerts(opened, closed)] == [
        "2026-01-31 12:00:00+00:00",
        "2026-01-31 12:05:00+00:00",
    ]


def test_a_field_that_is_missing_somewhere_decides_nothing() -> None:
    """A state or an id that one payload lacks gets a default."""
    found = fields({"id": "1", "status": "down", "a": 1, "b": 1}, {"id": None, "a": 1, "b": 1})
    assert found == ['id: wire.Text = ""', "status: Annotated[State | None, wire.state(STATES)] = None"]


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("timestamp", 1767268830, "wire.EpochSeconds"),
        ("timestamp", 1767268830123, "wire.EpochMillis"),
        ("timestamp", 1767268830123456, "wire.EpochMicros"),
        ("timestamp", 1767268830123456789, "wire.EpochNanos"),
        ("timestamp", 1767268830.5, "wire.AnyTime"),
        ("timestamp", "1767268830", "wire.EpochAny"),
        ("createdAt", "2026-01-31T12:00:00Z", "wire.Rfc3339"),
        ("createdAt", "2026-01-31 12:00:00", "wire.UtcTime"),
        ("createdAt", "yesterday", None),
        ("time", 30, None),
    ],
)
def test_times_by_their_values(key: str, value: Any, kind: str | None) -> None:
    """A key of a time is one where its values are times, and its type names how they are written."""
    found = [line for line in fields({"id": 1, key: value}) if line.startswith(f"{key}:")]
    assert found == ([] if kind is None else [f"{key}: {kind} = None"])


def test_a_time_in_two_forms() -> None:
    """Times as number and as text in one field are read in either form."""
    first, second = {"id": 1, "ts": 1767268830, "a": 1}, {"id": 1, "ts": "2026-01-31T12:00:00Z", "a": 1}
    assert "ts: wire.AnyTime = None" in fields(first, second)
    assert "ts: wire.AnyTime = None" in fields({**first, "ts": "1767268830"}, second)


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("host-name", 'host_name: Annotated[wire.Text, wire.named("host-name")]'),
        ("@host", 'host: Annotated[wire.Text, wire.named("@host")]'),
        ("_id", 'id: Annotated[wire.Text, wire.named("_id")]'),
        ("Größe", None),
        ('id"', None),
        ("i" * 40 + "d", None),
    ],
)
def test_keys(key: str, line: str | None) -> None:
    """Keys are spelt as the vendor spells them, named only where Python cannot; others are left to the document."""
    assert fields({"x": 1, key: 7}) == ([] if line is None else [line])


def test_names_that_meet() -> None:
    """Two keys that Python spells alike become two fields; a class is never named like a field."""
    found = text(
        {"check-id": 1, "check": {"name": "x"}, "Check": 2, "check.id": 3, "check_id": 4, "_1st": {"url": "http://x"}}
    )
    for line in (
        'check_id: Annotated[wire.Text, wire.named("check-id")]',
        "check: CheckPart = CheckPart()",
        'n1st: Annotated[Part1St, wire.named("_1st")] = Part1St()',
    ):
        assert f"    {line}" in found
    found = text({"a": {"id": 1}, "check.id": {"name": "x"}, "check_id": {"host": "y"}})
    assert "    check_id_: CheckIdPart" in found or "    check_id_: " in found


def test_json_in_a_text() -> None:
    """A text that holds an object of JSON gets a model, labels in a text too."""
    check = json.dumps({"uuid": "u-1", "name": "disk", "tags": {"team": "storage"}})
    tags = json.dumps({"site": "eu"})
    documents = [{"check": check, "status": status, "labels": tags} for status in ("down", "up")]
    assert "check: wire.JsonIn[Check]" in fields(*documents)
    opened, closed = alerts(*documents)
    assert (opened.title, opened.dedup_key) == ("disk", "acme:uuid=u-1")
    assert opened.dedup_key == closed.dedup_key
    assert alerts({"id": 1, "labels": tags})[0].labels == {"site": "eu"}


def test_long_lines_are_wrapped() -> None:
    """A line that would be too long stands as the formatter leaves it."""
    found = text({"status": "up", "host": {"-".join(["k" * 13, "k" * 13, "id"]): 1, "uid": 2}})
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


def test_links_that_are_not_for_people() -> None:
    """A URL that acts on the monitor, or an image, is no link."""
    document = {"id": "1", "ping_url": "https://a.example/1", "icon": "https://b.example/i.png"}
    assert alerts(document)[0].links == {}
    assert alerts({**document, "html_url": "https://c.example/1"})[0].links == {"link": "https://c.example/1"}


def test_labels_that_may_be_null() -> None:
    """Labels that one payload does not have are none there."""
    found = alerts({"id": "1", "labels": {"a": "b"}}, {"id": "1", "labels": None})
    assert [alert.labels for alert in found] == [{"a": "b"}, {}]


def test_guesses_are_called_guesses() -> None:
    """Each guess is marked where it stands."""
    found = text(TRIGGER, RECOVERY)
    for guess in ("state", "level", "identity", "title", "message", "resource", "labels", "link", "start", "end"):
        assert re.search(rf"  # guessed: .*\b{guess}\b", found)
    assert "times=Times.SINCE,  # guessed" in found
    assert '"resolved": State.RESOLVED,  # guessed: in no payload' in text({"status": "firing"})


@pytest.mark.parametrize(
    ("documents", "states"),
    [
        ([{"status": "DOWN"}, {"status": "up"}], ["firing", "resolved"]),
        ([{"state": "ack"}, {"state": "muted"}, {"state": "odd"}], ["acknowledged", "suppressed", "firing"]),
        ([{"resolved": False}, {"resolved": True}], ["firing", "resolved"]),
        ([{"isDown": True}, {"isDown": False}], ["firing", "resolved"]),
        ([{"level": "CRITICAL"}, {"level": "OK"}], ["firing", "resolved"]),
        ([{"status": "warning"}, {"status": "ok"}], ["firing", "resolved"]),
        ([{"alertType": "ALERT_FAILURE_REMAIN"}, {"alertType": "ALERT_RECOVERY"}], ["firing", "resolved"]),
        ([{"monitor_status": "not ok"}, {"monitor_status": "ok"}], ["firing", "resolved"]),
        ([{"http_status": 200}], ["firing"]),
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
    found = infer([{"a": 1, "b": 2, **document} for document in documents])
    assert {place.key for place in found.shapes[0].identity[0]} == parts


def test_a_weaker_identity() -> None:
    """Where an id is blank, the names of what is watched stand for it, with a problem."""
    documents = [{"id": "7", "host": "a", "name": "x"}, {"id": "8", "host": "b", "name": "y"}]
    made = adapter(*documents)
    (found,) = parse_document(made, {**documents[0], "id": ""})
    assert found.dedup_key == "acme:host=a"
    assert "key_fallback" in [problem.code.value for problem in found.problems]


def test_only_the_table_resolves() -> None:
    """An end, a title or a word that the table does not hold resolves nothing."""
    made = adapter(TRIGGER, RECOVERY)
    for word in ("incident.over", "", None, 0):
        (found,) = parse_document(made, {**RECOVERY, "eventType": word, "title": "Resolved"})
        assert found.state is State.FIRING
        assert {problem.code.value for problem in found.problems} & {"state_unknown", "state_guessed"}


def test_without_a_level() -> None:
    """A vendor without a level gets a word of our own, so that a source can override it."""
    (found,) = alerts({"id": 1, "status": "down", "title": "x"})
    assert (found.level, found.severity, found.problems) == ("alert", Severity.HIGH, ())


def test_nothing_to_guess() -> None:
    """Where nothing looks like anything, the stub says so, stands, and refuses its payload for want of an identity."""
    found = text({"x": 1})
    for what in ("in the payloads looks like a state", "in the payloads looks like a time", "looks like a level"):
        assert re.search(f"# guessed: .*nothing {what}", found)
    with pytest.raises(PayloadError, match="no identity"):
        alerts({"x": 1})


@pytest.mark.parametrize(
    ("times", "occurred"),
    [
        ({"time": "2026-01-01T00:00:00Z"}, "2026-01-01"),
        ({"started_at": "2026-01-01T00:00:00Z"}, "None"),
        ({"now": "2026-01-01T00:00:00Z"}, "2026-01-01"),
        ({"resolved_at": "2026-01-01T00:00:00Z"}, "2026-01-01"),
        ({"time": "2026-01-02T00:00:00Z", "resolved_at": "2026-01-01T00:00:00Z"}, "2026-01-01"),
    ],
)
def test_times(times: dict[str, str], occurred: str) -> None:
    """A recovery has its own time, never that of the start."""
    (found,) = alerts({"id": "1", "status": "resolved", **times})
    assert str(found.occurred_at).startswith(occurred)


def test_a_batch() -> None:
    """A list of alerts is read element by element; fields that the elements lack come from the event."""
    one, two = {"id": 1, "title": "a", "state": "firing"}, {"id": 2, "title": "b", "state": "resolved"}
    found = alerts({"version": "4", "severity": "high", "alerts": [one, two]})
    assert [(alert.dedup_key, alert.title, alert.state.value) for alert in found] == [
        ("acme:id=1", "a", "firing"),
        ("acme:id=2", "b", "resolved"),
    ]
    assert found[0].severity is Severity.HIGH
    assert found[1].path == ("alerts", 1)
    assert "alerts: wire.Items[Alert] = wire.Items()" in text({"a": 1, "alerts": [one]}, {"a": 1, "alerts": None})
    assert "for where, _ in event.alerts:" in text({"id": 1, "alerts": [{"x": 1}]})


def test_an_empty_list_is_a_problem() -> None:
    """A batch of which nothing is left says so."""
    made = adapter({"version": "4", "alerts": [{"id": 1, "state": "firing"}]})
    batch = parse_document(made, {"version": "4", "alerts": []})
    assert [problem.code.value for problem in batch.problems] == ["missing"]


def test_an_array_of_events() -> None:
    """A body that is an array is read as one."""
    found = alerts([{"id": 1, "status": "down"}, {"id": 2, "status": "up"}])
    assert [alert.dedup_key for alert in found] == ["acme:id=1", "acme:id=2"]


def test_the_largest_group_makes_the_first_shape() -> None:
    """Payloads with most of their keys in common are one shape; the commonest come first, and three get a model."""
    one, two, three, four = ({f"{name}{number}": 1 for number in range(3)} for name in "abcd")
    drafted = infer([two, one, {**one, "more": None}, one, three, four, []])
    assert sorted(sorted(shape.payloads) for shape in drafted.shapes) == [[0], [1, 2, 3], [4]]
    assert [drafted.shape_of(place) for place in (5, 6)] == [None, None]
    with pytest.raises(ValueError, match="no object"):
        infer(["text", []])


def test_each_shape_is_read() -> None:
    """Two shapes get a model each, and each payload becomes an alert by its own."""
    uptime = {"monitor_id": 7, "monitor_status": "DOWN", "latency": 12}
    found = alerts(TRIGGER, RECOVERY, uptime, {**uptime, "monitor_status": "UP"})
    assert [(alert.dedup_key, alert.state.value) for alert in found] == [
        ("acme:uuid=a-1", "firing"),
        ("acme:uuid=a-1", "resolved"),
        ("acme:monitor_id=7", "firing"),
        ("acme:monitor_id=7", "resolved"),
    ]


def test_the_shape_with_more_keys_is_tried_first() -> None:
    """A shape whose keys are among another's takes none of its payloads."""
    small, large = {"id": 1}, {"id": 2, "status": "up", "host": "a"}
    assert [alert.state.value for alert in alerts(small, small, large)] == ["firing", "firing", "resolved"]


@pytest.mark.parametrize(
    ("documents", "tests"),
    [
        ([{"test": True, "status": "down"}, {"test": False, "status": "down"}], [True, False]),
        ([{"event": "test", "status": "down"}, {"event": "alert", "status": "down"}], [True, False]),
        ([{"status": "TEST"}, {"status": "up"}], [True, False]),
        ([{"name": "TEST"}, {"name": "disk"}], [True, False]),
        ([{"name": "test"}, {"name": "Test Alert"}, {"name": "the test of time"}], [True, True, False]),
    ],
)
def test_buttons(documents: list[dict[str, Any]], tests: list[bool]) -> None:
    """A test button is guessed from a flag, a word of the event or the state, or a name, and causes no alert."""
    documents = [{"id": "1", "more": 2, **document} for document in documents]
    made = adapter(*documents)
    found = [parse_document(made, document) for document in documents]
    assert [batch.reason is Reason.TEST for batch in found] == tests
    assert [len(batch) for batch in found] == [not test for test in tests]


def test_a_key_tells_two_shapes_apart() -> None:
    """Shapes that decide by the same keys get one that the other lacks; where there is none, the later is left out."""
    plain = {"id": 1, "status": "down", "latency": 1, "probe": 1}
    certificate = {"id": 2, "status": "down", "issuer": "x", "subject_names": "y"}
    made = adapter(plain, certificate)
    found = [parse_document(made, one) for one in (plain, certificate)]
    assert [[alert.dedup_key for alert in batch] for batch in found] == [["acme:id=1"], ["acme:id=2"]]
    assert "wire.Json  # guessed: tells this shape" in text(plain, certificate)
    many = {f"k{number}": 1 for number in range(9)}
    drafted = infer([{"id": 1}, {"id": 1}, {**many, "id": 2}, {**many, "id": 2}])
    assert len(drafted.shapes) == 2


def marks(*documents: Any) -> list[Any]:
    """The marks of each shape that is drafted."""
    return [set(shape.marks) for shape in adapter(*documents).shapes if not callable(shape.marks)]


def test_marks() -> None:
    """Keys that few vendors have mark this one, besides those that decide; there are as many as fit in a line."""
    keys = [f"acme_{letter}{'x' * 32}" for letter in "abcdefgh"]
    (found,) = marks({"id": 1, "status": "x", "title": "x", **dict.fromkeys(keys, 1)})
    assert found
    assert found < set(keys)
    assert marks({"id": 1, "acme_event": 2}, {"id": 1, "acme_event": 2, "more": 1}) == [{"acme_event"}]
    assert marks({"alert": {"id": 1, "acme_site": 2}}) == [{"$.alert.acme_site"}]
    assert marks({"acme_key": "REDACTED", "acme_site": 2, "alert": {"id": 1, "acme_id": 3}}) == [{"acme_site"}]


def test_common_keys_are_weak_marks() -> None:
    """Where each key is everybody's, the recognition is weak."""
    (shape,) = adapter({"id": 1, "status": "down", "title": "x"}).shapes
    assert shape.marks == {"title": ""}
    assert shape.rank is Rank.WEAK


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
    drafted = infer(documents)
    for place, document in enumerate(documents):
        try:
            parse_document(made, document)
        except PayloadError as error:
            if drafted.shape_of(place) and "no identity" not in str(error):
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
    constructed = {"origin": "constructed", "expect": ""}
    assert about == {
        "critical": {**constructed, "summary": "Firing, level critical."},
        "resolved": {**constructed, "summary": "Resolved, level critical.", "closes": "critical"},
    }


def test_without_a_payload(checkout: Path) -> None:
    """The stub of nothing claims nothing, and the kit asks for the first payload."""
    assert run("acme", "--root", checkout)[0] == 0
    assert tree(checkout) == ["fixtures/acme/about.toml", "src/alertmap/adapters/acme.py"]
    drafted = (checkout / "src/alertmap/adapters/acme.py").read_text(encoding="utf-8")
    assert "Shape(Event, read, rank=None)," in drafted
    assert "# guessed: give marks" in drafted
    with pytest.raises(AssertionError, match=r"about.toml names firing, but there is no firing.json"):
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
    given_ = write(checkout / "1.json", {"method": "POST", "path": "/", **request_})
    assert run("acme", "--root", checkout, "--product", "Acme 1.2", "--from", given_)[0] == 0
    assert tree(checkout / "fixtures" / "acme") == sorted(["about.toml", file])
    (case,) = cases(checkout)
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
    assert closes == {"firing": None, "firing_2": None, "resolved": "firing", "resolved_2": "firing_2", "payload": None}


def test_cases_keep_the_names_of_their_files(checkout: Path) -> None:
    """A file that is named after its scenario names its case; a version before it goes, equal names are numbered."""
    folder = checkout / "in"
    for number, name in enumerate(["v1.2_Disk-Full_01.json", "v1.3_disk-full_01.json", "disk-full_02.request.json"]):
        write(folder / name, {"method": "POST", "path": "/", "body": json.dumps({"id": number, "status": "down"})})
    write(folder / "list.jsonl", json.dumps({"id": 9, "status": "up"}))
    assert run("acme", "--root", checkout, "--from", folder)[0] == 0
    about = tomllib.loads((checkout / "fixtures/acme/about.toml").read_text(encoding="utf-8"))
    assert {name: case["summary"] for name, case in about.items()} == {
        "disk_full_01": "Disk full 01: firing.",
        "disk_full_01_2": "Disk full 01: firing.",
        "disk_full_02": "Disk full 02: firing.",
        "resolved": "Resolved.",
    }


def test_copies_are_left_out(checkout: Path) -> None:
    """Of requests that differ in times only, the first stays; a header or another value makes a difference."""
    folder = checkout / "in"
    body = {"id": 1, "status": "down", "at": "2026-01-31T12:00:00Z", "list": [{"ts": 1767268830123}]}
    later = {**body, "at": "2026-01-31T13:00:00Z", "list": [{"ts": 1767268831123}]}
    for number, (document, headers) in enumerate([(body, {}), (later, {"Date": "x"}), (later, {"X-Retry": "1"})]):
        one = {"method": "POST", "path": "/", "headers": headers, "body": json.dumps(document)}
        write(folder / f"{number}.json", one)
    write(folder / "3.json", {**body, "id": 2})
    code, _, err = run("acme", "--root", checkout, "--from", folder)
    message = "alertmap: 1 of 4 requests left out: they repeat others, but for their times (request 2)\n"
    assert (code, err) == (0, message)
    assert len(cases(checkout)) == 3


def test_subfolders_are_reported(checkout: Path) -> None:
    """Requests of a subfolder are taken, and a line names the folder: they may be of another integration."""
    write(checkout / "in" / "1.json", {"id": 1})
    write(checkout / "in" / "channels" / "2.json", {"text": "x"})
    code, _, err = run("acme", "--root", checkout, "--from", checkout / "in")
    assert code == 0
    assert err.startswith(f"alertmap: {checkout}/in/channels: 1 file of a subfolder taken, too; ")


def test_the_product_is_named_or_recorded(checkout: Path) -> None:
    """A case is captured where its product is named or recorded, and constructed otherwise."""
    recorded = {"method": "POST", "path": "/", "body": '{"id": 1}', "product": "Acme", "version": "2.1"}
    folder = checkout / "in"
    write(folder / "a.json", recorded)
    write(folder / "b.json", {**recorded, "body": '{"id": 2}', "product": "\n"})
    write(folder / "c.json", {"id": 3})
    assert run("acme", "--root", checkout, "--from", folder)[0] == 0
    assert [(case.about.origin, case.about.product) for case in cases(checkout)] == [
        ("captured", "Acme 2.1"),
        ("constructed", None),
        ("constructed", None),
    ]


@pytest.mark.parametrize(
    ("body", "agent", "file"),
    [
        ({"name": "x", "status": "up"}, "Acme/2.1", "resolved.request.json"),
        ({"name": "x", "status": "up"}, "curl/8", "resolved.json"),
        ({"name": "x", "status": "up", "acme_id": 1}, "Acme/2.1", "resolved.json"),
    ],
)
def test_a_user_agent_that_alone_tells_the_vendor_is_kept(
    body: dict[str, Any], agent: str, file: str, checkout: Path
) -> None:
    """A body whose keys are everybody's stays a recorded request where the user agent names the vendor."""
    one = {"method": "POST", "path": "/", "headers": {"User-Agent": agent}, "body": json.dumps(body)}
    assert run("acme", "--root", checkout, "--from", write(checkout / "1.json", one))[0] == 0
    assert tree(checkout / "fixtures" / "acme") == sorted(["about.toml", file])


def test_envelopes_are_taken_off(checkout: Path) -> None:
    """The model is that of the payload, not of what it travelled in."""
    inner = {"id": 1, "acme_state": "down"}
    sns = {"Type": "Notification", "MessageId": "m", "TopicArn": "arn:t", "Message": json.dumps(inner)}
    assert run("acme", "--root", checkout, "--from", write(checkout / "in.json", sns))[0] == 0
    assert "acme_state: Annotated[State, wire.state(STATES)]" in (checkout / "src/alertmap/adapters/acme.py").read_text(
        encoding="utf-8"
    )


def test_requests_without_an_object_are_left_out(checkout: Path) -> None:
    """A probe or a text among the payloads is reported and left out."""
    good = write(checkout / "in" / "1.json", {"id": 1})
    for bad in (write(checkout / "in" / "2.txt", "hello"), write(checkout / "in" / "3.json", [1, 2])):
        code, _, err = run("acme", "--root", checkout, "--from", bad, "--from", good)
        assert (code, err) == (0, f"alertmap: {bad}: left out, because it holds no object of JSON, a form or XML\n")
        shutil.rmtree(checkout / "fixtures")
        (checkout / "src" / "alertmap" / "adapters" / "acme.py").unlink()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Acme"], "lower-case letters, digits and _"),
        (["2acme"], "lower-case letters, digits and _"),
        (["class"], "not a keyword of Python"),
        (["a" * 41], "at most 40"),
        (["kapacitor"], "there is already an adapter called kapacitor"),
        (["acme", "--title", 'A"'], "--title takes a plain name"),
        (["acme", "--product", "a\nb"], "--product takes a plain name"),
        (["acme", "--from", "nowhere.json"], "there is no such file"),
        (["acme", "--from", "{root}/text.txt"], "there is nothing to draft from"),
        (["acme", "--from", "{root}/bad.jsonl"], "body_raw is not base64"),
        (["acme", "--from", "{root}/deep.json"], "max_depth"),
        (["acme", "--root", "{root}/src"], "is not a checkout of alertmap"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str, checkout: Path) -> None:
    """Arguments that cannot be used are reported in a line, and nothing is written."""
    write(checkout / "text.txt", "hello")
    write(checkout / "bad.jsonl", '{"method": "POST", "path": "/", "body_raw": "?"}')
    write(checkout / "deep.json", '{"a":' * 100 + "1" + "}" * 100)
    before = tree(checkout)
    code, out, err = run("--root", checkout, *(argument.format(root=checkout) for argument in arguments))
    assert (code, out) == (2, "")
    assert message in err
    assert tree(checkout) == before


def test_nothing_is_overwritten(checkout: Path) -> None:
    """Where one file is there already, none is written."""
    write(checkout / "fixtures" / "acme" / "about.toml", "mine")
    code, _, err = run("acme", "--root", checkout)
    assert (code, "about.toml exists; nothing was written" in err) == (2, True)
    assert tree(checkout) == ["fixtures/acme/about.toml"]


def test_errors_of_writing(checkout: Path) -> None:
    """A file in the place of a folder is reported in a line."""
    write(checkout / "fixtures", "a file")
    code, _, err = run("acme", "--root", checkout)
    assert (code, err.startswith("alertmap: cannot write: ")) == (2, True)


# --- Linter and type checker ------------------------------------------------------------------------------------------

SAMPLES: tuple[Sequence[Any], ...] = (
    [TRIGGER, RECOVERY],
    [{"x": 1}],
    [{"class": 1, "a-" + "k" * 38: {"x": None}}, {"class": 1}],
    [{"severity": "high", "alerts": [{"id": 1, "state": "firing", "State": "x"}]}],
    [[{"level": "OK", "timestamp": 1767268830, "tags": {"a": "b"}}], [{"level": "CRITICAL"}]],
    [
        TRIGGER,
        RECOVERY,
        {"monitor_id": 7, "status": "TEST"},
        {"a": 1, "test": True, "alerts": [{"id": 1, "up": False}]},
    ],
)


@pytest.mark.skipif(shutil.which("ruff") is None or shutil.which("mypy") is None, reason="needs ruff and mypy")
def test_the_linter_and_the_type_checker_pass(tmp_path: Path) -> None:
    """A draft passes both as it is, and the formatter leaves it alone: inside and as a package."""
    adapters = tmp_path / "src" / "alertmap" / "adapters"
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    modules = []
    for number, documents in enumerate(SAMPLES):
        vendor = Vendor(name=f"acme{number}", title="Acme")
        modules.append(write(adapters / f"acme{number}.py", module(vendor, infer(documents), inside=True)))
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


def blocks(kind: str, page: str = PAGE) -> list[str]:
    """The fenced blocks of a kind on a page."""
    return re.findall(rf"^```{kind}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def test_the_example_from_nothing_to_green(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's own requests, commands and files lead to a package that its own test run finds and passes."""
    monkeypatch.chdir(tmp_path)
    for number, recorded in enumerate(blocks("json"), 1):
        write(tmp_path / "captures" / f"{number:03}.request.json", recorded)
    (command,) = re.findall(r"^\$ alertmap new-adapter (acme .*)$", PAGE, re.MULTILINE)
    assert run(*re.sub(r'"Acme 2.1"', "Acme_2.1", command).split())[0] == 0

    package = tmp_path / "alertmap-acme"
    code = package / "src" / "alertmap_acme" / "__init__.py"
    draft, finished = blocks("python")
    assert code.read_text(encoding="utf-8") == draft
    assert len(draft.splitlines()) <= 80
    # What an installer would write of the package.
    points = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    entry_points = "".join(
        f"[{group}]\n{name} = {at}\n" for group, named in points.items() for name, at in named.items()
    )
    write(package / "src" / "alertmap_acme-0.1.0.dist-info" / "METADATA", "Name: alertmap-acme\nVersion: 0.1.0\n")
    write(package / "src" / "alertmap_acme-0.1.0.dist-info" / "entry_points.txt", entry_points)

    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(package / "src"), str(ROOT / "src")])}

    def ran(*command: str) -> tuple[int, str]:
        done = subprocess.run(  # noqa: S603 - our own
            [sys.executable, "-m", *command], check=False, capture_output=True, text=True, cwd=package, env=environment
        )
        return done.returncode, done.stdout + done.stderr

    failed, advice = ran("pytest", "-q")
    assert failed == 2
    assert "[p2]: expect: '' is no state or reason" in advice
    about = package / "fixtures" / "acme" / "about.toml"
    (filled_in,) = blocks("toml")
    assert tomllib.loads(filled_in).keys() == tomllib.loads(about.read_text(encoding="utf-8")).keys()
    about.write_text(filled_in, encoding="utf-8")
    failed, advice = ran("pytest", "-q", "-k", "golden or finished")
    assert failed == 1
    assert "write p2.alerts.json with `python -m alertmap.testing.regold" in advice
    assert "check what was guessed, then remove the comment" in advice

    code.write_text(finished, encoding="utf-8")
    code_of_regold, printed = ran("alertmap.testing.regold", "fixtures", "acme")
    assert code_of_regold == 1
    assert f"$ python -m alertmap.testing.regold fixtures acme\n{printed}" in PAGE
    passed, summary = ran("pytest", "-q")
    assert passed == 0, summary
    golden = json.loads((package / "fixtures" / "acme" / "resolved.alerts.json").read_text(encoding="utf-8"))
    assert golden["alerts"][0]["dedup_key"] == "acme:check=disk,host=db-3"
    assert "acme" not in registry.vendors()


# --- The guide --------------------------------------------------------------------------------------------------------


def test_the_example_of_the_guide_is_an_adapter() -> None:
    """The code in CONTRIBUTING.md makes an adapter that reads what its text says."""
    guide = ModuleType("guide")
    sys.modules["guide"] = guide
    exec("\n".join(blocks("python", GUIDE)), guide.__dict__)  # noqa: S102 - running the example is the test
    payload = {"status": "DOWN", "check-name": "disk", "severity": "warning", "at": "2026-03-02T08:00:00Z"}
    (found,) = parse_document(guide.adapter, payload)
    assert (found.state, found.severity, found.dedup_key) == (State.FIRING, Severity.MEDIUM, "acme:check=disk")
    assert parse_document(guide.adapter, {**payload, "status": "new"}).reason is Reason.NO_ALERT
    (odd,) = parse_document(guide.adapter, {**payload, "status": "odd", "severity": []})
    assert {problem.code.value for problem in odd.problems} == {"bad_field", "level_missing", "state_unknown"}


def test_the_commands_of_the_guide(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guide's command drafts an adapter, and the next steps that it prints are those of the guide."""
    monkeypatch.chdir(checkout)
    write(
        checkout / "captures" / "disk-full.request.json", {"method": "POST", "path": "/", "body": json.dumps(TRIGGER)}
    )
    commands = [line.strip().removeprefix("$ ") for line in GUIDE.splitlines() if line.strip().startswith("$ ")]
    (command,) = (one for one in commands if one.startswith("alertmap new-adapter"))
    code, out, _ = run(*shlex.split(command)[2:])
    assert code == 0
    assert tree(checkout / "fixtures" / "acme") == ["about.toml", "disk_full.json"]
    steps = re.findall(r"^  [0-9]\. (python .*?)(?:, .*)?$", out, re.MULTILINE)
    assert len(steps) == 3
    for step in steps:
        assert step in commands
    assert CliRunner().invoke(app, ["capture", "--help"]).exit_code == 0
    assert "alertmap capture" in commands

"""`alertmap replay`: requests in order end in incidents."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alertmap.cli.app import app

FIXTURES = Path(__file__).parents[2] / "fixtures" / "kapacitor"
STREAM = [str(FIXTURES / f"{name}.json") for name in ("critical", "lower", "recovered")]


def run(*arguments: str, code: int = 0) -> str:
    """Return the stdout of the command."""
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["replay", *arguments])
    assert result.exit_code == code, result.output
    return result.stdout


def test_a_stream_becomes_one_incident() -> None:
    """Trigger, change and recovery of one key give one closed incident with its worst severity."""
    (incident,) = map(json.loads, run("--jsonl", *STREAM).splitlines())
    found = {name: incident[name] for name in ("state", "severity", "max_severity", "count", "dedup_key", "previous")}
    assert found == {
        "state": "resolved",
        "severity": "info",
        "max_severity": "critical",
        "count": 2,
        "dedup_key": "kapacitor:id=cpu:host=web01",
        "previous": None,
    }


def test_the_table_counts() -> None:
    """The last line counts the open and the closed incidents."""
    assert "1 incident: 0 open, 1 closed" in run(*STREAM)
    assert "1 incident: 1 open, 0 closed" in run(STREAM[0])
    assert "0 incidents: 0 open, 0 closed" in run(str(FIXTURES / "test_button.json"))


def test_the_order_of_the_files_makes_no_difference() -> None:
    """Requests in another order give an equal incident, except for its id, where each has a time of its own."""
    files = [str(FIXTURES.parent / "influxdb2" / f"{name}.json") for name in ("critical", "recovered")]
    there, back = (json.loads(run("--jsonl", *paths)) for paths in (files, files[::-1]))
    assert {**there, "id": ""} == {**back, "id": ""}


def test_transitions() -> None:
    """Each transition is listed, with the incident after it."""
    steps = [json.loads(line) for line in run("--transitions", "--jsonl", *STREAM, STREAM[2]).splitlines()]
    assert [(step["kind"], step["cause"], step["was"]) for step in steps] == [
        ("opened", "", None),
        ("severity_changed", "", "critical"),
        ("resolved", "", None),
        ("ignored", "nothing_open", None),
    ]
    assert [step["incident"]["state"] if step["incident"] else None for step in steps] == [
        "firing",
        "firing",
        "resolved",
        None,
    ]
    assert steps[0]["file"].endswith("critical.json")
    table = run("--transitions", *STREAM, STREAM[2])
    for word in ("opened", "severity_changed", "resolved", "ignored", "nothing_open"):
        assert word in table


def test_a_json_lines_file_is_a_stream(tmp_path: Path) -> None:
    """The lines of a file are applied in their order, and with --until an overdue incident expires."""
    push = [
        {
            "labels": {"alertname": "Down", "severity": "critical"},
            "startsAt": "2026-03-02T08:00:00Z",
            "endsAt": "2026-03-02T08:04:00Z",
        }
    ]
    line = {"method": "POST", "path": "/api/v2/alerts", "body": json.dumps(push), "received_at": "2026-03-02T08:00:01Z"}
    pushes = tmp_path / "pushes.jsonl"
    pushes.write_text(f"{json.dumps(line)}\n", encoding="utf-8")
    arguments = ("--jsonl", "--vendor", "prometheus_alertmanager", str(pushes))
    assert json.loads(run(*arguments))["state"] == "firing"
    expired = json.loads(run("--until", "2026-03-02T08:05:00Z", *arguments))
    assert (expired["state"], expired["expired"]) == ("resolved", True)
    assert "expired" in run("--until", "2026-03-02T08:05:00Z", "--transitions", *arguments[1:])
    assert "expired" in run("--until", "2026-03-02T08:05:00Z", *arguments[1:])


def test_bad_input_is_reported_and_the_others_are_replayed() -> None:
    """A refused request is one line on stderr and exit code 1; an expected refusal is neither."""
    result = CliRunner().invoke(app, ["replay", "--vendor", "influxdb2", "--jsonl", *STREAM])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.count("influxdb2: ") == len(STREAM)
    assert json.loads(run("--jsonl", str(FIXTURES / "template_json.json"), STREAM[0]))["state"] == "firing"


@pytest.mark.parametrize("arguments", [["--until", "soon"], ["--vendor", "kapacitr"], ["--source", " "]])
def test_wrong_usage(arguments: list[str]) -> None:
    """Arguments that cannot be used end in exit code 2."""
    run(*arguments, STREAM[0], code=2)


def test_too_many_open_incidents_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source over its limit is an error on the request that went over it."""
    from alertmap.incidents.book import IncidentBook  # noqa: PLC0415 - patched here only
    from alertmap.incidents.model import Policy  # noqa: PLC0415

    def small() -> IncidentBook:
        return IncidentBook(default=Policy(max_open_per_source=1))

    monkeypatch.setattr("alertmap.cli.replay.IncidentBook", small)
    result = CliRunner().invoke(app, ["replay", "--jsonl", STREAM[0], str(FIXTURES / "ungrouped.json")])
    assert result.exit_code == 1
    assert "ungrouped.json" in result.stderr
    assert len(result.stdout.splitlines()) == 1

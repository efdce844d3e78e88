"""`alertmap render`: what would be sent, without the credentials."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alertmap import target_names
from alertmap.cli.app import app

FIXTURES = Path(__file__).parents[2] / "fixtures"
FILE = str(FIXTURES / "kapacitor" / "critical.json")
AT = ["--at", "2026-01-31T12:00:00Z"]


def test_all_targets() -> None:
    """Without a choice each target has its request, as JSON Lines with the body as text."""
    done = CliRunner().invoke(app, ["render", FILE, "--jsonl", *AT])
    assert done.exit_code == 0, done.output
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert {record["target"] for record in records} == set(target_names())
    assert all(record["type"] == "request" for record in records)
    assert "0123456789abcdef" not in done.output


def test_a_configuration(tmp_path: Path) -> None:
    """A file has a table for each target; only these are rendered, and no credential is printed."""
    file = tmp_path / "targets.toml"
    file.write_text(
        "[pagerduty]\nrouting_key = 'hush-1'\n"
        "[servicenow]\nurl = 'https://x.example'\nuser = 'u'\npassword = 'hush-2'\n"
        "[webhook]\nurl = 'https://y.example/hush-3'\nsecret = 'whsec_aHVzaC00'\nheaders = {X = 'hush-5'}\n"
    )
    done = CliRunner().invoke(app, ["render", FILE, "--config", str(file), *AT])
    assert done.exit_code == 0, done.output
    assert "hush" not in done.output
    assert "dTpodXNoLTI=" not in done.output  # the login of ServiceNow
    assert [line.partition(":")[0] for line in done.stdout.splitlines() if line and line[0] != " "] == [
        "pagerduty",
        "servicenow",
        "webhook",
    ]


def test_what_is_skipped_says_why() -> None:
    """A mute has no request at PagerDuty, and the command succeeds."""
    file = FIXTURES / "grafana"
    done = CliRunner().invoke(app, ["render", str(file), "--target", "pagerduty", "--jsonl", *AT])
    skipped = [json.loads(line) for line in done.stdout.splitlines() if '"skipped"' in line]
    assert done.exit_code in (0, 1)
    assert all(record["reason"] for record in skipped)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--target", "pagerdty"], "there is no target 'pagerdty' (did you mean 'pagerduty'?)"),
        (["--config", "none.toml"], "none.toml: it cannot be read"),
        (["--at", "noon"], "--at: expected a time with its offset"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str) -> None:
    """Exit code 2, and one line that says what is wrong."""
    done = CliRunner().invoke(app, ["render", FILE, *arguments])
    assert done.exit_code == 2
    assert message in done.output


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[pagerduty]\n", "routing_key"),
        ("[pagerduty]\nrouting_key = 'r'\nroute = 'x'\n", "there is no option 'route'"),
        ("pagerduty", "it is not TOML in utf-8"),
    ],
)
def test_a_wrong_configuration(tmp_path: Path, text: str, message: str) -> None:
    """A file with a fault ends the command before anything is rendered."""
    file = tmp_path / "targets.toml"
    file.write_text(text)
    done = CliRunner().invoke(app, ["render", FILE, "--config", str(file), *AT])
    assert done.exit_code == 2
    assert message in done.output
    assert not done.stdout.startswith("pagerduty:")

"""`alertmap sign`: the request that it writes is accepted by a receiver with the same secret."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alertmap import Accepted, Auth, Source, receive
from alertmap.cli.app import app
from alertmap.intake.recorded import read_recorded

FILE = Path(__file__).parents[2] / "fixtures" / "grafana" / "single.json"
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize("header", ["", "X-Time"])
def test_sign(header: str) -> None:
    """The signature is right, with and without a time; the secret is not written."""
    options = ["sign", str(FILE), "--vendor", "grafana", "--at", "2026-01-31T12:00:00Z", "--timestamp-header", header]
    done = CliRunner().invoke(app, options, env={"ALERTMAP_SECRET": "s3cret-word"})
    assert done.exit_code == 0, done.output
    assert "s3cret-word" not in done.output
    request = read_recorded(done.stdout.encode()).request
    source = Source("x", vendor="grafana", auth=Auth(secrets="s3cret-word", timestamp_header=header))
    assert isinstance(receive(request, source, NOW), Accepted)


def test_a_vendor_that_signs_nothing() -> None:
    """A vendor without signatures is wrong usage, and the message says what is possible instead."""
    done = CliRunner().invoke(app, ["sign", str(FILE), "--vendor", "influxdb2", "--secret", "x"])
    assert done.exit_code == 2
    assert "signs nothing" in done.output

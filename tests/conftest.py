"""Hypothesis profiles, pytest's own test tools, and the two decoders of JSON."""

import os
import socket
from typing import Any

import pytest
from hypothesis import Phase, settings

from alertmap import strict_json

pytest_plugins = ["pytester"]

settings.register_profile("default", deadline=None, print_blob=True)
# The sessions of nox for every change draw the same examples each time, and half of them; `nox -s property` draws
# many new ones.
settings.register_profile("same", settings.get_profile("default"), derandomize=True, max_examples=50)
settings.register_profile(
    "quick", settings.get_profile("same"), max_examples=25, phases=[Phase.explicit, Phase.generate]
)
settings.register_profile(
    "long", settings.get_profile("default"), max_examples=int(os.environ.get("ALERTMAP_EXAMPLES", "10000"))
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def _refuse_sockets(*_arguments: Any, **_more: Any) -> None:
    raise AssertionError("a socket was opened")


if os.environ.get("ALERTMAP_NO_SOCKETS"):
    # Not by a fixture: nothing may open one while it is imported, either.
    socket.socket.connect = _refuse_sockets  # type: ignore[method-assign]
    socket.socket.bind = _refuse_sockets  # type: ignore[method-assign]
    socket.create_connection = _refuse_sockets  # type: ignore[assignment]


@pytest.fixture(params=["reference", "orjson"])
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test with each of the two decoders of JSON."""
    orjson = None if request.param == "reference" else pytest.importorskip("orjson")
    monkeypatch.setattr(strict_json, "_orjson", orjson)
    return str(request.param)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests of sabotage and of other packages found, also from a worker of pytest-xdist."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name in ("sabotage", "differential"):
                terminalreporter.write_line(f"{name}: {value}")
